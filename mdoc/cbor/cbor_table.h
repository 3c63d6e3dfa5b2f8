/*
 * mdoc/cbor/cbor_table.h: what a scan keeps: one entry an item, in the order of the input.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_CBOR_TABLE_H
#define MDOC_CBOR_TABLE_H

#include "mdoc/base/internal.h"

#define MDOCI_INDEFINITE 0x01u
#define MDOCI_LAST 0x02u /* last child of its container */

struct mdoci_entry {
	uint64_t value; /* as of the head; items or pairs of a container, however it is written; of a
			 * string in pieces its place in the joined bytes, and in the low half its length */
	uint32_t start; /* of the head, in the input */
	uint32_t end;   /* after the content */
	uint32_t next;  /* entry after this item and all it contains */
	uint8_t type;   /* enum mdoc_cbor_type */
	uint8_t flags;  /* MDOCI_… */
	uint8_t head;   /* bytes of the head */
};

/* A piece that is not empty of a string of indefinite length (RFC 8949, 3.2.3). */
struct mdoci_piece {
	size_t at;  /* in the joined bytes */
	size_t pos; /* of its content in the input of the scan */
};

/* All strings in pieces of one scan, joined. */
struct mdoci_joined {
	struct mdoci_joined *next;
	struct mdoci_origin origin; /* of the scan's input */
	struct mdoc_bytes input;
	uint8_t *bytes; /* behind the pieces */
	size_t count;
	struct mdoci_piece pieces[];
};

struct mdoc_cbor {
	const struct mdoc_context *context; /* of the scan, and of scans of what is embedded in it */
	struct mdoc_bytes input;
	struct mdoci_origin origin; /* joined: these bytes outlive the scan, as its input does */
	struct mdoci_entry *entries;
	struct mdoci_joined *joined; /* NULL: no string is in pieces */
	struct mdoci_joined *left;   /* of other scans, by mdoci_scan_leave() */
	uint32_t count;
};

/* An entry a byte of input at most, and four bytes a map key while keys are compared; a piece is two
 * bytes of input or more, and none of them is an entry. */
_Static_assert(sizeof(struct mdoci_entry) + sizeof(uint32_t) <= MDOC_CBOR_NODE_SIZE, "the stated memory bound");
_Static_assert(sizeof(struct mdoci_piece) + 1 <= 2 * MDOC_CBOR_NODE_SIZE, "the stated memory bound of pieces");
_Static_assert(sizeof(struct mdoc_cbor) + sizeof(struct mdoci_joined) <= MDOC_CBOR_SCAN_SIZE, "the fixed part");
_Static_assert(MDOC_INPUT_MAX < UINT32_MAX, "places fit 32 bits");

/* The bytes of a string. */
static inline struct mdoc_bytes
mdoci_entry_string(const struct mdoc_cbor *cbor, const struct mdoci_entry *e)
{
	if ((e->flags & MDOCI_INDEFINITE) != 0)
		return mdoc_bytes_of(cbor->joined->bytes + (e->value >> 32), (size_t)(e->value & UINT32_MAX));
	return mdoc_bytes_of(cbor->input.ptr + e->start + e->head, (size_t)e->value);
}

/* Room for this many pieces and bytes of a scan's strings; NULL: no memory. */
struct mdoci_joined *mdoci_joined_new(const struct mdoc_cbor *cbor, size_t pieces, size_t bytes);

/* The place of input.ptr + pos in the caller's own input. */
size_t mdoci_place_of(struct mdoci_origin origin, struct mdoc_bytes input, size_t pos);

/* Every key of every map once. MDOC_ERR_DUPLICATE_KEY, MDOC_ERR_MEMORY. */
enum mdoc_result mdoci_check_keys(const struct mdoc_cbor *cbor, struct mdoc_error *error);

#endif
