/*
 * tests/unit/test_identifier_list.c: identifier lists, lists that we build, and several lists at once.
 *
 * If these fail, a revoked document passes because its identifier was not found, or the lists that an issuer
 * publishes cannot be read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/lists_world.h"

#include <CUnit/Basic.h>
#include <string.h>

#define ONE_ID "\xa1\x6bidentifiers\xa1\x42\x01\x02\xa0"

static const struct mdoc_status status = {
	.identifier_uri = { (const uint8_t *)LISTS_URI, sizeof(LISTS_URI) - 1 },
	.identifier = { (const uint8_t *)"\x01\x02", 2 },
};

static struct mdoc_list_trust
anchors(void)
{
	return (struct mdoc_list_trust){ .anchors = lists_world.trust, .now = lists_world.now };
}

static enum mdoc_result
opened(const struct lists_token *token)
{
	const struct mdoc_list_trust trust = anchors();
	struct mdoc_buf input = MDOC_BUF_EMPTY;
	struct mdoc_identifier_list *list = NULL;
	enum mdoc_result res;

	lists_put_token(&input, token);
	res = mdoc_identifier_list_parse(NULL, mdoc_buf_bytes(&input), &list, NULL);
	if (res == MDOC_OK)
		res = mdoc_identifier_list_check(NULL, list, &trust, NULL);
	mdoc_identifier_list_free(list);
	mdoc_buf_clear(&input);
	return res;
}

static void
refused(void)
{
	static const struct {
		const char *list;
		size_t len;
		enum mdoc_result res;
	} cases[] = {
		{ "", 0, MDOC_ERR_MISSING },
		{ "\x80", 1, MDOC_ERR_TYPE },
		{ "\xa0", 1, MDOC_ERR_MISSING },
		{ "\xa1\x6bidentifiers\x80", 14, MDOC_ERR_TYPE },
		{ "\xa1\x6bidentifiers\xa1\x61x\xa0", 17, MDOC_ERR_TYPE },
		{ "\xa1\x6bidentifiers\xa2\x41x\xa0\x41x\xa0", 20, MDOC_ERR_DUPLICATE_KEY },
		{ "\xa1\x6bidentifiers\xa2\x41x\xa0\x58\x01x\xa0", 21, MDOC_ERR_DUPLICATE_KEY },
	};
	struct lists_token token;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		token = lists_identifier_token(mdoc_bytes_of(cases[i].list, cases[i].len));
		CU_ASSERT_EQUAL(opened(&token), cases[i].res);
	}
	token = lists_identifier_token(mdoc_bytes_of(ONE_ID, sizeof(ONE_ID) - 1));
	CU_ASSERT_EQUAL(opened(&token), MDOC_OK);
	token.more = mdoc_bytes_of("\x19\xff\xfd\xa0", 4); /* a status list too */
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_VALUE);
	token.more = MDOC_NO_BYTES;
	token.type = "application/statuslist+cwt";
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_VALUE);
	token.type = NULL;
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_MISSING);
	token.claimed_type = "application/identifierlist+cwt"; /* some write it there */
	CU_ASSERT_EQUAL(opened(&token), MDOC_OK);
	token.claimed_type = "application/statuslist+cwt";
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_VALUE);
	token.type = "identifierlist+cwt";
	token.claimed_type = NULL;
	CU_ASSERT_EQUAL(opened(&token), MDOC_OK);
	token.key = &lists_world.ds_key;
	CU_ASSERT_EQUAL(opened(&token), MDOC_ERR_SIGNATURE);
}

