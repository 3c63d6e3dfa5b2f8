/*
 * tests/unit/test_module_attrs.c: who may say what of an object, and when: the attribute tables of PKCS#11 3.0,
 * section 4, as rows.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/p11.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE, two = 2;
static CK_ULONG zero = 0, one = 1, nine = 9;
static CK_OBJECT_CLASS data = CKO_DATA, certificate = CKO_CERTIFICATE, public_key = CKO_PUBLIC_KEY,
		       private_key = CKO_PRIVATE_KEY, secret_key = CKO_SECRET_KEY;
static CK_KEY_TYPE ec = CKK_EC, aes = CKK_AES, rsa = CKK_RSA;
static CK_CERTIFICATE_TYPE x509 = CKC_X_509, wtls = CKC_WTLS;
static CK_MECHANISM_TYPE list[] = { CKM_AES_GCM, CKM_AES_CBC };
static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static CK_BYTE scalar[32] = { 7 }, bytes[16] = { 1, 2, 3 }, point[80], cert[1024];
static CK_SLOT_ID slot;

/* What an object of each class needs; points and certificates are made in set_up(). */
static CK_ATTRIBUTE bases[][4] = {
	{ { CKA_CLASS, &data, sizeof(data) } },
	{ { CKA_CLASS, &certificate, sizeof(certificate) }, { CKA_CERTIFICATE_TYPE, &x509, sizeof(x509) },
		{ CKA_VALUE, cert, 0 } },
	{ { CKA_CLASS, &public_key, sizeof(public_key) }, { CKA_KEY_TYPE, &ec, sizeof(ec) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) }, { CKA_EC_POINT, point, 0 } },
	{ { CKA_CLASS, &private_key, sizeof(private_key) }, { CKA_KEY_TYPE, &ec, sizeof(ec) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) }, { CKA_VALUE, scalar, sizeof(scalar) } },
	{ { CKA_CLASS, &secret_key, sizeof(secret_key) }, { CKA_KEY_TYPE, &aes, sizeof(aes) },
		{ CKA_VALUE, bytes, sizeof(bytes) } },
};
static const CK_ULONG base_counts[] = { 1, 3, 4, 4, 3 };

enum { DATA, CERT, PUBLIC, PRIVATE, SECRET, CLASSES };

#define OK CKR_OK
#define READ_ONLY CKR_ATTRIBUTE_READ_ONLY
#define NO_TYPE CKR_ATTRIBUTE_TYPE_INVALID
#define NO_VALUE CKR_ATTRIBUTE_VALUE_INVALID
#define INCONSISTENT CKR_TEMPLATE_INCONSISTENT
#define TEXT(X) X, sizeof(X) - 1
#define BOOL(X) &X, 1
#define ULONG(X) &X, sizeof(CK_ULONG)

