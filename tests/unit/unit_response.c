/*
 * tests/unit/unit_response.c: runs the suites of responses.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>

extern CU_TestInfo response_tests[];
extern CU_TestInfo device_mac_tests[];

static CU_SuiteInfo suites[] = {
	{ "response", NULL, NULL, NULL, NULL, response_tests },
	{ "deviceMac", NULL, NULL, NULL, NULL, device_mac_tests },
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
