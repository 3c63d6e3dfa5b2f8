/*
 * tokens/vault/key.c: ECDSA and ECDH with a scalar that rests in the arena.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/vault/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#define DER_MAX 144 /* SEQUENCE of two INTEGER of 67 bytes at most */
#define UNCOMPRESSED 0x04

struct vault_key {
	struct token_key head; /* first: a struct token_key is one of these */
	OSSL_LIB_CTX *libctx;
	struct secret scalar;
	uint8_t point[TOKEN_POINT_MAX];
	bool scalar_forbidden;
};

static const struct vault_key *
vault_key(const struct token_key *key)
{
	return (const struct vault_key *)(const void *)key;
}

/*
 * An EVP_PKEY of a point and, where scalar is not NULL, the scalar. OSSL_PARAM wants the
 * number in the machine's byte order; that copy is made in the arena.
 */
static enum token_result
make_pkey(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *point, const struct secret *scalar,
	EVP_PKEY **pkey)
{
	struct secret native = SECRET_NONE;
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM params[4], *p = params;
	enum token_result res = TOKEN_ERR_CRYPTO;
	size_t i;

	*pkey = NULL;
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)token_curve_group(curve),
		0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point,
		token_curve_point_size(curve));
	if (scalar != NULL) {
		if (!secret_copy(scalar->ptr, scalar->len, &native))
			return TOKEN_ERR_MEMORY;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		for (i = 0; i < native.len; i++)
			native.ptr[i] = scalar->ptr[native.len - 1 - i];
#endif
		*p++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.ptr, native.len);
	}
	*p = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(libctx, "EC", NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_fromdata(ctx, pkey, scalar != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1) {
		*pkey = NULL;
		res = TOKEN_ERR_ARG;
		goto out;
	}
	res = TOKEN_OK;
out:
	EVP_PKEY_CTX_free(ctx);
	secret_wipe(&native);
	return res;
}

static void
key_free(struct token_key *head)
{
	struct vault_key *key = (struct vault_key *)(void *)head;

	secret_wipe(&key->scalar);
	free(key);
}

static enum token_result
key_point(const struct token_key *head, uint8_t *point, size_t *len)
{
	*len = token_curve_point_size(head->curve);
	memcpy(point, vault_key(head)->point, *len);
	return TOKEN_OK;
}

static enum token_result
key_scalar(const struct token_key *head, struct secret *scalar)
{
	const struct vault_key *key = vault_key(head);

	if (key->scalar_forbidden)
		return TOKEN_ERR_UNSUPPORTED;
	return secret_copy(key->scalar.ptr, key->scalar.len, scalar) ? TOKEN_OK : TOKEN_ERR_MEMORY;
}

/* DER Ecdsa-Sig-Value to r||s, each of the curve's size. */
static enum token_result
raw_signature(const uint8_t *der, size_t der_len, size_t size, uint8_t *sig)
{
	const unsigned char *at = der;
	ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
	enum token_result res = TOKEN_ERR_CRYPTO;

	if (parsed != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(parsed), sig, (int)size) == (int)size &&
		BN_bn2binpad(ECDSA_SIG_get0_s(parsed), sig + size, (int)size) == (int)size)
		res = TOKEN_OK;
	ECDSA_SIG_free(parsed);
	return res;
}

static enum token_result
key_sign(const struct token_key *head, const uint8_t *digest, size_t digest_len, uint8_t *sig, size_t *sig_len)
{
	const struct vault_key *key = vault_key(head);
	size_t size = token_curve_size(head->curve), der_len = DER_MAX;
	enum token_result res;
	uint8_t der[DER_MAX];
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = NULL;

	if (digest == NULL || digest_len == 0)
		return TOKEN_ERR_ARG;
	res = make_pkey(key->libctx, head->curve, key->point, &key->scalar, &pkey);
	if (res != TOKEN_OK)
		return res;
	res = TOKEN_ERR_CRYPTO;
	ctx = EVP_PKEY_CTX_new_from_pkey(key->libctx, pkey, NULL);
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_sign(ctx, der, &der_len, digest, digest_len) != 1)
		goto out;
	res = raw_signature(der, der_len, size, sig);
	if (res == TOKEN_OK)
		*sig_len = 2 * size;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return res;
}

