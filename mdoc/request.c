/*
 * mdoc/request.c: DeviceRequest and reader authentication (ISO/IEC 18013-5, 8.3.2.1.2.1, 9.1.4).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/internal.h>
#include <mdoc/request.h>
#include <mdoc/x509.h>
#include <string.h>

#define CONTEXT "ReaderAuthentication"

static enum mdoc_result
read_asked(struct mdoc_node elements, const char *path, struct mdoc_bytes ns, struct mdoc_doc_request *doc,
	struct mdoc_error *error)
{
	struct mdoc_node node = mdoc_node_first(elements);
	enum mdoc_result res;

	res = mdoci_want(elements, MDOC_CBOR_MAP, path, error);
	if (res != MDOC_OK)
		return res;
	if (mdoc_node_count(elements) == 0)
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(elements), path, "at least one element");
	while (mdoc_node_present(node)) {
		struct mdoc_asked *asked;

		if (doc->count == MDOC_ASKED_MAX)
			return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(node), path, "at most %d elements",
				MDOC_ASKED_MAX);
		if (!mdoci_grow((void **)&doc->asked, doc->count, sizeof(*doc->asked)))
			return MDOC_ERR_MEMORY;
		asked = &doc->asked[doc->count];
		asked->ns = ns;
		if (!mdoc_node_tstr(node, &asked->element))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "an element name as text");
		node = mdoc_node_next(node);
		if (!mdoc_node_bool(node, &asked->intent_to_retain))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "intentToRetain, a bool");
		node = mdoc_node_next(node);
		doc->count++;
	}
	return MDOC_OK;
}

static enum mdoc_result
read_items_request(struct mdoc_node map, const char *path, struct mdoc_doc_request *doc, struct mdoc_error *error)
{
	struct mdoc_node namespaces = { NULL, 0 }, node;
	struct mdoc_bytes ns;
	enum mdoc_result res;

	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(map, "docType", path, &doc->doc_type, error);
	if (res == MDOC_OK)
		res = mdoci_member(map, "nameSpaces", MDOC_CBOR_MAP, path, &namespaces, error);
	if (res == MDOC_OK && mdoc_node_count(namespaces) == 0)
		res = mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(namespaces), path, "at least one namespace");
	node = mdoc_node_first(namespaces);
	while (res == MDOC_OK && mdoc_node_present(node)) {
		if (!mdoc_node_tstr(node, &ns))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a namespace as text");
		node = mdoc_node_next(node);
		res = read_asked(node, path, ns, doc, error);
		node = mdoc_node_next(node);
	}
	return res;
}

static enum mdoc_result
read_doc_request(struct mdoc_node node, const char *path, struct mdoc_doc_request *doc, struct mdoc_error *error)
{
	char inner[MDOCI_PATH_MAX];
	struct mdoc_node items, auth;
	enum mdoc_result res;

	res = mdoci_want(node, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member(node, "itemsRequest", MDOC_CBOR_TAG, path, &items, error);
	mdoci_path(inner, path, "itemsRequest");
	if (res == MDOC_OK)
		res = mdoci_scan_embedded(items, inner, &doc->scan, error);
	if (res != MDOC_OK)
		return res;
	doc->items_request_bytes = mdoc_node_span(items);
	res = read_items_request(mdoc_cbor_root(doc->scan), inner, doc, error);
	auth = mdoc_map_text(node, "readerAuth");
	doc->has_reader_auth = mdoc_node_present(auth);
	if (res != MDOC_OK || !doc->has_reader_auth)
		return res;
	mdoci_path(inner, path, "readerAuth");
	return mdoc_sign1_parse(auth, inner, &doc->reader_auth, error);
}

static enum mdoc_result
read_request(struct mdoc_node root, struct mdoc_request *out, struct mdoc_error *error)
{
	struct mdoc_node docs, node;
	char path[MDOCI_PATH_MAX];
	enum mdoc_result res;
	size_t count;

	res = mdoci_want(root, MDOC_CBOR_MAP, "", error);
	if (res == MDOC_OK)
		res = mdoci_member_text(root, "version", "", &out->version, error);
	if (res == MDOC_OK && (out->version.len < 3 || memcmp(out->version.ptr, "1.", 2) != 0))
		res = mdoci_fail(error, MDOC_ERR_VERSION, mdoc_node_offset(mdoc_map_text(root, "version")), "version",
			"version 1.x");
	if (res == MDOC_OK)
		res = mdoci_member(root, "docRequests", MDOC_CBOR_ARRAY, "", &docs, error);
	if (res != MDOC_OK)
		return res;
	count = mdoc_node_count(docs);
	if (count == 0 || count > MDOC_ASKED_MAX)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(docs), "docRequests", "1 to %d docRequests",
			MDOC_ASKED_MAX);
	out->docs = calloc(count, sizeof(*out->docs));
	if (out->docs == NULL)
		return MDOC_ERR_MEMORY;
	for (node = mdoc_node_first(docs); res == MDOC_OK && out->count < count; node = mdoc_node_next(node)) {
		mdoci_path(path, "docRequests", "[%zu]", out->count);
		res = read_doc_request(node, path, &out->docs[out->count], error);
		out->count++;
	}
	return res;
}

enum mdoc_result
mdoc_request_parse(struct mdoc_bytes input, struct mdoc_request *out, struct mdoc_error *error)
{
	enum mdoc_result res;

	memset(out, 0, sizeof(*out));
	out->input = input;
	res = mdoc_cbor_scan(input, 0, &out->scan, error);
	if (res == MDOC_OK)
		res = read_request(mdoc_cbor_root(out->scan), out, error);
	if (res != MDOC_OK)
		mdoc_request_clear(out);
	return res;
}

void
mdoc_request_clear(struct mdoc_request *request)
{
	for (size_t i = 0; i < request->count; i++) {
		free(request->docs[i].asked);
		mdoc_cbor_free(request->docs[i].scan);
	}
	free(request->docs);
	mdoc_cbor_free(request->scan);
	memset(request, 0, sizeof(*request));
}

/* ReaderAuthenticationBytes: what readerAuth signs. */
static void
put_reader_authentication(struct mdoc_buf *buf, struct mdoc_bytes transcript, struct mdoc_bytes items_request_bytes)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	mdoc_put_array(&inner, 3);
	mdoc_put_text(&inner, CONTEXT);
	mdoc_put_raw(&inner, transcript);
	mdoc_put_raw(&inner, items_request_bytes);
	if (inner.err != MDOC_OK && buf->err == MDOC_OK)
		buf->err = inner.err;
	mdoc_put_embedded(buf, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
}

