/*
 * tokens/vault/key_ec.c: EC keys: the point of a scalar, ECDSA.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <string.h>

#include "tokens/vault/key_priv.h"

#define DER_MAX 144 /* SEQUENCE of two INTEGER of 67 bytes at most */
#define DER_SEQUENCE 0x30
#define DER_INTEGER 0x02

/* point = scalar * G, in time that does not depend on the scalar. */
static enum token_result
compute_point(OSSL_LIB_CTX *libctx, enum token_curve curve, const struct secret *bytes, uint8_t *point)
{
	const size_t len = token_curve_point_size(curve);
	enum token_result res = TOKEN_ERR_CRYPTO;
	EC_GROUP *group = NULL;
	EC_POINT *product = NULL;
	BN_CTX *bn_ctx = NULL;
	BIGNUM *scalar = NULL;

	group = EC_GROUP_new_by_curve_name_ex(libctx, NULL, OBJ_sn2nid(token_curve_group(curve)));
	bn_ctx = BN_CTX_new_ex(libctx);
	product = group != NULL ? EC_POINT_new(group) : NULL;
	scalar = BN_new();
	if (bn_ctx == NULL || product == NULL || scalar == NULL)
		goto out;
	BN_set_flags(scalar, BN_FLG_CONSTTIME);
	if (BN_bin2bn(bytes->ptr, (int)bytes->len, scalar) == NULL)
		goto out;
	res = TOKEN_ERR_ARG;
	if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
		goto out;
	res = TOKEN_ERR_CRYPTO;
	if (EC_POINT_mul(group, product, scalar, NULL, NULL, bn_ctx) != 1)
		goto out;
	if (EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, len, bn_ctx) == len)
		res = TOKEN_OK;
out:
	BN_clear_free(scalar);
	EC_POINT_clear_free(product);
	BN_CTX_free(bn_ctx);
	EC_GROUP_free(group);
	return res;
}

/* OSSL_PARAM wants the number in the machine's byte order; that copy is made in the arena. */
enum token_result
vault_ec_import(OSSL_LIB_CTX *libctx, enum token_curve curve, const struct secret *bytes, EVP_PKEY **pkey)
{
	struct secret native = SECRET_NONE;
	uint8_t point[TOKEN_POINT_MAX];
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM params[4], *p = params;
	enum token_result res;

	*pkey = NULL;
	res = compute_point(libctx, curve, bytes, point);
	if (res != TOKEN_OK)
		return res;
	if (!secret_copy(bytes->ptr, bytes->len, &native))
		return TOKEN_ERR_MEMORY;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	for (size_t i = 0; i < native.len; i++)
		native.ptr[i] = bytes->ptr[native.len - 1 - i];
#endif
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)token_curve_group(curve),
		0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, token_curve_point_size(curve));
	*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.ptr, native.len);
	*p = OSSL_PARAM_construct_end();
	res = TOKEN_ERR_CRYPTO;
	ctx = EVP_PKEY_CTX_new_from_name(libctx, TOKEN_EC_TYPE, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_fromdata(ctx, pkey, EVP_PKEY_KEYPAIR, params) == 1)
		res = TOKEN_OK;
	else
		*pkey = NULL;
out:
	EVP_PKEY_CTX_free(ctx);
	secret_wipe(&native);
	return res;
}

enum token_result
vault_ec_export(const EVP_PKEY *pkey, struct secret *bytes)
{
	BIGNUM *scalar = NULL;
	enum token_result res = TOKEN_ERR_CRYPTO;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
		BN_bn2binpad(scalar, bytes->ptr, (int)bytes->len) == (int)bytes->len)
		res = TOKEN_OK;
	BN_clear_free(scalar);
	return res;
}

/* One INTEGER of the signature, right-aligned in `size` bytes; *at moves behind it. */
static bool
raw_integer(const uint8_t **at, const uint8_t *end, size_t size, uint8_t *out)
{
	const uint8_t *bytes = *at;
	size_t len;

	if (end - bytes < 2 || bytes[0] != DER_INTEGER || bytes[1] >= 0x80 || end - bytes - 2 < bytes[1])
		return false;
	len = bytes[1];
	bytes += 2;
	*at = bytes + len;
	while (len > 0 && *bytes == 0) {
		bytes++;
		len--;
	}
	if (len > size)
		return false;
	memset(out, 0, size - len);
	memcpy(out + size - len, bytes, len);
	return true;
}

/* OpenSSL's DER Ecdsa-Sig-Value to r||s, each of the curve's size. */
static enum token_result
raw_signature(const uint8_t *der, size_t der_len, size_t size, uint8_t *sig)
{
	const uint8_t *at = der + 2, *end = der + der_len;

	if (der_len < 8 || der[0] != DER_SEQUENCE)
		return TOKEN_ERR_CRYPTO;
	if (der[1] == 0x81)
		at++; /* the long form: P-521 and brainpoolP512r1 */
	if (!raw_integer(&at, end, size, sig) || !raw_integer(&at, end, size, sig + size) || at != end)
		return TOKEN_ERR_CRYPTO;
	return TOKEN_OK;
}

/* A context that another signature has left behind, or a new one. */
static EVP_PKEY_CTX *
take_context(struct vault_key *key)
{
	EVP_PKEY_CTX *ctx = NULL;

	for (size_t i = 0; i < VAULT_KEY_IDLE && ctx == NULL; i++)
		ctx = atomic_exchange(&key->idle[i], NULL);
	if (ctx != NULL)
		return ctx;
	ctx = EVP_PKEY_CTX_new_from_pkey(key->libctx, key->pkey, NULL);
	if (ctx != NULL && EVP_PKEY_sign_init(ctx) != 1) {
		EVP_PKEY_CTX_free(ctx);
		ctx = NULL;
	}
	return ctx;
}

static void
leave_context(struct vault_key *key, EVP_PKEY_CTX *ctx)
{
	for (size_t i = 0; i < VAULT_KEY_IDLE; i++) {
		EVP_PKEY_CTX *none = NULL;

		if (atomic_compare_exchange_strong(&key->idle[i], &none, ctx))
			return;
	}
	EVP_PKEY_CTX_free(ctx);
}

enum token_result
vault_ec_sign(struct vault_key *key, const uint8_t *digest, size_t digest_len, uint8_t *sig, size_t *sig_len)
{
	const size_t size = token_curve_size(key->head.curve);
	EVP_PKEY_CTX *ctx = take_context(key);
	uint8_t der[DER_MAX];
	size_t der_len = sizeof(der);
	enum token_result res;

	if (ctx == NULL)
		return TOKEN_ERR_CRYPTO;
	if (EVP_PKEY_sign(ctx, der, &der_len, digest, digest_len) != 1) {
		EVP_PKEY_CTX_free(ctx);
		return TOKEN_ERR_CRYPTO;
	}
	leave_context(key, ctx);
	res = raw_signature(der, der_len, size, sig);
	if (res == TOKEN_OK)
		*sig_len = 2 * size;
	return res;
}
