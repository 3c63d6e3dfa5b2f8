/*
 * mdoc/response.c: the structure of a DeviceResponse (ISO/IEC 18013-5, 8.3.2.1.2.2).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/internal.h>
#include <mdoc/response.h>
#include <string.h>

static enum mdoc_result
read_document(const struct mdoc_crypto *crypto, struct mdoc_node node, const char *path, struct mdoc_document *doc,
	struct mdoc_error *error)
{
	char inner[MDOCI_PATH_MAX];
	struct mdoc_node part;
	enum mdoc_result res;

	doc->offset = mdoc_node_offset(node);
	res = mdoci_want(node, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(node, "docType", path, &doc->doc_type, error);
	if (res == MDOC_OK)
		res = mdoci_member(node, "issuerSigned", MDOC_CBOR_MAP, path, &part, error);
	mdoci_path(inner, path, "issuerSigned");
	if (res == MDOC_OK)
		res = mdoc_issuer_signed_from_node(crypto, part, inner, &doc->issuer_signed, error);
	if (res == MDOC_OK)
		res = mdoci_member(node, "deviceSigned", MDOC_CBOR_MAP, path, &part, error);
	mdoci_path(inner, path, "deviceSigned");
	if (res == MDOC_OK)
		res = mdoc_device_signed_from_node(part, inner, &doc->device_signed, error);
	doc->errors = mdoc_map_text(node, "errors");
	return res;
}

static enum mdoc_result
read_documents(const struct mdoc_crypto *crypto, struct mdoc_node array, struct mdoc_response *out,
	struct mdoc_error *error)
{
	struct mdoc_node node = mdoc_node_first(array);
	const size_t count = mdoc_node_count(array);
	char path[MDOCI_PATH_MAX];
	enum mdoc_result res;

	if (!mdoc_node_present(array))
		return MDOC_OK;
	res = mdoci_want(array, MDOC_CBOR_ARRAY, "documents", error);
	if (res != MDOC_OK || count == 0)
		return res;
	if (count > MDOC_DOCUMENTS_MAX)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(array), "documents", "at most %d documents",
			MDOC_DOCUMENTS_MAX);
	out->documents = calloc(count, sizeof(*out->documents));
	if (out->documents == NULL)
		return MDOC_ERR_MEMORY;
	for (; res == MDOC_OK && out->count < count; node = mdoc_node_next(node)) {
		mdoci_path(path, "documents", "[%zu]", out->count);
		res = read_document(crypto, node, path, &out->documents[out->count], error);
		out->count++; /* so that it is cleared, too */
	}
	return res;
}

enum mdoc_result
mdoc_response_parse(const struct mdoc_crypto *crypto, struct mdoc_bytes input, struct mdoc_response *out,
	struct mdoc_error *error)
{
	struct mdoc_node root;
	enum mdoc_result res;

	memset(out, 0, sizeof(*out));
	out->input = input;
	res = mdoc_cbor_scan(input, 0, &out->scan, error);
	if (res != MDOC_OK)
		return res;
	root = mdoc_cbor_root(out->scan);
	res = mdoci_want(root, MDOC_CBOR_MAP, "", error);
	if (res == MDOC_OK)
		res = mdoci_member_text(root, "version", "", &out->version, error);
	if (res == MDOC_OK)
		res = mdoci_member_uint(root, "status", "", &out->status, error);
	if (res == MDOC_OK)
		res = read_documents(crypto, mdoc_map_text(root, "documents"), out, error);
	if (res == MDOC_OK)
		out->document_errors = mdoc_map_text(root, "documentErrors");
	else
		mdoc_response_clear(out);
	return res;
}

void
mdoc_response_clear(struct mdoc_response *response)
{
	for (size_t i = 0; i < response->count; i++) {
		mdoc_issuer_signed_clear(&response->documents[i].issuer_signed);
		mdoc_device_signed_clear(&response->documents[i].device_signed);
	}
	free(response->documents);
	mdoc_cbor_free(response->scan);
	memset(response, 0, sizeof(*response));
}
