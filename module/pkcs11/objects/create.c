/*
 * create.c: C_CreateObject, C_CopyObject, C_SetAttributeValue and C_DestroyObject.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/create.h"

#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/objects/builtin.h"
#include "module/pkcs11/objects/certificate.h"
#include "module/pkcs11/objects/ec_key.h"
#include "module/pkcs11/objects/make.h"
#include "module/pkcs11/objects/provision.h"
#include "module/pkcs11/objects/record.h"
#include "module/pkcs11/shell/rv.h"
#include "module/pkcs11/objects/template.h"

/* Take CKA_VALUE out of the attributes, of the classes that keep it apart. */
static CK_RV
take_value(struct token_attrs *attrs, struct secret *value)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, CKA_VALUE);

	if (attr == NULL)
		return CKR_OK;
	if (!secret_copy(attr->pValue, attr->ulValueLen, value))
		return CKR_HOST_MEMORY;
	attrs_remove(attrs, CKA_VALUE);
	return CKR_OK;
}

static bool
is_record(const struct token_attrs *attrs)
{
	const CK_ATTRIBUTE *application = attrs_find(attrs, CKA_APPLICATION);

	return attrs_bool(attrs, CKA_TOKEN, false) && application != NULL &&
		application->ulValueLen == strlen(RECORD_APPLICATION) &&
		memcmp(application->pValue, RECORD_APPLICATION, application->ulValueLen) == 0;
}

static bool
is_status(const struct token_attrs *attrs)
{
	const CK_ATTRIBUTE *application = attrs_find(attrs, CKA_APPLICATION);

	return application != NULL && application->ulValueLen == strlen(STATUS_APPLICATION) &&
		memcmp(application->pValue, STATUS_APPLICATION, application->ulValueLen) == 0;
}

CK_RV
object_check_plain_data(const struct token_attrs *attrs)
{
	return is_record(attrs) || is_status(attrs) ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_OK;
}

/* A data object; of the two with a meaning one is bound to its key and the other is ours. */
static CK_RV
finish_data(struct session *session, struct token_attrs *attrs, const struct secret *value,
	struct token_object_spec *spec)
{
	if (is_record(attrs))
		return record_create(session, attrs, mdoc_bytes_of(value->ptr, value->len), spec);
	if (attrs_find(attrs, CKA_ID) != NULL || attrs_find(attrs, CKA_MDOC_REUSABLE) != NULL)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	return is_status(attrs) ? CKR_ATTRIBUTE_VALUE_INVALID : CKR_OK;
}

CK_RV
object_finish_class(struct session *session, CK_OBJECT_CLASS object_class, struct token_attrs *attrs,
	struct secret *value, struct token_object_spec *spec)
{
	CK_RV rv;

	switch (object_class) {
	case CKO_DATA:
		return finish_data(session, attrs, value, spec);
	case CKO_CERTIFICATE:
		return certificate_complete(attrs);
	case CKO_PUBLIC_KEY:
		rv = ec_key_finish_public(attrs);
		break;
	case CKO_PRIVATE_KEY:
		rv = ec_key_finish_private(session, attrs, value);
		break;
	default:
		rv = make_secret_key(attrs, value);
		break;
	}
	return rv == CKR_OK ? make_origin(attrs, CK_UNAVAILABLE_INFORMATION) : rv;
}

CK_RV
object_create(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
	struct token_object_spec spec = { .kind = TOKEN_OBJECT_ORDINARY };
	struct token_attrs *attrs = NULL;
	struct secret value = SECRET_NONE;
	CK_OBJECT_CLASS object_class;
	CK_RV rv;

	if (handle == NULL || (template == NULL && count != 0))
		return CKR_ARGUMENTS_BAD;
	rv = template_class(template, count, &object_class);
	if (rv != CKR_OK)
		return rv;
	attrs = attrs_new();
	rv = attrs == NULL ? CKR_HOST_MEMORY : template_read(object_class, TEMPLATE_CREATE, template, count, attrs);
	/* A record is private unless the template denies it, which record_create() refuses. */
	if (rv == CKR_OK && object_class == CKO_DATA && is_record(attrs) && attrs_find(attrs, CKA_PRIVATE) == NULL)
		rv = attrs_set_bool(attrs, CKA_PRIVATE, true) ? CKR_OK : CKR_HOST_MEMORY;
	if (rv == CKR_OK && (object_class == CKO_PUBLIC_KEY || object_class == CKO_PRIVATE_KEY))
		rv = ec_key_default_usage(attrs, object_class,
			attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION));
	if (rv == CKR_OK)
		rv = make_complete(session, object_class, TEMPLATE_CREATE, attrs);
	if (rv == CKR_OK)
		rv = make_allowed(session, attrs);
	if (rv == CKR_OK && object_class != CKO_CERTIFICATE && object_class != CKO_PUBLIC_KEY)
		rv = take_value(attrs, &value);
	if (rv == CKR_OK)
		rv = object_finish_class(session, object_class, attrs, &value, &spec);
	if (rv == CKR_OK)
		rv = make_unique(attrs);
	if (rv == CKR_OK)
		return make_publish(session, attrs, &value, &spec, handle);
	attrs_free(attrs);
	secret_wipe(&value);
	return rv;
}

