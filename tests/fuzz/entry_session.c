/*
 * tests/fuzz/entry_session.c: engagement, transcripts, session messages and the browser's API.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"

#include <string.h>

/* An engagement is written again from what was read of it, and read. */
static void
build_engagement(const struct mdoc_context *context, const struct mdoc_engagement *engagement)
{
	struct mdoc_retrieval retrievals[MDOC_RETRIEVALS_MAX];
	struct mdoc_engagement_spec spec = {
		.key = mdoc_engagement_key(engagement),
		.retrievals = retrievals,
	};
	const struct mdoc_retrieval *retrieval;
	struct mdoc_buf made = MDOC_BUF_EMPTY, text = MDOC_BUF_EMPTY, back = MDOC_BUF_EMPTY;
	struct mdoc_engagement *again = NULL;
	struct mdoc_error error = { 0 };
	enum mdoc_result res;

	while ((retrieval = mdoc_engagement_retrieval(engagement, spec.retrieval_count)) != NULL) {
		FUZZ_CHECK(spec.retrieval_count < MDOC_RETRIEVALS_MAX);
		retrievals[spec.retrieval_count++] = *retrieval;
	}
	res = mdoc_engagement_build(context, &spec, &made, &error);

	FUZZ_CHECK(res == MDOC_OK || made.len == 0);
	if (res != MDOC_OK)
		goto out;
	res = mdoc_engagement_parse(context, mdoc_buf_bytes(&made), &again, &error);
	FUZZ_CHECK(fuzz_fine(res));
	if (res != MDOC_OK)
		goto out;
	FUZZ_CHECK(mdoc_key_equal(mdoc_engagement_key(again), spec.key));
	for (size_t i = 0; i < spec.retrieval_count; i++) {
		retrieval = mdoc_engagement_retrieval(again, i);
		FUZZ_CHECK(retrieval != NULL && retrieval->type == retrievals[i].type);
	}
	if (mdoc_engagement_to_qr(mdoc_buf_bytes(&made), &text) == MDOC_OK) {
		res = mdoc_engagement_from_qr(context, mdoc_buf_bytes(&text), &back, &error);
		FUZZ_CHECK(fuzz_fine(res));
		FUZZ_CHECK(res != MDOC_OK || mdoc_bytes_equal(mdoc_buf_bytes(&back), mdoc_buf_bytes(&made)));
	}
out:
	mdoc_engagement_free(again);
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&text);
	mdoc_buf_clear(&back);
}

enum mdoc_result
entry_engagement(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_engagement *engagement = NULL;
	const struct mdoc_retrieval *retrieval;
	const struct mdoc_origin *origin;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_engagement_parse(context, input, &engagement, &error);

	fuzz_parsed(res, &error, input, engagement);
	if (res != MDOC_OK)
		return res;
	fuzz_touch(mdoc_engagement_version(engagement));
	fuzz_touch_inside(mdoc_engagement_bytes(engagement), input);
	fuzz_touch(mdoc_engagement_key_bytes(engagement));
	fuzz_touch_key(context, mdoc_engagement_key(engagement));
	for (size_t i = 0; (retrieval = mdoc_engagement_retrieval(engagement, i)) != NULL; i++) {
		fuzz_touch(retrieval->options);
		fuzz_touch(retrieval->ble.server_uuid);
		fuzz_touch(retrieval->ble.client_uuid);
		fuzz_touch(retrieval->ble.address);
		fuzz_touch(retrieval->wifi.pass_phrase);
		fuzz_touch(retrieval->wifi.bands);
	}
	for (size_t i = 0; (origin = mdoc_engagement_origin(engagement, i)) != NULL; i++) {
		FUZZ_CHECK(i < mdoc_context_limit(context, MDOC_LIMIT_RETRIEVALS));
		fuzz_touch(origin->domain);
	}
	fuzz_touch_node(mdoc_engagement_server_retrieval(engagement));
	fuzz_touch_node(mdoc_engagement_protocol_info(engagement));
	(void)mdoc_engagement_capable(engagement, MDOC_CAPABILITY_READER_AUTH_ALL);
	build_engagement(context, engagement);
	mdoc_engagement_free(engagement);
	return res;
}

