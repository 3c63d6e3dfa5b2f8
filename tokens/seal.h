/*
 * tokens/seal.h: authenticated encryption of everything at rest, and the small helpers
 * around it: AES-256-GCM, HKDF-SHA256, HMAC-SHA256 and random bytes, from one OSSL_LIB_CTX.
 *
 * A sealed blob is version (1 byte) || nonce (12 random bytes) || ciphertext || tag (16).
 * Random nonces allow 2^32 blobs under one key (SP 800-38D, 8.3); use seal_subkey() to
 * give each purpose its own key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_SEAL_H
#define TOKENS_SEAL_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/arena.h"
#include "tokens/result.h"
#include "tokens/token.h"

#define SEAL_KEY_LEN 32
#define SEAL_MAC_LEN 32
#define SEAL_OVERHEAD 29 /* bytes that a sealed blob is longer than what it holds */

/* Fetched algorithms; immutable after seal_ctx_new() and thread safe. */
struct seal_ctx;

/* libctx: borrowed for the life of the context. TOKEN_ERR_CRYPTO, TOKEN_ERR_MEMORY. */
enum token_result seal_ctx_new(OSSL_LIB_CTX *libctx, struct seal_ctx **ctx);
void seal_ctx_free(struct seal_ctx *ctx); /* NULL is fine */
OSSL_LIB_CTX *seal_ctx_libctx(const struct seal_ctx *ctx);

/* Cryptographic random bytes; the second form makes a secret in the arena. */
enum token_result seal_random(const struct seal_ctx *ctx, void *out, size_t len);
enum token_result seal_random_secret(const struct seal_ctx *ctx, size_t len, struct secret *out);

/*
 * Seal len bytes (may be 0) under a SEAL_KEY_LEN key. aad may be NULL when aad_len is 0.
 * seal_into() writes exactly len + SEAL_OVERHEAD bytes to sealed, which must not overlap
 * plain; seal_bytes() gives them malloc'ed.
 *
 * TOKEN_ERR_ARG when the key has another length, TOKEN_ERR_CRYPTO, TOKEN_ERR_MEMORY
 */
enum token_result seal_into(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len,
	const void *plain, size_t len, uint8_t *sealed);
enum token_result seal_bytes(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len,
	const void *plain, size_t len, uint8_t **sealed, size_t *sealed_len);

/*
 * Open a sealed blob.
 *
 * seal_open()        into the arena: keys and other secrets
 * seal_open_bytes()  malloc'ed (one byte at least); the caller cleanses and frees
 * seal_open_value()  an object's value, in the arena when in_arena is true, to be released
 *                    with token_value_clear(), which is implemented here for both kinds
 *
 * TOKEN_ERR_DAMAGED  wrong key, other aad, or changed bytes; nothing is given out
 * TOKEN_ERR_MEMORY, TOKEN_ERR_CRYPTO, TOKEN_ERR_ARG as above
 */
enum token_result seal_open(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len,
	const uint8_t *sealed, size_t sealed_len, struct secret *plain);
enum token_result seal_open_bytes(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len,
	const uint8_t *sealed, size_t sealed_len, uint8_t **plain, size_t *plain_len);
enum token_result seal_open_value(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len,
	const uint8_t *sealed, size_t sealed_len, bool in_arena, struct token_value *value);

/*
 * HKDF-SHA256 (RFC 5869) of len bytes, at most 8160. seal_subkey() is the usual form: a
 * SEAL_KEY_LEN key for the purpose that label names (info = "mdoc-pkcs11 " || label).
 */
enum token_result seal_hkdf(const struct seal_ctx *ctx, struct secret ikm, const void *salt, size_t salt_len,
	const void *info, size_t info_len, size_t len, struct secret *out);
enum token_result seal_subkey(const struct seal_ctx *ctx, struct secret key, const char *label, struct secret *subkey);

/* HMAC-SHA256 over the bytes. Compare with seal_equal(). */
enum token_result seal_hmac(const struct seal_ctx *ctx, struct secret key, const void *data, size_t len,
	uint8_t mac[SEAL_MAC_LEN]);

/*
 * A key for many pieces one after the other, so that nothing is set up anew for each. Not thread
 * safe. Its copy of the key lies outside the arena until it is freed: make it, use it, free it.
 *
 * seal_many_open()  as seal_open_bytes(), with the associated data in two parts; *plain is
 *                   borrowed until the next call
 * seal_many_hmac()  as seal_hmac()
 */
struct seal_many;
enum token_result seal_many_new(const struct seal_ctx *ctx, struct secret key, struct seal_many **many);
void seal_many_free(struct seal_many *many); /* NULL is fine */
enum token_result seal_many_open(struct seal_many *many, const void *aad, size_t aad_len, const void *more,
	size_t more_len, const uint8_t *sealed, size_t sealed_len, const uint8_t **plain, size_t *plain_len);
enum token_result seal_many_hmac(struct seal_many *many, const void *data, size_t len, uint8_t mac[SEAL_MAC_LEN]);

/* SHA-256, for fingerprints and set hashes. */
enum token_result seal_sha256(const struct seal_ctx *ctx, const void *data, size_t len, uint8_t digest[32]);

/* Equality of len bytes in constant time. */
bool seal_equal(const void *a, const void *b, size_t len);

#endif
