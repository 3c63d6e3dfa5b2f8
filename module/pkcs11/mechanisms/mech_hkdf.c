/*
 * module/pkcs11/mechanisms/mech_hkdf.c: HKDF (RFC 5869; PKCS#11 3.0 mechanisms, section 2.62).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "module/pkcs11/mechanisms/digest.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/object.h"
#include "pkcs11-3.h"

#define INFO_MAX 1024 /* bytes that OpenSSL takes */
#define BLOCKS_MAX 255
#define KEY_MAX 4096

struct hkdf {
	const char *digest;
	CK_ULONG digest_size;
	const CK_HKDF_PARAMS *params;
	struct token_value base, salt; /* salt: of the key that the parameter names, else none */
};

static bool
good_bytes(const CK_BYTE *bytes, CK_ULONG len)
{
	return (bytes != NULL || len == 0) && len <= (CK_ULONG)INT32_MAX;
}

static CK_RV
check_params(const CK_MECHANISM *mechanism, struct hkdf *hkdf)
{
	const CK_HKDF_PARAMS *params = mechanism->pParameter;

	if (params == NULL || mechanism->ulParameterLen != sizeof(*params))
		return CKR_MECHANISM_PARAM_INVALID;
	if (params->bExtract > CK_TRUE || params->bExpand > CK_TRUE || (!params->bExtract && !params->bExpand))
		return CKR_MECHANISM_PARAM_INVALID;
	hkdf->digest = digest_name(params->prfHashMechanism, &hkdf->digest_size);
	if (hkdf->digest == NULL)
		return CKR_MECHANISM_PARAM_INVALID;
	if (params->bExtract && params->ulSaltType != CKF_HKDF_SALT_NULL && params->ulSaltType != CKF_HKDF_SALT_KEY &&
		(params->ulSaltType != CKF_HKDF_SALT_DATA || !good_bytes(params->pSalt, params->ulSaltLen)))
		return CKR_MECHANISM_PARAM_INVALID;
	if (params->bExpand && (!good_bytes(params->pInfo, params->ulInfoLen) || params->ulInfoLen > INFO_MAX))
		return CKR_MECHANISM_PARAM_INVALID;
	hkdf->params = params;
	return CKR_OK;
}

/* A salt that is a key obeys the rules of keys too. */
static CK_RV
read_salt_key(struct session *session, CK_MECHANISM_TYPE type, struct hkdf *hkdf)
{
	struct object *salt = NULL;
	CK_RV rv;

	if (!hkdf->params->bExtract || hkdf->params->ulSaltType != CKF_HKDF_SALT_KEY)
		return CKR_OK;
	rv = object_from_handle(session, hkdf->params->hSaltKey, &salt);
	if (rv == CKR_OBJECT_HANDLE_INVALID || (rv == CKR_OK && object_class(salt) != CKO_SECRET_KEY))
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK && !attrs_bool(object_attrs(salt), CKA_DERIVE, false))
		rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (rv == CKR_OK && !op_allows_mechanism(object_attrs(salt), type))
		rv = CKR_MECHANISM_INVALID;
	if (rv == CKR_OK)
		rv = object_value(session, salt, &hkdf->salt);
	object_unref(salt);
	return rv;
}

/* How many bytes: an extraction alone gives what the digest gives. */
static CK_RV
result_size(const struct hkdf *hkdf, CK_ULONG want, CK_ULONG *len)
{
	*len = want == 0 ? hkdf->digest_size : want;
	if (!hkdf->params->bExpand && *len != hkdf->digest_size)
		return CKR_TEMPLATE_INCONSISTENT;
	return *len <= BLOCKS_MAX * hkdf->digest_size ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
}

static CK_RV
run(const struct hkdf *hkdf, struct secret *out)
{
	const CK_HKDF_PARAMS *params = hkdf->params;
	int mode = EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND;
	OSSL_PARAM list[6];
	OSSL_PARAM *next = list;
	EVP_KDF *kdf = NULL;
	EVP_KDF_CTX *context = NULL;
	CK_RV rv = CKR_HOST_MEMORY;

	if (!params->bExpand)
		mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
	else if (!params->bExtract)
		mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	*next++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	*next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)hkdf->digest, 0);
	*next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, hkdf->base.ptr, hkdf->base.len);
	if (hkdf->salt.len != 0)
		*next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, hkdf->salt.ptr, hkdf->salt.len);
	else if (params->bExtract && params->ulSaltType == CKF_HKDF_SALT_DATA && params->ulSaltLen != 0)
		*next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, params->pSalt, params->ulSaltLen);
	if (params->bExpand && params->ulInfoLen != 0)
		*next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, params->pInfo, params->ulInfoLen);
	*next = OSSL_PARAM_construct_end();

	kdf = EVP_KDF_fetch(library_libctx(), "HKDF", NULL);
	context = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
	if (context == NULL)
		goto out;
	rv = EVP_KDF_derive(context, out->ptr, out->len, list) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
out:
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return rv;
}

/* Who may be a base: what HKDF was made for, and keys that came out of another agreement. */
static bool
is_base(const struct object *base)
{
	const CK_ULONG type = attrs_ulong(object_attrs(base), CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);

	return object_class(base) == CKO_SECRET_KEY &&
		(type == CKK_HKDF || type == CKK_GENERIC_SECRET || type == CKK_AES);
}

static CK_RV
hkdf_derive(struct session *session, const CK_MECHANISM *mechanism, struct object *base, CK_ULONG want,
	struct secret *secret)
{
	struct hkdf hkdf = { 0 };
	struct secret out = SECRET_NONE;
	CK_ULONG len = 0;
	CK_RV rv;

	if (!is_base(base))
		return CKR_KEY_TYPE_INCONSISTENT;
	rv = check_params(mechanism, &hkdf);
	if (rv == CKR_OK)
		rv = result_size(&hkdf, want, &len);
	if (rv == CKR_OK)
		rv = read_salt_key(session, mechanism->mechanism, &hkdf);
	if (rv == CKR_OK)
		rv = object_value(session, base, &hkdf.base);
	if (rv == CKR_OK && !secret_alloc(len, &out))
		rv = CKR_HOST_MEMORY;
	if (rv == CKR_OK)
		rv = run(&hkdf, &out);
	if (rv == CKR_OK)
		*secret = secret_move(&out);
	secret_wipe(&out);
	token_value_clear(&hkdf.base);
	token_value_clear(&hkdf.salt);
	return rv;
}

const struct mech mech_hkdf[] = {
	{ .type = CKM_HKDF_DERIVE, .info = { 1, KEY_MAX, CKF_DERIVE }, .key_type = MECH_NO_KEY, .derive = hkdf_derive },
	{ .type = CKM_HKDF_DATA,
		.info = { 1, KEY_MAX, CKF_DERIVE },
		.key_type = MECH_NO_KEY,
		.derive = hkdf_derive,
		.derives_data = true },
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
