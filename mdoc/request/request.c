/*
 * mdoc/request/request.c: DeviceRequest read (ISO/IEC 18013-5, 8.3.2.1.2.1).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"
#include "mdoc/request/request_internal.h"
#include <stdalign.h>
#include <string.h>

struct mdoci_block {
	struct mdoci_block *next;
	alignas(max_align_t) unsigned char content[];
};

void *
mdoci_request_alloc(struct mdoc_request *request, size_t count, size_t size)
{
	struct mdoci_block *block;

	if (count > (SIZE_MAX - sizeof(*block)) / size)
		return NULL;
	block = calloc(1, sizeof(*block) + count * size);
	if (block == NULL)
		return NULL;
	block->next = request->blocks;
	request->blocks = block;
	return block->content;
}

enum mdoc_result
mdoci_request_count_name(struct mdoc_request *request, struct mdoc_node node, const char *path,
	struct mdoc_error *error)
{
	const size_t limit = mdoc_context_limit(request->context, MDOC_LIMIT_ASKED);

	if (request->named >= limit)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(node), path, "at most %zu names", limit);
	request->named++;
	return MDOC_OK;
}

enum mdoc_result
mdoci_request_may_name(const struct mdoc_request *request, struct mdoc_node container, const char *path,
	struct mdoc_error *error)
{
	const size_t limit = mdoc_context_limit(request->context, MDOC_LIMIT_ASKED);

	if (mdoc_node_count(container) <= limit)
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(container), path, "at most %zu names", limit);
}

enum mdoc_result
mdoci_request_list(struct mdoc_request *request, struct mdoc_node list, size_t size, const char *path, void **items,
	struct mdoc_error *error)
{
	enum mdoc_result res = mdoci_want(list, MDOC_CBOR_ARRAY, path, error);

	if (res == MDOC_OK)
		res = mdoci_request_may_name(request, list, path, error);
	if (res != MDOC_OK)
		return res;
	*items = mdoci_request_alloc(request, mdoc_node_count(list), size);
	if (*items == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(list), path, "memory");
	return MDOC_OK;
}

static enum mdoc_result
add_asked(struct mdoc_request *request, struct mdoc_doc_request *doc, struct mdoc_bytes ns, struct mdoc_node key,
	struct mdoc_node retain, const char *path, struct mdoc_error *error)
{
	void *grown = doc->asked;
	struct mdoc_asked asked = { .ns = ns };
	enum mdoc_result res;

	if (!mdoc_node_tstr(key, &asked.element))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(key), path, "an element name as text");
	if (!mdoc_node_bool(retain, &asked.intent_to_retain))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(retain), path, "a bool: intent to retain");
	res = mdoci_request_count_name(request, key, path, error);
	if (res != MDOC_OK)
		return res;
	if (!mdoci_grow(&grown, doc->count, sizeof(*doc->asked)))
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(key), path, "memory");
	doc->asked = grown;
	doc->asked[doc->count++] = asked;
	return MDOC_OK;
}

/* One namespace of ItemsRequest: {element: bool}, not empty. */
static enum mdoc_result
read_asked(struct mdoc_request *request, struct mdoc_doc_request *doc, struct mdoc_node key, struct mdoc_node elements,
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

		res = add_asked(request, doc, ns, element, retain, path, error);
		element = mdoc_node_next(retain);
	}
	return res;
}

static enum mdoc_result
read_namespaces(struct mdoc_request *request, struct mdoc_doc_request *doc, struct mdoc_node namespaces,
	const char *path, struct mdoc_error *error)
{
	enum mdoc_result res = MDOC_OK;

	if (mdoc_node_count(namespaces) == 0)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(namespaces), path,
			"one namespace or more in nameSpaces");
	for (struct mdoc_node key = mdoc_node_first(namespaces); mdoc_node_present(key) && res == MDOC_OK;) {
		const struct mdoc_node elements = mdoc_node_next(key);

		res = read_asked(request, doc, key, elements, path, error);
		key = mdoc_node_next(elements);
	}
	return res;
}

static enum mdoc_result
read_items_request(struct mdoc_request *request, struct mdoc_node items, const char *path, struct mdoc_doc_request *doc,
	struct mdoc_error *error)
{
	struct mdoc_node root, namespaces, info;
	char place[MDOCI_PATH_MAX];
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
	if (res == MDOC_OK)
		res = read_namespaces(request, doc, namespaces, path, error);
	if (res != MDOC_OK)
		return res;
	info = mdoc_map_text(root, "requestInfo");
	if (!mdoc_node_present(info))
		return MDOC_OK;
	mdoci_path(place, path, "requestInfo");
	return mdoci_read_request_info(request, info, place, doc, error);
}

/* What is wrong with one reader's signature is kept: it is no fault of the request. */
static enum mdoc_result
read_sign1(struct mdoc_request *request, struct mdoc_node node, const char *path, struct mdoci_reader_sign1 *out,
	struct mdoc_error *error)
{
	/* The newest readers are seen to protect the certificates of readerAuthAll. */
	static const struct mdoc_sign1_form form = { MDOC_COSE_UNTAGGED, MDOC_X5CHAIN_EITHER };
	struct mdoc_error problem = { .code = MDOC_OK };

	out->node = node;
	out->res = mdoci_sign1_read(node, path, &form, &out->sign1, &problem);
	if (out->res == MDOC_OK)
		return MDOC_OK;
	out->problem = out->res == MDOC_ERR_MEMORY ? NULL : mdoci_request_alloc(request, 1, sizeof(problem));
	if (out->problem == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), path, "memory");
	*out->problem = problem;
	return MDOC_OK;
}

