/*
 * tests/unit/test_op_state.c: C_GetOperationState and C_SetOperationState; cancelling of everything that is active.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "module/pkcs11/operations/state.h"
#include "tests/unit/cipher_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define STATE_ROOM (STATE_MAX + 64)

static struct holder_kit kit;
static CK_OBJECT_HANDLE key;
static CK_MECHANISM sha256 = { CKM_SHA256, NULL, 0 }, ecb = { CKM_AES_ECB, NULL, 0 };
static CK_BYTE text[STATE_MAX + 1];
static CK_BYTE state[STATE_ROOM];

static int
set_up(void)
{
	CK_BYTE value[16] = { 1 };
	size_t i;

	holder_kit_new(&kit, 0);
	key = cipher_key(&kit, value, sizeof(value));
	for (i = 0; i < sizeof(text); i++)
		text[i] = (CK_BYTE)(i * 3);
	return 0;
}

static int
tear_down(void)
{
	holder_kit_free(&kit);
	return 0;
}

static void
begin(CK_SESSION_HANDLE session, CK_ULONG len)
{
	(void)C_DigestInit(session, NULL);
	CU_ASSERT_EQUAL(C_DigestInit(session, &sha256), CKR_OK);
	if (len > 0)
		CU_ASSERT_EQUAL(C_DigestUpdate(session, text, len), CKR_OK);
}

static void
check_end(CK_SESSION_HANDLE session, CK_ULONG from, CK_ULONG to)
{
	CK_BYTE wanted[32], got[32];
	CK_ULONG len = 32;

	CU_ASSERT_EQUAL(C_DigestUpdate(session, text + from, to - from), CKR_OK);
	CU_ASSERT_EQUAL(C_DigestFinal(session, got, &len), CKR_OK);
	CU_ASSERT_EQUAL(C_DigestInit(session, &sha256), CKR_OK);
	CU_ASSERT_EQUAL(C_Digest(session, text, to, wanted, &len), CKR_OK);
	CU_ASSERT_EQUAL(memcmp(got, wanted, 32), 0);
}

/* A state that is said to be saved and is not gives a wrong digest later, without a word. */
static void
test_refused(void)
{
	CK_BYTE out[32];
	CK_ULONG len = STATE_ROOM, out_len = sizeof(out);

	CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_EncryptInit(kit.session, &ecb, key), CKR_OK);
	CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_STATE_UNSAVEABLE);
	begin(kit.session, 3);
	CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_STATE_UNSAVEABLE);
	CU_ASSERT_EQUAL(C_EncryptInit(kit.session, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(C_DigestKey(kit.session, key), CKR_OK);
	CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_STATE_UNSAVEABLE);
	begin(kit.session, STATE_MAX + 1);
	CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_STATE_UNSAVEABLE);
	CU_ASSERT_EQUAL(C_DigestFinal(kit.session, out, &out_len), CKR_OK);
}

static void
test_saved(void)
{
	static const CK_ULONG lengths[] = { 0, 1, 63, 64, 1000, STATE_MAX };
	const CK_SESSION_HANDLE other = holder_kit_session(&kit, 0);
	CK_ULONG len, need;
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		begin(kit.session, lengths[i]);
		CU_ASSERT_EQUAL(C_GetOperationState(kit.session, NULL, &need), CKR_OK);
		CU_ASSERT(need <= STATE_ROOM);
		len = need - 1;
		CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_BUFFER_TOO_SMALL);
		CU_ASSERT_EQUAL(len, need);
		CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_OK);
		CU_ASSERT_EQUAL(len, need);
		check_end(kit.session, lengths[i], lengths[i] + 1); /* it goes on as if nothing had been asked */
		CU_ASSERT_EQUAL(C_SetOperationState(kit.session, state, len, 0, 0), CKR_OK);
		check_end(kit.session, lengths[i], STATE_MAX + 1);
		CU_ASSERT_EQUAL(C_EncryptInit(other, &ecb, key), CKR_OK); /* makes way */
		CU_ASSERT_EQUAL(C_SetOperationState(other, state, len, 0, 0), CKR_OK);
		CU_ASSERT_EQUAL(C_EncryptFinal(other, state, &need), CKR_OPERATION_NOT_INITIALIZED);
		check_end(other, lengths[i], STATE_MAX + 1);
	}
	/* Saved, restored and saved again. */
	begin(kit.session, 10);
	len = STATE_ROOM;
	CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_OK);
	CU_ASSERT_EQUAL(C_SetOperationState(other, state, len, 0, 0), CKR_OK);
	CU_ASSERT_EQUAL(C_DigestUpdate(other, text + 10, 10), CKR_OK);
	len = STATE_ROOM;
	CU_ASSERT_EQUAL(C_GetOperationState(other, state, &len), CKR_OK);
	CU_ASSERT_EQUAL(C_SetOperationState(kit.session, state, len, 0, 0), CKR_OK);
	check_end(kit.session, 20, 30);
	CU_ASSERT_EQUAL(C_CloseSession(other), CKR_OK);
}

