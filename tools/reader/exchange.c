/* exchange.c: one session of a reader. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "tools/reader/exchange.h"

/* The reader's key of this session alone. */
struct ephemeral {
	struct mdoc_agreement agreement;
	struct mdoc_buf bytes; /* EReaderKeyBytes */
};

struct talk {
	const struct exchange *exchange;
	struct stream *stream;
	struct exchanged *out;
	struct mdoc_engagement *engagement;
	struct ephemeral key;
	struct mdoc_session *session;
	enum mdoc_session_status goodbye; /* with which the holder's program is told that it is over */
};

const char *
exchange_status_text(uint64_t status)
{
	switch (status) {
	case MDOC_SESSION_ENCRYPTION_ERROR:
		return _("it could not decrypt a message");
	case MDOC_SESSION_CBOR_ERROR:
		return _("it could not read a message");
	case MDOC_SESSION_TERMINATION:
		return _("it has ended the session");
	default:
		return _("no status that the standard knows");
	}
}

/* ---- Keys ---- */

static enum exit_status
key_make(struct ephemeral *key, enum mdoc_curve curve)
{
	struct mdoc_buf cose = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;

	if (key_make_ephemeral(tool_context(), curve, &key->agreement) != MDOC_OK) {
		status = tool_no_memory();
	} else {
		mdoc_put_key(&cose, &key->agreement.key);
		mdoc_put_embedded(&key->bytes, mdoc_buf_bytes(&cose));
		if (cose.err != MDOC_OK || key->bytes.err != MDOC_OK)
			status = tool_no_memory();
	}
	mdoc_buf_clear(&cose);
	return status;
}

static void
key_wipe(struct ephemeral *key)
{
	mdoc_agreement_clear(&key->agreement);
	mdoc_buf_clear(&key->bytes);
}

/* ---- The peer's part ---- */

/* A wrong engagement or message cannot make the answer "not verified". */
static enum exit_status
no_message(const char *what, const struct mdoc_error *error)
{
	const enum exit_status status = tool_mdoc_error(what, error);

	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

static enum exit_status
read_engagement(struct talk *talk, struct mdoc_bytes engagement)
{
	struct mdoc_error error = { .code = MDOC_OK };
	enum mdoc_curve curve;

	trace_message(talk->exchange->trace, "=", "DeviceEngagement", engagement);
	if (mdoc_engagement_parse(tool_context(), engagement, &talk->engagement, &error) != MDOC_OK)
		return no_message(_("The device engagement cannot be read."), &error);
	curve = mdoc_engagement_key(talk->engagement)->curve;
	if (mdoc_curve_agrees(curve))
		return key_make(&talk->key, curve);
	tool_error(_("The device engagement has a key on %s, which does not agree on secrets."),
		mdoc_curve_name(curve));
	return EXIT_STATUS_INPUT;
}

/* Tell the holder's program that it is over, if it can be told. What comes of that changes nothing. */
static void
say_goodbye(struct talk *talk)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	struct mdoc_bytes answer = MDOC_NO_BYTES;
	struct mdoc_error error = { .code = MDOC_OK };

	if (talk->session != NULL)
		answer = mdoc_session_answer(talk->session);
	if (talk->session == NULL)
		(void)mdoc_session_status_put(&message, talk->goodbye);
	else if (answer.len == 0 && mdoc_session_alive(talk->session))
		(void)mdoc_session_end(talk->session, talk->goodbye, &message, &error);
	if (answer.len == 0)
		answer = mdoc_buf_bytes(&message);
	if (answer.len > 0) {
		trace_message(talk->exchange->trace, ">", "SessionData", answer);
		(void)stream_write(talk->stream, stream_deadline(talk->exchange->timeout), answer);
	}
	mdoc_buf_clear(&message);
}

/* The stream failed; a message that is none is answered as one that cannot be decoded. */
static enum exit_status
stream_failed(struct talk *talk, enum stream_result result)
{
	const enum exit_status status = stream_say(result);

	trace_text(talk->exchange->trace, "=", "%s", stream_text(result));
	if (status == EXIT_STATUS_INPUT)
		talk->goodbye = MDOC_SESSION_CBOR_ERROR;
	return status;
}

/* ---- The course of a session ---- */

static enum exit_status
make_transcript(struct talk *talk, const struct exchange_handover *handover)
{
	const struct mdoc_transcript_spec spec = {
		.handover = handover->nfc_select.len > 0 ? MDOC_HANDOVER_NFC : MDOC_HANDOVER_QR,
		.engagement = mdoc_engagement_bytes(talk->engagement),
		.reader_key = mdoc_buf_bytes(&talk->key.bytes),
		.nfc_select = handover->nfc_select,
		.nfc_request = handover->nfc_request,
	};
	struct mdoc_error error = { .code = MDOC_OK };

	if (mdoc_transcript_build(tool_context(), &spec, &talk->out->transcript, &error) != MDOC_OK)
		return no_message(_("The SessionTranscript cannot be made."), &error);
	trace_message(talk->exchange->trace, "=", "SessionTranscript", mdoc_buf_bytes(&talk->out->transcript));
	return EXIT_STATUS_OK;
}

