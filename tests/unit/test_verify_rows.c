/*
 * tests/unit/test_verify_rows.c: what elements, dates and lists of revocation say, each row by itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/recipe.h"
#include "tests/unit/verify_expect.h"

#include <CUnit/Basic.h>
#include <string.h>

#define MDL_NS "org.iso.18013.5.1"
#define LIST_URI "https://issuer.example/list"

static struct soft_key iaca_key, ds_key, device_key, list_key;
static struct mdoc_buf iaca, ds, list_signer;
static struct mdoc_trust *trust;

struct row {
	const char *what;
	enum mdoc_check check;
	enum mdoc_outcome outcome;
	enum mdoc_result code;
};

/* The row that is named has this outcome, and no other row fails. */
static void
expect_row(const struct row *expected, const struct recipe *recipe, const struct mdoc_verify_options *options)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_check_row row;
	enum mdoc_result res;

	recipe_cook(recipe, &buf);
	CU_ASSERT_EQUAL(buf.err, MDOC_OK);
	res = mdoc_verify(NULL, mdoc_buf_bytes(&buf), options, &verdict);
	CU_ASSERT_PTR_NOT_NULL_FATAL(verdict);
	for (size_t i = 0; mdoc_verdict_row(verdict, i, &row); i++) {
		const bool named = row.check == expected->check;
		const bool right = named ? row.outcome == expected->outcome && row.error.code == expected->code
					 : row.outcome != MDOC_FAILED;

		if (!right)
			printf("%s: %s is %s, %s at %s: %s\n", expected->what, mdoc_check_name(row.check),
				mdoc_outcome_name(row.outcome), mdoc_result_name(row.error.code), row.error.path,
				row.error.expected);
		CU_ASSERT_TRUE(right);
		CU_ASSERT_TRUE(!named || expected->code == MDOC_OK || row.error.expected[0] != '\0');
	}
	CU_ASSERT_EQUAL(res, expected->outcome == MDOC_FAILED ? expected->code : MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_verdict_documents(verdict), 1);
	CU_ASSERT_EQUAL(mdoc_verdict_document_result(verdict, 0), res);
	CU_ASSERT_EQUAL(mdoc_verdict_document_result(verdict, 1), MDOC_ERR_ARG);
	mdoc_verdict_free(verdict);
	mdoc_buf_clear(&buf);
}

static void
good_recipe(struct recipe *recipe, struct mdoc_verify_options *options)
{
	recipe_default(recipe);
	recipe->issuer = &ds_key;
	recipe->device = &device_key;
	recipe->ds = mdoc_buf_bytes(&ds);
	*options = (struct mdoc_verify_options){
		.transcript = recipe->transcript,
		.trust = trust,
		.now = soft_2026 + 2 * SOFT_DAY,
	};
}

static void
put_true(struct mdoc_buf *buf)
{
	mdoc_put_bool(buf, true);
}

static void
put_false(struct mdoc_buf *buf)
{
	mdoc_put_bool(buf, false);
}

static void
put_jp(struct mdoc_buf *buf)
{
	mdoc_put_text(buf, "JP");
}

static void
put_fr(struct mdoc_buf *buf)
{
	mdoc_put_text(buf, "FR");
}

static void
put_number(struct mdoc_buf *buf)
{
	mdoc_put_uint(buf, 7);
}

