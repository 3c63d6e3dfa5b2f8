/* web.c: the HTTP server: connections, their deadlines, requests and answers. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "tools/common/message.h"
#include "tools/common/web_internal.h"

#define SECOND 1000

/* A connection, and when it is overdue: libmicrohttpd's own timeout starts anew with every byte that drips in. */
struct web_connection {
	struct web_connection *next, *previous;
	int fd;
	int64_t deadline;
};

struct web {
	struct web_options options;
	struct MHD_Daemon *daemon;
	pthread_mutex_t lock; /* of what follows; nothing of the caller's is called with it */
	struct web_connection *connections;
	struct web_request *waiting;
	size_t active, held;
};

int64_t
web_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void
count(struct web *web, size_t *figure, size_t add, size_t take)
{
	pthread_mutex_lock(&web->lock);
	*figure += add;
	*figure -= take;
	pthread_mutex_unlock(&web->lock);
}

/* ---- Connections ---- */

static void
connection_changes(void *arg, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;
	struct web_connection *one = *context;
	struct web *web = arg;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		one = calloc(1, sizeof(*one));
		info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (one == NULL || info == NULL) {
			free(one);
			return;
		}
		one->fd = info->connect_fd;
		if (web->options.ask_certificate)
			web_tls_ask(connection);
		one->deadline = web_now() + (int64_t)web->options.timeout * SECOND;
		pthread_mutex_lock(&web->lock);
		one->next = web->connections;
		if (one->next != NULL)
			one->next->previous = one;
		web->connections = one;
		pthread_mutex_unlock(&web->lock);
		*context = one;
	} else if (one != NULL) {
		pthread_mutex_lock(&web->lock);
		if (one->next != NULL)
			one->next->previous = one->previous;
		if (one->previous != NULL)
			one->previous->next = one->next;
		else
			web->connections = one->next;
		pthread_mutex_unlock(&web->lock);
		free(one);
		*context = NULL;
	}
}

static void
set_deadline(const struct web_request *request, unsigned seconds)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct web_connection *one = info != NULL ? info->socket_context : NULL;

	if (one == NULL)
		return;
	pthread_mutex_lock(&request->web->lock);
	one->deadline = web_now() + (int64_t)(seconds + request->web->options.timeout) * SECOND;
	pthread_mutex_unlock(&request->web->lock);
}

/* ---- Waiting ---- */

void
web_wait(struct web_request *request, const void *topic, unsigned seconds)
{
	struct web *web = request->web;

	set_deadline(request, seconds);
	pthread_mutex_lock(&web->lock);
	request->topic = topic;
	request->until = web_now() + (int64_t)seconds * SECOND;
	request->previous = NULL;
	request->next = web->waiting;
	if (request->next != NULL)
		request->next->previous = request;
	web->waiting = request;
	MHD_suspend_connection(request->connection);
	pthread_mutex_unlock(&web->lock);
}

/* With the lock. */
static void
resume(struct web *web, struct web_request *request)
{
	if (request->next != NULL)
		request->next->previous = request->previous;
	if (request->previous != NULL)
		request->previous->next = request->next;
	else
		web->waiting = request->next;
	request->next = request->previous = NULL;
	request->topic = NULL;
	request->woken = true;
	MHD_resume_connection(request->connection);
}

void
web_wake(struct web *web, const void *topic)
{
	struct web_request *next;

	pthread_mutex_lock(&web->lock);
	for (struct web_request *one = web->waiting; one != NULL; one = next) {
		next = one->next;
		if (topic == NULL || one->topic == topic)
			resume(web, one);
	}
	pthread_mutex_unlock(&web->lock);
}

void
web_sweep(struct web *web)
{
	const int64_t now = web_now();
	struct web_request *next;

	pthread_mutex_lock(&web->lock);
	for (struct web_request *one = web->waiting; one != NULL; one = next) {
		next = one->next;
		if (one->until <= now)
			resume(web, one);
	}
	for (struct web_connection *one = web->connections; one != NULL; one = one->next)
		if (one->deadline <= now)
			(void)shutdown(one->fd, SHUT_RDWR);
	pthread_mutex_unlock(&web->lock);
}

