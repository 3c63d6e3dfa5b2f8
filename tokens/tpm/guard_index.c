/*
 * tokens/tpm/guard_index.c: NV indices as the owner defines and undefines them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/guard_priv.h"

#include <string.h>

#include "tokens/tpm/nv.h"
#include "tokens/tpm/policy.h"

#define HANDLE_FIRST 0x01800000 /* to 0x01BFFFFF: of the owner (TCG registry of reserved TPM 2.0 handles) */
#define HANDLE_BITS 0x003FFFFF

/* Nobody writes it but by its policy: not the owner, and not who knows the PIN (both would be a takeover). */
#define PIN_ATTRIBUTES \
	(TPMA_NV_POLICYWRITE | TPMA_NV_POLICYREAD | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA | \
		((TPMA_NV)TPM2_NT_PIN_FAIL << TPMA_NV_TPM2_NT_SHIFT) | TPMA_NV_WRITTEN)
#define COUNTER_ATTRIBUTES \
	(TPMA_NV_AUTHWRITE | TPMA_NV_AUTHREAD | TPMA_NV_NO_DA | ((TPMA_NV)TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT) | \
		TPMA_NV_WRITTEN)

enum token_result
guard_owner_result(TSS2_RC rc)
{
	enum token_result res;

	if (rc == TSS2_RC_SUCCESS)
		return TOKEN_OK;
	if (rc == TPM2_RC_NV_DEFINED)
		return TOKEN_ERR_EXISTS;
	res = tpm_result(rc);
	return res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED ? TOKEN_ERR_OWNER_AUTH : res;
}

enum token_result
guard_random_handle(const struct seal_ctx *seal, uint64_t *handle)
{
	uint32_t number = 0;
	enum token_result res = seal_random(seal, &number, sizeof(number));

	*handle = HANDLE_FIRST + (number & HANDLE_BITS);
	return res;
}

static enum token_result
fill(const struct seal_ctx *seal, uint64_t handle, TPMA_NV attributes, uint16_t size, TPMS_NV_PUBLIC *index,
	TPM2B_NAME *name)
{
	if (handle < HANDLE_FIRST || handle > HANDLE_FIRST + HANDLE_BITS)
		return TOKEN_ERR_DAMAGED;
	index->nvIndex = (TPM2_HANDLE)handle;
	index->nameAlg = TPM2_ALG_SHA256;
	index->attributes = attributes;
	index->dataSize = size;
	return tpm_nv_name(seal, index, name) == TSS2_RC_SUCCESS ? TOKEN_OK : TOKEN_ERR_CRYPTO;
}

enum token_result
guard_pin_index(const struct seal_ctx *seal, uint64_t handle, const TPML_DIGEST *branches, TPMS_NV_PUBLIC *index,
	TPM2B_NAME *name)
{
	enum token_result res;

	memset(index, 0, sizeof(*index));
	res = tpm_policy_or(seal, branches, &index->authPolicy);
	return res != TOKEN_OK ? res : fill(seal, handle, PIN_ATTRIBUTES, GUARD_PIN_WRITTEN, index, name);
}

enum token_result
guard_counter_index(const struct seal_ctx *seal, uint64_t handle, TPMS_NV_PUBLIC *index, TPM2B_NAME *name)
{
	memset(index, 0, sizeof(*index));
	return fill(seal, handle, COUNTER_ATTRIBUTES, GUARD_COUNTER_LEN, index, name);
}

/* What is at a handle, if anything. */
static enum token_result
look(struct tpm *tpm, TPM2_HANDLE handle, TPMS_NV_PUBLIC *index, TPM2B_NAME *name)
{
	TSS2_RC rc;

	memset(index, 0, sizeof(*index));
	rc = tpm_nv_public(tpm, handle, index);
	if (tpm_rc_is(rc, TPM2_RC_HANDLE))
		return TOKEN_ERR_INDEX_LOST;
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_nv_name(tpm_seal(tpm), index, name);
	return rc == TSS2_RC_SUCCESS ? TOKEN_OK : tpm_result(rc);
}

static bool
same_name(const TPM2B_NAME *a, const TPM2B_NAME *b)
{
	return a->size == b->size && memcmp(a->name, b->name, a->size) == 0;
}

enum token_result
guard_index_check(struct tpm *tpm, const TPMS_NV_PUBLIC *index, const TPM2B_NAME *name)
{
	TPMS_NV_PUBLIC there;
	TPM2B_NAME its = { 0 };
	enum token_result res;

	res = look(tpm, index->nvIndex, &there, &its);
	if (res != TOKEN_OK)
		return res;
	return same_name(&its, name) ? TOKEN_OK : TOKEN_ERR_INDEX_LOST;
}

static bool
same_but_written(const TPMS_NV_PUBLIC *a, const TPMS_NV_PUBLIC *b)
{
	return a->nameAlg == b->nameAlg && a->dataSize == b->dataSize &&
		(a->attributes | TPMA_NV_WRITTEN) == (b->attributes | TPMA_NV_WRITTEN) &&
		a->authPolicy.size == b->authPolicy.size &&
		memcmp(a->authPolicy.buffer, b->authPolicy.buffer, a->authPolicy.size) == 0;
}

enum token_result
guard_index_remove(struct tpm *tpm, const TPMS_NV_PUBLIC *only, TPM2_HANDLE handle)
{
	struct tpm_ref index = { .handle = handle };
	struct secret owner = SECRET_NONE;
	TPMS_NV_PUBLIC there;
	enum token_result res;

	res = look(tpm, handle, &there, &index.name);
	if (res != TOKEN_OK)
		return res == TOKEN_ERR_INDEX_LOST ? TOKEN_OK : res;
	if (only != NULL && !same_but_written(&there, only))
		return TOKEN_OK;
	res = tpm_owner_auth(tpm, &owner);
	if (res == TOKEN_OK)
		res = guard_owner_result(tpm_nv_undefine(tpm, owner, &index));
	secret_wipe(&owner);
	return res;
}

enum token_result
guard_index_define(struct tpm *tpm, const TPMS_NV_PUBLIC *index, struct secret auth, bool *sent)
{
	TPMS_NV_PUBLIC unwritten = *index;
	struct secret owner = SECRET_NONE;
	enum token_result res = TOKEN_OK;
	TSS2_RC rc;

	/* The line broke when the first was on its way: it may be there. */
	if (*sent)
		res = guard_index_remove(tpm, index, index->nvIndex);
	if (res == TOKEN_OK)
		res = tpm_owner_auth(tpm, &owner);
	if (res != TOKEN_OK)
		goto out;
	unwritten.attributes &= ~(TPMA_NV)TPMA_NV_WRITTEN;
	*sent = true;
	rc = tpm_nv_define(tpm, owner, &unwritten, auth);
	if (rc == TPM2_RC_NV_DEFINED)
		*sent = false;
	/* Format-one codes that say what a TPM without such a type of index would. */
	if (tpm_rc_is(rc, TPM2_RC_ATTRIBUTES) || tpm_rc_is(rc, TPM2_RC_VALUE) || tpm_rc_is(rc, TPM2_RC_TYPE) ||
		tpm_rc_is(rc, TPM2_RC_RESERVED_BITS))
		res = TOKEN_ERR_UNSUPPORTED;
	else
		res = guard_owner_result(rc);
out:
	secret_wipe(&owner);
	return res;
}
