/* serve_routes.c: which path is whose, and the forms of an answer. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/message.h"
#include "tools/reader/serve.h"

#define SMALL_BODY ((size_t)4096)
#define WALLET_METADATA ((size_t)64 * 1024)

enum route {
	ROUTE_START,
	ROUTE_SCRIPT,
	ROUTE_BEGIN,
	ROUTE_PAGE,
	ROUTE_WAIT,
	ROUTE_END,
	ROUTE_REQUEST,
	ROUTE_RESPONSE,
	ROUTE_API
};

/* `{}` in a path is one name. */
static const struct route_row {
	enum route route;
	const char *path;
	const char *methods; /* as in Allow */
	size_t body_max;     /* SIZE_MAX: --max-response */
} routes[] = {
	{ ROUTE_START, "/", "GET, HEAD", 0 },
	{ ROUTE_SCRIPT, "/wait.js", "GET, HEAD", 0 },
	{ ROUTE_BEGIN, "/start", "POST", SMALL_BODY },
	{ ROUTE_PAGE, "/t/{}", "GET, HEAD", 0 },
	{ ROUTE_WAIT, "/t/{}/wait", "GET", 0 },
	{ ROUTE_END, "/t/{}/end", "POST", SMALL_BODY },
	{ ROUTE_REQUEST, "/request/{}", "GET, POST", WALLET_METADATA },
	{ ROUTE_RESPONSE, "/response/{}", "POST", SIZE_MAX },
	{ ROUTE_API, "/api/transactions", "POST", SMALL_BODY },
	{ ROUTE_API, "/api/transactions/{}", "GET, DELETE", 0 },
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static size_t response_max = SMALL_BODY; /* set before the server starts */

void
serve_set_response_max(size_t bytes)
{
	response_max = bytes;
}

/* name: what stands for `{}`. */
static bool
matches(const char *pattern, const char *path, char name[SERVE_NAME])
{
	const char *brace = strchr(pattern, '{');
	size_t len;

	name[0] = '\0';
	if (brace == NULL)
		return strcmp(pattern, path) == 0;
	if (strncmp(pattern, path, (size_t)(brace - pattern)) != 0)
		return false;
	path += brace - pattern;
	len = strcspn(path, "/");
	if (len != SERVE_NAME_LEN || strcmp(path + len, brace + 2) != 0)
		return false;
	memcpy(name, path, len);
	name[len] = '\0';
	return true;
}

static const struct route_row *
find(const char *path, char name[SERVE_NAME])
{
	for (size_t i = 0; i < ROUTES; i++)
		if (matches(routes[i].path, path, name))
			return &routes[i];
	return NULL;
}

/* One of "GET, HEAD". */
static bool
allows(const struct route_row *row, const char *method)
{
	const size_t len = strlen(method);

	for (const char *at = row->methods; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ' ? 1 : 0;
		if (strncmp(at, method, len) == 0 && (at[len] == ',' || at[len] == '\0'))
			return true;
	}
	return false;
}

size_t
serve_body_max(const char *method, const char *path)
{
	char name[SERVE_NAME];
	const struct route_row *row = find(path, name);

	if (row == NULL || !allows(row, method) || strcmp(method, "GET") == 0)
		return 0;
	return row->body_max == SIZE_MAX ? response_max : row->body_max;
}

/* ---- Answers ---- */

void
serve_reply_see_other(struct web_reply *reply, char *path)
{
	reply->status = path != NULL ? 303 : 500;
	reply->location = path;
}

/* ---- Requests ---- */

static void
page_of(struct serve *serve, enum route route, const char *name, struct web_request *request, struct web_reply *reply)
{
	struct serve_transaction *transaction = serve_page_owner(serve, name, request);

	if (transaction == NULL && route == ROUTE_WAIT)
		web_reply_error(reply, 404, "not_found", NULL);
	else if (transaction == NULL)
		serve_page_message(serve, reply, 404,
			_("There is no such transaction, it is over, or another browser began it."));
	else if (route == ROUTE_WAIT)
		serve_page_wait(serve, transaction, request, reply);
	else if (route == ROUTE_END)
		serve_page_end(serve, transaction, reply);
	else
		serve_page_transaction(serve, transaction, request, reply);
}

static void
dispatch(struct serve *serve, enum route route, const char *name, struct web_request *request, struct web_reply *reply)
{
	switch (route) {
	case ROUTE_START:
		serve_page_start(serve, request, reply);
		break;
	case ROUTE_SCRIPT:
		serve_page_script(reply);
		break;
	case ROUTE_BEGIN:
		serve_page_begin(serve, request, reply);
		break;
	case ROUTE_REQUEST:
		serve_wallet_request(serve, name, request, reply);
		break;
	case ROUTE_RESPONSE:
		serve_wallet_response(serve, name, request, reply);
		break;
	case ROUTE_API:
		serve_api(serve, name, request, reply);
		break;
	case ROUTE_PAGE:
	case ROUTE_WAIT:
	case ROUTE_END:
		page_of(serve, route, name, request, reply);
		break;
	}
}

void
serve_handle(void *arg, struct web_request *request, struct web_reply *reply)
{
	struct serve *serve = arg;
	char name[SERVE_NAME];
	const struct route_row *row = find(request->path, name);

	if (!serve_is_for_us(serve, request)) {
		serve_page_message(serve, reply, 421,
			_("This request is for another server, or comes from another site."));
		return;
	}
	if (row == NULL || (row->route == ROUTE_API && serve->options->no_api)) {
		serve_page_message(serve, reply, 404, _("There is nothing here."));
		return;
	}
	if (!allows(row, request->method)) {
		serve_page_message(serve, reply, 405, _("That cannot be done here."));
		reply->allow = row->methods;
		return;
	}
	pthread_mutex_lock(&serve->lock);
	dispatch(serve, row->route, name, request, reply);
	pthread_mutex_unlock(&serve->lock);
}
