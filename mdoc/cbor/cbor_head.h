/*
 * mdoc/cbor/cbor_head.h: one head of CBOR (RFC 8949, 3), decoded by libcbor.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_CBOR_HEAD_H
#define MDOC_CBOR_HEAD_H

#include <mdoc/cbor.h>

struct mdoci_head {
	enum mdoc_cbor_type type;
	bool is_break;
	bool indefinite;      /* string, array or map that a break ends */
	uint64_t value;       /* integer argument, tag, simple value, length in bytes, items, pairs */
	size_t size;          /* bytes read: the head, and the content of a definite string */
	const uint8_t *bytes; /* content of a definite string */
};

/*
 * MDOC_ERR_TRUNCATED  input ends inside the head or the definite string that it begins
 * MDOC_ERR_MALFORMED  a reserved head
 */
enum mdoc_result mdoci_head_read(struct mdoc_bytes input, struct mdoci_head *head);

#endif