/* Two hundred identifiers, every other one revoked. */
static void
found_or_not(void)
{
	const struct mdoc_list_trust trust = anchors();
	uint8_t numbers[200][4] = { { 0 } };
	struct mdoc_bytes ids[100], x5chain[1];
	const struct mdoc_list_spec spec = lists_spec(x5chain);
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_identifier_list *list = NULL;
	struct mdoc_status asked_for = status;
	const struct mdoc_revocation_query query = lists_query(&asked_for);
	struct mdoc_list_info info;
	struct mdoc_error why = { 0 };

	for (size_t i = 0; i < 200; i++) {
		numbers[i][0] = (uint8_t)(i * 77);
		numbers[i][3] = (uint8_t)i;
		ids[i / 2] = mdoc_bytes_of(numbers[i / 2 * 2], 4);
	}
	ids[99] = ids[3];
	CU_ASSERT_EQUAL(mdoc_identifier_list_build(NULL, &spec, ids, 100, &out), MDOC_ERR_ARG);
	ids[99] = MDOC_NO_BYTES;
	CU_ASSERT_EQUAL(mdoc_identifier_list_build(NULL, &spec, ids, 100, &out), MDOC_ERR_ARG);
	ids[99] = mdoc_bytes_of(numbers[198], 4);
	CU_ASSERT_EQUAL(out.len, 0);
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_build(NULL, &spec, ids, 100, &out), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_parse(NULL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_identifier_list_ask(list, &query, &why), MDOC_REVOCATION_UNDETERMINED);
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_check(NULL, list, &trust, NULL), MDOC_OK);
	for (size_t i = 0; i < 200; i++) {
		asked_for.identifier = mdoc_bytes_of(numbers[i], 4);
		CU_ASSERT_EQUAL(mdoc_identifier_list_ask(list, &query, NULL),
			i % 2 == 0 ? MDOC_REVOCATION_REVOKED : MDOC_REVOCATION_VALID);
	}
	asked_for.identifier = mdoc_bytes_of(numbers[0], 3); /* the beginning of one is not that one */
	CU_ASSERT_EQUAL(mdoc_identifier_list_ask(list, &query, NULL), MDOC_REVOCATION_VALID);
	asked_for.identifier_uri = MDOC_NO_BYTES;
	CU_ASSERT_EQUAL(mdoc_identifier_list_ask(list, &query, &why), MDOC_REVOCATION_UNDETERMINED);
	CU_ASSERT_EQUAL(why.code, MDOC_ERR_MISSING);
	mdoc_identifier_list_info(list, &info);
	CU_ASSERT(info.entries == 100 && info.bits == 0 && info.ttl == 600 && info.expires == spec.expires);
	mdoc_identifier_list_free(list);
	mdoc_buf_clear(&out);
}

static void
nobody_revoked(void)
{
	const struct mdoc_list_trust trust = anchors();
	const struct mdoc_revocation_query query = lists_query(&status);
	struct mdoc_bytes x5chain[1];
	const struct mdoc_list_spec spec = lists_spec(x5chain);
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_identifier_list *list = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_build(NULL, &spec, NULL, 0, &out), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_parse(NULL, mdoc_buf_bytes(&out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_check(NULL, list, &trust, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_identifier_list_ask(list, &query, NULL), MDOC_REVOCATION_VALID);
	mdoc_identifier_list_free(list);
	mdoc_buf_clear(&out);
}

static void
not_built(void)
{
	static const uint8_t packed[] = { 0 };
	const struct mdoc_bytes entries = { packed, sizeof(packed) };
	struct mdoc_context *context = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_bytes x5chain[1];
	struct mdoc_list_spec spec = lists_spec(x5chain);
	uint8_t set[2] = { 0 };

	CU_ASSERT_EQUAL(mdoc_status_list_build(NULL, &spec, 3, entries, &out), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_status_list_build(NULL, &spec, 1, MDOC_NO_BYTES, &out), MDOC_ERR_ARG);
	spec.expires = spec.issued;
	CU_ASSERT_EQUAL(mdoc_status_list_build(NULL, &spec, 1, entries, &out), MDOC_ERR_VALIDITY);
	spec = lists_spec(x5chain);
	spec.uri = MDOC_NO_BYTES;
	CU_ASSERT_EQUAL(mdoc_status_list_build(NULL, &spec, 1, entries, &out), MDOC_ERR_ARG);
	spec = lists_spec(x5chain);
	spec.uri = mdoc_bytes_of("\xff", 1);
	CU_ASSERT_EQUAL(mdoc_status_list_build(NULL, &spec, 1, entries, &out), MDOC_ERR_UTF8);
	spec = lists_spec(x5chain);
	spec.x5chain_count = 0;
	CU_ASSERT_EQUAL(mdoc_identifier_list_build(NULL, &spec, NULL, 0, &out), MDOC_ERR_ARG);
	spec = lists_spec(x5chain);
	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_STATUS_LIST, 1), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_status_list_build(context, &spec, 1, mdoc_bytes_of(set, 2), &out), MDOC_ERR_SIZE);
	mdoc_context_free(context);
	CU_ASSERT_EQUAL(out.len, 0);
	CU_ASSERT_FALSE(mdoc_status_set(set, 2, 1, 16, 1));
	CU_ASSERT_FALSE(mdoc_status_set(set, 2, 1, 0, 2));
	CU_ASSERT_FALSE(mdoc_status_set(set, 2, 0, 0, 0));
	CU_ASSERT_FALSE(mdoc_status_set(set, 2, 3, 0, 1));
	CU_ASSERT(set[0] == 0 && set[1] == 0);
	CU_ASSERT_TRUE(mdoc_status_set(set, 2, 4, 3, 15));
	CU_ASSERT_TRUE(mdoc_status_set(set, 2, 4, 3, 5));
	CU_ASSERT(set[0] == 0 && set[1] == 0x50);
	mdoc_buf_clear(&out);
}

