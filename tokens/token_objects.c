/*
 * Looking at objects, and making, replacing and destroying them one by one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_objects.h"

#include <stdlib.h>
#include <time.h>

/* Of all rows at once; without memory for it searches look at every object. Token lock held. */
static void
build_index(struct token *token)
{
	if (token->index != NULL)
		return;
	token->index = attr_index_new();
	for (size_t i = 0; i < token->count && token->index != NULL; i++)
		cache_index_add(token, token->rows[i].object);
}

/* A program that starts looks for all objects of a class: once that is cheaper without an index. */
static bool
wants_index(struct token *token, const CK_ATTRIBUTE *wanted, size_t count)
{
	const bool by_class = count == 1 && wanted[0].type == CKA_CLASS;
	const bool first = !token->searched;

	token->searched = true;
	return count > 0 && !(by_class && first);
}

static void
add_hits(struct token *token, struct attr_hits hits, const struct token_object **objects, size_t *count)
{
	for (size_t i = 0; i < hits.count; i++) {
		const struct cached *c = cache_find(token, hits.ids[i]);

		if (c != NULL && c->object != NULL)
			objects[(*count)++] = token_object_ref(c->object);
	}
}

enum token_result
token_objects_match(struct token *token, const CK_ATTRIBUTE *wanted, size_t wanted_count,
	const struct token_object ***out, size_t *out_count)
{
	const struct token_object **objects = NULL;
	struct attr_hits hits = { NULL, 0 };
	bool indexed = false;
	size_t count = 0;
	enum token_result res;

	res = token_lock_fresh(token);
	if (res != TOKEN_OK)
		goto out;
	if (wants_index(token, wanted, wanted_count))
		build_index(token);
	if (wanted_count > 0 && token->index != NULL)
		indexed = attr_index_find(token->index, wanted, wanted_count, &hits);
	objects = malloc(((indexed ? hits.count : token->count) + 1) * sizeof(*objects));
	if (objects == NULL) {
		res = TOKEN_ERR_MEMORY;
		goto out;
	}
	if (indexed)
		add_hits(token, hits, objects, &count);
	for (size_t i = 0; i < token->count && !indexed; i++) {
		if (token->rows[i].object != NULL)
			objects[count++] = token_object_ref(token->rows[i].object);
	}
	*out = objects;
	*out_count = count;
out:
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

enum token_result
token_objects(struct token *token, const struct token_object ***objects, size_t *count)
{
	return token_objects_match(token, NULL, 0, objects, count);
}

void
token_objects_free(const struct token_object **objects, size_t count)
{
	for (size_t i = 0; i < count; i++)
		token_object_unref(objects[i]);
	free(objects);
}

/* What this process may see and has under this id. Token lock held. */
static struct cached *
find_visible(struct token *token, uint64_t id)
{
	struct cached *c = cache_find(token, id);

	return c != NULL && c->object != NULL ? c : NULL;
}

enum token_result
token_object_get(struct token *token, uint64_t id, const struct token_object **object)
{
	const struct cached *c = NULL;
	enum token_result res;

	res = token_lock_fresh(token);
	if (res == TOKEN_OK) {
		c = find_visible(token, id);
		if (c == NULL)
			res = TOKEN_ERR_NOT_FOUND;
		else
			*object = token_object_ref(c->object);
	}
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

static bool
is_secret_key(const struct token_object *object)
{
	return attrs_ulong(object->attrs, CKA_CLASS, CKO_DATA) == CKO_SECRET_KEY;
}

/* The value of a secret key that is ready. */
static bool
take_ready(struct token *token, uint64_t id, struct token_value *value)
{
	const struct cached *c = NULL;
	bool ready;

	if (token_lock_fresh(token) == TOKEN_OK)
		c = find_visible(token, id);
	ready = c != NULL && ready_value(token, &c->row, value);
	(void)pthread_mutex_unlock(&token->lock);
	return ready;
}

enum token_result
object_read_value(struct token *token, uint64_t id, struct token_value *value)
{
	const struct cached *c = NULL;
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	res = store_begin(token->store, false);
	if (res != TOKEN_OK)
		goto out;
	res = cache_refresh(token);
	if (res == TOKEN_OK) {
		c = find_visible(token, id);
		res = c != NULL ? blob_value(token, &c->row, value) : TOKEN_ERR_NOT_FOUND;
		if (res == TOKEN_OK && is_secret_key(c->object))
			ready_keep_value(token, &c->row, value);
	}
	res = store_end(token->store, res);
out:
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

/* What is private, or sealed, nobody gets by a PIN that opens nothing any more. */
static enum token_result
check_opens(struct token *token)
{
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	res = pin_opens(token);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

enum token_result
token_object_value(struct token *token, const struct token_object *object, struct token_value *value)
{
	enum token_result res = TOKEN_OK;

	*value = (struct token_value){ 0 };
	if (object->private_ || is_secret_key(object))
		res = check_opens(token);
	if (res != TOKEN_OK)
		return res;
	if (is_secret_key(object) && !object->private_ && !token_may_object(token, object, TOKEN_USE))
		return TOKEN_ERR_NOT_LOGGED_IN;
	if (object->kind == TOKEN_OBJECT_HOLDER_PRIVATE ||
		attrs_ulong(object->attrs, CKA_CLASS, CKO_DATA) == CKO_PRIVATE_KEY)
		return TOKEN_ERR_ARG; /* token_key_load() is the way to a private key */
	if (is_secret_key(object) && take_ready(token, object->id, value))
		return TOKEN_OK;
	return object_read_value(token, object->id, value);
}

/* This very version of a reusable record, as it is shown now. After a login it is another. Token lock held. */
static const struct cached *
find_record(struct token *token, const struct token_object *record)
{
	const struct cached *c = find_visible(token, record->id);

	return record->kind == TOKEN_OBJECT_RECORD && record->reusable && c != NULL && c->object == record ? c : NULL;
}

bool
token_note_find(struct token *token, const struct token_object *record, struct token_value *note)
{
	const struct cached *c = NULL;
	bool found;

	if (token_lock_fresh(token) == TOKEN_OK)
		c = find_record(token, record);
	found = c != NULL && ready_value(token, &c->row, note);
	(void)pthread_mutex_unlock(&token->lock);
	return found;
}

void
token_note_keep(struct token *token, const struct token_object *record, const uint8_t *note, size_t len)
{
	const struct cached *c = NULL;
	struct secret copy = SECRET_NONE;

	if (!secret_copy(note, len, &copy))
		return;
	if (token_lock_fresh(token) == TOKEN_OK)
		c = find_record(token, record);
	if (c != NULL)
		ready_keep_value(token, &c->row,
			&(struct token_value){ .ptr = copy.ptr, .len = copy.len, .in_arena = true });
	(void)pthread_mutex_unlock(&token->lock);
	secret_wipe(&copy);
}

enum token_result
object_check_spec(const struct token_object_spec *spec)
{
	if (spec->value_len > TOKEN_VALUE_MAX)
		return TOKEN_ERR_TOO_LARGE;
	if (spec->kind != TOKEN_OBJECT_ORDINARY && spec->kind != TOKEN_OBJECT_RECORD)
		return TOKEN_ERR_ARG;
	if (spec->kind == TOKEN_OBJECT_RECORD && (!spec->private_ || spec->bind_key == 0))
		return TOKEN_ERR_ARG;
	return TOKEN_OK;
}

/* The unbound holder key that a record is to be bound to. */
static enum token_result
find_unbound(struct token *token, uint64_t id, struct cached **key)
{
	struct cached *c = find_visible(token, id);

	if (c == NULL || c->row.kind != TOKEN_OBJECT_HOLDER_PRIVATE)
		return TOKEN_ERR_NOT_FOUND;
	if (c->row.state != STORE_UNBOUND)
		return TOKEN_ERR_BOUND;
	*key = c;
	return TOKEN_OK;
}

enum token_result
object_check_unbound(struct token *token, uint64_t id)
{
	struct cached *key = NULL;
	enum token_result res;

	res = token_lock_fresh(token);
	if (res == TOKEN_OK)
		res = find_unbound(token, id, &key);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

/* Both halves of the key become the copy's. */
static enum token_result
bind_key(struct token *token, uint64_t id, uint8_t reusable)
{
	struct cached *key = NULL;
	enum token_result res = find_unbound(token, id, &key);

	for (size_t i = 0; i < token->count && res == TOKEN_OK; i++) {
		struct cached *c = &token->rows[i];
		struct store_row to = c->row;

		if (c->row.copy != id)
			continue;
		to.state = STORE_BOUND;
		to.flags |= reusable;
		res = change_update(token, c, &to, NULL, NULL, 0);
	}
	return res;
}

enum token_result
object_insert(struct token *token, const struct token_object_spec *spec, const struct token_object **object)
{
	const uint8_t reusable = spec->kind == TOKEN_OBJECT_RECORD && spec->reusable ? STORE_REUSABLE : 0;
	struct store_row row = { .kind = (uint8_t)spec->kind, .flags = reusable };
	enum token_result res = TOKEN_OK;

	if (spec->private_)
		row.flags |= STORE_PRIVATE;
	res = access_make(token, spec->attrs, spec->kind, spec->private_);
	if (res == TOKEN_OK)
		res = access_admit(token, spec->attrs, spec->kind, spec->private_, spec->value, spec->value_len, 0);
	if (res == TOKEN_OK && reusable != 0 && (token->flags & STORE_AREA_SINGLE_USE) != 0)
		res = TOKEN_ERR_SINGLE_USE;
	if (res == TOKEN_OK && spec->kind == TOKEN_OBJECT_RECORD) {
		res = store_latest(token->store, time(NULL));
		if (res == TOKEN_OK)
			res = bind_key(token, spec->bind_key, reusable);
		row.copy = spec->bind_key;
		row.state = STORE_BOUND;
	}
	if (res == TOKEN_OK)
		res = change_insert(token, &row, spec->attrs, spec->value, spec->value_len, object);
	return res == TOKEN_OK ? event_item(token, spec->attrs, "written") : res;
}

static enum token_result
create_now(struct token *token, const struct token_object_spec *spec, const struct token_object **object)
{
	const struct token_object *made = NULL;
	enum token_result res;

	if (spec->private_ && token_get_role(token) == TOKEN_NOBODY)
		return TOKEN_ERR_NOT_LOGGED_IN;
	res = change_begin(token, TOKEN_NOBODY);
	if (res != TOKEN_OK)
		return res;
	res = object_insert(token, spec, &made);
	if (res == TOKEN_OK && spec->kind == TOKEN_OBJECT_RECORD)
		res = event_imported(token, 1);
	made = token_object_ref(made); /* a failed commit throws the picture's away */
	res = change_end(token, res);
	if (res == TOKEN_OK)
		*object = made;
	else
		token_object_unref(made);
	return res;
}

static CK_ULONG
class_of(const struct token_object_spec *spec)
{
	return attrs_ulong(spec->attrs, CKA_CLASS, CKO_DATA);
}

/* A private key from outside is stored as the backend has its keys; slow, without locks. */
static enum token_result
import_key(struct token *token, struct token_object_spec *spec, struct secret *imported)
{
	const CK_ATTRIBUTE *params = attrs_find(spec->attrs, CKA_EC_PARAMS);
	enum token_curve curve = TOKEN_CURVE_NONE;
	struct backend_area *area = backend_ref(token);
	enum token_result res;

	if (params != NULL)
		curve = token_curve_from_params(params->pValue, params->ulValueLen);
	res = token->backend->keys->import(area, curve, spec->value, spec->value_len, imported);
	spec->value = imported->ptr;
	spec->value_len = imported->len;
	backend_area_free(area);
	return res;
}

enum token_result
token_object_create(struct token *token, struct token_batch *batch, const struct token_object_spec *spec,
	const struct token_object **object)
{
	struct token_object_spec stored = *spec;
	struct secret imported = SECRET_NONE;
	enum token_result res = object_check_spec(spec);

	if (res == TOKEN_OK && spec->value_len > 0 && class_of(spec) == CKO_PRIVATE_KEY)
		res = import_key(token, &stored, &imported);
	if (res == TOKEN_OK)
		res = batch != NULL ? batch_stage(token, batch, &stored, object) : create_now(token, &stored, object);
	secret_wipe(&imported);
	return res;
}

/* A row that may be changed or destroyed now. Rows under the root can be only with its key. */
static enum token_result
find_changeable(struct token *token, uint64_t id, unsigned operation, struct cached **at)
{
	struct cached *c = find_visible(token, id);

	if (c == NULL)
		return TOKEN_ERR_NOT_FOUND;
	if ((c->row.flags & STORE_AUTHENTICATED) != 0 && token->role == TOKEN_NOBODY)
		return TOKEN_ERR_NOT_LOGGED_IN;
	if (!access_object(token, c->object, operation))
		return TOKEN_ERR_NOT_LOGGED_IN;
	*at = c;
	return TOKEN_OK;
}

enum token_result
token_object_replace(struct token *token, const struct token_object *object, const struct token_attrs *attrs,
	const uint8_t *value, size_t value_len, const struct token_object **changed)
{
	const struct token_object *made = NULL;
	struct store_row to = { 0 };
	struct cached *at = NULL;
	enum token_result res;

	if (value_len > TOKEN_VALUE_MAX)
		return TOKEN_ERR_TOO_LARGE;
	if (object->private_ && token_get_role(token) == TOKEN_NOBODY)
		return TOKEN_ERR_NOT_LOGGED_IN;
	res = change_begin(token, TOKEN_NOBODY);
	if (res != TOKEN_OK)
		return res;
	res = find_changeable(token, object->id, TOKEN_CHANGE, &at);
	if (res == TOKEN_OK)
		res = access_admit(token, attrs, object->kind, object->private_, value, value_len, object->id);
	if (res == TOKEN_OK && at->row.generation != object->generation)
		res = TOKEN_ERR_EXISTS; /* attrs were made from what is no more */
	if (res == TOKEN_OK) {
		to = at->row;
		res = change_update(token, at, &to, attrs, value, value_len);
	}
	if (res == TOKEN_OK)
		made = token_object_ref(at->object);
	if (res == TOKEN_OK)
		res = event_item(token, attrs, "replaced");
	res = change_end(token, res);
	if (res == TOKEN_OK)
		*changed = made;
	else
		token_object_unref(made);
	return res;
}

/* Inside a change: it, and what is one with it. */
static enum token_result
destroy(struct token *token, struct cached *at)
{
	const uint64_t copy = at->row.copy;
	const bool bound = at->row.state == STORE_BOUND;
	const struct token_object *object = token_object_ref(at->object);
	enum token_result res;

	res = copy != 0 ? change_delete_copy(token, copy) : change_delete(token, at);
	if (res == TOKEN_OK && bound)
		res = event_copy(token, EVENT_DESTROYED, copy, time(NULL));
	else if (res == TOKEN_OK)
		res = event_item(token, object->attrs, "destroyed");
	token_object_unref(object);
	return res;
}

enum token_result
token_object_destroy(struct token *token, const struct token_object *object)
{
	struct cached *at = NULL;
	enum token_result res;

	if (object->private_ && token_get_role(token) == TOKEN_NOBODY)
		return TOKEN_ERR_NOT_LOGGED_IN;
	res = change_begin(token, TOKEN_NOBODY);
	if (res != TOKEN_OK)
		return res;
	res = find_changeable(token, object->id, TOKEN_DESTROY, &at);
	if (res == TOKEN_OK)
		res = destroy(token, at);
	return change_end(token, res);
}
