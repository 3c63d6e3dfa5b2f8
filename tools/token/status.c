/* status.c: mdoc-token status: PIN and copies, without a PIN as far as that goes.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/token.h"
#include "tools/token/enrolment.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/state.h"
#include "tools/common/terminal.h"
#include "tools/common/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <mdoc/validity.h>

static const char *
pin_of(CK_FLAGS flags)
{
	return (flags & CKF_USER_PIN_INITIALIZED) == 0 ? "none"
		: (flags & CKF_USER_PIN_LOCKED) != 0   ? "locked"
						       : "operational";
}

static const char *
tries_of(CK_FLAGS flags)
{
	return (flags & CKF_USER_PIN_LOCKED) != 0       ? "none"
		: (flags & CKF_USER_PIN_FINAL_TRY) != 0 ? "final"
		: (flags & CKF_USER_PIN_COUNT_LOW) != 0 ? "low"
							: "full";
}

/* For its attributes no TPM is asked, for the token's flags it is: they are newer than what was last noted of it. */
static void
correct_tries(json_t *status, CK_FLAGS flags)
{
	const char *pin = json_string_value(json_object_get(status, "pin"));

	if (pin == NULL || (strcmp(pin, "operational") != 0 && strcmp(pin, "locked") != 0))
		return;
	json_object_set_new(status, "pin", json_string(pin_of(flags)));
	json_object_set_new(status, "tries", json_string(tries_of(flags)));
	if ((flags & CKF_USER_PIN_TO_BE_CHANGED) != 0)
		json_object_set_new(status, "mustChange", json_true());
	else
		json_object_del(status, "mustChange");
}

/* The same from the flags of any token, and from its copies after a login. */
static enum exit_status
compute_status(const struct p11_token *token, json_t **status)
{
	const char *pin = pin_of(token->info.flags), *tries = tries_of(token->info.flags);
	const int64_t now = (int64_t)time(NULL);
	struct copies copies = { .items = NULL };
	enum exit_status result = EXIT_STATUS_OK;
	json_int_t unused = 0, unbound = 0;

	*status = json_pack("{s:i, s:s, s:s, s:[]}", "version", 1, "pin", pin, "tries", tries, "marks");
	if (*status == NULL)
		return tool_no_memory();
	if (!token->logged_in)
		return EXIT_STATUS_OK;
	result = copies_load(token, &copies);
	for (size_t i = 0; i < copies.count; i++) {
		unused += strcmp(copy_state(&copies.items[i], now), "unused") == 0 ? 1 : 0;
		unbound += copies.items[i].holder && !copies.items[i].bound ? 1 : 0;
	}
	copies_clear(&copies);
	json_object_set_new(*status, "copies", json_string(unused == 0 ? "none" : unused <= 2 ? "low" : "ok"));
	json_object_set_new(*status, "unused", json_integer(unused));
	json_object_set_new(*status, "unbound", json_integer(unbound));
	return result;
}

static void
print_line(const char *name, const char *value)
{
	terminal_padded(stdout, name, 14);
	terminal_text(stdout, value, strlen(value));
	putchar('\n');
}

static void
print_count(const json_t *status, const char *member, const char *name)
{
	const json_t *value = json_object_get(status, member);
	char text[32];

	if (!json_is_integer(value))
		return;
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	print_line(name, text);
}

/* "validity": {"earliest": {"validUntil": …}, "latest": …} of the status object. */
static void
print_validity(const json_t *status)
{
	static const char *const which[] = { "earliest", "latest" };
	const char *const names[] = { _("first ends"), _("last ends") };

	for (size_t i = 0; i < 2; i++) {
		const json_t *one = json_object_get(json_object_get(status, "validity"), which[i]);
		const json_t *until = json_object_get(one, "validUntil");
		int64_t when;
		char text[32];

		if (json_is_integer(until)) {
			time_print_jst((int64_t)json_integer_value(until), text);
			print_line(names[i], text);
		} else if (json_is_string(until) && mdoc_tdate_parse(mdoc_text(json_string_value(until)), &when)) {
			time_print_jst(when, text);
			print_line(names[i], text);
		}
	}
}

