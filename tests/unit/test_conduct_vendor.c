/*
 * tests/unit/test_conduct_vendor.c: the vendor's functions about the life of a token, in every state and with every
 * mistake.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/areas_kit.h"
#include "tests/unit/conduct_cases.h"
#include "tests/unit/inbox_kit.h"

enum { RO_PUBLIC, RW_PUBLIC, RO_USER, RW_USER, OFFICER, OF_PROVISIONER, RETIRED, UNCHANGED, ERASED, COLUMNS };

static const char *const columns[COLUMNS] = { "R/O public", "R/W public", "R/O user", "R/W user", "SO", "provisioner",
	"SO of a retired token", "SO with the transport secret", "erased elsewhere" };

#define OK CKR_OK
#define NAY CKR_USER_NOT_LOGGED_IN
#define OVER CKR_MDOC_RETIRED
#define FIRST CKR_PIN_EXPIRED
#define UNFIT CKR_MDOC_NO_SUCH_RIGHT

static CK_SLOT_ID slot;
static CK_UTF8CHAR room[MDOC_CREDENTIAL_LEN];

static CK_RV
record_check(CK_SESSION_HANDLE session)
{
	return p11_vendor->C_MDOC_RecordCheck(session, (const CK_UTF8CHAR *)"seen", 4);
}

static CK_RV
grant(CK_SESSION_HANDLE session)
{
	const CK_MDOC_GRANT wanted = { .pName = (const CK_UTF8CHAR *)"juki-net" };
	CK_ULONG len = sizeof(room);

	return p11_vendor->C_MDOC_Grant(session, &wanted, room, &len);
}

static CK_RV
revoke(CK_SESSION_HANDLE session)
{
	return p11_vendor->C_MDOC_Revoke(session, (const CK_UTF8CHAR *)"juki-net");
}

static CK_RV
events(CK_SESSION_HANDLE session)
{
	CK_ULONG len = 0;

	(void)session;
	return p11_vendor->C_MDOC_Events(slot, NULL, &len);
}

static CK_RV
disable_pin(CK_SESSION_HANDLE session)
{
	return p11_vendor->C_MDOC_DisablePin(session);
}

static CK_RV
suspend(CK_SESSION_HANDLE session)
{
	return p11_vendor->C_MDOC_Suspend(session);
}

static CK_RV
resume(CK_SESSION_HANDLE session)
{
	return p11_vendor->C_MDOC_Resume(session);
}

static CK_RV
retire(CK_SESSION_HANDLE session)
{
	return p11_vendor->C_MDOC_Retire(session);
}

/* In an area that has no matrix; of an erased one see is_gone(). */
static const struct {
	const char *name;
	CK_RV (*call)(CK_SESSION_HANDLE session);
	CK_RV rv[ERASED];
} cases[] = {
	{ "C_MDOC_RecordCheck", record_check, { NAY, NAY, NAY, NAY, OK, NAY, OVER, FIRST } },
	{ "C_MDOC_DisablePin", disable_pin, { NAY, NAY, NAY, NAY, OK, NAY, OVER, FIRST } },
	{ "C_MDOC_Suspend", suspend, { NAY, NAY, NAY, NAY, OK, OK, OVER, FIRST } },
	{ "C_MDOC_Resume", resume, { NAY, NAY, NAY, NAY, OK, NAY, OVER, FIRST } },
	{ "C_MDOC_Retire", retire, { NAY, NAY, NAY, OK, OK, NAY, OVER, FIRST } },
	{ "C_MDOC_Grant", grant, { NAY, NAY, NAY, NAY, UNFIT, NAY, UNFIT, UNFIT } },
	{ "C_MDOC_Revoke", revoke, { NAY, NAY, NAY, NAY, CKR_USER_PIN_NOT_INITIALIZED, NAY, OVER, FIRST } },
	{ "C_MDOC_Events", events, { OK, OK, OK, OK, OK, OK, OK, OK } },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static int
child_erase(void *arg)
{
	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	if (p11_vendor->C_MDOC_EraseArea(*(CK_SLOT_ID *)arg, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN)) != CKR_OK)
		return 2;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 3;
}

