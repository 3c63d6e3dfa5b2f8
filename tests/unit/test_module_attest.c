/*
 * tests/unit/test_module_attest.c: C_MDOC_Attest and its sisters, on a token in a TPM. If these failed, an application
 * could not learn from the answer what is missing, or evidence would be given to who may not have it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"
#include "tests/unit/swtpm.h"

static CK_BBOOL yes = CK_TRUE;
static CK_BYTE nonce[] = "nonce", room[MDOC_ATTEST_INPUT_MAX + 16384];

int
attest_start(void)
{
	if (strcmp(test_backend(), "vault") == 0 && !swtpm_start())
		return 1;
	return p11_start();
}

int
attest_stop(void)
{
	const int res = p11_stop();

	if (strcmp(test_backend(), "vault") == 0)
		swtpm_stop();
	return res;
}

/* A token of this backend, with a user PIN. */
static CK_SLOT_ID
make_token(const char *backend)
{
	CK_MDOC_AREA area = { .pBackend = (const CK_UTF8CHAR *)backend,
		.pSoPin = (const CK_UTF8CHAR *)SO_PIN,
		.ulSoPinLen = strlen(SO_PIN) };
	CK_SLOT_ID slot = 0;
	CK_SESSION_HANDLE session;
	CK_UTF8CHAR pin[] = USER_PIN;

	memset(area.label, ' ', sizeof(area.label));
	memcpy(area.label, backend, strlen(backend));
	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeArea(&area, &slot), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(p11->C_InitPIN(session, pin, strlen(USER_PIN)), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	return slot;
}

static CK_RV
attest(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_ULONG len = sizeof(room);

	return p11_vendor->C_MDOC_Attest(session, &key, 1, nonce, sizeof(nonce), room, &len);
}

static CK_RV
enrol(CK_SESSION_HANDLE session)
{
	CK_ULONG len = sizeof(room);

	return p11_vendor->C_MDOC_AttestEnrol(session, room, &len);
}

static CK_RV
activate(CK_SESSION_HANDLE session)
{
	CK_BYTE challenge[] = { 0xa0 };
	CK_ULONG len = sizeof(room);

	return p11_vendor->C_MDOC_AttestActivate(session, challenge, sizeof(challenge), room, &len);
}

static CK_RV
certificate(CK_SESSION_HANDLE session)
{
	CK_BYTE der[] = { 0x30, 0x00 };

	return p11_vendor->C_MDOC_AttestCertificate(session, der, sizeof(der));
}

static void
nothing_to_attest(void)
{
	const CK_SLOT_ID slot = make_token("vault");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE pub, key = 0;

	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &key), CKR_OK);
	CU_ASSERT_EQUAL(attest(session, key), CKR_FUNCTION_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(enrol(session), CKR_FUNCTION_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(activate(session), CKR_FUNCTION_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(certificate(session), CKR_FUNCTION_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static void
who_may(void)
{
	const CK_SLOT_ID slot = make_token("tpm");
	CK_SESSION_HANDLE session = p11_session(slot), reader = 0;

	CU_ASSERT_EQUAL(attest(session, 1), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(enrol(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(activate(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(certificate(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(attest(session, 1), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(enrol(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &reader), CKR_OK);
	CU_ASSERT_EQUAL(enrol(reader), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(activate(reader), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(certificate(reader), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_CloseSession(reader), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* The same length query for all: room enough, and no device is asked. */
static void
enrolment(void)
{
	const CK_SLOT_ID slot = make_token("tpm");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_ULONG bound = 0, len = 0, again;
	CK_OBJECT_HANDLE pub, key = 0;
	CK_BYTE *first;

	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &key), CKR_OK);
	CU_ASSERT_EQUAL(attest(session, key), CKR_MDOC_NOT_ENROLLED);
	CU_ASSERT_EQUAL(certificate(session), CKR_MDOC_NOT_ENROLLED);
	CU_ASSERT_EQUAL(activate(session), CKR_MDOC_NOT_ENROLLED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_AttestEnrol(session, NULL, &bound), CKR_OK);
	CU_ASSERT_EQUAL(attest(session, key), CKR_MDOC_NOT_ENROLLED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_AttestEnrol(session, room, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_TRUE_FATAL(len > 200 && len <= bound && bound <= sizeof(room));
	first = malloc(len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	again = len;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_AttestEnrol(session, first, &again), CKR_OK);
	CU_ASSERT_EQUAL(again, len);
	again = sizeof(room);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_AttestEnrol(session, room, &again), CKR_OK);
	CU_ASSERT_EQUAL(again, len);
	CU_ASSERT_EQUAL(memcmp(first, room, len), 0);
	free(first);
	CU_ASSERT_EQUAL(activate(session), CKR_DATA_INVALID);
	CU_ASSERT_EQUAL(certificate(session), CKR_DATA_INVALID);
	CU_ASSERT_EQUAL(attest(session, key), CKR_OK);
	/* An area that is initialised anew is another one. */
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_InitToken(slot, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN),
				(CK_UTF8CHAR *)"again                           "),
		CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_InitPIN(session, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN)), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &key), CKR_OK);
	CU_ASSERT_EQUAL(attest(session, key), CKR_MDOC_NOT_ENROLLED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Only about private keys of the token: another could be anywhere. */
static void
which_keys(void)
{
	const CK_SLOT_ID slot = make_token("tpm");
	CK_SESSION_HANDLE session = p11_user(slot), reader = 0;
	const CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE pub, keys[3], elsewhere = 0, session_pub;
	CK_ULONG len = 0, bound = 0;

	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &keys[0]), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &session_pub, &keys[1]), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, keys[1], CKA_MDOC_HARDWARE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_pair(session, false, NULL, 0, &session_pub, &elsewhere), CKR_OK);
	CU_ASSERT_EQUAL(enrol(session), CKR_OK);
	CU_ASSERT_EQUAL(attest(session, pub), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(attest(session, elsewhere), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(attest(session, 0xabcdef), CKR_KEY_HANDLE_INVALID);
	keys[2] = elsewhere;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Attest(session, keys, 3, nonce, sizeof(nonce), NULL, &bound), CKR_OK);
	len = bound;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Attest(session, keys, 3, nonce, sizeof(nonce), room, &len),
		CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(len, bound);
	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &reader), CKR_OK);
	len = 10;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Attest(reader, keys, 2, nonce, sizeof(nonce), room, &len),
		CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_TRUE(len > 500 && len < bound);
	len += 8; /* its signatures may be a byte or two longer the next time */
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Attest(reader, keys, 2, nonce, sizeof(nonce), room, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, keys[1]), CKR_OK);
	len = sizeof(room);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Attest(reader, keys, 2, nonce, sizeof(nonce), room, &len),
		CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(reader), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_attest[] = {
	{ "a vault has nothing to attest", nothing_to_attest },
	{ "who may", who_may },
	{ "enrolment", enrolment },
	{ "which keys", which_keys },
	CU_TEST_INFO_NULL,
};
