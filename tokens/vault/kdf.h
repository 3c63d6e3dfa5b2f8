/*
 * tokens/vault/kdf.h: from a PIN to a key: argon2id (RFC 9106) with stored parameters.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_VAULT_KDF_H
#define TOKENS_VAULT_KDF_H

#include <stddef.h>
#include <stdint.h>

#include "tokens/arena.h"
#include "tokens/result.h"
#include "tokens/seal.h"

#define VAULT_KDF_SALT_LEN 16
#define VAULT_KDF_KEY_LEN SEAL_KEY_LEN
#define VAULT_KDF_PARAMS_LEN 29 /* version 1 || t 4 || m_kib 4 || p 4 || salt 16, big endian */

struct vault_kdf_params {
	uint32_t t;     /* passes */
	uint32_t m_kib; /* memory in KiB */
	uint32_t p;     /* lanes */
	uint8_t salt[VAULT_KDF_SALT_LEN];
};

/* What new vaults use (t 3, 64 MiB, p 1; a build with MDOC_CHEAP_KDF: t 1, 64 KiB) and a fresh salt. */
enum token_result vault_kdf_params_new(const struct seal_ctx *ctx, struct vault_kdf_params *params);

/* The fixed-width form; it is part of the wrap's associated data, so a changed one opens nothing. */
void vault_kdf_params_write(const struct vault_kdf_params *params, uint8_t out[VAULT_KDF_PARAMS_LEN]);

/*
 * Read and bound: t 3 to 16, m 64 MiB to 1 GiB, p 1 to 4. A build with MDOC_CHEAP_KDF takes
 * its own cheap setting too.
 *
 * TOKEN_ERR_DAMAGED      another length
 * TOKEN_ERR_NEWER        an unknown version byte
 * TOKEN_ERR_UNSUPPORTED  out of bounds, e.g. a vault of a test build; nothing was derived
 */
enum token_result vault_kdf_params_read(const uint8_t *bytes, size_t len, struct vault_kdf_params *params);

/*
 * Derive VAULT_KDF_KEY_LEN bytes. Slow by design (about 0.2 s) and takes m_kib of memory that is
 * kept out of core dumps and wiped; call it without locks other than the login lock.
 *
 * TOKEN_ERR_UNSUPPORTED  the parameters are out of bounds
 * TOKEN_ERR_MEMORY
 */
enum token_result vault_kdf(const struct vault_kdf_params *params, struct secret pin, struct secret *key);

#endif
