/*
 * tests/unit/test_cbor_pieces.c: strings of indefinite length (RFC 8949, 3.2.3).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "tests/unit/mdoc_test.h"
#include "tests/unit/pieces.h"
#include <string.h>

extern CU_TestInfo cbor_pieces_tests[];

/* What is no string would pass for one, or a person would be sent to the wrong place in a file. */
static void
refuses_bad_pieces(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
		size_t offset;
	} rows[] = {
		{ "5f", MDOC_ERR_TRUNCATED, 1 },
		{ "7f 61 61", MDOC_ERR_TRUNCATED, 3 },
		{ "5f 42 00", MDOC_ERR_TRUNCATED, 1 },
		{ "81 5f 41 00 61 61 ff", MDOC_ERR_MALFORMED, 4 },
		{ "81 7f 61 61 41 00 ff", MDOC_ERR_MALFORMED, 4 },
		{ "7f 7f 61 61 ff ff", MDOC_ERR_MALFORMED, 1 },
		{ "5f 40 5f 41 00 ff ff", MDOC_ERR_MALFORMED, 2 },
		{ "5f 01 ff", MDOC_ERR_MALFORMED, 1 },
		{ "5f c2 41 00 ff", MDOC_ERR_MALFORMED, 1 },
		{ "5f 5c ff", MDOC_ERR_MALFORMED, 1 },
		{ "5f ff ff", MDOC_ERR_TRAILING, 2 },
		{ "7f 61 61 61 80 ff", MDOC_ERR_UTF8, 3 },
		{ "7f 62 c3 a9 61 c3 61 a9 ff", MDOC_ERR_UTF8, 4 },          /* a character in two pieces */
		{ "a2 7f 61 61 ff 00 61 61 00", MDOC_ERR_DUPLICATE_KEY, 6 }, /* the same text, written otherwise */
		{ "a2 61 61 00 7f 60 61 61 ff 00", MDOC_ERR_DUPLICATE_KEY, 4 },
		{ "a2 5f 41 01 41 02 ff 00 5f 42 01 02 ff 00", MDOC_ERR_DUPLICATE_KEY, 8 },
		{ "a2 5f ff 00 40 00", MDOC_ERR_DUPLICATE_KEY, 4 },
		{ "a2 5f ff 00 7f ff 00", MDOC_OK, 0 },
		{ "a2 5f 41 61 ff 00 61 61 00", MDOC_OK, 0 },
	};
	struct mdoc_error error;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_cbor *scan = NULL;

		memset(&error, 0, sizeof(error));
		CU_ASSERT_EQUAL(mdoc_cbor_scan(NULL, input, 500, &scan, &error), rows[i].res);
		CU_ASSERT_EQUAL(scan != NULL, rows[i].res == MDOC_OK);
		if (rows[i].res != MDOC_OK)
			CU_ASSERT_EQUAL(error.offset, 500 + rows[i].offset);
		mdoc_cbor_free(scan);
		bytes_free(input);
	}
}

/* Somebody's encoder would make their records unreadable here. */
static void
reads_pieces(void)
{
	struct mdoc_bytes input = hex_load("a5 7f 62 6f6e 61 65 ff 5f 41 01 40 42 0203 ff 02 7f 63 e697a5 61 61 ff"
					   "03 5f ff 04 7f 60 ff 05 d818 5f 41 82 42 00 01 ff");
	struct mdoc_bytes bytes = MDOC_NO_BYTES;
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root, node;

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
	root = mdoc_cbor_root(scan);
	node = mdoc_map_text(root, "one");
	CU_ASSERT_TRUE(mdoc_node_in_pieces(node));
	CU_ASSERT_FALSE(mdoc_node_tstr(node, &bytes));
	CU_ASSERT_TRUE(mdoc_node_bstr(node, &bytes) && bytes.len == 3 && memcmp(bytes.ptr, "\1\2\3", 3) == 0);
	CU_ASSERT_EQUAL(mdoc_node_span(node).len, 8);
	CU_ASSERT_EQUAL(mdoc_node_offset(node), 8);
	CU_ASSERT_TRUE(mdoc_node_tstr(mdoc_map_int(root, 2), &bytes) && mdoc_bytes_is_text(bytes, "\u65e5a"));
	/* Empty, and yet there: nil is something else. */
	CU_ASSERT_TRUE(mdoc_node_bstr(mdoc_map_int(root, 3), &bytes) && bytes.len == 0 && bytes.ptr != NULL);
	CU_ASSERT_TRUE(mdoc_node_tstr(mdoc_map_int(root, 4), &bytes) && bytes.len == 0 && bytes.ptr != NULL);
	CU_ASSERT_TRUE(mdoc_node_embedded(mdoc_map_int(root, 5), &bytes) && bytes.len == 3);
	CU_ASSERT_FALSE(mdoc_node_in_pieces(root) || mdoc_node_in_pieces(mdoc_map_int(root, 5)));
	mdoc_cbor_free(scan);
	bytes_free(input);
}

