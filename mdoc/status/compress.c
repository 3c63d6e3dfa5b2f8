/*
 * mdoc/status/compress.c: zlib streams, bounded.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/compress.h"
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#define FIRST_ROOM ((size_t)4096)
#define BLOCK 16384

static enum mdoc_result
grow(uint8_t **out, size_t *room, size_t limit)
{
	size_t wanted = *room < FIRST_ROOM / 2 ? FIRST_ROOM : *room * 2;
	uint8_t *grown = NULL;

	if (wanted > limit)
		wanted = limit;
	grown = realloc(*out, wanted > 0 ? wanted : 1);
	if (grown == NULL)
		return MDOC_ERR_MEMORY;
	*out = grown;
	*room = wanted;
	return MDOC_OK;
}

/* One call of inflate() into what is left of the room, or into a byte beyond the limit, which only a
 * stream that is too long fills. */
static enum mdoc_result
step(z_stream *stream, uint8_t *out, size_t room, size_t *len, int *code)
{
	uint8_t beyond = 0;
	const size_t left = room - *len;
	const uInt chunk = left > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uInt)left;

	stream->next_out = left > 0 ? out + *len : &beyond;
	stream->avail_out = left > 0 ? chunk : 1;
	*code = inflate(stream, Z_NO_FLUSH);
	if (left == 0)
		return stream->avail_out == 0 ? MDOC_ERR_SIZE : MDOC_OK;
	*len += chunk - stream->avail_out;
	return MDOC_OK;
}

static enum mdoc_result
result_of(int code, const z_stream *stream)
{
	switch (code) {
	case Z_OK:
		return MDOC_OK;
	case Z_STREAM_END:
		return stream->avail_in > 0 ? MDOC_ERR_TRAILING : MDOC_OK;
	case Z_BUF_ERROR: /* there was room: it is the input that is missing */
		return MDOC_ERR_TRUNCATED;
	case Z_MEM_ERROR:
		return MDOC_ERR_MEMORY;
	default:
		return MDOC_ERR_MALFORMED;
	}
}

enum mdoc_result
mdoci_inflate(struct mdoc_bytes input, size_t limit, uint8_t **out, size_t *len)
{
	z_stream stream = { .next_in = input.ptr, .avail_in = (uInt)input.len };
	uint8_t *inflated = NULL;
	size_t room = 0, got = 0;
	enum mdoc_result res = MDOC_OK;
	int code = Z_OK;

	*out = NULL;
	*len = 0;
	if (input.len > UINT32_MAX)
		return MDOC_ERR_SIZE;
	if (inflateInit(&stream) != Z_OK)
		return MDOC_ERR_MEMORY;
	res = grow(&inflated, &room, limit);
	while (res == MDOC_OK && code != Z_STREAM_END) {
		if (got == room && room < limit)
			res = grow(&inflated, &room, limit);
		if (res == MDOC_OK)
			res = step(&stream, inflated, room, &got, &code);
		if (res == MDOC_OK)
			res = result_of(code, &stream);
	}
	(void)inflateEnd(&stream);
	if (res != MDOC_OK) {
		free(inflated);
		return res;
	}
	*out = inflated;
	*len = got;
	return MDOC_OK;
}

void
mdoci_deflate(struct mdoc_buf *buf, struct mdoc_bytes input)
{
	z_stream stream = { .next_in = input.ptr, .avail_in = (uInt)input.len };
	uint8_t block[BLOCK];
	int code = Z_OK;

	if (buf->err != MDOC_OK)
		return;
	if (input.len > UINT32_MAX) {
		buf->err = MDOC_ERR_SIZE;
		return;
	}
	if (deflateInit(&stream, Z_BEST_COMPRESSION) != Z_OK) {
		buf->err = MDOC_ERR_MEMORY;
		return;
	}
	while (buf->err == MDOC_OK && code == Z_OK) {
		stream.next_out = block;
		stream.avail_out = sizeof(block);
		code = deflate(&stream, Z_FINISH);
		mdoc_buf_append(buf, mdoc_bytes_of(block, sizeof(block) - stream.avail_out));
	}
	if (buf->err == MDOC_OK && code != Z_STREAM_END)
		buf->err = MDOC_ERR_MEMORY;
	(void)deflateEnd(&stream);
}
