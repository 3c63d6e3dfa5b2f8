/*
 * tests/unit/test_module_rules.c: rules that hold across calls: what a login ends, what a key allows, what a
 * mark is worth, what a copy becomes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h" /* memmem */
#endif

#include <glob.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_SLOT_ID slot;

/* Were it otherwise, a program that logs in again could never sign in that session any more. */
static void
stale_operation(void)
{
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_OBJECT_CLASS wanted = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template = { CKA_CLASS, &wanted, sizeof(wanted) };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE public_key, private_key;
	CK_ULONG found = 0;

	slot = p11_token("rules");
	session = p11_user(slot);
	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &public_key, &private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, private_key), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &template, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &private_key, 1, &found), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a key that its maker kept to signatures would agree on secrets too. */
static void
allowed_mechanisms(void)
{
	CK_MECHANISM_TYPE only[] = { CKM_ECDSA };
	CK_ATTRIBUTE extra[] = {
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_ALLOWED_MECHANISMS, only, sizeof(only) },
	};
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE public_key, free_key, bound_key, secret;
	CK_BYTE point[80];
	CK_ATTRIBUTE read = { CKA_EC_POINT, point, sizeof(point) };
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL };
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };

	CU_ASSERT_EQUAL(p11_pair(session, true, extra, 1, &public_key, &free_key), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, extra, 2, &public_key, &bound_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, public_key, &read, 1), CKR_OK);
	params.pPublicData = point;
	params.ulPublicDataLen = read.ulValueLen;
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &mechanism, free_key, NULL, 0, &secret), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &mechanism, bound_key, NULL, 0, &secret), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, an ordinary key could not be backed up by the one who allowed it, or one that may not be read
 * could be had by a detour: a copy, a changed mark, a template that contradicts itself. */
static void
readable_keys(void)
{
	CK_ATTRIBUTE open[] = {
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
	};
	CK_ATTRIBUTE token = { CKA_TOKEN, &yes, sizeof(yes) }, session_object = { CKA_TOKEN, &no, sizeof(no) };
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE public_key, key, copy, closed;
	CK_BYTE scalar[32], again[32];
	CK_ATTRIBUTE value = { CKA_VALUE, scalar, sizeof(scalar) }, copied = { CKA_VALUE, again, sizeof(again) };

	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &public_key, &closed), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, closed, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, closed, open, 1), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, closed, open + 1, 1), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, closed, open, 1, &copy),
		test_can(TEST_EXPORT) ? CKR_ATTRIBUTE_READ_ONLY : CKR_ACTION_PROHIBITED);
	if (!test_can(TEST_EXPORT)) {
		CU_ASSERT_EQUAL(p11->C_CopyObject(session, closed, &session_object, 1, &copy), CKR_ACTION_PROHIBITED);
		CU_ASSERT_EQUAL(p11_pair(session, true, open, 2, &public_key, &key), CKR_TEMPLATE_INCONSISTENT);
		goto out;
	}
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, closed, &session_object, 1, &copy), CKR_OK);
	value.ulValueLen = sizeof(scalar);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, copy, &value, 1), CKR_ATTRIBUTE_SENSITIVE);

	CU_ASSERT_EQUAL(p11_pair(session, true, open, 1, &public_key, &key), CKR_OK); /* not extractable */
	value.ulValueLen = sizeof(scalar);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, key, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL_FATAL(p11_pair(session, true, open, 2, &public_key, &key), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, key, CKA_SENSITIVE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, key, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, key, CKA_NEVER_EXTRACTABLE), CK_FALSE);
	value.ulValueLen = sizeof(scalar);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, key, &value, 1), CKR_OK);
	CU_ASSERT_EQUAL(value.ulValueLen, 32);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, key, &session_object, 1, &copy), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, copy, &copied, 1), CKR_OK);
	CU_ASSERT_EQUAL(memcmp(scalar, again, 32), 0);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, copy, &token, 1, &copy), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, copy, &copied, 1), CKR_OK);
	CU_ASSERT_EQUAL(memcmp(scalar, again, 32), 0);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, key, &(CK_ATTRIBUTE){ CKA_SENSITIVE, &yes, 1 }, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, key, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
