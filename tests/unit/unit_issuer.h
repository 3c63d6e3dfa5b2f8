/*
 * unit_issuer.h: the suites of mdoc-issuer and mdoc-reader.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_ISSUER_H
#define TESTS_UNIT_ISSUER_H

#include <CUnit/CUnit.h>

void add_register_tests(void);
void add_register_states_tests(void);
void add_register_lists_tests(void);
void add_register_log_tests(void);
void add_claims_tests(void);
void add_proof_tests(void);
void add_reader_tests(void);
void add_evidence_tests(void);
void add_enrolment_tests(void);
void add_attestation_tests(void);
void add_ages_tests(void);
void add_algorithms_tests(void);
void add_device_tests(void);

#endif
