/*
 * tests/unit/unit_session.c: runs the suites of engagement, transcript and session encryption.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"

extern CU_TestInfo engagement_tests[];
extern CU_TestInfo ndef_tests[];
extern CU_TestInfo transcript_tests[];
extern CU_TestInfo session_tests[];
extern CU_TestInfo dcapi_tests[];

CU_SuiteInfo suites[] = {
	{ "engagement", NULL, NULL, NULL, NULL, engagement_tests },
	{ "ndef", NULL, NULL, NULL, NULL, ndef_tests },
	{ "transcript", NULL, NULL, NULL, NULL, transcript_tests },
	{ "session", NULL, NULL, NULL, NULL, session_tests },
	{ "dcapi", NULL, NULL, NULL, NULL, dcapi_tests },
	CU_SUITE_INFO_NULL,
};
