/*
 * session.c: ask an mdoc over a stream and show what its answer proves (R-VX-01 to R-VX-05).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <mdoc/ndef.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/stream.h"
#include "tools/common/trace.h"
#include "tools/reader/exchange.h"
#include "tools/reader/reader.h"
#include "tools/reader/report.h"

#define WAIT_SECONDS 300 /* until the two are connected; until the holder has agreed and answered */
#define WAIT_MAX 86400

struct session {
	const struct command *command;
	const char *connect, *listen, *nfc_select, *nfc_request, *write_nfc_request;
	struct option_number timeout, wait;
	struct option_list operands;
	struct asking_args asking_args;
	struct judge_args judge_args;
	struct trace_args trace_args;
	struct common_options common;
	struct report_args report;
	struct asking *asking;
	struct judge *judge;
	struct trace *trace;
	struct stream *stream;
	struct mdoc_buf engagement_file, select_file, request_file;
	struct exchange_handover handover;
	struct exchanged exchanged;
};

/* ---- What is given ---- */

static enum exit_status
read_ndef(const char *path, struct mdoc_buf *file, struct mdoc_bytes *message)
{
	const enum exit_status status = path == NULL ? EXIT_STATUS_OK : file_read(path, FILE_SMALL_MAX, file);

	*message = mdoc_buf_bytes(file);
	return status;
}

/* The engagement of a Handover Select message stands in it. */
static enum exit_status
read_nfc(struct session *session)
{
	struct exchange_handover *handover = &session->handover;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = read_ndef(session->nfc_select, &session->select_file, &handover->nfc_select);

	if (status == EXIT_STATUS_OK)
		status = read_ndef(session->nfc_request, &session->request_file, &handover->nfc_request);
	if (status == EXIT_STATUS_OK &&
		mdoc_ndef_engagement(tool_context(), handover->nfc_select, &handover->engagement, &error) != MDOC_OK)
		status = tool_mdoc_error(session->nfc_select, &error);
	if (status == EXIT_STATUS_OK && session->nfc_request != NULL &&
		mdoc_ndef_request_check(tool_context(), handover->nfc_request, &error) != MDOC_OK)
		status = tool_mdoc_error(session->nfc_request, &error);
	return status;
}

