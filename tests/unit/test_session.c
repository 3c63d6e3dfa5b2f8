/*
 * tests/unit/test_session.c: session encryption, from both sides.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/session/session_internal.h"
#include "tests/unit/alloc_count.h"
#include "tests/unit/session_kit.h"
#include <mdoc/session.h>
#include <mdoc/transcript.h>
#include <stdio.h>
#include <string.h>

extern CU_TestInfo session_tests[];

static const uint8_t transcript_bytes[] = { 0x83, 0xf6, 0xf6, 0xf6 };
static const struct mdoc_bytes transcript = { transcript_bytes, sizeof(transcript_bytes) };

/* Two sides of one session, established: the reader has sent "request" and the device has read it. */
struct pair {
	struct agreeing reader_key, device_key;
	struct mdoc_session *reader, *device;
	struct mdoc_buf key_bytes, establishment;
};

static void
pair_keys(struct pair *pair, enum mdoc_curve curve)
{
	struct mdoc_buf key = MDOC_BUF_EMPTY;

	memset(pair, 0, sizeof(*pair));
	agreeing_make(&pair->reader_key, curve);
	agreeing_make(&pair->device_key, curve);
	CU_ASSERT_EQUAL_FATAL(mdoc_session_new(NULL, MDOC_SESSION_READER, transcript, &pair->reader_key.agreement,
				      &pair->device_key.agreement.key, &pair->reader, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_session_new(NULL, MDOC_SESSION_DEVICE, transcript, &pair->device_key.agreement,
				      &pair->reader_key.agreement.key, &pair->device, NULL),
		MDOC_OK);
	mdoc_put_key(&key, &pair->reader_key.agreement.key);
	mdoc_put_embedded(&pair->key_bytes, mdoc_buf_bytes(&key));
	mdoc_buf_clear(&key);
}

static void
pair_make(struct pair *pair, enum mdoc_curve curve)
{
	struct mdoc_buf plain = MDOC_BUF_EMPTY;

	pair_keys(pair, curve);
	CU_ASSERT_EQUAL_FATAL(mdoc_session_establish(pair->reader, mdoc_buf_bytes(&pair->key_bytes),
				      mdoc_text("request"), &pair->establishment, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_session_open(pair->device, mdoc_buf_bytes(&pair->establishment), &plain, NULL),
		MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&plain), "request"));
	mdoc_buf_clear(&plain);
}

static void
pair_clear(struct pair *pair)
{
	mdoc_session_free(pair->reader);
	mdoc_session_free(pair->device);
	mdoc_buf_clear(&pair->key_bytes);
	mdoc_buf_clear(&pair->establishment);
	agreeing_clear(&pair->reader_key);
	agreeing_clear(&pair->device_key);
}

