/*
 * object_table.c: handles, and the session objects behind them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/builtin.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"
#include "tokens/attr_index.h"

#define INDEX_FROM 32 /* session objects; fewer are looked at one by one */

/* A token object that has a handle. Handles are given in order, ids come in any. */
struct known {
	CK_OBJECT_HANDLE handle;
	uint64_t id;
	bool private_; /* the handle ends with the login */
};

/* Guarded by slot->lock. */
struct object_table {
	struct object **local; /* the current versions of session objects, in order of handle */
	size_t local_count, local_room;
	struct attr_index *index; /* of those, by handle; NULL: not built */
	struct known *by_handle, *by_id;
	size_t known_count, by_handle_room, by_id_room;
	CK_OBJECT_HANDLE last;
	struct object_table *next; /* of the abandoned ones */
};

struct object_table *
object_table_new(void)
{
	return calloc(1, sizeof(struct object_table));
}

/* Keys of session objects are OpenSSL's to free, and OpenSSL is no more: all stays reachable and is never used. */
void
object_table_abandon(struct object_table *table)
{
	static struct object_table *abandoned;
	size_t i;

	for (i = 0; i < table->local_count; i++)
		secret_wipe(&table->local[i]->value);
	table->next = abandoned;
	abandoned = table;
}

void
object_table_free(struct object_table *table)
{
	size_t i;

	if (table == NULL)
		return;
	for (i = 0; i < table->local_count; i++)
		object_unref(table->local[i]);
	attr_index_free(table->index);
	free(table->local);
	free(table->by_handle);
	free(table->by_id);
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

/* The next handle; those of built-in objects are passed over. */
static CK_OBJECT_HANDLE
next_handle(struct object_table *table)
{
	if (++table->last == BUILTIN_FIRST)
		table->last = BUILTIN_LAST + 1;
	return table->last;
}

/* Where a session object is or would be. */
static size_t
local_position(const struct object_table *table, CK_OBJECT_HANDLE handle)
{
	size_t low = 0, high = table->local_count, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (table->local[mid]->handle < handle)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct object **
find_local(struct object_table *table, CK_OBJECT_HANDLE handle)
{
	const size_t at = local_position(table, handle);

	return at < table->local_count && table->local[at]->handle == handle ? &table->local[at] : NULL;
}

/* ---- Handles of token objects ---- */

static size_t
handle_position(const struct object_table *table, CK_OBJECT_HANDLE handle)
{
	size_t low = 0, high = table->known_count, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (table->by_handle[mid].handle < handle)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t
id_position(const struct object_table *table, uint64_t id)
{
	size_t low = 0, high = table->known_count, mid;

	if (high == 0 || table->by_id[high - 1].id < id)
		return high;
	/* Where it is when all before it are known; never further. */
	if (id >= table->by_id[0].id && id - table->by_id[0].id < high) {
		high = (size_t)(id - table->by_id[0].id);
		if (table->by_id[high].id == id)
			return high;
	}
	while (low < high) {
		mid = (low + high) / 2;
		if (table->by_id[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The id behind a handle; 0: none. */
static uint64_t
id_of(struct slot *slot, CK_OBJECT_HANDLE handle)
{
	const struct object_table *table = slot->objects;
	uint64_t id = 0;
	size_t at;

	pthread_mutex_lock(&slot->lock);
	at = handle_position(table, handle);
	if (at < table->known_count && table->by_handle[at].handle == handle)
		id = table->by_handle[at].id;
	pthread_mutex_unlock(&slot->lock);
	return id;
}

/* The handle of a token object; 0: no memory. slot->lock is held. */
static CK_OBJECT_HANDLE
handle_of(struct object_table *table, const struct token_object *stored)
{
	const size_t at = id_position(table, stored->id), count = table->known_count;
	struct known *by_handle, *by_id;

	if (at < count && table->by_id[at].id == stored->id)
		return table->by_id[at].handle;
	by_handle = grow(table->by_handle, &table->by_handle_room, count, sizeof(*by_handle));
	if (by_handle == NULL)
		return 0;
	table->by_handle = by_handle;
	by_id = grow(table->by_id, &table->by_id_room, count, sizeof(*by_id));
	if (by_id == NULL)
		return 0;
	table->by_id = by_id;
	memmove(by_id + at + 1, by_id + at, (count - at) * sizeof(*by_id));
	by_id[at] = (struct known){ next_handle(table), stored->id, stored->private_ };
	by_handle[count] = by_id[at];
	table->known_count++;
	return by_id[at].handle;
}

CK_RV
object_stored_handle(struct slot *slot, const struct token_object *stored, CK_OBJECT_HANDLE *handle)
{
	pthread_mutex_lock(&slot->lock);
	*handle = handle_of(slot->objects, stored);
	pthread_mutex_unlock(&slot->lock);
	return *handle != 0 ? CKR_OK : CKR_HOST_MEMORY;
}

/* The object of a handle has gone; ids are given out once. */
static void
forget_id(struct slot *slot, uint64_t id)
{
	struct object_table *table = slot->objects;
	size_t by_id, by_handle;

	pthread_mutex_lock(&slot->lock);
	by_id = id_position(table, id);
	if (by_id < table->known_count && table->by_id[by_id].id == id) {
		by_handle = handle_position(table, table->by_id[by_id].handle);
		table->known_count--;
		memmove(table->by_id + by_id, table->by_id + by_id + 1,
			(table->known_count - by_id) * sizeof(*table->by_id));
		memmove(table->by_handle + by_handle, table->by_handle + by_handle + 1,
			(table->known_count - by_handle) * sizeof(*table->by_handle));
	}
	pthread_mutex_unlock(&slot->lock);
}

/* Without the private ones, how many are left. */
static size_t
keep_public(struct known *list, size_t count)
{
	size_t i, kept = 0;

	for (i = 0; i < count; i++)
		if (!list[i].private_)
			list[kept++] = list[i];
	return kept;
}

/* ---- From handles to objects ---- */

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

CK_RV
object_builtin(struct session *session, CK_OBJECT_HANDLE handle, struct object **object)
{
	struct token_attrs *attrs = NULL;
	struct secret value = SECRET_NONE;
	CK_RV rv;

	*object = NULL;
	rv = builtin_make(session, handle, &attrs, &value);
	if (rv != CKR_OK)
		return rv;
	*object = object_new(handle, NULL, attrs, &value);
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
	if (res == TOKEN_ERR_NOT_FOUND)
		forget_id(session->slot, id);
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
	struct object **local;
	uint64_t id;

	*object = NULL;
	if (handle >= BUILTIN_FIRST && handle <= BUILTIN_LAST)
		return object_builtin(session, handle, object);
	id = id_of(slot, handle);
	if (id != 0)
		return token_object_of(session, handle, id, object);
	pthread_mutex_lock(&slot->lock);
	local = find_local(slot->objects, handle);
	if (local != NULL)
		*object = object_ref(*local);
	pthread_mutex_unlock(&slot->lock);
	if (*object != NULL && object_is_private(*object) &&
		!token_may(slot->token, TOKEN_ACCESS_SESSION, TOKEN_FIND)) {
		object_unref(*object);
		*object = NULL;
	}
	return *object != NULL ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
}

/* ---- Session objects ---- */

static void
drop_index(struct object_table *table)
{
	attr_index_free(table->index);
	table->index = NULL;
}

/* slot->lock is held for the four that follow. */
static void
index_add(struct object_table *table, const struct object *object)
{
	if (table->index != NULL && !attr_index_add(table->index, object->attrs, object->handle))
		drop_index(table);
}

static void
index_remove(struct object_table *table, const struct object *object)
{
	if (table->index != NULL)
		attr_index_remove(table->index, object->attrs, object->handle);
}

static void
build_index(struct object_table *table)
{
	size_t i;

	if (table->index != NULL || table->local_count < INDEX_FROM)
		return;
	table->index = attr_index_new();
	for (i = 0; i < table->local_count && table->index != NULL; i++)
		index_add(table, table->local[i]);
}

static bool
add_local(struct object_table *table, struct object *object)
{
	struct object **grown = grow(table->local, &table->local_room, table->local_count, sizeof(struct object *));

	if (grown == NULL)
		return false;
	table->local = grown;
	object->handle = next_handle(table);
	table->local[table->local_count++] = object;
	index_add(table, object);
	return true;
}

CK_RV
object_publish(struct session *session, struct token_attrs *attrs, struct secret *value, CK_OBJECT_HANDLE *handle)
{
	struct slot *slot = session->slot;
	struct object *object;
	bool added = false, seen;

	object = object_new(0, NULL, attrs, value);
	if (object == NULL) {
		attrs_free(attrs);
		secret_wipe(value);
		return CKR_HOST_MEMORY;
	}
	object->owner = session->handle;
	pthread_mutex_lock(&slot->lock);
	/* A logout that came meanwhile has taken the private objects away, or will when it has the lock. */
	seen = !object_is_private(object) ||
		(slot->token != NULL && token_may(slot->token, TOKEN_ACCESS_SESSION, TOKEN_CREATE));
	if (seen)
		added = add_local(slot->objects, object);
	if (added)
		*handle = object->handle;
	pthread_mutex_unlock(&slot->lock);
	if (added)
		return CKR_OK;
	object_unref(object);
	return seen ? CKR_HOST_MEMORY : CKR_USER_NOT_LOGGED_IN;
}

CK_RV
object_republish(struct session *session, const struct object *old, struct token_attrs *attrs, struct secret *value,
	bool *again)
{
	struct slot *slot = session->slot;
	struct object *object, *before = NULL;
	struct object **local;

	object = object_new(old->handle, NULL, attrs, value);
	if (object == NULL) {
		attrs_free(attrs);
		secret_wipe(value);
		return CKR_HOST_MEMORY;
	}
	object->owner = old->owner;
	pthread_mutex_lock(&slot->lock);
	local = find_local(slot->objects, old->handle);
	*again = local != NULL && *local != old;
	if (local != NULL && !*again) {
		before = *local;
		index_remove(slot->objects, before);
		*local = object;
		index_add(slot->objects, object);
	}
	pthread_mutex_unlock(&slot->lock);
	object_unref(before == NULL ? object : before);
	return before == NULL && !*again ? CKR_OBJECT_HANDLE_INVALID : CKR_OK;
}

void
object_withdraw(struct session *session, const struct object *object)
{
	struct object_table *table = session->slot->objects;
	struct object **local, *gone = NULL;

	if (object->stored != NULL) {
		forget_id(session->slot, object->stored->id);
		return;
	}
	pthread_mutex_lock(&session->slot->lock);
	local = find_local(table, object->handle);
	if (local != NULL) {
		gone = *local;
		index_remove(table, gone);
		table->local_count--;
		memmove(local, local + 1,
			(table->local_count - (size_t)(local - table->local)) * sizeof(struct object *));
	}
	pthread_mutex_unlock(&session->slot->lock);
	object_unref(gone);
}

/* The session objects of an owner go, or, without one, the private ones. slot->lock is held. */
static void
sweep(struct object_table *table, CK_SESSION_HANDLE owner)
{
	struct object *object;
	size_t i, kept = 0;

	for (i = 0; i < table->local_count; i++) {
		object = table->local[i];
		if (owner != 0 ? object->owner != owner : !object_is_private(object)) {
			table->local[kept++] = object;
			continue;
		}
		index_remove(table, object);
		object_unref(object);
	}
	table->local_count = kept;
}

void
object_forget_session(struct slot *slot, CK_SESSION_HANDLE owner)
{
	pthread_mutex_lock(&slot->lock);
	sweep(slot->objects, owner);
	pthread_mutex_unlock(&slot->lock);
}

void
object_forget_private(struct slot *slot)
{
	struct object_table *table = slot->objects;

	pthread_mutex_lock(&slot->lock);
	sweep(table, 0);
	(void)keep_public(table->by_handle, table->known_count);
	table->known_count = keep_public(table->by_id, table->known_count);
	pthread_mutex_unlock(&slot->lock);
}

CK_RV
object_session_candidates(struct slot *slot, const CK_ATTRIBUTE *wanted, CK_ULONG wanted_count, struct object ***out,
	size_t *count)
{
	struct object_table *table = slot->objects;
	struct attr_hits hits = { NULL, 0 };
	struct object **list = NULL, **local;
	bool indexed = false;
	size_t i, room, n = 0;
	CK_RV rv = CKR_OK;

	pthread_mutex_lock(&slot->lock);
	if (table->local_count == 0)
		goto out;
	build_index(table);
	if (table->index != NULL)
		indexed = attr_index_find(table->index, wanted, wanted_count, &hits);
	room = indexed ? hits.count : table->local_count;
	if (room == 0)
		goto out;
	list = calloc(room, sizeof(struct object *));
	if (list == NULL)
		rv = CKR_HOST_MEMORY;
	for (i = 0; i < room && list != NULL; i++) {
		local = indexed ? find_local(table, (CK_OBJECT_HANDLE)hits.ids[i]) : &table->local[i];
		if (local != NULL)
			list[n++] = object_ref(*local);
	}
out:
	pthread_mutex_unlock(&slot->lock);
	*out = list;
	*count = n;
	return rv;
}
