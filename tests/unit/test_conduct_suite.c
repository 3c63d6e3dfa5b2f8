/*
 * tests/unit/test_conduct_suite.c: what suites for any PKCS#11 module ask, as far as no other test here has asked it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/conduct_world.h"

static struct conduct_world w;

static void
enter(const char *label, bool user)
{
	conduct_world_new(&w, label);
	w.session = user ? p11_user(w.slot) : p11_session(w.slot);
	conduct_world_look(&w, w.session);
	conduct_world_session_objects(&w);
}

static void
leave(void)
{
	CU_ASSERT_EQUAL(p11->C_CloseAllSessions(w.slot), CKR_OK);
}

static int
compare(const void *a, const void *b)
{
	const CK_OBJECT_HANDLE x = *(const CK_OBJECT_HANDLE *)a, y = *(const CK_OBJECT_HANDLE *)b;

	return x < y ? -1 : x > y;
}

/* All handles, `stride` at a time, in order. */
static CK_ULONG
enumerate(CK_ULONG stride, CK_OBJECT_HANDLE *all, CK_ULONG room)
{
	CK_ULONG n = 0, got = 1;

	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(w.session, NULL, 0), CKR_OK);
	while (got > 0 && n + stride <= room) {
		CU_ASSERT_EQUAL(p11->C_FindObjects(w.session, all + n, stride, &got), CKR_OK);
		n += got;
	}
	CU_ASSERT_EQUAL(p11->C_FindObjects(w.session, all + n, 1, &got), CKR_OK);
	CU_ASSERT_EQUAL(got, 0);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(w.session), CKR_OK);
	qsort(all, n, sizeof(*all), compare);
	return n;
}

/* Were it otherwise, what a program finds would depend on how much it asks for at once, or be another's secret. */
static void
enumeration(void)
{
	CK_OBJECT_HANDLE one[256], many[256];
	CK_ULONG n, i, size;

	enter("enumeration", false);
	n = enumerate(1, one, 256);
	CU_ASSERT_TRUE(n >= 5);
	CU_ASSERT_EQUAL(enumerate(10, many, 256), n);
	CU_ASSERT_EQUAL(memcmp(one, many, n * sizeof(*one)), 0);
	CU_ASSERT_EQUAL(enumerate(128, many, 256), n);
	CU_ASSERT_EQUAL(memcmp(one, many, n * sizeof(*one)), 0);
	for (i = 0; i < n; i++) {
		CU_ASSERT_EQUAL(p11_bool(w.session, one[i], CKA_PRIVATE), CK_FALSE);
		CU_ASSERT_EQUAL(p11->C_GetObjectSize(w.session, one[i], &size), CKR_OK);
	}
	leave();
}

static void
has(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const char *text)
{
	CK_BYTE bytes[64];
	CK_ATTRIBUTE attr = { type, bytes, sizeof(bytes) };

	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(w.session, object, &attr, 1), CKR_OK);
	CU_ASSERT_EQUAL(attr.ulValueLen, strlen(text));
	CU_ASSERT_EQUAL(memcmp(bytes, text, strlen(text)), 0);
}

/* Were it otherwise, a copy would be another object than its original, or the same one. */
static void
copies(void)
{
	CK_ATTRIBUTE value = { CKA_VALUE, (void *)"other", 5 }, label = { CKA_LABEL, (void *)"new", 3 };
	CK_OBJECT_CLASS key = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE class_ = { CKA_CLASS, &key, sizeof(key) }, length = { CKA_LABEL, (void *)"x", (CK_ULONG)-1 };
	CK_ATTRIBUTE absent = { CKA_CERTIFICATE_TYPE, NULL, 0 };
	CK_OBJECT_HANDLE note, copy, third, none = 0;
	CK_ULONG before, size = 0, other = 0;

	enter("copies", false);
	note = w.object[OBJECT_NOTE];
	before = conduct_count_objects(w.session);
	CU_ASSERT_EQUAL(p11->C_CopyObject(w.session, note, NULL, 0, &copy), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetObjectSize(w.session, note, &size), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetObjectSize(w.session, copy, &other), CKR_OK);
	CU_ASSERT_EQUAL(size, other);
	has(copy, CKA_LABEL, "note");
	has(copy, CKA_VALUE, "short lived");
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(w.session, copy, &absent, 1), CKR_ATTRIBUTE_TYPE_INVALID);
	CU_ASSERT_EQUAL(absent.ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(w.session, note, &label, 1), CKR_OK);
	has(copy, CKA_LABEL, "note");
	has(note, CKA_LABEL, "new");
	CU_ASSERT_EQUAL(p11->C_CopyObject(w.session, note, &value, 1, &third), CKR_OK);
	has(third, CKA_VALUE, "other");
	has(note, CKA_VALUE, "short lived");
	CU_ASSERT_EQUAL(p11->C_CopyObject(w.session, note, &class_, 1, &none), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(w.session, note, &class_, 1), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(w.session, note, &length, 1), CKR_ATTRIBUTE_VALUE_INVALID);
	has(note, CKA_LABEL, "new");
	CU_ASSERT_EQUAL(conduct_count_objects(w.session), before + 2);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(w.session, third), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(w.session, copy), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(w.session, copy), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(conduct_count_objects(w.session), before);
	leave();
}

