/*
 * This process's picture of an area: its rows, and objects for those that it may see. It is
 * read again only when another process has committed something; unchanged rows stay.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdlib.h>
#include <string.h>

bool
cache_visible(const struct token *token, const struct store_row *row)
{
	return (row->flags & STORE_PRIVATE) == 0 ||
		access_finds_private(token_who(token), (enum token_object_kind)row->kind);
}

static void
free_rows(struct cached *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		token_object_unref(rows[i].object);
	free(rows);
}

static void
drop_index(struct token *token)
{
	attr_index_free(token->index);
	token->index = NULL;
	token->searched = false;
}

void
cache_index_add(struct token *token, const struct token_object *object)
{
	if (token->index != NULL && object != NULL && !attr_index_add(token->index, object->attrs, object->id))
		drop_index(token);
}

void
cache_index_remove(struct token *token, const struct token_object *object)
{
	if (token->index != NULL && object != NULL)
		attr_index_remove(token->index, object->attrs, object->id);
}

void
cache_clear(struct token *token)
{
	drop_index(token);
	free_rows(token->rows, token->count);
	token->rows = NULL;
	token->count = 0;
	token->room = 0;
	token->loaded = false;
}

void
token_forget_role(struct token *token)
{
	atomic_store(&token->shown, TOKEN_NOBODY);
	atomic_store(&token->rights, 0);
	token->role = TOKEN_NOBODY;
	token->by = BACKEND_USER;
	token->provisioner = 0;
	token->checked = 0;
	token->named = (struct store_named){ .id = 0 };
	secret_wipe(&token->provisioner_key);
	token->forgotten++;
	ready_clear(token);
	if (token->area != NULL)
		(void)backend_area_set_auth(token->area, SECRET_NONE);
	area_keys_wipe(&token->keys);
	pin_digest_clear(&token->digest);
	drop_index(token);
	for (size_t i = 0; i < token->count; i++) {
		struct cached *c = &token->rows[i];

		c->has_term = false;
		c->checked = false;
		if (!cache_visible(token, &c->row)) {
			token_object_unref(c->object);
			c->object = NULL;
		}
	}
}

struct cached *
cache_find(struct token *token, uint64_t id)
{
	size_t low = 0;
	size_t high = token->count;
	uint64_t first;

	if (high == 0 || id < token->rows[0].row.id)
		return NULL;
	/* Where it is when none before it has gone; never further. */
	first = token->rows[0].row.id;
	if (id - first < high)
		high = (size_t)(id - first) + 1;
	if (token->rows[high - 1].row.id == id)
		return &token->rows[high - 1];
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (token->rows[middle].row.id == id)
			return &token->rows[middle];
		if (token->rows[middle].row.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static bool
same_row(const struct store_row *a, const struct store_row *b)
{
	return a->id == b->id && a->generation == b->generation && a->copy == b->copy && a->value_len == b->value_len &&
		a->kind == b->kind && a->flags == b->flags && a->state == b->state;
}

struct loading {
	struct seal_many *seal_key, *rows_key; /* NULL: nobody is logged in */
	struct cached *rows;
	size_t count, room;
	size_t old; /* where the old picture has been read to */
};

static enum token_result
load_object(const struct token *token, const struct loading *l, struct cached *c, struct store_cursor *cursor)
{
	struct token_attrs *attrs = NULL;
	struct store_blob bytes = { 0 };
	struct store_blob tag = { 0 };
	enum token_result res;

	store_rows_attrs(cursor, &bytes, &tag);
	res = blob_attrs(token, l->seal_key, &c->row, bytes, tag, &attrs, &c->checked);
	/* Only a forged row has a key in clear. */
	if (res == TOKEN_OK && object_is_key(attrs) && (c->row.flags & (STORE_PRIVATE | STORE_SEALED)) == 0) {
		attrs_free(attrs);
		res = TOKEN_ERR_DAMAGED;
	}
	if (res != TOKEN_OK)
		return res;
	/* What was shown unchecked may have been shown without its mark of trust. */
	token_object_unref(c->object);
	c->object = NULL;
	res = object_new(&c->row, attrs, &c->object);
	if (res == TOKEN_OK && !access_object(token, c->object, TOKEN_FIND)) {
		token_object_unref(c->object); /* whose attributes alone say that it is none of a named user's */
		c->object = NULL;
	}
	return res;
}

/* What is private or sealed, or a holder's, is under the root, where nobody can add to it; anybody can add what is
 * public, and that must not pass for a part of a copy, for it would be bound, spent and destroyed with it. */
static bool
is_forged(const struct store_row *row)
{
	const bool ordinary = row->kind == TOKEN_OBJECT_ORDINARY;

	if ((row->flags & (STORE_PRIVATE | STORE_SEALED)) != 0 && (row->flags & STORE_AUTHENTICATED) == 0)
		return true;
	return ordinary ? row->copy != 0 || row->state != STORE_PLAIN : (row->flags & STORE_PRIVATE) == 0;
}

static enum token_result
load_row(const struct token *token, const struct loading *l, struct cached *c, struct store_cursor *cursor)
{
	const bool have_keys = l->rows_key != NULL;
	const bool authenticated = (c->row.flags & STORE_AUTHENTICATED) != 0;
	enum token_result res = TOKEN_OK;

	if (is_forged(&c->row))
		return TOKEN_ERR_DAMAGED;
	if (cache_visible(token, &c->row) && (c->object == NULL || (have_keys && authenticated && !c->checked)))
		res = load_object(token, l, c, cursor);
	if (res == TOKEN_OK && have_keys && authenticated && !c->has_term) {
		res = root_term(l->rows_key, token->serial, &c->row, c->term);
		c->has_term = res == TOKEN_OK;
	}
	return res;
}

/* Rows of the old picture before an id are there no more. */
static void
pass_old(struct token *token, struct loading *l, uint64_t id)
{
	for (; l->old < token->count && token->rows[l->old].row.id < id; l->old++)
		cache_index_remove(token, token->rows[l->old].object);
}

static enum token_result
load_next(struct token *token, struct loading *l, const struct store_row *row, struct store_cursor *cursor)
{
	struct cached *c = NULL;
	bool known;
	enum token_result res;

	if (l->count == l->room) {
		const size_t room = l->room == 0 ? 64 : l->room * 2;
		struct cached *rows = realloc(l->rows, room * sizeof(*rows));

		if (rows == NULL)
			return TOKEN_ERR_MEMORY;
		l->rows = rows;
		l->room = room;
	}
	c = &l->rows[l->count++];
	*c = (struct cached){ .row = *row };
	pass_old(token, l, row->id);
	if (l->old < token->count && same_row(&token->rows[l->old].row, row)) {
		*c = token->rows[l->old];
		token->rows[l->old++].object = NULL;
	}
	known = c->object != NULL;
	res = load_row(token, l, c, cursor);
	if (res == TOKEN_OK && !known)
		cache_index_add(token, c->object);
	return res;
}

static enum token_result
loading_keys(const struct token *token, struct loading *l)
{
	enum token_result res;

	if (token->role == TOKEN_NOBODY)
		return TOKEN_OK;
	res = seal_many_new(token->env->seal, token->keys.seal, &l->seal_key);
	return res == TOKEN_OK ? seal_many_new(token->env->seal, token->keys.rows, &l->rows_key) : res;
}

static enum token_result
load_rows(struct token *token)
{
	struct loading l = { 0 };
	struct store_cursor *cursor = NULL;
	struct store_row row;
	enum token_result res;

	res = loading_keys(token, &l);
	if (res == TOKEN_OK)
		res = store_rows(token->store, &cursor);
	while (res == TOKEN_OK && (res = store_rows_next(cursor, &row)) == TOKEN_OK)
		res = load_next(token, &l, &row, cursor);
	store_rows_end(token->store, cursor);
	seal_many_free(l.seal_key);
	seal_many_free(l.rows_key);
	if (res != TOKEN_ERR_NOT_FOUND) {
		free_rows(l.rows, l.count);
		cache_clear(token);
		return res;
	}
	pass_old(token, &l, UINT64_MAX);
	free_rows(token->rows, token->count);
	token->rows = l.rows;
	token->count = l.count;
	token->room = l.room;
	return TOKEN_OK;
}

static enum token_result
verify_root(struct token *token)
{
	uint8_t mac[SEAL_MAC_LEN];
	uint8_t hash[ROOT_HASH_LEN] = { 0 };
	enum token_result res;

	res = store_root_read(token->store, &token->root);
	if (res == TOKEN_OK)
		res = root_mac(token->env->seal, &token->keys, token->serial, token->settings, &token->root, mac);
	if (res != TOKEN_OK)
		return res;
	for (size_t i = 0; i < token->count; i++) {
		if (token->rows[i].has_term)
			root_add(hash, token->rows[i].term);
	}
	if (!seal_equal(mac, token->root.mac, sizeof(mac)) || !seal_equal(hash, token->root.hash, sizeof(hash)))
		return TOKEN_ERR_DAMAGED;
	return TOKEN_OK;
}

enum token_result
cache_refresh(struct token *token)
{
	struct store_area area = { 0 };
	int64_t version = 0;
	enum token_result res;

	res = store_version(token->store, &version);
	if (res != TOKEN_OK)
		return res;
	if (token->loaded && version == token->version) {
		token->mark = *store_mark(token->store);
		return TOKEN_OK;
	}
	token->loaded = false;
	res = store_area_read(token->store, &area);
	if (res == TOKEN_ERR_GONE || (res == TOKEN_OK && area.epoch != token->epoch))
		token_forget_role(token);
	if (res != TOKEN_OK)
		return res;
	token->epoch = area.epoch;
	token->life = area.life;
	token->flags = area.flags;
	res = backend_follow(token);
	if (res == TOKEN_OK)
		res = provisioner_recheck(token);
	if (res == TOKEN_OK)
		res = named_recheck(token);
	if (res == TOKEN_OK)
		res = pin_recheck(token);
	if (res == TOKEN_OK)
		res = root_settings(token->env->seal, &area, &token->guard_data, token->settings);
	if (res == TOKEN_OK)
		res = load_rows(token);
	if (res == TOKEN_OK && token->role != TOKEN_NOBODY)
		res = verify_root(token);
	ready_sweep(token);
	if (res != TOKEN_OK)
		return res;
	token->version = version;
	token->mark = *store_mark(token->store);
	token->loaded = true;
	return TOKEN_OK;
}

enum token_result
token_lock_fresh(struct token *token)
{
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	if (token->loaded && store_is_at(token->store, &token->mark))
		return TOKEN_OK;
	res = store_begin(token->store, false);
	if (res != TOKEN_OK)
		return res;
	return store_end(token->store, cache_refresh(token));
}
