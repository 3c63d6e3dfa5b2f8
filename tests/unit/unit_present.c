/*
 * tests/unit/unit_present.c: runs the suites of mdoc-present's inside.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"

extern CU_TestInfo present_session_tests[];

CU_SuiteInfo suites[] = {
	{ "session", NULL, NULL, NULL, NULL, present_session_tests },
	CU_SUITE_INFO_NULL,
};
