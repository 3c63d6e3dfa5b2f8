/*
 * tokens/vault/key.h: EC keys in software, the vault's own and session objects'.
 *
 * The result is a struct token_key: token_key_sign(), _derive(), _point(), _scalar() and
 * _free() work on it. The scalar is kept in the arena and goes through OpenSSL's heap only
 * while an operation runs; OpenSSL cleanses it there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_VAULT_KEY_H
#define TOKENS_VAULT_KEY_H

#include "tokens/key.h"

/*
 * Generate a key, scalar over the full range of the order, with a pairwise consistency test
 * (a signature made and verified) before it is given out (R-MED-02). libctx is borrowed for the key's life.
 *
 * TOKEN_ERR_CURVE   TOKEN_CURVE_NONE
 * TOKEN_ERR_CRYPTO  no random, or the test failed: no key
 */
enum token_result vault_key_generate(OSSL_LIB_CTX *libctx, enum token_curve curve, struct token_key **key);

/*
 * A key from its scalar: big endian, exactly token_curve_size() bytes, copied.
 *
 * TOKEN_ERR_CURVE  TOKEN_CURVE_NONE
 * TOKEN_ERR_ARG    another length, zero, or not below the order
 */
enum token_result vault_key_from_scalar(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *scalar, size_t len,
	struct token_key **key);

/*
 * Let token_key_scalar() refuse from now on (TOKEN_ERR_UNSUPPORTED), as for a token's key.
 * The store calls it after it has sealed the scalar of a generated key or loaded one.
 */
void vault_key_forbid_scalar(struct token_key *key);

#endif
