/*
 * tests/unit/test_x509_crl.c: what a CRL says of a certificate, and when it says nothing; CRLs of our own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/x509_world.h"

#include <CUnit/Basic.h>
#include <openssl/x509v3.h>
#include <string.h>

#define ISSUED (soft_2026 + SOFT_DAY)
#define NEXT (soft_2026 + 8 * SOFT_DAY)
#define NOW (soft_2026 + 2 * SOFT_DAY)
#define CRL_URI "https://issuer.example/crl"

static struct mdoc_cert *ds;
static const uint8_t low_serial[] = { 0x01 }, high_serial[] = { 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* ---- CRLs, and copies of them with one thing changed ---- */

static enum mdoc_result
build(const struct soft_key *key, const struct mdoc_buf *issuer, bool with_ds, int64_t next, struct mdoc_buf *out)
{
	const struct mdoc_revoked revoked[] = {
		{ mdoc_bytes_of(low_serial, sizeof(low_serial)), soft_2026, 1 },
		{ mdoc_bytes_of(high_serial, sizeof(high_serial)), soft_2026, 0 },
		{ mdoc_cert_serial(ds), soft_2026, 1 },
	};
	const struct mdoc_crl_spec spec = {
		.issuer_cert = mdoc_buf_bytes(issuer),
		.number = 1,
		.this_update = next > NOW ? ISSUED : next - SOFT_DAY,
		.next_update = next,
		.revoked = revoked,
		.revoked_count = with_ds ? 3 : 2,
		.signer = &key->signer,
	};

	mdoc_buf_clear(out);
	return mdoc_crl_build(NULL, &spec, out, NULL);
}

static void
add_delta(X509_CRL *crl, int critical)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	ASN1_INTEGER_set(number, 1);
	CU_ASSERT(X509_CRL_add1_ext_i2d(crl, NID_delta_crl, number, critical, X509V3_ADD_DEFAULT) == 1);
	ASN1_INTEGER_free(number);
}

static void
add_unknown(X509_CRL *crl, bool critical)
{
	static const unsigned char null_der[] = { 0x05, 0x00 };
	ASN1_OBJECT *object = OBJ_txt2obj("1.2.3.4.5", 1);
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	X509_EXTENSION *ext = NULL;

	ASN1_OCTET_STRING_set(value, null_der, sizeof(null_der));
	ext = X509_EXTENSION_create_by_OBJ(NULL, object, critical, value);
	X509_CRL_add_ext(crl, ext, -1);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(value);
	ASN1_OBJECT_free(object);
}

/* issuingDistributionPoint with this of it. */
static void
add_scope(X509_CRL *crl, const char *uri, int user, int ca, int attribute, int indirect, bool reasons)
{
	ISSUING_DIST_POINT *point = ISSUING_DIST_POINT_new();

	point->onlyuser = user;
	point->onlyCA = ca;
	point->onlyattr = attribute;
	point->indirectCRL = indirect;
	if (reasons) {
		point->onlysomereasons = ASN1_BIT_STRING_new();
		ASN1_BIT_STRING_set_bit(point->onlysomereasons, 1, 1);
	}
	if (uri != NULL) {
		GENERAL_NAME *name = GENERAL_NAME_new();
		ASN1_IA5STRING *text = ASN1_IA5STRING_new();

		ASN1_STRING_set(text, uri, -1);
		GENERAL_NAME_set0_value(name, GEN_URI, text);
		point->distpoint = DIST_POINT_NAME_new();
		point->distpoint->type = 0;
		point->distpoint->name.fullname = GENERAL_NAMES_new();
		sk_GENERAL_NAME_push(point->distpoint->name.fullname, name);
	}
	CU_ASSERT(X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, point, 1, X509V3_ADD_REPLACE) == 1);
	ISSUING_DIST_POINT_free(point);
}

#define CHANGE(name, body) \
	static void name(X509_CRL *crl) \
	{ \
		body; \
	}

CHANGE(nothing, (void)crl)
CHANGE(delta, add_delta(crl, 1))
CHANGE(delta_soft, add_delta(crl, 0))
CHANGE(unknown_critical, add_unknown(crl, true))
CHANGE(unknown_soft, add_unknown(crl, false))
CHANGE(indirect, add_scope(crl, CRL_URI, 0, 0, 0, 0xff, false))
CHANGE(for_cas, add_scope(crl, CRL_URI, 0, 0xff, 0, 0, false))
CHANGE(for_attributes, add_scope(crl, CRL_URI, 0, 0, 0xff, 0, false))
CHANGE(for_reasons, add_scope(crl, CRL_URI, 0, 0, 0, 0, true))
CHANGE(for_users, add_scope(crl, NULL, 0xff, 0, 0, 0, false))
CHANGE(our_point, add_scope(crl, CRL_URI, 0, 0, 0, 0, false))
CHANGE(other_point, add_scope(crl, "https://issuer.example/other", 0, 0, 0, 0, false))
CHANGE(sha1, (void)crl; world.digest_name = "SHA1")

