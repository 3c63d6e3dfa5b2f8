/*
 * tokens/vault/wrap.h: the area key under a PIN. One wrap for each role (design: the user
 * PIN, the SO code, an authenticator); each has its own salt.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_VAULT_WRAP_H
#define TOKENS_VAULT_WRAP_H

#include <stddef.h>
#include <stdint.h>

#include "tokens/seal.h"
#include "tokens/vault/kdf.h"

#define VAULT_AREA_KEY_LEN SEAL_KEY_LEN
#define VAULT_WRAP_LEN (VAULT_KDF_PARAMS_LEN + VAULT_AREA_KEY_LEN + SEAL_OVERHEAD)

enum vault_wrap_role { VAULT_WRAP_USER = 1, VAULT_WRAP_SO = 2, VAULT_WRAP_AUTHENTICATOR = 3 };

/* What a wrap is for; authenticated with it, so that a wrap can't be moved. */
struct vault_wrap_id {
	enum vault_wrap_role role;
	char serial[TOKEN_SERIAL_LEN + 1]; /* of the area */
	uint64_t generation;               /* of this role's PIN */
};

/*
 * Wrap an area key of VAULT_AREA_KEY_LEN bytes under a PIN with new parameters and salt. The
 * PIN's policy has been checked by the caller. Slow: one KDF run.
 */
enum token_result vault_wrap(const struct seal_ctx *ctx, const struct vault_wrap_id *id, struct secret pin,
	struct secret area_key, uint8_t wrap[VAULT_WRAP_LEN]);

/*
 * Open a wrap. The try has been counted by the caller. Slow: one KDF run.
 *
 * TOKEN_ERR_PIN          wrong PIN (or the wrap, its parameters or its id are not what was made)
 * TOKEN_ERR_DAMAGED      not a wrap by its length
 * TOKEN_ERR_UNSUPPORTED  KDF parameters out of bounds
 * TOKEN_ERR_NEWER        made by a newer version
 */
enum token_result vault_unwrap(const struct seal_ctx *ctx, const struct vault_wrap_id *id, const uint8_t *wrap,
	size_t wrap_len, struct secret pin, struct secret *area_key);

#endif
