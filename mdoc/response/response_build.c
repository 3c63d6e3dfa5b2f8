/*
 * mdoc/response/response_build.c: the DeviceResponse for a selection; items and issuerAuth as received.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/request/request_internal.h"
#include <mdoc/response.h>
#include <string.h>

/* DeviceNameSpacesBytes of an empty map: nothing is device-signed. */
static const uint8_t no_namespaces[] = { 0xd8, 0x18, 0x41, 0xa0 };

static void
put_issuer_signed(struct mdoc_buf *buf, const struct mdoc_selection *selection)
{
	size_t namespaces = 0, i = 0, end;

	for (size_t j = 0; j < selection->count; j++)
		namespaces += j == 0 || selection->item_ns[j] != selection->item_ns[j - 1] ? 1 : 0;
	mdoc_put_map(buf, 2);
	mdoc_put_text(buf, "nameSpaces");
	mdoc_put_map(buf, namespaces);
	while (i < selection->count) {
		for (end = i; end < selection->count && selection->item_ns[end] == selection->item_ns[i]; end++)
			;
		mdoc_put_tstr(buf, selection->item_ns[i]->name);
		mdoc_put_array(buf, end - i);
		for (; i < end; i++)
			mdoc_put_raw(buf, selection->items[i]->tagged);
	}
	mdoc_put_text(buf, "issuerAuth");
	mdoc_put_raw(buf, mdoc_node_span(selection->record->issuer_auth.node));
}

/* Is refused[i] the first of its namespace? */
static bool
first_of_namespace(const struct mdoc_selection *selection, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (mdoc_bytes_equal(selection->refused[j].ns, selection->refused[i].ns))
			return false;
	}
	return true;
}

static size_t
refused_in(const struct mdoc_selection *selection, struct mdoc_bytes ns)
{
	size_t count = 0;

	for (size_t i = 0; i < selection->refused_count; i++)
		count += mdoc_bytes_equal(selection->refused[i].ns, ns) ? 1 : 0;
	return count;
}

/* errors: {namespace: {element: 0}}, code 0 is "data not returned". */
static void
put_errors(struct mdoc_buf *buf, const struct mdoc_selection *selection)
{
	size_t namespaces = 0;

	for (size_t i = 0; i < selection->refused_count; i++)
		namespaces += first_of_namespace(selection, i) ? 1 : 0;
	mdoc_put_map(buf, namespaces);
	for (size_t i = 0; i < selection->refused_count; i++) {
		const struct mdoc_bytes ns = selection->refused[i].ns;

		if (!first_of_namespace(selection, i))
			continue;
		mdoc_put_tstr(buf, ns);
		mdoc_put_map(buf, refused_in(selection, ns));
		for (size_t j = i; j < selection->refused_count; j++) {
			if (!mdoc_bytes_equal(selection->refused[j].ns, ns))
				continue;
			mdoc_put_tstr(buf, selection->refused[j].element);
			mdoc_put_uint(buf, 0);
		}
	}
}

static bool
other_doc_type(const struct mdoc_selection *selection, size_t d)
{
	const struct mdoc_doc_request *docs = selection->request->docs;

	if (mdoc_bytes_equal(docs[d].doc_type, selection->record->mso.doc_type))
		return false;
	for (size_t i = 0; i < d; i++) {
		if (mdoc_bytes_equal(docs[i].doc_type, docs[d].doc_type))
			return false;
	}
	return true;
}

static size_t
other_doc_types(const struct mdoc_selection *selection)
{
	size_t count = 0;

	for (size_t d = 0; d < selection->request->count; d++)
		count += other_doc_type(selection, d) ? 1 : 0;
	return count;
}

static void
put_document_errors(struct mdoc_buf *buf, const struct mdoc_selection *selection)
{
	mdoc_put_array(buf, other_doc_types(selection));
	for (size_t d = 0; d < selection->request->count; d++) {
		if (!other_doc_type(selection, d))
			continue;
		mdoc_put_map(buf, 1);
		mdoc_put_tstr(buf, selection->request->docs[d].doc_type);
		mdoc_put_uint(buf, 0);
	}
}

static void
put_response(struct mdoc_buf *buf, const struct mdoc_selection *selection, struct mdoc_bytes device_signed)
{
	const bool others = other_doc_types(selection) > 0;

	mdoc_put_map(buf, others ? 4 : 3);
	mdoc_put_text(buf, "version");
	mdoc_put_text(buf, "1.0");
	mdoc_put_text(buf, "documents");
	mdoc_put_array(buf, 1);
	mdoc_put_map(buf, selection->refused_count > 0 ? 4 : 3);
	mdoc_put_text(buf, "docType");
	mdoc_put_tstr(buf, selection->record->mso.doc_type);
	mdoc_put_text(buf, "issuerSigned");
	put_issuer_signed(buf, selection);
	mdoc_put_text(buf, "deviceSigned");
	if (device_signed.len > 0) /* while the size is worked out there is none yet */
		mdoc_put_raw(buf, device_signed);
	if (selection->refused_count > 0) {
		mdoc_put_text(buf, "errors");
		put_errors(buf, selection);
	}
	if (others) {
		mdoc_put_text(buf, "documentErrors");
		put_document_errors(buf, selection);
	}
	mdoc_put_text(buf, "status");
	mdoc_put_uint(buf, 0);
}

enum mdoc_result
mdoc_response_size(const struct mdoc_selection *selection, size_t *size)
{
	const enum mdoc_curve curve = selection->record->mso.device_key.curve;
	const size_t device_signed =
		mdoc_device_signed_size(mdoc_bytes_of(no_namespaces, sizeof(no_namespaces)), curve);
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	if (device_signed == 0)
		return MDOC_ERR_ALGORITHM;
	put_response(&buf, selection, MDOC_NO_BYTES);
	*size = buf.len + device_signed;
	res = buf.err;
	mdoc_buf_clear(&buf);
	return res;
}

/* What the signer gave back is one CBOR item and nothing else. */
static enum mdoc_result
sign(const struct mdoc_device_signer *signer, struct mdoc_bytes to_sign, struct mdoc_buf *device_signed)
{
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	if (!signer->sign(signer->arg, to_sign, device_signed) || device_signed->err != MDOC_OK)
		return MDOC_ERR_CALLBACK;
	res = mdoc_cbor_scan(NULL, mdoc_buf_bytes(device_signed), 0, &scan, NULL);
	mdoc_cbor_free(scan);
	return res == MDOC_OK || res == MDOC_ERR_MEMORY ? res : MDOC_ERR_CALLBACK;
}

enum mdoc_result
mdoc_response_build(const struct mdoc_selection *selection, struct mdoc_bytes transcript,
	const struct mdoc_device_signer *signer, struct mdoc_buf *out, struct mdoc_error *error)
{
	struct mdoc_buf to_sign = MDOC_BUF_EMPTY, device_signed = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_put_device_authentication_bytes(&to_sign, transcript, selection->record->mso.doc_type,
		mdoc_bytes_of(no_namespaces, sizeof(no_namespaces)));
	res = to_sign.err;
	if (res == MDOC_OK)
		res = sign(signer, mdoc_buf_bytes(&to_sign), &device_signed);
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "documents[0].deviceSigned", "DeviceSigned by the device key");
	if (res == MDOC_OK) {
		put_response(out, selection, mdoc_buf_bytes(&device_signed));
		res = out->err;
	}
	mdoc_buf_clear(&to_sign);
	mdoc_buf_clear(&device_signed);
	return res;
}
