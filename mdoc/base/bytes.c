/*
 * mdoc/base/bytes.c: borrowed bytes and the growing buffer.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include <openssl/crypto.h>
#include <string.h>

#define BUF_FIRST ((size_t)256)

struct mdoc_bytes
mdoc_bytes_of(const void *ptr, size_t len)
{
	return (struct mdoc_bytes){ ptr, len };
}

struct mdoc_bytes
mdoc_text(const char *nul_terminated)
{
	return mdoc_bytes_of(nul_terminated, strlen(nul_terminated));
}

bool
mdoc_bytes_equal(struct mdoc_bytes a, struct mdoc_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

int
mdoci_bytes_order(struct mdoc_bytes a, struct mdoc_bytes b)
{
	const size_t shorter = a.len < b.len ? a.len : b.len;
	const int order = shorter == 0 || a.ptr == b.ptr ? 0 : memcmp(a.ptr, b.ptr, shorter);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool
mdoc_bytes_is_text(struct mdoc_bytes a, const char *nul_terminated)
{
	return mdoc_bytes_equal(a, mdoc_text(nul_terminated));
}

/* Not realloc(): what the old place held may be personal data and has to be wiped. */
bool
mdoci_buf_reserve(struct mdoc_buf *buf, size_t more)
{
	size_t cap = buf->cap != 0 ? buf->cap : more > BUF_FIRST ? more : BUF_FIRST;
	uint8_t *grown;

	if (more > SIZE_MAX / 2 - buf->len)
		return false;
	while (cap < buf->len + more)
		cap *= 2;
	if (cap == buf->cap)
		return true;
	grown = malloc(cap);
	if (grown == NULL)
		return false;
	if (buf->len > 0)
		memcpy(grown, buf->ptr, buf->len);
	if (buf->ptr != NULL)
		OPENSSL_cleanse(buf->ptr, buf->cap);
	free(buf->ptr);
	buf->ptr = grown;
	buf->cap = cap;
	return true;
}

bool
mdoci_buf_fits(const struct mdoc_buf *buf, size_t more)
{
	return buf->err == MDOC_OK && (!buf->fixed || more <= buf->cap - buf->len);
}

void
mdoci_buf_truncate(struct mdoc_buf *buf, size_t len)
{
	const size_t end = buf->len < buf->cap ? buf->len : buf->cap;

	if (end > len)
		OPENSSL_cleanse(buf->ptr + len, end - len);
	if (buf->len > len)
		buf->len = len;
}

void
mdoc_buf_append(struct mdoc_buf *buf, struct mdoc_bytes bytes)
{
	if (bytes.len == 0)
		return;
	if (buf->fixed && (buf->err == MDOC_ERR_BUFFER || bytes.len > buf->cap - buf->len)) {
		buf->err = buf->err == MDOC_OK ? MDOC_ERR_BUFFER : buf->err;
		buf->len += bytes.len; /* counted only */
		return;
	}
	if (buf->err != MDOC_OK)
		return;
	if (!buf->fixed && !mdoci_buf_reserve(buf, bytes.len)) {
		buf->err = MDOC_ERR_MEMORY;
		return;
	}
	memcpy(buf->ptr + buf->len, bytes.ptr, bytes.len);
	buf->len += bytes.len;
}

void
mdoc_buf_clear(struct mdoc_buf *buf)
{
	if (buf->ptr != NULL)
		OPENSSL_cleanse(buf->ptr, buf->cap);
	if (!buf->fixed)
		free(buf->ptr);
	*buf = MDOC_BUF_EMPTY;
}

struct mdoc_bytes
mdoc_buf_bytes(const struct mdoc_buf *buf)
{
	return mdoc_bytes_of(buf->ptr, buf->len);
}

bool
mdoci_grow(void **array, size_t count, size_t element_size)
{
	void *grown;

	/* Full only at 0 and at the powers of two. */
	if (count != 0 && (count & (count - 1)) != 0)
		return true;
	if (count > SIZE_MAX / 2 / element_size)
		return false;
	grown = realloc(*array, (count == 0 ? 1 : count * 2) * element_size);
	if (grown == NULL)
		return false;
	*array = grown;
	return true;
}
