/*
 * tests/unit/test_present_session.c: the holder's side of a session, with the published session of ISO/IEC 18013-5,
 * Annex D. If one of these fails, readers of the standard get no answer, or one that they were not to get.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/session_kit.h"
#include "tools/present/session.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

extern CU_TestInfo present_session_tests[];

/* Annex D's device, which answers as it did there. */
struct device {
	struct mdoc_bytes transcript_file, request, response;
	struct mdoc_transcript_parts parts;
	struct mdoc_cbor *handover;
	struct agreeing key;
	struct engagement engagement;
	enum exit_status answer;
	size_t asked;
};

static enum exit_status
give(void *arg, struct mdoc_bytes request, struct mdoc_bytes transcript, struct mdoc_buf *response)
{
	struct device *device = arg;

	device->asked++;
	CU_ASSERT_TRUE(mdoc_bytes_equal(request, device->request));
	CU_ASSERT_TRUE(mdoc_bytes_equal(transcript, device->parts.transcript));
	if (device->answer == EXIT_STATUS_OK)
		mdoc_buf_append(response, device->response);
	return device->answer;
}

static void
device_make(struct device *device)
{
	struct mdoc_bytes select = MDOC_NO_BYTES;
	struct mdoc_node node;

	memset(device, 0, sizeof(*device));
	device->transcript_file = vector_load("annexD/session_transcript_bytes.cbor");
	device->request = vector_load("annexD/device_request.cbor");
	device->response = vector_load("annexD/device_response.cbor");
	CU_ASSERT_EQUAL_FATAL(mdoc_transcript_parse(NULL, device->transcript_file, &device->parts, NULL), MDOC_OK);
	agreeing_vector(&device->key, "ephemeral_device");
	device->engagement.own = device->key.agreement;
	mdoc_buf_append(&device->engagement.bytes, device->parts.engagement);
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, device->parts.handover, 0, &device->handover, NULL), MDOC_OK);
	node = mdoc_node_first(mdoc_cbor_root(device->handover));
	CU_ASSERT_TRUE_FATAL(mdoc_node_bstr(node, &select));
	mdoc_buf_append(&device->engagement.nfc_select, select);
	CU_ASSERT_TRUE_FATAL(mdoc_node_bstr(mdoc_node_next(node), &device->engagement.nfc_request));
}

static void
device_clear(struct device *device)
{
	mdoc_buf_clear(&device->engagement.bytes);
	mdoc_buf_clear(&device->engagement.nfc_select);
	mdoc_cbor_free(device->handover);
	agreeing_clear(&device->key);
	bytes_free(device->response);
	bytes_free(device->request);
	bytes_free(device->transcript_file);
}

static void
put_frame(int fd, struct mdoc_bytes message)
{
	const uint8_t head[4] = { 0, 0, (uint8_t)(message.len >> 8), (uint8_t)message.len };

	CU_ASSERT_EQUAL_FATAL(write(fd, head, 4), 4);
	CU_ASSERT_EQUAL_FATAL(write(fd, message.ptr, message.len), (ssize_t)message.len);
}

/* The next message of the device; empty: there is none. */
static void
take_frame(int fd, struct mdoc_buf *message)
{
	static uint8_t room[65536];
	uint8_t head[4];
	size_t len;

	mdoc_buf_clear(message);
	if (recv(fd, head, 4, MSG_WAITALL) != 4)
		return;
	len = (size_t)head[2] << 8 | head[3];
	CU_ASSERT_EQUAL_FATAL(recv(fd, room, len, MSG_WAITALL), (ssize_t)len);
	mdoc_buf_append(message, mdoc_bytes_of(room, len));
}

/* The reader says all this and closes; what the device says is then read from the descriptor. */
static enum exit_status
meet(struct device *device, const struct mdoc_bytes *messages, size_t count, struct session_result *result, int *reader)
{
	const struct session_spec spec = { .engagement = &device->engagement,
		.answer = give,
		.arg = device,
		.timeout = 2,
		.transmissions = 2 };
	struct stream *stream = NULL;
	enum exit_status status;
	int pair[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (size_t i = 0; i < count; i++)
		put_frame(pair[0], messages[i]);
	shutdown(pair[0], SHUT_WR);
	CU_ASSERT_EQUAL_FATAL(stream_from_fds(pair[1], pair[1], &stream), EXIT_STATUS_OK);
	status = session_run(&spec, stream, result);
	stream_close(stream);
	*reader = pair[0];
	return status;
}

/* A reader of the standard would not understand us. */
static void
annex_d_bit_exact(void)
{
	const struct mdoc_bytes messages[] = { vector_load("annexD/session_establishment.cbor"),
		vector_load("annexD/session_termination.cbor") };
	struct mdoc_bytes data = vector_load("annexD/session_data.cbor");
	struct mdoc_buf said = MDOC_BUF_EMPTY;
	struct session_result result;
	struct device device;
	int reader = -1;

	device_make(&device);
	CU_ASSERT_EQUAL(meet(&device, messages, 2, &result, &reader), EXIT_STATUS_OK);
	CU_ASSERT_TRUE(device.asked == 1 && result.answered == 1);
	CU_ASSERT_TRUE(result.peer_status == 20 && result.sent_status == 0);
	take_frame(reader, &said);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&said), data));
	take_frame(reader, &said);
	CU_ASSERT_EQUAL(said.len, 0);
	close(reader);
	device_clear(&device);
	bytes_free(data);
	for (size_t i = 0; i < 2; i++)
		bytes_free(messages[i]);
}

