/*
 * tests/unit/test_x509_judge.c: all that is said of one certificate, and what a store keeps of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/x509_world.h"

#include <CUnit/Basic.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <string.h>

#define NOW (soft_2026 + 2 * SOFT_DAY)
#define LATE (soft_2026 + 366 * SOFT_DAY)
#define THREADS 4
#define TURNS 50

static struct mdoc_buf no_ian_ds, stranger_ds, abroad_ds;

static void
no_ian(X509 *x)
{
	x509_set_extension(x, NID_issuer_alt_name, NULL);
}

static void
no_ian_abroad(X509 *x)
{
	no_ian(x);
	x509_set_name(x, "US", "DS");
}

/* A store with our IACA, and the certificates that it is asked about. */
static struct mdoc_trust *
store(bool cached)
{
	struct mdoc_trust *trust = mdoc_trust_new();

	if (no_ian_ds.len == 0) {
		x509_mutate(&world.ds, &world.iaca_key, no_ian, &no_ian_ds);
		x509_mutate(&world.ds, &world.iaca_key, no_ian_abroad, &abroad_ds);
	}
	x509_trust(trust, &world.iaca);
	if (cached)
		CU_ASSERT_EQUAL(mdoc_trust_use_cache(NULL, trust), MDOC_OK);
	return trust;
}

static struct mdoc_crl *
make_crl(bool with_ds)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;
	struct mdoc_crl *crl = NULL;
	struct mdoc_revoked revoked = { .when = soft_2026 };
	struct mdoc_crl_spec spec = { .issuer_cert = mdoc_buf_bytes(&world.iaca),
		.this_update = soft_2026,
		.next_update = NOW + SOFT_DAY,
		.signer = &world.iaca_key.signer };

	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&world.ds), &cert, NULL), MDOC_OK);
	revoked.serial = mdoc_cert_serial(cert);
	spec.revoked = &revoked;
	spec.revoked_count = with_ds ? 1 : 0;
	CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &spec, &bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_crl_parse(NULL, mdoc_buf_bytes(&bytes), &crl, NULL), MDOC_OK);
	mdoc_cert_free(cert);
	mdoc_buf_clear(&bytes);
	return crl;
}

/* ---- What is said ---- */

static const struct said {
	const char *what;
	const struct mdoc_buf *der;
	enum mdoc_cert_profile profile;
	unsigned relax;
	bool late;
	enum mdoc_result res, in_profile, path, validity;
	bool anchored;
} says[] = {
	{ "good", &world.ds, MDOC_CERT_DS, 0, false, MDOC_OK, MDOC_OK, MDOC_OK, MDOC_OK, true },
	{ "a reader's", &world.reader, MDOC_CERT_DS, 0, false, MDOC_ERR_CERTIFICATE, MDOC_ERR_CERTIFICATE,
		MDOC_ERR_CHAIN, MDOC_OK, false },
	{ "as a reader's", &world.ds, MDOC_CERT_READER, 0, false, MDOC_ERR_CERTIFICATE, MDOC_ERR_CERTIFICATE, MDOC_OK,
		MDOC_OK, true },
	{ "another's", &stranger_ds, MDOC_CERT_DS, 0, false, MDOC_ERR_CHAIN, MDOC_OK, MDOC_ERR_CHAIN, MDOC_OK, false },
	{ "another's, late", &stranger_ds, MDOC_CERT_DS, 0, true, MDOC_ERR_CHAIN, MDOC_OK, MDOC_ERR_CHAIN,
		MDOC_ERR_VALIDITY, false },
	{ "late", &world.ds, MDOC_CERT_DS, 0, true, MDOC_ERR_VALIDITY, MDOC_OK, MDOC_OK, MDOC_ERR_VALIDITY, true },
	{ "a rule broken", &no_ian_ds, MDOC_CERT_DS, 0, false, MDOC_ERR_CERTIFICATE, MDOC_ERR_CERTIFICATE, MDOC_OK,
		MDOC_OK, true },
	{ "the rule relaxed", &no_ian_ds, MDOC_CERT_DS, MDOC_RELAX_ISSUER_ALT_NAME, false, MDOC_OK, MDOC_OK, MDOC_OK,
		MDOC_OK, true },
	{ "another rule relaxed", &no_ian_ds, MDOC_CERT_DS, MDOC_RELAX_EKU, false, MDOC_ERR_CERTIFICATE,
		MDOC_ERR_CERTIFICATE, MDOC_OK, MDOC_OK, true },
	{ "abroad, all of it", &abroad_ds, MDOC_CERT_DS, 0, true, MDOC_ERR_CERTIFICATE, MDOC_ERR_CERTIFICATE,
		MDOC_ERR_CHAIN, MDOC_ERR_VALIDITY, false },
};

