/*
 * mdoc/request/request_internal.h: the inside of a parsed DeviceRequest. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_REQUEST_INTERNAL_H
#define MDOC_REQUEST_INTERNAL_H

#include "mdoc/base/internal.h"
#include <mdoc/request.h>

struct mdoc_doc_request {
	struct mdoc_bytes items_request_bytes; /* the tag-24 item as received */
	struct mdoc_bytes doc_type;
	struct mdoc_asked *asked;
	size_t count;
	bool has_reader_auth;
	struct mdoc_sign1 reader_auth;
	struct mdoc_cbor *scan;
};

struct mdoc_request {
	struct mdoc_bytes input;
	struct mdoc_bytes version;
	struct mdoc_doc_request *docs;
	size_t count;
	struct mdoc_cbor *scan;
};

#endif
