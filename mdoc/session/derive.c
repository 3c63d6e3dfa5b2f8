/*
 * mdoc/session/derive.c: keys derived with HKDF.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/session/derive.h"
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

static const char *const modes[] = {
	[MDOCI_EXTRACT_AND_EXPAND] = "EXTRACT_AND_EXPAND",
	[MDOCI_EXTRACT] = "EXTRACT_ONLY",
	[MDOCI_EXPAND] = "EXPAND_ONLY",
};

/* OpenSSL's parameters are not const, and it takes no NULL. */
static OSSL_PARAM
octets(const char *name, struct mdoc_bytes bytes)
{
	static const uint8_t nothing[1];

	return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)(bytes.len > 0 ? bytes.ptr : nothing),
		bytes.len);
}

enum mdoc_result
mdoci_hkdf(const struct mdoc_context *context, enum mdoci_hkdf mode, struct mdoc_bytes key, struct mdoc_bytes salt,
	struct mdoc_bytes info, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(mdoc_context_libctx(context), OSSL_KDF_NAME_HKDF, NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[6];
	size_t n = 0;
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, (char *)(uintptr_t)modes[mode], 0);
	params[n++] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t) "SHA256", 0);
	params[n++] = octets(OSSL_KDF_PARAM_KEY, key);
	if (mode != MDOCI_EXPAND && salt.len > 0)
		params[n++] = octets(OSSL_KDF_PARAM_SALT, salt);
	if (mode != MDOCI_EXTRACT)
		params[n++] = octets(OSSL_KDF_PARAM_INFO, info);
	params[n] = OSSL_PARAM_construct_end();
	if (ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1)
		res = MDOC_OK;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return res;
}

enum mdoc_result
mdoci_session_salt(const struct mdoc_context *context, struct mdoc_bytes transcript, uint8_t salt[MDOCI_SALT_LEN])
{
	struct mdoc_buf tagged = MDOC_BUF_EMPTY;
	size_t len = 0;
	enum mdoc_result res;

	mdoc_put_embedded(&tagged, transcript);
	res = tagged.err;
	if (res == MDOC_OK)
		res = mdoc_digest(context, MDOC_SHA256, mdoc_buf_bytes(&tagged), salt, &len);
	mdoc_buf_clear(&tagged);
	return res;
}

enum mdoc_result
mdoci_session_key(const struct mdoc_context *context, const uint8_t salt[MDOCI_SALT_LEN], struct mdoc_bytes shared,
	const char *name, uint8_t key[MDOCI_KEY_LEN])
{
	return mdoci_hkdf(context, MDOCI_EXTRACT_AND_EXPAND, shared, mdoc_bytes_of(salt, MDOCI_SALT_LEN),
		mdoc_text(name), key, MDOCI_KEY_LEN);
}