enum mdoc_result
entry_qr(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_engagement_from_qr(context, input, &bytes, &error);

	fuzz_result(res, &error, input);
	FUZZ_CHECK((res == MDOC_OK) == (bytes.len > 0));
	if (res == MDOC_OK)
		(void)entry_engagement(context, mdoc_buf_bytes(&bytes));
	mdoc_buf_clear(&bytes);
	return res;
}

enum mdoc_result
entry_ndef(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_bytes engagement = MDOC_NO_BYTES;
	struct mdoc_error error = { 0 };
	enum mdoc_result res = mdoc_ndef_request_check(context, input, &error);

	fuzz_result(res, &error, input);
	error = (struct mdoc_error){ 0 };
	res = mdoc_ndef_engagement(context, input, &engagement, &error);
	fuzz_result(res, &error, input);
	FUZZ_CHECK(res == MDOC_OK || engagement.len == 0);
	fuzz_touch_inside(engagement, input);
	if (res == MDOC_OK)
		(void)entry_engagement(context, engagement);
	return res;
}

/* A message against a session: after an error it is over, and says so. */
static enum mdoc_result
open_message(struct mdoc_session *session, struct mdoc_bytes message)
{
	struct mdoc_buf plain = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_session_open(session, message, &plain, &error);

	fuzz_result(res, &error, message);
	FUZZ_CHECK(res == MDOC_OK || (plain.len == 0 && !mdoc_session_alive(session)));
	FUZZ_CHECK(res == MDOC_OK || mdoc_session_answer(session).len > 0 || !fuzz_plain());
	FUZZ_CHECK(mdoc_session_alive(session) || mdoc_session_open(session, message, &plain, &error) != MDOC_OK);
	fuzz_touch(mdoc_session_answer(session));
	(void)mdoc_session_peer_status(session);
	mdoc_buf_clear(&plain);
	return res;
}

static struct mdoc_session *
session(const struct mdoc_context *context, enum mdoc_session_role role)
{
	const bool reader = role == MDOC_SESSION_READER;
	struct mdoc_session *made = NULL;
	const enum mdoc_result res =
		mdoc_session_new(context, role, world.transcript, reader ? &world.annex_reader : &world.annex_device,
			reader ? &world.annex_device.key : &world.annex_reader.key, &made, NULL);

	FUZZ_CHECK(fuzz_fine(res) && (res == MDOC_OK) == (made != NULL));
	return made;
}

/* What a device reads of its reader first. */
enum mdoc_result
entry_session_establishment(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_session *device = session(context, MDOC_SESSION_DEVICE);
	struct mdoc_public_key key = { 0 };
	struct mdoc_bytes key_bytes = MDOC_NO_BYTES;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_session_reader_key(context, input, &key_bytes, &key, &error);

	fuzz_result(res, &error, input);
	if (res == MDOC_OK) {
		fuzz_touch(key_bytes);
		fuzz_touch_key(context, &key);
	}
	if (device != NULL)
		(void)open_message(device, input);
	mdoc_session_free(device);
	return res;
}

/* What a reader reads of the device. */
enum mdoc_result
entry_session_data(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_session *reader = session(context, MDOC_SESSION_READER);
	struct mdoc_buf key_bytes = MDOC_BUF_EMPTY, inner = MDOC_BUF_EMPTY, first = MDOC_BUF_EMPTY;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	mdoc_put_key(&inner, &world.annex_reader.key);
	mdoc_put_embedded(&key_bytes, mdoc_buf_bytes(&inner));
	if (reader != NULL && inner.err == MDOC_OK && key_bytes.err == MDOC_OK)
		res = mdoc_session_establish(reader, mdoc_buf_bytes(&key_bytes), mdoc_text("request"), &first, NULL);
	FUZZ_CHECK(fuzz_fine(res) || !fuzz_plain());
	if (res == MDOC_OK)
		res = open_message(reader, input);
	mdoc_session_free(reader);
	mdoc_buf_clear(&inner);
	mdoc_buf_clear(&key_bytes);
	mdoc_buf_clear(&first);
	return res;
}

