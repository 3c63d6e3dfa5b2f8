/*
 * mdoc/verify/verify_device.c: device authentication (R-VX-01, R-TX-01) by signature or MAC.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <string.h>

/* MDOC_ERR_SIGNATURE: another tag. The shared secret and the key do not stay. */
static enum mdoc_result
verify_mac(const struct mdoci_verifier *v, const struct mdoc_document *doc,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_error *why)
{
	uint8_t secret[MDOC_SHARED_MAX] = { 0 }, key[MDOC_MAC_LEN] = { 0 };
	struct mdoc_mac0 mac0;
	size_t len = 0;
	enum mdoc_result res = mdoc_mac0_parse(doc->device_signed.mac, "", &mac0, why);

	if (res != MDOC_OK)
		return res;
	if (v->options->reader == NULL)
		return mdoci_fail(why, MDOC_ERR_KEY, SIZE_MAX, "", "the reader's private key, to check a deviceMac");
	res = mdoc_agree(v->options->reader, &doc->issuer_signed->mso.device_key, secret, &len);
	if (res == MDOC_ERR_KEY)
		(void)mdoci_fail(why, res, SIZE_MAX, "", "a reader key on the device key's curve");
	if (res == MDOC_OK)
		res = mdoci_emac_key(v->context, v->options->transcript, mdoc_bytes_of(secret, len), key);
	if (res == MDOC_OK)
		res = mdoc_mac0_verify(v->context, &mac0, key, device_authentication_bytes);
	if (res == MDOC_ERR_SIGNATURE)
		(void)mdoci_fail(why, res, SIZE_MAX, "",
			"a MAC by MSO.deviceKey and the reader's key over our SessionTranscript");
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(key, sizeof(key));
	return res;
}

/* R-TX-01: what the law calls a signature is no MAC, whatever the caller allows. */
static bool
mac_allowed(const struct mdoci_verifier *v, const struct mdoc_document *doc)
{
	return v->options->mac_allowed && mdoc_doc_type_takes_mac(doc->doc_type) &&
		mdoc_doc_type_takes_mac(doc->issuer_signed->mso.doc_type);
}

static enum mdoc_result
check_form(const struct mdoci_verifier *v, const struct mdoc_document *doc, struct mdoc_error *why)
{
	const struct mdoc_device_signed *ds = &doc->device_signed;
	struct mdoc_bytes payload = ds->signature.payload;
	struct mdoc_mac0 mac0;
	enum mdoc_result res = MDOC_OK;

	if (ds->is_mac && !mac_allowed(v, doc))
		return mdoci_fail(why, MDOC_ERR_ALGORITHM, SIZE_MAX, "", "a deviceSignature; a MAC is none (R-TX-01)");
	if (ds->is_mac) {
		res = mdoc_mac0_parse(ds->mac, "", &mac0, why);
		payload = mac0.payload;
	}
	if (res != MDOC_OK && res != MDOC_ERR_ALGORITHM) /* which has its row */
		return res;
	if (payload.ptr != NULL)
		return mdoci_fail(why, MDOC_ERR_VALUE, SIZE_MAX, "", "a detached payload (nil)");
	return MDOC_OK;
}

static enum mdoc_result
device_auth(const struct mdoci_verifier *v, const struct mdoc_document *doc, struct mdoc_error *why)
{
	struct mdoc_buf tbs = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_put_device_authentication_bytes(&tbs, v->options->transcript, doc->doc_type,
		doc->device_signed.namespaces_bytes);
	res = tbs.err;
	if (res == MDOC_OK && doc->device_signed.is_mac) {
		res = verify_mac(v, doc, mdoc_buf_bytes(&tbs), why);
	} else if (res == MDOC_OK) {
		res = mdoc_sign1_verify_evp(v->context, &doc->device_signed.signature,
			doc->issuer_signed->mso.device_key.curve, doc->issuer_signed->mso.device_pkey,
			mdoc_buf_bytes(&tbs));
		if (res != MDOC_OK)
			(void)mdoci_fail(why, res, SIZE_MAX, "",
				res == MDOC_ERR_ALGORITHM ? "an algorithm that fits MSO.deviceKey"
							  : "a signature by MSO.deviceKey over our SessionTranscript");
	}
	mdoc_buf_clear(&tbs);
	return res;
}

static void
check_device_auth(struct mdoci_verifier *v, const struct mdoc_document *doc)
{
	const struct mdoc_device_signed *ds = &doc->device_signed;
	const struct mdoci_place place = { MDOCI_PART_DOCUMENT,
		ds->is_mac ? "deviceSigned.deviceAuth.deviceMac" : "deviceSigned.deviceAuth.deviceSignature",
		mdoc_node_span(ds->is_mac ? ds->mac : ds->signature.node) };
	struct mdoc_error why = { 0 };
	enum mdoc_result res = check_form(v, doc, &why);

	mdoci_row_result(v, MDOC_CHECK_DEVICE_AUTH_FORM, &place, res, &why);
	if (res != MDOC_OK) {
		mdoci_row_not_done(v, MDOC_CHECK_DEVICE_AUTH_ALGORITHM, &place);
		mdoci_row_not_done(v, MDOC_CHECK_DEVICE_AUTH, &place);
		return;
	}
	ERR_set_mark();
	res = device_auth(v, doc, &why);
	ERR_pop_to_mark();
	why.offset = SIZE_MAX; /* the place of the row is the better one */
	mdoci_row_result(v, MDOC_CHECK_DEVICE_AUTH_ALGORITHM, &place, res == MDOC_ERR_ALGORITHM ? res : MDOC_OK, &why);
	if (res == MDOC_ERR_ALGORITHM)
		mdoci_row_not_done(v, MDOC_CHECK_DEVICE_AUTH, &place);
	else
		mdoci_row_result(v, MDOC_CHECK_DEVICE_AUTH, &place, res, &why);
}

void
mdoci_verify_device_signed(struct mdoci_verifier *v, const struct mdoc_document *doc)
{
	const struct mdoc_device_signed *ds = &doc->device_signed;
	const struct mdoci_place place = { MDOCI_PART_DOCUMENT, "deviceSigned.nameSpaces", ds->namespaces_bytes };
	struct mdoc_error why = { 0 };
	enum mdoc_result res;

	check_device_auth(v, doc);
	res = mdoci_authorizations_check(doc->issuer_signed, ds->namespaces, &why);
	mdoci_row_result(v, MDOC_CHECK_KEY_AUTHORIZATIONS, &place, res, &why);
	memset(&why, 0, sizeof(why));
	res = mdoci_replacement_check(doc->issuer_signed, ds->namespaces, &why);
	/* What is no list of names has its row already. */
	if (res == MDOC_OK || res == MDOC_ERR_AUTHORIZATION)
		mdoci_row_result(v, MDOC_CHECK_DEVICE_ELEMENTS, &place, res, &why);
	else
		mdoci_row_not_done(v, MDOC_CHECK_DEVICE_ELEMENTS, &place);
}
