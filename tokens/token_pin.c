/*
 * Counted PIN checks (R-CARD-05), and setting a PIN.
 *
 * A check takes three steps under the login lock: a try is committed, the PIN is checked
 * without any other lock, the try is given back or the state locked. Whoever is killed in
 * between has spent the try.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdlib.h>

#include "tokens/pin/lock.h"

enum backend_role
token_backend_role(enum token_role role)
{
	return role == TOKEN_SO ? BACKEND_SO : BACKEND_USER;
}

void
pin_checked_clear(struct pin_checked *checked)
{
	secret_wipe(&checked->area_key);
	secret_wipe(&checked->auth);
	backend_area_free(checked->backend);
	checked->backend = NULL;
}

static unsigned
max_tries(const struct store_area *area, enum backend_role role)
{
	return role == BACKEND_SO ? area->so.tries : area->user.tries;
}

/* The user's wrap goes with the last try, so that not even the right PIN opens anything. */
static enum token_result
write_locked(struct token *token, struct store_pin *pin)
{
	pin->state = TOKEN_PIN_LOCKED;
	pin->tries_left = 0;
	if (pin->role == BACKEND_USER)
		store_pin_clear(pin);
	return store_pin_write(token->store, pin);
}

static enum token_result
state_result(enum token_pin_state state)
{
	static const enum token_result results[] = {
		[TOKEN_PIN_NONE] = TOKEN_ERR_PIN_NOT_SET,
		[TOKEN_PIN_OPERATIONAL] = TOKEN_OK,
		[TOKEN_PIN_LOCKED] = TOKEN_ERR_PIN_LOCKED,
		[TOKEN_PIN_DISABLED] = TOKEN_ERR_PIN_LOCKED,
	};

	return results[state];
}

static enum token_result
usable(bool suspended, enum token_pin_state state, unsigned tries_left)
{
	enum token_result res = suspended ? TOKEN_ERR_SUSPENDED : state_result(state);

	return res == TOKEN_OK && tries_left == 0 ? TOKEN_ERR_PIN_LOCKED : res;
}

enum token_result
pin_state_usable(struct token *token)
{
	struct store_area area = { 0 };
	struct store_pin pin = { 0 };
	enum token_result res;

	res = store_area_read(token->store, &area);
	if (res == TOKEN_OK)
		res = store_pin_read(token->store, BACKEND_USER, &pin);
	if (res == TOKEN_OK)
		res = usable(area.suspended, pin.state, pin.tries_left);
	store_pin_clear(&pin);
	return res;
}

enum token_result
pin_look(struct token *token, enum token_role role)
{
	struct pin_seen *seen = &token->seen;
	struct store_area area = { 0 };
	struct store_pin row = { 0 };
	enum token_result res;

	if (seen->role == role && store_is_at(token->store, &seen->mark))
		return TOKEN_OK;
	seen->role = TOKEN_NOBODY;
	res = store_begin(token->store, false);
	if (res != TOKEN_OK)
		return res;
	res = store_area_read(token->store, &area);
	if (res == TOKEN_OK)
		res = store_pin_read(token->store, token_backend_role(role), &row);
	if (res == TOKEN_OK)
		*seen = (struct pin_seen){ .mark = *store_mark(token->store),
			.role = role,
			.suspended = area.suspended,
			.epoch = area.epoch,
			.generation = row.generation,
			.state = row.state,
			.tries_left = row.tries_left,
			.tries_max = role == TOKEN_SO ? area.so.tries : area.user.tries };
	store_pin_clear(&row);
	return store_end(token->store, res);
}

enum token_result
pin_seen_usable(const struct pin_seen *seen)
{
	return usable(seen->suspended, seen->state, seen->tries_left);
}

/*
 * Step one. *locked: the state was OPERATIONAL with no tries left, which a killed process
 * leaves; it is LOCKED now and must be committed.
 */
static enum token_result
spend_try(struct token *token, struct store_pin *pin, bool *locked)
{
	enum token_result res = state_result(pin->state);

	if (res != TOKEN_OK)
		return res;
	if (pin->tries_left == 0) {
		*locked = true;
		return write_locked(token, pin);
	}
	pin->tries_left--;
	return store_pin_write(token->store, pin);
}

static enum token_result
begin_try(struct token *token, enum backend_role role, struct store_area *area, struct store_pin *pin)
{
	bool locked = false;
	enum token_result res;

	res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		return res;
	res = store_area_read(token->store, area);
	if (res == TOKEN_OK)
		res = store_pin_read(token->store, role, pin);
	if (res == TOKEN_OK)
		res = spend_try(token, pin, &locked);
	res = store_end(token->store, res);
	if (res == TOKEN_OK && locked)
		store_checkpoint(token->store);
	return res == TOKEN_OK && locked ? TOKEN_ERR_PIN_LOCKED : res;
}

