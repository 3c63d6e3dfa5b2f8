/*
 * tests/unit/test_module_events.c: slots that come and go by other processes, and many of them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/p11.h"

#define OTHER_SO_PIN "another-code-of-the-unit-tests-987"

static CK_RV
init_token(CK_SLOT_ID slot, const char *pin)
{
	CK_UTF8CHAR label[32];

	memset(label, ' ', sizeof(label));
	memcpy(label, "event", 5);
	return p11->C_InitToken(slot, (CK_UTF8CHAR *)pin, strlen(pin), label);
}

static int
child_makes(void *arg)
{
	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	if (init_token(*(CK_SLOT_ID *)arg, SO_PIN) != CKR_OK)
		return 2;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 3;
}

static int
child_erases(void *arg)
{
	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	if (p11_vendor->C_MDOC_EraseArea(*(CK_SLOT_ID *)arg, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN)) != CKR_OK)
		return 2;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 3;
}

/* Were it otherwise, a program that watches for tokens would miss one, or see one that is not there. */
static void
events(void)
{
	CK_SLOT_ID slot = p11_free_slot(), seen = 99;
	CK_ULONG before = 0, count = 0;
	CK_TOKEN_INFO info;
	int dummy;

	CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &seen, &dummy), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &seen, NULL), CKR_NO_EVENT);
	/* what we do ourselves is no event */
	CU_ASSERT_EQUAL(init_token(slot, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &seen, NULL), CKR_NO_EVENT);
	slot = p11_free_slot();
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_FALSE, NULL, &before), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(child_makes, &slot), 0);
	CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &seen, NULL), CKR_OK);
	CU_ASSERT_EQUAL(seen, slot);
	CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &seen, NULL), CKR_NO_EVENT);
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_FALSE, NULL, &count), CKR_OK);
	CU_ASSERT_EQUAL(count, before + 1);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(slot, &info), CKR_OK);
	CU_ASSERT_NOT_EQUAL(info.flags & CKF_TOKEN_INITIALIZED, 0);
	CU_ASSERT_EQUAL(p11_fork(child_erases, &slot), 0);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(slot, &info), CKR_DEVICE_REMOVED);
	CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &seen, NULL), CKR_OK);
	CU_ASSERT_EQUAL(seen, slot);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(slot, &info), CKR_SLOT_ID_INVALID);
	CU_ASSERT_EQUAL(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &seen, NULL), CKR_NO_EVENT);
}

struct waiter {
	pthread_t thread;
	atomic_int tid; /* 0: it has not begun */
	CK_SLOT_ID slot;
	CK_RV rv;
};

static void *
wait_for_event(void *arg)
{
	struct waiter *waiter = arg;

	atomic_store(&waiter->tid, (int)syscall(SYS_gettid));
	waiter->rv = p11->C_WaitForSlotEvent(0, &waiter->slot, NULL);
	return NULL;
}

static void
rest(long ms)
{
	struct timespec time = { 0, ms * 1000000 };

	nanosleep(&time, NULL);
}

/* The thread begins, and sleeps five times that it is looked at: then it is in the call's rest. */
static void
start_waiting(struct waiter *waiter)
{
	char path[64], line[256];
	int asleep = 0;

	*waiter = (struct waiter){ .rv = 99 };
	CU_ASSERT_EQUAL_FATAL(pthread_create(&waiter->thread, NULL, wait_for_event, waiter), 0);
	for (int i = 0; i < 2000 && asleep < 5; i++) {
		const int tid = atomic_load(&waiter->tid);
		FILE *stat = NULL;

		rest(10);
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
		if (tid != 0)
			stat = fopen(path, "r");
		if (stat != NULL && fgets(line, sizeof(line), stat) != NULL)
			asleep = strstr(line, ") S ") != NULL ? asleep + 1 : 0;
		if (stat != NULL)
			fclose(stat);
	}
	CU_ASSERT_EQUAL(asleep, 5);
}

