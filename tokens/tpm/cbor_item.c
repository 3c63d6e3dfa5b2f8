/*
 * tokens/tpm/cbor_item.c: one item at a time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/cbor_item.h"

#include <cbor.h>

static void
on_uint8(void *item, uint8_t value)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_KIND_UINT, .number = value };
}

static void
on_uint16(void *item, uint16_t value)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_KIND_UINT, .number = value };
}

static void
on_uint32(void *item, uint32_t value)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_KIND_UINT, .number = value };
}

static void
on_uint64(void *item, uint64_t value)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_KIND_UINT, .number = value };
}

static void
on_bytes(void *item, cbor_data bytes, size_t len)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_KIND_BYTES, .number = len, .bytes = bytes };
}

static void
on_text(void *item, cbor_data bytes, size_t len)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_KIND_TEXT, .number = len, .bytes = bytes };
}

static void
on_map(void *item, size_t pairs)
{
	*(struct cbor_item *)item = (struct cbor_item){ .kind = CBOR_KIND_MAP, .number = pairs };
}

bool
cbor_take(struct cbor_rest *from, enum cbor_kind kind, struct cbor_item *item)
{
	struct cbor_callbacks callbacks = cbor_empty_callbacks;
	struct cbor_decoder_result result;

	callbacks.uint8 = on_uint8;
	callbacks.uint16 = on_uint16;
	callbacks.uint32 = on_uint32;
	callbacks.uint64 = on_uint64;
	callbacks.byte_string = on_bytes;
	callbacks.string = on_text;
	callbacks.map_start = on_map;
	*item = (struct cbor_item){ .kind = CBOR_KIND_OTHER };
	if (from->left == 0)
		return false;
	result = cbor_stream_decode(from->at, from->left, &callbacks, item);
	if (result.status != CBOR_DECODER_FINISHED || item->kind != kind)
		return false;
	from->at += result.read;
	from->left -= result.read;
	return true;
}
