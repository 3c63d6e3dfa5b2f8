/*
 * enrolment.h: the three messages by which a TPM's attestation key becomes known to an issuer (CBOR maps):
 *
 *   enrolment  {"type": "mdoc-tpm-enrolment", "ver": 1, "serial": text, "ekPub": TPMT_PUBLIC,
 *               ? "ekCert": DER, "akPub": TPMT_PUBLIC}
 *   challenge  {"type": "mdoc-tpm-challenge", "ver": 1, "id": bytes, "credentialBlob": content of TPM2B_ID_OBJECT,
 *               "secret": content of TPM2B_ENCRYPTED_SECRET}
 *   answer     {"type": "mdoc-tpm-answer", "ver": 1, "id": bytes, "credential": bytes}
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_ENROLMENT_H
#define ISSUER_ENROLMENT_H

#include <mdoc/cbor.h>
#include "tools/issuer/credential.h"

#define ENROLMENT_BYTES_MAX ((size_t)64 * 1024)
#define ENROLMENT_SERIAL_MAX 64 /* bytes of a token's serial number */
#define CHALLENGE_ID_LEN 16

enum message_result {
	MESSAGE_OK,
	MESSAGE_MEMORY,
	MESSAGE_CBOR,     /* not one item of well-formed CBOR, or too long */
	MESSAGE_OTHER,    /* another message, or another version of it */
	MESSAGE_STRUCTURE /* a member is missing, unknown, or of another type or length */
};

/* Borrowed from the scan; enrolment_clear(). */
struct enrolment {
	struct mdoc_cbor *scan;
	char serial[ENROLMENT_SERIAL_MAX + 1];    /* printable ASCII */
	struct mdoc_bytes ek, ek_certificate, ak; /* ek_certificate.ptr NULL: none */
};

/* input must outlive *out; enrolment_clear() on every result. */
enum message_result enrolment_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct enrolment *out);
void enrolment_clear(struct enrolment *enrolment);

/* Appended to out, whose error sticks. */
void challenge_put(struct mdoc_buf *out, const uint8_t id[CHALLENGE_ID_LEN], struct mdoc_bytes blob,
	struct mdoc_bytes seed);

struct answer {
	uint8_t id[CHALLENGE_ID_LEN];
	uint8_t credential[CREDENTIAL_LEN]; /* a secret: wiped by the caller */
};

enum message_result answer_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct answer *out);

/* Untranslated N_() text; never NULL. */
const char *message_sentence(enum message_result result);

#endif
