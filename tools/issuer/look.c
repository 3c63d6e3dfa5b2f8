/*
 * look.c: status, verify-log and purge: what the register says, whether it is what was written, and what is removed of
 * it in time (R-CARD-41, R-CARD-45, R-RET-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/validity.h>
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/issuer/operation.h"

/* ---- status ---- */

/* Nothing else leaves: not even whether the person is known. */
static enum exit_status
say_third_party(const struct operation *operation, const struct register_device *device)
{
	const bool has = device->id != 0 && register_third_party(register_law_of(device->state, device->reason));
	enum exit_status status = EXIT_STATUS_OK;
	json_t *json;

	if (!operation->common.json) {
		printf("%s\n", has ? "有" : "無");
		return EXIT_STATUS_OK;
	}
	json = json_pack("{s:s}", "card", has ? "有" : "無");
	status = json == NULL ? tool_no_memory() : json_print(json);
	json_decref(json);
	return status;
}

static enum exit_status
say_status(const struct operation *operation, const struct register_device *device, int64_t valid_until)
{
	const enum register_law law = register_law_of(device->state, device->reason);
	char since[MDOC_TDATE_LEN + 1], until[MDOC_TDATE_LEN + 1] = "", jst[32];
	enum exit_status status = EXIT_STATUS_OK;
	json_t *json;

	mdoc_tdate_print(device->since, since);
	if (valid_until != 0)
		mdoc_tdate_print(valid_until, until);
	if (!operation->common.json) {
		printf(_("Enrolment %lld: %s (%s)\n"), (long long)device->id, register_state_name(device->state),
			register_law_name(law));
		time_print_jst(device->since, jst);
		printf(_("since %s\n"), jst);
		if (device->reason != NULL)
			printf(_("reason: %s\n"), device->reason);
		time_print_jst(valid_until, jst);
		if (valid_until != 0)
			printf(_("valid until %s\n"), jst);
		return EXIT_STATUS_OK;
	}
	json = json_pack("{s:I, s:s?, s:s, s:s, s:s, s:s, s:s?, s:s?}", "device", (json_int_t)device->id, "person",
		device->reference, "state", register_state_name(device->state), "law", register_law_word(law),
		"law_name", register_law_name(law), "since", since, "reason", device->reason, "valid_until",
		until[0] != '\0' ? until : NULL);
	status = json == NULL ? tool_no_memory() : json_print(json);
	json_decref(json);
	return status;
}