/* Were it otherwise, a program that waits in a thread could never end, or waits for ever. */
static void
waiting(void)
{
	struct waiter waiter;
	CK_SLOT_ID slot = p11_free_slot();
	CK_ULONG count;

	start_waiting(&waiter);
	CU_ASSERT_EQUAL(p11_fork(child_makes, &slot), 0);
	pthread_join(waiter.thread, NULL);
	CU_ASSERT_EQUAL(waiter.rv, CKR_OK);
	CU_ASSERT_EQUAL(waiter.slot, slot);
	/* C_Finalize ends it, also when C_Initialize follows at once */
	start_waiting(&waiter);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
	pthread_join(waiter.thread, NULL);
	CU_ASSERT_EQUAL(waiter.rv, CKR_CRYPTOKI_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_FALSE, NULL, &count), CKR_OK);
}

struct racer {
	CK_SLOT_ID slot;
	const char *pin;
	int ready[2]; /* a pipe that nobody writes to: it ends for all at once */
};

/* 0: initialised; 1: somebody else's SO code; more: a fault. */
static int
child_races(void *arg)
{
	const struct racer *racer = arg;
	char byte;
	CK_RV rv;

	close(racer->ready[1]);
	if (p11->C_Initialize(NULL) != CKR_OK || read(racer->ready[0], &byte, 1) != 0)
		return 2;
	rv = init_token(racer->slot, racer->pin);
	if (p11->C_Finalize(NULL) != CKR_OK)
		return 3;
	return rv == CKR_OK ? 0 : rv == CKR_PIN_INCORRECT ? 1 : 4;
}

static void
race(const char *first, const char *second, int *wins, int *refused)
{
	struct racer racers[2] = { { .pin = first }, { .pin = second } };
	pid_t children[2];
	int ready[2], i, status;

	*wins = *refused = 0;
	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	fflush(NULL);
	for (i = 0; i < 2; i++) {
		racers[i].slot = p11_free_slot();
		memcpy(racers[i].ready, ready, sizeof(ready));
		children[i] = fork();
		if (children[i] == 0) {
			alarm(60);
			_exit(child_races(&racers[i]));
		}
	}
	close(ready[0]);
	close(ready[1]);
	for (i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
		*wins += WIFEXITED(status) && WEXITSTATUS(status) == 0;
		*refused += WIFEXITED(status) && WEXITSTATUS(status) == 1;
	}
}

/* Were it otherwise, who loses a race for the free slot would be told nothing that he can act on. */
static void
racing_initialisation(void)
{
	int wins, refused;

	race(SO_PIN, SO_PIN, &wins, &refused);
	CU_ASSERT_EQUAL(wins, 2); /* the second one has initialised it again */
	race(SO_PIN, OTHER_SO_PIN, &wins, &refused);
	CU_ASSERT_EQUAL(wins, 1);
	CU_ASSERT_EQUAL(refused, 1);
}

