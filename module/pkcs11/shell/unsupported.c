/*
 * unsupported.c: the functions of PKCS#11 2.40, 3.0 and 3.2 that this module does not have. They
 * answer so to a valid session only; otherwise with what is wrong before that. Nothing here runs
 * asynchronously, so that there is nothing to complete or join.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/shell/call.h"
#include "pkcs11-3.h"

/* The standard gives them parameters that nobody reads here. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

CK_RV
C_SignRecoverInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_SignRecover(CK_SESSION_HANDLE hSession, unsigned char *pData, unsigned long ulDataLen, unsigned char *pSignature,
	unsigned long *pulSignatureLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_VerifyRecoverInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_VerifyRecover(CK_SESSION_HANDLE hSession, unsigned char *pSignature, unsigned long ulSignatureLen,
	unsigned char *pData, unsigned long *pulDataLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

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
