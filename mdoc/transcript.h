/*
 * mdoc/transcript.h: SessionTranscript (ISO/IEC 18013-5, 9.1.5.1) with every handover that is in use.
 *
 * A transcript binds a response to one session. Both sides build it from what was exchanged, byte for byte, so
 * encoded parts go in as they are given.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TRANSCRIPT_H
#define MDOC_TRANSCRIPT_H

#include <mdoc/cbor.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mdoc_handover {
	/* ISO/IEC 18013-5: engagement, reader_key */
	MDOC_HANDOVER_QR,
	/* with nfc_select, and with nfc_request when the handover was negotiated */
	MDOC_HANDOVER_NFC,
	/* OpenID4VP 1.0, B.2.6.1, redirects and direct_post: client_id, nonce, response_uri, ? thumbprint */
	MDOC_HANDOVER_OPENID4VP,
	/* OpenID4VP 1.0, B.2.6.2, Digital Credentials API: origin, nonce, ? thumbprint */
	MDOC_HANDOVER_OPENID4VP_DCAPI,
	/* OpenID4VCI 1.1, interactive authorization: endpoint, nonce, ? thumbprint */
	MDOC_HANDOVER_OPENID4VCI_IAE,
	/* ISO/IEC TS 18013-7:2024 Annex B (OpenID4VP draft 18): client_id, response_uri, nonce, mdoc_nonce */
	MDOC_HANDOVER_ANNEX_B,
	/* its draft of 2023, which libraries still build: the same members, not hashed */
	MDOC_HANDOVER_ANNEX_B_2023,
	/* ISO/IEC TS 18013-7 Annex C, Digital Credentials API: encryption_info, origin */
	MDOC_HANDOVER_ANNEX_C,
	/* ISO/IEC TS 18013-7 Annex A (?): engagement, reader_key, reader_engagement. Rests on one implementation; other
	 * forms of it go as opaque handovers. */
	MDOC_HANDOVER_ANNEX_A,
	/* any other: handover, ? engagement, ? reader_key */
	MDOC_HANDOVER_OPAQUE,
	MDOC_HANDOVER_COUNT
};

#define MDOC_THUMBPRINT_SIZE 32

/* What goes into a transcript; which handover wants which members is said above, all others stay empty. */
struct mdoc_transcript_spec {
	enum mdoc_handover handover;
	/* Encoded items: bare, or with tag 24 as exchanged. */
	struct mdoc_bytes engagement;        /* DeviceEngagement */
	struct mdoc_bytes reader_key;        /* EReaderKey, a COSE_Key */
	struct mdoc_bytes reader_engagement; /* ReaderEngagement */
	struct mdoc_bytes opaque;            /* the encoded handover itself */
	/* NDEF messages */
	struct mdoc_bytes nfc_select;
	struct mdoc_bytes nfc_request;
	/* Texts */
	struct mdoc_bytes client_id; /* with its prefix: "x509_san_dns:reader.example" */
	struct mdoc_bytes origin;    /* without a prefix: "https://reader.example" */
	struct mdoc_bytes endpoint;  /* of interactive authorization */
	struct mdoc_bytes nonce;
	struct mdoc_bytes mdoc_nonce;      /* mdocGeneratedNonce */
	struct mdoc_bytes response_uri;    /* or the redirect_uri */
	struct mdoc_bytes encryption_info; /* base64url of EncryptionInfo, as in the request */
	/* RFC 7638 SHA-256 of the key to which the response is encrypted, MDOC_THUMBPRINT_SIZE bytes; none: it is not */
	struct mdoc_bytes thumbprint;
};

/*
 * Append a SessionTranscript, the bare array, to out.
 *
 * MDOC_ERR_ARG   a member that the handover wants is missing, or one is given that it has not; error->path names it
 * MDOC_ERR_TYPE  an encoded part of another kind
 * MDOC_ERR_UTF8, MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO, MDOC_ERR_BUFFER, those of mdoc_cbor_scan() for encoded parts
 */
enum mdoc_result mdoc_transcript_build(const struct mdoc_context *context, const struct mdoc_transcript_spec *spec,
	struct mdoc_buf *out, struct mdoc_error *error);

/* Append SessionTranscriptBytes, the form with tag 24, for a bare transcript. */
enum mdoc_result mdoc_transcript_tag(struct mdoc_bytes transcript, struct mdoc_buf *out);

/* The parts of a transcript, as received. */
struct mdoc_transcript_parts {
	struct mdoc_bytes transcript; /* the bare array */
	struct mdoc_bytes engagement; /* with tag 24; ptr NULL: nil */
	struct mdoc_bytes reader_key; /* with tag 24; ptr NULL: nil */
	struct mdoc_bytes handover;   /* encoded item */
};

/*
 * Take a SessionTranscript apart: bare or with tag 24, any handover.
 *
 * input   parts borrow it
 *
 * MDOC_ERR_TYPE  not an array of three of this kind
 * MDOC_ERR_MEMORY, those of mdoc_cbor_scan()
 */
enum mdoc_result mdoc_transcript_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_transcript_parts *parts, struct mdoc_error *error);

#ifdef __cplusplus
}
#endif
#endif