#define SAYS (sizeof(says) / sizeof(*says))

static void
expect_said(const struct said *row, const struct mdoc_trust *trust)
{
	struct mdoc_judged judged;
	const enum mdoc_result res = mdoc_trust_judge(NULL, trust, mdoc_buf_bytes(row->der), row->profile, row->relax,
		row->late ? LATE : NOW, &judged);

	if (res != row->res || judged.profile.code != row->in_profile || judged.path.code != row->path ||
		judged.validity.code != row->validity)
		printf("%s: %s, profile %s, path %s, validity %s\n", row->what, mdoc_result_name(res),
			mdoc_result_name(judged.profile.code), mdoc_result_name(judged.path.code),
			mdoc_result_name(judged.validity.code));
	CU_ASSERT_EQUAL(res, row->res);
	CU_ASSERT_EQUAL(judged.profile.code, row->in_profile);
	CU_ASSERT_EQUAL(judged.path.code, row->path);
	CU_ASSERT_EQUAL(judged.validity.code, row->validity);
	CU_ASSERT_EQUAL(judged.revocation.code, MDOC_ERR_UNDETERMINED);
	CU_ASSERT_EQUAL(judged.anchor != NULL, row->anchored);
	CU_ASSERT(mdoc_bytes_equal(mdoc_cert_der(judged.cert), mdoc_buf_bytes(row->der)));
	mdoc_judged_clear(&judged);
	CU_ASSERT_PTR_NULL(judged.cert);
}

/* If this failed, one thing that is wrong with a signer would hide another, or what was found good for one rule or
 * time would count for another. */
static void
test_says(void)
{
	struct mdoc_trust *fresh = store(false), *kept = store(true);

	for (size_t i = 0; i < SAYS; i++)
		expect_said(&says[i], fresh);
	/* In any order, and as often as one likes, a store with a cache says the same. */
	for (size_t round = 0; round < 3; round++) {
		for (size_t i = 0; i < SAYS; i++)
			expect_said(&says[i], kept);
		for (size_t i = SAYS; i > 0; i--)
			expect_said(&says[i - 1], kept);
	}
	mdoc_trust_free(fresh);
	mdoc_trust_free(kept);
}

/* If this failed, what is no certificate at all would pass, or end a reader. */
static void
test_says_nothing(void)
{
	struct mdoc_trust *trust = store(true), *empty = mdoc_trust_new();
	const struct mdoc_bytes der = mdoc_buf_bytes(&world.ds);
	struct mdoc_judged judged;

	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, MDOC_NO_BYTES, MDOC_CERT_DS, 0, NOW, &judged),
		MDOC_ERR_CERTIFICATE);
	CU_ASSERT_PTR_NULL(judged.cert);
	CU_ASSERT_EQUAL(judged.path.code, MDOC_ERR_CERTIFICATE);
	mdoc_judged_clear(&judged);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, mdoc_bytes_of(der.ptr, der.len - 1), MDOC_CERT_DS, 0, NOW,
				&judged),
		MDOC_ERR_CERTIFICATE);
	mdoc_judged_clear(&judged);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, der, MDOC_CERT_PROFILE_COUNT, 0, NOW, &judged), MDOC_ERR_ARG);
	mdoc_judged_clear(&judged);
	CU_ASSERT_NOT_EQUAL(mdoc_trust_judge(NULL, NULL, der, MDOC_CERT_DS, 0, NOW, &judged), MDOC_OK);
	CU_ASSERT_PTR_NULL(judged.anchor);
	mdoc_judged_clear(&judged);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, empty, der, MDOC_CERT_DS, 0, NOW, &judged), MDOC_ERR_CHAIN);
	CU_ASSERT_PTR_NULL(judged.anchor);
	mdoc_judged_clear(&judged);
	mdoc_trust_free(trust);
	mdoc_trust_free(empty);
}

/* ---- What is kept ---- */

