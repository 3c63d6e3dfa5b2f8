/*
 * key_attestation.h: a proof of type "attestation" of an OpenID4VCI 1.0 Credential Request (appendices D.1 and F.3): one
 * JWT of type key-attestation+jwt, signed by the first of the keys that it attests, with the evidence of the holder's TPM
 * for all of them in the private claim KEY_ATTESTATION_CLAIM. What counts is the evidence; the claims key_storage and
 * user_authentication, by which somebody might rate himself, are not looked at.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_KEY_ATTESTATION_H
#define ISSUER_KEY_ATTESTATION_H

#include "tools/issuer/evidence.h"
#include "tools/issuer/proof.h"

#define KEY_ATTESTATION_TYPE "key-attestation+jwt"
#define KEY_ATTESTATION_CLAIM "mdoc_tpm_evidence" /* base64url of the CBOR; its nonce is the text of the JWT's */
#define KEY_ATTESTATION_MAX ((size_t)4 * 1024 * 1024)

/* Why the evidence was refused, and of which key it was said. */
struct key_attestation_fault {
	enum evidence_result evidence;
	struct evidence_place place;
};

/*
 * Check the array proofs.attestation.
 *
 * rules     its nonce is not looked at: it is the JWT's own
 * out       proofs_clear(), on every result
 * evidence  evidence_clear(), on every result
 * fault     filled in with PROOF_EVIDENCE
 */
enum proof_result key_attestation_check(const struct mdoc_context *context, const json_t *jwts,
	const struct evidence_rules *rules, struct proofs *out, struct evidence *evidence,
	struct key_attestation_fault *fault);

#endif
