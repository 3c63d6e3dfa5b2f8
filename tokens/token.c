/*
 * Environments, and opening tokens.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/token_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/store/schema.h"
#include "tokens/tpm/device.h"

/* Closed tokens that stay open for the next one who asks; each has five files open. */
#define IDLE_TOKENS 8

static bool
copy_string(const char *from, char **to)
{
	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL;
}

enum token_result
token_env_new(const struct token_config *config, OSSL_LIB_CTX *libctx, struct token_env **out)
{
	const struct tpm_options tpm = { config->tcti, config->tpm_owner_auth, config->no_threads };
	struct token_env *env = calloc(1, sizeof(*env));
	enum token_result res = TOKEN_ERR_MEMORY;

	if (env == NULL)
		return TOKEN_ERR_MEMORY;
	(void)pthread_mutex_init(&env->lock, NULL);
	env->libctx = libctx;
	env->watch = SLOTS_WATCH_NONE;
	env->config.min_pin = config->min_pin;
	env->config.allow_weak_so_pin = config->allow_weak_so_pin;
	env->backend.tpm_pin = config->tpm_pin;
	if (!copy_string(config->store, &env->config.store) ||
		!copy_string(config->backend != NULL ? config->backend : "vault", &env->config.backend) ||
		!copy_string(config->authenticator, &env->config.authenticator))
		goto out;
	res = seal_ctx_new(libctx, &env->seal);
	if (res != TOKEN_OK)
		goto out;
	env->backend.seal = env->seal;
	res = tpm_new(env->seal, &tpm, &env->backend.tpm);
	if (res != TOKEN_OK)
		goto out;
	*out = env;
	env = NULL;
out:
	token_env_free(env);
	return res;
}

static void
token_free(struct token *token)
{
	if (token == NULL)
		return;
	token_forget_role(token);
	cache_clear(token);
	backend_close(token);
	store_close(token->store);
	(void)pthread_mutex_destroy(&token->lock);
	free(token->folder);
	free(token);
}

void
token_env_free(struct token_env *env)
{
	struct token *token = NULL;

	if (env == NULL)
		return;
	while ((token = env->idle) != NULL) {
		env->idle = token->next;
		token_free(token);
	}
	tpm_free(env->backend.tpm);
	slots_watch_end(&env->watch);
	seal_ctx_free(env->seal);
	free(env->config.store);
	free(env->config.backend);
	free(env->config.authenticator);
	(void)pthread_mutex_destroy(&env->lock);
	free(env);
}

/* Another thread of the parent may have been in the middle of anything: nothing of it is
 * touched, freed or unlocked. The list only keeps it reachable. */
void
token_env_abandon(struct token_env *env)
{
	static struct token_env *abandoned;

	arena_after_fork();
	if (env == NULL)
		return;
	env->next = abandoned;
	abandoned = env;
}

OSSL_LIB_CTX *
token_env_libctx(const struct token_env *env)
{
	return env->libctx;
}

enum token_result
token_slots(struct token_env *env, struct token_slot **slots, size_t *count)
{
	return env->config.store != NULL ? slots_list(env->config.store, slots, count) : TOKEN_ERR_IO;
}

enum token_result
token_slots_stamp(struct token_env *env, struct token_stamp *stamp)
{
	enum token_result res;

	if (env->config.store == NULL)
		return TOKEN_ERR_IO;
	(void)pthread_mutex_lock(&env->lock);
	res = slots_stamp(env->config.store, &env->watch, stamp);
	(void)pthread_mutex_unlock(&env->lock);
	return res;
}

static enum token_result
read_area(struct token *token, struct store_area *area)
{
	enum token_result res = store_area_read(token->store, area);

	if (res != TOKEN_OK)
		return res;
	if (strcmp(area->serial, token->serial) != 0)
		return TOKEN_ERR_DAMAGED;
	token->preset = preset_of_area(area->preset);
	token->backend = token_backend_find(area->backend);
	return token->backend != NULL ? backend_follow(token) : TOKEN_ERR_UNSUPPORTED;
}

static enum token_result
check_area(struct token *token)
{
	struct store_area area = { 0 };
	enum token_result res;

	res = store_begin(token->store, false);
	if (res == TOKEN_OK)
		res = store_end(token->store, read_area(token, &area));
	if (res == TOKEN_OK)
		token->epoch = area.epoch;
	return res;
}

