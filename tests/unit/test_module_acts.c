/*
 * tests/unit/test_module_acts.c: what the token's log says of who was let in, and of what was written into an area
 * (R-CARD-37).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/areas_kit.h"
#include "tests/unit/inbox_kit.h"

#define LINE(what, detail) "\"what\":\"" what "\",\"detail\":\"" detail "\""

/* How often is this in the log? */
static size_t
times(CK_SLOT_ID slot, const char *what)
{
	char *json = p11_events(slot);
	size_t count = 0;

	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"chain\":\"whole\""));
	for (const char *at = strstr(json, what); at != NULL; at = strstr(at + 1, what))
		count++;
	free(json);
	return count;
}

/* A program would have been let in, or shut out, and nobody could tell when. */
static void
provisioner(void)
{
	const CK_SLOT_ID slot = p11_token("acts");
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	CK_SESSION_HANDLE session = p11_session(slot);

	CU_ASSERT_EQUAL(times(slot, LINE("provisioner-made", "")), 0);
	inbox_kit_make(slot, credential);
	CU_ASSERT_EQUAL(times(slot, LINE("provisioner-made", "")), 1);
	inbox_kit_make(slot, credential);
	CU_ASSERT_EQUAL(times(slot, LINE("provisioner-made", "")), 2);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RevokeProvisioner(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RevokeProvisioner(session), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(times(slot, LINE("provisioner-removed", "")), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Keys that became the holder's without a trace. */
static void
inbox(void)
{
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	CK_OBJECT_HANDLE pub, priv;
	CK_ULONG opened = 0;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("acts of the inbox", &slot, credential);

	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
	inbox_kit_be_user(session);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, &opened), CKR_OK);
	CU_ASSERT_EQUAL(opened, 2);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, &opened), CKR_OK);
	CU_ASSERT_EQUAL(times(slot, "inbox-opened"), 1);
	CU_ASSERT(p11_logged(slot, LINE("inbox-opened", "2 keys")));
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(times(slot, "inbox-opened"), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* What was personalised could not be compared with a ledger, or the log would have it from another than who did it. */
static void
personalised(void)
{
	static const char value[] = "signed by somebody for the face of a card";
	const CK_SLOT_ID slot = area_new("kh", NULL);
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	CK_SESSION_HANDLE session;
	CK_OBJECT_CLASS data = CKO_DATA;
	CK_ATTRIBUTE wanted = { CKA_CLASS, &data, sizeof(data) }, changed = { CKA_VALUE, (void *)(uintptr_t) "x", 1 };
	CK_OBJECT_HANDLE handle = 0;
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL_FATAL(area_grant(slot, "juki-net", NULL, 0, credential), CKR_OK);
	CU_ASSERT_EQUAL(times(slot, LINE("granted", "juki-net")), 1);
	session = p11_session(slot);
	CU_ASSERT_EQUAL_FATAL(area_enter(session, "juki-net", credential, sizeof(credential)), CKR_OK);
	CU_ASSERT_EQUAL(area_write(session, "kh", "no such thing", value), CKR_MDOC_NOT_ALLOWED_HERE);
	CU_ASSERT_EQUAL(times(slot, "personalised"), 0);
	CU_ASSERT_EQUAL(area_write(session, "kh", "signed-face", value), CKR_OK);
	CU_ASSERT(p11_logged(slot, LINE("personalised", "data written by juki-net")));
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &wanted, 1), CKR_OK);
	while (p11->C_FindObjects(session, &handle, 1, &count) == CKR_OK && count == 1)
		if (p11_bool(session, handle, CKA_PRIVATE) == CK_TRUE)
			break;
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, handle, &changed, 1), CKR_OK);
	CU_ASSERT(p11_logged(slot, LINE("personalised", "data replaced by juki-net")));
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, handle), CKR_OK);
	CU_ASSERT(p11_logged(slot, LINE("personalised", "data destroyed by juki-net")));
	CU_ASSERT_EQUAL(times(slot, "personalised"), 3);
	CU_ASSERT_EQUAL(times(slot, value) + times(slot, "signed-face"), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);

	session = area_so(slot);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Revoke(session, (const CK_UTF8CHAR *)"juki-net"), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Revoke(session, (const CK_UTF8CHAR *)"juki-net"),
		CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(times(slot, LINE("revoked", "juki-net")), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* What somebody keeps in a token of his own would be in a log that everybody reads. */
static void
own_affairs(void)
{
	const CK_SLOT_ID slot = p11_token("own affairs");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE object = 0, pub = 0, priv = 0;

	CU_ASSERT_EQUAL(p11_data(session, true, true, "diary", "value", &object), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, object), CKR_OK);
	CU_ASSERT_EQUAL(times(slot, "\"id\""), times(slot, "initialised")); /* the area and its PIN */
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_acts[] = {
	{ "R-CARD-37: a provisioner is made and removed", provisioner },
	{ "R-CARD-37: the inbox is opened", inbox },
	{ "R-CARD-37: an area of a card is personalised", personalised },
	{ "R-CARD-37, R-MED-07: of other tokens nothing", own_affairs },
	CU_TEST_INFO_NULL,
};
