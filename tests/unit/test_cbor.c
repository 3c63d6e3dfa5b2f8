/*
 * tests/unit/test_cbor.c: the scanner and the writer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <stdlib.h>
#include <string.h>

extern CU_TestInfo cbor_tests[];

static enum mdoc_result
scan_hex(const char *hex, size_t base, struct mdoc_error *error)
{
	struct mdoc_bytes input = hex_load(hex);
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	memset(error, 0, sizeof(*error));
	alloc_reset();
	res = mdoc_cbor_scan(NULL, input, base, &scan, error);
	CU_ASSERT_TRUE(alloc_bytes() <= input.len * MDOC_CBOR_NODE_SIZE + MDOC_CBOR_SCAN_SIZE);
	CU_ASSERT_EQUAL(scan != NULL, res == MDOC_OK);
	mdoc_cbor_free(scan);
	bytes_free(input);
	return res;
}

/* Input that an attacker chose would be taken for data, or bring the process down. */
static void
refuses_bad_input(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
		size_t offset;
	} rows[] = {
		{ "", MDOC_ERR_TRUNCATED, 0 },
		{ "18", MDOC_ERR_TRUNCATED, 0 },
		{ "19 00", MDOC_ERR_TRUNCATED, 0 },
		{ "1a 000000", MDOC_ERR_TRUNCATED, 0 },
		{ "1b 00000000000000", MDOC_ERR_TRUNCATED, 0 },
		{ "42 00", MDOC_ERR_TRUNCATED, 0 },
		{ "62 61", MDOC_ERR_TRUNCATED, 0 },
		{ "5b ffffffffffffffff 00", MDOC_ERR_TRUNCATED, 0 },
		{ "7b 7fffffffffffffff 00", MDOC_ERR_TRUNCATED, 0 },
		{ "9a 80000001", MDOC_ERR_TRUNCATED, 0 },
		{ "9b ffffffffffffffff", MDOC_ERR_TRUNCATED, 0 },
		{ "bb 8000000000000000", MDOC_ERR_TRUNCATED, 0 },
		{ "ba 7fffffff 01 02", MDOC_ERR_TRUNCATED, 0 },
		{ "82 00", MDOC_ERR_TRUNCATED, 0 },
		{ "82 81 00", MDOC_ERR_TRUNCATED, 3 },
		{ "a1 00", MDOC_ERR_TRUNCATED, 0 },
		{ "c0", MDOC_ERR_TRUNCATED, 1 },
		{ "9f 00", MDOC_ERR_TRUNCATED, 2 },
		{ "bf 00 00", MDOC_ERR_TRUNCATED, 3 },
		{ "5f 41 00", MDOC_ERR_TRUNCATED, 3 },
		{ "f9 00", MDOC_ERR_TRUNCATED, 0 },
		{ "f8", MDOC_ERR_TRUNCATED, 0 },
		{ "00 00", MDOC_ERR_TRAILING, 1 },
		{ "80 80", MDOC_ERR_TRAILING, 1 },
		{ "9f ff ff", MDOC_ERR_TRAILING, 2 },
		{ "1c", MDOC_ERR_MALFORMED, 0 },
		{ "1f", MDOC_ERR_MALFORMED, 0 },
		{ "3f", MDOC_ERR_MALFORMED, 0 },
		{ "df 00", MDOC_ERR_MALFORMED, 0 },
		{ "fc", MDOC_ERR_MALFORMED, 0 },
		{ "ff", MDOC_ERR_MALFORMED, 0 },
		{ "81 ff", MDOC_ERR_MALFORMED, 1 },
		{ "bf 00 ff", MDOC_ERR_MALFORMED, 2 },
		{ "c0 ff", MDOC_ERR_MALFORMED, 1 },
		{ "9f c0 ff", MDOC_ERR_MALFORMED, 2 },
		{ "5f 61 61 ff", MDOC_ERR_MALFORMED, 1 },
		{ "7f 41 61 ff", MDOC_ERR_MALFORMED, 1 },
		{ "5f 5f 41 00 ff ff", MDOC_ERR_MALFORMED, 1 },
		{ "5f 00 ff", MDOC_ERR_MALFORMED, 1 },
		{ "f8 00", MDOC_ERR_MALFORMED, 0 },
		{ "f8 1f", MDOC_ERR_MALFORMED, 0 },
		{ "61 80", MDOC_ERR_UTF8, 0 },
		{ "62 c0 80", MDOC_ERR_UTF8, 0 },
		{ "61 c3", MDOC_ERR_UTF8, 0 },
		{ "62 c3 28", MDOC_ERR_UTF8, 0 },
		{ "63 e0 80 80", MDOC_ERR_UTF8, 0 },
		{ "63 ed a0 80", MDOC_ERR_UTF8, 0 },
		{ "64 f0 80 80 80", MDOC_ERR_UTF8, 0 },
		{ "64 f4 90 80 80", MDOC_ERR_UTF8, 0 },
		{ "64 f5 80 80 80", MDOC_ERR_UTF8, 0 },
		{ "81 62 ff fe", MDOC_ERR_UTF8, 1 },
		{ "7f 61 c3 61 a9 ff", MDOC_ERR_UTF8, 1 },
		{ "a1 61 80 00", MDOC_ERR_UTF8, 1 },
	};
	struct mdoc_error error;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(scan_hex(rows[i].hex, 1000, &error), rows[i].res);
		CU_ASSERT_EQUAL(error.code, rows[i].res);
		CU_ASSERT_EQUAL(error.offset, 1000 + rows[i].offset);
		CU_ASSERT_TRUE(error.expected[0] != '\0');
	}
}

