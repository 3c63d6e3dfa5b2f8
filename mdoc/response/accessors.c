/*
 * mdoc/response/accessors.c: the parts of a DeviceResponse for those who do not see its inside.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/response/response_internal.h"

struct mdoc_bytes
mdoc_response_version(const struct mdoc_response *response)
{
	return response->version;
}

uint64_t
mdoc_response_status(const struct mdoc_response *response)
{
	return response->status;
}

size_t
mdoc_response_count(const struct mdoc_response *response)
{
	return response->count;
}

const struct mdoc_document *
mdoc_response_document(const struct mdoc_response *response, size_t i)
{
	return i < response->count ? &response->documents[i] : NULL;
}

struct mdoc_node
mdoc_response_document_errors(const struct mdoc_response *response)
{
	return response->document_errors;
}

struct mdoc_node
mdoc_response_zk_documents(const struct mdoc_response *response)
{
	return mdoc_map_text(mdoc_cbor_root(response->scan), "zkDocuments");
}

struct mdoc_node
mdoc_response_encrypted_documents(const struct mdoc_response *response)
{
	return mdoc_map_text(mdoc_cbor_root(response->scan), "encryptedDocuments");
}

struct mdoc_node
mdoc_response_other_documents(const struct mdoc_response *response)
{
	return mdoc_map_text(mdoc_cbor_root(response->scan), "otherDocuments");
}

struct mdoc_bytes
mdoc_document_doc_type(const struct mdoc_document *document)
{
	return document->doc_type;
}

const struct mdoc_issuer_signed *
mdoc_document_issuer_signed(const struct mdoc_document *document)
{
	return document->issuer_signed;
}

const struct mdoc_device_signed *
mdoc_document_device_signed(const struct mdoc_document *document)
{
	return &document->device_signed;
}

struct mdoc_node
mdoc_document_errors(const struct mdoc_document *document)
{
	return document->errors;
}