/* The parts of a transcript make the same transcript. */
static void
build_transcript(const struct mdoc_context *context, const struct mdoc_transcript_parts *parts)
{
	const struct mdoc_transcript_spec spec = {
		.handover = MDOC_HANDOVER_OPAQUE,
		.engagement = parts->engagement,
		.reader_key = parts->reader_key,
		.opaque = parts->handover,
	};
	struct mdoc_transcript_parts again;
	struct mdoc_buf made = MDOC_BUF_EMPTY, tagged = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	enum mdoc_result res = mdoc_transcript_build(context, &spec, &made, &error);

	/* what is inside tag 24 is only looked at on building */
	FUZZ_CHECK(res == MDOC_OK || (made.len == 0 && error.code == res && res != MDOC_ERR_ARG));
	if (res == MDOC_OK && mdoc_transcript_tag(mdoc_buf_bytes(&made), &tagged) == MDOC_OK) {
		res = mdoc_transcript_parse(context, mdoc_buf_bytes(&tagged), &again, &error);
		FUZZ_CHECK(fuzz_fine(res));
		FUZZ_CHECK(res != MDOC_OK ||
			(mdoc_bytes_equal(again.engagement, parts->engagement) &&
				mdoc_bytes_equal(again.reader_key, parts->reader_key) &&
				mdoc_bytes_equal(again.handover, parts->handover)));
	}
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&tagged);
}

enum mdoc_result
entry_transcript(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_transcript_parts parts;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_transcript_parse(context, input, &parts, &error);

	fuzz_result(res, &error, input);
	if (res == MDOC_OK) {
		fuzz_touch(parts.transcript);
		fuzz_touch(parts.engagement);
		fuzz_touch(parts.reader_key);
		fuzz_touch(parts.handover);
		build_transcript(context, &parts);
	}
	return res;
}

/* A kind of handover, and its members one after the other, each behind its length. */
enum mdoc_result
entry_handover(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_transcript_spec spec = { .handover = MDOC_HANDOVER_QR };
	struct mdoc_bytes *const members[] = { &spec.engagement, &spec.reader_key, &spec.reader_engagement,
		&spec.opaque, &spec.nfc_select, &spec.nfc_request, &spec.client_id, &spec.origin, &spec.endpoint,
		&spec.nonce, &spec.mdoc_nonce, &spec.response_uri, &spec.encryption_info, &spec.thumbprint };
	struct mdoc_transcript_parts parts;
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	enum mdoc_result res;
	size_t at = 1;

	if (input.len > 0)
		spec.handover = (enum mdoc_handover)(input.ptr[0] % (MDOC_HANDOVER_COUNT + 1));
	for (size_t i = 0; i < sizeof(members) / sizeof(*members) && at < input.len; i++) {
		size_t len = input.ptr[at++];

		len = len < input.len - at ? len : input.len - at;
		if (len > 0)
			*members[i] = mdoc_bytes_of(input.ptr + at, len);
		at += len;
	}
	res = mdoc_transcript_build(context, &spec, &made, &error);
	fuzz_result(res, &error, input);
	FUZZ_CHECK((res == MDOC_OK) == (made.len > 0));
	if (res == MDOC_OK) {
		const enum mdoc_result read = mdoc_transcript_parse(context, mdoc_buf_bytes(&made), &parts, &error);

		FUZZ_CHECK(fuzz_fine(read));
	}
	mdoc_buf_clear(&made);
	return res;
}

static enum mdoc_result
encryption_info(const struct mdoc_context *context, struct mdoc_bytes text)
{
	struct mdoc_public_key key = { 0 };
	struct mdoc_buf nonce = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_encryption_info_parse(context, text, &key, &nonce, &error);

	fuzz_result(res, &error, text);
	FUZZ_CHECK(res == MDOC_OK || nonce.len == 0);
	if (res == MDOC_OK) {
		FUZZ_CHECK(nonce.len > 0);
		fuzz_touch_key(context, &key);
	}
	mdoc_buf_clear(&nonce);
	return res;
}

