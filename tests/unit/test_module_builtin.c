/*
 * tests/unit/test_module_builtin.c: profile and mechanism objects.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "tests/unit/p11.h"

static CK_OBJECT_CLASS profile_class = CKO_PROFILE, mechanism_class = CKO_MECHANISM,
		       certificate_class = CKO_CERTIFICATE;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_SLOT_ID slot;

static bool
has_profile(CK_SESSION_HANDLE session, CK_ULONG id)
{
	const CK_ATTRIBUTE template[] = { { CKA_CLASS, &profile_class, sizeof(profile_class) },
		{ CKA_PROFILE_ID, &id, sizeof(id) } };

	return p11_count(session, template, 2) == 1;
}

/* Were it otherwise, a program that goes by profiles (NSS does) would not know what the token can. */
static void
profiles(void)
{
	const CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &profile_class, sizeof(profile_class) } };
	const CK_ATTRIBUTE public_token[] = { { CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, &no, 1 } };
	const CK_ATTRIBUTE labelled[] = { { CKA_LABEL, "", 0 } };
	CK_SESSION_HANDLE session;
	CK_ULONG id;

	slot = p11_token("profiles");
	session = p11_session(slot);
	for (id = CKP_BASELINE_PROVIDER; id <= CKP_PUBLIC_CERTIFICATES_TOKEN; id++)
		CU_ASSERT_TRUE(has_profile(session, id));
	CU_ASSERT_FALSE(has_profile(session, CKP_INVALID_ID));
	CU_ASSERT_FALSE(has_profile(session, CKP_COMPLETE_PROVIDER));
	CU_ASSERT_TRUE(has_profile(session, CKP_HKDF_TLS_TOKEN));
	CU_ASSERT_EQUAL(p11_count(session, wanted, 1), 5);
	CU_ASSERT_EQUAL(p11_count(session, NULL, 0), 5);
	CU_ASSERT_EQUAL(p11_count(session, public_token, 2), 5);
	CU_ASSERT_EQUAL(p11_count(session, labelled, 1), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static CK_ULONG
number(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG value = 0;
	CK_ATTRIBUTE attr = { type, &value, sizeof(value) };

	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object, &attr, 1), CKR_OK);
	return value;
}

/* One object for each entry of C_GetMechanismList, with an id of its own, found only by its class. */
static void
mechanisms(void)
{
	CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &mechanism_class, sizeof(mechanism_class) },
		{ CKA_MECHANISM_TYPE, NULL, 0 } };
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE objects[256];
	CK_MECHANISM_TYPE types[256], type;
	CK_ULONG count = 256, found = 0, i;
	char ids[2][64];
	CK_ATTRIBUTE id = { CKA_UNIQUE_ID, ids[0], sizeof(ids[0]) };

	CU_ASSERT_EQUAL_FATAL(p11->C_GetMechanismList(slot, types, &count), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, wanted, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, objects, 256, &found), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(found, count);
	for (i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(number(session, objects[i], CKA_MECHANISM_TYPE), types[i]);
		CU_ASSERT_EQUAL(number(session, objects[i], CKA_CLASS), CKO_MECHANISM);
		id = (CK_ATTRIBUTE){ CKA_UNIQUE_ID, ids[i % 2], sizeof(ids[0]) };
		memset(ids[i % 2], 0, sizeof(ids[0]));
		CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, objects[i], &id, 1), CKR_OK);
		CU_ASSERT_TRUE(i == 0 || memcmp(ids[0], ids[1], sizeof(ids[0])) != 0);
	}
	type = CKM_ECDSA;
	wanted[1] = (CK_ATTRIBUTE){ CKA_MECHANISM_TYPE, &type, sizeof(type) };
	CU_ASSERT_EQUAL(p11_count(session, wanted, 2), 1);
	type = CKM_RSA_PKCS;
	CU_ASSERT_EQUAL(p11_count(session, wanted, 2), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a program could make the token say what is not so. */
static void
nobody_changes_them(void)
{
	const CK_ATTRIBUTE wanted[] = { { CKA_CLASS, &profile_class, sizeof(profile_class) } };
	CK_ULONG id = CKP_COMPLETE_PROVIDER;
	CK_ATTRIBUTE set = { CKA_PROFILE_ID, &id, sizeof(id) }, label = { CKA_LABEL, "mine", 4 },
		     value = { CKA_VALUE, NULL, 0 };
	CK_ATTRIBUTE made[] = { { CKA_CLASS, &profile_class, sizeof(profile_class) },
		{ CKA_PROFILE_ID, &id, sizeof(id) }, { CKA_TOKEN, &yes, 1 } };
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE object = 0, other = 0;
	CK_ULONG found = 0;
	CK_RV rv;

	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, (CK_ATTRIBUTE *)wanted, 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjects(session, &object, 1, &found), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(found, 1);
	rv = p11->C_SetAttributeValue(session, object, &set, 1);
	CU_ASSERT_TRUE(rv == CKR_ACTION_PROHIBITED || rv == CKR_ATTRIBUTE_READ_ONLY);
	rv = p11->C_SetAttributeValue(session, object, &label, 1);
	CU_ASSERT_TRUE(rv == CKR_ACTION_PROHIBITED || rv == CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, object, NULL, 0, &other), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, object), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object, &value, 1), CKR_ATTRIBUTE_TYPE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, made, 3, &other), CKR_ATTRIBUTE_VALUE_INVALID);
	made[0].pValue = &mechanism_class;
	made[1].type = CKA_MECHANISM_TYPE;
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, made, 3, &other), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(p11_count(session, wanted, 1), 5);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object + 0x800, &value, 1), CKR_OBJECT_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* A self-signed certificate of a P-256 key, in DER. */
static CK_ULONG
make_certificate(EVP_PKEY *key, CK_BYTE *der, size_t room)
{
	X509 *cert = X509_new();
	X509_NAME *name = X509_NAME_new();
	int len;

	CU_ASSERT_FATAL(cert != NULL && name != NULL);
	CU_ASSERT_EQUAL(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const CK_BYTE *)"profile", -1, -1, 0), 1);
	CU_ASSERT_TRUE(X509_set_version(cert, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(cert), 7) == 1 &&
		X509_set_subject_name(cert, name) == 1 && X509_set_issuer_name(cert, name) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(cert), 0) != NULL &&
		X509_gmtime_adj(X509_getm_notAfter(cert), 86400) != NULL && X509_set_pubkey(cert, key) == 1 &&
		X509_sign(cert, key, EVP_sha256()) > 0);
	len = i2d_X509(cert, NULL);
	CU_ASSERT_FATAL(len > 0 && (size_t)len <= room);
	(void)i2d_X509(cert, &der);
	X509_free(cert);
	X509_NAME_free(name);
	return (CK_ULONG)len;
}

