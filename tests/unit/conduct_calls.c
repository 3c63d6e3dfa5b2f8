/*
 * tests/unit/conduct_calls.c: every function of the lists, callable with arguments made up at run time.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/conduct.h"

/* Arguments in the order of the function. */
#define N(i) a[i].n
#define P(i) a[i].p
#define CALL(name, ...) \
	static CK_RV call_##name(const struct conduct_arg *a) \
	{ \
		return p11->name(__VA_ARGS__); \
	}

/* clang-format off */
CALL(C_Initialize, P(0))
CALL(C_Finalize, P(0))
CALL(C_GetInfo, P(0))
CALL(C_GetFunctionList, P(0))
CALL(C_GetSlotList, (CK_BBOOL)N(0), P(1), P(2))
CALL(C_GetSlotInfo, N(0), P(1))
CALL(C_GetTokenInfo, N(0), P(1))
CALL(C_WaitForSlotEvent, N(0), P(1), P(2))
CALL(C_GetMechanismList, N(0), P(1), P(2))
CALL(C_GetMechanismInfo, N(0), N(1), P(2))
CALL(C_InitToken, N(0), P(1), N(2), P(3))
CALL(C_InitPIN, N(0), P(1), N(2))
CALL(C_SetPIN, N(0), P(1), N(2), P(3), N(4))
CALL(C_OpenSession, N(0), N(1), P(2), NULL, P(4))
CALL(C_CloseSession, N(0))
CALL(C_CloseAllSessions, N(0))
CALL(C_GetSessionInfo, N(0), P(1))
CALL(C_GetOperationState, N(0), P(1), P(2))
CALL(C_SetOperationState, N(0), P(1), N(2), N(3), N(4))
CALL(C_Login, N(0), N(1), P(2), N(3))
CALL(C_Logout, N(0))
CALL(C_CreateObject, N(0), P(1), N(2), P(3))
CALL(C_CopyObject, N(0), N(1), P(2), N(3), P(4))
CALL(C_DestroyObject, N(0), N(1))
CALL(C_GetObjectSize, N(0), N(1), P(2))
CALL(C_GetAttributeValue, N(0), N(1), P(2), N(3))
CALL(C_SetAttributeValue, N(0), N(1), P(2), N(3))
CALL(C_FindObjectsInit, N(0), P(1), N(2))
CALL(C_FindObjects, N(0), P(1), N(2), P(3))
CALL(C_FindObjectsFinal, N(0))
CALL(C_EncryptInit, N(0), P(1), N(2))
CALL(C_Encrypt, N(0), P(1), N(2), P(3), P(4))
CALL(C_EncryptUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_EncryptFinal, N(0), P(1), P(2))
CALL(C_DecryptInit, N(0), P(1), N(2))
CALL(C_Decrypt, N(0), P(1), N(2), P(3), P(4))
CALL(C_DecryptUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_DecryptFinal, N(0), P(1), P(2))
CALL(C_DigestInit, N(0), P(1))
CALL(C_Digest, N(0), P(1), N(2), P(3), P(4))
CALL(C_DigestUpdate, N(0), P(1), N(2))
CALL(C_DigestKey, N(0), N(1))
CALL(C_DigestFinal, N(0), P(1), P(2))
CALL(C_SignInit, N(0), P(1), N(2))
CALL(C_Sign, N(0), P(1), N(2), P(3), P(4))
CALL(C_SignUpdate, N(0), P(1), N(2))
CALL(C_SignFinal, N(0), P(1), P(2))
CALL(C_SignRecoverInit, N(0), P(1), N(2))
CALL(C_SignRecover, N(0), P(1), N(2), P(3), P(4))
CALL(C_VerifyInit, N(0), P(1), N(2))
CALL(C_Verify, N(0), P(1), N(2), P(3), N(4))
CALL(C_VerifyUpdate, N(0), P(1), N(2))
CALL(C_VerifyFinal, N(0), P(1), N(2))
CALL(C_VerifyRecoverInit, N(0), P(1), N(2))
CALL(C_VerifyRecover, N(0), P(1), N(2), P(3), P(4))
CALL(C_DigestEncryptUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_DecryptDigestUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_SignEncryptUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_DecryptVerifyUpdate, N(0), P(1), N(2), P(3), P(4))
CALL(C_GenerateKey, N(0), P(1), P(2), N(3), P(4))
CALL(C_GenerateKeyPair, N(0), P(1), P(2), N(3), P(4), N(5), P(6), P(7))
CALL(C_WrapKey, N(0), P(1), N(2), N(3), P(4), P(5))
CALL(C_UnwrapKey, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7))
CALL(C_DeriveKey, N(0), P(1), N(2), P(3), N(4), P(5))
CALL(C_SeedRandom, N(0), P(1), N(2))
CALL(C_GenerateRandom, N(0), P(1), N(2))
CALL(C_GetFunctionStatus, N(0))
CALL(C_CancelFunction, N(0))
CALL(C_GetInterfaceList, P(0), P(1))
CALL(C_GetInterface, P(0), P(1), P(2), N(3))
CALL(C_LoginUser, N(0), N(1), P(2), N(3), P(4), N(5))
CALL(C_SessionCancel, N(0), N(1))
CALL(C_MessageEncryptInit, N(0), P(1), N(2))
CALL(C_EncryptMessage, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7), P(8))
CALL(C_EncryptMessageBegin, N(0), P(1), N(2), P(3), N(4))
CALL(C_EncryptMessageNext, N(0), P(1), N(2), P(3), N(4), P(5), P(6), N(7))
CALL(C_MessageEncryptFinal, N(0))
CALL(C_MessageDecryptInit, N(0), P(1), N(2))
CALL(C_DecryptMessage, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7), P(8))
CALL(C_DecryptMessageBegin, N(0), P(1), N(2), P(3), N(4))
CALL(C_DecryptMessageNext, N(0), P(1), N(2), P(3), N(4), P(5), P(6), N(7))
CALL(C_MessageDecryptFinal, N(0))
CALL(C_MessageSignInit, N(0), P(1), N(2))
CALL(C_SignMessage, N(0), P(1), N(2), P(3), N(4), P(5), P(6))
CALL(C_SignMessageBegin, N(0), P(1), N(2))
CALL(C_SignMessageNext, N(0), P(1), N(2), P(3), N(4), P(5), P(6))
CALL(C_MessageSignFinal, N(0))
CALL(C_MessageVerifyInit, N(0), P(1), N(2))
CALL(C_VerifyMessage, N(0), P(1), N(2), P(3), N(4), P(5), N(6))
CALL(C_VerifyMessageBegin, N(0), P(1), N(2))
CALL(C_VerifyMessageNext, N(0), P(1), N(2), P(3), N(4), P(5), N(6))
CALL(C_MessageVerifyFinal, N(0))
CALL(C_EncapsulateKey, N(0), P(1), N(2), P(3), N(4), P(5), P(6), P(7))
CALL(C_DecapsulateKey, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7))
CALL(C_VerifySignatureInit, N(0), P(1), N(2), P(3), N(4))
CALL(C_VerifySignature, N(0), P(1), N(2))
CALL(C_VerifySignatureUpdate, N(0), P(1), N(2))
CALL(C_VerifySignatureFinal, N(0))
CALL(C_GetSessionValidationFlags, N(0), N(1), P(2))
CALL(C_AsyncComplete, N(0), P(1), P(2))
CALL(C_AsyncGetID, N(0), P(1), P(2))
CALL(C_AsyncJoin, N(0), P(1), N(2), P(3), N(4))
CALL(C_WrapKeyAuthenticated, N(0), P(1), N(2), N(3), P(4), N(5), P(6), P(7))
CALL(C_UnwrapKeyAuthenticated, N(0), P(1), N(2), P(3), N(4), P(5), N(6), P(7), N(8), P(9))
/* clang-format on */

