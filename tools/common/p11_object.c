/* p11_object.c: objects of a token: find, read, make. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/p11.h"
#include "pkcs11-3.h"
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define ATTRIBUTE_MAX ((CK_ULONG)16 * 1024 * 1024)

CK_RV
p11_find(const struct p11_token *token, const CK_ATTRIBUTE *template_, CK_ULONG n, CK_OBJECT_HANDLE **handles,
	size_t *count)
{
	CK_FUNCTION_LIST *list = token->p11->list;
	CK_OBJECT_HANDLE *found = NULL;
	size_t have = 0, room = 0;
	CK_ULONG got = 0;
	CK_RV rv;

	*handles = NULL;
	*count = 0;
	rv = list->C_FindObjectsInit(token->session, (CK_ATTRIBUTE *)(uintptr_t)template_, n);
	if (rv != CKR_OK)
		return rv;
	do {
		if (have == room) {
			CK_OBJECT_HANDLE *more = realloc(found, (room + 64) * sizeof(*more));

			if (more == NULL) {
				rv = CKR_HOST_MEMORY;
				break;
			}
			found = more;
			room += 64;
		}
		rv = list->C_FindObjects(token->session, found + have, room - have, &got);
		if (rv == CKR_OK)
			have += got;
	} while (rv == CKR_OK && got > 0);
	list->C_FindObjectsFinal(token->session);
	if (rv != CKR_OK || have == 0) {
		free(found);
		return rv;
	}
	*handles = found;
	*count = have;
	return CKR_OK;
}

CK_RV
p11_attribute(const struct p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, struct mdoc_buf *out)
{
	CK_FUNCTION_LIST *list = token->p11->list;
	CK_ATTRIBUTE attribute = { type, NULL, 0 };
	uint8_t *value = NULL;
	CK_RV rv;

	rv = list->C_GetAttributeValue(token->session, object, &attribute, 1);
	if (rv != CKR_OK)
		return rv;
	if (attribute.ulValueLen == (CK_ULONG)-1 || attribute.ulValueLen > ATTRIBUTE_MAX)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	value = malloc(attribute.ulValueLen + 1);
	if (value == NULL)
		return CKR_HOST_MEMORY;
	attribute.pValue = value;
	rv = list->C_GetAttributeValue(token->session, object, &attribute, 1);
	if (rv == CKR_OK) {
		mdoc_buf_append(out, mdoc_bytes_of(value, attribute.ulValueLen));
		if (out->err != MDOC_OK)
			rv = CKR_HOST_MEMORY;
		OPENSSL_cleanse(value, attribute.ulValueLen);
	}
	free(value);
	return rv;
}

bool
p11_attribute_bool(const struct p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
	CK_BBOOL value = CK_FALSE;
	CK_ATTRIBUTE attribute = { type, &value, sizeof(value) };

	return token->p11->list->C_GetAttributeValue(token->session, object, &attribute, 1) == CKR_OK &&
		attribute.ulValueLen == sizeof(value) && value == CK_TRUE;
}

CK_RV
p11_attribute_ulong(const struct p11_token *token, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, CK_ULONG *value)
{
	CK_ATTRIBUTE attribute = { type, value, sizeof(*value) };
	const CK_RV rv = token->p11->list->C_GetAttributeValue(token->session, object, &attribute, 1);

	return rv == CKR_OK && attribute.ulValueLen != sizeof(*value) ? CKR_ATTRIBUTE_TYPE_INVALID : rv;
}

static CK_ATTRIBUTE
attribute_of(CK_ATTRIBUTE_TYPE type, struct mdoc_bytes value)
{
	const CK_ATTRIBUTE attribute = { type, (void *)(uintptr_t)value.ptr, value.len };

	return attribute;
}

enum key_kind { KEY_ORDINARY, KEY_KEPT, KEY_HOLDER };

static CK_RV
generate(const struct p11_token *token, enum mdoc_curve curve, enum key_kind kind, struct mdoc_bytes id,
	const char *label, CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_BBOOL public_private = kind == KEY_HOLDER ? CK_TRUE : CK_FALSE, extractable = kind == KEY_KEPT;
	const bool edwards = curve == MDOC_CURVE_ED25519 || curve == MDOC_CURVE_ED448;
	CK_MECHANISM mechanism = { edwards ? CKM_EC_EDWARDS_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN, NULL, 0 };
	CK_ATTRIBUTE public_template[] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &public_private, sizeof(public_private) },
		{ CKA_VERIFY, &yes, sizeof(yes) },
		attribute_of(CKA_EC_PARAMS, mdoc_p11_curve_params(curve)),
		attribute_of(CKA_ID, id),
		attribute_of(CKA_LABEL, mdoc_text(label != NULL ? label : "")),
	};
	CK_ATTRIBUTE private_template[9] = {
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_SENSITIVE, &yes, sizeof(yes) },
		{ CKA_EXTRACTABLE, &extractable, sizeof(extractable) },
		{ CKA_SIGN, &yes, sizeof(yes) },
		{ CKA_DERIVE, &no, sizeof(no) },
		attribute_of(CKA_ID, id),
		attribute_of(CKA_LABEL, mdoc_text(label != NULL ? label : "")),
	};
	CK_ULONG private_count = 8;

	if (kind == KEY_HOLDER && token->ours)
		private_template[private_count++] = (CK_ATTRIBUTE){ CKA_MDOC_HOLDER_KEY, &yes, sizeof(yes) };
	if (kind == KEY_KEPT)
		private_template[private_count++] = (CK_ATTRIBUTE){ CKA_WRAP_WITH_TRUSTED, &yes, sizeof(yes) };
	return token->p11->list->C_GenerateKeyPair(token->session, &mechanism, public_template,
		sizeof(public_template) / sizeof(public_template[0]), private_template, private_count, public_key,
		private_key);
}

CK_RV
p11_generate(const struct p11_token *token, enum mdoc_curve curve, bool holder, struct mdoc_bytes id, const char *label,
	CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	return generate(token, curve, holder ? KEY_HOLDER : KEY_ORDINARY, id, label, public_key, private_key);
}

/* What a module answers that has no such attribute, or lets no private key out. */
static bool
is_refused_attribute(CK_RV rv)
{
	return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_VALUE_INVALID ||
		rv == CKR_TEMPLATE_INCONSISTENT || rv == CKR_ATTRIBUTE_READ_ONLY;
}

