/* main.c: mdoc-token. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/common/message.h"
#include <sys/prctl.h>

static const struct command commands[] = {
	{ "init", "", N_("make a token (area) and its security officer's code"), cmd_init },
	{ "pin", "", N_("set the PIN with the security officer's code, or change it"), cmd_pin },
	{ "request", "", N_("make holder keys and a request for records on them"), cmd_request },
	{ "import", "[FILE…]", N_("check records, show them and the notices, and store them"), cmd_import },
	{ "list", "", N_("list copies, keys and certificates"), cmd_list },
	{ "show", "", N_("show what is in the records"), cmd_show },
	{ "status", "", N_("show the state of PIN and copies"), cmd_status },
	{ "doctor", "", N_("say what is wrong with module, store and tokens, and what to do"), cmd_doctor },
	{ "provisioner", "", N_("make or revoke the credential of a program that renews records"), cmd_provisioner },
	{ "attest", "", N_("enrol the token's TPM with an issuer, and evidence about keys in it"), cmd_attest },
	{ "erase", "", N_("erase the token, or its records only"), cmd_erase },
	{ NULL, NULL, NULL, NULL },
};

int
main(int argc, char **argv)
{
	/* PINs pass through this process: no core dump, no tracer of the same user. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	message_init("mdoc-token");
	return options_dispatch(commands, N_("Keep the keys and records of an mdoc in a PKCS#11 token."), argc, argv);
}