/* The text as it comes, and the input as what is encoded in it. */
enum mdoc_result
entry_encryption_info(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	const enum mdoc_result res = encryption_info(context, input);

	mdoc_base64url_encode(&text, input);
	if (text.err == MDOC_OK)
		(void)encryption_info(context, mdoc_buf_bytes(&text));
	mdoc_buf_clear(&text);
	return res;
}

enum mdoc_result
entry_dcapi_response(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf response = MDOC_BUF_EMPTY, sealed = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res =
		mdoc_dcapi_open(context, &world.annex_reader, world.transcript, input, &response, &error);

	fuzz_result(res, &error, input);
	FUZZ_CHECK(res == MDOC_OK || response.len == 0);
	mdoc_buf_clear(&response);
	if (fuzz_number(input) % 16 == 2 &&
		mdoc_dcapi_seal(context, &world.annex_reader.key, world.transcript, input, &sealed, NULL) == MDOC_OK) {
		const enum mdoc_result opened = mdoc_dcapi_open(context, &world.annex_reader, world.transcript,
			mdoc_buf_bytes(&sealed), &response, &error);

		FUZZ_CHECK(fuzz_fine(opened));
		FUZZ_CHECK(opened != MDOC_OK || mdoc_bytes_equal(mdoc_buf_bytes(&response), input));
	}
	mdoc_buf_clear(&response);
	mdoc_buf_clear(&sealed);
	return res;
}

void
seeds_engagement(struct fuzz_seeds *seeds)
{
	static const uint8_t uuid[MDOC_UUID_SIZE] = { 1, 2, 3 };
	const struct mdoc_retrieval retrievals[] = {
		{ .type = MDOC_RETRIEVAL_NFC, .nfc = { 255, 65536 } },
		{ .type = MDOC_RETRIEVAL_BLE,
			.ble = { .server = true,
				.client = true,
				.server_uuid = mdoc_bytes_of(uuid, sizeof(uuid)),
				.client_uuid = mdoc_bytes_of(uuid, sizeof(uuid)),
				.address = mdoc_bytes_of(uuid, MDOC_BLE_ADDRESS_SIZE) } },
		{ .type = MDOC_RETRIEVAL_WIFI_AWARE,
			.wifi = { .pass_phrase = mdoc_text("secret"),
				.has_operating_class = true,
				.has_channel = true,
				.operating_class = 81,
				.channel = 6,
				.bands = mdoc_bytes_of(uuid, 1) } },
	};
	const struct mdoc_origin origin = { 0, 1, mdoc_text("reader.example") };
	const enum mdoc_capability capabilities[] = { MDOC_CAPABILITY_HANDOVER_SESSION,
		MDOC_CAPABILITY_READER_AUTH_ALL };
	const struct mdoc_engagement_spec spec = {
		.edition = MDOC_EDITION_2,
		.key = &world.annex_device.key,
		.retrievals = retrievals,
		.retrieval_count = 3,
		.origins = &origin,
		.origin_count = 1,
		.capabilities = capabilities,
		.capability_count = 2,
	};
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	if (mdoc_engagement_build(world.context, &spec, &made, NULL) == MDOC_OK)
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
}