/* ---- Answers ---- */

static void
free_body(void *arg)
{
	struct mdoc_buf *body = arg;

	mdoc_buf_clear(body);
	free(body);
}

static void
add_number(struct MHD_Response *response, const char *name, unsigned number)
{
	char text[16];

	if (number == 0)
		return;
	snprintf(text, sizeof(text), "%u", number);
	(void)MHD_add_response_header(response, name, text);
}

static void
add_text(struct MHD_Response *response, const char *name, const char *text)
{
	/* A value with a line end is refused by libmicrohttpd; what it is made of has none. */
	if (text != NULL)
		(void)MHD_add_response_header(response, name, text);
}

/* The response owns the body from here on; NULL: memory. */
static struct MHD_Response *
make_response(struct mdoc_buf *body)
{
	struct mdoc_buf *kept = malloc(sizeof(*kept));
	struct MHD_Response *response;

	if (kept == NULL || body->err != MDOC_OK) {
		free(kept);
		mdoc_buf_clear(body);
		return NULL;
	}
	*kept = *body;
	*body = MDOC_BUF_EMPTY;
	response = MHD_create_response_from_buffer_with_free_callback_cls(kept->len, kept->ptr, free_body, kept);
	if (response == NULL)
		free_body(kept);
	return response;
}

static enum MHD_Result
answer(struct web_request *request, struct web_reply *reply)
{
	const struct web *web = request->web;
	struct MHD_Response *response = make_response(&reply->body);
	enum MHD_Result res = MHD_NO; /* the connection is closed */

	if (response != NULL) {
		for (const struct web_header *one = web->options.headers; one->name != NULL; one++)
			add_text(response, one->name, one->value);
		add_text(response, "Content-Type", reply->type);
		add_text(response, "Location", reply->location);
		add_text(response, "Set-Cookie", reply->cookie);
		add_text(response, "Allow", reply->allow);
		for (size_t i = 0; i < WEB_REPLY_HEADERS; i++)
			add_text(response, reply->headers[i].name, reply->headers[i].value);
		add_number(response, "Refresh", reply->refresh);
		add_number(response, "Retry-After", reply->retry_after);
		set_deadline(request, 0);
		res = MHD_queue_response(request->connection, reply->status, response);
		MHD_destroy_response(response);
	}
	free(reply->location);
	free(reply->cookie);
	for (size_t i = 0; i < WEB_REPLY_HEADERS; i++)
		free(reply->headers[i].value);
	return res;
}

/* An answer before the body: the connection is closed after it. */
static enum MHD_Result
refuse(struct web_request *request, unsigned status)
{
	struct web_reply reply = { .status = status, .type = "text/plain", .retry_after = status == 503 ? 10 : 0 };

	mdoc_buf_append(&reply.body, mdoc_text(status == 413 ? "too large\n" : "later\n"));
	return answer(request, &reply);
}

/* ---- Requests ---- */