/* Attributes that may go one way only. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	bool from; /* once this, */
	bool copy; /* in a copy too */
} one_way[] = {
	{ CKA_SENSITIVE, true, true },
	{ CKA_EXTRACTABLE, false, true },
	{ CKA_WRAP_WITH_TRUSTED, true, true },
	{ CKA_PRIVATE, true, true },
	{ CKA_ALWAYS_AUTHENTICATE, true, true },
	{ CKA_COPYABLE, false, false },
};

static CK_RV
check_one_way(const struct token_attrs *before, const struct token_attrs *after, bool copying)
{
	size_t i;

	for (i = 0; i < sizeof(one_way) / sizeof(one_way[0]); i++) {
		if ((copying && !one_way[i].copy) || attrs_find(before, one_way[i].type) == NULL)
			continue;
		if (attrs_bool(before, one_way[i].type, one_way[i].from) == one_way[i].from &&
			attrs_bool(after, one_way[i].type, one_way[i].from) != one_way[i].from)
			return CKR_ATTRIBUTE_READ_ONLY;
	}
	return CKR_OK;
}

/*
 * What the SO has trusted to carry other keys stays what it was: nobody else may take the mark away, or give the key
 * (or a copy of it) a use by which what it has wrapped could be opened.
 */
static CK_RV
check_trusted(struct session *session, const struct object *object, const struct token_attrs *after)
{
	static const CK_ATTRIBUTE_TYPE opening[] = { CKA_ENCRYPT, CKA_DECRYPT, CKA_UNWRAP };
	size_t i;

	if (object_class(object) != CKO_SECRET_KEY || !object_is_trusted(object) ||
		token_may(session->slot->token, TOKEN_ACCESS_TRUSTED, TOKEN_CREATE))
		return CKR_OK;
	for (i = 0; i < sizeof(opening) / sizeof(*opening); i++)
		if (attrs_bool(after, opening[i], false) && !attrs_bool(object_attrs(object), opening[i], false))
			return CKR_ATTRIBUTE_READ_ONLY;
	return attrs_bool(after, CKA_TRUSTED, false) ? CKR_OK : CKR_ATTRIBUTE_READ_ONLY;
}

/* The object's attributes with the template's over them. */
static CK_RV
merge(struct session *session, const struct object *object, enum template_origin origin, const CK_ATTRIBUTE *template,
	CK_ULONG count, struct token_attrs **attrs)
{
	const CK_OBJECT_CLASS class_now = object_class(object);
	CK_RV rv;

	*attrs = attrs_dup(object_attrs(object));
	if (*attrs == NULL)
		return CKR_HOST_MEMORY;
	rv = template_read(class_now, origin, template, count, *attrs);
	if (rv == CKR_OK)
		rv = check_one_way(object_attrs(object), *attrs, origin == TEMPLATE_COPY);
	return rv == CKR_OK ? check_trusted(session, object, *attrs) : rv;
}

/* Is it one that nobody may change: the status object, a record? */
static bool
is_fixed(const struct object *object)
{
	return (object->stored == NULL && object->owner == 0) ||
		(object->stored != NULL && object->stored->kind == TOKEN_OBJECT_RECORD);
}

/* A private key's bytes, for a copy; the answer is one that C_CopyObject may give. */
static CK_RV
copied_bytes(struct session *session, const struct object *object, struct secret *value)
{
	CK_RV rv = object_key_bytes(session, object, value);

	return rv == CKR_KEY_UNEXTRACTABLE ? CKR_ACTION_PROHIBITED : rv;
}

/* The new value of a copy or change: the template's, else the old one. */
static CK_RV
value_for(struct session *session, const struct object *object, struct token_attrs *attrs, struct secret *value)
{
	struct token_value old;
	CK_RV rv;

	if (object_class(object) == CKO_CERTIFICATE || object_class(object) == CKO_PUBLIC_KEY)
		return CKR_OK;
	if (attrs_find(attrs, CKA_VALUE) != NULL)
		return take_value(attrs, value);
	if (object_class(object) == CKO_PRIVATE_KEY)
		return copied_bytes(session, object, value);
	rv = object_value(session, object, &old);
	if (rv != CKR_OK)
		return rv;
	rv = secret_copy(old.ptr, old.len, value) ? CKR_OK : CKR_HOST_MEMORY;
	token_value_clear(&old);
	return rv;
}

