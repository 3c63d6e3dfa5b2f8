/*
 * unit_issuer.h: the suites of mdoc-issuer and mdoc-reader.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_ISSUER_H
#define TESTS_UNIT_ISSUER_H

#include <CUnit/CUnit.h>

void add_register_tests(void);
void add_claims_tests(void);
void add_proof_tests(void);
void add_reader_tests(void);
void add_evidence_tests(void);
void add_enrolment_tests(void);
void add_attestation_tests(void);

#endif