/* One attribute at C_CreateObject, C_SetAttributeValue and C_CopyObject. */
static const struct row {
	int class_;
	CK_ATTRIBUTE attr;
	CK_RV create, set, copy;
} rows[] = {
	/* every object */
	{ DATA, { CKA_CLASS, ULONG(data) }, INCONSISTENT, READ_ONLY, READ_ONLY },
	{ DATA, { CKA_TOKEN, BOOL(yes) }, OK, READ_ONLY, OK },
	{ DATA, { CKA_TOKEN, BOOL(two) }, NO_VALUE, READ_ONLY, NO_VALUE },
	{ DATA, { CKA_TOKEN, &yes, 2 }, NO_VALUE, READ_ONLY, NO_VALUE },
	{ DATA, { CKA_TOKEN, NULL, 1 }, NO_VALUE, READ_ONLY, NO_VALUE },
	{ DATA, { CKA_TOKEN, NULL, 0 }, NO_VALUE, READ_ONLY, NO_VALUE },
	{ DATA, { CKA_PRIVATE, BOOL(yes) }, OK, READ_ONLY, OK },
	{ DATA, { CKA_MODIFIABLE, BOOL(no) }, OK, READ_ONLY, OK },
	{ DATA, { CKA_COPYABLE, BOOL(no) }, OK, OK, OK },
	{ DATA, { CKA_DESTROYABLE, BOOL(yes) }, OK, OK, OK },
	{ DATA, { CKA_UNIQUE_ID, TEXT("x") }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ DATA, { CKA_LABEL, TEXT("x") }, OK, OK, OK },
	{ DATA, { CKA_LABEL, bytes, (CK_ULONG)-1 }, NO_VALUE, NO_VALUE, NO_VALUE },
	/* data */
	{ DATA, { CKA_APPLICATION, TEXT("x") }, OK, OK, OK },
	{ DATA, { CKA_APPLICATION, TEXT("mdoc-status") }, NO_VALUE, NO_VALUE, NO_VALUE },
	{ DATA, { CKA_OBJECT_ID, TEXT("x") }, OK, OK, OK },
	{ DATA, { CKA_VALUE, TEXT("x") }, OK, OK, OK },
	{ DATA, { CKA_VALUE_LEN, ULONG(one) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ DATA, { CKA_KEY_TYPE, ULONG(aes) }, NO_TYPE, NO_TYPE, NO_TYPE },
	{ DATA, { CKA_TRUSTED, BOOL(no) }, NO_TYPE, NO_TYPE, NO_TYPE },
	/* certificates */
	{ CERT, { CKA_ID, TEXT("x") }, OK, OK, OK },
	{ CERT, { CKA_TRUSTED, BOOL(yes) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_TRUSTED, BOOL(no) }, OK, OK, OK },
	{ CERT, { CKA_CERTIFICATE_CATEGORY, ULONG(one) }, OK, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_CERTIFICATE_CATEGORY, ULONG(nine) }, NO_VALUE, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_CHECK_VALUE, TEXT("abc") }, NO_VALUE, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_CHECK_VALUE, NULL, 0 }, OK, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_SUBJECT, TEXT("no name") }, INCONSISTENT, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_ISSUER, TEXT("no name") }, INCONSISTENT, INCONSISTENT, INCONSISTENT },
	{ CERT, { CKA_SERIAL_NUMBER, TEXT("x") }, INCONSISTENT, INCONSISTENT, INCONSISTENT },
	{ CERT, { CKA_SERIAL_NUMBER, TEXT("\x2a") }, OK, OK, OK },
	{ CERT, { CKA_SERIAL_NUMBER, TEXT("\x02\x01\x2a") }, OK, OK, OK },
	{ CERT, { CKA_PUBLIC_KEY_INFO, TEXT("x") }, NO_VALUE, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_START_DATE, TEXT("20260228") }, OK, OK, OK },
	{ CERT, { CKA_START_DATE, TEXT("20260230") }, NO_VALUE, NO_VALUE, NO_VALUE },
	{ CERT, { CKA_START_DATE, TEXT("20261301") }, NO_VALUE, NO_VALUE, NO_VALUE },
	{ CERT, { CKA_START_DATE, TEXT("2026130") }, NO_VALUE, NO_VALUE, NO_VALUE },
	{ CERT, { CKA_JAVA_MIDP_SECURITY_DOMAIN, ULONG(zero) }, OK, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_NAME_HASH_ALGORITHM, ULONG(one) }, OK, READ_ONLY, READ_ONLY },
	{ CERT, { CKA_SENSITIVE, BOOL(yes) }, NO_TYPE, NO_TYPE, NO_TYPE },
	/* public keys */
	{ PUBLIC, { CKA_VERIFY, BOOL(no) }, OK, OK, OK },
	{ PUBLIC, { CKA_SIGN, BOOL(yes) }, NO_TYPE, NO_TYPE, NO_TYPE },
	{ PUBLIC, { CKA_EC_POINT, TEXT("x") }, INCONSISTENT, READ_ONLY, READ_ONLY },
	{ PUBLIC, { CKA_TRUSTED, BOOL(yes) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ PUBLIC, { CKA_WRAP_TEMPLATE, NULL, 0 }, OK, READ_ONLY, READ_ONLY },
	{ PUBLIC, { CKA_UNWRAP_TEMPLATE, NULL, 0 }, NO_TYPE, NO_TYPE, NO_TYPE },
	/* private keys */
	{ PRIVATE, { CKA_SENSITIVE, BOOL(yes) }, OK, OK, OK },
	{ PRIVATE, { CKA_SENSITIVE, BOOL(no) }, OK, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_EXTRACTABLE, BOOL(no) }, OK, OK, OK },
	{ PRIVATE, { CKA_EXTRACTABLE, BOOL(yes) }, OK, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_ALWAYS_AUTHENTICATE, BOOL(yes) }, OK, READ_ONLY, OK },
	{ PRIVATE, { CKA_ALWAYS_SENSITIVE, BOOL(yes) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_NEVER_EXTRACTABLE, BOOL(yes) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_LOCAL, BOOL(yes) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_KEY_GEN_MECHANISM, ULONG(one) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_MDOC_HOLDER_KEY, BOOL(yes) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_MDOC_COPY_STATE, ULONG(one) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_PRIVATE, BOOL(no) }, OK, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_KEY_TYPE, ULONG(rsa) }, INCONSISTENT, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_VALUE, bytes, 16 }, INCONSISTENT, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_UNWRAP_TEMPLATE, NULL, 0 }, OK, READ_ONLY, READ_ONLY },
	{ PRIVATE, { CKA_WRAP_TEMPLATE, NULL, 0 }, NO_TYPE, NO_TYPE, NO_TYPE },
	{ PRIVATE, { CKA_TRUSTED, BOOL(no) }, NO_TYPE, NO_TYPE, NO_TYPE },
	/* secret keys */
	{ SECRET, { CKA_VALUE_LEN, ULONG(one) }, READ_ONLY, READ_ONLY, READ_ONLY },
	{ SECRET, { CKA_WRAP_WITH_TRUSTED, BOOL(yes) }, OK, OK, OK },
	{ SECRET, { CKA_SENSITIVE, BOOL(yes) }, OK, OK, OK },
	{ SECRET, { CKA_EXTRACTABLE, BOOL(no) }, OK, OK, OK },
	{ SECRET, { CKA_ALLOWED_MECHANISMS, list, sizeof(list) }, OK, READ_ONLY, READ_ONLY },
	{ SECRET, { CKA_ALLOWED_MECHANISMS, list, sizeof(list) - 1 }, NO_VALUE, READ_ONLY, READ_ONLY },
	{ SECRET, { CKA_DERIVE_TEMPLATE, NULL, 0 }, OK, READ_ONLY, READ_ONLY },
	{ SECRET, { CKA_DERIVE_TEMPLATE, NULL, 24 }, NO_VALUE, READ_ONLY, READ_ONLY },
	{ SECRET, { CKA_WRAP, BOOL(yes) }, OK, OK, OK },
	{ SECRET, { CKA_WRAP, ULONG(one) }, NO_VALUE, NO_VALUE, NO_VALUE },
	{ SECRET, { CKA_ALWAYS_AUTHENTICATE, BOOL(yes) }, NO_TYPE, NO_TYPE, NO_TYPE },
	{ SECRET, { CKA_EC_PARAMS, p256, sizeof(p256) }, NO_TYPE, NO_TYPE, NO_TYPE },
	{ SECRET, { CKA_START_DATE, TEXT("20260101") }, OK, OK, OK },
};

