/* main.c: mdoc-present. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/present/present.h"
#include "tools/common/message.h"
#include <sys/prctl.h>

static const struct command commands[] = {
	{ "respond", "", N_("answer a reader's request, after consent and PIN"), cmd_respond },
	{ "session", "", N_("show an engagement and answer a reader in a session with it"), cmd_session },
	{ "authentication", "", N_("write what a device has to sign, for other PKCS#11 programs"), cmd_authentication },
	{ NULL, NULL, NULL, NULL },
};

int
main(int argc, char **argv)
{
	/* PINs pass through this process: no core dump, no tracer of the same user. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	message_init("mdoc-present");
	return options_dispatch(commands, N_("Present an mdoc whose key is in a PKCS#11 token."), argc, argv);
}
