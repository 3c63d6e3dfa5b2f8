/*
 * tests/unit/test_verify_alone.c: each check of a verdict, failing alone: one fault, one reason. A check that no row
 * here makes fail fails the test.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/recipe.h"
#include "tests/unit/verify_expect.h"

#include <CUnit/Basic.h>
#include <openssl/x509.h>
#include <string.h>

#define MDL_NS "org.iso.18013.5.1"

static struct soft_key iaca_key, ds_key, device_key, other_key, p384_key, ed25519_key;
static struct mdoc_buf iaca, ds, ds_of_tokyo, reader;
static struct mdoc_trust *trust, *other_trust, *limited_trust, *revoking_trust;

/* One fault: in what is made, in what the reader wants, or in the bytes. */
struct fault {
	enum mdoc_check check;
	enum mdoc_result code;
	void (*make)(struct recipe *recipe, struct mdoc_verify_options *options);
	void (*break_)(struct mdoc_buf *bytes);
	enum mdoc_outcome outcome; /* MDOC_PASSED: failed, since most do */
};

/* ---- Faults in the bytes ---- */

static void
cut(struct mdoc_buf *bytes)
{
	bytes->len--;
}

static void
version_2(struct mdoc_buf *bytes)
{
	bytes->ptr[find_text(bytes, "version") + strlen("version") + 1] = '2';
}

static void
status_11(struct mdoc_buf *bytes)
{
	bytes->ptr[bytes->len - 1] = 11;
}

static void
no_documents(struct mdoc_buf *bytes)
{
	mdoc_buf_clear(bytes);
	mdoc_put_map(bytes, 2);
	mdoc_put_text(bytes, "version");
	mdoc_put_text(bytes, "1.0");
	mdoc_put_text(bytes, "status");
	mdoc_put_uint(bytes, 0);
}

/* { 1: -7 } in the protected header of issuerAuth: another label than that of alg. */
static void
no_algorithm(struct mdoc_buf *bytes)
{
	bytes->ptr[find_text(bytes, "issuerAuth") + strlen("issuerAuth") + 3] = 0x09;
}

/* The last byte but those of "status": 0. */
static void
other_signature(struct mdoc_buf *bytes)
{
	bytes->ptr[find_text(bytes, "status") - 2] ^= 1;
}

static void
other_value(struct mdoc_buf *bytes)
{
	bytes->ptr[find_text(bytes, "elementValue") + strlen("elementValue") + 1] ^= 1;
}

/* ---- Faults of the issuer ---- */

static void
put_number(struct mdoc_buf *buf)
{
	mdoc_put_uint(buf, 7);
}

static void
put_fr(struct mdoc_buf *buf)
{
	mdoc_put_text(buf, "FR");
}

static void
put_osaka(struct mdoc_buf *buf)
{
	mdoc_put_text(buf, "Osaka");
}

static void
status_nowhere(struct mdoc_buf *buf)
{
	mdoc_put_status(buf, &(struct mdoc_status){ .list_uri = mdoc_text("https://issuer.example/list") });
}

static void
element_c(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "ns");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "c");
	mdoc_put_bool(buf, true);
}

static void
element_a(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "ns");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "a");
	mdoc_put_bool(buf, true);
}

static void
allow_ns(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "nameSpaces");
	mdoc_put_array(buf, 1);
	mdoc_put_text(buf, "ns");
}

#define MAKE(name, body) \
	static void name(struct recipe *recipe, struct mdoc_verify_options *options) \
	{ \
		(void)options; \
		body; \
	}

MAKE(other_mso_type, recipe->mso_doc_type = "x.z")
MAKE(no_chain, recipe->ds = MDOC_NO_BYTES)
MAKE(by_reader, recipe->ds = mdoc_buf_bytes(&reader))
MAKE(by_other_key, recipe->issuer = &other_key)
MAKE(by_p384, recipe->issuer = &p384_key)
MAKE(mso_2, recipe->mso_version = "2.0")
MAKE(until_before_from, recipe->valid_until = recipe->valid_from - 1; options->now = recipe->valid_from;
	options->clock_skew = 1)