/* A self-signed certificate with serial number 42, and its point. */
static bool
make_certificate(void)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");
	X509 *made = X509_new();
	unsigned char *at = cert;
	size_t len = 0;
	bool done;

	done = pkey != NULL && made != NULL && ASN1_INTEGER_set(X509_get_serialNumber(made), 42) == 1 &&
		X509_gmtime_adj(X509_getm_notBefore(made), 0) != NULL &&
		X509_gmtime_adj(X509_getm_notAfter(made), 86400) != NULL &&
		X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
			(const unsigned char *)"table", -1, -1, 0) == 1 &&
		X509_set_issuer_name(made, X509_get_subject_name(made)) == 1 && X509_set_pubkey(made, pkey) == 1 &&
		X509_sign(made, pkey, EVP_sha256()) > 0 && i2d_X509(made, NULL) <= (int)sizeof(cert) &&
		EVP_PKEY_get_octet_string_param(pkey, "pub", point + 2, sizeof(point) - 2, &len) == 1 && len == 65;
	if (done) {
		bases[CERT][2].ulValueLen = (CK_ULONG)i2d_X509(made, &at);
		point[0] = 0x04;
		point[1] = 65;
		bases[PUBLIC][3].ulValueLen = 67;
	}
	X509_free(made);
	EVP_PKEY_free(pkey);
	return done;
}

static CK_RV
create(CK_SESSION_HANDLE session, int class_, const CK_ATTRIBUTE *extra, CK_OBJECT_HANDLE *handle)
{
	CK_ATTRIBUTE template[6];

	memcpy(template, bases[class_], sizeof(bases[class_]));
	if (extra != NULL)
		template[base_counts[class_]] = *extra;
	return p11->C_CreateObject(session, template, base_counts[class_] + (extra != NULL ? 1 : 0), handle);
}

