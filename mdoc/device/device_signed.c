/*
 * mdoc/device/device_signed.c: DeviceAuthentication and DeviceSigned (ISO/IEC 18013-5, 9.1.3).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"
#include "mdoc/device/device_signed_internal.h"
#include <string.h>

#define CONTEXT "DeviceAuthentication"

/* {namespace: {element: value}} */
static enum mdoc_result
check_namespaces(struct mdoc_node map, const char *path, struct mdoc_error *error)
{
	struct mdoc_node node = mdoc_node_first(map), element;
	enum mdoc_result res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	struct mdoc_bytes text;

	while (res == MDOC_OK && mdoc_node_present(node)) {
		if (!mdoc_node_tstr(node, &text))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "a namespace as text");
		node = mdoc_node_next(node);
		res = mdoci_want(node, MDOC_CBOR_MAP, path, error);
		element = mdoc_node_first(node);
		while (res == MDOC_OK && mdoc_node_present(element)) {
			if (!mdoc_node_tstr(element, &text))
				return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(element), path,
					"an element name as text");
			element = mdoc_node_next(mdoc_node_next(element));
		}
		node = mdoc_node_next(node);
	}
	return res;
}

static enum mdoc_result
read_namespaces(struct mdoc_node node, const char *path, struct mdoc_bytes *span, struct mdoc_cbor **scan,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	res = mdoci_scan_embedded(node, path, scan, error);
	if (res != MDOC_OK)
		return res;
	*span = mdoc_node_span(node);
	return check_namespaces(mdoc_cbor_root(*scan), path, error);
}

static enum mdoc_result
read_device_auth(struct mdoc_node auth, const char *path, struct mdoc_device_signed *out, struct mdoc_error *error)
{
	const struct mdoc_node signature = mdoc_map_text(auth, "deviceSignature");
	char inner[MDOCI_PATH_MAX];

	out->mac = mdoc_map_text(auth, "deviceMac");
	out->is_mac = mdoc_node_present(out->mac);
	if (out->is_mac == mdoc_node_present(signature))
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(auth), path,
			"exactly one of deviceSignature and deviceMac");
	if (!out->is_mac) {
		mdoci_path(inner, path, "deviceSignature");
		return mdoci_sign1_read(signature, inner, NULL, &out->signature, error);
	}
	mdoci_path(inner, path, "deviceMac");
	if (mdoc_node_type(out->mac) != MDOC_CBOR_ARRAY || mdoc_node_count(out->mac) != 4)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(out->mac), inner,
			"an untagged COSE_Mac0, an array of four");
	return MDOC_OK;
}

enum mdoc_result
mdoci_device_signed_read(struct mdoc_node node, const char *path, struct mdoc_device_signed *out,
	struct mdoc_error *error)
{
	char inner[MDOCI_PATH_MAX];
	struct mdoc_node namespaces, auth;
	enum mdoc_result res;

