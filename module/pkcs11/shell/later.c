/*
 * later.c: C_* that PKCS#11 3.2 added: verification with the signature first, and those that this module does not
 * have. Nothing here runs asynchronously, so that there is nothing to complete or join.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/operations/op.h"
#include "module/pkcs11/shell/call.h"
#include "pkcs11-3.h"

CK_RV
C_VerifySignatureInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey, CK_BYTE *pSignature,
	CK_ULONG ulSignatureLen)
{
	SESSION_CALL(hSession, op_signature_init(session, pMechanism, hKey, pSignature, ulSignatureLen),
		T_MECHANISM(pMechanism), T_HANDLE(hKey), T_DATA(pSignature, ulSignatureLen));
}

CK_RV
C_VerifySignature(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen)
{
	SESSION_CALL(hSession, op_signature_verify(session, false, pData, ulDataLen), T_DATA(pData, ulDataLen));
}

CK_RV
C_VerifySignatureUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen)
{
	SESSION_CALL(hSession, op_signature_update(session, pPart, ulPartLen), T_DATA(pPart, ulPartLen));
}

CK_RV
C_VerifySignatureFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, op_signature_verify(session, true, NULL, 0));
}

/* No validation has been made of this module, so that no operation meets one. */
static CK_RV
validation_flags(CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *flags)
{
	if (flags == NULL || type != CKS_LAST_VALIDATION_OK)
		return CKR_ARGUMENTS_BAD;
	*flags = 0;
	return CKR_OK;
}

CK_RV
C_GetSessionValidationFlags(CK_SESSION_HANDLE hSession, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *pFlags)
{
	SESSION_CALL(hSession, validation_flags(type, pFlags), T_RESULT(pFlags));
}

/* The standard gives the rest parameters that nobody reads here. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

CK_RV
C_EncapsulateKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hPublicKey,
	CK_ATTRIBUTE *pTemplate, CK_ULONG ulAttributeCount, CK_BYTE *pCiphertext, CK_ULONG *pulCiphertextLen,
	CK_OBJECT_HANDLE *phKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_DecapsulateKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hPrivateKey,
	CK_ATTRIBUTE *pTemplate, CK_ULONG ulAttributeCount, CK_BYTE *pCiphertext, CK_ULONG ulCiphertextLen,
	CK_OBJECT_HANDLE *phKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_AsyncComplete(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pFunctionName, CK_ASYNC_DATA *pResult)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_AsyncGetID(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pFunctionName, CK_ULONG *pulID)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_AsyncJoin(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pFunctionName, CK_ULONG ulID, CK_BYTE *pData, CK_ULONG ulData)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_WrapKeyAuthenticated(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hWrappingKey,
	CK_OBJECT_HANDLE hKey, CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen, CK_BYTE *pWrappedKey,
	CK_ULONG *pulWrappedKeyLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_UnwrapKeyAuthenticated(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hUnwrappingKey,
	CK_BYTE *pWrappedKey, CK_ULONG ulWrappedKeyLen, CK_ATTRIBUTE *pTemplate, CK_ULONG ulAttributeCount,
	CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen, CK_OBJECT_HANDLE *phKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}
