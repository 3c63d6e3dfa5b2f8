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
encode_group(const uint8_t *octets, size_t n, uint8_t letters[4])
{
	uint32_t bits = (uint32_t)octets[0] << 16;

	if (n > 1)
		bits |= (uint32_t)octets[1] << 8;
	if (n > 2)
		bits |= octets[2];
	for (size_t k = 0; k < 4; k++)
		letters[k] = (uint8_t)alphabet[(bits >> (18 - 6 * k)) & 63];
}

void
mdoc_base64url_encode(struct mdoc_buf *out, struct mdoc_bytes bytes)
{
	uint8_t letters[4 * GROUPS] = { 0 };
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i += 3) {
		const size_t n = bytes.len - i < 3 ? bytes.len - i : 3;

		encode_group(bytes.ptr + i, n, letters + len);
		len += n + 1;
		if (len > sizeof(letters) - 4) {
			mdoc_buf_append(out, mdoc_bytes_of(letters, len));
			len = 0;
		}
	}
	mdoc_buf_append(out, mdoc_bytes_of(letters, len));
	OPENSSL_cleanse(letters, bytes.len < sizeof(letters) / 2 ? 2 * bytes.len : sizeof(letters));
}

static int
letter_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
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
