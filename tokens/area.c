/*
 * Making, re-initialising and erasing areas.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/token_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tokens/authenticator.h"
#include "tokens/pin/lock.h"
#include "tokens/preset.h"
#include "tokens/store/slots.h"

void
token_area_spec_stock(const struct token_env *env, const char *label, struct token_area_spec *spec)
{
	*spec = (struct token_area_spec){
		.label = label,
		.user = { .min_len = env->config.min_pin },
		.allow_weak_pin = env->config.min_pin != 0,
		.allow_weak_so_pin = env->config.allow_weak_so_pin,
	};
}

static enum token_result
set_label(struct store_area *area, const char *label)
{
	const size_t len = label != NULL ? strlen(label) : 0;

	if (len >= sizeof(area->label))
		return TOKEN_ERR_ARG;
	memset(area->label, 0, sizeof(area->label));
	if (len > 0)
		memcpy(area->label, label, len);
	return TOKEN_OK;
}

static uint32_t
flags_of(const struct token_area_spec *spec)
{
	return (spec->raw_sign ? STORE_AREA_RAW_SIGN : 0) | (spec->allow_weak_pin ? STORE_AREA_WEAK_PIN : 0) |
		(spec->allow_weak_so_pin ? STORE_AREA_WEAK_SO_PIN : 0) |
		(spec->must_change ? STORE_AREA_MUST_CHANGE : 0) |
		(spec->identity_check ? STORE_AREA_IDENTITY_CHECK : 0) | (spec->transport ? STORE_AREA_TRANSPORT : 0) |
		(spec->single_use ? STORE_AREA_SINGLE_USE : 0);
}

static enum token_result
set_origin(struct store_area *area, const struct token_area_spec *spec)
{
	const size_t preset = spec->preset != NULL ? strlen(spec->preset) : 0;
	const size_t card = spec->card != NULL ? strlen(spec->card) : 0;

	if (preset > TOKEN_PRESET_MAX || card > TOKEN_CARD_MAX)
		return TOKEN_ERR_ARG;
	area->has_authenticator = spec->authenticator != NULL;
	if (area->has_authenticator) { /* the secret is made with the rest of the beginning */
		memcpy(area->authenticator, spec->authenticator->sign, sizeof(spec->authenticator->sign));
		memcpy(area->authenticator + sizeof(spec->authenticator->sign), spec->authenticator->seal,
			sizeof(spec->authenticator->seal));
	}
	if (preset > 0)
		memcpy(area->preset, spec->preset, preset);
	if (card > 0)
		memcpy(area->card, spec->card, card);
	return TOKEN_OK;
}

static enum token_result
area_from_spec(const struct token_env *env, const struct token_area_spec *spec, struct store_area *area,
	const struct token_backend **backend)
{
	uint8_t serial[TOKEN_SERIAL_LEN / 2];
	enum token_result res;

	*area = (struct store_area){ .created = time(NULL), .epoch = 1, .user = spec->user, .so = spec->so };
	*backend = token_backend_find(spec->backend != NULL ? spec->backend : env->config.backend);
	if (*backend == NULL)
		return TOKEN_ERR_ARG;
	(void)snprintf(area->backend, sizeof(area->backend), "%s", (*backend)->name);
	area->flags = flags_of(spec);
	area->life = spec->transport ? TOKEN_LIFE_BLANK : TOKEN_LIFE_ACTIVE;
	area->latest = area->created;
	res = set_label(area, spec->label);
	if (res == TOKEN_OK)
		res = set_origin(area, spec);
	if (res == TOKEN_OK)
		res = pin_policy_complete((*backend)->guard->user, spec->allow_weak_pin, &area->user);
	if (res == TOKEN_OK)
		res = pin_policy_complete((*backend)->guard->so, spec->allow_weak_so_pin, &area->so);
	if (res == TOKEN_OK)
		res = seal_random(env->seal, serial, sizeof(serial));
	if (res != TOKEN_OK)
		return res;
	for (size_t i = 0; i < sizeof(serial); i++)
		(void)snprintf(area->serial + 2 * i, 3, "%02x", serial[i]);
	return TOKEN_OK;
}

