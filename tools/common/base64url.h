/*
 * base64url.h: RFC 4648 section 5 without padding.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_BASE64URL_H
#define TOOLS_BASE64URL_H

#include <mdoc/bytes.h>

/* Appends; errors stick in the buffer. */
void base64url_encode(struct mdoc_buf *out, struct mdoc_bytes bytes);

/* Strict: no padding, no white space, no foreign letters, unused bits zero.
 * MDOC_ERR_MALFORMED, MDOC_ERR_MEMORY; appends nothing then. */
enum mdoc_result base64url_decode(struct mdoc_bytes text, struct mdoc_buf *out);

#endif