int
cmd_status(const struct command *command, int argc, char **argv)
{
	struct operation operation = { .dir = NULL };
	struct subject subject = { NULL, NULL };
	struct register_device device = { .id = 0 };
	bool third_party = false;
	const struct option_row rows[] = { { "third-party", OPTION_FLAG, &third_party, NULL,
						   N_("only what a third party may learn: yes (有) or no (無)"),
						   false },
		SUBJECT_ROWS(subject) LOOK_ROWS(operation) };
	enum exit_status status;
	enum register_result res;
	int64_t valid_until = 0;

	status = options_parse(command, rows, &operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = subject_check(command, &subject);
	if (status == EXIT_STATUS_OK && third_party && subject.person == NULL)
		status = options_wrong(command, "%s", _("--third-party goes with --person"));
	if (status == EXIT_STATUS_OK)
		status = operation_look(command, &operation);
	if (status != EXIT_STATUS_OK)
		goto out;
	if (third_party) {
		res = register_device_of_person(operation.issuer.db, subject.person, &device);
		if (res != REGISTER_DEVICE_UNKNOWN)
			status = operation_error(&operation, _("The register cannot be read."), res);
		if (status == EXIT_STATUS_OK)
			status = say_third_party(&operation, &device);
		goto out;
	}
	status = subject_find(&operation, &subject, &device);
	if (status == EXIT_STATUS_OK)
		status = operation_error(&operation, _("The register cannot be read."),
			register_device_valid_until(operation.issuer.db, device.id, &valid_until));
	if (status == EXIT_STATUS_OK)
		status = say_status(&operation, &device, valid_until);
out:
	register_device_clear(&device);
	operation_close(&operation);
	return (int)status;
}

/* ---- verify-log ---- */

/* "12:0123…": an event and its hash, as an earlier run said it. */
static enum exit_status
read_known(const struct command *command, const char *text, int64_t *at, const char **hash)
{
	char *end = NULL;

	*hash = NULL;
	if (text == NULL)
		return EXIT_STATUS_OK;
	errno = 0;
	*at = strtoll(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || errno != 0 || *end != ':' || strlen(end + 1) != 64 ||
		strspn(end + 1, "0123456789abcdef") != 64)
		return options_wrong(command, "%s",
			_("--contains wants a number, a colon and a hash, as an earlier run has printed it"));
	*hash = end + 1;
	return EXIT_STATUS_OK;
}

static enum exit_status
say_chain(const struct operation *operation, const struct register_chain *chain)
{
	const enum exit_status answer = chain->fault == NULL ? EXIT_STATUS_OK : EXIT_STATUS_NO;
	enum exit_status status;
	json_t *json;

	if (operation->common.json) {
		json = json_pack("{s:b, s:I, s:I, s:s, s:I, s:s?}", "whole", chain->fault == NULL, "events",
			(json_int_t)chain->events, "purged", (json_int_t)chain->purged, "hash", chain->hash, "bad",
			(json_int_t)chain->bad, "fault", chain->fault);
		status = json == NULL ? tool_no_memory() : json_print(json);
		json_decref(json);
		return status == EXIT_STATUS_OK ? answer : status;
	}
	if (chain->fault != NULL) {
		tool_error(_("The register is not what was written, at number %lld."), (long long)chain->bad);
		tool_why("%s", _(chain->fault));
		return answer;
	}
	printf(_("The log is whole: %lld events, %lld of them without their detail.\n"), (long long)chain->events,
		(long long)chain->purged);
	printf(_("Keep this and give it to --contains next time: %lld:%s\n"), (long long)chain->events, chain->hash);
	return answer;
}

int
cmd_verify_log(const struct command *command, int argc, char **argv)
{
	struct operation operation = { .dir = NULL };
	const char *contains = NULL, *hash = NULL;
	const struct option_row rows[] = { { "contains", OPTION_TEXT, &contains, N_("N:HASH"),
						   N_("what an earlier run printed has to be in the log"), false },
		LOOK_ROWS(operation) };
	struct register_chain chain;
	enum exit_status status;
	int64_t at = 0;

	status = options_parse(command, rows, &operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = read_known(command, contains, &at, &hash);
	if (status == EXIT_STATUS_OK)
		status = operation_look(command, &operation);
	if (status == EXIT_STATUS_OK)
		status = operation_error(&operation, _("The register cannot be read."),
			register_verify_log(operation.issuer.db, operation.now, at, hash, &chain));
	if (status == EXIT_STATUS_OK)
		status = say_chain(&operation, &chain);
	operation_close(&operation);
	return (int)status;
}

/* ---- purge ---- */

int
cmd_purge(const struct command *command, int argc, char **argv)
{
	struct operation operation = { .dir = NULL };
	const struct option_row rows[] = { OPERATION_ROWS(operation) };
	int64_t details = 0, people = 0;
	enum exit_status status;
	json_t *json;

	status = options_parse(command, rows, &operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = operation_open(command, &operation);
	if (status == EXIT_STATUS_OK)
		status = operation_error(&operation, _("Nothing was removed."),
			register_purge(operation.issuer.db, operation.now, &details, &people));
	if (status == EXIT_STATUS_OK && operation.common.json) {
		json = json_pack("{s:I, s:I}", "details", (json_int_t)details, "people", (json_int_t)people);
		status = json == NULL ? tool_no_memory() : json_print(json);
		json_decref(json);
	} else if (status == EXIT_STATUS_OK) {
		printf(_("Details of %lld events and claims of %lld people were removed.\n"), (long long)details,
			(long long)people);
	}
	operation_close(&operation);
	return (int)status;
}
