/*
 * tests/unit/test_ndef.c: handover over NFC as data.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <mdoc/ndef.h>
#include <mdoc/transcript.h>
#include <string.h>

extern CU_TestInfo ndef_tests[];

/* Annex D's two messages: the handover is [Hs, Hr] in its SessionTranscript. */
struct annex {
	struct mdoc_bytes transcript, engagement; /* of the session */
	struct mdoc_cbor *scan;
	struct mdoc_bytes select, request; /* copies of their exact size */
};

static void
annex_load(struct annex *annex)
{
	struct mdoc_transcript_parts parts;
	struct mdoc_bytes bytes;

	annex->transcript = vector_load("annexD/session_transcript_bytes.cbor");
	CU_ASSERT_EQUAL_FATAL(mdoc_transcript_parse(NULL, annex->transcript, &parts, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_unwrap(NULL, parts.engagement, &annex->engagement, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, parts.handover, 0, &annex->scan, NULL), MDOC_OK);
	CU_ASSERT_TRUE_FATAL(mdoc_node_bstr(mdoc_node_at(mdoc_cbor_root(annex->scan), 0), &bytes));
	annex->select = bytes_copy(bytes);
	CU_ASSERT_TRUE_FATAL(mdoc_node_bstr(mdoc_node_at(mdoc_cbor_root(annex->scan), 1), &bytes));
	annex->request = bytes_copy(bytes);
}

static void
annex_clear(struct annex *annex)
{
	mdoc_cbor_free(annex->scan);
	bytes_free(annex->transcript);
	bytes_free(annex->select);
	bytes_free(annex->request);
}

static enum mdoc_result
find(struct mdoc_bytes select, struct mdoc_bytes *engagement)
{
	struct mdoc_error error = { .code = MDOC_OK };
	const enum mdoc_result res = mdoc_ndef_engagement(NULL, select, engagement, &error);

	CU_ASSERT_EQUAL(error.code, res);
	CU_ASSERT_TRUE(res == MDOC_OK || engagement->len == 0);
	return res;
}

static enum mdoc_result
find_hex(const char *hex)
{
	const struct mdoc_bytes message = hex_load(hex);
	struct mdoc_bytes engagement;
	const enum mdoc_result res = find(message, &engagement);

	bytes_free(message);
	return res;
}

#define TYPE "69736f2e6f72673a31383031333a646576696365656e676167656d656e74"

/* If this failed, a tag that lies about its lengths would read memory, or half a message would pass. */
static void
refuses_messages(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result result;
	} messages[] = {
		{ "", MDOC_ERR_TRUNCATED },
		{ "91", MDOC_ERR_TRUNCATED },
		{ "d1 02 01 4873 15", MDOC_ERR_MISSING },                      /* Hs alone */
		{ "d4 1e 01 " TYPE " a0", MDOC_ERR_MISSING },                  /* an engagement alone */
		{ "91 02 01 4872 15 54 1e 01 " TYPE " a0", MDOC_ERR_MISSING }, /* Hr */
		{ "91 02 01 4873 15 54 1e 01 " TYPE " a0", MDOC_OK },
		{ "94 1e 01 " TYPE " a0 51 02 01 4873 15", MDOC_OK },       /* in another order */
		{ "91 02 01 4873 15 44 1e 00000001 " TYPE " a0", MDOC_OK }, /* long form */
		{ "91 02 01 4873 15 44 1e 80000001 " TYPE " a0", MDOC_ERR_TRUNCATED },
		{ "91 02 01 4873 15 44 1e ffffffff " TYPE " a0", MDOC_ERR_TRUNCATED },
		{ "91 02 01 4873 15 54 1e 01 " TYPE " a0 00", MDOC_ERR_TRAILING },
		{ "91 02 01 4873 15 14 1e 01 " TYPE " a0", MDOC_ERR_TRUNCATED }, /* no last record */
		{ "91 02 01 4873 15 d4 1e 01 " TYPE " a0", MDOC_ERR_MALFORMED }, /* the first twice */
		{ "11 02 01 4873 15 54 1e 01 " TYPE " a0", MDOC_ERR_MALFORMED }, /* not the first */
		{ "91 02 01 4873 15 74 1e 01 " TYPE " a0", MDOC_ERR_MALFORMED }, /* a chunk */
		{ "91 02 01 4873 15 56 1e 01 " TYPE " a0", MDOC_ERR_MALFORMED },
		{ "91 02 01 4873 25 54 1e 01 " TYPE " a0", MDOC_ERR_VERSION },
		{ "91 02 00 4873 54 1e 01 " TYPE " a0", MDOC_ERR_TRUNCATED },       /* no version */
		{ "91 02 02 4873 15 d1 54 1e 01 " TYPE " a0", MDOC_ERR_TRUNCATED }, /* half a carrier */
		{ "91 02 01 4873 15 14 1e 01 " TYPE " a0 54 1e 01 " TYPE " a1", MDOC_ERR_VALUE },
		{ "91 02 01 4873 15 11 02 01 4873 15 54 1e 01 " TYPE " a0", MDOC_ERR_VALUE },
		{ "91 02 01 4873 15 10 00 00 54 1e 01 " TYPE " a0", MDOC_OK },               /* an empty record */
		{ "91 02 01 4873 15 10 00 01 00 54 1e 01 " TYPE " a0", MDOC_ERR_MALFORMED }, /* … that is not */
		{ "91 02 01 4873 15 15 00 01 ff 54 1e 01 " TYPE " a0", MDOC_OK },            /* an unknown one */
		{ "91 02 01 4873 15 15 01 01 ffff 54 1e 01 " TYPE " a0", MDOC_ERR_MALFORMED },
	};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		CU_ASSERT_EQUAL(find_hex(messages[i].hex), messages[i].result);
}

