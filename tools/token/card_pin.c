/*
 * card_pin.c: the PINs of a card that a face terminal takes the place of, disabled or enabled in one act: those of the
 * base area, of input support and of user authentication, and no other (R-FACE-03, R-FACE-08).
 *
 * Each area is changed in a transaction of its own. What an act that was cut short has done is in the areas' own states,
 * and running it again does the rest; the areas' logs say when each was.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/card.h"
#include "tools/token/counter.h"
#include "tools/token/new_pin.h"
#include "tools/common/message.h"
#include <stdio.h>
#include <string.h>

#define FACE_AREAS 3

static const char *const face_areas[FACE_AREAS] = { MDOC_PRESET_JK, MDOC_PRESET_KH, MDOC_PRESET_JP_AUTH };

struct card_pin_args {
	struct common_options common;
	const char *card;
	struct pin_source so, fresh;
	struct check_args check;
};

struct act {
	struct p11 p11;
	struct card card;
	struct pin so, fresh;
	const struct card_area *areas[FACE_AREAS];
	struct p11_token tokens[FACE_AREAS];
	bool to_do[FACE_AREAS];
	bool enable;
};

static enum exit_status
refuse(const char *label, const char *why)
{
	tool_error("%s: %s", label, why);
	tool_why("%s", _("Nothing was changed in any area."));
	return EXIT_STATUS_NO;
}

/* Is each of the three there, and in a state that this act can leave? */
static enum exit_status
look(struct act *act)
{
	enum exit_status status = card_load(&act->p11, act->card.name, &act->card);

	for (size_t i = 0; i < FACE_AREAS && status == EXIT_STATUS_OK; i++) {
		const struct card_area *area = card_find(&act->card, face_areas[i]);

		act->areas[i] = area;
		if (area == NULL)
			return refuse(face_areas[i], _("the card has no such area, or it cannot be read"));
		if (area->retired || area->blank || area->so_fresh)
			return refuse(area->label, _("the area is not in use"));
		if (!act->enable && strcmp(area->pin, "not set") == 0)
			return refuse(area->label, _("it has no PIN yet; the law sets one before it is disabled"));
		act->to_do[i] = (strcmp(area->pin, "disabled") == 0) == act->enable;
	}
	return status;
}

static bool
nothing_to_do(const struct act *act)
{
	return !act->to_do[0] && !act->to_do[1] && !act->to_do[2];
}

/* All of them before the first write, also where nothing is left to do: the act is one for the whole card. */
static enum exit_status
log_in(struct act *act)
{
	enum exit_status status = EXIT_STATUS_OK;

	for (size_t i = 0; i < FACE_AREAS && status == EXIT_STATUS_OK; i++) {
		status = p11_token_open(&act->p11, act->areas[i]->label, true, &act->tokens[i]);
		if (status == EXIT_STATUS_OK)
			status = p11_login(&act->tokens[i], CKU_SO, &act->so);
		if (status != EXIT_STATUS_OK)
			tool_why("%s: %s", act->areas[i]->label, _("Nothing was changed in any area."));
	}
	return status;
}

static enum exit_status
write_area(const struct card_pin_args *args, struct act *act, size_t i)
{
	struct p11_token *token = &act->tokens[i];
	enum exit_status status = check_record(&args->check, token);
	CK_RV rv;

	if (status != EXIT_STATUS_OK)
		return status;
	if (act->enable)
		rv = act->p11.list->C_InitPIN(token->session, (CK_UTF8CHAR *)act->fresh.text, act->fresh.len);
	else
		rv = act->p11.vendor->C_MDOC_DisablePin(token->session);
	return rv == CKR_OK ? EXIT_STATUS_OK : new_pin_refused(token, act->areas[i]->label, rv, NULL, &act->fresh);
}

static enum exit_status
write_all(const struct card_pin_args *args, struct act *act)
{
	enum exit_status status = EXIT_STATUS_OK;
	size_t done = 0;

	for (size_t i = 0; i < FACE_AREAS && status == EXIT_STATUS_OK; i++) {
		if (!act->to_do[i])
			continue;
		status = write_area(args, act, i);
		done += status == EXIT_STATUS_OK ? 1 : 0;
	}
	if (status != EXIT_STATUS_OK && done > 0)
		tool_why("%s", _("The act is not complete: run it again."));
	return status;
}

