/*
 * tokens/vault/wrap.c: KDF parameters || sealed area key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/vault/wrap.h"

#include <string.h>

#define PURPOSE "mdoc-pkcs11 wrap"
#define PURPOSE_LEN (sizeof(PURPOSE) - 1)
#define AAD_LEN (PURPOSE_LEN + 1 + TOKEN_SERIAL_LEN + 8 + VAULT_KDF_PARAMS_LEN)

/* purpose || role || serial || generation, big endian || KDF parameters */
static void
make_aad(const struct vault_wrap_id *id, const uint8_t *params, uint8_t aad[AAD_LEN])
{
	uint8_t *at = aad;
	unsigned i;

	memcpy(at, PURPOSE, PURPOSE_LEN);
	at += PURPOSE_LEN;
	*at++ = (uint8_t)id->role;
	memcpy(at, id->serial, TOKEN_SERIAL_LEN);
	at += TOKEN_SERIAL_LEN;
	for (i = 0; i < 8; i++)
		*at++ = (uint8_t)(id->generation >> (56 - 8 * i));
	memcpy(at, params, VAULT_KDF_PARAMS_LEN);
}

enum token_result
vault_wrap(const struct seal_ctx *ctx, const struct vault_wrap_id *id, struct secret pin, struct secret area_key,
	uint8_t wrap[VAULT_WRAP_LEN])
{
	struct vault_kdf_params params;
	struct secret kek = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	if (area_key.len != VAULT_AREA_KEY_LEN)
		return TOKEN_ERR_ARG;
	res = vault_kdf_params_new(ctx, &params);
	if (res != TOKEN_OK)
		return res;
	vault_kdf_params_write(&params, wrap);
	make_aad(id, wrap, aad);
	res = vault_kdf(&params, pin, &kek);
	if (res != TOKEN_OK)
		goto out;
	res = seal_into(ctx, kek, aad, sizeof(aad), area_key.ptr, area_key.len, wrap + VAULT_KDF_PARAMS_LEN);
out:
	secret_wipe(&kek);
	return res;
}

enum token_result
vault_unwrap(const struct seal_ctx *ctx, const struct vault_wrap_id *id, const uint8_t *wrap, size_t wrap_len,
	struct secret pin, struct secret *area_key)
{
	struct vault_kdf_params params;
	struct secret kek = SECRET_NONE;
	uint8_t aad[AAD_LEN];
	enum token_result res;

	*area_key = SECRET_NONE;
	if (wrap == NULL || wrap_len != VAULT_WRAP_LEN)
		return TOKEN_ERR_DAMAGED;
	res = vault_kdf_params_read(wrap, VAULT_KDF_PARAMS_LEN, &params);
	if (res != TOKEN_OK)
		return res;
	make_aad(id, wrap, aad);
	res = vault_kdf(&params, pin, &kek);
	if (res != TOKEN_OK)
		goto out;
	res = seal_open(ctx, kek, aad, sizeof(aad), wrap + VAULT_KDF_PARAMS_LEN, wrap_len - VAULT_KDF_PARAMS_LEN,
		area_key);
	if (res == TOKEN_ERR_DAMAGED)
		res = TOKEN_ERR_PIN;
out:
	secret_wipe(&kek);
	return res;
}
