/*
 * tests/unit/test_module_keys.c: holder keys, and operations with any key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 }, ecdsa_sha256 = { CKM_ECDSA_SHA256, NULL, 0 };
static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 };
static CK_BYTE digest[32] = { 1, 2, 3 };

/* Were it otherwise, a holder key could leave the token or be used without its holder (R-KEY-02, R-TX-01). */
static void
holder_rules(void)
{
	CK_SESSION_HANDLE session = p11_session(p11_token("holder"));
	CK_ATTRIBUTE holder[] = {
		{ CKA_MDOC_HOLDER_KEY, &yes, 1 },
		{ CKA_EXTRACTABLE, &yes, 1 },
		{ CKA_ALWAYS_AUTHENTICATE, &no, 1 },
	};
	CK_OBJECT_HANDLE pub, priv, copy;
	CK_BYTE bytes[64];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof(bytes) };
	CK_ULONG state = 99, before;
	CK_ATTRIBUTE copy_state = { CKA_MDOC_COPY_STATE, &state, sizeof(state) };

	before = p11_count(session, NULL, 0);
	CU_ASSERT_EQUAL(p11_pair(session, true, holder, 1, &pub, &priv), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, holder, 2, &pub, &priv), CKR_TEMPLATE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11_pair(session, false, holder, 1, &pub, &priv), CKR_TEMPLATE_INCONSISTENT);
	holder[1] = holder[2];
	CU_ASSERT_EQUAL(p11_pair(session, true, holder, 2, &pub, &priv), CKR_TEMPLATE_INCONSISTENT);
	CU_ASSERT_EQUAL_FATAL(p11_pair(session, true, holder, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_SENSITIVE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_ALWAYS_SENSITIVE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_EXTRACTABLE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_NEVER_EXTRACTABLE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_LOCAL), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_ALWAYS_AUTHENTICATE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_MDOC_HOLDER_KEY), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_MDOC_HARDWARE), test_can(TEST_SOFTWARE) ? CK_FALSE : CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, pub, CKA_PRIVATE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_COPYABLE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, pub, CKA_COPYABLE), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL(value.ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &copy_state, 1), CKR_OK);
	CU_ASSERT_EQUAL(state, CKV_MDOC_COPY_UNBOUND);
	CU_ASSERT_EQUAL(p11_count(session, &copy_state, 1), 1);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, priv, NULL, 0, &copy), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, pub, NULL, 0, &copy), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(session, NULL, 0), before);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a key could be brought in from outside and pass for one made here (R-KEY-01). */
static void
no_holder_from_outside(void)
{
	CK_SESSION_HANDLE session = p11_user(p11_token("import"));
	CK_OBJECT_CLASS object_class = CKO_PRIVATE_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE params[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	CK_BYTE scalar[32] = { 0x11, 0x22 }, zero[32] = { 0 };
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_EC_PARAMS, params, sizeof(params) },
		{ CKA_VALUE, zero, sizeof(zero) },
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_MDOC_HOLDER_KEY, &yes, 1 },
	};
	CK_OBJECT_HANDLE handle;

	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 6, &handle), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 5, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	template[3].pValue = scalar;
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 5, &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_LOCAL), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_MDOC_HOLDER_KEY), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_holder[] = {
	{ "R-KEY-02, R-TX-01: rules of holder keys", holder_rules },
	{ "R-KEY-01: none from outside", no_holder_from_outside },
	CU_TEST_INFO_NULL,
};

/* Were it otherwise, one PIN entry would allow many signatures (R-TX-01). */
static void
always_authenticate(void)
{
	CK_SESSION_HANDLE session = p11_user(p11_token("always"));
	CK_ATTRIBUTE always = { CKA_ALWAYS_AUTHENTICATE, &yes, 1 };
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE sig[64];
	CK_ULONG len = 0;

	CU_ASSERT_EQUAL_FATAL(p11_pair(session, true, &always, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 64);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_CONTEXT_SPECIFIC, "not-the-pin"), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11_login(session, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	len = 63;
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(len, 64);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, &ecdsa, pub), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Verify(session, digest, 32, sig, 64), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a program that keeps its session when the PIN was wrong, or none was given, would never sign
 * again. What has its PIN, or data, stays active. */
static void
begin_anew(void)
{
	CK_SESSION_HANDLE session = p11_user(p11_token("anew"));
	CK_ATTRIBUTE always = { CKA_ALWAYS_AUTHENTICATE, &yes, 1 };
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE sig[64];
	CK_ULONG len = sizeof(sig);

	CU_ASSERT_EQUAL_FATAL(p11_pair(session, true, &always, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa_sha256, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_CONTEXT_SPECIFIC, "not-the-pin"), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa_sha256, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignUpdate(session, digest, 32), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_OK);
	/* a PIN that was given to the one is not the other's */
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, an operation would outlive what went wrong in it, or the login. */
static void
life_of_an_operation(void)
{
	CK_SESSION_HANDLE session = p11_user(p11_token("life"));
	CK_MECHANISM nonsense = { 0x12345678, NULL, 0 }, keygen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE never = { CKA_SIGN, &no, 1 };
	CK_OBJECT_HANDLE pub, priv, mute;
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	CU_ASSERT_EQUAL_FATAL(p11_pair(session, false, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, false, &never, 1, &pub, &mute), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &nonsense, priv), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &keygen, priv), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv + 1000), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, pub), CKR_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, mute), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa_sha256, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa_sha256, priv), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(p11->C_SignUpdate(session, digest, 32), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, out, &len), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(p11->C_SignFinal(session, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_DigestInit(session, &sha256), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	/* a digest is nobody's secret: it goes on */
	CU_ASSERT_EQUAL(p11->C_DigestUpdate(session, digest, 32), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DigestFinal(session, out, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 32);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Session keys are the application's own: it may read what it made readable, and nothing else. */
static void
session_keys(void)
{
	CK_SESSION_HANDLE session = p11_user(p11_token("session"));
	CK_ATTRIBUTE open[] = { { CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 } };
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE bytes[64];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof(bytes) };

	CU_ASSERT_EQUAL(p11_pair(session, false, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	value.ulValueLen = sizeof(bytes);
	CU_ASSERT_EQUAL(p11_pair(session, false, open, 2, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &value, 1), CKR_OK);
	CU_ASSERT_EQUAL(value.ulValueLen, 32);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, priv, &(CK_ATTRIBUTE){ CKA_SENSITIVE, &yes, 1 }, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, priv, open, 1), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_operations[] = {
	{ "R-TX-01: one PIN check, one signature", always_authenticate },
	{ "to begin anew", begin_anew },
	{ "life of an operation", life_of_an_operation },
	{ "session keys", session_keys },
	CU_TEST_INFO_NULL,
};
