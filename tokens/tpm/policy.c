/*
 * tokens/tpm/policy.c: a policy digest is a hash chain over command codes and their parameters.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/policy.h"

#include <string.h>

#define BRANCHES_MAX 8 /* TPM 2.0 part 2: TPML_DIGEST of PolicyOR */

struct input {
	uint8_t bytes[TPM_POLICY_LEN + sizeof(TPM2_CC) + BRANCHES_MAX * TPM_POLICY_LEN];
	size_t len;
};
_Static_assert(sizeof(TPMU_NAME) <= BRANCHES_MAX * TPM_POLICY_LEN, "a Name fits as well");

static void
put(struct input *in, const void *bytes, size_t len)
{
	memcpy(in->bytes + in->len, bytes, len);
	in->len += len;
}

static void
put_code(struct input *in, TPM2_CC code)
{
	const uint8_t bytes[] = { (uint8_t)(code >> 24), (uint8_t)(code >> 16), (uint8_t)(code >> 8), (uint8_t)code };

	put(in, bytes, sizeof(bytes));
}

static enum token_result
finish(const struct seal_ctx *seal, const struct input *in, TPM2B_DIGEST *digest)
{
	digest->size = TPM_POLICY_LEN;
	return seal_sha256(seal, in->bytes, in->len, digest->buffer);
}

/* PolicyUpdate() of part 3 with a Name and an empty policyRef: two hashes. */
static enum token_result
extend_name(const struct seal_ctx *seal, TPM2_CC code, const TPM2B_NAME *name, TPM2B_DIGEST *digest)
{
	struct input in = { .len = 0 };
	enum token_result res;

	if (digest->size != TPM_POLICY_LEN || name->size > sizeof(name->name))
		return TOKEN_ERR_ARG;
	put(&in, digest->buffer, TPM_POLICY_LEN);
	put_code(&in, code);
	put(&in, name->name, name->size);
	res = finish(seal, &in, digest);
	if (res != TOKEN_OK)
		return res;
	in.len = 0;
	put(&in, digest->buffer, TPM_POLICY_LEN);
	return finish(seal, &in, digest);
}

enum token_result
tpm_policy_secret(const struct seal_ctx *seal, const TPM2B_NAME *entity, TPM2B_DIGEST *digest)
{
	return extend_name(seal, TPM2_CC_PolicySecret, entity, digest);
}

enum token_result
tpm_policy_authorize(const struct seal_ctx *seal, const TPM2B_NAME *key, TPM2B_DIGEST *digest)
{
	*digest = TPM_POLICY_EMPTY;
	return extend_name(seal, TPM2_CC_PolicyAuthorize, key, digest);
}

enum token_result
tpm_policy_code(const struct seal_ctx *seal, TPM2_CC code, TPM2B_DIGEST *digest)
{
	struct input in = { .len = 0 };

	if (digest->size != TPM_POLICY_LEN)
		return TOKEN_ERR_ARG;
	put(&in, digest->buffer, TPM_POLICY_LEN);
	put_code(&in, TPM2_CC_PolicyCommandCode);
	put_code(&in, code);
	return finish(seal, &in, digest);
}

enum token_result
tpm_policy_or(const struct seal_ctx *seal, const TPML_DIGEST *branches, TPM2B_DIGEST *digest)
{
	struct input in = { .len = TPM_POLICY_LEN };

	if (branches->count < 2 || branches->count > BRANCHES_MAX)
		return TOKEN_ERR_ARG;
	put_code(&in, TPM2_CC_PolicyOR);
	for (UINT32 i = 0; i < branches->count; i++) {
		if (branches->digests[i].size != TPM_POLICY_LEN)
			return TOKEN_ERR_ARG;
		put(&in, branches->digests[i].buffer, TPM_POLICY_LEN);
	}
	return finish(seal, &in, digest);
}

/* ---- In the TPM ----------------------------------------------------------------------- */

/* A policy command that nothing has to be authorised for. */
static TSS2_RC
execute_plain(struct tpm *tpm, const struct tpm_session *policy)
{
	const struct tpm_ref session = tpm_permanent(tpm_session_handle(policy));
	const struct tpm_ref *const refs[] = { &session };

	return tpm_execute(tpm, refs, 1, NULL, 0);
}

TSS2_RC
tpm_satisfy_secret(struct tpm *tpm, struct tpm_session *policy, const struct tpm_ref *entity, struct secret auth)
{
	const struct tpm_ref session = tpm_permanent(tpm_session_handle(policy));
	const struct tpm_ref *const refs[] = { entity, &session };
	struct tpm_auth by = { .value = auth };
	TSS2_RC rc;

	rc = tpm_hmac_session(tpm, &by.session);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Tss2_Sys_PolicySecret_Prepare(tpm_sys(tpm), entity->handle, session.handle, NULL, NULL, NULL, 0);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	return tpm_execute(tpm, refs, 2, &by, 1);
}

TSS2_RC
tpm_satisfy_code(struct tpm *tpm, struct tpm_session *policy, TPM2_CC code)
{
	TSS2_RC rc = Tss2_Sys_PolicyCommandCode_Prepare(tpm_sys(tpm), tpm_session_handle(policy), code);

	return rc != TSS2_RC_SUCCESS ? rc : execute_plain(tpm, policy);
}

TSS2_RC
tpm_satisfy_or(struct tpm *tpm, struct tpm_session *policy, const TPML_DIGEST *branches)
{
	TSS2_RC rc = Tss2_Sys_PolicyOR_Prepare(tpm_sys(tpm), tpm_session_handle(policy), branches);

	return rc != TSS2_RC_SUCCESS ? rc : execute_plain(tpm, policy);
}

TSS2_RC
tpm_satisfy_authorized(struct tpm *tpm, struct tpm_session *policy, const TPM2B_DIGEST *approved, const TPM2B_NAME *key,
	const TPMT_TK_VERIFIED *ticket)
{
	TSS2_RC rc =
		Tss2_Sys_PolicyAuthorize_Prepare(tpm_sys(tpm), tpm_session_handle(policy), approved, NULL, key, ticket);

	return rc != TSS2_RC_SUCCESS ? rc : execute_plain(tpm, policy);
}
