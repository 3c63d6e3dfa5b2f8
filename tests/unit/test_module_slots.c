/*
 * tests/unit/test_module_slots.c: slots, C_InitToken, areas, sessions.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"

static void
label_of(CK_UTF8CHAR padded[32], const char *text)
{
	memset(padded, ' ', 32);
	memcpy(padded, text, strlen(text));
}

static CK_RV
init_token(CK_SLOT_ID slot, const char *pin, const char *label)
{
	CK_UTF8CHAR padded[32];

	label_of(padded, label);
	return p11->C_InitToken(slot, (CK_UTF8CHAR *)pin, strlen(pin), padded);
}

/* Were it otherwise, NSS (which keeps its settings by slot id) would lose the token. */
static void
ids_stay(void)
{
	const CK_SLOT_ID first = p11_free_slot();
	CK_SLOT_ID slots[8];
	CK_ULONG count = 0;
	CK_TOKEN_INFO info;
	CK_CHAR serial[16];

	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(first, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.flags & CKF_TOKEN_INITIALIZED, 0);
	CU_ASSERT_EQUAL(init_token(first, SO_PIN, "first"), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(count, 2);
	count = 1;
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_TRUE, slots, &count), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	CU_ASSERT_EQUAL(slots[0], first);
	CU_ASSERT_NOT_EQUAL(slots[1], first);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(first, &info), CKR_OK);
	CU_ASSERT_NOT_EQUAL(info.flags & CKF_TOKEN_INITIALIZED, 0);
	CU_ASSERT_EQUAL(info.flags & CKF_USER_PIN_INITIALIZED, 0);
	CU_ASSERT_NSTRING_EQUAL(info.label, "first                           ", 32);
	CU_ASSERT_NSTRING_EQUAL(info.model, test_backend_model(), 16);
	memcpy(serial, info.serialNumber, sizeof(serial));
	CU_ASSERT_NSTRING_EQUAL(info.utcTime, "                ", 16);
	CU_ASSERT_EQUAL(info.flags & (CKF_CLOCK_ON_TOKEN | CKF_WRITE_PROTECTED), 0);
	CU_ASSERT_EQUAL(info.ulMaxPinLen, 64);
	CU_ASSERT_EQUAL(info.ulMinPinLen, test_can(TEST_RESTORE) ? 8 : 4);
	/* again, as another token in the same slot */
	CU_ASSERT_EQUAL(init_token(first, "wrong-code-of-the-unit-tests", "again"), CKR_PIN_INCORRECT);
	CU_ASSERT_NOT_EQUAL(p11_token_flags(first) & CKF_SO_PIN_COUNT_LOW, 0);
	CU_ASSERT_EQUAL(init_token(first, SO_PIN, "again"), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(first, &info), CKR_OK);
	CU_ASSERT_NSTRING_EQUAL(info.label, "again ", 6);
	CU_ASSERT_EQUAL(memcmp(serial, info.serialNumber, sizeof(serial)), 0);
	count = 8;
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_EQUAL(slots[0], first);
}

static void
bad_arguments(void)
{
	const CK_SLOT_ID slot = p11_free_slot();
	CK_SESSION_HANDLE session;
	CK_SLOT_INFO info;

	CU_ASSERT_EQUAL(p11->C_GetSlotInfo(slot + 1000, &info), CKR_SLOT_ID_INVALID);
	CU_ASSERT_EQUAL(p11->C_GetSlotInfo(slot, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_InitToken(slot, (CK_UTF8CHAR *)SO_PIN, 5, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(init_token(slot, "1234", "weak"), CKR_PIN_LEN_RANGE);
	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_TOKEN_NOT_RECOGNIZED);
}

/* Were it otherwise, a token would be erased under a program that is using it. */
static void
not_while_in_use(void)
{
	const CK_SLOT_ID slot = p11_token("in use");
	CK_SESSION_HANDLE session = p11_session(slot);

	CU_ASSERT_EQUAL(init_token(slot, SO_PIN, "again"), CKR_SESSION_EXISTS);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_EraseArea(slot, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN)), CKR_SESSION_EXISTS);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_SESSION_HANDLE_INVALID);
}

