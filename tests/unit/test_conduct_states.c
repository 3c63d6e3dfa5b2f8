/*
 * tests/unit/test_conduct_states.c: every function in every state.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/conduct_cases.h"

/* A function that no table knows would be tested by nobody. */
static void
nothing_is_missing(void)
{
	size_t i, j;
	bool found;

	CU_ASSERT_EQUAL(conduct_call_count,
		(sizeof(*p11) - offsetof(CK_FUNCTION_LIST_3_2, C_Initialize)) / sizeof(void *));
	CU_ASSERT_EQUAL(conduct_rule_count, conduct_call_count);
	for (i = 0; i < conduct_call_count; i++) {
		for (found = false, j = 0; j < conduct_rule_count; j++)
			found = found || strcmp(conduct_rules[j].name, conduct_calls[i].name) == 0;
		if (!found)
			conduct_wrong("%s: no list of what it may answer", conduct_calls[i].name);
		for (found = false, j = 0; j < conduct_case_count; j++)
			found = found || strcmp(conduct_cases[j].name, conduct_calls[i].name) == 0;
		if (!found)
			conduct_wrong("%s: no row in the table of states", conduct_calls[i].name);
	}
}

/* An expectation beyond the standard would make the sweep defend a mistake. */
static void
expectations_are_allowed(void)
{
	size_t i, state;

	for (i = 0; i < conduct_case_count; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(conduct_find(conduct_cases[i].name));
		for (state = 0; state < STATES; state++)
			if (!conduct_may(conduct_cases[i].name, conduct_cases[i].rv[state]))
				conduct_wrong("%s may not answer %s", conduct_cases[i].name,
					conduct_rv_name(conduct_cases[i].rv[state]));
	}
}

CU_TestInfo conduct_table[] = {
	{ "nothing is missing in the tables", nothing_is_missing },
	{ "no row goes beyond the standard", expectations_are_allowed },
	CU_TEST_INFO_NULL,
};

static const char *const state_names[STATES] = { "R/O public", "R/W public", "R/O user", "R/W user", "SO",
	"provisioner", "locked", "read-only store", "erased" };

static CK_SESSION_HANDLE
open_session(CK_SLOT_ID slot, bool rw)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

	CU_ASSERT_EQUAL_FATAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | (rw ? CKF_RW_SESSION : 0), NULL, NULL,
				      &session),
		CKR_OK);
	return session;
}

static CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];

static void
make_provisioner(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = open_session(slot, true);
	CK_ULONG len = sizeof(credential);

	CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeProvisioner(session, credential, &len), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(p11->C_CloseSession(session), CKR_OK);
}

/* A session in the state, and the session objects in it. */
static void
enter(struct conduct_world *w, enum conduct_state state)
{
	const bool rw = state != STATE_RO_PUBLIC && state != STATE_RO_USER && state != STATE_READ_ONLY;

	w->session = open_session(w->slot, rw);
	if (state == STATE_RO_USER || state == STATE_RW_USER)
		CU_ASSERT_EQUAL_FATAL(p11_login(w->session, CKU_USER, USER_PIN), CKR_OK);
	if (state == STATE_SO)
		CU_ASSERT_EQUAL_FATAL(p11_login(w->session, CKU_SO, SO_PIN), CKR_OK);
	if (state == STATE_PROVISIONER)
		CU_ASSERT_EQUAL_FATAL(p11->C_LoginUser(w->session, CKU_USER, credential, sizeof(credential),
					      (CK_UTF8CHAR *)MDOC_PROVISIONER, strlen(MDOC_PROVISIONER)),
			CKR_OK);
	w->as_so = state == STATE_SO;
	conduct_world_look(w, w->session);
	conduct_world_session_objects(w);
}

/* Take back what a call has done, so that the next one finds its state. */
static void
undo(struct conduct_world *w, const struct conduct_case *c, enum conduct_state state)
{
	CK_OBJECT_HANDLE again;

	if (strcmp(c->name, "C_DestroyObject") == 0 && c->sane.key == OBJECT_POSTER)
		CU_ASSERT_EQUAL(p11->C_CreateObject(w->session, conduct_poster.attrs, conduct_poster.count, &again),
			CKR_OK);
	if (strcmp(c->name, "C_DestroyObject") == 0 && c->sane.key == OBJECT_DIARY)
		CU_ASSERT_EQUAL(p11->C_CreateObject(w->session, conduct_diary.attrs, conduct_diary.count, &again),
			CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(w->slot), CKR_OK);
	enter(w, state);
}

