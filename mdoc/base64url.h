/*
 * mdoc/base64url.h: RFC 4648 section 5 without padding: engagement in a QR code, credentials of
 * OpenID4VCI, the parts of a JWT.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_BASE64URL_H
#define MDOC_BASE64URL_H

#include <mdoc/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Appends the text of bytes to out, whose error sticks. */
void mdoc_base64url_encode(struct mdoc_buf *out, struct mdoc_bytes bytes);

/*
 * Appends the bytes of a text. Strict, so that one text stands for the same bytes: no padding, no
 * white space, no foreign letters, unused bits zero.
 *
 * MDOC_ERR_MALFORMED, MDOC_ERR_MEMORY, MDOC_ERR_BUFFER; nothing is appended then
 */
enum mdoc_result mdoc_base64url_decode(struct mdoc_bytes text, struct mdoc_buf *out);

#ifdef __cplusplus
}
#endif
#endif
