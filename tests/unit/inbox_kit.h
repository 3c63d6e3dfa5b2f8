/*
 * tests/unit/inbox_kit.h: a provisioner for tests of the built module, and its token's database.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_INBOX_KIT_H
#define TESTS_INBOX_KIT_H

#include "tests/unit/p11.h"

/* Make the credential of a slot's provisioner; nobody is logged in afterwards. */
void inbox_kit_make(CK_SLOT_ID slot, CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN]);
CK_RV inbox_kit_login(CK_SESSION_HANDLE session, const CK_UTF8CHAR *credential);

/* A token with a provisioner, who is logged in. */
CK_SESSION_HANDLE inbox_kit_new(const char *label, CK_SLOT_ID *slot, CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN]);

/* Log out and in as another, in the same session. */
void inbox_kit_be_user(CK_SESSION_HANDLE session);
void inbox_kit_be_provisioner(CK_SESSION_HANDLE session, const CK_UTF8CHAR *credential);

/* C_GenerateKeyPair of a holder key. */
CK_RV inbox_kit_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *pub, CK_OBJECT_HANDLE *priv);

/* A key pair's half by label; 0: nobody finds it. */
CK_OBJECT_HANDLE inbox_kit_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS object_class, const char *label);

/* The bare public key of an object with CKA_EC_POINT; its length. */
CK_ULONG inbox_kit_point(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE point[140]);

/* Does a P-256 point verify r||s over this digest? */
bool inbox_kit_verifies(const CK_BYTE point[65], const CK_BYTE digest[32], const CK_BYTE sig[64]);

/* SQL into the slot's database, as somebody who has the file. */
void inbox_kit_sql(CK_SLOT_ID slot, const char *sql);

/* The first column of the first row, at most `size` bytes; its length. */
size_t inbox_kit_blob(CK_SLOT_ID slot, const char *sql, CK_BYTE *out, size_t size);

#endif