/* If this failed, an issuer of one country could speak for another one. */
static void
test_country(void)
{
	static const struct {
		struct row row;
		const char *ns, *name;
		void (*value)(struct mdoc_buf *);
	} rows[] = {
		{ { "another country", MDOC_CHECK_ISSUING_COUNTRY, MDOC_FAILED, MDOC_ERR_ELEMENT }, MDL_NS,
			"issuing_country", put_fr },
		{ { "a number", MDOC_CHECK_ISSUING_COUNTRY, MDOC_FAILED, MDOC_ERR_ELEMENT }, MDL_NS, "issuing_country",
			put_number },
		{ { "generic", MDOC_CHECK_ISSUING_COUNTRY, MDOC_NOT_APPLICABLE, MDOC_OK }, "org.iso.23220.1",
			"issuing_country", put_fr },
		{ { "ours", MDOC_CHECK_ISSUING_COUNTRY, MDOC_PASSED, MDOC_OK }, MDL_NS, "issuing_country", put_jp },
		{ { "elsewhere", MDOC_CHECK_ISSUING_COUNTRY, MDOC_NOT_APPLICABLE, MDOC_OK }, "ns", "issuing_country",
			put_fr },
		{ { "DS without ST", MDOC_CHECK_ISSUING_JURISDICTION, MDOC_NOT_APPLICABLE, MDOC_OK }, MDL_NS,
			"issuing_jurisdiction", put_fr },
	};
	struct mdoc_verify_options options;
	struct recipe recipe;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		good_recipe(&recipe, &options);
		recipe.ns = rows[i].ns;
		recipe.names[0] = rows[i].name;
		recipe.values[0] = rows[i].value;
		expect_row(&rows[i].row, &recipe, &options);
	}
}

/* If this failed, a reader would take "over 21" from somebody who is not over 18. */
static void
test_ages(void)
{
	static const struct {
		struct row row;
		const char *names[2];
		void (*values[2])(struct mdoc_buf *);
	} rows[] = {
		{ { "contradiction", MDOC_CHECK_AGE_OVER, MDOC_FAILED, MDOC_ERR_ELEMENT },
			{ "age_over_18", "age_over_21" }, { put_false, put_true } },
		{ { "the other way round", MDOC_CHECK_AGE_OVER, MDOC_FAILED, MDOC_ERR_ELEMENT },
			{ "age_over_21", "age_over_18" }, { put_true, put_false } },
		{ { "not a bool", MDOC_CHECK_AGE_OVER, MDOC_FAILED, MDOC_ERR_ELEMENT }, { "age_over_18", "b" },
			{ put_number, NULL } },
		{ { "19", MDOC_CHECK_AGE_OVER, MDOC_PASSED, MDOC_OK }, { "age_over_18", "age_over_21" },
			{ put_true, put_false } },
		{ { "grown up", MDOC_CHECK_AGE_OVER, MDOC_PASSED, MDOC_OK }, { "age_over_18", "age_over_21" },
			{ put_true, put_true } },
		{ { "no age", MDOC_CHECK_AGE_OVER, MDOC_NOT_APPLICABLE, MDOC_OK }, { "age_over_1", "age_over_1x" },
			{ put_number, put_number } },
	};
	struct mdoc_verify_options options;
	struct recipe recipe;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		good_recipe(&recipe, &options);
		memcpy(recipe.names, rows[i].names, sizeof(recipe.names));
		memcpy(recipe.values, rows[i].values, sizeof(recipe.values));
		expect_row(&rows[i].row, &recipe, &options);
	}
}

/* Verify what answers a request for one element, and perhaps another. */
static void
expect_asked(const struct row *row, struct recipe *recipe, struct mdoc_verify_options *options, const char *first,
	const char *second, bool retain)
{
	const struct mdoc_asked asked[] = {
		{ mdoc_text("ns"), mdoc_text(first), retain },
		{ mdoc_text("ns"), mdoc_text(second != NULL ? second : ""), true },
	};
	const struct mdoc_ask ask = { .doc_type = mdoc_text("x.y"), .asked = asked, .count = second != NULL ? 2 : 1 };
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;

	CU_ASSERT_EQUAL(mdoc_request_build(NULL, &ask, 1, NULL, &bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&bytes), &request, NULL), MDOC_OK);
	options->request = request;
	expect_row(row, recipe, options);
	mdoc_request_free(request);
	mdoc_buf_clear(&bytes);
}

