/*
 * tests/unit/verify_expect.c: which checks of a verdict fail.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/verify_expect.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

/* What every row has, whatever it says. */
static void
look_at(const char *what, const struct mdoc_check_row *row, size_t input_len, uint64_t fails)
{
	const uint64_t bit = UINT64_C(1) << row->check;

	if (row->outcome == MDOC_FAILED || row->outcome == MDOC_WARNING)
		CU_ASSERT_NOT_EQUAL(row->error.code, MDOC_OK);
	if (row->outcome == MDOC_PASSED || row->outcome == MDOC_NOT_APPLICABLE)
		CU_ASSERT_EQUAL(row->error.code, MDOC_OK);
	CU_ASSERT(row->error.offset <= input_len || row->error.offset == SIZE_MAX);
	if (row->outcome != MDOC_FAILED)
		return;
	CU_ASSERT(row->error.expected[0] != '\0');
	CU_ASSERT(row->error.offset <= input_len);
	CU_ASSERT(row->check <= MDOC_CHECK_DOCUMENTS || row->error.path[0] != '\0');
	if ((fails & bit) == 0)
		printf("%s: %s at %s (%zu): expected %s\n", what, mdoc_check_name(row->check), row->error.path,
			row->error.offset, row->error.expected);
}

void
expect(const char *what, struct mdoc_bytes input, const struct mdoc_verify_options *options, uint64_t fails,
	uint64_t not_done, enum mdoc_result code)
{
	struct mdoc_verdict *verdict = NULL;
	enum mdoc_result res = mdoc_verify(NULL, input, options, &verdict);
	uint64_t failed = 0, undone = 0, seen = 0;
	struct mdoc_check_row row, last = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(verdict);
	for (size_t i = 0; mdoc_verdict_row(verdict, i, &row); i++) {
		const uint64_t bit = UINT64_C(1) << row.check;

		CU_ASSERT(i == 0 || row.check == last.check + 1 || row.document > 0);
		look_at(what, &row, input.len, fails);
		seen |= bit;
		failed |= row.outcome == MDOC_FAILED ? bit : 0;
		undone |= row.outcome == MDOC_NOT_DONE ? bit : 0;
		last = row;
	}
	if ((not_done & BIT(CRL)) == 0)
		undone &= ~BIT(CRL); /* not done unless a CRL was given */
	if (failed != fails || undone != not_done || res != code)
		printf("%s: %s, failed %llx for %llx, not done %llx for %llx\n", what, mdoc_result_name(res),
			(unsigned long long)failed, (unsigned long long)fails, (unsigned long long)undone,
			(unsigned long long)not_done);
	CU_ASSERT_EQUAL(seen, ALL_CHECKS);
	CU_ASSERT_EQUAL(failed, fails);
	CU_ASSERT_EQUAL(undone, not_done);
	CU_ASSERT_EQUAL(res, code);
	CU_ASSERT_EQUAL(mdoc_verdict_result(verdict), code);
	mdoc_verdict_free(verdict);
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
