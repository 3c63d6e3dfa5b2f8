/*
 * tests/unit/unit_mdoc.c: runs the suites of libmdoc's core.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/suites.h"

extern CU_TestInfo bytes_tests[];
extern CU_TestInfo cbor_tests[];
extern CU_TestInfo cbor_pieces_tests[];
extern CU_TestInfo cose_tests[];
extern CU_TestInfo validity_tests[];
extern CU_TestInfo annexd_tests[];
extern CU_TestInfo issuer_signed_tests[];
extern CU_TestInfo device_signed_tests[];
extern CU_TestInfo hostile_tests[];

CU_SuiteInfo suites[] = {
	{ "bytes", NULL, NULL, NULL, NULL, bytes_tests },
	{ "cbor", NULL, NULL, NULL, NULL, cbor_tests },
	{ "cbor in pieces", NULL, NULL, NULL, NULL, cbor_pieces_tests },
	{ "cose", NULL, NULL, NULL, NULL, cose_tests },
	{ "validity", NULL, NULL, NULL, NULL, validity_tests },
	{ "annexd", NULL, NULL, NULL, NULL, annexd_tests },
	{ "issuer_signed", NULL, NULL, NULL, NULL, issuer_signed_tests },
	{ "device_signed", NULL, NULL, NULL, NULL, device_signed_tests },
	{ "hostile input", NULL, NULL, NULL, NULL, hostile_tests },
	CU_SUITE_INFO_NULL,
};
