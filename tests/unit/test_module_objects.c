/*
 * tests/unit/test_module_objects.c: objects: templates, attributes, search, batches.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/p11.h"

static CK_OBJECT_CLASS data_class = CKO_DATA;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_SLOT_ID slot;

/* Were it otherwise, a caller's mistake would become an object that means something else. */
static void
template_errors(void)
{
	CK_OBJECT_CLASS nonsense = 0x77;
	CK_BBOOL two = 2;
	const struct {
		CK_ATTRIBUTE extra;
		CK_RV rv;
	} cases[] = {
		{ { CKA_MODULUS, "x", 1 }, CKR_ATTRIBUTE_TYPE_INVALID },
		{ { CKA_UNIQUE_ID, "x", 1 }, CKR_ATTRIBUTE_READ_ONLY },
		{ { CKA_CLASS, &data_class, sizeof(data_class) }, CKR_TEMPLATE_INCONSISTENT },
		{ { CKA_PRIVATE, &two, 1 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_PRIVATE, &yes, 4 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_LABEL, NULL, 4 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_MDOC_REUSABLE, &yes, 1 }, CKR_ATTRIBUTE_TYPE_INVALID },
		{ { CKA_APPLICATION, "mdoc-status", 11 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_PRIVATE, &yes, 1 }, CKR_USER_NOT_LOGGED_IN },
	};
	CK_ATTRIBUTE template[2] = { { CKA_CLASS, &data_class, sizeof(data_class) } };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE handle;
	size_t i;

	slot = p11_token("objects");
	session = p11_session(slot);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		template[1] = cases[i].extra;
		CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 2, &handle), cases[i].rv);
	}
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, NULL, 2, &handle), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, NULL, 0, &handle), CKR_TEMPLATE_INCOMPLETE);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 1, NULL), CKR_ARGUMENTS_BAD);
	template[0].pValue = &nonsense;
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 1, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a caller could not tell a short buffer from a missing or secret attribute. */
static void
reading(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE handle;
	char label[8], value[8];
	CK_ATTRIBUTE template[] = {
		{ CKA_LABEL, label, sizeof(label) },
		{ CKA_VALUE, value, 2 },
		{ CKA_MODULUS, value, sizeof(value) },
		{ CKA_UNIQUE_ID, NULL, 0 },
	};
	CK_ULONG size;

	CU_ASSERT_EQUAL(p11_data(session, false, false, "label", "value", &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle + 1000, template, 1), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_NOT_EQUAL(p11->C_GetAttributeValue(session, handle, template, 4), CKR_OK);
	CU_ASSERT_EQUAL(template[0].ulValueLen, 5);
	CU_ASSERT_NSTRING_EQUAL(label, "label", 5);
	CU_ASSERT_EQUAL(template[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(template[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(template[3].ulValueLen, 32);
	template[1].ulValueLen = 2;
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, &template[1], 1), CKR_BUFFER_TOO_SMALL);
	template[1].ulValueLen = 5;
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, &template[1], 1), CKR_OK);
	CU_ASSERT_NSTRING_EQUAL(value, "value", 5);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, &template[2], 1), CKR_ATTRIBUTE_TYPE_INVALID);
	CU_ASSERT_EQUAL(p11->C_GetObjectSize(session, handle, &size), CKR_OK);
	CU_ASSERT(size >= 10);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static void
changing(void)
{
	CK_SESSION_HANDLE session = p11_user(slot), ro;
	CK_OBJECT_HANDLE handle, copy;
	CK_ATTRIBUTE label = { CKA_LABEL, "other", 5 }, token = { CKA_TOKEN, &no, 1 },
		     fixed = { CKA_MODIFIABLE, &no, 1 };
	CK_ATTRIBUTE open = { CKA_PRIVATE, &no, 1 };

	CU_ASSERT_EQUAL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &ro), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(ro, true, false, "label", "value", &handle), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "label", "value", &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(ro, handle, &label, 1), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(ro, handle), CKR_SESSION_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, handle, &token, 1), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, handle, &label, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(ro, &label, 1), 1);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, handle, &open, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_CopyObject(ro, handle, &token, 1, &copy), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(ro, &label, 1), 2);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, handle, &fixed, 1, &copy), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, copy, &label, 1), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, copy), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, copy), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(ro), CKR_OK);
	/* the session object went with its session */
	CU_ASSERT_EQUAL(p11_count(session, &label, 1), 1);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, private objects could be counted or read without the PIN. */
