/*
 * tests/unit/test_buffers.c: output into the caller's own memory, of a size that was asked for before.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/builders.h"
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern CU_TestInfo buffers_tests[];

#define CANARY 0xa5
#define BEFORE "what was there before"

static const struct builder *now;

static enum mdoc_result
build(struct mdoc_buf *out)
{
	enum mdoc_result res;

	builders_rewind();
	res = now->build(builders_world.context, out);
	if (res != MDOC_OK && res != out->err)
		printf("%s: %s\n", now->name, mdoc_result_name(res));
	return res;
}

/* Into room for `cap` bytes behind `before` others. */
static void
into(const struct mdoc_buf *want, size_t before, size_t cap)
{
	uint8_t *memory = malloc(before + cap + 16);
	struct mdoc_buf out = MDOC_BUF_OVER(memory, before + cap);
	const bool fits = cap >= want->len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	memset(memory, CANARY, before + cap + 16);
	mdoc_buf_append(&out, mdoc_bytes_of(BEFORE, before));
	CU_ASSERT_EQUAL(build(&out), fits ? MDOC_OK : MDOC_ERR_BUFFER);
	CU_ASSERT_EQUAL(out.err, fits ? MDOC_OK : MDOC_ERR_BUFFER);
	CU_ASSERT_EQUAL(out.len, before + want->len);
	CU_ASSERT_TRUE(out.ptr == memory && memcmp(memory, BEFORE, before) == 0);
	CU_ASSERT_TRUE(!fits || memcmp(memory + before, want->ptr, want->len) == 0);
	for (size_t i = before + cap; i < before + cap + 16; i++)
		CU_ASSERT_EQUAL(memory[i], CANARY);
	free(memory);
}

/* A caller with its own memory would be told a wrong size, get less than all, or have its memory overrun. */
static void
sizes_are_told_and_kept(void)
{
	for (now = builders; now->name != NULL; now++) {
		struct mdoc_buf want = MDOC_BUF_EMPTY, again = MDOC_BUF_EMPTY, query = MDOC_BUF_OVER(NULL, 0);

		CU_ASSERT_EQUAL_FATAL(build(&want), MDOC_OK);
		CU_ASSERT_EQUAL(build(&again), MDOC_OK);
		CU_ASSERT_TRUE_FATAL(want.len > 0 && mdoc_bytes_equal(mdoc_buf_bytes(&want), mdoc_buf_bytes(&again)));
		CU_ASSERT_EQUAL(build(&query), MDOC_ERR_BUFFER);
		CU_ASSERT_TRUE(query.len == want.len && query.ptr == NULL);
		into(&want, 0, 0);
		into(&want, 0, 1);
		into(&want, 0, want.len / 2);
		into(&want, 0, want.len - 1);
		into(&want, 0, want.len);
		into(&want, 0, want.len + 7);
		into(&want, sizeof(BEFORE) - 1, want.len - 1);
		into(&want, sizeof(BEFORE) - 1, want.len);
		mdoc_buf_clear(&want);
		mdoc_buf_clear(&again);
	}
}

/* What failed would go on, and its beginning would be taken for the whole. */
static void
an_error_stays(void)
{
	for (now = builders; now->name != NULL; now++) {
		struct mdoc_buf out = MDOC_BUF_EMPTY;

		mdoc_buf_append(&out, mdoc_text(BEFORE));
		out.err = MDOC_ERR_MEMORY;
		CU_ASSERT_EQUAL(build(&out), MDOC_ERR_MEMORY);
		CU_ASSERT_TRUE(out.err == MDOC_ERR_MEMORY && mdoc_bytes_is_text(mdoc_buf_bytes(&out), BEFORE));
		mdoc_buf_clear(&out);
	}
}

CU_TestInfo buffers_tests[] = {
	{ "sizes are told and kept", sizes_are_told_and_kept },
	{ "an error stays", an_error_stays },
	CU_TEST_INFO_NULL,
};
