/*
 * tests/unit/test_module_states.c: every state of a token and of its PIN, through C_* alone.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"

#define TRANSPORT "transport-secret-0123456789"
#define NEXT_SO "another-so-code-0123456789"
#define GIVEN_PIN "given-by-so-1"
#define OWN_PIN "my-own-pin-22"

static CK_BBOOL yes = CK_TRUE;

static CK_SLOT_ID
make_area(const char *label, CK_FLAGS flags, const char *so_pin)
{
	CK_MDOC_AREA area = { .pBackend = (const CK_UTF8CHAR *)test_backend(),
		.pSoPin = (const CK_UTF8CHAR *)so_pin,
		.ulSoPinLen = strlen(so_pin),
		.flags = flags };
	CK_SLOT_ID slot = 0;

	memset(area.label, ' ', sizeof(area.label));
	memcpy(area.label, label, strlen(label));
	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeArea(&area, &slot), CKR_OK);
	return slot;
}

static CK_RV
init_pin(CK_SESSION_HANDLE session, const char *pin)
{
	return p11->C_InitPIN(session, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin));
}

static CK_RV
set_pin(CK_SESSION_HANDLE session, const char *from, const char *to)
{
	return p11->C_SetPIN(session, (CK_UTF8CHAR *)(uintptr_t)from, strlen(from), (CK_UTF8CHAR *)(uintptr_t)to,
		strlen(to));
}

static CK_RV
init_token(CK_SLOT_ID slot, const char *secret)
{
	CK_UTF8CHAR label[32];

	memset(label, ' ', sizeof(label));
	memcpy(label, "activated", 9);
	return p11->C_InitToken(slot, (CK_UTF8CHAR *)(uintptr_t)secret, strlen(secret), label);
}

static CK_RV
record_check(CK_SESSION_HANDLE session, const char *text)
{
	return p11_vendor->C_MDOC_RecordCheck(session, (const CK_UTF8CHAR *)text, strlen(text));
}

static CK_ULONG
labelled(CK_SESSION_HANDLE session, const char *label)
{
	const CK_ATTRIBUTE template = { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) };

	return p11_count(session, &template, 1);
}

static bool
status_says(CK_SLOT_ID slot, const char *what)
{
	CK_UTF8CHAR application[] = "mdoc-status";
	const CK_ATTRIBUTE named = { CKA_APPLICATION, application, strlen("mdoc-status") };
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE object = 0;
	char json[1024] = "";
	CK_ATTRIBUTE value = { CKA_VALUE, json, sizeof(json) - 1 };
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, (CK_ATTRIBUTE *)(uintptr_t)&named, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &object, 1, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object, &value, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	return strstr(json, what) != NULL;
}

/* Were it otherwise, whoever takes a blank token out of the post could use it (R-CARD-06). */
static void
blank(void)
{
	const CK_SLOT_ID slot = make_area("blank", CKF_MDOC_AREA_TRANSPORT, TRANSPORT);
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE object = 0;

	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_TOKEN_INITIALIZED, 0);
	CU_ASSERT(status_says(slot, "\"life\":\"blank\""));
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, TRANSPORT), CKR_MDOC_BLANK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_MDOC_BLANK);
	CU_ASSERT_EQUAL(set_pin(session, TRANSPORT, NEXT_SO), CKR_MDOC_BLANK);
	CU_ASSERT_EQUAL(p11_data(session, true, false, "x", "y", &object), CKR_MDOC_BLANK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);

	for (int i = 0; i < 9; i++)
		CU_ASSERT_EQUAL(init_token(slot, "not the secret of this token"), CKR_PIN_INCORRECT);
	CU_ASSERT_NOT_EQUAL(p11_token_flags(slot) & CKF_SO_PIN_FINAL_TRY, 0);
	CU_ASSERT_EQUAL(init_token(slot, TRANSPORT), CKR_OK);
	CU_ASSERT_EQUAL(p11_token_flags(slot) & (CKF_TOKEN_INITIALIZED | CKF_SO_PIN_TO_BE_CHANGED),
		CKF_TOKEN_INITIALIZED | CKF_SO_PIN_TO_BE_CHANGED);

	session = p11_session(slot);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, TRANSPORT), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, USER_PIN), CKR_PIN_EXPIRED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Suspend(session), CKR_PIN_EXPIRED);
	CU_ASSERT_EQUAL(record_check(session, "x"), CKR_PIN_EXPIRED);
	CU_ASSERT_EQUAL(p11_data(session, true, false, "x", "y", &object), CKR_PIN_EXPIRED);
	CU_ASSERT_EQUAL(set_pin(session, TRANSPORT, TRANSPORT), CKR_PIN_INVALID);
	CU_ASSERT_EQUAL(set_pin(session, TRANSPORT, NEXT_SO), CKR_OK);
	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_SO_PIN_TO_BE_CHANGED, 0);
	CU_ASSERT_EQUAL(init_pin(session, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT_EQUAL(init_token(slot, TRANSPORT), CKR_PIN_INCORRECT); /* used up */
	CU_ASSERT(p11_logged(slot, "\"what\":\"activated\""));
}

/* Were it otherwise, who finds a blank token could try secrets for ever. */
static void
blank_locks(void)
{
	const CK_SLOT_ID slot = make_area("blank", CKF_MDOC_AREA_TRANSPORT, TRANSPORT);

	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(init_token(slot, "not the secret of this token"), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(init_token(slot, TRANSPORT), CKR_PIN_LOCKED);
	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_TOKEN_INITIALIZED, 0);
}

/* Were it otherwise, records would be usable before their holder has set a PIN (R-MED-05, R-CARD-02, R-PIN-01). */
static void
no_pin(void)
{
	const CK_SLOT_ID slot = make_area("none", 0, SO_PIN);
	CK_SESSION_HANDLE session = p11_session(slot);
	const CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE pub = 0, priv = 0, object = 0;

	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_INITIALIZED, 0);
	CU_ASSERT(status_says(slot, "\"pin\":\"none\""));
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, SO_PIN), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &pub, &priv), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "x", "y", &object), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &pub, &priv), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_DisablePin(session), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(init_pin(session, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, the office would know the PIN that the record is used with (R-CARD-30, R-PIN-01). */
static void
must_change(void)
{
	const CK_SLOT_ID slot = make_area("change", CKF_MDOC_AREA_MUST_CHANGE, SO_PIN);
	CK_SESSION_HANDLE session = p11_session(slot);

	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, GIVEN_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_NOT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_TO_BE_CHANGED, 0);
	CU_ASSERT(status_says(slot, "\"mustChange\":true"));
	for (int i = 0; i < 20; i++) /* no try is lost */
		CU_ASSERT_EQUAL(p11_login(session, CKU_USER, GIVEN_PIN), CKR_PIN_EXPIRED);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, OWN_PIN), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(set_pin(session, OWN_PIN, GIVEN_PIN), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(set_pin(session, GIVEN_PIN, GIVEN_PIN), CKR_PIN_INVALID);
	CU_ASSERT_EQUAL(set_pin(session, GIVEN_PIN, OWN_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_TO_BE_CHANGED, 0);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, GIVEN_PIN), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, OWN_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, an office could reset a PIN for anybody who asks (R-CARD-47). */
static void
identity_check(void)
{
	const CK_SLOT_ID slot = make_area("check", CKF_MDOC_AREA_IDENTITY_CHECK, SO_PIN);
	CK_SESSION_HANDLE session = p11_session(slot);
	char long_text[MDOC_CHECK_TEXT_MAX + 2];
	CK_OBJECT_HANDLE object = 0;

	memset(long_text, 'x', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	CU_ASSERT_EQUAL(record_check(session, "x"), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, USER_PIN), CKR_OK); /* the first PIN is no reset */
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "kept", "y", &object), CKR_OK);
	CU_ASSERT_EQUAL(record_check(session, "x"), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(p11_login(session, CKU_USER, "wrong-pin-9"), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_PIN_LOCKED);
	CU_ASSERT(p11_logged(slot, "\"what\":\"pin-locked\""));

	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, OWN_PIN), CKR_MDOC_CHECK_MISSING);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_DisablePin(session), CKR_MDOC_CHECK_MISSING);
	CU_ASSERT_EQUAL(record_check(session, ""), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(record_check(session, "two\nlines"), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(record_check(session, "\xff\xfe"), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(record_check(session, long_text), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(record_check(session, "passport, counter 4"), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, OWN_PIN), CKR_MDOC_CHECK_MISSING); /* it was another login's */
	CU_ASSERT_EQUAL(record_check(session, "passport, counter 5"), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, OWN_PIN), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, USER_PIN), CKR_MDOC_CHECK_MISSING); /* good for one act */
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, OWN_PIN), CKR_OK);
	CU_ASSERT_EQUAL(labelled(session, "kept"), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT(p11_logged(slot, "passport, counter 5"));
	CU_ASSERT(p11_logged(slot, "\"what\":\"pin-initialised\""));
}