/* It is over: nothing works any more, the keys are gone, and the peer is told this. */
static void
expect_end(struct mdoc_session *session, enum mdoc_session_status answer)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY, wanted = MDOC_BUF_EMPTY;

	CU_ASSERT_FALSE(mdoc_session_alive(session));
	CU_ASSERT_PTR_NULL(session->send.ctx);
	CU_ASSERT_PTR_NULL(session->receive.ctx);
	CU_ASSERT_EQUAL(mdoc_session_seal(session, mdoc_text("x"), MDOC_SESSION_NO_STATUS, &out, NULL),
		MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(mdoc_session_establish(session, transcript, mdoc_text("x"), &out, NULL), MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(mdoc_session_open(session, transcript, &out, NULL), MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(mdoc_session_end(session, MDOC_SESSION_TERMINATION, &out, NULL), MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(out.len, 0);
	if (answer != MDOC_SESSION_NO_STATUS)
		CU_ASSERT_EQUAL(mdoc_session_status_put(&wanted, answer), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_session_answer(session), mdoc_buf_bytes(&wanted)));
	mdoc_buf_clear(&wanted);
	mdoc_buf_clear(&out);
}

/* Keys would not be the standard's. */
static void
annex_d_keys(void)
{
	struct mdoc_bytes file = vector_load("annexD/session_transcript_bytes.cbor");
	struct mdoc_bytes wanted_salt = vector_hex("annexD/derived_hkdf_salt.hex");
	static const struct {
		const char *own, *peer, *name, *file;
	} keys[] = {
		{ "ephemeral_reader", "ephemeral_device", "SKReader", "annexD/derived_skreader.hex" },
		{ "ephemeral_device", "ephemeral_reader", "SKDevice", "annexD/derived_skdevice.hex" },
		{ "static_device", "ephemeral_reader", "EMacKey", "annexD/derived_emackey.hex" },
		{ "ephemeral_reader", "static_device", "EMacKey", "annexD/derived_emackey.hex" },
	};
	uint8_t salt[MDOCI_SALT_LEN], key[MDOCI_KEY_LEN], shared[MDOC_SHARED_MAX];
	struct mdoc_transcript_parts parts;

	CU_ASSERT_EQUAL_FATAL(mdoc_transcript_parse(NULL, file, &parts, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoci_session_salt(NULL, parts.transcript, salt), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_bytes_of(salt, sizeof(salt)), wanted_salt));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct mdoc_bytes wanted = vector_hex(keys[i].file);
		struct agreeing own, peer;
		size_t len = 0;

		agreeing_vector(&own, keys[i].own);
		agreeing_vector(&peer, keys[i].peer);
		CU_ASSERT_EQUAL(mdoc_agree(&own.agreement, &peer.agreement.key, shared, &len), MDOC_OK);
		CU_ASSERT_EQUAL(mdoci_session_key(NULL, salt, mdoc_bytes_of(shared, len), keys[i].name, key), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_bytes_of(key, sizeof(key)), wanted));
		agreeing_clear(&own);
		agreeing_clear(&peer);
		bytes_free(wanted);
	}
	bytes_free(wanted_salt);
	bytes_free(file);
}

static void
expect_bytes(struct mdoc_buf *got, struct mdoc_bytes wanted)
{
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(got), wanted));
	mdoc_buf_clear(got);
}