/* 20 numbers, tag 24 around them, an array around that with more, and the same once more, in pieces of this size. */
static struct mdoc_bytes
nested(size_t size)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY, outer = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;
	struct mdoc_bytes out;

	mdoc_put_array(&inner, 20);
	for (uint64_t i = 0; i < 20; i++)
		mdoc_put_uint(&inner, i);
	mdoc_put_array(&outer, 2);
	mdoc_put_text(&outer, "before");
	mdoc_put_embedded(&outer, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
	mdoc_put_array(&inner, 2);
	mdoc_put_bstr(&inner, mdoc_text("first"));
	mdoc_put_embedded(&inner, mdoc_buf_bytes(&outer));
	pieces_put(&made, mdoc_buf_bytes(&inner), size);
	out = bytes_copy(mdoc_buf_bytes(&made));
	mdoc_buf_clear(&inner);
	mdoc_buf_clear(&outer);
	mdoc_buf_clear(&made);
	return out;
}

/* An error would point to where nothing is wrong. */
static void
places_are_those_of_the_input(void)
{
	static const size_t sizes[] = { 1, 2, 3, 5, 1000 };
	const size_t base = 77;

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct mdoc_bytes input = nested(sizes[s]);
		struct mdoc_cbor *one = NULL, *two = NULL, *three = NULL;
		struct mdoc_node node;
		size_t last = base;
		uint64_t value = 0;

		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, base, &one, NULL), MDOC_OK);
		node = mdoc_node_at(mdoc_cbor_root(one), 1);
		CU_ASSERT_EQUAL_FATAL(mdoci_scan_embedded(node, "", &two, NULL), MDOC_OK);
		node = mdoc_node_at(mdoc_cbor_root(two), 1);
		CU_ASSERT_EQUAL(input.ptr[mdoc_node_offset(node) - base], 0xd8);
		CU_ASSERT_EQUAL_FATAL(mdoci_scan_embedded(node, "", &three, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_node_count(mdoc_cbor_root(three)), 20);
		for (size_t i = 0; i < 20; i++) {
			const size_t at = mdoc_node_offset(mdoc_node_at(mdoc_cbor_root(three), i));

			CU_ASSERT_TRUE(mdoc_node_uint(mdoc_node_at(mdoc_cbor_root(three), i), &value) && value == i);
			CU_ASSERT_TRUE_FATAL(at > last && at < base + input.len);
			CU_ASSERT_EQUAL(input.ptr[at - base], i);
			last = at;
		}
		mdoc_cbor_free(three);
		mdoc_cbor_free(two);
		mdoc_cbor_free(one);
		bytes_free(input);
	}
}