/* Were it otherwise, the PIN of one who wished for none would still open his records, or they would be lost (R-FACE-01,
 * R-FACE-02, R-FACE-04, R-FACE-05, R-FACE-07). */
static void
disabled(void)
{
	const CK_SLOT_ID slot = make_area("face", CKF_MDOC_AREA_IDENTITY_CHECK, SO_PIN);
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE object = 0;

	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "kept", "y", &object), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_DisablePin(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(record_check(session, "card shown, counter 4"), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_DisablePin(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_DisablePin(session), CKR_OK); /* repeated */
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);

	CU_ASSERT(status_says(slot, "\"pin\":\"disabled\""));
	CU_ASSERT(status_says(slot, "\"face\""));
	CU_ASSERT_NOT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_LOCKED, 0);
	CU_ASSERT_NOT_EQUAL(p11_token_flags(slot) & CKF_USER_PIN_INITIALIZED, 0);
	CU_ASSERT_EQUAL(p11_token_flags(slot) & CKF_PROTECTED_AUTHENTICATION_PATH, 0);
	for (int i = 0; i < 20; i++) {
		CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_PIN_LOCKED);
		CU_ASSERT_EQUAL(set_pin(session, USER_PIN, OWN_PIN), CKR_PIN_LOCKED);
	}
	CU_ASSERT(status_says(slot, "\"pin\":\"disabled\""));
	CU_ASSERT_EQUAL(p11->C_Login(session, CKU_USER, NULL, 0), CKR_ARGUMENTS_BAD); /* there is no other way */

	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, OWN_PIN), CKR_MDOC_CHECK_MISSING);
	CU_ASSERT_EQUAL(record_check(session, "card shown, counter 4"), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, OWN_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_PIN_INCORRECT);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, OWN_PIN), CKR_OK);
	CU_ASSERT_EQUAL(labelled(session, "kept"), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT(p11_logged(slot, "\"what\":\"pin-disabled\""));
}

