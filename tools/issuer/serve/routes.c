/* routes.c: which path is whose. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <string.h>
#include "tools/common/message.h"
#include "tools/issuer/serve/service.h"

#define SMALL_BODY ((size_t)8192)

enum route {
	ROUTE_METADATA,
	ROUTE_AUTHORIZATION,
	ROUTE_OFFER,
	ROUTE_TOKEN,
	ROUTE_NONCE,
	ROUTE_CREDENTIAL,
	ROUTE_NOTIFICATION,
	ROUTE_STATUS,
	ROUTE_CRL
};

/* One that ends in "/" goes on with a name. */
static const struct route_row {
	enum route route;
	const char *path, *method;
	size_t body_max; /* SIZE_MAX: --max-request */
} routes[] = {
	{ ROUTE_METADATA, "/.well-known/openid-credential-issuer", "GET", 0 },
	{ ROUTE_AUTHORIZATION, "/.well-known/oauth-authorization-server", "GET", 0 },
	{ ROUTE_OFFER, "/offer/", "GET", 0 },
	{ ROUTE_TOKEN, "/token", "POST", SMALL_BODY },
	{ ROUTE_NONCE, "/nonce", "POST", SMALL_BODY },
	{ ROUTE_CREDENTIAL, "/credential", "POST", SIZE_MAX },
	{ ROUTE_NOTIFICATION, "/notification", "POST", SMALL_BODY },
	{ ROUTE_STATUS, "/status/", "GET", 0 },
	{ ROUTE_CRL, "/iaca.crl", "GET", 0 },
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static size_t request_max = SMALL_BODY; /* set before the server starts */

void
service_set_request_max(size_t bytes)
{
	request_max = bytes;
}

/* *name: what comes after the path. */
static const struct route_row *
find(const char *path, const char **name)
{
	for (size_t i = 0; i < ROUTES; i++) {
		const size_t len = strlen(routes[i].path);
		const bool named = routes[i].path[len - 1] == '/';

		*name = path + len;
		if (named ? strncmp(path, routes[i].path, len) == 0 && path[len] != '\0'
			  : strcmp(path, routes[i].path) == 0)
			return &routes[i];
	}
	return NULL;
}

size_t
service_body_max(const char *method, const char *path)
{
	const char *name;
	const struct route_row *row = find(path, &name);

	if (row == NULL || strcmp(method, row->method) != 0)
		return 0;
	return row->body_max == SIZE_MAX ? request_max : row->body_max;
}

static void
give(const struct mdoc_buf *text, struct web_reply *reply)
{
	reply->status = 200;
	reply->type = "application/json";
	mdoc_buf_append(&reply->body, mdoc_buf_bytes(text));
}

static void
dispatch(struct service *service, enum route route, const char *name, struct web_request *request,
	struct web_reply *reply)
{
	switch (route) {
	case ROUTE_METADATA:
		give(&service->metadata, reply);
		break;
	case ROUTE_AUTHORIZATION:
		give(&service->authorization_metadata, reply);
		break;
	case ROUTE_OFFER:
		service_offer(service, name, reply);
		break;
	case ROUTE_TOKEN:
		service_token(service, request, reply);
		break;
	case ROUTE_NONCE:
		service_nonce(service, reply);
		break;
	case ROUTE_CREDENTIAL:
		service_credential(service, request, reply);
		break;
	case ROUTE_NOTIFICATION:
		service_notification(service, request, reply);
		break;
	case ROUTE_STATUS:
	case ROUTE_CRL:
		service_list(service, request->path + 1, reply);
		break;
	}
}

void
service_handle(void *arg, struct web_request *request, struct web_reply *reply)
{
	struct service *service = arg;
	const char *name;
	const struct route_row *row = find(request->path, &name);

	if (row == NULL) {
		web_reply_error(reply, 404, "not_found", NULL);
	} else if (strcmp(request->method, row->method) != 0) {
		web_reply_error(reply, 405, "method_not_allowed", NULL);
		reply->allow = row->method;
	} else {
		dispatch(service, row->route, name, request, reply);
	}
}
