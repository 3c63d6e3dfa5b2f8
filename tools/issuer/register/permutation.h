/*
 * permutation.h: numbers from 0 to size - 1 in an order that only the holder of a key knows.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_REGISTER_PERMUTATION_H
#define ISSUER_REGISTER_PERMUTATION_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

#define PERMUTATION_KEY_LEN 32

struct permutation {
	EVP_CIPHER_CTX *cipher;
	uint64_t size;
	unsigned half; /* bits of one half */
};

/* permutation_close() on every result. False: memory, the cryptographic library, size 0. */
bool permutation_open(struct permutation *permutation, const uint8_t key[PERMUTATION_KEY_LEN], uint64_t size);
void permutation_close(struct permutation *permutation);

/* The n-th of them, n < size: a different one for each n. */
bool permutation_at(const struct permutation *permutation, uint64_t n, uint64_t *at);

#endif
