/*
 * operations.c: C_* of the active operations.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/shell/call.h"
#include "module/pkcs11/operations/op.h"
#include "module/pkcs11/operations/state.h"
#include "pkcs11-3.h"

CK_RV
C_DigestInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism)
{
	SESSION_CALL(hSession, op_init(session, OP_DIGEST, pMechanism, CK_INVALID_HANDLE), T_MECHANISM(pMechanism));
}

CK_RV
C_Digest(CK_SESSION_HANDLE hSession, unsigned char *pData, unsigned long ulDataLen, unsigned char *pDigest,
	unsigned long *pulDigestLen)
{
	SESSION_CALL(hSession, op_once(session, OP_DIGEST, pData, ulDataLen, pDigest, pulDigestLen),
		T_DATA(pData, ulDataLen), T_BUFFER(pDigest, pulDigestLen));
}

CK_RV
C_DigestUpdate(CK_SESSION_HANDLE hSession, unsigned char *pPart, unsigned long ulPartLen)
{
	SESSION_CALL(hSession, op_update(session, OP_DIGEST, pPart, ulPartLen), T_DATA(pPart, ulPartLen));
}

CK_RV
C_DigestKey(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_digest_key(session, hKey), T_HANDLE(hKey));
}

CK_RV
C_DigestFinal(CK_SESSION_HANDLE hSession, unsigned char *pDigest, unsigned long *pulDigestLen)
{
	SESSION_CALL(hSession, op_final(session, OP_DIGEST, pDigest, pulDigestLen), T_BUFFER(pDigest, pulDigestLen));
}

CK_RV
C_SignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_init(session, OP_SIGN, pMechanism, hKey), T_MECHANISM(pMechanism), T_HANDLE(hKey));
}

CK_RV
C_Sign(CK_SESSION_HANDLE hSession, unsigned char *pData, unsigned long ulDataLen, unsigned char *pSignature,
	unsigned long *pulSignatureLen)
{
	SESSION_CALL(hSession, op_once(session, OP_SIGN, pData, ulDataLen, pSignature, pulSignatureLen),
		T_DATA(pData, ulDataLen), T_BUFFER(pSignature, pulSignatureLen));
}

CK_RV
C_SignUpdate(CK_SESSION_HANDLE hSession, unsigned char *pPart, unsigned long ulPartLen)
{
	SESSION_CALL(hSession, op_update(session, OP_SIGN, pPart, ulPartLen), T_DATA(pPart, ulPartLen));
}

CK_RV
C_SignFinal(CK_SESSION_HANDLE hSession, unsigned char *pSignature, unsigned long *pulSignatureLen)
{
	SESSION_CALL(hSession, op_final(session, OP_SIGN, pSignature, pulSignatureLen),
		T_BUFFER(pSignature, pulSignatureLen));
}

CK_RV
C_VerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_init(session, OP_VERIFY, pMechanism, hKey), T_MECHANISM(pMechanism), T_HANDLE(hKey));
}

CK_RV
C_Verify(CK_SESSION_HANDLE hSession, unsigned char *pData, unsigned long ulDataLen, unsigned char *pSignature,
	unsigned long ulSignatureLen)
{
	SESSION_CALL(hSession, op_verify(session, false, pData, ulDataLen, pSignature, ulSignatureLen),
		T_DATA(pData, ulDataLen), T_DATA(pSignature, ulSignatureLen));
}

CK_RV
C_VerifyUpdate(CK_SESSION_HANDLE hSession, unsigned char *pPart, unsigned long ulPartLen)
{
	SESSION_CALL(hSession, op_update(session, OP_VERIFY, pPart, ulPartLen), T_DATA(pPart, ulPartLen));
}

CK_RV
C_VerifyFinal(CK_SESSION_HANDLE hSession, unsigned char *pSignature, unsigned long ulSignatureLen)
{
	SESSION_CALL(hSession, op_verify(session, true, NULL, 0, pSignature, ulSignatureLen),
		T_DATA(pSignature, ulSignatureLen));
}

CK_RV
C_EncryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_init(session, OP_ENCRYPT, pMechanism, hKey), T_MECHANISM(pMechanism), T_HANDLE(hKey));
}

CK_RV
C_Encrypt(CK_SESSION_HANDLE hSession, unsigned char *pData, unsigned long ulDataLen, unsigned char *pEncryptedData,
	unsigned long *pulEncryptedDataLen)
{
	SESSION_CALL(hSession, op_once(session, OP_ENCRYPT, pData, ulDataLen, pEncryptedData, pulEncryptedDataLen),
		T_DATA(pData, ulDataLen), T_BUFFER(pEncryptedData, pulEncryptedDataLen));
}

CK_RV
C_EncryptUpdate(CK_SESSION_HANDLE hSession, unsigned char *pPart, unsigned long ulPartLen,
	unsigned char *pEncryptedPart, unsigned long *pulEncryptedPartLen)
{
	SESSION_CALL(hSession, op_part(session, OP_ENCRYPT, pPart, ulPartLen, pEncryptedPart, pulEncryptedPartLen),
		T_DATA(pPart, ulPartLen), T_BUFFER(pEncryptedPart, pulEncryptedPartLen));
}

CK_RV
C_EncryptFinal(CK_SESSION_HANDLE hSession, unsigned char *pLastEncryptedPart, unsigned long *pulLastEncryptedPartLen)
{
	SESSION_CALL(hSession, op_final(session, OP_ENCRYPT, pLastEncryptedPart, pulLastEncryptedPartLen),
		T_BUFFER(pLastEncryptedPart, pulLastEncryptedPartLen));
}

CK_RV
C_DecryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_init(session, OP_DECRYPT, pMechanism, hKey), T_MECHANISM(pMechanism), T_HANDLE(hKey));
}

CK_RV
C_Decrypt(CK_SESSION_HANDLE hSession, unsigned char *pEncryptedData, unsigned long ulEncryptedDataLen,
	unsigned char *pData, unsigned long *pulDataLen)
{
	SESSION_CALL(hSession, op_once(session, OP_DECRYPT, pEncryptedData, ulEncryptedDataLen, pData, pulDataLen),
		T_DATA(pEncryptedData, ulEncryptedDataLen), T_BUFFER(pData, pulDataLen));
}

CK_RV
C_DecryptUpdate(CK_SESSION_HANDLE hSession, unsigned char *pEncryptedPart, unsigned long ulEncryptedPartLen,
	unsigned char *pPart, unsigned long *pulPartLen)
{
	SESSION_CALL(hSession, op_part(session, OP_DECRYPT, pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen),
		T_DATA(pEncryptedPart, ulEncryptedPartLen), T_BUFFER(pPart, pulPartLen));
}

CK_RV
C_DecryptFinal(CK_SESSION_HANDLE hSession, unsigned char *pLastPart, unsigned long *pulLastPartLen)
{
	SESSION_CALL(hSession, op_final(session, OP_DECRYPT, pLastPart, pulLastPartLen),
		T_BUFFER(pLastPart, pulLastPartLen));
}

CK_RV
C_DigestEncryptUpdate(CK_SESSION_HANDLE hSession, unsigned char *pPart, unsigned long ulPartLen,
	unsigned char *pEncryptedPart, unsigned long *pulEncryptedPartLen)
{
	SESSION_CALL(hSession,
		op_dual_part(session, OP_ENCRYPT, OP_DIGEST, pPart, ulPartLen, pEncryptedPart, pulEncryptedPartLen),
		T_DATA(pPart, ulPartLen), T_BUFFER(pEncryptedPart, pulEncryptedPartLen));
}

CK_RV
C_DecryptDigestUpdate(CK_SESSION_HANDLE hSession, unsigned char *pEncryptedPart, unsigned long ulEncryptedPartLen,
	unsigned char *pPart, unsigned long *pulPartLen)
{
	SESSION_CALL(hSession,
		op_dual_part(session, OP_DECRYPT, OP_DIGEST, pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen),
		T_DATA(pEncryptedPart, ulEncryptedPartLen), T_BUFFER(pPart, pulPartLen));
}

CK_RV
C_SignEncryptUpdate(CK_SESSION_HANDLE hSession, unsigned char *pPart, unsigned long ulPartLen,
	unsigned char *pEncryptedPart, unsigned long *pulEncryptedPartLen)
{
	SESSION_CALL(hSession,
		op_dual_part(session, OP_ENCRYPT, OP_SIGN, pPart, ulPartLen, pEncryptedPart, pulEncryptedPartLen),
		T_DATA(pPart, ulPartLen), T_BUFFER(pEncryptedPart, pulEncryptedPartLen));
}

CK_RV
C_DecryptVerifyUpdate(CK_SESSION_HANDLE hSession, unsigned char *pEncryptedPart, unsigned long ulEncryptedPartLen,
	unsigned char *pPart, unsigned long *pulPartLen)
{
	SESSION_CALL(hSession,
		op_dual_part(session, OP_DECRYPT, OP_VERIFY, pEncryptedPart, ulEncryptedPartLen, pPart, pulPartLen),
		T_DATA(pEncryptedPart, ulEncryptedPartLen), T_BUFFER(pPart, pulPartLen));
}

CK_RV
C_GetOperationState(CK_SESSION_HANDLE hSession, unsigned char *pOperationState, unsigned long *pulOperationStateLen)
{
	SESSION_CALL(hSession, state_get(session, pOperationState, pulOperationStateLen),
		T_BUFFER(pOperationState, pulOperationStateLen));
}

CK_RV
C_SetOperationState(CK_SESSION_HANDLE hSession, unsigned char *pOperationState, unsigned long ulOperationStateLen,
	CK_OBJECT_HANDLE hEncryptionKey, CK_OBJECT_HANDLE hAuthenticationKey)
{
	SESSION_CALL(hSession,
		state_set(session, pOperationState, ulOperationStateLen, hEncryptionKey, hAuthenticationKey),
		T_DATA(pOperationState, ulOperationStateLen), T_HANDLE(hEncryptionKey), T_HANDLE(hAuthenticationKey));
}

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