enum mdoc_result
mdoc_reader_auth_verify(const struct mdoc_crypto *crypto, const struct mdoc_doc_request *doc,
	struct mdoc_bytes transcript, struct mdoc_error *error)
{
	struct mdoc_buf signed_bytes = MDOC_BUF_EMPTY;
	const size_t offset = doc->has_reader_auth ? mdoc_node_offset(doc->reader_auth.node) : 0;
	struct mdoc_public_key key;
	struct mdoc_bytes der;
	enum mdoc_result res;

	if (!doc->has_reader_auth)
		return MDOC_OK;
	if (doc->reader_auth.payload.ptr != NULL)
		return mdoci_fail(error, MDOC_ERR_READER_AUTH, offset, "readerAuth", "a detached payload");
	if (!mdoc_sign1_certificate(&doc->reader_auth, 0, &der))
		return mdoci_fail(error, MDOC_ERR_READER_AUTH, offset, "readerAuth", "a reader certificate in x5chain");
	res = mdoc_cert_key(crypto, der, &key);
	if (res != MDOC_OK)
		return mdoci_fail(error, MDOC_ERR_READER_AUTH, offset, "readerAuth", "a reader certificate with an EC key");
	put_reader_authentication(&signed_bytes, transcript, doc->items_request_bytes);
	res = signed_bytes.err;
	if (res == MDOC_OK)
		res = mdoc_sign1_verify(crypto, &doc->reader_auth, &key, mdoc_buf_bytes(&signed_bytes));
	if (res == MDOC_ERR_SIGNATURE || res == MDOC_ERR_ALGORITHM)
		res = mdoci_fail(error, MDOC_ERR_READER_AUTH, offset, "readerAuth",
			"a signature by the reader's key over this session and request");
	mdoc_buf_clear(&signed_bytes);
	return res;
}

