/*
 * tokens/vault/key.c: making and freeing keys in software, key agreement, and the test of a new pair.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/vault/key_priv.h"

static struct vault_key *
vault_key(struct token_key *key)
{
	return (struct vault_key *)(void *)key;
}

static const struct vault_key *
const_vault_key(const struct token_key *key)
{
	return (const struct vault_key *)(const void *)key;
}

static bool
is_ec(const struct vault_key *key)
{
	return token_curve_kind(key->head.curve) == TOKEN_KIND_EC;
}

static void
key_free(struct token_key *head)
{
	struct vault_key *key = vault_key(head);

	for (size_t i = 0; i < VAULT_KEY_IDLE; i++)
		EVP_PKEY_CTX_free(atomic_load(&key->idle[i]));
	EVP_PKEY_free(key->pkey);
	free(key);
}

static enum token_result
key_point(const struct token_key *head, uint8_t *point, size_t *len)
{
	const struct vault_key *key = const_vault_key(head);

	*len = key->point_len;
	memcpy(point, key->point, key->point_len);
	return TOKEN_OK;
}

static enum token_result
key_scalar(const struct token_key *head, struct secret *scalar)
{
	const struct vault_key *key = const_vault_key(head);
	enum token_result res;

	if (key->secret_forbidden)
		return TOKEN_ERR_UNSUPPORTED;
	if (!secret_alloc(token_curve_size(head->curve), scalar))
		return TOKEN_ERR_MEMORY;
	res = is_ec(key) ? vault_ec_export(key->pkey, scalar) : vault_ecx_export(key->pkey, scalar);
	if (res != TOKEN_OK)
		secret_wipe(scalar);
	return res;
}

static enum token_result
key_sign(struct token_key *head, const uint8_t *digest, size_t digest_len, uint8_t *sig, size_t *sig_len)
{
	if (token_curve_kind(head->curve) != TOKEN_KIND_EC)
		return TOKEN_ERR_UNSUPPORTED;
	if (digest == NULL || digest_len == 0)
		return TOKEN_ERR_ARG;
	return vault_ec_sign(vault_key(head), digest, digest_len, sig, sig_len);
}

static enum token_result
key_sign_message(struct token_key *head, const uint8_t *message, size_t len, uint8_t *sig, size_t *sig_len)
{
	if (token_curve_kind(head->curve) != TOKEN_KIND_EDWARDS)
		return TOKEN_ERR_UNSUPPORTED;
	if (message == NULL && len != 0)
		return TOKEN_ERR_ARG;
	return vault_ecx_sign(vault_key(head), message, len, sig, sig_len);
}

/* An all-zero result is what a peer of small order makes of X25519 and X448 (RFC 7748, 6). */
static bool
is_zero(const struct secret *secret)
{
	uint8_t any = 0;

	for (size_t i = 0; i < secret->len; i++)
		any |= secret->ptr[i];
	return any == 0;
}

static enum token_result
agree(const struct vault_key *key, EVP_PKEY *peer, struct secret *shared)
{
	size_t len = shared->len;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(key->libctx, key->pkey, NULL);
	enum token_result res = TOKEN_ERR_CRYPTO;

	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1)
		goto out;
	res = TOKEN_ERR_ARG;
	if (EVP_PKEY_derive_set_peer(ctx, peer) != 1)
		goto out;
	if (EVP_PKEY_derive(ctx, shared->ptr, &len) != 1)
		res = is_ec(key) ? TOKEN_ERR_CRYPTO : TOKEN_ERR_ARG;
	else if (len == shared->len && (is_ec(key) || !is_zero(shared)))
		res = TOKEN_OK;
out:
	EVP_PKEY_CTX_free(ctx);
	return res;
}

static enum token_result
key_derive(struct token_key *head, const uint8_t *peer, size_t peer_len, struct secret *shared)
{
	EVP_PKEY *other = NULL;
	enum token_result res;

	if (token_curve_kind(head->curve) == TOKEN_KIND_EDWARDS)
		return TOKEN_ERR_UNSUPPORTED;
	res = token_public_key(const_vault_key(head)->libctx, head->curve, peer, peer_len, &other);
	if (res != TOKEN_OK)
		return res;
	res = TOKEN_ERR_MEMORY;
	if (secret_alloc(token_curve_size(head->curve), shared))
		res = agree(const_vault_key(head), other, shared);
	if (res != TOKEN_OK)
		secret_wipe(shared);
	EVP_PKEY_free(other);
	return res;
}

static const struct token_key_ops vault_key_ops = {
	.backend = "vault",
	.free = key_free,
	.point = key_point,
	.scalar = key_scalar,
	.sign = key_sign,
	.sign_message = key_sign_message,
	.derive = key_derive,
};

/* A key of a ready pair, which it takes over also on an error. */
static enum token_result
key_of(OSSL_LIB_CTX *libctx, enum token_curve curve, EVP_PKEY *pkey, struct vault_key **out)
{
	struct vault_key *key = calloc(1, sizeof(*key));

	*out = NULL;
	if (key == NULL) {
		EVP_PKEY_free(pkey);
		return TOKEN_ERR_MEMORY;
	}
	token_key_begin(&key->head, &vault_key_ops, curve);
	key->libctx = libctx;
	key->pkey = pkey;
	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, key->point, sizeof(key->point),
		    &key->point_len) != 1 ||
		key->point_len != token_curve_point_size(curve)) {
		key_free(&key->head);
		return TOKEN_ERR_CRYPTO;
	}
	*out = key;
	return TOKEN_OK;
}

