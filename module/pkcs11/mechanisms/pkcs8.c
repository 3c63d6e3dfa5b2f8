/*
 * module/pkcs11/mechanisms/pkcs8.c: private keys as PrivateKeyInfo, by OpenSSL.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/pkcs8.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

#include "module/pkcs11/mechanisms/cipher.h"
#include "module/pkcs11/slots/library.h"

#define GROUP_NAME_MAX 64

static CK_RV
ec_pair(enum token_curve curve, const struct secret *scalar, const uint8_t *point, size_t point_len, EVP_PKEY **pkey)
{
	EVP_PKEY_CTX *context = NULL;
	BIGNUM *number = NULL;
	struct secret native = SECRET_NONE; /* OSSL_PARAM has numbers in the machine's order */
	OSSL_PARAM params[4];
	CK_RV rv = CKR_HOST_MEMORY;

	number = BN_bin2bn(scalar->ptr, (int)scalar->len, NULL);
	if (number == NULL || !secret_alloc(scalar->len, &native))
		goto out;
	if (BN_bn2nativepad(number, native.ptr, (int)native.len) != (int)native.len)
		goto out;
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		(char *)(uintptr_t)token_curve_group(curve), 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, point_len);
	params[2] = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.ptr, native.len);
	params[3] = OSSL_PARAM_construct_end();
	context = EVP_PKEY_CTX_new_from_name(library_libctx(), TOKEN_EC_TYPE, NULL);
	rv = CKR_FUNCTION_FAILED;
	if (context != NULL && EVP_PKEY_fromdata_init(context) == 1 &&
		EVP_PKEY_fromdata(context, pkey, EVP_PKEY_KEYPAIR, params) == 1)
		rv = CKR_OK;
out:
	EVP_PKEY_CTX_free(context);
	secret_wipe(&native);
	BN_clear_free(number);
	return rv;
}

CK_RV
pkcs8_encode(enum token_curve curve, const struct secret *scalar, const uint8_t *point, size_t point_len,
	struct secret *der)
{
	OSSL_ENCODER_CTX *context = NULL;
	EVP_PKEY *pkey = NULL;
	unsigned char *bytes = NULL;
	size_t len = 0;
	CK_RV rv = CKR_OK;

	if (token_curve_kind(curve) == TOKEN_KIND_EC)
		rv = ec_pair(curve, scalar, point, point_len, &pkey);
	else
		pkey = EVP_PKEY_new_raw_private_key_ex(library_libctx(), token_curve_group(curve), NULL, scalar->ptr,
			scalar->len);
	if (rv == CKR_OK && pkey == NULL)
		rv = CKR_FUNCTION_FAILED;
	if (rv != CKR_OK)
		goto out;
	rv = CKR_FUNCTION_FAILED;
	context = OSSL_ENCODER_CTX_new_for_pkey(pkey, EVP_PKEY_KEYPAIR, "DER", "PrivateKeyInfo", NULL);
	if (context == NULL || OSSL_ENCODER_to_data(context, &bytes, &len) != 1)
		goto out;
	rv = secret_copy(bytes, len, der) ? CKR_OK : CKR_HOST_MEMORY;
out:
	OPENSSL_clear_free(bytes, len);
	OSSL_ENCODER_CTX_free(context);
	EVP_PKEY_free(pkey);
	return rv;
}

/* The curve of a key; TOKEN_CURVE_NONE: none of ours. */
static enum token_curve
curve_of(const EVP_PKEY *pkey)
{
	char group[GROUP_NAME_MAX] = "";
	const bool ec = EVP_PKEY_is_a(pkey, "EC") == 1;
	int curve;

	if (ec && EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof(group), NULL) != 1)
		return TOKEN_CURVE_NONE;
	for (curve = TOKEN_P256; curve <= TOKEN_X448; curve++) {
		const char *name = token_curve_group((enum token_curve)curve);
		const bool of_ec = token_curve_kind((enum token_curve)curve) == TOKEN_KIND_EC;

		if (ec && of_ec ? strcmp(group, name) == 0 : !ec && !of_ec && EVP_PKEY_is_a(pkey, name) == 1)
			return (enum token_curve)curve;
	}
	return TOKEN_CURVE_NONE;
}

static CK_RV
private_bytes(const EVP_PKEY *pkey, enum token_curve curve, struct secret *scalar)
{
	struct secret out = SECRET_NONE;
	BIGNUM *number = NULL;
	size_t len;
	CK_RV rv = CKR_WRAPPED_KEY_INVALID;

	if (!secret_alloc(token_curve_size(curve), &out))
		return CKR_HOST_MEMORY;
	len = out.len;
	if (token_curve_kind(curve) != TOKEN_KIND_EC) {
		if (EVP_PKEY_get_raw_private_key(pkey, out.ptr, &len) != 1 || len != out.len)
			goto out;
	} else if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) != 1 ||
		BN_bn2binpad(number, out.ptr, (int)out.len) != (int)out.len) {
		goto out;
	}
	*scalar = secret_move(&out);
	rv = CKR_OK;
out:
	BN_clear_free(number);
	secret_wipe(&out);
	return rv;
}

CK_RV
pkcs8_decode(const struct secret *der, enum token_curve *curve, struct secret *scalar)
{
	const unsigned char *at = der->ptr;
	PKCS8_PRIV_KEY_INFO *info = NULL;
	EVP_PKEY *pkey = NULL;
	CK_RV rv = CKR_WRAPPED_KEY_INVALID;

	if (der->len > (size_t)INT32_MAX)
		return rv;
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der->len);
	if (info == NULL || !cipher_is_filling(at, der->len - (size_t)(at - der->ptr)))
		goto out;
	pkey = EVP_PKCS82PKEY_ex(info, library_libctx(), NULL);
	if (pkey == NULL)
		goto out;
	*curve = curve_of(pkey);
	if (*curve != TOKEN_CURVE_NONE)
		rv = private_bytes(pkey, *curve, scalar);
out:
	EVP_PKEY_free(pkey);
	PKCS8_PRIV_KEY_INFO_free(info);
	return rv;
}
