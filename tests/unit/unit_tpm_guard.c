/*
 * tests/unit/unit_tpm_guard.c: runs the tests of the guard of areas whose PIN is in a TPM.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"
#include "tests/unit/tpm_guard_kit.h"

CU_SuiteInfo suites[] = {
	{ .pName = "tpm/guard", .pTests = tests_tpm_guard },
	{ .pName = "tpm/policy", .pTests = tests_tpm_policy },
	{ .pName = "tpm/guard and the owner", .pTests = tests_tpm_guard_owner },
	{ .pName = "tpm/wire", .pTests = tests_tpm_wire },
	{ .pName = "tpm/guard without indices, and others", .pTests = tests_tpm_guard_object },
	{ .pName = "tpm/guard and the line", .pTests = tests_tpm_guard_line },
	CU_SUITE_INFO_NULL,
};
