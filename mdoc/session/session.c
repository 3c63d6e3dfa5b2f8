/*
 * mdoc/session/session.c: SessionEstablishment and SessionData (ISO/IEC 18013-5, 9.1.1).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/session/session_internal.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>

#define ID_READER 0
#define ID_DEVICE 1

/* A SessionData, or the reader's first message, taken apart. */
struct message {
	struct mdoc_cbor *scan;
	struct mdoc_node data, status, reader_key;
	struct mdoc_bytes sealed;
	uint64_t status_code;
};

static bool
known_status(enum mdoc_session_status status)
{
	return status == MDOC_SESSION_ENCRYPTION_ERROR || status == MDOC_SESSION_CBOR_ERROR ||
		status == MDOC_SESSION_TERMINATION;
}

/* For good: the keys are gone. */
static void
finish(struct mdoc_session *session)
{
	mdoci_direction_end(&session->send);
	mdoci_direction_end(&session->receive);
	session->alive = false;
}

/* The session ends by our own finding, and the peer is to be told. */
static void
break_off(struct mdoc_session *session, enum mdoc_session_status status)
{
	struct mdoc_buf answer = MDOC_BUF_OVER(session->answer, sizeof(session->answer));

	finish(session);
	if (mdoc_session_status_put(&answer, status) == MDOC_OK)
		session->answer_len = answer.len;
}

static enum mdoc_result
derive_keys(struct mdoc_session *session, struct mdoc_bytes transcript, struct mdoc_bytes shared)
{
	const bool reader = session->role == MDOC_SESSION_READER;
	struct mdoci_direction *const from_reader = reader ? &session->send : &session->receive;
	struct mdoci_direction *const from_device = reader ? &session->receive : &session->send;
	uint8_t salt[MDOCI_SALT_LEN];
	uint8_t key[MDOCI_KEY_LEN] = { 0 };
	enum mdoc_result res;

	res = mdoci_session_salt(session->context, transcript, salt);
	if (res == MDOC_OK)
		res = mdoci_session_key(session->context, salt, shared, "SKReader", key);
	if (res == MDOC_OK)
		res = mdoci_direction_start(session->context, from_reader, ID_READER, reader, key);
	if (res == MDOC_OK)
		res = mdoci_session_key(session->context, salt, shared, "SKDevice", key);
	if (res == MDOC_OK)
		res = mdoci_direction_start(session->context, from_device, ID_DEVICE, !reader, key);
	OPENSSL_cleanse(key, sizeof(key));
	return res;
}

enum mdoc_result
mdoc_session_new(const struct mdoc_context *context, enum mdoc_session_role role, struct mdoc_bytes transcript,
	const struct mdoc_agreement *own, const struct mdoc_public_key *peer, struct mdoc_session **session,
	struct mdoc_error *error)
{
	uint8_t shared[MDOC_SHARED_MAX] = { 0 };
	struct mdoc_session *made = NULL;
	size_t len = 0;
	enum mdoc_result res;

	*session = NULL;
	if ((role != MDOC_SESSION_READER && role != MDOC_SESSION_DEVICE) || transcript.len == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a role and a transcript");
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	made->context = context;
	made->role = role;
	res = mdoc_agree(own, peer, shared, &len);
	if (res == MDOC_OK)
		res = derive_keys(made, transcript, mdoc_bytes_of(shared, len));
	OPENSSL_cleanse(shared, sizeof(shared));
	if (res != MDOC_OK) {
		mdoc_session_free(made);
		return mdoci_fail(error, res, SIZE_MAX, "", "keys that agree on a secret");
	}
	made->alive = true;
	*session = made;
	return MDOC_OK;
}

void
mdoc_session_free(struct mdoc_session *session)
{
	if (session == NULL)
		return;
	finish(session);
	free(session);
}

struct mdoc_bytes
mdoc_session_answer(const struct mdoc_session *session)
{
	return mdoc_bytes_of(session->answer, session->answer_len);
}

bool
mdoc_session_alive(const struct mdoc_session *session)
{
	return session->alive;
}

uint64_t
mdoc_session_peer_status(const struct mdoc_session *session)
{
	return session->peer_status;
}

/* ---- Reading ---- */

static enum mdoc_result
read_message(const struct mdoc_context *context, struct mdoc_bytes input, struct message *message,
	struct mdoc_error *error)
{
	struct mdoc_node root;
	enum mdoc_result res;

