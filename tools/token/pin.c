/* pin.c: mdoc-token pin: set or change the PIN. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/common/message.h"
#include <stdio.h>
#include <string.h>

struct pin_args {
	struct token_args token;
	struct pin_source so;
	struct pin_source fresh;
};

/* The security officer sets a PIN, whatever the old one was (R-PIN-01: the holder types it). */
static enum exit_status
set_by_so(const struct pin_args *args, struct p11_token *token)
{
	struct pin so = { .set = false }, fresh = { .set = false };
	enum exit_status status;
	CK_RV rv;

	status = pin_get(&args->so, _("Security officer's code"), false, &so);
	if (status == EXIT_STATUS_OK)
		status = p11_login(token, CKU_SO, &so);
	if (status == EXIT_STATUS_OK)
		status = pin_get(&args->fresh, _("New PIN"), true, &fresh);
	if (status == EXIT_STATUS_OK) {
		rv = token->p11->list->C_InitPIN(token->session, (CK_UTF8CHAR *)fresh.text, fresh.len);
		if (rv != CKR_OK)
			status = tool_rv_error(_("cannot set the PIN"), rv);
		else if (p11_shares_lockout(token) && (token->info.flags & CKF_USER_PIN_LOCKED) != 0)
			p11_say_lockout(token);
	}
	pin_clear(&so);
	pin_clear(&fresh);
	return status;
}

static enum exit_status
change_by_holder(const struct pin_args *args, struct p11_token *token)
{
	struct pin old = { .set = false }, fresh = { .set = false };
	enum exit_status status = EXIT_STATUS_OK;
	CK_RV rv;

	if ((token->info.flags & CKF_USER_PIN_INITIALIZED) == 0)
		status = tool_rv_error(_("there is no PIN to change"), CKR_USER_PIN_NOT_INITIALIZED);
	if (status == EXIT_STATUS_OK)
		status = pin_get(&args->token.pin, _("Old PIN"), false, &old);
	if (status == EXIT_STATUS_OK)
		status = pin_get(&args->fresh, _("New PIN"), true, &fresh);
	if (status == EXIT_STATUS_OK) {
		/* Without a login first: C_SetPIN checks the old PIN itself, so one try is counted, not two. */
		rv = token->p11->list->C_SetPIN(token->session, (CK_UTF8CHAR *)old.text, old.len,
			(CK_UTF8CHAR *)fresh.text, fresh.len);
		if (rv != CKR_OK)
			status = tool_rv_error(_("cannot change the PIN"), rv);
		if (rv == CKR_PIN_LOCKED)
			p11_say_lockout(token);
	}
	pin_clear(&old);
	pin_clear(&fresh);
	return status;
}

int
cmd_pin(const struct command *command, int argc, char **argv)
{
	struct pin_args args = { .so = { NULL, NULL } };
	const struct option_row rows[] = {
		TOKEN_ROW(args.token),
		{ "so-pin-file", OPTION_TEXT, &args.so.file, N_("FILE"), N_("set the PIN with the code in FILE"),
			false },
		{ "so-pin-fd", OPTION_TEXT, &args.so.fd, N_("NUMBER"), N_("the same, from a file descriptor"), false },
		PIN_ROWS(args.token),
		{ "new-pin-file", OPTION_TEXT, &args.fresh.file, N_("FILE"), N_("read the new PIN from a file"),
			false },
		{ "new-pin-fd", OPTION_TEXT, &args.fresh.fd, N_("NUMBER"), N_("the same, from a file descriptor"),
			false },
		END_ROW,
	};
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;
	bool by_so;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	by_so = args.so.file != NULL || args.so.fd != NULL;
	if (by_so && (args.token.pin.file != NULL || args.token.pin.fd != NULL))
		return options_wrong(command, _("the security officer needs no old PIN; give --new-pin-file"));
	status = p11_open(args.token.common.module, &p11);
	if (status == EXIT_STATUS_OK)
		status = p11_token_open(&p11, args.token.label, true, &token);
	if (status == EXIT_STATUS_OK)
		status = by_so ? set_by_so(&args, &token) : change_by_holder(&args, &token);
	if (status == EXIT_STATUS_OK && args.token.common.json)
		printf("{\"pinSet\": true}\n");
	else if (status == EXIT_STATUS_OK)
		printf("%s\n", by_so ? _("The PIN has been set.") : _("The PIN has been changed."));
	token_end(&p11, &token);
	return status;
}