/* Legal CBOR in somebody's element would make the whole record unreadable, or reserved heads pass. */
static void
knows_every_head(void)
{
	for (unsigned first = 0; first < 256; first++) {
		const unsigned major = first >> 5, low = first & 0x1f;
		const size_t argument = low < 24 ? 0 : low < 28 ? (size_t)1 << (low - 24) : 0;
		const bool reserved = (low >= 28 && low < 31) || (low == 31 && (major < 2 || major > 5));
		uint8_t bytes[64] = { 0 };
		struct mdoc_bytes input;
		struct mdoc_cbor *scan = NULL;
		size_t len = 1 + argument;

		bytes[0] = (uint8_t)first;
		if (low < 24)
			len += major == 2 || major == 3 || major == 4 ? low : major == 5 ? 2 * low : major == 6;
		else if (low < 28)
			len += major == 6;
		else if (low == 31)
			bytes[len++] = 0xff;
		for (size_t i = 0; i < low && major == 5 && low < 24; i++)
			bytes[1 + 2 * i] = (uint8_t)i; /* keys that differ */
		if (first == 0xf8)
			bytes[1] = 0x20;
		input = bytes_copy(mdoc_bytes_of(bytes, len));
		CU_ASSERT_EQUAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), reserved ? MDOC_ERR_MALFORMED : MDOC_OK);
		mdoc_cbor_free(scan);
		bytes_free(input);
	}
}

