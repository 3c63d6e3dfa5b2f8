/*
 * tokens/vault/box.h: the area's X25519 seal pair. Whoever knows the public half can put
 * bytes into a box for the area; only the area key opens it (design: Key hierarchy).
 *
 * A box is version (1) || ephemeral public key (32) || sealed blob. Its key is HKDF-SHA256 of
 * the X25519 secret with the two public keys as info; used once, whatever the nonce.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_VAULT_BOX_H
#define TOKENS_VAULT_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "tokens/seal.h"

#define VAULT_BOX_KEY_LEN 32
#define VAULT_BOX_PRIVATE_LEN (VAULT_BOX_KEY_LEN + SEAL_OVERHEAD) /* the sealed private half */
#define VAULT_BOX_OVERHEAD (1 + VAULT_BOX_KEY_LEN + SEAL_OVERHEAD)

/* Make a pair; the private half comes sealed under the area key and bound to serial and public half. */
enum token_result vault_box_pair_new(const struct seal_ctx *ctx, struct secret area_key, const char *serial,
	uint8_t public_key[VAULT_BOX_KEY_LEN], uint8_t sealed_private[VAULT_BOX_PRIVATE_LEN]);

/* TOKEN_ERR_DAMAGED: not the private half of this public key, area and area key. */
enum token_result vault_box_pair_open(const struct seal_ctx *ctx, struct secret area_key, const char *serial,
	const uint8_t public_key[VAULT_BOX_KEY_LEN], const uint8_t *sealed_private, size_t sealed_len,
	struct secret *private_key);

/* Put len bytes into a box; *box is malloc'ed. TOKEN_ERR_ARG: public_key is a point of small order. */
enum token_result vault_box_seal(const struct seal_ctx *ctx, const uint8_t public_key[VAULT_BOX_KEY_LEN],
	const void *aad, size_t aad_len, const void *bytes, size_t len, uint8_t **box, size_t *box_len);

/* Open a box into the arena. TOKEN_ERR_DAMAGED as seal_open(); TOKEN_ERR_NEWER: an
 * unknown version byte. */
enum token_result vault_box_open(const struct seal_ctx *ctx, struct secret private_key,
	const uint8_t public_key[VAULT_BOX_KEY_LEN], const void *aad, size_t aad_len, const uint8_t *box,
	size_t box_len, struct secret *bytes);

#endif
