/*
 * tests/unit/test_module_inbox.c: renewal without the holder: keys that are made without the PIN, and what waits for it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/inbox_kit.h"

static CK_BBOOL yes = CK_TRUE;
static CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
static CK_BYTE digest[32] = "what the holder signs";
static CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];

static CK_ULONG
waiting(CK_SESSION_HANDLE session)
{
	CK_ULONG count = 9999;

	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxList(session, NULL, &count), CKR_OK);
	return count;
}

static CK_RV
put(CK_SESSION_HANDLE session, CK_ULONG kind, const char *text, CK_ULONG *id)
{
	return p11_vendor->C_MDOC_InboxPut(session, kind, (const CK_BYTE *)text, strlen(text), id);
}

/* Sign with a holder key; the PIN goes with it when it is not NULL. */
static CK_RV
sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *pin, CK_BYTE sig[64])
{
	CK_ULONG len = 64;
	CK_RV rv = p11->C_SignInit(session, &ecdsa, key);

	if (rv == CKR_OK && pin != NULL)
		rv = p11_login(session, CKU_CONTEXT_SPECIFIC, pin);
	return rv == CKR_OK ? p11->C_Sign(session, digest, sizeof(digest), sig, &len) : rv;
}

/* Were it otherwise, no record could be renewed without its holder, or who renews it could use it. */
static void
keys_without_pin(void)
{
	CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL };
	CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof(params) }, wrap = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ATTRIBUTE label = { CKA_LABEL, digest, 4 };
	CK_OBJECT_HANDLE pub, priv, made;
	CK_BYTE point[140], sig[64], bytes[64];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof(bytes) };
	CK_ULONG opened = 0, len = sizeof(bytes);
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("keys", &slot, credential);

	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(inbox_kit_point(session, pub, point), 65);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 1);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_LOCAL), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_NEVER_EXTRACTABLE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_ALWAYS_AUTHENTICATE), CK_TRUE);
	/* nobody uses it */
	CU_ASSERT_EQUAL(sign(session, priv, NULL, sig), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &ecdh, priv, NULL, 0, &made), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, priv, NULL, 0, &made), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, priv, &label, 1), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_NOT_EQUAL(p11->C_WrapKey(session, &wrap, priv, priv, bytes, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
	/* it is still there after a new login, for the provisioner alone */
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 0);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &value, 1), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(inbox_kit_login(session, credential), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 1);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, &opened), CKR_USER_NOT_LOGGED_IN);
	inbox_kit_be_user(session);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 0);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &value, 1), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, &opened), CKR_OK);
	CU_ASSERT_EQUAL(opened, 1);
	CU_ASSERT_EQUAL(waiting(session), 0);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, &opened), CKR_OK);
	CU_ASSERT_EQUAL(opened, 0);
	/* now it is the holder's, under his PIN */
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &holder, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &priv, 1, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(len, 1);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_LOCAL), CK_TRUE);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, priv, NULL, 0, &made), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(sign(session, priv, NULL, sig), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(sign(session, priv, USER_PIN, sig), CKR_OK);
	CU_ASSERT_TRUE(inbox_kit_verifies(point, digest, sig));
	inbox_kit_be_provisioner(session, credential);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* What the status object says now. */
static bool
status_says(CK_SESSION_HANDLE session, const char *what)
{
	CK_UTF8CHAR application[] = "mdoc-status";
	const CK_ATTRIBUTE named = { CKA_APPLICATION, application, strlen("mdoc-status") };
	CK_OBJECT_HANDLE object = 0;
	char json[1024] = "";
	CK_ATTRIBUTE value = { CKA_VALUE, json, sizeof(json) - 1 };
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, (CK_ATTRIBUTE *)(uintptr_t)&named, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &object, 1, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object, &value, 1), CKR_OK);
	return strstr(json, what) != NULL;
}