MAKE(signed_before_ds, recipe->signed_ = soft_2026 - 1)
MAKE(run_out, recipe->valid_until = options->now - 1)
MAKE(beyond_ds, recipe->valid_until = soft_2026 + 366 * SOFT_DAY)
MAKE(after_ds, recipe->valid_until = soft_2026 + 400 * SOFT_DAY; options->now = soft_2026 + 366 * SOFT_DAY)
MAKE(too_long, recipe_japanese(recipe); recipe->valid_until++)
MAKE(short_random, recipe->random_len = 15)
MAKE(same_element, recipe->same_element = true)
MAKE(same_id, recipe->same_id = true)
MAKE(country_fr, recipe->ns = MDL_NS; recipe->names[0] = "issuing_country"; recipe->values[0] = put_fr)
MAKE(osaka, recipe->ds = mdoc_buf_bytes(&ds_of_tokyo); recipe->ns = MDL_NS; recipe->names[0] = "issuing_jurisdiction";
	recipe->values[0] = put_osaka)
MAKE(age_7, recipe->names[0] = "age_over_18"; recipe->values[0] = put_number)
MAKE(name_7, recipe_japanese(recipe); recipe->values[0] = put_number)
MAKE(card_with_ed25519, recipe_japanese(recipe); recipe->device = &ed25519_key)
MAKE(unknown_status, recipe->status = status_nowhere; options->undetermined = MDOC_UNDETERMINED_FAILS)
MAKE(status_warning, recipe->status = status_nowhere)

/* ---- Faults of the holder ---- */

MAKE(own_payload, recipe->payload = true)
MAKE(signed_by_p384, recipe->device_signs = &p384_key)
MAKE(signed_by_other, recipe->device_signs = &other_key)
MAKE(not_authorized, recipe->device_elements = element_c)
MAKE(replaces, recipe->authorizations = allow_ns; recipe->device_elements = element_a)

/* ---- What the reader wants ---- */

MAKE(not_trusted, (void)recipe; options->trust = other_trust)
MAKE(not_for_this_type, (void)recipe; options->trust = limited_trust)
MAKE(revoked, (void)recipe; options->trust = revoking_trust)
MAKE(no_crl, (void)recipe; options->crl_required = true)
MAKE(crl_not_had, (void)recipe; options->crl_expected = true)
MAKE(old_crl, recipe->ds = mdoc_buf_bytes(&ds_of_tokyo); options->trust = revoking_trust;
	options->now = soft_2026 + 20 * SOFT_DAY)

static struct mdoc_request *requests[3];

static const struct mdoc_request *
request(size_t i, const char *doc_type, size_t elements, bool retain)
{
	const struct mdoc_asked asked[] = { { mdoc_text("ns"), mdoc_text("a"), retain },
		{ mdoc_text("ns"), mdoc_text("b"), retain } };
	const struct mdoc_ask ask = { .doc_type = mdoc_text(doc_type), .asked = asked, .count = elements };
	static struct mdoc_buf bytes[3];

	if (requests[i] == NULL) {
		CU_ASSERT_EQUAL(mdoc_request_build(NULL, &ask, 1, NULL, &bytes[i], NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&bytes[i]), &requests[i], NULL), MDOC_OK);
	}
	return requests[i];
}

MAKE(other_type_asked, (void)recipe; options->request = request(0, "x.z", 2, false))
MAKE(only_a_asked, (void)recipe; options->request = request(1, "x.y", 1, true))
MAKE(kept, (void)recipe; options->request = request(2, "x.y", 2, false); options->retain = true)

static void
algorithm_rejected(struct recipe *recipe, struct mdoc_verify_options *options)
{
	static struct mdoc_algorithm_rule rules[] = { { "ES384", 0, 0 }, { "ES256", 0, 0 } };

	(void)recipe;
	rules[1].reject_from = options->now;
	options->algorithms = rules;
	options->algorithm_count = 2;
}

static void
curve_warned(struct recipe *recipe, struct mdoc_verify_options *options)
{
	static struct mdoc_algorithm_rule rules[] = { { "P-256", 0, 0 }, { "brainpoolP256r1", 0, 0 } };

	(void)recipe;
	rules[0].warn_from = options->now;
	rules[0].reject_from = options->now + 1;
	options->algorithms = rules;
	options->algorithm_count = 2;
}