out:
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* The newest object has CKA_TRUSTED false and gets it true, behind the module's back. */
static bool
forge_in(sqlite3 *db)
{
	static const unsigned char off[] = { 0x18, 0x86, 0xf4 };
	sqlite3_stmt *query = NULL, *change = NULL;
	unsigned char bytes[4096], *at = NULL;
	sqlite3_int64 id;
	size_t len = 0;
	bool done = false;

	if (sqlite3_prepare_v2(db, "SELECT id, attrs FROM object ORDER BY id DESC LIMIT 1", -1, &query, NULL) ==
			SQLITE_OK &&
		sqlite3_step(query) == SQLITE_ROW && (len = (size_t)sqlite3_column_bytes(query, 1)) <= sizeof(bytes)) {
		memcpy(bytes, sqlite3_column_blob(query, 1), len);
		at = memmem(bytes, len, off, sizeof(off));
	}
	id = sqlite3_column_int64(query, 0);
	sqlite3_finalize(query);
	if (at == NULL)
		return false;
	at[2] = 0xf5;
	if (sqlite3_prepare_v2(db, "UPDATE object SET attrs=?, flags=flags|2, generation=generation+1 WHERE id=?", -1,
		    &change, NULL) == SQLITE_OK)
		done = sqlite3_bind_blob(change, 1, bytes, (int)len, SQLITE_TRANSIENT) == SQLITE_OK &&
			sqlite3_bind_int64(change, 2, id) == SQLITE_OK && sqlite3_step(change) == SQLITE_DONE;
	sqlite3_finalize(change);
	return done;
}

static bool
forge(void)
{
	char pattern[4096];
	sqlite3 *db = NULL;
	glob_t found;
	bool done = false;

	(void)snprintf(pattern, sizeof(pattern), "%s/*/*/area.db", getenv("MDOC_PKCS11_STORE"));
	if (glob(pattern, 0, NULL, &found) != 0)
		return false;
	if (found.gl_pathc == 1 && sqlite3_open(found.gl_pathv[0], &db) == SQLITE_OK)
		done = forge_in(db);
	sqlite3_close(db);
	globfree(&found);
	return done;
}

static CK_OBJECT_HANDLE
find(CK_SESSION_HANDLE session, const char *label)
{
	CK_ATTRIBUTE template = { CKA_LABEL, (void *)label, strlen(label) };
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &template, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &handle, 1, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL(count, 1);
	return handle;
}

/* Were it otherwise, whoever can write to the file could plant a trust anchor for all who look before login. */
static void
forged_trust(void)
{
	CK_ATTRIBUTE open = { CKA_PRIVATE, &no, sizeof(no) }, token = { CKA_TOKEN, &yes, sizeof(yes) };
	CK_ATTRIBUTE template[] = { token, { CKA_LABEL, "marked", 6 } };
	CK_ATTRIBUTE mark = { CKA_TRUSTED, &yes, sizeof(yes) };
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE public_key, private_key, copy;

	CU_ASSERT_EQUAL(p11_pair(session, false, &open, 1, &public_key, &private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, public_key, template, 2, &copy), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, copy, &mark, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);

	session = p11_session(slot);
	copy = find(session, "marked");
	CU_ASSERT_EQUAL(p11_bool(session, copy, CKA_TRUSTED), CK_FALSE);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, copy, CKA_TRUSTED), CK_TRUE);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);

	CU_ASSERT_EQUAL(p11_pair(session, false, &open, 1, &public_key, &private_key), CKR_OK);
	template[1].pValue = (void *)"forged";
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, public_key, template, 2, &copy), CKR_OK);
	CU_ASSERT_TRUE_FATAL(forge());
	CU_ASSERT_EQUAL(p11_bool(session, copy, CKA_TRUSTED), CK_FALSE);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_MDOC_STORE_DAMAGED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, nobody could initialise a token with PyKCS11, which gives a string for the label. */
static void
short_label(void)
{
	CK_SLOT_ID fresh = p11_free_slot();
	CK_UTF8CHAR label[] = "short";
	CK_TOKEN_INFO info;

	CU_ASSERT_EQUAL(p11->C_InitToken(fresh, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN), label), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(fresh, &info), CKR_OK);
	CU_ASSERT_NSTRING_EQUAL(info.label, "short                           ", sizeof(info.label));
}