/* Were it otherwise, initialising anew would leave the last owner's objects behind. */
static void
initialising_erases(void)
{
	CK_OBJECT_CLASS data_class = CKO_DATA;
	const CK_ATTRIBUTE data = { CKA_CLASS, &data_class, sizeof(data_class) };
	const CK_SLOT_ID slot = p11_token("erase");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE handle;

	CU_ASSERT_EQUAL(p11_data(session, true, true, "private", "secret", &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, false, "public", "open", &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(slot), CKR_OK);
	CU_ASSERT_EQUAL(init_token(slot, SO_PIN, "erase"), CKR_OK);
	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_INITIALIZED, 0);
	session = p11_session(slot);
	CU_ASSERT_EQUAL(p11_count(session, &data, 1), 0);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static void
vendor_areas(void)
{
	CK_MDOC_AREA area = { .pSoPin = (CK_UTF8CHAR *)SO_PIN, .ulSoPinLen = strlen(SO_PIN) };
	CK_UTF8CHAR backend[] = "card of the last century";
	CK_SLOT_ID slot = 0, next = 0;
	CK_UTF8CHAR json[4096];
	CK_ULONG len = 0;

	label_of(area.label, "area");
	area.flags = 0x80;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeArea(&area, &slot), CKR_ARGUMENTS_BAD);
	area.flags = 0;
	area.pBackend = backend;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeArea(&area, &slot), CKR_ARGUMENTS_BAD);
	area.pBackend = NULL;
	area.user = (CK_MDOC_PIN_POLICY){ 4, 4, 3, CKV_MDOC_PIN_DIGITS };
	if (test_can(TEST_RESTORE))
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeArea(&area, &slot), CKR_PIN_LEN_RANGE);
	area.user.ulMaxLen = 3;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeArea(&area, &slot), CKR_ARGUMENTS_BAD);
	area.user.ulMaxLen = 4;
	area.flags = CKF_MDOC_AREA_ALLOW_WEAK_PIN;
	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeArea(&area, &slot), CKR_OK);
	CU_ASSERT_NOT_EQUAL(p11_token_flags(slot) & CKF_TOKEN_INITIALIZED, 0);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Diagnose(slot, NULL, &len), CKR_OK);
	CU_ASSERT(len > 2 && len < sizeof(json));
	len = 1;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Diagnose(slot, json, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Diagnose(slot, json, &len), CKR_OK);
	CU_ASSERT_EQUAL(json[0], '{');
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_EraseArea(slot, (const CK_UTF8CHAR *)"nonsense", 8), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_EraseArea(slot, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN)), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Diagnose(slot, NULL, &len), CKR_SLOT_ID_INVALID);
	area.user = (CK_MDOC_PIN_POLICY){ 0 };
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_MakeArea(&area, &next), CKR_OK);
	CU_ASSERT_NOT_EQUAL(next, slot);
}

static void
sessions(void)
{
	const CK_SLOT_ID slot = p11_token("sessions");
	CK_SESSION_HANDLE a, b;
	CK_SESSION_INFO info;
	CK_TOKEN_INFO token;

	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, 0, NULL, NULL, &a), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &a), CKR_OK);
	b = p11_session(slot);
	CU_ASSERT_EQUAL(p11->C_GetSessionInfo(a, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.state, CKS_RO_PUBLIC_SESSION);
	CU_ASSERT_EQUAL(info.slotID, slot);
	CU_ASSERT_EQUAL(p11->C_GetSessionInfo(b, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.state, CKS_RW_PUBLIC_SESSION);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(slot, &token), CKR_OK);
	CU_ASSERT_EQUAL(token.ulSessionCount, 2);
	CU_ASSERT_EQUAL(token.ulRwSessionCount, 1);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(slot), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetSessionInfo(a, &info), CKR_SESSION_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_GetSessionInfo(b, &info), CKR_SESSION_HANDLE_INVALID);
}

/* What other processes and later ones see of a slot. */
struct slot_seen {
	CK_SLOT_ID id;
	CK_CHAR serial[16];
	CK_ULONG count;
};

static bool
sees_the_same(const struct slot_seen *seen)
{
	CK_SLOT_ID slots[64];
	CK_ULONG count = 0, i;
	CK_TOKEN_INFO info;

	if (p11->C_GetSlotList(CK_TRUE, NULL, &count) != CKR_OK || count != seen->count || count > 64 ||
		p11->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		return false;
	for (i = 0; i < count && slots[i] != seen->id; i++)
		;
	return i < count && p11->C_GetTokenInfo(seen->id, &info) == CKR_OK &&
		memcmp(info.serialNumber, seen->serial, sizeof(seen->serial)) == 0;
}

static int
child_sees_the_same(void *arg)
{
	if (p11->C_Initialize(NULL) != CKR_OK || !sees_the_same(arg))
		return 1;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 2;
}

/* Were it otherwise, a program would find another token where it left its own. */
static void
ids_outlive_the_process(void)
{
	struct slot_seen seen = { .id = p11_token("for life") };
	const CK_SLOT_ID erased = p11_token("erased");
	CK_TOKEN_INFO info;

	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_EraseArea(erased, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN)), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(seen.id, &info), CKR_OK);
	memcpy(seen.serial, info.serialNumber, sizeof(seen.serial));
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_TRUE, NULL, &seen.count), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(child_sees_the_same, &seen), 0);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
	CU_ASSERT(sees_the_same(&seen));
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(erased, &info), CKR_SLOT_ID_INVALID);
	CU_ASSERT(p11_free_slot() > erased);
}

