/*
 * serve.h: what the parts of "mdoc-reader serve" share: a verifier of OpenID4VP 1.0 as a web server.
 *
 * Two threads: that of the web server, in which every request is handled, and the main one, which judges responses,
 * lets transactions expire and waits for signals. serve->lock guards the transactions; the judge belongs to the main
 * thread, the reader's key to the other one.
 *
 * Names in URLs are 128 random bits each and say nothing about each other:
 *   /t/ID           the page of the browser that began the transaction; it shows a cookie of 128 random bits
 *   /request/NAME   where the wallet gets the request object
 *   /response/NAME  where it sends its answer
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_SERVE_H
#define READER_SERVE_H

#include <pthread.h>
#include "tools/openid4vp/request_object.h"
#include "tools/reader/asking.h"
#include "tools/reader/judge.h"
#include "tools/common/web.h"

#define SERVE_NAME_LEN 22 /* base64url of 128 bits */
#define SERVE_NAME (SERVE_NAME_LEN + 1)
#define SERVE_TRIES 8      /* answers that make no sense, before a transaction is given up */
#define SERVE_SIGNATURES 8 /* request objects that one transaction may have */
#define SERVE_WAIT 25      /* seconds that a browser's question may wait for an answer */
#define SERVE_CREDENTIALS 16

enum serve_state {
	SERVE_WAITING, /* for a wallet */
	SERVE_ASKED,   /* one has fetched the request */
	SERVE_JUDGING,
	SERVE_VERIFIED,
	SERVE_UNDETERMINED, /* verified, but whether it is revoked could not be found out */
	SERVE_NOT_VERIFIED,
	SERVE_REFUSED, /* the wallet answered with an error */
	SERVE_FAILED,  /* what it sent is no answer to what was asked */
	SERVE_STATES
};

/* Does anything come after it? */
#define SERVE_FINAL(state) ((state) >= SERVE_VERIFIED)

struct serve_transaction {
	struct serve_transaction *next, *previous; /* all of them */
	struct serve_transaction *by_id, *by_name; /* of the same bucket */
	struct serve_transaction *job;             /* next to be judged */
	char id[SERVE_NAME], name[SERVE_NAME], nonce[SERVE_NAME], state_text[SERVE_NAME];
	char secret[SERVE_NAME]; /* the cookie, or the API's bearer token */
	char code[SERVE_NAME];   /* response_code */
	enum serve_state state;
	bool same_device;  /* the result is shown only to who comes back with the code (OpenID4VP 1.0, 14.2) */
	bool has_returned; /* … and did */
	bool shown;        /* the result was: its time runs */
	bool api;
	bool ended; /* to be forgotten as soon as it has been judged */
	struct sockaddr_in6 peer;
	int64_t expires; /* web_now() */
	unsigned tries, signatures;
	/* to whom the response is encrypted */
	EVP_PKEY *key;
	uint8_t thumbprint[MDOC_THUMBPRINT_SIZE];
	struct mdoc_buf object; /* the request object without a wallet_nonce */
	/* to be judged: a DeviceResponse for each credential, and their transcript */
	struct mdoc_buf responses[SERVE_CREDENTIALS];
	struct mdoc_buf transcript;
	/* found */
	struct mdoc_buf html; /* of the result, for a browser */
	json_t *json;         /* the same for the API */
	char reason[200];     /* of SERVE_REFUSED and SERVE_FAILED: UTF-8, may come from the wallet */
};

struct serve_options {
	const char *listen, *url, *client_id, *scheme, *tls_cert, *tls_key, *store, *redirect_uri;
	bool plain_http, plain_response, no_api, verbose;
	struct option_number life, show, transactions, per_client, connections, timeout, body;
	struct asking_args asking;
	struct judge_args judge;
	struct common_options common;
};

struct serve {
	const struct serve_options *options;
	struct asking *asking;
	struct judge *judge;
	struct web *web;
	/* what is asked: the same in each transaction */
	struct dcql dcql;
	struct mdoc_buf request_bytes[SERVE_CREDENTIALS];
	struct mdoc_request *requests[SERVE_CREDENTIALS];
	/* who we are */
	char *origin;          /* "https://reader.example:8443", as others see us */
	char *authority;       /* "reader.example:8443" */
	char *local_authority; /* "127.0.0.1:8443", where we listen */
	char *client_id;
	struct mdoc_bytes x5c[MDOC_CERTIFICATES_MAX]; /* without the trust anchor */
	size_t x5c_count;
	bool https;   /* as others see us */
	char *policy; /* Content-Security-Policy */
	struct web_header headers[12];
	/* the transactions */
	pthread_mutex_t lock;
	struct serve_transaction *all, **by_id, **by_name;
	size_t count, buckets;
	struct serve_transaction *jobs, **last_job;
	int event; /* eventfd: there is a job */
	bool stopping;
};

/* ---- serve.c ---- */