/* Two readers of one record would see two values. */
static void
refuses_duplicate_keys(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
		size_t offset;
	} rows[] = {
		{ "a2 01 02 01 03", MDOC_ERR_DUPLICATE_KEY, 3 },
		{ "a2 01 02 1801 03", MDOC_ERR_DUPLICATE_KEY, 3 }, /* the same, written longer */
		{ "a2 61 61 02 61 61 03", MDOC_ERR_DUPLICATE_KEY, 4 },
		{ "a2 61 61 02 7801 61 03", MDOC_ERR_DUPLICATE_KEY, 4 },
		{ "a3 61 61 00 61 62 00 61 61 00", MDOC_ERR_DUPLICATE_KEY, 7 },
		{ "bf 20 00 20 00 ff", MDOC_ERR_DUPLICATE_KEY, 3 },
		{ "a2 82 01 02 00 82 01 02 00", MDOC_ERR_DUPLICATE_KEY, 5 },
		{ "a2 f6 00 f6 00", MDOC_ERR_DUPLICATE_KEY, 3 },
		{ "a2 f9 3c00 00 f9 3c00 00", MDOC_ERR_DUPLICATE_KEY, 5 },
		{ "81 a1 00 a2 40 00 40 00", MDOC_ERR_DUPLICATE_KEY, 6 },
		{ "a2 a2 00 00 00 00 00 00 00", MDOC_ERR_DUPLICATE_KEY, 4 }, /* inside a key */
		{ "a2 7f 61 61 ff 00 7f 61 61 ff 00", MDOC_ERR_DUPLICATE_KEY, 6 },
		{ "a2 00 00 20 00", MDOC_OK, 0 },
		{ "a2 40 00 60 00", MDOC_OK, 0 },
		{ "a2 41 61 00 61 61 00", MDOC_OK, 0 },
		{ "a2 f4 00 f5 00", MDOC_OK, 0 },
		{ "82 a1 00 00 a1 00 00", MDOC_OK, 0 },
	};
	struct mdoc_error error;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL(scan_hex(rows[i].hex, 0, &error), rows[i].res);
		if (rows[i].res != MDOC_OK)
			CU_ASSERT_EQUAL(error.offset, rows[i].offset);
	}
}

/* A big map would take for ever, or hide its duplicate. */
static void
checks_big_maps(void)
{
	enum { KEYS = 50000 };
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	struct mdoc_error error;
	size_t place = 0;

	for (unsigned twice = 0; twice < 2; twice++) {
		mdoc_put_map(&buf, KEYS + twice);
		for (uint64_t i = 0; i < KEYS; i++) {
			mdoc_put_uint(&buf, (i * 40503) % 65536 + (i << 20));
			mdoc_put_uint(&buf, i);
		}
		place = buf.len;
		if (twice == 1) {
			mdoc_put_uint(&buf, 40503 + (UINT64_C(1) << 20));
			mdoc_put_null(&buf);
		}
		alloc_reset();
		CU_ASSERT_EQUAL(mdoc_cbor_scan(NULL, mdoc_buf_bytes(&buf), 0, &scan, &error),
			twice == 1 ? MDOC_ERR_DUPLICATE_KEY : MDOC_OK);
		CU_ASSERT_TRUE(alloc_bytes() <= buf.len * MDOC_CBOR_NODE_SIZE + MDOC_CBOR_SCAN_SIZE);
		if (twice == 1)
			CU_ASSERT_EQUAL(error.offset, place);
		mdoc_cbor_free(scan);
		mdoc_buf_clear(&buf);
	}
}

/* Deep nesting would overflow a stack somewhere. */
static void
limits_depth_and_size(void)
{
	uint8_t *deep = calloc(1, 200000);
	struct mdoc_cbor *scan = NULL;
	struct mdoc_error error;

	static const uint8_t heads[] = { 0x81, 0x9f, 0xc1, 0xa1 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(deep);
	for (size_t h = 0; h < sizeof(heads); h++) {
		memset(deep, heads[h], 200000);
		CU_ASSERT_EQUAL(mdoc_cbor_scan(NULL, mdoc_bytes_of(deep, 200000), 0, &scan, &error), MDOC_ERR_DEPTH);
		CU_ASSERT_EQUAL(error.offset, MDOC_DEPTH_MAX);
	}
	memset(deep, 0x81, MDOC_DEPTH_MAX);
	deep[MDOC_DEPTH_MAX] = 0x80;
	CU_ASSERT_EQUAL(mdoc_cbor_scan(NULL, mdoc_bytes_of(deep, MDOC_DEPTH_MAX + 1), 0, &scan, &error), MDOC_OK);
	mdoc_cbor_free(scan);
	CU_ASSERT_EQUAL(mdoc_cbor_scan(NULL, mdoc_bytes_of(deep, MDOC_INPUT_MAX + 1), 0, &scan, &error), MDOC_ERR_SIZE);
	free(deep);
}

/* Six bytes that declare two billion items would cost gigabytes. */
static void
allocates_little(void)
{
	static const char *const hostile[] = { "9a 80000001", "9a 00000004 00 00 00", "bb 0000000100000000",
		"9f 9f 9f 9a 7fffffff", "5a 7fffffff 00" };
	struct mdoc_error error;

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		CU_ASSERT_EQUAL(scan_hex(hostile[i], 0, &error), MDOC_ERR_TRUNCATED);
		CU_ASSERT_TRUE(alloc_bytes() <= MDOC_CBOR_SCAN_SIZE);
	}
	CU_ASSERT_EQUAL(scan_hex("98 28 00000000000000000000 00000000000000000000 00000000000000000000"
				 "00000000000000000000",
				0, &error),
		MDOC_OK);
}

