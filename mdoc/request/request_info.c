/*
 * mdoc/request/request_info.c: requestInfo and deviceRequestInfo of the second edition, read.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"

/* ElementReference: [namespace, element]. */
static enum mdoc_result
read_element(struct mdoc_request *request, struct mdoc_node node, const char *path, struct mdoc_element_ref *out,
	struct mdoc_error *error)
{
	const struct mdoc_node ns = mdoc_node_first(node);

	if (mdoc_node_type(node) != MDOC_CBOR_ARRAY || mdoc_node_count(node) != 2 || !mdoc_node_tstr(ns, &out->ns) ||
		!mdoc_node_tstr(mdoc_node_next(ns), &out->element))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "[namespace, element]");
	return mdoci_request_count_name(request, node, path, error);
}

static enum mdoc_result
read_element_set(struct mdoc_request *request, struct mdoc_node list, const char *path, struct mdoc_element_set *out,
	struct mdoc_error *error)
{
	struct mdoc_element_ref *elements;
	enum mdoc_result res;
	void *items = NULL;

	res = mdoci_request_list(request, list, sizeof(*elements), path, &items, error);
	elements = items;
	out->elements = elements;
	for (struct mdoc_node node = mdoc_node_first(list); res == MDOC_OK && mdoc_node_present(node);
		node = mdoc_node_next(node))
		res = read_element(request, node, path, &elements[out->count++], error);
	return res;
}

static enum mdoc_result
read_alternative(struct mdoc_request *request, struct mdoc_node map, const char *path, struct mdoc_alternative *out,
	struct mdoc_error *error)
{
	struct mdoc_element_set *sets = NULL;
	struct mdoc_node requested, list;
	enum mdoc_result res;
	void *items = NULL;

	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member(map, "requestedElement", MDOC_CBOR_ARRAY, path, &requested, error);
	if (res == MDOC_OK)
		res = read_element(request, requested, path, &out->requested, error);
	if (res == MDOC_OK)
		res = mdoci_member(map, "alternativeElementSets", MDOC_CBOR_ARRAY, path, &list, error);
	if (res == MDOC_OK)
		res = mdoci_request_list(request, list, sizeof(*sets), path, &items, error);
	if (res != MDOC_OK)
		return res;
	sets = items;
	out->sets = sets;
	for (struct mdoc_node node = mdoc_node_first(list); res == MDOC_OK && mdoc_node_present(node);
		node = mdoc_node_next(node))
		res = read_element_set(request, node, path, &sets[out->count++], error);
	return res;
}

/* What is being read: one docRequest's requestInfo. */
struct reading {
	struct mdoc_request *request;
	struct mdoc_doc_request *doc;
	struct mdoc_request_info *info;
};

static enum mdoc_result
read_alternatives(const struct reading *r, struct mdoc_node list, const char *path, struct mdoc_error *error)
{
	struct mdoc_alternative *alternatives;
	enum mdoc_result res;
	void *items = NULL;

	res = mdoci_request_list(r->request, list, sizeof(*alternatives), path, &items, error);
	alternatives = items;
	r->info->alternatives = alternatives;
	for (struct mdoc_node node = mdoc_node_first(list); res == MDOC_OK && mdoc_node_present(node);
		node = mdoc_node_next(node))
		res = read_alternative(r->request, node, path, &alternatives[r->info->alternative_count++], error);
	return res;
}

/* [bstr]. */
static enum mdoc_result
read_byte_strings(struct mdoc_request *request, struct mdoc_node list, const char *path,
	const struct mdoc_bytes **strings, size_t *count, struct mdoc_error *error)
{
	struct mdoc_bytes *made;
	enum mdoc_result res;
	void *items = NULL;

	res = mdoci_request_list(request, list, sizeof(*made), path, &items, error);
	made = items;
	*strings = made;
	for (struct mdoc_node node = mdoc_node_first(list); res == MDOC_OK && mdoc_node_present(node);
		node = mdoc_node_next(node)) {
		if (!mdoc_node_bstr(node, &made[(*count)++]))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a byte string");
		res = mdoci_request_count_name(request, node, path, error);
	}
	return res;
}

static enum mdoc_result
read_issuers(const struct reading *r, struct mdoc_node list, const char *path, struct mdoc_error *error)
{
	return read_byte_strings(r->request, list, path, &r->info->issuers, &r->info->issuer_count, error);
}

static enum mdoc_result
read_unique(const struct reading *r, struct mdoc_node node, const char *path, struct mdoc_error *error)
{
	bool value;

	if (!mdoc_node_bool(node, &value))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a bool");
	r->info->unique = value ? MDOC_UNIQUE_YES : MDOC_UNIQUE_NO;
	return MDOC_OK;
}

static enum mdoc_result
read_maximum_size(const struct reading *r, struct mdoc_node node, const char *path, struct mdoc_error *error)
{
	if (!mdoc_node_uint(node, &r->info->maximum_size))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "an unsigned integer");
	if (r->info->maximum_size == 0)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(node), path, "a size above 0");
	return MDOC_OK;
}

