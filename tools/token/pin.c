/* pin.c: mdoc-token pin: the acts of the life of a PIN. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/card.h"
#include "tools/token/counter.h"
#include "tools/token/new_pin.h"
#include "tools/token/pin_sealed.h"
#include "tools/common/message.h"
#include "tools/common/state.h"
#include <stdio.h>
#include <string.h>

struct pin_args {
	struct token_args token;
	struct pin_source so;
	struct check_args check;
	struct pin_source fresh;
	struct sealed_args sealed;
	const char *card;
};

/* What the security officer does to a PIN by C_InitPIN, and the state that it is for. */
struct act {
	bool wants_pin;      /* there is one already */
	bool wants_disabled; /* and it is disabled */
	const char *wrong;   /* N_(): it is in another state */
	const char *instead; /* N_(): what to do then */
	const char *done;    /* N_() */
};

static const struct act set = { false, false, N_("this token has a PIN already"),
	N_("The holder changes it with mdoc-token pin change, the security officer resets it with mdoc-token pin "
	   "reset."),
	N_("The PIN has been set.") };
static const struct act reset = { true, false, N_("this token has no PIN that could be reset"),
	N_("The first one is set with mdoc-token pin set, one after it was disabled with mdoc-token pin enable."),
	N_("The PIN has been set anew.") };
static const struct act enable = { true, true, N_("the PIN of this token is not disabled"),
	N_("One that is set is changed with mdoc-token pin change and reset with mdoc-token pin reset."),
	N_("The PIN is enabled again.") };

static enum exit_status
check_state(const struct act *act, const struct p11_token *token)
{
	struct token_state state;

	token_state_read(token, &state);
	if (state.no_pin != act->wants_pin && state.disabled == act->wants_disabled)
		return EXIT_STATUS_OK;
	tool_error("%s", _(act->wrong));
	tool_why("%s", _(act->instead));
	return EXIT_STATUS_NO;
}

static enum exit_status
set_to(struct p11_token *token, struct pin *fresh)
{
	const CK_RV rv = token->p11->list->C_InitPIN(token->session, (CK_UTF8CHAR *)fresh->text, fresh->len);

	if (rv != CKR_OK)
		return new_pin_refused(token, _("cannot set the PIN"), rv, NULL, fresh);
	if (p11_shares_lockout(token) && (token->info.flags & CKF_USER_PIN_LOCKED) != 0)
		p11_say_lockout(token);
	return EXIT_STATUS_OK;
}

/* The PIN of a sealed request, which is used up by the first try, or one that the holder types. */
static enum exit_status
init_pin(const struct pin_args *args, struct pin_request *request, struct p11_token *token)
{
	struct pin fresh = { .set = false };
	enum exit_status status, erased;

	if (args->sealed.file != NULL) {
		status = pin_sealed_claim(&args->sealed, request, token);
		if (status != EXIT_STATUS_OK)
			return status;
		status = set_to(token, &request->pin);
		erased = pin_sealed_erase(&args->sealed);
		return status != EXIT_STATUS_OK ? status : erased;
	}
	status = pin_get(&args->fresh, _("New PIN, typed by the holder"), true, &fresh);
	if (status == EXIT_STATUS_OK)
		status = set_to(token, &fresh);
	pin_clear(&fresh);
	return status;
}

static enum exit_status
check_sealed(const struct command *command, const struct pin_args *args)
{
	const struct sealed_args *sealed = &args->sealed;
	const bool given = args->fresh.file != NULL || args->fresh.fd != NULL;

	if ((sealed->file != NULL) != (sealed->key != NULL))
		return options_wrong(command, "%s", _("--sealed and --counter-key go together"));
	if (sealed->file == NULL && (sealed->module != NULL || sealed->pin.file != NULL || sealed->ledger != NULL))
		return options_wrong(command, "%s",
			_("--counter-module, --counter-pin-file and --ledger go with --sealed"));
	if (sealed->file != NULL && (given || strcmp(sealed->file, "-") == 0))
		return options_wrong(command, "%s", _("a sealed request is a file, and has the new PIN in it"));
	return check_usage(command, &args->check);
}

static void
say_done(const struct pin_args *args, const char *done)
{
	if (args->token.common.json)
		printf("{\"pinSet\": true}\n");
	else
		printf("%s\n", _(done));
}

/* After a PIN that the holder must replace (R-CARD-30). */
static void
say_next(struct p11_token *token)
{
	if (token->p11->list->C_GetTokenInfo(token->slot, &token->info) == CKR_OK &&
		(token->info.flags & CKF_USER_PIN_TO_BE_CHANGED) != 0)
		tool_note(_("Next the holder sets a PIN of his own: mdoc-token activate --token %s"), token->label);
}

/* For --help: with it the command line is one of card_pin.c. */
#define CARD_ROW(name) \
	{ \
		"card", OPTION_TEXT, &(name), N_("NAME"), N_("in the place of --token: three areas of this card"), \
			false \
	}

