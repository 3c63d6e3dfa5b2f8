/*
 * tokens/vault/box.c: X25519 ephemeral-static, HKDF-SHA256, AES-256-GCM.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/vault/box.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define BOX_VERSION 1
#define BOX_PURPOSE "mdoc-pkcs11 box"
#define BOX_PURPOSE_LEN (sizeof(BOX_PURPOSE) - 1)
#define BOX_INFO_LEN (BOX_PURPOSE_LEN + 1 + 2 * VAULT_BOX_KEY_LEN)
#define PAIR_PURPOSE "mdoc-pkcs11 seal pair"
#define PAIR_PURPOSE_LEN (sizeof(PAIR_PURPOSE) - 1)
#define PAIR_AAD_LEN (PAIR_PURPOSE_LEN + TOKEN_SERIAL_LEN + VAULT_BOX_KEY_LEN)

static enum token_result
make_pair(const struct seal_ctx *ctx, struct secret *private_key, uint8_t public_key[VAULT_BOX_KEY_LEN])
{
	struct secret random = SECRET_NONE;
	size_t len = VAULT_BOX_KEY_LEN;
	enum token_result res;
	EVP_PKEY *pkey = NULL;

	*private_key = SECRET_NONE;
	res = seal_random_secret(ctx, VAULT_BOX_KEY_LEN, &random); /* any 32 bytes are a key: RFC 7748, 5 */
	if (res != TOKEN_OK)
		return res;
	pkey = EVP_PKEY_new_raw_private_key_ex(seal_ctx_libctx(ctx), "X25519", NULL, random.ptr, random.len);
	if (pkey == NULL || EVP_PKEY_get_raw_public_key(pkey, public_key, &len) != 1 || len != VAULT_BOX_KEY_LEN) {
		res = TOKEN_ERR_CRYPTO;
		goto out;
	}
	*private_key = secret_move(&random);
out:
	EVP_PKEY_free(pkey);
	secret_wipe(&random);
	return res;
}

/* TOKEN_ERR_ARG when the shared secret is zero, as it is for points of small order (RFC 7748, 6.1). */
static enum token_result
agree(const struct seal_ctx *ctx, struct secret private_key, const uint8_t *peer_key, struct secret *shared)
{
	OSSL_LIB_CTX *libctx = seal_ctx_libctx(ctx);
	EVP_PKEY *own = NULL, *peer = NULL;
	EVP_PKEY_CTX *derive = NULL;
	enum token_result res = TOKEN_ERR_CRYPTO;
	size_t len = VAULT_BOX_KEY_LEN;

	if (!secret_alloc(len, shared))
		return TOKEN_ERR_MEMORY;
	own = EVP_PKEY_new_raw_private_key_ex(libctx, "X25519", NULL, private_key.ptr, private_key.len);
	peer = EVP_PKEY_new_raw_public_key_ex(libctx, "X25519", NULL, peer_key, VAULT_BOX_KEY_LEN);
	derive = own != NULL ? EVP_PKEY_CTX_new_from_pkey(libctx, own, NULL) : NULL;
	if (peer == NULL || derive == NULL || EVP_PKEY_derive_init(derive) != 1)
		goto out;
	if (EVP_PKEY_derive_set_peer(derive, peer) != 1)
		goto out;
	res = EVP_PKEY_derive(derive, shared->ptr, &len) == 1 && len == shared->len ? TOKEN_OK : TOKEN_ERR_ARG;
out:
	if (res != TOKEN_OK)
		secret_wipe(shared);
	EVP_PKEY_CTX_free(derive);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
	return res;
}

/* The key of one box: its head (version, ephemeral key) and the receiver's key are part of it. */
static enum token_result
box_key(const struct seal_ctx *ctx, struct secret private_key, const uint8_t *peer_key,
	const uint8_t head[1 + VAULT_BOX_KEY_LEN], const uint8_t *receiver, struct secret *key)
{
	struct secret shared = SECRET_NONE;
	uint8_t info[BOX_INFO_LEN];
	enum token_result res;

	*key = SECRET_NONE;
	res = agree(ctx, private_key, peer_key, &shared);
	if (res != TOKEN_OK)
		return res;
	memcpy(info, BOX_PURPOSE, BOX_PURPOSE_LEN);
	memcpy(info + BOX_PURPOSE_LEN, head, 1 + VAULT_BOX_KEY_LEN);
	memcpy(info + BOX_PURPOSE_LEN + 1 + VAULT_BOX_KEY_LEN, receiver, VAULT_BOX_KEY_LEN);
	res = seal_hkdf(ctx, shared, NULL, 0, info, sizeof(info), SEAL_KEY_LEN, key);
	secret_wipe(&shared);
	return res;
}

