/*
 * tokens/tpm/sealed.h: small secrets that a TPM keeps (keyedhash objects under the SRK), inside a job.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_SEALED_H
#define TOKENS_TPM_SEALED_H

#include "tokens/tpm/device.h"

/* Seal: at most 128 bytes. fixedTPM and fixedParent are set in any case. policy: size 0 for none. */
TSS2_RC tpm_seal_new(struct tpm *tpm, TPMA_OBJECT attributes, const TPM2B_DIGEST *policy, struct secret auth,
	struct secret data, struct tpm_blob *blob);

/* by: an HMAC session with the object's value, or a policy session. The answer is encrypted. */
TSS2_RC tpm_unseal(struct tpm *tpm, const struct tpm_ref *object, struct tpm_auth by, struct secret *data);

/* The same object with another authValue: another private area. The old one stays good for its old value. */
TSS2_RC tpm_seal_change_auth(struct tpm *tpm, const struct tpm_ref *object, struct tpm_auth by, struct secret auth,
	TPM2B_PRIVATE *private_area);

#endif