static void
private_objects(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE stored, passing, again, more;
	CK_ATTRIBUTE hidden = { CKA_LABEL, "hidden", 6 };
	CK_ULONG found;

	CU_ASSERT_EQUAL(p11_data(session, true, true, "hidden", "x", &stored), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, false, true, "hidden", "x", &passing), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(session, &hidden, 1), 2);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(session, &hidden, 1), 0);
	CU_ASSERT_EQUAL(p11_bool(session, stored, CKA_TOKEN), CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, passing, CKA_TOKEN), CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &hidden, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &hidden, 1), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &again, 1, &found), CKR_OK);
	CU_ASSERT_EQUAL(found, 1);
	CU_ASSERT_NOT_EQUAL(again, stored);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &more, 1, &found), CKR_OK);
	CU_ASSERT_EQUAL(found, 0);
	CU_ASSERT_EQUAL(p11->C_SessionCancel(session, CKF_FIND_OBJECTS), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &more, 1, &found), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, again), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, anybody could make a certificate that the token vouches for. */
static void
trusted_marks(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_CLASS object_class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE type = CKK_EC;
	CK_BYTE params[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	CK_BYTE unknown[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a };
	CK_BYTE point[67] = { 0x04, 0x41, 0x04, /* the generator */
		0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77,
		0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3,
		0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
		0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5 };
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_EC_PARAMS, unknown, sizeof(unknown) },
		{ CKA_EC_POINT, point, sizeof(point) },
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_TRUSTED, &yes, 1 },
	};
	CK_ATTRIBUTE trusted = { CKA_TRUSTED, &yes, 1 };
	CK_OBJECT_HANDLE handle;

	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 4, &handle), CKR_CURVE_NOT_SUPPORTED);
	template[2] = (CK_ATTRIBUTE){ CKA_EC_PARAMS, params, sizeof(params) };
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 3, &handle), CKR_TEMPLATE_INCOMPLETE);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 6, &handle), CKR_ATTRIBUTE_READ_ONLY);
	point[66] ^= 1; /* off the curve */
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 5, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	point[66] ^= 1;
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 5, &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, handle, &trusted, 1), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_TRUSTED), CK_FALSE);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 6, &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_TRUSTED), CK_TRUE);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a half-written batch could be seen and used. */
static void
batches(void)
{
	CK_SESSION_HANDLE session = p11_session(slot), other = p11_session(slot);
	CK_ATTRIBUTE staged = { CKA_LABEL, "staged", 6 };
	CK_OBJECT_HANDLE handle, pub, priv;

	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_CommitBatch(session), CKR_MDOC_NO_BATCH);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(session), CKR_MDOC_BATCH_ACTIVE);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "staged", "1", &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "staged", "2", &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(session, &staged, 1), 0);
	CU_ASSERT_EQUAL(p11_count(other, &staged, 1), 0);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_CommitBatch(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(other, &staged, 1), 2);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "staged", "3", &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), CKR_MDOC_BATCH_ACTIVE);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RollbackBatch(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_count(other, &staged, 1), 2);
	/* a logout elsewhere ends the batch too */
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_BeginBatch(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "staged", "4", &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(other), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(other, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_CommitBatch(session), CKR_MDOC_NO_BATCH);
	CU_ASSERT_EQUAL(p11_count(other, &staged, 1), 2);
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(slot), CKR_OK);
}

/* Were it otherwise, a plain search would trip over an object that nobody asked for. */
static void
status_object(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	const CK_ATTRIBUTE data = { CKA_CLASS, &data_class, sizeof(data_class) };
	CK_ATTRIBUTE named = { CKA_APPLICATION, "mdoc-status", 11 };
	CK_OBJECT_HANDLE handle = 0;
	CK_ULONG found = 0;
	char json[1024];
	CK_ATTRIBUTE value = { CKA_VALUE, json, sizeof(json) };

	CU_ASSERT_EQUAL(p11_count(session, &data, 1), 0);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &named, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &handle, 1, &found), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(found, 1);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, &value, 1), CKR_OK);
	CU_ASSERT_EQUAL(json[0], '{');
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, handle), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_objects[] = {
	{ "errors in templates", template_errors },
	{ "reading attributes", reading },
	{ "changing and copying", changing },
	{ "R-MED-01: private objects", private_objects },
	{ "trusted marks and public keys", trusted_marks },
	{ "R-EXH-02: batches", batches },
	{ "the status object", status_object },
	CU_TEST_INFO_NULL,
};