/* What a new or emptied area starts with; computed before the transaction that writes it. */
struct beginning {
	struct area_keys keys;
	struct store_pin so, authenticator;
	struct secret secret; /* the authenticator's */
	struct store_root root;
	struct backend_bytes guard_data;
	struct backend_area *made; /* a new area's, to be dropped when it does not come to be */
};

static void
beginning_clear(struct beginning *b)
{
	area_keys_wipe(&b->keys);
	store_pin_clear(&b->so);
	store_pin_clear(&b->authenticator);
	secret_wipe(&b->secret);
	free(b->guard_data.ptr);
	backend_area_free(b->made);
}

/* Ask the guard for all that a new area, or one that is emptied (`old`: what its SO has opened), needs of it. */
static enum token_result
make_guard(const struct token_env *env, const struct token_backend *backend, const struct store_area *area,
	struct secret so_pin, struct secret area_key, const struct pin_checked *old, struct beginning *b)
{
	const struct guard_spec spec = { .serial = area->serial,
		.so_generation = b->so.generation,
		.user_tries = area->user.tries,
		.weak_so = (area->flags & STORE_AREA_WEAK_SO_PIN) != 0,
		.authenticator = backend->guard->counts ? b->secret : SECRET_NONE,
		.generation = b->root.generation };
	struct guard_made made = { .so_wrap = { NULL, 0 } };
	enum token_result res;

	if (old != NULL)
		res = backend->guard->remake(old->backend, &spec, old->auth, so_pin, area_key, &made);
	else
		res = backend->guard->make(&env->backend, &spec, so_pin, area_key, &made);
	b->so.wrap = made.so_wrap.ptr;
	b->so.wrap_len = made.so_wrap.len;
	b->guard_data = made.data;
	if (res == TOKEN_OK && old == NULL)
		res = backend_area_open(&env->backend, backend, area->serial, made.data.ptr, made.data.len, &b->made);
	return res;
}

/* The row of an authenticator, where the area has one. A device has made its lock with all else. */
static enum token_result
make_authenticator(const struct token_backend *backend, const struct store_area *area, struct secret area_key,
	const struct pin_checked *old, struct beginning *b)
{
	const struct backend_pin id = { BACKEND_AUTHENTICATOR, area->serial, 1 };
	struct backend_bytes wrap = { NULL, 0 };
	enum token_result res = TOKEN_OK;

	if (!area->has_authenticator)
		return TOKEN_OK;
	if (!backend->guard->counts)
		res = backend->guard->set_pin(old != NULL ? old->backend : b->made, &id, BACKEND_SO, SECRET_NONE,
			b->secret, area_key, &wrap);
	b->authenticator = (struct store_pin){ .role = BACKEND_AUTHENTICATOR,
		.state = TOKEN_PIN_OPERATIONAL,
		.tries_left = AUTHENTICATOR_TRIES,
		.generation = id.generation,
		.wrap = wrap.ptr,
		.wrap_len = wrap.len };
	return res;
}

/* A guard that leaves its data as they were. */
static enum token_result
keep_guard_data(struct token *token, struct beginning *b)
{
	const struct backend_bytes *data = &token->guard_data;

	if (b->guard_data.ptr != NULL || data->ptr == NULL)
		return TOKEN_OK;
	b->guard_data.ptr = malloc(data->len);
	if (b->guard_data.ptr == NULL)
		return TOKEN_ERR_MEMORY;
	memcpy(b->guard_data.ptr, data->ptr, data->len);
	b->guard_data.len = data->len;
	return TOKEN_OK;
}