/* The certificate that a judgement gives, as a name for it: borrowed from the cache if it is there. */
static const struct mdoc_cert *
judged_cert(const struct mdoc_context *context, const struct mdoc_trust *trust, const struct mdoc_buf *der,
	unsigned relax, enum mdoc_result res)
{
	struct mdoc_judged judged;
	const struct mdoc_cert *cert = NULL;

	CU_ASSERT_EQUAL(mdoc_trust_judge(context, trust, mdoc_buf_bytes(der), MDOC_CERT_DS, relax, NOW, &judged), res);
	cert = judged.cert;
	mdoc_judged_clear(&judged);
	return cert;
}

/* If this failed, nothing would be gained, or anybody could fill the store, or what is true of one context be
 * taken for another's. */
static void
test_kept(void)
{
	struct mdoc_context *other = NULL;
	struct mdoc_trust *trust = store(true), *without = store(false);
	struct mdoc_judged first, second;

	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, mdoc_buf_bytes(&world.ds), MDOC_CERT_DS, 0, NOW, &first),
		MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, mdoc_buf_bytes(&world.ds), MDOC_CERT_DS, 0, NOW, &second),
		MDOC_OK);
	CU_ASSERT_PTR_EQUAL(first.cert, second.cert);
	CU_ASSERT_PTR_EQUAL(first.anchor, second.anchor);
	/* While this one is held no other can have its address. */
	CU_ASSERT_PTR_NOT_EQUAL(judged_cert(NULL, without, &world.ds, 0, MDOC_OK), first.cert);
	CU_ASSERT_PTR_NOT_EQUAL(judged_cert(NULL, trust, &world.ds, MDOC_RELAX_EKU, MDOC_OK), first.cert);
	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &other), MDOC_OK);
	CU_ASSERT_PTR_NOT_EQUAL(judged_cert(other, trust, &world.ds, 0, MDOC_OK), first.cert);
	mdoc_judged_clear(&second);
	mdoc_judged_clear(&first);
	/* What is bad is looked at each time. */
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, mdoc_buf_bytes(&no_ian_ds), MDOC_CERT_DS, 0, NOW, &first),
		MDOC_ERR_CERTIFICATE);
	CU_ASSERT_PTR_NOT_EQUAL(judged_cert(NULL, trust, &no_ian_ds, 0, MDOC_ERR_CERTIFICATE), first.cert);
	mdoc_judged_clear(&first);
	mdoc_context_free(other);
	mdoc_trust_free(trust);
	mdoc_trust_free(without);
}

/* If this failed, a signer that was seen before would count after its end, or after its revocation. */
static void
test_looked_at_anew(void)
{
	struct mdoc_trust *trust = store(true);
	const struct mdoc_bytes der = mdoc_buf_bytes(&world.ds);
	struct mdoc_judged judged;

	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, der, MDOC_CERT_DS, 0, NOW, &judged), MDOC_OK);
	CU_ASSERT_EQUAL(judged.revocation.code, MDOC_ERR_UNDETERMINED);
	mdoc_judged_clear(&judged);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, der, MDOC_CERT_DS, 0, LATE, &judged), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(judged.validity.code, MDOC_ERR_VALIDITY);
	CU_ASSERT_PTR_NOT_NULL(judged.anchor);
	mdoc_judged_clear(&judged);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, der, MDOC_CERT_DS, 0, soft_2026 - 1, &judged), MDOC_ERR_VALIDITY);
	mdoc_judged_clear(&judged);
	CU_ASSERT_EQUAL(mdoc_trust_add_crl(trust, make_crl(false), NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, der, MDOC_CERT_DS, 0, NOW, &judged), MDOC_OK);
	CU_ASSERT_EQUAL(judged.revocation.code, MDOC_OK);
	mdoc_judged_clear(&judged);
	CU_ASSERT_EQUAL(mdoc_trust_add_crl(trust, make_crl(true), NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, der, MDOC_CERT_DS, 0, NOW, &judged), MDOC_ERR_REVOKED);
	CU_ASSERT_EQUAL(judged.revocation.code, MDOC_ERR_REVOKED);
	mdoc_judged_clear(&judged);
	CU_ASSERT_EQUAL(mdoc_trust_judge(NULL, trust, der, MDOC_CERT_DS, 0, LATE, &judged), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(judged.revocation.code, MDOC_ERR_REVOKED); /* both are said */
	mdoc_judged_clear(&judged);
	mdoc_trust_free(trust);
}

