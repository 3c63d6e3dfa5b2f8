/*
 * tests/unit/test_module_rules.c: rules that hold across calls: what a login ends, what a key allows, what a
 * copy becomes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/p11.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_SLOT_ID slot;

/* Were it otherwise, a program that logs in again could never sign in that session any more. */
static void
stale_operation(void)
{
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE public_key, private_key;

	slot = p11_token("rules");
	session = p11_user(slot);
	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &public_key, &private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, private_key), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a key that its maker kept to signatures would agree on secrets too. */
static void
allowed_mechanisms(void)
{
	CK_MECHANISM_TYPE only[] = { CKM_ECDSA };
	CK_ATTRIBUTE extra[] = {
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_ALLOWED_MECHANISMS, only, sizeof(only) },
	};
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE public_key, free_key, bound_key, secret;
	CK_BYTE point[80];
	CK_ATTRIBUTE read = { CKA_EC_POINT, point, sizeof(point) };
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL };
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };

	CU_ASSERT_EQUAL(p11_pair(session, true, extra, 1, &public_key, &free_key), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, extra, 2, &public_key, &bound_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, public_key, &read, 1), CKR_OK);
	params.pPublicData = point;
	params.ulPublicDataLen = read.ulValueLen;
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &mechanism, free_key, NULL, 0, &secret), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &mechanism, bound_key, NULL, 0, &secret), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a key in the token would say of itself that it may be read. */
static void
copy_into_token(void)
{
	CK_ATTRIBUTE extra[] = {
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
	};
	CK_ATTRIBUTE token = { CKA_TOKEN, &yes, sizeof(yes) };
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE public_key, private_key, copy;
	CK_BYTE scalar[32];
	CK_ATTRIBUTE value = { CKA_VALUE, scalar, sizeof(scalar) };

	CU_ASSERT_EQUAL(p11_pair(session, false, extra, 2, &public_key, &private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, private_key, &value, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, private_key, &token, 1, &copy), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, copy, CKA_SENSITIVE), CK_TRUE);
	value.ulValueLen = sizeof(scalar);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, copy, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_rules[] = {
	{ "an operation ends with its login", stale_operation },
	{ "CKA_ALLOWED_MECHANISMS binds derivation too", allowed_mechanisms },
	{ "a private key copied into the token", copy_into_token },
	CU_TEST_INFO_NULL,
};
