/*
 * tests/unit/unit_openid4vp.h: the suites of tools/openid4vp/ and of what speaks to servers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef UNIT_OPENID4VP_H
#define UNIT_OPENID4VP_H

#include <CUnit/Basic.h>

#include "tests/unit/soft.h"

/* Run without the noise that a refusal makes on stderr. */
void vp_hush(void);
void vp_speak(void);

extern CU_TestInfo jwe_tests[], dcql_tests[], client_id_tests[], request_object_tests[], vp_response_tests[],
	form_tests[], url_tests[], http_tests[];

#endif
