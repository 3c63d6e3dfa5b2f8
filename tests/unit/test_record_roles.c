/*
 * tests/unit/test_record_roles.c: who may do what with a record and with the key that it is bound to, and that a token of
 * the law has no record to be used twice; through C_* alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdint.h>
#include <string.h>

#include "pkcs11-3.h"
#include "tests/unit/holder_kit.h"
#include "tests/unit/issuer_kit.h"
#include "tests/unit/unit_mechanisms.h"

#define DAY ((int64_t)24 * 60 * 60)
#define TRANSPORT "transport-secret-0123456789"
#define GIVEN_PIN "given-by-so-1"

static struct issuer_kit issuer;
static struct holder_kit holder;
static CK_BBOOL yes = CK_TRUE;

static int
set_up(void)
{
	issuer_kit_new(&issuer);
	holder_kit_new(&holder, 0);
	return 0;
}

static int
tear_down(void)
{
	holder_kit_free(&holder);
	issuer_kit_free(&issuer);
	return 0;
}

static struct mdoc_buf
record_for(const struct mdoc_public_key *key)
{
	struct mdoc_buf record = MDOC_BUF_EMPTY;

	kit_record(&issuer, KIT_DOCTYPE, key, issuer.now - DAY, issuer.now + DAY, 3000, &record);
	return record;
}

static CK_RV
login(CK_USER_TYPE type, const char *pin)
{
	return holder.p11->C_Login(holder.session, type, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin));
}

/* The one record; 0: nobody finds it. */
static CK_OBJECT_HANDLE
find_record(void)
{
	CK_ATTRIBUTE wanted = { CKA_APPLICATION, "mdoc", 4 };
	CK_OBJECT_HANDLE handle = 0;
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL(holder.p11->C_FindObjectsInit(holder.session, &wanted, 1), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_FindObjects(holder.session, &handle, 1, &count), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_FindObjectsFinal(holder.session), CKR_OK);
	return count == 1 ? handle : 0;
}

static CK_RV
read_value(CK_OBJECT_HANDLE handle)
{
	static CK_BYTE room[65536];
	CK_ATTRIBUTE value = { CKA_VALUE, room, sizeof(room) };

	return holder.p11->C_GetAttributeValue(holder.session, handle, &value, 1);
}

static CK_RV
set_value(CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE attr = { type, &yes, sizeof(yes) };

	return holder.p11->C_SetAttributeValue(holder.session, handle, &attr, 1);
}

/* Somebody has no way to this record, whether or not he keeps a handle from before; record: one that would fit a key. */
static void
has_no_way(CK_OBJECT_HANDLE handle, CK_OBJECT_HANDLE key, const struct mdoc_buf *record)
{
	CK_MECHANISM sign = { CKM_MDOC_DEVICE_SIGN, NULL, 0 };
	CK_OBJECT_HANDLE copy = 0;

	CU_ASSERT_EQUAL(find_record(), 0);
	CU_ASSERT_NOT_EQUAL(read_value(handle), CKR_OK);
	CU_ASSERT_NOT_EQUAL(set_value(handle, CKA_LABEL), CKR_OK);
	CU_ASSERT_NOT_EQUAL(holder.p11->C_CopyObject(holder.session, handle, NULL, 0, &copy), CKR_OK);
	CU_ASSERT_NOT_EQUAL(holder.p11->C_DestroyObject(holder.session, handle), CKR_OK);
	CU_ASSERT_NOT_EQUAL(holder.p11->C_SignInit(holder.session, &sign, key), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, record, false, NULL), CKR_USER_NOT_LOGGED_IN);
}

static CK_RV
enter_provisioner(const CK_UTF8CHAR *credential)
{
	CK_INTERFACE *found = NULL;
	CK_FUNCTION_LIST_3_0 *list = NULL;

	CU_ASSERT_EQUAL_FATAL(C_GetInterface(NULL, NULL, &found, 0), CKR_OK);
	list = found->pFunctionList;
	return list->C_LoginUser(holder.session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t)credential, MDOC_CREDENTIAL_LEN,
		(CK_UTF8CHAR *)(uintptr_t)MDOC_PROVISIONER, strlen(MDOC_PROVISIONER));
}

