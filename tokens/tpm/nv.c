/*
 * tokens/tpm/nv.c: TPM 2.0 part 3, 31.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/nv.h"

#include <openssl/crypto.h>
#include <string.h>

#define BYTES_MAX 64

TSS2_RC
tpm_auth_value(struct secret auth, TPM2B_AUTH *value)
{
	memset(value, 0, sizeof(*value));
	if (auth.len > sizeof(value->buffer))
		return TSS2_SYS_RC_BAD_VALUE;
	if (auth.len > 0)
		memcpy(value->buffer, auth.ptr, auth.len);
	value->size = (UINT16)auth.len;
	return TSS2_RC_SUCCESS;
}

TSS2_RC
tpm_nv_define(struct tpm *tpm, struct secret owner, const TPMS_NV_PUBLIC *index, struct secret auth)
{
	const struct tpm_ref hierarchy = tpm_permanent(TPM2_RH_OWNER);
	const struct tpm_ref *const refs[] = { &hierarchy };
	const TPM2B_NV_PUBLIC area = { .nvPublic = *index };
	struct tpm_auth by = { .value = owner, .crypt = TPMA_SESSION_DECRYPT };
	TPM2B_AUTH value;
	TSS2_RC rc;

	rc = tpm_auth_value(auth, &value);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_hmac_session(tpm, &by.session);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = Tss2_Sys_NV_DefineSpace_Prepare(tpm_sys(tpm), hierarchy.handle, &value, &area);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_execute(tpm, refs, 1, &by, 1);
out:
	OPENSSL_cleanse(&value, sizeof(value));
	return rc;
}

TSS2_RC
tpm_nv_undefine(struct tpm *tpm, struct secret owner, const struct tpm_ref *index)
{
	const struct tpm_ref hierarchy = tpm_permanent(TPM2_RH_OWNER);
	const struct tpm_ref *const refs[] = { &hierarchy, index };
	struct tpm_auth by = { .value = owner };
	TSS2_RC rc;

	rc = tpm_hmac_session(tpm, &by.session);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Tss2_Sys_NV_UndefineSpace_Prepare(tpm_sys(tpm), hierarchy.handle, index->handle);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	return tpm_execute(tpm, refs, 2, &by, 1);
}

TSS2_RC
tpm_nv_public(struct tpm *tpm, TPM2_HANDLE handle, TPMS_NV_PUBLIC *index)
{
	/* No session, so no Name either. */
	const struct tpm_ref ref = { .handle = handle };
	const struct tpm_ref *const refs[] = { &ref };
	TPM2B_NV_PUBLIC area = { 0 };
	TPM2B_NAME name = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_NV_ReadPublic_Prepare(tpm_sys(tpm), handle);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = tpm_execute(tpm, refs, 1, NULL, 0);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Tss2_Sys_NV_ReadPublic_Complete(tpm_sys(tpm), &area, &name);
	if (rc == TSS2_RC_SUCCESS)
		*index = area.nvPublic;
	return rc;
}

TSS2_RC
tpm_nv_write(struct tpm *tpm, const struct tpm_ref *index, const struct tpm_auth *by, const uint8_t *bytes,
	uint16_t len)
{
	const struct tpm_ref *const refs[] = { index, index };
	TPM2B_MAX_NV_BUFFER data = { .size = len };
	TSS2_RC rc;

	if (len > BYTES_MAX)
		return TSS2_SYS_RC_BAD_VALUE;
	memcpy(data.buffer, bytes, len);
	rc = Tss2_Sys_NV_Write_Prepare(tpm_sys(tpm), index->handle, index->handle, &data, 0);
	return rc != TSS2_RC_SUCCESS ? rc : tpm_execute(tpm, refs, 2, by, 1);
}

TSS2_RC
tpm_nv_read(struct tpm *tpm, const struct tpm_ref *index, const struct tpm_auth *by, uint8_t *bytes, uint16_t len)
{
	const struct tpm_ref *const refs[] = { index, index };
	TPM2B_MAX_NV_BUFFER data = { 0 };
	TSS2_RC rc;

	rc = Tss2_Sys_NV_Read_Prepare(tpm_sys(tpm), index->handle, index->handle, len, 0);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = tpm_execute(tpm, refs, 2, by, 1);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Tss2_Sys_NV_Read_Complete(tpm_sys(tpm), &data);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	if (data.size != len)
		return TSS2_SYS_RC_MALFORMED_RESPONSE;
	memcpy(bytes, data.buffer, len);
	return rc;
}

TSS2_RC
tpm_nv_increment(struct tpm *tpm, const struct tpm_ref *index, const struct tpm_auth *by)
{
	const struct tpm_ref *const refs[] = { index, index };
	TSS2_RC rc = Tss2_Sys_NV_Increment_Prepare(tpm_sys(tpm), index->handle, index->handle);

	return rc != TSS2_RC_SUCCESS ? rc : tpm_execute(tpm, refs, 2, by, 1);
}

TSS2_RC
tpm_nv_change_auth(struct tpm *tpm, const struct tpm_ref *index, struct tpm_session *policy, struct secret auth)
{
	const struct tpm_ref *const refs[] = { index };
	/* Encrypted by a session that is nobody's: the key of the policy session's would need the old value. */
	struct tpm_auth by[] = { { .session = policy }, { .crypt = TPMA_SESSION_DECRYPT } };
	TPM2B_AUTH value;
	TSS2_RC rc;

	rc = tpm_auth_value(auth, &value);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_hmac_session(tpm, &by[1].session);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = Tss2_Sys_NV_ChangeAuth_Prepare(tpm_sys(tpm), index->handle, &value);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_execute(tpm, refs, 1, by, 2);
out:
	OPENSSL_cleanse(&value, sizeof(value));
	return rc;
}
