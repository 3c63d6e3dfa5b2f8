/*
 * tokens/tpm/crypto.c: SHA-256, HMAC and AES-128-CFB of session areas, on contexts that are kept.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "tokens/tpm/device_priv.h"

#define CFB_KEY 16
#define CFB_IV 16

bool
tpm_crypto_new(const struct seal_ctx *seal, struct tpm_crypto *crypto)
{
	OSSL_LIB_CTX *libctx = seal_ctx_libctx(seal);
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end() };

	crypto->sha256 = EVP_MD_fetch(libctx, "SHA256", NULL);
	crypto->digest = EVP_MD_CTX_new();
	crypto->hmac = EVP_MAC_fetch(libctx, "HMAC", NULL);
	crypto->mac = crypto->hmac != NULL ? EVP_MAC_CTX_new(crypto->hmac) : NULL;
	crypto->cfb = EVP_CIPHER_fetch(libctx, "AES-128-CFB", NULL);
	crypto->cipher = EVP_CIPHER_CTX_new();
	return crypto->sha256 != NULL && crypto->digest != NULL && crypto->mac != NULL && crypto->cfb != NULL &&
		crypto->cipher != NULL && EVP_MAC_CTX_set_params(crypto->mac, params) == 1;
}

void
tpm_crypto_free(struct tpm_crypto *crypto)
{
	EVP_MD_CTX_free(crypto->digest);
	EVP_MD_free(crypto->sha256);
	EVP_MAC_CTX_free(crypto->mac);
	EVP_MAC_free(crypto->hmac);
	EVP_CIPHER_CTX_free(crypto->cipher);
	EVP_CIPHER_free(crypto->cfb);
	memset(crypto, 0, sizeof(*crypto));
}

bool
tpm_sha256(struct tpm_crypto *crypto, const struct tpm_bytes *parts, size_t count, uint8_t digest[TPM_HASH_LEN])
{
	size_t i;

	if (EVP_DigestInit_ex2(crypto->digest, crypto->sha256, NULL) != 1)
		return false;
	for (i = 0; i < count; i++) {
		if (parts[i].len > 0 && EVP_DigestUpdate(crypto->digest, parts[i].ptr, parts[i].len) != 1)
			return false;
	}
	return EVP_DigestFinal_ex(crypto->digest, digest, NULL) == 1;
}

bool
tpm_hmac(struct tpm_crypto *crypto, struct secret key, const struct tpm_bytes *parts, size_t count,
	uint8_t mac[TPM_HASH_LEN])
{
	static const uint8_t none[1] = { 0 };
	size_t i, len = 0;
	bool ok;

	ok = EVP_MAC_init(crypto->mac, key.len > 0 ? key.ptr : none, key.len > 0 ? key.len : sizeof(none), NULL) == 1;
	for (i = 0; ok && i < count; i++)
		ok = parts[i].len == 0 || EVP_MAC_update(crypto->mac, parts[i].ptr, parts[i].len) == 1;
	ok = ok && EVP_MAC_final(crypto->mac, mac, &len, TPM_HASH_LEN) == 1 && len == TPM_HASH_LEN;
	/* The context keeps a copy of its key: no PIN's value until the next command. */
	return EVP_MAC_init(crypto->mac, none, sizeof(none), NULL) == 1 && ok;
}

bool
tpm_cfb(struct tpm_crypto *crypto, struct secret key_iv, bool encrypt, const uint8_t *in, uint8_t *out, size_t len)
{
	static const uint8_t none[CFB_KEY + CFB_IV] = { 0 };
	int done = 0;
	bool ok;

	if (key_iv.len != CFB_KEY + CFB_IV || len > INT_MAX)
		return false;
	if (EVP_CipherInit_ex2(crypto->cipher, crypto->cfb, key_iv.ptr, key_iv.ptr + CFB_KEY, encrypt, NULL) != 1)
		return false;
	ok = len == 0 || (EVP_CipherUpdate(crypto->cipher, out, &done, in, (int)len) == 1 && (size_t)done == len);
	/* As with the HMAC's: who finds the key later and has listened has what was encrypted. */
	return EVP_CipherInit_ex2(crypto->cipher, NULL, none, none + CFB_KEY, encrypt, NULL) == 1 && ok;
}
