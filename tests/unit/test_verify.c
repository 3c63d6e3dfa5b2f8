/*
 * tests/unit/test_verify.c: a reader's verdict: what is right passes, and each thing that is
 * wrong fails its own check.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/pieces.h"
#include "tests/unit/recipe.h"
#include "tests/unit/verify_expect.h"

#include <CUnit/Basic.h>

#define MNC "org.iso.23220.1.jp.mnc"

static struct soft_key iaca_key, ds_key, device_key, other_key;
static struct mdoc_buf iaca, ds, other_iaca;
static struct mdoc_trust *trust, *other_trust;

/* ---- Our own issuer, with mistakes ---- */

static struct mdoc_verify_options
own_options(const struct recipe *recipe)
{
	struct mdoc_verify_options options = {
		.transcript = recipe->transcript,
		.trust = trust,
		.now = soft_2026 + 2 * SOFT_DAY,
	};

	return options;
}

static void
own_recipe(struct recipe *recipe)
{
	recipe_default(recipe);
	recipe->issuer = &ds_key;
	recipe->device = &device_key;
	recipe->ds = mdoc_buf_bytes(&ds);
}

static void
cook(const char *what, const struct recipe *recipe, uint64_t fails, uint64_t not_done, enum mdoc_result code)
{
	const struct mdoc_verify_options options = own_options(recipe);
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	recipe_cook(recipe, &buf);
	CU_ASSERT_EQUAL(buf.err, MDOC_OK);
	expect(what, mdoc_buf_bytes(&buf), &options, fails, not_done, code);
	mdoc_buf_clear(&buf);
}

/* If this failed, an issuer's mistake or a stranger's key would pass for the record. */
static void
test_issuer_mistakes(void)
{
	struct recipe recipe;

	own_recipe(&recipe);
	cook("right", &recipe, 0, 0, MDOC_OK);
	recipe.ds = MDOC_NO_BYTES;
	cook("no x5chain", &recipe, BIT(X5CHAIN),
		BIT(DS_PROFILE) | BIT(CHAIN) | BIT(CERTIFICATE_VALIDITY) | BIT(CRL) | BIT(ANCHOR_DOCTYPE) |
			BIT(ISSUER_ALGORITHM) | BIT(ISSUER_SIGNATURE) | BIT(SIGNED_IN_DS) | BIT(UNTIL_IN_DS),
		MDOC_ERR_MISSING);
	own_recipe(&recipe);
	recipe.issuer = &other_key;
	cook("other issuer key", &recipe, BIT(ISSUER_SIGNATURE), 0, MDOC_ERR_SIGNATURE);
	own_recipe(&recipe);
	recipe.ds = mdoc_buf_bytes(&iaca); /* an IACA signs no records */
	recipe.issuer = &iaca_key;
	cook("signed by the IACA", &recipe, BIT(DS_PROFILE), 0, MDOC_ERR_CERTIFICATE);
	own_recipe(&recipe);
	recipe.mso_version = "2.0";
	cook("MSO 2.0", &recipe, BIT(MSO), 0, MDOC_ERR_VERSION);
	own_recipe(&recipe);
	recipe.mso_doc_type = "x.z";
	cook("MSO docType", &recipe, BIT(DOCTYPE), 0, MDOC_ERR_DOCTYPE);
	own_recipe(&recipe);
	recipe.same_element = true;
	cook("element twice", &recipe, BIT(DUPLICATES), 0, MDOC_ERR_VALUE);
	own_recipe(&recipe);
	recipe.same_id = true;
	cook("digest id twice", &recipe, BIT(DUPLICATES), 0, MDOC_ERR_VALUE);
	own_recipe(&recipe);
	recipe.random_len = 15;
	cook("short random", &recipe, BIT(RANDOM_LENGTH), 0, MDOC_ERR_VALUE);
}

