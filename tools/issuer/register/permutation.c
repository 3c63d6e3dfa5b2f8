/* permutation.c: numbers in an order that only the holder of a key knows. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include "tools/common/context.h"
#include "tools/issuer/register/permutation.h"

#define ROUNDS 10
#define BLOCK 16

bool
permutation_open(struct permutation *permutation, const uint8_t key[PERMUTATION_KEY_LEN], uint64_t size)
{
	EVP_CIPHER *cipher = NULL;
	bool done;

	*permutation = (struct permutation){ .size = size, .half = 1 };
	while (permutation->half < 31 && ((uint64_t)1 << (2 * permutation->half)) < size)
		permutation->half++;
	if (size == 0 || tool_context() == NULL)
		return false;
	cipher = EVP_CIPHER_fetch(mdoc_context_libctx(tool_context()), "AES-256-ECB", NULL);
	permutation->cipher = EVP_CIPHER_CTX_new();
	done = cipher != NULL && permutation->cipher != NULL &&
		EVP_EncryptInit_ex2(permutation->cipher, cipher, key, NULL, NULL) == 1 &&
		EVP_CIPHER_CTX_set_padding(permutation->cipher, 0) == 1;
	EVP_CIPHER_free(cipher);
	return done;
}

void
permutation_close(struct permutation *permutation)
{
	EVP_CIPHER_CTX_free(permutation->cipher);
	permutation->cipher = NULL;
}

/* What a round adds to one half: AES of round and other half. */
static bool
round_value(const struct permutation *permutation, unsigned number, uint64_t half, uint64_t *value)
{
	uint8_t in[BLOCK] = { (uint8_t)number, (uint8_t)permutation->half }, out[BLOCK];
	int len = 0;

	for (size_t i = 0; i < 8; i++)
		in[8 + i] = (uint8_t)(half >> (8 * i));
	if (EVP_EncryptUpdate(permutation->cipher, out, &len, in, BLOCK) != 1 || len != BLOCK)
		return false;
	*value = 0;
	for (size_t i = 0; i < 8; i++)
		*value |= (uint64_t)out[i] << (8 * i);
	*value &= ((uint64_t)1 << permutation->half) - 1;
	return true;
}

/* A Feistel network over 2 * half bits, and again while the result is beyond the size: at most four times on average. */
bool
permutation_at(const struct permutation *permutation, uint64_t n, uint64_t *at)
{
	const uint64_t mask = ((uint64_t)1 << permutation->half) - 1;
	uint64_t left, right, value, next;

	if (n >= permutation->size)
		return false;
	do {
		left = n >> permutation->half;
		right = n & mask;
		for (unsigned i = 0; i < ROUNDS; i++) {
			if (!round_value(permutation, i, right, &value))
				return false;
			next = left ^ value;
			left = right;
			right = next;
		}
		n = (left << permutation->half) | right;
	} while (n >= permutation->size);
	*at = n;
	return true;
}