/* Revoked by one list is revoked, whatever the other says; a list that is missing is no revocation. */
static void
several_lists(void)
{
	static const uint8_t none[] = { 0 };
	const struct mdoc_list_trust trust = anchors();
	struct mdoc_status both = status;
	const struct mdoc_revocation_query query = lists_query(&both);
	struct mdoc_bytes x5chain[1];
	struct mdoc_list_spec spec = lists_spec(x5chain);
	struct mdoc_buf list_out = MDOC_BUF_EMPTY, ids_out = MDOC_BUF_EMPTY;
	struct mdoc_status_list *list = NULL;
	struct mdoc_identifier_list *ids = NULL;
	const struct mdoc_status_list *lists[1];
	const struct mdoc_identifier_list *id_lists[1];
	struct mdoc_revocation_lists held = { lists, 0, id_lists, 0 };
	struct mdoc_error why = { 0 };

	both.list_uri = mdoc_text("https://issuer.example/bits");
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_build(NULL, &spec, &status.identifier, 1, &ids_out), MDOC_OK);
	spec.uri = both.list_uri;
	CU_ASSERT_EQUAL_FATAL(mdoc_status_list_build(NULL, &spec, 1, mdoc_bytes_of(none, 1), &list_out), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_status_list_parse(NULL, mdoc_buf_bytes(&list_out), &list, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_parse(NULL, mdoc_buf_bytes(&ids_out), &ids, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_status_list_check(NULL, list, &trust, NULL), MDOC_OK);
	lists[0] = list;
	id_lists[0] = ids;

	CU_ASSERT_EQUAL(mdoc_revocation_ask(&held, &query, &why), MDOC_REVOCATION_UNDETERMINED);
	CU_ASSERT_EQUAL(why.code, MDOC_ERR_UNDETERMINED);
	held.identifiers_count = 1; /* not checked yet */
	CU_ASSERT_EQUAL(mdoc_revocation_ask(&held, &query, &why), MDOC_REVOCATION_UNDETERMINED);
	CU_ASSERT_EQUAL(why.code, MDOC_ERR_ARG);
	held.status_count = 1;
	CU_ASSERT_EQUAL(mdoc_revocation_ask(&held, &query, &why), MDOC_REVOCATION_VALID);
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_check(NULL, ids, &trust, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_revocation_ask(&held, &query, &why), MDOC_REVOCATION_REVOKED);
	CU_ASSERT_EQUAL(why.code, MDOC_ERR_REVOKED);
	CU_ASSERT_STRING_EQUAL(mdoc_revocation_name(MDOC_REVOCATION_SUSPENDED), "suspended");
	mdoc_status_list_free(list);
	mdoc_identifier_list_free(ids);
	mdoc_buf_clear(&list_out);
	mdoc_buf_clear(&ids_out);
}

void
lists_identifier_tests(void)
{
	CU_pSuite suite = CU_add_suite("identifier lists", lists_world_init, lists_world_clear);

	CU_add_test(suite, "refused", refused);
	CU_add_test(suite, "what is not built", not_built);
	CU_add_test(suite, "found or not", found_or_not);
	CU_add_test(suite, "nobody revoked", nobody_revoked);
	CU_add_test(suite, "several lists", several_lists);
}
