/*
 * tests/unit/unit_custody.c: runs the tests of what keys in tokens do for the programs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/unit_custody.h"

#include <CUnit/Basic.h>
#include "tests/unit/p11_world.h"

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "keys of tokens for OpenSSL", NULL, NULL, NULL, NULL, tests_p11_pkey },
		{ "CMS", cms_start, cms_stop, NULL, NULL, tests_cms },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures = 1;

	if (!p11_worlds_open())
		return 1;
	if (CU_initialize_registry() == CUE_SUCCESS && CU_register_suites(suites) == CUE_SUCCESS) {
		CU_basic_set_mode(CU_BRM_VERBOSE);
		CU_basic_run_tests();
		failures = CU_get_number_of_failures();
		CU_cleanup_registry();
	}
	p11_worlds_close();
	return failures == 0 ? 0 : 1;
}
