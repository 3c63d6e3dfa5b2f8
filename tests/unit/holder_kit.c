/*
 * tests/unit/holder_kit.c: a scratch store with one area, through C_* alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "tests/unit/holder_kit.h"

#include <ftw.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkcs11-3.h"
#include "tests/unit/backend.h"

static void
need(CK_RV rv, const char *what)
{
	if (rv == CKR_OK)
		return;
	fprintf(stderr, "holder_kit: %s: 0x%lx\n", what, rv);
	exit(EXIT_FAILURE);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
make_store(struct holder_kit *kit)
{
	char conf[64];

	strcpy(kit->dir, "/tmp/mdoc-unit-XXXXXX");
	need(mkdtemp(kit->dir) == NULL, "mkdtemp");
	snprintf(conf, sizeof(conf), "%s/none.conf", kit->dir);
	need(setenv("MDOC_PKCS11_STORE", kit->dir, 1) != 0, "setenv");
	need(setenv("MDOC_PKCS11_CONF", conf, 1) != 0, "setenv");
	need(!test_backend_start() || !test_backend_configure(conf), "the backend");
}

static void
make_area(struct holder_kit *kit, CK_FLAGS area_flags)
{
	CK_MDOC_AREA area = { .pSoPin = (const CK_UTF8CHAR *)KIT_SO_PIN,
		.ulSoPinLen = strlen(KIT_SO_PIN),
		.flags = area_flags | CKF_MDOC_AREA_ALLOW_WEAK_SO_PIN };
	CK_SESSION_HANDLE session;

	memset(area.label, ' ', sizeof(area.label));
	memcpy(area.label, "kit", 3);
	need(kit->vendor->C_MDOC_MakeArea(&area, &kit->slot), "C_MDOC_MakeArea");
	session = holder_kit_session(kit, CKF_RW_SESSION);
	need(kit->p11->C_Login(session, CKU_SO, (CK_UTF8CHAR *)KIT_SO_PIN, strlen(KIT_SO_PIN)), "C_Login SO");
	need(kit->p11->C_InitPIN(session, (CK_UTF8CHAR *)KIT_PIN, strlen(KIT_PIN)), "C_InitPIN");
	need(kit->p11->C_CloseSession(session), "C_CloseSession");
}

void
holder_kit_new(struct holder_kit *kit, CK_FLAGS area_flags)
{
	CK_INTERFACE *interface = NULL;
	CK_VERSION version = { 1, 0 };

	memset(kit, 0, sizeof(*kit));
	make_store(kit);
	need(C_GetFunctionList(&kit->p11), "C_GetFunctionList");
	need(C_GetInterface((CK_UTF8CHAR *)MDOC_PKCS11_INTERFACE, &version, &interface, 0), "C_GetInterface");
	kit->vendor = interface->pFunctionList;
	need(kit->p11->C_Initialize(NULL), "C_Initialize");
	make_area(kit, area_flags);
	kit->session = holder_kit_session(kit, CKF_RW_SESSION);
	need(kit->p11->C_Login(kit->session, CKU_USER, (CK_UTF8CHAR *)KIT_PIN, strlen(KIT_PIN)), "C_Login");
}

void
holder_kit_free(struct holder_kit *kit)
{
	need(kit->p11->C_Finalize(NULL), "C_Finalize");
	test_backend_stop();
	(void)nftw(kit->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

CK_SESSION_HANDLE
holder_kit_session(struct holder_kit *kit, CK_FLAGS flags)
{
	CK_SESSION_HANDLE session = 0;

	need(kit->p11->C_OpenSession(kit->slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &session), "C_OpenSession");
	return session;
}

static void
read_point(struct holder_kit *kit, CK_OBJECT_HANDLE handle, struct mdoc_public_key *public_key)
{
	CK_BYTE der[80];
	CK_ATTRIBUTE point = { CKA_EC_POINT, der, sizeof(der) };

	need(kit->p11->C_GetAttributeValue(kit->session, handle, &point, 1), "CKA_EC_POINT");
	need(point.ulValueLen != 67, "length of CKA_EC_POINT");
	public_key->curve = MDOC_CURVE_P256;
	public_key->point_len = 65;
	memcpy(public_key->point, der + 2, 65);
}

CK_OBJECT_HANDLE
holder_kit_pair(struct holder_kit *kit, bool holder, struct mdoc_public_key *public_key,
	CK_OBJECT_HANDLE *public_handle)
{
	static const CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	static CK_BYTE serial;
	CK_BYTE id = ++serial;
	CK_BBOOL yes = CK_TRUE;
	CK_BBOOL holder_key = holder ? CK_TRUE : CK_FALSE;
	CK_BBOOL derive = holder ? CK_FALSE : CK_TRUE;
	CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public_template[] = {
		{ CKA_EC_PARAMS, (void *)p256, sizeof(p256) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		{ CKA_ID, &id, sizeof(id) },
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_DERIVE, &derive, sizeof(derive) },
		{ CKA_ID, &id, sizeof(id) },
		{ CKA_MDOC_HOLDER_KEY, &holder_key, sizeof(holder_key) },
	};
	CK_OBJECT_HANDLE public_object = 0;
	CK_OBJECT_HANDLE private_object = 0;

	need(kit->p11->C_GenerateKeyPair(kit->session, &mechanism, public_template, 4, private_template, holder ? 6 : 5,
		     &public_object, &private_object),
		"C_GenerateKeyPair");
	if (public_key != NULL)
		read_point(kit, public_object, public_key);
	if (public_handle != NULL)
		*public_handle = public_object;
	return private_object;
}

CK_RV
holder_kit_bind(struct holder_kit *kit, const struct mdoc_buf *record, bool reusable, CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_CLASS class = CKO_DATA;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_APPLICATION, "mdoc", 4 },
		{ CKA_VALUE, record->ptr, record->len },
		{ CKA_MDOC_REUSABLE, &yes, sizeof(yes) },
	};
	CK_OBJECT_HANDLE ignored;

	return kit->p11->C_CreateObject(kit->session, template, reusable ? 6 : 5, handle == NULL ? &ignored : handle);
}

CK_RV
holder_kit_authorise(struct holder_kit *kit, CK_SESSION_HANDLE session)
{
	return kit->p11->C_Login(session, CKU_CONTEXT_SPECIFIC, (CK_UTF8CHAR *)KIT_PIN, strlen(KIT_PIN));
}

char *
holder_kit_status(struct holder_kit *kit)
{
	CK_ATTRIBUTE application = { CKA_APPLICATION, "mdoc-status", 11 };
	CK_ATTRIBUTE value = { CKA_VALUE, NULL, 0 };
	CK_OBJECT_HANDLE handle = 0;
	CK_ULONG found = 0;
	char *text;

	need(kit->p11->C_FindObjectsInit(kit->session, &application, 1), "C_FindObjectsInit");
	need(kit->p11->C_FindObjects(kit->session, &handle, 1, &found), "C_FindObjects");
	need(kit->p11->C_FindObjectsFinal(kit->session), "C_FindObjectsFinal");
	need(found != 1, "status object");
	need(kit->p11->C_GetAttributeValue(kit->session, handle, &value, 1), "length of the status");
	text = calloc(1, value.ulValueLen + 1);
	need(text == NULL, "calloc");
	value.pValue = text;
	need(kit->p11->C_GetAttributeValue(kit->session, handle, &value, 1), "status");
	return text;
}

long
holder_kit_count(struct holder_kit *kit, const char *member)
{
	char *text = holder_kit_status(kit);
	json_t *root = json_loads(text, 0, NULL);
	const json_t *count = json_object_get(root, member);
	const long value = json_is_integer(count) ? (long)json_integer_value(count) : -1;

	json_decref(root);
	free(text);
	return value;
}
