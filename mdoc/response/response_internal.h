/*
 * mdoc/response/response_internal.h: the inside of a DeviceResponse. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_RESPONSE_INTERNAL_H
#define MDOC_RESPONSE_INTERNAL_H

#include "mdoc/device/device_signed_internal.h"
#include <mdoc/response.h>

struct mdoc_document {
	struct mdoc_bytes doc_type;
	struct mdoc_issuer_signed *issuer_signed;
	struct mdoc_device_signed device_signed;
	struct mdoc_node errors; /* {namespace: {element: code}}; absent when there are none */
	size_t offset;
};

struct mdoc_response {
	struct mdoc_bytes input;
	struct mdoc_bytes version;
	uint64_t status;
	struct mdoc_document *documents;
	size_t count;
	struct mdoc_node document_errors;
	struct mdoc_cbor *scan;
};

#endif