/* One row in one state. True: the call has had an effect. */
static bool
run_case(struct conduct_world *w, const struct conduct_case *c, enum conduct_state state)
{
	const struct conduct_call *call = conduct_find(c->name);
	struct conduct_arg args[CONDUCT_ARGS];
	CK_RV rv;

	conduct_arguments(w, call, &c->sane, args);
	rv = call->call(args);
	if (rv != c->rv[state])
		conduct_wrong("%s (%s), %s: %s, not %s", c->name, c->what == NULL ? "" : c->what, state_names[state],
			conduct_rv_name(rv), conduct_rv_name(c->rv[state]));
	if (rv == CKR_OK && conduct_result(call, args) != CK_INVALID_HANDLE && strcmp(c->name, "C_OpenSession") != 0)
		(void)p11->C_DestroyObject(w->session, conduct_result(call, args));
	return rv == CKR_OK;
}

static void
sweep(struct conduct_world *w, enum conduct_state state)
{
	size_t i;

	enter(w, state);
	for (i = 0; i < conduct_case_count; i++)
		if (run_case(w, &conduct_cases[i], state))
			undo(w, &conduct_cases[i], state);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(w->slot), CKR_OK);
}

/* Were it otherwise, a program would do in public what is the user's alone, or be refused what is its right. */
static void
public_and_logged_in(void)
{
	struct conduct_world w;
	enum conduct_state state;

	conduct_world_new(&w, "states");
	make_provisioner(w.slot);
	for (state = STATE_RO_PUBLIC; state <= STATE_PROVISIONER; state++)
		sweep(&w, state);
}

