/*
 * mdoc/p11/public_key.c: the public key behind a private key in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/p11/internal.h"

#include <string.h>

#define ID_MAX 256
#define PARAMS_MAX 16 /* DER of a named curve; explicit parameters do not fit */
#define POINT_MAX (MDOC_POINT_MAX + 3)
#define DER_OCTET_STRING 0x04
#define UNCOMPRESSED 0x04

static const struct {
	enum mdoc_curve curve;
	size_t len;
	uint8_t oid[10];
} curves[] = {
	{ MDOC_CURVE_P256, 10, { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 } },
	{ MDOC_CURVE_P384, 7, { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 } },
	{ MDOC_CURVE_P521, 7, { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 } },
};

/* One attribute into a buffer of *len bytes; *len 0 when the object does not show it. */
static CK_RV
read_attribute(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
	void *value, size_t *len)
{
	CK_ATTRIBUTE attr = { type, value, (CK_ULONG)*len };
	CK_RV rv = p11->C_GetAttributeValue(session, object, &attr, 1);

	*len = rv == CKR_OK && attr.ulValueLen != CK_UNAVAILABLE_INFORMATION ? (size_t)attr.ulValueLen : 0;
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ? CKR_OK : rv;
}

static enum mdoc_curve
curve_of(const uint8_t *params, size_t len)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
		if (len == curves[i].len && memcmp(params, curves[i].oid, len) == 0)
			return curves[i].curve;
	return MDOC_CURVE_NONE;
}

/* DER OCTET STRING and uncompressed point begin with the same byte: the length tells. */
static CK_RV
read_point(const uint8_t *value, size_t len, enum mdoc_curve curve, struct mdoc_public_key *key)
{
	const size_t want = 1 + 2 * mdoc_curve_size(curve);
	const size_t head = want < 0x80 ? 2 : 3;

	if (len == want + head && value[0] == DER_OCTET_STRING && value[head - 1] == want &&
		(head == 2 || value[1] == 0x81)) {
		value += head;
		len -= head;
	}
	if (len != want || value[0] != UNCOMPRESSED)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	key->curve = curve;
	key->point_len = want;
	memcpy(key->point, value, want);
	return CKR_OK;
}

/* The one public key with this id and curve; two would not tell which is ours. */
static CK_RV
find_public(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, CK_BYTE *id, size_t id_len, CK_BYTE *params,
	size_t params_len, CK_OBJECT_HANDLE *object)
{
	CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, id, (CK_ULONG)id_len },
		{ CKA_EC_PARAMS, params, (CK_ULONG)params_len },
	};
	CK_OBJECT_HANDLE found[2] = { CK_INVALID_HANDLE, CK_INVALID_HANDLE };
	CK_ULONG count = 0;
	CK_RV rv = p11->C_FindObjectsInit(session, template, sizeof(template) / sizeof(*template));
	CK_RV final_rv;

	if (rv != CKR_OK)
		return rv;
	rv = p11->C_FindObjects(session, found, 2, &count);
	final_rv = p11->C_FindObjectsFinal(session);
	if (rv == CKR_OK)
		rv = final_rv;
	if (rv == CKR_OK && count != 1)
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	*object = found[0];
	return rv;
}

CK_RV
mdoc_p11_public_key(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE private_key,
	struct mdoc_public_key *key)
{
	CK_BYTE params[PARAMS_MAX];
	CK_BYTE point[POINT_MAX];
	CK_BYTE id[ID_MAX];
	size_t params_len = sizeof(params);
	size_t point_len = sizeof(point);
	size_t id_len = sizeof(id);
	CK_OBJECT_HANDLE public_key = CK_INVALID_HANDLE;
	enum mdoc_curve curve;
	CK_RV rv;

	memset(key, 0, sizeof(*key));
	rv = read_attribute(p11, session, private_key, CKA_EC_PARAMS, params, &params_len);
	if (rv == CKR_BUFFER_TOO_SMALL)
		return CKR_CURVE_NOT_SUPPORTED;
	if (rv != CKR_OK)
		return rv;
	curve = curve_of(params, params_len);
	if (curve == MDOC_CURVE_NONE)
		return CKR_CURVE_NOT_SUPPORTED;
	rv = read_attribute(p11, session, private_key, CKA_EC_POINT, point, &point_len);
	if (rv == CKR_OK && point_len > 0)
		return read_point(point, point_len, curve, key);
	if (rv == CKR_OK)
		rv = read_attribute(p11, session, private_key, CKA_ID, id, &id_len);
	if (rv != CKR_OK)
		return rv;
	if (id_len == 0)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	rv = find_public(p11, session, id, id_len, params, params_len, &public_key);
	point_len = sizeof(point);
	if (rv == CKR_OK)
		rv = read_attribute(p11, session, public_key, CKA_EC_POINT, point, &point_len);
	if (rv == CKR_OK && point_len == 0)
		rv = CKR_ATTRIBUTE_TYPE_INVALID;
	return rv == CKR_OK ? read_point(point, point_len, curve, key) : rv;
}