/* What the status says in words, for people; anything else is shown as it is. */
static const char *
word(const char *value)
{
	static const char *const words[] = {
		N_("operational"),
		N_("locked"),
		N_("disabled"),
		N_("none"),
		N_("full"),
		N_("low"),
		N_("final"),
		N_("ok"),
		N_("vault (software)"),
		N_("vault (TPM PIN)"),
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(value, words[i]) == 0)
			return _(words[i]);
	}
	return value;
}

/* The law's own words for a token's states; they stay in all languages (R-FACE-09, R-CARD-41). */
static const char *
law_word(const char *mark)
{
	return strcmp(mark, "face") == 0         ? "顔認証"
		: strcmp(mark, "suspended") == 0 ? "一時停止"
		: strcmp(mark, "retired") == 0   ? "廃止"
						 : word(mark);
}

/* R-KEY-02: where a copy of the store is of use. */
static void
print_binding(const json_t *status)
{
	const json_t *bound = json_object_get(status, "deviceBound");

	if (!json_is_boolean(bound))
		return;
	print_line(_("bound"),
		json_is_true(bound) ? _("to this device, whose TPM counts wrong PINs") : _("not bound to this device"));
	if (json_is_true(json_object_get(status, "sharedLockout")))
		print_line("", _("the TPM has no counter for this token alone: wrong PINs lock all that it protects"));
}

/* R-REN-03: nobody sees what a timer's renewal says, so that the holder is told here. */
static void
add_renewal(json_t *status, const char *serial)
{
	json_t *enrolment = enrolment_peek(serial);
	const json_t *last = json_object_get(enrolment, "last");

	if (json_is_object(last))
		json_object_set_new(status, "renewal",
			json_pack("{s:O*, s:O*, s:O*, s:O*, s:O*, s:b}", "at", json_object_get(last, "at"), "result",
				json_object_get(last, "result"), "error", json_object_get(last, "error"), "description",
				json_object_get(last, "description"), "next", json_object_get(enrolment, "next"),
				"ended", json_is_true(json_object_get(enrolment, "ended"))));
	json_decref(enrolment);
}

static void
print_renewal(const json_t *status)
{
	const json_t *renewal = json_object_get(status, "renewal");
	const char *result = json_string_value(json_object_get(renewal, "result"));
	const char *why = json_string_value(json_object_get(renewal, "description"));
	const int64_t next = (int64_t)json_integer_value(json_object_get(renewal, "next"));
	const bool ended = json_is_true(json_object_get(renewal, "ended"));
	char when[32], line[128];

	/* What has been overcome since is no news. */
	if (result == NULL || (!ended && next == 0))
		return;
	time_print_jst((int64_t)json_integer_value(json_object_get(renewal, "at")), when);
	snprintf(line, sizeof(line), strcmp(result, "refused") == 0 ? _("refused at %s") : _("failed at %s"), when);
	print_line(_("renewal"), line);
	if (why != NULL)
		print_line("", why);
	if (ended) {
		print_line("", _("the issuer has ended this enrolment; enrol again with: mdoc-token enrol OFFER"));
	} else {
		time_print_jst(next, when);
		snprintf(line, sizeof(line), _("it is tried again at %s"), when);
		print_line("", line);
	}
}

static void
print_status(const json_t *status)
{
	static const struct {
		const char *member, *name;
	} texts[] = {
		{ "token", N_("token") },
		{ "serial", N_("serial") },
		{ "model", N_("model") },
		{ "state", N_("state") },
		{ "pin", N_("PIN") },
		{ "tries", N_("tries") },
		{ "copies", N_("copies") },
	};
	static const struct {
		const char *member, *name;
	} counts[] = { { "unused", N_("unused") }, { "spent", N_("spent") }, { "unbound", N_("unbound") } };
	json_t *mark;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *value = json_string_value(json_object_get(status, texts[i].member));

		if (value != NULL)
			print_line(_(texts[i].name), i == 0 ? value : word(value));
	}
	if (json_is_true(json_object_get(status, "mustChange")))
		print_line("", _("the holder has to set a PIN of his own: mdoc-token activate"));
	if (json_is_true(json_object_get(json_object_get(status, "inbox"), "waiting")))
		print_line("", _("something new waits for the PIN: mdoc-token inbox accept"));
	print_binding(status);
	json_array_foreach(json_object_get(status, "marks"), i, mark) if (json_is_string(mark))
		print_line(_("mark"), law_word(json_string_value(mark)));
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		print_count(status, counts[i].member, _(counts[i].name));
	print_validity(status);
	print_renewal(status);
}