static enum mdoc_result
read_zk_system(struct mdoc_request *request, struct mdoc_node map, const char *path, struct mdoc_zk_system *out,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(map, "zkSystemId", path, &out->id, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(map, "system", path, &out->system, error);
	if (res == MDOC_OK)
		res = mdoci_request_count_name(request, map, path, error);
	if (res == MDOC_OK)
		out->params = mdoc_node_span(mdoc_map_text(map, "params"));
	return res;
}

static enum mdoc_result
read_zk(const struct reading *r, struct mdoc_node map, const char *path, struct mdoc_error *error)
{
	struct mdoc_zk_request *zk = mdoci_request_alloc(r->request, 1, sizeof(*zk));
	const struct mdoc_node required = mdoc_map_text(map, "zkRequired");
	struct mdoc_zk_system *systems;
	struct mdoc_node list;
	enum mdoc_result res;
	void *items = NULL;

	if (zk == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(map), path, "memory");
	r->info->zk = zk;
	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res != MDOC_OK)
		return res;
	if (mdoc_node_present(required) && !mdoc_node_bool(required, &zk->required))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(required), path, "a bool: zkRequired");
	res = mdoci_member(map, "systemSpecs", MDOC_CBOR_ARRAY, path, &list, error);
	if (res == MDOC_OK)
		res = mdoci_request_list(r->request, list, sizeof(*systems), path, &items, error);
	if (res != MDOC_OK)
		return res;
	systems = items;
	zk->systems = systems;
	for (struct mdoc_node node = mdoc_node_first(list); res == MDOC_OK && mdoc_node_present(node);
		node = mdoc_node_next(node))
		res = read_zk_system(r->request, node, path, &systems[zk->count++], error);
	return res;
}

/* A key that is not understood here is no reason to refuse the request: it cannot be encrypted to. */
static enum mdoc_result
read_recipient(const struct reading *r, struct mdoc_node key, struct mdoc_response_encryption *out)
{
	const enum mdoc_result res = mdoc_key_parse(r->request->context, key, &out->recipient, NULL, NULL);

	if (res != MDOC_OK)
		out->recipient = (struct mdoc_public_key){ .curve = MDOC_CURVE_NONE };
	return res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO ? res : MDOC_OK;
}

/* recipientCertificate: one certificate or a chain. */
static enum mdoc_result
read_recipient_certificates(const struct reading *r, struct mdoc_node node, const char *path,
	struct mdoc_response_encryption *out, struct mdoc_error *error)
{
	struct mdoc_bytes *one;

	if (mdoc_node_type(node) == MDOC_CBOR_ARRAY)
		return read_byte_strings(r->request, node, path, &out->certificates, &out->certificate_count, error);
	one = mdoci_request_alloc(r->request, 1, sizeof(*one));
	if (one == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), path, "memory");
	if (!mdoc_node_bstr(node, one))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a certificate, or several");
	out->certificates = one;
	out->certificate_count = 1;
	return MDOC_OK;
}

static enum mdoc_result
read_encryption(const struct reading *r, struct mdoc_node node, const char *path, struct mdoc_error *error)
{
	struct mdoc_response_encryption *out = mdoci_request_alloc(r->request, 1, sizeof(*out));
	struct mdoc_node map = node, key, part;
	enum mdoc_result res = MDOC_OK;

	if (out == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), path, "memory");
	r->info->encryption = out;
	out->parameters = mdoc_node_span(node);
	if (mdoc_node_type(node) == MDOC_CBOR_TAG) {
		res = mdoci_scan_embedded(node, path, &r->doc->encryption_scan, error);
		map = mdoc_cbor_root(r->doc->encryption_scan);
	}
	if (res == MDOC_OK)
		res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member(map, "recipientPublicKey", MDOC_CBOR_MAP, path, &key, error);
	if (res != MDOC_OK)
		return res;
	res = read_recipient(r, key, out);
	if (res != MDOC_OK)
		return mdoci_fail(error, res, mdoc_node_offset(key), path, "a key that can be read");
	part = mdoc_map_text(map, "nonce");
	if (mdoc_node_present(part) && !mdoc_node_bstr(part, &out->nonce))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(part), path, "a byte string: nonce");
	part = mdoc_map_text(map, "recipientCertificate");
	return mdoc_node_present(part) ? read_recipient_certificates(r, part, path, out, error) : MDOC_OK;
}

static enum mdoc_result
read_legal_basis(struct mdoc_node map, const char *path, struct mdoc_doc_request *doc, struct mdoc_error *error)
{
	const struct mdoc_node node = mdoc_map_text(map, MDOC_LEGAL_BASIS);

	if (mdoc_node_present(node) && !mdoc_node_tstr(node, &doc->legal_basis))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a text: " MDOC_LEGAL_BASIS);
	return MDOC_OK;
}

enum mdoc_result
mdoci_read_request_info(struct mdoc_request *request, struct mdoc_node map, const char *path,
	struct mdoc_doc_request *doc, struct mdoc_error *error)
{
	static const struct {
		const char *key;
		enum mdoc_result (*read)(const struct reading *r, struct mdoc_node node, const char *path,
			struct mdoc_error *error);
	} rows[] = {
		{ "alternativeDataElements", read_alternatives },
		{ "issuerIdentifiers", read_issuers },
		{ "uniqueDocSetRequired", read_unique },
		{ "maximumResponseSize", read_maximum_size },
		{ "zkRequest", read_zk },
		{ "docResponseEncryption", read_encryption },
	};
	struct mdoc_request_info *info = mdoci_request_alloc(request, 1, sizeof(*info));
	const struct reading reading = { request, doc, info };
	char place[MDOCI_PATH_MAX];
	enum mdoc_result res;

	if (info == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(map), path, "memory");
	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = read_legal_basis(map, path, doc, error);
	for (size_t i = 0; res == MDOC_OK && i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mdoc_node node = mdoc_map_text(map, rows[i].key);

		if (!mdoc_node_present(node))
			continue;
		if (!request->second_edition) {
			request->warnings |= MDOC_REQUEST_IGNORED_REQUEST_INFO;
			continue;
		}
		mdoci_path(place, path, "%s", rows[i].key);
		res = rows[i].read(&reading, node, place, error);
	}
	if (res == MDOC_OK && request->second_edition)
		doc->info = info;
	return res;
}