/* Somebody but the holder would read, change, use or take away a record, or put another in its place. */
static void
test_roles(void)
{
	CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
	CK_ULONG len = sizeof(credential);
	struct mdoc_public_key keys[2];
	struct mdoc_buf bound, other;
	CK_OBJECT_HANDLE key, handle;

	key = holder_kit_pair(&holder, true, &keys[0], NULL);
	(void)holder_kit_pair(&holder, true, &keys[1], NULL);
	bound = record_for(&keys[0]);
	other = record_for(&keys[1]);
	CU_ASSERT_EQUAL_FATAL(holder_kit_bind(&holder, &bound, false, NULL), CKR_OK);
	handle = find_record();
	CU_ASSERT_NOT_EQUAL(handle, 0);

	CU_ASSERT_EQUAL(holder.p11->C_Logout(holder.session), CKR_OK);
	has_no_way(handle, key, &other);
	CU_ASSERT_EQUAL(login(CKU_SO, KIT_SO_PIN), CKR_OK);
	has_no_way(handle, key, &other);
	CU_ASSERT_EQUAL(holder.vendor->C_MDOC_MakeProvisioner(holder.session, credential, &len), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_Logout(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(enter_provisioner(credential), CKR_OK);
	has_no_way(handle, key, &other);
	CU_ASSERT_EQUAL(holder.p11->C_Logout(holder.session), CKR_OK);

	CU_ASSERT_EQUAL(login(CKU_USER, KIT_PIN), CKR_OK);
	handle = find_record();
	CU_ASSERT_NOT_EQUAL(handle, 0);
	CU_ASSERT_EQUAL(read_value(handle), CKR_OK);
	CU_ASSERT_NOT_EQUAL(set_value(handle, CKA_VALUE), CKR_OK); /* whose it may be, a record is the issuer's text */
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &bound, false, NULL), CKR_MDOC_NO_HOLDER_KEY);
	CU_ASSERT_EQUAL(holder.p11->C_DestroyObject(holder.session, handle), CKR_OK);
	CU_ASSERT_EQUAL(find_record(), 0);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &bound, false, NULL), CKR_MDOC_NO_HOLDER_KEY); /* its key went, too */
	mdoc_buf_clear(&bound);
	mdoc_buf_clear(&other);
}

/* An area of this kind with a PIN of its user's; he is logged in. so_pin: its officer's code. */
static void
open_area(CK_MDOC_AREA *area, const char *so_pin)
{
	CK_UTF8CHAR *pin = (CK_UTF8CHAR *)(uintptr_t)GIVEN_PIN, *own = (CK_UTF8CHAR *)(uintptr_t)KIT_PIN;
	CK_UTF8CHAR *code = (CK_UTF8CHAR *)(uintptr_t)KIT_SO_PIN, *first = (CK_UTF8CHAR *)(uintptr_t)so_pin;

	memset(area->label, ' ', sizeof(area->label));
	area->pSoPin = first;
	area->ulSoPinLen = strlen(so_pin);
	CU_ASSERT_EQUAL(holder.p11->C_CloseAllSessions(holder.slot), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(holder.vendor->C_MDOC_MakeArea(area, &holder.slot), CKR_OK);
	if (area->pPreset != NULL)
		CU_ASSERT_EQUAL(holder.p11->C_InitToken(holder.slot, first, strlen(so_pin), area->label), CKR_OK);
	holder.session = holder_kit_session(&holder, CKF_RW_SESSION);
	CU_ASSERT_EQUAL(login(CKU_SO, so_pin), CKR_OK);
	if (area->pPreset != NULL)
		CU_ASSERT_EQUAL(holder.p11->C_SetPIN(holder.session, first, strlen(so_pin), code, strlen(KIT_SO_PIN)),
			CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_InitPIN(holder.session, pin, strlen(GIVEN_PIN)), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_Logout(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder.p11->C_SetPIN(holder.session, pin, strlen(GIVEN_PIN), own, strlen(KIT_PIN)), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(login(CKU_USER, KIT_PIN), CKR_OK);
}

/* By none of the ways in: alone, in a batch, or afterwards. */
static void
no_reusable(void)
{
	struct mdoc_public_key key;
	const CK_OBJECT_HANDLE private_key = holder_kit_pair(&holder, true, &key, NULL);
	struct mdoc_buf record = record_for(&key);
	CK_OBJECT_HANDLE bound = 0;

	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &record, true, NULL), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(holder.vendor->C_MDOC_BeginBatch(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &record, true, NULL), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(holder.vendor->C_MDOC_CommitBatch(holder.session), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_count(&holder, "unused"), 0);
	CU_ASSERT_EQUAL(holder_kit_bind(&holder, &record, false, &bound), CKR_OK);
	CU_ASSERT_EQUAL(holder_kit_count(&holder, "unused"), 1);
	CU_ASSERT_NOT_EQUAL(set_value(bound, CKA_MDOC_REUSABLE), CKR_OK);
	CU_ASSERT_NOT_EQUAL(set_value(private_key, CKA_MDOC_REUSABLE), CKR_OK);
	mdoc_buf_clear(&record);
}

/* A token of the law would show the same copy twice, and two readers could tell that it was the same holder. */
static void
test_single_use(void)
{
	CK_MDOC_AREA asked = { .flags = CKF_MDOC_AREA_SINGLE_USE | CKF_MDOC_AREA_ALLOW_WEAK_SO_PIN };
	CK_MDOC_AREA law = { .pPreset = (const CK_UTF8CHAR *)"mnc" };

	open_area(&asked, KIT_SO_PIN);
	no_reusable();
	open_area(&law, TRANSPORT);
	no_reusable();
}

static CU_TestInfo tests[] = {
	{ "R-MED-07, R-CARD-08: roles and records", test_roles },
	{ "R-EXH-01: single use is forced by the law's preset", test_single_use },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_record_roles = { "records: whose, and for how often", set_up, tear_down, NULL, NULL, tests };
