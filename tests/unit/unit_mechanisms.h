/*
 * tests/unit/unit_mechanisms.h: the suites of unit-mechanisms.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_MECHANISMS_H
#define TESTS_UNIT_MECHANISMS_H

#include <CUnit/CUnit.h>

extern CU_SuiteInfo suite_mech_plan;
extern CU_SuiteInfo suite_mech_plain;
extern CU_SuiteInfo suite_mech_cipher;
extern CU_SuiteInfo suite_op_part;
extern CU_SuiteInfo suite_message;
extern CU_SuiteInfo suite_op_state;
extern CU_SuiteInfo suite_op_random;
extern CU_SuiteInfo suite_mech_mdoc;
extern CU_SuiteInfo suite_record;
extern CU_SuiteInfo suite_status;
extern CU_SuiteInfo suite_copies_log;
extern CU_SuiteInfo suite_record_roles;

#endif
