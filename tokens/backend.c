/*
 * An open area, as its backend sees it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/backend.h"

#include <stdio.h>
#include <stdlib.h>

enum token_result
backend_area_open(const struct backend_env *env, const struct token_backend *backend, const char *serial,
	const uint8_t *data, size_t data_len, struct backend_area **out)
{
	struct backend_area *area = calloc(1, sizeof(*area));
	enum token_result res = TOKEN_OK;

	if (area == NULL)
		return TOKEN_ERR_MEMORY;
	area->env = env;
	area->backend = backend;
	area->auth = SECRET_NONE;
	atomic_init(&area->references, 1);
	(void)snprintf(area->serial, sizeof(area->serial), "%s", serial);
	(void)pthread_mutex_init(&area->lock, NULL);
	if (backend->guard->open != NULL)
		res = backend->guard->open(area, data, data_len);
	if (res == TOKEN_OK)
		*out = area;
	else
		backend_area_free(area);
	return res;
}

struct backend_area *
backend_area_ref(struct backend_area *area)
{
	(void)atomic_fetch_add(&area->references, 1);
	return area;
}

void
backend_area_free(struct backend_area *area)
{
	if (area == NULL || atomic_fetch_sub(&area->references, 1) != 1)
		return;
	if (area->backend->guard->close != NULL)
		area->backend->guard->close(area);
	secret_wipe(&area->auth);
	(void)pthread_mutex_destroy(&area->lock);
	free(area);
}

enum token_result
backend_area_set_auth(struct backend_area *area, struct secret auth)
{
	struct secret copy = SECRET_NONE;
	enum token_result res;

	res = secret_copy(auth.ptr, auth.len, &copy) ? TOKEN_OK : TOKEN_ERR_MEMORY;
	(void)pthread_mutex_lock(&area->lock);
	secret_wipe(&area->auth); /* the old one must not be used any more, also when there is no room for the new */
	area->auth = copy;
	(void)pthread_mutex_unlock(&area->lock);
	return res;
}

enum token_result
backend_area_auth(struct backend_area *area, struct secret *copy)
{
	enum token_result res = TOKEN_OK;

	*copy = SECRET_NONE;
	(void)pthread_mutex_lock(&area->lock);
	if (area->auth.len == 0)
		res = TOKEN_ERR_NOT_LOGGED_IN;
	else if (!secret_copy(area->auth.ptr, area->auth.len, copy))
		res = TOKEN_ERR_MEMORY;
	(void)pthread_mutex_unlock(&area->lock);
	return res;
}

bool
backend_area_has_auth(struct backend_area *area)
{
	bool has;

	(void)pthread_mutex_lock(&area->lock);
	has = area->auth.len > 0;
	(void)pthread_mutex_unlock(&area->lock);
	return has;
}
