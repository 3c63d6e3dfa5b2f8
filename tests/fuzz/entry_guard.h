/*
 * tests/fuzz/entry_guard.h: what a store keeps for the guard of an area whose PIN is in a TPM. It is read before its MAC
 * can be checked.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_ENTRY_GUARD_H
#define TESTS_FUZZ_ENTRY_GUARD_H

#include "tests/fuzz/fuzz.h"

enum mdoc_result entry_tpm_guard(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_tpm_wrap(const struct mdoc_context *context, struct mdoc_bytes input);

void seeds_tpm_guard(struct fuzz_seeds *seeds);
void seeds_tpm_wrap(struct fuzz_seeds *seeds);

#endif
