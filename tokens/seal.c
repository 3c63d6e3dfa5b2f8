/*
 * tokens/seal.c: AES-256-GCM, HKDF and HMAC with algorithms fetched once.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/seal_priv.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define HKDF_MAX 8160
#define LABEL_PREFIX "mdoc-pkcs11 "
#define LABEL_MAX 64

enum token_result
seal_ctx_new(OSSL_LIB_CTX *libctx, struct seal_ctx **out)
{
	struct seal_ctx *ctx;

	*out = NULL;
	ctx = calloc(1, sizeof(*ctx));
	if (ctx == NULL)
		return TOKEN_ERR_MEMORY;
	ctx->libctx = libctx;
	ctx->aes = EVP_CIPHER_fetch(libctx, "AES-256-GCM", NULL);
	ctx->sha256 = EVP_MD_fetch(libctx, "SHA256", NULL);
	ctx->hmac = EVP_MAC_fetch(libctx, "HMAC", NULL);
	ctx->hkdf = EVP_KDF_fetch(libctx, "HKDF", NULL);
	if (ctx->aes == NULL || ctx->sha256 == NULL || ctx->hmac == NULL || ctx->hkdf == NULL) {
		seal_ctx_free(ctx);
		return TOKEN_ERR_CRYPTO;
	}
	*out = ctx;
	return TOKEN_OK;
}

void
seal_ctx_free(struct seal_ctx *ctx)
{
	if (ctx == NULL)
		return;
	EVP_CIPHER_free(ctx->aes);
	EVP_MD_free(ctx->sha256);
	EVP_MAC_free(ctx->hmac);
	EVP_KDF_free(ctx->hkdf);
	free(ctx);
}

OSSL_LIB_CTX *
seal_ctx_libctx(const struct seal_ctx *ctx)
{
	return ctx->libctx;
}

enum token_result
seal_random(const struct seal_ctx *ctx, void *out, size_t len)
{
	if (len > 0 && RAND_bytes_ex(ctx->libctx, out, len, 256) != 1)
		return TOKEN_ERR_CRYPTO;
	return TOKEN_OK;
}

enum token_result
seal_random_secret(const struct seal_ctx *ctx, size_t len, struct secret *out)
{
	if (!secret_alloc(len, out))
		return TOKEN_ERR_MEMORY;
	if (RAND_priv_bytes_ex(ctx->libctx, out->ptr, len, 256) != 1) {
		secret_wipe(out);
		return TOKEN_ERR_CRYPTO;
	}
	return TOKEN_OK;
}

/* One GCM pass. tag is written when sealing and checked when opening; then a mismatch is TOKEN_ERR_DAMAGED. */
static enum token_result
gcm(const struct seal_ctx *ctx, struct secret key, const uint8_t *nonce, const void *aad, size_t aad_len,
	const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag, bool sealing)
{
	enum token_result res = TOKEN_ERR_CRYPTO;
	EVP_CIPHER_CTX *cipher = NULL;
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, TAG_LEN),
		OSSL_PARAM_construct_end() };
	int n = 0;

	if (key.len != SEAL_KEY_LEN || len > INT_MAX - SEAL_OVERHEAD || aad_len > INT_MAX)
		return TOKEN_ERR_ARG;
	cipher = EVP_CIPHER_CTX_new();
	if (cipher == NULL)
		return TOKEN_ERR_MEMORY;
	if (EVP_CipherInit_ex2(cipher, ctx->aes, key.ptr, nonce, sealing, sealing ? NULL : params) != 1)
		goto out;
	if (aad_len > 0 && EVP_CipherUpdate(cipher, NULL, &n, aad, (int)aad_len) != 1)
		goto out;
	if (len > 0 && (EVP_CipherUpdate(cipher, out, &n, in, (int)len) != 1 || (size_t)n != len))
		goto out;
	if (EVP_CipherFinal_ex(cipher, out + len, &n) != 1) {
		res = sealing ? TOKEN_ERR_CRYPTO : TOKEN_ERR_DAMAGED;
		goto out;
	}
	if (sealing && EVP_CIPHER_CTX_get_params(cipher, params) != 1)
		goto out;
	res = TOKEN_OK;
out:
	EVP_CIPHER_CTX_free(cipher);
	return res;
}

enum token_result
seal_into(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len, const void *plain, size_t len,
	uint8_t *sealed)
{
	enum token_result res;

	sealed[0] = SEAL_VERSION;
	res = seal_random(ctx, sealed + 1, NONCE_LEN);
	if (res != TOKEN_OK)
		return res;
	return gcm(ctx, key, sealed + 1, aad, aad_len, plain, len, sealed + 1 + NONCE_LEN, sealed + 1 + NONCE_LEN + len,
		true);
}

enum token_result
seal_bytes(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len, const void *plain,
	size_t len, uint8_t **sealed, size_t *sealed_len)
{
	enum token_result res;
	uint8_t *bytes;

	*sealed = NULL;
	*sealed_len = 0;
	if (len > INT_MAX - SEAL_OVERHEAD)
		return TOKEN_ERR_ARG;
	bytes = malloc(len + SEAL_OVERHEAD);
	if (bytes == NULL)
		return TOKEN_ERR_MEMORY;
	res = seal_into(ctx, key, aad, aad_len, plain, len, bytes);
	if (res != TOKEN_OK) {
		free(bytes);
		return res;
	}
	*sealed = bytes;
	*sealed_len = len + SEAL_OVERHEAD;
	return TOKEN_OK;
}

enum token_result
seal_check_form(const uint8_t *sealed, size_t sealed_len)
{
	if (sealed == NULL || sealed_len < SEAL_OVERHEAD)
		return TOKEN_ERR_DAMAGED;
	/* That a store is newer is said by its schema's version, which other forms come with. */
	return sealed[0] == SEAL_VERSION ? TOKEN_OK : TOKEN_ERR_DAMAGED;
}