static void
serial_of(const struct p11_token *token, char serial[17])
{
	snprintf(serial, 17, "%.16s", (const char *)token->info.serialNumber);
	serial[strcspn(serial, " ")] = '\0';
}

static enum exit_status
show_status(const struct p11_token *token, bool as_json)
{
	json_t *status = token->ours ? token_status_object(token) : NULL;
	struct token_state state;
	char serial[17], model[17];
	enum exit_status result = EXIT_STATUS_OK;

	if (status == NULL)
		result = compute_status(token, &status);
	else
		correct_tries(status, token->info.flags);
	if (result != EXIT_STATUS_OK) {
		json_decref(status);
		return result;
	}
	token_state_of(status, token->info.flags, &state);
	if (token_state_law(&state)[0] != '\0')
		json_object_set_new(status, "state", json_string(token_state_law(&state)));
	serial_of(token, serial);
	snprintf(model, sizeof(model), "%.16s", (const char *)token->info.model);
	for (size_t len = strlen(model); len > 0 && model[len - 1] == ' '; len--)
		model[len - 1] = '\0';
	json_object_set_new(status, "token", json_string(token->label));
	json_object_set_new(status, "serial", json_string(serial));
	json_object_set_new(status, "model", json_string(model));
	add_renewal(status, serial);
	if (as_json)
		result = json_print(status);
	else
		print_status(status);
	json_decref(status);
	return result;
}

/* The last moment of the last copy: from the token after a login, otherwise from its enrolment; 0: nobody knows. */
static int64_t
last_moment(const struct p11_token *token)
{
	json_t *status = token->ours ? token_status_object(token) : NULL, *enrolment;
	const json_t *latest = json_object_get(json_object_get(status, "validity"), "latest");
	const char *until = json_string_value(json_object_get(latest, "validUntil"));
	char serial[17];
	int64_t when = 0;

	serial_of(token, serial);
	if (until != NULL && !mdoc_tdate_parse(mdoc_text(until), &when))
		when = 0;
	if (until == NULL) {
		enrolment = enrolment_peek(serial);
		when = (int64_t)json_integer_value(json_object_get(enrolment, "valid_until"));
		json_decref(enrolment);
	}
	json_decref(status);
	return when;
}

/* Whether something can be presented; a locked PIN is told by no login here. */
static enum exit_status
check_state(const struct p11_token *token)
{
	struct token_state state;
	enum exit_status status;
	int64_t until;

	token_state_read(token, &state);
	if (state.locked && !state.retired)
		return tool_rv_error(_("nothing can be presented"), CKR_PIN_LOCKED);
	status = token_state_check(token, true);
	if (status != EXIT_STATUS_OK)
		return status;
	until = last_moment(token);
	if (until == 0 || (int64_t)time(NULL) <= until)
		return EXIT_STATUS_OK;
	(void)tool_rv_error(_("nothing can be presented"), CKR_MDOC_EXPIRED);
	return EXIT_STATUS_EXHAUSTED;
}

int
cmd_status(const struct command *command, int argc, char **argv)
{
	struct token_args args = { .label = NULL };
	bool check = false;
	const struct option_row rows[] = { TOKEN_ROW(args), PIN_ROWS(args),
		{ "check", OPTION_FLAG, &check, NULL, N_("tell by the exit status whether something can be presented"),
			false },
		END_ROW };
	struct p11 p11 = { NULL, NULL, NULL };
	struct p11_token token = { .p11 = NULL };
	enum exit_status status;

	status = options_parse(command, rows, &args.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return status;
	/* Only a PIN that is offered is checked: a look at the status must not cost a try. */
	if (args.pin.file != NULL || args.pin.fd != NULL) {
		status = token_begin(&args, &p11, &token);
	} else {
		status = p11_open(args.common.module, &p11);
		if (status == EXIT_STATUS_OK)
			status = p11_token_open(&p11, args.label, false, &token);
	}
	if (status == EXIT_STATUS_OK)
		status = show_status(&token, args.common.json);
	if (status == EXIT_STATUS_OK && check)
		status = check_state(&token);
	token_end(&p11, &token);
	return status;
}