/* More areas than a process may have files open: each needs five while it is open. */
static int
child_of_few_files(void *arg)
{
	const struct rlimit few = { 64, 64 };
	CK_SLOT_ID slots[64];
	CK_ULONG count = 0, i;
	CK_TOKEN_INFO info;
	CK_SESSION_HANDLE session;

	(void)arg;
	if (setrlimit(RLIMIT_NOFILE, &few) != 0 || p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	for (i = 0; i < 16; i++)
		if (init_token(p11_free_slot(), SO_PIN) != CKR_OK)
			return 2;
	if (p11->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_OK || count > 64 ||
		p11->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK || count < 17)
		return 3;
	for (i = 0; i < count; i++)
		if (p11->C_GetTokenInfo(slots[i], &info) != CKR_OK)
			return 4;
	for (i = 0; i + 1 < count; i++)
		if (p11->C_OpenSession(slots[i], CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK ||
			p11->C_CloseSession(session) != CKR_OK)
			return 5;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 6;
}

/* Were it otherwise, thousands of areas in one store could not even be listed. */
static void
many_areas(void)
{
	CU_ASSERT_EQUAL(p11_fork(child_of_few_files, NULL), 0);
}

/* Are all areas there, and is no new one made? */
static int
look_without_a_list(CK_SLOT_ID slot)
{
	CK_MDOC_AREA area = { .pSoPin = (CK_UTF8CHAR *)SO_PIN, .ulSoPinLen = strlen(SO_PIN) };
	CK_SLOT_ID slots[64], made = 0;
	CK_ULONG count = 0;
	CK_TOKEN_INFO info;
	CK_SESSION_HANDLE session;

	memset(area.label, ' ', sizeof(area.label));
	if (p11->C_Initialize(NULL) != CKR_OK || p11_vendor->C_MDOC_MakeArea(&area, &made) == CKR_OK)
		return 2;
	if (p11->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_OK || count == 0 || count > 64 ||
		p11->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		return 3;
	while (count > 0 && slots[count - 1] != slot)
		count--;
	if (count == 0 || p11->C_GetTokenInfo(slot, &info) != CKR_OK || memcmp(info.label, "survivor ", 9) != 0)
		return 4;
	session = p11_user(slot);
	if (p11->C_CloseSession(session) != CKR_OK)
		return 5;
	/* ids that might have been given out before are not given out again */
	if (init_token(slot + 1000, SO_PIN) != CKR_SLOT_ID_INVALID)
		return 6;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 7;
}

static int
child_of_a_damaged_list(void *arg)
{
	const CK_SLOT_ID slot = *(CK_SLOT_ID *)arg;
	char path[256];
	FILE *list;

	snprintf(path, sizeof(path), "%s/slots.db", getenv("MDOC_PKCS11_STORE"));
	list = fopen(path, "w");
	if (list == NULL || fputs("this is no list of slots, and longer than nothing", list) < 0 || fclose(list) != 0)
		return 1;
	return look_without_a_list(slot);
}

static int
child_of_a_missing_list(void *arg)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/slots.db", getenv("MDOC_PKCS11_STORE"));
	return unlink(path) == 0 ? look_without_a_list(*(CK_SLOT_ID *)arg) : 1;
}

/* Were it otherwise, one broken file would take every token away. The last test here: it breaks that file. */
static void
damaged_list(void)
{
	CK_SLOT_ID slot = p11_token("survivor");

	CU_ASSERT_EQUAL(p11_fork(child_of_a_damaged_list, &slot), 0);
	CU_ASSERT_EQUAL(p11_fork(child_of_a_missing_list, &slot), 0);
}

static int
child_makes_anew(void *arg)
{
	CK_SLOT_ID slot = *(CK_SLOT_ID *)arg;
	CK_SESSION_HANDLE session;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	if (init_token(slot, SO_PIN) != CKR_OK)
		return 2;
	session = p11_session(slot);
	if (p11_login(session, CKU_SO, SO_PIN) != CKR_OK ||
		p11->C_InitPIN(session, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN)) != CKR_OK)
		return 3;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 4;
}

/* Were it otherwise, the next user would find what the last one left, or be told that he is logged in already. */
static void
made_anew(void)
{
	CK_SLOT_ID slot = p11_token("anew");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE mine = 0;
	CK_ULONG size;

	CU_ASSERT_EQUAL(p11_data(session, false, true, "mine", "value", &mine), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetObjectSize(session, mine, &size), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_USER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_fork(child_makes_anew, &slot), 0);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetObjectSize(session, mine, &size), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_events[] = {
	{ "slots come and go", events },
	{ "waiting for one", waiting },
	{ "two make the same one", racing_initialisation },
	{ "more areas than files", many_areas },
	{ "a token made anew by another process", made_anew },
	{ "a damaged list of slots", damaged_list },
	CU_TEST_INFO_NULL,
};