/* If this failed, a reader could not take part in the session that the standard prints. */
static void
reads_annex_d(void)
{
	struct mdoc_bytes engagement;
	struct annex annex;

	annex_load(&annex);
	CU_ASSERT_EQUAL(find(annex.select, &engagement), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(engagement, annex.engagement));
	CU_ASSERT_EQUAL(mdoc_ndef_request_check(NULL, annex.request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_ndef_request_check(NULL, annex.select, NULL), MDOC_ERR_MISSING);
	CU_ASSERT_EQUAL(find(annex.request, &engagement), MDOC_ERR_MISSING);
	for (size_t len = 0; len < annex.select.len; len++) {
		const struct mdoc_bytes part = bytes_copy(mdoc_bytes_of(annex.select.ptr, len));

		CU_ASSERT_NOT_EQUAL(find(part, &engagement), MDOC_OK);
		bytes_free(part);
	}
	annex_clear(&annex);
}

/* If this failed, the transcript of the printed session would be another one, and no signature in it would hold. */
static void
makes_the_transcript(void)
{
	struct mdoc_transcript_parts parts;
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct annex annex;

	annex_load(&annex);
	CU_ASSERT_EQUAL_FATAL(mdoc_transcript_parse(NULL, annex.transcript, &parts, NULL), MDOC_OK);
	const struct mdoc_transcript_spec spec = {
		.handover = MDOC_HANDOVER_NFC,
		.engagement = annex.engagement,
		.reader_key = parts.reader_key,
		.nfc_select = annex.select,
		.nfc_request = annex.request,
	};
	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, &spec, &made, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&made), parts.transcript));
	mdoc_buf_clear(&made);
	annex_clear(&annex);
}

