/*
 * tokens/key.c: the token_key_* calls, by the backend's table.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/key.h"

void
token_key_free(struct token_key *key)
{
	if (key != NULL)
		key->ops->free(key);
}

enum token_result
token_key_point(const struct token_key *key, uint8_t *point, size_t *len)
{
	return key->ops->point != NULL ? key->ops->point(key, point, len) : TOKEN_ERR_UNSUPPORTED;
}

enum token_result
token_key_scalar(const struct token_key *key, struct secret *scalar)
{
	*scalar = SECRET_NONE;
	return key->ops->scalar != NULL ? key->ops->scalar(key, scalar) : TOKEN_ERR_UNSUPPORTED;
}

enum token_result
token_key_sign(const struct token_key *key, const uint8_t *digest, size_t digest_len, uint8_t sig[TOKEN_SIG_MAX],
	size_t *sig_len)
{
	*sig_len = 0;
	return key->ops->sign != NULL ? key->ops->sign(key, digest, digest_len, sig, sig_len) : TOKEN_ERR_UNSUPPORTED;
}

enum token_result
token_key_derive(const struct token_key *key, const uint8_t *peer, size_t peer_len, struct secret *shared)
{
	*shared = SECRET_NONE;
	return key->ops->derive != NULL ? key->ops->derive(key, peer, peer_len, shared) : TOKEN_ERR_UNSUPPORTED;
}
