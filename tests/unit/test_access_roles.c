/*
 * tests/unit/test_access_roles.c: every role tries everything with every kind of object, through C_*.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/areas_kit.h"
#include "tests/unit/backend.h"

enum { NOBODY, USER, SO, PROVISIONER, ROLES };

/*
 * What each may do, of f find, c create, m modify, d destroy, u use, x take out. All is the user's: who has no key of the
 * area changes nothing of that. Records are in test_record_roles.c.
 */
static const struct kind {
	const char *label;
	CK_OBJECT_CLASS object_class;
	bool private_, holder;
	const char *may[ROLES];
} kinds[] = {
	{ "public data", CKO_DATA, false, false, { "fc", "fcmd", "fcmd", "fc" } },
	{ "private data", CKO_DATA, true, false, { "", "fcmd", "", "" } },
	{ "certificate", CKO_CERTIFICATE, false, false, { "fc", "fcmd", "fcmd", "fc" } },
	{ "hidden certificate", CKO_CERTIFICATE, true, false, { "", "fcmd", "", "" } },
	{ "public key", CKO_PUBLIC_KEY, false, false, { "fc", "fcmd", "fcmd", "fc" } },
	{ "hidden public key", CKO_PUBLIC_KEY, true, false, { "", "fcmd", "", "" } },
	{ "key", CKO_PRIVATE_KEY, true, false, { "", "fcmdux", "", "" } },
	{ "open key", CKO_PRIVATE_KEY, false, false, { "f", "fcmdux", "fcmdux", "f" } },
	{ "secret key", CKO_SECRET_KEY, true, false, { "", "fcmdux", "", "" } },
	{ "open secret key", CKO_SECRET_KEY, false, false, { "f", "fcmdux", "fcmdux", "f" } },
	{ "holder key", CKO_PRIVATE_KEY, true, true, { "", "fcmdu", "", "c" } }, /* the provisioner's, in the inbox */
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];

static CK_OBJECT_HANDLE
find(CK_SESSION_HANDLE session, const struct kind *kind)
{
	CK_OBJECT_CLASS object_class = kind->object_class;
	CK_ATTRIBUTE attrs[] = { { CKA_LABEL, (void *)kind->label, strlen(kind->label) },
		{ CKA_CLASS, &object_class, sizeof(object_class) } };
	CK_OBJECT_HANDLE handle = 0;
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, attrs, 2), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &handle, 1, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	return count == 1 ? handle : 0;
}

/* The base point of P-256, as anybody's public key. */
static CK_RV
create_public(CK_SESSION_HANDLE session, const char *label, CK_BBOOL private_)
{
	static const CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	static const CK_BYTE point[] = { 0x04, 0x41, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc,
		0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39,
		0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a,
		0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37,
		0xbf, 0x51, 0xf5 };
	static CK_BBOOL yes = CK_TRUE;
	CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY;
	CK_KEY_TYPE ec = CKK_EC;
	CK_ATTRIBUTE attrs[] = { { CKA_CLASS, &public_class, sizeof(public_class) }, { CKA_KEY_TYPE, &ec, sizeof(ec) },
		{ CKA_TOKEN, &yes, sizeof(yes) }, { CKA_PRIVATE, &private_, sizeof(private_) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)p256, sizeof(p256) },
		{ CKA_EC_POINT, (void *)(uintptr_t)point, sizeof(point) } };
	CK_OBJECT_HANDLE handle = 0;

	return p11->C_CreateObject(session, attrs, sizeof(attrs) / sizeof(attrs[0]), &handle);
}

/* A device lets no private key out, whoever asks. */
static bool
can_export(const struct kind *kind)
{
	return kind->object_class == CKO_SECRET_KEY ||
		(kind->object_class == CKO_PRIVATE_KEY && !kind->holder && strcmp(test_backend(), "tpm") != 0);
}

static CK_RV
create(CK_SESSION_HANDLE session, const struct kind *kind, const char *label)
{
	static CK_BBOOL yes = CK_TRUE;
	CK_BBOOL private_ = kind->private_ ? CK_TRUE : CK_FALSE;
	CK_ULONG len = 32;
	CK_MECHANISM generic = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
	CK_ATTRIBUTE secret[] = { { CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_PRIVATE, &private_, sizeof(private_) }, { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) }, { CKA_VALUE_LEN, &len, sizeof(len) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) } };
	CK_ATTRIBUTE pair[] = { { CKA_LABEL, (void *)label, strlen(label) },
		{ CKA_PRIVATE, &private_, sizeof(private_) },
		{ kind->holder ? CKA_MDOC_HOLDER_KEY : CKA_EXTRACTABLE, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE handle = 0, other = 0;

	switch (kind->object_class) {
	case CKO_DATA:
		return p11_data(session, true, kind->private_, label, "value", &handle);
	case CKO_CERTIFICATE:
		return kind->private_ ? area_hidden_certificate(session, label) : area_certificate(session, label);
	case CKO_SECRET_KEY:
		return p11->C_GenerateKey(session, &generic, secret, 6, &handle);
	case CKO_PUBLIC_KEY:
		return create_public(session, label, private_);
	default:
		return p11_pair(session, true, pair, kind->holder || can_export(kind) ? 3 : 2, &handle, &other);
	}
}

static bool
use(CK_SESSION_HANDLE session, const struct kind *kind, CK_OBJECT_HANDLE handle)
{
	CK_MECHANISM mechanism = { kind->object_class == CKO_SECRET_KEY ? CKM_SHA256_HMAC : CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, signature[160];
	CK_ULONG len = sizeof(signature);

	if (p11->C_SignInit(session, &mechanism, handle) != CKR_OK)
		return false;
	if (kind->holder)
		CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_CONTEXT_SPECIFIC, USER_PIN), CKR_OK);
	return p11->C_Sign(session, digest, sizeof(digest), signature, &len) == CKR_OK;
}