/* If this failed, a reader would get, or keep, what nobody agreed to give it. */
static void
test_request(void)
{
	struct mdoc_verify_options options;
	struct recipe recipe;

	good_recipe(&recipe, &options);
	expect_asked(&(struct row){ "both", MDOC_CHECK_REQUESTED_ELEMENTS, MDOC_PASSED, MDOC_OK }, &recipe, &options,
		"a", "b", false);
	expect_asked(&(struct row){ "b was not asked for", MDOC_CHECK_REQUESTED_ELEMENTS, MDOC_FAILED,
			     MDOC_ERR_ELEMENT },
		&recipe, &options, "a", NULL, false);
	expect_asked(&(struct row){ "not kept", MDOC_CHECK_RETENTION, MDOC_NOT_APPLICABLE, MDOC_OK }, &recipe, &options,
		"a", "b", false);
	options.retain = true;
	expect_asked(&(struct row){ "a is not to be kept", MDOC_CHECK_RETENTION, MDOC_FAILED, MDOC_ERR_ELEMENT },
		&recipe, &options, "a", "b", false);
	expect_asked(&(struct row){ "kept", MDOC_CHECK_RETENTION, MDOC_PASSED, MDOC_OK }, &recipe, &options, "a", "b",
		true);
}

/* If this failed, a holder who gives what the reader named as good instead would be refused; or could give anything. */
static void
test_alternatives(void)
{
	const struct mdoc_element_ref instead[] = { { mdoc_text("ns"), mdoc_text("b") },
		{ mdoc_text("ns"), mdoc_text("c") } };
	const struct mdoc_element_set set = { instead, 2 };
	const struct mdoc_alternative row = { { mdoc_text("ns"), mdoc_text("a") }, &set, 1 };
	const struct mdoc_request_info info = { .alternatives = &row, .alternative_count = 1 };
	struct mdoc_asked asked[] = { { mdoc_text("ns"), mdoc_text("a"), true },
		{ mdoc_text("ns"), mdoc_text("z"), false } };
	const struct mdoc_ask ask = { .doc_type = mdoc_text("x.y"), .asked = asked, .count = 2, .info = &info };
	const struct mdoc_request_options second = { .edition = MDOC_EDITION_2 };
	static const struct row rows[] = {
		{ "not named", MDOC_CHECK_REQUESTED_ELEMENTS, MDOC_FAILED, MDOC_ERR_ELEMENT },
		{ "kept as what it stands for", MDOC_CHECK_RETENTION, MDOC_PASSED, MDOC_OK },
		{ "not to be kept", MDOC_CHECK_RETENTION, MDOC_FAILED, MDOC_ERR_ELEMENT },
	};
	struct mdoc_verify_options options;
	struct recipe recipe;

	for (size_t i = 0; i < 3; i++) {
		struct mdoc_buf bytes = MDOC_BUF_EMPTY;
		struct mdoc_request *request = NULL;

		asked[0].intent_to_retain = i != 2;
		CU_ASSERT_EQUAL(mdoc_request_build(NULL, &ask, 1, &second, &bytes, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&bytes), &request, NULL), MDOC_OK);
		good_recipe(&recipe, &options);
		recipe.names[0] = i == 0 ? "d" : "b";
		recipe.names[1] = "c";
		options.request = request;
		options.retain = i != 0;
		expect_row(&rows[i], &recipe, &options);
		mdoc_request_free(request);
		mdoc_buf_clear(&bytes);
	}
}

