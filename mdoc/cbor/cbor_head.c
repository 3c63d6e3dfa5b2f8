/*
 * mdoc/cbor/cbor_head.c: one head of CBOR, decoded by libcbor's stateless decoder.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cbor/cbor_head.h"
#include <cbor.h>
#include <string.h>

#define MAJOR_TAG 6U
#define MAJOR_SIMPLE 7U
#define DIRECT_MAX 23U        /* arguments in the head itself */
#define SIMPLE_DIRECT_MAX 19U /* simple values in the head itself, below false and true */
#define SIMPLE_NEXT_BYTE 24U
#define SIMPLE_NEXT_MIN 32U

static void
set(void *head, enum mdoc_cbor_type type, uint64_t value)
{
	((struct mdoci_head *)head)->type = type;
	((struct mdoci_head *)head)->value = value;
}

static void
set_string(void *head, enum mdoc_cbor_type type, cbor_data bytes, size_t len)
{
	set(head, type, len);
	((struct mdoci_head *)head)->bytes = bytes;
}

static void
set_indefinite(void *head, enum mdoc_cbor_type type)
{
	set(head, type, 0);
	((struct mdoci_head *)head)->indefinite = true;
}

static void
on_uint8(void *head, uint8_t value)
{
	set(head, MDOC_CBOR_UINT, value);
}

static void
on_uint16(void *head, uint16_t value)
{
	set(head, MDOC_CBOR_UINT, value);
}

static void
on_uint32(void *head, uint32_t value)
{
	set(head, MDOC_CBOR_UINT, value);
}

static void
on_uint64(void *head, uint64_t value)
{
	set(head, MDOC_CBOR_UINT, value);
}

static void
on_nint8(void *head, uint8_t value)
{
	set(head, MDOC_CBOR_NINT, value);
}

static void
on_nint16(void *head, uint16_t value)
{
	set(head, MDOC_CBOR_NINT, value);
}

static void
on_nint32(void *head, uint32_t value)
{
	set(head, MDOC_CBOR_NINT, value);
}

static void
on_nint64(void *head, uint64_t value)
{
	set(head, MDOC_CBOR_NINT, value);
}

static void
on_bstr(void *head, cbor_data bytes, size_t len)
{
	set_string(head, MDOC_CBOR_BSTR, bytes, len);
}

static void
on_tstr(void *head, cbor_data bytes, size_t len)
{
	set_string(head, MDOC_CBOR_TSTR, bytes, len);
}

static void
on_bstr_start(void *head)
{
	set_indefinite(head, MDOC_CBOR_BSTR);
}

static void
on_tstr_start(void *head)
{
	set_indefinite(head, MDOC_CBOR_TSTR);
}

static void
on_array(void *head, size_t items)
{
	set(head, MDOC_CBOR_ARRAY, items);
}

static void
on_array_start(void *head)
{
	set_indefinite(head, MDOC_CBOR_ARRAY);
}

static void
on_map(void *head, size_t pairs)
{
	set(head, MDOC_CBOR_MAP, pairs);
}

static void
on_map_start(void *head)
{
	set_indefinite(head, MDOC_CBOR_MAP);
}

static void
on_tag(void *head, uint64_t tag)
{
	set(head, MDOC_CBOR_TAG, tag);
}

static void
on_float(void *head, float value)
{
	(void)value;
	set(head, MDOC_CBOR_FLOAT, 0);
}

static void
on_double(void *head, double value)
{
	(void)value;
	set(head, MDOC_CBOR_FLOAT, 0);
}

static void
on_undefined(void *head)
{
	set(head, MDOC_CBOR_UNDEFINED, 0);
}

static void
on_null(void *head)
{
	set(head, MDOC_CBOR_NULL, 0);
}

static void
on_bool(void *head, bool value)
{
	set(head, value ? MDOC_CBOR_TRUE : MDOC_CBOR_FALSE, 0);
}

static void
on_break(void *head)
{
	((struct mdoci_head *)head)->is_break = true;
}

static const struct cbor_callbacks callbacks = {
	.uint8 = on_uint8,
	.uint16 = on_uint16,
	.uint32 = on_uint32,
	.uint64 = on_uint64,
	.negint8 = on_nint8,
	.negint16 = on_nint16,
	.negint32 = on_nint32,
	.negint64 = on_nint64,
	.byte_string_start = on_bstr_start,
	.byte_string = on_bstr,
	.string = on_tstr,
	.string_start = on_tstr_start,
	.indef_array_start = on_array_start,
	.array_start = on_array,
	.indef_map_start = on_map_start,
	.map_start = on_map,
	.tag = on_tag,
	.float2 = on_float,
	.float4 = on_float,
	.float8 = on_double,
	.undefined = on_undefined,
	.null = on_null,
	.boolean = on_bool,
	.indef_break = on_break,
};

/* libcbor 0.8 refuses the tags 6 to 20, of which COSE has some. */
static bool
read_short_tag(struct mdoc_bytes input, struct mdoci_head *head)
{
	const unsigned low = input.ptr[0] & 0x1fU;

	if (input.ptr[0] >> 5 != MAJOR_TAG || low > DIRECT_MAX)
		return false;
	set(head, MDOC_CBOR_TAG, low);
	head->size = 1;
	return true;
}

/* And simple values without a meaning, which are well-formed (RFC 8949, 3.3). */
static bool
read_simple(struct mdoc_bytes input, struct mdoci_head *head, enum mdoc_result *res)
{
	const unsigned low = input.ptr[0] & 0x1fU;

	if (input.ptr[0] >> 5 != MAJOR_SIMPLE || (low > SIMPLE_DIRECT_MAX && low != SIMPLE_NEXT_BYTE))
		return false;
	*res = MDOC_OK;
	set(head, MDOC_CBOR_SIMPLE, low);
	head->size = 1;
	if (low != SIMPLE_NEXT_BYTE)
		return true;
	if (input.len < 2) {
		*res = MDOC_ERR_TRUNCATED;
	} else if (input.ptr[1] < SIMPLE_NEXT_MIN) {
		*res = MDOC_ERR_MALFORMED;
	} else {
		head->value = input.ptr[1];
		head->size = 2;
	}
	return true;
}

enum mdoc_result
mdoci_head_read(struct mdoc_bytes input, struct mdoci_head *head)
{
	struct cbor_decoder_result decoded;
	enum mdoc_result res;

	memset(head, 0, sizeof(*head));
	if (input.len == 0)
		return MDOC_ERR_TRUNCATED;
	if (read_short_tag(input, head))
		return MDOC_OK;
	if (read_simple(input, head, &res))
		return res;
	decoded = cbor_stream_decode(input.ptr, input.len, &callbacks, head);
	head->size = decoded.read;
	switch (decoded.status) {
	case CBOR_DECODER_FINISHED:
		return MDOC_OK;
	case CBOR_DECODER_NEDATA:
		return MDOC_ERR_TRUNCATED;
	default:
		return MDOC_ERR_MALFORMED;
	}
}