/* Somebody would get an answer out of step, or a session would go on that is none any more; the peer would not learn
 * why. */
static void
hostile_readers(void)
{
	struct mdoc_bytes establishment = vector_load("annexD/session_establishment.cbor");
	struct mdoc_bytes data = vector_load("annexD/session_data.cbor");
	struct mdoc_bytes wrong_tag = bytes_copy(establishment);
	const struct mdoc_bytes end = hex_load("A16673746174757314"), other_end = hex_load("A16673746174757318FF");
	const struct mdoc_bytes junk = hex_load("FF"), map = hex_load("A0");
	const struct {
		struct mdoc_bytes messages[2];
		size_t count;
		enum exit_status answer, status;
		size_t asked;
		uint64_t sent, peer; /* statuses */
	} rows[] = {
		{ { MDOC_NO_BYTES }, 0, EXIT_STATUS_OK, EXIT_STATUS_TROUBLE, 0, 0, 0 },
		{ { end }, 1, EXIT_STATUS_OK, EXIT_STATUS_NO, 0, 0, 20 },
		{ { junk }, 1, EXIT_STATUS_OK, EXIT_STATUS_INPUT, 0, 11, 0 },
		{ { map }, 1, EXIT_STATUS_OK, EXIT_STATUS_INPUT, 0, 11, 0 },
		{ { data }, 1, EXIT_STATUS_OK, EXIT_STATUS_INPUT, 0, 11, 0 },
		{ { wrong_tag }, 1, EXIT_STATUS_OK, EXIT_STATUS_INPUT, 0, 10, 0 },
		{ { establishment }, 1, EXIT_STATUS_NO, EXIT_STATUS_NO, 1, 20, 0 },
		{ { establishment }, 1, EXIT_STATUS_TROUBLE, EXIT_STATUS_TROUBLE, 1, 20, 0 },
		{ { establishment }, 1, EXIT_STATUS_OK, EXIT_STATUS_OK, 1, 0, 0 },
		{ { establishment, establishment }, 2, EXIT_STATUS_OK, EXIT_STATUS_INPUT, 1, 11, 0 },
		{ { establishment, data }, 2, EXIT_STATUS_OK, EXIT_STATUS_INPUT, 1, 10, 0 },
		{ { establishment, junk }, 2, EXIT_STATUS_OK, EXIT_STATUS_INPUT, 1, 11, 0 },
		{ { establishment, other_end }, 2, EXIT_STATUS_OK, EXIT_STATUS_NO, 1, 0, 255 },
	};

	((uint8_t *)(uintptr_t)wrong_tag.ptr)[wrong_tag.len - 1] ^= 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_buf said = MDOC_BUF_EMPTY;
		struct session_result result;
		struct device device;
		int reader = -1;

		device_make(&device);
		device.answer = rows[i].answer;
		CU_ASSERT_EQUAL(meet(&device, rows[i].messages, rows[i].count, &result, &reader), rows[i].status);
		CU_ASSERT_TRUE(device.asked == rows[i].asked && result.sent_status == rows[i].sent);
		CU_ASSERT_EQUAL(result.peer_status, rows[i].peer);
		take_frame(reader, &said);
		if (result.answered > 0)
			take_frame(reader, &said);
		CU_ASSERT_EQUAL(said.len, rows[i].sent == 0 ? 0 : 9);
		CU_ASSERT_TRUE(said.len == 0 || said.ptr[8] == rows[i].sent);
		mdoc_buf_clear(&said);
		close(reader);
		device_clear(&device);
	}
	bytes_free(wrong_tag);
	bytes_free(establishment);
	bytes_free(data);
	bytes_free(end);
	bytes_free(other_end);
	bytes_free(junk);
	bytes_free(map);
}

/* Two sessions could be told to belong together, or a reader could not read how to come. */
static void
engagements(void)
{
	struct engagement_spec spec = { .curve = MDOC_CURVE_P256 };
	struct engagement one, two;

	for (int second = 0; second < 2; second++) {
		struct mdoc_engagement *read = NULL;

		spec.edition = second ? MDOC_EDITION_2 : MDOC_EDITION_2021;
		CU_ASSERT_EQUAL_FATAL(engagement_make(&spec, &one), EXIT_STATUS_OK);
		CU_ASSERT_EQUAL_FATAL(engagement_make(&spec, &two), EXIT_STATUS_OK);
		CU_ASSERT_FALSE(mdoc_key_equal(&one.own.key, &two.own.key));
		CU_ASSERT_EQUAL_FATAL(mdoc_engagement_parse(NULL, mdoc_buf_bytes(&one.bytes), &read, NULL), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_key_equal(mdoc_engagement_key(read), &one.own.key));
		CU_ASSERT_EQUAL(mdoc_engagement_capable(read, MDOC_CAPABILITY_READER_AUTH_ALL), second == 1);
		CU_ASSERT_EQUAL(strncmp(one.text, "mdoc:", 5), 0);
		mdoc_engagement_free(read);
		engagement_clear(&one);
		engagement_clear(&two);
	}
}

CU_TestInfo present_session_tests[] = {
	{ "Annex D's session, bit-exact", annex_d_bit_exact },
	{ "hostile readers", hostile_readers },
	{ "engagements", engagements },
	CU_TEST_INFO_NULL,
};