/* The request, and what was asked for as the judge wants to see it. */
static enum exit_status
make_request(struct talk *talk)
{
	struct exchanged *out = talk->out;
	struct mdoc_error error = { .code = MDOC_OK };
	enum exit_status status =
		asking_build(talk->exchange->asking, mdoc_buf_bytes(&out->transcript), talk->engagement, &out->request);

	if (status != EXIT_STATUS_OK)
		return status;
	trace_message(talk->exchange->trace, ">", "DeviceRequest", mdoc_buf_bytes(&out->request));
	if (mdoc_request_parse(tool_context(), mdoc_buf_bytes(&out->request), &out->asked, &error) == MDOC_OK)
		return EXIT_STATUS_OK;
	return no_message(_("The request could not be made."), &error);
}

static enum exit_status
establish(struct talk *talk)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;
	enum stream_result sent;

	if (mdoc_session_new(tool_context(), MDOC_SESSION_READER, mdoc_buf_bytes(&talk->out->transcript),
		    &talk->key.agreement, mdoc_engagement_key(talk->engagement), &talk->session, &error) != MDOC_OK ||
		mdoc_session_establish(talk->session, mdoc_buf_bytes(&talk->key.bytes),
			mdoc_buf_bytes(&talk->out->request), &message, &error) != MDOC_OK) {
		status = no_message(_("The session cannot be established."), &error);
		goto out;
	}
	trace_message(talk->exchange->trace, ">", "SessionEstablishment", mdoc_buf_bytes(&message));
	sent = stream_write(talk->stream, stream_deadline(talk->exchange->timeout), mdoc_buf_bytes(&message));
	if (sent != STREAM_OK)
		status = stream_failed(talk, sent);
out:
	mdoc_buf_clear(&message);
	return status;
}

static enum exit_status
open_message(struct talk *talk, struct mdoc_bytes message)
{
	struct exchanged *out = talk->out;
	struct mdoc_error error = { .code = MDOC_OK };

	trace_message(talk->exchange->trace, "<", "SessionData", message);
	if (mdoc_session_open(talk->session, message, &out->response, &error) != MDOC_OK)
		return no_message(_("What the holder's program sent is no message of this session."), &error);
	out->peer_status = mdoc_session_peer_status(talk->session);
	if (out->response.len > 0) {
		trace_message(talk->exchange->trace, "<", "DeviceResponse", mdoc_buf_bytes(&out->response));
		return EXIT_STATUS_OK;
	}
	if (out->peer_status == MDOC_SESSION_NO_STATUS) {
		tool_error("%s", _("The holder's program sent an empty response."));
		talk->goodbye = MDOC_SESSION_CBOR_ERROR;
		return EXIT_STATUS_INPUT;
	}
	tool_error(_("The holder's program ended the session without a response: status %llu, %s."),
		(unsigned long long)out->peer_status, exchange_status_text(out->peer_status));
	return EXIT_STATUS_NO;
}

static enum exit_status
receive(struct talk *talk)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY;
	const enum stream_result got = stream_read(talk->stream, stream_deadline(talk->exchange->patience), &message);
	const enum exit_status status =
		got == STREAM_OK ? open_message(talk, mdoc_buf_bytes(&message)) : stream_failed(talk, got);

	mdoc_buf_clear(&message);
	return status;
}

static enum exit_status
judge(struct talk *talk)
{
	struct exchanged *out = talk->out;
	enum exit_status status;

	out->judged.response = mdoc_buf_bytes(&out->response);
	out->judged.transcript = mdoc_buf_bytes(&out->transcript);
	out->judged.request = out->asked;
	out->judged.reader = &talk->key.agreement;
	status = judge_response(talk->exchange->judge, &out->judged);
	out->judged.reader = NULL;
	if (status == EXIT_STATUS_OK)
		trace_text(talk->exchange->trace, "=", "verdict: %s", mdoc_result_name(out->judged.summary));
	return status;
}

enum exit_status
exchange_run(const struct exchange *exchange, struct stream *stream, const struct exchange_handover *handover,
	struct exchanged *out)
{
	struct talk talk = { .exchange = exchange, .stream = stream, .out = out, .goodbye = MDOC_SESSION_TERMINATION };
	enum exit_status status = read_engagement(&talk, handover->engagement);

	if (status == EXIT_STATUS_OK)
		status = make_transcript(&talk, handover);
	if (status == EXIT_STATUS_OK)
		status = make_request(&talk);
	if (status == EXIT_STATUS_OK)
		status = establish(&talk);
	if (status == EXIT_STATUS_OK)
		status = receive(&talk);
	/* All that was wanted is here: the holder need not wait for a verdict, which may take looking things up. */
	say_goodbye(&talk);
	mdoc_session_free(talk.session);
	if (status == EXIT_STATUS_OK)
		status = judge(&talk);
	key_wipe(&talk.key);
	mdoc_engagement_free(talk.engagement);
	return status;
}

void
exchanged_clear(struct exchanged *out)
{
	mdoc_verdict_free(out->judged.verdict);
	mdoc_request_free(out->asked);
	mdoc_buf_clear(&out->transcript);
	mdoc_buf_clear(&out->request);
	mdoc_buf_clear(&out->response);
	memset(out, 0, sizeof(*out));
}
