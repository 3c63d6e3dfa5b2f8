/*
 * person.c: what the register knows of people: claims, and the state of their card (R-CARD-40, R-CARD-42, R-REN-02).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/issuer/claims.h"
#include "tools/issuer/operation.h"

struct person {
	struct operation operation;
	const char *reference, *claims_path, *birth_date, *card_status, *card_until, *signature_until, *municipality;
	struct register_person row;  /* what will be written: owned */
	struct register_person seen; /* what is there */
	json_t *claims;
};

/* ---- What is given ---- */

/* A date is its last second in Japan; or a time. */
static enum exit_status
take_time(const struct command *command, const char *name, const char *text, int64_t *when)
{
	char whole[64];

	if (text == NULL)
		return EXIT_STATUS_OK;
	snprintf(whole, sizeof(whole), strlen(text) == 10 ? "%sT23:59:59+09:00" : "%s", text);
	return clock_parse(whole, when)
		? EXIT_STATUS_OK
		: options_wrong(command, _("--%s wants a date like 2026-01-30, not \"%s\""), name, text);
}

static enum exit_status
take_text(const char *text, char **place)
{
	if (text == NULL)
		return EXIT_STATUS_OK;
	free(*place);
	*place = strdup(text);
	return *place == NULL ? tool_no_memory() : EXIT_STATUS_OK;
}

static enum exit_status
check_birth_date(const struct command *command, const char *text)
{
	char whole[32];
	int64_t when;

	if (text == NULL)
		return EXIT_STATUS_OK;
	/* The clock knows no year before 1970, but the calendar repeats itself every 400 years. */
	if (strlen(text) == 10 && strspn(text, "0123456789-") == 10) {
		snprintf(whole, sizeof(whole), "%04d%sT00:00:00Z", atoi(text) < 9600 ? atoi(text) + 400 : 0, text + 4);
		if (clock_parse(whole, &when))
			return EXIT_STATUS_OK;
	}
	return options_wrong(command, _("--%s wants a date like 2026-01-30, not \"%s\""), "birth-date", text);
}

/* {"file": …} becomes {"base64url": …}: the register holds all that is attested. */
static enum exit_status
inline_file(const char *folder, json_t *value)
{
	const char *name = json_string_value(json_object_get(value, "file"));
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;
	char *path;

	if (name == NULL)
		return EXIT_STATUS_OK;
	path = issuer_path(folder, name);
	status = path == NULL ? EXIT_STATUS_TROUBLE : file_read(path, CLAIM_BYTES_MAX, &content);
	if (status == EXIT_STATUS_OK &&
		json_object_set_new(value, "base64url", json_base64url(mdoc_buf_bytes(&content))) != 0)
		status = tool_no_memory();
	(void)json_object_del(value, "file");
	mdoc_buf_clear(&content);
	free(path);
	return status;
}

static enum exit_status
inline_files(const char *folder, json_t *claims)
{
	enum exit_status status = EXIT_STATUS_OK;
	json_t *elements, *value;
	const char *ns, *element;

	json_object_foreach(claims, ns, elements)
	{
		json_object_foreach(elements, element, value)
		{
			if (status == EXIT_STATUS_OK)
				status = inline_file(folder, value);
		}
	}
	return status;
}

/* R-MIN-01: nothing that the record may not have gets into the register either. */
static enum exit_status
check_claims(const struct person *person, const char *folder)
{
	const struct issuer *issuer = &person->operation.issuer;
	struct claims built = { .values = MDOC_BUF_EMPTY };
	struct claims_place place = { NULL, NULL };
	enum claims_result res;

	res = claims_build(person->claims, folder, issuer->doc_type, &built, &place);
	claims_clear(&built);
	if (res == CLAIMS_OK)
		return EXIT_STATUS_OK;
	if (res == CLAIMS_MEMORY)
		return tool_no_memory();
	if (place.ns != NULL && place.element != NULL)
		tool_error(_("%s: element %s of %s"), person->claims_path, place.element, place.ns);
	else
		tool_error(_("%s: the claims cannot be used"), person->claims_path);
	tool_why("%s", _(claims_sentence(res)));
	return res == CLAIMS_NOT_ALLOWED ? EXIT_STATUS_NO : EXIT_STATUS_INPUT;
}

