/*
 * mdoc/cbor/cbor_read.c: reading the items of a scan.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cbor/cbor_table.h"
#include <string.h>
#include "mdoc/base/internal.h"

#define ABSENT ((struct mdoc_node){ NULL, 0 })

static const struct mdoci_entry *
entry_of(struct mdoc_node node)
{
	return node.scan != NULL ? &node.scan->entries[node.index] : NULL;
}

static const struct mdoci_entry *
entry_of_type(struct mdoc_node node, enum mdoc_cbor_type type)
{
	const struct mdoci_entry *e = entry_of(node);

	return e != NULL && e->type == type ? e : NULL;
}

const struct mdoc_context *
mdoci_scan_context(struct mdoc_node node)
{
	return node.scan != NULL ? node.scan->context : NULL;
}

size_t
mdoci_limit(struct mdoc_node node, enum mdoc_limit limit)
{
	return mdoc_context_limit(mdoci_scan_context(node), limit);
}

struct mdoc_node
mdoc_cbor_root(const struct mdoc_cbor *cbor)
{
	return (struct mdoc_node){ cbor, 0 };
}

bool
mdoc_node_present(struct mdoc_node node)
{
	return node.scan != NULL;
}

enum mdoc_cbor_type
mdoc_node_type(struct mdoc_node node)
{
	const struct mdoci_entry *e = entry_of(node);

	return e != NULL ? (enum mdoc_cbor_type)e->type : MDOC_CBOR_UNDEFINED;
}

struct mdoc_bytes
mdoc_node_span(struct mdoc_node node)
{
	const struct mdoci_entry *e = entry_of(node);

	return e != NULL ? mdoc_bytes_of(node.scan->input.ptr + e->start, e->end - e->start) : MDOC_NO_BYTES;
}

size_t
mdoc_node_offset(struct mdoc_node node)
{
	const struct mdoci_entry *e = entry_of(node);

	return e != NULL ? mdoci_place_of(node.scan->origin, node.scan->input, e->start) : SIZE_MAX;
}

bool
mdoc_node_uint(struct mdoc_node node, uint64_t *value)
{
	const struct mdoci_entry *e = entry_of_type(node, MDOC_CBOR_UINT);

	if (e == NULL)
		return false;
	*value = e->value;
	return true;
}

bool
mdoc_node_int(struct mdoc_node node, int64_t *value)
{
	const struct mdoci_entry *e = entry_of(node);

	if (e == NULL || (e->type != MDOC_CBOR_UINT && e->type != MDOC_CBOR_NINT) || e->value > INT64_MAX)
		return false;
	*value = e->type == MDOC_CBOR_UINT ? (int64_t)e->value : -1 - (int64_t)e->value;
	return true;
}

bool
mdoc_node_bool(struct mdoc_node node, bool *value)
{
	const struct mdoci_entry *e = entry_of(node);

	if (e == NULL || (e->type != MDOC_CBOR_TRUE && e->type != MDOC_CBOR_FALSE))
		return false;
	*value = e->type == MDOC_CBOR_TRUE;
	return true;
}

static double
double_of(uint64_t bits)
{
	double value;

	_Static_assert(sizeof(value) == sizeof(bits), "IEEE 754");
	memcpy(&value, &bits, sizeof(value));
	return value;
}

static double
from_single(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return (double)value;
}

/* The parts of a half at their places in a double; what is below its normal range is a multiple of 2^-24. */
static double
from_half(uint64_t bits)
{
	const uint64_t sign = bits >> 15 << 63, exponent = bits >> 10 & 31, fraction = (bits & 1023) << 42;

	if (exponent == 0)
		return (sign != 0 ? -0x1p-24 : 0x1p-24) * (double)(bits & 1023);
	return double_of(sign | (exponent == 31 ? 2047 : exponent - 15 + 1023) << 52 | fraction);
}

bool
mdoc_node_float(struct mdoc_node node, double *value)
{
	const struct mdoci_entry *e = entry_of_type(node, MDOC_CBOR_FLOAT);
	const struct mdoc_bytes span = mdoc_node_span(node);
	uint64_t bits = 0;

	if (e == NULL)
		return false;
	for (size_t i = 1; i < span.len; i++)
		bits = bits << 8 | span.ptr[i];
	*value = span.len == 3 ? from_half(bits) : span.len == 5 ? from_single((uint32_t)bits) : double_of(bits);
	return true;
}

