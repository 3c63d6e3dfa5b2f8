/*
 * tests/unit/areas_kit.c
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/areas_kit.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#define TRANSPORT "transport-secret-0123456789"

static void
pad(CK_UTF8CHAR label[32], const char *text)
{
	memset(label, ' ', 32);
	memcpy(label, text, strlen(text));
}

CK_RV
area_make(const char *preset, const char *card, CK_SLOT_ID *slot)
{
	CK_MDOC_AREA area = { .pSoPin = (const CK_UTF8CHAR *)TRANSPORT,
		.ulSoPinLen = strlen(TRANSPORT),
		.pPreset = (const CK_UTF8CHAR *)preset,
		.pCard = (const CK_UTF8CHAR *)card };

	pad(area.label, preset);
	return p11_vendor->C_MDOC_MakeArea(&area, slot);
}

CK_SLOT_ID
area_new(const char *preset, const char *card)
{
	CK_UTF8CHAR secret[] = TRANSPORT, code[] = AREA_SO_PIN, label[32];
	CK_SESSION_HANDLE session;
	CK_SLOT_ID slot = 0;

	CU_ASSERT_EQUAL_FATAL(area_make(preset, card, &slot), CKR_OK);
	pad(label, preset);
	if ((p11_token_flags(slot) & CKF_TOKEN_INITIALIZED) == 0)
		CU_ASSERT_EQUAL_FATAL(p11->C_InitToken(slot, secret, strlen(TRANSPORT), label), CKR_OK);
	session = p11_session(slot);
	CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, TRANSPORT), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(p11->C_SetPIN(session, secret, strlen(TRANSPORT), code, strlen(AREA_SO_PIN)), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	return slot;
}

CK_SESSION_HANDLE
area_so(CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session = p11_session(slot);

	CU_ASSERT_EQUAL_FATAL(p11_login(session, CKU_SO, AREA_SO_PIN), CKR_OK);
	return session;
}

CK_RV
area_grant(CK_SLOT_ID slot, const char *name, const char *number, CK_FLAGS rights, CK_UTF8CHAR *credential)
{
	const CK_MDOC_GRANT grant = { .pName = (const CK_UTF8CHAR *)name,
		.rights = rights,
		.pNumber = (const CK_UTF8CHAR *)number,
		.ulNumberLen = number != NULL ? strlen(number) : 0 };
	CK_SESSION_HANDLE session = area_so(slot);
	CK_ULONG len = MDOC_CREDENTIAL_LEN;
	CK_RV rv;

	rv = p11_vendor->C_MDOC_Grant(session, &grant, credential, &len);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	return rv;
}

CK_RV
area_enter(CK_SESSION_HANDLE session, const char *name, const CK_UTF8CHAR *credential, size_t len)
{
	return p11->C_LoginUser(session, CKU_USER, (CK_UTF8CHAR *)credential, len, (CK_UTF8CHAR *)name, strlen(name));
}

static CK_ULONG
fill(CK_ATTRIBUTE attrs[4], const char *preset, const char *label)
{
	static CK_OBJECT_CLASS data = CKO_DATA;

	attrs[0] = (CK_ATTRIBUTE){ CKA_CLASS, &data, sizeof(data) };
	attrs[1] = (CK_ATTRIBUTE){ CKA_APPLICATION, (void *)preset, strlen(preset) };
	attrs[2] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)label, strlen(label) };
	return 3;
}

CK_RV
area_write(CK_SESSION_HANDLE session, const char *preset, const char *label, const char *value)
{
	static CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE attrs[6];
	CK_ULONG n = fill(attrs, preset, label);
	CK_OBJECT_HANDLE handle = 0;

	attrs[n++] = (CK_ATTRIBUTE){ CKA_TOKEN, &yes, sizeof(yes) };
	attrs[n++] = (CK_ATTRIBUTE){ CKA_VALUE, (void *)value, strlen(value) };
	return p11->C_CreateObject(session, attrs, n, &handle);
}

bool
area_reads(CK_SESSION_HANDLE session, const char *preset, const char *label, const char *value)
{
	CK_ATTRIBUTE attrs[4];
	const CK_ULONG n = fill(attrs, preset, label);
	CK_OBJECT_HANDLE handle = 0;
	CK_BYTE room[256];
	CK_ATTRIBUTE got = { CKA_VALUE, room, sizeof(room) };
	CK_ULONG count = 0;

	if (p11->C_FindObjectsInit(session, attrs, n) != CKR_OK)
		return false;
	(void)p11->C_FindObjects(session, &handle, 1, &count);
	(void)p11->C_FindObjectsFinal(session);
	return count == 1 && p11->C_GetAttributeValue(session, handle, &got, 1) == CKR_OK &&
		got.ulValueLen == strlen(value) && memcmp(room, value, got.ulValueLen) == 0;
}

/* Self-signed, and good for nothing but its form. */
static int
make_der(unsigned char **der)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *made = X509_new();
	int len = 0;

	if (key != NULL && made != NULL && X509_set_version(made, X509_VERSION_3) == 1 &&
		ASN1_INTEGER_set(X509_get_serialNumber(made), 5) == 1 &&
		X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
			(const unsigned char *)"areas", -1, -1, 0) == 1 &&
		X509_set_issuer_name(made, X509_get_subject_name(made)) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(made), 0) != NULL &&
		X509_gmtime_adj(X509_getm_notAfter(made), 3600) != NULL && X509_set_pubkey(made, key) == 1 &&
		X509_sign(made, key, EVP_sha256()) > 0)
		len = i2d_X509(made, der);
	X509_free(made);
	EVP_PKEY_free(key);
	return len;
}

static CK_RV
certificate(CK_SESSION_HANDLE session, const char *label, CK_ULONG private_)
{
	static CK_OBJECT_CLASS certificate_class = CKO_CERTIFICATE;
	static CK_CERTIFICATE_TYPE type = CKC_X_509;
	static CK_BBOOL yes = CK_TRUE;
	unsigned char *der = NULL;
	const int len = make_der(&der);
	CK_ATTRIBUTE attrs[] = { { CKA_CLASS, &certificate_class, sizeof(certificate_class) },
		{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_LABEL, (void *)label, strlen(label) }, { CKA_VALUE, der, (CK_ULONG)len },
		{ CKA_PRIVATE, &yes, sizeof(yes) } };
	CK_OBJECT_HANDLE handle = 0;
	CK_RV rv;

	CU_ASSERT_FATAL(len > 0);
	rv = p11->C_CreateObject(session, attrs, sizeof(attrs) / sizeof(*attrs) - 1 + private_, &handle);
	OPENSSL_free(der);
	return rv;
}

CK_RV
area_certificate(CK_SESSION_HANDLE session, const char *label)
{
	return certificate(session, label, 0);
}

CK_RV
area_hidden_certificate(CK_SESSION_HANDLE session, const char *label)
{
	return certificate(session, label, 1);
}

CK_RV
area_set_pin(CK_SESSION_HANDLE session, const char *pin)
{
	return p11->C_InitPIN(session, (CK_UTF8CHAR *)pin, strlen(pin));
}
