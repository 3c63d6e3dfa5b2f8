/*
 * tokens/tpm/kdf.c: KDFa and KDFe by OpenSSL's KBKDF and SSKDF.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/kdf.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#define OUT_MAX 64
#define INFO_MAX 512

/* The parts, one after the other. False: too long. */
static bool
join(uint8_t info[INFO_MAX], size_t *info_len, const struct tpm_bytes *parts, size_t count)
{
	size_t len = 0, i;

	for (i = 0; i < count; i++) {
		if (parts[i].len > INFO_MAX - len)
			return false;
		if (parts[i].len > 0)
			memcpy(info + len, parts[i].ptr, parts[i].len);
		len += parts[i].len;
	}
	*info_len = len;
	return true;
}

static enum token_result
derive(const struct seal_ctx *seal, const char *name, const OSSL_PARAM *params, size_t len, struct secret *out)
{
	enum token_result res = TOKEN_ERR_CRYPTO;
	struct secret made = SECRET_NONE;
	EVP_KDF_CTX *ctx = NULL;
	EVP_KDF *kdf = NULL;

	kdf = EVP_KDF_fetch(seal_ctx_libctx(seal), name, NULL);
	if (kdf == NULL)
		goto out;
	ctx = EVP_KDF_CTX_new(kdf);
	if (ctx == NULL || !secret_alloc(len, &made)) {
		res = TOKEN_ERR_MEMORY;
		goto out;
	}
	if (EVP_KDF_derive(ctx, made.ptr, made.len, params) != 1)
		goto out;
	*out = secret_move(&made);
	res = TOKEN_OK;
out:
	secret_wipe(&made);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return res;
}

enum token_result
tpm_kdfa(const struct seal_ctx *seal, struct secret key, const char *label, struct tpm_bytes u, struct tpm_bytes v,
	size_t len, struct secret *out)
{
	const struct tpm_bytes parts[] = { u, v };
	char mac[] = "HMAC", digest[] = "SHA256", mode[] = "counter", text[32];
	const size_t label_len = strlen(label);
	uint8_t info[INFO_MAX];
	size_t info_len = 0;

	*out = SECRET_NONE;
	if (key.len == 0 || len == 0 || len > OUT_MAX || label_len == 0 || label_len >= sizeof(text) ||
		!join(info, &info_len, parts, 2))
		return TOKEN_ERR_ARG;
	memcpy(text, label, label_len + 1);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, mac, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.ptr, key.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, text, label_len), /* KBKDF adds the zero byte */
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len),
		OSSL_PARAM_construct_end(),
	};
	return derive(seal, "KBKDF", params, len, out);
}

enum token_result
tpm_kdfe(const struct seal_ctx *seal, struct secret z, const char *label, struct tpm_bytes u, struct tpm_bytes v,
	size_t len, struct secret *out)
{
	const struct tpm_bytes parts[] = { { label, strlen(label) + 1 }, u, v }; /* with its zero byte */
	char digest[] = "SHA256";
	uint8_t info[INFO_MAX];
	size_t info_len = 0;

	*out = SECRET_NONE;
	if (z.len == 0 || len == 0 || len > OUT_MAX || !join(info, &info_len, parts, 3))
		return TOKEN_ERR_ARG;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, z.ptr, z.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, info_len),
		OSSL_PARAM_construct_end(),
	};
	return derive(seal, "SSKDF", params, len, out);
}
