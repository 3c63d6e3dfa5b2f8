/*
 * tests/unit/unit_issue.c: runs the tests of issuing.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"

extern CU_TestInfo issue_tests[];
extern CU_TestInfo profile_tests[];

CU_SuiteInfo suites[] = {
	{ "issue", NULL, NULL, NULL, NULL, issue_tests },
	{ "profile", NULL, NULL, NULL, NULL, profile_tests },
	CU_SUITE_INFO_NULL,
};