/* If this failed, a clock that is a little wrong would refuse who is right; or one that is very wrong would not. */
static void
test_clock_skew(void)
{
	static const struct {
		int64_t after, skew;
		enum mdoc_outcome outcome;
		enum mdoc_result code;
	} rows[] = {
		{ 30, 0, MDOC_FAILED, MDOC_ERR_VALIDITY },
		{ 30, 29, MDOC_FAILED, MDOC_ERR_VALIDITY },
		{ 30, 30, MDOC_PASSED, MDOC_OK },
		{ 0, 0, MDOC_PASSED, MDOC_OK },
	};
	struct mdoc_verify_options options;
	struct recipe recipe;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		good_recipe(&recipe, &options);
		recipe.valid_until = soft_2026 + 400 * SOFT_DAY;
		options.now = soft_2026 + 365 * SOFT_DAY + rows[i].after; /* the end of DS and IACA */
		options.clock_skew = rows[i].skew;
		expect_row(&(struct row){ "DS", MDOC_CHECK_CERTIFICATE_VALIDITY, rows[i].outcome, rows[i].code },
			&recipe, &options);
	}
	good_recipe(&recipe, &options);
	recipe.valid_from = recipe.valid_until = options.now + 30;
	options.clock_skew = 30;
	expect_row(&(struct row){ "not yet, nearly", MDOC_CHECK_VALIDITY, MDOC_PASSED, MDOC_OK }, &recipe, &options);
	options.clock_skew = 29;
	expect_row(&(struct row){ "not yet", MDOC_CHECK_VALIDITY, MDOC_FAILED, MDOC_ERR_VALIDITY }, &recipe, &options);
}

/* If this failed, one age could be answered by another that says nothing of it (7.2.5). */
static void
test_requested_ages(void)
{
	static const struct {
		struct row row;
		const char *asked, *returned;
		void (*value)(struct mdoc_buf *);
	} rows[] = {
		{ { "the very one", MDOC_CHECK_AGE_OVER, MDOC_PASSED, MDOC_OK }, "age_over_20", "age_over_20",
			put_false },
		{ { "true from above", MDOC_CHECK_AGE_OVER, MDOC_PASSED, MDOC_OK }, "age_over_20", "age_over_65",
			put_true },
		{ { "false from below", MDOC_CHECK_AGE_OVER, MDOC_PASSED, MDOC_OK }, "age_over_20", "age_over_18",
			put_false },
		{ { "true from below", MDOC_CHECK_AGE_OVER, MDOC_FAILED, MDOC_ERR_ELEMENT }, "age_over_20",
			"age_over_18", put_true },
		{ { "false from above", MDOC_CHECK_AGE_OVER, MDOC_FAILED, MDOC_ERR_ELEMENT }, "age_over_20",
			"age_over_65", put_false },
	};
	struct mdoc_verify_options options;
	struct recipe recipe;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		good_recipe(&recipe, &options);
		recipe.names[0] = rows[i].returned;
		recipe.values[0] = rows[i].value;
		expect_asked(&rows[i].row, &recipe, &options, rows[i].asked, "b", false);
	}
}

/* If this failed, a key that nobody has seen would count as one that a card may have. */
static void
test_profile_of_no_key(void)
{
	struct mdoc_verify_options options;
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_check_row row;
	struct recipe recipe;

	good_recipe(&recipe, &options);
	recipe_japanese(&recipe);
	recipe.ds = MDOC_NO_BYTES;
	recipe_cook(&recipe, &buf);
	CU_ASSERT_EQUAL(mdoc_verify(NULL, mdoc_buf_bytes(&buf), &options, &verdict), MDOC_ERR_MISSING);
	CU_ASSERT_TRUE_FATAL(mdoc_verdict_find(verdict, MDOC_CHECK_KEY_PROFILE, 0, &row));
	CU_ASSERT_EQUAL(row.outcome, MDOC_NOT_DONE);
	mdoc_verdict_free(verdict);
	mdoc_buf_clear(&buf);
}

