/*
 * jwe.h: compact JWE (RFC 7516) for all programs, as OpenID4VP 1.0, 8.3 encrypts a response: ECDH-ES to a key of
 * the recipient (RFC 7518, 4.6) with A128GCM or A256GCM (5.3), on the curves that have a JWK and agree: P-256,
 * P-384, P-521, X25519, X448. Every other alg or enc, "zip" and "crit" are refused.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_JWE_H
#define TOOLS_JWE_H

#include <mdoc/cose.h>

enum jwe_enc { JWE_A128GCM, JWE_A256GCM };

#define JWE_KEY_MAX 32 /* bytes of a content encryption key */

/* "A128GCM"; never NULL for the two. */
const char *jwe_enc_name(enum jwe_enc enc);
/* False: another one. */
bool jwe_enc_from_name(const char *name, enum jwe_enc *enc);

/* The header of a JWE, as it stands there. */
struct jwe_header {
	enum jwe_enc enc;
	struct mdoc_public_key epk; /* the sender's, on its curve */
	char *kid;                  /* free() by jwe_header_clear(); NULL: none */
	struct mdoc_buf apu, apv;
};

/*
 * Read the header alone, to find the key. Nothing of it is authenticated yet.
 *
 * MDOC_ERR_MALFORMED  not five parts, an encrypted key, no JSON object, a member of the wrong type
 * MDOC_ERR_ALGORITHM  another alg or enc; zip; crit
 * MDOC_ERR_KEY        no epk, not a public key, not on its curve
 * MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 *
 * Clear with jwe_header_clear() in any case.
 */
enum mdoc_result jwe_header_read(const struct mdoc_context *context, struct mdoc_bytes jwe, struct jwe_header *header);
void jwe_header_clear(struct jwe_header *header);

/*
 * The content encryption key on which two parties agree: Concat KDF (NIST SP 800-56A) over SHA-256 with the name
 * of enc, apu and apv (RFC 7518, 4.6.2). The caller wipes it.
 *
 * len  16 or 32
 *
 * MDOC_ERR_KEY, MDOC_ERR_CALLBACK: as mdoc_agree(); MDOC_ERR_SIZE: apu or apv; MDOC_ERR_CRYPTO
 */
enum mdoc_result jwe_content_key(const struct mdoc_context *context, const struct mdoc_agreement *own,
	const struct mdoc_public_key *peer, enum jwe_enc enc, struct mdoc_bytes apu, struct mdoc_bytes apv,
	uint8_t key[JWE_KEY_MAX], size_t *len);

/*
 * Encrypt to a recipient, with an ephemeral key that is made and forgotten here.
 *
 * kid       of the recipient's key; NULL: none
 * apu, apv  empty: not in the header
 * jwe       appended to, nothing unless MDOC_OK
 *
 * MDOC_ERR_KEY: a key that agrees on nothing or has no JWK; MDOC_ERR_SIZE, MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result jwe_encrypt(const struct mdoc_context *context, struct mdoc_bytes plain, enum jwe_enc enc,
	const char *kid, struct mdoc_bytes apu, struct mdoc_bytes apv, const struct mdoc_public_key *recipient,
	struct mdoc_buf *jwe);

/*
 * Decrypt with the recipient's key.
 *
 * plain  appended to, nothing unless MDOC_OK; the caller clears it, which wipes it
 *
 * MDOC_ERR_SIGNATURE  the tag is not right: another key, or something was changed
 * those of jwe_header_read(), jwe_content_key(); MDOC_ERR_MALFORMED: IV or tag of another length
 */
enum mdoc_result jwe_decrypt(const struct mdoc_context *context, struct mdoc_bytes jwe,
	const struct mdoc_agreement *key, struct mdoc_buf *plain);

#endif
