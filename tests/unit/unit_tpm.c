/*
 * tests/unit/unit_tpm.c: runs the tests of tokens/tpm/, with an swtpm of its own.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "tests/unit/tpm_kit.h"

OSSL_LIB_CTX *kit_libctx;
struct seal_ctx *kit_seal;

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "tpm kdf", .pTests = tests_tpm_kdf },
		{ .pName = "tpm device", .pTests = tests_tpm_device },
		{ .pName = "tpm line", .pTests = tests_tpm_line },
		{ .pName = "tpm faults", .pTests = tests_tpm_faults },
		CU_SUITE_INFO_NULL,
	};
	unsigned failed = 1;

	kit_libctx = OSSL_LIB_CTX_new();
	if (kit_libctx == NULL || !swtpm_start() || seal_ctx_new(kit_libctx, &kit_seal) != TOKEN_OK)
		return 1;
	if (CU_initialize_registry() == CUE_SUCCESS && CU_register_suites(suites) == CUE_SUCCESS) {
		CU_basic_set_mode(CU_BRM_VERBOSE);
		CU_basic_run_tests();
		failed = CU_get_number_of_failures();
	}
	CU_cleanup_registry();
	seal_ctx_free(kit_seal);
	OSSL_LIB_CTX_free(kit_libctx);
	swtpm_stop();
	return failed == 0 ? 0 : 1;
}
