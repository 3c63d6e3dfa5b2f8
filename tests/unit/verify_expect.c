/*
 * tests/unit/verify_expect.c: which checks of a verdict fail.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/verify_expect.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

void
expect(const char *what, struct mdoc_bytes input, const struct mdoc_verify_options *options, unsigned fails,
	unsigned not_done, enum mdoc_result code)
{
	struct mdoc_verdict verdict;
	enum mdoc_result res = mdoc_verify(NULL, input, options, &verdict);
	unsigned failed = 0;
	unsigned undone = 0;
	unsigned seen = 0;

	for (size_t i = 0; i < verdict.count; i++) {
		const struct mdoc_check_row *row = &verdict.rows[i];
		const unsigned bit = 1u << row->check;

		CU_ASSERT(i == 0 || row->check > verdict.rows[i - 1].check || row->document > 0);
		seen |= bit;
		failed |= row->outcome == MDOC_FAILED ? bit : 0;
		undone |= row->outcome == MDOC_NOT_DONE ? bit : 0;
		CU_ASSERT_EQUAL(row->error.code == MDOC_OK, row->outcome != MDOC_FAILED);
		CU_ASSERT(row->error.offset <= input.len);
		if (row->outcome == MDOC_FAILED) {
			CU_ASSERT(row->error.expected[0] != '\0');
			CU_ASSERT(row->check <= MDOC_CHECK_DOCUMENTS || row->error.path[0] != '\0');
		}
		if (row->outcome == MDOC_FAILED && (fails & bit) == 0)
			printf("%s: %s at %s (%zu): expected %s\n", what, mdoc_check_name(row->check), row->error.path,
				row->error.offset, row->error.expected);
	}
	if (failed != fails || undone != not_done || res != code)
		printf("%s: %s, failed %x for %x, not done %x for %x\n", what, mdoc_result_name(res), failed, fails,
			undone, not_done);
	CU_ASSERT_EQUAL(seen, (1u << MDOC_CHECK_COUNT) - 1);
	CU_ASSERT_EQUAL(failed, fails);
	CU_ASSERT_EQUAL(undone, not_done);
	CU_ASSERT_EQUAL(res, code);
	mdoc_verdict_clear(&verdict);
}

size_t
find_text(const struct mdoc_buf *buf, const char *text)
{
	const size_t len = strlen(text);

	for (size_t i = 0; i + len <= buf->len; i++)
		if (memcmp(buf->ptr + i, text, len) == 0)
			return i;
	CU_FAIL_FATAL("text not found");
	return 0;
}
