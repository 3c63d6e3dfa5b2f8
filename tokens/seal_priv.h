/*
 * tokens/seal_priv.h: the form of a sealed blob and the algorithms, for seal*.c.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_SEAL_PRIV_H
#define TOKENS_SEAL_PRIV_H

#include "tokens/seal.h"

/* version, nonce, ciphertext, tag */
#define SEAL_VERSION 1
#define NONCE_LEN 12
#define TAG_LEN 16
_Static_assert(SEAL_OVERHEAD == 1 + NONCE_LEN + TAG_LEN, "the format of a sealed blob");

struct seal_ctx {
	OSSL_LIB_CTX *libctx;
	EVP_CIPHER *aes;
	EVP_MD *sha256;
	EVP_MAC *hmac;
	EVP_KDF *hkdf;
};

/* TOKEN_ERR_DAMAGED: it cannot be a sealed blob. */
enum token_result seal_check_form(const uint8_t *sealed, size_t sealed_len);

#endif
