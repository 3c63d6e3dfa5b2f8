/*
 * tests/unit/test_x509_path.c: who issued a certificate, and certificates of our own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/x509_world.h"

#include <CUnit/Basic.h>
#include <string.h>

/* ---- Paths ---- */

/* If this failed, a stranger's certificate would be taken for the issuer's. */
static void
test_untrusted(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_buf stranger = MDOC_BUF_EMPTY;
	struct mdoc_buf forged = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };

	CU_ASSERT_EQUAL(x509_find(trust, &world.ds, soft_2026, &error), MDOC_ERR_CHAIN);
	CU_ASSERT_EQUAL(soft_certificate(MDOC_CERT_IACA, "IACA", &world.other_key, NULL, NULL, &stranger, NULL),
		MDOC_OK);
	x509_trust(trust, &stranger);
	CU_ASSERT_EQUAL(x509_find(trust, &world.ds, soft_2026, &error), MDOC_ERR_CHAIN); /* same name, another key */
	x509_trust(trust, &world.iaca);
	CU_ASSERT_EQUAL(x509_find(trust, &world.ds, soft_2026, &error), MDOC_OK);
	x509_mutate(&world.ds, &world.other_key, x509_nothing,
		&forged); /* name and key identifier of the IACA, not its signature */
	CU_ASSERT_EQUAL(x509_find(trust, &forged, soft_2026, &error), MDOC_ERR_CHAIN);
	CU_ASSERT_PTR_NOT_NULL(strstr(error.expected, "signed by"));
	x509_mutate(&world.ds, &world.iaca_key, x509_no_aki, &forged);
	CU_ASSERT_EQUAL(x509_find(trust, &forged, soft_2026, &error), MDOC_ERR_CHAIN);
	x509_mutate(&world.ds, &world.iaca_key, x509_rsa, &forged);
	CU_ASSERT_EQUAL(x509_find(trust, &forged, soft_2026, &error), MDOC_ERR_CHAIN);
	mdoc_trust_free(trust);
	mdoc_buf_clear(&stranger);
	mdoc_buf_clear(&forged);
}

static void
name_of_issuer(X509 *x)
{
	X509_set_subject_name(x, X509_get_issuer_name(x));
}

static void
other_place(X509 *x)
{
	x509_set_name(x, "US", "DS");
}

static void
other_issuer_name(X509 *x)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));

	X509_set_issuer_name(x, name);
	X509_NAME_free(name);
}

/* If this failed, real DS certificates whose subject is their issuer's name would be refused
 * or, worse, be taken for roots. */
static void
test_names(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_buf changed = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };

	x509_trust(trust, &world.iaca);
	x509_mutate(&world.ds, &world.iaca_key, name_of_issuer, &changed);
	CU_ASSERT_EQUAL(x509_find(trust, &changed, soft_2026, &error), MDOC_OK);
	x509_mutate(&world.ds, &world.ds_key, name_of_issuer, &changed);
	CU_ASSERT_EQUAL(x509_find(trust, &changed, soft_2026, &error), MDOC_ERR_CHAIN);
	x509_mutate(&world.ds, &world.iaca_key, other_issuer_name, &changed);
	CU_ASSERT_EQUAL(x509_find(trust, &changed, soft_2026, &error), MDOC_ERR_CHAIN);
	x509_mutate(&world.ds, &world.iaca_key, other_place, &changed);
	CU_ASSERT_EQUAL(x509_find(trust, &changed, soft_2026, &error), MDOC_ERR_CHAIN);
	CU_ASSERT_PTR_NOT_NULL(strstr(error.expected, "countryName"));
	mdoc_trust_free(trust);
	mdoc_buf_clear(&changed);
}

/* If this failed, an expired IACA or DS would go on speaking. */
static void
test_times(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	const int64_t end = soft_2026 + 365 * SOFT_DAY;
	struct mdoc_error error = { 0 };

	x509_trust(trust, &world.iaca);
	CU_ASSERT_EQUAL(x509_find(trust, &world.ds, soft_2026 - 1, &error), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(x509_find(trust, &world.ds, end + 1, &error), MDOC_ERR_VALIDITY);
	CU_ASSERT_EQUAL(x509_find(trust, &world.ds, soft_2026, &error), MDOC_OK);
	CU_ASSERT_EQUAL(x509_find(trust, &world.ds, end, &error), MDOC_OK);
	mdoc_trust_free(trust);
}

/* If this failed, somebody trusted to read could issue. */
static void
test_one_profile(void)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_bytes der = mdoc_buf_bytes(&world.reader_ca);

	x509_trust(trust, &world.iaca);
	CU_ASSERT_EQUAL(mdoc_trust_add(NULL, trust, der, MDOC_CERT_READER_CA, 0, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&world.ds), MDOC_CERT_DS, 0, NULL), MDOC_ERR_ARG);
	mdoc_trust_free(trust);
}

