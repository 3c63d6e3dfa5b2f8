/*
 * mdoc/session.h: session encryption between an mdoc and a reader (ISO/IEC 18013-5, 9.1.1), over any byte stream.
 *
 * The reader sends a SessionEstablishment with its key and its request; all other messages are SessionData. What a
 * message carries is AES-256-GCM under a key of its direction, with a counter that never repeats. A session ends for
 * good, and its keys are wiped, when either side sends a status, when a message cannot be decrypted or read, and
 * when a counter is used up.
 *
 * Device: mdoc_session_reader_key() of the first message, mdoc_transcript_build() with it, mdoc_session_new(), then
 * mdoc_session_open() of the same message. Reader: mdoc_session_new(), mdoc_session_establish().
 *
 * One session belongs to one thread at a time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_SESSION_H
#define MDOC_SESSION_H

#include <mdoc/cose.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mdoc_session_role { MDOC_SESSION_READER, MDOC_SESSION_DEVICE };

/* Status codes of SessionData (table 20). */
enum mdoc_session_status {
	MDOC_SESSION_NO_STATUS = 0,
	MDOC_SESSION_ENCRYPTION_ERROR = 10,
	MDOC_SESSION_CBOR_ERROR = 11,
	MDOC_SESSION_TERMINATION = 20
};

struct mdoc_session;

/*
 * Derive the keys of a session.
 *
 * transcript  the bare SessionTranscript
 * own         our ephemeral key of this session; used here only
 * peer        the other side's, on the same curve
 * *session    free with mdoc_session_free(); borrows context
 *
 * MDOC_ERR_KEY       the keys are not on the same curve, or give a secret of zeros
 * MDOC_ERR_CALLBACK  key agreement failed
 * MDOC_ERR_ARG       no such role, no transcript
 * MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoc_session_new(const struct mdoc_context *context, enum mdoc_session_role role,
	struct mdoc_bytes transcript, const struct mdoc_agreement *own, const struct mdoc_public_key *peer,
	struct mdoc_session **session, struct mdoc_error *error);

/* Wipes the keys. NULL is fine. */
void mdoc_session_free(struct mdoc_session *session);

/*
 * What the device needs of a SessionEstablishment before it has a session.
 *
 * message    borrowed by key_bytes
 * key_bytes  EReaderKeyBytes (tag 24) as received, for the SessionTranscript
 *
 * On an error the device answers with MDOC_SESSION_CBOR_ERROR: mdoc_session_status_put().
 *
 * MDOC_ERR_MISSING, MDOC_ERR_TYPE, MDOC_ERR_KEY, MDOC_ERR_MEMORY, those of mdoc_cbor_scan()
 */
enum mdoc_result mdoc_session_reader_key(const struct mdoc_context *context, struct mdoc_bytes message,
	struct mdoc_bytes *key_bytes, struct mdoc_public_key *key, struct mdoc_error *error);

/*
 * Append the reader's first message, a SessionEstablishment.
 *
 * key_bytes  EReaderKeyBytes (tag 24), the same that the transcript has
 * plain      an encoded DeviceRequest
 *
 * MDOC_ERR_ARG      a device's session, or not the first message; the session goes on
 * MDOC_ERR_SESSION  the session has ended
 * MDOC_ERR_TYPE, MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO, MDOC_ERR_BUFFER
 */
enum mdoc_result mdoc_session_establish(struct mdoc_session *session, struct mdoc_bytes key_bytes,
	struct mdoc_bytes plain, struct mdoc_buf *out, struct mdoc_error *error);

/*
 * Append a SessionData with data, and with a status that ends the session unless it is MDOC_SESSION_NO_STATUS.
 *
 * When the counter is used up, or a value of it is lost because no message came of it, nothing is appended, the
 * session ends, and mdoc_session_answer() says so to the peer. With MDOC_ERR_BUFFER nothing has happened: the same
 * call with more room makes the message.
 *
 * MDOC_ERR_ARG      a status that is none, or a reader that has not established; the session goes on
 * MDOC_ERR_SESSION  the session has ended, or the counter is used up
 * MDOC_ERR_SIZE     more than INT_MAX bytes; the session goes on
 * MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO  mdoc_session_alive() says whether the session goes on
 * MDOC_ERR_BUFFER
 */
enum mdoc_result mdoc_session_seal(struct mdoc_session *session, struct mdoc_bytes plain,
	enum mdoc_session_status status, struct mdoc_buf *out, struct mdoc_error *error);

/* Append a SessionData with a status alone and end the session. MDOC_ERR_ARG, MDOC_ERR_SESSION as
 * above; MDOC_ERR_MEMORY, MDOC_ERR_BUFFER: the session goes on. */
enum mdoc_result mdoc_session_end(struct mdoc_session *session, enum mdoc_session_status status, struct mdoc_buf *out,
	struct mdoc_error *error);

/*
 * Read the peer's next message, in the order in which they were sent: SessionData, and as the device's first one
 * SessionEstablishment.
 *
 * plain  appended to: what the message carries; nothing if it is a status alone. It has been authenticated.
 *
 * MDOC_OK           also when the peer ended the session: see mdoc_session_peer_status(). Any status number does.
 * MDOC_ERR_SESSION  it cannot be decrypted (changed, replayed, out of order, of the other direction), or the session
 *                   had ended
 * MDOC_ERR_MISSING, MDOC_ERR_TYPE, MDOC_ERR_VALUE, those of mdoc_cbor_scan(): it is no such message
 * MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 * MDOC_ERR_BUFFER   no room for what it carries: the same message can be read once more
 *
 * Every other error ends the session; send mdoc_session_answer() then.
 */
enum mdoc_result mdoc_session_open(struct mdoc_session *session, struct mdoc_bytes message, struct mdoc_buf *plain,
	struct mdoc_error *error);

/* The message that tells the peer why an error ended the session; empty when there is nothing to send. Borrowed. */
struct mdoc_bytes mdoc_session_answer(const struct mdoc_session *session);

/* Whether messages can still be sent and read. */
bool mdoc_session_alive(const struct mdoc_session *session);

/* The status with which the peer ended the session, any number; MDOC_SESSION_NO_STATUS: it did not. */
uint64_t mdoc_session_peer_status(const struct mdoc_session *session);

/* Append a SessionData with a status alone, for who has no session yet. */
enum mdoc_result mdoc_session_status_put(struct mdoc_buf *out, enum mdoc_session_status status);

#ifdef __cplusplus
}
#endif
#endif