static int
erase(void *arg)
{
	if (p11->C_Initialize(NULL) != CKR_OK)
		return 2;
	return p11_vendor->C_MDOC_EraseArea(*(CK_SLOT_ID *)arg, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN)) == CKR_OK ? 0
														 : 3;
}

/* Were it otherwise, a program would hear of a wrong object handle that it never gave. */
static void
erased_elsewhere(void)
{
	CK_SLOT_ID victim = p11_token("victim");
	CK_SESSION_HANDLE session = p11_session(victim);
	CK_TOKEN_INFO info;

	CU_ASSERT_EQUAL(p11_fork(erase, &victim), 0);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(victim, &info), CKR_DEVICE_REMOVED);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_DEVICE_REMOVED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Is a text anywhere in the files of the store? */
static bool
in_store(const char *text)
{
	static unsigned char bytes[1 << 20];
	char pattern[4096];
	glob_t found;
	bool there = false;
	size_t i, len;

	(void)snprintf(pattern, sizeof(pattern), "%s/*/*/*", getenv("MDOC_PKCS11_STORE"));
	CU_ASSERT_EQUAL_FATAL(glob(pattern, 0, NULL, &found), 0);
	for (i = 0; i < found.gl_pathc; i++) {
		FILE *file = fopen(found.gl_pathv[i], "rb");

		len = file == NULL ? 0 : fread(bytes, 1, sizeof(bytes), file);
		there = there || memmem(bytes, len, text, strlen(text)) != NULL;
		if (file != NULL)
			(void)fclose(file);
	}
	globfree(&found);
	return there;
}

/* Were it otherwise, a key would lie in the store's file for anybody to read. */
static void
no_key_in_clear(void)
{
	CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_ATTRIBUTE open = { CKA_PRIVATE, &no, sizeof(no) }, trust = { CKA_TRUSTED, &yes, 1 };
	CK_ATTRIBUTE seen = { CKA_LABEL, "the label of a public key", 25 };
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_VALUE, "a key in clear..", 16 }, { CKA_TOKEN, &yes, 1 },
		open, seen, { CKA_WRAP, &yes, 1 }, { CKA_SENSITIVE, &no, 1 }, { CKA_EXTRACTABLE, &yes, 1 } };
	CK_ATTRIBUTE guarded[] = { template[0], template[1], template [2], { CKA_WRAP_WITH_TRUSTED, &yes, 1 } };
	CK_ATTRIBUTE value = { CKA_VALUE, NULL, 0 };
	CK_MECHANISM cmac = { CKM_AES_CMAC, NULL, 0 }, kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE public_key, private_key, secret, other;
	CK_BYTE bytes[64];
	CK_ULONG len = sizeof(bytes);

	CU_ASSERT_EQUAL(p11_pair(session, true, &open, 1, &public_key, &private_key), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 9, &secret), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, &open, 1, &public_key, &private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 9, &secret), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &cmac, secret), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, bytes, 1, bytes, &len), CKR_OK);
	CU_ASSERT_TRUE(in_store("the label of a public key"));
	CU_ASSERT_FALSE(in_store("a key in clear.."));
	/* what anybody may see is not what anybody may use */
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &cmac, secret), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, bytes, 1, bytes, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_count(session, &seen, 1), 1);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &cmac, secret), CKR_USER_NOT_LOGGED_IN);
	value.pValue = bytes;
	value.ulValueLen = sizeof(bytes);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, secret, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	/* the SO sees it, and can say that others may leave under it */
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, secret, &trust, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, guarded, 4, &other), CKR_OK);
	len = sizeof(bytes);
	CU_ASSERT_EQUAL(p11->C_WrapKey(session, &kwp, secret, other, bytes, &len), CKR_OK);
	CU_ASSERT_FALSE(in_store("a key in clear.."));
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_rules[] = {
	{ "an operation ends with its login", stale_operation },
	{ "CKA_ALLOWED_MECHANISMS binds derivation too", allowed_mechanisms },
	{ "keys that may be read", readable_keys },
	{ "no key in clear", no_key_in_clear },
	{ "a forged CKA_TRUSTED is worth nothing before login", forged_trust },
	{ "a label that ends with its string", short_label },
	{ "an area erased by another process", erased_elsewhere },
	CU_TEST_INFO_NULL,
};
