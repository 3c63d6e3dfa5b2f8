/* life.c: mdoc-token suspend, resume and retire. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/enrolment.h"
#include "tools/common/message.h"
#include "tools/common/p11_named.h"
#include "tools/common/terminal.h"
#include <stdio.h>

/* Who acts: the security officer, the provisioner by a credential, or the holder. */
struct life_args {
	struct token_args token;
	struct pin_source so;
	const char *credential;
	bool yes;
};

#define OUR_OWN_ONLY N_("this module's tokens have no such state")

static bool
by_so(const struct life_args *args)
{
	return args->so.file != NULL || args->so.fd != NULL;
}

static enum exit_status
begin(const struct life_args *args, struct p11 *p11, struct p11_token *token)
{
	const enum exit_status status = token_open(&args->token, p11, token);

	if (status == EXIT_STATUS_OK && p11->vendor == NULL)
		return tool_rv_error(_(OUR_OWN_ONLY), CKR_FUNCTION_NOT_SUPPORTED);
	return status;
}

static void
say_done(const struct life_args *args, const char *state, const char *sentence)
{
	if (args->token.common.json)
		printf("{\"state\": \"%s\"}\n", state);
	else
		printf("%s\n", _(sentence));
}

int
cmd_suspend(const struct command *command, int argc, char **argv)
{
	struct life_args args = { .credential = NULL };
	const struct option_row rows[] = { TOKEN_ROW(args.token), SO_ROWS(args.so),
		{ "credential-file", OPTION_TEXT, &args.credential, N_("FILE"),
			N_("the provisioner's credential, in the place of that code"), false },
		END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;
	CK_RV rv;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON && by_so(&args) && args.credential != NULL)
		status = options_wrong(command, "%s", _("give the security officer's code or a credential, not both"));
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = begin(&args, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = args.credential != NULL ? p11_login_named(&token, MDOC_PROVISIONER, args.credential)
						 : token_login_so(&args.so, &token);
	if (status == EXIT_STATUS_OK) {
		rv = p11.vendor->C_MDOC_Suspend(token.session);
		if (rv != CKR_OK)
			status = tool_rv_error(_("the token was not suspended"), rv);
	}
	if (status == EXIT_STATUS_OK)
		say_done(&args, "suspended", N_("The token is suspended (一時停止): nothing can be presented."));
	token_end(&p11, &token);
	return status;
}

int
cmd_resume(const struct command *command, int argc, char **argv)
{
	struct life_args args = { .credential = NULL };
	const struct option_row rows[] = { TOKEN_ROW(args.token), SO_ROWS(args.so), END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;
	CK_RV rv;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = begin(&args, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = token_login_so(&args.so, &token);
	if (status == EXIT_STATUS_OK) {
		rv = p11.vendor->C_MDOC_Resume(token.session);
		if (rv != CKR_OK)
			status = tool_rv_error(_("the token was not resumed"), rv);
	}
	if (status == EXIT_STATUS_OK)
		say_done(&args, "active", N_("The token is in use again (運用中)."));
	token_end(&p11, &token);
	return status;
}

static enum exit_status
agree(const struct life_args *args)
{
	bool asked = false;

	if (args->yes ||
		terminal_ask(_("Destroy all keys and records of this token, for ever and beyond repair?"), &asked))
		return EXIT_STATUS_OK;
	tool_error("%s", _("nothing was destroyed"));
	if (!asked)
		tool_why("%s", _("There is no terminal to ask on; --yes agrees in advance."));
	return EXIT_STATUS_NO;
}

int
cmd_retire(const struct command *command, int argc, char **argv)
{
	struct life_args args = { .credential = NULL };
	const struct option_row rows[] = { TOKEN_ROW(args.token), SO_ROWS(args.so), PIN_ROWS(args.token),
		{ "yes", OPTION_FLAG, &args.yes, NULL, N_("do not ask"), false }, END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;
	CK_RV rv;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = begin(&args, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = agree(&args);
	if (status == EXIT_STATUS_OK)
		status = by_so(&args) ? token_login_so(&args.so, &token) : token_login(&args.token, &token);
	if (status == EXIT_STATUS_OK) {
		rv = p11.vendor->C_MDOC_Retire(token.session);
		if (rv != CKR_OK)
			status = tool_rv_error(_("the token was not retired"), rv);
		else
			enrolment_forget(token.info.serialNumber);
	}
	if (status == EXIT_STATUS_OK)
		say_done(&args, "retired", N_("The token is retired (廃止): its keys and records are destroyed."));
	token_end(&p11, &token);
	return status;
}
