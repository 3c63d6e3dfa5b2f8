/*
 * tokens/tpm/wire.c: heads by libcbor's stateless coder; nothing is allocated for what is read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/wire.h"

#include <cbor.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/cbor_item.h"

#define KEY_VERSION 1

/* ---- Writing -------------------------------------------------------------------------- */

struct output {
	uint8_t *at;
	size_t left;
	bool fits;
};

static void
took(struct output *out, size_t len)
{
	out->fits = out->fits && len > 0;
	out->at += len;
	out->left -= len;
}

static void
put_uint(struct output *out, uint64_t number)
{
	took(out, cbor_encode_uint(number, out->at, out->left));
}

static void
put_bytes(struct output *out, const struct wire_bytes *field)
{
	took(out, cbor_encode_bytestring_start(field->len, out->at, out->left));
	if (field->len > out->left) {
		out->fits = false;
		return;
	}
	memcpy(out->at, field->bytes, field->len);
	out->at += field->len;
	out->left -= field->len;
}

static const uint64_t *
number_of(const struct wire_field *field, const void *record)
{
	return (const uint64_t *)(const void *)((const char *)record + field->offset);
}

static const struct wire_bytes *
bytes_of(const struct wire_field *field, const void *record)
{
	return (const struct wire_bytes *)(const void *)((const char *)record + field->offset);
}

static bool
is_there(const struct wire_field *field, const void *record)
{
	if (!field->optional)
		return true;
	return field->type == WIRE_UINT ? *number_of(field, record) != 0 : bytes_of(field, record)->len != 0;
}

/* How many bytes of room; 0: they do not fit. */
static size_t
encode(const struct wire_field *fields, size_t count, const void *record, uint8_t *bytes, size_t room)
{
	struct output out = { .at = bytes, .left = room, .fits = true };
	size_t pairs = 1;

	for (size_t i = 0; i < count; i++)
		pairs += is_there(&fields[i], record) ? 1 : 0;
	took(&out, cbor_encode_map_start(pairs, out.at, out.left));
	put_uint(&out, KEY_VERSION);
	put_uint(&out, WIRE_VERSION);
	for (size_t i = 0; i < count && out.fits; i++) {
		if (!is_there(&fields[i], record))
			continue;
		put_uint(&out, fields[i].key);
		if (fields[i].type == WIRE_UINT)
			put_uint(&out, *number_of(&fields[i], record));
		else
			put_bytes(&out, bytes_of(&fields[i], record));
	}
	return out.fits ? room - out.left : 0;
}

enum token_result
wire_encode(const struct wire_field *fields, size_t count, const void *record, struct backend_bytes *out)
{
	uint8_t *bytes = malloc(WIRE_MAX);

	if (bytes == NULL)
		return TOKEN_ERR_MEMORY;
	out->len = encode(fields, count, record, bytes, WIRE_MAX);
	if (out->len == 0) {
		free(bytes);
		return TOKEN_ERR_ARG;
	}
	out->ptr = bytes;
	return TOKEN_OK;
}

/* ---- Reading -------------------------------------------------------------------------- */

static bool
take_field(struct cbor_rest *in, const struct wire_field *field, void *record)
{
	struct wire_bytes *bytes;
	struct cbor_item item;

	if (field->type == WIRE_UINT) {
		if (!cbor_take(in, CBOR_KIND_UINT, &item))
			return false;
		*(uint64_t *)(void *)((char *)record + field->offset) = item.number;
		return true;
	}
	if (!cbor_take(in, CBOR_KIND_BYTES, &item) || item.number > WIRE_BYTES_MAX)
		return false;
	bytes = (struct wire_bytes *)(void *)((char *)record + field->offset);
	bytes->len = (size_t)item.number;
	if (bytes->len > 0)
		memcpy(bytes->bytes, item.bytes, bytes->len);
	return true;
}

static bool
take_fields(struct cbor_rest *in, uint64_t pairs, const struct wire_field *fields, size_t count, void *record)
{
	size_t next = 0;
	struct cbor_item key;

	for (; pairs > 0; pairs--) {
		if (!cbor_take(in, CBOR_KIND_UINT, &key))
			return false;
		while (next < count && fields[next].key != key.number)
			next++;
		if (next == count || !take_field(in, &fields[next], record))
			return false;
		next++;
	}
	return in->left == 0;
}

/* The shortest form, all that must be there and nothing twice: what would be written now. */
static bool
is_canonical(const struct wire_field *fields, size_t count, const void *record, const uint8_t *bytes, size_t len)
{
	uint8_t again[WIRE_MAX];

	return encode(fields, count, record, again, sizeof(again)) == len && memcmp(again, bytes, len) == 0;
}

enum token_result
wire_decode(const struct wire_field *fields, size_t count, const uint8_t *bytes, size_t len, void *record)
{
	struct cbor_rest in = { bytes, len };
	struct cbor_item map;
	struct cbor_item item;

	if (bytes == NULL || len > WIRE_MAX || !cbor_take(&in, CBOR_KIND_MAP, &map) || map.number == 0)
		return TOKEN_ERR_DAMAGED;
	if (!cbor_take(&in, CBOR_KIND_UINT, &item) || item.number != KEY_VERSION ||
		!cbor_take(&in, CBOR_KIND_UINT, &item))
		return TOKEN_ERR_DAMAGED;
	if (item.number != WIRE_VERSION)
		return TOKEN_ERR_NEWER;
	if (!take_fields(&in, map.number - 1, fields, count, record) ||
		!is_canonical(fields, count, record, bytes, len))
		return TOKEN_ERR_DAMAGED;
	return TOKEN_OK;
}