/* The same for what is wrong inside. */
static void
errors_are_where_they_are(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
		size_t offset;
	} rows[] = {
		{ "d818 5f 41 82 41 00 41 1c ff", MDOC_ERR_MALFORMED, 8 },
		{ "d818 5f 41 82 41 00 41 19 ff", MDOC_ERR_TRUNCATED, 8 },
		{ "d818 5f 41 82 41 00 ff", MDOC_ERR_TRUNCATED, 4 },
		{ "d818 5f 41 9f 41 00 ff", MDOC_ERR_TRUNCATED, 7 }, /* after the last byte */
		{ "d818 5f 42 0001 41 02 ff", MDOC_ERR_TRAILING, 5 },
		{ "d818 5f 41 00 41 02 ff", MDOC_ERR_TRAILING, 6 },
		{ "d818 5f 42 a201 42 0001 41 02 ff", MDOC_ERR_DUPLICATE_KEY, 8 },
		{ "d818 5f 43 836161 43 616261 41 80 ff", MDOC_ERR_UTF8, 10 }, { "d818 5f ff", MDOC_ERR_TRUNCATED, 3 },
		{ "d818 5f 40 40 ff", MDOC_ERR_TRUNCATED, 3 },
		{ "d818 44 82 00 1c 00", MDOC_ERR_MALFORMED, 5 }, /* not in pieces */
	};
	struct mdoc_error error;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_cbor *scan = NULL, *inner = NULL;

		memset(&error, 0, sizeof(error));
		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 500, &scan, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoci_scan_embedded(mdoc_cbor_root(scan), "x", &inner, &error), rows[i].res);
		CU_ASSERT_EQUAL(error.offset, 500 + rows[i].offset);
		mdoc_cbor_free(inner);
		mdoc_cbor_free(scan);
		bytes_free(input);
	}
}

/* A megabyte of pieces of one byte would cost more memory than was said, or bring the process down without it. */
static void
memory_is_bounded(void)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes bytes;

	mdoc_buf_append(&buf, mdoc_bytes_of("\x5f", 1));
	for (size_t i = 0; i < 500000; i++)
		mdoc_buf_append(&buf, mdoc_bytes_of("\x41\x2a", 2));
	mdoc_buf_append(&buf, mdoc_bytes_of("\xff", 1));
	for (size_t call = 1; call <= 3; call++) {
		alloc_reset();
		alloc_fail_at(call);
		CU_ASSERT_EQUAL(mdoc_cbor_scan(NULL, mdoc_buf_bytes(&buf), 0, &scan, NULL), MDOC_ERR_MEMORY);
		CU_ASSERT_PTR_NULL(scan);
	}
	alloc_reset();
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, mdoc_buf_bytes(&buf), 0, &scan, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(alloc_calls(), 3);
	CU_ASSERT_TRUE(alloc_bytes() <= buf.len * MDOC_CBOR_NODE_SIZE + MDOC_CBOR_SCAN_SIZE);
	CU_ASSERT_TRUE(
		mdoc_node_bstr(mdoc_cbor_root(scan), &bytes) && bytes.len == 500000 && bytes.ptr[499999] == 0x2a);
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&buf);
}

static void
look_at_record(const struct kit *kit, struct mdoc_bytes record)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(KIT_DOCTYPE));
	struct mdoc_issuer_signed *is = NULL;
	struct mdoc_bytes copy = bytes_copy(record);
	struct mdoc_error error = { 0 };
	struct mdoc_bytes der;

	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, copy, &is, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, is, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &is->issuer_auth, &kit->issuer.pub, MDOC_NO_BYTES), MDOC_OK);
	/* One element of the kit's is a byte string where a text should be. */
	CU_ASSERT_EQUAL(mdoc_profile_check_record(NULL, profile, is, &error), MDOC_ERR_ELEMENT);
	CU_ASSERT_TRUE(strstr(error.path, "local_gov_code_unicode") != NULL);
	CU_ASSERT_TRUE(error.offset < copy.len && copy.ptr[error.offset] == 0x5f);
	CU_ASSERT_TRUE(mdoc_bytes_equal(is->mso.doc_type, kit->issue.doc_type));
	CU_ASSERT_TRUE(mdoc_key_equal(&is->mso.device_key, &kit->device.pub));
	CU_ASSERT_EQUAL(is->mso.valid_until, kit->issue.valid_until);
	CU_ASSERT_TRUE(mdoc_sign1_certificate(&is->issuer_auth, 0, &der) && mdoc_bytes_equal(der, kit->x5chain));
	for (size_t c = 0; c < kit->issue.claim_count; c++) {
		const struct mdoc_claim *claim = &kit->issue.claims[c];
		const struct mdoc_namespace *ns = mdoc_find_namespace(is, claim->ns);
		const struct mdoc_item *item;

		CU_ASSERT_PTR_NOT_NULL_FATAL(ns);
		item = mdoc_find_item(ns, claim->element);
		CU_ASSERT_PTR_NOT_NULL_FATAL(item);
		CU_ASSERT_EQUAL(item->random.len, MDOC_RANDOM_LEN);
		CU_ASSERT_EQUAL(copy.ptr[item->offset], 0xd8);
	}
	mdoc_issuer_signed_free(is);
	bytes_free(copy);
}

