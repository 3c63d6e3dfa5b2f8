/*
 * tokens/key.c: the token_key_* calls, by the backend's table.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/key.h"

void
token_key_begin(struct token_key *key, const struct token_key_ops *ops, enum token_curve curve)
{
	key->ops = ops;
	key->curve = curve;
	atomic_init(&key->references, 1);
}

struct token_key *
token_key_ref(struct token_key *key)
{
	(void)atomic_fetch_add(&key->references, 1);
	return key;
}

void
token_key_free(struct token_key *key)
{
	if (key != NULL && atomic_fetch_sub(&key->references, 1) == 1)
		key->ops->free(key);
}

enum token_curve
token_key_curve(const struct token_key *key)
{
	return key->curve;
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
token_key_sign(struct token_key *key, const uint8_t *digest, size_t digest_len, uint8_t sig[TOKEN_SIG_MAX],
	size_t *sig_len)
{
	*sig_len = 0;
	return key->ops->sign != NULL ? key->ops->sign(key, digest, digest_len, sig, sig_len) : TOKEN_ERR_UNSUPPORTED;
}

enum token_result
token_key_sign_message(struct token_key *key, const uint8_t *message, size_t len, uint8_t sig[TOKEN_SIG_MAX],
	size_t *sig_len)
{
	*sig_len = 0;
	if (key->ops->sign_message == NULL)
		return TOKEN_ERR_UNSUPPORTED;
	return key->ops->sign_message(key, message, len, sig, sig_len);
}

enum token_result
token_key_derive(struct token_key *key, const uint8_t *peer, size_t peer_len, struct secret *shared)
{
	*shared = SECRET_NONE;
	return key->ops->derive != NULL ? key->ops->derive(key, peer, peer_len, shared) : TOKEN_ERR_UNSUPPORTED;
}
