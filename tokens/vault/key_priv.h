/*
 * tokens/vault/key_priv.h: the inside of a vault key, for the files key*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_VAULT_KEY_PRIV_H
#define TOKENS_VAULT_KEY_PRIV_H

#include <openssl/evp.h>
#include <stdatomic.h>

#include "tokens/vault/key.h"

#define VAULT_KEY_IDLE 4 /* contexts that a key keeps for the next signatures */

struct vault_key {
	struct token_key head; /* first: a struct token_key is one of these */
	OSSL_LIB_CTX *libctx;
	EVP_PKEY *pkey; /* both halves; many threads may use it at a time */
	uint8_t point[TOKEN_POINT_MAX];
	size_t point_len;
	bool secret_forbidden;
	_Atomic(EVP_PKEY_CTX *) idle[VAULT_KEY_IDLE]; /* ready to sign; each used by one thread at a time */
};

/* What differs between EC keys (key_ec.c) and those of RFC 8032 and RFC 7748 (key_ecx.c). */

/* Both halves from the private bytes, token_curve_size() of them. TOKEN_ERR_ARG: not in the range. */
enum token_result vault_ec_import(OSSL_LIB_CTX *libctx, enum token_curve curve, const struct secret *bytes,
	EVP_PKEY **pkey);
enum token_result vault_ecx_import(OSSL_LIB_CTX *libctx, enum token_curve curve, const struct secret *bytes,
	EVP_PKEY **pkey);

/* The private bytes, in a secret of token_curve_size() bytes that the caller has allocated. */
enum token_result vault_ec_export(const EVP_PKEY *pkey, struct secret *bytes);
enum token_result vault_ecx_export(const EVP_PKEY *pkey, struct secret *bytes);

/* token_key_sign() and token_key_sign_message(). */
enum token_result vault_ec_sign(struct vault_key *key, const uint8_t *digest, size_t digest_len, uint8_t *sig,
	size_t *sig_len);
enum token_result vault_ecx_sign(struct vault_key *key, const uint8_t *message, size_t len, uint8_t *sig,
	size_t *sig_len);

#endif