/* {namespace: {element: intentToRetain}}: elements of one namespace together, in the order of their first. */
static void
put_asked(struct mdoc_buf *buf, const struct mdoc_ask *ask)
{
	size_t namespaces = 0, elements, i, j;

	for (int counting = 1; counting >= 0; counting--) {
		if (counting == 0)
			mdoc_put_map(buf, namespaces);
		for (i = 0; i < ask->count; i++) {
			for (j = 0; j < i && !mdoc_bytes_equal(ask->asked[j].ns, ask->asked[i].ns); j++)
				;
			if (j < i)
				continue; /* not the first of its namespace */
			namespaces += (size_t)counting;
			if (counting == 1)
				continue;
			for (elements = 0, j = i; j < ask->count; j++)
				elements += mdoc_bytes_equal(ask->asked[j].ns, ask->asked[i].ns) ? 1 : 0;
			mdoc_put_tstr(buf, ask->asked[i].ns);
			mdoc_put_map(buf, elements);
			for (j = i; j < ask->count; j++) {
				if (!mdoc_bytes_equal(ask->asked[j].ns, ask->asked[i].ns))
					continue;
				mdoc_put_tstr(buf, ask->asked[j].element);
				mdoc_put_bool(buf, ask->asked[j].intent_to_retain);
			}
		}
	}
}

static enum mdoc_result
put_doc_request(struct mdoc_buf *out, const struct mdoc_ask *ask, struct mdoc_bytes transcript)
{
	struct mdoc_buf items = MDOC_BUF_EMPTY, tagged = MDOC_BUF_EMPTY, to_sign = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_put_map(&items, 2);
	mdoc_put_text(&items, "docType");
	mdoc_put_tstr(&items, ask->doc_type);
	mdoc_put_text(&items, "nameSpaces");
	put_asked(&items, ask);
	mdoc_put_embedded(&tagged, mdoc_buf_bytes(&items));
	res = items.err != MDOC_OK ? items.err : tagged.err;
	if (res != MDOC_OK)
		goto out;
	mdoc_put_map(out, ask->signer != NULL ? 2 : 1);
	mdoc_put_text(out, "itemsRequest");
	mdoc_put_raw(out, mdoc_buf_bytes(&tagged));
	if (ask->signer == NULL)
		goto out;
	put_reader_authentication(&to_sign, transcript, mdoc_buf_bytes(&tagged));
	mdoc_put_text(out, "readerAuth");
	res = to_sign.err;
	if (res == MDOC_OK)
		res = mdoc_sign1_put(out, ask->signer, mdoc_buf_bytes(&to_sign), true, ask->x5chain, ask->x5chain_count);
out:
	mdoc_buf_clear(&items);
	mdoc_buf_clear(&tagged);
	mdoc_buf_clear(&to_sign);
	return res;
}

enum mdoc_result
mdoc_request_build(const struct mdoc_ask *docs, size_t count, struct mdoc_bytes transcript, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	enum mdoc_result res = MDOC_OK;

	for (size_t i = 0; i < count; i++) {
		if (docs[i].count == 0 || docs[i].doc_type.len == 0)
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a docType and at least one element");
		if (docs[i].signer != NULL && (transcript.len == 0 || docs[i].x5chain_count == 0))
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "",
				"a SessionTranscript and the reader's certificate to sign");
	}
	if (count == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "at least one docRequest");
	mdoc_put_map(out, 2);
	mdoc_put_text(out, "version");
	mdoc_put_text(out, "1.0");
	mdoc_put_text(out, "docRequests");
	mdoc_put_array(out, count);
	for (size_t i = 0; res == MDOC_OK && i < count; i++)
		res = put_doc_request(out, &docs[i], transcript);
	return res != MDOC_OK ? res : out->err;
}
