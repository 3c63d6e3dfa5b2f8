/*
 * mdoc/request/reader_auth.h: what a reader signs; internal.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_READER_AUTH_H
#define MDOC_READER_AUTH_H

#include <mdoc/bytes.h>

/* ReaderAuthenticationBytes: both parts spliced in as they are. */
void mdoci_put_reader_authentication_bytes(struct mdoc_buf *buf, struct mdoc_bytes transcript,
	struct mdoc_bytes items_request_bytes);

#endif
