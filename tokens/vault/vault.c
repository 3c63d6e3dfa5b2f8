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
make_wrap(const struct seal_ctx *ctx, const struct backend_pin *pin_id, struct secret pin, struct secret area_key,
	struct backend_bytes *wrap)
{
	struct vault_wrap_id id = { 0 };
	uint8_t *bytes = malloc(VAULT_WRAP_LEN);
	enum token_result res;

	if (bytes == NULL)
		return TOKEN_ERR_MEMORY;
	wrap_id(pin_id, &id);
	res = vault_wrap(ctx, &id, pin, area_key, bytes);
	if (res != TOKEN_OK)
		goto out;
	*wrap = (struct backend_bytes){ bytes, VAULT_WRAP_LEN };
	bytes = NULL;
out:
	free(bytes);
	return res;
}

/* An authenticator is a wrap like the others, which set_pin() makes at any time. */
static enum token_result
vault_make(const struct backend_env *env, const struct guard_spec *spec, struct secret so_pin, struct secret area_key,
	struct guard_made *made)
{
	const struct backend_pin id = { BACKEND_SO, spec->serial, spec->so_generation };

	if (spec->authenticator.len != 0)
		return TOKEN_ERR_UNSUPPORTED;
	return make_wrap(env->seal, &id, so_pin, area_key, &made->so_wrap);
}

static enum token_result
vault_remake(struct backend_area *area, const struct guard_spec *spec, struct secret auth, struct secret so_pin,
	struct secret area_key, struct guard_made *made)
{
	(void)auth;
	return vault_make(area->env, spec, so_pin, area_key, made);
}

static enum token_result
vault_unwrap_pin(struct backend_area *area, const struct backend_pin *pin_id, const uint8_t *wrap, size_t wrap_len,
	struct secret pin, struct secret *area_key, struct secret *auth)
{
	struct vault_wrap_id id = { 0 };

	*auth = SECRET_NONE;
	wrap_id(pin_id, &id);
	return vault_unwrap(area->env->seal, &id, wrap, wrap_len, pin, area_key);
}

static enum token_result
vault_set_pin(struct backend_area *area, const struct backend_pin *id, enum backend_role by, struct secret auth,
	struct secret pin, struct secret area_key, struct backend_bytes *wrap)
{
	(void)by;
	(void)auth;
	return make_wrap(area->env->seal, id, pin, area_key, wrap);
}

const struct token_guard vault_guard = {
	.user = &pin_limits_vault_user,
	.so = &pin_limits_vault_so,
	.make = vault_make,
	.remake = vault_remake,
	.unwrap = vault_unwrap_pin,
	.set_pin = vault_set_pin,
};

static enum token_result
vault_generate(struct backend_area *area, enum token_curve curve, struct token_key **out, struct secret *value)
{
	struct token_key *key = NULL;
	enum token_result res;

	res = vault_key_generate(seal_ctx_libctx(area->env->seal), curve, &key);
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

/* What is stored is the scalar itself; one that makes no key is refused when it is used, as it always was. */
static enum token_result
vault_import(struct backend_area *area, enum token_curve curve, const uint8_t *scalar, size_t len, struct secret *value)
{
	(void)area;
	(void)curve;
	return secret_copy(scalar, len, value) ? TOKEN_OK : TOKEN_ERR_MEMORY;
}

static enum token_result
vault_load(struct backend_area *area, enum token_curve curve, const uint8_t *value, size_t len, struct token_key **key)
{
	enum token_result res;

	res = vault_key_from_scalar(seal_ctx_libctx(area->env->seal), curve, value, len, key);
	if (res == TOKEN_OK)
		vault_key_forbid_scalar(*key);
	return res;
}

const struct token_keymaker vault_keymaker = {
	.exports = true,
	.generate = vault_generate,
	.import = vault_import,
	.load = vault_load,
};
