/*
 * Setting and changing a PIN, and mending what a device has lost for it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <openssl/crypto.h>
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

/* What is done to a PIN. */
struct pin_act {
	enum backend_role role, by;
	bool disable; /* the PIN is a random one, and no PIN is checked any more */
};

/* Another authenticator's tries, which a new state of the PIN gives back. */
static enum token_result
restore_authenticator(struct token *token)
{
	struct store_pin row = { 0 };
	enum token_result res = store_pin_read(token->store, BACKEND_AUTHENTICATOR, &row);

	row.state = TOKEN_PIN_OPERATIONAL;
	row.tries_left = AUTHENTICATOR_TRIES;
	if (res == TOKEN_OK)
		res = store_pin_write(token->store, &row);
	store_pin_clear(&row);
	return res;
}

/* The line of the log for it. */
static enum token_result
log_act(struct token *token, const struct pin_act *act)
{
	const char *what = "pin-changed";

	if (act->disable)
		what = "pin-disabled";
	else if (act->role == BACKEND_SO)
		what = "so-pin-changed";
	else if (act->by == BACKEND_SO)
		what = "pin-initialised";
	return event_add(token, what, "", NULL);
}

/* The last step, in one transaction: the row, what goes with it, and its line in the log. */
static enum token_result
finish_row(struct token *token, const struct store_area *read, const struct pin_act *act, const struct store_pin *row)
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
		res = life_admits(&area, TOKEN_USER);
	if (res == TOKEN_OK)
		res = store_pin_write(token->store, row);
	if (res == TOKEN_OK && act->by == BACKEND_SO && act->role == BACKEND_USER) {
		area.checked = 0;
		res = store_area_write(token->store, &area);
		if (res == TOKEN_OK && area.has_authenticator)
			res = restore_authenticator(token);
	}
	if (res == TOKEN_OK)
		res = log_act(token, act);
	return store_end(token->store, res);
}

static bool
must_change(const struct store_area *area, const struct pin_act *act)
{
	return act->by == BACKEND_SO && act->role == BACKEND_USER && (area->flags & STORE_AREA_MUST_CHANGE) != 0;
}

/* What the new row says. */
static void
fill_row(const struct store_area *area, const struct pin_act *act, struct backend_bytes *wrap, struct store_pin *row)
{
	store_pin_clear(row);
	if (act->disable) {
		OPENSSL_cleanse(wrap->ptr, wrap->len);
		free(wrap->ptr);
		row->state = TOKEN_PIN_DISABLED;
		row->tries_left = 0;
		row->must_change = false;
		return;
	}
	row->wrap = wrap->ptr;
	row->wrap_len = wrap->len;
	row->state = TOKEN_PIN_OPERATIONAL;
	row->tries_left = pin_max_tries(area, act->role);
	row->must_change = must_change(area, act);
}

/*
 * What is committed before a device has the new PIN: a new generation, so that other processes see that what they keep of
 * the old one is no good before they could spend tries with it. Should the process die with the PIN in the device and
 * its row not written, a PIN of the SO's must be changed all the same (R-CARD-30), and one that nobody knows is disabled.
 */
static enum token_result
announce(struct token *token, const struct store_area *area, const struct pin_act *act, const struct store_pin *row)
{
	struct store_pin first = *row;

	if (act->disable) {
		first.state = TOKEN_PIN_DISABLED;
		first.tries_left = 0;
		first.must_change = false;
	} else if (row->state == TOKEN_PIN_OPERATIONAL || row->state == TOKEN_PIN_LOCKED) {
		first.must_change = row->must_change || must_change(area, act);
	}
	return put_row(token, area, &first);
}

/* A new PIN and full tries for a role, with what `by` has opened; the login lock is held. */
static enum token_result
write_pin(struct token *token, const struct pin_act *act, const struct pin_checked *with, struct secret pin,
	uint64_t *generation)
{
	const enum backend_role role = act->role;
	struct store_area area = { 0 };
	struct store_pin row = { 0 };
	struct backend_bytes wrap = { NULL, 0 };
	struct backend_pin id = { .role = role, .serial = token->serial };
	enum token_result res;

	res = pin_rows(token, role, &area, &row);
	if (res == TOKEN_OK && !act->disable)
		res = pin_check_new(role == BACKEND_SO ? &area.so : &area.user, pin);
	if (res != TOKEN_OK)
		goto out;
	id.generation = ++row.generation;
	if (pin_is_devices(token, role))
		res = announce(token, &area, act, &row);
	if (res == TOKEN_OK) {
		res = token->backend->guard->set_pin(with->backend, &id, act->by, with->auth, pin, with->area_key,
			&wrap);
		/* It has the old one still, unless the answer was what went wrong. */
		if (res != TOKEN_OK && res != TOKEN_ERR_DEVICE && pin_is_devices(token, role))
			(void)put_row(token, &area, &row);
	}
	if (res == TOKEN_OK) {
		fill_row(&area, act, &wrap, &row);
		res = finish_row(token, &area, act, &row);
	}
	if (res == TOKEN_OK) {
		*generation = row.generation;
		store_checkpoint(token->store); /* the old wrap must not outlive its PIN in the log */
	}
out:
	store_pin_clear(&row);
	return res;
}

