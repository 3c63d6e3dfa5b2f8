/*
 * session.h: the holder's side of a proximity session (ISO/IEC 18013-5, 8.3.3.1.1.4 and 9.1.1) over a stream of messages.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef PRESENT_SESSION_H
#define PRESENT_SESSION_H

#include <mdoc/mdoc.h>
#include <openssl/types.h>
#include "tools/common/stream.h"
#include "tools/common/trace.h"
#include "tools/present/presentation.h"

/* ---- Engagement: good for one session ---- */

struct engagement_spec {
	enum mdoc_edition edition; /* MDOC_EDITION_2: version 1.1, with what this program can */
	enum mdoc_curve curve;     /* of EDeviceKey */
	const struct mdoc_retrieval *retrievals;
	size_t retrieval_count;
	bool nfc;                      /* handed over by NFC, not as a QR code */
	struct mdoc_bytes nfc_request; /* the reader's Handover Request, checked; none: static handover */
};

struct engagement {
	struct mdoc_agreement own;  /* over a key of this session alone */
	struct mdoc_buf bytes;      /* DeviceEngagement, bare */
	char *text;                 /* "mdoc:…" */
	struct mdoc_buf nfc_select; /* Handover Select; empty: by QR code */
	struct mdoc_bytes nfc_request;
};

/* EXIT_STATUS_INPUT: what the spec has does not go together; EXIT_STATUS_TROUBLE (said). Clear in any case. */
enum exit_status engagement_make(const struct engagement_spec *spec, struct engagement *engagement);
void engagement_clear(struct engagement *engagement); /* wipes the key */

/* ---- The session ---- */

/*
 * Answer a DeviceRequest: append a DeviceResponse.
 *
 * EXIT_STATUS_OK: sent as it is. All others end the session with status 20 and are its result: NO, said: it is refused;
 * TROUBLE, said. EXIT_STATUS_INPUT is said, too, and what was appended is sent with the status.
 */
typedef enum exit_status (
	*session_answer)(void *arg, struct mdoc_bytes request, struct mdoc_bytes transcript, struct mdoc_buf *response);

struct session_spec {
	const struct engagement *engagement;
	session_answer answer;
	void *arg;
	unsigned long timeout; /* seconds for each message; 0: for ever */
	size_t transmissions;  /* requests that are answered in one session, at most */
	struct trace *trace;   /* NULL: none */
};

/* What became of it. */
struct session_result {
	size_t answered;      /* DeviceResponses that were sent */
	uint64_t sent_status; /* status that ended it from our side; 0: none */
	uint64_t peer_status; /* … from the reader's; 0: none */
};

/*
 * Run one session over a stream that has its peer. Whatever happens the peer is told by a status where it can be, and
 * the keys are wiped.
 *
 * EXIT_STATUS_OK       something was answered, and then the reader ended the session, closed, or said nothing more
 * EXIT_STATUS_NO       refused, or the reader ended it with a status before it was answered, or with another than 20
 * EXIT_STATUS_INPUT    the reader sent what is no message, cannot be decrypted, or is no request
 * EXIT_STATUS_TROUBLE  the stream ended or was silent too long; a signal; memory
 * All said.
 */
enum exit_status session_run(const struct session_spec *spec, struct stream *stream, struct session_result *result);

/* A session_answer over a presentation: each request is a transmission of its own, with consent and PIN. */
struct session_presenting {
	struct presentation *presentation;
	enum mdoc_edition edition;
	struct trace *trace;
	size_t transmissions; /* begun */
};
enum exit_status session_present(void *arg, struct mdoc_bytes request, struct mdoc_bytes transcript,
	struct mdoc_buf *response);

#endif