static void
other_name(X509_CRL *crl)
{
	X509_NAME *name = X509_NAME_new();

	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Another", -1, -1, 0);
	X509_CRL_set_issuer_name(crl, name);
	X509_NAME_free(name);
}

static void
other_key_id(X509_CRL *crl)
{
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();

	aki->keyid = ASN1_OCTET_STRING_new();
	ASN1_OCTET_STRING_set(aki->keyid, (const unsigned char *)"another", 7);
	CU_ASSERT(X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, X509V3_ADD_REPLACE) == 1);
	AUTHORITY_KEYID_free(aki);
}

static void
no_key_id(X509_CRL *crl)
{
	X509_EXTENSION_free(X509_CRL_delete_ext(crl, X509_CRL_get_ext_by_NID(crl, NID_authority_key_identifier, -1)));
}

/* Of an indirect CRL: this entry is another issuer's. */
static void
entry_of_another(X509_CRL *crl)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	GENERAL_NAME *name = GENERAL_NAME_new();
	X509_NAME *directory = X509_NAME_new();

	X509_NAME_add_entry_by_txt(directory, "CN", MBSTRING_ASC, (const unsigned char *)"Another", -1, -1, 0);
	GENERAL_NAME_set0_value(name, GEN_DIRNAME, directory);
	sk_GENERAL_NAME_push(names, name);
	CU_ASSERT(X509_REVOKED_add1_ext_i2d(sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0), NID_certificate_issuer,
			  names, 1, X509V3_ADD_DEFAULT) == 1);
	GENERAL_NAMES_free(names);
}

/* The entries the other way round: none of the orders that there are. */
static void
turned_round(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(crl);
	X509_REVOKED *first = sk_X509_REVOKED_shift(list);
	X509_REVOKED *second = sk_X509_REVOKED_shift(list);

	sk_X509_REVOKED_push(list, second);
	sk_X509_REVOKED_push(list, first);
}

static void
mutate(struct mdoc_buf *bytes, struct soft_key *signer, void (*change)(X509_CRL *))
{
	const unsigned char *p = bytes->ptr;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)bytes->len);
	unsigned char *der = NULL;
	int len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(crl);
	world.digest_name = "SHA256";
	change(crl);
	CU_ASSERT(X509_CRL_sign(crl, signer->pkey, EVP_get_digestbyname(world.digest_name)) > 0);
	len = i2d_X509_CRL(crl, &der);
	mdoc_buf_clear(bytes);
	mdoc_buf_append(bytes, mdoc_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	X509_CRL_free(crl);
}

/* ---- What they say ---- */

enum stage { PARSED, ADDED, ASKED };

static enum mdoc_result
ask(struct mdoc_trust *trust, const struct mdoc_buf *bytes, int64_t when, enum stage *stage)
{
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_error error = { 0 };
	struct mdoc_crl *crl = NULL;
	enum mdoc_result res = mdoc_crl_parse(NULL, mdoc_buf_bytes(bytes), &crl, &error);

	*stage = PARSED;
	if (res != MDOC_OK) {
		CU_ASSERT_PTR_NULL(crl);
		CU_ASSERT(error.code == res && error.expected[0] != '\0');
		return res;
	}
	*stage = ADDED;
	res = mdoc_trust_add_crl(trust, crl, &error);
	if (res != MDOC_OK) {
		mdoc_crl_free(crl);
		return res;
	}
	*stage = ASKED;
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_find(trust, ds, MDOC_CERT_DS, 0, NOW, &anchor, NULL), MDOC_OK);
	return mdoc_trust_revocation(trust, ds, anchor, when, &error);
}

/* If this failed, a revoked signer would go on signing, or a CRL that says nothing of a signer, or that anybody
 * made, would decide about it. */
