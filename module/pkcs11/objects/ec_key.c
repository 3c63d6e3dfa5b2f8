/*
 * ec_key.c: what the attributes of EC, Edwards and Montgomery keys say.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/ec_key.h"

#include <openssl/evp.h>
#include <string.h>

#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/shell/rv.h"
#include "pkcs11-3.h"

CK_KEY_TYPE
ec_key_type(enum token_curve curve)
{
	switch (token_curve_kind(curve)) {
	case TOKEN_KIND_EC:
		return CKK_EC;
	case TOKEN_KIND_EDWARDS:
		return CKK_EC_EDWARDS;
	case TOKEN_KIND_MONTGOMERY:
		return CKK_EC_MONTGOMERY;
	default:
		return CK_UNAVAILABLE_INFORMATION;
	}
}

CK_RV
ec_key_curve(const struct token_attrs *attrs, enum token_curve *curve)
{
	const CK_ATTRIBUTE *params = attrs_find(attrs, CKA_EC_PARAMS);
	const CK_KEY_TYPE type = attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);

	if (type != CKK_EC && type != CKK_EC_EDWARDS && type != CKK_EC_MONTGOMERY)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (params == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	*curve = token_curve_from_params(params->pValue, params->ulValueLen);
	return *curve != TOKEN_CURVE_NONE && ec_key_type(*curve) == type ? CKR_OK : CKR_CURVE_NOT_SUPPORTED;
}

static bool
fits_point(const struct token_attrs *attrs, enum token_curve curve, const CK_BYTE *point, size_t len)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, CKA_EC_POINT);
	const CK_BYTE *given;
	size_t given_len;

	if (attr == NULL || attr->ulValueLen == 0)
		return true;
	return ec_read_point(curve, attr->pValue, attr->ulValueLen, &given, &given_len) && given_len == len &&
		memcmp(given, point, len) == 0;
}

CK_RV
ec_key_set_public(struct token_attrs *attrs, enum token_curve curve, const CK_BYTE *point, size_t len)
{
	CK_BYTE der[3 + TOKEN_POINT_MAX], info[TOKEN_INFO_MAX];
	size_t head = 0, info_len = token_public_info(curve, point, len, info);

	if (info_len == 0 || len > TOKEN_POINT_MAX)
		return CKR_GENERAL_ERROR;
	if (!fits_point(attrs, curve, point, len) || !attrs_fits(attrs, CKA_PUBLIC_KEY_INFO, info, info_len))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	der[head++] = 0x04;
	if (len > 127)
		der[head++] = 0x81;
	der[head++] = (CK_BYTE)len;
	memcpy(der + head, point, len);
	return attrs_set(attrs, CKA_EC_POINT, der, head + len) && attrs_set(attrs, CKA_PUBLIC_KEY_INFO, info, info_len)
		? CKR_OK
		: CKR_HOST_MEMORY;
}

CK_RV
ec_key_finish_public(struct token_attrs *attrs)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, CKA_EC_POINT);
	CK_BYTE copy[TOKEN_POINT_MAX];
	EVP_PKEY *pkey = NULL;
	enum token_curve curve;
	const CK_BYTE *point;
	size_t len;
	enum token_result res;
	CK_RV rv;

	rv = ec_key_curve(attrs, &curve);
	if (rv != CKR_OK)
		return rv;
	if (attr == NULL || !ec_read_point(curve, attr->pValue, attr->ulValueLen, &point, &len))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	memcpy(copy, point, len);
	res = token_public_key(library_libctx(), curve, copy, len, &pkey);
	EVP_PKEY_free(pkey);
	if (res != TOKEN_OK)
		return res == TOKEN_ERR_ARG ? CKR_ATTRIBUTE_VALUE_INVALID : rv_from_token(res);
	return ec_key_set_public(attrs, curve, copy, len);
}

/* A big integer may come without its leading zeros. */
static CK_RV
pad_scalar(enum token_curve curve, struct secret *value)
{
	const size_t size = token_curve_size(curve);
	struct secret full = SECRET_NONE;

	if (value->len == size)
		return CKR_OK;
	if (value->len > size || token_curve_kind(curve) != TOKEN_KIND_EC)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (!secret_alloc(size, &full))
		return CKR_HOST_MEMORY;
	if (value->len > 0)
		memcpy(full.ptr + (size - value->len), value->ptr, value->len);
	secret_wipe(value);
	*value = secret_move(&full);
	return CKR_OK;
}

/* The public key of a private one is worked out: whatever the template says must be the same. */
CK_RV
ec_key_finish_private(struct session *session, struct token_attrs *attrs, struct secret *value)
{
	CK_BYTE point[TOKEN_POINT_MAX];
	struct token_key *key = NULL;
	enum token_curve curve;
	size_t len = 0;
	enum token_result res;
	CK_RV rv;

	rv = ec_key_curve(attrs, &curve);
	if (rv == CKR_OK)
		rv = pad_scalar(curve, value);
	if (rv != CKR_OK)
		return rv;
	res = token_key_from_scalar(session->slot->library->env, curve, value->ptr, value->len, &key);
	if (res == TOKEN_OK)
		res = token_key_point(key, point, &len);
	token_key_free(key);
	if (res != TOKEN_OK)
		return res == TOKEN_ERR_ARG ? CKR_ATTRIBUTE_VALUE_INVALID : rv_from_token(res);
	return ec_key_set_public(attrs, curve, point, len);
}

CK_RV
ec_key_default_usage(struct token_attrs *attrs, CK_OBJECT_CLASS object_class, CK_KEY_TYPE type)
{
	const bool private_ = object_class == CKO_PRIVATE_KEY;
	const CK_ATTRIBUTE_TYPE usage = private_ ? CKA_SIGN : CKA_VERIFY;
	bool done = true;

	if (type != CKK_EC_MONTGOMERY)
		return CKR_OK;
	if (attrs_find(attrs, usage) == NULL)
		done = attrs_set_bool(attrs, usage, false);
	if (done && private_ && attrs_find(attrs, CKA_DERIVE) == NULL)
		done = attrs_set_bool(attrs, CKA_DERIVE, true);
	return done ? CKR_OK : CKR_HOST_MEMORY;
}