static bool
read_string(struct mdoc_node node, enum mdoc_cbor_type type, struct mdoc_bytes *value)
{
	const struct mdoci_entry *e = entry_of_type(node, type);

	if (e == NULL)
		return false;
	*value = mdoci_entry_string(node.scan, e);
	return true;
}

bool
mdoc_node_bstr(struct mdoc_node node, struct mdoc_bytes *value)
{
	return read_string(node, MDOC_CBOR_BSTR, value);
}

bool
mdoc_node_tstr(struct mdoc_node node, struct mdoc_bytes *value)
{
	return read_string(node, MDOC_CBOR_TSTR, value);
}

bool
mdoc_node_in_pieces(struct mdoc_node node)
{
	const struct mdoci_entry *e = entry_of(node);

	return e != NULL && (e->type == MDOC_CBOR_BSTR || e->type == MDOC_CBOR_TSTR) &&
		(e->flags & MDOCI_INDEFINITE) != 0;
}

bool
mdoc_node_tag(struct mdoc_node node, uint64_t *tag, struct mdoc_node *content)
{
	const struct mdoci_entry *e = entry_of_type(node, MDOC_CBOR_TAG);

	if (e == NULL)
		return false;
	*tag = e->value;
	*content = (struct mdoc_node){ node.scan, node.index + 1 };
	return true;
}

bool
mdoc_node_is_null(struct mdoc_node node)
{
	return entry_of_type(node, MDOC_CBOR_NULL) != NULL;
}

size_t
mdoc_node_count(struct mdoc_node node)
{
	const struct mdoci_entry *e = entry_of(node);

	if (e == NULL || (e->type != MDOC_CBOR_ARRAY && e->type != MDOC_CBOR_MAP))
		return 0;
	return (size_t)e->value;
}

struct mdoc_node
mdoc_node_first(struct mdoc_node container)
{
	if (mdoc_node_count(container) == 0)
		return ABSENT;
	return (struct mdoc_node){ container.scan, container.index + 1 };
}

struct mdoc_node
mdoc_node_next(struct mdoc_node item)
{
	const struct mdoci_entry *e = entry_of(item);

	/* The root is nobody's last child, but ends the table. */
	if (e == NULL || (e->flags & MDOCI_LAST) != 0 || e->next >= item.scan->count)
		return ABSENT;
	return (struct mdoc_node){ item.scan, e->next };
}

struct mdoc_node
mdoc_node_at(struct mdoc_node array, size_t i)
{
	struct mdoc_node item;

	if (entry_of_type(array, MDOC_CBOR_ARRAY) == NULL || i >= mdoc_node_count(array))
		return ABSENT;
	item = mdoc_node_first(array);
	while (i-- > 0)
		item = mdoc_node_next(item);
	return item;
}

struct mdoc_node
mdoc_map_text(struct mdoc_node map, const char *key)
{
	const struct mdoc_bytes wanted = mdoc_text(key);
	struct mdoc_node value = ABSENT;
	struct mdoc_bytes text;

	if (entry_of_type(map, MDOC_CBOR_MAP) == NULL)
		return ABSENT;
	for (struct mdoc_node k = mdoc_node_first(map); mdoc_node_present(k); k = mdoc_node_next(value)) {
		value = mdoc_node_next(k);
		if (mdoc_node_tstr(k, &text) && mdoc_bytes_equal(text, wanted))
			return value;
	}
	return ABSENT;
}

struct mdoc_node
mdoc_map_int(struct mdoc_node map, int64_t key)
{
	struct mdoc_node value = ABSENT;
	int64_t number;

	if (entry_of_type(map, MDOC_CBOR_MAP) == NULL)
		return ABSENT;
	for (struct mdoc_node k = mdoc_node_first(map); mdoc_node_present(k); k = mdoc_node_next(value)) {
		value = mdoc_node_next(k);
		if (mdoc_node_int(k, &number) && number == key)
			return value;
	}
	return ABSENT;
}

bool
mdoc_node_embedded(struct mdoc_node node, struct mdoc_bytes *inner)
{
	struct mdoc_node content;
	uint64_t tag;

	return mdoc_node_tag(node, &tag, &content) && tag == MDOCI_TAG_EMBEDDED && mdoc_node_bstr(content, inner);
}