static void
test_says(void)
{
	static const struct {
		const char *what;
		void (*change)(X509_CRL *);
		bool with_ds, by_other;
		enum stage stage;
		enum mdoc_result res;
	} rows[] = {
		{ "signed by another key", nothing, false, true, ADDED, MDOC_ERR_CHAIN },
		{ "of another name", other_name, false, false, ADDED, MDOC_ERR_CHAIN },
		{ "of another key identifier", other_key_id, false, false, ADDED, MDOC_ERR_CHAIN },
		{ "by SHA-1", sha1, false, false, PARSED, MDOC_ERR_CERTIFICATE },
		{ "delta", delta, false, false, PARSED, MDOC_ERR_UNDETERMINED },
		{ "delta, not critical", delta_soft, false, false, PARSED, MDOC_ERR_UNDETERMINED },
		{ "unknown critical", unknown_critical, false, false, PARSED, MDOC_ERR_UNDETERMINED },
		{ "indirect", indirect, false, false, PARSED, MDOC_ERR_UNDETERMINED },
		{ "an entry of another issuer", entry_of_another, false, false, PARSED, MDOC_ERR_UNDETERMINED },
		{ "for CAs", for_cas, false, false, PARSED, MDOC_ERR_UNDETERMINED },
		{ "for attribute certificates", for_attributes, false, false, PARSED, MDOC_ERR_UNDETERMINED },
		{ "for some reasons", for_reasons, false, false, PARSED, MDOC_ERR_UNDETERMINED },
		{ "of another distribution point", other_point, false, false, ASKED, MDOC_ERR_UNDETERMINED },
		{ "the same, naming ours", other_point, true, false, ASKED, MDOC_ERR_UNDETERMINED },
		{ "revoked", nothing, true, false, ASKED, MDOC_ERR_REVOKED },
		{ "revoked, not in order", turned_round, true, false, ASKED, MDOC_ERR_REVOKED },
		{ "revoked, for users", for_users, true, false, ASKED, MDOC_ERR_REVOKED },
		{ "good", nothing, false, false, ASKED, MDOC_OK },
		{ "good, unknown extension", unknown_soft, false, false, ASKED, MDOC_OK },
		{ "good, no key identifier", no_key_id, false, false, ASKED, MDOC_OK },
		{ "good, our distribution point", our_point, false, false, ASKED, MDOC_OK },
		{ "good, for users", for_users, false, false, ASKED, MDOC_OK },
		{ "good, not in order", turned_round, false, false, ASKED, MDOC_OK },
	};
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mdoc_trust *trust = mdoc_trust_new();
		enum mdoc_result res;
		enum stage stage;

		x509_trust(trust, &world.iaca);
		CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, rows[i].with_ds, NEXT, &bytes), MDOC_OK);
		mutate(&bytes, rows[i].by_other ? &world.other_key : &world.iaca_key, rows[i].change);
		res = ask(trust, &bytes, NOW, &stage);
		if (res != rows[i].res || stage != rows[i].stage)
			printf("%s: %s at stage %d\n", rows[i].what, mdoc_result_name(res), (int)stage);
		CU_ASSERT_EQUAL(res, rows[i].res);
		CU_ASSERT_EQUAL(stage, rows[i].stage);
		mdoc_trust_free(trust);
	}
	mdoc_buf_clear(&bytes);
}

/* If this failed, an old CRL would vouch for a signer that was revoked since; or one that knows of a revocation
 * would be forgotten once it is old. */
static void
test_times(void)
{
	static const struct {
		bool with_ds;
		int64_t after; /* thisUpdate */
		enum mdoc_result res;
	} rows[] = {
		{ false, -1, MDOC_ERR_UNDETERMINED },
		{ false, 0, MDOC_OK },
		{ false, 7 * SOFT_DAY, MDOC_OK },
		{ false, 7 * SOFT_DAY + 1, MDOC_ERR_UNDETERMINED },
		{ true, 7 * SOFT_DAY + 1, MDOC_ERR_REVOKED },
	};
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	enum stage stage;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct mdoc_trust *trust = mdoc_trust_new();

		x509_trust(trust, &world.iaca);
		CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, rows[i].with_ds, NEXT, &bytes), MDOC_OK);
		CU_ASSERT_EQUAL(ask(trust, &bytes, ISSUED + rows[i].after, &stage), rows[i].res);
		mdoc_trust_free(trust);
	}
	mdoc_buf_clear(&bytes);
}

