/* tests/unit/test_tools_base64url.c. SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit_tools.h"
#include <string.h>
#include <mdoc/base64url.h>

/* If this failed, two texts would stand for the same bytes, and a credential could be smuggled
 * past whoever compares texts. */
static void
refuses_what_is_not_canonical(void)
{
	static const char *const bad[] = { "A", "AAAAA", "AA==", "AB", "AAB", "A A", "AA+A", "AA/A", "AAAA\n",
		"AA\xc3\xa4" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mdoc_buf out = MDOC_BUF_EMPTY;

		CU_ASSERT_EQUAL(mdoc_base64url_decode(mdoc_text(bad[i]), &out), MDOC_ERR_MALFORMED);
		CU_ASSERT_EQUAL(out.len, 0);
		mdoc_buf_clear(&out);
	}
}

/* If this failed, a record would not arrive as it was sent (RFC 4648 section 10). */
static void
goes_there_and_back(void)
{
	static const struct {
		const char *bytes, *text;
	} pairs[] = { { "", "" }, { "f", "Zg" }, { "fo", "Zm8" }, { "foo", "Zm9v" }, { "\xfb\xff\xbf", "-_-_" } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct mdoc_buf text = MDOC_BUF_EMPTY, bytes = MDOC_BUF_EMPTY;

		mdoc_base64url_encode(&text, mdoc_text(pairs[i].bytes));
		CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&text), pairs[i].text));
		CU_ASSERT_EQUAL(mdoc_base64url_decode(mdoc_text(pairs[i].text), &bytes), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&bytes), pairs[i].bytes));
		mdoc_buf_clear(&text);
		mdoc_buf_clear(&bytes);
	}
}

CU_TestInfo base64url_tests[] = {
	{ "refuses what is not canonical", refuses_what_is_not_canonical },
	{ "goes there and back", goes_there_and_back },
	CU_TEST_INFO_NULL,
};