static void *
log_in(void *arg)
{
	static CK_RV rv;

	rv = p11_login(*(CK_SESSION_HANDLE *)arg, CKU_USER, USER_PIN);
	return &rv;
}

/* The lock that one PIN check at a time holds, held by somebody else. */
static int
hold_login_lock(CK_SLOT_ID slot)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	CK_TOKEN_INFO info;
	char path[256];
	int fd;

	if (p11->C_GetTokenInfo(slot, &info) != CKR_OK)
		return -1;
	snprintf(path, sizeof(path), "%s/areas/%.16s/login.lock", getenv("MDOC_PKCS11_STORE"),
		(const char *)info.serialNumber);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0 ? fd : -1;
}

/* Were it otherwise, a program's list of tokens would stand still while somebody's PIN is checked. */
static void
nobody_waits_for_a_login(void)
{
	const CK_SLOT_ID slot = p11_token("slow login");
	CK_SESSION_HANDLE session = p11_session(slot), other;
	const struct timespec a_little = { 0, 50000000 };
	const int fd = hold_login_lock(slot);
	CK_SESSION_INFO info;
	pthread_t thread;
	void *result;

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, log_in, &session), 0);
	nanosleep(&a_little, NULL);
	alarm(10); /* the login waits for twice as long */
	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_LOCKED, 0);
	other = p11_session(slot);
	CU_ASSERT_EQUAL(p11->C_GetSessionInfo(other, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.state, CKS_RW_PUBLIC_SESSION);
	CU_ASSERT(p11_count(other, NULL, 0) < 256); /* found without waiting */
	CU_ASSERT_EQUAL(p11->C_CloseSession(other), CKR_OK);
	alarm(0);
	close(fd);
	CU_ASSERT_EQUAL(pthread_join(thread, &result), 0);
	CU_ASSERT_EQUAL(*(CK_RV *)result, CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

#define BUSY_THREADS 6
#define BUSY_SECONDS 6

/* Long calls without a pause, until C_Finalize or a good while later. */
static void *
keep_calling(void *arg)
{
	static CK_BYTE random[BUSY_THREADS][4 * 1024 * 1024];
	const CK_SESSION_HANDLE session = *(CK_SESSION_HANDLE *)arg;
	const time_t end = time(NULL) + BUSY_SECONDS;
	CK_BYTE *mine = random[session % BUSY_THREADS];

	while (p11->C_GenerateRandom(session, mine, sizeof(random[0])) == CKR_OK && time(NULL) < end)
		continue;
	return NULL;
}

/* Were it otherwise, one library of a program could keep another from C_Initialize, and the program from its end. */
static void
busy_threads(void)
{
	const CK_SLOT_ID slot = p11_token("busy");
	CK_SESSION_HANDLE sessions[BUSY_THREADS];
	pthread_t threads[BUSY_THREADS];
	struct timespec begin, now;
	int i;

	for (i = 0; i < BUSY_THREADS; i++) {
		sessions[i] = p11_session(slot);
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, keep_calling, &sessions[i]), 0);
	}
	usleep(200000);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
	clock_gettime(CLOCK_MONOTONIC, &now);
	CU_ASSERT(now.tv_sec - begin.tv_sec < 2);
	for (i = 0; i < BUSY_THREADS; i++)
		pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
}

CU_TestInfo tests_slots[] = {
	{ "slot ids stay over C_InitToken", ids_stay },
	{ "bad arguments", bad_arguments },
	{ "no C_InitToken while in use", not_while_in_use },
	{ "C_InitToken erases", initialising_erases },
	{ "areas of the vendor interface", vendor_areas },
	{ "sessions", sessions },
	{ "slot ids outlive the process", ids_outlive_the_process },
	{ "nobody waits for another's login", nobody_waits_for_a_login },
	{ "C_Initialize and C_Finalize while others call", busy_threads },
	CU_TEST_INFO_NULL,
};
