/*
 * tokens/tpm/seed.c: a secret that only the TPM with a certain storage key can get.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/kdf.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tokens/token.h"

#define COORDINATE 32
#define POINT (1 + 2 * COORDINATE)

/* TPMs may leave out leading zero bytes. */
static bool
pad(const TPM2B_ECC_PARAMETER *from, uint8_t to[COORDINATE])
{
	if (from->size == 0 || from->size > COORDINATE)
		return false;
	memset(to, 0, COORDINATE);
	memcpy(to + COORDINATE - from->size, from->buffer, from->size);
	return true;
}

static EVP_PKEY *
ephemeral_key(const struct seal_ctx *seal)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(seal_ctx_libctx(seal), TOKEN_EC_TYPE, NULL);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_group_name(ctx, "P-256") != 1 ||
		EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static enum token_result
agree(const struct seal_ctx *seal, EVP_PKEY *own, EVP_PKEY *peer, struct secret *z)
{
	enum token_result res = TOKEN_ERR_CRYPTO;
	struct secret made = SECRET_NONE;
	size_t len = COORDINATE;
	EVP_PKEY_CTX *ctx;

	ctx = EVP_PKEY_CTX_new_from_pkey(seal_ctx_libctx(seal), own, NULL);
	if (ctx == NULL || !secret_alloc(COORDINATE, &made)) {
		res = TOKEN_ERR_MEMORY;
		goto out;
	}
	if (EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
		EVP_PKEY_derive(ctx, made.ptr, &len) != 1 || len != COORDINATE)
		goto out;
	*z = secret_move(&made);
	res = TOKEN_OK;
out:
	secret_wipe(&made);
	EVP_PKEY_CTX_free(ctx);
	return res;
}

/* The ephemeral public key, as the TPM reads it. */
static bool
send_point(const uint8_t point[POINT], TPM2B_ENCRYPTED_SECRET *sent)
{
	TPMS_ECC_POINT ephemeral = { .x.size = COORDINATE, .y.size = COORDINATE };
	size_t offset = 0;

	memcpy(ephemeral.x.buffer, point + 1, COORDINATE);
	memcpy(ephemeral.y.buffer, point + 1 + COORDINATE, COORDINATE);
	if (Tss2_MU_TPMS_ECC_POINT_Marshal(&ephemeral, sent->secret, sizeof(sent->secret), &offset) != TSS2_RC_SUCCESS)
		return false;
	sent->size = (UINT16)offset;
	return true;
}

enum token_result
tpm_seed(const struct seal_ctx *seal, const TPMT_PUBLIC *to, const char *label, TPM2B_ENCRYPTED_SECRET *sent,
	struct secret *seed)
{
	uint8_t point[POINT] = { 4 }, own_point[POINT];
	enum token_result res = TOKEN_ERR_CRYPTO;
	EVP_PKEY *peer = NULL, *own = NULL;
	struct secret z = SECRET_NONE;
	size_t len = 0;

	*seed = SECRET_NONE;
	if (to->type != TPM2_ALG_ECC || to->parameters.eccDetail.curveID != TPM2_ECC_NIST_P256 ||
		!pad(&to->unique.ecc.x, point + 1) || !pad(&to->unique.ecc.y, point + 1 + COORDINATE))
		return TOKEN_ERR_CURVE;
	if (token_public_key(seal_ctx_libctx(seal), TOKEN_P256, point, sizeof(point), &peer) != TOKEN_OK)
		return TOKEN_ERR_CURVE;
	own = ephemeral_key(seal);
	if (own == NULL ||
		EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, own_point, sizeof(own_point),
			&len) != 1 ||
		len != POINT || own_point[0] != 4)
		goto out;
	res = agree(seal, own, peer, &z);
	if (res == TOKEN_OK)
		res = tpm_kdfe(seal, z, label, (struct tpm_bytes){ own_point + 1, COORDINATE },
			(struct tpm_bytes){ point + 1, COORDINATE }, 32, seed);
	if (res == TOKEN_OK && !send_point(own_point, sent)) {
		secret_wipe(seed);
		res = TOKEN_ERR_CRYPTO;
	}
out:
	secret_wipe(&z);
	EVP_PKEY_free(own);
	EVP_PKEY_free(peer);
	return res;
}
