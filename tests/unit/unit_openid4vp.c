/*
 * tests/unit/unit_openid4vp.c: runs the tests of tools/openid4vp/ and of what speaks to servers.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/unit_openid4vp.h"
#include "tools/common/message.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int kept = -1;

void
vp_hush(void)
{
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stderr);
	kept = dup(STDERR_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

void
vp_speak(void)
{
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
}

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "jwe", NULL, NULL, NULL, NULL, jwe_tests },
		{ "dcql", NULL, NULL, vp_hush, vp_speak, dcql_tests },
		{ "client id", NULL, NULL, vp_hush, vp_speak, client_id_tests },
		{ "request object", NULL, NULL, vp_hush, vp_speak, request_object_tests },
		{ "response", NULL, NULL, NULL, NULL, vp_response_tests },
		{ "form", NULL, NULL, NULL, NULL, form_tests },
		{ "url", NULL, NULL, NULL, NULL, url_tests },
		{ "http", NULL, NULL, vp_hush, vp_speak, http_tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	message_init("unit-openid4vp");
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
