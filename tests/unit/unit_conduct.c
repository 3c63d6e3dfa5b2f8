/*
 * tests/unit/unit_conduct.c: runs the tests of conduct: every function, in every state, with good and bad arguments.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>

#include "tests/unit/backend.h"
#include "tests/unit/conduct.h"

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "tables", NULL, NULL, NULL, NULL, conduct_table },
		{ "states", p11_start, p11_stop, NULL, NULL, conduct_states },
		{ "bad input", p11_start, p11_stop, NULL, NULL, conduct_bad_input },
		{ "of every suite", p11_start, p11_stop, NULL, NULL, conduct_suite },
		{ "the life of a token", p11_start, p11_stop, NULL, NULL, conduct_vendor },
		{ "in no order", p11_start, p11_stop, NULL, NULL, conduct_random },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	if (!p11_load() || CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	if (CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	test_backend_select();
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