/* If this failed, somebody could have a revocation forgotten by an older CRL. */
static void
test_replaced(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	enum stage stage;

	x509_trust(trust, &world.iaca);
	CU_ASSERT_EQUAL_FATAL(mdoc_trust_find(trust, ds, MDOC_CERT_DS, 0, NOW, &anchor, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_revocation(trust, ds, anchor, NOW, NULL), MDOC_ERR_UNDETERMINED);
	CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, false, NOW, &bytes), MDOC_OK); /* until now, and older */
	CU_ASSERT_EQUAL(ask(trust, &bytes, NOW, &stage), MDOC_OK);
	CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, true, NEXT + SOFT_DAY, &bytes), MDOC_OK);
	CU_ASSERT_EQUAL(ask(trust, &bytes, NOW, &stage), MDOC_ERR_REVOKED);
	CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, false, NOW - SOFT_DAY / 2, &bytes), MDOC_OK);
	CU_ASSERT_EQUAL(ask(trust, &bytes, NOW, &stage), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(stage, ADDED);
	CU_ASSERT_EQUAL(mdoc_trust_revocation(trust, ds, anchor, NOW, NULL), MDOC_ERR_REVOKED);
	mdoc_trust_free(trust);
	mdoc_buf_clear(&bytes);
}

/* If this failed, a revocation would be forgotten because the issuer has another CRL for other certificates. */
static void
test_beside(void)
{
	struct mdoc_buf ours = MDOC_BUF_EMPTY, others = MDOC_BUF_EMPTY;
	enum stage stage;

	CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, true, NEXT, &ours), MDOC_OK);
	mutate(&ours, &world.iaca_key, our_point);
	CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, false, NEXT + SOFT_DAY, &others), MDOC_OK);
	mutate(&others, &world.iaca_key, other_point);
	for (size_t i = 0; i < 2; i++) {
		struct mdoc_trust *trust = mdoc_trust_new();

		x509_trust(trust, &world.iaca);
		CU_ASSERT_EQUAL(ask(trust, i == 0 ? &ours : &others, NOW, &stage),
			i == 0 ? MDOC_ERR_REVOKED : MDOC_ERR_UNDETERMINED);
		CU_ASSERT_EQUAL(ask(trust, i == 0 ? &others : &ours, NOW, &stage), MDOC_ERR_REVOKED);
		mdoc_trust_free(trust);
	}
	CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, false, NEXT, &ours), MDOC_OK);
	mutate(&ours, &world.iaca_key, our_point);
	for (size_t i = 0; i < 2; i++) {
		struct mdoc_trust *trust = mdoc_trust_new();

		x509_trust(trust, &world.iaca);
		(void)ask(trust, i == 0 ? &ours : &others, NOW, &stage);
		CU_ASSERT_EQUAL(ask(trust, i == 0 ? &others : &ours, NOW, &stage), MDOC_OK);
		mdoc_trust_free(trust);
	}
	mdoc_buf_clear(&ours);
	mdoc_buf_clear(&others);
}

/* If this failed, bytes that are no CRL would crash a reader, pass, or fill its memory. */
static void
test_not_a_crl(void)
{
	struct mdoc_context *context = NULL;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_crl *crl = NULL;

	CU_ASSERT_EQUAL(build(&world.iaca_key, &world.iaca, true, NEXT, &bytes), MDOC_OK);
	for (size_t len = 0; len < bytes.len; len++)
		CU_ASSERT_EQUAL(mdoc_crl_parse(NULL, mdoc_bytes_of(bytes.ptr, len), &crl, NULL), MDOC_ERR_CERTIFICATE);
	mdoc_buf_append(&bytes, mdoc_text("x"));
	CU_ASSERT_EQUAL(mdoc_crl_parse(NULL, mdoc_buf_bytes(&bytes), &crl, NULL), MDOC_ERR_CERTIFICATE);
	bytes.len--;
	CU_ASSERT_EQUAL(mdoc_crl_parse(NULL, mdoc_buf_bytes(&world.ds), &crl, NULL), MDOC_ERR_CERTIFICATE);
	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_CRL, bytes.len - 1), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_crl_parse(context, mdoc_buf_bytes(&bytes), &crl, NULL), MDOC_ERR_SIZE);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_CRL, bytes.len), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_crl_parse(context, mdoc_buf_bytes(&bytes), &crl, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_crl_this_update(crl), ISSUED);
	CU_ASSERT_EQUAL(mdoc_crl_next_update(crl), NEXT);
	mdoc_crl_free(crl);
	mdoc_context_free(context);
	mdoc_buf_clear(&bytes);
}

/* ---- Making ---- */

static bool
refuse(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	(void)arg;
	(void)alg;
	(void)tbs;
	(void)sig;
	return false;
}

