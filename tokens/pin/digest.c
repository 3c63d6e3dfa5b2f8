/*
 * tokens/pin/digest.c: HMAC-SHA256 of the PIN that logged in, for context-specific logins.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/pin/policy.h"

#define VALID 0xa5 /* wiped pages read 0 */

/* In the arena, in one piece: whoever wipes it takes the mark with it. */
struct state {
	uint8_t valid;
	uint64_t generation;
	uint8_t key[SEAL_KEY_LEN];
	uint8_t mac[SEAL_MAC_LEN];
};

static struct state *
state_of(const struct pin_digest *digest)
{
	return (struct state *)(void *)digest->state.ptr;
}

static struct secret
key_of(struct state *state)
{
	return (struct secret){ state->key, sizeof(state->key) };
}

enum token_result
pin_digest_set(struct pin_digest *digest, const struct seal_ctx *ctx, struct secret pin, uint64_t generation)
{
	struct secret fresh = SECRET_NONE;
	struct state *state;
	enum token_result res;

	pin_digest_clear(digest);
	if (!secret_alloc(sizeof(*state), &fresh))
		return TOKEN_ERR_MEMORY;
	state = (struct state *)(void *)fresh.ptr;
	res = seal_random(ctx, state->key, sizeof(state->key));
	if (res == TOKEN_OK)
		res = seal_hmac(ctx, key_of(state), pin.ptr, pin.len, state->mac);
	if (res != TOKEN_OK) {
		secret_wipe(&fresh);
		return res;
	}
	state->generation = generation;
	state->valid = VALID;
	digest->state = secret_move(&fresh);
	return TOKEN_OK;
}

enum token_result
pin_digest_check(const struct pin_digest *digest, const struct seal_ctx *ctx, struct secret pin, uint64_t generation)
{
	struct state *state = state_of(digest);
	struct secret mac = SECRET_NONE;
	enum token_result res;

	if (state == NULL || state->valid != VALID || state->generation != generation)
		return TOKEN_ERR_NOT_FOUND;
	if (!secret_alloc(SEAL_MAC_LEN, &mac))
		return TOKEN_ERR_MEMORY;
	res = seal_hmac(ctx, key_of(state), pin.ptr, pin.len, mac.ptr);
	if (res == TOKEN_OK && !seal_equal(mac.ptr, state->mac, SEAL_MAC_LEN))
		res = TOKEN_ERR_PIN;
	secret_wipe(&mac);
	return res;
}

void
pin_digest_clear(struct pin_digest *digest)
{
	secret_wipe(&digest->state);
}
