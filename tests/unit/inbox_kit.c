/*
 * tests/unit/inbox_kit.c: a provisioner for tests.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/inbox_kit.h"

#include <glob.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
inbox_kit_make(CK_SLOT_ID slot, CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN])
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_ULONG len = MDOC_CREDENTIAL_LEN;

	CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(p11_vendor->C_MDOC_MakeProvisioner(session, credential, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CK_RV
inbox_kit_login(CK_SESSION_HANDLE session, const CK_UTF8CHAR *credential)
{
	CK_UTF8CHAR name[] = MDOC_PROVISIONER;

	return p11->C_LoginUser(session, CKU_USER, (CK_UTF8CHAR *)credential, MDOC_CREDENTIAL_LEN, name,
		sizeof(name) - 1);
}

CK_SESSION_HANDLE
inbox_kit_new(const char *label, CK_SLOT_ID *slot, CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN])
{
	CK_SESSION_HANDLE session;

	*slot = p11_token(label);
	inbox_kit_make(*slot, credential);
	session = p11_session(*slot);
	CU_ASSERT_EQUAL_FATAL(inbox_kit_login(session, credential), CKR_OK);
	return session;
}

void
inbox_kit_be_user(CK_SESSION_HANDLE session)
{
	(void)p11->C_Logout(session);
	CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
}

void
inbox_kit_be_provisioner(CK_SESSION_HANDLE session, const CK_UTF8CHAR *credential)
{
	(void)p11->C_Logout(session);
	CU_ASSERT_EQUAL_FATAL(inbox_kit_login(session, credential), CKR_OK);
}

CK_RV
inbox_kit_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *pub, CK_OBJECT_HANDLE *priv)
{
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE holder = { CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };

	return p11_pair(session, true, &holder, 1, pub, priv);
}

CK_OBJECT_HANDLE
inbox_kit_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS object_class, const char *label)
{
	CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) } };
	CK_OBJECT_HANDLE found = 0;
	CK_ULONG count = 0;

	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, wanted, 2), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &found, 1, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	return count == 1 ? found : 0;
}

CK_ULONG
inbox_kit_point(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE point[140])
{
	CK_BYTE der[140];
	CK_ATTRIBUTE attr = { CKA_EC_POINT, der, sizeof(der) };
	CK_ULONG head;

	if (p11->C_GetAttributeValue(session, key, &attr, 1) != CKR_OK || attr.ulValueLen < 3)
		return 0;
	head = der[1] == 0x81 ? 3 : 2;
	memcpy(point, der + head, attr.ulValueLen - head);
	return attr.ulValueLen - head;
}

static EVP_PKEY *
public_key(const CK_BYTE point[65])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	char group[] = "P-256";
	CK_BYTE copy[65];
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[3];

	memcpy(copy, point, sizeof(copy));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy, sizeof(copy));
	params[2] = OSSL_PARAM_construct_end();
	if (EVP_PKEY_fromdata_init(ctx) == 1)
		(void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

bool
inbox_kit_verifies(const CK_BYTE point[65], const CK_BYTE digest[32], const CK_BYTE sig[64])
{
	EVP_PKEY *key = public_key(point);
	EVP_PKEY_CTX *ctx = key == NULL ? NULL : EVP_PKEY_CTX_new(key, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	unsigned char *der = NULL;
	int len = 0;
	bool good = false;

	if (ECDSA_SIG_set0(pair, BN_bin2bn(sig, 32, NULL), BN_bin2bn(sig + 32, 32, NULL)) == 1)
		len = i2d_ECDSA_SIG(pair, &der);
	if (ctx != NULL && len > 0 && EVP_PKEY_verify_init(ctx) == 1)
		good = EVP_PKEY_verify(ctx, der, (size_t)len, digest, 32) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(pair);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}

static sqlite3 *
open_area(CK_SLOT_ID slot)
{
	CK_TOKEN_INFO info;
	char pattern[512];
	sqlite3 *db = NULL;
	glob_t found;

	CU_ASSERT_EQUAL_FATAL(p11->C_GetTokenInfo(slot, &info), CKR_OK);
	(void)snprintf(pattern, sizeof(pattern), "%s/*/%.16s/area.db", getenv("MDOC_PKCS11_STORE"),
		(const char *)info.serialNumber);
	CU_ASSERT_EQUAL_FATAL(glob(pattern, 0, NULL, &found), 0);
	CU_ASSERT_EQUAL_FATAL(sqlite3_open_v2(found.gl_pathv[0], &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	globfree(&found);
	(void)sqlite3_busy_timeout(db, 5000);
	return db;
}

void
inbox_kit_sql(CK_SLOT_ID slot, const char *sql)
{
	sqlite3 *db = open_area(slot);
	char *error = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		CU_FAIL(error);
	sqlite3_free(error);
	(void)sqlite3_close(db);
}

size_t
inbox_kit_blob(CK_SLOT_ID slot, const char *sql, CK_BYTE *out, size_t size)
{
	sqlite3 *db = open_area(slot);
	sqlite3_stmt *query = NULL;
	size_t len = 0;

	CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
	CU_ASSERT_EQUAL_FATAL(sqlite3_step(query), SQLITE_ROW);
	len = (size_t)sqlite3_column_bytes(query, 0);
	CU_ASSERT_FATAL(len <= size);
	if (len > 0)
		memcpy(out, sqlite3_column_blob(query, 0), len);
	(void)sqlite3_finalize(query);
	(void)sqlite3_close(db);
	return len;
}
