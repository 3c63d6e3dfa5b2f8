/*
 * tokens/tpm/key_priv.h: the inside of a TPM's key, for the files key*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_KEY_PRIV_H
#define TOKENS_TPM_KEY_PRIV_H

#include "tokens/tpm/key.h"

struct tpm_key {
	struct token_key head; /* first: a struct token_key is one of these */
	struct backend_area *area;
	struct tpm_blob blob;
	uint8_t point[TOKEN_POINT_MAX];
	size_t point_len;
};

extern const struct token_key_ops tpm_key_ops;

static inline struct tpm_key *
tpm_key_of(struct token_key *key)
{
	return (struct tpm_key *)(void *)key;
}

static inline const struct tpm_key *
tpm_key_of_const(const struct token_key *key)
{
	return (const struct tpm_key *)(const void *)key;
}

/* token_key_sign() and token_key_derive(), in key_use.c. */
enum token_result tpm_key_sign(struct token_key *key, const uint8_t *digest, size_t digest_len, uint8_t *sig,
	size_t *sig_len);
enum token_result tpm_key_derive(struct token_key *key, const uint8_t *peer, size_t peer_len, struct secret *shared);

/* struct token_keymaker's import, in key_import.c. */
enum token_result tpm_key_import(struct backend_area *area, enum token_curve curve, const uint8_t *scalar, size_t len,
	struct secret *value);

#endif
