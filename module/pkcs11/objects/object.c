/*
 * object.c: one object: its attributes, its value, its key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/object.h"

#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/shell/rv.h"

const struct token_attrs *
object_attrs(const struct object *object)
{
	return object->stored != NULL ? object->stored->attrs : object->attrs;
}

bool
object_is_token(const struct object *object)
{
	return attrs_bool(object_attrs(object), CKA_TOKEN, false);
}

bool
object_is_private(const struct object *object)
{
	if (object->stored != NULL)
		return object->stored->private_;
	return attrs_bool(object->attrs, CKA_PRIVATE, false);
}

bool
object_needs_login(const struct object *object)
{
	const CK_OBJECT_CLASS class_now = object_class(object);

	return object_is_private(object) ||
		(object->stored != NULL && (class_now == CKO_PRIVATE_KEY || class_now == CKO_SECRET_KEY));
}

CK_OBJECT_CLASS
object_class(const struct object *object)
{
	return attrs_ulong(object_attrs(object), CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
}

/* What binding makes of a holder key, and what a mark on an unauthenticated object is worth. */
const CK_ATTRIBUTE *
object_attribute(const struct object *object, CK_ATTRIBUTE_TYPE type, struct object_room *room)
{
	const struct token_object *stored = object->stored;

	if (type == CKA_MDOC_COPY_STATE && stored != NULL && stored->kind == TOKEN_OBJECT_HOLDER_PRIVATE) {
		room->number = stored->copy != 0 ? CKV_MDOC_COPY_UNUSED : CKV_MDOC_COPY_UNBOUND;
		room->attr = (CK_ATTRIBUTE){ type, &room->number, sizeof(room->number) };
		return &room->attr;
	}
	if (type == CKA_TRUSTED && stored != NULL && !stored->authenticated) {
		room->flag = CK_FALSE;
		room->attr = (CK_ATTRIBUTE){ type, &room->flag, sizeof(room->flag) };
		return attrs_find(stored->attrs, type) == NULL ? NULL : &room->attr;
	}
	return attrs_find(object_attrs(object), type);
}

bool
object_is_trusted(const struct object *object)
{
	struct object_room room;
	const CK_ATTRIBUTE *mark = object_attribute(object, CKA_TRUSTED, &room);

	return mark != NULL && mark->ulValueLen == sizeof(CK_BBOOL) && *(const CK_BBOOL *)mark->pValue == CK_TRUE;
}

CK_RV
object_value(struct session *session, const struct object *object, struct token_value *value)
{
	struct secret copy;

	*value = (struct token_value){ 0 };
	if (object->stored != NULL) {
		if (object->stored->value_len == 0)
			return CKR_OK;
		return rv_from_token(token_object_value(session->slot->token, object->stored, value));
	}
	if (!secret_copy(object->value.ptr, object->value.len, &copy))
		return CKR_HOST_MEMORY;
	*value = (struct token_value){ .ptr = copy.ptr, .len = copy.len, .in_arena = true };
	return CKR_OK;
}

CK_RV
object_key_bytes(struct session *session, const struct object *object, struct secret *bytes)
{
	struct token_value value = { 0 };
	enum token_result res;
	CK_RV rv;

	if (object->stored != NULL && object_class(object) == CKO_PRIVATE_KEY) {
		res = token_key_export(session->slot->token, object->stored, bytes);
		return res == TOKEN_ERR_UNSUPPORTED ? CKR_KEY_UNEXTRACTABLE : rv_from_token(res);
	}
	rv = object_value(session, object, &value);
	if (rv == CKR_OK && !secret_copy(value.ptr, value.len, bytes))
		rv = CKR_HOST_MEMORY;
	token_value_clear(&value);
	return rv;
}

static enum token_curve
object_curve(const struct object *object)
{
	const CK_ATTRIBUTE *params = attrs_find(object_attrs(object), CKA_EC_PARAMS);

	return params == NULL ? TOKEN_CURVE_NONE : token_curve_from_params(params->pValue, params->ulValueLen);
}

/* The first user makes it; who comes second at the same time throws his away. */
static CK_RV
session_key(struct session *session, struct object *object, struct token_key **key)
{
	struct token_key *made = NULL, *first = NULL;
	CK_RV rv;

	rv = rv_from_token(token_key_from_scalar(session->slot->library->env, object_curve(object), object->value.ptr,
		object->value.len, &made));
	if (rv != CKR_OK)
		return rv;
	if (atomic_compare_exchange_strong(&object->key, &first, made))
		first = made;
	else
		token_key_free(made);
	*key = token_key_ref(first);
	return CKR_OK;
}

CK_RV
object_load_key(struct session *session, struct object *object, struct token_key **key)
{
	struct token_key *ready = NULL;

	if (object->stored != NULL)
		return rv_from_token(token_key_load(session->slot->token, object->stored, key));
	ready = atomic_load(&object->key);
	if (ready == NULL)
		return session_key(session, object, key);
	*key = token_key_ref(ready);
	return CKR_OK;
}

CK_RV
object_ec_point(const struct object *object, enum token_curve *curve, const CK_BYTE **point, size_t *len)
{
	const CK_ATTRIBUTE *attr = attrs_find(object_attrs(object), CKA_EC_POINT);

	*curve = object_curve(object);
	if (attr == NULL || *curve == TOKEN_CURVE_NONE ||
		!ec_read_point(*curve, attr->pValue, attr->ulValueLen, point, len))
		return CKR_KEY_TYPE_INCONSISTENT;
	return CKR_OK;
}

struct object *
object_ref(struct object *object)
{
	atomic_fetch_add(&object->refs, 1);
	return object;
}

void
object_unref(struct object *object)
{
	if (object == NULL || atomic_fetch_sub(&object->refs, 1) != 1)
		return;
	if (object->stored != NULL)
		token_object_unref(object->stored);
	attrs_free(object->attrs);
	secret_wipe(&object->value);
	token_key_free(atomic_load(&object->key));
	free(object);
}