static enum exit_status
read_claims(struct person *person)
{
	const char *born;
	enum exit_status status;
	char *copy, *folder;

	if (person->claims_path == NULL)
		return EXIT_STATUS_OK;
	copy = strdup(person->claims_path);
	if (copy == NULL)
		return tool_no_memory();
	folder = dirname(copy);
	status = json_read(person->claims_path, &person->claims);
	if (status == EXIT_STATUS_OK)
		status = check_claims(person, folder);
	if (status == EXIT_STATUS_OK)
		status = inline_files(folder, person->claims);
	free(copy);
	if (status != EXIT_STATUS_OK)
		return status;
	free(person->row.claims);
	person->row.claims = json_dumps(person->claims, JSON_COMPACT | JSON_SORT_KEYS);
	if (person->row.claims == NULL)
		return tool_no_memory();
	born = json_string_value(json_object_get(json_object_get(person->claims, JP_NAMESPACE_GENERIC), "birth_date"));
	return person->birth_date == NULL ? take_text(born, &person->row.birth_date) : EXIT_STATUS_OK;
}

/* What was given takes the place of what was there. */
static enum exit_status
take_all(const struct command *command, struct person *person)
{
	struct register_person *row = &person->row;
	enum exit_status status;

	status = take_text(person->reference, &row->reference);
	if (status == EXIT_STATUS_OK)
		status = take_text(person->birth_date, &row->birth_date);
	if (status == EXIT_STATUS_OK)
		status = take_text(person->municipality, &row->municipality);
	if (status == EXIT_STATUS_OK && person->card_status != NULL)
		(void)register_law_from(person->card_status, &row->card_status);
	if (status == EXIT_STATUS_OK)
		status = take_time(command, "card-until", person->card_until, &row->card_until);
	if (status == EXIT_STATUS_OK)
		status = take_time(command, "signature-until", person->signature_until, &row->signature_until);
	return status == EXIT_STATUS_OK ? read_claims(person) : status;
}

/* ---- What is done ---- */

static enum exit_status
find(struct person *person)
{
	return operation_error(&person->operation, _("There is nothing to act on."),
		register_person_find(person->operation.issuer.db, person->reference, &person->row));
}

static enum exit_status
say_done(const struct person *person, bool added, int64_t lapsed)
{
	enum exit_status status = EXIT_STATUS_OK;
	json_t *json;

	if (!person->operation.common.json) {
		printf(added ? _("%s is in the register now.\n") : _("What the register knows of %s is changed.\n"),
			person->reference);
		if (lapsed != 0)
			tool_note(_("What was issued with the old claims has lapsed (enrolment %lld); a renewal makes "
				    "a new "
				    "record."),
				(long long)lapsed);
		return EXIT_STATUS_OK;
	}
	json = json_pack("{s:s, s:s}", "person", person->reference, "done", added ? "add" : "update");
	if (json == NULL || (lapsed != 0 && json_object_set_new(json, "lapsed", json_integer(lapsed)) != 0))
		status = tool_no_memory();
	else
		status = json_print(json);
	json_decref(json);
	return status;
}

/* Another operator may change the same person meanwhile: nothing of that is undone. */
static enum exit_status
keep_seen(struct person *person)
{
	const struct register_person *row = &person->row;
	struct register_person *seen = &person->seen;
	enum exit_status status = take_text(row->reference, &seen->reference);

	seen->card_status = row->card_status;
	seen->card_until = row->card_until;
	seen->signature_until = row->signature_until;
	if (status == EXIT_STATUS_OK)
		status = take_text(row->claims, &seen->claims);
	if (status == EXIT_STATUS_OK)
		status = take_text(row->birth_date, &seen->birth_date);
	return status == EXIT_STATUS_OK ? take_text(row->municipality, &seen->municipality) : status;
}

static enum exit_status
add(const struct command *command, struct person *person)
{
	struct operation *operation = &person->operation;
	enum exit_status status = take_all(command, person);

	if (status == EXIT_STATUS_OK)
		status = operation_error(operation, _("Nothing was changed."),
			register_person_add(operation->issuer.db, &person->row, operation->now));
	return status == EXIT_STATUS_OK ? say_done(person, true, 0) : status;
}

static enum exit_status
update(const struct command *command, struct person *person)
{
	struct operation *operation = &person->operation;
	enum exit_status status = find(person);
	int64_t lapsed = 0;

	if (status == EXIT_STATUS_OK)
		status = keep_seen(person);
	if (status == EXIT_STATUS_OK)
		status = take_all(command, person);
	if (status == EXIT_STATUS_OK)
		status = operation_error(operation, _("Nothing was changed."),
			register_person_update(operation->issuer.db, &person->row, &person->seen, operation->now,
				&lapsed));
	return status == EXIT_STATUS_OK ? say_done(person, false, lapsed) : status;
}

