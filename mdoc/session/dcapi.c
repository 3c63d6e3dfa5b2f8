/*
 * mdoc/session/dcapi.c: EncryptionInfo and EncryptedResponse (ISO/IEC TS 18013-7 Annex C).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/base64url.h>
#include <mdoc/dcapi.h>
#include "mdoc/base/internal.h"
#include "mdoc/session/hpke.h"
#include <openssl/evp.h>

#define PROTOCOL "dcapi"

/* ["dcapi", {…}] */
static enum mdoc_result
read_pair(struct mdoc_node root, struct mdoc_node *map, struct mdoc_error *error)
{
	struct mdoc_bytes name = MDOC_NO_BYTES;

	*map = mdoc_node_at(root, 1);
	if (mdoc_node_type(root) != MDOC_CBOR_ARRAY || mdoc_node_count(root) != 2 ||
		!mdoc_node_tstr(mdoc_node_first(root), &name) || !mdoc_bytes_is_text(name, PROTOCOL) ||
		mdoc_node_type(*map) != MDOC_CBOR_MAP)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(root), "", "[\"" PROTOCOL "\", a map]");
	return MDOC_OK;
}

enum mdoc_result
mdoc_encryption_info_build(struct mdoc_bytes nonce, const struct mdoc_public_key *key, struct mdoc_buf *text,
	struct mdoc_error *error)
{
	struct mdoc_buf info = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	if (nonce.len < MDOC_DCAPI_NONCE_MIN)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "nonce", "%d bytes or more", MDOC_DCAPI_NONCE_MIN);
	if (key->curve != MDOC_CURVE_P256)
		return mdoci_fail(error, MDOC_ERR_KEY, SIZE_MAX, "recipientPublicKey", "a key on P-256");
	mdoc_put_array(&info, 2);
	mdoc_put_text(&info, PROTOCOL);
	mdoc_put_map(&info, 2);
	mdoc_put_text(&info, "nonce");
	mdoc_put_bstr(&info, nonce);
	mdoc_put_text(&info, "recipientPublicKey");
	mdoc_put_key(&info, key);
	res = info.err;
	if (res == MDOC_OK) {
		mdoc_base64url_encode(text, mdoc_buf_bytes(&info));
		res = text->err;
	}
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "", "a key and room for the text");
	mdoc_buf_clear(&info);
	return res;
}

enum mdoc_result
mdoc_encryption_info_parse(const struct mdoc_context *context, struct mdoc_bytes text, struct mdoc_public_key *key,
	struct mdoc_buf *nonce, struct mdoc_error *error)
{
	struct mdoc_buf info = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node map, node;
	struct mdoc_bytes bytes = MDOC_NO_BYTES;
	enum mdoc_result res;

	*key = (struct mdoc_public_key){ .curve = MDOC_CURVE_NONE };
	if (text.len > mdoc_context_limit(context, MDOC_LIMIT_INPUT))
		return mdoci_fail(error, MDOC_ERR_SIZE, 0, "", "a shorter text");
	res = mdoc_base64url_decode(text, &info);
	if (res != MDOC_OK) {
		(void)mdoci_fail(error, res, 0, "", "base64url without padding");
		goto out;
	}
	res = mdoc_cbor_scan(context, mdoc_buf_bytes(&info), 0, &scan, error);
	if (res == MDOC_OK)
		res = read_pair(mdoc_cbor_root(scan), &map, error);
	if (res == MDOC_OK)
		res = mdoci_member_bstr(map, "nonce", "", &bytes, error);
	if (res == MDOC_OK && bytes.len == 0)
		res = mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(map), "nonce", "one byte or more");
	if (res == MDOC_OK)
		res = mdoci_member(map, "recipientPublicKey", MDOC_CBOR_MAP, "", &node, error);
	if (res == MDOC_OK)
		res = mdoc_key_parse(context, node, key, NULL, error);
	if (res == MDOC_OK && nonce != NULL) {
		mdoc_buf_append(nonce, bytes);
		res = nonce->err;
	}
out:
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&info);
	return res;
}

enum mdoc_result
mdoc_dcapi_seal(const struct mdoc_context *context, const struct mdoc_public_key *recipient,
	struct mdoc_bytes transcript, struct mdoc_bytes response, struct mdoc_buf *out, struct mdoc_error *error)
{
	struct mdoc_agreement ephemeral = { .arg = NULL };
	struct mdoc_buf sealed = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;
	uint8_t enc[MDOCI_HPKE_ENC];
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(mdoc_context_libctx(context), NULL, "EC", "P-256");
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	if (pkey == NULL)
		goto out;
	res = mdoc_agreement_from_evp(context, pkey, &ephemeral);
	if (res == MDOC_OK)
		res = mdoci_hpke_seal(context, &ephemeral, recipient, transcript, MDOC_NO_BYTES, response, enc,
			&sealed);
	if (res != MDOC_OK)
		goto out;
	mdoc_put_array(&made, 2);
	mdoc_put_text(&made, PROTOCOL);
	mdoc_put_map(&made, 2);
	mdoc_put_text(&made, "enc");
	mdoc_put_bstr(&made, mdoc_bytes_of(enc, sizeof(enc)));
	mdoc_put_text(&made, "cipherText");
	mdoc_put_bstr(&made, mdoc_buf_bytes(&sealed));
	res = made.err;
	if (res == MDOC_OK) {
		mdoc_buf_append(out, mdoc_buf_bytes(&made));
		res = out->err;
	}
out:
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "", "a recipient's key on P-256");
	mdoc_agreement_clear(&ephemeral);
	EVP_PKEY_free(pkey);
	mdoc_buf_clear(&sealed);
	mdoc_buf_clear(&made);
	return res;
}

enum mdoc_result
mdoc_dcapi_open(const struct mdoc_context *context, const struct mdoc_agreement *recipient,
	struct mdoc_bytes transcript, struct mdoc_bytes message, struct mdoc_buf *response, struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes enc = MDOC_NO_BYTES, sealed = MDOC_NO_BYTES;
	struct mdoc_node map;
	enum mdoc_result res;

	res = mdoc_cbor_scan(context, message, 0, &scan, error);
	if (res == MDOC_OK)
		res = read_pair(mdoc_cbor_root(scan), &map, error);
	if (res == MDOC_OK)
		res = mdoci_member_bstr(map, "enc", "", &enc, error);
	if (res == MDOC_OK)
		res = mdoci_member_bstr(map, "cipherText", "", &sealed, error);
	if (res != MDOC_OK)
		goto out;
	res = mdoci_hpke_open(context, recipient, enc, transcript, MDOC_NO_BYTES, sealed, response);
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, mdoc_node_offset(map), "cipherText",
			"a response for this key and this session");
out:
	mdoc_cbor_free(scan);
	return res;
}
