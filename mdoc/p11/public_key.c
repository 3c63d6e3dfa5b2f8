/*
 * mdoc/p11/public_key.c: the public key behind a private key in a PKCS#11 token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/p11/internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#define SMALL_MAX 256 /* bytes of CKA_ID, CKA_EC_PARAMS, CKA_EC_POINT; a SubjectPublicKeyInfo with a named curve */
#define SAME_ID_MAX 16
#define NOT_SHOWN CKR_ATTRIBUTE_TYPE_INVALID

struct view {
	const struct mdoc_context *context;
	CK_FUNCTION_LIST *p11;
	CK_SESSION_HANDLE session;
	enum mdoc_curve curve; /* of the private key; MDOC_CURVE_NONE: it does not say */
};

struct value {
	uint8_t bytes[SMALL_MAX];
	size_t len; /* 0: not shown */
};

/* One small attribute. CKR_BUFFER_TOO_SMALL: it is no small one. */
static CK_RV
read_value(const struct view *view, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, struct value *value)
{
	CK_ATTRIBUTE attr = { type, value->bytes, sizeof(value->bytes) };
	const CK_RV rv = view->p11->C_GetAttributeValue(view->session, object, &attr, 1);

	value->len = rv == CKR_OK && attr.ulValueLen <= sizeof(value->bytes) ? (size_t)attr.ulValueLen : 0;
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ? CKR_OK : rv;
}

static struct mdoc_bytes
bytes_of(const struct value *value)
{
	return mdoc_bytes_of(value->bytes, value->len);
}

/* SoftHSM has Montgomery keys under the type of Edwards keys: the curve is what counts. */
static CK_RV
check_type(const struct view *view, CK_OBJECT_HANDLE object)
{
	CK_KEY_TYPE type = CK_UNAVAILABLE_INFORMATION;
	CK_ATTRIBUTE attr = { CKA_KEY_TYPE, &type, sizeof(type) };
	const CK_RV rv = view->p11->C_GetAttributeValue(view->session, object, &attr, 1);

	if (rv != CKR_OK)
		return rv;
	return type == CKK_EC || type == CKK_EC_EDWARDS || type == CKK_EC_MONTGOMERY ? CKR_OK
										     : CKR_KEY_TYPE_INCONSISTENT;
}

static CK_RV
read_curve(const struct view *view, CK_OBJECT_HANDLE object, enum mdoc_curve *curve)
{
	struct value params;
	const CK_RV rv = read_value(view, object, CKA_EC_PARAMS, &params);

	*curve = MDOC_CURVE_NONE;
	if (rv != CKR_OK || params.len == 0)
		return rv == CKR_BUFFER_TOO_SMALL ? CKR_CURVE_NOT_SUPPORTED : rv;
	*curve = mdoci_p11_curve(bytes_of(&params));
	return *curve != MDOC_CURVE_NONE ? CKR_OK : CKR_CURVE_NOT_SUPPORTED;
}

/* By CKA_EC_PARAMS and CKA_EC_POINT of one object. */
static CK_RV
from_point(const struct view *view, CK_OBJECT_HANDLE object, struct mdoc_public_key *key)
{
	struct value point;
	enum mdoc_curve curve;
	CK_RV rv = read_curve(view, object, &curve);

	if (rv == CKR_OK)
		rv = read_value(view, object, CKA_EC_POINT, &point);
	if (rv != CKR_OK)
		return rv;
	if (curve == MDOC_CURVE_NONE)
		curve = view->curve;
	if (point.len == 0 || curve == MDOC_CURVE_NONE)
		return NOT_SHOWN;
	return mdoci_p11_point(bytes_of(&point), curve, key);
}

/* By CKA_PUBLIC_KEY_INFO. */
static CK_RV
from_info(const struct view *view, CK_OBJECT_HANDLE object, struct mdoc_public_key *key)
{
	struct value info;
	const unsigned char *at = info.bytes;
	EVP_PKEY *pkey = NULL;
	CK_RV rv = read_value(view, object, CKA_PUBLIC_KEY_INFO, &info);

	if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && info.len == 0))
		return NOT_SHOWN;
	if (rv != CKR_OK)
		return rv;
	ERR_set_mark();
	pkey = d2i_PUBKEY_ex(NULL, &at, (long)info.len, mdoc_context_libctx(view->context), NULL);
	ERR_pop_to_mark();
	if (pkey == NULL || mdoc_key_from_evp(pkey, key) != MDOC_OK)
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	EVP_PKEY_free(pkey);
	return rv;
}

