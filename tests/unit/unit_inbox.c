/*
 * tests/unit/unit_inbox.c: runs the tests of renewal's keys as our programs use them, on the built module.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>
#include <stdlib.h>

#include "tests/unit/inbox_kit.h"

extern CU_TestInfo tests_inbox_keys[];

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "keys of renewal", p11_start, p11_stop, NULL, NULL, tests_inbox_keys },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	if (!p11_load() || CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
