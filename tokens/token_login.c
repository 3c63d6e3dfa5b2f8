/*
 * Login, logout and context-specific login.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include "tokens/pin/lock.h"

enum token_role
token_get_role(struct token *token)
{
	return atomic_load(&token->shown);
}

void
token_notice(struct token *token)
{
	(void)token_lock_fresh(token);
	(void)pthread_mutex_unlock(&token->lock);
}

/* Has somebody logged in? */
static enum token_result
check_nobody(struct token *token, enum token_role role)
{
	const enum token_role now = token_get_role(token);

	if (now == TOKEN_NOBODY)
		return TOKEN_OK;
	return now == role ? TOKEN_ERR_LOGGED_IN : TOKEN_ERR_OTHER_LOGGED_IN;
}

/* A user without a PIN comes by the authenticator. */
static enum backend_role
role_of(enum token_role role, struct secret pin)
{
	return role == TOKEN_USER && pin.ptr == NULL ? BACKEND_AUTHENTICATOR : token_backend_role(role);
}

/* A right PIN becomes a role when the rows are what was committed. Token lock held. */
static enum token_result
enter_role(struct token *token, enum token_role role, struct secret pin, const struct pin_checked *checked)
{
	enum token_result res;

	token->role = role;
	token->by = role_of(role, pin);
	if (checked->named != NULL) {
		token->named = *checked->named;
		token->named.wrap = NULL;
		token->named.wrap_len = 0;
		atomic_store(&token->rights, checked->named->rights);
	}
	token->loaded = false;
	res = area_keys_derive(token->env->seal, checked->area_key, &token->keys);
	if (res == TOKEN_OK)
		res = pin_take_login(token, pin, checked);
	if (res == TOKEN_OK)
		res = store_begin(token->store, false);
	if (res != TOKEN_OK)
		goto out;
	if (token->epoch != checked->area.epoch) {
		cache_clear(token);
		token->epoch = checked->area.epoch;
	}
	res = store_end(token->store, cache_refresh(token));
	if (res == TOKEN_OK && token->role != role)
		res = TOKEN_ERR_BUSY; /* made anew between check and now */
out:
	if (res != TOKEN_OK)
		token_forget_role(token);
	return res;
}

/*
 * The rows are what was once committed; a device that counts commits knows whether that was the last time. Nobody
 * else sees the role before. Who is to mend what the device has lost must be let in without it.
 */
static enum token_result
check_count(enum token_role role, const struct pin_checked *checked, struct counter *counter)
{
	enum token_result res;

	counter->area = backend_area_ref(checked->backend);
	if (!secret_copy(checked->area_key.ptr, checked->area_key.len, &counter->key))
		return TOKEN_ERR_MEMORY;
	res = counter_reach(counter, counter->generation);
	return res == TOKEN_ERR_INDEX_LOST && role == TOKEN_SO ? TOKEN_OK : res;
}

enum token_result
login_enter(struct token *token, enum token_role role, struct secret pin, const struct pin_checked *checked)
{
	struct counter counter = COUNTER_NONE;
	enum token_result res;

	res = counter_take(token, &counter);
	if (res != TOKEN_OK)
		goto out;
	(void)pthread_mutex_lock(&token->lock);
	res = enter_role(token, role, pin, checked);
	counter.generation = token->root.generation;
	(void)pthread_mutex_unlock(&token->lock);
	if (res != TOKEN_OK)
		goto out;
	if (token->backend->guard->reach != NULL)
		res = check_count(role, checked, &counter);
	(void)pthread_mutex_lock(&token->lock);
	if (res == TOKEN_OK && token->role != role)
		res = TOKEN_ERR_BUSY;
	if (res == TOKEN_OK)
		atomic_store(&token->shown, role);
	else
		token_forget_role(token);
	(void)pthread_mutex_unlock(&token->lock);
out:
	counter_end(&counter);
	return res;
}

/* The login lock is held. */
static enum token_result
pin_login(struct token *token, enum token_role role, struct secret pin)
{
	struct pin_checked checked = PIN_CHECKED_NONE;
	enum token_result res;

	res = pin_check(token, role_of(role, pin), pin, &checked);
	if (res == TOKEN_OK && role == TOKEN_USER && checked.must_change)
		res = TOKEN_ERR_PIN_EXPIRED;
	if (res == TOKEN_OK)
		res = login_enter(token, role, pin, &checked);
	pin_checked_clear(&checked);
	return res;
}

static enum token_result
check_life(struct token *token, enum token_role role)
{
	struct store_area area = { 0 };
	enum token_result res;

	res = store_begin(token->store, false);
	if (res == TOKEN_OK)
		res = store_end(token->store, store_area_read(token->store, &area));
	return res == TOKEN_OK ? life_admits(&area, role) : res;
}

enum token_result
login_begin(struct token *token, enum token_role role, struct pin_lock *lock)
{
	enum token_result res = check_nobody(token, role);

	if (res != TOKEN_OK)
		return res;
	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = pin_lock_take(token->folder, PIN_LOCK_WAIT_MS, lock);
	if (res == TOKEN_OK)
		res = check_nobody(token, role); /* another thread may have been first */
	return res == TOKEN_OK ? check_life(token, role) : res;
}