static enum token_result
key_derive(const struct token_key *head, const uint8_t *peer, size_t peer_len, struct secret *shared)
{
	const struct vault_key *key = vault_key(head);
	size_t len = token_curve_size(head->curve);
	EVP_PKEY *own = NULL, *other = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	enum token_result res;

	if (peer == NULL || peer_len != token_curve_point_size(head->curve) || peer[0] != UNCOMPRESSED)
		return TOKEN_ERR_ARG;
	res = make_pkey(key->libctx, head->curve, peer, NULL, &other); /* checks that it is on the curve */
	if (res != TOKEN_OK)
		return res;
	res = make_pkey(key->libctx, head->curve, key->point, &key->scalar, &own);
	if (res != TOKEN_OK)
		goto out;
	res = TOKEN_ERR_MEMORY;
	if (!secret_alloc(len, shared))
		goto out;
	res = TOKEN_ERR_CRYPTO;
	ctx = EVP_PKEY_CTX_new_from_pkey(key->libctx, own, NULL);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_derive_set_peer(ctx, other) != 1) {
		res = TOKEN_ERR_ARG;
		goto out;
	}
	if (EVP_PKEY_derive(ctx, shared->ptr, &len) == 1 && len == shared->len)
		res = TOKEN_OK;
out:
	if (res != TOKEN_OK)
		secret_wipe(shared);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
	return res;
}

static const struct token_key_ops vault_key_ops = {
	.backend = "vault",
	.free = key_free,
	.point = key_point,
	.scalar = key_scalar,
	.sign = key_sign,
	.derive = key_derive,
};

static enum token_result
new_key(OSSL_LIB_CTX *libctx, enum token_curve curve, struct vault_key **out)
{
	struct vault_key *key;

	*out = NULL;
	if (token_curve_kind(curve) != TOKEN_KIND_EC)
		return TOKEN_ERR_CURVE;
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return TOKEN_ERR_MEMORY;
	key->head.ops = &vault_key_ops;
	key->head.curve = curve;
	key->libctx = libctx;
	if (!secret_alloc(token_curve_size(curve), &key->scalar)) {
		key_free(&key->head);
		return TOKEN_ERR_MEMORY;
	}
	*out = key;
	return TOKEN_OK;
}

/* Take scalar and point out of a generated pair. */
static enum token_result
export_pair(const EVP_PKEY *pkey, struct vault_key *key)
{
	BIGNUM *scalar = NULL;
	size_t len = 0;
	enum token_result res = TOKEN_ERR_CRYPTO;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) != 1)
		goto out;
	if (BN_bn2binpad(scalar, key->scalar.ptr, (int)key->scalar.len) != (int)key->scalar.len)
		goto out;
	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, key->point, sizeof(key->point), &len) != 1)
		goto out;
	if (len != token_curve_point_size(key->head.curve) || key->point[0] != UNCOMPRESSED)
		goto out;
	res = TOKEN_OK;
out:
	BN_clear_free(scalar);
	return res;
}

