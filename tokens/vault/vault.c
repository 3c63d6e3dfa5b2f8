/*
 * The software vault: the area key under argon2id of the PIN, EC keys as sealed scalars.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/backend.h"

#include <stdio.h>
#include <stdlib.h>

#include "tokens/vault/key.h"
#include "tokens/vault/wrap.h"

static void
wrap_id(const struct backend_pin *pin, struct vault_wrap_id *id)
{
	id->role = (enum vault_wrap_role)pin->role;
	id->generation = pin->generation;
	(void)snprintf(id->serial, sizeof(id->serial), "%s", pin->serial);
}

static enum token_result
vault_backend_wrap(const struct seal_ctx *ctx, const struct backend_pin *pin_id, struct secret pin,
	struct secret area_key, uint8_t **wrap, size_t *wrap_len)
{
	struct vault_wrap_id id = { 0 };
	uint8_t *bytes = NULL;
	enum token_result res;

	wrap_id(pin_id, &id);
	bytes = malloc(VAULT_WRAP_LEN);
	if (bytes == NULL)
		return TOKEN_ERR_MEMORY;
	res = vault_wrap(ctx, &id, pin, area_key, bytes);
	if (res != TOKEN_OK)
		goto out;
	*wrap = bytes;
	*wrap_len = VAULT_WRAP_LEN;
	bytes = NULL;
out:
	free(bytes);
	return res;
}

static enum token_result
vault_backend_unwrap(const struct seal_ctx *ctx, const struct backend_pin *pin_id, const uint8_t *wrap, size_t wrap_len,
	struct secret pin, struct secret *area_key)
{
	struct vault_wrap_id id = { 0 };

	wrap_id(pin_id, &id);
	return vault_unwrap(ctx, &id, wrap, wrap_len, pin, area_key);
}

static enum token_result
vault_backend_key_generate(const struct seal_ctx *ctx, enum token_curve curve, struct token_key **out,
	struct secret *value)
{
	struct token_key *key = NULL;
	enum token_result res;

	res = vault_key_generate(seal_ctx_libctx(ctx), curve, &key);
	if (res != TOKEN_OK)
		goto out;
	res = token_key_scalar(key, value);
	if (res != TOKEN_OK)
		goto out;
	vault_key_forbid_scalar(key);
	*out = key;
	key = NULL;
out:
	token_key_free(key);
	return res;
}

static enum token_result
vault_backend_key_load(const struct seal_ctx *ctx, enum token_curve curve, const uint8_t *value, size_t len,
	struct token_key **key)
{
	enum token_result res;

	res = vault_key_from_scalar(seal_ctx_libctx(ctx), curve, value, len, key);
	if (res == TOKEN_OK)
		vault_key_forbid_scalar(*key);
	return res;
}

const struct token_backend vault_backend = {
	.name = "vault",
	.hardware = false,
	.imports_keys = true,
	.user = &pin_limits_vault_user,
	.so = &pin_limits_vault_so,
	.wrap = vault_backend_wrap,
	.unwrap = vault_backend_unwrap,
	.key_generate = vault_backend_key_generate,
	.key_load = vault_backend_key_load,
};
