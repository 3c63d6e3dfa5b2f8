/* main.c: mdoc-token. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include <sys/prctl.h>

static const struct command commands[] = {
	{ "init", "", N_("make a token (area) and its security officer's code"), cmd_init },
	{ "blank", "", N_("make a blank token, which only its transport secret makes usable"), cmd_blank },
	{ "card", "", N_("make the areas of a card, or show them"), cmd_card },
	{ "personalise", "", N_("write what a plan says into the areas of a card"), cmd_personalise },
	{ "grant", "", N_("let a system into an area of a card, or set a collation number"), cmd_grant },
	{ "revoke-grant", "", N_("let it in no more"), cmd_revoke_grant },
	{ "pin", "set|change|reset|disable|enable", N_("what is done to a PIN"), cmd_pin },
	{ "activate", "", N_("let the holder set a PIN of his own in the place of the first one"), cmd_activate },
	{ "seal-pin", "", N_("seal a PIN for the counter, so that nobody else learns it"), cmd_seal_pin },
	{ "request", "", N_("make holder keys and a request for records on them"), cmd_request },
	{ "import", "[FILE…]", N_("check records, show them and the notices, and store them"), cmd_import },
	{ "list", "", N_("list copies, keys and certificates"), cmd_list },
	{ "show", "", N_("show what is in the records"), cmd_show },
	{ "status", "", N_("show the state of PIN and copies"), cmd_status },
	{ "doctor", "", N_("say what is wrong with module, store and tokens, and what to do"), cmd_doctor },
	{ "provisioner", "", N_("make or revoke the credential of a program that renews records"), cmd_provisioner },
	{ "enrol", "OFFER", N_("get records from an issuer's server, and what it takes to renew them"), cmd_enrol },
	{ "renew", "", N_("renew what is due, without the PIN"), cmd_renew },
	{ "inbox", "list|accept|remove NUMBER", N_("show and accept what came without the PIN"), cmd_inbox },
	{ "notice", "FILE…", N_("take encrypted notices of the issuer, and act on them"), cmd_notice },
	{ "attest", "", N_("enrol the token's TPM with an issuer, and evidence about keys in it"), cmd_attest },
	{ "suspend", "", N_("let nothing be presented until it is resumed (一時停止)"), cmd_suspend },
	{ "resume", "", N_("end a suspension, with the security officer's code"), cmd_resume },
	{ "retire", "", N_("destroy all keys and records for ever (廃止)"), cmd_retire },
	{ "revoke", "", N_("write a request to revoke, for the issuer"), cmd_revoke },
	{ "log", "", N_("show what has happened to the token"), cmd_log },
	{ "erase", "", N_("erase the token, or its records only"), cmd_erase },
	{ NULL, NULL, NULL, NULL },
};

int
main(int argc, char **argv)
{
	/* PINs pass through this process: no core dump, no tracer of the same user. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	json_wipe_memory();
	message_init("mdoc-token");
	return options_dispatch(commands, N_("Keep the keys and records of an mdoc in a PKCS#11 token."), argc, argv);
}
