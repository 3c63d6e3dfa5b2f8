/*
 * mdoc/request/request.c: DeviceRequest read (ISO/IEC 18013-5, 8.3.2.1.2.1).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"
#include <string.h>

static enum mdoc_result
add_asked(struct mdoc_doc_request *doc, size_t before, struct mdoc_bytes ns, struct mdoc_node key,
	struct mdoc_node retain, const char *path, struct mdoc_error *error)
{
	void *grown = doc->asked;
	const size_t limit = mdoci_limit(key, MDOC_LIMIT_ASKED);
	struct mdoc_asked asked = { .ns = ns };

	if (!mdoc_node_tstr(key, &asked.element))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(key), path, "an element name as text");
	if (!mdoc_node_bool(retain, &asked.intent_to_retain))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(retain), path, "a bool: intent to retain");
	if (before + doc->count >= limit)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(key), path, "at most %zu elements", limit);
	if (!mdoci_grow(&grown, doc->count, sizeof(*doc->asked)))
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(key), path, "memory");
	doc->asked = grown;
	doc->asked[doc->count++] = asked;
	return MDOC_OK;
}

/* One namespace of ItemsRequest: {element: bool}, not empty. */
static enum mdoc_result
read_asked(struct mdoc_doc_request *doc, size_t before, struct mdoc_node key, struct mdoc_node elements,
	const char *path, struct mdoc_error *error)
{
	struct mdoc_bytes ns;
	enum mdoc_result res = MDOC_OK;

	if (!mdoc_node_tstr(key, &ns))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(key), path, "a namespace as text");
	if (mdoc_node_type(elements) != MDOC_CBOR_MAP || mdoc_node_count(elements) == 0)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(elements), path,
			"a map of one element or more");
	for (struct mdoc_node element = mdoc_node_first(elements); mdoc_node_present(element) && res == MDOC_OK;) {
		const struct mdoc_node retain = mdoc_node_next(element);

		res = add_asked(doc, before, ns, element, retain, path, error);
		element = mdoc_node_next(retain);
	}
	return res;
}

static enum mdoc_result
read_items_request(struct mdoc_node items, size_t before, const char *path, struct mdoc_doc_request *doc,
	struct mdoc_error *error)
{
	struct mdoc_node root, namespaces;
	enum mdoc_result res;

	res = mdoci_scan_embedded(items, path, &doc->scan, error);
	if (res != MDOC_OK)
		return res;
	doc->items_request_bytes = mdoc_node_span(items);
	root = mdoc_cbor_root(doc->scan);
	res = mdoci_want(root, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(root, "docType", path, &doc->doc_type, error);
	if (res == MDOC_OK)
		res = mdoci_member(root, "nameSpaces", MDOC_CBOR_MAP, path, &namespaces, error);
	if (res != MDOC_OK)
		return res;
	if (mdoc_node_count(namespaces) == 0)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(namespaces), path,
			"one namespace or more in nameSpaces");
	for (struct mdoc_node key = mdoc_node_first(namespaces); mdoc_node_present(key) && res == MDOC_OK;) {
		const struct mdoc_node elements = mdoc_node_next(key);

		res = read_asked(doc, before, key, elements, path, error);
		key = mdoc_node_next(elements);
	}
	return res;
}

static enum mdoc_result
read_doc_request(struct mdoc_node node, size_t before, const char *path, struct mdoc_doc_request *doc,
	struct mdoc_error *error)
{
	const struct mdoc_node auth = mdoc_map_text(node, "readerAuth");
	char place[MDOCI_PATH_MAX];
	struct mdoc_node items;
	enum mdoc_result res;

