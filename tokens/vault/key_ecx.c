/*
 * tokens/vault/key_ecx.c: keys of RFC 8032 (Ed25519, Ed448) and RFC 7748 (X25519, X448).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/vault/key_priv.h"

enum token_result
vault_ecx_import(OSSL_LIB_CTX *libctx, enum token_curve curve, const struct secret *bytes, EVP_PKEY **pkey)
{
	*pkey = EVP_PKEY_new_raw_private_key_ex(libctx, token_curve_group(curve), NULL, bytes->ptr, bytes->len);
	return *pkey != NULL ? TOKEN_OK : TOKEN_ERR_CRYPTO;
}

enum token_result
vault_ecx_export(const EVP_PKEY *pkey, struct secret *bytes)
{
	size_t len = bytes->len;

	if (EVP_PKEY_get_raw_private_key(pkey, bytes->ptr, &len) != 1 || len != bytes->len)
		return TOKEN_ERR_CRYPTO;
	return TOKEN_OK;
}

enum token_result
vault_ecx_sign(struct vault_key *key, const uint8_t *message, size_t len, uint8_t *sig, size_t *sig_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t made = token_curve_sig_size(key->head.curve);
	enum token_result res = TOKEN_ERR_CRYPTO;

	if (ctx == NULL)
		return TOKEN_ERR_MEMORY;
	if (EVP_DigestSignInit_ex(ctx, NULL, NULL, key->libctx, NULL, key->pkey, NULL) == 1 &&
		EVP_DigestSign(ctx, sig, &made, message, len) == 1) {
		*sig_len = made;
		res = TOKEN_OK;
	}
	EVP_MD_CTX_free(ctx);
	return res;
}