static void
set_place(X509 *x, const char *country, const char *state)
{
	X509_NAME *name = X509_NAME_new();

	if (country != NULL)
		X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC, (const unsigned char *)country, -1, -1, 0);
	if (state != NULL)
		X509_NAME_add_entry_by_txt(name, "ST", MBSTRING_ASC, (const unsigned char *)state, -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"x", -1, -1, 0);
	X509_set_subject_name(x, name);
	X509_NAME_free(name);
}

static void
root_of_tokyo(X509 *x)
{
	set_place(x, "JP", "Tokyo");
	X509_set_issuer_name(x, X509_get_subject_name(x));
}

static void
below_tokyo(X509 *x)
{
	X509_NAME *name = X509_NAME_dup(X509_get_subject_name(x));

	root_of_tokyo(x); /* its name as issuer */
	X509_set_subject_name(x, name);
	X509_NAME_free(name);
}

#define BELOW(name, country, state) \
	static void name(X509 *x) \
	{ \
		below_tokyo(x); \
		set_place(x, country, state); \
	}

BELOW(in_tokyo, "JP", "Tokyo")
BELOW(in_osaka, "JP", "Osaka")
BELOW(in_no_state, "JP", NULL)
BELOW(in_no_country, NULL, "Tokyo")
BELOW(in_small_letters, "jp", "Tokyo")
BELOW(abroad, "US", "Tokyo")
BELOW(far_abroad, "US", "Texas")

/* If this failed, the DS of one country or state would issue for another; or a relaxation let more pass than it says. */
static void
test_places(void)
{
	static const struct {
		void (*change)(X509 *);
		unsigned relax; /* each of these alone is enough; 0: strict is */
		unsigned both;  /* … or it takes these together */
	} rows[] = {
		{ in_tokyo, 0, 0 },
		{ in_osaka, MDOC_RELAX_STATE, 0 },
		{ in_no_state, MDOC_RELAX_STATE, 0 },
		{ in_no_country, MDOC_RELAX_COUNTRY, 0 },
		{ in_small_letters, MDOC_RELAX_COUNTRY, 0 },
		{ abroad, MDOC_RELAX_COUNTRY, 0 },
		{ far_abroad, 0, MDOC_RELAX_COUNTRY | MDOC_RELAX_STATE },
	};
	struct mdoc_buf root = MDOC_BUF_EMPTY, leaf = MDOC_BUF_EMPTY;
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_cert *cert = NULL;
	const struct mdoc_anchor *anchor = NULL;
	unsigned bit;

	x509_mutate(&world.iaca, &world.iaca_key, root_of_tokyo, &root);
	x509_trust(trust, &root);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const bool good = rows[i].relax == 0 && rows[i].both == 0;

		x509_mutate(&world.ds, &world.iaca_key, rows[i].change, &leaf);
		CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&leaf), &cert, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_trust_find(trust, cert, MDOC_CERT_DS, 0, soft_2026, &anchor, NULL),
			good ? MDOC_OK : MDOC_ERR_CHAIN);
		for (size_t r = 0; mdoc_relax_name(r, &bit) != NULL; r++)
			CU_ASSERT_EQUAL(mdoc_trust_find(trust, cert, MDOC_CERT_DS, bit, soft_2026, &anchor, NULL),
				good || (rows[i].relax & bit) != 0 ? MDOC_OK : MDOC_ERR_CHAIN);
		CU_ASSERT_EQUAL(mdoc_trust_find(trust, cert, MDOC_CERT_DS, rows[i].relax | rows[i].both, soft_2026,
					&anchor, NULL),
			MDOC_OK);
		mdoc_cert_free(cert);
	}
	mdoc_trust_free(trust);
	mdoc_buf_clear(&root);
	mdoc_buf_clear(&leaf);
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

/* If this failed, we would hand out certificates that we refuse from others. */
static void
test_build_refuses(void)
{
	struct mdoc_signer broken_signer = { MDOC_ALG_ES256, MDOC_CURVE_P256, refuse, NULL };
	struct mdoc_cert_spec good = {
		.profile = MDOC_CERT_DS,
		.country = mdoc_text("JP"),
		.common_name = mdoc_text("DS"),
		.issuer_cert = mdoc_buf_bytes(&world.iaca),
		.key = world.ds_key.pub,
		.not_before = soft_2026,
		.not_after = soft_2026 + SOFT_DAY,
		.issuer_alt_uri = "mailto:a@b.example",
		.crl_uri = "https://b.example/crl",
		.signer = &world.iaca_key.signer,
	};
	struct mdoc_cert_spec spec = good;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };

	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_OK);
	mdoc_buf_clear(&out);
	spec.signer = &world.other_key.signer; /* not the IACA's key */
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_SIGNATURE);
	spec.signer = &broken_signer;
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_CALLBACK);
	spec = good;
	spec.not_after = soft_2026 + 366 * SOFT_DAY; /* outlives the IACA */
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_VALIDITY);
	spec = good;
	spec.not_after = spec.not_before - 1;
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_VALIDITY);
	spec = good;
	spec.country = mdoc_text("JPN");
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_VALUE);
	spec.country = mdoc_text("jp");
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_CERTIFICATE);
	spec = good;
	spec.issuer_cert =
		mdoc_buf_bytes(&world.reader_ca); /* has an IACA's extensions, but no country rule is broken */
	spec.signer = &world.iaca_key.signer;
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_SIGNATURE);
	spec.issuer_cert = mdoc_buf_bytes(&world.ds);
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_CERTIFICATE);
	spec.issuer_cert = MDOC_NO_BYTES;
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_ARG);
	spec = good;
	spec.crl_uri = NULL;
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_ARG);
	spec = good;
	spec.key.point[5] ^= 1; /* off the curve */
	CU_ASSERT_EQUAL(mdoc_cert_build(NULL, &spec, &out, &error), MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(out.len, 0);
	mdoc_buf_clear(&out);
}

