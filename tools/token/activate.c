/* activate.c: mdoc-token activate: the holder sets his own PIN, and nobody else knows one. SPDX-License-Identifier: BSD-2-Clause
 *
 * R-CARD-30: at the counter the security officer's session sets a random PIN that nobody sees, and the holder replaces it at
 * once; at home the holder replaces the one that came in a letter.
 */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/counter.h"
#include "tools/token/new_pin.h"
#include "tools/common/message.h"
#include "tools/common/state.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>

#define RANDOM_LEN 12 /* characters, where the token's policy has room for so many */
#define TYPED_TRIES 3

struct activate_args {
	struct token_args token;
	struct pin_source so;
	struct check_args check;
	struct pin_source fresh;
};

static enum exit_status
check_state(const struct activate_args *args, bool at_counter, const struct p11_token *token)
{
	struct token_state state;

	token_state_read(token, &state);
	if (state.must_change || (at_counter && state.no_pin))
		return EXIT_STATUS_OK;
	if (state.no_pin)
		return tool_rv_error(_("the token is not ready"), CKR_USER_PIN_NOT_INITIALIZED);
	tool_error("%s", _("the holder has set a PIN of his own already"));
	tool_why(_("It is changed with: mdoc-token pin change --token %s"), args->token.label);
	return EXIT_STATUS_NO;
}

/* Digits suit every policy but one that wants a letter among them. */
static enum exit_status
make_random(const CK_TOKEN_INFO *info, bool letter, struct pin *pin)
{
	uint8_t random[RANDOM_LEN * 2];
	size_t len = RANDOM_LEN;

	if (info->ulMaxPinLen < len)
		len = info->ulMaxPinLen;
	if (info->ulMinPinLen > len)
		len = info->ulMinPinLen;
	if (len > sizeof(random) || RAND_priv_bytes(random, sizeof(random)) != 1) {
		tool_error("%s", _("the random number generator failed"));
		return EXIT_STATUS_TROUBLE;
	}
	for (size_t i = 0; i < len; i++)
		pin->text[i] = (char)('0' + random[i] % 10);
	if (letter)
		pin->text[0] = (char)('A' + random[0] % 26);
	pin->text[len] = '\0';
	pin->len = len;
	pin->set = true;
	OPENSSL_cleanse(random, sizeof(random));
	return EXIT_STATUS_OK;
}

static enum exit_status
set_random(const struct activate_args *args, struct p11_token *token, struct pin *first)
{
	CK_FUNCTION_LIST *list = token->p11->list;
	enum exit_status status = token_login_so(&args->so, token);
	CK_RV rv = CKR_PIN_INVALID;

	if (status == EXIT_STATUS_OK)
		status = check_record(&args->check, token);
	for (int letter = 0; status == EXIT_STATUS_OK && rv == CKR_PIN_INVALID && letter <= 1; letter++) {
		status = make_random(&token->info, letter != 0, first);
		if (status == EXIT_STATUS_OK)
			rv = list->C_InitPIN(token->session, (CK_UTF8CHAR *)first->text, first->len);
	}
	if (status == EXIT_STATUS_OK && rv != CKR_OK)
		status = tool_rv_error(_("cannot set the PIN"), rv);
	token_logout(token);
	return status;
}

/* On a terminal the holder may try again when the token does not take what he chose. */
static enum exit_status
replace(const struct activate_args *args, struct p11_token *token, struct pin *first)
{
	const bool typed = args->fresh.file == NULL && args->fresh.fd == NULL;
	struct pin fresh = { .set = false };
	enum exit_status status = EXIT_STATUS_NO;
	CK_RV rv;

	for (int i = 0; i < (typed ? TYPED_TRIES : 1); i++) {
		status = pin_get(&args->fresh, _("Your own new PIN, which nobody else may know"), true, &fresh);
		if (status != EXIT_STATUS_OK)
			break;
		rv = token->p11->list->C_SetPIN(token->session, (CK_UTF8CHAR *)first->text, first->len,
			(CK_UTF8CHAR *)fresh.text, fresh.len);
		if (rv == CKR_OK)
			break;
		status = new_pin_refused(token, _("cannot set the PIN"), rv, first, &fresh);
		if (rv != CKR_PIN_INVALID && rv != CKR_PIN_LEN_RANGE)
			break;
	}
	pin_clear(&fresh);
	return status;
}

static enum exit_status
activate(const struct activate_args *args, bool at_counter, struct p11_token *token)
{
	struct pin first = { .set = false };
	enum exit_status status = check_state(args, at_counter, token);

	if (status == EXIT_STATUS_OK && at_counter)
		status = set_random(args, token, &first);
	else if (status == EXIT_STATUS_OK)
		status = pin_get(&args->token.pin, _("First PIN, as you were given it"), false, &first);
	if (status == EXIT_STATUS_OK)
		status = replace(args, token, &first);
	pin_clear(&first);
	return status;
}

int
cmd_activate(const struct command *command, int argc, char **argv)
{
	struct activate_args args = { .fresh = { NULL, NULL } };
	const struct option_row rows[] = { TOKEN_ROW(args.token), SO_ROWS(args.so), CHECK_ROWS(args.check),
		PIN_ROWS(args.token), NEW_PIN_ROWS(args), END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;
	bool at_counter;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = check_usage(command, &args.check);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	at_counter = args.so.file != NULL || args.so.fd != NULL;
	if (at_counter && (args.token.pin.file != NULL || args.token.pin.fd != NULL))
		return options_wrong(command, "%s", _("at the counter there is no first PIN to give"));
	status = token_open(&args.token, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = activate(&args, at_counter, &token);
	if (status == EXIT_STATUS_OK && args.token.common.json)
		printf("{\"pinSet\": true}\n");
	else if (status == EXIT_STATUS_OK)
		printf("%s\n", _("The token is ready; only you know its PIN."));
	token_end(&p11, &token);
	return status;
}