/* The helper keeps its keys; the secret is for this area key. */
static enum token_result
new_secret(const struct seal_ctx *seal, struct store_area *area, struct secret *secret)
{
	struct token_authenticator helper;

	memcpy(helper.sign, area->authenticator, sizeof(helper.sign));
	memcpy(helper.seal, area->authenticator + sizeof(helper.sign), sizeof(helper.seal));
	return authenticator_new(seal, area->serial, &helper, area->authenticator, secret);
}

/* token and old: an area that is emptied; NULL: a new one. */
static enum token_result
beginning_make(const struct token_env *env, const struct token_backend *backend, struct store_area *area,
	struct secret so_pin, struct token *token, const struct pin_checked *old, struct beginning *b)
{
	const uint64_t so_generation = old != NULL ? old->generation + 1 : 1;
	struct secret area_key = SECRET_NONE;
	uint8_t settings[32];
	enum token_result res;

	b->so = (struct store_pin){ .role = BACKEND_SO,
		.state = TOKEN_PIN_OPERATIONAL,
		.tries_left = area->so.tries,
		.generation = so_generation };
	b->root = (struct store_root){ .generation = 1 };
	res = seal_random_secret(env->seal, BACKEND_AREA_KEY_LEN, &area_key);
	if (res == TOKEN_OK)
		res = area_keys_derive(env->seal, area_key, &b->keys);
	if (res == TOKEN_OK)
		res = vault_box_pair_new(env->seal, area_key, area->serial, area->seal_public, area->seal_private);
	if (res == TOKEN_OK && area->has_authenticator)
		res = new_secret(env->seal, area, &b->secret);
	if (res == TOKEN_OK)
		res = make_guard(env, backend, area, so_pin, area_key, old, b);
	if (res == TOKEN_OK)
		res = make_authenticator(backend, area, area_key, old, b);
	if (res == TOKEN_OK && old != NULL)
		res = keep_guard_data(token, b);
	if (res == TOKEN_OK)
		res = root_settings(env->seal, area, &b->guard_data, settings);
	if (res == TOKEN_OK)
		res = root_mac(env->seal, &b->keys, area->serial, settings, &b->root, b->root.mac);
	secret_wipe(&area_key);
	return res;
}

/* What make() has left outside the store goes with an area that did not come to be. */
static void
drop_made(const struct beginning *b)
{
	if (b->made != NULL && b->made->backend->guard->drop != NULL)
		b->made->backend->guard->drop(b->made);
}

static enum token_result
write_beginning(struct store *store, const struct store_area *area, const struct beginning *b)
{
	enum token_result res = store_area_write(store, area);

	if (res == TOKEN_OK)
		res = store_pin_write(store, &b->so);
	if (res == TOKEN_OK && area->has_authenticator)
		res = store_pin_write(store, &b->authenticator);
	if (res == TOKEN_OK)
		res = store_root_write(store, &b->root);
	if (res == TOKEN_OK && b->guard_data.ptr != NULL)
		res = store_data_write(store, STORE_DATA_GUARD, b->guard_data.ptr, b->guard_data.len);
	return res;
}

/* Fill the folder; the database is closed again, whole and without a log. */
static enum token_result
build(const char *folder, const struct store_area *area, const struct beginning *b)
{
	struct pin_lock lock = PIN_LOCK_NONE;
	struct store *store = NULL;
	enum token_result res;

	res = store_create(folder);
	if (res == TOKEN_OK)
		res = store_open(folder, &store);
	if (res == TOKEN_OK)
		res = store_begin(store, true);
	if (res == TOKEN_OK)
		res = store_end(store, write_beginning(store, area, b));
	store_close(store);
	if (res == TOKEN_OK)
		res = pin_lock_take(folder, PIN_LOCK_WAIT_MS, &lock); /* makes the file */
	pin_lock_release(&lock);
	return res;
}

