/* session.c: the holder's side of a proximity session. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/present/session.h"

#define REQUEST_MAX ((size_t)1024 * 1024) /* bytes of a message of a reader, who is not known yet */

struct running {
	const struct session_spec *spec;
	struct stream *stream;
	struct session_result *result;
	struct mdoc_session *session; /* NULL: not established yet */
	struct mdoc_buf message;      /* the reader's last one */
	struct mdoc_buf transcript;
};

/* A status and nothing else; 0: it is none. */
static uint64_t
status_alone(struct mdoc_bytes message)
{
	struct mdoc_cbor *scan = NULL;
	uint64_t status = 0;
	struct mdoc_node root;

	if (mdoc_cbor_scan(tool_context(), message, 0, &scan, NULL) != MDOC_OK)
		return 0;
	root = mdoc_cbor_root(scan);
	if (mdoc_node_type(root) != MDOC_CBOR_MAP || mdoc_node_present(mdoc_map_text(root, "data")) ||
		!mdoc_node_uint(mdoc_map_text(root, "status"), &status))
		status = 0;
	mdoc_cbor_free(scan);
	return status;
}

/* ---- Sending ---- */

static enum stream_result
send_message(struct running *r, const char *what, struct mdoc_bytes message)
{
	trace_message(r->spec->trace, ">", what, message);
	return stream_write(r->stream, stream_deadline(r->spec->timeout), message);
}

/* Tell the reader that it is over, as well as that can be done. */
static void
send_status(struct running *r, enum mdoc_session_status status)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_bytes answer = r->session != NULL ? mdoc_session_answer(r->session) : MDOC_NO_BYTES;

	if (r->result->peer_status != 0)
		return; /* it knows */
	if (answer.len == 0 && r->session != NULL && mdoc_session_alive(r->session))
		(void)mdoc_session_end(r->session, status, &out, NULL);
	else if (answer.len == 0)
		(void)mdoc_session_status_put(&out, status);
	if (answer.len == 0)
		answer = mdoc_buf_bytes(&out);
	r->result->sent_status = status_alone(answer);
	(void)send_message(r, "SessionData", answer);
	mdoc_buf_clear(&out);
}

/* The reader's message was wrong. */
static enum exit_status
wrong_message(struct running *r, enum mdoc_session_status status, const struct mdoc_error *error)
{
	(void)tool_mdoc_error(_("the reader's message"), error);
	trace_text(r->spec->trace, "=", "%s: %s", mdoc_result_name(error->code), error->expected);
	send_status(r, status);
	return error->code == MDOC_ERR_MEMORY || error->code == MDOC_ERR_CRYPTO ? EXIT_STATUS_TROUBLE
										: EXIT_STATUS_INPUT;
}

/* Nothing came that could be read. */
static enum exit_status
no_message(struct running *r, enum stream_result result)
{
	const bool no_such = result == STREAM_EMPTY || result == STREAM_TOO_LONG;

	trace_text(r->spec->trace, "=", "%s", stream_text(result));
	if (r->result->answered > 0 && (result == STREAM_CLOSED || result == STREAM_TIMEOUT)) {
		/* What it wanted it has. */
		tool_note(_("The reader did not say that it has ended the session."));
		if (result == STREAM_TIMEOUT)
			send_status(r, MDOC_SESSION_TERMINATION);
		return EXIT_STATUS_OK;
	}
	if (result != STREAM_CLOSED && result != STREAM_TRUNCATED)
		send_status(r, no_such ? MDOC_SESSION_CBOR_ERROR : MDOC_SESSION_TERMINATION);
	return stream_say(result);
}

/* ---- Receiving ---- */

/* The reader has ended the session: that is what it should do once it has its answer. */
static enum exit_status
peer_ended(struct running *r, uint64_t status)
{
	r->result->peer_status = status;
	trace_text(r->spec->trace, "=", "the reader ended the session: status %llu", (unsigned long long)status);
	if (r->result->answered > 0 && status == MDOC_SESSION_TERMINATION)
		return EXIT_STATUS_OK;
	tool_error(_("the reader ended the session with status %llu"), (unsigned long long)status);
	return EXIT_STATUS_NO;
}

