/*
 * tokens/value.c: an object's value, opened into the arena or the heap.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "tokens/seal.h"

enum token_result
seal_open_value(const struct seal_ctx *ctx, struct secret key, const void *aad, size_t aad_len, const uint8_t *sealed,
	size_t sealed_len, bool in_arena, struct token_value *value)
{
	struct secret plain = SECRET_NONE;
	enum token_result res;

	*value = (struct token_value){ NULL, 0, false };
	if (!in_arena)
		return seal_open_bytes(ctx, key, aad, aad_len, sealed, sealed_len, &value->ptr, &value->len);
	res = seal_open(ctx, key, aad, aad_len, sealed, sealed_len, &plain);
	if (res == TOKEN_OK)
		*value = (struct token_value){ plain.ptr, plain.len, true };
	return res;
}

void
token_value_clear(struct token_value *value)
{
	struct secret secret = { value->ptr, value->len };

	if (value->in_arena) {
		secret_wipe(&secret);
	} else if (value->ptr != NULL) {
		OPENSSL_cleanse(value->ptr, value->len);
		free(value->ptr);
	}
	*value = (struct token_value){ NULL, 0, false };
}