/* A name of printable ASCII or UTF-8 that fits. */
static bool
is_card_name(const char *card)
{
	const size_t len = strlen(card);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)card[i] < 0x20 || card[i] == 0x7f)
			return false;
	return len <= TOKEN_CARD_MAX;
}

/* Is the area of this slot of that preset and card? One that cannot be read is of none. */
static bool
is_of_card(struct token_env *env, uint64_t slot, const struct token_preset *preset, const char *card)
{
	struct token *token = NULL;
	struct token_info info;
	bool is = false;

	if (token_open(env, slot, &token) == TOKEN_OK && token_get_info(token, &info) == TOKEN_OK)
		is = strcmp(info.preset, preset->name) == 0 && strcmp(info.card, card) == 0;
	token_close(token);
	return is;
}

/* Is this the free slot, as far as one can say without the lock? If not, nothing that was looked at here counts. */
static enum token_result
check_free(const struct token_slot *slots, size_t count, uint64_t slot)
{
	if (slot == slots[count - 1].id)
		return TOKEN_OK;
	return slot < slots[count - 1].id ? TOKEN_ERR_EXISTS : TOKEN_ERR_ARG;
}

/*
 * The closed list of a card (R-CARD-60). What is made by others meanwhile takes the slot too, so that the claim fails
 * and all is looked at again.
 */
static enum token_result
check_place(struct token_env *env, uint64_t slot, const struct token_preset *preset, const char *card)
{
	struct token_slot *slots = NULL;
	size_t count = 0;
	enum token_result res;

	res = slots_list(env->config.store, &slots, &count);
	if (res == TOKEN_OK)
		res = check_free(slots, count, slot);
	if (res == TOKEN_OK && card != NULL && card[0] != '\0') {
		if (!is_card_name(card))
			res = TOKEN_ERR_ARG;
		else if (!preset->card)
			res = TOKEN_ERR_NOT_HERE;
		for (size_t i = 0; i + 1 < count && res == TOKEN_OK && !preset->several; i++)
			if (is_of_card(env, slots[i].id, preset, card))
				res = TOKEN_ERR_NOT_HERE;
	}
	free(slots);
	return res;
}

enum token_result
token_area_create(struct token_env *env, uint64_t slot, const struct token_area_spec *spec, struct secret so_pin)
{
	const struct token_backend *backend = NULL;
	const struct token_preset *preset = preset_find(spec->preset);
	struct token_area_spec full = *spec;
	struct store_area area = { 0 };
	struct beginning b = { 0 };
	char *folder = NULL;
	enum token_result res;

	if (env->config.store == NULL)
		return TOKEN_ERR_IO;
	res = preset != NULL ? preset_apply(preset, &full) : TOKEN_ERR_ARG;
	if (res == TOKEN_OK)
		res = area_from_spec(env, &full, &area, &backend);
	if (res == TOKEN_OK)
		res = pin_check_new(&area.so, so_pin);
	if (res == TOKEN_OK)
		res = check_place(env, slot, preset, spec->card);
	if (res == TOKEN_OK)
		res = beginning_make(env, backend, &area, so_pin, NULL, NULL, &b);
	if (res == TOKEN_OK)
		res = slots_prepare(env->config.store, area.serial, &folder);
	if (res != TOKEN_OK)
		goto out;
	res = build(folder, &area, &b);
	if (res == TOKEN_OK)
		res = slots_claim(env->config.store, slot, area.serial);
	else
		slots_abandon(env->config.store, area.serial);
out:
	if (res != TOKEN_OK)
		drop_made(&b);
	beginning_clear(&b);
	free(folder);
	return res;
}