/* A standard phone and our reader, or the other way round, would not understand each other. */
static void
annex_d_messages(void)
{
	struct mdoc_bytes file = vector_load("annexD/session_transcript_bytes.cbor");
	struct mdoc_bytes establishment = vector_load("annexD/session_establishment.cbor");
	struct mdoc_bytes data = vector_load("annexD/session_data.cbor");
	struct mdoc_bytes termination = vector_load("annexD/session_termination.cbor");
	struct mdoc_bytes request = vector_load("annexD/device_request.cbor");
	struct mdoc_bytes response = vector_load("annexD/device_response.cbor");
	struct mdoc_transcript_parts parts;
	struct mdoc_session *reader = NULL, *device = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct agreeing reader_key, device_key;
	struct mdoc_public_key key;
	struct mdoc_bytes key_bytes;

	CU_ASSERT_EQUAL_FATAL(mdoc_transcript_parse(NULL, file, &parts, NULL), MDOC_OK);
	agreeing_vector(&reader_key, "ephemeral_reader");
	agreeing_vector(&device_key, "ephemeral_device");
	CU_ASSERT_EQUAL_FATAL(mdoc_session_reader_key(NULL, establishment, &key_bytes, &key, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_key_equal(&key, &reader_key.agreement.key));
	CU_ASSERT_TRUE(mdoc_bytes_equal(key_bytes, parts.reader_key));
	CU_ASSERT_EQUAL_FATAL(mdoc_session_new(NULL, MDOC_SESSION_READER, parts.transcript, &reader_key.agreement,
				      &device_key.agreement.key, &reader, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_session_new(NULL, MDOC_SESSION_DEVICE, parts.transcript, &device_key.agreement, &key,
				      &device, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_session_establish(reader, key_bytes, request, &out, NULL), MDOC_OK);
	expect_bytes(&out, establishment);
	CU_ASSERT_EQUAL(mdoc_session_open(device, establishment, &out, NULL), MDOC_OK);
	expect_bytes(&out, request);
	CU_ASSERT_EQUAL(mdoc_session_seal(device, response, MDOC_SESSION_NO_STATUS, &out, NULL), MDOC_OK);
	expect_bytes(&out, data);
	CU_ASSERT_EQUAL(mdoc_session_open(reader, data, &out, NULL), MDOC_OK);
	expect_bytes(&out, response);
	CU_ASSERT_EQUAL(mdoc_session_end(reader, MDOC_SESSION_TERMINATION, &out, NULL), MDOC_OK);
	expect_bytes(&out, termination);
	CU_ASSERT_EQUAL(mdoc_session_open(device, termination, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_session_peer_status(device), MDOC_SESSION_TERMINATION);
	expect_end(reader, MDOC_SESSION_NO_STATUS);
	expect_end(device, MDOC_SESSION_NO_STATUS);
	mdoc_session_free(reader);
	mdoc_session_free(device);
	agreeing_clear(&reader_key);
	agreeing_clear(&device_key);
	bytes_free(response);
	bytes_free(request);
	bytes_free(termination);
	bytes_free(data);
	bytes_free(establishment);
	bytes_free(file);
}

/* Somebody with a key on another of the standard's curves could not be served. */
static void
every_curve(void)
{
	static const enum mdoc_curve curves[] = { MDOC_CURVE_P256, MDOC_CURVE_P384, MDOC_CURVE_P521, MDOC_CURVE_X25519,
		MDOC_CURVE_X448, MDOC_CURVE_BP256, MDOC_CURVE_BP320, MDOC_CURVE_BP384, MDOC_CURVE_BP512 };

	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		struct mdoc_buf message = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
		struct mdoc_public_key key;
		struct mdoc_bytes key_bytes;
		struct pair pair;

		pair_make(&pair, curves[i]);
		CU_ASSERT_EQUAL(mdoc_session_reader_key(NULL, mdoc_buf_bytes(&pair.establishment), &key_bytes, &key,
					NULL),
			MDOC_OK);
		CU_ASSERT_EQUAL(key.curve, curves[i]);
		for (size_t n = 0; n < 3; n++) {
			CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("answer"), MDOC_SESSION_NO_STATUS,
						&message, NULL),
				MDOC_OK);
			CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&message), &plain, NULL),
				MDOC_OK);
			expect_bytes(&plain, mdoc_text("answer"));
			mdoc_buf_clear(&message);
			CU_ASSERT_EQUAL(mdoc_session_seal(pair.reader, MDOC_NO_BYTES, MDOC_SESSION_NO_STATUS, &message,
						NULL),
				MDOC_OK);
			CU_ASSERT_EQUAL(mdoc_session_open(pair.device, mdoc_buf_bytes(&message), &plain, NULL),
				MDOC_OK);
			CU_ASSERT_EQUAL(plain.len, 0);
			mdoc_buf_clear(&message);
		}
		pair_clear(&pair);
	}
}

enum damage { REPLAYED, SWAPPED, SKIPPED, CHANGED, SHORT, OTHER_SESSION };

