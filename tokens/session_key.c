/*
 * tokens/session_key.c: software keys for session objects, in an environment's library context.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/key.h"
#include "tokens/vault/key.h"

enum token_result
token_key_generate(struct token_env *env, enum token_curve curve, struct token_key **key)
{
	return vault_key_generate(token_env_libctx(env), curve, key);
}

enum token_result
token_key_from_scalar(struct token_env *env, enum token_curve curve, const uint8_t *scalar, size_t len,
	struct token_key **key)
{
	return vault_key_from_scalar(token_env_libctx(env), curve, scalar, len, key);
}