static enum token_result
test_signature(struct vault_key *key)
{
	static const uint8_t data[32] = "pairwise consistency of the key";
	uint8_t sig[TOKEN_SIG_MAX];
	size_t sig_len = 0;
	bool good = false;
	enum token_result res;

	if (is_ec(key))
		res = key_sign(&key->head, data, sizeof(data), sig, &sig_len);
	else
		res = key_sign_message(&key->head, data, sizeof(data), sig, &sig_len);
	if (res == TOKEN_OK)
		res = token_public_verify(key->libctx, key->head.curve, key->point, key->point_len, data, sizeof(data),
			sig, sig_len, &good);
	return res == TOKEN_OK && good ? TOKEN_OK : TOKEN_ERR_CRYPTO;
}

/* Both sides of an agreement with a second pair. */
static enum token_result
test_agreement(struct vault_key *key)
{
	struct secret ours = SECRET_NONE, theirs = SECRET_NONE;
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(key->libctx, NULL, token_curve_group(key->head.curve));
	struct vault_key *other = NULL;
	enum token_result res = TOKEN_ERR_CRYPTO;

	if (pkey == NULL || key_of(key->libctx, key->head.curve, pkey, &other) != TOKEN_OK)
		goto out;
	if (key_derive(&key->head, other->point, other->point_len, &ours) == TOKEN_OK &&
		key_derive(&other->head, key->point, key->point_len, &theirs) == TOKEN_OK && secret_equal(ours, theirs))
		res = TOKEN_OK;
out:
	secret_wipe(&ours);
	secret_wipe(&theirs);
	if (other != NULL)
		key_free(&other->head);
	return res;
}

static EVP_PKEY *
generate(OSSL_LIB_CTX *libctx, enum token_curve curve)
{
	const bool ec = token_curve_kind(curve) == TOKEN_KIND_EC;
	const char *group = token_curve_group(curve);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(libctx, ec ? TOKEN_EC_TYPE : group, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 || (ec && EVP_PKEY_CTX_set_group_name(ctx, group) != 1) ||
		EVP_PKEY_generate(ctx, &pkey) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* The pair goes through its bytes once, so that what is tested is what will be stored. */
static enum token_result
reload(OSSL_LIB_CTX *libctx, enum token_curve curve, struct vault_key *made, struct token_key **out)
{
	struct secret bytes = SECRET_NONE;
	enum token_result res;

	res = key_scalar(&made->head, &bytes);
	if (res == TOKEN_OK)
		res = vault_key_from_scalar(libctx, curve, bytes.ptr, bytes.len, out);
	secret_wipe(&bytes);
	return res;
}

enum token_result
vault_key_generate(OSSL_LIB_CTX *libctx, enum token_curve curve, struct token_key **out)
{
	struct vault_key *made = NULL;
	struct token_key *key = NULL;
	EVP_PKEY *pkey = NULL;
	enum token_result res;

	*out = NULL;
	if (token_curve_kind(curve) == TOKEN_KIND_NONE)
		return TOKEN_ERR_CURVE;
	pkey = generate(libctx, curve);
	if (pkey == NULL)
		return TOKEN_ERR_CRYPTO;
	res = key_of(libctx, curve, pkey, &made);
	if (res == TOKEN_OK)
		res = reload(libctx, curve, made, &key);
	if (res != TOKEN_OK)
		goto out;
	res = token_curve_kind(curve) == TOKEN_KIND_MONTGOMERY ? test_agreement(vault_key(key))
							       : test_signature(vault_key(key));
	if (res != TOKEN_OK || CRYPTO_memcmp(made->point, vault_key(key)->point, made->point_len) != 0) {
		res = res != TOKEN_OK ? res : TOKEN_ERR_CRYPTO;
		goto out;
	}
	*out = key;
	key = NULL;
out:
	if (made != NULL)
		key_free(&made->head);
	token_key_free(key);
	return res;
}

enum token_result
vault_key_from_scalar(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *scalar, size_t len,
	struct token_key **out)
{
	struct secret bytes = SECRET_NONE;
	struct vault_key *key = NULL;
	EVP_PKEY *pkey = NULL;
	enum token_result res;

	*out = NULL;
	if (token_curve_kind(curve) == TOKEN_KIND_NONE)
		return TOKEN_ERR_CURVE;
	if (scalar == NULL || len != token_curve_size(curve))
		return TOKEN_ERR_ARG;
	if (!secret_copy(scalar, len, &bytes))
		return TOKEN_ERR_MEMORY;
	if (token_curve_kind(curve) == TOKEN_KIND_EC)
		res = vault_ec_import(libctx, curve, &bytes, &pkey);
	else
		res = vault_ecx_import(libctx, curve, &bytes, &pkey);
	secret_wipe(&bytes);
	if (res == TOKEN_OK)
		res = key_of(libctx, curve, pkey, &key);
	if (res == TOKEN_OK)
		*out = &key->head;
	return res;
}

void
vault_key_forbid_scalar(struct token_key *key)
{
	vault_key(key)->secret_forbidden = true;
}
