/*
 * Changing rows: database, root and this process's picture in one step. The picture is
 * changed in place under the token's lock and thrown away when the commit fails.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/* A SO whose code is the transport secret still may do nothing but change it. */
static enum token_result
check_so(struct token *token)
{
	struct store_pin row = { 0 };
	enum token_result res;

	if (token->role != TOKEN_SO)
		return TOKEN_OK;
	res = store_pin_read(token->store, BACKEND_SO, &row);
	store_pin_clear(&row);
	return res == TOKEN_OK && row.must_change ? TOKEN_ERR_PIN_EXPIRED : res;
}

static enum token_result
check_life(struct token *token)
{
	if (token->life == TOKEN_LIFE_ACTIVE)
		return check_so(token);
	return token->life == TOKEN_LIFE_BLANK ? TOKEN_ERR_BLANK : TOKEN_ERR_RETIRED;
}

static enum token_result
begin_locked(struct token *token, enum token_role role)
{
	enum token_result res;

	if (role != TOKEN_NOBODY && token->role != role)
		return TOKEN_ERR_NOT_LOGGED_IN;
	res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		return res;
	res = cache_refresh(token);
	if (res == TOKEN_OK && role != TOKEN_NOBODY && token->role != role)
		res = TOKEN_ERR_NOT_LOGGED_IN; /* the area was made anew */
	if (res == TOKEN_OK)
		res = pin_opens_inside(token);
	if (res == TOKEN_OK)
		res = check_life(token);
	if (res != TOKEN_OK)
		(void)store_end(token->store, res);
	return res;
}

enum token_result
change_begin_uncounted(struct token *token, enum token_role role)
{
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	token->counter = COUNTER_NONE;
	token->changed = false;
	token->root_changed = false;
	token->next_id = 0;
	res = begin_locked(token, role);
	if (res != TOKEN_OK) {
		(void)pthread_mutex_unlock(&token->lock);
		return res;
	}
	token->generation = token->role != TOKEN_NOBODY ? token->root.generation + 1 : 1;
	return TOKEN_OK;
}

/* With the counter lock nobody can have committed since; whoever did all the same, or put another file in place, has
 * not been counted. */
static bool
is_counted(const struct token *token, const struct counter *counter)
{
	return counter->area == NULL || token->role == TOKEN_NOBODY || token->root.generation == counter->generation;
}

enum token_result
change_begin(struct token *token, enum token_role role)
{
	struct counter counter = COUNTER_NONE;
	enum token_result res;

	res = counter_begin(token, &counter);
	if (res == TOKEN_OK)
		res = change_begin_uncounted(token, role);
	if (res != TOKEN_OK) {
		counter_end(&counter);
		return res;
	}
	token->counter = counter;
	return is_counted(token, &counter) ? TOKEN_OK : change_end(token, TOKEN_ERR_ROLLED_BACK);
}

static enum token_result
write_root(struct token *token)
{
	enum token_result res;

	token->root.generation = token->generation;
	res = root_mac(token->env->seal, &token->keys, token->serial, token->settings, &token->root, token->root.mac);
	return res == TOKEN_OK ? store_root_write(token->store, &token->root) : res;
}

/* *counted: what the device has answered to the commit. */
static enum token_result
end(struct token *token, enum token_result res, enum token_result *counted)
{
	struct counter counter = token->counter;
	const bool count = token->root_changed;
	const uint64_t generation = token->generation;

	token->counter = COUNTER_NONE;
	if (res == TOKEN_OK && token->root_changed)
		res = write_root(token);
	seal_many_free(token->rows_key);
	token->rows_key = NULL;
	res = store_end(token->store, res);
	if (res != TOKEN_OK && token->changed)
		cache_clear(token);
	if (token->changed)
		ready_sweep(token);
	(void)pthread_mutex_unlock(&token->lock);
	*counted = res == TOKEN_OK && count ? counter_reach(&counter, generation) : TOKEN_OK;
	counter_end(&counter);
	return res;
}

enum token_result
change_end(struct token *token, enum token_result res)
{
	enum token_result counted = TOKEN_OK;

	return end(token, res, &counted);
}

enum token_result
change_end_counted(struct token *token, enum token_result res)
{
	enum token_result counted = TOKEN_OK;

	res = end(token, res, &counted);
	return res == TOKEN_OK ? counted : res;
}

static enum token_result
grow(struct token *token)
{
	const size_t room = token->room == 0 ? 64 : token->room * 2;
	struct cached *rows = NULL;

	if (token->count < token->room)
		return TOKEN_OK;
	rows = realloc(token->rows, room * sizeof(*rows));
	if (rows == NULL)
		return TOKEN_ERR_MEMORY;
	token->rows = rows;
	token->room = room;
	return TOKEN_OK;
}

/* The term of a row that is new or has changed, into the sum. */
static enum token_result
add_term(struct token *token, struct cached *c)
{
	enum token_result res;

	if ((c->row.flags & STORE_AUTHENTICATED) == 0)
		return TOKEN_OK;
	res = token->rows_key != NULL ? TOKEN_OK : seal_many_new(token->env->seal, token->keys.rows, &token->rows_key);
	if (res == TOKEN_OK)
		res = root_term(token->rows_key, token->serial, &c->row, c->term);
	if (res != TOKEN_OK)
		return res;
	c->has_term = true;
	root_add(token->root.hash, c->term);
	token->root_changed = true;
	return TOKEN_OK;
}

