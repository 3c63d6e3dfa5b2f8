/* session_command.c: mdoc-present session: engagement, stream, session. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/qr.h"
#include "tools/present/present.h"
#include "tools/present/session.h"

#define TRANSMISSIONS 8 /* that a holder at a terminal is asked about in one session */

struct session_args {
	struct presentation_args presentation;
	struct trace_args trace;
	const char *listen, *connect;
	const char *engagement_out;
	const char *nfc_select, *nfc_request;
	const char *ble_uuid;
	const char *edition, *curve;
	struct option_number timeout, wait, transmissions;
	bool no_qr;
};

/* One session of the command. */
struct meeting {
	const struct session_args *args;
	FILE *people;
	struct engagement_spec spec;
	struct mdoc_retrieval ble;
	uint8_t uuid[MDOC_UUID_SIZE];
	struct mdoc_buf nfc_request;
	struct engagement engagement;
	struct presentation *presentation;
	struct stream *stream;
	struct trace *trace;
	struct session_result result;
};

static bool
on_stdio(const struct session_args *args)
{
	const char *name = args->listen != NULL ? args->listen : args->connect;

	return name != NULL && strcmp(name, "stdio") == 0;
}

/* ---- Options ---- */

static enum exit_status
parse_curve(const struct command *command, const char *name, enum mdoc_curve *curve)
{
	static const enum mdoc_curve curves[] = { MDOC_CURVE_P256, MDOC_CURVE_P384, MDOC_CURVE_P521, MDOC_CURVE_X25519,
		MDOC_CURVE_X448, MDOC_CURVE_BP256, MDOC_CURVE_BP320, MDOC_CURVE_BP384, MDOC_CURVE_BP512 };

	*curve = MDOC_CURVE_P256;
	if (name == NULL)
		return EXIT_STATUS_OK;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (strcmp(mdoc_curve_name(curves[i]), name) != 0)
			continue;
		*curve = curves[i];
		return EXIT_STATUS_OK;
	}
	return options_wrong(command, _("--curve does not know \"%s\""), name);
}

/* "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx" */
static bool
parse_uuid(const char *text, uint8_t uuid[MDOC_UUID_SIZE])
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t digits = 0;

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++) {
		const char digit[2] = { text[i], '\0' };

		if (form[i] == '-' ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
			return false;
		if (form[i] == '-')
			continue;
		uuid[digits / 2] = (uint8_t)((unsigned long)uuid[digits / 2] << 4 | strtoul(digit, NULL, 16));
		digits++;
	}
	return true;
}

/* How the engagement is handed over, and what it announces. */
static enum exit_status
parse_handover(const struct command *command, struct meeting *meeting)
{
	const struct session_args *args = meeting->args;

	if (args->nfc_select != NULL && args->engagement_out != NULL)
		return options_wrong(command,
			_("either --engagement-out or --nfc-select, since a session has one handover"));
	if (args->nfc_request != NULL && args->nfc_select == NULL)
		return options_wrong(command, _("--nfc-request needs --nfc-select"));
	meeting->spec.nfc = args->nfc_select != NULL;
	if (args->ble_uuid == NULL)
		return EXIT_STATUS_OK;
	if (!parse_uuid(args->ble_uuid, meeting->uuid))
		return options_wrong(command, _("--ble-uuid wants a UUID, not \"%s\""), args->ble_uuid);
	meeting->ble.type = MDOC_RETRIEVAL_BLE;
	meeting->ble.ble.server = true;
	meeting->ble.ble.server_uuid = mdoc_bytes_of(meeting->uuid, sizeof(meeting->uuid));
	meeting->spec.retrievals = &meeting->ble;
	meeting->spec.retrieval_count = 1;
	return EXIT_STATUS_OK;
}

static enum exit_status
read_nfc_request(struct meeting *meeting)
{
	const char *path = meeting->args->nfc_request;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status;

	if (path == NULL)
		return EXIT_STATUS_OK;
	status = file_read(path, FILE_SMALL_MAX, &meeting->nfc_request);
	if (status != EXIT_STATUS_OK)
		return status;
	meeting->spec.nfc_request = mdoc_buf_bytes(&meeting->nfc_request);
	if (mdoc_ndef_request_check(tool_context(), meeting->spec.nfc_request, &error) == MDOC_OK)
		return EXIT_STATUS_OK;
	(void)tool_mdoc_error(path, &error);
	return EXIT_STATUS_INPUT;
}

