/*
 * mdoc/verify/verify_device.c: device authentication (R-VX-01, R-TX-01) by signature or MAC.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define COSE_ALG 1
#define COSE_CRIT 2
#define COSE_HMAC_256 5

/* COSE_Mac0 = [protected bstr {1: 5}, unprotected map, nil, tag bstr .size 32]. */
static enum mdoc_result
parse_mac0(struct mdoc_node node, struct mdoc_bytes *protected_, struct mdoc_bytes *tag, struct mdoc_error *why)
{
	const size_t offset = mdoc_node_offset(node);
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;
	int64_t alg = 0;

	if (!mdoc_node_present(node) || mdoc_node_type(node) != MDOC_CBOR_ARRAY || mdoc_node_count(node) != 4 ||
		!mdoc_node_bstr(mdoc_node_at(node, 0), protected_) ||
		mdoc_node_type(mdoc_node_at(node, 1)) != MDOC_CBOR_MAP || !mdoc_node_bstr(mdoc_node_at(node, 3), tag))
		return mdoci_fail(why, MDOC_ERR_TYPE, offset, "", "an untagged COSE_Mac0");
	if (!mdoc_node_is_null(mdoc_node_at(node, 2)))
		return mdoci_fail(why, MDOC_ERR_VALUE, offset, "", "a detached payload (nil)");
	res = mdoc_cbor_scan(mdoci_scan_context(node), *protected_, mdoc_node_offset(mdoc_node_at(node, 0)), &scan,
		why);
	if (res == MDOC_OK &&
		(!mdoc_node_int(mdoc_map_int(mdoc_cbor_root(scan), COSE_ALG), &alg) || alg != COSE_HMAC_256 ||
			tag->len != MDOCI_MAC_LEN))
		res = mdoci_fail(why, MDOC_ERR_ALGORITHM, offset, "", "HMAC 256/256 (5) in the protected header");
	if (res == MDOC_OK && mdoc_node_present(mdoc_map_int(mdoc_cbor_root(scan), COSE_CRIT)))
		res = mdoci_fail(why, MDOC_ERR_VALUE, offset, "", "no critical header (2): none is known here");
	mdoc_cbor_free(scan);
	return res;
}

static enum mdoc_result
shared_secret(const struct mdoci_verifier *v, const struct mdoc_public_key *device, uint8_t secret[MDOCI_ECDH_MAX],
	size_t *len, struct mdoc_error *why)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(v->context);
	struct mdoc_public_key reader;
	EVP_PKEY *peer = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	enum mdoc_result res;

	if (mdoc_key_from_evp(v->options->reader_key, &reader) != MDOC_OK || reader.curve != device->curve)
		return mdoci_fail(why, MDOC_ERR_KEY, SIZE_MAX, "", "a reader key on the device key's curve");
	res = mdoc_key_to_evp(v->context, device, &peer);
	if (res != MDOC_OK)
		goto out;
	res = MDOC_ERR_CRYPTO;
	*len = MDOCI_ECDH_MAX;
	ctx = EVP_PKEY_CTX_new_from_pkey(libctx, (EVP_PKEY *)v->options->reader_key, NULL);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, peer) != 1)
		goto out;
	if (EVP_PKEY_derive(ctx, secret, len) == 1)
		res = MDOC_OK;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return res;
}

enum mdoc_result
mdoci_device_mac_verify(const struct mdoci_verifier *v, const struct mdoc_document *doc,
	struct mdoc_bytes device_authentication_bytes, struct mdoc_error *why)
{
	struct mdoc_bytes protected_ = MDOC_NO_BYTES;
	struct mdoc_bytes tag = MDOC_NO_BYTES;
	uint8_t expected[MDOCI_MAC_LEN] = { 0 };
	uint8_t secret[MDOCI_ECDH_MAX] = { 0 };
	size_t secret_len = 0;
	enum mdoc_result res = parse_mac0(doc->device_signed.mac, &protected_, &tag, why);

	if (res == MDOC_OK)
		res = shared_secret(v, &doc->issuer_signed->mso.device_key, secret, &secret_len, why);
	if (res == MDOC_OK)
		res = mdoci_device_mac(v->context, v->options->transcript, device_authentication_bytes, protected_,
			mdoc_bytes_of(secret, secret_len), expected);
	if (res == MDOC_OK && CRYPTO_memcmp(expected, tag.ptr, sizeof(expected)) != 0)
		res = mdoci_fail(why, MDOC_ERR_SIGNATURE, SIZE_MAX, "",
			"a MAC by MSO.deviceKey and the reader's key over our SessionTranscript");
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(expected, sizeof(expected));
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

	if (ds->is_mac && !mac_allowed(v, doc))
		return mdoci_fail(why, MDOC_ERR_ALGORITHM, SIZE_MAX, "", "a deviceSignature; a MAC is none (R-TX-01)");
	if (!ds->is_mac && ds->signature.payload.ptr != NULL)
		return mdoci_fail(why, MDOC_ERR_VALUE, SIZE_MAX, "", "a detached payload (nil)");
	return MDOC_OK;
}

static enum mdoc_result
device_auth(const struct mdoci_verifier *v, const struct mdoc_document *doc, struct mdoc_error *why)
{
	struct mdoc_buf tbs = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	if (doc->device_signed.is_mac && v->options->reader_key == NULL)
		return mdoci_fail(why, MDOC_ERR_KEY, SIZE_MAX, "", "the reader's private key, to check a deviceMac");
	mdoc_put_device_authentication_bytes(&tbs, v->options->transcript, doc->doc_type,
		doc->device_signed.namespaces_bytes);
	res = tbs.err;
	if (res == MDOC_OK && doc->device_signed.is_mac) {
		res = mdoci_device_mac_verify(v, doc, mdoc_buf_bytes(&tbs), why);
	} else if (res == MDOC_OK) {
		res = mdoc_sign1_verify(v->context, &doc->device_signed.signature, &doc->issuer_signed->mso.device_key,
			mdoc_buf_bytes(&tbs));
		(void)mdoci_fail(why, res, SIZE_MAX, "",
			res == MDOC_ERR_ALGORITHM ? "an algorithm that fits MSO.deviceKey"
						  : "a signature by MSO.deviceKey over our SessionTranscript");
	}
	mdoc_buf_clear(&tbs);
	return res;
}

/* Is it the algorithm that is wrong, or what was made with it? */
static bool
about_algorithm(enum mdoc_result res)
{
	return res == MDOC_ERR_ALGORITHM || res == MDOC_ERR_TYPE || res == MDOC_ERR_VALUE;
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
	mdoci_row_result(v, MDOC_CHECK_DEVICE_AUTH_ALGORITHM, &place, about_algorithm(res) ? res : MDOC_OK, &why);
	if (about_algorithm(res))
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
