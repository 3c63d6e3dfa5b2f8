/*
 * tests/unit/test_module_search.c: C_FindObjects over what changes: the index says what the objects say.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/p11.h"

#define MANY 200 /* more than any list that is looked at one by one */

static CK_OBJECT_CLASS data_class = CKO_DATA;

static CK_ULONG
by(CK_SESSION_HANDLE session, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	const CK_ATTRIBUTE template[] = { { type, (void *)value, len },
		{ CKA_CLASS, &data_class, sizeof(data_class) } };

	return p11_count(session, template, 2);
}

static CK_ULONG
by_label(CK_SESSION_HANDLE session, const char *label)
{
	return by(session, CKA_LABEL, label, strlen(label));
}

static CK_RV
set_label(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const char *label)
{
	CK_ATTRIBUTE attr = { CKA_LABEL, (void *)label, strlen(label) };

	return p11->C_SetAttributeValue(session, object, &attr, 1);
}

/* Were it otherwise, a key renamed by one program could not be found, or would be found under its old name. */
static void
changes(bool on_token)
{
	CK_SESSION_HANDLE session = p11_user(p11_token(on_token ? "changes" : "changes2"));
	CK_OBJECT_HANDLE objects[MANY], twin;
	CK_ATTRIBUTE application = { CKA_APPLICATION, (void *)"app", 3 };
	char label[32];
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(label, sizeof(label), "object %d", i);
		CU_ASSERT_EQUAL_FATAL(p11_data(session, on_token, true, label, "value", &objects[i]), CKR_OK);
		CU_ASSERT_EQUAL(by_label(session, label), 1);
	}
	CU_ASSERT_EQUAL(by_label(session, "object"), 0);
	CU_ASSERT_EQUAL(by_label(session, ""), 0);
	CU_ASSERT_EQUAL(p11_data(session, on_token, true, "object 7", "another", &twin), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "object 7"), 2);
	CU_ASSERT_EQUAL(set_label(session, objects[7], "renamed"), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "object 7"), 1);
	CU_ASSERT_EQUAL(by_label(session, "renamed"), 1);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, objects[7], &application, 1), CKR_OK);
	CU_ASSERT_EQUAL(by(session, CKA_APPLICATION, "app", 3), 1);
	CU_ASSERT_EQUAL(by_label(session, "renamed"), 1);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, objects[7]), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "renamed"), 0);
	CU_ASSERT_EQUAL(by(session, CKA_APPLICATION, "app", 3), 0);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, twin), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "object 7"), 0);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, twin), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(by_label(session, "object 8"), 1);
	CU_ASSERT_EQUAL(by(session, CKA_VALUE, "another", 7), 0);
	CU_ASSERT_EQUAL(by(session, CKA_TOKEN, &(CK_BBOOL){ on_token ? CK_TRUE : CK_FALSE }, 1), MANY - 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static void
token_objects_change(void)
{
	changes(true);
}

static void
session_objects_change(void)
{
	changes(false);
}

/* Were it otherwise, a logged-out program would see what is private, or a logged-in one would not. */
static void
login_and_logout(void)
{
	const CK_SLOT_ID slot = p11_token("logout");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE hidden, shown;

	CU_ASSERT_EQUAL(p11_data(session, true, true, "same", "private", &hidden), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, false, "same", "public", &shown), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "same"), 2);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "same"), 1);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "same"), 2);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "same"), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a search by id could give another's key. */
static void
keys_by_id(void)
{
	CK_SESSION_HANDLE session = p11_user(p11_token("ids"));
	CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
	CK_OBJECT_HANDLE pub, priv, found[2];
	CK_ULONG count = 0;
	unsigned i;

	for (i = 0; i < 20; i++) {
		const CK_ATTRIBUTE id = { CKA_ID, &i, sizeof(i) };
		CK_ATTRIBUTE both[] = { { CKA_ID, &i, sizeof(i) },
			{ CKA_CLASS, &private_class, sizeof(private_class) } };

		CU_ASSERT_EQUAL_FATAL(p11_pair(session, i % 2 == 0, &id, 1, &pub, &priv), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, both, 2), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_FindObjects(session, found, 2, &count), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
		CU_ASSERT(count == 1 && found[0] == priv);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static CK_SLOT_ID shared;

static int
rename_elsewhere(void *arg)
{
	const CK_ATTRIBUTE old = { CKA_LABEL, (void *)"here", 4 }, doomed = { CKA_LABEL, (void *)"gone", 4 };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object, gone;
	CK_ULONG count = 0;

	(void)arg;
	if (p11->C_Initialize(NULL) != CKR_OK)
		return 1;
	session = p11_user(shared);
	if (p11->C_FindObjectsInit(session, (CK_ATTRIBUTE *)&old, 1) != CKR_OK ||
		p11->C_FindObjects(session, &object, 1, &count) != CKR_OK || count != 1 ||
		p11->C_FindObjectsFinal(session) != CKR_OK)
		return 2;
	if (p11->C_FindObjectsInit(session, (CK_ATTRIBUTE *)&doomed, 1) != CKR_OK ||
		p11->C_FindObjects(session, &gone, 1, &count) != CKR_OK || count != 1 ||
		p11->C_FindObjectsFinal(session) != CKR_OK || p11->C_DestroyObject(session, gone) != CKR_OK)
		return 5;
	if (set_label(session, object, "there") != CKR_OK ||
		p11_data(session, true, true, "new", "value", &object) != CKR_OK)
		return 3;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 4;
}

/* Were it otherwise, two programs on one token would each see a token of their own. */
static void
another_process(void)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object, gone;

	shared = p11_token("shared");
	session = p11_user(shared);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "gone", "value", &gone), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "here", "value", &object), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "gone"), 1);
	CU_ASSERT_EQUAL(by_label(session, "here"), 1);
	CU_ASSERT_EQUAL(p11_fork(rename_elsewhere, NULL), 0);
	CU_ASSERT_EQUAL(by_label(session, "here"), 0);
	CU_ASSERT_EQUAL(by_label(session, "gone"), 0);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, gone), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(by_label(session, "there"), 1);
	CU_ASSERT_EQUAL(by_label(session, "new"), 1);
	CU_ASSERT_EQUAL(p11_bool(session, object, CKA_PRIVATE), CK_TRUE);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, object), CKR_OK);
	CU_ASSERT_EQUAL(by_label(session, "there"), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_search[] = {
	{ "token objects that change", token_objects_change },
	{ "session objects that change", session_objects_change },
	{ "login and logout", login_and_logout },
	{ "keys by id", keys_by_id },
	{ "another process", another_process },
	CU_TEST_INFO_NULL,
};