/* A general area that is still to be given a code of its own; SO_PIN is its transport secret. */
static CK_SLOT_ID
unchanged(void)
{
	CK_MDOC_AREA area = { .pSoPin = (const CK_UTF8CHAR *)SO_PIN,
		.ulSoPinLen = strlen(SO_PIN),
		.flags = CKF_MDOC_AREA_TRANSPORT };
	CK_SLOT_ID made = 0;

	memset(area.label, ' ', sizeof(area.label));
	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeArea(&area, &made), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(p11->C_InitToken(made, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN), area.label), CKR_OK);
	return made;
}

/* A new token in the state; the session. */
static CK_SESSION_HANDLE
enter(int column)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	const CK_FLAGS rw = column == RO_PUBLIC || column == RO_USER ? 0 : CKF_RW_SESSION;
	const bool user = column == RO_USER || column == RW_USER || column == ERASED;
	const bool officer = column == OFFICER || column == RETIRED || column == UNCHANGED;

	slot = column == UNCHANGED ? unchanged() : p11_token("vendor");
	if (column == OF_PROVISIONER)
		inbox_kit_make(slot, credential);
	CU_ASSERT_EQUAL_FATAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | rw, NULL, NULL, &session), CKR_OK);
	if (user)
		CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	if (officer)
		CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	if (column == OF_PROVISIONER)
		CU_ASSERT_EQUAL_FATAL(inbox_kit_login(session, credential), CKR_OK);
	if (column == RETIRED) {
		CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_Retire(session), CKR_OK);
		CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	}
	if (column == ERASED)
		CU_ASSERT_EQUAL(p11_fork(child_erase, &slot), 0);
	return session;
}

/* Make room for the next. */
static void
leave(int column)
{
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(slot), CKR_OK);
	if (column != ERASED)
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_EraseArea(slot, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN)), CKR_OK);
}

/* The user may not, or is not there any more: both are true, and a backend finds out the one or the other first. */
static bool
is_gone(CK_RV rv)
{
	return rv == CKR_USER_NOT_LOGGED_IN || rv == CKR_DEVICE_REMOVED;
}

static bool
is_right(size_t i, int column, CK_RV rv)
{
	if (column != ERASED)
		return rv == cases[i].rv[column];
	return cases[i].call == events ? rv == CKR_DEVICE_REMOVED : is_gone(rv);
}

/* Somebody would do what is another's, or in a state in which it must not be done. */
static void
every_state(void)
{
	for (int column = 0; column < COLUMNS; column++) {
		CK_SESSION_HANDLE session = enter(column);

		for (size_t i = 0; i < CASES; i++) {
			const CK_RV rv = cases[i].call(session);

			if (!is_right(i, column, rv))
				conduct_wrong("%s, %s: %s", cases[i].name, columns[column], conduct_rv_name(rv));
			if (rv != CKR_OK || cases[i].call == events)
				continue;
			leave(column);
			session = enter(column);
		}
		leave(column);
	}
}

