/*
 * tests/unit/unit_cose.c: runs the suites of algorithms and of contexts.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>

extern CU_TestInfo cose_algs_tests[];
extern CU_TestInfo cose_known_tests[];
extern CU_TestInfo context_tests[];

static CU_SuiteInfo suites[] = {
	{ "algorithms and curves", NULL, NULL, NULL, NULL, cose_algs_tests },
	{ "known answers", NULL, NULL, NULL, NULL, cose_known_tests },
	{ "contexts", NULL, NULL, NULL, NULL, context_tests },
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
