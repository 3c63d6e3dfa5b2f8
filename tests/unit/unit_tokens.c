/*
 * The CUnit program for the store and the token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>

#include "tests/unit/backend.h"
#include "tests/unit/tokens_suites.h"

int
main(void)
{
	unsigned failures;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	if (add_store_suite() != 0 || add_token_suite() != 0 || add_login_suite() != 0 || add_faults_suite() != 0 ||
		add_watch_suite() != 0 || add_gate_suite() != 0 || add_ready_suite() != 0 ||
		add_provisioner_suite() != 0 || add_migrate_suite() != 0) {
		CU_cleanup_registry();
		return 1;
	}
	test_backend_select();
	CU_basic_set_mode(CU_BRM_VERBOSE);
	(void)CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
