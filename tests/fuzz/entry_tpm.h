/*
 * tests/fuzz/entry_tpm.h: what mdoc-issuer reads of a TPM.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_ENTRY_TPM_H
#define TESTS_FUZZ_ENTRY_TPM_H

#include "tests/fuzz/fuzz.h"

enum mdoc_result entry_tpm_evidence(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_tpm_enrolment(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_tpm_answer(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_tpm_structure(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_tpm_certificate(const struct mdoc_context *context, struct mdoc_bytes input);

void seeds_tpm_evidence(struct fuzz_seeds *seeds);
void seeds_tpm_enrolment(struct fuzz_seeds *seeds);
void seeds_tpm_answer(struct fuzz_seeds *seeds);
void seeds_tpm_structure(struct fuzz_seeds *seeds);
void seeds_tpm_certificate(struct fuzz_seeds *seeds);

#endif
