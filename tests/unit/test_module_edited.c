/*
 * tests/unit/test_module_edited.c: what somebody gains who has the store's files and can write them, seen through C_*:
 * damage is shown, or nothing opens, and nothing is made again in silence.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/areas_kit.h"
#include "tests/unit/backend.h"
#include "tests/unit/inbox_kit.h"

#define USER_ROW "1"
#define SO_ROW "2"

static CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];

/* A search that is refused finds nothing. */
static CK_ULONG
kept(CK_SESSION_HANDLE session)
{
	CK_UTF8CHAR label[] = "kept";
	CK_ATTRIBUTE template = { CKA_LABEL, label, strlen("kept") };
	CK_OBJECT_HANDLE found[4];
	CK_ULONG count = 0;

	if (p11->C_FindObjectsInit(session, &template, 1) != CKR_OK)
		return 0;
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, found, 4, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	return count;
}

/* Rows that an area stands on: after the edit the holder's PIN opens nothing, and a code of the counter makes nothing of
 * it that would look whole (R-REV-01). */
static void
rows_of_an_area(void)
{
	static const struct {
		const char *sql;
		bool device; /* the row has a wrap only where no device checks the PIN */
	} edits[] = {
		{ "UPDATE area SET preset = 'general' || preset", false },
		{ "UPDATE area SET preset = 'mnc'", false },
		{ "UPDATE area SET card = 'another card'", false },
		{ "UPDATE area SET authenticator = x'00112233'", false },
		{ "UPDATE area SET flags = flags | 16", false },
		{ "UPDATE area SET user_tries = 50", false },
		{ "UPDATE area SET user_min = 1", false },
		{ "UPDATE area SET seal_public = randomblob(length(seal_public))", false },
		{ "UPDATE pin SET wrap = substr(wrap, 1, length(wrap) - 20) || randomblob(20) WHERE role = " USER_ROW,
			true },
		{ "UPDATE pin SET wrap = x'' WHERE role = " USER_ROW, true },
		{ "UPDATE pin SET wrap = (SELECT wrap FROM pin WHERE role = " SO_ROW ") WHERE role = " USER_ROW, true },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		CK_SLOT_ID slot;
		CK_SESSION_HANDLE session;
		CK_OBJECT_HANDLE object = 0;
		CK_RV rv;

		if (edits[i].device && test_can(TEST_RESTORE) == false)
			continue;
		slot = p11_token("edited");
		session = p11_user(slot);
		CU_ASSERT_EQUAL(p11_data(session, true, true, "kept", "y", &object), CKR_OK);
		CU_ASSERT_EQUAL(kept(session), 1);
		CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
		inbox_kit_sql(slot, edits[i].sql);
		rv = p11_login(session, CKU_USER, USER_PIN);
		CU_ASSERT(rv == CKR_MDOC_STORE_DAMAGED || rv == CKR_PIN_INCORRECT);
		CU_ASSERT_EQUAL(kept(session), 0);
		CU_ASSERT_NOT_EQUAL(p11_data(session, true, true, "new", "y", &object), CKR_OK);
		CU_ASSERT_NOT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK); /* nor at the second try */
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	}
}

/* Whoever has the file and not the credential of a system would read as it, or with more rights than it was given
 * (R-REV-01, R-CARD-08). */
