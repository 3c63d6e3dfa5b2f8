/*
 * service.h: what the parts of "mdoc-issuer serve" share: an issuer of OpenID4VCI 1.0 (final) over HTTPS.
 *
 * Threads: that of the web server, in which every request is handled and which alone uses service->issuer; the workers,
 * each with a register connection and a session of its own, which check, sign and enter what was ordered; and the main
 * one, which waits for signals and lets things expire. service->lock guards the queue between them.
 *
 * Who may do what: a code from an offer, and the transaction code that went another way, give an access and a refresh
 * token. Both are good only on a line that shows the same TLS key as then (RFC 8705, 3: self-signed certificates); the
 * first proof of an enrolment must name that key, too (R-CARD-07). Of codes and tokens the register has hashes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_SERVICE_H
#define ISSUER_SERVICE_H

#include <pthread.h>
#include "tools/common/web.h"
#include "tools/common/web_listen.h"
#include "tools/issuer/issuance.h"
#include "tools/issuer/serve/secret.h"

#define SERVICE_ACCESS_LIFE 600 /* seconds of an access token */
#define SERVICE_NONCE_LIFE 300
#define SERVICE_JOBS_MAX 64 /* orders that wait for a worker */
#define SERVICE_WAIT 120    /* seconds that a client may wait for its copies */
#define SERVICE_WORKERS_MAX 64
#define SERVICE_SIGNATURE "Mdoc-Signature" /* header: the JWS over an encrypted answer */
#define SERVICE_TLS 43                     /* characters: base64url of SHA-256 */
#define SERVICE_LIST_MAX 256               /* characters of a file's name that is handed out */

struct service_options {
	const char *dir, *listen, *url, *tls_cert, *tls_key, *operator_;
	struct pin_source pin;
	struct option_number workers, connections, timeout, body, refresh_life;
	bool take_plain, require_bound, verbose;
	struct common_options common;
};

/* An order on its way through a worker. Two may hold it: the request, and the queue or a worker. */
struct service_job {
	struct service_job *next;
	unsigned holders; /* with the lock */
	bool done;        /* with the lock; what follows it is the worker's until then */
	json_t *request;
	char *person;                     /* of the offer; NULL: the device's */
	char grant[SECRET_HASH + 1];      /* of the access token, or of an enrolment's offer: one order at a time */
	char device[THUMBPRINT_TEXT + 1]; /* "": an enrolment */
	bool good;
	struct issuance_answer answer;
	struct issuance_refusal refusal;
};

struct service_worker {
	struct service *service;
	struct issuer issuer;
	struct issuer_token token;
	struct issuance *issuance;
	struct service_job *job; /* with the lock */
	pthread_t thread;
	bool running;
};

struct service {
	const struct service_options *options;
	struct issuer issuer;      /* of the web's thread */
	struct issuer_token token; /* logged in for all sessions of the process */
	struct web *web;
	char *origin, *authority;
	struct mdoc_buf metadata, authorization_metadata; /* JSON texts */
	uint8_t nonce_key[SECRET_KEY];
	struct web_header headers[8];
	/* the queue */
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct service_job *jobs, **last;
	size_t waiting;
	bool stopping; /* no new orders */
	bool ended;    /* the workers go home */
	struct service_worker *workers;
	size_t worker_count;
};

/* ---- serve.c ---- */

/* A line on stderr with --verbose: no names, no values. */
void service_say(const struct service *service, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- metadata.c ---- */

/* Both texts. EXIT_STATUS_TROUBLE (said) */
enum exit_status service_metadata(struct service *service);

/* ---- routes.c ---- */

void service_handle(void *arg, struct web_request *request, struct web_reply *reply);
size_t service_body_max(const char *method, const char *path);
/* Bytes that a Credential Request may have; before the server starts. */
void service_set_request_max(size_t bytes);

/* ---- files.c: offers by reference, and lists ---- */

void service_offer(struct service *service, const char *id, struct web_reply *reply);
void service_list(struct service *service, const char *name, struct web_reply *reply);

/* ---- token.c ---- */

/* POST /token */
void service_token(struct service *service, struct web_request *request, struct web_reply *reply);

/* Who asks, by the access token of the request and the key of its line. */
struct service_client {
	struct register_grant grant;      /* its detail is the reference of the person */
	char device[THUMBPRINT_TEXT + 1]; /* "": not enrolled yet */
	char tls[SERVICE_TLS + 1];
};
void service_client_clear(struct service_client *client);

/* An offer is good for one enrolment, whichever of its tokens comes with it: is that still to come? */
bool service_may_enrol(struct service *service, const struct register_grant *grant);

/* The key of the line as the register has it. False: the client showed none */
bool service_line(const struct web_request *request, char tls[SERVICE_TLS + 1]);

/* False: the reply says why not. */
bool service_authorize(struct service *service, const struct web_request *request, struct web_reply *reply,
	struct service_client *client);

/* ---- credential.c ---- */

void service_nonce(struct service *service, struct web_reply *reply);
void service_credential(struct service *service, struct web_request *request, struct web_reply *reply);
void service_notification(struct service *service, struct web_request *request, struct web_reply *reply);

/* ---- worker.c ---- */

/* As many as were asked for, with the token that is logged in. */
enum exit_status service_workers_start(struct service *service);
void service_workers_stop(struct service *service);

/* Put it in the queue, which then holds it, too. False: there are too many, or one of this access token. */
bool service_queue(struct service *service, struct service_job *job);

/* No longer held by who says so. */
void service_job_drop(struct service *service, struct service_job *job);

/* Is there an answer? */
bool service_job_done(struct service *service, struct service_job *job);

/* Orders that wait or are being worked at. */
bool service_busy(struct service *service);

#endif
