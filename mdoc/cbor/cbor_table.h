/*
 * mdoc/cbor/cbor_table.h: what a scan keeps: one entry an item, in the order of the input.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_CBOR_TABLE_H
#define MDOC_CBOR_TABLE_H

#include <mdoc/cbor.h>

#define MDOCI_INDEFINITE 0x01u
#define MDOCI_LAST 0x02u /* last child of its container */

struct mdoci_entry {
	uint64_t value; /* as of the head; items or pairs of a container, however it is written */
	uint32_t start; /* of the head, in the input */
	uint32_t end;   /* after the content */
	uint32_t next;  /* entry after this item and all it contains */
	uint8_t type;   /* enum mdoc_cbor_type */
	uint8_t flags;  /* MDOCI_… */
	uint8_t head;   /* bytes of the head */
};

/* An entry a byte of input at most, and four bytes a map key while keys are compared. */
_Static_assert(sizeof(struct mdoci_entry) + sizeof(uint32_t) <= MDOC_CBOR_NODE_SIZE, "the stated memory bound");
_Static_assert(MDOC_INPUT_MAX < UINT32_MAX, "places fit 32 bits");

struct mdoc_cbor {
	const struct mdoc_context *context; /* of the scan, and of scans of what is embedded in it */
	struct mdoc_bytes input;
	size_t base;
	struct mdoci_entry *entries;
	uint32_t count;
};

/* Every key of every map once. MDOC_ERR_DUPLICATE_KEY, MDOC_ERR_MEMORY. */
enum mdoc_result mdoci_check_keys(const struct mdoc_cbor *cbor, struct mdoc_error *error);

#endif
