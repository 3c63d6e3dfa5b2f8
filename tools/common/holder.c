/* holder.c: module, token and PIN in one step. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/holder.h"
#include "tools/common/message.h"
#include <string.h>

enum exit_status
token_find(const struct token_args *args, struct p11 *p11, struct p11_token *token)
{
	enum exit_status status;

	memset(token, 0, sizeof(*token));
	status = p11_open(args->common.module, p11);
	if (status == EXIT_STATUS_OK)
		status = p11_token_open(p11, args->label, true, token);
	if (status == EXIT_STATUS_OK && (token->info.flags & CKF_LOGIN_REQUIRED) == 0) {
		tool_error(_("the token \"%s\" needs no PIN"), token->label);
		tool_why(_("Records may be kept only behind a PIN; use another token."));
		status = EXIT_STATUS_NO;
	}
	if (status == EXIT_STATUS_OK && (token->info.flags & CKF_USER_PIN_INITIALIZED) == 0)
		status = tool_rv_error(_("the token is not ready"), CKR_USER_PIN_NOT_INITIALIZED);
	return status;
}

enum exit_status
token_login(const struct token_args *args, struct p11_token *token)
{
	struct pin pin = { .set = false };
	enum exit_status status = pin_get(&args->pin, _("PIN"), false, &pin);

	if (status == EXIT_STATUS_OK)
		status = p11_login(token, CKU_USER, &pin);
	pin_clear(&pin);
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