enum token_result
token_login(struct token *token, enum token_role role, struct secret pin)
{
	struct pin_lock lock = PIN_LOCK_NONE;
	enum token_result res;

	if (role != TOKEN_USER && role != TOKEN_SO && role != TOKEN_PROVISIONER)
		return TOKEN_ERR_ARG;
	res = login_begin(token, role, &lock);
	if (res == TOKEN_OK)
		res = role == TOKEN_PROVISIONER ? provisioner_login(token, pin) : pin_login(token, role, pin);
	pin_lock_release(&lock);
	return res;
}

enum token_result
token_logout(struct token *token)
{
	enum token_result res = TOKEN_OK;

	(void)pthread_mutex_lock(&token->lock);
	if (token->role == TOKEN_NOBODY && token->provisioner == 0)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	token_forget_role(token);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

enum digest_answer { DIGEST_RIGHT, DIGEST_RIGHT_RESTORE, DIGEST_WRONG, DIGEST_STALE };

/* Compare with the digest, and with the PIN row, which another process may have changed. */
static enum token_result
compare_digest(struct token *token, enum token_role *role, struct secret pin, enum digest_answer *answer)
{
	const struct pin_seen *seen = &token->seen;
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	*role = token->role;
	res = token->role == TOKEN_NOBODY ? TOKEN_ERR_NOT_LOGGED_IN : pin_look(token, token->role);
	if (res == TOKEN_OK && seen->epoch != token->epoch)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK && seen->state == TOKEN_PIN_NONE)
		res = TOKEN_ERR_PIN_NOT_SET;
	if (res == TOKEN_OK && (seen->state != TOKEN_PIN_OPERATIONAL || seen->tries_left == 0))
		res = TOKEN_ERR_PIN_LOCKED;
	if (res == TOKEN_OK && role_of(*role, pin) != (*role == TOKEN_USER ? token->by : token_backend_role(*role)))
		res = pin.ptr == NULL ? TOKEN_ERR_ARG : TOKEN_ERR_PIN_LOCKED; /* not what opened the area */
	if (res != TOKEN_OK || pin.ptr == NULL)
		goto out;
	switch (pin_digest_check(&token->digest, token->env->seal, pin, seen->generation)) {
	case TOKEN_OK:
		*answer = seen->tries_left == seen->tries_max ? DIGEST_RIGHT : DIGEST_RIGHT_RESTORE;
		break;
	case TOKEN_ERR_PIN:
		*answer = DIGEST_WRONG;
		break;
	default:
		*answer = DIGEST_STALE;
		break;
	}
out:
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}

/* A mismatch is a try like any other: committed before the answer. */
static enum token_result
count_mismatch(struct token *token, enum token_role role)
{
	enum token_result res;

	res = store_begin(token->store, true);
	if (res == TOKEN_OK)
		res = store_end(token->store, pin_count_wrong(token, token_backend_role(role)));
	if (res == TOKEN_OK)
		store_checkpoint(token->store); /* with the last try the wrap has gone, from the log too */
	return res == TOKEN_OK ? TOKEN_ERR_PIN : res;
}

/* The full check, for a digest that another process's change has made stale, for tries to restore, and for a mismatch
 * that a device counts. */
static enum token_result
check_fully(struct token *token, enum token_role role, struct secret pin)
{
	struct pin_checked checked = PIN_CHECKED_NONE;
	enum token_result res;

	res = pin_check(token, role_of(role, pin), pin, &checked);
	if (res == TOKEN_OK && role == TOKEN_USER && checked.must_change)
		res = TOKEN_ERR_PIN_EXPIRED;
	if (res != TOKEN_OK)
		goto out;
	(void)pthread_mutex_lock(&token->lock);
	if (token->role != role || token->epoch != checked.area.epoch)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	else
		res = pin_take_login(token, pin, &checked);
	(void)pthread_mutex_unlock(&token->lock);
out:
	pin_checked_clear(&checked);
	return res;
}

enum token_result
token_check_pin(struct token *token, struct secret pin)
{
	struct pin_lock lock = PIN_LOCK_NONE;
	enum digest_answer answer = DIGEST_STALE;
	enum token_role role = TOKEN_NOBODY;
	enum token_result res;

	res = compare_digest(token, &role, pin, &answer);
	if (res != TOKEN_OK || answer == DIGEST_RIGHT)
		return res;
	if (store_is_read_only(token->store))
		return TOKEN_ERR_READ_ONLY;
	res = pin_lock_take(token->folder, PIN_LOCK_WAIT_MS, &lock);
	if (res != TOKEN_OK)
		return res;
	res = compare_digest(token, &role, pin, &answer); /* with the lock nothing changes any more */
	if (res == TOKEN_OK && answer == DIGEST_WRONG && !pin_is_devices(token, token_backend_role(role)))
		res = count_mismatch(token, role);
	else if (res == TOKEN_OK && answer != DIGEST_RIGHT)
		res = check_fully(token, role, pin);
	pin_lock_release(&lock);
	return res;
}

enum token_result
token_usable(struct token *token)
{
	enum token_result res;

	(void)pthread_mutex_lock(&token->lock);
	res = token->role == TOKEN_USER ? pin_follow(token) : TOKEN_ERR_NOT_LOGGED_IN;
	if (res == TOKEN_OK)
		res = pin_look(token, TOKEN_USER);
	if (res == TOKEN_OK)
		res = pin_seen_usable(&token->seen);
	(void)pthread_mutex_unlock(&token->lock);
	return res;
}