static enum token_result
open_token(struct token_env *env, uint64_t slot, struct token **out)
{
	struct token *token = calloc(1, sizeof(*token));
	enum token_result res;

	if (token == NULL)
		return TOKEN_ERR_MEMORY;
	(void)pthread_mutex_init(&token->lock, NULL);
	token->env = env;
	token->slot = slot;
	res = slots_find(env->config.store, slot, &token->folder, token->serial);
	if (res == TOKEN_OK) {
		res = store_open(token->folder, &token->store);
		if (res == TOKEN_ERR_NOT_FOUND)
			res = TOKEN_ERR_DAMAGED; /* the slot is there, the area is not */
	}
	if (res == TOKEN_OK)
		res = check_area(token);
	if (res != TOKEN_OK)
		goto out;
	*out = token;
	token = NULL;
out:
	if (token != NULL && token->store == NULL) {
		(void)pthread_mutex_destroy(&token->lock);
		free(token->folder);
		free(token);
		token = NULL;
	}
	token_free(token);
	return res;
}

/* Where the list points to the slot's token, or its end. */
static struct token **
find_token(struct token **list, uint64_t slot)
{
	while (*list != NULL && (*list)->slot != slot)
		list = &(*list)->next;
	return list;
}

static bool
look_at_file(const struct token *token, struct stat *file)
{
	char *path = NULL;
	bool there;

	if (asprintf(&path, "%s/" STORE_AREA_FILE, token->folder) < 0)
		return false;
	there = stat(path, file) == 0;
	free(path);
	return there;
}

/* A kept token's file may have been replaced, and its tables changed, by anybody. */
static bool
is_good_still(struct token *token)
{
	struct stat now;

	return look_at_file(token, &now) && now.st_dev == token->file.st_dev && now.st_ino == token->file.st_ino &&
		now.st_size == token->file.st_size && now.st_mtim.tv_sec == token->file.st_mtim.tv_sec &&
		now.st_mtim.tv_nsec == token->file.st_mtim.tv_nsec && store_check(token->store) == TOKEN_OK &&
		check_area(token) == TOKEN_OK;
}

/* A kept token, out of the list; NULL: there is none, or it must be opened anew. */
static struct token *
take_idle(struct token_env *env, uint64_t slot)
{
	struct token **link = find_token(&env->idle, slot);
	struct token *token = *link;

	if (token == NULL)
		return NULL;
	*link = token->next;
	if (is_good_still(token))
		return token;
	token_free(token);
	return NULL;
}

/* May it be kept? As it is now, then. */
static bool
mark_idle(struct token *token)
{
	return !token->erased && !store_is_read_only(token->store) && look_at_file(token, &token->file);
}

/* Keep a token that nobody uses; the one that was closed longest ago goes. */
static void
keep_idle(struct token_env *env, struct token *token)
{
	struct token **link = &env->idle;
	struct token *last = NULL;
	unsigned count;

	if (token_get_role(token) != TOKEN_NOBODY)
		token_forget_role(token);
	token->next = env->idle;
	env->idle = token;
	for (count = 0; *link != NULL && count < IDLE_TOKENS; count++)
		link = &(*link)->next;
	last = *link;
	*link = NULL;
	token_free(last);
}

enum token_result
token_open(struct token_env *env, uint64_t slot, struct token **out)
{
	struct token *token = NULL;
	enum token_result res = TOKEN_OK;

	if (env->config.store == NULL)
		return TOKEN_ERR_NOT_FOUND;
	(void)pthread_mutex_lock(&env->lock);
	token = *find_token(&env->tokens, slot);
	if (token == NULL) {
		token = take_idle(env, slot);
		if (token == NULL)
			res = open_token(env, slot, &token);
		if (res == TOKEN_OK) {
			token->next = env->tokens;
			env->tokens = token;
		}
	}
	if (res == TOKEN_OK)
		token->users++;
	(void)pthread_mutex_unlock(&env->lock);
	if (res == TOKEN_OK)
		*out = token;
	return res;
}

void
token_close(struct token *token)
{
	struct token_env *env = NULL;

	if (token == NULL)
		return;
	env = token->env;
	(void)pthread_mutex_lock(&env->lock);
	if (--token->users == 0) {
		*find_token(&env->tokens, token->slot) = token->next;
		if (mark_idle(token))
			keep_idle(env, token);
		else
			token_free(token);
	}
	(void)pthread_mutex_unlock(&env->lock);
}