static enum exit_status
parse(const struct command *command, struct session_args *args, struct engagement_spec *spec)
{
	enum exit_status status = parse_curve(command, args->curve, &spec->curve);

	if (status != EXIT_STATUS_OK)
		return status;
	if ((args->listen == NULL) == (args->connect == NULL))
		return options_wrong(command, _("either --listen or --connect is needed"));
	if (args->edition != NULL && strcmp(args->edition, "2021") != 0 && strcmp(args->edition, "2") != 0)
		return options_wrong(command, _("--edition knows 2021 and 2, not \"%s\""), args->edition);
	spec->edition = args->edition != NULL && strcmp(args->edition, "2") == 0 ? MDOC_EDITION_2 : MDOC_EDITION_2021;
	/* Who has agreed beforehand agreed to one transmission, not to as many as the reader likes. */
	if (!args->transmissions.given && (args->presentation.yes || args->presentation.policy != NULL))
		args->transmissions.value = 1;
	return args->listen != NULL ? stream_check(args->listen, true) : stream_check(args->connect, false);
}

/* ---- Meeting ---- */

static enum exit_status
show_engagement(const struct meeting *meeting)
{
	const struct session_args *args = meeting->args;
	enum exit_status status = EXIT_STATUS_OK;

	if (args->nfc_select != NULL)
		return EXIT_STATUS_OK;
	if (!args->no_qr)
		status = qr_print(meeting->people, meeting->engagement.text);
	if (status == EXIT_STATUS_OK)
		fprintf(meeting->people, "%s\n", meeting->engagement.text);
	fflush(meeting->people);
	return status;
}

/* Whoever waits for the file finds the stream there already. */
static enum exit_status
hand_over(const struct meeting *meeting)
{
	const struct engagement *engagement = &meeting->engagement;
	struct mdoc_buf line = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;

	trace_message(meeting->trace, "=", "DeviceEngagement", mdoc_buf_bytes(&engagement->bytes));
	if (meeting->args->nfc_select != NULL)
		status = file_write(meeting->args->nfc_select, 0600, mdoc_buf_bytes(&engagement->nfc_select));
	if (meeting->args->engagement_out != NULL) {
		mdoc_buf_append(&line, mdoc_text(engagement->text));
		mdoc_buf_append(&line, mdoc_text("\n"));
		status = line.err != MDOC_OK ? tool_no_memory()
					     : file_write(meeting->args->engagement_out, 0600, mdoc_buf_bytes(&line));
	}
	mdoc_buf_clear(&line);
	return status == EXIT_STATUS_OK ? show_engagement(meeting) : status;
}

static enum exit_status
meet(struct meeting *meeting)
{
	const int64_t deadline = stream_deadline(meeting->args->wait.value);
	enum exit_status status;
	char *where = NULL;

	if (meeting->args->connect != NULL) {
		status = hand_over(meeting);
		return status == EXIT_STATUS_OK ? stream_connect(meeting->args->connect, deadline, &meeting->stream)
						: status;
	}
	status = stream_listen(meeting->args->listen, &meeting->stream, &where);
	if (status == EXIT_STATUS_OK && where != NULL)
		fprintf(meeting->people, _("waiting for the reader at %s\n"), where);
	if (status == EXIT_STATUS_OK)
		status = hand_over(meeting);
	if (status == EXIT_STATUS_OK)
		status = stream_say_accepted(stream_accept(meeting->stream, deadline));
	free(where);
	return status;
}

static enum exit_status
talk(struct meeting *meeting)
{
	struct session_presenting presenting = { meeting->presentation, meeting->spec.edition, meeting->trace, 0 };
	const struct session_spec spec = {
		.engagement = &meeting->engagement,
		.answer = session_present,
		.arg = &presenting,
		.timeout = meeting->args->timeout.value,
		.transmissions = meeting->args->transmissions.value,
		.trace = meeting->trace,
	};

	return session_run(&spec, meeting->stream, &meeting->result);
}

/* ---- The end ---- */

static enum exit_status
print_json(const struct meeting *meeting, enum exit_status status)
{
	json_t *result = presentation_json(meeting->presentation);
	enum exit_status printed = EXIT_STATUS_OK;

	if (result == NULL ||
		json_object_set_new(result, "answered", json_integer((json_int_t)meeting->result.answered)) != 0 ||
		json_object_set_new(result, "status", json_integer((json_int_t)meeting->result.sent_status)) != 0 ||
		json_object_set_new(result, "readerStatus", json_integer((json_int_t)meeting->result.peer_status)) != 0)
		printed = tool_no_memory();
	else
		printed = json_print(result);
	json_decref(result);
	return status == EXIT_STATUS_OK ? printed : status;
}