/* The security officer sets a PIN, whatever the old one was (R-PIN-01: the holder types it). */
static int
act_by_so(const struct command *command, const struct act *act, int argc, char **argv)
{
	struct pin_args args = { .so = { NULL, NULL } };
	const struct option_row rows[] = { TOKEN_ROW(args.token), SO_ROWS(args.so), CHECK_ROWS(args.check),
		NEW_PIN_ROWS(args), SEALED_ROWS(args.sealed),
		act == &enable ? (struct option_row)CARD_ROW(args.card) : (struct option_row)END_ROW, END_ROW };
	struct pin_request request = { .exp = 0 };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = check_sealed(command, &args);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = args.sealed.file != NULL ? pin_sealed_open(&args.sealed, &request) : EXIT_STATUS_OK;
	if (status == EXIT_STATUS_OK)
		status = token_open(&args.token, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = check_state(act, &token);
	if (status == EXIT_STATUS_OK)
		status = token_login_so(&args.so, &token);
	if (status == EXIT_STATUS_OK)
		status = check_record(&args.check, &token);
	if (status == EXIT_STATUS_OK)
		status = init_pin(&args, &request, &token);
	if (status == EXIT_STATUS_OK) {
		say_done(&args, act->done);
		say_next(&token);
	}
	pin_request_clear(&request);
	token_end(&p11, &token);
	return status;
}

static int
pin_set(const struct command *command, int argc, char **argv)
{
	return act_by_so(command, &set, argc, argv);
}

static int
pin_reset(const struct command *command, int argc, char **argv)
{
	return act_by_so(command, &reset, argc, argv);
}

/* --card in the place of --token is an act on several areas. */
static bool
is_for_card(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--card") == 0 || strncmp(argv[i], "--card=", 7) == 0)
			return true;
	return false;
}

static int
pin_enable(const struct command *command, int argc, char **argv)
{
	if (is_for_card(argc, argv))
		return card_pin_enable(command, argc, argv);
	return act_by_so(command, &enable, argc, argv);
}

/* R-FACE-02: the token gives itself a random PIN that nobody learns, and checks none from then on. */
static int
pin_disable(const struct command *command, int argc, char **argv)
{
	struct pin_args args = { .so = { NULL, NULL } };
	const struct option_row rows[] = { TOKEN_ROW(args.token), SO_ROWS(args.so), CHECK_ROWS(args.check),
		{ "requested", OPTION_TEXT, &args.check.request, N_("TEXT"), N_("where the holder's wish is on file"),
			true },
		CARD_ROW(args.card), END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;
	CK_RV rv = CKR_FUNCTION_NOT_SUPPORTED;

	if (is_for_card(argc, argv))
		return card_pin_disable(command, argc, argv);
	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = check_usage(command, &args.check);
	if (status == EXIT_STATUS_GO_ON && args.check.checked == NULL)
		status = options_wrong(command, "%s",
			_("a PIN is disabled after an identity check: --checked, --operator"));
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = token_open(&args.token, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = token_login_so(&args.so, &token);
	if (status == EXIT_STATUS_OK)
		status = check_record(&args.check, &token);
	if (status == EXIT_STATUS_OK) {
		rv = p11.vendor->C_MDOC_DisablePin(token.session);
		if (rv != CKR_OK)
			status = tool_rv_error(_("the PIN was not disabled"), rv);
	}
	if (status == EXIT_STATUS_OK && args.token.common.json)
		printf("{\"pinDisabled\": true}\n");
	else if (status == EXIT_STATUS_OK)
		printf("%s\n", _("The PIN is disabled (顔認証); nobody knows the one that is set now."));
	token_end(&p11, &token);
	return status;
}

static enum exit_status
change_by_holder(const struct pin_args *args, struct p11_token *token)
{
	struct pin old = { .set = false }, fresh = { .set = false };
	struct token_state state;
	enum exit_status status = EXIT_STATUS_OK;
	CK_RV rv;

	/* A disabled PIN looks locked to C_SetPIN; the way out is another one. */
	token_state_read(token, &state);
	if (state.retired || state.disabled)
		status = token_state_check(token, false);
	if (status == EXIT_STATUS_OK && state.no_pin)
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
			status = new_pin_refused(token, _("cannot change the PIN"), rv, &old, &fresh);
		if (rv == CKR_PIN_LOCKED)
			p11_say_lockout(token);
	}
	pin_clear(&old);
	pin_clear(&fresh);
	return status;
}

static int
pin_change(const struct command *command, int argc, char **argv)
{
	struct pin_args args = { .so = { NULL, NULL } };
	const struct option_row rows[] = { TOKEN_ROW(args.token), PIN_ROWS(args.token), NEW_PIN_ROWS(args), END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.token.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	status = token_open(&args.token, &p11, &token);
	if (status == EXIT_STATUS_OK)
		status = change_by_holder(&args, &token);
	if (status == EXIT_STATUS_OK)
		say_done(&args, N_("The PIN has been changed."));
	token_end(&p11, &token);
	return status;
}

int
cmd_pin(const struct command *command, int argc, char **argv)
{
	static const struct command acts[] = {
		{ "pin set", "", N_("let the holder set the first PIN, with the security officer's code"), pin_set },
		{ "pin change", "", N_("change the PIN, with the old one"), pin_change },
		{ "pin reset", "", N_("set a PIN anew with the security officer's code, also after it was locked"),
			pin_reset },
		{ "pin disable", "", N_("disable the PIN at the holder's wish (顔認証); --card: the three of a card"),
			pin_disable },
		{ "pin enable", "", N_("set a PIN again after it was disabled; --card: the three of a card"),
			pin_enable },
		{ NULL, NULL, NULL, NULL },
	};

	return options_subcommand(command, acts, argc, argv);
}