static enum mdoc_result
build_transcript(struct running *r, struct mdoc_bytes key_bytes, struct mdoc_error *error)
{
	const struct engagement *engagement = r->spec->engagement;
	const struct mdoc_transcript_spec spec = {
		.handover = engagement->nfc_select.len > 0 ? MDOC_HANDOVER_NFC : MDOC_HANDOVER_QR,
		.engagement = mdoc_buf_bytes(&engagement->bytes),
		.reader_key = key_bytes,
		.nfc_select = mdoc_buf_bytes(&engagement->nfc_select),
		.nfc_request = engagement->nfc_request,
	};

	return mdoc_transcript_build(tool_context(), &spec, &r->transcript, error);
}

/* Keys from the reader's first message. */
static enum exit_status
establish(struct running *r)
{
	const struct mdoc_bytes message = mdoc_buf_bytes(&r->message);
	struct mdoc_error error = { .code = MDOC_OK };
	const uint64_t status = status_alone(message);
	struct mdoc_bytes key_bytes = MDOC_NO_BYTES;
	struct mdoc_public_key key;

	if (status != 0) /* a reader that gave up */
		return peer_ended(r, status);
	if (mdoc_session_reader_key(tool_context(), message, &key_bytes, &key, &error) != MDOC_OK)
		return wrong_message(r, MDOC_SESSION_CBOR_ERROR, &error);
	if (build_transcript(r, key_bytes, &error) != MDOC_OK)
		return wrong_message(r, MDOC_SESSION_CBOR_ERROR, &error);
	trace_message(r->spec->trace, "=", "SessionTranscript", mdoc_buf_bytes(&r->transcript));
	if (mdoc_session_new(tool_context(), MDOC_SESSION_DEVICE, mdoc_buf_bytes(&r->transcript),
		    &r->spec->engagement->own, &key, &r->session, &error) != MDOC_OK)
		return wrong_message(r, MDOC_SESSION_ENCRYPTION_ERROR, &error);
	return EXIT_STATUS_OK;
}

/* The next request. EXIT_STATUS_GO_ON: there is one; else the session has ended so. */
static enum exit_status
next_request(struct running *r, struct mdoc_buf *request)
{
	const enum stream_result received = stream_read(r->stream, stream_deadline(r->spec->timeout), &r->message);
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status = EXIT_STATUS_OK;

	if (received != STREAM_OK)
		return no_message(r, received);
	trace_message(r->spec->trace, "<", r->session == NULL ? "SessionEstablishment" : "SessionData",
		mdoc_buf_bytes(&r->message));
	if (r->session == NULL)
		status = establish(r);
	if (status != EXIT_STATUS_OK || r->session == NULL)
		return status;
	mdoc_buf_clear(request);
	if (mdoc_session_open(r->session, mdoc_buf_bytes(&r->message), request, &error) != MDOC_OK)
		return wrong_message(r, MDOC_SESSION_ENCRYPTION_ERROR, &error);
	if (request->len > 0)
		trace_message(r->spec->trace, "=", "DeviceRequest (decrypted)", mdoc_buf_bytes(request));
	if (mdoc_session_peer_status(r->session) != 0)
		return peer_ended(r, mdoc_session_peer_status(r->session));
	return EXIT_STATUS_GO_ON;
}

/* ---- Answering ---- */

/* A response, and with it a status if the session is over. */
static enum exit_status
send_response(struct running *r, struct mdoc_bytes response, enum mdoc_session_status status)
{
	struct mdoc_buf sealed = MDOC_BUF_EMPTY;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status exit = EXIT_STATUS_OK;
	enum stream_result sent;

	trace_message(r->spec->trace, "=", "DeviceResponse (to be encrypted)", response);
	if (mdoc_session_seal(r->session, response, status, &sealed, &error) != MDOC_OK) {
		exit = tool_mdoc_error(_("the response could not be encrypted"), &error);
		send_status(r, MDOC_SESSION_TERMINATION);
		goto out;
	}
	r->result->sent_status = (uint64_t)status;
	sent = send_message(r, "SessionData", mdoc_buf_bytes(&sealed));
	if (sent != STREAM_OK) {
		trace_text(r->spec->trace, "=", "%s", stream_text(sent));
		exit = stream_say(sent);
	} else {
		r->result->answered += status == MDOC_SESSION_NO_STATUS ? 1 : 0;
	}
out:
	mdoc_buf_clear(&sealed);
	return exit;
}

