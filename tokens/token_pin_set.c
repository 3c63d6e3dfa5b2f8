/*
 * Setting and changing a PIN, and mending what a device has lost for it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdlib.h>

/* A PIN row as it is to be from now on; the area must still be the one that was read. */
static enum token_result
put_row(struct token *token, const struct store_area *read, const struct store_pin *row)
{
	struct store_area area = { 0 };
	enum token_result res;

	res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		return res;
	res = store_area_read(token->store, &area);
	if (res == TOKEN_OK && area.epoch != read->epoch)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK)
		res = store_pin_write(token->store, row);
	return store_end(token->store, res);
}

/*
 * A new PIN and full tries for a role, with what `by` has opened; the login lock is held.
 *
 * Where a device counts, the new generation is committed before the device has the new PIN: other processes see that
 * what they keep of the old one is no good before they could spend tries with it.
 */
static enum token_result
write_pin(struct token *token, enum backend_role role, enum backend_role by, const struct pin_checked *with,
	struct secret pin, uint64_t *generation)
{
	struct store_area area = { 0 };
	struct store_pin row = { 0 };
	struct backend_bytes wrap = { NULL, 0 };
	struct backend_pin id = { .role = role, .serial = token->serial };
	enum token_result res;

	res = pin_rows(token, role, &area, &row);
	if (res == TOKEN_OK)
		res = pin_check_new(role == BACKEND_SO ? &area.so : &area.user, pin);
	if (res != TOKEN_OK)
		goto out;
	id.generation = ++row.generation;
	if (pin_is_devices(token, role))
		res = put_row(token, &area, &row);
	if (res == TOKEN_OK)
		res = token->backend->guard->set_pin(with->backend, &id, by, with->auth, pin, with->area_key, &wrap);
	store_pin_clear(&row);
	row.wrap = wrap.ptr;
	row.wrap_len = wrap.len;
	row.state = TOKEN_PIN_OPERATIONAL;
	row.tries_left = pin_max_tries(&area, role);
	if (res == TOKEN_OK)
		res = put_row(token, &area, &row);
	if (res == TOKEN_OK) {
		*generation = row.generation;
		store_checkpoint(token->store); /* the old wrap must not outlive its PIN in the log */
	}
out:
	store_pin_clear(&row);
	return res;
}

/* What the SO who is logged in has opened, and the root's generation. */
static enum token_result
what_so_has(struct token *token, struct pin_checked *so, uint64_t *generation)
{
	enum token_result res;

	res = token_lock_fresh(token); /* the area key must be the area's still */
	if (res == TOKEN_OK && token->role != TOKEN_SO)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK &&
		(!secret_copy(token->keys.area.ptr, token->keys.area.len, &so->area_key) ||
			!secret_copy(token->keys.auth.ptr, token->keys.auth.len, &so->auth)))
		res = TOKEN_ERR_MEMORY;
	if (res == TOKEN_OK) {
		so->backend = backend_area_ref(token->area);
		*generation = token->root.generation;
	}
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

/* Commit the guard's new data, under the root of this generation. */
static enum token_result
write_guard_data(struct token *token, uint64_t generation, const struct backend_bytes *data)
{
	struct store_area area = { 0 };
	enum token_result res;

	res = change_begin_uncounted(token, TOKEN_SO);
	if (res != TOKEN_OK)
		return res;
	token->changed = true; /* what is settled now is forgotten when the commit fails */
	token->root_changed = true;
	res = token->generation == generation ? store_area_read(token->store, &area) : TOKEN_ERR_ROLLED_BACK;
	if (res == TOKEN_OK)
		res = store_data_write(token->store, STORE_DATA_GUARD, data->ptr, data->len);
	if (res == TOKEN_OK)
		res = root_settings(token->env->seal, &area, data, token->settings);
	return change_end(token, res);
}