/* Were it otherwise, a thief of the credential could read what an issuer has sent, or lose it for its holder. */
static void
bytes_for_the_holder(void)
{
	CK_MDOC_INBOX_ENTRY entries[2];
	CK_BYTE bytes[32];
	CK_ULONG first = 0, second = 0, len = sizeof(bytes), count = 2;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("bytes", &slot, credential);

	CU_ASSERT_EQUAL(put(session, 0, "x", &first), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_KEY, "my own key", &first), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(put(session, 4, "x", &first), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_NOTICE, "", &first), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_NOTICE, "x", NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxPut(session, 2, bytes, MDOC_INBOX_ENTRY_MAX + 1, &first),
		CKR_DATA_LEN_RANGE);
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_RESPONSE, "records", &first), CKR_OK);
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_NOTICE, "suspended", &second), CKR_OK);
	CU_ASSERT(second > first);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxGet(session, first, bytes, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxRemove(session, first), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxRemove(session, second), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(waiting(session), 2);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT(status_says(session, "\"inbox\":{\"waiting\":true}"));
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxList(session, NULL, &count), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxGet(session, first, bytes, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxRemove(session, first), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_NOTICE, "x", &first), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxList(session, NULL, &count), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxRemove(session, first), CKR_USER_NOT_LOGGED_IN);
	inbox_kit_be_user(session);
	CU_ASSERT(status_says(session, "\"inbox\":{\"waiting\":true,\"keys\":0,\"responses\":1,\"notices\":1}"));
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_NOTICE, "x", &count), CKR_USER_NOT_LOGGED_IN);
	count = 1;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxList(session, entries, &count), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxList(session, entries, &count), CKR_OK);
	CU_ASSERT_EQUAL(entries[0].ulId, first);
	CU_ASSERT_EQUAL(entries[0].ulKind, MDOC_INBOX_RESPONSE);
	CU_ASSERT_EQUAL(entries[0].ulLen, strlen("records"));
	CU_ASSERT(entries[0].ulReceived > 1500000000);
	CU_ASSERT_EQUAL(entries[1].ulKind, MDOC_INBOX_NOTICE);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxGet(session, second + 1, bytes, &len), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxGet(session, first, NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, strlen("records"));
	len--;
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxGet(session, first, bytes, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxGet(session, first, bytes, &len), CKR_OK);
	CU_ASSERT_EQUAL(memcmp(bytes, "records", len), 0);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxRemove(session, first), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxRemove(session, first), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(waiting(session), 1);
	/* what was made with a former credential is gone with it */
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	inbox_kit_make(slot, credential);
	session = p11_user(slot);
	CU_ASSERT_EQUAL(waiting(session), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, who has the credential could fill the disk. */
static void
bounds(void)
{
	CK_OBJECT_HANDLE pub, priv;
	CK_ULONG id = 0, i;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("bounds", &slot, credential);

	inbox_kit_sql(slot,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000)"
		" INSERT INTO inbox (kind, received, attrs, box) SELECT 1, 0, x'00', x'00' FROM n");
	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_MDOC_INBOX_FULL);
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_NOTICE, "a notice has room", &id), CKR_OK);
	inbox_kit_sql(slot, "DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE kind=1 LIMIT 1)");
	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_MDOC_INBOX_FULL);
	for (i = 1; i < 4; i++)
		inbox_kit_sql(slot,
			"INSERT INTO inbox (kind, received, attrs, box)"
			" VALUES (2, 0, x'00', zeroblob(22369600))");
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_NOTICE, "and now it has none", &id), CKR_MDOC_INBOX_FULL);
	inbox_kit_sql(slot, "DELETE FROM inbox");
	CU_ASSERT_EQUAL(put(session, MDOC_INBOX_NOTICE, "now it has", &id), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, who has the file, and not the credential, could put a key of his own among the holder's. */
static void
forged(void)
{
	static const char *const attacks[] = {
		"UPDATE inbox SET received = received + 1",
		"UPDATE inbox SET box = (SELECT box FROM inbox b WHERE b.kind = 1 AND b.id <> inbox.id) WHERE id ="
		" (SELECT min(id) FROM inbox WHERE kind = 1)",
		"UPDATE inbox SET attrs = (SELECT attrs FROM inbox b WHERE b.kind = 1 AND b.id <> inbox.id) WHERE id ="
		" (SELECT min(id) FROM inbox WHERE kind = 1)",
		"UPDATE inbox SET kind = 1 WHERE kind = 2",
		"UPDATE provisioner_key SET sealed = (SELECT sealed FROM provisioner_key WHERE purpose = 1)"
		" WHERE purpose = 0",
	};
	CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE pub, priv;
	CK_ULONG id, opened, i;
	CK_SLOT_ID slot = p11_token("forged");
	CK_SESSION_HANDLE session;

	for (i = 0; i < sizeof(attacks) / sizeof(*attacks); i++) {
		inbox_kit_make(slot, credential);
		session = p11_session(slot);
		inbox_kit_be_provisioner(session, credential);
		CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
		CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
		CU_ASSERT_EQUAL(put(session, MDOC_INBOX_RESPONSE, "records", &id), CKR_OK);
		inbox_kit_sql(slot, attacks[i]);
		inbox_kit_be_user(session);
		opened = 99;
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, &opened), CKR_MDOC_STORE_DAMAGED);
		CU_ASSERT_EQUAL(opened, 99);
		CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 0);
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	}
}

