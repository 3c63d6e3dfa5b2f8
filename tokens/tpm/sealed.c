/*
 * tokens/tpm/sealed.c: TPM2_Create, TPM2_Unseal, TPM2_ObjectChangeAuth of data objects.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/sealed.h"

#include <openssl/crypto.h>
#include <string.h>

#include "tokens/tpm/nv.h"

static TSS2_RC
fill_sensitive(struct secret auth, struct secret data, TPM2B_SENSITIVE_CREATE *sensitive)
{
	TPM2B_SENSITIVE_DATA *bytes = &sensitive->sensitive.data;

	if (data.len > sizeof(bytes->buffer))
		return TSS2_SYS_RC_BAD_VALUE;
	memcpy(bytes->buffer, data.ptr, data.len);
	bytes->size = (UINT16)data.len;
	return tpm_auth_value(auth, &sensitive->sensitive.userAuth);
}

TSS2_RC
tpm_seal_new(struct tpm *tpm, TPMA_OBJECT attributes, const TPM2B_DIGEST *policy, struct secret auth,
	struct secret data, struct tpm_blob *blob)
{
	const TPM2B_PUBLIC template = { .publicArea = {
						.type = TPM2_ALG_KEYEDHASH,
						.nameAlg = TPM2_ALG_SHA256,
						.objectAttributes =
							attributes | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT,
						.authPolicy = *policy,
						.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL,
					} };
	const TPML_PCR_SELECTION no_pcrs = { 0 };
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	struct tpm_auth by = { .crypt = TPMA_SESSION_DECRYPT };
	struct tpm_ref srk;
	const struct tpm_ref *const refs[] = { &srk };
	TSS2_RC rc;

	memset(blob, 0, sizeof(*blob));
	rc = fill_sensitive(auth, data, &sensitive);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_srk(tpm, &srk);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_hmac_session(tpm, &by.session);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = Tss2_Sys_Create_Prepare(tpm_sys(tpm), srk.handle, &sensitive, &template, NULL, &no_pcrs);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_srk_said(tpm_execute(tpm, refs, 1, &by, 1));
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = Tss2_Sys_Create_Complete(tpm_sys(tpm), &blob->private_area, &blob->public_area, NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_public_name(tpm_seal(tpm), &blob->public_area.publicArea, &blob->name);
out:
	OPENSSL_cleanse(&sensitive, sizeof(sensitive));
	return rc;
}

TSS2_RC
tpm_unseal(struct tpm *tpm, const struct tpm_ref *object, struct tpm_auth by, struct secret *data)
{
	const struct tpm_ref *const refs[] = { object };
	TPM2B_SENSITIVE_DATA bytes = { 0 };
	TSS2_RC rc;

	*data = SECRET_NONE;
	by.crypt |= TPMA_SESSION_ENCRYPT;
	rc = Tss2_Sys_Unseal_Prepare(tpm_sys(tpm), object->handle);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = tpm_execute(tpm, refs, 1, &by, 1);
	if (rc != TSS2_RC_SUCCESS)
		return rc;
	rc = Tss2_Sys_Unseal_Complete(tpm_sys(tpm), &bytes);
	if (rc == TSS2_RC_SUCCESS && !secret_copy(bytes.buffer, bytes.size, data))
		rc = TSS2_SYS_RC_INSUFFICIENT_BUFFER;
	OPENSSL_cleanse(&bytes, sizeof(bytes));
	return rc;
}

TSS2_RC
tpm_seal_change_auth(struct tpm *tpm, const struct tpm_ref *object, struct tpm_auth by, struct secret auth,
	TPM2B_PRIVATE *private_area)
{
	struct tpm_auth auths[] = { by, { .crypt = TPMA_SESSION_DECRYPT } };
	struct tpm_ref srk;
	const struct tpm_ref *const refs[] = { object, &srk };
	TPM2B_AUTH value;
	size_t count = 1;
	TSS2_RC rc;

	memset(private_area, 0, sizeof(*private_area));
	rc = tpm_auth_value(auth, &value);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_srk(tpm, &srk);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_hmac_session(tpm, &auths[1].session);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	/* One session cannot be there twice, and a policy session's encryption would need the old value. */
	if (by.session == auths[1].session)
		auths[0].crypt |= TPMA_SESSION_DECRYPT;
	else
		count = 2;
	rc = Tss2_Sys_ObjectChangeAuth_Prepare(tpm_sys(tpm), object->handle, srk.handle, &value);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = tpm_execute(tpm, refs, 2, auths, count);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	rc = Tss2_Sys_ObjectChangeAuth_Complete(tpm_sys(tpm), private_area);
out:
	OPENSSL_cleanse(&value, sizeof(value));
	return rc;
}
