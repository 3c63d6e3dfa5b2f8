/*
 * tests/unit/test_module_crypt.c: encryption, digests and messages in many sessions at once, while others log out
 * and in again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/unit/p11.h"

#define THREADS 6
#define LOGINS 12

static CK_SLOT_ID slot;
static atomic_bool over;

/* What a call may answer whose key goes away under it. */
static bool
is_expected(CK_RV rv)
{
	return rv == CKR_OK || rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OPERATION_NOT_INITIALIZED ||
		rv == CKR_USER_NOT_LOGGED_IN;
}

static CK_OBJECT_HANDLE
find_key(CK_SESSION_HANDLE session)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	CK_ULONG found = 0;

	if (p11->C_FindObjectsInit(session, &template, 1) != CKR_OK)
		return CK_INVALID_HANDLE;
	(void)p11->C_FindObjects(session, &key, 1, &found);
	(void)p11->C_FindObjectsFinal(session);
	return key;
}

/* One text there and back; true: every answer was one that the standard allows here, and the text the same. */
static bool
there_and_back(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE mark)
{
	CK_BYTE iv[16] = { mark }, plain[40], sealed[64], opened[64];
	CK_MECHANISM cbc = { CKM_AES_CBC_PAD, iv, sizeof(iv) };
	CK_ULONG first = sizeof(sealed), rest, len = sizeof(opened);
	CK_RV rv;

	memset(plain, mark, sizeof(plain));
	rv = p11->C_EncryptInit(session, &cbc, key);
	if (rv == CKR_OK)
		rv = p11->C_EncryptUpdate(session, plain, sizeof(plain), sealed, &first);
	rest = sizeof(sealed) - first;
	if (rv == CKR_OK)
		rv = p11->C_EncryptFinal(session, sealed + first, &rest);
	if (rv == CKR_OK)
		rv = p11->C_DecryptInit(session, &cbc, key);
	if (rv == CKR_OK)
		rv = p11->C_Decrypt(session, sealed, first + rest, opened, &len);
	if (rv != CKR_OK)
		return is_expected(rv);
	return len == sizeof(plain) && memcmp(opened, plain, len) == 0;
}

static bool
message(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_BYTE iv[12] = { 0 }, tag[16], plain[20] = { 0 }, sealed[20];
	CK_GCM_MESSAGE_PARAMS params = { iv, 12, 32, CKG_GENERATE_COUNTER, tag, 128 };
	CK_MECHANISM gcm = { CKM_AES_GCM, NULL, 0 };
	CK_ULONG len = sizeof(sealed);
	CK_RV rv;

	rv = p11->C_MessageEncryptInit(session, &gcm, key);
	if (rv == CKR_OK)
		rv = p11->C_EncryptMessage(session, &params, sizeof(params), NULL, 0, plain, 20, sealed, &len);
	(void)p11->C_SessionCancel(session, CKF_MESSAGE_ENCRYPT);
	return is_expected(rv);
}

/* Its operation is left active on purpose: a logout ends it from outside. */
static bool
left_behind(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 };
	CK_RV rv;

	(void)p11->C_EncryptInit(session, NULL, 0);
	rv = p11->C_EncryptInit(session, &ecb, key);
	return is_expected(rv);
}

static void *
work(void *arg)
{
	const CK_BYTE mark = *(CK_BYTE *)arg;
	CK_SESSION_HANDLE session = p11_session(slot), other = p11_session(slot);
	CK_OBJECT_HANDLE key;
	bool good = true;

	while (!atomic_load(&over)) {
		key = find_key(session);
		good = there_and_back(session, key, mark) && message(session, key) && left_behind(other, key) && good;
	}
	good = p11->C_CloseSession(session) == CKR_OK && p11->C_CloseSession(other) == CKR_OK && good;
	return good ? arg : NULL;
}

/* A text that comes back as another's, a call that never returns, a key that is used after its logout. */
static void
logout_under_way(void)
{
	CK_KEY_TYPE type = CKK_AES;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_BYTE value[16] = { 1 }, marks[THREADS];
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof(class) }, { CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE, value, sizeof(value) }, { CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &yes, 1 },
		{ CKA_ENCRYPT, &yes, 1 }, { CKA_DECRYPT, &yes, 1 } };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	pthread_t threads[THREADS];
	void *good;
	int i;

	slot = p11_token("crypt");
	session = p11_user(slot);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 7, &key), CKR_OK);
	for (i = 0; i < THREADS; i++) {
		marks[i] = (CK_BYTE)(i + 1);
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, work, &marks[i]), 0);
	}
	for (i = 0; i < LOGINS; i++) {
		CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
		CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	}
	atomic_store(&over, true);
	for (i = 0; i < THREADS; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], &good), 0);
		CU_ASSERT_PTR_NOT_NULL(good);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_crypt[] = {
	{ "a logout under way", logout_under_way },
	CU_TEST_INFO_NULL,
};