/* If this failed, a record would be accepted outside the month that the law gives it. */
static void
test_own_times(void)
{
	struct recipe recipe;

	own_recipe(&recipe);
	recipe.valid_until = soft_2026 + 2 * SOFT_DAY - 1;
	cook("expired", &recipe, BIT(VALIDITY), 0, MDOC_ERR_VALIDITY);
	recipe.valid_until = soft_2026 + 2 * SOFT_DAY;
	cook("last second", &recipe, 0, 0, MDOC_OK);
	own_recipe(&recipe);
	recipe.valid_from = soft_2026 + 3 * SOFT_DAY;
	cook("not yet", &recipe, BIT(VALIDITY), 0, MDOC_ERR_VALIDITY);
	own_recipe(&recipe);
	recipe.signed_ = recipe.valid_from + 1;
	cook("signed late", &recipe, BIT(VALIDITY_INFO), 0, MDOC_ERR_VALIDITY);
	own_recipe(&recipe);
	recipe.valid_until = recipe.valid_from - 1;
	cook("until before from", &recipe, BIT(VALIDITY_INFO) | BIT(VALIDITY), 0, MDOC_ERR_VALIDITY);
	own_recipe(&recipe);
	recipe.signed_ = soft_2026 - 1;
	cook("signed before the DS", &recipe, BIT(SIGNED_IN_DS), 0, MDOC_ERR_VALIDITY);
}

/* If this failed, a response whose encoder writes strings in pieces would be refused. */
static void
test_in_pieces(void)
{
	static const size_t sizes[] = { 1, 7, 100000 };
	struct mdoc_buf whole = MDOC_BUF_EMPTY, buf = MDOC_BUF_EMPTY;
	struct mdoc_verify_options options;
	struct recipe recipe;

	own_recipe(&recipe);
	options = own_options(&recipe);
	recipe_cook(&recipe, &whole);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		mdoc_buf_clear(&buf);
		pieces_put_response(&buf, mdoc_buf_bytes(&whole), &ds_key.signer, &device_key.signer, recipe.transcript,
			sizes[i]);
		expect("in pieces", mdoc_buf_bytes(&buf), &options, 0, 0, MDOC_OK);
	}
	buf.ptr[find_text(&buf, "value")] ^= 1; /* what is whole in its only piece */
	expect("in pieces, altered", mdoc_buf_bytes(&buf), &options, BIT(DIGESTS), 0, MDOC_ERR_DIGEST);
	mdoc_buf_clear(&whole);
	mdoc_buf_clear(&buf);
}

static void
element_of_device(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "ns");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "c");
	mdoc_put_bool(buf, true);
}

static void
element_of_issuer(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "ns");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "a");
	mdoc_put_bool(buf, true);
}

static void
put_list(struct mdoc_buf *buf, const char *name)
{
	mdoc_put_array(buf, 1);
	mdoc_put_text(buf, name);
}

static void
allow_namespace(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "nameSpaces");
	put_list(buf, "ns");
}

static void
allow_c(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "dataElements");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "ns");
	put_list(buf, "c");
}

static void
allow_d(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "dataElements");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "ns");
	put_list(buf, "d");
}

static void
allow_twice(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 2);
	mdoc_put_text(buf, "nameSpaces");
	put_list(buf, "ns");
	mdoc_put_text(buf, "dataElements");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "ns");
	put_list(buf, "c");
}

static void
allow_nothing(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 0);
}

static void
allow_many(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "nameSpaces");
	mdoc_put_array(buf, MDOC_DEVICE_NAMES_MAX + 1);
	for (size_t i = 0; i <= MDOC_DEVICE_NAMES_MAX; i++)
		mdoc_put_text(buf, "ns");
}

/* In all one name too many, though each namespace has few. */
static void
allow_many_elements(struct mdoc_buf *buf)
{
	char name[16];

	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "dataElements");
	mdoc_put_map(buf, MDOC_DEVICE_NAMES_MAX / 2 + 1);
	for (size_t i = 0; i <= MDOC_DEVICE_NAMES_MAX / 2; i++) {
		snprintf(name, sizeof(name), "ns%zu", i);
		mdoc_put_text(buf, name);
		put_list(buf, "c");
	}
}