/* If this failed, many signers would take all memory, or one be taken for another. */
static void
test_full(void)
{
	static const size_t limits[] = { 1, 2, 3, 5, 1000 };
	struct mdoc_buf certs[6] = { 0 };

	for (size_t i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_DS, "DS", &world.ds_key, &world.iaca, &world.iaca_key,
					&certs[i], NULL),
			MDOC_OK);
	for (size_t l = 0; l < sizeof(limits) / sizeof(*limits); l++) {
		struct mdoc_context *context = NULL;
		struct mdoc_trust *trust = mdoc_trust_new();

		CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_CACHE, limits[l]), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_trust_add(context, trust, mdoc_buf_bytes(&world.iaca), MDOC_CERT_IACA, 0, NULL),
			MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_trust_use_cache(context, trust), MDOC_OK);
		for (size_t turn = 0; turn < 30; turn++) {
			const struct mdoc_bytes der = mdoc_buf_bytes(&certs[turn * 5 % 6]);
			struct mdoc_judged judged;

			CU_ASSERT_EQUAL(mdoc_trust_judge(context, trust, der, MDOC_CERT_DS, 0, NOW, &judged), MDOC_OK);
			CU_ASSERT(mdoc_bytes_equal(mdoc_cert_der(judged.cert), der));
			mdoc_judged_clear(&judged);
		}
		CU_ASSERT_EQUAL(mdoc_trust_use_cache(context, trust), MDOC_OK); /* again: a new one */
		CU_ASSERT_PTR_NOT_NULL(judged_cert(context, trust, &certs[0], 0, MDOC_OK));
		mdoc_trust_free(trust);
		mdoc_context_free(context);
	}
	for (size_t i = 0; i < 6; i++)
		mdoc_buf_clear(&certs[i]);
}

/* ---- Several at once ---- */

struct thread_work {
	struct mdoc_trust *trust;
	struct mdoc_crl **crls; /* to be added; NULL: none */
	size_t number;
	size_t wrong;
};

static void *
judge_often(void *arg)
{
	struct thread_work *work = arg;

	for (size_t turn = 0; turn < TURNS; turn++) {
		const struct said *row = &says[(turn + work->number) % SAYS];
		struct mdoc_judged judged;
		const enum mdoc_result res = mdoc_trust_judge(NULL, work->trust, mdoc_buf_bytes(row->der), row->profile,
			row->relax, row->late ? LATE : NOW, &judged);

		work->wrong += res != row->res || judged.profile.code != row->in_profile ||
			judged.path.code != row->path || judged.validity.code != row->validity;
		mdoc_judged_clear(&judged);
		if (work->crls != NULL && mdoc_trust_add_crl(work->trust, work->crls[turn], NULL) != MDOC_OK)
			work->wrong++;
	}
	return NULL;
}

/* If this failed, a reader with several counters would say of one holder what is true of another, or crash. */
static void
test_several_at_once(void)
{
	struct thread_work work[THREADS];
	pthread_t threads[THREADS];
	struct mdoc_trust *trust = store(true);
	struct mdoc_crl *crls[TURNS];

	for (size_t i = 0; i < TURNS; i++)
		crls[i] = make_crl(false);
	for (size_t i = 0; i < THREADS; i++) {
		work[i] = (struct thread_work){ trust, i == 0 ? crls : NULL, i, 0 };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, judge_often, &work[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
		CU_ASSERT_EQUAL(work[i].wrong, 0);
	}
	mdoc_trust_free(trust);
}

static int
suite_init(void)
{
	struct mdoc_buf other_iaca = MDOC_BUF_EMPTY;

	if (x509_world_init() != 0 ||
		soft_certificate(MDOC_CERT_IACA, "IACA", &world.other_key, NULL, NULL, &other_iaca, NULL) != MDOC_OK ||
		soft_certificate(MDOC_CERT_DS, "DS", &world.ds_key, &other_iaca, &world.other_key, &stranger_ds,
			NULL) != MDOC_OK)
		return 1;
	mdoc_buf_clear(&other_iaca);
	return 0;
}

static int
suite_clear(void)
{
	mdoc_buf_clear(&no_ian_ds);
	mdoc_buf_clear(&stranger_ds);
	mdoc_buf_clear(&abroad_ds);
	return x509_world_clear();
}

void
x509_judge_tests(void)
{
	CU_pSuite suite = CU_add_suite("x509 judgements", suite_init, suite_clear);

	CU_ADD_TEST(suite, test_says_nothing);
	CU_ADD_TEST(suite, test_says);
	CU_ADD_TEST(suite, test_kept);
	CU_ADD_TEST(suite, test_looked_at_anew);
	CU_ADD_TEST(suite, test_full);
	CU_ADD_TEST(suite, test_several_at_once);
}
