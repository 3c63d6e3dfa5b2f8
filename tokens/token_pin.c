/*
 * Counted PIN checks (R-CARD-05).
 *
 * A check takes three steps under the login lock: a try is committed, the PIN is checked without any other lock, the
 * try is given back or the state locked. Whoever is killed in between has spent the try.
 *
 * Where the guard's device counts the user's tries, nothing is committed before it is asked, and it is asked whatever
 * the row says; the row is a mirror of its answer, for those who only look.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdlib.h>

#include "tokens/authenticator.h"
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

unsigned
pin_max_tries(const struct store_area *area, enum backend_role role)
{
	if (role == BACKEND_AUTHENTICATOR)
		return AUTHENTICATOR_TRIES;
	return role == BACKEND_SO ? area->so.tries : area->user.tries;
}

static enum token_result
event_locked(struct token *token, enum backend_role role)
{
	static const char *const whose[] = {
		[BACKEND_USER] = "the user's",
		[BACKEND_SO] = "the security officer's",
		[BACKEND_AUTHENTICATOR] = "the authenticator's",
	};

	return event_add(token, "pin-locked", whose[role], NULL);
}

/* The user's wrap goes with the last try, so that not even the right PIN opens anything. */
static enum token_result
write_locked(struct token *token, struct store_pin *pin)
{
	enum token_result res;

	pin->state = TOKEN_PIN_LOCKED;
	pin->tries_left = 0;
	if (pin->role == BACKEND_USER)
		store_pin_clear(pin);
	res = store_pin_write(token->store, pin);
	return res == TOKEN_OK ? event_locked(token, pin->role) : res;
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
usable(bool suspended, const struct store_pin *row)
{
	enum token_result res = suspended ? TOKEN_ERR_SUSPENDED : state_result(row->state);

	if (res == TOKEN_OK && row->must_change)
		return TOKEN_ERR_NOT_LOGGED_IN; /* the SO has set another PIN since */
	return res == TOKEN_OK && row->tries_left == 0 ? TOKEN_ERR_PIN_LOCKED : res;
}

/*
 * The row that the login of this role stands on. An authenticator opens the area only as long as the PIN is disabled.
 */
static enum token_result
login_row(struct token *token, enum token_role role, struct store_pin *row)
{
	enum token_result res;

	if (role != TOKEN_USER || token->by != BACKEND_AUTHENTICATOR)
		return store_pin_read(token->store, token_backend_role(role), row);
	res = store_pin_read(token->store, BACKEND_USER, row);
	if (res != TOKEN_OK || row->state != TOKEN_PIN_DISABLED) {
		row->state = TOKEN_PIN_OPERATIONAL;
		row->must_change = true;
		return res;
	}
	store_pin_clear(row);
	return store_pin_read(token->store, BACKEND_AUTHENTICATOR, row);
}

enum token_result
pin_state_usable(struct token *token)
{
	struct store_area area = { 0 };
	struct store_pin pin = { 0 };
	enum token_result res;

	res = store_area_read(token->store, &area);
	if (res == TOKEN_OK)
		res = login_row(token, TOKEN_USER, &pin);
	if (res == TOKEN_OK)
		res = usable(area.suspended, &pin);
	if (res == TOKEN_OK && pin_is_devices(token, BACKEND_USER) && pin.generation != token->pin_generation)
		res = TOKEN_ERR_NOT_LOGGED_IN;
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
		res = login_row(token, role, &row);
	if (res == TOKEN_OK)
		*seen = (struct pin_seen){ .mark = *store_mark(token->store),
			.role = role,
			.suspended = area.suspended,
			.latest = area.latest,
			.must_change = row.must_change,
			.epoch = area.epoch,
			.generation = row.generation,
			.state = row.state,
			.tries_left = row.tries_left,
			.tries_max = pin_max_tries(&area, role == TOKEN_USER ? token->by : token_backend_role(role)) };
	store_pin_clear(&row);
	return store_end(token->store, res);
}

enum token_result
pin_follow(struct token *token)
{
	enum token_result res;

	if (token->role != TOKEN_USER || !pin_is_devices(token, BACKEND_USER))
		return TOKEN_OK;
	res = pin_look(token, TOKEN_USER);
	if (res != TOKEN_OK)
		return res;
	if (token->seen.generation == token->pin_generation && (!token->pin_auth || backend_area_has_auth(token->area)))
		return TOKEN_OK;
	token_forget_role(token);
	return TOKEN_ERR_NOT_LOGGED_IN;
}

enum token_result
pin_take_login(struct token *token, struct secret pin, const struct pin_checked *checked)
{
	struct secret auth = SECRET_NONE;
	enum token_result res;

	if (pin.ptr == NULL) /* the authenticator is asked each time */
		pin_digest_clear(&token->digest);
	else if ((res = pin_digest_set(&token->digest, token->env->seal, pin, checked->generation)) != TOKEN_OK)
		return res;
	token->pin_generation = checked->generation;
	if (token->role == TOKEN_USER) {
		token->pin_auth = checked->auth.len > 0;
		return backend_area_set_auth(token->area, checked->auth);
	}
	if (!secret_copy(checked->auth.ptr, checked->auth.len, &auth))
		return TOKEN_ERR_MEMORY;
	secret_wipe(&token->keys.auth);
	token->keys.auth = secret_move(&auth);
	return TOKEN_OK;
}

enum token_result
pin_seen_usable(const struct pin_seen *seen)
{
	const struct store_pin row = { .state = seen->state,
		.tries_left = seen->tries_left,
		.must_change = seen->must_change };

	return usable(seen->suspended, &row);
}

/* The last try, while somebody has it, has not locked anything yet: whoever is at work waits for how it ends. */
static enum token_result
opens(const struct store_pin *row)
{
	return row->must_change ? TOKEN_ERR_NOT_LOGGED_IN : state_result(row->state);
}

enum token_result
pin_opens(struct token *token)
{
	struct store_pin row = { .wrap = NULL };
	enum token_result res;

	if (token->role != TOKEN_USER)
		return TOKEN_OK;
	res = pin_look(token, TOKEN_USER);
	row.state = token->seen.state;
	row.must_change = token->seen.must_change;
	return res == TOKEN_OK ? opens(&row) : res;
}

enum token_result
pin_opens_inside(struct token *token)
{
	struct store_pin row = { .wrap = NULL };
	enum token_result res;

	if (token->role != TOKEN_USER)
		return TOKEN_OK;
	res = login_row(token, TOKEN_USER, &row);
	if (res == TOKEN_OK)
		res = opens(&row);
	store_pin_clear(&row);
	return res;
}

enum token_result
pin_recheck(struct token *token)
{
	struct store_pin row = { .wrap = NULL };
	enum token_result res;

	if (token->role != TOKEN_USER)
		return TOKEN_OK;
	res = login_row(token, TOKEN_USER, &row);
	if (res == TOKEN_OK && (row.must_change || row.state == TOKEN_PIN_DISABLED))
		token_forget_role(token);
	store_pin_clear(&row);
	return res;
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

bool
pin_is_devices(const struct token *token, enum backend_role role)
{
	return role == BACKEND_USER && token->backend->guard->counts;
}

enum token_result
pin_rows(struct token *token, enum backend_role role, struct store_area *area, struct store_pin *pin)
{
	enum token_result res;

	res = store_begin(token->store, false);
	if (res != TOKEN_OK)
		return res;
	res = store_area_read(token->store, area);
	if (res == TOKEN_OK)
		res = store_pin_read(token->store, role, pin);
	return store_end(token->store, res);
}

/* Step one with a device: only what it is not asked about. */
static enum token_result
begin_devices_try(struct token *token, enum backend_role role, struct store_area *area, struct store_pin *pin)
{
	enum token_result res = pin_rows(token, role, area, pin);

	if (res == TOKEN_OK && (pin->state == TOKEN_PIN_NONE || pin->state == TOKEN_PIN_DISABLED))
		res = state_result(pin->state);
	return res;
}

/* What the device's answer to a check says of state and tries. False: it has judged nothing. */
static bool
devices_answer(const struct pin_checked *checked, enum token_result answer, struct store_pin *pin)
{
	const struct token_guard *guard = checked->backend->backend->guard;
	unsigned left = 0;

	if (answer == TOKEN_OK)
		left = checked->area.user.tries;
	else if (answer != TOKEN_ERR_PIN && answer != TOKEN_ERR_PIN_LOCKED)
		return false;
	else if (answer == TOKEN_ERR_PIN && guard->tries(checked->backend, &left) != TOKEN_OK)
		left = pin->tries_left > 0 ? pin->tries_left - 1 : 0;
	pin->tries_left = left < checked->area.user.tries ? left : checked->area.user.tries;
	pin->state = left > 0 ? TOKEN_PIN_OPERATIONAL : TOKEN_PIN_LOCKED;
	return true;
}

/* Step three with a device: the mirror, where it says something else. */
static enum token_result
end_devices_try(struct token *token, const struct pin_checked *checked, enum token_result answer, struct store_pin *pin)
{
	struct store_pin now = { .role = pin->role };
	const enum token_pin_state state = pin->state;
	const unsigned left = pin->tries_left;
	enum token_result res;

	if (!devices_answer(checked, answer, pin) || (pin->state == state && pin->tries_left == left))
		return TOKEN_OK;
	res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		return res;
	res = store_pin_read(token->store, pin->role, &now);
	if (res == TOKEN_OK && now.generation == pin->generation) {
		now.state = pin->state;
		now.tries_left = pin->tries_left;
		res = store_pin_write(token->store, &now);
		if (res == TOKEN_OK && now.state == TOKEN_PIN_LOCKED && state != TOKEN_PIN_LOCKED)
			res = event_locked(token, now.role);
	}
	store_pin_clear(&now);
	return store_end(token->store, res);
}

/* What is to be given to the guard: the PIN, or what the authenticator's helper gives out with its verdict. */
static enum token_result
unwrap(struct token *token, const struct backend_pin *id, const struct store_pin *row, struct secret pin,
	struct pin_checked *checked)
{
	struct secret given = SECRET_NONE;
	enum token_result res = TOKEN_OK;

	if (id->role == BACKEND_AUTHENTICATOR)
		res = authenticator_ask(token->env->seal, token->env->config.authenticator, &checked->area, &given);
	if (res == TOKEN_OK)
		res = token->backend->guard->unwrap(checked->backend, id, row->wrap, row->wrap_len,
			id->role == BACKEND_AUTHENTICATOR ? given : pin, &checked->area_key, &checked->auth);
	secret_wipe(&given);
	return res;
}

/* Is there an authenticator, and is it what opens the area now? */
static enum token_result
check_authenticator(struct token *token)
{
	struct store_area area = { 0 };
	struct store_pin user = { 0 };
	enum token_result res = pin_rows(token, BACKEND_USER, &area, &user);

	if (res == TOKEN_OK && (!area.has_authenticator || user.state != TOKEN_PIN_DISABLED))
		res = TOKEN_ERR_ARG;
	if (res == TOKEN_OK && token->env->config.authenticator == NULL)
		res = TOKEN_ERR_AUTHENTICATOR;
	store_pin_clear(&user);
	return res;
}

/* Has the try been a wrong one? No verdict is one too, else whoever tampers with the helper could go on for ever. */
static bool
is_wrong(enum backend_role role, enum token_result res)
{
	return res == TOKEN_ERR_PIN || (role == BACKEND_AUTHENTICATOR && res == TOKEN_ERR_AUTHENTICATOR);
}

enum token_result
pin_check(struct token *token, enum backend_role role, struct secret pin, struct pin_checked *checked)
{
	const bool devices = pin_is_devices(token, role);
	struct store_pin row = { 0 };
	struct backend_pin id = { .role = role, .serial = token->serial };
	unsigned before;
	enum token_result ended;
	enum token_result res;

	res = role == BACKEND_AUTHENTICATOR ? check_authenticator(token) : TOKEN_OK;
	if (res == TOKEN_OK)
		res = backend_current(token, &checked->backend);
	if (res == TOKEN_OK)
		res = devices ? begin_devices_try(token, role, &checked->area, &row)
			      : begin_try(token, role, &checked->area, &row);
	if (res != TOKEN_OK)
		goto out;
	before = row.tries_left + 1;
	id.generation = row.generation;
	res = unwrap(token, &id, &row, pin, checked);
	if (devices)
		ended = end_devices_try(token, checked, res, &row);
	else
		ended = end_try(token, &row, is_wrong(role, res),
			res == TOKEN_OK ? pin_max_tries(&checked->area, role) : before);
	if (res == TOKEN_OK)
		res = ended;
	checked->generation = row.generation;
	checked->must_change = row.must_change;
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