	res = mdoci_want(node, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member(node, "itemsRequest", MDOC_CBOR_TAG, path, &items, error);
	if (res != MDOC_OK)
		return res;
	mdoci_path(place, path, "itemsRequest");
	res = read_items_request(items, before, place, doc, error);
	if (res != MDOC_OK || !mdoc_node_present(auth))
		return res;
	doc->has_reader_auth = true;
	mdoci_path(place, path, "readerAuth");
	return mdoc_sign1_parse(auth, place, &doc->reader_auth, error);
}

static enum mdoc_result
read_docs(struct mdoc_node list, struct mdoc_request *out, struct mdoc_error *error)
{
	char path[MDOCI_PATH_MAX];
	enum mdoc_result res = MDOC_OK;
	size_t before = 0;

	if (mdoc_node_count(list) == 0)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(list), "docRequests", "one or more");
	for (struct mdoc_node node = mdoc_node_first(list); mdoc_node_present(node) && res == MDOC_OK;
		node = mdoc_node_next(node)) {
		void *grown = out->docs;

		mdoci_path(path, "docRequests", "[%zu]", out->count);
		if (!mdoci_grow(&grown, out->count, sizeof(*out->docs)))
			return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), path, "memory");
		out->docs = grown;
		memset(&out->docs[out->count], 0, sizeof(*out->docs));
		res = read_doc_request(node, before, path, &out->docs[out->count++], error);
		before += out->docs[out->count - 1].count;
	}
	return res;
}

static enum mdoc_result
read_request(const struct mdoc_context *context, struct mdoc_request *out, struct mdoc_error *error)
{
	struct mdoc_node root, list;
	enum mdoc_result res;

	res = mdoc_cbor_scan(context, out->input, 0, &out->scan, error);
	if (res != MDOC_OK)
		return res;
	root = mdoc_cbor_root(out->scan);
	res = mdoci_want(root, MDOC_CBOR_MAP, "", error);
	if (res == MDOC_OK)
		res = mdoci_member_text(root, "version", "", &out->version, error);
	if (res != MDOC_OK)
		return res;
	if (out->version.len < 3 || memcmp(out->version.ptr, "1.", 2) != 0)
		return mdoci_fail(error, MDOC_ERR_VERSION, mdoc_node_offset(mdoc_map_text(root, "version")), "version",
			"version 1.0, or another 1.x");
	res = mdoci_member(root, "docRequests", MDOC_CBOR_ARRAY, "", &list, error);
	if (res != MDOC_OK)
		return res;
	return read_docs(list, out, error);
}

enum mdoc_result
mdoc_request_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_request **request,
	struct mdoc_error *error)
{
	struct mdoc_request *made = calloc(1, sizeof(*made));
	enum mdoc_result res;

	*request = NULL;
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, 0, "", "memory");
	made->input = input;
	res = read_request(context, made, error);
	if (res == MDOC_OK)
		*request = made;
	else
		mdoc_request_free(made);
	return res;
}

void
mdoc_request_free(struct mdoc_request *request)
{
	if (request == NULL)
		return;
	for (size_t i = 0; i < request->count; i++) {
		free(request->docs[i].asked);
		mdoc_cbor_free(request->docs[i].scan);
	}
	free(request->docs);
	mdoc_cbor_free(request->scan);
	free(request);
}

struct mdoc_bytes
mdoc_request_version(const struct mdoc_request *request)
{
	return request->version;
}

size_t
mdoc_request_count(const struct mdoc_request *request)
{
	return request->count;
}

const struct mdoc_doc_request *
mdoc_request_doc(const struct mdoc_request *request, size_t i)
{
	return i < request->count ? &request->docs[i] : NULL;
}

struct mdoc_bytes
mdoc_doc_request_type(const struct mdoc_doc_request *doc)
{
	return doc->doc_type;
}

size_t
mdoc_doc_request_count(const struct mdoc_doc_request *doc)
{
	return doc->count;
}

const struct mdoc_asked *
mdoc_doc_request_asked(const struct mdoc_doc_request *doc, size_t i)
{
	return i < doc->count ? &doc->asked[i] : NULL;
}

bool
mdoc_doc_request_is_signed(const struct mdoc_doc_request *doc)
{
	return doc->has_reader_auth;
}

bool
mdoc_doc_request_certificate(const struct mdoc_doc_request *doc, size_t i, struct mdoc_bytes *der)
{
	return doc->has_reader_auth && mdoc_sign1_certificate(&doc->reader_auth, i, der);
}