/* plain has room for sealed_len - SEAL_OVERHEAD bytes; on an error nothing readable is left in it. */
static enum token_result
open_into(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len, const uint8_t *sealed,
	size_t sealed_len, uint8_t *plain)
{
	size_t len = sealed_len - SEAL_OVERHEAD;
	uint8_t tag[TAG_LEN];
	enum token_result res;

	memcpy(tag, sealed + sealed_len - TAG_LEN, TAG_LEN);
	res = gcm(ctx, key, sealed + 1, aad, aad_len, sealed + 1 + NONCE_LEN, len, plain, tag, false);
	if (res != TOKEN_OK && len > 0)
		OPENSSL_cleanse(plain, len);
	return res;
}

enum token_result
seal_open(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len, const uint8_t *sealed,
	size_t sealed_len, struct secret *plain)
{
	uint8_t nothing[TAG_LEN];
	enum token_result res;

	*plain = SECRET_NONE;
	res = seal_check_form(sealed, sealed_len);
	if (res != TOKEN_OK)
		return res;
	if (!secret_alloc(sealed_len - SEAL_OVERHEAD, plain))
		return TOKEN_ERR_MEMORY;
	res = open_into(ctx, key, aad, aad_len, sealed, sealed_len, plain->ptr != NULL ? plain->ptr : nothing);
	if (res != TOKEN_OK)
		secret_wipe(plain);
	return res;
}

enum token_result
seal_open_bytes(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len, const uint8_t *sealed,
	size_t sealed_len, uint8_t **plain, size_t *plain_len)
{
	enum token_result res;
	uint8_t *bytes;

	*plain = NULL;
	*plain_len = 0;
	res = seal_check_form(sealed, sealed_len);
	if (res != TOKEN_OK)
		return res;
	bytes = malloc(sealed_len); /* longer than the plaintext, never empty */
	if (bytes == NULL)
		return TOKEN_ERR_MEMORY;
	res = open_into(ctx, key, aad, aad_len, sealed, sealed_len, bytes);
	if (res != TOKEN_OK) {
		free(bytes);
		return res;
	}
	*plain = bytes;
	*plain_len = sealed_len - SEAL_OVERHEAD;
	return TOKEN_OK;
}

enum token_result
seal_hkdf(const struct seal_ctx *ctx, struct secret ikm, const void *salt, size_t salt_len, const void *info,
	size_t info_len, size_t len, struct secret *out)
{
	enum token_result res = TOKEN_ERR_CRYPTO;
	EVP_KDF_CTX *kdf = NULL;
	struct secret okm = SECRET_NONE;
	char digest[] = "SHA256";
	OSSL_PARAM params[5], *p = params;

	*out = SECRET_NONE;
	if (ikm.len == 0 || len == 0 || len > HKDF_MAX)
		return TOKEN_ERR_ARG;
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm.ptr, ikm.len);
	if (salt_len > 0)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt, salt_len);
	if (info_len > 0)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)info, info_len);
	*p = OSSL_PARAM_construct_end();
	kdf = EVP_KDF_CTX_new(ctx->hkdf);
	if (kdf == NULL || !secret_alloc(len, &okm)) {
		res = TOKEN_ERR_MEMORY;
		goto out;
	}
	if (EVP_KDF_derive(kdf, okm.ptr, okm.len, params) != 1)
		goto out;
	*out = secret_move(&okm);
	res = TOKEN_OK;
out:
	secret_wipe(&okm);
	EVP_KDF_CTX_free(kdf);
	return res;
}

enum token_result
seal_subkey(const struct seal_ctx *ctx, struct secret key, const char *label, struct secret *subkey)
{
	char info[sizeof(LABEL_PREFIX) + LABEL_MAX] = LABEL_PREFIX;
	size_t len = strlen(label);

	*subkey = SECRET_NONE;
	if (len > LABEL_MAX || key.len != SEAL_KEY_LEN)
		return TOKEN_ERR_ARG;
	memcpy(info + sizeof(LABEL_PREFIX) - 1, label, len);
	return seal_hkdf(ctx, key, NULL, 0, info, sizeof(LABEL_PREFIX) - 1 + len, SEAL_KEY_LEN, subkey);
}

enum token_result
seal_hmac(const struct seal_ctx *ctx, struct secret key, const void *data, size_t len, uint8_t mac[SEAL_MAC_LEN])
{
	enum token_result res = TOKEN_ERR_CRYPTO;
	EVP_MAC_CTX *hmac = NULL;
	char digest[] = "SHA256";
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end() };
	size_t mac_len = 0;

	if (key.len == 0)
		return TOKEN_ERR_ARG;
	hmac = EVP_MAC_CTX_new(ctx->hmac);
	if (hmac == NULL)
		return TOKEN_ERR_MEMORY;
	if (EVP_MAC_init(hmac, key.ptr, key.len, params) != 1)
		goto out;
	if (len > 0 && EVP_MAC_update(hmac, data, len) != 1)
		goto out;
	if (EVP_MAC_final(hmac, mac, &mac_len, SEAL_MAC_LEN) != 1 || mac_len != SEAL_MAC_LEN)
		goto out;
	res = TOKEN_OK;
out:
	EVP_MAC_CTX_free(hmac);
	return res;
}

enum token_result
seal_sha256(const struct seal_ctx *ctx, const void *data, size_t len, uint8_t digest[32])
{
	if (EVP_Digest(data, len, digest, NULL, ctx->sha256, NULL) != 1)
		return TOKEN_ERR_CRYPTO;
	return TOKEN_OK;
}

bool
seal_equal(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
