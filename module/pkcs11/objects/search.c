/*
 * search.c: which objects a template finds: token objects by the token's index, session objects by the table's,
 * and what is built in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/array.h"
#include "module/pkcs11/objects/builtin.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"

static bool
equals(const void *bytes, size_t len, const CK_ATTRIBUTE *wanted)
{
	return len == wanted->ulValueLen && (len == 0 || memcmp(bytes, wanted->pValue, len) == 0);
}

/* Data objects can be looked for by their value; keys cannot. */
static bool
matches_value(struct session *session, const struct object *object, const CK_ATTRIBUTE *wanted)
{
	struct token_value value;
	bool same;

	if (object_class(object) != CKO_DATA || object_value(session, object, &value) != CKR_OK)
		return false;
	same = equals(value.ptr, value.len, wanted);
	token_value_clear(&value);
	return same;
}

static bool
matches(struct session *session, const struct object *object, const CK_ATTRIBUTE *template, CK_ULONG count)
{
	const CK_ATTRIBUTE *value = NULL, *attr;
	struct object_room room;
	CK_ULONG i;

	for (i = 0; i < count; i++) {
		attr = object_attribute(object, template[i].type, &room);
		if (attr == NULL && template[i].type == CKA_VALUE)
			value = &template[i];
		else if (attr == NULL ||
			!(array_is(template[i].type) ? array_equals(attr, &template[i])
						     : equals(attr->pValue, attr->ulValueLen, &template[i])))
			return false;
	}
	return value == NULL || matches_value(session, object, value);
}

struct result {
	CK_OBJECT_HANDLE *handles;
	size_t count, room;
};

static CK_RV
add_result(struct result *result, CK_OBJECT_HANDLE handle)
{
	const size_t room = result->room == 0 ? 4 : result->room * 2;
	CK_OBJECT_HANDLE *grown;

	if (result->count == result->room) {
		grown = realloc(result->handles, room * sizeof(*grown));
		if (grown == NULL)
			return CKR_HOST_MEMORY;
		result->handles = grown;
		result->room = room;
	}
	result->handles[result->count++] = handle;
	return CKR_OK;
}

static CK_RV
search_token(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, struct result *result)
{
	const struct token_object **stored = NULL;
	struct object object = { 0 };
	CK_OBJECT_HANDLE handle;
	size_t n = 0, i;
	CK_RV rv;

	rv = rv_from_token(token_objects_match(session->slot->token, template, count, &stored, &n));
	for (i = 0; i < n && rv == CKR_OK; i++) {
		object.stored = stored[i];
		if (!matches(session, &object, template, count))
			continue;
		rv = object_stored_handle(session->slot, stored[i], &handle);
		if (rv == CKR_OK)
			rv = add_result(result, handle);
	}
	token_objects_free(stored, n);
	return rv;
}

static CK_RV
search_session(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, struct result *result)
{
	const bool user = token_may(session->slot->token, TOKEN_ACCESS_SESSION, TOKEN_FIND);
	struct object **list = NULL;
	size_t i, n = 0;
	CK_RV rv;

	rv = object_session_candidates(session->slot, template, count, &list, &n);
	for (i = 0; i < n; i++) {
		if (rv == CKR_OK && (user || !object_is_private(list[i])) && matches(session, list[i], template, count))
			rv = add_result(result, list[i]->handle);
		object_unref(list[i]);
	}
	free(list);
	return rv;
}

static CK_RV
search_range(struct session *session, struct builtin_range range, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct result *result)
{
	CK_OBJECT_HANDLE handle;
	struct object *object;
	CK_RV rv = CKR_OK;

	for (handle = range.first; handle < range.last && rv == CKR_OK; handle++) {
		rv = object_builtin(session, handle, &object);
		if (rv == CKR_OK && matches(session, object, template, count))
			rv = add_result(result, handle);
		else if (rv == CKR_OBJECT_HANDLE_INVALID)
			rv = CKR_OK; /* not this token's now */
		object_unref(object);
	}
	return rv;
}

static CK_RV
search_builtin(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, struct result *result)
{
	struct builtin_range ranges[BUILTIN_RANGES];
	const size_t n = builtin_ranges(session, template, count, ranges);
	CK_RV rv = CKR_OK;
	size_t i;

	for (i = 0; i < n && rv == CKR_OK; i++)
		rv = search_range(session, ranges[i], template, count, result);
	return rv;
}

CK_RV
object_search(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE **handles,
	CK_ULONG *found)
{
	struct result result = { 0 };
	CK_ULONG i;
	CK_RV rv;

	for (i = 0; i < count; i++)
		if (template[i].pValue == NULL && template[i].ulValueLen != 0)
			return CKR_ATTRIBUTE_VALUE_INVALID;
	rv = search_token(session, template, count, &result);
	if (rv == CKR_OK)
		rv = search_session(session, template, count, &result);
	if (rv == CKR_OK)
		rv = search_builtin(session, template, count, &result);
	if (rv != CKR_OK) {
		free(result.handles);
		return rv;
	}
	*handles = result.handles;
	*found = result.count;
	return CKR_OK;
}