/* If this failed, what no card has would be shown as the card's. */
static void
test_profile(void)
{
	struct mdoc_verify_options options;
	struct recipe recipe;

	good_recipe(&recipe, &options);
	expect_row(&(struct row){ "no profile", MDOC_CHECK_ELEMENT_PROFILE, MDOC_NOT_APPLICABLE, MDOC_OK }, &recipe,
		&options);
	expect_row(&(struct row){ "nor for keys", MDOC_CHECK_KEY_PROFILE, MDOC_NOT_APPLICABLE, MDOC_OK }, &recipe,
		&options);
	recipe_japanese(&recipe);
	expect_row(&(struct row){ "a card", MDOC_CHECK_ELEMENT_PROFILE, MDOC_PASSED, MDOC_OK }, &recipe, &options);
	expect_row(&(struct row){ "with P-256", MDOC_CHECK_KEY_PROFILE, MDOC_PASSED, MDOC_OK }, &recipe, &options);
	recipe.values[0] = put_number;
	expect_row(&(struct row){ "a name as a number", MDOC_CHECK_ELEMENT_PROFILE, MDOC_FAILED, MDOC_ERR_ELEMENT },
		&recipe, &options);
	recipe_japanese(&recipe);
	recipe.names[1] = "driving_privileges";
	expect_row(&(struct row){ "another element", MDOC_CHECK_ELEMENT_PROFILE, MDOC_WARNING, MDOC_ERR_ELEMENT },
		&recipe, &options);
}

/* If this failed, a card's record could be valid for longer than the law lets it be (R-VAL-01). */
static void
test_long_validity(void)
{
	struct mdoc_verify_options options;
	struct recipe recipe;

	good_recipe(&recipe, &options);
	recipe_japanese(&recipe);
	recipe.valid_until = mdoc_law_valid_until(recipe.signed_);
	expect_row(&(struct row){ "a month", MDOC_CHECK_LAW_VALIDITY, MDOC_PASSED, MDOC_OK }, &recipe, &options);
	recipe.valid_until++;
	expect_row(&(struct row){ "a second more", MDOC_CHECK_LAW_VALIDITY, MDOC_FAILED, MDOC_ERR_VALIDITY }, &recipe,
		&options);
	good_recipe(&recipe, &options);
	recipe.valid_until = soft_2026 + 366 * SOFT_DAY;
	expect_row(&(struct row){ "another type", MDOC_CHECK_LAW_VALIDITY, MDOC_NOT_APPLICABLE, MDOC_OK }, &recipe,
		&options);
	expect_row(&(struct row){ "beyond the DS", MDOC_CHECK_UNTIL_IN_DS, MDOC_WARNING, MDOC_ERR_VALIDITY }, &recipe,
		&options);
}

/* ---- Revocation ---- */

static void
status_7(struct mdoc_buf *buf)
{
	mdoc_put_status(buf, &(struct mdoc_status){ .list_uri = mdoc_text(LIST_URI), .list_idx = 7 });
}

static void
status_8(struct mdoc_buf *buf)
{
	mdoc_put_status(buf, &(struct mdoc_status){ .list_uri = mdoc_text(LIST_URI), .list_idx = 8 });
}

static void
status_unknown(struct mdoc_buf *buf)
{
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "some_other_list");
	mdoc_put_uint(buf, 1);
}

/* Entry 7 of 16 is revoked. */
static void
make_list(struct mdoc_buf *bytes, struct mdoc_status_list **list)
{
	const struct mdoc_bytes chain = mdoc_buf_bytes(&list_signer);
	const struct mdoc_list_spec spec = {
		.uri = mdoc_text(LIST_URI),
		.issued = soft_2026,
		.expires = soft_2026 + 30 * SOFT_DAY,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &list_key.signer,
	};
	const struct mdoc_list_trust list_trust = { .anchors = trust, .now = soft_2026 + SOFT_DAY };
	struct mdoc_error error = { 0 };
	uint8_t packed[2] = { 0 };

	CU_ASSERT_TRUE(mdoc_status_set(packed, sizeof(packed), 1, 7, 1));
	CU_ASSERT_EQUAL(mdoc_status_list_build(NULL, &spec, 1, mdoc_bytes_of(packed, sizeof(packed)), bytes), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_status_list_parse(NULL, mdoc_buf_bytes(bytes), list, &error), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_status_list_check(NULL, *list, &list_trust, &error), MDOC_OK);
}

