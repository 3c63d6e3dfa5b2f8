/*
 * tests/bench/tpm-raw.h: signatures by a TPM without any of our code: tpm2-tss's ESYS and a password session.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_BENCH_TPM_RAW_H
#define TESTS_BENCH_TPM_RAW_H

/* Keep a storage root key of the usual template at 0x81000001, as machines with a TPM have it. */
void raw_provision(const char *tcti);

/* Flush what processes before have left in the TPM, which has no resource manager here: three objects, three sessions. */
void raw_flush(const char *tcti);

/* Signatures in a second by a loaded P-256 key, for so many seconds. */
double raw_sign(const char *tcti, double seconds);

#endif
