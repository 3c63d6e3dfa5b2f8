/*
 * tokens/tpm/key.h: private keys that a TPM has made or has taken over.
 *
 * Such a key is a child of the storage root key and lies in the store as the TPM has wrapped it. Its policy is the
 * area's (guard.h), so that nothing but the PIN, which the TPM checks, opens it; its authorisation value is empty and
 * good for nothing but certifying it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_KEY_H
#define TOKENS_TPM_KEY_H

#include "tokens/key.h"
#include "tokens/tpm/device.h"
#include "tokens/tpm/guard.h"

/* Where the private half comes from. */
enum tpm_key_origin {
	TPM_KEY_MADE,    /* the TPM has made it and it can never leave: fixedTPM, fixedParent, sensitiveDataOrigin */
	TPM_KEY_IMPORTED /* somebody else has had it */
};

/* The public area of a key on this curve, without its point. TOKEN_ERR_CURVE: none of P-256, P-384, P-521. */
enum token_result tpm_key_template(enum token_curve curve, enum tpm_key_origin origin, const TPM2B_DIGEST *policy,
	TPMT_PUBLIC *area);

/* The bytes for the store (blob.h), in the arena. */
enum token_result tpm_key_pack(const struct tpm_blob *blob, struct secret *value);

/*
 * Read such bytes. What is public has to be of a key on this curve with this policy, in all that it says; whether the
 * private part is whole only the TPM can tell.
 *
 * blob       with its Name
 * point      the public key, TOKEN_POINT_MAX bytes of room
 *
 * TOKEN_ERR_CURVE    as above
 * TOKEN_ERR_NEWER    of another version
 * TOKEN_ERR_DAMAGED  anything else; nothing is to be used of what came out
 */
enum token_result tpm_key_unpack(const struct seal_ctx *seal, enum token_curve curve, const TPM2B_DIGEST *policy,
	const uint8_t *value, size_t len, struct tpm_blob *blob, uint8_t *point, size_t *point_len);

/* The blob of a key of a tpm_keymaker, borrowed; NULL: it is another's. */
const struct tpm_blob *tpm_key_blob(const struct token_key *key);

#endif
