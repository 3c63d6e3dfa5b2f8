/*
 * tokens/vault/key.h: key pairs in software, the vault's own and session objects'.
 *
 * The result is a struct token_key: the token_key_* calls work on it, many threads at a time. The
 * private bytes live in OpenSSL's heap as long as the key does; OpenSSL cleanses them there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_VAULT_KEY_H
#define TOKENS_VAULT_KEY_H

#include "tokens/key.h"

/*
 * Generate a key with a pairwise consistency test (a signature made and verified; for X25519 and
 * X448 an agreement made from both sides) before it is given out (R-MED-02). libctx is borrowed for
 * the key's life.
 *
 * TOKEN_ERR_CURVE   TOKEN_CURVE_NONE
 * TOKEN_ERR_CRYPTO  no random, or the test failed: no key
 */
enum token_result vault_key_generate(OSSL_LIB_CTX *libctx, enum token_curve curve, struct token_key **key);

/*
 * A key from its private bytes, exactly token_curve_size() of them, copied: an EC scalar is big endian,
 * the others are as RFC 8032 and RFC 7748 have them.
 *
 * TOKEN_ERR_CURVE  TOKEN_CURVE_NONE
 * TOKEN_ERR_ARG    another length; of EC, zero or not below the order
 */
enum token_result vault_key_from_scalar(OSSL_LIB_CTX *libctx, enum token_curve curve, const uint8_t *scalar, size_t len,
	struct token_key **key);

/*
 * Let token_key_scalar() refuse from now on (TOKEN_ERR_UNSUPPORTED), as for a token's key.
 * The store calls it after it has sealed the scalar of a generated key or loaded one.
 */
void vault_key_forbid_scalar(struct token_key *key);

#endif
