/*
 * A token's area as its backend sees it: opened from what the store holds for the guard, and anew when another process
 * has changed that.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdlib.h>
#include <string.h>

static bool
same_bytes(const struct backend_bytes *a, const struct backend_bytes *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

void
backend_close(struct token *token)
{
	backend_area_free(token->area);
	token->area = NULL;
	free(token->guard_data.ptr);
	token->guard_data = (struct backend_bytes){ NULL, 0 };
}

enum token_result
backend_switch(struct token *token, struct backend_bytes *data)
{
	struct backend_area *area = NULL;
	enum token_result res;

	res = backend_area_open(&token->env->backend, token->backend, token->serial, data->ptr, data->len, &area);
	if (res != TOKEN_OK)
		return res;
	ready_clear(token); /* keys keep the old one */
	backend_close(token);
	token->area = area;
	token->guard_data = *data;
	*data = (struct backend_bytes){ NULL, 0 };
	return TOKEN_OK;
}

enum token_result
backend_follow(struct token *token)
{
	struct backend_bytes data = { NULL, 0 };
	enum token_result res;

	res = store_data_read(token->store, STORE_DATA_GUARD, &data);
	if (res != TOKEN_OK || (token->area != NULL && same_bytes(&data, &token->guard_data)))
		goto out;
	if (token->area != NULL && token->role != TOKEN_NOBODY)
		token_forget_role(token);
	res = backend_switch(token, &data);
out:
	free(data.ptr);
	return res;
}

enum token_result
backend_current(struct token *token, struct backend_area **area)
{
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	res = store_begin(token->store, false);
	if (res == TOKEN_OK)
		res = store_end(token->store, backend_follow(token));
	if (res == TOKEN_OK)
		*area = backend_area_ref(token->area);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

struct backend_area *
backend_ref(struct token *token)
{
	struct backend_area *area = NULL;

	(void)pthread_mutex_lock(&token->lock);
	area = backend_area_ref(token->area);
	(void)pthread_mutex_unlock(&token->lock);
	return area;
}
