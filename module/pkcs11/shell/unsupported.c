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
