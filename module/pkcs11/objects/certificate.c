/*
 * certificate.c: attributes of an X.509 certificate from its bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/certificate.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "module/pkcs11/slots/library.h"
#include "pkcs11-3.h"

#define CHECK_VALUE_LEN 3
#define CATEGORY_LAST 3 /* "other entity" */

static bool
is_absent(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, type);

	return attr == NULL || attr->ulValueLen == 0;
}

/* Set an attribute to DER that OpenSSL made, and free that. */
static CK_RV
set_der(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, unsigned char *der, int len)
{
	const bool done = der != NULL && len > 0 && attrs_set(attrs, type, der, (size_t)len);

	OPENSSL_free(der);
	return done ? CKR_OK : CKR_HOST_MEMORY;
}

/* A name that the template has is the certificate's, however it is encoded; kept as the certificate has it. */
static CK_RV
set_name(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const X509_NAME *name)
{
	const CK_ATTRIBUTE *given = attrs_find(attrs, type);
	const unsigned char *at = given == NULL ? NULL : given->pValue;
	unsigned char *der = NULL;
	X509_NAME *read = NULL;
	bool same = true;
	int len;

	if (!is_absent(attrs, type)) {
		read = d2i_X509_NAME(NULL, &at, (long)given->ulValueLen);
		same = read != NULL && at == (const unsigned char *)given->pValue + given->ulValueLen &&
			X509_NAME_cmp(read, name) == 0;
		X509_NAME_free(read);
	}
	if (!same)
		return CKR_TEMPLATE_INCONSISTENT;
	len = i2d_X509_NAME(name, &der);
	return set_der(attrs, type, der, len);
}

/* Is it the number, in DER or as the bare bytes that Java gives? */
static bool
is_serial(const CK_ATTRIBUTE *given, const unsigned char *der, int der_len, const ASN1_INTEGER *serial)
{
	const unsigned char *bytes = given->pValue;
	CK_ULONG len = given->ulValueLen;

	if (len == (CK_ULONG)der_len && memcmp(bytes, der, len) == 0)
		return true;
	while (len > 1 && bytes[0] == 0) {
		bytes++;
		len--;
	}
	return ASN1_STRING_type(serial) == V_ASN1_INTEGER && len == (CK_ULONG)ASN1_STRING_length(serial) &&
		memcmp(bytes, ASN1_STRING_get0_data(serial), len) == 0;
}

static CK_RV
set_serial(struct token_attrs *attrs, const X509 *cert)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	unsigned char *der = NULL;
	const int len = i2d_ASN1_INTEGER(serial, &der);

	if (len > 0 && !is_absent(attrs, CKA_SERIAL_NUMBER) &&
		!is_serial(attrs_find(attrs, CKA_SERIAL_NUMBER), der, len, serial)) {
		OPENSSL_free(der);
		return CKR_TEMPLATE_INCONSISTENT;
	}
	return set_der(attrs, CKA_SERIAL_NUMBER, der, len);
}

static CK_RV
set_public_key(struct token_attrs *attrs, const X509 *cert)
{
	const CK_ATTRIBUTE *given = attrs_find(attrs, CKA_PUBLIC_KEY_INFO);
	unsigned char *der = NULL;
	const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	if (len > 0 && !is_absent(attrs, CKA_PUBLIC_KEY_INFO) &&
		(given->ulValueLen != (CK_ULONG)len || memcmp(given->pValue, der, (size_t)len) != 0)) {
		OPENSSL_free(der);
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
	return set_der(attrs, CKA_PUBLIC_KEY_INFO, der, len);
}

static CK_RV
set_date(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const ASN1_TIME *when)
{
	struct tm tm;
	char text[16];

	if (!is_absent(attrs, type) || ASN1_TIME_to_tm(when, &tm) != 1)
		return CKR_OK;
	if (strftime(text, sizeof(text), "%Y%m%d", &tm) != sizeof(CK_DATE))
		return CKR_OK;
	return attrs_set(attrs, type, text, sizeof(CK_DATE)) ? CKR_OK : CKR_HOST_MEMORY;
}

/* The first bytes of the SHA-1 of the certificate, unless the template wants none (PKCS#11 2.40, 4.6.3). */
static CK_RV
set_check_value(struct token_attrs *attrs, const CK_ATTRIBUTE *value)
{
	const CK_ATTRIBUTE *given = attrs_find(attrs, CKA_CHECK_VALUE);
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t len = 0;

	if (given != NULL && given->ulValueLen == 0)
		return CKR_OK;
	if (EVP_Q_digest(library_libctx(), "SHA1", NULL, value->pValue, value->ulValueLen, digest, &len) != 1)
		return CKR_FUNCTION_FAILED;
	if (given != NULL &&
		(given->ulValueLen != CHECK_VALUE_LEN || memcmp(given->pValue, digest, CHECK_VALUE_LEN) != 0))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return attrs_set(attrs, CKA_CHECK_VALUE, digest, CHECK_VALUE_LEN) ? CKR_OK : CKR_HOST_MEMORY;
}

/* Every attribute that the certificate decides. */
static CK_RV
set_all(struct token_attrs *attrs, const X509 *cert)
{
	CK_RV rv;

	rv = set_check_value(attrs, attrs_find(attrs, CKA_VALUE));
	if (rv == CKR_OK)
		rv = set_name(attrs, CKA_SUBJECT, X509_get_subject_name(cert));
	if (rv == CKR_OK)
		rv = set_name(attrs, CKA_ISSUER, X509_get_issuer_name(cert));
	if (rv == CKR_OK)
		rv = set_serial(attrs, cert);
	if (rv == CKR_OK)
		rv = set_public_key(attrs, cert);
	if (rv == CKR_OK)
		rv = set_date(attrs, CKA_START_DATE, X509_get0_notBefore(cert));
	if (rv == CKR_OK)
		rv = set_date(attrs, CKA_END_DATE, X509_get0_notAfter(cert));
	return rv;
}

CK_RV
certificate_complete(struct token_attrs *attrs)
{
	const CK_ATTRIBUTE *value = attrs_find(attrs, CKA_VALUE);
	const unsigned char *at;
	X509 *cert;
	CK_RV rv = CKR_ATTRIBUTE_VALUE_INVALID;

	if (attrs_ulong(attrs, CKA_CERTIFICATE_TYPE, CK_UNAVAILABLE_INFORMATION) != CKC_X_509 || value == NULL ||
		attrs_ulong(attrs, CKA_CERTIFICATE_CATEGORY, 0) > CATEGORY_LAST)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	cert = X509_new_ex(library_libctx(), NULL);
	if (cert == NULL)
		return CKR_HOST_MEMORY;
	at = value->pValue;
	if (at != NULL && d2i_X509(&cert, &at, (long)value->ulValueLen) != NULL &&
		at == (const unsigned char *)value->pValue + value->ulValueLen)
		rv = set_all(attrs, cert);
	X509_free(cert);
	return rv;
}