/* A message that was recorded, turned round, left out or changed would be believed. */
static void
refuses_what_was_not_sent_next(void)
{
	for (enum damage damage = REPLAYED; damage <= OTHER_SESSION; damage++) {
		struct mdoc_buf message = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
		struct mdoc_bytes use;
		struct pair pair, other;

		pair_make(&pair, MDOC_CURVE_P256);
		pair_make(&other, MDOC_CURVE_P256);
		CU_ASSERT_EQUAL(mdoc_session_seal(damage == OTHER_SESSION ? other.device : pair.device,
					mdoc_text("answer"), MDOC_SESSION_NO_STATUS, &message, NULL),
			MDOC_OK);
		if (damage == REPLAYED)
			CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&message), &plain, NULL),
				MDOC_OK);
		mdoc_buf_clear(&plain);
		if (damage == SKIPPED) {
			mdoc_buf_clear(&message);
			CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("answer"), MDOC_SESSION_NO_STATUS,
						&message, NULL),
				MDOC_OK);
		}
		if (damage == CHANGED)
			message.ptr[message.len - 1] ^= 1;
		if (damage == SHORT) {
			mdoc_buf_clear(&message);
			mdoc_put_map(&message, 1);
			mdoc_put_text(&message, "data");
			mdoc_put_bstr(&message, mdoc_text("fifteen bytes!!"));
		}
		use = bytes_copy(mdoc_buf_bytes(&message));
		/* Its own message comes back to the device. */
		CU_ASSERT_EQUAL(mdoc_session_open(damage == SWAPPED ? pair.device : pair.reader, use, &plain, NULL),
			MDOC_ERR_SESSION);
		CU_ASSERT_EQUAL(plain.len, 0);
		expect_end(damage == SWAPPED ? pair.device : pair.reader, MDOC_SESSION_ENCRYPTION_ERROR);
		bytes_free(use);
		mdoc_buf_clear(&plain);
		mdoc_buf_clear(&message);
		pair_clear(&other);
		pair_clear(&pair);
	}
}

/* A first message again would give a reader two requests on one consent. */
static void
refuses_a_second_establishment(void)
{
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct pair pair;

	pair_make(&pair, MDOC_CURVE_P256);
	CU_ASSERT_EQUAL(mdoc_session_establish(pair.reader, mdoc_buf_bytes(&pair.key_bytes), mdoc_text("x"), &out,
				NULL),
		MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_session_establish(pair.device, mdoc_buf_bytes(&pair.key_bytes), mdoc_text("x"), &out,
				NULL),
		MDOC_ERR_ARG);
	CU_ASSERT_TRUE(mdoc_session_alive(pair.reader) && mdoc_session_alive(pair.device));
	CU_ASSERT_EQUAL(mdoc_session_open(pair.device, mdoc_buf_bytes(&pair.establishment), &out, NULL),
		MDOC_ERR_VALUE);
	expect_end(pair.device, MDOC_SESSION_CBOR_ERROR);
	CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&pair.establishment), &out, NULL),
		MDOC_ERR_VALUE);
	expect_end(pair.reader, MDOC_SESSION_CBOR_ERROR);
	pair_clear(&pair);

	pair_keys(&pair, MDOC_CURVE_P256);
	CU_ASSERT_EQUAL(mdoc_session_seal(pair.reader, mdoc_text("x"), MDOC_SESSION_NO_STATUS, &out, NULL),
		MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_session_establish(pair.reader, transcript, mdoc_text("x"), &out, NULL), MDOC_ERR_TYPE);
	CU_ASSERT_TRUE(mdoc_session_alive(pair.reader));
	CU_ASSERT_EQUAL(out.len, 0);
	pair_clear(&pair);
}