/* A failed allocation would crash the program that asked. */
static void
survives_without_memory(void)
{
	struct mdoc_bytes input = vector_load("annexD/device_response.cbor");
	struct mdoc_cbor *scan = NULL;

	for (size_t call = 1; call <= 2; call++) {
		alloc_reset();
		alloc_fail_at(call);
		CU_ASSERT_EQUAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_ERR_MEMORY);
		CU_ASSERT_PTR_NULL(scan);
	}
	alloc_reset();
	bytes_free(input);
}

/* Items would be read as what they are not, or not where they are. */
static void
reads_items(void)
{
	struct mdoc_bytes input = hex_load("a9 01 1901f4 02 3901f3 03 43010203 04 63e697a5 05 f5 06 f6"
					   "07 83 01 80 a0 08 d818 42 8001 20 fb3ff0000000000000");
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root, node;
	struct mdoc_bytes bytes;
	uint64_t u = 0;
	int64_t i = 0;
	bool b = false;

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 50, &scan, NULL), MDOC_OK);
	root = mdoc_cbor_root(scan);
	CU_ASSERT_EQUAL(mdoc_node_count(root), 9);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_node_span(root), input));
	CU_ASSERT_TRUE(mdoc_node_uint(mdoc_map_int(root, 1), &u) && u == 500);
	CU_ASSERT_EQUAL(mdoc_node_offset(mdoc_map_int(root, 1)), 52);
	CU_ASSERT_TRUE(mdoc_node_int(mdoc_map_int(root, 1), &i) && i == 500);
	CU_ASSERT_TRUE(mdoc_node_int(mdoc_map_int(root, 2), &i) && i == -500);
	CU_ASSERT_FALSE(mdoc_node_uint(mdoc_map_int(root, 2), &u));
	CU_ASSERT_TRUE(mdoc_node_bstr(mdoc_map_int(root, 3), &bytes) && bytes.len == 3 && bytes.ptr[2] == 3);
	CU_ASSERT_FALSE(mdoc_node_tstr(mdoc_map_int(root, 3), &bytes));
	CU_ASSERT_TRUE(mdoc_node_tstr(mdoc_map_int(root, 4), &bytes) && mdoc_bytes_is_text(bytes, "\u65e5"));
	CU_ASSERT_TRUE(mdoc_node_bool(mdoc_map_int(root, 5), &b) && b);
	CU_ASSERT_TRUE(mdoc_node_is_null(mdoc_map_int(root, 6)));
	node = mdoc_map_int(root, 7);
	CU_ASSERT_EQUAL(mdoc_node_count(node), 3);
	CU_ASSERT_EQUAL(mdoc_node_type(mdoc_node_at(node, 2)), MDOC_CBOR_MAP);
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_node_at(node, 3)));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_node_next(mdoc_node_at(node, 2))));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_node_first(mdoc_node_at(node, 1))));
	CU_ASSERT_TRUE(mdoc_node_embedded(mdoc_map_int(root, 8), &bytes) && bytes.len == 2);
	CU_ASSERT_FALSE(mdoc_node_embedded(node, &bytes));
	CU_ASSERT_EQUAL(mdoc_node_type(mdoc_map_int(root, -1)), MDOC_CBOR_FLOAT);
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_map_int(root, 9)));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_map_text(root, "1")));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_node_next(root)));
	mdoc_cbor_free(scan);
	bytes_free(input);
}