/* Were it otherwise, a locked card could not become one without a PIN (R-FACE-04). */
static void
disabled_when_locked(void)
{
	const CK_SLOT_ID slot = p11_token("locked face");
	CK_SESSION_HANDLE session = p11_session(slot);

	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(p11_login(session, CKU_USER, "wrong-pin-9"), CKR_PIN_INCORRECT);
	CU_ASSERT(status_says(slot, "\"pin\":\"locked\""));
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_DisablePin(session), CKR_OK);
	CU_ASSERT(status_says(slot, "\"pin\":\"disabled\""));
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static CK_RV
sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, signature[64];
	CK_ULONG len = sizeof(signature);
	CK_RV rv = p11->C_SignInit(session, &ecdsa, key);

	if (rv != CKR_OK)
		return rv;
	rv = p11_login(session, CKU_CONTEXT_SPECIFIC, USER_PIN);
	return rv == CKR_OK ? p11->C_Sign(session, digest, sizeof(digest), signature, &len) : rv;
}

/* Were it otherwise, a lost device would go on signing after the call that stops it (R-SUS-01, R-CARD-41). */
static void
suspended(void)
{
	const CK_SLOT_ID slot = p11_token("suspended");
	CK_SESSION_HANDLE session = p11_user(slot);
	const CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE pub = 0, priv = 0;

	CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(sign(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Suspend(session), CKR_USER_NOT_LOGGED_IN); /* the holder asks the office */
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Suspend(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Suspend(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT(status_says(slot, "\"suspended\""));

	session = p11_user(slot);
	CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(sign(session, priv), CKR_MDOC_SUSPENDED);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Resume(session), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Resume(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	session = p11_user(slot);
	CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(sign(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	CU_ASSERT(p11_logged(slot, "\"what\":\"suspended\""));
	CU_ASSERT(p11_logged(slot, "\"what\":\"resumed\""));
}

static int
child_suspends(void *arg)
{
	CK_SESSION_HANDLE session;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 100;
	session = p11_session(*(CK_SLOT_ID *)arg);
	if (p11_login(session, CKU_SO, SO_PIN) != CKR_OK || p11_vendor->C_MDOC_Suspend(session) != CKR_OK)
		return 101;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 102;
}

static CK_RV
sign_init(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };

	return p11->C_SignInit(session, &ecdsa, key);
}

static CK_RV
sign_once(CK_SESSION_HANDLE session, CK_BYTE signature[64])
{
	CK_BYTE digest[32] = { 1 };
	CK_ULONG len = 64;

	return p11->C_Sign(session, digest, sizeof(digest), signature, &len);
}

/* A derived secret, of a key agreement with the pair's own public half. */
static CK_RV
derive(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE pub, CK_OBJECT_HANDLE priv)
{
	CK_BYTE point[140];
	CK_ATTRIBUTE got = { CKA_EC_POINT, point, sizeof(point) };
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL, .pPublicData = point };
	CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
	CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &secret, sizeof(secret) },
		{ CKA_KEY_TYPE, &generic, sizeof(generic) } };
	CK_OBJECT_HANDLE made = 0;

	CU_ASSERT_EQUAL_FATAL(p11->C_GetAttributeValue(session, pub, &got, 1), CKR_OK);
	params.ulPublicDataLen = got.ulValueLen;
	return p11->C_DeriveKey(session, &ecdh, priv, template, 2, &made);
}

/* Were it otherwise, the certificates of a card that is suspended would go on signing and logging in (R-SUS-01,
 * R-CARD-41: 一時停止 is the card's, not only its record's). */
static void
suspended_keys(void)
{
	CK_SLOT_ID slot = p11_token("suspended keys");
	CK_SESSION_HANDLE session = p11_user(slot);
	const CK_ATTRIBUTE extra[] = { { CKA_DERIVE, &yes, sizeof(yes) } };
	CK_ATTRIBUTE private_keys = { CKA_LABEL, (void *)(uintptr_t) "card", 4 };
	CK_ATTRIBUTE named[] = { extra[0], private_keys };
	CK_OBJECT_HANDLE pub = 0, priv = 0, session_pub = 0, session_priv = 0, data = 0;
	CK_BYTE signature[64];
	CK_ULONG found = 0;

	CU_ASSERT_EQUAL(p11_pair(session, true, named, 2, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, false, extra, 1, &session_pub, &session_priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "read", "y", &data), CKR_OK);
	CU_ASSERT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_once(session, signature), CKR_OK);
	CU_ASSERT_EQUAL(derive(session, pub, priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(child_suspends, &slot), 0);
	memset(signature, 0, sizeof(signature));
	CU_ASSERT_EQUAL(sign_once(session, signature), CKR_MDOC_SUSPENDED); /* begun before, in a warm session */
	for (size_t i = 0; i < sizeof(signature); i++)
		CU_ASSERT_EQUAL(signature[i], 0);
	CU_ASSERT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_once(session, signature), CKR_MDOC_SUSPENDED);
	CU_ASSERT_EQUAL(derive(session, pub, priv), CKR_MDOC_SUSPENDED);
	/* What is the program's own, and what is read, stays. */
	CU_ASSERT_EQUAL(sign_init(session, session_priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_once(session, signature), CKR_OK);
	CU_ASSERT_EQUAL(labelled(session, "read"), 1);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Resume(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, &private_keys, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &priv, 1, &found), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_once(session, signature), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static int
child_disables(void *arg)
{
	CK_SESSION_HANDLE session;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 100;
	session = p11_session(*(CK_SLOT_ID *)arg);
	if (p11_login(session, CKU_SO, SO_PIN) != CKR_OK || p11_vendor->C_MDOC_DisablePin(session) != CKR_OK)
		return 101;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 102;
}

static int
child_resets(void *arg)
{
	CK_SESSION_HANDLE session;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 100;
	session = p11_session(*(CK_SLOT_ID *)arg);
	if (p11_login(session, CKU_SO, SO_PIN) != CKR_OK || init_pin(session, GIVEN_PIN) != CKR_OK)
		return 101;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 102;
}

static int
child_locks(void *arg)
{
	CK_SESSION_HANDLE session;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 100;
	session = p11_session(*(CK_SLOT_ID *)arg);
	for (int i = 0; i < 5; i++)
		if (p11_login(session, CKU_USER, "wrong-pin-9") != CKR_PIN_INCORRECT)
			return 101;
	if (p11_login(session, CKU_USER, USER_PIN) != CKR_PIN_LOCKED)
		return 102;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 103;
}

/* A program at work, and what it can do after another has closed the area to its PIN: nothing that needs one. */
static void
closed_to(int (*child)(void *), CK_FLAGS flags)
{
	CK_SLOT_ID slot = make_area("at work", flags, SO_PIN);
	CK_SESSION_HANDLE session = p11_session(slot);
	const CK_ATTRIBUTE extra[] = { { CKA_DERIVE, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE pub = 0, priv = 0, data = 0;
	CK_BYTE signature[64] = { 0 }, value[8] = { 0 };
	CK_ATTRIBUTE read = { CKA_VALUE, value, sizeof(value) };

	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(init_pin(session, GIVEN_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(set_pin(session, GIVEN_PIN, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11_pair(session, true, extra, 1, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, true, true, "read", "y", &data), CKR_OK);
	CU_ASSERT_EQUAL(derive(session, pub, priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_once(session, signature), CKR_OK);
	CU_ASSERT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(child, &slot), 0);
	memset(signature, 0, sizeof(signature));
	CU_ASSERT_NOT_EQUAL(sign_once(session, signature), CKR_OK);
	for (size_t i = 0; i < sizeof(signature); i++)
		CU_ASSERT_EQUAL(signature[i], 0);
	CU_ASSERT(sign_init(session, priv) != CKR_OK || sign_once(session, signature) != CKR_OK);
	CU_ASSERT_NOT_EQUAL(derive(session, pub, priv), CKR_OK);
	CU_ASSERT_NOT_EQUAL(p11->C_GetAttributeValue(session, data, &read, 1), CKR_OK);
	CU_ASSERT_EQUAL(value[0], 0);
	CU_ASSERT_NOT_EQUAL(p11_data(session, true, true, "more", "y", &data), CKR_OK);
	CU_ASSERT(status_says(slot, "\"pin\":"));
	CU_ASSERT(!status_says(slot, "\"unused\":"));
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a program that was logged in would go on as if the PIN, which was taken from its holder or guessed
 * at by somebody, were still good (R-CARD-05, R-FACE-02). */
static void
closed_while_open(void)
{
	closed_to(child_disables, 0);
	closed_to(child_locks, 0);
	closed_to(child_resets, CKF_MDOC_AREA_MUST_CHANGE);
}

static int
child_retires(void *arg)
{
	CK_SESSION_HANDLE session;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 100;
	session = p11_session(*(CK_SLOT_ID *)arg);
	if (p11_login(session, CKU_SO, SO_PIN) != CKR_OK || p11_vendor->C_MDOC_Retire(session) != CKR_OK)
		return 101;
	return p11->C_Finalize(NULL) == CKR_OK ? 0 : 102;
}

/* Were it otherwise, a program that was at work would go on signing for a card that is abolished (R-CARD-41 廃止). */
static void
retired_keys(void)
{
	CK_SLOT_ID slot = p11_token("retired keys");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE pub = 0, priv = 0;
	CK_BYTE signature[64] = { 0 };
	CK_RV rv;

	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(sign_once(session, signature), CKR_OK);
	CU_ASSERT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_fork(child_retires, &slot), 0);
	memset(signature, 0, sizeof(signature));
	rv = sign_once(session, signature);
	CU_ASSERT(rv != CKR_OK && rv != CKR_OPERATION_ACTIVE);
	for (size_t i = 0; i < sizeof(signature); i++)
		CU_ASSERT_EQUAL(signature[i], 0);
	CU_ASSERT_NOT_EQUAL(sign_init(session, priv), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_MDOC_RETIRED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a device that is given away would still be somebody's record (R-REV-01, R-CARD-41). */
static void
retired(void)
{
	static const bool by_so[] = { false, true };

	for (size_t i = 0; i < 2; i++) {
		const CK_SLOT_ID slot = p11_token("retired");
		CK_SESSION_HANDLE session = p11_user(slot);
		const CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
		CK_OBJECT_HANDLE pub = 0, priv = 0, object = 0;

		CU_ASSERT_EQUAL(p11_pair(session, true, &holder, 1, &pub, &priv), CKR_OK);
		CU_ASSERT_EQUAL(p11_data(session, true, true, "gone", "y", &object), CKR_OK);
		CU_ASSERT_EQUAL(p11_data(session, true, false, "public", "y", &object), CKR_OK);
		if (by_so[i]) {
			CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
			CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Retire(session), CKR_USER_NOT_LOGGED_IN);
			CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
		}
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Retire(session), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_USER_NOT_LOGGED_IN);
		CU_ASSERT(status_says(slot, "\"life\":\"retired\""));
		CU_ASSERT(status_says(slot, "\"retired\"]"));
		CU_ASSERT_EQUAL(labelled(session, "gone"), 0);
		CU_ASSERT_EQUAL(labelled(session, "public"), 1);
		CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_MDOC_RETIRED);
		CU_ASSERT_EQUAL(set_pin(session, USER_PIN, OWN_PIN), CKR_MDOC_RETIRED);
		CU_ASSERT_EQUAL(p11_data(session, true, false, "x", "y", &object), CKR_MDOC_RETIRED);
		CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
		CU_ASSERT_EQUAL(init_pin(session, USER_PIN), CKR_MDOC_RETIRED);
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_DisablePin(session), CKR_MDOC_RETIRED);
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Resume(session), CKR_MDOC_RETIRED);
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
		CU_ASSERT(p11_logged(slot, "\"what\":\"retired\""));
		CU_ASSERT_EQUAL(init_token(slot, SO_PIN), CKR_OK);
		CU_ASSERT(status_says(slot, "\"life\":\"active\""));
	}
}

/* Were it otherwise, a caller could not read the log. */
static void
log_of_nobody(void)
{
	const CK_SLOT_ID slot = p11_token("log");
	CK_ULONG len = 3;
	CK_UTF8CHAR few[3];

	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Events(slot, few, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT(len > 3);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Events(slot, NULL, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_Events(4711, NULL, &len), CKR_SLOT_ID_INVALID);
}

CU_TestInfo tests_states[] = {
	{ "R-CARD-06: a blank token takes its transport secret and nothing else", blank },
	{ "R-CARD-06: the transport secret's tries are counted", blank_locks },
	{ "R-MED-05, R-CARD-02, R-PIN-01: nothing works before a PIN is set", no_pin },
	{ "R-CARD-30, R-PIN-01: the holder sets a PIN of his own", must_change },
	{ "R-CARD-47, R-CARD-05: a reset follows a recorded identity check", identity_check },
	{ "R-FACE-01, R-FACE-02, R-FACE-05, R-FACE-07: a disabled PIN, there and back", disabled },
	{ "R-FACE-04: disabled when it is locked", disabled_when_locked },
	{ "R-SUS-01, R-CARD-41: suspended and resumed", suspended },
	{ "R-SUS-01, R-CARD-41: a suspended card uses no private key", suspended_keys },
	{ "R-CARD-05, R-FACE-02, R-CARD-30: a program at work when its PIN is disabled, locked or reset",
		closed_while_open },
	{ "R-CARD-41: keys in use when the card is retired", retired_keys },
	{ "R-REV-01, R-CARD-41: retired for good", retired },
	{ "the log for a caller with little room", log_of_nobody },
	CU_TEST_INFO_NULL,
};