/* Under a key of one's own, which has nothing to do with the token's. */
static bool
take_out(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle)
{
	static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_MECHANISM aes = { CKM_AES_KEY_GEN, NULL, 0 }, wrap = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
	CK_ULONG len = 32, room = 512;
	CK_ATTRIBUTE attrs[] = { { CKA_TOKEN, &no, sizeof(no) }, { CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_WRAP, &yes, sizeof(yes) }, { CKA_VALUE_LEN, &len, sizeof(len) } };
	CK_OBJECT_HANDLE own = 0;
	CK_BYTE wrapped[512];
	bool done;

	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &aes, attrs, 4, &own), CKR_OK);
	done = p11->C_WrapKey(session, &wrap, own, handle, wrapped, &room) == CKR_OK;
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, own), CKR_OK);
	return done;
}

static void
enter(CK_SESSION_HANDLE session, int role)
{
	switch (role) {
	case USER:
		CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
		break;
	case SO:
		CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
		break;
	case PROVISIONER:
		CU_ASSERT_EQUAL_FATAL(area_enter(session, MDOC_PROVISIONER, credential, sizeof(credential)), CKR_OK);
		break;
	default:
		break;
	}
}

static void
expect(const struct kind *kind, int role, char operation, bool done)
{
	const bool may = strchr(kind->may[role], operation) != NULL;

	/* What a TPM keeps under the PIN the security officer can't use: it has not got that. */
	if (operation == 'u' && role == SO && strcmp(test_backend(), "tpm") == 0 &&
		kind->object_class == CKO_PRIVATE_KEY)
		return;
	if (operation == 'x' && !can_export(kind)) {
		CU_ASSERT_FALSE(done);
		return;
	}
	if (done != may)
		printf("role %d, %s, %c: %d\n", role, kind->label, operation, done);
	CU_ASSERT_EQUAL(done, may);
}

/* A handle that a role may not have does not help it either. */
static void
try_kind(CK_SESSION_HANDLE session, const struct kind *kind, int role, CK_OBJECT_HANDLE handle)
{
	CK_ATTRIBUTE label = { CKA_LABEL, (void *)kind->label, strlen(kind->label) };

	expect(kind, role, 'f', find(session, kind) != 0);
	if (kind->object_class == CKO_PRIVATE_KEY || kind->object_class == CKO_SECRET_KEY) {
		expect(kind, role, 'u', use(session, kind, handle));
		expect(kind, role, 'x', take_out(session, handle));
	}
	expect(kind, role, 'm', p11->C_SetAttributeValue(session, handle, &label, 1) == CKR_OK);
	expect(kind, role, 'd', p11->C_DestroyObject(session, handle) == CKR_OK);
	expect(kind, role, 'c', create(session, kind, "another") == CKR_OK);
}

/* Who is not to could read, write, use or destroy something. */
static void
roles_and_kinds(void)
{
	const CK_SLOT_ID slot = p11_token("roles");
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE handles[KINDS] = { 0 };
	CK_ULONG len = MDOC_CREDENTIAL_LEN;

	enter(session, SO);
	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeProvisioner(session, credential, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	for (int role = 0; role < ROLES; role++) {
		enter(session, USER);
		for (size_t k = 0; k < KINDS; k++) {
			if (find(session, &kinds[k]) == 0)
				CU_ASSERT_EQUAL_FATAL(create(session, &kinds[k], kinds[k].label), CKR_OK);
			handles[k] = find(session, &kinds[k]);
			CU_ASSERT_NOT_EQUAL(handles[k], 0);
		}
		CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
		enter(session, role);
		for (size_t k = 0; k < KINDS; k++)
			try_kind(session, &kinds[k], role,
				find(session, &kinds[k]) != 0 ? find(session, &kinds[k]) : handles[k]);
		if (role != NOBODY)
			CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Somebody but the security officer would set a PIN, let others in, or end a suspension. */
static void
roles_and_area(void)
{
	static const struct {
		bool init, grant, check, suspend, resume;
	} may[ROLES] = { [SO] = { true, false, true, true, true }, [PROVISIONER] = { .suspend = true } };
	const CK_SLOT_ID slot = p11_token("roles of the area");
	const CK_MDOC_GRANT nobody = { .pName = (const CK_UTF8CHAR *)"juki-net" };
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_ULONG len = MDOC_CREDENTIAL_LEN;
	CK_UTF8CHAR room[MDOC_CREDENTIAL_LEN];
	CK_RV rv;

	enter(session, SO);
	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeProvisioner(session, credential, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	for (int role = 0; role < ROLES; role++) {
		enter(session, role);
		CU_ASSERT_EQUAL(area_set_pin(session, USER_PIN) == CKR_OK, may[role].init);
		rv = p11_vendor->C_MDOC_Grant(session, &nobody, room, &len);
		CU_ASSERT_EQUAL(rv, role == SO ? CKR_MDOC_NO_SUCH_RIGHT : CKR_USER_NOT_LOGGED_IN);
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, (const CK_UTF8CHAR *)"seen", 4) == CKR_OK,
			may[role].check);
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Suspend(session) == CKR_OK, may[role].suspend);
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Resume(session) == CKR_OK, may[role].resume);
		if (role != NOBODY)
			CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_access[] = {
	{ "R-MED-07, R-CARD-08: roles, kinds of objects and operations", roles_and_kinds },
	{ "R-MED-07, R-CARD-08: roles and the area itself", roles_and_area },
	CU_TEST_INFO_NULL,
};
