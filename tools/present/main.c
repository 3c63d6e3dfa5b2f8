/* main.c: mdoc-present. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/present/present.h"
#include "tools/common/message.h"
#include "tools/openid4vp/invocation.h"
#include <stdlib.h>
#include <sys/prctl.h>

#define SUMMARY N_("Present an mdoc whose key is in a PKCS#11 token.")

static const struct command commands[] = {
	{ "respond", "", N_("answer a reader's request, after consent and PIN"), cmd_respond },
	{ "session", "", N_("show an engagement and answer a reader in a session with it"), cmd_session },
	{ "openid4vp", "URI", N_("answer a verifier on the web, after consent and PIN"), cmd_openid4vp },
	{ "authentication", "", N_("write what a device has to sign, for other PKCS#11 programs"), cmd_authentication },
	{ NULL, NULL, NULL, NULL },
};

/* A URI in place of a command is what its scheme says: desktops start a program with just that. */
static int
open_uri(int argc, char **argv)
{
	char **all = calloc((size_t)argc + 2, sizeof(*all));
	char name[] = "openid4vp";
	int status;

	if (all == NULL)
		return tool_no_memory();
	all[0] = argv[0];
	all[1] = name;
	for (int i = 1; i < argc; i++)
		all[i + 1] = argv[i];
	status = options_dispatch(commands, SUMMARY, argc + 1, all);
	free(all);
	return status;
}

int
main(int argc, char **argv)
{
	/* PINs pass through this process: no core dump, no tracer of the same user. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	message_init("mdoc-present");
	if (argc > 1 && vp_invocation_is_uri(argv[1]))
		return open_uri(argc, argv);
	return options_dispatch(commands, SUMMARY, argc, argv);
}
