/*
 * tests/unit/unit_select.c: runs the suites of selecting what leaves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"

extern CU_TestInfo select_tests[];
extern CU_TestInfo select_several_tests[];
extern CU_TestInfo consent_tests[];
extern CU_TestInfo consent_exact_tests[];

CU_SuiteInfo suites[] = {
	{ "select", NULL, NULL, NULL, NULL, select_tests },
	{ "select, several records", NULL, NULL, NULL, NULL, select_several_tests },
	{ "consent", NULL, NULL, NULL, NULL, consent_tests },
	{ "consent and response", NULL, NULL, NULL, NULL, consent_exact_tests },
	CU_SUITE_INFO_NULL,
};