static void
say_done(const struct card_pin_args *args, const struct act *act)
{
	if (args->common.json)
		printf("{\"%s\": true, \"areas\": [\"%s\", \"%s\", \"%s\"]}\n", act->enable ? "pinSet" : "pinDisabled",
			face_areas[0], face_areas[1], face_areas[2]);
	else if (act->enable)
		printf("%s\n", _("The PINs of jk, kh and jp-auth are enabled again."));
	else
		printf("%s\n",
			_("The PINs of jk, kh and jp-auth are disabled (顔認証); nobody knows those that are set "
			  "now."));
	if (!act->enable)
		return;
	tool_note("%s", _("Next the holder sets PINs of his own, for each of the three: mdoc-token activate"));
}

static enum exit_status
run(const struct card_pin_args *args, struct act *act)
{
	enum exit_status status = p11_open(args->common.module, &act->p11);

	act->card.name = args->card;
	if (status == EXIT_STATUS_OK)
		status = card_module(&act->p11);
	if (status == EXIT_STATUS_OK)
		status = look(act);
	if (status == EXIT_STATUS_OK && act->enable && nothing_to_do(act))
		return refuse(args->card, _("no PIN of this card is disabled"));
	if (status == EXIT_STATUS_OK)
		status = pin_get(&args->so, _("Security officer's code"), false, &act->so);
	if (status == EXIT_STATUS_OK)
		status = log_in(act);
	if (status == EXIT_STATUS_OK && act->enable)
		status = pin_get(&args->fresh, _("New PIN, typed by the holder"), true, &act->fresh);
	if (status == EXIT_STATUS_OK)
		status = write_all(args, act);
	if (status == EXIT_STATUS_OK)
		say_done(args, act);
	return status;
}

static enum exit_status
end(struct act *act, enum exit_status status)
{
	pin_clear(&act->so);
	pin_clear(&act->fresh);
	for (size_t i = 0; i < FACE_AREAS; i++)
		if (act->tokens[i].p11 != NULL)
			p11_token_close(&act->tokens[i]);
	card_clear(&act->card);
	p11_close(&act->p11);
	return status;
}

static int
act_on_card(const struct command *command, const struct option_row *rows, struct card_pin_args *args, bool enable,
	int argc, char **argv)
{
	struct act act = { .enable = enable };
	enum exit_status status = options_parse(command, rows, &args->common, NULL, argc, argv);

	if (status == EXIT_STATUS_GO_ON)
		status = card_check(command, args->card);
	return status == EXIT_STATUS_GO_ON ? end(&act, run(args, &act)) : status;
}

#define CARD_ROWS(args) \
	{ "card", OPTION_TEXT, &(args).card, N_("NAME"), N_("the card: its areas jk, kh and jp-auth"), true }, \
		SO_ROWS((args).so), \
		{ "checked", OPTION_TEXT, &(args).check.checked, N_("TEXT"), \
			N_("how the holder's identity was checked, without a name"), true }, \
	{ \
		"operator", OPTION_TEXT, &(args).check.operator_, N_("NAME"), N_("who works at the counter"), true \
	}

int
card_pin_disable(const struct command *command, int argc, char **argv)
{
	struct card_pin_args args = { .card = NULL };
	const struct option_row rows[] = { CARD_ROWS(args),
		{ "requested", OPTION_TEXT, &args.check.request, N_("TEXT"), N_("where the holder's wish is on file"),
			true },
		END_ROW };

	return act_on_card(command, rows, &args, false, argc, argv);
}

int
card_pin_enable(const struct command *command, int argc, char **argv)
{
	struct card_pin_args args = { .card = NULL };
	const struct option_row rows[] = { CARD_ROWS(args), NEW_PIN_ROWS(args), END_ROW };

	return act_on_card(command, rows, &args, true, argc, argv);
}
