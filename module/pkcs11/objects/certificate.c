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

static bool
is_absent(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, type);

	return attr == NULL || attr->ulValueLen == 0;
}

/* Set an absent attribute to DER that OpenSSL made, and free that. */
static bool
set_der(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, unsigned char *der, int len)
{
	bool done = der != NULL && len > 0;

	if (done && is_absent(attrs, type))
		done = attrs_set(attrs, type, der, (size_t)len);
	OPENSSL_free(der);
	return done;
}

static bool
set_name(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const X509_NAME *name)
{
	unsigned char *der = NULL;
	int len = i2d_X509_NAME(name, &der);

	return set_der(attrs, type, der, len);
}

static bool
set_serial(struct token_attrs *attrs, const X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_ASN1_INTEGER(X509_get0_serialNumber(cert), &der);

	return set_der(attrs, CKA_SERIAL_NUMBER, der, len);
}

static bool
set_public_key(struct token_attrs *attrs, const X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	return set_der(attrs, CKA_PUBLIC_KEY_INFO, der, len);
}

static bool
set_date(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const ASN1_TIME *when)
{
	struct tm tm;
	char text[16];

	if (!is_absent(attrs, type) || ASN1_TIME_to_tm(when, &tm) != 1)
		return true;
	if (strftime(text, sizeof(text), "%Y%m%d", &tm) != sizeof(CK_DATE))
		return true;
	return attrs_set(attrs, type, text, sizeof(CK_DATE));
}

/* The first bytes of the SHA-1 of the certificate (PKCS#11 2.40, 4.6.3). */
static bool
set_check_value(struct token_attrs *attrs, const CK_ATTRIBUTE *value)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	size_t len = 0;

	if (!is_absent(attrs, CKA_CHECK_VALUE))
		return true;
	return EVP_Q_digest(library_libctx(), "SHA1", NULL, value->pValue, value->ulValueLen, digest, &len) == 1 &&
		attrs_set(attrs, CKA_CHECK_VALUE, digest, CHECK_VALUE_LEN);
}

CK_RV
certificate_complete(struct token_attrs *attrs)
{
	const CK_ATTRIBUTE *value = attrs_find(attrs, CKA_VALUE);
	const unsigned char *at;
	X509 *cert;
	CK_RV rv = CKR_ATTRIBUTE_VALUE_INVALID;

	if (attrs_ulong(attrs, CKA_CERTIFICATE_TYPE, CK_UNAVAILABLE_INFORMATION) != CKC_X_509 || value == NULL)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	cert = X509_new_ex(library_libctx(), NULL);
	if (cert == NULL)
		return CKR_HOST_MEMORY;
	at = value->pValue;
	if (at == NULL || d2i_X509(&cert, &at, (long)value->ulValueLen) == NULL ||
		at != (const unsigned char *)value->pValue + value->ulValueLen)
		goto out;
	rv = CKR_HOST_MEMORY;
	if (set_check_value(attrs, value) && set_name(attrs, CKA_SUBJECT, X509_get_subject_name(cert)) &&
		set_name(attrs, CKA_ISSUER, X509_get_issuer_name(cert)) && set_serial(attrs, cert) &&
		set_public_key(attrs, cert) && set_date(attrs, CKA_START_DATE, X509_get0_notBefore(cert)) &&
		set_date(attrs, CKA_END_DATE, X509_get0_notAfter(cert)))
		rv = CKR_OK;
out:
	X509_free(cert);
	return rv;
}