/* Were it otherwise, one unknown attribute would cost a program all the others. */
static void
several_attributes(void)
{
	CK_OBJECT_CLASS class_ = 99;
	CK_BYTE unknown[8], label[16], little[2];
	CK_ATTRIBUTE attrs[] = { { 0x99999UL, unknown, sizeof(unknown) }, { CKA_CLASS, &class_, sizeof(class_) },
		{ CKA_VALUE, little, sizeof(little) }, { CKA_LABEL, label, sizeof(label) } };
	CK_ATTRIBUTE only_value = { CKA_VALUE, label, 4 };
	CK_OBJECT_HANDLE made = 0;
	CK_RV rv;

	enter("several", false);
	rv = p11->C_GetAttributeValue(w.session, w.object[OBJECT_NOTE], attrs, 4);
	CU_ASSERT_TRUE(rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(attrs[0].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(class_, CKO_DATA);
	CU_ASSERT_EQUAL(attrs[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(attrs[3].ulValueLen, 4);
	CU_ASSERT_EQUAL(memcmp(label, "note", 4), 0);
	CU_ASSERT_EQUAL(p11->C_CreateObject(w.session, &only_value, 1, &made), CKR_TEMPLATE_INCOMPLETE);
	CU_ASSERT_EQUAL(p11->C_CreateObject(w.session, &only_value, 0, &made), CKR_TEMPLATE_INCOMPLETE);
	leave();
}

/* Were it otherwise, a key that was made sensitive could be read after all. */
static void
latches(void)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE on = { CKA_SENSITIVE, &yes, sizeof(yes) }, off = { CKA_SENSITIVE, &no, sizeof(no) };
	CK_ATTRIBUTE more = { CKA_EXTRACTABLE, &yes, sizeof(yes) }, less = { CKA_EXTRACTABLE, &no, sizeof(no) };
	CK_BYTE bytes[32];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof(bytes) };
	CK_OBJECT_HANDLE secret;

	enter("latches", false);
	secret = w.object[OBJECT_SECRET];
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(w.session, secret, &value, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(w.session, secret, &on, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(w.session, secret, &off, 1), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11_bool(w.session, secret, CKA_SENSITIVE), CK_TRUE);
	value.ulValueLen = sizeof(bytes);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(w.session, secret, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL(value.ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(w.session, secret, &less, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(w.session, secret, &more, 1), CKR_ATTRIBUTE_READ_ONLY);
	leave();
}

/* Were it otherwise, a program that lists mechanisms or slots would be told what is not so. */
static void
lists(void)
{
	CK_MECHANISM_TYPE types[256];
	CK_MECHANISM_INFO info;
	CK_SLOT_ID slots[64];
	CK_ULONG count = 0, again, i;

	enter("lists", false);
	CU_ASSERT_EQUAL(p11->C_GetMechanismList(w.slot, NULL, &count), CKR_OK);
	CU_ASSERT_TRUE_FATAL(count > 10 && count < 250);
	again = count + 3;
	CU_ASSERT_EQUAL(p11->C_GetMechanismList(w.slot, types, &again), CKR_OK);
	CU_ASSERT_EQUAL(again, count);
	for (i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(p11->C_GetMechanismInfo(w.slot, types[i], &info), CKR_OK);
		CU_ASSERT_TRUE(info.ulMinKeySize <= info.ulMaxKeySize);
		CU_ASSERT_NOT_EQUAL(info.flags & ~CKF_HW, 0);
	}
	CU_ASSERT_EQUAL(p11->C_GetMechanismInfo(w.slot, CKM_VENDOR_DEFINED + 1, &info), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_FALSE, NULL, &count), CKR_OK);
	again = 64;
	CU_ASSERT_EQUAL(p11->C_GetSlotList(CK_FALSE, slots, &again), CKR_OK);
	CU_ASSERT_EQUAL(again, count);
	for (i = 0; i < count; i++) {
		CK_SLOT_INFO slot;
		CK_TOKEN_INFO token;

		CU_ASSERT_EQUAL(p11->C_GetSlotInfo(slots[i], &slot), CKR_OK);
		CU_ASSERT_PTR_NULL(memchr(slot.slotDescription, 0, sizeof(slot.slotDescription)));
		CU_ASSERT_EQUAL(slot.flags & ~(CK_FLAGS)(CKF_TOKEN_PRESENT | CKF_REMOVABLE_DEVICE | CKF_HW_SLOT), 0);
		CU_ASSERT_EQUAL(p11->C_GetTokenInfo(slots[i], &token), CKR_OK);
		CU_ASSERT_PTR_NULL(memchr(token.label, 0, sizeof(token.label)));
		CU_ASSERT_PTR_NULL(memchr(token.serialNumber, 0, sizeof(token.serialNumber)));
	}
	leave();
}

/* Were it otherwise, a digest in parts would be another than the whole, or an operation would go on after its end. */
static void
digests(void)
{
	CK_BYTE data[200], whole[32], parts[32];
	CK_ULONG len = sizeof(whole), i;

	enter("digests", false);
	memset(data, 'd', sizeof(data));
	CU_ASSERT_EQUAL(p11->C_DigestInit(w.session, &conduct_sha256), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DigestInit(w.session, &conduct_sha256), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(p11->C_Digest(w.session, data, sizeof(data), whole, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Digest(w.session, data, 1, whole, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_DigestInit(w.session, &conduct_sha256), CKR_OK);
	for (i = 0; i < sizeof(data); i += 40)
		CU_ASSERT_EQUAL(p11->C_DigestUpdate(w.session, data + i, 40), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DigestFinal(w.session, parts, &len), CKR_OK);
	CU_ASSERT_EQUAL(memcmp(whole, parts, sizeof(parts)), 0);
	CU_ASSERT_EQUAL(p11->C_DigestInit(w.session, &conduct_sha256), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DigestUpdate(w.session, data, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Digest(w.session, data, 1, whole, &len), CKR_OPERATION_ACTIVE);
	CU_ASSERT_TRUE(conduct_is_idle(&w));
	CU_ASSERT_EQUAL(p11->C_GenerateRandom(w.session, whole, 32), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GenerateRandom(w.session, parts, 32), CKR_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(whole, parts, sizeof(parts)), 0);
	leave();
}

/* Were it otherwise, a session's objects would stay for others when it is gone, or a token's would go. */
static void
lives(void)
{
	CK_SESSION_HANDLE other;
	CK_OBJECT_HANDLE kept = 0;
	CK_BYTE id[8];
	CK_ATTRIBUTE unique = { CKA_LABEL, id, sizeof(id) };

	enter("lives", true);
	other = p11_session(w.slot);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(other, w.object[OBJECT_NOTE], &unique, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(w.session, true, true, "kept", "v", &kept), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(w.session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(other, w.object[OBJECT_NOTE], &unique, 1), CKR_OBJECT_HANDLE_INVALID);
	unique.ulValueLen = sizeof(id);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(other, kept, &unique, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Finalize(NULL), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Initialize(NULL), CKR_OK);
	w.session = p11_user(w.slot);
	unique = (CK_ATTRIBUTE){ CKA_LABEL, (void *)"kept", 4 };
	CU_ASSERT_EQUAL(p11_count(w.session, &unique, 1), 1);
	leave();
}

/* Were it otherwise, a key that asks for a PIN each time would sign without, or twice for one. */
static void
always_authenticate(void)
{
	CK_BYTE digest[32] = { 3 }, sig[64];
	CK_ULONG len = sizeof(sig);
	CK_OBJECT_HANDLE always;

	enter("always", true);
	always = w.object[OBJECT_ALWAYS];
	CU_ASSERT_EQUAL(p11->C_SignInit(w.session, &conduct_ecdsa, always), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(w.session, digest, 32, sig, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(w.session, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_SignInit(w.session, &conduct_ecdsa, always), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(w.session, CKU_CONTEXT_SPECIFIC, "not the user's"), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11_login(w.session, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(w.session, digest, 32, NULL, &len), CKR_OK);
	len = sizeof(sig);
	CU_ASSERT_EQUAL(p11->C_Sign(w.session, digest, 32, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(w.session, &conduct_ecdsa, always), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(w.session, digest, 32, sig, &len), CKR_USER_NOT_LOGGED_IN);
	leave();
}

CU_TestInfo conduct_suite[] = {
	{ "objects in any stride", enumeration },
	{ "copies and their originals", copies },
	{ "several attributes at once", several_attributes },
	{ "attributes that go one way", latches },
	{ "lists of mechanisms and slots", lists },
	{ "digests and random numbers", digests },
	{ "how long objects live", lives },
	{ "a PIN for each signature", always_authenticate },
	CU_TEST_INFO_NULL,
};