/* If this failed, an issuer would publish CRLs that say something else than it meant, or that nobody takes. */
static void
test_build_refuses(void)
{
	static const uint8_t zero[] = { 0 }, negative[] = { 0x80 }, padded[] = { 0x00, 0x01 }, longest[21] = { 0x7f };
	static const struct {
		struct mdoc_bytes serial;
		int reason;
	} wrong[] = {
		{ { NULL, 0 }, 0 },
		{ { zero, sizeof(zero) }, 0 },
		{ { negative, sizeof(negative) }, 0 },
		{ { padded, sizeof(padded) }, 0 },
		{ { longest, sizeof(longest) }, 0 },
		{ { low_serial, sizeof(low_serial) }, -1 },
		{ { low_serial, sizeof(low_serial) }, 7 },
		{ { low_serial, sizeof(low_serial) }, 8 }, /* removeFromCRL */
		{ { low_serial, sizeof(low_serial) }, 11 },
	};
	const struct mdoc_signer refuses = { MDOC_ALG_ES256, MDOC_CURVE_P256, refuse, NULL };
	const struct mdoc_signer other_alg = { MDOC_ALG_ES384, MDOC_CURVE_P384, refuse, NULL };
	const struct mdoc_crl_spec good = { .issuer_cert = mdoc_buf_bytes(&world.iaca),
		.this_update = ISSUED,
		.next_update = NEXT,
		.signer = &world.iaca_key.signer };
	struct mdoc_crl_spec spec = good;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const struct mdoc_revoked revoked = { wrong[i].serial, soft_2026, wrong[i].reason };

		spec.revoked = &revoked;
		spec.revoked_count = 1;
		CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &spec, &out, &error), MDOC_ERR_VALUE);
	}
	spec = good;
	spec.signer = NULL;
	CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &spec, &out, &error), MDOC_ERR_ARG);
	spec.signer = &refuses;
	CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &spec, &out, &error), MDOC_ERR_CALLBACK);
	spec.signer = &other_alg;
	CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &spec, &out, &error), MDOC_ERR_ALGORITHM);
	spec.signer = &world.other_key.signer;
	CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &spec, &out, &error), MDOC_ERR_SIGNATURE);
	spec = good;
	spec.next_update = spec.this_update;
	CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &spec, &out, &error), MDOC_ERR_VALIDITY);
	spec = good;
	spec.issuer_cert = mdoc_buf_bytes(&world.ds); /* no CA */
	CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &spec, &out, &error), MDOC_ERR_CERTIFICATE);
	CU_ASSERT_EQUAL(out.len, 0);
	CU_ASSERT_EQUAL(mdoc_crl_build(NULL, &good, &out, &error), MDOC_OK);
	mdoc_buf_clear(&out);
}

/* If this failed, other readers could not use our CRLs, or issuers were bound to one curve. */
static void
test_build_curves(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP320r1",
		"brainpoolP384r1", "brainpoolP512r1", "ED25519", "ED448" };

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		struct mdoc_buf root = MDOC_BUF_EMPTY, bytes = MDOC_BUF_EMPTY;
		const unsigned char *p = NULL;
		struct soft_key key;
		X509_CRL *crl = NULL;
		ASN1_INTEGER *number = NULL;

		CU_ASSERT_FATAL(soft_key_make(&key, groups[i]));
		CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_IACA, "R", &key, NULL, NULL, &root, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(build(&key, &root, true, NEXT, &bytes), MDOC_OK);
		p = bytes.ptr;
		crl = d2i_X509_CRL(NULL, &p, (long)bytes.len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(crl);
		CU_ASSERT_EQUAL(X509_CRL_get_version(crl), 1);
		CU_ASSERT_EQUAL(X509_CRL_verify(crl, key.pkey), 1);
		CU_ASSERT_EQUAL(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 3);
		number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
		CU_ASSERT(number != NULL && ASN1_INTEGER_get(number) == 1);
		ASN1_INTEGER_free(number);
		X509_CRL_free(crl);
		mdoc_buf_clear(&root);
		mdoc_buf_clear(&bytes);
		soft_key_clear(&key);
	}
}

static int
suite_init(void)
{
	if (x509_world_init() != 0)
		return 1;
	return mdoc_cert_parse(NULL, mdoc_buf_bytes(&world.ds), &ds, NULL) == MDOC_OK ? 0 : 1;
}

static int
suite_clear(void)
{
	mdoc_cert_free(ds);
	ds = NULL;
	return x509_world_clear();
}

void
x509_crl_tests(void)
{
	CU_pSuite suite = CU_add_suite("x509 CRLs", suite_init, suite_clear);

	CU_ADD_TEST(suite, test_not_a_crl);
	CU_ADD_TEST(suite, test_says);
	CU_ADD_TEST(suite, test_times);
	CU_ADD_TEST(suite, test_replaced);
	CU_ADD_TEST(suite, test_beside);
	CU_ADD_TEST(suite, test_build_refuses);
	CU_ADD_TEST(suite, test_build_curves);
}
