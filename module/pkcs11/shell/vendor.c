/*
 * vendor.c: areas, batches and diagnosis: what stock PKCS#11 cannot say.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/shell/vendor.h"

#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/attest.h"
#include "module/pkcs11/objects/inbox.h"
#include "module/pkcs11/shell/call.h"
#include "module/pkcs11/slots/diagnose.h"
#include "module/pkcs11/slots/grant.h"
#include "module/pkcs11/slots/life.h"
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

	if (!token_may(session->slot->token, TOKEN_ACCESS_BATCH, TOKEN_CREATE))
		return CKR_USER_NOT_LOGGED_IN; /* a named user, whose session's state is the user's */
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

static CK_RV
C_MDOC_RecordCheck(CK_SESSION_HANDLE hSession, const CK_UTF8CHAR *pText, CK_ULONG ulLen)
{
	SESSION_CALL(hSession, life_record_check(session, pText, ulLen), T_DATA(pText, ulLen));
}

static CK_RV
C_MDOC_DisablePin(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, life_disable_pin(session));
}

static CK_RV
C_MDOC_Suspend(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, life_suspend(session));
}

static CK_RV
C_MDOC_Resume(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, life_resume(session));
}

static CK_RV
C_MDOC_Retire(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, life_retire(session));
}

static CK_RV
C_MDOC_Events(CK_SLOT_ID slotID, CK_UTF8CHAR *pJson, CK_ULONG *pulLen)
{
	SLOT_CALL(slotID, life_events(slot, pJson, pulLen), T_BUFFER(pJson, pulLen));
}

static CK_RV
C_MDOC_Grant(CK_SESSION_HANDLE hSession, const CK_MDOC_GRANT *pGrant, CK_UTF8CHAR *pCredential, CK_ULONG *pulLen)
{
	SESSION_CALL(hSession, grant_make(session, pGrant, pCredential, pulLen), T_BUFFER(pCredential, pulLen));
}

static CK_RV
C_MDOC_Revoke(CK_SESSION_HANDLE hSession, const CK_UTF8CHAR *pName)
{
	SESSION_CALL(hSession, grant_revoke(session, pName), T_NAME(pName));
}

static CK_RV
C_MDOC_InboxPut(CK_SESSION_HANDLE hSession, CK_ULONG ulKind, const CK_BYTE *pBytes, CK_ULONG ulLen, CK_ULONG *pId)
{
	SESSION_CALL(hSession, inbox_put(session, ulKind, pBytes, ulLen, pId), T_NUMBER(ulKind), T_DATA(pBytes, ulLen),
		T_RESULT(pId));
}

static CK_RV
C_MDOC_InboxList(CK_SESSION_HANDLE hSession, CK_MDOC_INBOX_ENTRY *pEntries, CK_ULONG *pulCount)
{
	SESSION_CALL(hSession, inbox_list(session, pEntries, pulCount), T_RESULT(pulCount));
}

static CK_RV
C_MDOC_InboxGet(CK_SESSION_HANDLE hSession, CK_ULONG ulId, CK_BYTE *pBytes, CK_ULONG *pulLen)
{
	SESSION_CALL(hSession, inbox_get(session, ulId, pBytes, pulLen), T_NUMBER(ulId), T_BUFFER(pBytes, pulLen));
}

static CK_RV
C_MDOC_InboxRemove(CK_SESSION_HANDLE hSession, CK_ULONG ulId)
{
	SESSION_CALL(hSession, inbox_remove(session, ulId), T_NUMBER(ulId));
}

static CK_RV
C_MDOC_InboxOpenKeys(CK_SESSION_HANDLE hSession, CK_ULONG *pulCount)
{
	SESSION_CALL(hSession, inbox_open_keys(session, pulCount), T_RESULT(pulCount));
}

static CK_RV
C_MDOC_AttestKeys(CK_SESSION_HANDLE hSession, const CK_OBJECT_HANDLE *pKeys, CK_ULONG ulKeys, const CK_BYTE *pNonce,
	CK_ULONG ulNonceLen, const CK_UTF8CHAR *pAudience, CK_ULONG ulAudienceLen, CK_UTF8CHAR *pJwt, CK_ULONG *pulLen)
{
	SESSION_CALL(hSession,
		key_attestation_make(session, pKeys, ulKeys, pNonce, ulNonceLen, pAudience, ulAudienceLen, pJwt,
			pulLen),
		T_NUMBER(ulKeys), T_DATA(pNonce, ulNonceLen), T_DATA(pAudience, ulAudienceLen), T_BUFFER(pJwt, pulLen));
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
	.C_MDOC_RecordCheck = C_MDOC_RecordCheck,
	.C_MDOC_DisablePin = C_MDOC_DisablePin,
	.C_MDOC_Suspend = C_MDOC_Suspend,
	.C_MDOC_Resume = C_MDOC_Resume,
	.C_MDOC_Retire = C_MDOC_Retire,
	.C_MDOC_Events = C_MDOC_Events,
	.C_MDOC_Grant = C_MDOC_Grant,
	.C_MDOC_Revoke = C_MDOC_Revoke,
	.C_MDOC_InboxPut = C_MDOC_InboxPut,
	.C_MDOC_InboxList = C_MDOC_InboxList,
	.C_MDOC_InboxGet = C_MDOC_InboxGet,
	.C_MDOC_InboxRemove = C_MDOC_InboxRemove,
	.C_MDOC_InboxOpenKeys = C_MDOC_InboxOpenKeys,
	.C_MDOC_AttestKeys = C_MDOC_AttestKeys,
};
