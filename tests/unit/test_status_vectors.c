/*
 * tests/unit/test_status_vectors.c: the test vectors of the Token Status List draft, every entry of them.
 *
 * If these fail, we read another entry than the issuer wrote: the wrong document counts as revoked.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/lists.h"
#include "tests/unit/lists_world.h"

#include <CUnit/Basic.h>
#include <inttypes.h>
#include <string.h>

/* The StatusList of a vector: bare, or the claim of a CWT. */
static void
check_vector(const char *name, unsigned bits, uint64_t entries, const unsigned *expected)
{
	struct mdoc_buf file = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL, *inner = NULL;
	struct mdoci_entries got = { 0 };
	struct mdoc_bytes compressed, payload;
	struct mdoc_node map, content;
	unsigned got_bits = 0, value = 0;
	uint64_t tag, wrong = 0;
	char path[120];

	(void)snprintf(path, sizeof(path), "status_list/%s", name);
	CU_ASSERT_TRUE_FATAL(soft_vector(path, &file));
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, mdoc_buf_bytes(&file), 0, &scan, NULL), MDOC_OK);
	map = mdoc_cbor_root(scan);
	if (mdoc_node_tag(map, &tag, &content)) {
		CU_ASSERT_TRUE_FATAL(mdoc_node_bstr(mdoc_node_at(content, 2), &payload));
		CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, payload, 0, &inner, NULL), MDOC_OK);
		map = mdoc_map_int(mdoc_cbor_root(inner), MDOCI_CLAIM_STATUS_LIST);
	}
	CU_ASSERT_EQUAL_FATAL(mdoci_status_list_read(map, &got_bits, &compressed, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(got_bits, bits);
	CU_ASSERT_EQUAL_FATAL(mdoci_entries_inflate(NULL, bits, compressed, &got, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(got.len * 8 / bits, entries);
	for (uint64_t i = 0; i < entries; i++)
		wrong += !mdoci_entry(&got, i, &value) || value != expected[i];
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_FALSE(mdoci_entry(&got, entries, &value));
	CU_ASSERT_FALSE(mdoci_entry(&got, UINT64_C(1) << 40, &value));
	CU_ASSERT_FALSE(mdoci_entry(&got, UINT64_MAX, &value));
	free(got.packed);
	mdoc_cbor_free(inner);
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&file);
}

static void
all_vectors(void)
{
	static unsigned expected[1 << 20];
	struct mdoc_buf file = MDOC_BUF_EMPTY;
	char name[100] = "";
	unsigned bits = 0, value, lists = 0;
	uint64_t entries = 0, idx;

	CU_ASSERT_TRUE_FATAL(soft_vector("status_list/expected.txt", &file));
	mdoc_buf_append(&file, mdoc_bytes_of("", 1));
	for (char *line = strtok((char *)file.ptr, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%" SCNu64 " %u", &idx, &value) == 2) {
			CU_ASSERT_TRUE_FATAL(idx < entries);
			expected[idx] = value;
			continue;
		}
		if (lists++ > 0)
			check_vector(name, bits, entries, expected);
		memset(expected, 0, sizeof(expected));
		CU_ASSERT_EQUAL_FATAL(sscanf(line, "list %99s %u %" SCNu64, name, &bits, &entries), 3);
	}
	check_vector(name, bits, entries, expected);
	CU_ASSERT_EQUAL(lists, 7);
	mdoc_buf_clear(&file);
}

/* What the draft says of its long lists; the file above was read from them. */
static void
draft_entries(void)
{
	static const uint64_t idx[] = { 0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534,
		1000345 };
	static const unsigned two_bits[] = { 1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 3 };
	static unsigned expected[1 << 20];

	for (size_t i = 0; i < sizeof(idx) / sizeof(idx[0]); i++)
		expected[idx[i]] = 1;
	check_vector("status_list_encoding1_long_cbor.cbor", 1, 1 << 20, expected);
	for (size_t i = 0; i < sizeof(idx) / sizeof(idx[0]); i++)
		expected[idx[i]] = two_bits[i];
	check_vector("status_list_encoding2_long_cbor.cbor", 2, 1 << 20, expected);
}

void
lists_vector_tests(void)
{
	CU_pSuite suite = CU_add_suite("status list vectors", NULL, NULL);

	CU_add_test(suite, "every entry", all_vectors);
	CU_add_test(suite, "as the draft lists them", draft_entries);
}