/* In an area that has a matrix, as it is delivered: nobody would be let in by who has the secret out of the post. */
static void
officer_of_the_law(void)
{
	static const char secret[] = "transport-secret-0123456789";
	CK_UTF8CHAR label[32];
	CK_SESSION_HANDLE session;

	memset(label, ' ', sizeof(label));
	CU_ASSERT_EQUAL_FATAL(area_make("jk", NULL, &slot), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(p11->C_InitToken(slot, (CK_UTF8CHAR *)(uintptr_t)secret, strlen(secret), label), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, secret), CKR_OK);
	CU_ASSERT_EQUAL(grant(session), CKR_PIN_EXPIRED);
	CU_ASSERT_EQUAL(revoke(session), CKR_PIN_EXPIRED);
	CU_ASSERT_EQUAL(p11->C_SetPIN(session, (CK_UTF8CHAR *)(uintptr_t)secret, strlen(secret),
				(CK_UTF8CHAR *)AREA_SO_PIN, strlen(AREA_SO_PIN)),
		CKR_OK);
	CU_ASSERT_EQUAL(revoke(session), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(grant(session), CKR_OK);
	CU_ASSERT_EQUAL(revoke(session), CKR_OK);
	CU_ASSERT_EQUAL(grant(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(area_enter(session, "juki-net", room, sizeof(room)), CKR_OK);
	for (size_t i = 0; i + 1 < CASES; i++)
		if (cases[i].call != record_check) /* who may set the PIN records why */
			CU_ASSERT_EQUAL(cases[i].call(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static bool
is_officer(CK_SESSION_HANDLE session)
{
	CK_SESSION_INFO info = { .state = 0 };

	return p11->C_GetSessionInfo(session, &info) == CKR_OK && info.state == CKS_RW_SO_FUNCTIONS;
}

/* What one function of the standard answers to an officer in w->session, who must change his code. */
static CK_RV
try_case(struct conduct_world *w, const struct conduct_case *c)
{
	const struct conduct_call *call = conduct_find(c->name);
	struct conduct_arg args[CONDUCT_ARGS];
	CK_RV rv;

	conduct_arguments(w, call, &c->sane, args);
	rv = call->call(args);
	if (!conduct_may(c->name, rv))
		conduct_wrong("%s (%s), %s: %s", c->name, c->what == NULL ? "" : c->what, columns[UNCHANGED],
			conduct_rv_name(rv));
	return rv;
}

/* The standard's own functions while the code is still to be changed: what it says of a PIN that has expired (3.2). */
static void
code_to_be_changed(void)
{
	struct conduct_world w = { .so_pin = SO_PIN, .user_pin = USER_PIN };
	CK_SESSION_HANDLE stays;
	size_t refused = 0;

	slot = w.slot = unchanged();
	stays = p11_session(slot);
	for (size_t i = 0; i < conduct_case_count; i++) {
		const char *name = conduct_cases[i].name;
		CK_RV rv;

		/* what is for no session; C_SetPIN ends the state */
		if (conduct_find(name)->kinds[0] != 'h' || strcmp(name, "C_SetPIN") == 0)
			continue;
		if (!is_officer(stays))
			CU_ASSERT_EQUAL_FATAL(p11_login(stays, CKU_SO, SO_PIN), CKR_OK);
		w.session = p11_session(slot);
		rv = try_case(&w, &conduct_cases[i]);
		refused += rv == CKR_PIN_EXPIRED;
		CU_ASSERT(strcmp(name, "C_InitPIN") != 0 || rv == CKR_PIN_EXPIRED);
		(void)p11->C_CloseSession(w.session);
	}
	CU_ASSERT(refused > 1);
	leave(UNCHANGED);
}

#define TEXT(text) ((const CK_UTF8CHAR *)(text))
#define LONG_NAME "a-name-that-is-longer-than-the-sixty-four-bytes-that-a-named-user-may-have"

/* A caller's mistake would be taken for something else, or for memory that is not there. */
static void
bad_arguments(void)
{
	static const CK_UTF8CHAR number[] = "123456789012345678901234567890";
	static CK_UTF8CHAR longer[MDOC_CHECK_TEXT_MAX + 1];
	static const CK_MDOC_GRANT bad[] = {
		{ .pName = NULL },
		{ .pName = TEXT("") },
		{ .pName = TEXT(LONG_NAME) },
		{ .pName = TEXT("juki-net"), .rights = 0x8000 },
		{ .pName = TEXT("juki-net"), .ulTries = 101 },
		{ .pName = TEXT("juki-net"), .pNumber = NULL, .ulNumberLen = 12 },
		{ .pName = TEXT("collation-a"), .pNumber = number, .ulNumberLen = MDOC_NUMBER_MAX + 1 },
	};
	const CK_MDOC_GRANT good = { .pName = TEXT("juki-net") };
	CK_SESSION_HANDLE session = enter(OFFICER);
	CK_UTF8CHAR few[4];
	CK_ULONG len = sizeof(room);

	memset(longer, 'x', sizeof(longer));
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, NULL, 4), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, NULL, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, longer, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, longer, sizeof(longer)), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, longer, CK_UNAVAILABLE_INFORMATION), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, longer, sizeof(longer) - 1), CKR_OK);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		len = sizeof(room);
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Grant(session, &bad[i], room, &len), CKR_ARGUMENTS_BAD);
	}
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Grant(session, NULL, room, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Grant(session, &good, room, NULL), CKR_ARGUMENTS_BAD);
	len = 0;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Grant(session, &good, NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, MDOC_CREDENTIAL_LEN);
	len = sizeof(few);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Grant(session, &good, few, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(len, MDOC_CREDENTIAL_LEN);

	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Revoke(session, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Revoke(session, TEXT("")), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Revoke(session, TEXT(LONG_NAME)), CKR_ARGUMENTS_BAD);

	len = sizeof(few);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Events(slot, few, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT(len > sizeof(few));
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Events(slot, few, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Events(4711, NULL, &len), CKR_SLOT_ID_INVALID);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Events(p11_free_slot(), NULL, &len), CKR_TOKEN_NOT_RECOGNIZED);
	leave(OFFICER);
}

