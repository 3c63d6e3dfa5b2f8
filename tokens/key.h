/*
 * tokens/key.h: how a backend supplies a private key. struct token_key is the head of the
 * backend's own struct; token_key_point() and its sisters of token.h go through the table.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_KEY_H
#define TOKENS_KEY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/token.h"

/* Contracts of the members are those of the token_key_* calls; NULL answers TOKEN_ERR_UNSUPPORTED.
 * All but free may run in many threads at a time. */
struct token_key_ops {
	const char *backend;
	void (*free)(struct token_key *key);
	enum token_result (*point)(const struct token_key *key, uint8_t *point, size_t *len);
	enum token_result (*scalar)(const struct token_key *key, struct secret *scalar);
	enum token_result (
		*sign)(struct token_key *key, const uint8_t *digest, size_t digest_len, uint8_t *sig, size_t *sig_len);
	enum token_result (*sign_message)(struct token_key *key, const uint8_t *message, size_t len, uint8_t *sig,
		size_t *sig_len);
	enum token_result (*derive)(struct token_key *key, const uint8_t *peer, size_t peer_len, struct secret *shared);
};

struct token_key {
	const struct token_key_ops *ops;
	enum token_curve curve;
	atomic_uint references;
};

/* Fill in the head of a new key, with one reference. */
void token_key_begin(struct token_key *key, const struct token_key_ops *ops, enum token_curve curve);

/*
 * The library context of an environment, which implements this. token_key_generate() and
 * token_key_from_scalar() need it and are in tokens/session_key.c.
 */
OSSL_LIB_CTX *token_env_libctx(const struct token_env *env);

#endif
