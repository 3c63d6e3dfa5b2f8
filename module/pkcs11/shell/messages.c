/*
 * messages.c: C_* of messages, new in PKCS#11 3.0.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/operations/message.h"
#include "module/pkcs11/shell/call.h"
#include "pkcs11-3.h"

CK_RV
C_MessageEncryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_init(session, OP_MESSAGE_ENCRYPT, pMechanism, hKey), T_MECHANISM(pMechanism),
		T_HANDLE(hKey));
}

CK_RV
C_EncryptMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pAssociatedData,
	CK_ULONG ulAssociatedDataLen, CK_BYTE *pPlaintext, CK_ULONG ulPlaintextLen, CK_BYTE *pCiphertext,
	CK_ULONG *pulCiphertextLen)
{
	SESSION_CALL(hSession,
		message_crypt(session, OP_MESSAGE_ENCRYPT, pParameter, ulParameterLen, pAssociatedData,
			ulAssociatedDataLen, pPlaintext, ulPlaintextLen, pCiphertext, pulCiphertextLen),
		T_DATA(pParameter, ulParameterLen), T_DATA(pAssociatedData, ulAssociatedDataLen),
		T_DATA(pPlaintext, ulPlaintextLen), T_BUFFER(pCiphertext, pulCiphertextLen));
}

CK_RV
C_EncryptMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pAssociatedData,
	CK_ULONG ulAssociatedDataLen)
{
	SESSION_CALL(hSession,
		message_crypt_begin(session, OP_MESSAGE_ENCRYPT, pParameter, ulParameterLen, pAssociatedData,
			ulAssociatedDataLen),
		T_DATA(pParameter, ulParameterLen), T_DATA(pAssociatedData, ulAssociatedDataLen));
}

CK_RV
C_EncryptMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pPlaintextPart,
	CK_ULONG ulPlaintextPartLen, CK_BYTE *pCiphertextPart, CK_ULONG *pulCiphertextPartLen, CK_FLAGS flags)
{
	SESSION_CALL(hSession,
		message_crypt_next(session, OP_MESSAGE_ENCRYPT, pParameter, ulParameterLen, pPlaintextPart,
			ulPlaintextPartLen, pCiphertextPart, pulCiphertextPartLen, flags),
		T_DATA(pParameter, ulParameterLen), T_DATA(pPlaintextPart, ulPlaintextPartLen),
		T_BUFFER(pCiphertextPart, pulCiphertextPartLen), T_FLAGS(flags));
}

CK_RV
C_MessageEncryptFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, message_final(session, OP_MESSAGE_ENCRYPT));
}

CK_RV
C_MessageDecryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_init(session, OP_MESSAGE_DECRYPT, pMechanism, hKey), T_MECHANISM(pMechanism),
		T_HANDLE(hKey));
}

CK_RV
C_DecryptMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pAssociatedData,
	CK_ULONG ulAssociatedDataLen, CK_BYTE *pCiphertext, CK_ULONG ulCiphertextLen, CK_BYTE *pPlaintext,
	CK_ULONG *pulPlaintextLen)
{
	SESSION_CALL(hSession,
		message_crypt(session, OP_MESSAGE_DECRYPT, pParameter, ulParameterLen, pAssociatedData,
			ulAssociatedDataLen, pCiphertext, ulCiphertextLen, pPlaintext, pulPlaintextLen),
		T_DATA(pParameter, ulParameterLen), T_DATA(pAssociatedData, ulAssociatedDataLen),
		T_DATA(pCiphertext, ulCiphertextLen), T_BUFFER(pPlaintext, pulPlaintextLen));
}

CK_RV
C_DecryptMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pAssociatedData,
	CK_ULONG ulAssociatedDataLen)
{
	SESSION_CALL(hSession,
		message_crypt_begin(session, OP_MESSAGE_DECRYPT, pParameter, ulParameterLen, pAssociatedData,
			ulAssociatedDataLen),
		T_DATA(pParameter, ulParameterLen), T_DATA(pAssociatedData, ulAssociatedDataLen));
}

CK_RV
C_DecryptMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pCiphertextPart,
	CK_ULONG ulCiphertextPartLen, CK_BYTE *pPlaintextPart, CK_ULONG *pulPlaintextPartLen, CK_FLAGS flags)
{
	SESSION_CALL(hSession,
		message_crypt_next(session, OP_MESSAGE_DECRYPT, pParameter, ulParameterLen, pCiphertextPart,
			ulCiphertextPartLen, pPlaintextPart, pulPlaintextPartLen, flags),
		T_DATA(pParameter, ulParameterLen), T_DATA(pCiphertextPart, ulCiphertextPartLen),
		T_BUFFER(pPlaintextPart, pulPlaintextPartLen), T_FLAGS(flags));
}

CK_RV
C_MessageDecryptFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, message_final(session, OP_MESSAGE_DECRYPT));
}

CK_RV
C_MessageSignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_init(session, OP_MESSAGE_SIGN, pMechanism, hKey), T_MECHANISM(pMechanism),
		T_HANDLE(hKey));
}

CK_RV
C_SignMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData, CK_ULONG ulDataLen,
	CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	SESSION_CALL(hSession, message_sign(session, ulParameterLen, pData, ulDataLen, pSignature, pulSignatureLen),
		T_DATA(pParameter, ulParameterLen), T_DATA(pData, ulDataLen), T_BUFFER(pSignature, pulSignatureLen));
}

CK_RV
C_SignMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen)
{
	SESSION_CALL(hSession, message_begin(session, OP_MESSAGE_SIGN, ulParameterLen),
		T_DATA(pParameter, ulParameterLen));
}

CK_RV
C_SignMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
	CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen)
{
	SESSION_CALL(hSession,
		message_sign_next(session, ulParameterLen, pData, ulDataLen, pSignature, pulSignatureLen),
		T_DATA(pParameter, ulParameterLen), T_DATA(pData, ulDataLen), T_BUFFER(pSignature, pulSignatureLen));
}

CK_RV
C_MessageSignFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, message_final(session, OP_MESSAGE_SIGN));
}

CK_RV
C_MessageVerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey)
{
	SESSION_CALL(hSession, op_init(session, OP_MESSAGE_VERIFY, pMechanism, hKey), T_MECHANISM(pMechanism),
		T_HANDLE(hKey));
}

CK_RV
C_VerifyMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
	CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	SESSION_CALL(hSession, message_verify(session, ulParameterLen, pData, ulDataLen, pSignature, ulSignatureLen),
		T_DATA(pParameter, ulParameterLen), T_DATA(pData, ulDataLen), T_DATA(pSignature, ulSignatureLen));
}

CK_RV
C_VerifyMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen)
{
	SESSION_CALL(hSession, message_begin(session, OP_MESSAGE_VERIFY, ulParameterLen),
		T_DATA(pParameter, ulParameterLen));
}

CK_RV
C_VerifyMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
	CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen)
{
	SESSION_CALL(hSession,
		message_verify_next(session, ulParameterLen, pData, ulDataLen, pSignature, ulSignatureLen),
		T_DATA(pParameter, ulParameterLen), T_DATA(pData, ulDataLen), T_DATA(pSignature, ulSignatureLen));
}

CK_RV
C_MessageVerifyFinal(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, message_final(session, OP_MESSAGE_VERIFY));
}
