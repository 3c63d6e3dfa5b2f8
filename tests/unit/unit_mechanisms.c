/*
 * tests/unit/unit_mechanisms.c: CUnit tests of the module's mechanisms, records and status object.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/unit_mechanisms.h"

#include <CUnit/Basic.h>
#include <stdlib.h>

#include "tests/unit/backend.h"

int
main(void)
{
	CU_SuiteInfo suites[] = { suite_mech_plan, suite_mech_plain, suite_mech_cipher, suite_op_part, suite_op_state,
		suite_message, suite_op_random, suite_record, suite_mech_mdoc, suite_status, suite_copies_log,
		suite_record_roles, CU_SUITE_INFO_NULL };
	unsigned failures;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	test_backend_select();
	CU_basic_set_mode(CU_BRM_VERBOSE);
	(void)CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