static void
take_term(struct token *token, struct cached *c)
{
	if (!c->has_term)
		return;
	root_subtract(token->root.hash, c->term);
	c->has_term = false;
	token->root_changed = true;
}

static struct store_blob
view(const uint8_t *bytes, size_t len)
{
	return (struct store_blob){ bytes, len };
}

/* Write a row with its blobs, and the object that it makes. */
static enum token_result
write_row(struct token *token, const struct store_row *row, const struct token_attrs *attrs, const uint8_t *value,
	size_t value_len, const struct token_object **object)
{
	struct token_attrs *copy = NULL;
	struct blob sealed_attrs = { 0 };
	struct blob sealed_value = { 0 };
	uint8_t *bytes = NULL;
	size_t len = 0;
	enum token_result res;

	res = attrs_encode(attrs, &bytes, &len);
	if (res == TOKEN_OK)
		res = blob_make(token, row, STORE_ATTRS, bytes, len, &sealed_attrs);
	if (res == TOKEN_OK && value_len > 0)
		res = blob_make(token, row, STORE_VALUE, value, value_len, &sealed_value);
	if (res != TOKEN_OK)
		goto out;
	token->changed = true;
	res = store_row_write(token->store, row, view(sealed_attrs.bytes, sealed_attrs.len),
		view(sealed_attrs.tag, sealed_attrs.tag_len), view(sealed_value.bytes, sealed_value.len),
		view(sealed_value.tag, sealed_value.tag_len));
	if (res != TOKEN_OK)
		goto out;
	copy = attrs_dup(attrs);
	res = copy != NULL ? object_new(row, copy, object) : TOKEN_ERR_MEMORY;
out:
	if (bytes != NULL)
		OPENSSL_cleanse(bytes, len);
	free(bytes);
	blob_clear(&sealed_attrs);
	blob_clear(&sealed_value);
	return res;
}

/* A key's value is never stored in clear, so that making a public one needs a login too. */
static enum token_result
seal_key(const struct token *token, struct store_row *row, const struct token_attrs *attrs)
{
	if ((row->flags & STORE_PRIVATE) != 0 || !object_is_key(attrs))
		return TOKEN_OK;
	row->flags |= STORE_SEALED;
	return token->role != TOKEN_NOBODY ? TOKEN_OK : TOKEN_ERR_NOT_LOGGED_IN;
}

enum token_result
change_insert(struct token *token, struct store_row *row, const struct token_attrs *attrs, const uint8_t *value,
	size_t value_len, const struct token_object **object)
{
	const struct token_object *made = NULL;
	struct cached *c = NULL;
	enum token_result res = grow(token);

	if (res == TOKEN_OK && token->next_id == 0)
		res = store_next_id(token->store, &token->next_id);
	if (res == TOKEN_OK)
		res = seal_key(token, row, attrs);
	if (res != TOKEN_OK)
		return res;
	row->id = token->next_id++;
	row->generation = token->generation;
	row->value_len = value_len;
	if (row->copy == COPY_SELF)
		row->copy = row->id;
	if (token->role != TOKEN_NOBODY)
		row->flags |= STORE_AUTHENTICATED;
	res = write_row(token, row, attrs, value, value_len, &made);
	if (res != TOKEN_OK)
		return res;
	c = &token->rows[token->count++];
	*c = (struct cached){ .row = *row, .checked = token->role != TOKEN_NOBODY, .object = made };
	cache_index_add(token, made);
	if (object != NULL)
		*object = made;
	return add_term(token, c);
}

enum token_result
change_update(struct token *token, struct cached *at, const struct store_row *to, const struct token_attrs *attrs,
	const uint8_t *value, size_t value_len)
{
	struct token_value old = { 0 };
	struct store_row row = at->row;
	const struct token_object *made = NULL;
	enum token_result res = TOKEN_OK;

	if (value == NULL) {
		res = blob_value(token, &at->row, &old);
		value = old.ptr;
		value_len = old.len;
	}
	if (res != TOKEN_OK)
		goto out;
	row.flags = (uint8_t)(to->flags | (token->role != TOKEN_NOBODY ? STORE_AUTHENTICATED : 0));
	row.copy = to->copy;
	row.state = to->state;
	row.value_len = value_len;
	row.generation = token->generation > at->row.generation ? token->generation : at->row.generation + 1;
	res = write_row(token, &row, attrs != NULL ? attrs : at->object->attrs, value, value_len, &made);
	if (res != TOKEN_OK)
		goto out;
	take_term(token, at);
	cache_index_remove(token, at->object);
	token_object_unref(at->object);
	at->object = made;
	cache_index_add(token, made);
	at->row = row;
	at->checked = token->role != TOKEN_NOBODY;
	res = add_term(token, at);
out:
	token_value_clear(&old);
	return res;
}

enum token_result
change_delete(struct token *token, struct cached *at)
{
	const size_t index = (size_t)(at - token->rows);
	enum token_result res;

	token->changed = true;
	res = store_row_delete(token->store, at->row.id);
	if (res != TOKEN_OK)
		return res;
	take_term(token, at);
	cache_index_remove(token, at->object);
	token_object_unref(at->object);
	memmove(at, at + 1, (token->count - index - 1) * sizeof(*at));
	token->count--;
	return TOKEN_OK;
}

enum token_result
change_delete_copy(struct token *token, uint64_t copy)
{
	enum token_result res = TOKEN_OK;

	for (size_t i = token->count; i-- > 0 && res == TOKEN_OK;) {
		if (token->rows[i].row.copy == copy)
			res = change_delete(token, &token->rows[i]);
	}
	return res;
}
