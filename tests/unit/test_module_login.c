/*
 * tests/unit/test_module_login.c: roles, session states, PINs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/p11.h"

static CK_STATE
state_of(CK_SESSION_HANDLE session)
{
	CK_SESSION_INFO info = { .state = 99 };

	(void)p11->C_GetSessionInfo(session, &info);
	return info.state;
}

/* Were it otherwise, one session would not know of another's login (R-PIN-01). */
static void
state_is_the_tokens(void)
{
	const CK_SLOT_ID slot = p11_token("states");
	CK_SESSION_HANDLE rw = p11_session(slot), ro;

	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &ro), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(rw), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(rw, 7, USER_PIN), CKR_USER_TYPE_INVALID);
	CU_ASSERT_EQUAL(p11->C_Login(rw, CKU_USER, NULL, 0), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_login(ro, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(state_of(ro), CKS_RO_USER_FUNCTIONS);
	CU_ASSERT_EQUAL(state_of(rw), CKS_RW_USER_FUNCTIONS);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, USER_PIN), CKR_USER_ALREADY_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_SO, SO_PIN), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
	/* one of two sessions closes: still logged in; the last: not any more */
	CU_ASSERT_EQUAL(p11->C_CloseSession(ro), CKR_OK);
	CU_ASSERT_EQUAL(state_of(rw), CKS_RW_USER_FUNCTIONS);
	CU_ASSERT_EQUAL(p11->C_CloseSession(rw), CKR_OK);
	rw = p11_session(slot);
	CU_ASSERT_EQUAL(state_of(rw), CKS_RW_PUBLIC_SESSION);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(rw), CKR_OK);
	CU_ASSERT_EQUAL(state_of(rw), CKS_RW_PUBLIC_SESSION);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(slot), CKR_OK);
}

static void
security_officer(void)
{
	const CK_SLOT_ID slot = p11_token("officer");
	CK_SESSION_HANDLE rw = p11_session(slot), ro;

	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &ro), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_SO, SO_PIN), CKR_SESSION_READ_ONLY_EXISTS);
	CU_ASSERT_EQUAL(p11->C_InitPIN(ro, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN)), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CloseSession(ro), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_InitPIN(rw, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN)), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(state_of(rw), CKS_RW_SO_FUNCTIONS);
	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &ro),
		CKR_SESSION_READ_WRITE_SO_EXISTS);
	CU_ASSERT_EQUAL(p11->C_InitPIN(rw, (CK_UTF8CHAR *)"12", 2), CKR_PIN_LEN_RANGE);
	CU_ASSERT_EQUAL(p11->C_InitPIN(rw, (CK_UTF8CHAR *)"another-pin", 11), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(rw), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, USER_PIN), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, "another-pin"), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(rw), CKR_OK);
}

static void
change_of_pin(void)
{
	const CK_SLOT_ID slot = p11_token("change");
	CK_SESSION_HANDLE rw = p11_session(slot), ro;
	CK_UTF8CHAR next[] = "the-next-pin";

	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &ro), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetPIN(ro, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN), next, 12), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_SetPIN(rw, NULL, 0, next, 12), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_SetPIN(rw, (CK_UTF8CHAR *)"nonsense", 8, next, 12), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11->C_SetPIN(rw, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN), next, 3), CKR_PIN_LEN_RANGE);
	CU_ASSERT_EQUAL(p11->C_SetPIN(rw, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN), next, 12), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, "the-next-pin"), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(slot), CKR_OK);
}

/* Were it otherwise, a thief could go on guessing, or a holder would not be warned (R-CARD-05). */
static void
tries_run_out(void)
{
	const CK_SLOT_ID slot = p11_token("tries");
	CK_SESSION_HANDLE rw = p11_session(slot);
	CK_FLAGS flags = 0;
	CK_RV rv = CKR_PIN_INCORRECT;
	int tries;

	CU_ASSERT_EQUAL(p11_token_flags(slot) & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED),
		0);
	for (tries = 0; tries < 100 && (flags & CKF_USER_PIN_FINAL_TRY) == 0; tries++) {
		CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, "not-the-user-pin"), CKR_PIN_INCORRECT);
		flags = p11_token_flags(slot);
		CU_ASSERT_NOT_EQUAL(flags & CKF_USER_PIN_COUNT_LOW, 0);
	}
	rv = p11_login(rw, CKU_USER, "not-the-user-pin");
	CU_ASSERT(rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LOCKED);
	CU_ASSERT_NOT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_LOCKED, 0);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, USER_PIN), CKR_PIN_LOCKED);
	/* the security officer opens it again */
	CU_ASSERT_EQUAL(p11_login(rw, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_InitPIN(rw, (CK_UTF8CHAR *)USER_PIN, strlen(USER_PIN)), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(rw), CKR_OK);
	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_LOCKED, 0);
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(rw), CKR_OK);
}