CK_RV
object_copy(struct session *session, CK_OBJECT_HANDLE from, const CK_ATTRIBUTE *template, CK_ULONG count,
	CK_OBJECT_HANDLE *handle)
{
	struct object *object = NULL;
	struct token_attrs *attrs = NULL;
	struct secret value = SECRET_NONE;
	CK_RV rv;

	if (handle == NULL || (template == NULL && count != 0))
		return CKR_ARGUMENTS_BAD;
	rv = object_from_handle(session, from, &object);
	if (rv != CKR_OK)
		return rv;
	if (is_fixed(object) || !attrs_bool(object_attrs(object), CKA_COPYABLE, true) ||
		(object->stored != NULL && object->stored->kind != TOKEN_OBJECT_ORDINARY))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK)
		rv = merge(session, object, TEMPLATE_COPY, template, count, &attrs);
	if (rv == CKR_OK)
		rv = make_allowed(session, attrs);
	if (rv == CKR_OK)
		rv = value_for(session, object, attrs, &value);
	if (rv == CKR_OK && object_class(object) == CKO_DATA)
		rv = is_record(attrs) ? CKR_ACTION_PROHIBITED : finish_data(session, attrs, &value, NULL);
	if (rv == CKR_OK && object_class(object) == CKO_CERTIFICATE)
		rv = certificate_complete(attrs);
	if (rv == CKR_OK)
		rv = make_unique(attrs);
	object_unref(object);
	if (rv == CKR_OK)
		return make_publish(session, attrs, &value, NULL, handle);
	attrs_free(attrs);
	secret_wipe(&value);
	return rv;
}

/* *again: as object_republish(). */
static CK_RV
replace_stored(struct session *session, const struct object *object, const struct token_attrs *attrs,
	const struct secret *value, bool *again)
{
	const struct token_object *changed = NULL;
	enum token_result res;

	res = token_object_replace(session->slot->token, object->stored, attrs, value->ptr, value->len, &changed);
	*again = res == TOKEN_ERR_EXISTS;
	if (res == TOKEN_OK)
		token_object_unref(changed);
	return *again ? CKR_OK : rv_from_token(res);
}

/* A token object's value is sent down again only where the template has one. */
static CK_RV
apply_change(struct session *session, const struct object *object, struct token_attrs *attrs, bool *again)
{
	const bool keep = object->stored != NULL && attrs_find(attrs, CKA_VALUE) == NULL;
	struct secret value = SECRET_NONE;
	CK_RV rv = CKR_OK;

	if (!keep)
		rv = value_for(session, object, attrs, &value);
	if (rv == CKR_OK && object_class(object) == CKO_DATA)
		rv = is_record(attrs) ? CKR_ATTRIBUTE_VALUE_INVALID : finish_data(session, attrs, &value, NULL);
	if (rv == CKR_OK && object_class(object) == CKO_CERTIFICATE)
		rv = certificate_complete(attrs);
	if (rv == CKR_OK && object->stored == NULL)
		return object_republish(session, object, attrs, &value, again);
	if (rv == CKR_OK)
		rv = replace_stored(session, object, attrs, &value, again);
	attrs_free(attrs);
	secret_wipe(&value);
	return rv;
}

/* Judge and change the version that is there now; *again: it is no more. */
static CK_RV
change_version(struct session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *template, CK_ULONG count,
	bool *again)
{
	struct object *object = NULL;
	struct token_attrs *attrs = NULL;
	CK_RV rv;

	rv = object_from_handle(session, handle, &object);
	if (rv != CKR_OK)
		return rv;
	if (object_is_token(object))
		rv = make_changeable(session, object, TOKEN_CHANGE);
	if (rv == CKR_OK && (is_fixed(object) || !attrs_bool(object_attrs(object), CKA_MODIFIABLE, true)))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK)
		rv = merge(session, object, TEMPLATE_SET, template, count, &attrs);
	if (rv == CKR_OK)
		rv = template_consistent(attrs);
	if (rv == CKR_OK && attrs_bool(attrs, CKA_TRUSTED, false) && !object_is_trusted(object))
		rv = make_allowed(session, attrs);
	if (rv == CKR_OK)
		rv = apply_change(session, object, attrs, again);
	else
		attrs_free(attrs);
	object_unref(object);
	return rv;
}

/* Two changes at once are one after the other: else the one would undo what the other has made of a one-way mark. */
CK_RV
object_set_attributes(struct session *session, CK_OBJECT_HANDLE handle, const CK_ATTRIBUTE *template, CK_ULONG count)
{
	bool again;
	CK_RV rv;

	if (template == NULL && count != 0)
		return CKR_ARGUMENTS_BAD;
	do {
		again = false;
		rv = change_version(session, handle, template, count, &again);
	} while (again);
	return rv;
}

CK_RV
object_destroy(struct session *session, CK_OBJECT_HANDLE handle)
{
	struct object *object = NULL;
	CK_ULONG which;
	CK_RV rv;

	rv = object_from_handle(session, handle, &object);
	if (rv != CKR_OK)
		return rv;
	if (builtin_is_waiting(handle, &which)) {
		object_unref(object);
		return provision_destroy_waiting(session, which);
	}
	if (object_is_token(object) && !(object->stored == NULL && object->owner == 0))
		rv = make_changeable(session, object, TOKEN_DESTROY);
	if (rv == CKR_OK &&
		((object->stored == NULL && object->owner == 0) ||
			!attrs_bool(object_attrs(object), CKA_DESTROYABLE, true)))
		rv = CKR_ACTION_PROHIBITED;
	if (rv == CKR_OK && object->stored != NULL)
		rv = rv_from_token(token_object_destroy(session->slot->token, object->stored));
	if (rv == CKR_OK)
		object_withdraw(session, object);
	object_unref(object);
	return rv;
}