static const struct fault faults[] = {
	{ MDOC_CHECK_STRUCTURE, MDOC_ERR_TRUNCATED, NULL, cut, 0 },
	{ MDOC_CHECK_VERSION, MDOC_ERR_VERSION, NULL, version_2, 0 },
	{ MDOC_CHECK_STATUS, MDOC_ERR_STATUS, NULL, status_11, 0 },
	{ MDOC_CHECK_DOCUMENTS, MDOC_ERR_MISSING, NULL, no_documents, 0 },
	{ MDOC_CHECK_DOCTYPE, MDOC_ERR_DOCTYPE, other_mso_type, NULL, 0 },
	{ MDOC_CHECK_DOCTYPE_REQUESTED, MDOC_ERR_DOCTYPE, other_type_asked, NULL, 0 },
	{ MDOC_CHECK_ISSUER_AUTH, MDOC_ERR_MISSING, NULL, no_algorithm, 0 },
	{ MDOC_CHECK_X5CHAIN, MDOC_ERR_MISSING, no_chain, NULL, 0 },
	{ MDOC_CHECK_DS_PROFILE, MDOC_ERR_CERTIFICATE, by_reader, NULL, 0 },
	{ MDOC_CHECK_CHAIN, MDOC_ERR_CHAIN, not_trusted, NULL, 0 },
	{ MDOC_CHECK_CERTIFICATE_VALIDITY, MDOC_ERR_VALIDITY, after_ds, NULL, 0 },
	{ MDOC_CHECK_CRL, MDOC_ERR_REVOKED, revoked, NULL, 0 },
	{ MDOC_CHECK_CRL, MDOC_ERR_UNDETERMINED, no_crl, NULL, 0 },
	{ MDOC_CHECK_CRL, MDOC_ERR_UNDETERMINED, crl_not_had, NULL, MDOC_WARNING },
	{ MDOC_CHECK_CRL, MDOC_ERR_UNDETERMINED, old_crl, NULL, MDOC_WARNING },
	{ MDOC_CHECK_ANCHOR_DOCTYPE, MDOC_ERR_AUTHORIZATION, not_for_this_type, NULL, 0 },
	{ MDOC_CHECK_ISSUER_ALGORITHM, MDOC_ERR_ALGORITHM, by_p384, NULL, 0 },
	{ MDOC_CHECK_ISSUER_SIGNATURE, MDOC_ERR_SIGNATURE, by_other_key, NULL, 0 },
	{ MDOC_CHECK_MSO, MDOC_ERR_VERSION, mso_2, NULL, 0 },
	{ MDOC_CHECK_VALIDITY_INFO, MDOC_ERR_VALIDITY, until_before_from, NULL, 0 },
	{ MDOC_CHECK_SIGNED_IN_DS, MDOC_ERR_VALIDITY, signed_before_ds, NULL, 0 },
	{ MDOC_CHECK_VALIDITY, MDOC_ERR_VALIDITY, run_out, NULL, 0 },
	{ MDOC_CHECK_UNTIL_IN_DS, MDOC_ERR_VALIDITY, beyond_ds, NULL, MDOC_WARNING },
	{ MDOC_CHECK_LAW_VALIDITY, MDOC_ERR_VALIDITY, too_long, NULL, 0 },
	{ MDOC_CHECK_DIGESTS, MDOC_ERR_DIGEST, NULL, other_value, 0 },
	{ MDOC_CHECK_RANDOM_LENGTH, MDOC_ERR_VALUE, short_random, NULL, 0 },
	{ MDOC_CHECK_DUPLICATES, MDOC_ERR_VALUE, same_element, NULL, 0 },
	{ MDOC_CHECK_DUPLICATES, MDOC_ERR_VALUE, same_id, NULL, 0 },
	{ MDOC_CHECK_DEVICE_AUTH_FORM, MDOC_ERR_VALUE, own_payload, NULL, 0 },
	{ MDOC_CHECK_DEVICE_AUTH_ALGORITHM, MDOC_ERR_ALGORITHM, signed_by_p384, NULL, 0 },
	{ MDOC_CHECK_DEVICE_AUTH, MDOC_ERR_SIGNATURE, signed_by_other, NULL, 0 },
	{ MDOC_CHECK_DEVICE_AUTH, MDOC_ERR_SIGNATURE, NULL, other_signature, 0 },
	{ MDOC_CHECK_KEY_AUTHORIZATIONS, MDOC_ERR_AUTHORIZATION, not_authorized, NULL, 0 },
	{ MDOC_CHECK_DEVICE_ELEMENTS, MDOC_ERR_AUTHORIZATION, replaces, NULL, 0 },
	{ MDOC_CHECK_ISSUING_COUNTRY, MDOC_ERR_ELEMENT, country_fr, NULL, 0 },
	{ MDOC_CHECK_ISSUING_JURISDICTION, MDOC_ERR_ELEMENT, osaka, NULL, 0 },
	{ MDOC_CHECK_REQUESTED_ELEMENTS, MDOC_ERR_ELEMENT, only_a_asked, NULL, 0 },
	{ MDOC_CHECK_RETENTION, MDOC_ERR_ELEMENT, kept, NULL, 0 },
	{ MDOC_CHECK_AGE_OVER, MDOC_ERR_ELEMENT, age_7, NULL, 0 },
	{ MDOC_CHECK_ELEMENT_PROFILE, MDOC_ERR_ELEMENT, name_7, NULL, 0 },
	{ MDOC_CHECK_KEY_PROFILE, MDOC_ERR_KEY, card_with_ed25519, NULL, 0 },
	{ MDOC_CHECK_REVOCATION, MDOC_ERR_UNDETERMINED, unknown_status, NULL, 0 },
	{ MDOC_CHECK_REVOCATION, MDOC_ERR_UNDETERMINED, status_warning, NULL, MDOC_WARNING },
	{ MDOC_CHECK_ALGORITHM_POLICY, MDOC_ERR_ALGORITHM, algorithm_rejected, NULL, 0 },
	{ MDOC_CHECK_ALGORITHM_POLICY, MDOC_ERR_ALGORITHM, curve_warned, NULL, MDOC_WARNING },
};

