/*
 * Private and secret keys, and notes of records, kept ready for use while the user is logged in, so that using one
 * neither reads the store nor opens a seal.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdlib.h>

/* Ids are given out one after another, so that a place for each remainder serves this many keys
 * of an area at a time; a clash only costs a reload. */
#define READY_PLACES 256

struct ready {
	uint64_t id, generation; /* of the row that the key was made from */
	struct token_key *key;   /* a private key; NULL: none */
	struct secret value;     /* of a secret key, or a record's note; without both the place is free */
};

static void
empty(struct ready *place)
{
	token_key_free(place->key);
	secret_wipe(&place->value);
	*place = (struct ready){ 0 };
}

/* The place of this row, when it holds what the row says now. */
static const struct ready *
find_place(const struct token *token, const struct store_row *row)
{
	const struct ready *place = token->ready != NULL ? &token->ready[row->id % READY_PLACES] : NULL;

	return place != NULL && place->id == row->id && place->generation == row->generation ? place : NULL;
}

/* The place for this row, emptied; NULL: no memory. */
static struct ready *
make_place(struct token *token, const struct store_row *row)
{
	if (token->ready == NULL)
		token->ready = calloc(READY_PLACES, sizeof(*token->ready));
	if (token->ready == NULL)
		return NULL;
	empty(&token->ready[row->id % READY_PLACES]);
	return &token->ready[row->id % READY_PLACES];
}

struct token_key *
ready_find(const struct token *token, const struct store_row *row)
{
	const struct ready *place = find_place(token, row);

	return place != NULL && place->key != NULL ? token_key_ref(place->key) : NULL;
}

bool
ready_value(const struct token *token, const struct store_row *row, struct token_value *value)
{
	const struct ready *place = find_place(token, row);
	struct secret copy = SECRET_NONE;

	if (place == NULL || place->value.len == 0 || !secret_copy(place->value.ptr, place->value.len, &copy))
		return false;
	*value = (struct token_value){ .ptr = copy.ptr, .len = copy.len, .in_arena = true };
	return true;
}

void
ready_keep(struct token *token, const struct store_row *row, struct token_key *key)
{
	struct ready *place = make_place(token, row);

	if (place != NULL)
		*place = (struct ready){ .id = row->id, .generation = row->generation, .key = token_key_ref(key) };
}

void
ready_keep_value(struct token *token, const struct store_row *row, const struct token_value *value)
{
	struct secret copy = SECRET_NONE;
	struct ready *place = NULL;

	if (!value->in_arena || value->len > READY_VALUE_MAX || !secret_copy(value->ptr, value->len, &copy))
		return;
	place = make_place(token, row);
	if (place != NULL)
		*place = (struct ready){ .id = row->id, .generation = row->generation, .value = secret_move(&copy) };
	secret_wipe(&copy);
}

void
ready_sweep(struct token *token)
{
	for (size_t i = 0; token->ready != NULL && i < READY_PLACES; i++) {
		struct ready *place = &token->ready[i];
		const struct cached *c = place->id != 0 ? cache_find(token, place->id) : NULL;

		if (c != NULL && c->row.generation == place->generation)
			continue;
		empty(place);
	}
}

void
ready_clear(struct token *token)
{
	for (size_t i = 0; token->ready != NULL && i < READY_PLACES; i++)
		empty(&token->ready[i]);
	free(token->ready);
	token->ready = NULL;
}
