/*
 * tokens/tpm/policy.h: policies of TPM 2.0 (Part 3, 23), once as digests that we compute and once as commands that
 * satisfy them. All by SHA-256 and with an empty policyRef.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_POLICY_H
#define TOKENS_TPM_POLICY_H

#include "tokens/tpm/device.h"

#define TPM_POLICY_LEN 32

/* The policy of a session that has just been started. */
#define TPM_POLICY_EMPTY ((TPM2B_DIGEST){ .size = TPM_POLICY_LEN })

/* Extend a digest as the command of that name does. The last two start anew, whatever the digest was. */
enum token_result tpm_policy_secret(const struct seal_ctx *seal, const TPM2B_NAME *entity, TPM2B_DIGEST *digest);
enum token_result tpm_policy_code(const struct seal_ctx *seal, TPM2_CC code, TPM2B_DIGEST *digest);
enum token_result tpm_policy_or(const struct seal_ctx *seal, const TPML_DIGEST *branches, TPM2B_DIGEST *digest);
enum token_result tpm_policy_authorize(const struct seal_ctx *seal, const TPM2B_NAME *key, TPM2B_DIGEST *digest);

/*
 * The same in a policy session of the TPM.
 *
 * tpm_satisfy_secret()      auth is the authValue of the entity: proved over the kept HMAC session, never sent
 * tpm_satisfy_authorized()  ticket: of a signature of the key over the policy that the session has now
 */
TSS2_RC tpm_satisfy_secret(struct tpm *tpm, struct tpm_session *policy, const struct tpm_ref *entity,
	struct secret auth);
TSS2_RC tpm_satisfy_code(struct tpm *tpm, struct tpm_session *policy, TPM2_CC code);
TSS2_RC tpm_satisfy_or(struct tpm *tpm, struct tpm_session *policy, const TPML_DIGEST *branches);
TSS2_RC tpm_satisfy_authorized(struct tpm *tpm, struct tpm_session *policy, const TPM2B_DIGEST *approved,
	const TPM2B_NAME *key, const TPMT_TK_VERIFIED *ticket);

#endif