/* If this failed, a revoked record would pass, or one of which nothing is known be called revoked. */
static void
test_revocation(void)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_status_list *list = NULL;
	struct mdoc_verify_options options;
	struct recipe recipe;

	make_list(&bytes, &list);
	const struct mdoc_status_list *const held[] = { list };
	const struct mdoc_revocation_lists lists = { .status = held, .status_count = 1 };

	good_recipe(&recipe, &options);
	expect_row(&(struct row){ "no status", MDOC_CHECK_REVOCATION, MDOC_NOT_APPLICABLE, MDOC_OK }, &recipe,
		&options);
	recipe.status = status_7;
	expect_row(&(struct row){ "no list", MDOC_CHECK_REVOCATION, MDOC_WARNING, MDOC_ERR_UNDETERMINED }, &recipe,
		&options);
	options.lists = &lists;
	expect_row(&(struct row){ "revoked", MDOC_CHECK_REVOCATION, MDOC_FAILED, MDOC_ERR_REVOKED }, &recipe, &options);
	recipe.status = status_8;
	expect_row(&(struct row){ "valid", MDOC_CHECK_REVOCATION, MDOC_PASSED, MDOC_OK }, &recipe, &options);
	options.now = soft_2026 + 31 * SOFT_DAY;
	expect_row(&(struct row){ "old list", MDOC_CHECK_REVOCATION, MDOC_WARNING, MDOC_ERR_UNDETERMINED }, &recipe,
		&options);
	options.undetermined = MDOC_UNDETERMINED_FAILS;
	expect_row(&(struct row){ "must be known", MDOC_CHECK_REVOCATION, MDOC_FAILED, MDOC_ERR_UNDETERMINED }, &recipe,
		&options);
	options.undetermined = MDOC_UNDETERMINED_IGNORED;
	expect_row(&(struct row){ "need not", MDOC_CHECK_REVOCATION, MDOC_NOT_DONE, MDOC_ERR_UNDETERMINED }, &recipe,
		&options);
	good_recipe(&recipe, &options);
	recipe.status = status_unknown;
	expect_row(&(struct row){ "another kind", MDOC_CHECK_REVOCATION, MDOC_WARNING, MDOC_ERR_UNDETERMINED }, &recipe,
		&options);
	mdoc_status_list_free(list);
	mdoc_buf_clear(&bytes);
}

static const uint8_t revoked_id[3] = { 1, 2, 3 }, good_id[3] = { 1, 2, 4 };

static void
put_identifier(struct mdoc_buf *buf, const char *uri, const uint8_t id[3])
{
	mdoc_put_status(buf, &(struct mdoc_status){ .identifier_uri = mdoc_text(uri), .identifier = { id, 3 } });
}

static void
status_revoked_id(struct mdoc_buf *buf)
{
	put_identifier(buf, LIST_URI, revoked_id);
}

static void
status_good_id(struct mdoc_buf *buf)
{
	put_identifier(buf, LIST_URI, good_id);
}

static void
status_elsewhere(struct mdoc_buf *buf)
{
	put_identifier(buf, "https://issuer.example/other", revoked_id);
}

/* The path that the row has, which says what kind of list it is about. */
static void
expect_member(const char *member, const struct recipe *recipe, const struct mdoc_verify_options *options)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_check_row row;

	recipe_cook(recipe, &buf);
	(void)mdoc_verify(NULL, mdoc_buf_bytes(&buf), options, &verdict);
	CU_ASSERT_TRUE(mdoc_verdict_find(verdict, MDOC_CHECK_REVOCATION, 0, &row));
	CU_ASSERT_STRING_EQUAL(strstr(row.error.path, ".status") + strlen(".status"), member);
	mdoc_verdict_free(verdict);
	mdoc_buf_clear(&buf);
}