/* Something that is no session message would go further than its door. */
static void
refuses_what_is_no_message(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result result;
	} bad[] = {
		{ "", MDOC_ERR_TRUNCATED },
		{ "80", MDOC_ERR_TYPE },
		{ "a0", MDOC_ERR_MISSING },
		{ "a1 6464617461 01", MDOC_ERR_TYPE },
		{ "a1 6464617461 f6", MDOC_ERR_TYPE },
		{ "a1 66737461747573 20", MDOC_ERR_TYPE },
		{ "a1 66737461747573 00", MDOC_ERR_TYPE },
		{ "a1 66737461747573 6132", MDOC_ERR_TYPE },
		{ "a2 66737461747573 14 66737461747573 14", MDOC_ERR_DUPLICATE_KEY },
		{ "a1 66737461747573", MDOC_ERR_TRUNCATED },
		{ "a1 66737461747573 14 14", MDOC_ERR_TRAILING },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mdoc_bytes message = hex_load(bad[i].hex);
		struct mdoc_buf plain = MDOC_BUF_EMPTY;
		struct pair pair;
		enum mdoc_result res;

		pair_make(&pair, MDOC_CURVE_P256);
		res = mdoc_session_open(pair.device, message, &plain, NULL);
		if (res != bad[i].result)
			(void)printf("row %zu: %s\n", i, mdoc_result_name(res));
		CU_ASSERT_EQUAL(res, bad[i].result);
		expect_end(pair.device, MDOC_SESSION_CBOR_ERROR);
		pair_clear(&pair);
		bytes_free(message);
	}
}

/* A device would start a session with a message that does not say whose. */
static void
refuses_what_establishes_nothing(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result result;
	} bad[] = {
		{ "a1 6464617461 4101", MDOC_ERR_MISSING },
		{ "a1 6a655265616465724b6579 d81841a0", MDOC_ERR_MISSING },
		{ "a2 6a655265616465724b6579 a0 6464617461 4101", MDOC_ERR_TYPE },
		{ "a2 6a655265616465724b6579 d81841a0 6464617461 4101", MDOC_ERR_KEY },
		{ "a2 6a655265616465724b6579 d8184180 6464617461 4101", MDOC_ERR_TYPE },
		{ "a2 6a655265616465724b6579 d81841a0 6464617461 01", MDOC_ERR_TYPE },
	};
	struct mdoc_bytes whole = vector_load("annexD/session_establishment.cbor");
	struct mdoc_public_key key;
	struct mdoc_bytes key_bytes;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mdoc_bytes message = hex_load(bad[i].hex);

		CU_ASSERT_EQUAL(mdoc_session_reader_key(NULL, message, &key_bytes, &key, NULL), bad[i].result);
		CU_ASSERT_PTR_NULL(key_bytes.ptr);
		bytes_free(message);
	}
	for (size_t len = 0; len < whole.len; len++) {
		struct mdoc_bytes part = bytes_copy(mdoc_bytes_of(whole.ptr, len));

		CU_ASSERT_EQUAL(mdoc_session_reader_key(NULL, part, &key_bytes, &key, NULL), MDOC_ERR_TRUNCATED);
		bytes_free(part);
	}
	bytes_free(whole);
}

/* One side would go on talking after the other has left. */
static void
statuses(void)
{
	static const uint8_t odd[] = { 0xa1, 0x66, 's', 't', 'a', 't', 'u', 's', 0x18, 0x63 };
	struct mdoc_buf message = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
	struct pair pair;

	/* With data: the data count. */
	pair_make(&pair, MDOC_CURVE_P256);
	CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("answer"), (enum mdoc_session_status)12, &message,
				NULL),
		MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_session_end(pair.device, MDOC_SESSION_NO_STATUS, &message, NULL), MDOC_ERR_ARG);
	CU_ASSERT_TRUE(mdoc_session_alive(pair.device));
	CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("answer"), MDOC_SESSION_TERMINATION, &message, NULL),
		MDOC_OK);
	expect_end(pair.device, MDOC_SESSION_NO_STATUS);
	CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&message), &plain, NULL), MDOC_OK);
	expect_bytes(&plain, mdoc_text("answer"));
	CU_ASSERT_EQUAL(mdoc_session_peer_status(pair.reader), MDOC_SESSION_TERMINATION);
	expect_end(pair.reader, MDOC_SESSION_NO_STATUS);
	mdoc_buf_clear(&message);
	pair_clear(&pair);

	/* Of a later edition. */
	pair_make(&pair, MDOC_CURVE_P256);
	CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_bytes_of(odd, sizeof(odd)), &plain, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_session_peer_status(pair.reader), 99);
	expect_end(pair.reader, MDOC_SESSION_NO_STATUS);
	CU_ASSERT_EQUAL(mdoc_session_peer_status(pair.device), MDOC_SESSION_NO_STATUS);
	pair_clear(&pair);
}

