/*
 * tests/unit/test_lists_hostile.c: what lists may make libmdoc allocate.
 *
 * If these fail, whoever publishes a list, or stands between, can use up a reader's memory with a few bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/alloc_count.h"
#include "tests/unit/lists_provider.h"

#include <CUnit/Basic.h>
#include <string.h>

#define MANY 50000

static bool
within(size_t len)
{
	return alloc_bytes() <= len * MDOC_PARSE_MULTIPLE + MDOC_PARSE_FIXED;
}

static void
put_zeros(struct mdoc_buf *out, size_t count)
{
	mdoc_put_array(out, count);
	for (size_t i = 0; i < count; i++)
		mdoc_put_uint(out, 0);
}

/* A VICAL whose entries are zeros, or whose one entry has zeros for document types. */
static void
bloated_vical(void)
{
	for (int types = 0; types < 2; types++) {
		struct mdoc_buf payload = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
		struct mdoc_trust_list *list = NULL;

		mdoc_put_map(&payload, 4);
		mdoc_put_text(&payload, "version");
		mdoc_put_text(&payload, "1.0");
		mdoc_put_text(&payload, "vicalProvider");
		mdoc_put_text(&payload, "P");
		mdoc_put_text(&payload, "date");
		mdoc_put_tdate(&payload, lists_world.now);
		mdoc_put_text(&payload, "certificateInfos");
		if (types == 1) {
			mdoc_put_array(&payload, 1);
			mdoc_put_map(&payload, 4);
			mdoc_put_text(&payload, "certificate");
			mdoc_put_bstr(&payload, mdoc_text("x"));
			mdoc_put_text(&payload, "serialNumber");
			mdoc_put_uint(&payload, 1);
			mdoc_put_text(&payload, "ski");
			mdoc_put_bstr(&payload, mdoc_text("x"));
			mdoc_put_text(&payload, "docType");
		}
		put_zeros(&payload, MANY);
		lists_put_signed(&input, &payload, false, false);
		alloc_reset();
		CU_ASSERT_EQUAL(mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&input), &list, NULL),
			MDOC_ERR_TYPE);
		CU_ASSERT_TRUE(within(input.len));
		mdoc_buf_clear(&payload);
		mdoc_buf_clear(&input);
	}
}

/* {"identifiers": {number: {}}}, as short as they can be. */
static void
put_identifiers(struct mdoc_buf *out, size_t count)
{
	mdoc_put_map(out, 1);
	mdoc_put_text(out, "identifiers");
	mdoc_put_map(out, count);
	for (size_t i = 0; i < count; i++) {
		const uint8_t id[2] = { (uint8_t)(i >> 8), (uint8_t)i };

		mdoc_put_bstr(out, mdoc_bytes_of(id, sizeof(id)));
		mdoc_put_map(out, 0);
	}
}

static void
many_identifiers(void)
{
	struct mdoc_buf list_bytes = MDOC_BUF_EMPTY, input = MDOC_BUF_EMPTY;
	struct mdoc_identifier_list *list = NULL;
	struct mdoc_context *context = NULL;
	struct mdoc_list_info info;
	struct lists_token token;

	put_identifiers(&list_bytes, MANY);
	token = lists_identifier_token(mdoc_buf_bytes(&list_bytes));
	lists_put_token(&input, &token);
	alloc_reset();
	CU_ASSERT_EQUAL_FATAL(mdoc_identifier_list_parse(NULL, mdoc_buf_bytes(&input), &list, NULL), MDOC_OK);
	CU_ASSERT_TRUE(within(input.len));
	mdoc_identifier_list_info(list, &info);
	CU_ASSERT_EQUAL(info.entries, MANY);
	mdoc_identifier_list_free(list);
	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_IDENTIFIERS, MANY - 1), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_identifier_list_parse(context, mdoc_buf_bytes(&input), &list, NULL), MDOC_ERR_SIZE);
	mdoc_context_free(context);
	mdoc_buf_clear(&list_bytes);
	mdoc_buf_clear(&input);
}

static void
many_revoked(void)
{
	enum { LINES = 5000 };
	static uint8_t serials[LINES][2];
	static struct mdoc_revoked lines[LINES];
	const struct mdoc_crl_spec spec = {
		.issuer_cert = mdoc_buf_bytes(&lists_world.iaca),
		.number = 1,
		.this_update = soft_2026,
		.next_update = soft_2026 + SOFT_DAY,
		.revoked = lines,
		.revoked_count = LINES,
		.signer = &lists_world.iaca_key.signer,
	};
	struct mdoc_buf der = MDOC_BUF_EMPTY;
	struct mdoc_crl *crl = NULL;

	for (size_t i = 0; i < LINES; i++) {
		serials[i][0] = (uint8_t)((i + 256) >> 8);
		serials[i][1] = (uint8_t)(i + 256);
		lines[i] = (struct mdoc_revoked){ .serial = mdoc_bytes_of(serials[i], 2), .when = soft_2026 };
	}
	CU_ASSERT_EQUAL_FATAL(mdoc_crl_build(NULL, &spec, &der, NULL), MDOC_OK);
	alloc_reset();
	CU_ASSERT_EQUAL(mdoc_crl_parse(NULL, mdoc_buf_bytes(&der), &crl, NULL), MDOC_OK);
	CU_ASSERT_TRUE(within(der.len));
	mdoc_crl_free(crl);
	mdoc_buf_clear(&der);
}

/* Each allocation of reading, checking and using a VICAL fails in turn. */
static void
every_allocation_may_fail(void)
{
	const struct mdoc_trust_list_spec spec = lists_good_spec(MDOC_VICAL);
	const struct mdoc_trust_list_policy policy = lists_good_policy();
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	enum mdoc_result res = MDOC_ERR_MEMORY;
	size_t at = 0, added = 0;

	CU_ASSERT_EQUAL_FATAL(mdoc_trust_list_build(NULL, &spec, &out, NULL), MDOC_OK);
	for (at = 1; res != MDOC_OK && at < 1000; at++) {
		struct mdoc_trust *trust = mdoc_trust_new();
		struct mdoc_trust_list *list = NULL;

		alloc_reset();
		alloc_fail_at(at);
		res = mdoc_trust_list_parse(NULL, MDOC_VICAL, mdoc_buf_bytes(&out), &list, NULL);
		if (res == MDOC_OK)
			res = mdoc_trust_list_check(NULL, list, &policy, NULL);
		if (res == MDOC_OK)
			res = mdoc_trust_list_into_trust(NULL, list, trust, 0, &added, NULL, NULL, NULL);
		alloc_reset();
		CU_ASSERT_TRUE(res == MDOC_OK || res == MDOC_ERR_MEMORY);
		mdoc_trust_list_free(list);
		mdoc_trust_free(trust);
	}
	CU_ASSERT_TRUE(res == MDOC_OK && at > 10 && added == 2);
	mdoc_buf_clear(&out);
}

void
lists_hostile_tests(void)
{
	CU_pSuite suite = CU_add_suite("lists, hostile", lists_provider_init, lists_provider_clear);

	CU_add_test(suite, "a bloated VICAL", bloated_vical);
	CU_add_test(suite, "many identifiers", many_identifiers);
	CU_add_test(suite, "many revoked certificates", many_revoked);
	CU_add_test(suite, "every allocation may fail", every_allocation_may_fail);
}