/* An absent item would be read as something. */
static void
absent_stays_absent(void)
{
	const struct mdoc_node none = { NULL, 0 };
	struct mdoc_bytes bytes;
	struct mdoc_node node;
	uint64_t u;
	int64_t i;
	bool b;

	CU_ASSERT_FALSE(mdoc_node_present(none) || mdoc_node_uint(none, &u) || mdoc_node_int(none, &i));
	CU_ASSERT_FALSE(mdoc_node_bool(none, &b) || mdoc_node_bstr(none, &bytes) || mdoc_node_tstr(none, &bytes));
	CU_ASSERT_FALSE(mdoc_node_tag(none, &u, &node) || mdoc_node_is_null(none) || mdoc_node_embedded(none, &bytes));
	CU_ASSERT_EQUAL(mdoc_node_span(none).len, 0);
	CU_ASSERT_EQUAL(mdoc_node_offset(none), SIZE_MAX);
	CU_ASSERT_EQUAL(mdoc_node_count(none), 0);
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_node_first(none)) || mdoc_node_present(mdoc_node_next(none)));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_map_text(none, "a")) || mdoc_node_present(mdoc_map_int(none, 1)));
}

/* Indefinite lengths are legal in others' data. */
static void
reads_indefinite_lengths(void)
{
	struct mdoc_bytes input =
		hex_load("bf 61 61 9f 01 9f ff 02 ff 61 62 5f 41 01 40 ff 7f ff 1bffffffffffffffff ff");
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes bytes;
	struct mdoc_node list;
	int64_t i;

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_node_count(mdoc_cbor_root(scan)), 3);
	list = mdoc_map_text(mdoc_cbor_root(scan), "a");
	CU_ASSERT_EQUAL(mdoc_node_count(list), 3);
	CU_ASSERT_TRUE(mdoc_node_int(mdoc_node_at(list, 2), &i) && i == 2);
	list = mdoc_map_text(mdoc_cbor_root(scan), "b");
	CU_ASSERT_EQUAL(mdoc_node_type(list), MDOC_CBOR_BSTR);
	CU_ASSERT_TRUE(mdoc_node_bstr(list, &bytes) && bytes.len == 1 && bytes.ptr[0] == 1);
	CU_ASSERT_EQUAL(mdoc_node_span(list).len, 5);
	list = mdoc_node_next(mdoc_node_next(list));
	CU_ASSERT_FALSE(mdoc_node_int(list, &i)); /* does not fit */
	mdoc_cbor_free(scan);
	bytes_free(input);
}

/* What we write would not be canonical, and two programs' records differ. */
static void
writes_canonical_heads(void)
{
	struct mdoc_bytes expected = hex_load("8c 00 17 1818 190100 1a00010000 1b0000000100000000 20 3903e7 43010203"
					      "63e697a5 a1f5f6 d81841a0");
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	mdoc_put_array(&buf, 12);
	mdoc_put_uint(&buf, 0);
	mdoc_put_uint(&buf, 23);
	mdoc_put_int(&buf, 24);
	mdoc_put_uint(&buf, 256);
	mdoc_put_uint(&buf, 65536);
	mdoc_put_uint(&buf, UINT64_C(1) << 32);
	mdoc_put_int(&buf, -1);
	mdoc_put_int(&buf, -1000);
	mdoc_put_bstr(&buf, mdoc_bytes_of("\1\2\3", 3));
	mdoc_put_text(&buf, "\u65e5");
	mdoc_put_map(&buf, 1);
	mdoc_put_bool(&buf, true);
	mdoc_put_null(&buf);
	mdoc_put_embedded(&buf, mdoc_bytes_of("\xa0", 1));
	CU_ASSERT_EQUAL(buf.err, MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&buf), expected));
	mdoc_put_tstr(&buf, mdoc_bytes_of("\xff", 1));
	CU_ASSERT_EQUAL(buf.err, MDOC_ERR_UTF8);
	mdoc_buf_clear(&buf);
	bytes_free(expected);
}

