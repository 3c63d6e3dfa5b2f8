/*
 * tokens/tpm/attest_priv.h: the parts of a TPM's attestation, for attest*.c.
 *
 * The attestation key (AK) is a restricted signing key under the storage root key: it signs nothing but what the TPM
 * itself says. The endorsement key (EK) is the one that the maker of the TPM has certified; it is made anew from its
 * template when it is needed and never kept.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_ATTEST_PRIV_H
#define TOKENS_TPM_ATTEST_PRIV_H

#include "tokens/tpm/attest_cbor.h"
#include "tokens/tpm/device.h"
#include "tokens/tpm/guard.h"

/* ---- attest_ak.c ------------------------------------------------------------------------ */

/* In a job: a new one. */
enum token_result ak_create(struct tpm *tpm, struct tpm_blob *ak);

/* For the store, and from it: TOKEN_ERR_DAMAGED. */
enum token_result ak_pack(const struct tpm_blob *ak, struct backend_bytes *bytes);
enum token_result ak_unpack(const struct seal_ctx *seal, const struct backend_bytes *bytes, struct tpm_blob *ak);

/* Is this a certificate of the AK, and nothing after it? */
bool ak_is_certificate(const struct seal_ctx *seal, const struct tpm_blob *ak, const uint8_t *der, size_t len);

/* ---- attest_ek.c ------------------------------------------------------------------------ */

#define EK_CERTIFICATE_MAX 4096

struct ek_template;

struct ek {
	const struct ek_template *template;
	struct tpm_ref object; /* loaded, until ek_clear() */
	TPMT_PUBLIC area;
	struct backend_bytes certificate; /* ptr NULL: the TPM has none for it */
};

/*
 * In a job: the first of the TCG's templates for whose key the TPM holds a certificate; where there is none at all, the
 * first that it can make. TOKEN_ERR_OWNER_AUTH: the endorsement hierarchy has an authorisation.
 */
enum token_result ek_make(struct tpm *tpm, struct ek *ek);
void ek_clear(struct tpm *tpm, struct ek *ek);

/* In a job: only the certificate, when there is one. */
enum token_result ek_certificate(struct tpm *tpm, struct backend_bytes *certificate);

/* In a job: what the challenge holds for this EK and this AK. TOKEN_ERR_ARG: it is for others. */
enum token_result ek_activate(struct tpm *tpm, const struct ek *ek, const struct tpm_ref *ak,
	const struct challenge *challenge, TPM2B_DIGEST *credential);

/* ---- attest_evidence.c ------------------------------------------------------------------ */

enum token_result evidence_make(struct backend_area *area, const struct tpm_blob *ak,
	const struct backend_bytes *certificate, struct token_key *const *keys, size_t count, const uint8_t *nonce,
	size_t nonce_len, struct backend_bytes *evidence);

#endif