static CK_RV
from_certificate(const struct view *view, CK_OBJECT_HANDLE object, struct mdoc_public_key *key)
{
	CK_ATTRIBUTE attr = { CKA_VALUE, NULL, 0 };
	struct mdoc_cert *cert = NULL;
	uint8_t *der = NULL;
	CK_RV rv = view->p11->C_GetAttributeValue(view->session, object, &attr, 1);

	if (rv != CKR_OK)
		return rv;
	if (attr.ulValueLen == 0 || attr.ulValueLen > MDOC_CERT_MAX)
		return NOT_SHOWN;
	der = OPENSSL_malloc(attr.ulValueLen);
	if (der == NULL)
		return CKR_HOST_MEMORY;
	attr.pValue = der;
	rv = view->p11->C_GetAttributeValue(view->session, object, &attr, 1);
	if (rv == CKR_OK &&
		(mdoc_cert_parse(view->context, mdoc_bytes_of(der, attr.ulValueLen), &cert, NULL) != MDOC_OK ||
			mdoc_cert_public_key(cert, key) != MDOC_OK))
		rv = NOT_SHOWN;
	mdoc_cert_free(cert);
	OPENSSL_free(der);
	return rv;
}

static CK_RV
find(const struct view *view, CK_OBJECT_CLASS class, struct value *id, CK_OBJECT_HANDLE found[SAME_ID_MAX],
	CK_ULONG *count)
{
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_ID, id->bytes, (CK_ULONG)id->len },
	};
	CK_RV rv = view->p11->C_FindObjectsInit(view->session, template, sizeof(template) / sizeof(*template));
	CK_RV final_rv;

	*count = 0;
	if (rv != CKR_OK)
		return rv;
	rv = view->p11->C_FindObjects(view->session, found, SAME_ID_MAX, count);
	final_rv = view->p11->C_FindObjectsFinal(view->session);
	return rv == CKR_OK ? final_rv : rv;
}

/* Objects of one class with this id must not show two keys of the curve; *shown: how many of them show one. */
static CK_RV
from_others(const struct view *view, CK_OBJECT_CLASS class, struct value *id, struct mdoc_public_key *key,
	CK_ULONG *shown)
{
	CK_OBJECT_HANDLE found[SAME_ID_MAX];
	struct mdoc_public_key one;
	CK_ULONG count = 0;
	CK_RV rv = find(view, class, id, found, &count), trouble = NOT_SHOWN;

	*shown = 0;
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		const CK_RV res = class == CKO_CERTIFICATE ? from_certificate(view, found[i], &one)
							   : from_point(view, found[i], &one);

		if (res == CKR_OK && view->curve != MDOC_CURVE_NONE && one.curve != view->curve)
			continue;
		if (res == CKR_OK && *shown > 0 && !mdoc_key_equal(&one, key))
			return NOT_SHOWN;
		if (res == CKR_OK) {
			*key = one;
			(*shown)++;
		} else if (res != CKR_CURVE_NOT_SUPPORTED) {
			trouble = res;
		}
	}
	if (rv != CKR_OK)
		return rv;
	return *shown > 0 ? CKR_OK : trouble;
}

static CK_RV
from_same_id(const struct view *view, CK_OBJECT_HANDLE private_key, struct mdoc_public_key *key)
{
	struct value id;
	CK_ULONG shown = 0;
	CK_RV rv = read_value(view, private_key, CKA_ID, &id);

	if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && id.len == 0))
		return NOT_SHOWN;
	if (rv == CKR_OK)
		rv = from_others(view, CKO_PUBLIC_KEY, &id, key, &shown);
	if (rv == NOT_SHOWN && shown == 0)
		rv = from_others(view, CKO_CERTIFICATE, &id, key, &shown);
	return rv;
}

CK_RV
mdoc_p11_public_key(const struct mdoc_context *context, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session,
	CK_OBJECT_HANDLE private_key, struct mdoc_public_key *key)
{
	struct view view = { context, p11, session, MDOC_CURVE_NONE };
	struct mdoc_public_key shown;
	CK_RV rv = check_type(&view, private_key);

	memset(key, 0, sizeof(*key));
	if (rv == CKR_OK)
		rv = read_curve(&view, private_key, &view.curve);
	if (rv == CKR_OK)
		rv = from_point(&view, private_key, &shown);
	if (rv == NOT_SHOWN)
		rv = from_info(&view, private_key, &shown);
	if (rv == NOT_SHOWN)
		rv = from_same_id(&view, private_key, &shown);
	if (rv == CKR_OK && view.curve != MDOC_CURVE_NONE && shown.curve != view.curve)
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	if (rv == CKR_OK)
		*key = shown;
	return rv;
}