/* What the SO who is logged in has opened, or who may set a PIN for them, and the root's generation. */
static enum token_result
what_so_has(struct token *token, struct pin_checked *so, uint64_t *generation)
{
	enum token_result res;

	res = token_lock_fresh(token); /* the area key must be the area's still */
	if (res == TOKEN_OK && !access_allows(token_who(token), TOKEN_ACCESS_PIN, TOKEN_SET, token_is_closed(token)))
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

	if (guard->repair == NULL || token_get_role(token) == TOKEN_NAMED) /* the SO mends */
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

/* Has the SO done what must come first (R-CARD-47)? The first PIN of all needs no check. */
static enum token_result
check_identity(const struct token *token, const struct store_area *area, const struct store_pin *user)
{
	if ((area->flags & STORE_AREA_IDENTITY_CHECK) == 0 || user->state == TOKEN_PIN_NONE)
		return TOKEN_OK;
	return token->checked != 0 && token->checked == area->checked ? TOKEN_OK : TOKEN_ERR_CHECK_MISSING;
}

/* May the SO who is logged in do this to the user's PIN? */
static enum token_result
so_may(struct token *token, const struct pin_act *act)
{
	struct store_area area = { 0 };
	struct store_pin user = { 0 };
	struct store_pin so = { 0 };
	enum token_result res;

	res = pin_rows(token, BACKEND_USER, &area, &user);
	if (res == TOKEN_OK)
		res = pin_rows(token, BACKEND_SO, &area, &so);
	if (res == TOKEN_OK)
		res = life_admits(&area, TOKEN_USER);
	if (res == TOKEN_OK && !token_may(token, TOKEN_ACCESS_PIN, act->disable ? TOKEN_DESTROY : TOKEN_SET))
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK && token->preset->no_pin)
		res = TOKEN_ERR_NOT_HERE; /* nobody is the area's user: its gates are what opens it */
	if (res == TOKEN_OK && so.must_change && token_get_role(token) == TOKEN_SO)
		res = TOKEN_ERR_PIN_EXPIRED;
	if (res == TOKEN_OK && act->disable && user.state == TOKEN_PIN_NONE)
		res = TOKEN_ERR_PIN_NOT_SET;
	if (res == TOKEN_OK && !(act->disable && user.state == TOKEN_PIN_DISABLED)) /* again: nothing is new */
		res = check_identity(token, &area, &user);
	store_pin_clear(&user);
	store_pin_clear(&so);
	return res;
}

/* The SO's acts on the user's PIN. */
static enum token_result
so_write_pin(struct token *token, const struct pin_act *act, struct secret pin)
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
	res = so_may(token, act);
	if (res == TOKEN_OK)
		res = repair(token, &so);
	if (res == TOKEN_OK)
		res = write_pin(token, act, &so, pin, &generation);
	pin_checked_clear(&so);
	pin_lock_release(&lock);
	return res;
}

enum token_result
token_init_pin(struct token *token, struct secret pin)
{
	const struct pin_act act = { .role = BACKEND_USER, .by = BACKEND_SO };

	return so_write_pin(token, &act, pin);
}

#define RANDOM_PIN_LEN 32

enum token_result
token_disable_pin(struct token *token)
{
	const struct pin_act act = { .role = BACKEND_USER, .by = BACKEND_SO, .disable = true };
	struct secret nobodys = SECRET_NONE;
	enum token_result res;

	res = seal_random_secret(token->env->seal, RANDOM_PIN_LEN, &nobodys);
	if (res == TOKEN_OK)
		res = so_write_pin(token, &act, nobodys);
	secret_wipe(&nobodys);
	return res;
}

/* A new PIN that the policy refuses costs no try. */
static enum token_result
check_policy(struct token *token, enum token_role role, struct secret pin)
{
	struct store_area area = { 0 };
	enum token_result res;

	res = store_begin(token->store, false);
	if (res == TOKEN_OK)
		res = store_end(token->store, store_area_read(token->store, &area));
	if (res == TOKEN_OK)
		res = life_admits(&area, role);
	if (res == TOKEN_OK)
		res = pin_check_new(role == TOKEN_SO ? &area.so : &area.user, pin);
	return res;
}

static bool
same_pin(struct secret a, struct secret b)
{
	return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
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
	const bool so = token_may(token, TOKEN_ACCESS_SO_PIN, TOKEN_CHANGE);
	const enum token_role role = so ? TOKEN_SO : TOKEN_USER;
	const enum backend_role whose = token_backend_role(role);
	const struct pin_act act = { .role = whose, .by = whose };
	struct pin_lock lock = PIN_LOCK_NONE;
	struct pin_checked checked = PIN_CHECKED_NONE;
	uint64_t generation = 0;
	enum token_result res;

	if (!so && !token_may(token, TOKEN_ACCESS_PIN, TOKEN_CHANGE))
		return TOKEN_ERR_NOT_LOGGED_IN; /* a named user, whose credential is the SO's to make */
	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = check_policy(token, role, new_pin);
	if (res != TOKEN_OK)
		return res;
	res = pin_lock_take(token->folder, PIN_LOCK_WAIT_MS, &lock);
	if (res != TOKEN_OK)
		return res;
	res = pin_check(token, whose, old_pin, &checked);
	if (res == TOKEN_OK && checked.must_change && same_pin(old_pin, new_pin))
		res = TOKEN_ERR_PIN_SAME;
	if (res == TOKEN_OK)
		res = write_pin(token, &act, &checked, new_pin, &generation);
	if (res == TOKEN_OK)
		keep_login(token, role, new_pin, checked.auth.len > 0, generation);
	pin_checked_clear(&checked);
	pin_lock_release(&lock);
	return res;
}
