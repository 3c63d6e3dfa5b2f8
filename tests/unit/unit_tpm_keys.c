/*
 * tests/unit/unit_tpm_keys.c: runs the tests of keys in a TPM.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"
#include "tests/unit/tpm_key_kit.h"

CU_SuiteInfo suites[] = {
	{ .pName = "tpm/key", .pTests = tests_tpm_key },
	{ .pName = "tpm/key: faults", .pTests = tests_tpm_key_faults },
	CU_SUITE_INFO_NULL,
};