static void
many_elements(struct mdoc_buf *buf)
{
	char name[16];

	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "ns");
	mdoc_put_map(buf, MDOC_DEVICE_NAMES_MAX);
	for (size_t i = 0; i < MDOC_DEVICE_NAMES_MAX; i++) {
		snprintf(name, sizeof(name), "c%zu", i);
		mdoc_put_text(buf, name);
		mdoc_put_bool(buf, true);
	}
}

/* If this failed, anybody could keep a reader busy for hours with one unsigned response: its
 * names are compared each with each, before it is known who signed. */
static void
test_too_many_device_names(void)
{
	static const struct {
		const char *what;
		void (*authorizations)(struct mdoc_buf *);
		void (*elements)(struct mdoc_buf *);
	} rows[] = {
		{ "many namespaces authorised", allow_many, NULL },
		{ "many elements authorised", allow_many_elements, NULL },
		{ "many elements signed", allow_namespace, many_elements },
	};
	struct recipe recipe;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		own_recipe(&recipe);
		recipe.authorizations = rows[i].authorizations;
		recipe.device_elements = rows[i].elements;
		cook(rows[i].what, &recipe, BIT(KEY_AUTHORIZATIONS),
			rows[i].elements != NULL ? BIT(DEVICE_ELEMENTS) : 0, MDOC_ERR_SIZE);
	}
}

/* If this failed, a holder could add to or replace what the issuer said. */
static void
test_device_elements(void)
{
	static const struct {
		const char *what;
		void (*authorizations)(struct mdoc_buf *);
		void (*elements)(struct mdoc_buf *);
		uint64_t fails;
		enum mdoc_result code;
	} rows[] = {
		{ "unauthorised", NULL, element_of_device, BIT(KEY_AUTHORIZATIONS), MDOC_ERR_AUTHORIZATION },
		{ "another authorised", allow_d, element_of_device, BIT(KEY_AUTHORIZATIONS), MDOC_ERR_AUTHORIZATION },
		{ "empty authorizations", allow_nothing, NULL, BIT(KEY_AUTHORIZATIONS), MDOC_ERR_VALUE },
		{ "namespace in both", allow_twice, element_of_device, BIT(KEY_AUTHORIZATIONS), MDOC_ERR_VALUE },
		{ "replaces the issuer's", allow_namespace, element_of_issuer, BIT(DEVICE_ELEMENTS),
			MDOC_ERR_AUTHORIZATION },
		{ "by namespace", allow_namespace, element_of_device, 0, MDOC_OK },
		{ "by element", allow_c, element_of_device, 0, MDOC_OK },
		{ "authorised, not used", allow_c, NULL, 0, MDOC_OK },
	};
	struct recipe recipe;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		own_recipe(&recipe);
		recipe.authorizations = rows[i].authorizations;
		recipe.device_elements = rows[i].elements;
		cook(rows[i].what, &recipe, rows[i].fails, 0, rows[i].code);
	}
}

/* If this failed, somebody else's key, or a replayed signature, would stand for the holder. */
static void
test_device_mistakes(void)
{
	struct mdoc_verify_options options;
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct recipe recipe;

	own_recipe(&recipe);
	recipe.payload = true;
	cook("payload inside", &recipe, BIT(DEVICE_AUTH_FORM), BIT(DEVICE_AUTH_ALGORITHM) | BIT(DEVICE_AUTH),
		MDOC_ERR_VALUE);
	own_recipe(&recipe);
	recipe_cook(&recipe, &buf);
	options = own_options(&recipe);
	buf.ptr[find_text(&buf, "status") - 2] ^= 1;
	expect("device signature", mdoc_buf_bytes(&buf), &options, BIT(DEVICE_AUTH), 0, MDOC_ERR_SIGNATURE);
	buf.ptr[find_text(&buf, "status") - 2] ^= 1;
	options.trust = other_trust;
	expect("same name, other IACA", mdoc_buf_bytes(&buf), &options, BIT(CHAIN),
		BIT(CERTIFICATE_VALIDITY) | BIT(CRL) | BIT(ANCHOR_DOCTYPE), MDOC_ERR_CHAIN);
	mdoc_buf_clear(&buf);
}