	memset(out, 0, sizeof(*out));
	res = mdoci_want(node, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member(node, "nameSpaces", MDOC_CBOR_TAG, path, &namespaces, error);
	if (res != MDOC_OK)
		return res;
	mdoci_path(inner, path, "nameSpaces");
	res = read_namespaces(namespaces, inner, &out->namespaces_bytes, &out->namespaces, error);
	if (res == MDOC_OK)
		res = mdoci_member(node, "deviceAuth", MDOC_CBOR_MAP, path, &auth, error);
	mdoci_path(inner, path, "deviceAuth");
	if (res == MDOC_OK)
		res = read_device_auth(auth, inner, out, error);
	if (res != MDOC_OK)
		mdoci_device_signed_clear(out);
	return res;
}

void
mdoci_device_signed_clear(struct mdoc_device_signed *ds)
{
	mdoc_cbor_free(ds->namespaces);
	mdoc_cbor_free(ds->scan);
	memset(ds, 0, sizeof(*ds));
}

enum mdoc_result
mdoc_device_signed_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_device_signed **out,
	struct mdoc_error *error)
{
	struct mdoc_device_signed *ds = calloc(1, sizeof(*ds));
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	*out = NULL;
	if (ds == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	res = mdoc_cbor_scan(context, input, 0, &scan, error);
	if (res == MDOC_OK)
		res = mdoci_device_signed_read(mdoc_cbor_root(scan), "", ds, error);
	ds->scan = scan;
	if (res == MDOC_OK)
		*out = ds;
	else
		mdoc_device_signed_free(ds);
	return res;
}

void
mdoc_device_signed_free(struct mdoc_device_signed *ds)
{
	if (ds == NULL)
		return;
	mdoci_device_signed_clear(ds);
	free(ds);
}

struct mdoc_bytes
mdoc_device_signed_bytes(const struct mdoc_device_signed *ds)
{
	return ds->namespaces_bytes;
}

struct mdoc_node
mdoc_device_signed_namespaces(const struct mdoc_device_signed *ds)
{
	return mdoc_cbor_root(ds->namespaces);
}

const struct mdoc_sign1 *
mdoc_device_signed_signature(const struct mdoc_device_signed *ds)
{
	return ds->is_mac ? NULL : &ds->signature;
}

struct mdoc_node
mdoc_device_signed_mac(const struct mdoc_device_signed *ds)
{
	return ds->mac;
}

void
mdoc_put_device_authentication_bytes(struct mdoc_buf *buf, struct mdoc_bytes transcript, struct mdoc_bytes doc_type,
	struct mdoc_bytes namespaces_bytes)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	mdoc_put_array(&inner, 4);
	mdoc_put_text(&inner, CONTEXT);
	mdoc_put_raw(&inner, transcript);
	mdoc_put_tstr(&inner, doc_type);
	mdoc_put_raw(&inner, namespaces_bytes);
	if (inner.err != MDOC_OK && buf->err == MDOC_OK)
		buf->err = inner.err;
	mdoc_put_embedded(buf, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
}

static enum mdoc_result
read_authentication(struct mdoc_node array, struct mdoc_device_authentication *out, struct mdoc_error *error)
{
	const struct mdoc_node transcript = mdoc_node_at(array, 1), doc_type = mdoc_node_at(array, 2);
	struct mdoc_cbor *namespaces = NULL;
	struct mdoc_bytes text;
	enum mdoc_result res;

	if (mdoc_node_type(array) != MDOC_CBOR_ARRAY || mdoc_node_count(array) != 4)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(array), "",
			"DeviceAuthentication, an array of four");
	if (!mdoc_node_tstr(mdoc_node_at(array, 0), &text) || !mdoc_bytes_is_text(text, CONTEXT))
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(mdoc_node_at(array, 0)), "[0]",
			"the text \"" CONTEXT "\"");
	if (mdoc_node_type(transcript) != MDOC_CBOR_ARRAY || mdoc_node_count(transcript) != 3)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(transcript), "[1]",
			"SessionTranscript, an array of three");
	if (!mdoc_node_tstr(doc_type, &out->doc_type) || mdoc_node_in_pieces(doc_type))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(doc_type), "[2]",
			"docType as text of definite length");
	res = read_namespaces(mdoc_node_at(array, 3), "[3]", &out->namespaces_bytes, &namespaces, error);
	mdoc_cbor_free(namespaces);
	out->transcript = mdoc_node_span(transcript);
	return res;
}

enum mdoc_result
mdoc_device_authentication_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_device_authentication *out, struct mdoc_error *error)
{
	struct mdoc_device_authentication read = { .doc_type = MDOC_NO_BYTES };
	struct mdoc_cbor *scan = NULL, *inner = NULL;
	struct mdoc_node root, content;
	enum mdoc_result res;
	uint64_t tag;

	memset(out, 0, sizeof(*out));
	res = mdoc_cbor_scan(context, input, 0, &scan, error);
	if (res != MDOC_OK)
		return res;
	root = mdoc_cbor_root(scan);
	if (mdoc_node_tag(root, &tag, &content) && mdoc_node_in_pieces(content))
		res = mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(content), "",
			"a byte string of definite length");
	if (res == MDOC_OK)
		res = mdoci_scan_embedded(root, "", &inner, error);
	if (res == MDOC_OK)
		res = read_authentication(mdoc_cbor_root(inner), &read, error);
	if (res == MDOC_OK)
		*out = read; /* spans of the input */
	mdoc_cbor_free(inner);
	mdoc_cbor_free(scan);
	return res;
}

enum mdoc_result
mdoc_device_signed_put(struct mdoc_buf *buf, struct mdoc_bytes device_authentication_bytes,
	struct mdoc_bytes namespaces_bytes, const struct mdoc_signer *signer)
{
	const size_t before = buf->len;
	enum mdoc_result res;

	mdoc_put_map(buf, 2);
	mdoc_put_text(buf, "nameSpaces");
	mdoc_put_raw(buf, namespaces_bytes);
	mdoc_put_text(buf, "deviceAuth");
	mdoc_put_map(buf, 1);
	mdoc_put_text(buf, "deviceSignature");
	res = mdoc_sign1_put(buf, signer, device_authentication_bytes,
		&(struct mdoc_sign1_options){ .detached = true });
	if (res != MDOC_OK && buf->err == MDOC_OK)
		mdoci_buf_truncate(buf, before);
	return res != MDOC_OK ? res : buf->err;
}

static bool
sign_nothing(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	(void)arg;
	(void)alg;
	(void)tbs;
	memset(sig, 0, MDOC_SIG_MAX);
	return true;
}

size_t
mdoc_device_signed_size(struct mdoc_bytes namespaces_bytes, enum mdoc_curve curve)
{
	const struct mdoc_signer signer = { mdoc_curve_alg(curve), curve, sign_nothing, NULL };
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	size_t size = 0;

	if (mdoc_device_signed_put(&buf, MDOC_NO_BYTES, namespaces_bytes, &signer) == MDOC_OK)
		size = buf.len;
	mdoc_buf_clear(&buf);
	return size;
}