/* If this failed, a record that an identifier list names would pass, or all of the issuer's be refused. */
static void
test_identifier_list(void)
{
	const struct mdoc_bytes chain = mdoc_buf_bytes(&list_signer), id = { revoked_id, sizeof(revoked_id) };
	const struct mdoc_list_spec spec = {
		.uri = mdoc_text(LIST_URI),
		.issued = soft_2026,
		.expires = soft_2026 + 30 * SOFT_DAY,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &list_key.signer,
	};
	const struct mdoc_list_trust list_trust = { .anchors = trust, .now = soft_2026 + SOFT_DAY };
	static const struct {
		void (*status)(struct mdoc_buf *buf);
		const char *member;
		struct row row;
	} rows[] = {
		{ status_revoked_id, ".identifier_list",
			{ "revoked", MDOC_CHECK_REVOCATION, MDOC_FAILED, MDOC_ERR_REVOKED } },
		{ status_elsewhere, ".identifier_list",
			{ "another", MDOC_CHECK_REVOCATION, MDOC_WARNING, MDOC_ERR_UNDETERMINED } },
		{ status_7, ".status_list",
			{ "not that kind", MDOC_CHECK_REVOCATION, MDOC_WARNING, MDOC_ERR_UNDETERMINED } },
		{ status_unknown, "", { "unknown", MDOC_CHECK_REVOCATION, MDOC_WARNING, MDOC_ERR_UNDETERMINED } },
		{ status_good_id, ".identifier_list", { "valid", MDOC_CHECK_REVOCATION, MDOC_PASSED, MDOC_OK } },
	};
	struct mdoc_identifier_list *list = NULL;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_verify_options options;
	struct recipe recipe;

	CU_ASSERT_EQUAL(mdoc_identifier_list_build(NULL, &spec, &id, 1, &bytes), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_parse(NULL, mdoc_buf_bytes(&bytes), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_identifier_list_check(NULL, list, &list_trust, NULL), MDOC_OK);
	const struct mdoc_identifier_list *const held[] = { list };
	const struct mdoc_revocation_lists lists = { .identifiers = held, .identifiers_count = 1 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		good_recipe(&recipe, &options);
		recipe.status = rows[i].status;
		options.lists = &lists;
		expect_row(&rows[i].row, &recipe, &options);
		expect_member(rows[i].member, &recipe, &options);
	}
	mdoc_identifier_list_free(list);
	mdoc_buf_clear(&bytes);
}

static int
suite_init(void)
{
	bool ok;

	trust = mdoc_trust_new();
	ok = soft_key_make(&iaca_key, "P-256") && soft_key_make(&ds_key, "P-256") &&
		soft_key_make(&device_key, "P-256") && soft_key_make(&list_key, "P-256") &&
		soft_certificate(MDOC_CERT_IACA, "IACA", &iaca_key, NULL, NULL, &iaca, NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_DS, "DS", &ds_key, &iaca, &iaca_key, &ds, NULL) == MDOC_OK &&
		soft_certificate(MDOC_CERT_DS, "lists", &list_key, &iaca, &iaca_key, &list_signer, NULL) == MDOC_OK &&
		mdoc_trust_add(NULL, trust, mdoc_buf_bytes(&iaca), MDOC_CERT_IACA, 0, NULL) == MDOC_OK;
	return ok ? 0 : 1;
}

static int
suite_clean(void)
{
	mdoc_trust_free(trust);
	mdoc_buf_clear(&iaca);
	mdoc_buf_clear(&ds);
	mdoc_buf_clear(&list_signer);
	soft_key_clear(&iaca_key);
	soft_key_clear(&ds_key);
	soft_key_clear(&device_key);
	soft_key_clear(&list_key);
	return 0;
}

void
verify_rows_tests(void)
{
	CU_pSuite suite = CU_add_suite("verify rows", suite_init, suite_clean);

	CU_ADD_TEST(suite, test_country);
	CU_ADD_TEST(suite, test_ages);
	CU_ADD_TEST(suite, test_request);
	CU_ADD_TEST(suite, test_requested_ages);
	CU_ADD_TEST(suite, test_alternatives);
	CU_ADD_TEST(suite, test_clock_skew);
	CU_ADD_TEST(suite, test_profile);
	CU_ADD_TEST(suite, test_profile_of_no_key);
	CU_ADD_TEST(suite, test_long_validity);
	CU_ADD_TEST(suite, test_revocation);
	CU_ADD_TEST(suite, test_identifier_list);
}