	res = mdoc_cbor_scan(context, input, 0, &message->scan, error);
	if (res != MDOC_OK)
		return res;
	root = mdoc_cbor_root(message->scan);
	res = mdoci_want(root, MDOC_CBOR_MAP, "", error);
	if (res != MDOC_OK)
		return res;
	message->data = mdoc_map_text(root, "data");
	message->status = mdoc_map_text(root, "status");
	message->reader_key = mdoc_map_text(root, "eReaderKey");
	if (!mdoc_node_present(message->data) && !mdoc_node_present(message->status))
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(root), "", "data or status");
	if (mdoc_node_present(message->data) && !mdoc_node_bstr(message->data, &message->sealed))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(message->data), "data", "a byte string");
	if (mdoc_node_present(message->status) &&
		(!mdoc_node_uint(message->status, &message->status_code) || message->status_code == 0))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(message->status), "status",
			"an unsigned integer other than 0");
	return MDOC_OK;
}

enum mdoc_result
mdoc_session_reader_key(const struct mdoc_context *context, struct mdoc_bytes message, struct mdoc_bytes *key_bytes,
	struct mdoc_public_key *key, struct mdoc_error *error)
{
	struct message parts = { .scan = NULL };
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	*key_bytes = MDOC_NO_BYTES;
	memset(key, 0, sizeof(*key));
	res = read_message(context, message, &parts, error);
	if (res != MDOC_OK)
		goto out;
	if (!mdoc_node_present(parts.data) || !mdoc_node_present(parts.reader_key)) {
		res = mdoci_fail(error, MDOC_ERR_MISSING, 0, "", "eReaderKey and data");
		goto out;
	}
	res = mdoci_scan_embedded(parts.reader_key, "eReaderKey", &scan, error);
	if (res != MDOC_OK)
		goto out;
	res = mdoc_key_parse(context, mdoc_cbor_root(scan), key, NULL, error);
	if (res != MDOC_OK)
		mdoci_error_prefix(error, "eReaderKey");
	else
		*key_bytes = mdoc_node_span(parts.reader_key);
out:
	mdoc_cbor_free(scan);
	mdoc_cbor_free(parts.scan);
	return res;
}

/* An eReaderKey stands in the first message to a device and nowhere else. */
static enum mdoc_result
check_place(const struct mdoc_session *session, const struct message *message, struct mdoc_error *error)
{
	if (!mdoc_node_present(message->reader_key))
		return MDOC_OK;
	if (session->role == MDOC_SESSION_DEVICE && session->receive.counter == 1)
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(message->reader_key), "eReaderKey",
		"SessionData without one");
}

enum mdoc_result
mdoc_session_open(struct mdoc_session *session, struct mdoc_bytes message, struct mdoc_buf *plain,
	struct mdoc_error *error)
{
	struct message parts = { .scan = NULL };
	enum mdoc_result res;

	if (!session->alive)
		return mdoci_fail(error, MDOC_ERR_SESSION, SIZE_MAX, "", "a session that has not ended");
	res = read_message(session->context, message, &parts, error);
	if (res == MDOC_OK)
		res = check_place(session, &parts, error);
	if (res != MDOC_OK) {
		break_off(session, MDOC_SESSION_CBOR_ERROR);
		goto out;
	}
	if (mdoc_node_present(parts.data))
		res = mdoci_direction_open(&session->receive, parts.sealed, plain);
	if (res == MDOC_ERR_BUFFER) {
		(void)mdoci_fail(error, res, mdoc_node_offset(parts.data), "data", "room for what it carries");
		goto out;
	}
	if (res != MDOC_OK) {
		(void)mdoci_fail(error, res, mdoc_node_offset(parts.data), "data", "what the peer sent next");
		break_off(session, MDOC_SESSION_ENCRYPTION_ERROR);
		goto out;
	}
	if (mdoc_node_present(parts.status)) {
		session->peer_status = parts.status_code;
		finish(session);
	}
out:
	mdoc_cbor_free(parts.scan);
	return res;
}

/* ---- Writing ---- */

enum mdoc_result
mdoc_session_status_put(struct mdoc_buf *out, enum mdoc_session_status status)
{
	if (!known_status(status))
		return MDOC_ERR_ARG;
	mdoc_put_map(out, 1);
	mdoc_put_text(out, "status");
	mdoc_put_uint(out, (uint64_t)status);
	return out->err;
}

static void
put_message(struct mdoc_buf *buf, struct mdoc_bytes key_bytes, struct mdoc_bytes sealed,
	enum mdoc_session_status status)
{
	mdoc_put_map(buf, 1U + (key_bytes.len > 0) + (status != MDOC_SESSION_NO_STATUS));
	if (key_bytes.len > 0) {
		mdoc_put_text(buf, "eReaderKey");
		mdoc_buf_append(buf, key_bytes);
	}
	mdoc_put_text(buf, "data");
	mdoc_put_bstr(buf, sealed);
	if (status != MDOC_SESSION_NO_STATUS) {
		mdoc_put_text(buf, "status");
		mdoc_put_uint(buf, (uint64_t)status);
	}
}

