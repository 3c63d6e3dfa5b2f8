/*
 * vendor.c: areas, batches and diagnosis: what stock PKCS#11 cannot say.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/shell/vendor.h"

#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/attest.h"
#include "module/pkcs11/shell/call.h"
#include "module/pkcs11/slots/diagnose.h"
#include "module/pkcs11/slots/login.h"
#include "module/pkcs11/shell/rv.h"

static CK_RV
C_MDOC_MakeArea(const CK_MDOC_AREA *pArea, CK_SLOT_ID *pSlot)
{
	LIBRARY_CALL(0, login_make_area(call.library, pArea, pSlot),
		T_(TRACE_LABEL, "label", pArea != NULL ? pArea->label : NULL, NULL, 32),
		T_(TRACE_FLAGS, "flags", NULL, NULL, pArea != NULL ? pArea->flags : 0), T_RESULT(pSlot));
}

static CK_RV
C_MDOC_EraseArea(CK_SLOT_ID slotID, const CK_UTF8CHAR *pSoPin, CK_ULONG ulSoPinLen)
{
	SLOT_CALL(slotID, login_erase_area(slot, pSoPin, ulSoPinLen), T_SECRET(pSoPin));
}

static CK_RV
begin_batch(struct session *session)
{
	enum token_result res;

	if (slot_role(session->slot) != TOKEN_USER)
		return CKR_USER_NOT_LOGGED_IN; /* the provisioner, whose session's state is the user's */
	if (session_batch(session) != NULL)
		return CKR_MDOC_BATCH_ACTIVE;
	session->batch_epoch = slot_login_epoch(session->slot);
	res = token_batch_begin(session->slot->token, &session->batch);
	if (res != TOKEN_OK)
		session->batch = NULL;
	return rv_from_token(res);
}

static CK_RV
commit_batch(struct session *session)
{
	struct token_batch *batch = session_batch(session);

	if (batch == NULL)
		return CKR_MDOC_NO_BATCH;
	session->batch = NULL;
	return rv_from_token(token_batch_commit(batch));
}

static CK_RV
rollback_batch(struct session *session)
{
	struct token_batch *batch = session_batch(session);

	if (batch == NULL)
		return CKR_MDOC_NO_BATCH;
	session->batch = NULL;
	token_batch_rollback(batch);
	return CKR_OK;
}

static CK_RV
C_MDOC_BeginBatch(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, begin_batch(session));
}

static CK_RV
C_MDOC_CommitBatch(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, commit_batch(session));
}

static CK_RV
C_MDOC_RollbackBatch(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, rollback_batch(session));
}

static CK_RV
diagnose(struct library *library, CK_SLOT_ID id, CK_UTF8CHAR *out, CK_ULONG *len)
{
	struct slot *slot;
	char *json = NULL;
	size_t need;
	CK_RV rv;

	if (len == NULL)
		return CKR_ARGUMENTS_BAD;
	if (id == CK_UNAVAILABLE_INFORMATION) {
		rv = diagnose_library(&json);
	} else {
		rv = slot_from_id(library, id, &slot);
		if (rv == CKR_OK)
			rv = rv_from_token(token_diagnose(library->env, id, &json));
	}
	if (rv != CKR_OK)
		return rv;
	need = strlen(json);
	if (out != NULL && *len < need)
		rv = CKR_BUFFER_TOO_SMALL;
	else if (out != NULL)
		memcpy(out, json, need);
	*len = need;
	free(json);
	return rv;
}

static CK_RV
C_MDOC_Diagnose(CK_SLOT_ID slotID, CK_UTF8CHAR *pJson, CK_ULONG *pulLen)
{
	LIBRARY_CALL(slotID, diagnose(call.library, slotID, pJson, pulLen), T_BUFFER(pJson, pulLen));
}

static CK_RV
C_MDOC_MakeProvisioner(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pCredential, CK_ULONG *pulLen)
{
	SESSION_CALL(hSession, login_make_provisioner(session, pCredential, pulLen), T_BUFFER(pCredential, pulLen));
}

static CK_RV
C_MDOC_RevokeProvisioner(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, login_revoke_provisioner(session));
}

static CK_RV
C_MDOC_Attest(CK_SESSION_HANDLE hSession, const CK_OBJECT_HANDLE *pKeys, CK_ULONG ulKeys, const CK_BYTE *pNonce,
	CK_ULONG ulNonceLen, CK_BYTE *pEvidence, CK_ULONG *pulLen)
{
	SESSION_CALL(hSession, attest_keys(session, pKeys, ulKeys, pNonce, ulNonceLen, pEvidence, pulLen),
		T_NUMBER(ulKeys), T_DATA(pNonce, ulNonceLen), T_BUFFER(pEvidence, pulLen));
}

static CK_RV
C_MDOC_AttestEnrol(CK_SESSION_HANDLE hSession, CK_BYTE *pMessage, CK_ULONG *pulLen)
{
	SESSION_CALL(hSession, attest_enrol(session, pMessage, pulLen), T_BUFFER(pMessage, pulLen));
}

static CK_RV
C_MDOC_AttestActivate(CK_SESSION_HANDLE hSession, const CK_BYTE *pChallenge, CK_ULONG ulChallengeLen, CK_BYTE *pAnswer,
	CK_ULONG *pulLen)
{
	SESSION_CALL(hSession, attest_activate(session, pChallenge, ulChallengeLen, pAnswer, pulLen),
		T_DATA(pChallenge, ulChallengeLen), T_BUFFER(pAnswer, pulLen));
}

static CK_RV
C_MDOC_AttestCertificate(CK_SESSION_HANDLE hSession, const CK_BYTE *pDer, CK_ULONG ulLen)
{
	SESSION_CALL(hSession, attest_certificate(session, pDer, ulLen), T_DATA(pDer, ulLen));
}

CK_MDOC_FUNCTION_LIST vendor_functions = {
	.version = { 1, 0 },
	.C_MDOC_MakeArea = C_MDOC_MakeArea,
	.C_MDOC_EraseArea = C_MDOC_EraseArea,
	.C_MDOC_BeginBatch = C_MDOC_BeginBatch,
	.C_MDOC_CommitBatch = C_MDOC_CommitBatch,
	.C_MDOC_RollbackBatch = C_MDOC_RollbackBatch,
	.C_MDOC_Diagnose = C_MDOC_Diagnose,
	.C_MDOC_Attest = C_MDOC_Attest,
	.C_MDOC_MakeProvisioner = C_MDOC_MakeProvisioner,
	.C_MDOC_RevokeProvisioner = C_MDOC_RevokeProvisioner,
	.C_MDOC_AttestEnrol = C_MDOC_AttestEnrol,
	.C_MDOC_AttestActivate = C_MDOC_AttestActivate,
	.C_MDOC_AttestCertificate = C_MDOC_AttestCertificate,
};
