/*
 * object_table.c: handles, the session objects behind them, and searches.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/objects/record.h"
#include "module/pkcs11/shell/rv.h"

/* A handle names a session object, or a token object by its id. */
struct entry {
	CK_OBJECT_HANDLE handle;
	uint64_t id;           /* of a token object; 0: a session object */
	bool private_;         /* a private token object: the handle ends with the login */
	struct object *object; /* the current version of a session object */
};

struct known {
	uint64_t id;
	CK_OBJECT_HANDLE handle;
	bool private_;
};

/* Guarded by slot->lock. */
struct object_table {
	struct entry *entries; /* in order of handle: new ones go to the end */
	size_t count, room;
	struct known *ids; /* token objects in order of id */
	size_t id_count, id_room;
	CK_OBJECT_HANDLE last;
	CK_OBJECT_HANDLE status; /* of the status object; 0: never asked for */
};

struct object_table *
object_table_new(void)
{
	return calloc(1, sizeof(struct object_table));
}

void
object_table_free(struct object_table *table)
{
	size_t i;

	if (table == NULL)
		return;
	for (i = 0; i < table->count; i++)
		object_unref(table->entries[i].object);
	free(table->entries);
	free(table->ids);
	free(table);
}

/* The list with room for one more element, maybe at another place; NULL: no memory, nothing changed. */
static void *
grow(void *list, size_t *room, size_t count, size_t size)
{
	const size_t wanted = *room == 0 ? 16 : *room * 2;
	void *grown;

	if (count < *room)
		return list;
	grown = realloc(list, wanted * size);
	if (grown != NULL)
		*room = wanted;
	return grown;
}

static struct entry *
find_entry(struct object_table *table, CK_OBJECT_HANDLE handle)
{
	size_t low = 0, high = table->count, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (table->entries[mid].handle < handle)
			low = mid + 1;
		else
			high = mid;
	}
	return low < table->count && table->entries[low].handle == handle ? &table->entries[low] : NULL;
}