/* Step three: right or not to be judged: the tries are `left`; wrong: lock when none are. */
static enum token_result
end_try(struct token *token, struct store_pin *pin, bool wrong, unsigned left)
{
	const bool lock = wrong && pin->tries_left == 0;
	enum token_result res;

	if (wrong && !lock)
		return TOKEN_OK;
	res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		return res;
	pin->tries_left = lock ? 0 : left;
	res = store_end(token->store, lock ? write_locked(token, pin) : store_pin_write(token->store, pin));
	if (lock && res == TOKEN_OK)
		store_checkpoint(token->store);
	return res;
}

enum token_result
pin_check(struct token *token, enum backend_role role, struct secret pin, struct pin_checked *checked)
{
	struct store_pin row = { 0 };
	struct backend_pin id = { .role = role, .serial = token->serial };
	unsigned before;
	enum token_result ended;
	enum token_result res;

	res = backend_current(token, &checked->backend);
	if (res == TOKEN_OK)
		res = begin_try(token, role, &checked->area, &row);
	if (res != TOKEN_OK)
		goto out;
	before = row.tries_left + 1;
	id.generation = row.generation;
	res = token->backend->guard->unwrap(checked->backend, &id, row.wrap, row.wrap_len, pin, &checked->area_key,
		&checked->auth);
	ended = end_try(token, &row, res == TOKEN_ERR_PIN, res == TOKEN_OK ? max_tries(&checked->area, role) : before);
	if (res == TOKEN_OK)
		res = ended;
	checked->generation = row.generation;
out:
	if (res != TOKEN_OK)
		pin_checked_clear(checked);
	store_pin_clear(&row);
	return res;
}

enum token_result
pin_count_wrong(struct token *token, enum backend_role role)
{
	struct store_pin pin = { 0 };
	bool locked = false;
	enum token_result res;

	res = store_pin_read(token->store, role, &pin);
	if (res == TOKEN_OK)
		res = spend_try(token, &pin, &locked);
	if (res == TOKEN_OK && !locked && pin.tries_left == 0)
		res = write_locked(token, &pin);
	store_pin_clear(&pin);
	return res;
}

/* A new wrap and full tries for a role, with what `by` has opened; the login lock is held. */
static enum token_result
write_pin(struct token *token, enum backend_role role, enum backend_role by, const struct pin_checked *with,
	struct secret pin, uint64_t *generation)
{
	struct store_area area = { 0 };
	struct store_pin row = { 0 };
	struct backend_bytes wrap = { NULL, 0 };
	struct backend_pin id = { .role = role, .serial = token->serial };
	uint64_t epoch = 0;
	enum token_result res;

	res = store_begin(token->store, false);
	if (res != TOKEN_OK)
		return res;
	res = store_area_read(token->store, &area);
	if (res == TOKEN_OK)
		res = store_pin_read(token->store, role, &row);
	res = store_end(token->store, res);
	if (res == TOKEN_OK)
		res = pin_check_new(role == BACKEND_SO ? &area.so : &area.user, pin);
	if (res != TOKEN_OK)
		goto out;
	epoch = area.epoch;
	id.generation = row.generation + 1;
	store_pin_clear(&row);
	res = token->backend->guard->set_pin(with->backend, &id, by, with->auth, pin, with->area_key, &wrap);
	row.wrap = wrap.ptr;
	row.wrap_len = wrap.len;
	if (res == TOKEN_OK)
		res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		goto out;
	row.state = TOKEN_PIN_OPERATIONAL;
	row.tries_left = max_tries(&area, role);
	row.generation = id.generation;
	res = store_area_read(token->store, &area);
	if (res == TOKEN_OK && area.epoch != epoch)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK)
		res = store_pin_write(token->store, &row);
	res = store_end(token->store, res);
	if (res == TOKEN_OK) {
		*generation = row.generation;
		store_checkpoint(token->store); /* the old wrap must not outlive its PIN in the log */
	}
out:
	store_pin_clear(&row);
	return res;
}

/* What the SO who is logged in has opened. */
static enum token_result
what_so_has(struct token *token, struct pin_checked *so)
{
	enum token_result res;

	res = token_lock_fresh(token); /* the area key must be the area's still */
	if (res == TOKEN_OK && token->role != TOKEN_SO)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK &&
		(!secret_copy(token->keys.area.ptr, token->keys.area.len, &so->area_key) ||
			!secret_copy(token->keys.auth.ptr, token->keys.auth.len, &so->auth)))
		res = TOKEN_ERR_MEMORY;
	if (res == TOKEN_OK)
		so->backend = backend_area_ref(token->area);
	(void)pthread_mutex_unlock(&token->lock);
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
	res = what_so_has(token, &so);
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
	if (res != TOKEN_OK)
		goto out;
	(void)pthread_mutex_lock(&token->lock);
	if (token->role == role)
		(void)pin_digest_set(&token->digest, token->env->seal, new_pin, generation);
	(void)pthread_mutex_unlock(&token->lock);
out:
	pin_checked_clear(&checked);
	pin_lock_release(&lock);
	return res;
}