static int
child_opens(void *arg)
{
	CK_SESSION_HANDLE session;
	CK_ULONG opened = 0;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 100;
	session = p11_user(*(CK_SLOT_ID *)arg);
	if (p11_vendor->C_MDOC_InboxOpenKeys(session, &opened) != CKR_OK)
		return 101;
	return p11->C_Finalize(NULL) == CKR_OK ? (int)opened : 102;
}

static int
child_dies(void *arg)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE pub, priv;
	CK_ULONG id;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 100;
	session = p11_session(*(CK_SLOT_ID *)arg);
	if (inbox_kit_login(session, credential) != CKR_OK || inbox_kit_key(session, &pub, &priv) != CKR_OK ||
		put(session, MDOC_INBOX_RESPONSE, "records", &id) != CKR_OK)
		return 101;
	_exit(7); /* nothing is closed */
}

/* Were it otherwise, a crash could lose what was brought, or a key could be there twice. */
static void
other_processes(void)
{
	CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE pub, priv;
	CK_ULONG opened = 0;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("processes", &slot, credential);

	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(child_dies, &slot), 7);
	CU_ASSERT_EQUAL(waiting(session), 3);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 2);
	inbox_kit_be_user(session);
	CU_ASSERT_EQUAL(p11_fork(child_opens, &slot), 2);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, &opened), CKR_OK);
	CU_ASSERT_EQUAL(opened, 0);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 2);
	CU_ASSERT_EQUAL(waiting(session), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, the provisioner could not take back what an issuer has refused. */
static void
taken_back(void)
{
	CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE pub, priv, first;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("taken back", &slot, credential), reader = 0;

	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &first), CKR_OK);
	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &reader), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(reader, priv), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(inbox_kit_key(reader, &pub, &pub), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, priv), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11_count(session, &holder, 1), 1);
	inbox_kit_be_user(session);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, first), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(waiting(session), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(reader), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_inbox[] = {
	{ "R-REN-01 R-REN-03 R-KEY-01: keys without the PIN", keys_without_pin },
	{ "R-REN-01 R-MED-07: bytes for the holder", bytes_for_the_holder },
	{ "bounds", bounds },
	{ "R-KEY-01 R-MED-02: forged entries", forged },
	{ "R-REN-03: other processes", other_processes },
	{ "taken back", taken_back },
	CU_TEST_INFO_NULL,
};