/* A line on stderr with --verbose: no names, no values. */
void serve_say(const struct serve *serve, const struct serve_transaction *transaction, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- serve_table.c: transactions. With the lock, all of them. ---- */

bool serve_table_open(struct serve *serve);
void serve_table_close(struct serve *serve);

/* 0 and a new transaction, or the HTTP status that says why there is none: 429, 503. */
unsigned serve_begin(struct serve *serve, const struct sockaddr_in6 *peer, struct serve_transaction **transaction);
struct serve_transaction *serve_by_id(const struct serve *serve, const char *id);
struct serve_transaction *serve_by_name(const struct serve *serve, const char *name);
const char *serve_state_name(enum serve_state state); /* "waiting" */

/* Change the state, tell who waits for it, and start its clock. */
void serve_set_state(struct serve *serve, struct serve_transaction *transaction, enum serve_state state);

/* The result is being shown: from the first time on it has --show seconds, which were --life until then. */
void serve_shown(const struct serve *serve, struct serve_transaction *transaction);

/* Wipe it and all it has; at once, or when the main thread has judged it. */
void serve_end(struct serve *serve, struct serve_transaction *transaction);

/* End what has expired. */
void serve_expire(struct serve *serve);

/* Compares without saying by its time how much of it is right. */
bool serve_same(const char *a, const char *b);

/* SERVE_NAME_LEN random letters. */
bool serve_random(char name[SERVE_NAME]);

/* ---- serve_origin.c: who we are ---- */

/* Bind and listen; the names of the server. EXIT_STATUS_USAGE, EXIT_STATUS_TROUBLE (said) */
enum exit_status serve_listen(const struct command *command, struct serve *serve, int *listener);

/* The client id from the reader's certificate. EXIT_STATUS_USAGE (said): it has no such name. */
enum exit_status serve_identify(const struct command *command, struct serve *serve);

/* The headers of every answer. */
enum exit_status serve_set_headers(struct serve *serve);

/* Is the request for us, by its Host, and does no other site make this browser send it? */
bool serve_is_for_us(const struct serve *serve, const struct web_request *request);

/* ---- serve_routes.c ---- */

void serve_handle(void *arg, struct web_request *request, struct web_reply *reply);
size_t serve_body_max(const char *method, const char *path);
/* Bytes that an answer of a wallet may have; before the server starts. */
void serve_set_response_max(size_t bytes);

/* 303 to our own path; takes `path`. */
void serve_reply_see_other(struct web_reply *reply, char *path);

/* ---- serve_wallet.c: what a wallet sees. With the lock. ---- */

/* "openid4vp://?client_id=…&request_uri=…"; free(); NULL: memory */
char *serve_wallet_uri(const struct serve *serve, const struct serve_transaction *transaction);
/* "https://…/response/NAME"; free(); NULL: memory */
char *serve_response_uri(const struct serve *serve, const struct serve_transaction *transaction);
void serve_wallet_request(struct serve *serve, const char *name, struct web_request *request, struct web_reply *reply);
void serve_wallet_response(struct serve *serve, const char *name, struct web_request *request, struct web_reply *reply);

/* ---- serve_answer.c: what a wallet sent, taken apart ---- */

/*
 * Decrypt the answer (or not) and read it: responses and transcript of the transaction, or `reason`, an error of the
 * wallet.
 *
 * state  SERVE_JUDGING, SERVE_REFUSED; SERVE_FAILED: it comes from who has read the request, and is no answer to it
 * why    N_() text, of false and of SERVE_FAILED
 *
 * False: anybody may have sent it.
 */
bool serve_answer_read(struct serve *serve, struct serve_transaction *transaction, struct mdoc_bytes form,
	enum serve_state *state, const char **why);

/* ---- serve_page.c: what a browser sees. With the lock. ---- */

void serve_page_start(struct serve *serve, struct web_request *request, struct web_reply *reply);
void serve_page_begin(struct serve *serve, struct web_request *request, struct web_reply *reply);
void serve_page_transaction(struct serve *serve, struct serve_transaction *transaction, struct web_request *request,
	struct web_reply *reply);
void serve_page_wait(struct serve *serve, struct serve_transaction *transaction, struct web_request *request,
	struct web_reply *reply);
void serve_page_end(struct serve *serve, struct serve_transaction *transaction, struct web_reply *reply);
void serve_page_script(struct web_reply *reply);
/* A page with one sentence; what: translated. */
void serve_page_message(struct serve *serve, struct web_reply *reply, unsigned status, const char *what);
/* The transaction of this page, if the browser has its cookie. */
struct serve_transaction *serve_page_owner(struct serve *serve, const char *id, const struct web_request *request);

/* ---- serve_api.c: what a script sees. With the lock. ---- */

void serve_api(struct serve *serve, const char *rest, struct web_request *request, struct web_reply *reply);

/* ---- serve_judge.c: the main thread's work ---- */

/* The next job, if there is one, with the lock only to take it and to put the result back. */
bool serve_judge_next(struct serve *serve);

#endif