static CK_OBJECT_HANDLE
store_certificate(CK_SESSION_HANDLE session, CK_BYTE *der, CK_ULONG len, CK_BBOOL *is_private, const char *id)
{
	static CK_ULONG x509 = CKC_X_509;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &certificate_class, sizeof(certificate_class) },
		{ CKA_CERTIFICATE_TYPE, &x509, sizeof(x509) }, { CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, is_private, 1 },
		{ CKA_ID, (void *)id, strlen(id) }, { CKA_SUBJECT, NULL, 0 }, { CKA_VALUE, der, len } };
	CK_OBJECT_HANDLE object = 0;

	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 7, &object), CKR_OK);
	return object;
}

static CK_OBJECT_HANDLE
store_key(CK_SESSION_HANDLE session, EVP_PKEY *key, CK_OBJECT_CLASS object_class, const char *id)
{
	static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	static CK_KEY_TYPE ec = CKK_EC;
	CK_BYTE point[2 + 65] = { 0x04, 65 }, scalar[32];
	const bool is_private = object_class == CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_KEY_TYPE, &ec, sizeof(ec) }, { CKA_TOKEN, &yes, 1 }, { CKA_PRIVATE, is_private ? &yes : &no, 1 },
		{ CKA_ID, (void *)id, strlen(id) }, { CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_EC_POINT, point, sizeof(point) } };
	BIGNUM *d = NULL;
	CK_OBJECT_HANDLE object = 0;
	size_t len = 0;

	CU_ASSERT_EQUAL(EVP_PKEY_get_octet_string_param(key, "pub", point + 2, 65, &len), 1);
	if (is_private) {
		CU_ASSERT_FATAL(EVP_PKEY_get_bn_param(key, "priv", &d) == 1 && BN_bn2binpad(d, scalar, 32) == 32);
		template[6] = (CK_ATTRIBUTE){ CKA_VALUE, scalar, sizeof(scalar) };
		BN_free(d);
	}
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, template, 7, &object), CKR_OK);
	return object;
}

/* Were it otherwise, NSS would look for certificates before a login where it cannot find them or their keys. */
static void
public_certificates(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	CK_OBJECT_HANDLE certificate, private_key, public_key;
	CK_BYTE der[1024];
	CK_ULONG len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	len = make_certificate(key, der, sizeof(der));
	certificate = store_certificate(session, der, len, &yes, "a");
	CU_ASSERT_FALSE(has_profile(session, CKP_PUBLIC_CERTIFICATES_TOKEN));
	CU_ASSERT_TRUE(has_profile(session, CKP_AUTHENTICATION_TOKEN));
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, certificate), CKR_OK);
	certificate = store_certificate(session, der, len, &no, "a");
	CU_ASSERT_TRUE(has_profile(session, CKP_PUBLIC_CERTIFICATES_TOKEN));
	private_key = store_key(session, key, CKO_PRIVATE_KEY, "b"); /* another id, and no public key */
	CU_ASSERT_FALSE(has_profile(session, CKP_PUBLIC_CERTIFICATES_TOKEN));
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, private_key), CKR_OK);
	private_key = store_key(session, key, CKO_PRIVATE_KEY, "a");
	CU_ASSERT_FALSE(has_profile(session, CKP_PUBLIC_CERTIFICATES_TOKEN));
	public_key = store_key(session, key, CKO_PUBLIC_KEY, "a");
	CU_ASSERT_TRUE(has_profile(session, CKP_PUBLIC_CERTIFICATES_TOKEN));
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, public_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, private_key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, certificate), CKR_OK);
	EVP_PKEY_free(key);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_builtin[] = {
	{ "profiles", profiles },
	{ "mechanisms", mechanisms },
	{ "nobody changes them", nobody_changes_them },
	{ "public certificates", public_certificates },
	CU_TEST_INFO_NULL,
};
