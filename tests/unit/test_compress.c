/*
 * tests/unit/test_compress.c: zlib streams from outside, bounded.
 *
 * If these fail, a few bytes from the network fill a reader's memory, or a damaged list passes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/compress.h"
#include "tests/unit/lists_world.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_LEN 100000

static uint8_t plain[PLAIN_LEN];

static void
make(struct mdoc_buf *stream)
{
	memset(plain, 0, sizeof(plain));
	plain[7] = 1;
	plain[PLAIN_LEN - 1] = 0x80;
	mdoci_deflate(stream, mdoc_bytes_of(plain, sizeof(plain)));
	CU_ASSERT_EQUAL_FATAL(stream->err, MDOC_OK);
}

static enum mdoc_result
inflated(struct mdoc_bytes stream, size_t limit)
{
	uint8_t *out = NULL;
	size_t len = 0;
	const enum mdoc_result res = mdoci_inflate(stream, limit, &out, &len);

	if (res == MDOC_OK) {
		CU_ASSERT(len == PLAIN_LEN && memcmp(out, plain, len) == 0);
	} else {
		CU_ASSERT(out == NULL && len == 0);
	}
	free(out);
	return res;
}

static void
damaged(void)
{
	struct mdoc_buf stream = MDOC_BUF_EMPTY;

	make(&stream);
	for (size_t len = 0; len < stream.len; len++)
		CU_ASSERT_EQUAL(inflated(mdoc_bytes_of(stream.ptr, len), PLAIN_LEN), MDOC_ERR_TRUNCATED);
	mdoc_buf_append(&stream, mdoc_text("x"));
	CU_ASSERT_EQUAL(inflated(mdoc_buf_bytes(&stream), PLAIN_LEN), MDOC_ERR_TRAILING);
	stream.len--;
	stream.ptr[stream.len - 1] ^= 1; /* the checksum */
	CU_ASSERT_EQUAL(inflated(mdoc_buf_bytes(&stream), PLAIN_LEN), MDOC_ERR_MALFORMED);
	stream.ptr[stream.len - 1] ^= 1;
	stream.ptr[0] ^= 1; /* the method */
	CU_ASSERT_EQUAL(inflated(mdoc_buf_bytes(&stream), PLAIN_LEN), MDOC_ERR_MALFORMED);
	mdoc_buf_clear(&stream);
	CU_ASSERT_EQUAL(inflated(mdoc_text("no zlib"), PLAIN_LEN), MDOC_ERR_MALFORMED);
	CU_ASSERT_EQUAL(inflated(MDOC_NO_BYTES, PLAIN_LEN), MDOC_ERR_TRUNCATED);
}

static void
up_to_the_limit(void)
{
	struct mdoc_buf stream = MDOC_BUF_EMPTY;

	make(&stream);
	CU_ASSERT_EQUAL(inflated(mdoc_buf_bytes(&stream), PLAIN_LEN), MDOC_OK);
	CU_ASSERT_EQUAL(inflated(mdoc_buf_bytes(&stream), PLAIN_LEN * 7), MDOC_OK);
	CU_ASSERT_EQUAL(inflated(mdoc_buf_bytes(&stream), PLAIN_LEN - 1), MDOC_ERR_SIZE);
	CU_ASSERT_EQUAL(inflated(mdoc_buf_bytes(&stream), 1), MDOC_ERR_SIZE);
	mdoc_buf_clear(&stream);
}

/* A thousandth of what comes out: the limit holds, and memory follows it. */
static void
bomb(void)
{
	const size_t len = (size_t)64 * 1024 * 1024;
	struct mdoc_buf stream = MDOC_BUF_EMPTY;
	uint8_t *zeros = calloc(1, len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(zeros);
	mdoci_deflate(&stream, mdoc_bytes_of(zeros, len));
	free(zeros);
	CU_ASSERT_TRUE(stream.len < 100000);
	CU_ASSERT_EQUAL(inflated(mdoc_buf_bytes(&stream), MDOC_STATUS_LIST_MAX), MDOC_ERR_SIZE);
	mdoc_buf_clear(&stream);
}

static void
nothing(void)
{
	struct mdoc_buf stream = MDOC_BUF_EMPTY;
	uint8_t *out = NULL;
	size_t len = 1;

	mdoci_deflate(&stream, MDOC_NO_BYTES);
	CU_ASSERT_EQUAL(mdoci_inflate(mdoc_buf_bytes(&stream), 10, &out, &len), MDOC_OK);
	CU_ASSERT_EQUAL(len, 0);
	free(out);
	mdoc_buf_clear(&stream);
}

void
lists_compress_tests(void)
{
	CU_pSuite suite = CU_add_suite("zlib streams", NULL, NULL);

	CU_add_test(suite, "damaged", damaged);
	CU_add_test(suite, "up to the limit", up_to_the_limit);
	CU_add_test(suite, "a bomb", bomb);
	CU_add_test(suite, "of nothing", nothing);
}
