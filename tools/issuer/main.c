/* mdoc-issuer: IACA, document signer and register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include "tools/common/message.h"
#include "tools/issuer/issuer.h"

static const struct command commands[] = {
	{ "init", "", N_("make an issuer: keys in a token, certificates and register"), cmd_init },
	{ "offer", "", N_("make a credential offer with a nonce for one request"), cmd_offer },
	{ "issue", "", N_("check a request and issue one copy of the record to each of its keys"), cmd_issue },
	{ "challenge", "", N_("enrol a TPM: challenge it, then certify the key that answered"), cmd_challenge },
	{ NULL, NULL, NULL, NULL },
};

/* "--dir D issue …" as "issue --dir D …": the folder is named once, before the command. */
static void
move_dir(int argc, char **argv)
{
	int words = 0;
	char *moved[2];

	if (argc > 3 && strcmp(argv[1], "--dir") == 0)
		words = 2;
	else if (argc > 2 && strncmp(argv[1], "--dir=", 6) == 0)
		words = 1;
	if (words == 0)
		return;
	memcpy(moved, argv + 1, (size_t)words * sizeof(*argv));
	argv[1] = argv[1 + words];
	memcpy(argv + 2, moved, (size_t)words * sizeof(*argv));
}

int
main(int argc, char **argv)
{
	/* The PIN of the token passes through this process: no core dump, no tracer of the same user. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	message_init("mdoc-issuer");
	move_dir(argc, argv);
	return options_dispatch(commands, N_("Issue My Number Card records with keys in a PKCS#11 token."), argc, argv);
}