static void
read_peer(struct web_request *request)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info != NULL ? info->client_addr : NULL;

	request->peer.sin6_family = AF_INET6;
	if (address != NULL && address->sa_family == AF_INET6) {
		memcpy(&request->peer.sin6_addr, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
	} else if (address != NULL && address->sa_family == AF_INET) {
		memset(request->peer.sin6_addr.s6_addr + 10, 0xff, 2);
		memcpy(request->peer.sin6_addr.s6_addr + 12,
			&((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	}
}

/* What Content-Length says; none and nonsense (which libmicrohttpd refuses) are 0. */
static size_t
announced(struct MHD_Connection *connection)
{
	const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");

	return text != NULL ? (size_t)strtoull(text, NULL, 10) : 0;
}

static enum MHD_Result
begin(struct web *web, struct MHD_Connection *connection, const char *method, const char *path, void **context)
{
	struct web_request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return MHD_NO;
	request->web = web;
	request->connection = connection;
	request->method = method;
	request->path = path;
	*context = request;
	count(web, &web->active, 1, 0);
	read_peer(request);
	if (web->options.ask_certificate)
		request->has_certificate = web_tls_client_key(connection, request->client_key);
	set_deadline(request, 0);
	if (announced(connection) > web->options.body_max(method, path))
		return refuse(request, 413);
	return MHD_YES;
}

static enum MHD_Result
more_body(struct web *web, struct web_request *request, const char *data, size_t *len)
{
	const size_t max = web->options.body_max(request->method, request->path);
	size_t held;

	if (*len > max || request->body.len > max - *len)
		return MHD_NO; /* it announced no length, or was sent an answer already */
	mdoc_buf_append(&request->body, mdoc_bytes_of(data, *len));
	pthread_mutex_lock(&web->lock);
	web->held += request->body.cap - request->held;
	held = web->held;
	pthread_mutex_unlock(&web->lock);
	request->held = request->body.cap;
	*len = 0;
	return request->body.err == MDOC_OK && held <= WEB_HELD_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
	const char *data, size_t *len, void **context)
{
	struct web_reply reply = { .status = 0 };
	struct web *web = arg;
	struct web_request *request = *context;

	(void)version;
	if (request == NULL)
		return begin(web, connection, method, path, context);
	if (*len > 0)
		return more_body(web, request, data, len);
	request->path = path;
	request->method = method;
	web->options.handle(web->options.arg, request, &reply);
	return reply.status == 0 ? MHD_YES : answer(request, &reply);
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode why)
{
	struct web *web = arg;
	struct web_request *request = *context;

	(void)connection;
	(void)why;
	if (request == NULL)
		return;
	if (request->kept != NULL && web->options.forget != NULL)
		web->options.forget(web->options.arg, request->kept);
	set_deadline(request, 0);
	count(web, &web->held, 0, request->held);
	count(web, &web->active, 0, 1);
	mdoc_buf_clear(&request->body);
	free(request);
	*context = NULL;
}

const char *
web_header(const struct web_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *
web_query(const struct web_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* ---- The server ---- */

enum exit_status
web_start(const struct web_options *options, struct web **web)
{
	const bool tls = options->cert != NULL;
	struct web *made = calloc(1, sizeof(*made));

	*web = NULL;
	if (made == NULL) {
		close(options->listener);
		return tool_no_memory();
	}
	made->options = *options;
	pthread_mutex_init(&made->lock, NULL);
	made->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
			(tls ? MHD_USE_TLS : 0),
		0, NULL, NULL, on_request, made, MHD_OPTION_LISTEN_SOCKET, options->listener,
		MHD_OPTION_CONNECTION_LIMIT, options->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		options->per_client, MHD_OPTION_CONNECTION_TIMEOUT, options->timeout,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, WEB_HEADER_MAX, MHD_OPTION_NOTIFY_COMPLETED, on_completed, made,
		MHD_OPTION_NOTIFY_CONNECTION, connection_changes, made, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, options->cert, MHD_OPTION_HTTPS_MEM_KEY, options->key,
		MHD_OPTION_HTTPS_PRIORITIES, WEB_TLS_PRIORITIES, MHD_OPTION_END);
	if (made->daemon == NULL) {
		close(options->listener);
		pthread_mutex_destroy(&made->lock);
		free(made);
		tool_error("%s", _("The server could not be started."));
		tool_why("%s",
			tls ? _("The certificate and the key may not fit together, or be none.")
			    : _("libmicrohttpd refused the socket."));
		return tls ? EXIT_STATUS_INPUT : EXIT_STATUS_TROUBLE;
	}
	*web = made;
	return EXIT_STATUS_OK;
}

void
web_quiesce(struct web *web)
{
	const MHD_socket listener = MHD_quiesce_daemon(web->daemon);

	if (listener != MHD_INVALID_SOCKET)
		close(listener);
}

size_t
web_active(struct web *web)
{
	size_t active;

	pthread_mutex_lock(&web->lock);
	active = web->active;
	pthread_mutex_unlock(&web->lock);
	return active;
}

void
web_stop(struct web *web)
{
	if (web == NULL)
		return;
	web_wake(web, NULL);
	MHD_stop_daemon(web->daemon);
	pthread_mutex_destroy(&web->lock);
	free(web);
}
