/*
 * tests/unit/pieces.h: items with every string in pieces (RFC 8949, 3.2.3), signed as they are then.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_PIECES_H
#define TESTS_UNIT_PIECES_H

#include <mdoc/mdoc.h>

/* One item with everything of indefinite length: strings in pieces of `size` bytes (more where a character has
 * more), an empty one before them; also what stands inside tag 24. */
void pieces_put(struct mdoc_buf *out, struct mdoc_bytes item, size_t size);

/* An IssuerSigned like that, with the digests of its items as they are now, signed anew; digests are SHA-256. */
void pieces_put_record(struct mdoc_buf *out, struct mdoc_bytes record, const struct mdoc_signer *issuer, size_t size);

/* A DeviceResponse of one document like that; its device signature is made anew for this transcript. */
void pieces_put_response(struct mdoc_buf *out, struct mdoc_bytes response, const struct mdoc_signer *issuer,
	const struct mdoc_signer *device, struct mdoc_bytes transcript, size_t size);

#endif
