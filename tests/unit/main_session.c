/*
 * tests/unit/main_session.c: runs the suites of engagement, transcript and session encryption.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>

extern CU_TestInfo engagement_tests[];
extern CU_TestInfo transcript_tests[];
extern CU_TestInfo session_tests[];
extern CU_TestInfo dcapi_tests[];

static CU_SuiteInfo suites[] = {
	{ "engagement", NULL, NULL, NULL, NULL, engagement_tests },
	{ "transcript", NULL, NULL, NULL, NULL, transcript_tests },
	{ "session", NULL, NULL, NULL, NULL, session_tests },
	{ "dcapi", NULL, NULL, NULL, NULL, dcapi_tests },
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
