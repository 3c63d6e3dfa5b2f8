/*
 * mdoc/cbor/cbor_keys.c: no map has a key twice (RFC 8949, 5.6). Integers and strings are compared
 * by value, so that another way of writing the same key is found too; everything else by its
 * bytes. Keys are sorted, so that a large map costs no more than n log n.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cbor/cbor_table.h"
#include "mdoc/base/internal.h"
#include <string.h>

#define FEW_KEYS 32

static bool
by_value(const struct mdoci_entry *e)
{
	switch ((enum mdoc_cbor_type)e->type) {
	case MDOC_CBOR_UINT:
	case MDOC_CBOR_NINT:
	case MDOC_CBOR_SIMPLE:
		return true;
	default:
		return false;
	}
}

static struct mdoc_bytes
compared_bytes(const struct mdoc_cbor *cbor, const struct mdoci_entry *e)
{
	if (e->type == MDOC_CBOR_BSTR || e->type == MDOC_CBOR_TSTR)
		return mdoci_entry_string(cbor, e);
	return mdoc_bytes_of(cbor->input.ptr + e->start, e->end - e->start);
}

static int
order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int
compare(const struct mdoc_cbor *cbor, uint32_t a, uint32_t b)
{
	const struct mdoci_entry *x = &cbor->entries[a];
	const struct mdoci_entry *y = &cbor->entries[b];
	struct mdoc_bytes p, q;
	int c;

	if ((c = order(x->type, y->type)) != 0)
		return c;
	if (by_value(x))
		return order(x->value, y->value);
	p = compared_bytes(cbor, x);
	q = compared_bytes(cbor, y);
	if ((c = order(p.len, q.len)) != 0)
		return c;
	return p.len == 0 ? 0 : memcmp(p.ptr, q.ptr, p.len);
}

static void
swap(uint32_t *a, uint32_t *b)
{
	const uint32_t kept = *a;

	*a = *b;
	*b = kept;
}

static void
sift_down(const struct mdoc_cbor *cbor, uint32_t *keys, size_t root, size_t n)
{
	for (size_t child = 2 * root + 1; child < n; child = 2 * root + 1) {
		if (child + 1 < n && compare(cbor, keys[child], keys[child + 1]) < 0)
			child++;
		if (compare(cbor, keys[root], keys[child]) >= 0)
			return;
		swap(&keys[root], &keys[child]);
		root = child;
	}
}

/* Heap sort: in place, and no input makes it slow. */
static void
sort_keys(const struct mdoc_cbor *cbor, uint32_t *keys, size_t n)
{
	for (size_t i = n / 2; i-- > 0;)
		sift_down(cbor, keys, i, n);
	for (size_t end = n; end-- > 1;) {
		swap(&keys[0], &keys[end]);
		sift_down(cbor, keys, 0, end);
	}
}

static enum mdoc_result
check_map(const struct mdoc_cbor *cbor, uint32_t map, uint32_t *keys, struct mdoc_error *error)
{
	const size_t n = (size_t)cbor->entries[map].value;
	uint32_t entry = map + 1;

	for (size_t i = 0; i < n; i++) {
		keys[i] = entry;
		entry = cbor->entries[cbor->entries[entry].next].next;
	}
	sort_keys(cbor, keys, n);
	for (size_t i = 1; i < n; i++) {
		const uint32_t later = keys[i] > keys[i - 1] ? keys[i] : keys[i - 1];

		if (compare(cbor, keys[i - 1], keys[i]) == 0)
			return mdoci_fail(error, MDOC_ERR_DUPLICATE_KEY,
				mdoc_node_offset((struct mdoc_node){ cbor, later }), "",
				"a key that the map does not have yet");
	}
	return MDOC_OK;
}

enum mdoc_result
mdoci_check_keys(const struct mdoc_cbor *cbor, struct mdoc_error *error)
{
	uint32_t few[FEW_KEYS];
	uint32_t *many = NULL;
	enum mdoc_result res = MDOC_OK;
	size_t most = 0;

	for (uint32_t i = 0; i < cbor->count; i++) {
		if (cbor->entries[i].type == MDOC_CBOR_MAP && cbor->entries[i].value > most)
			most = (size_t)cbor->entries[i].value;
	}
	if (most > FEW_KEYS) {
		many = malloc(most * sizeof(*many));
		if (many == NULL)
			return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(mdoc_cbor_root(cbor)), "",
				"memory for %zu keys", most);
	}
	for (uint32_t i = 0; i < cbor->count && res == MDOC_OK; i++) {
		if (cbor->entries[i].type == MDOC_CBOR_MAP && cbor->entries[i].value > 1)
			res = check_map(cbor, i, many != NULL ? many : few, error);
	}
	free(many);
	return res;
}