static void
rows_of_named_users(void)
{
	static const char *const edits[] = {
		"UPDATE named SET wrap = randomblob(length(wrap))",
		"UPDATE named SET wrap = x''",
		"UPDATE named SET rights = rights | 4",
		"UPDATE named SET generation = generation + 1",
		"UPDATE named SET rights = 1",
		"UPDATE area SET seal_public = randomblob(length(seal_public))",
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		const CK_SLOT_ID slot = area_new("kh", NULL);
		CK_SESSION_HANDLE session;
		CK_RV rv;

		CU_ASSERT_EQUAL_FATAL(area_grant(slot, "kh", NULL, 0, credential), CKR_OK);
		session = p11_session(slot);
		CU_ASSERT_EQUAL(area_enter(session, "kh", credential, sizeof(credential)), CKR_OK);
		CU_ASSERT_EQUAL(area_write(session, "kh", "signed-face", "kept"), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
		inbox_kit_sql(slot, edits[i]);
		rv = area_enter(session, "kh", credential, sizeof(credential));
		CU_ASSERT(rv == CKR_MDOC_STORE_DAMAGED || rv == CKR_PIN_INCORRECT);
		CU_ASSERT_FALSE(area_reads(session, "kh", "signed-face", "kept"));
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	}
}

/* Whoever has the file would be the provisioner, or put keys of his own in the place of his (R-REV-01). */
static void
rows_of_the_provisioner(void)
{
	static const struct {
		const char *sql;
		bool lets_in; /* the row itself is whole: its keys are not */
		bool device;  /* on a plain vault the wrap is no other */
	} edits[] = {
		{ "UPDATE named SET wrap = randomblob(length(wrap))", false, false },
		{ "UPDATE named SET wrap = x''", false, false },
		{ "UPDATE named SET wrap = substr(wrap, 1, 16) || substr(wrap, -61)", false, true },
		{ "UPDATE area SET seal_public = randomblob(length(seal_public))", false, false },
		{ "UPDATE provisioner_key SET sealed = randomblob(length(sealed))", true, false },
		{ "UPDATE provisioner_key SET attrs = (SELECT attrs FROM provisioner_key WHERE purpose = 2)"
		  " WHERE purpose = 1",
			true, false },
		{ "DELETE FROM provisioner_key WHERE purpose = 1", true, false },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		CK_SLOT_ID slot;
		CK_SESSION_HANDLE session;
		CK_OBJECT_HANDLE pub = 0, priv = 0;
		CK_ULONG len = 0;
		CK_RV rv;

		if (edits[i].device && test_can(TEST_RESTORE))
			continue;
		session = inbox_kit_new("edited", &slot, credential);
		CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &priv), CKR_OK);
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_AttestKeys(session, &priv, 1, (const CK_BYTE *)"n", 1, NULL, 0, NULL,
					&len),
			CKR_OK);
		CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
		inbox_kit_sql(slot, edits[i].sql);
		rv = inbox_kit_login(session, credential);
		if (edits[i].lets_in && rv == CKR_OK)
			rv = p11_vendor->C_MDOC_AttestKeys(session, &priv, 1, (const CK_BYTE *)"n", 1, NULL, 0, NULL,
				&len);
		/* the last: that there is no such key */
		CU_ASSERT(
			rv == CKR_MDOC_STORE_DAMAGED || rv == CKR_PIN_INCORRECT || rv == CKR_USER_PIN_NOT_INITIALIZED);
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	}
}

/* Is what a file and a credential give without the device the provisioner's key? As somebody would try who has both and
 * knows this source. */
static void
software_key(const CK_BYTE *wrap, CK_BYTE key[32])
{
	static char purpose[] = "mdoc-pkcs11 provisioner", digest[] = "SHA256";
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_octet_string("key", credential, sizeof(credential)),
		OSSL_PARAM_construct_octet_string("salt", (void *)(uintptr_t)wrap, 16),
		OSSL_PARAM_construct_octet_string("info", purpose, sizeof(purpose) - 1), OSSL_PARAM_construct_end() };

	CU_ASSERT_EQUAL_FATAL(EVP_KDF_derive(ctx, key, 32, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

/* sealed: version, nonce (12), ciphertext (32), tag (16) */
static bool
opens(const CK_BYTE key[32], const CK_BYTE sealed[61], const CK_BYTE *aad, int aad_len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	CK_BYTE tag[16], out[48];
	int len = 0;
	bool good;

	memcpy(tag, sealed + 45, sizeof(tag));
	good = EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, sealed + 1) == 1 &&
		EVP_DecryptUpdate(ctx, NULL, &len, aad, aad_len) == 1 &&
		EVP_DecryptUpdate(ctx, out, &len, sealed + 13, 32) == 1 &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, sizeof(tag), tag) == 1 &&
		EVP_DecryptFinal_ex(ctx, out, &len) == 1;
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

/* Else what a token says of itself, `bound`, would be a lie of its provisioner: a copy of store and credential on another
 * machine would attest keys and log in to the issuer as this device (R-KEY-02). On a plain vault the answer is no. */
static void
store_and_credential(void)
{
	CK_SLOT_ID slot = p11_token("thief");
	CK_BYTE wrap[4096 + 77], aad[128] = "mdoc-pkcs11 provisioner", key[32];
	CK_TOKEN_INFO info;
	int aad_len = (int)strlen("mdoc-pkcs11 provisioner");
	bool opened = false;
	size_t len;

	inbox_kit_make(slot, credential);
	len = inbox_kit_blob(slot, "SELECT wrap FROM named WHERE name = 'provisioner'", wrap, sizeof(wrap));
	CU_ASSERT_FATAL(len >= 77);
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(slot, &info), CKR_OK);
	memcpy(aad + aad_len, info.serialNumber, 16);
	aad_len += 16;
	aad_len += (int)inbox_kit_blob(slot, "SELECT seal_public FROM area", aad + aad_len, 32);
	memcpy(aad + aad_len, wrap, 16);
	aad_len += 16;
	software_key(wrap, key);
	for (size_t at = 0; at + 61 <= len; at++)
		opened |= opens(key, wrap + at, aad, aad_len);
	CU_ASSERT_EQUAL(opened, test_can(TEST_RESTORE));
}