/* Only that row fails, or none where it is a warning; what was right before it passed. */
static void
expect_alone(const struct fault *fault, const struct mdoc_verdict *verdict, enum mdoc_result res)
{
	const enum mdoc_outcome wanted = fault->outcome == MDOC_PASSED ? MDOC_FAILED : fault->outcome;
	struct mdoc_check_row row;
	size_t named = 0;

	for (size_t i = 0; mdoc_verdict_row(verdict, i, &row); i++) {
		const bool right = row.check == fault->check
			? row.outcome == wanted && row.error.code == fault->code && row.error.expected[0] != '\0'
			: row.outcome != MDOC_FAILED &&
				(row.outcome != MDOC_WARNING || row.check == MDOC_CHECK_UNTIL_IN_DS);

		named += row.check == fault->check;
		if (!right)
			printf("%s alone: %s is %s, %s at %s: %s\n", mdoc_check_name(fault->check),
				mdoc_check_name(row.check), mdoc_outcome_name(row.outcome),
				mdoc_result_name(row.error.code), row.error.path, row.error.expected);
		CU_ASSERT_TRUE(right);
	}
	CU_ASSERT_EQUAL(named, 1);
	CU_ASSERT_EQUAL(res, wanted == MDOC_FAILED ? fault->code : MDOC_OK);
}

/* If this failed, a lie of one kind would pass, or be told as one of another kind. */
static void
test_each_alone(void)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		const struct fault *fault = &faults[i];
		struct mdoc_verify_options options = { .trust = trust, .now = soft_2026 + 2 * SOFT_DAY };
		struct mdoc_buf bytes = MDOC_BUF_EMPTY;
		struct mdoc_verdict *verdict = NULL;
		struct recipe recipe;
		enum mdoc_result res;

		recipe_default(&recipe);
		recipe.issuer = &ds_key;
		recipe.device = &device_key;
		recipe.ds = mdoc_buf_bytes(&ds);
		options.transcript = recipe.transcript;
		if (fault->make != NULL)
			fault->make(&recipe, &options);
		recipe_cook(&recipe, &bytes);
		CU_ASSERT_EQUAL(bytes.err, MDOC_OK);
		if (fault->break_ != NULL)
			fault->break_(&bytes);
		res = mdoc_verify(NULL, mdoc_buf_bytes(&bytes), &options, &verdict);
		CU_ASSERT_PTR_NOT_NULL_FATAL(verdict);
		expect_alone(fault, verdict, res);
		seen |= UINT64_C(1) << fault->check;
		mdoc_verdict_free(verdict);
		mdoc_buf_clear(&bytes);
	}
	CU_ASSERT_EQUAL(seen, ALL_CHECKS);
}

/* ---- The world ---- */

/* The DS again with ST=Tokyo in its subject and another serial number. */
static bool
make_ds_of_tokyo(void)
{
	const unsigned char *p = ds.ptr;
	X509 *x = d2i_X509(NULL, &p, (long)ds.len);
	X509_NAME *name = x != NULL ? X509_NAME_dup(X509_get_subject_name(x)) : NULL;
	unsigned char *der = NULL;
	int len = -1;

	if (name != NULL &&
		X509_NAME_add_entry_by_txt(name, "ST", MBSTRING_ASC, (const unsigned char *)"Tokyo", -1, -1, 0) == 1 &&
		X509_set_subject_name(x, name) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(x), 7) == 1 &&
		X509_sign(x, iaca_key.pkey, EVP_sha256()) > 0)
		len = i2d_X509(x, &der);
	if (len > 0)
		mdoc_buf_append(&ds_of_tokyo, mdoc_bytes_of(der, (size_t)len));
	OPENSSL_free(der);
	X509_NAME_free(name);
	X509_free(x);
	return len > 0;
}

