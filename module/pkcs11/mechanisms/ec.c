/*
 * module/pkcs11/mechanisms/ec.c: public EC keys.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/ec.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "module/pkcs11/slots/library.h"

#define DER_OCTET_STRING 0x04
#define POINT_UNCOMPRESSED 0x04

/* r||s in DER, as OpenSSL wants it; *der is freed with OPENSSL_free(). */
static CK_RV
signature_der(const CK_BYTE *sig, size_t sig_len, unsigned char **der, size_t *der_len)
{
	const int half = (int)(sig_len / 2);
	ECDSA_SIG *ecdsa = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, half, NULL);
	BIGNUM *s = BN_bin2bn(sig + half, half, NULL);
	CK_RV rv = CKR_HOST_MEMORY;
	int len;

	if (ecdsa == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(ecdsa, r, s) != 1)
		goto out;
	r = NULL;
	s = NULL;
	*der = NULL;
	len = i2d_ECDSA_SIG(ecdsa, der);
	if (len <= 0)
		goto out;
	*der_len = (size_t)len;
	rv = CKR_OK;
out:
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(ecdsa);
	return rv;
}

/* OpenSSL checks that the point is on the curve. */
static CK_RV
public_key(enum token_curve curve, const CK_BYTE *point, size_t point_len, EVP_PKEY **pkey)
{
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
			(char *)(uintptr_t)token_curve_group(curve), 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, point_len),
		OSSL_PARAM_construct_end(),
	};
	CK_RV rv = CKR_HOST_MEMORY;

	*pkey = NULL;
	ctx = EVP_PKEY_CTX_new_from_name(library_libctx(), "EC", NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	rv = EVP_PKEY_fromdata(ctx, pkey, EVP_PKEY_PUBLIC_KEY, params) == 1 ? CKR_OK : CKR_PUBLIC_KEY_INVALID;
out:
	EVP_PKEY_CTX_free(ctx);
	return rv;
}

CK_RV
ec_verify(enum token_curve curve, const CK_BYTE *point, size_t point_len, const CK_BYTE *digest, size_t digest_len,
	const CK_BYTE *sig, size_t sig_len)
{
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	unsigned char *der = NULL;
	size_t der_len = 0;
	CK_RV rv;

	if (sig_len == 0 || sig_len != 2 * token_curve_size(curve))
		return CKR_SIGNATURE_LEN_RANGE;
	rv = public_key(curve, point, point_len, &pkey);
	if (rv == CKR_OK)
		rv = signature_der(sig, sig_len, &der, &der_len);
	if (rv != CKR_OK)
		goto out;
	ctx = EVP_PKEY_CTX_new_from_pkey(library_libctx(), pkey, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1) {
		rv = CKR_FUNCTION_FAILED;
		goto out;
	}
	rv = EVP_PKEY_verify(ctx, der, der_len, digest, digest_len) == 1 ? CKR_OK : CKR_SIGNATURE_INVALID;
out:
	OPENSSL_free(der);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return rv;
}

/* The content of a DER OCTET STRING that fills `bytes`, for lengths below 256. */
static bool
octet_string(const CK_BYTE *bytes, size_t len, const CK_BYTE **content, size_t *content_len)
{
	size_t head;

	if (len < 2 || bytes[0] != DER_OCTET_STRING)
		return false;
	if (bytes[1] < 0x80) {
		head = 2;
		*content_len = bytes[1];
	} else if (bytes[1] == 0x81 && len > 2 && bytes[2] >= 0x80) {
		head = 3;
		*content_len = bytes[2];
	} else {
		return false;
	}
	*content = bytes + head;
	return *content_len == len - head;
}

bool
ec_read_point(enum token_curve curve, const CK_BYTE *bytes, size_t len, const CK_BYTE **point, size_t *point_len)
{
	const size_t want = 1 + 2 * token_curve_size(curve);

	if (bytes == NULL || want == 1)
		return false;
	*point = bytes;
	*point_len = len;
	if (len != want && !octet_string(bytes, len, point, point_len))
		return false;
	return *point_len == want && (*point)[0] == POINT_UNCOMPRESSED;
}
