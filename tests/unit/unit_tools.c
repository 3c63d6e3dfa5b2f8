/*
 * tests/unit/unit_tools.c: runs the tests of what the programs are made of.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/unit_tools.h"
#include "tools/common/message.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char unit_tools_folder[] = "/tmp/unit-tools.XXXXXX";
static int kept_out = -1, kept_err = -1;

const char *
unit_tools_path(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", unit_tools_folder, name);
	return path;
}

void
unit_tools_hush(void)
{
	const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(NULL);
	kept_out = dup(STDOUT_FILENO);
	kept_err = dup(STDERR_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

void
unit_tools_speak(void)
{
	fflush(NULL);
	dup2(kept_out, STDOUT_FILENO);
	dup2(kept_err, STDERR_FILENO);
	close(kept_out);
	close(kept_err);
}

static void
remove_folder(void)
{
	static const char *const names[] = { "a", "b", "pin", "new" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(unit_tools_path(names[i]));
	(void)rmdir(unit_tools_folder);
}

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ "base64url", NULL, NULL, NULL, NULL, base64url_tests },
		{ "jwt", NULL, NULL, NULL, NULL, jwt_tests },
		{ "file", NULL, NULL, NULL, NULL, file_tests },
		{ "options", NULL, NULL, NULL, NULL, options_tests },
		{ "pin", NULL, NULL, NULL, NULL, pin_tests },
		{ "terminal", NULL, NULL, NULL, NULL, terminal_tests },
		{ "value", NULL, NULL, NULL, NULL, value_tests },
		{ "batch", NULL, NULL, NULL, NULL, batch_tests },
		{ "stream", NULL, NULL, NULL, NULL, stream_tests },
		{ "plan of a card", NULL, NULL, NULL, NULL, card_plan_tests },
		{ "trace", NULL, NULL, NULL, NULL, trace_tests },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	message_init("unit-tools");
	if (mkdtemp(unit_tools_folder) == NULL || CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	if (CU_register_suites(suites) != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	remove_folder();
	return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
