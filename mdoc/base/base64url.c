/*
 * mdoc/base/base64url.c: RFC 4648 section 5 without padding.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include <mdoc/base64url.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
mdoc_base64url_encode(struct mdoc_buf *out, struct mdoc_bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
		uint8_t quad[4];
		uint32_t bits = (uint32_t)bytes.ptr[i] << 16;

		if (n > 1)
			bits |= (uint32_t)bytes.ptr[i + 1] << 8;
		if (n > 2)
			bits |= bytes.ptr[i + 2];
		for (size_t k = 0; k < 4; k++)
			quad[k] = (uint8_t)alphabet[(bits >> (18 - 6 * k)) & 63];
		mdoc_buf_append(out, mdoc_bytes_of(quad, n + 1));
	}
}

static int
letter_value(uint8_t c)
{
	const char *at = c != 0 ? strchr(alphabet, c) : NULL;

	return at != NULL ? (int)(at - alphabet) : -1;
}

/* One group of 2 to 4 letters; false when a letter is foreign or an unused bit is set. */
static bool
decode_group(const uint8_t *letters, size_t n, uint8_t octets[3])
{
	uint32_t bits = 0;

	for (size_t k = 0; k < 4; k++) {
		int value = k < n ? letter_value(letters[k]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	octets[0] = (uint8_t)(bits >> 16);
	octets[1] = (uint8_t)(bits >> 8);
	octets[2] = (uint8_t)bits;
	return (bits & (((uint32_t)1 << (8 * (4 - n))) - 1)) == 0;
}

enum mdoc_result
mdoc_base64url_decode(struct mdoc_bytes text, struct mdoc_buf *out)
{
	const size_t before = out->len;

	if (text.len % 4 == 1)
		return MDOC_ERR_MALFORMED;
	for (size_t i = 0; i < text.len; i += 4) {
		size_t n = text.len - i < 4 ? text.len - i : 4;
		uint8_t octets[3];

		if (!decode_group(text.ptr + i, n, octets)) {
			mdoci_buf_truncate(out, before);
			return MDOC_ERR_MALFORMED;
		}
		mdoc_buf_append(out, mdoc_bytes_of(octets, n - 1));
	}
	if (out->err == MDOC_ERR_MEMORY)
		mdoci_buf_truncate(out, before);
	return out->err;
}