/* Were it otherwise, a locked PIN would hold up more than the login, or less. */
static void
locked(void)
{
	struct conduct_world w;
	CK_SESSION_HANDLE session;
	CK_RV rv = CKR_PIN_INCORRECT;
	int i;

	conduct_world_new(&w, "locked");
	session = open_session(w.slot, true);
	for (i = 0; i < 20 && rv == CKR_PIN_INCORRECT; i++)
		rv = p11_login(session, CKU_USER, "not the user's");
	CU_ASSERT_EQUAL_FATAL(rv, CKR_PIN_LOCKED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	sweep(&w, STATE_LOCKED);
}

static unsigned
failures_of(const struct conduct_world *w, void (*run)(struct conduct_world *w))
{
	const unsigned before = CU_get_number_of_failures();
	struct conduct_world copy = *w;

	run(&copy);
	return CU_get_number_of_failures() - before;
}

static void
read_only_sweep(struct conduct_world *w)
{
	sweep(w, STATE_READ_ONLY);
}

static int
child_read_only(void *arg)
{
	struct conduct_world *w = arg;
	size_t i;

	for (i = OBJECT_NONE + 1; i < OBJECTS; i++)
		w->object[i] = 0xabcdef; /* the parent's handles mean nothing here */
	if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 101;
	if (p11->C_Initialize(NULL) != CKR_OK)
		return 102;
	if (failures_of(w, read_only_sweep) != 0)
		return 103;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 104;
}

/* Were it otherwise, a token on a read-only medium would be of no use, or would let PINs be guessed. */
static void
read_only_store(void)
{
	struct conduct_world w;
	char command[256];
	const char *store = getenv("MDOC_PKCS11_STORE");

	conduct_world_new(&w, "read only");
	snprintf(command, sizeof(command), "chmod -R a+rX,a-w '%s'", store);
	CU_ASSERT_EQUAL(system(command), 0);
	CU_ASSERT_EQUAL(p11_fork(child_read_only, &w), 0);
	snprintf(command, sizeof(command), "chmod -R u+w,go-rwx '%s'", store);
	CU_ASSERT_EQUAL(system(command), 0);
}

static int
child_erase(void *arg)
{
	const struct conduct_world *w = arg;
	const CK_RV rv = p11->C_Initialize(NULL);

	if (rv != CKR_OK)
		return 101;
	if (p11_vendor->C_MDOC_EraseArea(w->slot, (const CK_UTF8CHAR *)w->so_pin, strlen(w->so_pin)) != CKR_OK)
		return 102;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 103;
}

/* Were it otherwise, a program would believe in a key that is no more. */
static void
erased_elsewhere(void)
{
	struct conduct_world w;
	size_t i;

	for (i = 0; i < conduct_case_count; i++) {
		conduct_world_new(&w, "erased");
		enter(&w, STATE_RW_USER);
		CU_ASSERT_EQUAL(p11_fork(child_erase, &w), 0);
		(void)run_case(&w, &conduct_cases[i], STATE_ERASED);
		(void)p11->C_CloseAllSessions(w.slot);
	}
}

/* The answer of a function that has no session, or no library. */
static CK_RV
call_with(const struct conduct_call *call, const struct conduct_world *w)
{
	struct conduct_arg args[CONDUCT_ARGS];
	const struct conduct_sane sane = { .template = &conduct_no_template };

	conduct_arguments(w, call, &sane, args);
	return call->call(args);
}

/* Were it otherwise, a call with a session that was closed would hit somebody else's, or nobody's memory. */
static void
no_session(void)
{
	struct conduct_world w;
	CK_SESSION_HANDLE closed;
	size_t i;
	CK_RV rv;

	conduct_world_new(&w, "no session");
	closed = open_session(w.slot, true);
	CU_ASSERT_EQUAL(p11->C_CloseSession(closed), CKR_OK);
	for (i = 0; i < conduct_call_count; i++) {
		const CK_SESSION_HANDLE bad[] = { closed, CK_INVALID_HANDLE, CK_UNAVAILABLE_INFORMATION };
		const bool parallel = strcmp(conduct_calls[i].name, "C_GetFunctionStatus") == 0 ||
			strcmp(conduct_calls[i].name, "C_CancelFunction") == 0;
		size_t j;

		if (conduct_calls[i].kinds[0] != 'h')
			continue;
		for (j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
			w.session = bad[j];
			rv = call_with(&conduct_calls[i], &w);
			if (rv != (parallel ? CKR_FUNCTION_NOT_PARALLEL : CKR_SESSION_HANDLE_INVALID))
				conduct_wrong("%s, bad session: %s", conduct_calls[i].name, conduct_rv_name(rv));
		}
	}
}

static bool
needs_no_library(const char *name)
{
	return strcmp(name, "C_GetFunctionList") == 0 || strcmp(name, "C_GetInterfaceList") == 0 ||
		strcmp(name, "C_GetInterface") == 0;
}

static int
sweep_uninitialised(void *arg)
{
	int wrong = 0;
	size_t i;
	CK_RV rv;

	for (i = 0; i < conduct_call_count; i++) {
		if (strcmp(conduct_calls[i].name, "C_Initialize") == 0)
			continue;
		rv = call_with(&conduct_calls[i], arg);
		if (rv == (needs_no_library(conduct_calls[i].name) ? CKR_OK : CKR_CRYPTOKI_NOT_INITIALIZED))
			continue;
		wrong++;
		conduct_wrong("%s, not initialised: %s", conduct_calls[i].name, conduct_rv_name(rv));
	}
	return wrong;
}

/* Were it otherwise, a child would work with its parent's sessions, or crash in what is not set up. */
static void
not_initialised(void)
{
	struct conduct_world w;

	conduct_world_new(&w, "not initialised");
	w.session = open_session(w.slot, true);
	CU_ASSERT_EQUAL(p11_fork(sweep_uninitialised, &w), 0);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
	CU_ASSERT_EQUAL(sweep_uninitialised(&w), 0);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
}

CU_TestInfo conduct_states[] = {
	{ "public, user, SO, provisioner", public_and_logged_in },
	{ "the PIN is locked", locked },
	{ "the store is read only", read_only_store },
	{ "another process erased the token", erased_elsewhere },
	{ "no such session", no_session },
	{ "not initialised, or forked", not_initialised },
	CU_TEST_INFO_NULL,
};
