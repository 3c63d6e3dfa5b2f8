/*
 * tests/unit/unit_request.c: runs the suites of DeviceRequest and reader authentication.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"

extern CU_TestInfo request_tests[];
extern CU_TestInfo request_info_tests[];
extern CU_TestInfo reader_auth_tests[];

CU_SuiteInfo suites[] = {
	{ "request", NULL, NULL, NULL, NULL, request_tests },
	{ "second edition", NULL, NULL, NULL, NULL, request_info_tests },
	{ "reader authentication", NULL, NULL, NULL, NULL, reader_auth_tests },
	CU_SUITE_INFO_NULL,
};
