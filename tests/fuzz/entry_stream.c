/*
 * tests/fuzz/entry_stream.c: a reader's bytes from the socket to the answer: lengths, the course of a session, its
 * messages and their encryption. The device is Annex D's, so that its session gets through.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entry_stream.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fuzz/world.h"
#include "tools/common/context.h"
#include "tools/present/session.h"

#define INPUT_MAX ((size_t)65536) /* what a socket takes at once */
#define TRANSMISSIONS 3

struct asked {
	size_t times;
	bool wrong; /* without a request or its transcript */
};

static enum exit_status
answer(void *arg, struct mdoc_bytes request, struct mdoc_bytes transcript, struct mdoc_buf *response)
{
	struct asked *asked = arg;

	asked->times++;
	asked->wrong = asked->wrong || request.len == 0 || transcript.len == 0;
	mdoc_put_response_status(response, MDOC_EDITION_2021, MDOC_STATUS_OK);
	return response->err == MDOC_OK ? EXIT_STATUS_OK : EXIT_STATUS_TROUBLE;
}

/* Annex D's handover; false: memory. */
static bool
make_engagement(struct engagement *engagement, struct mdoc_cbor **scan)
{
	struct mdoc_transcript_parts parts;
	struct mdoc_bytes select;

	if (mdoc_transcript_parse(NULL, world.transcript, &parts, NULL) != MDOC_OK ||
		mdoc_cbor_scan(NULL, parts.handover, 0, scan, NULL) != MDOC_OK ||
		!mdoc_node_bstr(mdoc_node_at(mdoc_cbor_root(*scan), 0), &select) ||
		!mdoc_node_bstr(mdoc_node_at(mdoc_cbor_root(*scan), 1), &engagement->nfc_request))
		return false;
	engagement->own = world.annex_device;
	mdoc_buf_append(&engagement->bytes, parts.engagement);
	mdoc_buf_append(&engagement->nfc_select, select);
	return engagement->bytes.err == MDOC_OK && engagement->nfc_select.err == MDOC_OK;
}

/* What the device said is whole messages, each of them one CBOR item. */
static void
check_said(int peer)
{
	static uint8_t said[4 * INPUT_MAX];
	const ssize_t got = recv(peer, said, sizeof(said), MSG_DONTWAIT);
	size_t at = 0;

	while (got > 0 && at < (size_t)got) {
		struct mdoc_cbor *scan = NULL;
		size_t len = 0;

		FUZZ_CHECK((size_t)got - at > 4);
		for (int i = 0; i < 4; i++)
			len = len << 8 | said[at++];
		FUZZ_CHECK(len > 0 && len <= (size_t)got - at);
		FUZZ_CHECK(!fuzz_plain() ||
			mdoc_cbor_scan(NULL, mdoc_bytes_of(said + at, len), 0, &scan, NULL) == MDOC_OK);
		mdoc_cbor_free(scan);
		at += len;
	}
}

/* Without what the program says to people. */
static enum exit_status
run_quietly(const struct session_spec *spec, int fd, struct session_result *result)
{
	const int kept = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct stream *stream = NULL;
	enum exit_status status;

	dup2(null, STDERR_FILENO);
	status = stream_from_fds(fd, fd, &stream);
	if (status == EXIT_STATUS_OK)
		status = session_run(spec, stream, result);
	stream_close(stream);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(null);
	return status;
}

static enum mdoc_result
meaning(enum exit_status status)
{
	switch (status) {
	case EXIT_STATUS_OK:
		return MDOC_OK;
	case EXIT_STATUS_NO:
		return MDOC_ERR_STATUS;
	case EXIT_STATUS_INPUT:
		return MDOC_ERR_MALFORMED;
	default:
		return fuzz_plain() ? MDOC_ERR_TRUNCATED : MDOC_ERR_MEMORY;
	}
}

enum mdoc_result
entry_stream(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct engagement engagement = { 0 };
	struct asked asked = { 0, false };
	const struct session_spec spec = { .engagement = &engagement,
		.answer = answer,
		.arg = &asked,
		.timeout = 5,
		.transmissions = TRANSMISSIONS };
	enum exit_status status = EXIT_STATUS_TROUBLE;
	struct session_result result = { 0, 0, 0 };
	struct mdoc_cbor *scan = NULL;
	int pair[2];

	(void)context; /* the program's own */
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	(void)send(pair[0], input.ptr, input.len < INPUT_MAX ? input.len : INPUT_MAX, MSG_DONTWAIT);
	shutdown(pair[0], SHUT_WR);
	if (make_engagement(&engagement, &scan))
		status = run_quietly(&spec, pair[1], &result);
	else
		close(pair[1]);
	FUZZ_CHECK(!asked.wrong);
	FUZZ_CHECK(asked.times <= TRANSMISSIONS && result.answered <= asked.times);
	FUZZ_CHECK(status != EXIT_STATUS_OK || result.answered > 0);
	check_said(pair[0]);
	close(pair[0]);
	mdoc_buf_clear(&engagement.bytes);
	mdoc_buf_clear(&engagement.nfc_select);
	mdoc_cbor_free(scan);
	return meaning(status);
}

static void
put_framed(struct mdoc_buf *out, struct mdoc_bytes message)
{
	const uint8_t head[4] = { (uint8_t)(message.len >> 24), (uint8_t)(message.len >> 16),
		(uint8_t)(message.len >> 8), (uint8_t)message.len };

	mdoc_buf_append(out, mdoc_bytes_of(head, sizeof(head)));
	mdoc_buf_append(out, message);
}

void
seeds_stream(struct fuzz_seeds *seeds)
{
	struct fuzz_seeds parts = { NULL, 0 };
	struct mdoc_buf all = MDOC_BUF_EMPTY;

	(void)tool_context(); /* before an allocation of it is made to fail */
	fuzz_seed_file(&parts, "vectors/annexD/session_establishment.cbor");
	fuzz_seed_file(&parts, "vectors/annexD/session_termination.cbor");
	fuzz_seed_file(&parts, "vectors/annexD/session_data.cbor");
	for (size_t i = 0; i < parts.count; i++) {
		put_framed(&all, mdoc_buf_bytes(&parts.inputs[i]));
		fuzz_seed(seeds, mdoc_buf_bytes(&all));
		/* Annex D's session gets through. */
		FUZZ_CHECK(i != 1 || entry_stream(NULL, mdoc_buf_bytes(&all)) == MDOC_OK);
	}
	mdoc_buf_clear(&all);
	for (size_t i = parts.count; i > 0; i--)
		put_framed(&all, mdoc_buf_bytes(&parts.inputs[i - 1]));
	fuzz_seed(seeds, mdoc_buf_bytes(&all));
	mdoc_buf_clear(&all);
	fuzz_seeds_clear(&parts);
}
