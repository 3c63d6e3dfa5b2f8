/*
 * tests/unit/unit_cose.c: runs the suites of algorithms, contexts and output.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/builders.h"
#include "tests/unit/suites.h"

extern CU_TestInfo cose_algs_tests[];
extern CU_TestInfo cose_known_tests[];
extern CU_TestInfo context_tests[];
extern CU_TestInfo buffers_tests[];
extern CU_TestInfo pieces_tests[];

CU_SuiteInfo suites[] = {
	{ "algorithms and curves", NULL, NULL, NULL, NULL, cose_algs_tests },
	{ "known answers", NULL, NULL, NULL, NULL, cose_known_tests },
	{ "contexts", builders_init, builders_clear, NULL, NULL, context_tests },
	{ "buffers", builders_init, builders_clear, NULL, NULL, buffers_tests },
	{ "strings in pieces", builders_init, builders_clear, NULL, NULL, pieces_tests },
	CU_SUITE_INFO_NULL,
};
