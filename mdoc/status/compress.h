/*
 * mdoc/status/compress.h: zlib streams (RFC 1950), bounded. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_STATUS_COMPRESS_H
#define MDOC_STATUS_COMPRESS_H

#include <mdoc/bytes.h>

/*
 * Inflate one zlib stream that fills the whole input. Memory grows with what comes out, never beyond
 * twice `limit`, whatever the stream announces.
 *
 * limit  bytes that may come out
 * *out   freed with free(); at least one byte is allocated even when none came out
 *
 * MDOC_ERR_TRUNCATED: the input ends inside the stream; MDOC_ERR_TRAILING: it goes on behind it;
 * MDOC_ERR_SIZE: more than limit; MDOC_ERR_MALFORMED: no zlib stream, or a wrong checksum; MDOC_ERR_MEMORY
 */
enum mdoc_result mdoci_inflate(struct mdoc_bytes input, size_t limit, uint8_t **out, size_t *len);

/* Append the input, compressed as far as zlib can. */
void mdoci_deflate(struct mdoc_buf *buf, struct mdoc_bytes input);

#endif
