/*
 * tests/unit/tpm_key_kit.h: keys in a TPM of the test's own, whose user is logged in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_TPM_KEY_KIT_H
#define TESTS_UNIT_TPM_KEY_KIT_H

#include "tests/unit/tpm_guard_kit.h"
#include "tokens/tpm/key.h"

#define KEY_PIN "4711"

extern CU_TestInfo tests_tpm_key[], tests_tpm_key_faults[], tests_tpm_attest_cbor[], tests_tpm_attest[];

/* A TPM, an area in it, and its user's PIN at hand; ended by guard_end(). */
bool key_world(struct guard_world *w, const struct guard_setup *setup);

/* Log the user in, so that keys can be used. */
bool key_login(struct guard_world *w);

/* A new key and what is stored of it. */
bool key_new(struct guard_world *w, enum token_curve curve, struct token_key **key, struct secret *value);

/* Make a signature over bytes of `fill`, and let OpenSSL check it. */
enum token_result key_signs(struct guard_world *w, struct token_key *key, size_t digest_len, uint8_t fill);

#endif
