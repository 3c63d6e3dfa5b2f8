/*
 * tokens/public_key.c: public keys, and checking signatures.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <string.h>

#include "tokens/token.h"

#define POINT_UNCOMPRESSED 0x04

/* OpenSSL checks that the point is on the curve. */
static enum token_result
ec_public_key(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *point, size_t len, EVP_PKEY **pkey)
{
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
			(char *)(uintptr_t)token_curve_group(curve), 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, len),
		OSSL_PARAM_construct_end(),
	};
	enum token_result res = TOKEN_ERR_CRYPTO;

	if (point[0] != POINT_UNCOMPRESSED)
		return TOKEN_ERR_ARG;
	ctx = EVP_PKEY_CTX_new_from_name(libctx, TOKEN_EC_TYPE, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	res = TOKEN_OK;
	if (EVP_PKEY_fromdata(ctx, pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
		*pkey = NULL;
		res = TOKEN_ERR_ARG;
	}
out:
	EVP_PKEY_CTX_free(ctx);
	return res;
}

enum token_result
token_public_key(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *point, size_t len, EVP_PKEY **pkey)
{
	*pkey = NULL;
	if (token_curve_kind(curve) == TOKEN_KIND_NONE)
		return TOKEN_ERR_CURVE;
	if (point == NULL || len != token_curve_point_size(curve))
		return TOKEN_ERR_ARG;
	if (token_curve_kind(curve) == TOKEN_KIND_EC)
		return ec_public_key(libctx, curve, point, len, pkey);
	*pkey = EVP_PKEY_new_raw_public_key_ex(libctx, token_curve_group(curve), NULL, point, len);
	return *pkey != NULL ? TOKEN_OK : TOKEN_ERR_ARG;
}

/* A DER element at `at`; its bytes are there already when content is NULL. The position behind it. */
static uint8_t *
put_element(uint8_t *at, uint8_t tag, const uint8_t *content, size_t len)
{
	*at++ = tag;
	if (len > 127)
		*at++ = 0x81;
	*at++ = (uint8_t)len;
	if (content != NULL)
		memcpy(at, content, len);
	return at + (content != NULL ? len : 0);
}

/* With its tag and length. */
static size_t
element_size(size_t len)
{
	return (len > 127 ? 3 : 2) + len;
}

size_t
token_public_info(enum token_curve curve, const uint8_t *point, size_t len, uint8_t info[TOKEN_INFO_MAX])
{
	static const uint8_t ec_public_key[] = { 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
	const bool ec = token_curve_kind(curve) == TOKEN_KIND_EC;
	const uint8_t *oid = NULL;
	uint8_t *at = info;
	size_t oid_len = 0, algorithm;

	token_curve_params(curve, &oid, &oid_len);
	if (oid == NULL || len != token_curve_point_size(curve))
		return 0;
	algorithm = (ec ? sizeof(ec_public_key) : 0) + oid_len;
	at = put_element(at, 0x30, NULL, element_size(algorithm) + element_size(1 + len));
	at = put_element(at, 0x30, NULL, algorithm);
	if (ec) {
		memcpy(at, ec_public_key, sizeof(ec_public_key));
		at += sizeof(ec_public_key);
	}
	memcpy(at, oid, oid_len);
	at = put_element(at + oid_len, 0x03, NULL, 1 + len);
	*at++ = 0; /* no unused bits */
	memcpy(at, point, len);
	return (size_t)(at + len - info);
}

/* r||s in DER, as OpenSSL wants it; *der is freed with OPENSSL_free(). */
static enum token_result
signature_der(const uint8_t *sig, size_t sig_len, unsigned char **der, size_t *der_len)
{
	const int half = (int)(sig_len / 2);
	ECDSA_SIG *ecdsa = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, half, NULL);
	BIGNUM *s = BN_bin2bn(sig + half, half, NULL);
	enum token_result res = TOKEN_ERR_MEMORY;
	int len;

	*der = NULL;
	if (ecdsa == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(ecdsa, r, s) != 1)
		goto out;
	r = NULL;
	s = NULL;
	len = i2d_ECDSA_SIG(ecdsa, der);
	if (len <= 0)
		goto out;
	*der_len = (size_t)len;
	res = TOKEN_OK;
out:
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(ecdsa);
	return res;
}

static enum token_result
ecdsa_verify(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, const uint8_t *digest, size_t digest_len, const uint8_t *sig,
	size_t sig_len, bool *good)
{
	EVP_PKEY_CTX *ctx = NULL;
	unsigned char *der = NULL;
	size_t der_len = 0;
	enum token_result res;

	res = signature_der(sig, sig_len, &der, &der_len);
	if (res != TOKEN_OK)
		return res;
	res = TOKEN_ERR_CRYPTO;
	ctx = EVP_PKEY_CTX_new_from_pkey(libctx, pkey, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
		goto out;
	*good = EVP_PKEY_verify(ctx, der, der_len, digest, digest_len) == 1;
	res = TOKEN_OK;
out:
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(ctx);
	return res;
}

static enum token_result
eddsa_verify(OSSL_LIB_CTX *libctx, EVP_PKEY *pkey, const uint8_t *message, size_t len, const uint8_t *sig,
	size_t sig_len, bool *good)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum token_result res = TOKEN_ERR_CRYPTO;

	if (ctx == NULL)
		return TOKEN_ERR_MEMORY;
	if (EVP_DigestVerifyInit_ex(ctx, NULL, NULL, libctx, NULL, pkey, NULL) == 1) {
		*good = EVP_DigestVerify(ctx, sig, sig_len, message, len) == 1;
		res = TOKEN_OK;
	}
	EVP_MD_CTX_free(ctx);
	return res;
}

enum token_result
token_public_verify(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *point, size_t len, const uint8_t *data,
	size_t data_len, const uint8_t *sig, size_t sig_len, bool *good)
{
	EVP_PKEY *pkey = NULL;
	enum token_result res;

	*good = false;
	if (token_curve_sig_size(curve) == 0)
		return token_curve_kind(curve) == TOKEN_KIND_NONE ? TOKEN_ERR_CURVE : TOKEN_ERR_UNSUPPORTED;
	res = token_public_key(libctx, curve, point, len, &pkey);
	if (res != TOKEN_OK || sig_len != token_curve_sig_size(curve))
		goto out;
	if (token_curve_kind(curve) == TOKEN_KIND_EC)
		res = ecdsa_verify(libctx, pkey, data, data_len, sig, sig_len, good);
	else
		res = eddsa_verify(libctx, pkey, data, data_len, sig, sig_len, good);
out:
	EVP_PKEY_free(pkey);
	return res;
}