/* A counter would start again, and with it a key stream: two messages could be read without a key. */
static void
counters_end(void)
{
	struct mdoc_buf message = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
	struct pair pair;

	pair_make(&pair, MDOC_CURVE_P256);
	pair.device->send.counter = UINT32_MAX;
	pair.reader->receive.counter = UINT32_MAX;
	CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("last"), MDOC_SESSION_NO_STATUS, &message, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&message), &plain, NULL), MDOC_OK);
	expect_bytes(&plain, mdoc_text("last"));
	mdoc_buf_clear(&message);
	CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("x"), MDOC_SESSION_NO_STATUS, &message, NULL),
		MDOC_ERR_SESSION);
	CU_ASSERT_EQUAL(message.len, 0);
	expect_end(pair.device, MDOC_SESSION_TERMINATION);
	mdoc_put_map(&message, 1);
	mdoc_put_text(&message, "data");
	mdoc_put_bstr(&message, mdoc_text("sixteen bytes!!!"));
	CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&message), &plain, NULL), MDOC_ERR_SESSION);
	expect_end(pair.reader, MDOC_SESSION_ENCRYPTION_ERROR);
	mdoc_buf_clear(&message);
	pair_clear(&pair);
}

/* The two sides would count differently after a message that found no room, and understand each other no more. */
static void
no_room(void)
{
	uint8_t little[8], enough[64];
	struct mdoc_buf over = MDOC_BUF_OVER(little, sizeof(little)), plain = MDOC_BUF_EMPTY, none;
	struct pair pair;

	pair_make(&pair, MDOC_CURVE_P256);
	CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("x"), MDOC_SESSION_NO_STATUS, &over, NULL),
		MDOC_ERR_BUFFER);
	CU_ASSERT_EQUAL(over.len, 1 + 5 + 1 + 1 + 16);
	CU_ASSERT_TRUE(mdoc_session_alive(pair.device));
	CU_ASSERT_EQUAL(pair.device->send.counter, 1);
	over = MDOC_BUF_OVER(enough, sizeof(enough));
	CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("xy"), MDOC_SESSION_NO_STATUS, &over, NULL), MDOC_OK);
	none = MDOC_BUF_OVER(little, 1);
	CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&over), &none, NULL), MDOC_ERR_BUFFER);
	CU_ASSERT_EQUAL(none.len, 2);
	CU_ASSERT_TRUE(mdoc_session_alive(pair.reader));
	CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&over), &plain, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&plain), "xy"));
	pair_clear(&pair);
	mdoc_buf_clear(&plain);
}

/* Nor would they after a message for which there was no memory: what is sent after that must be readable, or nothing. */
static void
no_memory(void)
{
	enum mdoc_result res = MDOC_ERR_MEMORY;

	for (size_t call = 1; res == MDOC_ERR_MEMORY && call < 100; call++) {
		struct mdoc_buf message = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
		struct pair pair;

		pair_make(&pair, MDOC_CURVE_P256);
		alloc_reset();
		alloc_fail_at(call);
		res = mdoc_session_seal(pair.device, mdoc_text("x"), MDOC_SESSION_NO_STATUS, &message, NULL);
		alloc_reset();
		if (res != MDOC_OK && pair.device->alive) {
			mdoc_buf_clear(&message);
			CU_ASSERT_EQUAL(mdoc_session_seal(pair.device, mdoc_text("x"), MDOC_SESSION_NO_STATUS, &message,
						NULL),
				MDOC_OK);
		}
		if (pair.device->alive)
			CU_ASSERT_EQUAL(mdoc_session_open(pair.reader, mdoc_buf_bytes(&message), &plain, NULL),
				MDOC_OK);
		CU_ASSERT_EQUAL(pair.device->alive, mdoc_session_answer(pair.device).len == 0);
		mdoc_buf_clear(&message);
		mdoc_buf_clear(&plain);
		pair_clear(&pair);
	}
	CU_ASSERT_EQUAL(res, MDOC_OK);
}

