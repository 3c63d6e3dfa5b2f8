/*
 * export.c: a report of the register for whoever supervises the issuer: numbers, what does not add up, and what was done by
 * whom, signed by the messages key and encrypted to one certificate (R-CARD-37). It names no people and has no details.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <mdoc/validity.h>
#include "tools/common/clock.h"
#include "tools/common/cms.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/p11_pkey.h"
#include "tools/issuer/operation.h"

struct export
{
	struct operation operation;
	const char *to, *out, *from_text, *until_text;
	int64_t from, until;
	struct mdoc_buf recipient, cms;
	json_t *events, *report;
};

static bool
take_event(void *arg, const struct register_event *event)
{
	struct export *export = arg;
	char at[MDOC_TDATE_LEN + 1];
	json_t *row;

	mdoc_tdate_print(event->at, at);
	row = json_pack("{s:I, s:s, s:s, s:s, s:s*}", "id", (json_int_t)event->id, "at", at, "event", event->event,
		"category", event->category, "operator", event->operator_);
	if (row != NULL && event->device != 0)
		json_object_set_new(row, "device", json_integer((json_int_t)event->device));
	if (row != NULL && event->batch != 0)
		json_object_set_new(row, "batch", json_integer((json_int_t)event->batch));
	return json_array_append_new(export->events, row) == 0;
}

/* Sentences for what does not add up; empty in a register that is right. */
static json_t *
differences(const struct register_tally *tally, const struct register_chain *chain)
{
	const struct {
		bool differs;
		const char *what;
	} rows[] = {
		{ tally->copies != tally->copies_said, "copies: not as many as the batches say" },
		{ tally->issues_logged != tally->batches, "batches: not as many as the log says" },
		{ tally->nonces_used != tally->batches, "batches: not as many as nonces were used" },
		{ chain->fault != NULL, "the log is not what was written" },
	};
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].differs)
			json_array_append_new(list, json_string(rows[i].what));
	return list;
}

static json_t *
states(const struct register_tally *tally)
{
	json_t *json = json_object();

	for (unsigned i = 0; json != NULL && i < REGISTER_STATE_COUNT; i++)
		json_object_set_new(json, register_state_name((enum register_state)i),
			json_integer((json_int_t)tally->devices[i]));
	return json;
}

static enum exit_status
make_report(struct export *export)
{
	struct operation *operation = &export->operation;
	char made[MDOC_TDATE_LEN + 1], from[MDOC_TDATE_LEN + 1], until[MDOC_TDATE_LEN + 1];
	struct register_chain chain;
	struct register_tally tally;
	enum register_result res;

	export->events = json_array();
	if (export->events == NULL)
		return tool_no_memory();
	res = register_verify_log(operation->issuer.db, operation->now, 0, NULL, &chain);
	if (res == REGISTER_OK)
		res = register_tally(operation->issuer.db, &tally);
	if (res == REGISTER_OK)
		res = register_events(operation->issuer.db, export->from, export->until, take_event, export);
	if (res != REGISTER_OK)
		return operation_error(operation, _("The register cannot be read."), res);
	mdoc_tdate_print(operation->now, made);
	mdoc_tdate_print(export->from, from);
	mdoc_tdate_print(export->until, until);
	export->report = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:{s:b, s:I, s:s}, s:o, s:O}",
		"version", 1, "issuer", operation->issuer.uri, "made", made, "from", from, "until", until, "people",
		(json_int_t)tally.people, "enrolments", states(&tally), "batches", (json_int_t)tally.batches, "copies",
		(json_int_t)tally.copies, "notices_waiting", (json_int_t)tally.notices_waiting, "log", "whole",
		chain.fault == NULL, "events", (json_int_t)chain.events, "hash", chain.hash, "differences",
		differences(&tally, &chain), "events", export->events);
	return export->report == NULL ? tool_no_memory() : EXIT_STATUS_OK;
}

