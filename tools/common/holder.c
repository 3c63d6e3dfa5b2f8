/* holder.c: module, token and PIN in one step. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/holder.h"
#include "tools/common/message.h"
#include "tools/common/state.h"
#include <string.h>

enum exit_status
token_open(const struct token_args *args, struct p11 *p11, struct p11_token *token)
{
	enum exit_status status;

	memset(token, 0, sizeof(*token));
	status = p11_open(args->common.module, p11);
	return status == EXIT_STATUS_OK ? p11_token_open(p11, args->label, true, token) : status;
}

enum exit_status
token_find(const struct token_args *args, struct p11 *p11, struct p11_token *token)
{
	enum exit_status status = token_open(args, p11, token);

	if (status == EXIT_STATUS_OK && (token->info.flags & CKF_LOGIN_REQUIRED) == 0) {
		tool_error(_("the token \"%s\" needs no PIN"), token->label);
		tool_why(_("Records may be kept only behind a PIN; use another token."));
		status = EXIT_STATUS_NO;
	}
	return status == EXIT_STATUS_OK ? token_state_check(token, false) : status;
}

enum exit_status
token_ask_pin(const struct token_args *args, const struct p11_token *token, struct pin *pin)
{
	const bool given = args->pin.file != NULL || args->pin.fd != NULL;

	if ((token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) == 0 || (!token->ours && given))
		return pin_get(&args->pin, _("PIN"), false, pin);
	if (token->ours)
		tool_note("%s", _("The token's authenticator is asked, now and for each signature."));
	return EXIT_STATUS_OK;
}

enum exit_status
token_login(const struct token_args *args, struct p11_token *token)
{
	struct pin pin = { .set = false };
	enum exit_status status = token_ask_pin(args, token, &pin);

	if (status == EXIT_STATUS_OK)
		status = p11_login(token, CKU_USER, pin.set ? &pin : NULL);
	pin_clear(&pin);
	return status;
}

enum exit_status
token_login_so(const struct pin_source *so, struct p11_token *token)
{
	struct pin code = { .set = false };
	enum exit_status status = pin_get(so, _("Security officer's code"), false, &code);

	if (status == EXIT_STATUS_OK)
		status = p11_login(token, CKU_SO, &code);
	pin_clear(&code);
	return status;
}

void
token_logout(struct p11_token *token)
{
	if (token->logged_in)
		token->p11->list->C_Logout(token->session);
	token->logged_in = false;
	pin_clear(&token->pin);
}

enum exit_status
token_begin(const struct token_args *args, struct p11 *p11, struct p11_token *token)
{
	const enum exit_status status = token_find(args, p11, token);

	return status == EXIT_STATUS_OK ? token_login(args, token) : status;
}

void
token_end(struct p11 *p11, struct p11_token *token)
{
	p11_token_close(token);
	p11_close(p11);
}
