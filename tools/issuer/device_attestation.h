/*
 * device_attestation.h: a key attestation that a token of ours makes of itself (OpenID4VCI 1.0, appendix D.1): signed by
 * the attestation key of the token's provisioner, it names the holder keys that it has and, in the private claim
 * DEVICE_CLAIM, what an issuer registers of the device. It proves no hardware and does not say that it does: "bound" is
 * the token's own word (R-KEY-02). What a TPM has signed is in key_attestation.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_DEVICE_ATTESTATION_H
#define ISSUER_DEVICE_ATTESTATION_H

#include "tools/issuer/key_attestation.h"

#define DEVICE_CLAIM "mdoc_pkcs11"
#define DEVICE_TLS_TEXT 43 /* base64url of SHA-256 */
#define DEVICE_WORD_MAX 64 /* characters of serial and backend */

/* What the token says of itself. */
struct device_claim {
	struct mdoc_public_key attestation; /* by which it is signed */
	struct mdoc_public_key response;    /* to which responses are sealed */
	char attestation_thumbprint[THUMBPRINT_TEXT + 1], response_thumbprint[THUMBPRINT_TEXT + 1];
	char *attestation_jwk, *response_jwk, *notice_jwk; /* JSON texts for the register */
	char tls[DEVICE_TLS_TEXT + 1];                     /* of the provisioner's TLS key's SubjectPublicKeyInfo */
	char serial[DEVICE_WORD_MAX + 1], backend[DEVICE_WORD_MAX + 1];
	bool bound; /* a copy of the token's files is of no use elsewhere */
};
void device_claim_clear(struct device_claim *claim);

/* Is this key attestation one of a token of ours? Nothing of it is verified. */
bool device_attestation_is(const char *jwt);

/*
 * Check one.
 *
 * jwt    compact JWS
 * rules  audience: compared when the JWT has one; count_max of the keys
 * keys   the attested ones, and the nonce; proofs_clear(), on every result
 * claim  device_claim_clear(), on every result
 *
 * The results of proofs_check(); PROOF_DEVICE: the private claim is not as it should be
 */
enum proof_result device_attestation_check(const struct mdoc_context *context, const char *jwt,
	const struct proof_rules *rules, struct proofs *keys, struct device_claim *claim);

#endif
