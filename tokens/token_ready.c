/*
 * Private keys kept ready for use while the user is logged in, so that a signature neither reads
 * the store nor opens a seal.
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
	struct token_key *key;   /* NULL: a free place */
};

struct token_key *
ready_find(const struct token *token, const struct store_row *row)
{
	const struct ready *place = token->ready != NULL ? &token->ready[row->id % READY_PLACES] : NULL;

	if (place == NULL || place->key == NULL || place->id != row->id || place->generation != row->generation)
		return NULL;
	return token_key_ref(place->key);
}

void
ready_keep(struct token *token, const struct store_row *row, struct token_key *key)
{
	struct ready *place = NULL;

	if (token->ready == NULL)
		token->ready = calloc(READY_PLACES, sizeof(*token->ready));
	if (token->ready == NULL)
		return;
	place = &token->ready[row->id % READY_PLACES];
	token_key_free(place->key);
	*place = (struct ready){ row->id, row->generation, token_key_ref(key) };
}

void
ready_sweep(struct token *token)
{
	for (size_t i = 0; token->ready != NULL && i < READY_PLACES; i++) {
		struct ready *place = &token->ready[i];
		const struct cached *c = place->key != NULL ? cache_find(token, place->id) : NULL;

		if (c != NULL && c->row.generation == place->generation)
			continue;
		token_key_free(place->key);
		*place = (struct ready){ 0 };
	}
}

void
ready_clear(struct token *token)
{
	for (size_t i = 0; token->ready != NULL && i < READY_PLACES; i++)
		token_key_free(token->ready[i].key);
	free(token->ready);
	token->ready = NULL;
}
