/*
 * tests/fuzz/entry_key.h: the stored bytes of keys in a TPM, and an issuer's challenge to it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_ENTRY_KEY_H
#define TESTS_FUZZ_ENTRY_KEY_H

#include "tests/fuzz/fuzz.h"

enum mdoc_result entry_tpm_key(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_tpm_challenge(const struct mdoc_context *context, struct mdoc_bytes input);

void seeds_tpm_key(struct fuzz_seeds *seeds);
void seeds_tpm_challenge(struct fuzz_seeds *seeds);

#endif