/* A certificate of ours, as OpenSSL sees it. */
static void
expect_openssl_likes(const struct mdoc_buf *der, EVP_PKEY *issuer)
{
	const unsigned char *p = der->ptr;
	X509 *x = d2i_X509(NULL, &p, (long)der->len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	CU_ASSERT_EQUAL(X509_verify(x, issuer), 1);
	CU_ASSERT_EQUAL(ASN1_STRING_length(X509_get0_serialNumber(x)), 20);
	X509_free(x);
}

/* One of a profile below a root that has that key, found below it; twice, with two serial numbers. */
static void
build_below(enum mdoc_cert_profile profile, enum mdoc_cert_profile above, struct soft_key *root_key,
	struct soft_key *leaf_key)
{
	struct mdoc_buf root = MDOC_BUF_EMPTY, leaf = MDOC_BUF_EMPTY, again = MDOC_BUF_EMPTY;
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_cert *cert = NULL, *other = NULL;
	const struct mdoc_anchor *anchor = NULL;
	struct mdoc_public_key key;

	CU_ASSERT_EQUAL_FATAL(soft_certificate(above, "R", root_key, NULL, NULL, &root, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(soft_certificate(profile, "L", leaf_key, &root, root_key, &leaf, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(soft_certificate(profile, "L", leaf_key, &root, root_key, &again, NULL), MDOC_OK);
	expect_openssl_likes(&root, root_key->pkey);
	expect_openssl_likes(&leaf, root_key->pkey);
	CU_ASSERT_EQUAL(mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&root), above, 0, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&leaf), &cert, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, mdoc_buf_bytes(&again), &other, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_cert_check(cert, profile, 0, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_trust_find(trust, cert, profile, 0, soft_2026, &anchor, NULL), MDOC_OK);
	CU_ASSERT(mdoc_cert_public_key(cert, &key) == MDOC_OK && mdoc_key_equal(&key, &leaf_key->pub));
	CU_ASSERT_FALSE(mdoc_bytes_equal(mdoc_cert_serial(cert), mdoc_cert_serial(other)));
	mdoc_cert_free(cert);
	mdoc_cert_free(other);
	mdoc_trust_free(trust);
	mdoc_buf_clear(&root);
	mdoc_buf_clear(&leaf);
	mdoc_buf_clear(&again);
}

/* If this failed, issuers could only use P-256, or two certificates could share a number. */
static void
test_build_curves(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP320r1",
		"brainpoolP384r1", "brainpoolP512r1", "ED25519", "ED448" };
	static const struct {
		enum mdoc_cert_profile profile, above;
	} rows[] = {
		{ MDOC_CERT_DS, MDOC_CERT_IACA },
		{ MDOC_CERT_STATUS, MDOC_CERT_IACA },
		{ MDOC_CERT_MESSAGES, MDOC_CERT_IACA },
		{ MDOC_CERT_READER, MDOC_CERT_READER_CA },
		{ MDOC_CERT_VICAL, MDOC_CERT_LIST_CA },
		{ MDOC_CERT_RICAL, MDOC_CERT_LIST_CA },
	};

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		struct soft_key root_key, leaf_key;

		CU_ASSERT_FATAL(soft_key_make(&root_key, groups[i]) && soft_key_make(&leaf_key, groups[i]));
		for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
			build_below(rows[r].profile, rows[r].above, &root_key, &leaf_key);
			build_below(rows[r].profile, rows[r].above, &world.iaca_key, &leaf_key); /* mixed */
		}
		soft_key_clear(&root_key);
		soft_key_clear(&leaf_key);
	}
}

void
x509_path_tests(void)
{
	CU_pSuite suite = CU_add_suite("x509 paths and making", x509_world_init, x509_world_clear);

	CU_ADD_TEST(suite, test_untrusted);
	CU_ADD_TEST(suite, test_names);
	CU_ADD_TEST(suite, test_times);
	CU_ADD_TEST(suite, test_places);
	CU_ADD_TEST(suite, test_one_profile);
	CU_ADD_TEST(suite, test_build_refuses);
	CU_ADD_TEST(suite, test_build_curves);
}