static bool
agrees_on_zeros(void *arg, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX], size_t *len)
{
	(void)arg;
	(void)peer;
	memset(shared, 0, MDOC_SHARED_MAX);
	*len = 32;
	return true;
}

static bool
does_not_agree(void *arg, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX], size_t *len)
{
	(void)arg;
	(void)peer;
	(void)shared;
	(void)len;
	return false;
}

/* Anybody could know the keys of a session, or it would start without any. */
static void
refuses_keys_that_do_not_agree(void)
{
	struct agreeing p256, p384, x25519;
	struct mdoc_agreement own;
	struct mdoc_public_key zero = { .curve = MDOC_CURVE_X25519, .point_len = 32 };
	struct mdoc_session *session = NULL;
	enum mdoc_result res;

	agreeing_make(&p256, MDOC_CURVE_P256);
	agreeing_make(&p384, MDOC_CURVE_P384);
	agreeing_make(&x25519, MDOC_CURVE_X25519);
	CU_ASSERT_EQUAL(mdoc_session_new(NULL, MDOC_SESSION_DEVICE, transcript, &p256.agreement, &p384.agreement.key,
				&session, NULL),
		MDOC_ERR_KEY);
	CU_ASSERT_EQUAL(mdoc_session_new(NULL, MDOC_SESSION_DEVICE, transcript, &p256.agreement, &x25519.agreement.key,
				&session, NULL),
		MDOC_ERR_KEY);
	res = mdoc_session_new(NULL, MDOC_SESSION_DEVICE, transcript, &x25519.agreement, &zero, &session, NULL);
	CU_ASSERT_TRUE(res == MDOC_ERR_KEY || res == MDOC_ERR_CALLBACK);
	own = x25519.agreement;
	own.derive = agrees_on_zeros;
	CU_ASSERT_EQUAL(mdoc_session_new(NULL, MDOC_SESSION_DEVICE, transcript, &own, &zero, &session, NULL),
		MDOC_ERR_KEY);
	own.derive = does_not_agree;
	CU_ASSERT_EQUAL(mdoc_session_new(NULL, MDOC_SESSION_DEVICE, transcript, &own, &x25519.agreement.key, &session,
				NULL),
		MDOC_ERR_CALLBACK);
	CU_ASSERT_EQUAL(mdoc_session_new(NULL, MDOC_SESSION_DEVICE, MDOC_NO_BYTES, &p256.agreement, &p256.agreement.key,
				&session, NULL),
		MDOC_ERR_ARG);
	CU_ASSERT_PTR_NULL(session);
	mdoc_session_free(NULL);
	agreeing_clear(&x25519);
	agreeing_clear(&p384);
	agreeing_clear(&p256);
}

CU_TestInfo session_tests[] = {
	{ "what was not sent next is refused", refuses_what_was_not_sent_next },
	{ "a second establishment is refused", refuses_a_second_establishment },
	{ "what is no message is refused", refuses_what_is_no_message },
	{ "what establishes nothing is refused", refuses_what_establishes_nothing },
	{ "keys that do not agree are refused", refuses_keys_that_do_not_agree },
	{ "statuses end a session", statuses },
	{ "counters end", counters_end },
	{ "no room for a message", no_room },
	{ "no memory for a message", no_memory },
	{ "Annex D: salt and keys", annex_d_keys },
	{ "Annex D: messages both ways", annex_d_messages },
	{ "every curve", every_curve },
	CU_TEST_INFO_NULL,
};