/* ---- Everything ours: issue, select, respond, verify ---- */

static void
issue(const char *doc_type, struct mdoc_buf *record)
{
	static const uint8_t value[] = { 0x61, 'v' };
	const struct mdoc_bytes chain[] = { mdoc_buf_bytes(&ds) };
	const struct mdoc_claim claims[] = {
		{ mdoc_text(MDOC_JP_NAMESPACE), mdoc_text("full_name_unicode"), { value, sizeof(value) } },
		{ mdoc_text(MDOC_JP_NAMESPACE), mdoc_text("resident_address_unicode"), { value, sizeof(value) } },
	};
	const struct mdoc_issue spec = {
		.doc_type = mdoc_text(doc_type),
		.claims = claims,
		.claim_count = 2,
		.device_key = device_key.pub,
		.digest_alg = MDOC_SHA256,
		.signed_ = soft_2026,
		.valid_from = soft_2026,
		.valid_until = mdoc_law_valid_until(soft_2026),
		.x5chain = chain,
		.x5chain_count = 1,
		.signer = &ds_key.signer,
	};
	struct mdoc_error error = { 0 };

	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_build(NULL, &spec, record, &error), MDOC_OK);
}

/* If this failed, nothing that we issue could be shown. */
static void
test_whole_chain(void)
{
	static const uint8_t transcript_bytes[] = { 0x83, 0xf6, 0xf6, 0x61, 'h' };
	const struct mdoc_bytes transcript = mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes));
	const struct mdoc_asked asked[] = { { mdoc_text(MDOC_JP_NAMESPACE), mdoc_text("full_name_unicode"), false } };
	const struct mdoc_ask ask = { .doc_type = mdoc_text(MNC), .asked = asked, .count = 1 };
	const struct mdoc_ask other_ask = { .doc_type = mdoc_text("x.y"), .asked = asked, .count = 1 };
	struct mdoc_buf record_bytes = MDOC_BUF_EMPTY;
	struct mdoc_buf request_bytes = MDOC_BUF_EMPTY;
	struct mdoc_buf other_request_bytes = MDOC_BUF_EMPTY;
	struct mdoc_buf response = MDOC_BUF_EMPTY;
	struct mdoc_issuer_signed *record = NULL;
	struct mdoc_request *request = NULL;
	struct mdoc_request *other_request = NULL;
	struct mdoc_selection *selection = NULL;
	struct mdoc_device_signer signer;
	const struct mdoc_device_key key = { .device_signer = &signer };
	const struct mdoc_response_options respond = { .transcript = transcript, .keys = &key };
	struct mdoc_held held = { .record = NULL };
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_check_row row;
	struct mdoc_error error = { 0 };
	struct mdoc_verify_options options = { .transcript = transcript, .trust = trust, .now = soft_2026 };

	issue(MNC, &record_bytes);
	soft_device_signer(&device_key, &signer);
	CU_ASSERT_EQUAL(mdoc_request_build(NULL, &ask, 1, NULL, &request_bytes, &error), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_request_build(NULL, &other_ask, 1, NULL, &other_request_bytes, &error), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&request_bytes), &request, &error), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&other_request_bytes), &other_request, &error),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&record_bytes), &record, &error), MDOC_OK);
	held.record = record;
	CU_ASSERT_EQUAL_FATAL(mdoc_select(NULL, request, &held, 1, NULL, &selection, &error), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_response_build(NULL, selection, &respond, &response, &error), MDOC_OK);
	options.request = request;
	expect("whole chain", mdoc_buf_bytes(&response), &options, 0, 0, MDOC_OK);
	options.request = other_request;
	expect("not requested", mdoc_buf_bytes(&response), &options, BIT(DOCTYPE_REQUESTED),
		BIT(REQUESTED_ELEMENTS) | BIT(RETENTION), MDOC_ERR_DOCTYPE);
	/* The holder's import looks at the same things. */
	CU_ASSERT_EQUAL(mdoc_verify_record(NULL, record, &options, &verdict), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_verdict_documents(verdict), 1);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_verdict_anchor(verdict, 0), mdoc_buf_bytes(&iaca)));
	CU_ASSERT_TRUE(mdoc_verdict_find(verdict, MDOC_CHECK_DIGESTS, 0, &row) && row.outcome == MDOC_PASSED);
	CU_ASSERT_FALSE(mdoc_verdict_find(verdict, MDOC_CHECK_DEVICE_AUTH, 0, &row));
	mdoc_verdict_free(verdict);
	options.now = mdoc_law_valid_until(soft_2026) + 1;
	CU_ASSERT_EQUAL(mdoc_verify_record(NULL, record, &options, &verdict), MDOC_ERR_VALIDITY);
	mdoc_verdict_free(verdict);
	options.trust = other_trust;
	CU_ASSERT_EQUAL(mdoc_verify_record(NULL, record, &options, &verdict), MDOC_ERR_CHAIN);
	mdoc_verdict_free(verdict);
	mdoc_selection_free(selection);
	mdoc_request_free(request);
	mdoc_request_free(other_request);
	mdoc_issuer_signed_free(record);
	mdoc_buf_clear(&record_bytes);
	mdoc_buf_clear(&request_bytes);
	mdoc_buf_clear(&other_request_bytes);
	mdoc_buf_clear(&response);
}