/* The provisioner would lose its place to who takes it for a system. */
static void
provisioner_is_no_system(void)
{
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	const CK_MDOC_GRANT wanted = { .pName = TEXT(MDOC_PROVISIONER) };
	CK_SESSION_HANDLE session = enter(OFFICER);
	CK_ULONG len = sizeof(credential);

	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeProvisioner(session, credential, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Grant(session, &wanted, room, &len), CKR_MDOC_NO_SUCH_RIGHT);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Revoke(session, TEXT(MDOC_PROVISIONER)), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(inbox_kit_login(session, credential), CKR_OK);
	leave(OFFICER);
}

/* A child would work with its parent's sessions, or a call hit somebody else's. */
static int
all_answer(CK_SESSION_HANDLE session, CK_RV rv, bool events_too)
{
	int wrong = 0;

	for (size_t i = 0; i < CASES; i++)
		if (cases[i].call != events || events_too)
			wrong += cases[i].call(session) != rv;
	return wrong;
}

static int
child_not_initialised(void *arg)
{
	return all_answer(*(CK_SESSION_HANDLE *)arg, CKR_CRYPTOKI_NOT_INITIALIZED, true);
}

static void
no_session_no_library(void)
{
	CK_SESSION_HANDLE session = enter(OFFICER);

	CU_ASSERT_EQUAL(p11_fork(child_not_initialised, &session), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT_EQUAL(all_answer(session, CKR_SESSION_HANDLE_INVALID, false), 0);
	CU_ASSERT_EQUAL(all_answer(CK_INVALID_HANDLE, CKR_SESSION_HANDLE_INVALID, false), 0);
	CU_ASSERT_EQUAL(all_answer(CK_UNAVAILABLE_INFORMATION, CKR_SESSION_HANDLE_INVALID, false), 0);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
	CU_ASSERT_EQUAL(all_answer(session, CKR_CRYPTOKI_NOT_INITIALIZED, true), 0);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
	leave(OFFICER);
}

CU_TestInfo conduct_vendor[] = {
	{ "R-MED-07: a token's life, in every state", every_state },
	{ "R-CARD-10: who is let in, and by whom", officer_of_the_law },
	{ "R-CARD-06: a code that is still to be changed", code_to_be_changed },
	{ "bad arguments", bad_arguments },
	{ "the provisioner is no system", provisioner_is_no_system },
	{ "no session, no library", no_session_no_library },
	CU_TEST_INFO_NULL,
};