enum token_result
vault_box_seal(const struct seal_ctx *ctx, const uint8_t public_key[VAULT_BOX_KEY_LEN], const void *aad, size_t aad_len,
	const void *bytes, size_t len, uint8_t **box, size_t *box_len)
{
	struct secret ephemeral = SECRET_NONE, key = SECRET_NONE;
	enum token_result res;
	uint8_t *out = NULL;

	*box = NULL;
	*box_len = 0;
	if (len > INT_MAX - VAULT_BOX_OVERHEAD)
		return TOKEN_ERR_ARG;
	out = malloc(len + VAULT_BOX_OVERHEAD);
	if (out == NULL)
		return TOKEN_ERR_MEMORY;
	out[0] = BOX_VERSION;
	res = make_pair(ctx, &ephemeral, out + 1);
	if (res != TOKEN_OK)
		goto out;
	res = box_key(ctx, ephemeral, public_key, out, public_key, &key);
	if (res != TOKEN_OK)
		goto out;
	res = seal_into(ctx, key, aad, aad_len, bytes, len, out + 1 + VAULT_BOX_KEY_LEN);
	if (res != TOKEN_OK)
		goto out;
	*box = out;
	*box_len = len + VAULT_BOX_OVERHEAD;
	out = NULL;
out:
	secret_wipe(&key);
	secret_wipe(&ephemeral);
	free(out);
	return res;
}

enum token_result
vault_box_open(const struct seal_ctx *ctx, struct secret private_key, const uint8_t public_key[VAULT_BOX_KEY_LEN],
	const void *aad, size_t aad_len, const uint8_t *box, size_t box_len, struct secret *bytes)
{
	struct secret key = SECRET_NONE;
	enum token_result res;

	*bytes = SECRET_NONE;
	if (private_key.len != VAULT_BOX_KEY_LEN)
		return TOKEN_ERR_ARG;
	if (box == NULL || box_len < VAULT_BOX_OVERHEAD || box[0] == 0)
		return TOKEN_ERR_DAMAGED;
	if (box[0] > BOX_VERSION)
		return TOKEN_ERR_NEWER;
	res = box_key(ctx, private_key, box + 1, box, public_key, &key);
	if (res == TOKEN_OK)
		res = seal_open(ctx, key, aad, aad_len, box + 1 + VAULT_BOX_KEY_LEN, box_len - 1 - VAULT_BOX_KEY_LEN,
			bytes);
	secret_wipe(&key);
	return res == TOKEN_ERR_ARG ? TOKEN_ERR_DAMAGED : res; /* a box made with a bad ephemeral key */
}

static enum token_result
pair_aad(const char *serial, const uint8_t *public_key, uint8_t aad[PAIR_AAD_LEN])
{
	if (strlen(serial) != TOKEN_SERIAL_LEN)
		return TOKEN_ERR_ARG;
	memcpy(aad, PAIR_PURPOSE, PAIR_PURPOSE_LEN);
	memcpy(aad + PAIR_PURPOSE_LEN, serial, TOKEN_SERIAL_LEN);
	memcpy(aad + PAIR_PURPOSE_LEN + TOKEN_SERIAL_LEN, public_key, VAULT_BOX_KEY_LEN);
	return TOKEN_OK;
}

enum token_result
vault_box_pair_new(const struct seal_ctx *ctx, struct secret area_key, const char *serial,
	uint8_t public_key[VAULT_BOX_KEY_LEN], uint8_t sealed_private[VAULT_BOX_PRIVATE_LEN])
{
	struct secret private_key = SECRET_NONE, subkey = SECRET_NONE;
	uint8_t aad[PAIR_AAD_LEN];
	enum token_result res;

	res = make_pair(ctx, &private_key, public_key);
	if (res != TOKEN_OK)
		goto out;
	res = pair_aad(serial, public_key, aad);
	if (res != TOKEN_OK)
		goto out;
	res = seal_subkey(ctx, area_key, "seal pair", &subkey);
	if (res != TOKEN_OK)
		goto out;
	res = seal_into(ctx, subkey, aad, sizeof(aad), private_key.ptr, private_key.len, sealed_private);
out:
	secret_wipe(&subkey);
	secret_wipe(&private_key);
	return res;
}

enum token_result
vault_box_pair_open(const struct seal_ctx *ctx, struct secret area_key, const char *serial,
	const uint8_t public_key[VAULT_BOX_KEY_LEN], const uint8_t *sealed_private, size_t sealed_len,
	struct secret *private_key)
{
	struct secret subkey = SECRET_NONE;
	uint8_t aad[PAIR_AAD_LEN];
	enum token_result res;

	*private_key = SECRET_NONE;
	if (sealed_private == NULL || sealed_len != VAULT_BOX_PRIVATE_LEN)
		return TOKEN_ERR_DAMAGED;
	res = pair_aad(serial, public_key, aad);
	if (res != TOKEN_OK)
		return res;
	res = seal_subkey(ctx, area_key, "seal pair", &subkey);
	if (res == TOKEN_OK)
		res = seal_open(ctx, subkey, aad, sizeof(aad), sealed_private, sealed_len, private_key);
	secret_wipe(&subkey);
	return res;
}