/* A record would be refused, or read from memory that is gone, because its strings are in pieces. */
static void
records_in_pieces_are_read(void)
{
	static const size_t sizes[] = { 1, 4, 31, 100000 };
	struct mdoc_buf record = MDOC_BUF_EMPTY;
	struct mdoc_issuer_signed *is = NULL;
	enum mdoc_result res = MDOC_ERR_MEMORY;
	struct kit kit;

	kit_make_bad(&kit);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		mdoc_buf_clear(&record);
		pieces_put_record(&record, mdoc_buf_bytes(&kit.record), &kit.issuer.signer, sizes[s]);
		CU_ASSERT_EQUAL_FATAL(record.err, MDOC_OK);
		look_at_record(&kit, mdoc_buf_bytes(&record));
	}
	for (size_t call = 1; res == MDOC_ERR_MEMORY && call < 1000; call++) {
		alloc_reset();
		alloc_fail_at(call);
		res = mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&record), &is, NULL);
		CU_ASSERT_EQUAL(is != NULL, res == MDOC_OK);
	}
	alloc_reset();
	CU_ASSERT_EQUAL(res, MDOC_OK);
	mdoc_issuer_signed_free(is);
	mdoc_buf_clear(&record);
	kit_clear(&kit);
}

/* The type of a token would be read from memory that is gone. */
static void
headers_in_pieces_are_read(void)
{
	struct mdoc_bytes input = hex_load("84 5f 43a20126 42107f 426161 426162 41ff ff a0 f6 40");
	struct mdoc_sign1 *sign1 = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_sign1_parse(NULL, input, NULL, &sign1, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_sign1_type(sign1), "ab"));
	CU_ASSERT_EQUAL(mdoc_sign1_alg(sign1), MDOC_ALG_ES256);
	mdoc_sign1_free(sign1);
	bytes_free(input);
}

/* Bytes that go away with the scan would be handed to the caller. */
static void
lends_no_bytes_of_a_scan(void)
{
	static const char *const rows[] = {
		"d818 5f 58 20 84 74 44657669636541757468656e7469636174696f6e 83 f6 f6 f6 61 78 d818 41 a0 ff",
		"d818 58 22 84 74 44657669636541757468656e7469636174696f6e 83 f6 f6 f6 7f 61 78 ff d818 41 a0",
		"d818 58 20 84 74 44657669636541757468656e7469636174696f6e 83 f6 f6 f6 61 78 d818 41 a0",
		"d818 58 22 84 74 44657669636541757468656e7469636174696f6e 83 f6 f6 f6 61 78 d818 5f 41 a0 ff",
	};
	static const enum mdoc_result results[] = { MDOC_ERR_TYPE, MDOC_ERR_TYPE, MDOC_OK, MDOC_OK };
	static const size_t offsets[] = { 2, 30, 0, 0 };
	struct mdoc_device_authentication auth;
	struct mdoc_error error;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i]);

		CU_ASSERT_EQUAL(mdoc_device_authentication_parse(NULL, input, &auth, &error), results[i]);
		if (results[i] == MDOC_OK) {
			CU_ASSERT_TRUE(mdoc_bytes_is_text(auth.doc_type, "x"));
		} else {
			CU_ASSERT_EQUAL(error.offset, offsets[i]);
			CU_ASSERT_TRUE(auth.doc_type.ptr == NULL && auth.namespaces_bytes.ptr == NULL);
		}
		bytes_free(input);
	}
}

CU_TestInfo cbor_pieces_tests[] = {
	{ "what is no string in pieces is refused", refuses_bad_pieces },
	{ "strings in pieces are read", reads_pieces },
	{ "places inside pieces", places_are_those_of_the_input },
	{ "errors inside pieces", errors_are_where_they_are },
	{ "memory is bounded, or missing", memory_is_bounded },
	{ "records in pieces are read", records_in_pieces_are_read },
	{ "headers in pieces are read", headers_in_pieces_are_read },
	{ "no bytes of a scan are lent", lends_no_bytes_of_a_scan },
	CU_TEST_INFO_NULL,
};
