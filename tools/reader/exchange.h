/*
 * exchange.h: one session of a reader with an mdoc over a stream (ISO/IEC 18013-5, 9.1.1; R-VX-01 to R-VX-05): a
 * request goes out encrypted, a response comes back encrypted, and is judged. Nothing ever travels in the clear but
 * the reader's ephemeral key and the status codes of the standard.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_EXCHANGE_H
#define READER_EXCHANGE_H

#include "tools/common/stream.h"
#include "tools/common/trace.h"
#include "tools/reader/asking.h"
#include "tools/reader/judge.h"

/* What is the same for many sessions. All borrowed. */
struct exchange {
	struct asking *asking;
	struct judge *judge;
	struct trace *trace;    /* NULL: none */
	unsigned long timeout;  /* seconds for a message to go out, whole; 0: no limit */
	unsigned long patience; /* … and for the response to be there, with the holder's consent and PIN before it */
};

/* How the two found each other. Borrowed. */
struct exchange_handover {
	struct mdoc_bytes engagement;  /* DeviceEngagement, bare or with tag 24 */
	struct mdoc_bytes nfc_select;  /* Handover Select message; none: by QR code */
	struct mdoc_bytes nfc_request; /* Handover Request message; none: static handover */
};

/* What came of it. Zeroed before, exchanged_clear() after, in any case. */
struct exchanged {
	struct mdoc_buf transcript, request, response; /* bare */
	struct mdoc_request *asked;                    /* the request as a holder reads it */
	struct judged judged;                          /* verdict NULL: it did not come to that */
	uint64_t peer_status; /* with which the holder's program ended it; MDOC_SESSION_NO_STATUS: it did not */
};

/*
 * Hold one session. Whatever happens, the keys are wiped, and a holder who can still be told is told with a status: 10
 * for what could not be decrypted, 11 for what is no message, else 20.
 *
 * EXIT_STATUS_OK       there is a verdict, good or bad
 * EXIT_STATUS_NO       the holder's program ended the session without a response
 * EXIT_STATUS_INPUT    what came is no message of this session, or the engagement is none
 * EXIT_STATUS_TROUBLE  the stream, the time, a signal, memory, the reader's key
 * All but the first are said.
 */
enum exit_status exchange_run(const struct exchange *exchange, struct stream *stream,
	const struct exchange_handover *handover, struct exchanged *out);

void exchanged_clear(struct exchanged *out);

/* "encryption error" for 10 and so on, translated; for any other number that it is none of the standard's. */
const char *exchange_status_text(uint64_t status);

#endif