/* The log's rows can't be changed as long as these are there; who can write the file takes them away, and back. */
#define UNGUARD "DROP TRIGGER event_update; DROP TRIGGER event_delete"
#define GUARD \
	"CREATE TRIGGER event_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'append-only'); END;" \
	"CREATE TRIGGER event_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'append-only'); END"

/* Else an office could be told of a check that nobody made, or a lock that happened could be denied (R-CARD-37). */
static void
broken_chain(void)
{
	static const struct {
		const char *sql, *said;
	} edits[] = {
		{ "UPDATE event SET detail = 'passport' WHERE id = 2", "\"chain\":\"broken\",\"at\":2" },
		{ "UPDATE event SET at = at - 86400 WHERE id = 2", "\"chain\":\"broken\",\"at\":2" },
		{ "UPDATE event SET what = 'pin-changed' WHERE id = 1", "\"chain\":\"broken\",\"at\":1" },
		{ "DELETE FROM event WHERE id = 2", "\"chain\":\"broken\",\"at\":2" },
		{ "DELETE FROM event WHERE id = (SELECT max(id) FROM event)", "\"chain\":\"broken\"" },
		{ "DELETE FROM event", "\"chain\":\"broken\"" },
		{ "UPDATE event SET hash = x'' WHERE id = 2", "\"chain\":\"broken\",\"at\":2" },
	};

	for (size_t i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		CK_SLOT_ID slot = p11_token("chain");
		CK_SESSION_HANDLE session = p11_session(slot);
		const char *text = "card shown, counter 4";
		char *json = NULL, sql[512];

		CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
		for (int n = 0; n < 3; n++)
			CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, (const CK_UTF8CHAR *)text,
						strlen(text)),
				CKR_OK);
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
		json = p11_events(slot);
		CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"chain\":\"whole\""));
		free(json);
		CU_ASSERT_FATAL(
			(size_t)snprintf(sql, sizeof(sql), "%s; %s; %s", UNGUARD, edits[i].sql, GUARD) < sizeof(sql));
		inbox_kit_sql(slot, sql);
		json = p11_events(slot);
		CU_ASSERT_PTR_NOT_NULL(strstr(json, edits[i].said));
		free(json);
	}
}

/* Else an act could be taken out of the log's end, and the next one would close the gap (R-CARD-37). */
static void
cut_chain(void)
{
	CK_SLOT_ID slot = p11_token("cut");
	char *json;

	inbox_kit_sql(slot, UNGUARD "; DELETE FROM event WHERE id = (SELECT max(id) FROM event); " GUARD);
	for (int n = 0; n < 3; n++) {
		CK_SESSION_HANDLE session = p11_session(slot);

		CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
		CU_ASSERT_EQUAL(p11_vendor->C_MDOC_RecordCheck(session, (const CK_UTF8CHAR *)"card shown", 10), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
		json = p11_events(slot);
		CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"chain\":\"broken\""));
		free(json);
	}
}

/* Another process, which opens the store anew. */
static int
child_is_refused(void *arg)
{
	CK_SESSION_HANDLE session = 0;
	CK_RV rv;

	if (p11->C_Initialize(NULL) != CKR_OK)
		return 100;
	rv = p11->C_OpenSession(*(CK_SLOT_ID *)arg, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);
	if (rv == CKR_OK)
		rv = p11_login(session, CKU_USER, USER_PIN);
	(void)p11->C_Finalize(NULL);
	return rv == CKR_MDOC_STORE_DAMAGED ? 0 : 101;
}

/* Else the log's guards could be taken away without a word. */
static void
guards_gone(void)
{
	CK_SLOT_ID slot = p11_token("guards");

	inbox_kit_sql(slot, UNGUARD);
	CU_ASSERT_EQUAL(p11_fork(child_is_refused, &slot), 0);
}

CU_TestInfo tests_edited[] = {
	{ "R-REV-01: edited rows of an area and its PIN", rows_of_an_area },
	{ "R-REV-01, R-CARD-08: edited rows of named users", rows_of_named_users },
	{ "R-REV-01: edited rows of the provisioner and its keys", rows_of_the_provisioner },
	{ "R-KEY-02: store and credential without the device", store_and_credential },
	{ "R-CARD-37: a log that was edited", broken_chain },
	{ "R-CARD-37: a log whose end was cut off", cut_chain },
	{ "R-CARD-37: a log without its guards", guards_gone },
	CU_TEST_INFO_NULL,
};