/* r||s back to DER, as the verification of OpenSSL wants it. */
static size_t
der_signature(const uint8_t *sig, size_t size, uint8_t der[DER_MAX])
{
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, (int)size, NULL), *s = BN_bin2bn(sig + size, (int)size, NULL);
	unsigned char *at = der;
	int len = 0;

	if (parsed != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(parsed, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(parsed, NULL);
		len = len > 0 && len <= DER_MAX ? i2d_ECDSA_SIG(parsed, &at) : 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(parsed);
	return len > 0 ? (size_t)len : 0;
}

/* What the scalar signs, the point verifies; both as they will be stored (R-MED-02). */
static enum token_result
pairwise_test(const struct vault_key *key)
{
	static const uint8_t digest[32] = "pairwise consistency of the key";
	uint8_t sig[TOKEN_SIG_MAX], der[DER_MAX];
	size_t sig_len = 0, der_len;
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	enum token_result res;

	res = key_sign(&key->head, digest, sizeof(digest), sig, &sig_len);
	if (res != TOKEN_OK)
		return res;
	der_len = der_signature(sig, sig_len / 2, der);
	res = make_pkey(key->libctx, key->head.curve, key->point, NULL, &pkey);
	if (res != TOKEN_OK)
		return res;
	res = TOKEN_ERR_CRYPTO;
	ctx = EVP_PKEY_CTX_new_from_pkey(key->libctx, pkey, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_verify(ctx, der, der_len, digest, sizeof(digest)) == 1)
		res = TOKEN_OK;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return res;
}

enum token_result
vault_key_generate(OSSL_LIB_CTX *libctx, enum token_curve curve, struct token_key **out)
{
	struct vault_key *key = NULL;
	EVP_PKEY *pkey = NULL;
	enum token_result res;

	*out = NULL;
	res = new_key(libctx, curve, &key);
	if (res != TOKEN_OK)
		return res;
	res = TOKEN_ERR_CRYPTO;
	pkey = EVP_PKEY_Q_keygen(libctx, NULL, "EC", token_curve_group(curve));
	if (pkey == NULL)
		goto out;
	res = export_pair(pkey, key);
	if (res != TOKEN_OK)
		goto out;
	res = pairwise_test(key) == TOKEN_OK ? TOKEN_OK : TOKEN_ERR_CRYPTO;
	if (res != TOKEN_OK)
		goto out;
	*out = &key->head;
	key = NULL;
out:
	EVP_PKEY_free(pkey);
	if (key != NULL)
		key_free(&key->head);
	return res;
}

/* point = scalar * G, in time that does not depend on the scalar. */
static enum token_result
compute_point(struct vault_key *key)
{
	enum token_result res = TOKEN_ERR_CRYPTO;
	size_t len = token_curve_point_size(key->head.curve);
	EC_GROUP *group = NULL;
	EC_POINT *point = NULL;
	BN_CTX *bn_ctx = NULL;
	BIGNUM *scalar = NULL;

	group = EC_GROUP_new_by_curve_name_ex(key->libctx, NULL, OBJ_sn2nid(token_curve_group(key->head.curve)));
	bn_ctx = BN_CTX_new_ex(key->libctx);
	point = group != NULL ? EC_POINT_new(group) : NULL;
	scalar = BN_new();
	if (bn_ctx == NULL || point == NULL || scalar == NULL)
		goto out;
	BN_set_flags(scalar, BN_FLG_CONSTTIME);
	if (BN_bin2bn(key->scalar.ptr, (int)key->scalar.len, scalar) == NULL)
		goto out;
	res = TOKEN_ERR_ARG;
	if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
		goto out;
	res = TOKEN_ERR_CRYPTO;
	if (EC_POINT_mul(group, point, scalar, NULL, NULL, bn_ctx) != 1)
		goto out;
	if (EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, key->point, len, bn_ctx) == len)
		res = TOKEN_OK;
out:
	BN_clear_free(scalar);
	EC_POINT_clear_free(point);
	BN_CTX_free(bn_ctx);
	EC_GROUP_free(group);
	return res;
}

enum token_result
vault_key_from_scalar(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *scalar, size_t len,
	struct token_key **out)
{
	struct vault_key *key = NULL;
	enum token_result res;

	*out = NULL;
	res = new_key(libctx, curve, &key);
	if (res != TOKEN_OK)
		return res;
	res = TOKEN_ERR_ARG;
	if (scalar == NULL || len != key->scalar.len)
		goto out;
	memcpy(key->scalar.ptr, scalar, len);
	res = compute_point(key);
	if (res != TOKEN_OK)
		goto out;
	*out = &key->head;
	key = NULL;
out:
	if (key != NULL)
		key_free(&key->head);
	return res;
}

void
vault_key_forbid_scalar(struct token_key *key)
{
	((struct vault_key *)(void *)key)->scalar_forbidden = true;
}
