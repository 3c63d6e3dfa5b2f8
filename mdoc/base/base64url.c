/*
 * mdoc/base/base64url.c: RFC 4648 section 5 without padding.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include <mdoc/base64url.h>
#include <openssl/crypto.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Groups of three octets that are gathered before they are appended. */
#define GROUPS 256

static void
put_letters(uint32_t bits, uint8_t letters[4])
{
	letters[0] = (uint8_t)alphabet[bits >> 18];
	letters[1] = (uint8_t)alphabet[bits >> 12 & 63];
	letters[2] = (uint8_t)alphabet[bits >> 6 & 63];
	letters[3] = (uint8_t)alphabet[bits & 63];
}

void
mdoc_base64url_encode(struct mdoc_buf *out, struct mdoc_bytes bytes)
{
	uint8_t letters[4 * GROUPS] = { 0 };
	const uint8_t *at = bytes.ptr;
	size_t left = bytes.len, len = 0;

	for (; left >= 3; at += 3, left -= 3) {
		put_letters((uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2], letters + len);
		len += 4;
		if (len == sizeof(letters)) {
			mdoc_buf_append(out, mdoc_bytes_of(letters, len));
			len = 0;
		}
	}
	if (left > 0) {
		put_letters((uint32_t)at[0] << 16 | (left > 1 ? (uint32_t)at[1] << 8 : 0), letters + len);
		len += left + 1;
	}
	mdoc_buf_append(out, mdoc_bytes_of(letters, len));
	OPENSSL_cleanse(letters, bytes.len < sizeof(letters) / 2 ? 2 * bytes.len : sizeof(letters));
}

/* What a letter stands for and one more; 0: it is foreign. */
/* clang-format off */
static const uint8_t values[256] = {
	[32] = 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 63, 0, 0,
	[48] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 0, 0, 0, 0, 0, 0,
	[64] = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
	[80] = 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 0, 0, 0, 0, 64,
	[96] = 0, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41,
	[112] = 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 0, 0, 0, 0, 0,
};
/* clang-format on */

/* One group of 2 to 4 letters; false when a letter is foreign or an unused bit is set. */
static bool
decode_group(const uint8_t *letters, size_t n, uint8_t octets[3])
{
	uint32_t bits = 0;

	for (size_t k = 0; k < 4; k++) {
		const uint32_t value = k < n ? values[letters[k]] : 1;

		if (value == 0)
			return false;
		bits = bits << 6 | (value - 1);
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
	uint8_t octets[3 * GROUPS] = { 0 };
	size_t len = 0;
	bool good = text.len % 4 != 1;

	for (size_t i = 0; good && i < text.len; i += 4) {
		const size_t n = text.len - i < 4 ? text.len - i : 4;

		good = decode_group(text.ptr + i, n, octets + len);
		len += n - 1;
		if (len > sizeof(octets) - 3) {
			mdoc_buf_append(out, mdoc_bytes_of(octets, len));
			len = 0;
		}
	}
	if (good)
		mdoc_buf_append(out, mdoc_bytes_of(octets, len));
	OPENSSL_cleanse(octets, text.len < sizeof(octets) ? text.len : sizeof(octets));
	if (!good || out->err == MDOC_ERR_MEMORY)
		mdoci_buf_truncate(out, before);
	return good ? out->err : MDOC_ERR_MALFORMED;
}
