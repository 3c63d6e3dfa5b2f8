/*
 * tests/unit/unit_provider.c: runs the tests of the OpenSSL provider, as a program that uses OSSL_STORE and EVP.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/ossl_kit.h"

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
		{ "PINs", provider_start, provider_stop, NULL, NULL, tests_provider_pin },
		{ "what URIs find", provider_start, provider_stop, NULL, NULL, tests_provider_store },
		{ "bad URIs", provider_start, provider_stop, NULL, NULL, tests_provider_hostile },
		{ "keys", provider_start, provider_stop, NULL, NULL, tests_provider_key },
		{ "references", provider_start, provider_stop, NULL, NULL, tests_provider_reference },
		{ "nonsense", provider_start, provider_stop, NULL, NULL, tests_provider_nonsense },
		{ "threads, processes, others", provider_start, provider_stop, NULL, NULL, tests_provider_process },
		{ "ways to end", provider_start, provider_stop, NULL, NULL, tests_provider_end },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	if (argc == 3 && strcmp(argv[1], "--child") == 0)
		exit(provider_child(argv[2]));
	if (!p11_load() || CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	if (CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	test_backend_select();
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
