/*
 * tokens/pin/policy.h: what a new PIN must look like, and the keyed digest that a
 * context-specific login compares with.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_PIN_POLICY_H
#define TOKENS_PIN_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tokens/seal.h"
#include "tokens/token.h"

#define PIN_BYTES_MAX 256 /* bytes of any PIN given to a check; the KDF never sees more */
#define PIN_LEN_MAX 64    /* code points: the top of every policy */
#define PIN_TRIES_MAX 100

/* What a backend asks of one role's PIN. */
struct pin_limits {
	struct token_pin_policy defaults;
	unsigned weak_min; /* the floor, and the default min_len, when weak PINs are allowed */
};

/* Vault: user min 8, max 64, 5 tries, weak 4; SO min 16 (80 bits of a 32-letter alphabet), 10 tries, weak 4. */
extern const struct pin_limits pin_limits_vault_user;
extern const struct pin_limits pin_limits_vault_so;

/* Where a device counts the user's tries 4 characters are enough; the SO's code opens the area from the store alone
 * with what the device has sealed, so its floor is the vault's. */
extern const struct pin_limits pin_limits_tpm_user;
extern const struct pin_limits pin_limits_tpm_so;

/*
 * Fill the zero fields of a policy with the backend's defaults and check the whole.
 *
 * allow_weak  min_len may go down to weak_min, and is weak_min when it was zero
 *
 * TOKEN_ERR_PIN_LENGTH  min_len below the floor
 * TOKEN_ERR_ARG         min_len above max_len, max_len above PIN_LEN_MAX, tries above PIN_TRIES_MAX, unknown
 *                       alphabet; either way the policy is unchanged
 */
enum token_result pin_policy_complete(const struct pin_limits *limits, bool allow_weak,
	struct token_pin_policy *policy);

/*
 * May this be a new PIN under the policy? (A PIN to be checked is never held against it.)
 *
 * TOKEN_ERR_PIN_LENGTH    too few or too many code points
 * TOKEN_ERR_PIN_ALPHABET  not UTF-8, a control character or noncharacter, outside the alphabet,
 *                         or TOKEN_PIN_ALNUM_UPPER without a letter or without a digit
 */
enum token_result pin_check_new(const struct token_pin_policy *policy, struct secret pin);

/* Is this UTF-8 without control characters and noncharacters, whatever its length? */
bool pin_is_text(struct secret text);

/*
 * A digest of the PIN that logged in, under a random key made for it. All of it lies in the
 * arena with its own valid mark, so that a forked child finds none. Not thread safe.
 */
struct pin_digest {
	struct secret state;
};

#define PIN_DIGEST_NONE ((struct pin_digest){ { NULL, 0 } })

/* generation: of the role's PIN; a later generation on disk makes the digest stale. */
enum token_result pin_digest_set(struct pin_digest *digest, const struct seal_ctx *ctx, struct secret pin,
	uint64_t generation);

/*
 * TOKEN_OK             the same PIN, of the same generation
 * TOKEN_ERR_PIN        another PIN; nothing was counted here
 * TOKEN_ERR_NOT_FOUND  no digest, of another generation, or lost by fork: check with the KDF
 */
enum token_result pin_digest_check(const struct pin_digest *digest, const struct seal_ctx *ctx, struct secret pin,
	uint64_t generation);

/* Wipe; PIN_DIGEST_NONE afterwards. */
void pin_digest_clear(struct pin_digest *digest);

#endif