static size_t
id_position(const struct object_table *table, uint64_t id)
{
	size_t low = 0, high = table->id_count, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (table->ids[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A new handle; 0: no memory. */
static CK_OBJECT_HANDLE
add_entry(struct object_table *table, uint64_t id, bool private_, struct object *object)
{
	struct entry *grown = grow(table->entries, &table->room, table->count, sizeof(*grown));

	if (grown == NULL)
		return 0;
	table->entries = grown;
	table->entries[table->count++] =
		(struct entry){ .handle = ++table->last, .id = id, .private_ = private_, .object = object };
	return table->last;
}

/* The handle of a token object; 0: no memory. slot->lock is held. */
static CK_OBJECT_HANDLE
handle_of(struct object_table *table, const struct token_object *stored)
{
	const size_t at = id_position(table, stored->id);
	struct known *grown;
	CK_OBJECT_HANDLE handle;

	if (at < table->id_count && table->ids[at].id == stored->id)
		return table->ids[at].handle;
	grown = grow(table->ids, &table->id_room, table->id_count, sizeof(*grown));
	if (grown == NULL)
		return 0;
	table->ids = grown;
	handle = add_entry(table, stored->id, stored->private_, NULL);
	if (handle == 0)
		return 0;
	memmove(table->ids + at + 1, table->ids + at, (table->id_count - at) * sizeof(*table->ids));
	table->ids[at] = (struct known){ stored->id, handle, stored->private_ };
	table->id_count++;
	return handle;
}

CK_RV
object_stored_handle(struct slot *slot, const struct token_object *stored, CK_OBJECT_HANDLE *handle)
{
	pthread_mutex_lock(&slot->lock);
	*handle = handle_of(slot->objects, stored);
	pthread_mutex_unlock(&slot->lock);
	return *handle != 0 ? CKR_OK : CKR_HOST_MEMORY;
}

static struct object *
object_new(CK_OBJECT_HANDLE handle, const struct token_object *stored, struct token_attrs *attrs, struct secret *value)
{
	struct object *object = calloc(1, sizeof(*object));

	if (object == NULL)
		return NULL;
	object->refs = 1;
	object->handle = handle;
	object->stored = stored;
	object->attrs = attrs;
	if (value != NULL)
		object->value = secret_move(value);
	return object;
}

/* The status object, made anew each time. */
static CK_RV
status_object(struct session *session, struct object **object)
{
	struct slot *slot = session->slot;
	struct token_attrs *attrs = NULL;
	struct secret value = SECRET_NONE;
	CK_OBJECT_HANDLE handle;
	CK_RV rv;

	rv = status_object_find(session, &attrs, &value);
	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&slot->lock);
	if (slot->objects->status == 0)
		slot->objects->status = add_entry(slot->objects, 0, false, NULL);
	handle = slot->objects->status;
	pthread_mutex_unlock(&slot->lock);
	*object = handle == 0 ? NULL : object_new(handle, NULL, attrs, &value);
	if (*object != NULL)
		return CKR_OK;
	attrs_free(attrs);
	secret_wipe(&value);
	return CKR_HOST_MEMORY;
}

static CK_RV
token_object_of(struct session *session, CK_OBJECT_HANDLE handle, uint64_t id, struct object **object)
{
	const struct token_object *stored = NULL;
	enum token_result res;

	res = token_object_get(session->slot->token, id, &stored);
	if (res != TOKEN_OK)
		return rv_from_token(res);
	*object = object_new(handle, stored, NULL, NULL);
	if (*object != NULL)
		return CKR_OK;
	token_object_unref(stored);
	return CKR_HOST_MEMORY;
}

CK_RV
object_from_handle(struct session *session, CK_OBJECT_HANDLE handle, struct object **object)
{
	struct slot *slot = session->slot;
	const struct entry *entry;
	uint64_t id = 0;
	bool status;

	*object = NULL;
	pthread_mutex_lock(&slot->lock);
	status = handle != 0 && handle == slot->objects->status;
	entry = find_entry(slot->objects, handle);
	if (entry != NULL) {
		id = entry->id;
		if (entry->object != NULL)
			*object = object_ref(entry->object);
	}
	pthread_mutex_unlock(&slot->lock);
	if (status)
		return status_object(session, object);
	if (id != 0)
		return token_object_of(session, handle, id, object);
	if (*object != NULL && object_is_private(*object) && slot_role(slot) != TOKEN_USER) {
		object_unref(*object);
		*object = NULL;
	}
	return *object != NULL ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

CK_RV
object_publish(struct session *session, struct token_attrs *attrs, struct secret *value, CK_OBJECT_HANDLE *handle)
{
	struct slot *slot = session->slot;
	struct object *object;

	object = object_new(0, NULL, attrs, value);
	if (object == NULL) {
		attrs_free(attrs);
		secret_wipe(value);
		return CKR_HOST_MEMORY;
	}
	object->owner = session->handle;
	pthread_mutex_lock(&slot->lock);
	*handle = object->handle = add_entry(slot->objects, 0, false, object);
	pthread_mutex_unlock(&slot->lock);
	if (*handle != 0)
		return CKR_OK;
	object_unref(object);
	return CKR_HOST_MEMORY;
}

CK_RV
object_republish(struct session *session, const struct object *old, struct token_attrs *attrs, struct secret *value)
{
	struct slot *slot = session->slot;
	struct object *object, *before = NULL;
	struct entry *entry;

	object = object_new(old->handle, NULL, attrs, value);
	if (object == NULL) {
		attrs_free(attrs);
		secret_wipe(value);
		return CKR_HOST_MEMORY;
	}
	object->owner = old->owner;
	pthread_mutex_lock(&slot->lock);
	entry = find_entry(slot->objects, old->handle);
	if (entry != NULL && entry->object != NULL) {
		before = entry->object;
		entry->object = object;
	}
	pthread_mutex_unlock(&slot->lock);
	object_unref(before == NULL ? object : before);
	return before == NULL ? CKR_OBJECT_HANDLE_INVALID : CKR_OK;
}

/* Which session objects go; with the private ones go the handles of private token objects. */
struct doomed {
	CK_OBJECT_HANDLE handle; /* this one, */
	CK_SESSION_HANDLE owner; /* those of this session, */
	bool private_;           /* or the private ones */
};

static bool
is_doomed(const struct entry *entry, struct doomed which)
{
	if (entry->object == NULL)
		return which.private_ && entry->private_;
	return entry->handle == which.handle || entry->object->owner == which.owner ||
		(which.private_ && object_is_private(entry->object));
}

/* The ids whose handles have gone. */
static void
forget_private_ids(struct object_table *table)
{
	size_t i, kept = 0;

	for (i = 0; i < table->id_count; i++)
		if (!table->ids[i].private_)
			table->ids[kept++] = table->ids[i];
	table->id_count = kept;
}

static void
sweep(struct slot *slot, struct doomed which)
{
	struct object_table *table = slot->objects;
	size_t i, kept = 0;

	pthread_mutex_lock(&slot->lock);
	for (i = 0; i < table->count; i++) {
		if (is_doomed(&table->entries[i], which))
			object_unref(table->entries[i].object);
		else
			table->entries[kept++] = table->entries[i];
	}
	table->count = kept;
	if (which.private_)
		forget_private_ids(table);
	pthread_mutex_unlock(&slot->lock);
}

void
object_withdraw(struct session *session, const struct object *object)
{
	sweep(session->slot, (struct doomed){ .handle = object->handle });
}

void
object_forget_session(struct slot *slot, CK_SESSION_HANDLE owner)
{
	sweep(slot, (struct doomed){ .owner = owner });
}

void
object_forget_private(struct slot *slot)
{
	sweep(slot, (struct doomed){ .private_ = true });
}

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
		else if (attr == NULL || !equals(attr->pValue, attr->ulValueLen, &template[i]))
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
	CK_OBJECT_HANDLE *grown = grow(result->handles, &result->room, result->count, sizeof(*grown));

	if (grown == NULL)
		return CKR_HOST_MEMORY;
	result->handles = grown;
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

	rv = rv_from_token(token_objects(session->slot->token, &stored, &n));
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
	struct slot *slot = session->slot;
	const bool user = slot_role(slot) == TOKEN_USER;
	const struct object_table *table = slot->objects;
	struct object **snapshot = NULL;
	size_t i, n = 0;
	CK_RV rv = CKR_OK;

	pthread_mutex_lock(&slot->lock);
	if (table->count > 0)
		snapshot = calloc(table->count, sizeof(struct object *));
	for (i = 0; i < table->count && snapshot != NULL; i++)
		if (table->entries[i].object != NULL)
			snapshot[n++] = object_ref(table->entries[i].object);
	if (table->count > 0 && snapshot == NULL)
		rv = CKR_HOST_MEMORY;
	pthread_mutex_unlock(&slot->lock);
	for (i = 0; i < n; i++) {
		if (rv == CKR_OK && (user || !object_is_private(snapshot[i])) &&
			matches(session, snapshot[i], template, count))
			rv = add_result(result, snapshot[i]->handle);
		object_unref(snapshot[i]);
	}
	free(snapshot);
	return rv;
}

/* The status object shows only to those who name it. */
static bool
names_status(const CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_ULONG i;

	for (i = 0; i < count; i++)
		if (template[i].type == CKA_APPLICATION &&
			equals(STATUS_APPLICATION, strlen(STATUS_APPLICATION), &template[i]))
			return true;
	return false;
}

static CK_RV
search_status(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, struct result *result)
{
	struct object *object = NULL;
	CK_RV rv;

	rv = status_object(session, &object);
	if (rv == CKR_OK && matches(session, object, template, count))
		rv = add_result(result, object->handle);
	object_unref(object);
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
	if (rv == CKR_OK && names_status(template, count))
		rv = search_status(session, template, count, &result);
	if (rv != CKR_OK) {
		free(result.handles);
		return rv;
	}
	*handles = result.handles;
	*found = result.count;
	return CKR_OK;
}