/* The SO code is right: everything goes, with the old area key. */
static enum token_result
empty_area(struct token *token, const char *label, struct secret so_pin, const struct pin_checked *checked)
{
	const bool blank = checked->area.life == TOKEN_LIFE_BLANK;
	const bool must_change = blank || checked->must_change;
	struct store_area area = checked->area;
	struct beginning b = { 0 };
	struct counter counter = COUNTER_NONE;
	enum token_result res;

	area.epoch++;
	area.suspended = false;
	area.life = TOKEN_LIFE_ACTIVE;
	area.checked = 0;
	res = set_label(&area, label);
	if (res == TOKEN_OK)
		res = counter_take(token, &counter); /* the generations begin anew */
	if (res == TOKEN_OK)
		res = beginning_make(token->env, token->backend, &area, so_pin, token, checked, &b);
	if (res == TOKEN_OK)
		res = store_begin(token->store, true);
	if (res != TOKEN_OK)
		goto out;
	b.so.must_change = must_change; /* the transport secret is good for this only */
	res = store_empty(token->store, false);
	if (res == TOKEN_OK)
		res = write_beginning(token->store, &area, &b);
	if (res == TOKEN_OK)
		res = event_add(token, blank ? "activated" : "initialised", "", NULL);
	res = store_end(token->store, res);
out:
	counter_end(&counter);
	beginning_clear(&b);
	return res;
}

/* Check the SO code with the login lock taken; the caller releases all three. */
static enum token_result
enter_as_so(struct token_env *env, uint64_t slot, struct secret so_pin, struct token **token, struct pin_lock *lock,
	struct pin_checked *checked)
{
	enum token_result res;

	res = token_open(env, slot, token);
	if (res != TOKEN_OK)
		return res;
	if (store_is_read_only((*token)->store))
		return TOKEN_ERR_READ_ONLY;
	res = pin_lock_take((*token)->folder, PIN_LOCK_WAIT_MS, lock);
	return res == TOKEN_OK ? pin_check(*token, BACKEND_SO, so_pin, checked) : res;
}

/* This process's picture is of what is no more. */
static void
forget_picture(struct token *token)
{
	(void)pthread_mutex_lock(&token->lock);
	token_forget_role(token);
	cache_clear(token);
	(void)pthread_mutex_unlock(&token->lock);
	store_checkpoint(token->store);
}

enum token_result
token_area_reinit(struct token_env *env, uint64_t slot, const char *label, struct secret so_pin)
{
	struct token *token = NULL;
	struct pin_lock lock = PIN_LOCK_NONE;
	struct pin_checked checked = PIN_CHECKED_NONE;
	enum token_result res;

	res = enter_as_so(env, slot, so_pin, &token, &lock, &checked);
	if (res == TOKEN_OK)
		res = empty_area(token, label, so_pin, &checked);
	if (res == TOKEN_OK)
		forget_picture(token);
	pin_checked_clear(&checked);
	pin_lock_release(&lock);
	token_close(token);
	return res;
}

enum token_result
token_area_erase(struct token_env *env, uint64_t slot, struct secret so_pin)
{
	struct token *token = NULL;
	struct pin_lock lock = PIN_LOCK_NONE;
	struct pin_checked checked = PIN_CHECKED_NONE;
	enum token_result res;

	res = enter_as_so(env, slot, so_pin, &token, &lock, &checked);
	if (res == TOKEN_ERR_OTHER_DEVICE) /* what could judge the code is no more, and with it what it opened */
		res = TOKEN_OK;
	if (res == TOKEN_OK)
		res = store_begin(token->store, true);
	if (res == TOKEN_OK)
		res = store_end(token->store, store_empty(token->store, true));
	if (res == TOKEN_OK) {
		forget_picture(token); /* the wraps are overwritten before the files go */
		(void)pthread_mutex_lock(&env->lock);
		token->erased = true;
		(void)pthread_mutex_unlock(&env->lock);
		if (checked.backend != NULL && token->backend->guard->drop != NULL)
			token->backend->guard->drop(checked.backend);
		res = slots_drop(env->config.store, slot, token->serial);
	}
	pin_checked_clear(&checked);
	pin_lock_release(&lock);
	token_close(token);
	return res;
}
