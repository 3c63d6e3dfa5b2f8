/* mdoc-issuer: IACA, document signer and register. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/operation.h"

static const struct command commands[] = {
	{ "init", "", N_("make an issuer: keys in a token, certificates and register"), cmd_init },
	{ "offer", "", N_("make a credential offer with a nonce for one request"), cmd_offer },
	{ "issue", "", N_("check a request and issue one copy of the record to each of its keys"), cmd_issue },
	{ "renew", "", N_("renew the record of a registered device, which shows it by its attestation"), cmd_renew },
	{ "keys", "list|add|backup|restore|drill", N_("show, complete, back up and restore the issuer's keys"),
		cmd_keys },
	{ "serve", "", N_("issue and renew over HTTPS (OpenID4VCI 1.0)"), cmd_serve },
	{ "notify", "", N_("deliver the notices of what became of records, encrypted"), cmd_notify },
	{ "challenge", "", N_("enrol a TPM: challenge it, then certify the key that answered"), cmd_challenge },
	{ "person", N_("add|update|show"), N_("enter a person and the state of the card, change that, or look at it"),
		cmd_person },
	{ "suspend", "", N_("suspend a record for now"), cmd_suspend },
	{ "resume", "", N_("let a suspended record be used again"), cmd_resume },
	{ "revoke", "", N_("end a record for ever"), cmd_revoke },
	{ "lapse", "", N_("end what has no ground any more: validity, card or signature certificate are over"),
		cmd_lapse },
	{ "compromise", "", N_("end everything under a key of the issuer that is leaked, lost or damaged"),
		cmd_compromise },
	{ "status", "", N_("say whether a record is in operation"), cmd_status },
	{ "status-list", "", N_("sign the status lists that readers fetch"), cmd_status_list },
	{ "crl", "", N_("sign the list of revoked document signers"), cmd_crl },
	{ "verify-log", "", N_("check that the log and the states are what was written"), cmd_verify_log },
	{ "purge", "", N_("remove details that have been kept long enough"), cmd_purge },
	{ "personalise", "", N_("encrypt and sign a plan for a card's maker, and erase it here"), cmd_personalise },
	{ "export", "", N_("write a report, signed and encrypted to a supervisor"), cmd_export },
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
	json_wipe_memory(); /* claims, and plans for cards (R-CARD-38) */
	message_init("mdoc-issuer");
	move_dir(argc, argv);
	return options_dispatch(commands, N_("Issue My Number Card records with keys in a PKCS#11 token."), argc, argv);
}
