/*
 * tests/unit/main_issue.c: runs the tests of issuing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>

extern CU_TestInfo issue_tests[];
extern CU_TestInfo profile_tests[];

static CU_SuiteInfo suites[] = {
	{ "issue", NULL, NULL, NULL, NULL, issue_tests },
	{ "profile", NULL, NULL, NULL, NULL, profile_tests },
	CU_SUITE_INFO_NULL,
};

int
main(void)
{
	unsigned failed;

	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 1;
	(void)CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failed == 0 ? 0 : 1;
}
