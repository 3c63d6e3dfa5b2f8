/*
 * unsupported.c: the functions of PKCS#11 2.40 and 3.0 that this module does not have. They
 * answer so to a valid session only; otherwise with what is wrong before that.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/shell/call.h"
#include "pkcs11-3.h"

/* The standard gives them parameters that nobody reads here. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

CK_RV
C_GetOperationState(CK_SESSION_HANDLE hSession, unsigned char *pOperationState, unsigned long *pulOperationStateLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_SetOperationState(CK_SESSION_HANDLE hSession, unsigned char *pOperationState, unsigned long ulOperationStateLen,
	CK_OBJECT_HANDLE hEncryptionKey, CK_OBJECT_HANDLE hAuthenticationKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

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
C_MessageEncryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_EncryptMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pAssociatedData,
	CK_ULONG ulAssociatedDataLen, CK_BYTE *pPlaintext, CK_ULONG ulPlaintextLen, CK_BYTE *pCiphertext,
	CK_ULONG *pulCiphertextLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_EncryptMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pAssociatedData,
	CK_ULONG ulAssociatedDataLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_EncryptMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pPlaintextPart,
	CK_ULONG ulPlaintextPartLen, CK_BYTE *pCiphertextPart, CK_ULONG *pulCiphertextPartLen, CK_FLAGS flags)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_MessageEncryptFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_MessageDecryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_DecryptMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pAssociatedData,
	CK_ULONG ulAssociatedDataLen, CK_BYTE *pCiphertext, CK_ULONG ulCiphertextLen, CK_BYTE *pPlaintext,
	CK_ULONG *pulPlaintextLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_DecryptMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pAssociatedData,
	CK_ULONG ulAssociatedDataLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_DecryptMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pCiphertextPart,
	CK_ULONG ulCiphertextPartLen, CK_BYTE *pPlaintextPart, CK_ULONG *pulPlaintextPartLen, CK_FLAGS flags)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_MessageDecryptFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_MessageSignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_SignMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_SignMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_SignMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
	CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_MessageSignFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_MessageVerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_VerifyMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
	CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_VerifyMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_VerifyMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
	CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV
C_MessageVerifyFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}