static int
add_time(json_t *json, const char *name, int64_t when)
{
	char text[MDOC_TDATE_LEN + 1];

	if (when == 0)
		return json_object_set_new(json, name, json_null());
	mdoc_tdate_print(when, text);
	return json_object_set_new(json, name, json_string(text));
}

/* Looking is an act as well, and in the log. */
static enum exit_status
show(const struct command *command, struct person *person)
{
	struct operation *operation = &person->operation;
	const struct register_person *row = &person->row;
	enum exit_status status = find(person);
	json_t *json = NULL;

	(void)command;
	if (status == EXIT_STATUS_OK)
		status = operation_error(operation, _("Nothing is shown that could not be logged."),
			register_log(operation->issuer.db, operation->now, "person-show", row->reference));
	if (status != EXIT_STATUS_OK)
		return status;
	json = json_pack("{s:s, s:s?, s:s, s:s?}", "person", row->reference, "birth_date", row->birth_date,
		"card_status", register_law_word(row->card_status), "municipality", row->municipality);
	if (json == NULL || add_time(json, "card_until", row->card_until) != 0 ||
		add_time(json, "signature_until", row->signature_until) != 0 ||
		add_time(json, "updated", row->updated) != 0 ||
		json_object_set_new(json, "claims",
			row->claims == NULL ? json_null() : json_loads(row->claims, 0, NULL)) != 0)
		status = tool_no_memory();
	else
		status = json_print(json);
	json_decref(json);
	return status;
}

static const struct {
	const char *name;
	enum exit_status (*run)(const struct command *command, struct person *person);
} actions[] = { { "add", add }, { "update", update }, { "show", show } };

static enum exit_status
check(const struct command *command, const struct person *person, const struct option_list *words, size_t *action)
{
	enum register_law law;

	for (*action = 0; *action < sizeof(actions) / sizeof(actions[0]); (*action)++)
		if (words->count == 1 && strcmp(words->items[0], actions[*action].name) == 0)
			break;
	if (*action == sizeof(actions) / sizeof(actions[0]))
		return options_wrong(command, "%s", _("give one of add, update and show"));
	if (person->card_status != NULL && !register_law_from(person->card_status, &law))
		return options_wrong(command,
			_("--card-status wants operating, suspended, abolished or recovered, not \"%s\""),
			person->card_status);
	return check_birth_date(command, person->birth_date);
}

int
cmd_person(const struct command *command, int argc, char **argv)
{
	struct person person = { .reference = NULL };
	struct option_list words = { NULL, 0 };
	const struct option_row rows[] = { { "person", OPTION_TEXT, &person.reference, N_("TEXT"),
						   N_("the person, by your own reference"), true },
		{ "claims", OPTION_TEXT, &person.claims_path, N_("FILE"),
			N_("what is attested: {namespace: {element: value}}"), false },
		{ "birth-date", OPTION_TEXT, &person.birth_date, N_("DATE"), N_("where the claims have none"), false },
		{ "card-status", OPTION_TEXT, &person.card_status, N_("WORD"),
			N_("of the card: operating, suspended, abolished or recovered"), false },
		{ "card-until", OPTION_TEXT, &person.card_until, N_("DATE"), N_("the last day of the card"), false },
		{ "signature-until", OPTION_TEXT, &person.signature_until, N_("DATE"),
			N_("the last day of its signature certificate"), false },
		{ "municipality", OPTION_TEXT, &person.municipality, N_("TEXT"), N_("whom notices go to"), false },
		OPERATION_ROWS(person.operation) };
	enum exit_status status;
	size_t action = 0;

	status = options_parse(command, rows, &person.operation.common, &words, argc, argv);
	if (status == EXIT_STATUS_GO_ON) {
		status = check(command, &person, &words, &action);
		if (status == EXIT_STATUS_OK)
			status = operation_open(command, &person.operation);
		if (status == EXIT_STATUS_OK)
			status = actions[action].run(command, &person);
	}
	operation_close(&person.operation);
	register_person_clear(&person.row);
	register_person_clear(&person.seen);
	json_decref(person.claims);
	option_list_clear(&words);
	return (int)status;
}
