/*
 * tests/unit/test_module_provisioner.c: C_LoginUser, and who brings new records without the PIN.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/p11.h"

static CK_BBOOL yes = CK_TRUE;
static CK_UTF8CHAR name[] = MDOC_PROVISIONER;
static CK_UTF8CHAR wrong[] = "0123456789abcdef0123456789abcdef";

static CK_RV
login_as(CK_SESSION_HANDLE session, const CK_UTF8CHAR *credential)
{
	return p11->C_LoginUser(session, CKU_USER, (CK_UTF8CHAR *)credential, MDOC_CREDENTIAL_LEN, name,
		strlen(MDOC_PROVISIONER));
}

static CK_STATE
state_of(CK_SESSION_HANDLE session)
{
	CK_SESSION_INFO info = { .state = 99 };

	(void)p11->C_GetSessionInfo(session, &info);
	return info.state;
}

/* A credential, made in a session that is logged out again. */
static CK_RV
make(CK_SLOT_ID slot, CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN])
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_ULONG len = MDOC_CREDENTIAL_LEN;
	CK_RV rv;

	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	rv = p11_vendor->C_MDOC_MakeProvisioner(session, credential, &len);
	CU_ASSERT_EQUAL(len, MDOC_CREDENTIAL_LEN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	return rv;
}

/* Were it otherwise, a caller could not tell a mistake of its own from a missing user. */
static void
names(void)
{
	const CK_SLOT_ID slot = p11_token("names");
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_UTF8CHAR pin[] = USER_PIN, other[] = "provisioner2";

	CU_ASSERT_EQUAL(login_as(session, wrong), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_LoginUser(session, CKU_USER, wrong, 32, other, 12), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_LoginUser(session, CKU_USER, wrong, 32, NULL, 12), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_LoginUser(session, CKU_USER, NULL, 32, name, 11), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_LoginUser(session, CKU_SO, wrong, 32, name, 11), CKR_USER_TYPE_INVALID);
	CU_ASSERT_EQUAL(p11->C_LoginUser(session, 7, wrong, 32, name, 11), CKR_USER_TYPE_INVALID);
	CU_ASSERT_EQUAL(p11->C_LoginUser(session, CKU_CONTEXT_SPECIFIC, pin, strlen(USER_PIN), NULL, 0),
		CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_LoginUser(session, CKU_USER, pin, strlen(USER_PIN), NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_LoginUser(session, CKU_USER, pin, strlen(USER_PIN), NULL, 0),
		CKR_USER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, somebody else than the security officer could let a program in, or a former one stay in. */
static void
making(void)
{
	const CK_SLOT_ID slot = p11_token("making");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_UTF8CHAR first[MDOC_CREDENTIAL_LEN], second[MDOC_CREDENTIAL_LEN];
	CK_ULONG len = 0;
	size_t i;

	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeProvisioner(session, first, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RevokeProvisioner(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RevokeProvisioner(session), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeProvisioner(session, first, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeProvisioner(session, NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, MDOC_CREDENTIAL_LEN);
	len--;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeProvisioner(session, first, &len), CKR_BUFFER_TOO_SMALL);
	/* neither of them has made one */
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RevokeProvisioner(session), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeProvisioner(session, first, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeProvisioner(session, second, &len), CKR_OK);
	for (i = 0; i < MDOC_CREDENTIAL_LEN; i++)
		CU_ASSERT_PTR_NOT_NULL(memchr("0123456789abcdef", second[i], 16));
	CU_ASSERT_NOT_EQUAL(memcmp(first, second, sizeof(first)), 0);
	CU_ASSERT_EQUAL(login_as(session, second), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(login_as(session, first), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(login_as(session, second), CKR_OK);
	CU_ASSERT_EQUAL(login_as(session, second), CKR_USER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(state_of(session), CKS_RW_USER_FUNCTIONS);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(state_of(session), CKS_RW_PUBLIC_SESSION);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(login_as(session, second), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a thief of the credential could read records, or sign for the holder. */
static void
sees_nothing(void)
{
	const CK_SLOT_ID slot = p11_token("sees");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL };
	CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE pub, priv, record, open, made;
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN], pin[] = USER_PIN;
	CK_BYTE text[16];
	CK_ATTRIBUTE value = { CKA_VALUE, text, sizeof(text) };

	CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "record", "secret", &record), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, false, "open", "public", &open), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT_EQUAL(make(slot, credential), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL(login_as(session, credential), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 0);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, record, &value, 1), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, open, &value, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_DecryptInit(session, &ecdsa, priv), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &ecdh, priv, NULL, 0, &made), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11_login(session, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
	/* nor can it make or take what is the holder's */
	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "mine", "1", &made), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_data(session, false, true, "mine", "1", &made), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_NOT_EQUAL(p11->C_DestroyObject(session, open), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_SetPIN(session, pin, strlen(USER_PIN), pin, strlen(USER_PIN)), CKR_FUNCTION_FAILED);
	CU_ASSERT_EQUAL(p11->C_InitPIN(session, pin, strlen(USER_PIN)), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	session = p11_user(slot);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, the credential could be guessed for ever, or its thief could lock the holder out. */
static void
tries_of_its_own(void)
{
	const CK_SLOT_ID slot = p11_token("own tries");
	CK_SESSION_HANDLE session;
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	int i;

	CU_ASSERT_EQUAL(make(slot, credential), CKR_OK);
	session = p11_session(slot);
	for (i = 0; i < 9; i++)
		CU_ASSERT_EQUAL(login_as(session, wrong), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(login_as(session, credential), CKR_OK); /* gives the tries back */
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	for (i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(login_as(session, wrong), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(login_as(session, wrong), CKR_PIN_LOCKED);
	CU_ASSERT_EQUAL(login_as(session, credential), CKR_PIN_LOCKED);
	CU_ASSERT_EQUAL(p11_token_flags(slot) & (CKF_USER_PIN_COUNT_LOW | CKF_SO_PIN_COUNT_LOW), 0);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT_EQUAL(make(slot, credential), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL(login_as(session, credential), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static int
child_revokes(void *arg)
{
	CK_SESSION_HANDLE session;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	session = p11_session(*(CK_SLOT_ID *)arg);
	if (p11_login(session, CKU_SO, SO_PIN) != CKR_OK)
		return 2;
	if (p11_vendor->C_MDOC_RevokeProvisioner(session) != CKR_OK)
		return 3;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 4;
}

/* Were it otherwise, a revoked program would go on. */
static void
revoking(void)
{
	CK_SLOT_ID slot = p11_token("revoking");
	CK_SESSION_HANDLE session;
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN], label[32];

	CU_ASSERT_EQUAL(make(slot, credential), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL(login_as(session, credential), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(child_revokes, &slot), 0);
	(void)p11_count(session, NULL, 0);
	CU_ASSERT_EQUAL(state_of(session), CKS_RW_PUBLIC_SESSION);
	CU_ASSERT_EQUAL(login_as(session, credential), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	/* nor does one outlive its area */
	CU_ASSERT_EQUAL(make(slot, credential), CKR_OK);
	memset(label, ' ', sizeof(label));
	CU_ASSERT_EQUAL(p11->C_InitToken(slot, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN), label), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL(login_as(session, credential), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_provisioner[] = {
	{ "names", names },
	{ "a credential is made", making },
	{ "R-MED-07: sees and does nothing of the holder's", sees_nothing },
	{ "tries of its own", tries_of_its_own },
	{ "revoked", revoking },
	CU_TEST_INFO_NULL,
};
