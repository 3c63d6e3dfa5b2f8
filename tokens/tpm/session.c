/*
 * tokens/tpm/session.c: the two sessions that are kept, salted with the storage root key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tokens/tpm/device_priv.h"

void
tpm_session_forget(struct tpm_session *session)
{
	secret_wipe(&session->key);
	memset(session, 0, sizeof(*session));
}

static TSS2_RC
send_start(struct tpm *tpm, TPM2_SE type, TPM2_HANDLE salt_key, const TPM2B_ENCRYPTED_SECRET *salt,
	struct tpm_session *session)
{
	const TPMT_SYM_DEF aes = { .algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB };
	TPMI_SH_AUTH_SESSION handle = 0;
	TSS2_RC rc;

	rc = Tss2_Sys_StartAuthSession_Prepare(tpm->sys, salt_key, TPM2_RH_NULL, &session->nonce_caller, salt, type,
		&aes, TPM2_ALG_SHA256);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_execute(tpm, NULL, 0, NULL, 0);
	session->nonce_tpm.size = 0;
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_StartAuthSession_Complete(tpm->sys, &handle, &session->nonce_tpm);
	if (rc == TSS2_RC_SUCCESS)
		session->handle = handle;
	return rc;
}

TSS2_RC
tpm_session_start(struct tpm *tpm, TPM2_SE type, TPM2_HANDLE salt_key, const TPMT_PUBLIC *salt_public,
	struct tpm_session *session)
{
	TPM2B_ENCRYPTED_SECRET sent = { 0 };
	struct secret salt = SECRET_NONE;
	TSS2_RC rc;

	memset(session, 0, sizeof(*session));
	session->nonce_caller.size = TPM_HASH_LEN;
	if (seal_random(tpm->seal, session->nonce_caller.buffer, TPM_HASH_LEN) != TOKEN_OK ||
		tpm_seed(tpm->seal, salt_public, "SECRET", &sent, &salt) != TOKEN_OK) {
		rc = TSS2_SYS_RC_GENERAL_FAILURE;
		goto out;
	}
	rc = send_start(tpm, type, salt_key, &sent, session);
	if (rc != TSS2_RC_SUCCESS)
		goto out;
	if (tpm_kdfa(tpm->seal, salt, "ATH", (struct tpm_bytes){ session->nonce_tpm.buffer, session->nonce_tpm.size },
		    (struct tpm_bytes){ session->nonce_caller.buffer, session->nonce_caller.size }, TPM_HASH_LEN,
		    &session->key) != TOKEN_OK)
		rc = TSS2_SYS_RC_GENERAL_FAILURE;
	session->policy = type == TPM2_SE_POLICY;
out:
	if (rc != TSS2_RC_SUCCESS) {
		if (session->handle != 0)
			(void)line_flush(&tpm->line, session->handle);
		tpm_session_forget(session);
	}
	secret_wipe(&salt);
	return rc;
}

static TSS2_RC
start(struct tpm *tpm, TPM2_SE type, struct tpm_session *session)
{
	TSS2_RC rc = tpm_srk_find(tpm);

	if (rc != TSS2_RC_SUCCESS)
		return rc;
	return tpm_session_start(tpm, type, tpm->srk.handle, &tpm->srk_public.publicArea, session);
}

TSS2_RC
tpm_hmac_session(struct tpm *tpm, struct tpm_session **session)
{
	TSS2_RC rc = TSS2_RC_SUCCESS;

	*session = &tpm->hmac;
	if (tpm->hmac.handle == 0)
		rc = start(tpm, TPM2_SE_HMAC, &tpm->hmac);
	return rc;
}

/* A command that it authorised has emptied it (execute.c); what was begun and not used has to be taken back. */
TSS2_RC
tpm_policy_session(struct tpm *tpm, struct tpm_session **session)
{
	TSS2_RC rc = TSS2_RC_SUCCESS;

	*session = &tpm->policy;
	if (tpm->policy.handle == 0) {
		rc = start(tpm, TPM2_SE_POLICY, &tpm->policy);
	} else if (tpm->policy.used) {
		rc = Tss2_Sys_PolicyRestart_Prepare(tpm->sys, tpm->policy.handle);
		if (rc == TSS2_RC_SUCCESS)
			rc = tpm_execute(tpm, NULL, 0, NULL, 0);
	}
	tpm->policy.used = true;
	return rc;
}

TPMI_SH_AUTH_SESSION
tpm_session_handle(const struct tpm_session *session)
{
	return session->handle;
}