static int
suite_init(void)
{
	bool ok;

	trust = mdoc_trust_new();
	other_trust = mdoc_trust_new();
	ok = soft_key_make(&iaca_key, "P-256") && soft_key_make(&ds_key, "P-256") &&
		soft_key_make(&device_key, "P-256") && soft_key_make(&other_key, "P-256") &&
		soft_certificate(MDOC_CERT_IACA, "IACA", &iaca_key, NULL, NULL, &iaca, NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_IACA, "IACA", &other_key, NULL, NULL, &other_iaca, NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_DS, "DS", &ds_key, &iaca, &iaca_key, &ds, NULL) == MDOC_OK &&
		mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&iaca), MDOC_CERT_IACA, 0, NULL) == MDOC_OK &&
		mdoc_trust_add(NULL, other_trust, mdoc_buf_bytes(&other_iaca), MDOC_CERT_IACA, 0, NULL) == MDOC_OK;
	return ok ? 0 : 1;
}

static int
suite_clean(void)
{
	mdoc_trust_free(trust);
	mdoc_trust_free(other_trust);
	mdoc_buf_clear(&iaca);
	mdoc_buf_clear(&other_iaca);
	mdoc_buf_clear(&ds);
	soft_key_clear(&iaca_key);
	soft_key_clear(&ds_key);
	soft_key_clear(&device_key);
	soft_key_clear(&other_key);
	return 0;
}

int
main(void)
{
	unsigned failures;
	CU_pSuite suite = NULL;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	verify_annexd_tests();
	verify_rows_tests();
	verify_alone_tests();
	suite = CU_add_suite("verify", suite_init, suite_clean);
	CU_ADD_TEST(suite, test_issuer_mistakes);
	CU_ADD_TEST(suite, test_own_times);
	CU_ADD_TEST(suite, test_in_pieces);
	CU_ADD_TEST(suite, test_device_elements);
	CU_ADD_TEST(suite, test_device_mistakes);
	CU_ADD_TEST(suite, test_too_many_device_names);
	CU_ADD_TEST(suite, test_whole_chain);
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
