/*
 * mdoc/status/envelope.h: the COSE_Sign1 around a list: who signed it, and what is inside. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_STATUS_ENVELOPE_H
#define MDOC_STATUS_ENVELOPE_H

#include "mdoc/cose/cose_internal.h"
#include <mdoc/x509.h>

struct mdoci_envelope {
	struct mdoc_cbor *scan, *content;
	struct mdoc_sign1 sign1;
	struct mdoc_bytes type;   /* typ (16) of the protected header; ptr NULL: none, or no text */
	struct mdoc_bytes signer; /* DER: the first certificate of x5chain */
	struct mdoc_node payload; /* root of the payload, one CBOR item */
};

/*
 * Parse one. Liberal: tag 18 or none, either inside tag 61 or not; x5chain of the protected header, else of
 * the unprotected one. On failure *envelope is empty.
 *
 * input  must outlive *envelope, which is freed with mdoci_envelope_clear()
 *
 * MDOC_ERR_MISSING: no x5chain, or no payload; the results of a COSE_Sign1 and of CBOR
 */
enum mdoc_result mdoci_envelope_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoci_envelope *envelope, struct mdoc_error *error);
void mdoci_envelope_clear(struct mdoci_envelope *envelope);

/* The signature, by the key of this certificate, which is `signer` decoded. */
enum mdoc_result mdoci_envelope_verify(const struct mdoc_context *context, const struct mdoci_envelope *envelope,
	const struct mdoc_cert *signer, struct mdoc_error *error);

/*
 * One result of mdoc_trust_judge()'s: its first error, or the revocation's.
 *
 * res           what mdoc_trust_judge() returned
 * crl_required  an undetermined revocation is an error, too
 */
enum mdoc_result mdoci_judged_result(const struct mdoc_judged *judged, enum mdoc_result res, bool crl_required,
	struct mdoc_error *error);

struct mdoci_envelope_form {
	bool tagged;            /* tag 18 */
	bool x5chain_protected; /* else in the unprotected header */
	const char *type;       /* typ (16); NULL: none */
};

/* Sign and write one; nothing is appended unless MDOC_OK. MDOC_ERR_ARG: no certificate or signer. */
enum mdoc_result mdoci_envelope_put(struct mdoc_buf *buf, const struct mdoci_envelope_form *form,
	const struct mdoc_signer *signer, const struct mdoc_bytes *x5chain, size_t count, struct mdoc_bytes payload);

#endif
