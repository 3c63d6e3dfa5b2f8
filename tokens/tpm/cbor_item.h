/*
 * tokens/tpm/cbor_item.h: reading CBOR item by item with libcbor's stateless decoder; nothing is allocated.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_CBOR_ITEM_H
#define TOKENS_TPM_CBOR_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cbor_kind { CBOR_KIND_OTHER, CBOR_KIND_UINT, CBOR_KIND_BYTES, CBOR_KIND_TEXT, CBOR_KIND_MAP };

struct cbor_item {
	enum cbor_kind kind;
	uint64_t number;      /* the number itself, the bytes of a string, the pairs of a map */
	const uint8_t *bytes; /* of a string, borrowed from the message */
};

/* What is left of a message. */
struct cbor_rest {
	const uint8_t *at;
	size_t left;
};

/* The next item, or the head of a map; false: the message ends, or it is another kind or of indefinite length. */
bool cbor_take(struct cbor_rest *from, enum cbor_kind kind, struct cbor_item *item);

#endif
