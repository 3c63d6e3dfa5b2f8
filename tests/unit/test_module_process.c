/*
 * tests/unit/test_module_process.c: fork, threads, and ways to end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/unit/p11.h"

#define THREADS 4
#define ROUNDS 25

static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_BYTE digest[32] = { 9, 8, 7 };

static int
child_without_initialize(void *arg)
{
	CK_SESSION_INFO info;

	if (p11->C_GetSessionInfo(*(CK_SESSION_HANDLE *)arg, &info) != CKR_CRYPTOKI_NOT_INITIALIZED)
		return 1;
	return p11->C_Finalize(NULL) == CKR_CRYPTOKI_NOT_INITIALIZED ? 0 : 2;
}

/* A child that starts anew: no session and no login of the parent's is its own. */
static int
child_with_initialize(void *arg)
{
	CK_SESSION_HANDLE inherited = *(CK_SESSION_HANDLE *)arg, own;
	CK_SESSION_INFO info;
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE sig[64];
	CK_ULONG len = sizeof(sig);
	CK_SLOT_ID slots[8];
	CK_ULONG count = 8;

	if (p11->C_Initialize(NULL) != CKR_OK || p11->C_Initialize(NULL) != CKR_CRYPTOKI_ALREADY_INITIALIZED)
		return 1;
	if (p11->C_GetSessionInfo(inherited, &info) != CKR_SESSION_HANDLE_INVALID)
		return 2;
	if (p11->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK || count < 2)
		return 3;
	own = p11_session(slots[count - 2]);
	if (p11->C_GetSessionInfo(own, &info) != CKR_OK || info.state != CKS_RW_PUBLIC_SESSION)
		return 4;
	if (p11_login(own, CKU_USER, USER_PIN) != CKR_OK)
		return 5;
	if (p11_pair(own, true, NULL, 0, &pub, &priv) != CKR_OK || p11->C_SignInit(own, &ecdsa, priv) != CKR_OK ||
		p11->C_Sign(own, digest, 32, sig, &len) != CKR_OK)
		return 6;
	if (p11->C_DestroyObject(own, priv) != CKR_OK || p11->C_DestroyObject(own, pub) != CKR_OK)
		return 7;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 8;
}

/* Were it otherwise, nginx and sshd would sign with their parent's state, or hang (R-MED-01). */
static void
fork_and_use(void)
{
	const CK_SLOT_ID slot = p11_token("fork");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE sig[64];
	CK_ULONG len = sizeof(sig);
	CK_SESSION_INFO info;

	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(child_without_initialize, &session), 0);
	CU_ASSERT_EQUAL(p11_fork(child_with_initialize, &session), 0);
	CU_ASSERT_EQUAL(p11->C_GetSessionInfo(session, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.state, CKS_RW_USER_FUNCTIONS);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, 32, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, programs would crash at their end. */
static void
ends(void)
{
	CU_ASSERT_EQUAL(p11_child("exit"), 0);
	CU_ASSERT_EQUAL(p11_child("dlclose"), 0);
	CU_ASSERT_EQUAL(p11_child("late"), 0);
	CU_ASSERT_EQUAL(p11_child("atexit"), 0);
}

CU_TestInfo tests_fork[] = {
	{ "R-MED-01: a forked child", fork_and_use },
	{ "ways to end", ends },
	CU_TEST_INFO_NULL,
};

static CK_SLOT_ID slot;
static atomic_int wins, losses;

static void *
sign_and_verify(void *arg)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE *pair = arg;
	CK_BYTE sig[64];
	CK_ULONG len;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		session = p11_session(slot);
		len = sizeof(sig);
		if (p11->C_SignInit(session, &ecdsa, pair[1]) != CKR_OK ||
			p11->C_Sign(session, digest, 32, sig, &len) != CKR_OK ||
			p11->C_VerifyInit(session, &ecdsa, pair[0]) != CKR_OK ||
			p11->C_Verify(session, digest, 32, sig, len) != CKR_OK ||
			p11->C_CloseSession(session) != CKR_OK)
			atomic_fetch_add(&losses, 1);
	}
	return NULL;
}

static void
run_threads(void *(*run)(void *), void *arg)
{
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run, arg), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Were it otherwise, one thread's session would log the others out, or their signatures would mix. */
static void
threads_with_sessions(void)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE pair[2];
	int token;

	slot = p11_token("threads");
	session = p11_user(slot);
	for (token = 0; token < 2; token++) {
		CU_ASSERT_EQUAL_FATAL(p11_pair(session, token == 1, NULL, 0, &pair[0], &pair[1]), CKR_OK);
		atomic_store(&losses, 0);
		run_threads(sign_and_verify, pair);
		CU_ASSERT_EQUAL(atomic_load(&losses), 0);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static void *
digest_in_shared_session(void *arg)
{
	CK_SESSION_HANDLE session = *(CK_SESSION_HANDLE *)arg;
	CK_SESSION_INFO info;
	CK_BYTE random[16];
	int i;

	for (i = 0; i < ROUNDS; i++)
		if (p11->C_GenerateRandom(session, random, sizeof(random)) != CKR_OK ||
			p11->C_GetSessionInfo(session, &info) != CKR_OK)
			atomic_fetch_add(&losses, 1);
	return NULL;
}

static void
threads_in_one_session(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);

	atomic_store(&losses, 0);
	run_threads(digest_in_shared_session, &session);
	CU_ASSERT_EQUAL(atomic_load(&losses), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static void *
log_in(void *arg)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_RV rv = p11_login(session, CKU_USER, USER_PIN);

	(void)arg;
	if (rv == CKR_OK)
		atomic_fetch_add(&wins, 1);
	else if (rv != CKR_USER_ALREADY_LOGGED_IN)
		atomic_fetch_add(&losses, 1);
	return NULL;
}

/* Were it otherwise, of several threads that ask for the PIN at once some would fail for good. */
static void
concurrent_login(void)
{
	atomic_store(&wins, 0);
	atomic_store(&losses, 0);
	run_threads(log_in, NULL);
	CU_ASSERT_EQUAL(atomic_load(&wins), 1);
	CU_ASSERT_EQUAL(atomic_load(&losses), 0);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(slot), CKR_OK);
}

CU_TestInfo tests_threads[] = {
	{ "four threads, a session each", threads_with_sessions },
	{ "four threads, one session", threads_in_one_session },
	{ "four threads log in", concurrent_login },
	CU_TEST_INFO_NULL,
};
