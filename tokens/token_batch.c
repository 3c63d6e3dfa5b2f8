/*
 * Batches: objects staged in memory, then one transaction.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_objects.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct staged {
	struct token_object_spec spec; /* attrs and value are the batch's own */
};

struct token_batch {
	struct token *token;
	struct staged *staged;
	size_t count, room;
};

enum token_result
token_batch_begin(struct token *token, struct token_batch **out)
{
	struct token_batch *batch = calloc(1, sizeof(*batch));

	if (batch == NULL)
		return TOKEN_ERR_MEMORY;
	batch->token = token;
	*out = batch;
	return TOKEN_OK;
}

static void
staged_clear(struct staged *s)
{
	attrs_free((struct token_attrs *)(uintptr_t)s->spec.attrs);
	if (s->spec.value != NULL) {
		uint8_t *value = (uint8_t *)(uintptr_t)s->spec.value;

		OPENSSL_cleanse(value, s->spec.value_len);
		free(value);
	}
}

void
token_batch_rollback(struct token_batch *batch)
{
	if (batch == NULL)
		return;
	for (size_t i = 0; i < batch->count; i++)
		staged_clear(&batch->staged[i]);
	free(batch->staged);
	free(batch);
}

static bool
has_binding(const struct token_batch *batch, uint64_t key)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->staged[i].spec.kind == TOKEN_OBJECT_RECORD && batch->staged[i].spec.bind_key == key)
			return true;
	}
	return false;
}

static enum token_result
check_stage(struct token *token, const struct token_batch *batch, const struct token_object_spec *spec)
{
	if (batch->token != token)
		return TOKEN_ERR_ARG;
	if (spec->private_ && token_get_role(token) == TOKEN_NOBODY)
		return TOKEN_ERR_NOT_LOGGED_IN;
	if (spec->kind != TOKEN_OBJECT_RECORD)
		return TOKEN_OK;
	if (spec->reusable && (token->flags & STORE_AREA_SINGLE_USE) != 0)
		return TOKEN_ERR_SINGLE_USE;
	return has_binding(batch, spec->bind_key) ? TOKEN_ERR_BOUND : object_check_unbound(token, spec->bind_key);
}

static enum token_result
make_room(struct token_batch *batch)
{
	const size_t room = batch->room == 0 ? 16 : batch->room * 2;
	struct staged *staged = NULL;

	if (batch->count < batch->room)
		return TOKEN_OK;
	staged = realloc(batch->staged, room * sizeof(*staged));
	if (staged == NULL)
		return TOKEN_ERR_MEMORY;
	batch->staged = staged;
	batch->room = room;
	return TOKEN_OK;
}

static enum token_result
copy_spec(const struct token_object_spec *spec, struct staged *s)
{
	uint8_t *value = NULL;
	const struct token_attrs *attrs = attrs_dup(spec->attrs);

	if (spec->value_len > 0)
		value = malloc(spec->value_len);
	*s = (struct staged){ .spec = *spec };
	s->spec.attrs = attrs;
	s->spec.value = value;
	if (value != NULL)
		memcpy(value, spec->value, spec->value_len);
	if (attrs != NULL && (value != NULL || spec->value_len == 0))
		return TOKEN_OK;
	staged_clear(s);
	return TOKEN_ERR_MEMORY;
}

enum token_result
batch_stage(struct token *token, struct token_batch *batch, const struct token_object_spec *spec,
	const struct token_object **object)
{
	struct store_row row = { .kind = (uint8_t)spec->kind, .value_len = spec->value_len };
	struct staged s = { 0 };
	struct token_attrs *attrs = NULL;
	enum token_result res;

	res = check_stage(token, batch, spec);
	if (res == TOKEN_OK)
		res = make_room(batch);
	if (res == TOKEN_OK)
		res = copy_spec(spec, &s);
	if (res != TOKEN_OK)
		return res;
	row.flags = (uint8_t)((spec->private_ ? STORE_PRIVATE : 0) | (spec->reusable ? STORE_REUSABLE : 0));
	row.copy = spec->bind_key;
	row.state = spec->kind == TOKEN_OBJECT_RECORD ? STORE_BOUND : STORE_PLAIN;
	attrs = attrs_dup(spec->attrs);
	res = attrs != NULL ? object_new(&row, attrs, object) : TOKEN_ERR_MEMORY;
	if (res != TOKEN_OK) {
		staged_clear(&s);
		return res;
	}
	batch->staged[batch->count++] = s;
	return TOKEN_OK;
}

/* Inside a change: all of it, and a line of the log for its records. */
static enum token_result
write_all(const struct token_batch *batch)
{
	size_t copies = 0;
	enum token_result res = TOKEN_OK;

	for (size_t i = 0; i < batch->count && res == TOKEN_OK; i++) {
		res = object_insert(batch->token, &batch->staged[i].spec, NULL);
		copies += batch->staged[i].spec.kind == TOKEN_OBJECT_RECORD ? 1 : 0;
	}
	return res == TOKEN_OK && copies > 0 ? event_imported(batch->token, copies) : res;
}

enum token_result
token_batch_commit(struct token_batch *batch)
{
	struct token *token = batch->token;
	enum token_result res;

	res = change_begin(token, TOKEN_NOBODY);
	if (res == TOKEN_OK)
		res = change_end(token, write_all(batch));
	token_batch_rollback(batch);
	return res;
}
