/*
 * tests/unit/test_mso_status.c: the member "status" of an MSO.
 *
 * If these fail, a reader looks the revocation of a document up in the wrong place, or not at all.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/lists_world.h"

#include <CUnit/Basic.h>

static const struct mdoc_status both = {
	.list_uri = { (const uint8_t *)"https://issuer.example/list", 27 },
	.list_idx = UINT64_C(1) << 40,
	.list_certificate = { (const uint8_t *)"der", 3 },
	.identifier_uri = { (const uint8_t *)"https://issuer.example/ids", 26 },
	.identifier = { (const uint8_t *)"\x01\x02", 2 },
};

static enum mdoc_result
read_status(struct mdoc_bytes encoded, struct mdoc_status *status, struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res = mdoc_cbor_scan(NULL, encoded, 0, &scan, error);

	if (res == MDOC_OK)
		res = mdoc_status_read(mdoc_cbor_root(scan), "status", status, error);
	mdoc_cbor_free(scan);
	return res;
}

static void
what_is_not_a_status(void)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum mdoc_result res;
		const char *path;
	} cases[] = {
		{ "\x80", 1, MDOC_ERR_TYPE, "status" },
		{ "\xa1\x6bstatus_list\x01", 14, MDOC_ERR_TYPE, "status.status_list" },
		{ "\xa1\x6bstatus_list\xa0", 14, MDOC_ERR_MISSING, "status.status_list" },
		{ "\xa1\x6bstatus_list\xa1\x63idx\x01", 19, MDOC_ERR_MISSING, "status.status_list" },
		{ "\xa1\x6bstatus_list\xa2\x63idx\x20\x63uri\x61x", 25, MDOC_ERR_TYPE, "status.status_list.idx" },
		{ "\xa1\x6bstatus_list\xa2\x63idx\x01\x63uri\x60", 24, MDOC_ERR_VALUE, "status.status_list" },
		{ "\xa1\x6bstatus_list\xa2\x63idx\x01\x63uri\x41x", 25, MDOC_ERR_TYPE, "status.status_list.uri" },
		{ "\xa1\x6bstatus_list\xa3\x63idx\x01\x63uri\x61x\x6b"
		  "certificate\x61y",
			39, MDOC_ERR_TYPE, "status.status_list.certificate" },
		{ "\xa1\x6fidentifier_list\xa1\x63uri\x61x", 24, MDOC_ERR_MISSING, "status.identifier_list" },
		{ "\xa1\x6fidentifier_list\xa2\x62id\x40\x63uri\x61x", 28, MDOC_ERR_VALUE, "status.identifier_list" },
		{ "\xa1\x6fidentifier_list\xa2\x62id\x61i\x63uri\x61x", 29, MDOC_ERR_TYPE,
			"status.identifier_list.id" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mdoc_status status = both;
		struct mdoc_error error = { 0 };

		CU_ASSERT_EQUAL(read_status(mdoc_bytes_of(cases[i].bytes, cases[i].len), &status, &error),
			cases[i].res);
		CU_ASSERT_STRING_EQUAL(error.path, cases[i].path);
		CU_ASSERT_EQUAL(status.list_uri.len, 0);
		CU_ASSERT_EQUAL(status.identifier_uri.len, 0);
	}
}

static void
absent_or_without_lists(void)
{
	struct mdoc_status status = both;

	CU_ASSERT_EQUAL(mdoc_status_read((struct mdoc_node){ NULL, 0 }, "", &status, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(status.list_uri.len, 0);
	status = both;
	CU_ASSERT_EQUAL(read_status(mdoc_bytes_of("\xa1\x63new\xa0", 6), &status, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(status.list_uri.len, 0);
	CU_ASSERT_EQUAL(status.identifier_uri.len, 0);
}

static void
written_and_read(void)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_status status = { 0 };

	mdoc_put_status(&buf, &both);
	CU_ASSERT_EQUAL_FATAL(buf.err, MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(read_status(mdoc_buf_bytes(&buf), &status, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(status.list_uri, both.list_uri));
	CU_ASSERT_EQUAL(status.list_idx, both.list_idx);
	CU_ASSERT_TRUE(mdoc_bytes_equal(status.list_certificate, both.list_certificate));
	CU_ASSERT_TRUE(mdoc_bytes_equal(status.identifier_uri, both.identifier_uri));
	CU_ASSERT_TRUE(mdoc_bytes_equal(status.identifier, both.identifier));
	CU_ASSERT_EQUAL(status.identifier_certificate.len, 0);
	mdoc_buf_clear(&buf);
}

static void
nothing_to_write(void)
{
	struct mdoc_status status = { 0 };
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	mdoc_put_status(&buf, &status);
	CU_ASSERT_EQUAL(buf.err, MDOC_ERR_ARG);
	mdoc_buf_clear(&buf);
	status.identifier_uri = both.identifier_uri; /* an identifier list without an identifier */
	mdoc_put_status(&buf, &status);
	CU_ASSERT_EQUAL(buf.err, MDOC_ERR_ARG);
	mdoc_buf_clear(&buf);
}

/* The token that the status list draft shows refers to entry 0. */
static void
referenced_token(void)
{
	struct mdoc_buf token = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL, *claims = NULL;
	struct mdoc_status status = { 0 };
	struct mdoc_node content;
	struct mdoc_bytes payload;
	uint64_t tag;

	CU_ASSERT_TRUE_FATAL(soft_vector("status_list/referenced_token_cwt.cbor", &token));
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, mdoc_buf_bytes(&token), 0, &scan, NULL), MDOC_OK);
	CU_ASSERT_TRUE_FATAL(mdoc_node_tag(mdoc_cbor_root(scan), &tag, &content));
	CU_ASSERT_TRUE_FATAL(mdoc_node_bstr(mdoc_node_at(content, 2), &payload));
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, payload, 0, &claims, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_status_read(mdoc_map_int(mdoc_cbor_root(claims), 65535), "", &status, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(status.list_idx, 0);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(status.list_uri, "https://example.com/statuslists/1"));
	mdoc_cbor_free(claims);
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&token);
}

void
lists_status_tests(void)
{
	CU_pSuite suite = CU_add_suite("status of an MSO", NULL, NULL);

	CU_add_test(suite, "what is not a status", what_is_not_a_status);
	CU_add_test(suite, "absent, or without lists", absent_or_without_lists);
	CU_add_test(suite, "nothing to write", nothing_to_write);
	CU_add_test(suite, "written and read", written_and_read);
	CU_add_test(suite, "the draft's referenced token", referenced_token);
}
