/*
 * getattr.c: what of an object may be read, and how it is handed out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/getattr.h"

#include <string.h>

#include "module/pkcs11/objects/array.h"
#include "module/pkcs11/objects/template.h"

#define WANTED_MAX 4096 /* attributes of one call: a count above it is no count, and is not followed */

/* Key bytes are shown only of a key that is not sensitive and may be extracted. */
static bool
is_hidden(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
	const struct template_rule *rule = template_rule(object_class(object), type);

	if (rule == NULL || !rule->sensitive)
		return false;
	return attrs_bool(object_attrs(object), CKA_SENSITIVE, true) ||
		!attrs_bool(object_attrs(object), CKA_EXTRACTABLE, false);
}

/* Is the attribute the value that is kept apart from the others? */
static bool
is_value(const struct object *object, CK_ATTRIBUTE_TYPE type)
{
	const CK_OBJECT_CLASS object_class_ = object_class(object);

	return type == CKA_VALUE &&
		(object_class_ == CKO_DATA || object_class_ == CKO_SECRET_KEY || object_class_ == CKO_PRIVATE_KEY);
}

static CK_RV
hand_out(CK_ATTRIBUTE *to, const void *bytes, size_t len)
{
	if (to->pValue == NULL) {
		to->ulValueLen = len;
		return CKR_OK;
	}
	if (to->ulValueLen < len) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_BUFFER_TOO_SMALL;
	}
	if (len > 0)
		memcpy(to->pValue, bytes, len);
	to->ulValueLen = len;
	return CKR_OK;
}

static CK_RV
hand_out_value(struct session *session, const struct object *object, CK_ATTRIBUTE *to)
{
	struct token_value value = { 0 };
	struct secret bytes = SECRET_NONE;
	CK_RV rv;

	if (to->pValue == NULL && object->stored != NULL && object->stored->value_len != 0) {
		to->ulValueLen = object->stored->value_len;
		return CKR_OK;
	}
	if (object_class(object) == CKO_PRIVATE_KEY) {
		rv = object_key_bytes(session, object, &bytes);
		rv = rv == CKR_KEY_UNEXTRACTABLE ? CKR_ATTRIBUTE_SENSITIVE : rv;
		value.ptr = bytes.ptr;
		value.len = bytes.len;
		value.in_arena = true;
	} else {
		rv = object_value(session, object, &value);
	}
	if (rv == CKR_OK)
		rv = hand_out(to, value.ptr, value.len);
	else
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	token_value_clear(&value);
	/* A public key's value; the standard has no other answer here. */
	return rv == CKR_USER_NOT_LOGGED_IN ? CKR_ATTRIBUTE_SENSITIVE : rv;
}

static CK_RV
read_one(struct session *session, const struct object *object, CK_ATTRIBUTE *to)
{
	const struct template_rule *rule;
	const CK_ATTRIBUTE *attr;
	struct object_room room;

	if (is_hidden(object, to->type)) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_SENSITIVE;
	}
	if (is_value(object, to->type))
		return hand_out_value(session, object, to);
	attr = object_attribute(object, to->type, &room);
	if (attr == NULL) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return CKR_ATTRIBUTE_TYPE_INVALID;
	}
	rule = template_rule(object_class(object), to->type);
	if (rule != NULL && rule->kind == TEMPLATE_ARRAY)
		return array_hand_out(attr, to);
	return hand_out(to, attr->pValue, attr->ulValueLen);
}

CK_RV
getattr_read(struct session *session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE *template, CK_ULONG count)
{
	struct object *object = NULL;
	CK_RV rv, one;
	CK_ULONG i;

	if ((template == NULL && count != 0) || count > WANTED_MAX)
		return CKR_ARGUMENTS_BAD;
	rv = object_from_handle(session, handle, &object);
	for (i = 0; i < count && object != NULL; i++) {
		one = read_one(session, object, &template[i]);
		if (one != CKR_OK)
			rv = one;
	}
	object_unref(object);
	return rv;
}

CK_RV
getattr_size(struct session *session, CK_OBJECT_HANDLE handle, CK_ULONG *size)
{
	const struct token_attrs *attrs;
	struct object *object = NULL;
	CK_RV rv;
	size_t i;

	if (size == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = object_from_handle(session, handle, &object);
	if (rv != CKR_OK)
		return rv;
	attrs = object_attrs(object);
	*size = object->stored != NULL ? object->stored->value_len : object->value.len;
	for (i = 0; i < attrs_count(attrs); i++)
		*size += attrs_at(attrs, i)->ulValueLen;
	object_unref(object);
	return CKR_OK;
}
