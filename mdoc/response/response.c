/*
 * mdoc/response/response.c: DeviceResponse read, structure only (ISO/IEC 18013-5, 8.3.2.1.2.2).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/response/response_internal.h"
#include <string.h>

/* {namespace: {element: code}} */
static enum mdoc_result
check_errors(struct mdoc_node errors, const char *path, struct mdoc_error *error)
{
	struct mdoc_bytes name;
	int64_t code;

	if (!mdoc_node_present(errors))
		return MDOC_OK;
	if (mdoc_node_type(errors) != MDOC_CBOR_MAP)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(errors), path, "a map");
	for (struct mdoc_node ns = mdoc_node_first(errors); mdoc_node_present(ns);) {
		const struct mdoc_node elements = mdoc_node_next(ns);

		if (!mdoc_node_tstr(ns, &name) || mdoc_node_type(elements) != MDOC_CBOR_MAP)
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(ns), path, "a namespace and a map");
		for (struct mdoc_node element = mdoc_node_first(elements); mdoc_node_present(element);) {
			const struct mdoc_node value = mdoc_node_next(element);

			if (!mdoc_node_tstr(element, &name) || !mdoc_node_int(value, &code))
				return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(element), path,
					"an element name and an error code");
			element = mdoc_node_next(value);
		}
		ns = mdoc_node_next(elements);
	}
	return MDOC_OK;
}

static enum mdoc_result
read_document(const struct mdoc_context *context, struct mdoc_node node, const char *path, struct mdoc_document *out,
	struct mdoc_error *error)
{
	char place[MDOCI_PATH_MAX];
	struct mdoc_node issuer_signed, device_signed;
	enum mdoc_result res;

	out->offset = mdoc_node_offset(node);
	res = mdoci_want(node, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(node, "docType", path, &out->doc_type, error);
	if (res == MDOC_OK)
		res = mdoci_member(node, "issuerSigned", MDOC_CBOR_MAP, path, &issuer_signed, error);
	if (res == MDOC_OK)
		res = mdoci_member(node, "deviceSigned", MDOC_CBOR_MAP, path, &device_signed, error);
	if (res != MDOC_OK)
		return res;
	mdoci_path(place, path, "issuerSigned");
	res = mdoci_issuer_signed_from_node(context, issuer_signed, place, &out->issuer_signed, error);
	if (res != MDOC_OK)
		return res;
	mdoci_path(place, path, "deviceSigned");
	res = mdoci_device_signed_read(device_signed, place, &out->device_signed, error);
	if (res != MDOC_OK)
		return res;
	out->errors = mdoc_map_text(node, "errors");
	mdoci_path(place, path, "errors");
	return check_errors(out->errors, place, error);
}

static enum mdoc_result
read_documents(const struct mdoc_context *context, struct mdoc_node list, struct mdoc_response *out,
	struct mdoc_error *error)
{
	char path[MDOCI_PATH_MAX];
	enum mdoc_result res;

	if (!mdoc_node_present(list))
		return MDOC_OK;
	res = mdoci_want(list, MDOC_CBOR_ARRAY, "documents", error);
	if (res == MDOC_OK && mdoc_node_count(list) > mdoc_context_limit(context, MDOC_LIMIT_DOCUMENTS))
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(list), "documents", "at most %zu documents",
			mdoc_context_limit(context, MDOC_LIMIT_DOCUMENTS));
	for (struct mdoc_node node = mdoc_node_first(list); mdoc_node_present(node) && res == MDOC_OK;
		node = mdoc_node_next(node)) {
		void *grown = out->documents;

		mdoci_path(path, "documents", "[%zu]", out->count);
		if (!mdoci_grow(&grown, out->count, sizeof(*out->documents)))
			return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), path, "memory");
		out->documents = grown;
		memset(&out->documents[out->count], 0, sizeof(*out->documents));
		res = read_document(context, node, path, &out->documents[out->count++], error);
	}
	return res;
}

/* [{docType: code}] */
static enum mdoc_result
check_document_errors(struct mdoc_node list, struct mdoc_error *error)
{
	struct mdoc_bytes name;
	int64_t code;

	if (!mdoc_node_present(list))
		return MDOC_OK;
	if (mdoc_node_type(list) != MDOC_CBOR_ARRAY)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(list), "documentErrors", "an array");
	for (struct mdoc_node item = mdoc_node_first(list); mdoc_node_present(item); item = mdoc_node_next(item)) {
		const struct mdoc_node key = mdoc_node_first(item);

		if (mdoc_node_type(item) != MDOC_CBOR_MAP || !mdoc_node_tstr(key, &name) ||
			!mdoc_node_int(mdoc_node_next(key), &code))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(item), "documentErrors",
				"a map of a docType and an error code");
	}
	return MDOC_OK;
}

static enum mdoc_result
read_response(const struct mdoc_context *context, struct mdoc_response *out, struct mdoc_error *error)
{
	struct mdoc_node root;
	enum mdoc_result res;

	res = mdoc_cbor_scan(context, out->input, 0, &out->scan, error);
	if (res != MDOC_OK)
		return res;
	root = mdoc_cbor_root(out->scan);
	res = mdoci_want(root, MDOC_CBOR_MAP, "", error);
	if (res == MDOC_OK)
		res = mdoci_member_text(root, "version", "", &out->version, error);
	if (res == MDOC_OK)
		res = mdoci_member_uint(root, "status", "", &out->status, error);
	if (res == MDOC_OK)
		res = read_documents(context, mdoc_map_text(root, "documents"), out, error);
	if (res != MDOC_OK)
		return res;
	out->document_errors = mdoc_map_text(root, "documentErrors");
	return check_document_errors(out->document_errors, error);
}

enum mdoc_result
mdoc_response_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_response **out,
	struct mdoc_error *error)
{
	struct mdoc_response *response = calloc(1, sizeof(*response));
	enum mdoc_result res;

	*out = NULL;
	if (response == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	response->input = input;
	res = read_response(context, response, error);
	if (res == MDOC_OK)
		*out = response;
	else
		mdoc_response_free(response);
	return res;
}

void
mdoc_response_free(struct mdoc_response *response)
{
	if (response == NULL)
		return;
	for (size_t i = 0; i < response->count; i++) {
		mdoc_issuer_signed_free(response->documents[i].issuer_signed);
		mdoci_device_signed_clear(&response->documents[i].device_signed);
	}
	free(response->documents);
	mdoc_cbor_free(response->scan);
	free(response);
}