CK_RV
p11_generate_kept(const struct p11_token *token, enum mdoc_curve curve, struct mdoc_bytes id, const char *label,
	CK_OBJECT_HANDLE *public_key, CK_OBJECT_HANDLE *private_key)
{
	const CK_RV rv = generate(token, curve, KEY_KEPT, id, label, public_key, private_key);

	if (!is_refused_attribute(rv))
		return rv;
	return generate(token, curve, KEY_ORDINARY, id, label, public_key, private_key);
}

CK_RV
p11_store_certificate(const struct p11_token *token, struct mdoc_bytes der, const char *label, struct mdoc_bytes id,
	bool trusted)
{
	CK_OBJECT_CLASS class = CKO_CERTIFICATE;
	CK_CERTIFICATE_TYPE type = CKC_X_509;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	const unsigned char *at = der.ptr;
	unsigned char *subject = NULL, *issuer = NULL, *serial = NULL;
	int subject_len = 0, issuer_len = 0, serial_len = 0;
	CK_OBJECT_HANDLE object = CK_INVALID_HANDLE;
	CK_RV rv = CKR_DATA_INVALID;
	X509 *cert = d2i_X509(NULL, &at, (long)der.len);

	if (cert == NULL)
		goto out;
	rv = CKR_HOST_MEMORY;
	subject_len = i2d_X509_NAME(X509_get_subject_name(cert), &subject);
	issuer_len = i2d_X509_NAME(X509_get_issuer_name(cert), &issuer);
	serial_len = i2d_ASN1_INTEGER(X509_get_serialNumber(cert), &serial);
	if (subject_len <= 0 || issuer_len <= 0 || serial_len <= 0)
		goto out;
	CK_ATTRIBUTE object_template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_CERTIFICATE_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		attribute_of(CKA_VALUE, der),
		{ CKA_SUBJECT, subject, (CK_ULONG)subject_len },
		{ CKA_ISSUER, issuer, (CK_ULONG)issuer_len },
		{ CKA_SERIAL_NUMBER, serial, (CK_ULONG)serial_len },
		attribute_of(CKA_ID, id),
		attribute_of(CKA_LABEL, mdoc_text(label != NULL ? label : "")),
		{ CKA_TRUSTED, &yes, sizeof(yes) },
	};
	const CK_ULONG count = sizeof(object_template) / sizeof(object_template[0]);

	rv = token->p11->list->C_CreateObject(token->session, object_template, trusted ? count : count - 1, &object);
out:
	OPENSSL_free(subject);
	OPENSSL_free(issuer);
	OPENSSL_free(serial);
	X509_free(cert);
	return rv;
}
