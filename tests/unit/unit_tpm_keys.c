/*
 * tests/unit/unit_tpm_keys.c: runs the tests of keys in a TPM and of the proof that they are there.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"
#include "tests/unit/tpm_key_kit.h"

CU_SuiteInfo suites[] = {
	{ .pName = "tpm/key", .pTests = tests_tpm_key },
	{ .pName = "tpm/key: faults", .pTests = tests_tpm_key_faults },
	{ .pName = "tpm/attest: messages", .pTests = tests_tpm_attest_cbor },
	{ .pName = "tpm/attest", .pTests = tests_tpm_attest },
	CU_SUITE_INFO_NULL,
};