/* From now on the area is what those data make of it; the SO stays logged in. */
static enum token_result
take_guard_data(struct token *token, struct backend_bytes *data, struct pin_checked *so)
{
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	res = backend_switch(token, data);
	if (res == TOKEN_OK) {
		backend_area_free(so->backend);
		so->backend = backend_area_ref(token->area);
	} else {
		token_forget_role(token);
	}
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

/* The new counter begins where the root was; the commit of the guard's data is the first that it counts. */
static void
count_repair(const struct pin_checked *so, uint64_t generation, struct counter *counter)
{
	counter->area = backend_area_ref(so->backend);
	if (secret_copy(so->area_key.ptr, so->area_key.len, &counter->key))
		(void)counter_reach(counter, generation); /* else the next one catches up */
}

/*
 * Let the guard make again what its device has lost. Dies the process before the new data are committed, all is lost
 * still, and the next SO mends it. The login lock is held.
 */
static enum token_result
repair(struct token *token, struct pin_checked *so)
{
	const struct token_guard *guard = token->backend->guard;
	struct backend_bytes data = { NULL, 0 };
	struct counter counter = COUNTER_NONE;
	uint64_t generation = 0;
	enum token_result res;

	if (guard->repair == NULL)
		return what_so_has(token, so, &generation);
	res = counter_take(token, &counter);
	if (res == TOKEN_OK)
		res = what_so_has(token, so, &generation);
	if (res == TOKEN_OK)
		res = guard->repair(so->backend, so->auth, so->area_key, generation, &data);
	if (res != TOKEN_OK || data.ptr == NULL)
		goto out;
	res = write_guard_data(token, generation + 1, &data);
	if (res == TOKEN_OK)
		res = take_guard_data(token, &data, so);
	if (res == TOKEN_OK && guard->reach != NULL)
		count_repair(so, generation + 1, &counter);
out:
	free(data.ptr);
	counter_end(&counter);
	return res;
}

enum token_result
token_init_pin(struct token *token, struct secret pin)
{
	struct pin_lock lock = PIN_LOCK_NONE;
	struct pin_checked so = PIN_CHECKED_NONE;
	uint64_t generation = 0;
	enum token_result res;

	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = pin_lock_take(token->folder, PIN_LOCK_WAIT_MS, &lock);
	if (res != TOKEN_OK)
		return res;
	res = repair(token, &so);
	if (res == TOKEN_OK)
		res = write_pin(token, BACKEND_USER, BACKEND_SO, &so, pin, &generation);
	pin_checked_clear(&so);
	pin_lock_release(&lock);
	return res;
}

/* A new PIN that the policy refuses costs no try. */
static enum token_result
check_policy(struct token *token, enum backend_role role, struct secret pin)
{
	struct store_area area = { 0 };
	enum token_result res;

	res = store_begin(token->store, false);
	if (res == TOKEN_OK)
		res = store_end(token->store, store_area_read(token->store, &area));
	if (res == TOKEN_OK)
		res = pin_check_new(role == BACKEND_SO ? &area.so : &area.user, pin);
	return res;
}

/* Who is logged in stays so with the new PIN. Where a device wants an auth, a check of that PIN gives it. */
static void
keep_login(struct token *token, enum token_role role, struct secret pin, bool wants_auth, uint64_t generation)
{
	struct pin_checked again = PIN_CHECKED_NONE;
	bool good = true;

	if (token_get_role(token) != role)
		return;
	again.generation = generation;
	if (wants_auth)
		good = pin_check(token, token_backend_role(role), pin, &again) == TOKEN_OK;
	(void)pthread_mutex_lock(&token->lock);
	if (token->role == role && (!good || pin_take_login(token, pin, &again) != TOKEN_OK))
		token_forget_role(token);
	(void)pthread_mutex_unlock(&token->lock);
	pin_checked_clear(&again);
}

enum token_result
token_set_pin(struct token *token, struct secret old_pin, struct secret new_pin)
{
	const enum token_role role = token_get_role(token) == TOKEN_SO ? TOKEN_SO : TOKEN_USER;
	const enum backend_role whose = token_backend_role(role);
	struct pin_lock lock = PIN_LOCK_NONE;
	struct pin_checked checked = PIN_CHECKED_NONE;
	uint64_t generation = 0;
	enum token_result res;

	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = check_policy(token, whose, new_pin);
	if (res != TOKEN_OK)
		return res;
	res = pin_lock_take(token->folder, PIN_LOCK_WAIT_MS, &lock);
	if (res != TOKEN_OK)
		return res;
	res = pin_check(token, whose, old_pin, &checked);
	if (res == TOKEN_OK)
		res = write_pin(token, whose, whose, &checked, new_pin, &generation);
	if (res == TOKEN_OK)
		keep_login(token, role, new_pin, checked.auth.len > 0, generation);
	pin_checked_clear(&checked);
	pin_lock_release(&lock);
	return res;
}
