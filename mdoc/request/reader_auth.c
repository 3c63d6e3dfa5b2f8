/*
 * mdoc/request/reader_auth.c: reader authentication (ISO/IEC 18013-5, 9.1.4), the signature only.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/reader_auth.h"
#include "mdoc/request/request_internal.h"
#include <mdoc/x509.h>

void
mdoci_put_reader_authentication_bytes(struct mdoc_buf *buf, struct mdoc_bytes transcript,
	struct mdoc_bytes items_request_bytes)
{
	struct mdoc_buf inner = MDOC_BUF_EMPTY;

	mdoc_put_array(&inner, 3);
	mdoc_put_text(&inner, "ReaderAuthentication");
	mdoc_put_raw(&inner, transcript);
	mdoc_put_raw(&inner, items_request_bytes);
	if (buf->err == MDOC_OK)
		buf->err = inner.err;
	mdoc_put_embedded(buf, mdoc_buf_bytes(&inner));
	mdoc_buf_clear(&inner);
}

/* Failures of ours stay what they are; whatever is wrong with the reader's data is one result. */
static enum mdoc_result
verify(const struct mdoc_context *context, const struct mdoc_sign1 *auth, struct mdoc_bytes der,
	struct mdoc_bytes payload)
{
	struct mdoc_public_key key;
	enum mdoc_result res;

	res = mdoc_cert_key(context, der, &key);
	if (res == MDOC_OK)
		res = mdoc_sign1_verify(context, auth, &key, payload);
	if (res == MDOC_OK || res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO)
		return res;
	return MDOC_ERR_READER_AUTH;
}

enum mdoc_result
mdoc_reader_auth_verify(const struct mdoc_context *context, const struct mdoc_doc_request *doc,
	struct mdoc_bytes transcript, struct mdoc_error *error)
{
	static const char path[] = "readerAuth";
	struct mdoc_buf payload = MDOC_BUF_EMPTY;
	struct mdoc_bytes der;
	enum mdoc_result res;
	size_t offset;

	if (!doc->has_reader_auth)
		return MDOC_OK;
	offset = mdoc_node_offset(doc->reader_auth.node);
	if (doc->reader_auth.payload.ptr != NULL)
		return mdoci_fail(error, MDOC_ERR_READER_AUTH, offset, path, "null as payload: it is detached");
	if (!mdoc_sign1_certificate(&doc->reader_auth, 0, &der))
		return mdoci_fail(error, MDOC_ERR_READER_AUTH, offset, path, "the reader's certificate in x5chain");
	mdoci_put_reader_authentication_bytes(&payload, transcript, doc->items_request_bytes);
	res = payload.err;
	if (res == MDOC_OK)
		res = verify(context, &doc->reader_auth, der, mdoc_buf_bytes(&payload));
	mdoc_buf_clear(&payload);
	if (res != MDOC_OK)
		return mdoci_fail(error, res, offset, path, "a signature by the reader's certificate");
	return MDOC_OK;
}
