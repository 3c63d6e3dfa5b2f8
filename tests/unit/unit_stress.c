/*
 * tests/unit/unit_stress.c: many threads and many processes on one token.
 *
 * Were it otherwise than it says, servers that sign in parallel would fail now and then, and nobody would know why.
 * STRESS_SECONDS is how long each of its tests takes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/stress.h"

static atomic_ulong failures;
static time_t end;
int stress_not_ok;

unsigned
stress_seconds(void)
{
	const char *value = getenv("STRESS_SECONDS");
	const unsigned long seconds = value == NULL ? 1 : strtoul(value, NULL, 10);

	return seconds == 0 || seconds > 100000 ? 1 : (unsigned)seconds;
}

static time_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

void
stress_start(void)
{
	atomic_store(&failures, 0);
	end = now() + (time_t)stress_seconds();
}

bool
stress_is_over(void)
{
	return now() >= end;
}

void
stress_failure(const char *what, CK_RV rv)
{
	if (atomic_fetch_add(&failures, 1) < 10) {
		printf("    %s: 0x%lx\n", what, rv);
		fflush(stdout);
	}
}

void
stress_done(const char *claim, unsigned long count, const char *what)
{
	const unsigned long wrong = atomic_exchange(&failures, 0);

	if (wrong == 0 && count > 0) {
		printf("ok - %s (%lu %s)\n", claim, count, what);
	} else {
		printf("not ok - %s (%lu %s, %lu failures)\n", claim, count, what, wrong);
		stress_not_ok++;
	}
	fflush(stdout);
}

CK_ULONG
stress_count(CK_SESSION_HANDLE session)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE on_token = { CKA_TOKEN, &yes, sizeof(yes) };

	return p11_count(session, &on_token, 1);
}

bool
stress_round(CK_SESSION_HANDLE session)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE id[16], digest[32] = { 7 }, sig[64];
	CK_ATTRIBUTE extra = { CKA_ID, id, sizeof(id) };
	CK_ULONG len = sizeof(sig), found = 0;
	CK_OBJECT_HANDLE pub = 0, priv = 0, same = 0;
	CK_RV rv;

	rv = p11->C_GenerateRandom(session, id, sizeof(id));
	if (rv == CKR_OK)
		rv = p11_pair(session, true, &extra, 1, &pub, &priv);
	if (rv == CKR_OK)
		rv = p11->C_FindObjectsInit(session, &extra, 1);
	if (rv == CKR_OK)
		rv = p11->C_FindObjects(session, &same, 1, &found);
	if (rv == CKR_OK)
		rv = p11->C_FindObjectsFinal(session);
	if (rv == CKR_OK && (found != 1 || same != priv))
		rv = CKR_OBJECT_HANDLE_INVALID;
	if (rv == CKR_OK)
		rv = p11->C_SignInit(session, &ecdsa, priv);
	if (rv == CKR_OK)
		rv = p11->C_Sign(session, digest, sizeof(digest), sig, &len);
	if (rv == CKR_OK)
		rv = p11->C_VerifyInit(session, &ecdsa, pub);
	if (rv == CKR_OK)
		rv = p11->C_Verify(session, digest, sizeof(digest), sig, len);
	if (rv == CKR_OK)
		rv = p11->C_DestroyObject(session, priv);
	if (rv == CKR_OK)
		rv = p11->C_DestroyObject(session, pub);
	if (rv != CKR_OK)
		stress_failure("a round of generate, find, sign, verify and destroy", rv);
	return rv == CKR_OK;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--child") == 0)
		_exit(stress_child(argv[2]));
	if (!p11_load() || p11_start() != 0)
		return 2;
	stress_threads();
	stress_processes();
	if (p11_stop() != 0) {
		printf("not ok - the library ends\n");
		stress_not_ok++;
	}
	return stress_not_ok == 0 ? 0 : 1;
}