/* Whoever can write a state of his own choice has the module hash what nobody gave it. */
static void
test_altered(void)
{
	CK_ULONG len = STATE_ROOM, i;

	begin(kit.session, 20);
	CU_ASSERT_EQUAL(C_GetOperationState(kit.session, state, &len), CKR_OK);
	for (i = 0; i < len; i++) {
		state[i] ^= 1;
		CU_ASSERT_EQUAL(C_SetOperationState(kit.session, state, len, 0, 0), CKR_SAVED_STATE_INVALID);
		state[i] ^= 1;
		CU_ASSERT_EQUAL(C_SetOperationState(kit.session, state, i, 0, 0), CKR_SAVED_STATE_INVALID);
	}
	CU_ASSERT_EQUAL(C_SetOperationState(kit.session, NULL, len, 0, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_SetOperationState(kit.session, state, len, key, 0), CKR_KEY_NOT_NEEDED);
	CU_ASSERT_EQUAL(C_SetOperationState(kit.session, state, len, 0, key), CKR_KEY_NOT_NEEDED);
	CU_ASSERT_EQUAL(C_SetOperationState(kit.session, state, (CK_ULONG)-1, 0, 0), CKR_SAVED_STATE_INVALID);
	check_end(kit.session, 20, 21); /* and none of it ended what was active */
}

/* An operation that outlives its cancellation keeps the next one out. */
static void
test_cancel(void)
{
	static const CK_FLAGS flags[] = { CKF_DIGEST, CKF_SIGN, CKF_VERIFY, CKF_ENCRYPT, CKF_DECRYPT, CKF_MESSAGE_SIGN,
		CKF_MESSAGE_VERIFY, CKF_MESSAGE_ENCRYPT, CKF_MESSAGE_DECRYPT, CKF_FIND_OBJECTS };
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 }, gcm = { CKM_AES_GCM, NULL, 0 };
	CK_OBJECT_HANDLE public_key = 0;
	const CK_OBJECT_HANDLE private_key = holder_kit_pair(&kit, false, NULL, &public_key);
	const CK_SESSION_HANDLE session = kit.session;
	CK_RV rv[10];
	size_t cancelled, i;

	for (cancelled = 0; cancelled <= 10; cancelled++) {
		CU_ASSERT_EQUAL(C_SessionCancel(session, cancelled == 10 ? ~(CK_FLAGS)0 : flags[cancelled]), CKR_OK);
		rv[0] = C_DigestInit(session, &sha256);
		rv[1] = C_SignInit(session, &ecdsa, private_key);
		rv[2] = C_VerifyInit(session, &ecdsa, public_key);
		rv[3] = C_EncryptInit(session, &ecb, key);
		rv[4] = C_DecryptInit(session, &ecb, key);
		rv[5] = C_MessageSignInit(session, &ecdsa, private_key);
		rv[6] = C_MessageVerifyInit(session, &ecdsa, public_key);
		rv[7] = C_MessageEncryptInit(session, &gcm, key);
		rv[8] = C_MessageDecryptInit(session, &gcm, key);
		rv[9] = C_FindObjectsInit(session, NULL, 0);
		for (i = 0; i < 10; i++)
			CU_ASSERT_EQUAL(rv[i],
				cancelled == 0 || cancelled == 10 || i == cancelled ? CKR_OK : CKR_OPERATION_ACTIVE);
	}
	CU_ASSERT_EQUAL(C_SessionCancel(session, ~(CK_FLAGS)0), CKR_OK);
	CU_ASSERT_EQUAL(C_SessionCancel(session, ~(CK_FLAGS)0), CKR_OK);
	CU_ASSERT_EQUAL(C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
}

static CU_TestInfo tests[] = {
	{ "no state", test_refused },
	{ "saved and restored", test_saved },
	{ "altered states", test_altered },
	{ "cancelled", test_cancel },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_op_state = { "operation states", set_up, tear_down, NULL, NULL, tests };