/* A transcript file would only be read in one of its two usual forms. */
static void
unwraps_either_form(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
		size_t skip, len;
	} rows[] = {
		{ "83 f6 f6 f6", MDOC_OK, 0, 4 },
		{ "d818 44 83 f6 f6 f6", MDOC_OK, 3, 4 },
		{ "d818 5f 41 80 ff", MDOC_ERR_TYPE, 0, 0 }, /* in pieces: nothing that could be lent */
		{ "d818 44 83 f6 f6", MDOC_ERR_TRUNCATED, 0, 0 },
		{ "83 f6 f6 f6 00", MDOC_ERR_TRAILING, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_bytes inner = MDOC_NO_BYTES;

		CU_ASSERT_EQUAL(mdoc_cbor_unwrap(NULL, input, &inner, NULL), rows[i].res);
		if (rows[i].res == MDOC_OK)
			CU_ASSERT_TRUE(inner.ptr == input.ptr + rows[i].skip && inner.len == rows[i].len);
		bytes_free(input);
	}
}

/* A reader would show a holder's weight as nothing at all, or as another number. */
static void
reads_floats(void)
{
	static const struct {
		const char *hex;
		double value;
	} rows[] = {
		{ "f9 0000", 0.0 },
		{ "f9 3c00", 1.0 },
		{ "f9 7bff", 65504.0 },
		{ "f9 0001", 0x1p-24 },
		{ "f9 8400", -0x1p-14 },
		{ "f9 d2f0", -55.5 },
		{ "fa 425e0000", 55.5 },
		{ "fa c2c7cccd", (double)-99.9F },
		{ "fb 3ff199999999999a", 1.1 },
		{ "fb c010666666666666", -4.1 },
	};
	const char *none[] = { "f4", "f6", "18 20", "63 312e31", "f0" };
	double value = 7;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_cbor *scan = NULL;

		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_node_float(mdoc_cbor_root(scan), &value) && value == rows[i].value);
		mdoc_cbor_free(scan);
		bytes_free(input);
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct mdoc_bytes input = hex_load(none[i]);
		struct mdoc_cbor *scan = NULL;

		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, input, 0, &scan, NULL), MDOC_OK);
		CU_ASSERT_FALSE(mdoc_node_float(mdoc_cbor_root(scan), &value));
		mdoc_cbor_free(scan);
		bytes_free(input);
	}
	CU_ASSERT_FALSE(mdoc_node_float((struct mdoc_node){ NULL, 0 }, &value));
}

CU_TestInfo cbor_tests[] = {
	{ "bad input is refused, with its place", refuses_bad_input },
	{ "every head is known", knows_every_head },
	{ "a key twice is refused", refuses_duplicate_keys },
	{ "big maps are checked", checks_big_maps },
	{ "depth and size are limited", limits_depth_and_size },
	{ "declared sizes cost nothing", allocates_little },
	{ "no memory is an error", survives_without_memory },
	{ "items are read", reads_items },
	{ "numbers with a fraction are read", reads_floats },
	{ "absent stays absent", absent_stays_absent },
	{ "indefinite lengths", reads_indefinite_lengths },
	{ "canonical heads are written", writes_canonical_heads },
	{ "bare or tag 24", unwraps_either_form },
	CU_TEST_INFO_NULL,
};
