/*
 * The device's count of commits, so that an older store that was put back is noticed.
 *
 * Generation c + 1 is committed, then the device counts: it is at the root's generation, or at the one before when the
 * process died in between. Whoever comes next catches up before doing anything. So that it is never further behind, one
 * process has both at a time: the counter lock is held from before the commit until the device has counted.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

enum token_result
counter_take(struct token *token, struct counter *counter)
{
	enum token_result res;

	*counter = COUNTER_NONE;
	if (token->backend->guard->reach == NULL)
		return TOKEN_OK;
	res = pin_lock_take_counter(token->folder, PIN_LOCK_WAIT_MS, &counter->lock);
	return res == TOKEN_ERR_NOT_FOUND ? TOKEN_ERR_GONE : res; /* the folder is */
}

/* The root as it is committed, and what steps the counter to it. */
static enum token_result
look(struct token *token, struct counter *counter)
{
	enum token_result res;

	res = token_lock_fresh(token);
	if (res != TOKEN_OK || token->role == TOKEN_NOBODY)
		goto out;
	if (!secret_copy(token->keys.area.ptr, token->keys.area.len, &counter->key)) {
		res = TOKEN_ERR_MEMORY;
		goto out;
	}
	counter->area = backend_area_ref(token->area);
	counter->generation = token->root.generation;
out:
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

enum token_result
counter_begin(struct token *token, struct counter *counter)
{
	enum token_result res;

	res = counter_take(token, counter);
	if (res != TOKEN_OK || token->backend->guard->reach == NULL)
		return res;
	res = look(token, counter);
	return res == TOKEN_OK ? counter_reach(counter, counter->generation) : res;
}

enum token_result
counter_reach(const struct counter *counter, uint64_t generation)
{
	if (counter->area == NULL)
		return TOKEN_OK;
	return counter->area->backend->guard->reach(counter->area, counter->key, generation);
}

void
counter_end(struct counter *counter)
{
	secret_wipe(&counter->key);
	backend_area_free(counter->area);
	counter->area = NULL;
	pin_lock_release(&counter->lock);
}
