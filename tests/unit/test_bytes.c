/*
 * tests/unit/test_bytes.c: borrowed bytes and the growing buffer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <string.h>

extern CU_TestInfo bytes_tests[];

/* Memory that runs out would be found out only by a crash far away. */
static void
buffer_keeps_its_error(void)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	alloc_reset();
	alloc_fail_at(1);
	mdoc_buf_append(&buf, mdoc_text("lost"));
	CU_ASSERT_EQUAL(buf.err, MDOC_ERR_MEMORY);
	alloc_reset();
	mdoc_buf_append(&buf, mdoc_text("late"));
	CU_ASSERT_EQUAL(buf.err, MDOC_ERR_MEMORY);
	CU_ASSERT_EQUAL(buf.len, 0);
	mdoc_buf_clear(&buf);
	CU_ASSERT_EQUAL(buf.err, MDOC_OK);
}

/* A length that overflows would write beyond the buffer. */
static void
buffer_refuses_impossible_lengths(void)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	mdoc_buf_append(&buf, mdoc_text("x"));
	mdoc_buf_append(&buf, mdoc_bytes_of("x", SIZE_MAX - 1));
	CU_ASSERT_EQUAL(buf.err, MDOC_ERR_MEMORY);
	mdoc_buf_clear(&buf);
}

/* Growing would lose or reorder what was written before. */
static void
buffer_grows(void)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	bool same = true;

	for (unsigned i = 0; i < 5000; i++) {
		const uint8_t byte = (uint8_t)(i * 7);

		mdoc_buf_append(&buf, mdoc_bytes_of(&byte, 1));
	}
	CU_ASSERT_EQUAL(buf.err, MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_buf_bytes(&buf).len, 5000);
	for (unsigned i = 0; i < 5000; i++)
		same = same && buf.ptr[i] == (uint8_t)(i * 7);
	CU_ASSERT_TRUE(same);
	mdoc_buf_clear(&buf);
}

/* Two names would be taken for one. */
static void
bytes_compare(void)
{
	CU_ASSERT_FALSE(mdoc_bytes_is_text(mdoc_text("age_over_1"), "age_over_18"));
	CU_ASSERT_FALSE(mdoc_bytes_equal(mdoc_bytes_of("a\0b", 3), mdoc_bytes_of("a\0c", 3)));
	CU_ASSERT_FALSE(mdoc_bytes_equal(mdoc_text("a"), MDOC_NO_BYTES));
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_text(""), MDOC_NO_BYTES));
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_text("portrait"), "portrait"));
}

/* A program would show a number, or crash, instead of a name. */
static void
results_have_names(void)
{
	for (int code = MDOC_OK; code < MDOC_RESULT_COUNT; code++)
		CU_ASSERT_EQUAL(strncmp(mdoc_result_name((enum mdoc_result)code), "MDOC_", 5), 0);
	CU_ASSERT_STRING_EQUAL(mdoc_result_name(MDOC_ERR_DIGEST), "MDOC_ERR_DIGEST");
	CU_ASSERT_STRING_EQUAL(mdoc_result_name(MDOC_RESULT_COUNT), "unknown result");
}

/* Half of an engagement, or of a credential, would be taken for all of it. */
static void
base64url_appends_all_or_nothing(void)
{
	char text[401];
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	memset(text, 'A', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	mdoc_buf_append(&out, mdoc_text("before"));
	alloc_reset();
	alloc_fail_at(1); /* what is there has room for the first groups */
	CU_ASSERT_EQUAL(mdoc_base64url_decode(mdoc_text(text), &out), MDOC_ERR_MEMORY);
	CU_ASSERT_EQUAL(out.len, 6);
	mdoc_buf_clear(&out);
	alloc_reset();
	mdoc_buf_append(&out, mdoc_text("before"));
	text[200] = '=';
	CU_ASSERT_EQUAL(mdoc_base64url_decode(mdoc_text(text), &out), MDOC_ERR_MALFORMED);
	CU_ASSERT_EQUAL(out.len, 6);
	mdoc_buf_clear(&out);
}

CU_TestInfo bytes_tests[] = {
	{ "a buffer keeps its first error", buffer_keeps_its_error },
	{ "a buffer refuses impossible lengths", buffer_refuses_impossible_lengths },
	{ "a buffer grows", buffer_grows },
	{ "base64url appends all or nothing", base64url_appends_all_or_nothing },
	{ "bytes compare by length and content", bytes_compare },
	{ "every result has a name", results_have_names },
	CU_TEST_INFO_NULL,
};
