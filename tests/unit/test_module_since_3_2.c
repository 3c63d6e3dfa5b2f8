/*
 * tests/unit/test_module_since_3_2.c: what PKCS#11 3.2 added.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/p11.h"

static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_MECHANISM ecdsa_sha256 = { CKM_ECDSA_SHA256, NULL, 0 };
static CK_BYTE digest[32] = { 1, 2, 3 };

/* Were it otherwise, a forged signature would pass for one of ours, or a half-made operation would be finished. */
static void
signature_first(void)
{
	CK_SESSION_HANDLE session = p11_user(p11_token("signature first"));
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE sig[64], bad[64], too_long[1000] = { 1 };
	CK_ULONG len = sizeof(sig);

	CU_ASSERT_EQUAL_FATAL(p11_pair(session, false, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignature(session, digest, 32), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureFinal(session), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_OK);
	memcpy(bad, sig, sizeof(bad));
	bad[40] ^= 1;
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa, pub, NULL, 64), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa, pub, too_long, sizeof(too_long)), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignature(session, digest, 32), CKR_SIGNATURE_LEN_RANGE);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa, pub, sig, 0), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignature(session, digest, 32), CKR_SIGNATURE_LEN_RANGE);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa, priv, sig, 64), CKR_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa, pub, bad, 64), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa, pub, sig, 64), CKR_OPERATION_ACTIVE);
	/* the other way of verifying does not see this one */
	CU_ASSERT_EQUAL(p11->C_Verify(session, digest, 32, sig, 64), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_VerifyUpdate(session, digest, 32), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_VerifySignature(session, digest, 32), CKR_SIGNATURE_INVALID);
	CU_ASSERT_EQUAL(p11->C_VerifySignature(session, digest, 32), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa, pub, sig, 64), CKR_OK);
	sig[0] ^= 0xff; /* the module has its own copy */
	CU_ASSERT_EQUAL(p11->C_VerifySignature(session, digest, 32), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, &ecdsa, pub), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignature(session, digest, 32), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, NULL, pub, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Verify(session, digest, 32, sig, 64), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static void
signature_first_in_parts(void)
{
	CK_SESSION_HANDLE session = p11_user(p11_token("parts"));
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE text[] = "in two parts", sig[64];
	CK_ULONG len = sizeof(sig);

	CU_ASSERT_EQUAL_FATAL(p11_pair(session, false, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa_sha256, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, text, 12, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa_sha256, pub, sig, 64), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureUpdate(session, text, 5), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureUpdate(session, text + 5, 7), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureFinal(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureInit(session, &ecdsa_sha256, pub, sig, 64), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureUpdate(session, text, 5), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureFinal(session), CKR_SIGNATURE_INVALID);
	CU_ASSERT_EQUAL(p11->C_VerifySignatureUpdate(session, text, 5), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a program that must use validated cryptography would think that it does. */
static void
nothing_is_validated(void)
{
	CK_SESSION_HANDLE session = p11_session(p11_token("validation"));
	CK_UTF8CHAR name[] = "C_Sign";
	CK_FLAGS flags = 99;
	CK_ULONG id = 0;

	CU_ASSERT_EQUAL(p11->C_GetSessionValidationFlags(session, CKS_LAST_VALIDATION_OK, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_GetSessionValidationFlags(session, CKS_LAST_VALIDATION_OK, &flags), CKR_OK);
	CU_ASSERT_EQUAL(flags, 0);
	CU_ASSERT_EQUAL(p11->C_GetSessionValidationFlags(session, 77, &flags), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_AsyncGetID(session, name, &id), CKR_FUNCTION_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(p11->C_EncapsulateKey(session, &ecdsa, 1, NULL, 0, NULL, NULL, NULL),
		CKR_FUNCTION_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(p11->C_EncapsulateKey(session + 1000, &ecdsa, 1, NULL, 0, NULL, NULL, NULL),
		CKR_SESSION_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_later[] = {
	{ "signature first", signature_first },
	{ "signature first, in parts", signature_first_in_parts },
	{ "nothing is validated", nothing_is_validated },
	CU_TEST_INFO_NULL,
};
