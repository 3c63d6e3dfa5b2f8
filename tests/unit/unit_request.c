/*
 * tests/unit/unit_request.c: runs the suites of DeviceRequest and reader authentication.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>

extern CU_TestInfo request_tests[];
extern CU_TestInfo request_info_tests[];
extern CU_TestInfo reader_auth_tests[];

static CU_SuiteInfo suites[] = {
	{ "request", NULL, NULL, NULL, NULL, request_tests },
	{ "second edition", NULL, NULL, NULL, NULL, request_info_tests },
	{ "reader authentication", NULL, NULL, NULL, NULL, reader_auth_tests },
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