static enum exit_status
answer(struct running *r, struct mdoc_bytes request)
{
	struct mdoc_buf response = MDOC_BUF_EMPTY;
	enum exit_status status;

	if (r->result->answered >= r->spec->transmissions) {
		tool_error(_("the reader asks once more, which is not answered in this session"));
		send_status(r, MDOC_SESSION_TERMINATION);
		return EXIT_STATUS_NO;
	}
	status = r->spec->answer(r->spec->arg, request, mdoc_buf_bytes(&r->transcript), &response);
	if (status == EXIT_STATUS_OK)
		status = send_response(r, mdoc_buf_bytes(&response), MDOC_SESSION_NO_STATUS);
	else if (status == EXIT_STATUS_INPUT && response.len > 0)
		(void)send_response(r, mdoc_buf_bytes(&response), MDOC_SESSION_TERMINATION);
	else
		send_status(r, MDOC_SESSION_TERMINATION);
	mdoc_buf_clear(&response);
	return status;
}

enum exit_status
session_run(const struct session_spec *spec, struct stream *stream, struct session_result *result)
{
	struct running r = { spec, stream, result, NULL, MDOC_BUF_EMPTY, MDOC_BUF_EMPTY };
	struct mdoc_buf request = MDOC_BUF_EMPTY;
	enum exit_status status;

	memset(result, 0, sizeof(*result));
	stream_limit(stream, REQUEST_MAX);
	do {
		status = next_request(&r, &request);
		if (status != EXIT_STATUS_GO_ON)
			break;
		status = answer(&r, mdoc_buf_bytes(&request));
	} while (status == EXIT_STATUS_OK);
	mdoc_session_free(r.session);
	mdoc_buf_clear(&request);
	mdoc_buf_clear(&r.message);
	mdoc_buf_clear(&r.transcript);
	return status;
}

/* ---- With a presentation ---- */

/* A request that cannot be read is answered by a DeviceResponse that says so (Table 8). */
static enum exit_status
wrong_request(enum mdoc_edition edition, const struct mdoc_error *error, struct mdoc_buf *response)
{
	const bool structure = error->code == MDOC_ERR_TYPE || error->code == MDOC_ERR_MISSING ||
		error->code == MDOC_ERR_VALUE || error->code == MDOC_ERR_VERSION;

	(void)tool_mdoc_error(_("the reader's request"), error);
	if (error->code == MDOC_ERR_MEMORY || error->code == MDOC_ERR_CRYPTO)
		return EXIT_STATUS_TROUBLE;
	mdoc_put_response_status(response, edition,
		structure ? MDOC_STATUS_CBOR_VALIDATION : MDOC_STATUS_CBOR_DECODING);
	return EXIT_STATUS_INPUT;
}

enum exit_status
session_present(void *arg, struct mdoc_bytes request, struct mdoc_bytes transcript, struct mdoc_buf *response)
{
	struct session_presenting *presenting = arg;
	struct mdoc_error error = { .code = MDOC_OK };
	struct question question = { .transcript = transcript };
	struct mdoc_request *parsed = NULL;
	struct asker *askers = NULL;
	enum exit_status status;

	if (presenting->transmissions++ > 0)
		presentation_next(presenting->presentation);
	if (mdoc_request_parse(tool_context(), request, &parsed, &error) != MDOC_OK)
		return wrong_request(presenting->edition, &error, response);
	status = presentation_askers(presenting->presentation, parsed, transcript, &askers);
	question.request = parsed;
	question.askers = askers;
	for (size_t d = 0; status == EXIT_STATUS_OK && d < mdoc_request_count(parsed); d++)
		trace_text(presenting->trace, "=", "reader of docRequest %zu: %s, %s", d,
			mdoc_reader_standing_name(askers[d].standing), askers[d].name != NULL ? askers[d].name : "-");
	if (status == EXIT_STATUS_OK)
		status = presentation_consent(presenting->presentation, &question, 1);
	if (status == EXIT_STATUS_OK)
		status = presentation_unlock(presenting->presentation);
	if (status == EXIT_STATUS_OK)
		status = presentation_answer(presenting->presentation, &question, presenting->edition, response);
	/* Nothing of this is the reader's message being wrong. */
	if (status == EXIT_STATUS_INPUT || status == EXIT_STATUS_USAGE)
		status = EXIT_STATUS_TROUBLE;
	trace_text(presenting->trace, "=", status == EXIT_STATUS_OK ? "answered" : "not answered");
	presentation_askers_free(askers, mdoc_request_count(parsed));
	mdoc_request_free(parsed);
	return status;
}