void
seeds_ndef(struct fuzz_seeds *seeds)
{
	static const uint8_t uuid[MDOC_UUID_SIZE] = { 1 };
	const struct mdoc_retrieval retrievals[] = {
		{ .type = MDOC_RETRIEVAL_BLE,
			.ble = { .server = true, .server_uuid = mdoc_bytes_of(uuid, sizeof(uuid)) } },
		{ .type = MDOC_RETRIEVAL_NFC, .nfc = { 255, 65536 } },
	};
	struct fuzz_seeds bytes = { NULL, 0 };
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	fuzz_seed_file(&bytes, "vectors/annexD/device_engagement.cbor");
	for (size_t i = 0; i < bytes.count; i++) {
		if (mdoc_ndef_select_build(world.context, mdoc_buf_bytes(&bytes.inputs[i]), retrievals, 2, &made,
			    NULL) == MDOC_OK)
			fuzz_seed(seeds, mdoc_buf_bytes(&made));
		mdoc_buf_clear(&made);
	}
	if (mdoc_ndef_request_build(world.context, retrievals, 2, &made, NULL) == MDOC_OK)
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	fuzz_seeds_clear(&bytes);
}

void
seeds_qr(struct fuzz_seeds *seeds)
{
	struct fuzz_seeds bytes = { NULL, 0 };
	struct mdoc_buf text = MDOC_BUF_EMPTY;

	seeds_engagement(&bytes);
	fuzz_seed_file(&bytes, "vectors/annexD/device_engagement.cbor");
	for (size_t i = 0; i < bytes.count; i++) {
		if (mdoc_engagement_to_qr(mdoc_buf_bytes(&bytes.inputs[i]), &text) == MDOC_OK)
			fuzz_seed(seeds, mdoc_buf_bytes(&text));
		mdoc_buf_clear(&text);
	}
	fuzz_seeds_clear(&bytes);
}

static void
put_member(struct mdoc_buf *out, const char *text)
{
	const uint8_t len = (uint8_t)strlen(text);

	mdoc_buf_append(out, mdoc_bytes_of(&len, 1));
	mdoc_buf_append(out, mdoc_text(text));
}

void
seeds_handover(struct fuzz_seeds *seeds)
{
	/* engagement, key, reader engagement, opaque, NFC (2), client, origin, endpoint, nonces (2), URI, info, thumbprint */
	static const char *const members[][14] = {
		[MDOC_HANDOVER_QR] = { "\xa0", "\xa0" },
		[MDOC_HANDOVER_NFC] = { "\xa0", "\xa0", "", "", "select", "request" },
		[MDOC_HANDOVER_OPENID4VP] = { "", "", "", "", "", "", "client", "", "", "nonce", "", "https://a" },
		[MDOC_HANDOVER_OPENID4VP_DCAPI] = { "", "", "", "", "", "", "", "https://a", "", "nonce", "", "", "",
			"01234567890123456789012345678901" },
		[MDOC_HANDOVER_OPENID4VCI_IAE] = { "", "", "", "", "", "", "", "", "https://a", "nonce" },
		[MDOC_HANDOVER_ANNEX_B] = { "", "", "", "", "", "", "client", "", "", "nonce", "mine", "https://a" },
		[MDOC_HANDOVER_ANNEX_B_2023] = { "", "", "", "", "", "", "client", "", "", "nonce", "mine",
			"https://a" },
		[MDOC_HANDOVER_ANNEX_C] = { "", "", "", "", "", "", "", "https://a", "", "", "", "", "aGVsbG8" },
		[MDOC_HANDOVER_ANNEX_A] = { "\xa0", "\xa0", "\xa0" },
		[MDOC_HANDOVER_OPAQUE] = { "", "", "", "\x81\x01" },
	};
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	for (uint8_t kind = 0; kind < MDOC_HANDOVER_COUNT; kind++) {
		mdoc_buf_append(&made, mdoc_bytes_of(&kind, 1));
		for (size_t i = 0; i < 14; i++)
			put_member(&made, members[kind][i] != NULL ? members[kind][i] : "");
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
		mdoc_buf_clear(&made);
	}
}

void
seeds_dcapi_response(struct fuzz_seeds *seeds)
{
	struct mdoc_buf sealed = MDOC_BUF_EMPTY;

	if (mdoc_dcapi_seal(world.context, &world.annex_reader.key, world.transcript, mdoc_text("response"), &sealed,
		    NULL) == MDOC_OK)
		fuzz_seed(seeds, mdoc_buf_bytes(&sealed));
	mdoc_buf_clear(&sealed);
}