static enum exit_status
read_handover(struct session *session)
{
	const char *name = session->nfc_select != NULL ? session->nfc_select : session->operands.items[0];
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_engagement *engagement = NULL;
	enum exit_status status;

	if (session->nfc_select != NULL)
		status = read_nfc(session);
	else
		status = input_engagement(name, &session->engagement_file, &session->handover.engagement);
	if (status == EXIT_STATUS_OK &&
		mdoc_engagement_parse(tool_context(), session->handover.engagement, &engagement, &error) != MDOC_OK)
		status = tool_mdoc_error(name, &error);
	mdoc_engagement_free(engagement);
	/* That cannot make the answer "not verified". */
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

/* The reader's part of a negotiated handover: nothing in it is secret, or of one session. What it says of Bluetooth is
 * for the form; the session goes over the stream that is named. */
static enum exit_status
write_nfc_request(const struct session *session)
{
	uint8_t uuid[MDOC_UUID_SIZE];
	const struct mdoc_retrieval retrieval = { .type = MDOC_RETRIEVAL_BLE,
		.known = true,
		.ble = { .client = true, .client_uuid = mdoc_bytes_of(uuid, sizeof(uuid)) } };
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;

	if (session->operands.count > 0 || session->nfc_select != NULL || session->connect != NULL ||
		session->listen != NULL)
		return options_wrong(session->command, _("--write-nfc-request only writes that message"));
	if (RAND_bytes_ex(mdoc_context_libctx(tool_context()), uuid, sizeof(uuid), 0) != 1)
		status = tool_no_memory();
	else if (mdoc_ndef_request_build(tool_context(), &retrieval, 1, &message, &error) != MDOC_OK)
		status = tool_mdoc_error(session->write_nfc_request, &error);
	if (status == EXIT_STATUS_OK)
		status = file_write(session->write_nfc_request, 0644, mdoc_buf_bytes(&message));
	mdoc_buf_clear(&message);
	return status;
}

static enum exit_status
check_usage(const struct session *session)
{
	const struct command *command = session->command;
	enum exit_status status;

	if (session->operands.count + (session->nfc_select != NULL ? 1 : 0) != 1)
		return options_wrong(command, _("name one device engagement, as text or a file, or --nfc-select"));
	if (session->nfc_request != NULL && session->nfc_select == NULL)
		return options_wrong(command, _("--nfc-request goes with --nfc-select"));
	if ((session->connect == NULL) == (session->listen == NULL))
		return options_wrong(command, _("one of --connect and --listen is needed"));
	status = report_check(command, &session->report, session->common.json, true);
	if (status != EXIT_STATUS_OK)
		return status;
	if (session->connect != NULL)
		return stream_check(session->connect, false);
	return stream_check(session->listen, true);
}

/* ---- The session ---- */

static enum exit_status
listen_for_peer(struct session *session)
{
	char *where = NULL;
	enum exit_status status = stream_listen(session->listen, &session->stream, &where);
	enum stream_result result;

	if (status == EXIT_STATUS_OK && where != NULL)
		tool_note(_("Waiting for the holder's program at %s."), where);
	if (status == EXIT_STATUS_OK) {
		result = stream_accept(session->stream, stream_deadline(session->wait.value));
		status = stream_say_accepted(result);
	}
	free(where);
	return status;
}

static enum exit_status
find_peer(struct session *session)
{
	if (session->listen != NULL)
		return listen_for_peer(session);
	return stream_connect(session->connect, stream_deadline(session->wait.value), &session->stream);
}

static enum exit_status
hold_session(struct session *session)
{
	const struct exchange exchange = {
		.asking = session->asking,
		.judge = session->judge,
		.trace = session->trace,
		.timeout = session->timeout.value,
		.patience = session->timeout.value,
	};

	return exchange_run(&exchange, session->stream, &session->handover, &session->exchanged);
}

static enum exit_status
report(const struct session *session)
{
	const struct judged *judged = &session->exchanged.judged;
	const struct reader_result result = { judged->verdict, judged->summary, session->report.show_unverified,
		judged->now };

	return report_result(&result, &session->report, session->common.json, session->exchanged.asked);
}

/* For programs, when no response came that could be judged: nothing is verified, and with which status it ended. */
static enum exit_status
report_nothing(const struct session *session, enum exit_status status)
{
	json_t *json = json_pack("{s:b, s:s, s:n, s:[], s:I}", "verified", 0, "conclusion", "not_verified", "result",
		"checks", "holderStatus", (json_int_t)session->exchanged.peer_status);
	const enum exit_status printed = json == NULL ? tool_no_memory() : json_print(json);

	json_decref(json);
	return printed == EXIT_STATUS_OK ? status : printed;
}

/* Everything that can be wrong here is found before a holder is talked to. */
static enum exit_status
session_run(struct session *session)
{
	enum exit_status status = read_handover(session);
	bool ready;

	if (status == EXIT_STATUS_OK)
		status = asking_open(session->command, &session->asking_args, &session->asking);
	if (status == EXIT_STATUS_OK)
		status = judge_open(session->command, &session->judge_args, &session->judge);
	if (status == EXIT_STATUS_OK)
		status = trace_open(&session->trace_args, &session->trace);
	if (status == EXIT_STATUS_OK)
		status = stream_catch_signals();
	ready = status == EXIT_STATUS_OK;
	if (ready)
		status = find_peer(session);
	if (status == EXIT_STATUS_OK)
		status = hold_session(session);
	stream_close(session->stream);
	session->stream = NULL;
	if (status == EXIT_STATUS_OK)
		return report(session);
	return ready && session->common.json ? report_nothing(session, status) : status;
}

static void
session_clear(struct session *session)
{
	stream_close(session->stream);
	exchanged_clear(&session->exchanged);
	judge_close(session->judge);
	judge_args_clear(&session->judge_args);
	asking_close(session->asking);
	asking_args_clear(&session->asking_args);
	trace_close(session->trace);
	option_list_clear(&session->operands);
	mdoc_buf_clear(&session->engagement_file);
	mdoc_buf_clear(&session->select_file);
	mdoc_buf_clear(&session->request_file);
}

int
cmd_session(const struct command *command, int argc, char **argv)
{
	struct session session = { .command = command,
		.timeout = { WAIT_SECONDS, 1, WAIT_MAX, false },
		.wait = { WAIT_SECONDS, 1, WAIT_MAX, false } };
	const struct option_row rows[] = {
		{ "connect", OPTION_TEXT, &session.connect, N_("STREAM"),
			N_("where the holder's program waits: unix:PATH, tcp:HOST:PORT, l2cap:ADDRESS:PSM, stdio, "
			   "fd:IN:OUT"),
			false },
		{ "listen", OPTION_TEXT, &session.listen, N_("STREAM"), N_("or wait for it here"), false },
		{ "nfc-select", OPTION_TEXT, &session.nfc_select, N_("FILE"),
			N_("the holder's Handover Select message, which has the engagement"), false },
		{ "nfc-request", OPTION_TEXT, &session.nfc_request, N_("FILE"),
			N_("our Handover Request message, if the handover was negotiated"), false },
		{ "write-nfc-request", OPTION_TEXT, &session.write_nfc_request, N_("FILE"),
			N_("only write a Handover Request message, for a negotiated handover"), false },
		{ "wait", OPTION_NUMBER, &session.wait, N_("SECONDS"),
			N_("how long to wait until the two are connected (300)"), false },
		{ "timeout", OPTION_NUMBER, &session.timeout, N_("SECONDS"),
			N_("how long to wait for the holder's consent and response (300)"), false },
		ASKING_ROWS(session.asking_args),
		JUDGE_ROWS(session.judge_args),
		TRACE_ROWS(session.trace_args),
		REPORT_ROWS(session.report),
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	judge_args_init(&session.judge_args);
	status = options_parse(command, rows, &session.common, &session.operands, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	session.asking_args.key.module = session.common.module;
	session.judge_args.once = true;
	if (tool_context() == NULL) {
		status = tool_no_memory();
	} else if (session.write_nfc_request != NULL) {
		status = write_nfc_request(&session);
	} else {
		status = check_usage(&session);
		if (status == EXIT_STATUS_OK)
			status = session_run(&session);
	}
out:
	session_clear(&session);
	return (int)status;
}
