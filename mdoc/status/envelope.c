/*
 * mdoc/status/envelope.c: the COSE_Sign1 around a list.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/envelope.h"
#include <string.h>

#define TAG_SIGN1 18
#define TAG_CWT 61
#define HEADER_ALG 1
#define HEADER_TYPE 16
#define HEADER_X5CHAIN 33

static struct mdoc_node
without_tag(struct mdoc_node node, uint64_t unwanted)
{
	struct mdoc_node content;
	uint64_t tag;

	return mdoc_node_tag(node, &tag, &content) && tag == unwanted ? content : node;
}

/* What mdoc_sign1_parse() does not look for in the protected header. */
static enum mdoc_result
read_header(const struct mdoc_context *context, struct mdoci_envelope *envelope, struct mdoc_error *error)
{
	const struct mdoc_bytes whole = mdoc_node_span(envelope->sign1.node);
	const size_t offset =
		mdoc_node_offset(envelope->sign1.node) + (size_t)(envelope->sign1.protected_.ptr - whole.ptr);
	enum mdoc_result res = mdoc_cbor_scan(context, envelope->sign1.protected_, offset, &envelope->header, error);
	struct mdoc_node chain;

	if (res != MDOC_OK)
		return res;
	(void)mdoc_node_tstr(mdoc_map_int(mdoc_cbor_root(envelope->header), HEADER_TYPE), &envelope->type);
	chain = mdoc_map_int(mdoc_cbor_root(envelope->header), HEADER_X5CHAIN);
	if (mdoc_node_present(chain))
		envelope->sign1.x5chain = chain;
	if (mdoc_node_count(chain) > mdoc_context_limit(context, MDOC_LIMIT_CERTIFICATES))
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(chain), "x5chain", "at most %zu certificates",
			mdoc_context_limit(context, MDOC_LIMIT_CERTIFICATES));
	if (!mdoc_sign1_certificate(&envelope->sign1, 0, &envelope->signer))
		return mdoci_fail(error, MDOC_ERR_MISSING, offset, "", "x5chain (33) in the protected header");
	return MDOC_OK;
}

static enum mdoc_result
read_payload(const struct mdoc_context *context, struct mdoci_envelope *envelope, struct mdoc_error *error)
{
	const struct mdoc_bytes payload = envelope->sign1.payload;
	const struct mdoc_node node = envelope->sign1.node;
	enum mdoc_result res;

	if (payload.ptr == NULL)
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(node), "payload", "a payload");
	res = mdoc_cbor_scan(context, payload,
		mdoc_node_offset(node) + (size_t)(payload.ptr - mdoc_node_span(node).ptr), &envelope->content, error);
	if (res != MDOC_OK)
		mdoci_error_prefix(error, "payload");
	else
		envelope->payload = mdoc_cbor_root(envelope->content);
	return res;
}

enum mdoc_result
mdoci_envelope_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoci_envelope *envelope,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	memset(envelope, 0, sizeof(*envelope));
	res = mdoc_cbor_scan(context, input, 0, &envelope->scan, error);
	if (res == MDOC_OK) {
		const struct mdoc_node node =
			without_tag(without_tag(mdoc_cbor_root(envelope->scan), TAG_CWT), TAG_SIGN1);

		res = mdoc_sign1_parse(node, "", &envelope->sign1, error);
	}
	if (res == MDOC_OK)
		res = read_header(context, envelope, error);
	if (res == MDOC_OK)
		res = read_payload(context, envelope, error);
	if (res != MDOC_OK)
		mdoci_envelope_clear(envelope);
	return res;
}

void
mdoci_envelope_clear(struct mdoci_envelope *envelope)
{
	mdoc_cbor_free(envelope->content);
	mdoc_cbor_free(envelope->header);
	mdoc_cbor_free(envelope->scan);
	memset(envelope, 0, sizeof(*envelope));
}

enum mdoc_result
mdoci_envelope_verify(const struct mdoc_context *context, const struct mdoci_envelope *envelope,
	struct mdoc_error *error)
{
	struct mdoc_public_key key;
	enum mdoc_result res = mdoc_cert_key(context, envelope->signer, &key);

	if (res != MDOC_OK)
		return mdoci_fail(error, res, SIZE_MAX, "x5chain", "a certificate with a key that may sign lists");
	res = mdoc_sign1_verify(context, &envelope->sign1, &key, MDOC_NO_BYTES);
	if (res != MDOC_OK)
		return mdoci_fail(error, res, mdoc_node_offset(envelope->sign1.node), "signature",
			"a signature by the key of the first certificate");
	return MDOC_OK;
}

static void
put_x5chain(struct mdoc_buf *buf, const struct mdoc_bytes *x5chain, size_t count)
{
	mdoc_put_int(buf, HEADER_X5CHAIN);
	if (count > 1)
		mdoc_put_array(buf, count);
	for (size_t i = 0; i < count; i++)
		mdoc_put_bstr(buf, x5chain[i]);
}

static enum mdoc_result
sign(const struct mdoc_signer *signer, struct mdoc_bytes header, struct mdoc_bytes payload, uint8_t sig[MDOC_SIG_MAX])
{
	struct mdoc_buf tbs = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_sig_structure(&tbs, header, payload);
	res = tbs.err;
	if (res == MDOC_OK && !signer->sign(signer->arg, signer->alg, mdoc_buf_bytes(&tbs), sig))
		res = MDOC_ERR_CALLBACK;
	mdoc_buf_clear(&tbs);
	return res;
}

enum mdoc_result
mdoci_envelope_put(struct mdoc_buf *buf, const struct mdoci_envelope_form *form, const struct mdoc_signer *signer,
	const struct mdoc_bytes *x5chain, size_t count, struct mdoc_bytes payload)
{
	struct mdoc_buf header = MDOC_BUF_EMPTY;
	uint8_t sig[MDOC_SIG_MAX];
	enum mdoc_result res;

	if (signer == NULL || count == 0)
		return MDOC_ERR_ARG;
	if (mdoc_alg_sig_size(signer->alg) == 0)
		return MDOC_ERR_ALGORITHM;
	mdoc_put_map(&header, 1U + (form->type != NULL ? 1U : 0U) + (form->x5chain_protected ? 1U : 0U));
	mdoc_put_int(&header, HEADER_ALG);
	mdoc_put_int(&header, signer->alg);
	if (form->type != NULL) {
		mdoc_put_int(&header, HEADER_TYPE);
		mdoc_put_text(&header, form->type);
	}
	if (form->x5chain_protected)
		put_x5chain(&header, x5chain, count);
	res = header.err;
	if (res == MDOC_OK)
		res = sign(signer, mdoc_buf_bytes(&header), payload, sig);
	if (res != MDOC_OK)
		goto out;
	if (form->tagged)
		mdoc_put_tag(buf, TAG_SIGN1);
	mdoc_put_array(buf, 4);
	mdoc_put_bstr(buf, mdoc_buf_bytes(&header));
	mdoc_put_map(buf, form->x5chain_protected ? 0 : 1);
	if (!form->x5chain_protected)
		put_x5chain(buf, x5chain, count);
	mdoc_put_bstr(buf, payload);
	mdoc_put_bstr(buf, mdoc_bytes_of(sig, mdoc_alg_sig_size(signer->alg)));
	res = buf->err;
out:
	mdoc_buf_clear(&header);
	return res;
}
