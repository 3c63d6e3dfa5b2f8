/*
 * tests/unit/unit_response.c: runs the suites of responses.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"

extern CU_TestInfo response_tests[];
extern CU_TestInfo device_mac_tests[];

CU_SuiteInfo suites[] = {
	{ "response", NULL, NULL, NULL, NULL, response_tests },
	{ "deviceMac", NULL, NULL, NULL, NULL, device_mac_tests },
	CU_SUITE_INFO_NULL,
};