/* Were a row otherwise, an object could say what is not true of it, or lose what must stay. */
static void
table(void)
{
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE object, copy;
	size_t i;

	CU_ASSERT_TRUE_FATAL(make_certificate());
	slot = p11_token("attributes");
	session = p11_user(slot);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CK_ATTRIBUTE attr = rows[i].attr;
		CK_RV rv;

		rv = create(session, rows[i].class_, &attr, &object);
		if (rv != rows[i].create)
			printf("\nrow %zu, create: %lx", i, rv);
		CU_ASSERT_EQUAL(rv, rows[i].create);
		CU_ASSERT_EQUAL_FATAL(create(session, rows[i].class_, NULL, &object), OK);
		rv = p11->C_CopyObject(session, object, &attr, 1, &copy);
		if (rv != rows[i].copy)
			printf("\nrow %zu, copy: %lx", i, rv);
		CU_ASSERT_EQUAL(rv, rows[i].copy);
		rv = p11->C_SetAttributeValue(session, object, &attr, 1);
		if (rv != rows[i].set)
			printf("\nrow %zu, set: %lx", i, rv);
		CU_ASSERT_EQUAL(rv, rows[i].set);
		CU_ASSERT_EQUAL(p11->C_DestroyObject(session, object), OK);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), OK);
}

/* Were it otherwise, a step that may go one way only could be taken back. */
static void
one_way(void)
{
	static const struct {
		int class_;
		CK_ATTRIBUTE_TYPE type;
		CK_BBOOL there, back;
		CK_RV set, copy;
	} steps[] = {
		{ SECRET, CKA_SENSITIVE, CK_TRUE, CK_FALSE, READ_ONLY, READ_ONLY },
		{ SECRET, CKA_EXTRACTABLE, CK_FALSE, CK_TRUE, READ_ONLY, READ_ONLY },
		{ SECRET, CKA_WRAP_WITH_TRUSTED, CK_TRUE, CK_FALSE, READ_ONLY, READ_ONLY },
		{ DATA, CKA_COPYABLE, CK_FALSE, CK_TRUE, READ_ONLY, CKR_ACTION_PROHIBITED },
		{ DATA, CKA_PRIVATE, CK_TRUE, CK_FALSE, READ_ONLY, READ_ONLY },
		{ DATA, CKA_MODIFIABLE, CK_FALSE, CK_TRUE, CKR_ACTION_PROHIBITED, OK },
	};
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE object, copy;
	CK_ATTRIBUTE attr;
	CK_BBOOL value;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		value = steps[i].there;
		attr = (CK_ATTRIBUTE){ steps[i].type, &value, 1 };
		CU_ASSERT_EQUAL(create(session, steps[i].class_, &attr, &object), OK);
		value = steps[i].back;
		CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, object, &attr, 1), steps[i].set);
		CU_ASSERT_EQUAL(p11->C_CopyObject(session, object, &attr, 1, &copy), steps[i].copy);
		CU_ASSERT_EQUAL(p11_bool(session, object, steps[i].type), steps[i].there);
	}
	attr = (CK_ATTRIBUTE){ CKA_DESTROYABLE, &no, 1 };
	CU_ASSERT_EQUAL(create(session, DATA, &attr, &object), OK);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, object), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), OK);
}

/* Were it otherwise, what a caller gets wrong would be read as far as it reaches, or half of it would stay. */
static void
hostile(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ATTRIBUTE dates[] = { { CKA_START_DATE, (void *)"20270101", 8 }, { CKA_END_DATE, (void *)"20260101", 8 } };
	CK_ATTRIBUTE twice[] = { { CKA_LABEL, (void *)"changed", 7 }, { CKA_LABEL, (void *)"changed", 7 } };
	CK_ATTRIBUTE half[] = { { CKA_LABEL, (void *)"changed", 7 }, { CKA_LOCAL, &yes, 1 } };
	CK_ATTRIBUTE mixed[3], changed = { CKA_LABEL, (void *)"changed", 7 };
	CK_OBJECT_HANDLE object, out;
	CK_ULONG before;

	before = p11_count(session, NULL, 0);
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, bases[DATA], ~0UL, &out), INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &generate, bases[DATA], ~0UL, &out), INCONSISTENT);
	CU_ASSERT_EQUAL(p11_count(session, NULL, 0), before);
	CU_ASSERT_EQUAL(create(session, SECRET, NULL, &object), OK);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, object, twice, ~0UL, &out), INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, object, twice, ~0UL), INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, object, twice, 2), INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, object, half, 2), READ_ONLY);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, object, dates, 2), INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, object, dates, 2, &out), INCONSISTENT);
	CU_ASSERT_EQUAL(p11_count(session, &changed, 1), 0);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object, twice, ~0UL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, twice, ~0UL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, object, NULL, 1), CKR_ARGUMENTS_BAD);
	/* a key type that nobody has, and a certificate of another kind */
	memcpy(mixed, bases[SECRET], sizeof(mixed));
	mixed[1].pValue = &rsa;
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, mixed, 3, &out), NO_VALUE);
	memcpy(mixed, bases[CERT], sizeof(mixed));
	mixed[1].pValue = &wtls;
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, mixed, 3, &out), NO_VALUE);
	mixed[1].pValue = &x509;
	mixed[2].ulValueLen -= 1;
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, mixed, 3, &out), NO_VALUE);
	mixed[2].ulValueLen = 0;
	CU_ASSERT_EQUAL(p11->C_CreateObject(session, mixed, 3, &out), NO_VALUE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), OK);
}

