/*
 * mdoc/status/envelope.c: the COSE_Sign1 around a list.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/envelope.h"
#include <string.h>

#define TAG_CWT 61

static struct mdoc_node
without_tag(struct mdoc_node node, uint64_t unwanted)
{
	struct mdoc_node content;
	uint64_t tag;

	return mdoc_node_tag(node, &tag, &content) && tag == unwanted ? content : node;
}

static enum mdoc_result
read_payload(struct mdoci_envelope *envelope, struct mdoc_error *error)
{
	const struct mdoc_node payload = envelope->sign1.payload_node;
	enum mdoc_result res;

	if (envelope->sign1.payload.ptr == NULL)
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(payload), "payload", "a payload");
	res = mdoci_scan_content(payload, "payload", &envelope->content, error);
	if (res == MDOC_OK)
		envelope->payload = mdoc_cbor_root(envelope->content);
	return res;
}

enum mdoc_result
mdoci_envelope_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoci_envelope *envelope,
	struct mdoc_error *error)
{
	static const struct mdoc_sign1_form form = { MDOC_COSE_TAG_EITHER, MDOC_X5CHAIN_EITHER };
	struct mdoc_node node;
	enum mdoc_result res;

	memset(envelope, 0, sizeof(*envelope));
	res = mdoc_cbor_scan(context, input, 0, &envelope->scan, error);
	node = without_tag(mdoc_cbor_root(envelope->scan), TAG_CWT);
	if (res == MDOC_OK)
		res = mdoci_sign1_read(node, "", &form, &envelope->sign1, error);
	if (res == MDOC_OK && !mdoc_sign1_certificate(&envelope->sign1, 0, &envelope->signer))
		res = mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(node), "",
			"x5chain (33) in the protected header");
	envelope->type = envelope->sign1.type;
	if (res == MDOC_OK)
		res = read_payload(envelope, error);
	if (res != MDOC_OK)
		mdoci_envelope_clear(envelope);
	return res;
}

void
mdoci_envelope_clear(struct mdoci_envelope *envelope)
{
	mdoc_cbor_free(envelope->content);
	mdoci_sign1_clear(&envelope->sign1);
	mdoc_cbor_free(envelope->scan);
	memset(envelope, 0, sizeof(*envelope));
}

enum mdoc_result
mdoci_envelope_verify(const struct mdoc_context *context, const struct mdoci_envelope *envelope,
	const struct mdoc_cert *signer, struct mdoc_error *error)
{
	struct mdoc_public_key key;
	enum mdoc_result res = mdoc_cert_public_key(signer, &key);

	if (res != MDOC_OK)
		return mdoci_fail(error, res, SIZE_MAX, "x5chain", "a certificate with a key that may sign lists");
	res = mdoc_sign1_verify_evp(context, &envelope->sign1, key.curve, mdoc_cert_pkey(signer), MDOC_NO_BYTES);
	if (res != MDOC_OK)
		return mdoci_fail(error, res, mdoc_node_offset(envelope->sign1.node), "signature",
			"a signature by the key of the first certificate");
	return MDOC_OK;
}

enum mdoc_result
mdoci_judged_result(const struct mdoc_judged *judged, enum mdoc_result res, bool crl_required, struct mdoc_error *error)
{
	const struct mdoc_error *const parts[] = { &judged->profile, &judged->path, &judged->validity,
		&judged->revocation };

	if (res == MDOC_OK && crl_required)
		res = judged->revocation.code;
	if (res == MDOC_OK)
		return MDOC_OK;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i]->code == res)
			return mdoci_fail(error, res, SIZE_MAX, "x5chain", "%s", parts[i]->expected);
	return mdoci_fail(error, res, SIZE_MAX, "x5chain", "a certificate that can be judged");
}

enum mdoc_result
mdoci_envelope_put(struct mdoc_buf *buf, const struct mdoci_envelope_form *form, const struct mdoc_signer *signer,
	const struct mdoc_bytes *x5chain, size_t count, struct mdoc_bytes payload)
{
	const struct mdoc_sign1_options options = {
		.tagged = form->tagged,
		.x5chain_protected = form->x5chain_protected,
		.x5chain = x5chain,
		.x5chain_count = count,
		.type = form->type,
	};

	return signer == NULL || count == 0 ? MDOC_ERR_ARG : mdoc_sign1_put(buf, signer, payload, &options);
}