/* A store with a CRL that names the DS. */
static bool
make_revoking_trust(void)
{
	struct mdoc_revoked line = { .when = soft_2026, .reason = 1 };
	const struct mdoc_crl_spec spec = { .issuer_cert = mdoc_buf_bytes(&iaca),
		.this_update = soft_2026,
		.next_update = soft_2026 + 10 * SOFT_DAY,
		.revoked = &line,
		.revoked_count = 1,
		.signer = &iaca_key.signer };
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_cert *cert = NULL;
	struct mdoc_crl *crl = NULL;
	bool ok = mdoc_cert_parse(NULL, mdoc_buf_bytes(&ds), &cert, NULL) == MDOC_OK;

	if (ok)
		line.serial = mdoc_cert_serial(cert);
	ok = ok && mdoc_trust_add(NULL, revoking_trust, mdoc_buf_bytes(&iaca), MDOC_CERT_IACA, 0, NULL) == MDOC_OK &&
		mdoc_crl_build(NULL, &spec, &bytes, NULL) == MDOC_OK &&
		mdoc_crl_parse(NULL, mdoc_buf_bytes(&bytes), &crl, NULL) == MDOC_OK &&
		mdoc_trust_add_crl(revoking_trust, crl, NULL) == MDOC_OK;
	mdoc_cert_free(cert);
	mdoc_buf_clear(&bytes);
	return ok;
}

static int
suite_init(void)
{
	const struct mdoc_bytes other_type = mdoc_text("x.z");
	struct mdoc_buf other_iaca = MDOC_BUF_EMPTY;
	bool ok;

	trust = mdoc_trust_new();
	other_trust = mdoc_trust_new();
	limited_trust = mdoc_trust_new();
	revoking_trust = mdoc_trust_new();
	ok = soft_key_make(&iaca_key, "P-256") && soft_key_make(&ds_key, "P-256") &&
		soft_key_make(&device_key, "P-256") && soft_key_make(&other_key, "P-256") &&
		soft_key_make(&p384_key, "P-384") && soft_key_make(&ed25519_key, "ED25519") &&
		soft_certificate(MDOC_CERT_IACA, "IACA", &iaca_key, NULL, NULL, &iaca, NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_IACA, "IACA", &other_key, NULL, NULL, &other_iaca, NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_DS, "DS", &ds_key, &iaca, &iaca_key, &ds, NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_STATUS, "R", &ds_key, &iaca, &iaca_key, &reader, NULL) == MDOC_OK &&
		mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&iaca), MDOC_CERT_IACA, 0, NULL) == MDOC_OK &&
		mdoc_trust_add(NULL, other_trust, mdoc_buf_bytes(&other_iaca), MDOC_CERT_IACA, 0, NULL) == MDOC_OK &&
		mdoc_trust_add_for(NULL, limited_trust, mdoc_buf_bytes(&iaca), MDOC_CERT_IACA, 0, &other_type, 1,
			NULL) == MDOC_OK &&
		make_ds_of_tokyo() && make_revoking_trust();
	mdoc_buf_clear(&other_iaca);
	return ok ? 0 : 1;
}

static int
suite_clean(void)
{
	mdoc_trust_free(trust);
	mdoc_trust_free(other_trust);
	mdoc_trust_free(limited_trust);
	mdoc_trust_free(revoking_trust);
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		mdoc_request_free(requests[i]);
	mdoc_buf_clear(&iaca);
	mdoc_buf_clear(&ds);
	mdoc_buf_clear(&ds_of_tokyo);
	mdoc_buf_clear(&reader);
	soft_key_clear(&iaca_key);
	soft_key_clear(&ds_key);
	soft_key_clear(&device_key);
	soft_key_clear(&other_key);
	soft_key_clear(&p384_key);
	soft_key_clear(&ed25519_key);
	return 0;
}

void
verify_alone_tests(void)
{
	CU_pSuite suite = CU_add_suite("verify, one fault", suite_init, suite_clean);

	CU_ADD_TEST(suite, test_each_alone);
}
