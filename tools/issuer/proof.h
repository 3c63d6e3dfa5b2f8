/*
 * proof.h: the proofs of possession of an OpenID4VCI 1.0 Credential Request (appendix F.1,
 * proof type "jwt"), one for each device key. The other type is in key_attestation.h.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_PROOF_H
#define ISSUER_PROOF_H

#include <jansson.h>
#include <mdoc/cose.h>
#include "tools/common/context.h"
#include "tools/common/jwt.h"

#define PROOF_TYPE "openid4vci-proof+jwt"
#define PROOF_AGE_MAX 600 /* seconds that iat may differ from now, either way */
/* Bytes of one: with a key attestation of 1000 keys in its header, twice in base64. The server bounds the sum. */
#define PROOF_JWT_MAX ((size_t)512 * 1024)

enum proof_result {
	PROOF_OK,
	PROOF_COUNT,     /* none, or more than the issuer gives at once */
	PROOF_MALFORMED, /* no compact JWS of JSON objects */
	PROOF_TYP,       /* header typ is another, or there is a critical extension */
	PROOF_ALGORITHM, /* not ES256, ES384, ES512, or not that of the key's curve */
	PROOF_KEY,       /* no single public EC key in jwk, or not on its curve (R-ENR-01) */
	PROOF_SIGNATURE,
	PROOF_AUDIENCE,
	PROOF_TIME,      /* iat is missing or too far from now */
	PROOF_NONCE,     /* missing, or not the same in all proofs */
	PROOF_DUPLICATE, /* a key that stands in an earlier proof of the request */
	/* of a proof of type "attestation" */
	PROOF_ONE_ATTESTATION, /* not exactly one */
	PROOF_EXPIRED,         /* exp is missing or has passed */
	PROOF_ATTESTED_KEYS,   /* attested_keys are not those of the evidence, or the first did not sign */
	PROOF_NO_EVIDENCE,     /* without KEY_ATTESTATION_CLAIM */
	PROOF_EVIDENCE,        /* evidence_sentence() says why */
	/* of what a token attests of itself */
	PROOF_DEVICE,     /* the claim about the device is not as it should be */
	PROOF_OTHER_KEYS, /* the keys of the proofs are not those that are attested */
	PROOF_MEMORY
};

struct proof_rules {
	const char *audience; /* the issuer's identifier */
	int64_t now;
	size_t count_max;
};

struct proof_key {
	struct mdoc_public_key key;
	char thumbprint[THUMBPRINT_TEXT + 1]; /* RFC 7638, base64url */
};

struct proofs {
	struct proof_key *keys;
	size_t count;
	char *nonce; /* the one nonce of all of them; whether it was offered is the register's to say */
};

/*
 * Check the array proofs.jwt.
 * out   proofs_clear(), on every result
 * bad   index of the proof that failed
 */
enum proof_result proofs_check(const struct mdoc_context *context, const json_t *jwts, const struct proof_rules *rules,
	struct proofs *out, size_t *bad);
void proofs_clear(struct proofs *proofs);

/* Parts of either type: the header of a JWT of this type, with the one public key that it names; and one more key
 * (room for it is the caller's), which must be new. */
enum proof_result proof_check_header(const struct mdoc_context *context, const struct jwt *jwt, const char *type,
	struct mdoc_public_key *key);
enum proof_result proof_add_key(const struct mdoc_context *context, const struct mdoc_public_key *key,
	struct proofs *out);

/* Untranslated N_() text; never NULL. */
const char *proof_sentence(enum proof_result result);

#endif
