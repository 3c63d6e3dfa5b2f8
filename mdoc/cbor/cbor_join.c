/*
 * mdoc/cbor/cbor_join.c: strings of indefinite length, joined, and where their bytes came from.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cbor/cbor_table.h"
#include "mdoc/base/internal.h"

struct mdoci_joined *
mdoci_joined_new(const struct mdoc_cbor *cbor, size_t pieces, size_t bytes)
{
	struct mdoci_joined *joined = malloc(sizeof(*joined) + pieces * sizeof(joined->pieces[0]) + bytes);

	if (joined == NULL)
		return NULL;
	joined->next = NULL;
	joined->origin = cbor->origin;
	joined->input = cbor->input;
	joined->bytes = (uint8_t *)&joined->pieces[pieces];
	joined->count = pieces;
	return joined;
}

/* The piece in which a joined byte stands. */
static const struct mdoci_piece *
find_piece(const struct mdoci_joined *joined, size_t at)
{
	size_t low = 0, high = joined->count;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (joined->pieces[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return &joined->pieces[low];
}

size_t
mdoci_place_of(struct mdoci_origin origin, struct mdoc_bytes input, size_t pos)
{
	/* The end of an input is that of its last byte, not the beginning of another string. */
	const size_t after = pos > 0 && pos == input.len;

	pos -= after;
	while (origin.joined != NULL && origin.joined->count > 0) {
		const struct mdoci_joined *joined = origin.joined;
		const size_t at = (size_t)(input.ptr - joined->bytes) + pos;
		const struct mdoci_piece *piece = find_piece(joined, at);

		pos = piece->pos + (at - piece->at);
		input = joined->input;
		origin = joined->origin;
	}
	return origin.base + pos + after;
}

struct mdoci_origin
mdoci_node_origin(struct mdoc_node node)
{
	if (node.scan == NULL)
		return (struct mdoci_origin){ SIZE_MAX, NULL };
	return (struct mdoci_origin){ mdoc_node_offset(node), node.scan->origin.joined };
}

struct mdoci_origin
mdoci_string_origin(struct mdoc_node string)
{
	struct mdoci_origin origin = mdoci_node_origin(string);
	const struct mdoci_entry *e;

	if (string.scan == NULL)
		return origin;
	e = &string.scan->entries[string.index];
	origin.base += e->head;
	if ((e->flags & MDOCI_INDEFINITE) != 0)
		origin.joined = string.scan->joined;
	return origin;
}

static struct mdoci_joined **
end_of(struct mdoci_joined **list)
{
	while (*list != NULL)
		list = &(*list)->next;
	return list;
}

void
mdoci_scan_leave(struct mdoc_cbor *scan, struct mdoc_node heir)
{
	struct mdoc_cbor *to = (struct mdoc_cbor *)heir.scan; /* const to those who read it */

	*end_of(&scan->left) = scan->joined;
	*end_of(&scan->left) = to->left;
	to->left = scan->left;
	scan->left = NULL;
	scan->joined = NULL;
	mdoc_cbor_free(scan);
}
