/*
 * web.h: an HTTP server over libmicrohttpd: one thread with epoll, in which every handler runs, and bounds on
 * everything that a client can make it hold or wait for.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_WEB_H
#define TOOLS_WEB_H

#include <jansson.h>
#include <mdoc/bytes.h>
#include <netinet/in.h>
#include "tools/common/exit.h"

#define WEB_HELD_MAX ((size_t)64 * 1024 * 1024) /* bytes of all bodies that are arriving at one time */
#define WEB_HEADER_MAX ((size_t)16 * 1024)      /* request line and headers, and what MHD keeps of them */
#define WEB_CLIENT_KEY 32                       /* bytes */
#define WEB_REPLY_HEADERS 4

struct web;

/* One request whose body is complete. Of a client's certificate only the key matters (RFC 8705, 2.2). */
struct web_request {
	const char *method, *path; /* path: percent-decoded, without the query */
	struct mdoc_buf body;
	bool woken;                         /* handled again after web_wait() */
	struct sockaddr_in6 peer;           /* IPv4 as ::ffff:a.b.c.d */
	bool has_certificate;               /* the client showed one, and has its key */
	uint8_t client_key[WEB_CLIENT_KEY]; /* SHA-256 of the SubjectPublicKeyInfo of that certificate */
	void *kept;                         /* the handler's own, until web_options.forget() */
	void *connection;                   /* of libmicrohttpd */
	/* web.c's own */
	struct web *web;
	struct web_request *next, *previous; /* of those that wait */
	const void *topic;
	int64_t until;
	size_t held;
};

/* The answer. Zeroed with `status` 0: none, the handler called web_wait(). */
struct web_reply {
	unsigned status;
	const char *type;     /* Content-Type; a constant */
	struct mdoc_buf body; /* taken over, and wiped when it is sent */
	char *location;       /* free() by web.c */
	char *cookie;         /* Set-Cookie; free() by web.c */
	unsigned refresh;     /* seconds; 0: none */
	unsigned retry_after; /* seconds; 0: none */
	const char *allow;    /* with 405 */
	/* others; names are constants, values free() by web.c */
	struct {
		const char *name;
		char *value;
	} headers[WEB_REPLY_HEADERS];
};

struct web_header {
	const char *name, *value;
};

struct web_options {
	int listener;                     /* bound and listening; owned by the server from web_start() on */
	const char *cert, *key;           /* PEM texts; NULL: without TLS. Borrowed. */
	bool ask_certificate;             /* of the client; it need not have one, and nobody need have issued it */
	unsigned connections;             /* at one time */
	unsigned per_client;              /* of one address; 0: as many */
	unsigned timeout;                 /* seconds for a whole request, for a whole answer, and between two */
	const struct web_header *headers; /* of every answer; ends with name NULL; borrowed */
	/* Bytes of a body that this may have. */
	size_t (*body_max)(const char *method, const char *path);
	/* Fill in the reply, or call web_wait() unless request->woken. */
	void (*handle)(void *arg, struct web_request *request, struct web_reply *reply);
	/* The request is over, whether it was answered or not: end what it kept. NULL: nothing keeps anything. */
	void (*forget)(void *arg, void *kept);
	void *arg;
};

/* EXIT_STATUS_TROUBLE (said): the certificate or key is none, or libmicrohttpd refused. */
enum exit_status web_start(const struct web_options *options, struct web **web);

/* No more connections; those that are there go on. */
void web_quiesce(struct web *web);

/* Requests that are being answered. */
size_t web_active(struct web *web);

/* Close what is overdue; wake who has waited long enough. Every second or so. */
void web_sweep(struct web *web);

/* Close all connections and free everything. NULL is fine. */
void web_stop(struct web *web);

/*
 * The same request is handled again when web_wake() names this topic (an address, which stands for itself) or when
 * `seconds` are over. Whoever changes what is waited for holds a lock of the caller's own, which the handler holds too,
 * so that no change is missed.
 */
void web_wait(struct web_request *request, const void *topic, unsigned seconds);
void web_wake(struct web *web, const void *topic); /* NULL: all of them */

/* Borrowed until the answer; NULL: there is none. */
const char *web_header(const struct web_request *request, const char *name);
const char *web_query(const struct web_request *request, const char *name);
/* Value of a cookie, of which there is just one of this name, else false. */
bool web_cookie(const struct web_request *request, const char *name, char *value, size_t room);

/* Is the body said to be application/x-www-form-urlencoded? */
bool web_is_form(const struct web_request *request);

/* An answer in JSON; takes the reference, NULL is an answer 500. */
void web_reply_json(struct web_reply *reply, unsigned status, json_t *json);
/* {"error": code, "error_description": text}; text NULL: none */
void web_reply_error(struct web_reply *reply, unsigned status, const char *code, const char *text);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t web_now(void);

#endif