const char *
token_serial(const struct token *token)
{
	return token->serial;
}

static enum token_result
read_info(struct token *token, struct token_info *info)
{
	struct store_area area = { 0 };
	struct store_pin user = { 0 };
	struct store_pin so = { 0 };
	enum token_result res;

	res = store_area_read(token->store, &area);
	if (res == TOKEN_OK)
		res = store_pin_read(token->store, BACKEND_USER, &user);
	if (res == TOKEN_OK)
		res = store_pin_read(token->store, BACKEND_SO, &so);
	if (res == TOKEN_OK)
		res = store_counts(token->store, info);
	if (res != TOKEN_OK)
		goto out;
	(void)snprintf(info->label, sizeof(info->label), "%s", area.label);
	(void)snprintf(info->serial, sizeof(info->serial), "%s", area.serial);
	(void)snprintf(info->backend, sizeof(info->backend), "%s", area.backend);
	(void)snprintf(info->preset, sizeof(info->preset), "%s", area.preset);
	(void)snprintf(info->card, sizeof(info->card), "%s", area.card);
	info->no_pin = token->preset->no_pin;
	info->suspended = area.suspended;
	info->life = area.life;
	info->user_must_change = user.must_change &&
		(user.state == TOKEN_PIN_OPERATIONAL || token->backend->guard->tries != NULL); /* which is asked */
	info->so_must_change = so.must_change;
	info->authenticator = area.has_authenticator;
	info->raw_sign = (area.flags & STORE_AREA_RAW_SIGN) != 0;
	info->user_state = user.state;
	info->user_tries_left = user.tries_left;
	info->so_tries_left = so.state == TOKEN_PIN_OPERATIONAL ? so.tries_left : 0;
	if (user.state == TOKEN_PIN_OPERATIONAL && user.tries_left == 0)
		info->user_state = TOKEN_PIN_LOCKED; /* whoever spent the last try was killed */
	if (user.state == TOKEN_PIN_NONE)
		info->user_tries_left = area.user.tries;
	info->user = area.user;
	info->so = area.so;
out:
	store_pin_clear(&user);
	store_pin_clear(&so);
	return res;
}

bool
token_is_read_only(const struct token *token)
{
	return store_is_read_only(token->store);
}

static void
backend_info(struct token *token, struct token_info *info)
{
	const struct token_backend *backend = token->backend;
	struct backend_area *area = backend_ref(token);

	info->hardware = backend->keys->hardware;
	info->device_bound = backend->guard->counts;
	info->shared_lockout = backend->guard->shares_lockout != NULL && backend->guard->shares_lockout(area);
	(void)snprintf(info->model, sizeof(info->model), "%s",
		info->shared_lockout && backend->model_shared != NULL ? backend->model_shared : backend->model);
	backend_area_free(area);
}

enum token_result
token_get_info(struct token *token, struct token_info *info)
{
	enum token_result res;

	*info = (struct token_info){ .read_only = store_is_read_only(token->store) };
	backend_info(token, info);
	res = store_begin(token->store, false);
	return res == TOKEN_OK ? store_end(token->store, read_info(token, info)) : res;
}

enum token_result
token_ask_info(struct token *token, struct token_info *info)
{
	const struct token_guard *guard = token->backend->guard;
	struct backend_area *area = NULL;
	unsigned left = 0;
	enum token_result res = token_get_info(token, info);

	if (res != TOKEN_OK || guard->tries == NULL ||
		(info->user_state != TOKEN_PIN_OPERATIONAL && info->user_state != TOKEN_PIN_LOCKED))
		return res;
	res = backend_current(token, &area);
	if (res != TOKEN_OK)
		return res;
	if (guard->tries(area, &left) == TOKEN_OK) {
		info->user_tries_left = left < info->user.tries ? left : info->user.tries;
		info->user_state = left > 0 ? TOKEN_PIN_OPERATIONAL : TOKEN_PIN_LOCKED;
	}
	info->user_must_change = info->user_must_change && info->user_state == TOKEN_PIN_OPERATIONAL;
	backend_area_free(area);
	return TOKEN_OK;
}