/* Were it otherwise, nobody would find a certificate by the names that it carries (NSS does). */
static void
certificate_names(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_BYTE subject[128], issuer[128], serial[8], check[8];
	CK_ATTRIBUTE read[] = { { CKA_SUBJECT, subject, sizeof(subject) }, { CKA_ISSUER, issuer, sizeof(issuer) },
		{ CKA_SERIAL_NUMBER, serial, sizeof(serial) }, { CKA_CHECK_VALUE, check, sizeof(check) } };
	CK_ATTRIBUTE bare = { CKA_SERIAL_NUMBER, (void *)"\x2a", 1 };
	CK_OBJECT_HANDLE handle;

	CU_ASSERT_EQUAL(create(session, CERT, &bare, &handle), OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, read, 4), OK);
	CU_ASSERT_EQUAL(read[0].ulValueLen, read[1].ulValueLen);
	CU_ASSERT_EQUAL(memcmp(subject, issuer, read[0].ulValueLen), 0);
	CU_ASSERT_EQUAL(read[2].ulValueLen, 3);
	CU_ASSERT_EQUAL(memcmp(serial, "\x02\x01\x2a", 3), 0);
	CU_ASSERT_EQUAL(read[3].ulValueLen, 3);
	CU_ASSERT_EQUAL(p11_count(session, &read[1], 2), 1);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), OK);
}

/* Were it otherwise, a copy of an ordinary key would not be the key, or would tell what the key keeps. */
static void
copies(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_ATTRIBUTE passing = { CKA_TOKEN, &no, 1 }, staying = { CKA_TOKEN, &yes, 1 };
	CK_OBJECT_HANDLE pub, priv, copy;
	CK_BYTE digest[32] = { 1 }, sig[64], value[32], id[2][32];
	CK_ATTRIBUTE read = { CKA_VALUE, value, sizeof(value) };
	CK_ATTRIBUTE ids[] = { { CKA_UNIQUE_ID, id[0], 32 }, { CKA_UNIQUE_ID, id[1], 32 } };
	CK_ULONG len, i;

	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), OK);
	for (i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(p11->C_CopyObject(session, priv, i == 0 ? &passing : &staying, 1, &copy), OK);
		len = sizeof(sig);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, copy), OK);
		CU_ASSERT_EQUAL(p11->C_Sign(session, digest, sizeof(digest), sig, &len), OK);
		CU_ASSERT_EQUAL(p11->C_VerifyInit(session, &mechanism, pub), OK);
		CU_ASSERT_EQUAL(p11->C_Verify(session, digest, sizeof(digest), sig, len), OK);
		CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, copy, &read, 1), CKR_ATTRIBUTE_SENSITIVE);
		CU_ASSERT_EQUAL(p11_bool(session, copy, CKA_TOKEN), i == 0 ? CK_FALSE : CK_TRUE);
		CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &ids[0], 1), OK);
		CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, copy, &ids[1], 1), OK);
		CU_ASSERT_NOT_EQUAL(memcmp(id[0], id[1], 32), 0);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), OK);
}

CU_TestInfo tests_attrs[] = {
	{ "the table", table },
	{ "steps that go one way", one_way },
	{ "hostile templates", hostile },
	{ "names of certificates", certificate_names },
	{ "copies of private keys", copies },
	CU_TEST_INFO_NULL,
};
