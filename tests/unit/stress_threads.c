/*
 * tests/unit/stress_threads.c: sixteen threads of one process.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/unit/stress.h"

static CK_SLOT_ID slot;
static CK_OBJECT_HANDLE keys[STRESS_THREADS];
static atomic_ulong done, wins;
static pthread_barrier_t barrier;

static void
run(void *(*body)(void *arg))
{
	pthread_t threads[STRESS_THREADS];
	size_t i;

	for (i = 0; i < STRESS_THREADS; i++)
		if (pthread_create(&threads[i], NULL, body, &keys[i]) != 0)
			stress_failure("pthread_create", 0);
	for (i = 0; i < STRESS_THREADS; i++)
		(void)pthread_join(threads[i], NULL);
}

static void *
sign(void *arg)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 5 }, sig[64];
	CK_SESSION_HANDLE session;
	CK_ULONG len;
	CK_RV rv;

	while (!stress_is_over()) {
		len = sizeof(sig);
		rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
		if (rv == CKR_OK)
			rv = p11->C_SignInit(session, &ecdsa, *(CK_OBJECT_HANDLE *)arg);
		if (rv == CKR_OK)
			rv = p11->C_Sign(session, digest, sizeof(digest), sig, &len);
		if (rv == CKR_OK)
			rv = p11->C_CloseSession(session);
		if (rv != CKR_OK)
			stress_failure("a signature", rv);
		else
			atomic_fetch_add(&done, 1);
	}
	return NULL;
}

static void
signatures(bool one_key)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE pub = 0;
	size_t i;

	for (i = 0; i < STRESS_THREADS; i++)
		if (i > 0 && one_key)
			keys[i] = keys[0];
		else if (p11_pair(session, true, NULL, 0, &pub, &keys[i]) != CKR_OK)
			stress_failure("a key pair", 0);
	atomic_store(&done, 0);
	stress_start();
	run(sign);
	stress_done(one_key ? "16 threads sign with one key" : "16 threads sign with a key each", atomic_load(&done),
		"signatures");
	(void)p11->C_CloseSession(session);
}

/* A call whose answer depends on what the others do; it must be one that the function may give. */
static CK_RV
may(const char *name, CK_RV rv)
{
	if (!conduct_may(name, rv))
		stress_failure(name, rv);
	atomic_fetch_add(&done, 1);
	return rv;
}

static unsigned
next(unsigned *state)
{
	*state = *state * 1103515245u + 12345u;
	return *state >> 16;
}

static void
anything(CK_SESSION_HANDLE session, unsigned what)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, sig[64];
	CK_OBJECT_HANDLE object[4], made = 0, pub = 0;
	CK_ULONG count = 0, len = sizeof(sig);

	switch (what % 8) {
	case 0:
		(void)may("C_Login", p11_login(session, CKU_USER, USER_PIN));
		break;
	case 1:
		(void)may("C_Logout", p11->C_Logout(session));
		break;
	case 2:
		if (may("C_FindObjectsInit", p11->C_FindObjectsInit(session, NULL, 0)) == CKR_OK) {
			(void)may("C_FindObjects", p11->C_FindObjects(session, object, 4, &count));
			(void)may("C_FindObjectsFinal", p11->C_FindObjectsFinal(session));
		}
		break;
	case 3:
	case 4:
		if (may("C_CreateObject", p11_data(session, what % 2 == 0, what % 3 == 0, "stress", "x", &made)) ==
			CKR_OK)
			(void)may("C_DestroyObject", p11->C_DestroyObject(session, made));
		break;
	case 5:
		if (may("C_GenerateKeyPair", p11_pair(session, false, NULL, 0, &pub, &made)) == CKR_OK &&
			may("C_SignInit", p11->C_SignInit(session, &ecdsa, made)) == CKR_OK)
			(void)may("C_Sign", p11->C_Sign(session, digest, 32, sig, &len));
		break;
	case 6:
		if (may("C_SignInit", p11->C_SignInit(session, &ecdsa, keys[0])) == CKR_OK)
			(void)may("C_Sign", p11->C_Sign(session, digest, 32, sig, &len));
		break;
	default:
		(void)may("C_GenerateRandom", p11->C_GenerateRandom(session, sig, sizeof(sig)));
		break;
	}
}

static void *
everything(void *arg)
{
	unsigned state = (unsigned)((CK_OBJECT_HANDLE *)arg - keys) * 7919u + 1u;
	CK_SESSION_HANDLE session;
	unsigned i;

	while (!stress_is_over()) {
		if (may("C_OpenSession",
			    p11->C_OpenSession(slot, CKF_SERIAL_SESSION | (next(&state) % 4 == 0 ? 0 : CKF_RW_SESSION),
				    NULL, NULL, &session)) != CKR_OK)
			continue;
		for (i = next(&state) % 12; i > 0; i--)
			anything(session, next(&state));
		(void)may("C_CloseSession", p11->C_CloseSession(session));
	}
	return NULL;
}

/* Nothing that they made is left, and the token is what its seal says. */
static void
anything_goes(void)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE left[] = { { CKA_LABEL, (void *)"stress", 6 }, { CKA_TOKEN, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE found[64];
	CK_SESSION_HANDLE session;
	CK_ULONG count = 0, i;

	atomic_store(&done, 0);
	stress_start();
	run(everything);
	if (p11->C_CloseAllSessions(slot) != CKR_OK)
		stress_failure("C_CloseAllSessions", 0);
	session = p11_user(slot);
	/* a logout between making and destroying leaves an object: it can be found and destroyed now */
	do {
		if (p11->C_FindObjectsInit(session, left, 2) != CKR_OK ||
			p11->C_FindObjects(session, found, 64, &count) != CKR_OK ||
			p11->C_FindObjectsFinal(session) != CKR_OK)
			stress_failure("looking at what is left", 0);
		for (i = 0; i < count; i++)
			if (p11->C_DestroyObject(session, found[i]) != CKR_OK)
				stress_failure("destroying what is left", 0);
	} while (count == 64);
	stress_done("16 threads open, close, log in and out, find, create and destroy", atomic_load(&done), "calls");
	(void)p11->C_CloseSession(session);
}

static void *
log_in(void *arg)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
	CK_RV rv;

	(void)arg;
	rv = p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
	(void)pthread_barrier_wait(&barrier);
	if (rv == CKR_OK)
		rv = p11_login(session, CKU_USER, USER_PIN);
	if (rv == CKR_OK)
		atomic_fetch_add(&wins, 1);
	else if (rv != CKR_USER_ALREADY_LOGGED_IN)
		stress_failure("C_Login", rv);
	return NULL;
}

static void
one_login_wins(void)
{
	unsigned long rounds = 0;

	(void)pthread_barrier_init(&barrier, NULL, STRESS_THREADS);
	stress_start();
	while (!stress_is_over()) {
		atomic_store(&wins, 0);
		run(log_in);
		if (atomic_load(&wins) != 1)
			stress_failure("logins that were answered CKR_OK", atomic_load(&wins));
		if (p11->C_CloseAllSessions(slot) != CKR_OK)
			stress_failure("C_CloseAllSessions", 0);
		rounds++;
	}
	stress_done("of 16 concurrent logins exactly one is CKR_OK", rounds, "times");
	(void)pthread_barrier_destroy(&barrier);
}

void
stress_threads(void)
{
	slot = p11_token("threads");
	signatures(true);
	signatures(false);
	anything_goes();
	one_login_wins();
}
