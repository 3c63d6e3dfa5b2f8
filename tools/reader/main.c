/* mdoc-reader: a reader's request and verdict. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stddef.h>
#include <sys/prctl.h>
#include "tools/common/message.h"
#include "tools/reader/reader.h"

static const struct command commands[] = {
	{ "verify", N_("RESPONSE"), N_("check a DeviceResponse and show what it proves"), cmd_verify },
	{ "request", "", N_("make a DeviceRequest"), cmd_request },
	{ "serve", "", N_("be a verifier on the web, for wallets of OpenID4VP"), cmd_serve },
	{ "transcript", "", N_("make a SessionTranscript"), cmd_transcript },
	{ "session", N_("[ENGAGEMENT]"), N_("ask a holder's program over a stream and verify its answer"),
		cmd_session },
	{ "trust", N_("add|list|remove|update [NAME…]"), N_("keep a store of whom you trust"), cmd_trust },
	{ "explain", N_("RESPONSE"), N_("say in plain words what is wrong with a DeviceResponse"), cmd_explain },
	{ "dump", N_("FILE"), N_("show what is in a file, whatever structure it is"), cmd_dump },
	{ NULL, NULL, NULL, NULL },
};

int
main(int argc, char **argv)
{
	/* The private key of a session passes through this process: no core dump, no tracer of the same user. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	message_init("mdoc-reader");
	return options_dispatch(commands, N_("Ask for My Number Card records and verify them."), argc, argv);
}
