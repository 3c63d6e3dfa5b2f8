/*
 * tests/unit/test_lists.c: revocation lists and trust lists.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/lists_world.h"

#include <CUnit/Basic.h>

int
main(void)
{
	unsigned failures;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	lists_status_tests();
	lists_compress_tests();
	lists_vector_tests();
	lists_token_tests();
	lists_identifier_tests();
	lists_trust_tests();
	lists_trust_check_tests();
	lists_hostile_tests();
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