static enum mdoc_result
read_doc_request(struct mdoc_request *request, struct mdoc_node node, const char *path, struct mdoc_doc_request *doc,
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
	res = read_items_request(request, items, place, doc, error);
	if (res != MDOC_OK || !mdoc_node_present(auth))
		return res;
	doc->has_reader_auth = true;
	mdoci_path(place, path, "readerAuth");
	return read_sign1(request, auth, place, &doc->reader_auth, error);
}

static enum mdoc_result
read_docs(struct mdoc_request *out, struct mdoc_node list, struct mdoc_error *error)
{
	const size_t limit = mdoc_context_limit(out->context, MDOC_LIMIT_DOCUMENTS);
	char path[MDOCI_PATH_MAX];
	enum mdoc_result res = MDOC_OK;

	if (mdoc_node_count(list) == 0)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(list), "docRequests", "one or more");
	for (struct mdoc_node node = mdoc_node_first(list); mdoc_node_present(node) && res == MDOC_OK;
		node = mdoc_node_next(node)) {
		void *grown = out->docs;

		mdoci_path(path, "docRequests", "[%zu]", out->count);
		if (out->count >= limit)
			return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(node), path, "at most %zu", limit);
		if (!mdoci_grow(&grown, out->count, sizeof(*out->docs)))
			return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), path, "memory");
		out->docs = grown;
		memset(&out->docs[out->count], 0, sizeof(*out->docs));
		res = read_doc_request(out, node, path, &out->docs[out->count++], error);
	}
	return res;
}

static enum mdoc_result
read_auth_all(struct mdoc_request *out, struct mdoc_node list, struct mdoc_error *error)
{
	static const char path[] = "readerAuthAll";
	const size_t limit = mdoc_context_limit(out->context, MDOC_LIMIT_CERTIFICATES);
	char place[MDOCI_PATH_MAX];
	enum mdoc_result res;
	void *items = NULL;

	if (mdoc_node_count(list) > limit)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(list), path, "at most %zu", limit);
	res = mdoci_request_list(out, list, sizeof(*out->auth_all), path, &items, error);
	out->auth_all = items;
	for (struct mdoc_node node = mdoc_node_first(list); mdoc_node_present(node) && res == MDOC_OK;
		node = mdoc_node_next(node)) {
		mdoci_path(place, path, "[%zu]", out->auth_all_count);
		res = read_sign1(out, node, place, &out->auth_all[out->auth_all_count++], error);
	}
	return res;
}

/* What the second edition adds beside docRequests. */
static enum mdoc_result
read_second_edition(struct mdoc_request *out, struct mdoc_node root, struct mdoc_error *error)
{
	const struct mdoc_node info = mdoc_map_text(root, "deviceRequestInfo");
	const struct mdoc_node auth_all = mdoc_map_text(root, "readerAuthAll");
	enum mdoc_result res = MDOC_OK;

	if (!out->second_edition) {
		out->warnings |= mdoc_node_present(info) ? MDOC_REQUEST_IGNORED_INFO : 0;
		out->warnings |= mdoc_node_present(auth_all) ? MDOC_REQUEST_IGNORED_AUTH_ALL : 0;
		return MDOC_OK;
	}
	if (mdoc_node_present(info))
		res = mdoci_read_device_request_info(out, info, error);
	if (res == MDOC_OK && mdoc_node_present(auth_all))
		res = read_auth_all(out, auth_all, error);
	return res;
}

/* "1." and a number; what may follow that is not our matter. */
static enum mdoc_result
read_version(struct mdoc_request *out, struct mdoc_node root, struct mdoc_error *error)
{
	const uint8_t *text;
	enum mdoc_result res;

	res = mdoci_member_text(root, "version", "", &out->version, error);
	if (res != MDOC_OK)
		return res;
	text = out->version.ptr;
	if (out->version.len < 3 || memcmp(text, "1.", 2) != 0 || text[2] < '0' || text[2] > '9')
		return mdoci_fail(error, MDOC_ERR_VERSION, mdoc_node_offset(mdoc_map_text(root, "version")), "version",
			"version 1.0, or another 1.x");
	out->second_edition = text[2] > '0';
	return MDOC_OK;
}

static enum mdoc_result
read_request(struct mdoc_request *out, struct mdoc_error *error)
{
	struct mdoc_node root, list;
	enum mdoc_result res;

	res = mdoc_cbor_scan(out->context, out->input, 0, &out->scan, error);
	if (res != MDOC_OK)
		return res;
	root = mdoc_cbor_root(out->scan);
	res = mdoci_want(root, MDOC_CBOR_MAP, "", error);
	if (res == MDOC_OK)
		res = read_version(out, root, error);
	if (res == MDOC_OK)
		res = mdoci_member(root, "docRequests", MDOC_CBOR_ARRAY, "", &list, error);
	if (res == MDOC_OK)
		res = read_docs(out, list, error);
	if (res == MDOC_OK)
		res = read_second_edition(out, root, error);
	return res;
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
	made->context = context;
	made->input = input;
	res = read_request(made, error);
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
		mdoc_cbor_free(request->docs[i].encryption_scan);
		mdoci_sign1_clear(&request->docs[i].reader_auth.sign1);
	}
	for (size_t i = 0; i < request->auth_all_count; i++)
		mdoci_sign1_clear(&request->auth_all[i].sign1);
	free(request->docs);
	while (request->blocks != NULL) {
		struct mdoci_block *block = request->blocks;

		request->blocks = block->next;
		free(block);
	}
	mdoc_cbor_free(request->info_scan);
	mdoc_cbor_free(request->scan);
	free(request);
}
