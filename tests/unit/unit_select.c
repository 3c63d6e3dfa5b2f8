/*
 * tests/unit/unit_select.c: runs the suites of selecting what leaves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>

extern CU_TestInfo select_tests[];
extern CU_TestInfo select_several_tests[];
extern CU_TestInfo consent_tests[];
extern CU_TestInfo consent_exact_tests[];

static CU_SuiteInfo suites[] = {
	{ "select", NULL, NULL, NULL, NULL, select_tests },
	{ "select, several records", NULL, NULL, NULL, NULL, select_several_tests },
	{ "consent", NULL, NULL, NULL, NULL, consent_tests },
	{ "consent and response", NULL, NULL, NULL, NULL, consent_exact_tests },
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