#define ROW(name, kinds) \
	{ \
#name, kinds, call_##name \
	}

const struct conduct_call conduct_calls[] = {
	ROW(C_Initialize, "I"),
	ROW(C_Finalize, "r"),
	ROW(C_GetInfo, "x"),
	ROW(C_GetFunctionList, "x"),
	ROW(C_GetSlotList, "Bol"),
	ROW(C_GetSlotInfo, "Sx"),
	ROW(C_GetTokenInfo, "Sx"),
	ROW(C_WaitForSlotEvent, "wxr"),
	ROW(C_GetMechanismList, "Sol"),
	ROW(C_GetMechanismInfo, "SMx"),
	ROW(C_InitToken, "SPnL"),
	ROW(C_InitPIN, "hPn"),
	ROW(C_SetPIN, "hPnPn"),
	ROW(C_OpenSession, "SfqqH"),
	ROW(C_CloseSession, "h"),
	ROW(C_CloseAllSessions, "S"),
	ROW(C_GetSessionInfo, "hx"),
	ROW(C_GetOperationState, "hol"),
	ROW(C_SetOperationState, "hinkk"),
	ROW(C_Login, "huPn"),
	ROW(C_Logout, "h"),
	ROW(C_CreateObject, "htcH"),
	ROW(C_CopyObject, "hktcH"),
	ROW(C_DestroyObject, "hk"),
	ROW(C_GetObjectSize, "hkx"),
	ROW(C_GetAttributeValue, "hkgc"),
	ROW(C_SetAttributeValue, "hktc"),
	ROW(C_FindObjectsInit, "htc"),
	ROW(C_FindObjects, "hbnx"),
	ROW(C_FindObjectsFinal, "h"),
	ROW(C_EncryptInit, "hmk"),
	ROW(C_Encrypt, "hinol"),
	ROW(C_EncryptUpdate, "hinol"),
	ROW(C_EncryptFinal, "hol"),
	ROW(C_DecryptInit, "hmk"),
	ROW(C_Decrypt, "hinol"),
	ROW(C_DecryptUpdate, "hinol"),
	ROW(C_DecryptFinal, "hol"),
	ROW(C_DigestInit, "hm"),
	ROW(C_Digest, "hinol"),
	ROW(C_DigestUpdate, "hin"),
	ROW(C_DigestKey, "hk"),
	ROW(C_DigestFinal, "hol"),
	ROW(C_SignInit, "hmk"),
	ROW(C_Sign, "hinol"),
	ROW(C_SignUpdate, "hin"),
	ROW(C_SignFinal, "hol"),
	ROW(C_SignRecoverInit, "hmk"),
	ROW(C_SignRecover, "hinol"),
	ROW(C_VerifyInit, "hmk"),
	ROW(C_Verify, "hinin"),
	ROW(C_VerifyUpdate, "hin"),
	ROW(C_VerifyFinal, "hin"),
	ROW(C_VerifyRecoverInit, "hmk"),
	ROW(C_VerifyRecover, "hinol"),
	ROW(C_DigestEncryptUpdate, "hinol"),
	ROW(C_DecryptDigestUpdate, "hinol"),
	ROW(C_SignEncryptUpdate, "hinol"),
	ROW(C_DecryptVerifyUpdate, "hinol"),
	ROW(C_GenerateKey, "hmtcH"),
	ROW(C_GenerateKeyPair, "hmtctcHH"),
	ROW(C_WrapKey, "hmkkol"),
	ROW(C_UnwrapKey, "hmkintcH"),
	ROW(C_DeriveKey, "hmktcH"),
	ROW(C_SeedRandom, "hin"),
	ROW(C_GenerateRandom, "hbn"),
	ROW(C_GetFunctionStatus, "h"),
	ROW(C_CancelFunction, "h"),
	ROW(C_GetInterfaceList, "ol"),
	ROW(C_GetInterface, "sVxf"),
	ROW(C_LoginUser, "huPnPn"),
	ROW(C_SessionCancel, "hf"),
	ROW(C_MessageEncryptInit, "hmk"),
	ROW(C_EncryptMessage, "hvnininol"),
	ROW(C_EncryptMessageBegin, "hvnin"),
	ROW(C_EncryptMessageNext, "hvninolf"),
	ROW(C_MessageEncryptFinal, "h"),
	ROW(C_MessageDecryptInit, "hmk"),
	ROW(C_DecryptMessage, "hvnininol"),
	ROW(C_DecryptMessageBegin, "hvnin"),
	ROW(C_DecryptMessageNext, "hvninolf"),
	ROW(C_MessageDecryptFinal, "h"),
	ROW(C_MessageSignInit, "hmk"),
	ROW(C_SignMessage, "hvninol"),
	ROW(C_SignMessageBegin, "hvn"),
	ROW(C_SignMessageNext, "hvninol"),
	ROW(C_MessageSignFinal, "h"),
	ROW(C_MessageVerifyInit, "hmk"),
	ROW(C_VerifyMessage, "hvninin"),
	ROW(C_VerifyMessageBegin, "hvn"),
	ROW(C_VerifyMessageNext, "hvninin"),
	ROW(C_MessageVerifyFinal, "h"),
	ROW(C_EncapsulateKey, "hmktcolH"),
	ROW(C_DecapsulateKey, "hmktcinH"),
	ROW(C_VerifySignatureInit, "hmkin"),
	ROW(C_VerifySignature, "hin"),
	ROW(C_VerifySignatureUpdate, "hin"),
	ROW(C_VerifySignatureFinal, "h"),
	ROW(C_GetSessionValidationFlags, "hfx"),
	ROW(C_AsyncComplete, "hsx"),
	ROW(C_AsyncGetID, "hsx"),
	ROW(C_AsyncJoin, "hsnbn"),
	ROW(C_WrapKeyAuthenticated, "hmkkinol"),
	ROW(C_UnwrapKeyAuthenticated, "hmkintcinH"),
};

const size_t conduct_call_count = sizeof(conduct_calls) / sizeof(conduct_calls[0]);

const struct conduct_call *
conduct_find(const char *name)
{
	size_t i;

	for (i = 0; i < conduct_call_count; i++)
		if (strcmp(conduct_calls[i].name, name) == 0)
			return &conduct_calls[i];
	return NULL;
}