/* The peer counts the messages that it gets: one that finds no room must not have been counted here. */
static enum mdoc_result
check_room(struct mdoc_bytes key_bytes, struct mdoc_bytes plain, enum mdoc_session_status status, struct mdoc_buf *out)
{
	struct mdoc_buf size = MDOC_BUF_OVER(NULL, 0);

	if (out->err == MDOC_OK && !out->fixed)
		return MDOC_OK;
	put_message(&size, key_bytes, mdoc_bytes_of(NULL, plain.len + MDOCI_GCM_TAG), status);
	if (!mdoci_buf_fits(out, size.len))
		mdoc_buf_append(out, mdoc_bytes_of(NULL, size.len)); /* counted only */
	return out->err;
}

/* The message is built apart, so that nothing is appended when something fails. */
static enum mdoc_result
send(struct mdoc_session *session, struct mdoc_bytes key_bytes, struct mdoc_bytes plain,
	enum mdoc_session_status status, struct mdoc_buf *out, struct mdoc_error *error)
{
	struct mdoc_buf sealed = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;
	const uint32_t counter = session->send.counter;
	enum mdoc_result res = plain.len > INT_MAX ? MDOC_ERR_SIZE : check_room(key_bytes, plain, status, out);

	if (res != MDOC_OK)
		return mdoci_fail(error, res, SIZE_MAX, "", "room for the message");
	res = mdoci_direction_seal(&session->send, plain, &sealed);
	if (res != MDOC_OK) {
		(void)mdoci_fail(error, res, SIZE_MAX, "", "a counter that is not used up");
		goto out;
	}
	put_message(&made, key_bytes, mdoc_buf_bytes(&sealed), status);
	res = made.err;
	if (res == MDOC_OK) {
		mdoc_buf_append(out, mdoc_buf_bytes(&made));
		res = out->err;
	}
	if (res != MDOC_OK)
		(void)mdoci_fail(error, res, SIZE_MAX, "", "room for the message");
	else if (status != MDOC_SESSION_NO_STATUS)
		finish(session);
out:
	/* The peer never gets the message that took this value, and could read none of those after it. */
	if (res == MDOC_ERR_SESSION || (res != MDOC_OK && session->send.counter != counter))
		break_off(session, MDOC_SESSION_TERMINATION);
	mdoc_buf_clear(&sealed);
	mdoc_buf_clear(&made);
	return res;
}

static enum mdoc_result
check_alive(const struct mdoc_session *session, struct mdoc_error *error)
{
	if (session->alive)
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_SESSION, SIZE_MAX, "", "a session that has not ended");
}

enum mdoc_result
mdoc_session_establish(struct mdoc_session *session, struct mdoc_bytes key_bytes, struct mdoc_bytes plain,
	struct mdoc_buf *out, struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes inner;
	enum mdoc_result res = check_alive(session, error);

	if (res != MDOC_OK)
		return res;
	if (session->role != MDOC_SESSION_READER || session->send.counter != 1)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "the first message of a reader");
	res = mdoc_cbor_scan(session->context, key_bytes, 0, &scan, error);
	if (res == MDOC_OK && !mdoc_node_embedded(mdoc_cbor_root(scan), &inner))
		res = mdoci_fail(error, MDOC_ERR_TYPE, 0, "eReaderKey", "tag 24 around a byte string");
	mdoc_cbor_free(scan);
	return res == MDOC_OK ? send(session, key_bytes, plain, MDOC_SESSION_NO_STATUS, out, error) : res;
}

enum mdoc_result
mdoc_session_seal(struct mdoc_session *session, struct mdoc_bytes plain, enum mdoc_session_status status,
	struct mdoc_buf *out, struct mdoc_error *error)
{
	const enum mdoc_result res = check_alive(session, error);

	if (res != MDOC_OK)
		return res;
	if (status != MDOC_SESSION_NO_STATUS && !known_status(status))
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "status", "a status of the standard");
	if (session->role == MDOC_SESSION_READER && session->send.counter == 1)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "mdoc_session_establish() first");
	return send(session, MDOC_NO_BYTES, plain, status, out, error);
}

enum mdoc_result
mdoc_session_end(struct mdoc_session *session, enum mdoc_session_status status, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	enum mdoc_result res = check_alive(session, error);

	if (res != MDOC_OK)
		return res;
	res = mdoc_session_status_put(out, status);
	if (res != MDOC_OK)
		return mdoci_fail(error, res, SIZE_MAX, "status", "a status of the standard, and room for it");
	finish(session);
	return MDOC_OK;
}
