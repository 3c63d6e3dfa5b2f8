/*
 * mdoc/cbor/cbor_write.c: canonical heads by libcbor, and UTF-8.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include <cbor.h>
#include <string.h>

#define HEAD_MAX 9

static void
put(struct mdoc_buf *buf, const unsigned char *head, size_t len)
{
	if (buf->err == MDOC_OK && len == 0)
		buf->err = MDOC_ERR_ARG;
	mdoc_buf_append(buf, mdoc_bytes_of(head, len));
}

void
mdoc_put_uint(struct mdoc_buf *buf, uint64_t value)
{
	unsigned char head[HEAD_MAX];

	put(buf, head, cbor_encode_uint(value, head, sizeof(head)));
}

void
mdoc_put_int(struct mdoc_buf *buf, int64_t value)
{
	unsigned char head[HEAD_MAX];

	if (value >= 0)
		mdoc_put_uint(buf, (uint64_t)value);
	else
		put(buf, head, cbor_encode_negint((uint64_t)(-1 - value), head, sizeof(head)));
}

void
mdoci_put_bstr_head(struct mdoc_buf *buf, size_t len)
{
	unsigned char head[HEAD_MAX];

	put(buf, head, cbor_encode_bytestring_start(len, head, sizeof(head)));
}

void
mdoc_put_bstr(struct mdoc_buf *buf, struct mdoc_bytes bytes)
{
	mdoci_put_bstr_head(buf, bytes.len);
	mdoc_buf_append(buf, bytes);
}

void
mdoc_put_tstr(struct mdoc_buf *buf, struct mdoc_bytes text)
{
	unsigned char head[HEAD_MAX];

	if (buf->err == MDOC_OK && !mdoci_utf8_valid(text))
		buf->err = MDOC_ERR_UTF8;
	put(buf, head, cbor_encode_string_start(text.len, head, sizeof(head)));
	mdoc_buf_append(buf, text);
}

void
mdoc_put_text(struct mdoc_buf *buf, const char *nul_terminated)
{
	mdoc_put_tstr(buf, mdoc_text(nul_terminated));
}

void
mdoc_put_array(struct mdoc_buf *buf, size_t items)
{
	unsigned char head[HEAD_MAX];

	put(buf, head, cbor_encode_array_start(items, head, sizeof(head)));
}

void
mdoc_put_map(struct mdoc_buf *buf, size_t pairs)
{
	unsigned char head[HEAD_MAX];

	put(buf, head, cbor_encode_map_start(pairs, head, sizeof(head)));
}

void
mdoc_put_tag(struct mdoc_buf *buf, uint64_t tag)
{
	unsigned char head[HEAD_MAX];

	put(buf, head, cbor_encode_tag(tag, head, sizeof(head)));
}

void
mdoc_put_bool(struct mdoc_buf *buf, bool value)
{
	unsigned char head[HEAD_MAX];

	put(buf, head, cbor_encode_bool(value, head, sizeof(head)));
}

void
mdoc_put_null(struct mdoc_buf *buf)
{
	unsigned char head[HEAD_MAX];

	put(buf, head, cbor_encode_null(head, sizeof(head)));
}

void
mdoc_put_raw(struct mdoc_buf *buf, struct mdoc_bytes item)
{
	if (buf->err == MDOC_OK && item.len == 0)
		buf->err = MDOC_ERR_ARG;
	mdoc_buf_append(buf, item);
}

void
mdoc_put_embedded(struct mdoc_buf *buf, struct mdoc_bytes inner)
{
	mdoc_put_tag(buf, MDOCI_TAG_EMBEDDED);
	mdoc_put_bstr(buf, inner);
}

/* Well-formed sequences by their first byte (Unicode, table 3-7). */
static const struct {
	uint8_t first, last; /* of the first byte */
	uint8_t following;
	uint8_t second_min, second_max;
} sequences[] = {
	{ 0x00, 0x7f, 0, 0, 0 },
	{ 0xc2, 0xdf, 1, 0x80, 0xbf },
	{ 0xe0, 0xe0, 2, 0xa0, 0xbf },
	{ 0xe1, 0xec, 2, 0x80, 0xbf },
	{ 0xed, 0xed, 2, 0x80, 0x9f },
	{ 0xee, 0xef, 2, 0x80, 0xbf },
	{ 0xf0, 0xf0, 3, 0x90, 0xbf },
	{ 0xf1, 0xf3, 3, 0x80, 0xbf },
	{ 0xf4, 0xf4, 3, 0x80, 0x8f },
};

/* Bytes of the sequence at the start of text; 0: it is not well-formed. */
static size_t
sequence_length(const uint8_t *text, size_t len)
{
	size_t row = 0;

	while (row < sizeof(sequences) / sizeof(sequences[0]) && text[0] > sequences[row].last)
		row++;
	if (row == sizeof(sequences) / sizeof(sequences[0]) || text[0] < sequences[row].first)
		return 0;
	if (sequences[row].following >= len)
		return 0;
	for (size_t i = 1; i <= sequences[row].following; i++) {
		const uint8_t min = i == 1 ? sequences[row].second_min : 0x80;
		const uint8_t max = i == 1 ? sequences[row].second_max : 0xbf;

		if (text[i] < min || text[i] > max)
			return 0;
	}
	return 1U + sequences[row].following;
}

bool
mdoci_utf8_valid(struct mdoc_bytes text)
{
	for (size_t i = 0; i < text.len;) {
		const size_t n = sequence_length(text.ptr + i, text.len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}
