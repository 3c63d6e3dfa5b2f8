/*
 * tokens/tpm/kdf.h: the key derivations of TPM 2.0 (Library specification, part 1), with SHA-256, and secrets for a
 * TPM's storage key: a session's salt, the seed of an import.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_KDF_H
#define TOKENS_TPM_KDF_H

#include <stddef.h>
#include <tss2/tss2_tpm2_types.h>

#include "tokens/arena.h"
#include "tokens/result.h"
#include "tokens/seal.h"

/* Public bytes, borrowed. */
struct tpm_bytes {
	const void *ptr;
	size_t len;
};

/*
 * KDFa (11.4.10.2): len bytes from a key, a label and two contexts (ptr NULL where there is none).
 *
 * TOKEN_ERR_ARG  an empty key, or more than 64 bytes
 */
enum token_result tpm_kdfa(const struct seal_ctx *seal, struct secret key, const char *label, struct tpm_bytes u,
	struct tpm_bytes v, size_t len, struct secret *out);

/* KDFe (11.4.10.3): the same from a shared point's x coordinate, and the x coordinates of both parties' keys. */
enum token_result tpm_kdfe(const struct seal_ctx *seal, struct secret z, const char *label, struct tpm_bytes u,
	struct tpm_bytes v, size_t len, struct secret *out);

/*
 * A seed that only the TPM with this key can get (C.6.1): 32 bytes by ECDH with an ephemeral key.
 *
 * to     public area of a P-256 key
 * label  what for: "SECRET" (a session's salt), "DUPLICATE" (an import)
 * sent   what the TPM gets
 *
 * TOKEN_ERR_CURVE   another kind of key, or no point of the curve
 */
enum token_result tpm_seed(const struct seal_ctx *seal, const TPMT_PUBLIC *to, const char *label,
	TPM2B_ENCRYPTED_SECRET *sent, struct secret *seed);

#endif