/* R-CARD-34: it leaves this machine encrypted and authenticated, or not at all. */
static enum exit_status
seal(struct export *export)
{
	struct operation *operation = &export->operation;
	struct mdoc_p11_key key = { .rv = CKR_OK };
	struct mdoc_public_key public_key;
	struct mdoc_error error = { .code = MDOC_OK };
	EVP_PKEY *signer = NULL;
	enum exit_status status;
	char *text = NULL;

	status = issuer_role_key(&operation->issuer, &operation->token, ISSUER_MESSAGES, &key, &public_key);
	if (status != EXIT_STATUS_OK)
		return status;
	text = json_dumps(export->report, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL) {
		status = tool_no_memory();
		goto out;
	}
	signer = p11_pkey_new(mdoc_context_libctx(tool_context()), &key, &public_key, NULL);
	error.code = signer == NULL ? MDOC_ERR_MEMORY
				    : cms_seal(tool_context(), mdoc_text(text), signer,
					      issuer_key_certificate(&operation->issuer, ISSUER_MESSAGES),
					      mdoc_buf_bytes(&export->recipient), &export->cms);
	if (error.code != MDOC_OK)
		status = issuer_sign_error(_("The report could not be sealed."), &error, &key);
out:
	EVP_PKEY_free(signer);
	free(text);
	return status;
}

static enum exit_status
export_run(struct export *export)
{
	struct operation *operation = &export->operation;
	enum exit_status status;

	status = make_report(export);
	if (status == EXIT_STATUS_OK)
		status = seal(export);
	if (status == EXIT_STATUS_OK)
		status = operation_error(operation, _("Nothing leaves that could not be logged."),
			register_log(operation->issuer.db, operation->now, "export", NULL));
	if (status == EXIT_STATUS_OK)
		status = file_write(export->out, 0600, mdoc_buf_bytes(&export->cms));
	if (status == EXIT_STATUS_OK && json_array_size(json_object_get(export->report, "differences")) != 0) {
		tool_error("%s", _("The register does not add up; the report says where."));
		status = EXIT_STATUS_NO;
	}
	return status;
}

static enum exit_status
check(const struct command *command, struct export *export)
{
	const struct {
		const char *name, *text;
		int64_t *when;
	} times[] = { { "from", export->from_text, &export->from }, { "until", export->until_text, &export->until } };
	char whole[64];

	for (size_t i = 0; i < 2; i++) {
		if (times[i].text == NULL)
			continue;
		snprintf(whole, sizeof(whole), strlen(times[i].text) == 10 ? "%sT00:00:00+09:00" : "%s", times[i].text);
		if (!clock_parse(whole, times[i].when))
			return options_wrong(command, _("--%s wants a date like 2026-01-30, not \"%s\""), times[i].name,
				times[i].text);
	}
	if (export->from_text != NULL && export->until_text != NULL && export->from >= export->until)
		return options_wrong(command, _("--from %s is not before --until %s"), export->from_text,
			export->until_text);
	return file_read_certificate(export->to, &export->recipient);
}

int
cmd_export(const struct command *command, int argc, char **argv)
{
	struct export export = { .until = INT64_C(253402300799), .recipient = MDOC_BUF_EMPTY, .cms = MDOC_BUF_EMPTY };
	const struct option_row rows[] = { { "to", OPTION_TEXT, &export.to, N_("FILE"),
						   N_("certificate that the report is encrypted to"), true },
		{ "out", OPTION_TEXT, &export.out, N_("FILE"), N_("where the report is written (CMS, DER)"), true },
		{ "from", OPTION_TEXT, &export.from_text, N_("DATE"), N_("events from this day on"), false },
		{ "until", OPTION_TEXT, &export.until_text, N_("DATE"), N_("events before this day"), false },
		OPERATION_ROWS(export.operation) };
	enum exit_status status;

	status = options_parse(command, rows, &export.operation.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	status = check(command, &export);
	if (status == EXIT_STATUS_OK)
		status = operation_open(command, &export.operation);
	if (status == EXIT_STATUS_OK)
		status = export_run(&export);
	mdoc_buf_clear(&export.recipient);
	mdoc_buf_clear(&export.cms);
	json_decref(export.report);
	json_decref(export.events);
	operation_close(&export.operation);
	return (int)status;
}