static const uint8_t uuid[MDOC_UUID_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const uint8_t other[MDOC_UUID_SIZE] = { 2 };

static struct mdoc_retrieval
ble(bool server, bool client)
{
	struct mdoc_retrieval method = { .type = MDOC_RETRIEVAL_BLE };

	method.ble.server = server;
	method.ble.client = client;
	if (server)
		method.ble.server_uuid = mdoc_bytes_of(uuid, sizeof(uuid));
	if (client)
		method.ble.client_uuid = mdoc_bytes_of(uuid, sizeof(uuid));
	return method;
}

/* If this failed, a phone could not read our message. Its first and its last record are as Annex D's are. */
static void
writes_a_select(void)
{
	static const char carrier[] = "1a 20 15 01 6170706c69636174696f6e2f766e642e626c7565746f6f74682e6c652e6f6f62 30"
				      "02 1c 01 11 07 100f0e0d0c0b0a090807060504030201";
	const struct mdoc_bytes wanted = hex_load(carrier);
	const struct mdoc_retrieval method = ble(false, true);
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct mdoc_bytes engagement;
	struct annex annex;
	size_t tail;

	annex_load(&annex);
	CU_ASSERT_EQUAL(mdoc_ndef_select_build(NULL, annex.engagement, &method, 1, &made, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(find(mdoc_buf_bytes(&made), &engagement), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(engagement, annex.engagement));
	CU_ASSERT_EQUAL(memcmp(made.ptr, annex.select.ptr, 20), 0);
	CU_ASSERT_EQUAL(memcmp(made.ptr + 20, wanted.ptr, wanted.len), 0);
	tail = made.len - 20 - wanted.len;
	CU_ASSERT_EQUAL(memcmp(made.ptr + made.len - tail, annex.select.ptr + annex.select.len - tail, tail), 0);
	mdoc_buf_clear(&made);
	bytes_free(wanted);
	annex_clear(&annex);
}

/* If this failed, a reader's message would promise what nobody can keep, or be none. */
static void
writes_a_request(void)
{
	static const char after_random[] = "11 02 04 6163 01 01 30 00 51 02 06 6163 01 03 6e6663 00";
	static const char ble_data[] = "02 1c 00 11 07 100f0e0d0c0b0a090807060504030201";
	const struct mdoc_retrieval methods[] = { ble(false, true), { .type = MDOC_RETRIEVAL_NFC } };
	const struct mdoc_bytes wanted = hex_load(after_random), data = hex_load(ble_data);
	struct mdoc_buf made = MDOC_BUF_EMPTY, again = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL(mdoc_ndef_request_build(NULL, methods, 2, &made, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_ndef_request_check(NULL, mdoc_buf_bytes(&made), NULL), MDOC_OK);
	CU_ASSERT_EQUAL(memcmp(made.ptr + 5 + 1 + 7, wanted.ptr, wanted.len), 0);
	CU_ASSERT_EQUAL(memcmp(made.ptr + 5 + 1 + 7 + wanted.len + 4 + 32 + 1, data.ptr, data.len), 0);
	CU_ASSERT_EQUAL(mdoc_ndef_request_build(NULL, methods, 2, &again, NULL), MDOC_OK);
	CU_ASSERT_FALSE(mdoc_bytes_equal(mdoc_buf_bytes(&made), mdoc_buf_bytes(&again)));
	mdoc_buf_clear(&made);
	CU_ASSERT_EQUAL(mdoc_ndef_request_build(NULL, NULL, 0, &made, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_ndef_request_check(NULL, mdoc_buf_bytes(&made), NULL), MDOC_OK);
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&again);
	bytes_free(wanted);
	bytes_free(data);
}

/* If this failed, a message would leave that no reader understands as it was meant. */
static void
refuses_to_write(void)
{
	struct mdoc_retrieval bad[7] = { ble(true, true), ble(false, false), ble(true, false), ble(true, false),
		{ .type = MDOC_RETRIEVAL_WIFI_AWARE }, { .type = MDOC_RETRIEVAL_NFC, .nfc = { 254, 256 } },
		{ .type = MDOC_RETRIEVAL_NFC, .nfc = { 255, 65537 } } };
	const struct mdoc_retrieval two[] = { { .type = MDOC_RETRIEVAL_NFC, .nfc = { 255, 65536 } },
		{ .type = MDOC_RETRIEVAL_NFC, .nfc = { 255, 65536 } } };
	struct mdoc_bytes engagement = hex_load("a0"), broken = hex_load("a1");
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	bad[0].ble.client_uuid = mdoc_bytes_of(other, sizeof(other));
	bad[2].ble.server_uuid.len--;
	bad[3].ble.address = mdoc_bytes_of(uuid, 5);
	for (size_t i = 0; i < 7; i++)
		CU_ASSERT_EQUAL(mdoc_ndef_select_build(NULL, engagement, &bad[i], 1, &made, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_ndef_select_build(NULL, engagement, two, 2, &made, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_ndef_select_build(NULL, broken, two, 1, &made, NULL), MDOC_ERR_TRUNCATED);
	CU_ASSERT_EQUAL(mdoc_ndef_select_build(NULL, engagement, NULL, MDOC_RETRIEVALS_MAX + 1, &made, NULL),
		MDOC_ERR_SIZE);
	CU_ASSERT_EQUAL(made.len, 0);
	CU_ASSERT_EQUAL(mdoc_ndef_select_build(NULL, engagement, two, 1, &made, NULL), MDOC_OK);
	mdoc_buf_clear(&made);
	bytes_free(engagement);
	bytes_free(broken);
}

/* If this failed, some other change of one byte would read beyond the message. */
static void
survives_changes(void)
{
	struct mdoc_bytes engagement;
	struct annex annex;
	uint8_t *at;

	annex_load(&annex);
	at = (uint8_t *)(uintptr_t)annex.select.ptr;
	for (size_t i = 0; i < annex.select.len; i++) {
		for (unsigned flip = 1; flip < 256; flip++) {
			at[i] ^= (uint8_t)flip;
			if (mdoc_ndef_engagement(NULL, annex.select, &engagement, NULL) == MDOC_OK)
				CU_ASSERT_TRUE(engagement.ptr >= annex.select.ptr &&
					engagement.ptr + engagement.len <= annex.select.ptr + annex.select.len);
			at[i] ^= (uint8_t)flip;
		}
	}
	annex_clear(&annex);
}

CU_TestInfo ndef_tests[] = {
	{ "refuses messages", refuses_messages },
	{ "reads Annex D", reads_annex_d },
	{ "makes the transcript", makes_the_transcript },
	{ "writes a select", writes_a_select },
	{ "writes a request", writes_a_request },
	{ "refuses to write", refuses_to_write },
	{ "survives changes", survives_changes },
	CU_TEST_INFO_NULL,
};
