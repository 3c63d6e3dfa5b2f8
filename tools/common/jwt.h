/*
 * jwt.h: JWK (RFC 7517, 8037) on the curves that have a name there, and compact JWS (RFC 7515) with ES256, ES384,
 * ES512 and EdDSA (also as Ed25519 and Ed448, RFC 9864).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_JWT_H
#define TOOLS_JWT_H

#include <jansson.h>
#include <mdoc/cose.h>

/* New {"kty":"EC","crv":…,"x":…,"y":…} or {"kty":"OKP","crv":…,"x":…}; NULL: memory or a curve without a name. */
json_t *jwk_from_key(const struct mdoc_public_key *key);

/* MDOC_ERR_KEY: no such key, coordinates of the wrong length or off the curve; a private
 * member "d" is refused. */
enum mdoc_result jwk_to_key(const struct mdoc_context *context, const json_t *jwk, struct mdoc_public_key *key);

/*
 * Compact JWS. The alg member of `header` is set here to the signer's.
 * header, claims  borrowed; header is changed
 * jws             appended to
 * MDOC_ERR_CALLBACK: the signer failed. MDOC_ERR_ALGORITHM, MDOC_ERR_MEMORY.
 */
enum mdoc_result jwt_sign(json_t *header, const json_t *claims, const struct mdoc_signer *signer, struct mdoc_buf *jws);

/* A compact JWS taken apart, nothing verified. */
struct jwt {
	json_t *header;
	json_t *claims;
	struct mdoc_bytes signing_input; /* borrowed from the text */
	uint8_t signature[MDOC_SIG_MAX];
	size_t signature_len;
	enum mdoc_alg alg;
};

/* MDOC_ERR_MALFORMED, MDOC_ERR_ALGORITHM (none of those above), MDOC_ERR_MEMORY. */
enum mdoc_result jwt_parse(struct mdoc_bytes text, struct jwt *jwt);
/* MDOC_ERR_SIGNATURE, MDOC_ERR_ALGORITHM (not the key's, or a "crit" header), MDOC_ERR_MEMORY. */
enum mdoc_result jwt_verify(const struct mdoc_context *context, const struct jwt *jwt,
	const struct mdoc_public_key *key);
void jwt_clear(struct jwt *jwt);

#endif