static enum exit_status
say_done(const struct meeting *meeting, enum exit_status status)
{
	const size_t copies = presentation_copies(meeting->presentation);

	if (meeting->args->presentation.token.common.json)
		return on_stdio(meeting->args) ? status : print_json(meeting, status);
	if (status != EXIT_STATUS_OK)
		return status;
	if (copies == 1)
		fprintf(meeting->people, "%s\n", _("The reader has its answer; one copy is used up."));
	else
		fprintf(meeting->people, _("The reader has its answer; %zu copies are used up.\n"), copies);
	return status;
}

static enum exit_status
run(const struct command *command, struct session_args *args)
{
	struct meeting meeting = { .args = args };
	enum exit_status status = parse(command, args, &meeting.spec);

	if (status == EXIT_STATUS_OK)
		status = parse_handover(command, &meeting);
	if (status == EXIT_STATUS_OK)
		status = read_nfc_request(&meeting);
	if (status != EXIT_STATUS_OK)
		goto out;
	meeting.people = args->presentation.token.common.json || on_stdio(args) ? stderr : stdout;
	status = stream_catch_signals();
	if (status == EXIT_STATUS_OK)
		status = trace_open(&args->trace, &meeting.trace);
	if (status == EXIT_STATUS_OK)
		status = presentation_begin(command, &args->presentation, meeting.people, &meeting.presentation);
	if (status == EXIT_STATUS_OK)
		status = engagement_make(&meeting.spec, &meeting.engagement);
	if (status == EXIT_STATUS_OK)
		status = meet(&meeting);
	if (status == EXIT_STATUS_OK)
		status = say_done(&meeting, talk(&meeting));
out:
	stream_close(meeting.stream);
	engagement_clear(&meeting.engagement);
	presentation_end(meeting.presentation);
	trace_close(meeting.trace);
	mdoc_buf_clear(&meeting.nfc_request);
	return status;
}

int
cmd_session(const struct command *command, int argc, char **argv)
{
	struct session_args args = {
		.timeout = { 60, 1, 3600, false },
		.wait = { 300, 1, 86400, false },
		.transmissions = { TRANSMISSIONS, 1, 1000, false },
	};
	const struct option_row rows[] = {
		PRESENTATION_ROWS(args.presentation),
		{ "listen", OPTION_TEXT, &args.listen, N_("STREAM"),
			N_("wait for the reader at unix:PATH, tcp:127.0.0.1:PORT, stdio or l2cap:PSM"), false },
		{ "connect", OPTION_TEXT, &args.connect, N_("STREAM"),
			N_("go to the reader at unix:PATH, tcp:127.0.0.1:PORT or l2cap:ADDRESS:PSM"), false },
		{ "engagement-out", OPTION_TEXT, &args.engagement_out, N_("FILE"),
			N_("write the engagement as text here, too"), false },
		{ "nfc-select", OPTION_TEXT, &args.nfc_select, N_("FILE"),
			N_("hand over by NFC: write the Handover Select message here"), false },
		{ "nfc-request", OPTION_TEXT, &args.nfc_request, N_("FILE"),
			N_("the reader's Handover Request message: a negotiated handover"), false },
		{ "ble-uuid", OPTION_TEXT, &args.ble_uuid, "UUID", N_("announce Bluetooth Low Energy with this UUID"),
			false },
		{ "no-qr", OPTION_FLAG, &args.no_qr, NULL, N_("show the engagement as text only"), false },
		{ "edition", OPTION_TEXT, &args.edition, "2021|2", N_("of ISO/IEC 18013-5 (2021)"), false },
		{ "curve", OPTION_TEXT, &args.curve, N_("NAME"), N_("of the session's key (P-256)"), false },
		{ "timeout", OPTION_NUMBER, &args.timeout, N_("SECONDS"), N_("for each message of the reader (60)"),
			false },
		{ "wait", OPTION_NUMBER, &args.wait, N_("SECONDS"), N_("for the reader to come (300)"), false },
		{ "transmissions", OPTION_NUMBER, &args.transmissions, N_("NUMBER"),
			N_("requests that are answered at most (8; 1 with --yes or --policy)"), false },
		TRACE_ROWS(args.trace),
		END_ROW,
	};
	enum exit_status status;

	presentation_args_init(&args.presentation);
	status = options_parse(command, rows, &args.presentation.token.common, NULL, argc, argv);
	if (status == EXIT_STATUS_GO_ON)
		status = run(command, &args);
	presentation_args_clear(&args.presentation);
	return status;
}