/* Were it otherwise, a program would report our errors as its own, or lose its own. */
static void
error_queue_is_the_callers(void)
{
	const CK_SLOT_ID slot = p11_token("errors");
	CK_SESSION_HANDLE rw = p11_session(slot);
	unsigned long before;

	ERR_clear_error();
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, "not-the-user-pin"), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
	ERR_raise(ERR_LIB_USER, 42);
	before = ERR_peek_last_error();
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, "not-the-user-pin"), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(ERR_peek_last_error(), before);
	CU_ASSERT_EQUAL(ERR_peek_error(), before);
	ERR_clear_error();
	CU_ASSERT_EQUAL(p11->C_CloseSession(rw), CKR_OK);
}

static bool
readable(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle)
{
	CK_ATTRIBUTE label = { CKA_LABEL, NULL, 0 };

	return p11->C_GetAttributeValue(session, handle, &label, 1) == CKR_OK;
}

static CK_OBJECT_HANDLE
find_one(CK_SESSION_HANDLE session, const char *label)
{
	CK_ATTRIBUTE template = { CKA_LABEL, (void *)label, strlen(label) };
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &template, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &handle, 1, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	return handle;
}

/* Were it otherwise, who knows a handle from before could use the next user's private object by it. */
static void
handles_end_with_the_login(void)
{
	const CK_SLOT_ID slot = p11_token("handles");
	CK_SESSION_HANDLE rw = p11_user(slot), other = p11_session(slot);
	CK_OBJECT_HANDLE secret, open, later, session_object;

	CU_ASSERT_EQUAL(p11_data(rw, true, true, "secret", "1", &secret), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(rw, true, false, "open", "2", &open), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(rw, false, true, "session", "3", &session_object), CKR_OK);
	CU_ASSERT_EQUAL(find_one(other, "secret"), secret);
	CU_ASSERT(readable(other, secret) && readable(other, open) && readable(other, session_object));
	CU_ASSERT_EQUAL(p11->C_Logout(other), CKR_OK);
	CU_ASSERT(!readable(rw, secret) && readable(rw, open) && !readable(rw, session_object));
	CU_ASSERT_EQUAL(p11_login(rw, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT(!readable(rw, secret) && readable(rw, open) && !readable(rw, session_object));
	later = find_one(rw, "secret");
	CU_ASSERT_NOT_EQUAL(later, CK_INVALID_HANDLE);
	CU_ASSERT_NOT_EQUAL(later, secret);
	CU_ASSERT_EQUAL(find_one(rw, "open"), open);
	CU_ASSERT_EQUAL(find_one(rw, "session"), CK_INVALID_HANDLE);
	/* the last session's end is a logout, too */
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(slot), CKR_OK);
	rw = p11_user(slot);
	CU_ASSERT(!readable(rw, later) && readable(rw, open));
	CU_ASSERT_EQUAL(p11->C_CloseSession(rw), CKR_OK);
}

CU_TestInfo tests_login[] = {
	{ "handles of private objects end with the login", handles_end_with_the_login },
	{ "OpenSSL's error queue is the caller's", error_queue_is_the_callers },
	{ "login state is the token's", state_is_the_tokens },
	{ "security officer", security_officer },
	{ "C_SetPIN", change_of_pin },
	{ "R-CARD-05: tries run out", tries_run_out },
	CU_TEST_INFO_NULL,
};

static char log_path[64] = "/tmp/unit-module-log-XXXXXX";

void
p11_log_begin(void)
{
	char wish[80];
	int fd = mkstemp(log_path);

	if (fd < 0)
		abort();
	close(fd);
	snprintf(wish, sizeof(wish), "%s:3", log_path);
	setenv("MDOC_PKCS11_LOG", wish, 1);
}

/* Were it otherwise, a log sent in with a bug report would give PINs away. */
static void
no_pin_in_the_log(void)
{
	char line[1024];
	FILE *log = fopen(log_path, "r");
	int calls = 0, pins = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(log);
	while (fgets(line, sizeof(line), log) != NULL) {
		calls += strstr(line, "C_Login") != NULL;
		pins += strstr(line, USER_PIN) != NULL || strstr(line, SO_PIN) != NULL || strstr(line, "the-user-pin");
	}
	fclose(log);
	unlink(log_path);
	CU_ASSERT(calls > 20);
	CU_ASSERT_EQUAL(pins, 0);
}

CU_TestInfo tests_log[] = {
	{ "R-CARD-03, -32: no PIN in the log", no_pin_in_the_log },
	CU_TEST_INFO_NULL,
};
