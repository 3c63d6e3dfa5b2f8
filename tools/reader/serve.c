/*
 * serve.c: "mdoc-reader serve": a verifier as a web server (OpenID4VP 1.0 with HAIP 1.0's profile for mdocs).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/reader/serve.h"

#define GRACE 5000 /* milliseconds that what is under way has when the server is told to stop */
#define TICK 1000  /* milliseconds between two looks at what is overdue */

/* jansson holds values of elements: they are wiped. */
static void
wipe_free(void *ptr)
{
	if (ptr != NULL)
		explicit_bzero(ptr, malloc_usable_size(ptr));
	free(ptr);
}

void
serve_say(const struct serve *serve, const struct serve_transaction *transaction, const char *format, ...)
{
	char text[256];
	va_list args;

	if (!serve->options->verbose)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* What is said of a transaction begins with a part of its name, which opens nothing. */
	tool_note("%.6s: %s", transaction->name, text);
}

/* ---- What is asked ---- */

static enum exit_status
read_credential(struct serve *serve, size_t i)
{
	const struct mdoc_context *context = tool_context();
	struct mdoc_error error = { .code = MDOC_OK, .offset = SIZE_MAX };

	error.code =
		dcql_device_request(context, &serve->dcql.credentials[i], DCQL_ALL_CLAIMS, &serve->request_bytes[i]);
	if (error.code == MDOC_OK)
		(void)mdoc_request_parse(context, mdoc_buf_bytes(&serve->request_bytes[i]), &serve->requests[i],
			&error);
	if (serve->requests[i] == NULL)
		return tool_mdoc_error(_("The request could not be written."), &error);
	return EXIT_STATUS_OK;
}

static enum exit_status
read_asked(const struct command *command, struct serve *serve)
{
	size_t count = 0;
	const struct mdoc_ask *docs = asking_docs(serve->asking, &count);
	json_t *json;
	enum exit_status status;

	if (count > SERVE_CREDENTIALS)
		return options_wrong(command, _("at most %d documents can be asked for at one time"),
			SERVE_CREDENTIALS);
	json = dcql_from_asks(docs, count);
	status = json != NULL ? dcql_read(json, &serve->dcql, NULL) : tool_no_memory();
	json_decref(json);
	for (size_t i = 0; i < serve->dcql.count && status == EXIT_STATUS_OK; i++)
		status = read_credential(serve, i);
	return status;
}

/* ---- Start and end ---- */

static enum exit_status
start_web(struct serve *serve, int listener)
{
	const struct serve_options *options = serve->options;
	struct mdoc_buf cert = MDOC_BUF_EMPTY, key = MDOC_BUF_EMPTY;
	enum exit_status status = EXIT_STATUS_OK;

	if (!options->plain_http) {
		status = file_read(options->tls_cert, FILE_SMALL_MAX, &cert);
		if (status == EXIT_STATUS_OK)
			status = file_read(options->tls_key, FILE_SMALL_MAX, &key);
	}
	if (status == EXIT_STATUS_OK) {
		const struct web_options web = {
			.listener = listener,
			.cert = options->plain_http ? NULL : (const char *)cert.ptr,
			.key = options->plain_http ? NULL : (const char *)key.ptr,
			.connections = (unsigned)options->connections.value,
			/* A proxy is one client. */
			.per_client = options->plain_http ? 0 : (unsigned)(options->connections.value + 7) / 8,
			.timeout = (unsigned)options->timeout.value,
			.headers = serve->headers,
			.body_max = serve_body_max,
			.handle = serve_handle,
			.arg = serve,
		};

		serve_set_response_max(options->body.value);
		/* Who is faster than this has to wait until there is serve->web. */
		pthread_mutex_lock(&serve->lock);
		status = web_start(&web, &serve->web);
		pthread_mutex_unlock(&serve->lock);
	} else {
		close(listener);
	}
	mdoc_buf_clear(&cert);
	mdoc_buf_clear(&key);
	return status;
}

static enum exit_status
open_all(const struct command *command, struct serve *serve)
{
	const struct serve_options *options = serve->options;
	enum exit_status status;
	int listener = -1;

	status = asking_open(command, &options->asking, &serve->asking);
	if (status == EXIT_STATUS_OK)
		status = judge_open(command, &options->judge, &serve->judge);
	if (status == EXIT_STATUS_OK)
		status = read_asked(command, serve);
	if (status == EXIT_STATUS_OK)
		status = serve_listen(command, serve, &listener);
	if (status == EXIT_STATUS_OK)
		status = serve_identify(command, serve);
	if (status == EXIT_STATUS_OK)
		status = serve_set_headers(serve);
	if (status == EXIT_STATUS_OK && !serve_table_open(serve))
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		return start_web(serve, listener);
	if (listener >= 0)
		close(listener);
	return status;
}

static void
close_all(struct serve *serve)
{
	web_stop(serve->web);
	serve_table_close(serve);
	for (size_t i = 0; i < SERVE_CREDENTIALS; i++) {
		mdoc_request_free(serve->requests[i]);
		mdoc_buf_clear(&serve->request_bytes[i]);
	}
	dcql_clear(&serve->dcql);
	judge_close(serve->judge);
	asking_close(serve->asking);
	free(serve->origin);
	free(serve->authority);
	free(serve->local_authority);
	free(serve->client_id);
	free(serve->policy);
}

static enum exit_status
say_where(const struct serve *serve)
{
	json_t *json;
	enum exit_status status;

	if (!serve->options->common.json) {
		printf(_("Open %s/ in a browser (listening at %s).\n"), serve->origin, serve->local_authority);
		fflush(stdout);
		return EXIT_STATUS_OK;
	}
	json = json_pack("{s:s, s:s, s:s}", "url", serve->origin, "listen", serve->local_authority, "client_id",
		serve->client_id);
	status = json != NULL ? json_print(json) : tool_no_memory();
	fflush(stdout);
	json_decref(json);
	return status;
}

/* ---- The main thread ---- */

/* Judge what there is, but not for longer than a tick. */
static void
work(struct serve *serve)
{
	const int64_t until = web_now() + TICK;

	while (serve_judge_next(serve) && web_now() < until)
		;
	pthread_mutex_lock(&serve->lock);
	serve_expire(serve);
	pthread_mutex_unlock(&serve->lock);
	web_sweep(serve->web);
}

/* Signals that came; false: none. */
static bool
wait_for_work(const struct serve *serve, int signals, bool jobs)
{
	struct pollfd polls[] = { { serve->event, POLLIN, 0 }, { signals, POLLIN, 0 } };
	struct signalfd_siginfo info;
	uint64_t count;

	if (poll(polls, 2, jobs ? 0 : TICK) <= 0)
		return false;
	if ((polls[0].revents & POLLIN) != 0)
		(void)!read(serve->event, &count, sizeof(count));
	return (polls[1].revents & POLLIN) != 0 && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

static bool
has_jobs(struct serve *serve)
{
	bool jobs;

	pthread_mutex_lock(&serve->lock);
	jobs = serve->jobs != NULL;
	pthread_mutex_unlock(&serve->lock);
	return jobs;
}

/* Until a signal; then what is under way is ended, unless there is a second one. */
static void
run(struct serve *serve, int signals)
{
	int64_t until;

	while (!wait_for_work(serve, signals, has_jobs(serve)))
		work(serve);
	pthread_mutex_lock(&serve->lock);
	serve->stopping = true;
	pthread_mutex_unlock(&serve->lock);
	web_quiesce(serve->web);
	web_wake(serve->web, NULL);
	until = web_now() + GRACE;
	while ((has_jobs(serve) || web_active(serve->web) > 0) && web_now() < until) {
		if (wait_for_work(serve, signals, true))
			break;
		work(serve);
		usleep(10000);
	}
}

static enum exit_status
serve_run(const struct command *command, const struct serve_options *options)
{
	struct serve serve = { .options = options, .lock = PTHREAD_MUTEX_INITIALIZER, .event = -1 };
	struct rlimit files;
	sigset_t set;
	enum exit_status status;
	int signals = -1;

	/* Before there is a second thread. */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	serve.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (serve.event < 0 || signals < 0) {
		tool_error(_("The server could not be started."));
		status = EXIT_STATUS_TROUBLE;
		goto out;
	}
	status = open_all(command, &serve);
	if (status == EXIT_STATUS_OK)
		status = say_where(&serve);
	if (status == EXIT_STATUS_OK)
		run(&serve, signals);
	close_all(&serve);
out:
	if (serve.event >= 0)
		close(serve.event);
	if (signals >= 0)
		close(signals);
	return status;
}

/* ---- The command ---- */

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Of a URL: letters that neither end a header nor need an escape there. */
static bool
is_url(const char *url)
{
	for (const char *at = url; *at != '\0'; at++)
		if (*at <= ' ' || *at > '~' || strchr("\"<>\\^`{|}#", *at) != NULL)
			return false;
	return strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
}

static bool
is_scheme(const char *scheme)
{
	return scheme[0] >= 'a' && scheme[0] <= 'z' &&
		scheme[strspn(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.")] == '\0';
}

static enum exit_status
check_usage(const struct command *command, const struct serve_options *options, bool no_store)
{
	if (options->plain_http && (options->tls_cert != NULL || options->tls_key != NULL))
		return options_wrong(command, "%s", _("--plain-http has no --tls-cert and --tls-key"));
	if (!options->plain_http && (options->tls_cert == NULL || options->tls_key == NULL))
		return options_wrong(command, "%s", _("--tls-cert and --tls-key are missing, or --plain-http"));
	if (no_store && options->store != NULL)
		return options_wrong(command, "%s", _("--store and --no-store contradict each other"));
	if (options->store != NULL && !is_folder(options->store))
		return options_wrong(command, _("--store: %s is no folder"), options->store);
	if (options->redirect_uri != NULL && !is_url(options->redirect_uri))
		return options_wrong(command, _("--redirect-uri takes a URL without a fragment, not \"%s\""),
			options->redirect_uri);
	if (!is_scheme(options->scheme))
		return options_wrong(command, _("--scheme takes the name of a URI scheme, not \"%s\""),
			options->scheme);
	return EXIT_STATUS_OK;
}

static void
set_defaults(struct serve_options *options)
{
	if (options->listen == NULL)
		options->listen = "127.0.0.1:8443";
	if (options->client_id == NULL)
		options->client_id = "x509_hash";
	if (options->scheme == NULL)
		options->scheme = "openid4vp";
	options->asking.key.module = options->common.module;
}

int
cmd_serve(const struct command *command, int argc, char **argv)
{
	struct serve_options options = {
		.life = { 300, 10, 3600, false },
		.show = { 120, 1, 3600, false },
		.transactions = { 1000, 1, 100000, false },
		.per_client = { 50, 1, 100000, false },
		.connections = { 500, 4, 60000, false },
		.timeout = { 30, 1, 300, false },
		.body = { (unsigned long)1 << 20, 4096, FILE_CBOR_MAX, false },
	};
	bool no_store = false;
	const struct option_row rows[] = {
		{ "listen", OPTION_TEXT, &options.listen, N_("ADDRESS:PORT"), N_("listen there (127.0.0.1:8443)"),
			false },
		{ "url", OPTION_TEXT, &options.url, "URL",
			N_("how others reach the server: https://HOST or https://HOST:PORT"), false },
		{ "tls-cert", OPTION_TEXT, &options.tls_cert, N_("FILE"), N_("the server's certificates (PEM)"),
			false },
		{ "tls-key", OPTION_TEXT, &options.tls_key, N_("FILE"), N_("and its private key (PEM)"), false },
		{ "plain-http", OPTION_FLAG, &options.plain_http, NULL,
			N_("without TLS, on this machine only: behind a proxy, or for tests"), false },
		{ "client-id", OPTION_TEXT, &options.client_id, N_("PREFIX"),
			N_("call the verifier by its certificate's x509_hash (default) or x509_san_dns"), false },
		{ "scheme", OPTION_TEXT, &options.scheme, N_("NAME"),
			N_("begin links to the wallet with this (openid4vp; haip-vp for HAIP 1.0)"), false },
		{ "direct-post", OPTION_FLAG, &options.plain_response, NULL,
			N_("ask for responses without encryption of their own; HAIP wants it"), false },
		ASKING_ROWS(options.asking),
		JUDGE_ROWS(options.judge),
		{ "store", OPTION_TEXT, &options.store, N_("FOLDER"),
			N_("keep what was asked for with --retain there, and nothing else"), false },
		{ "no-store", OPTION_FLAG, &no_store, NULL, N_("keep nothing (the default)"), false },
		{ "redirect-uri", OPTION_TEXT, &options.redirect_uri, "URL",
			N_("where wallets lead the holder back to, for transactions that a script began"), false },
		{ "no-api", OPTION_FLAG, &options.no_api, NULL, N_("pages only, nothing for scripts"), false },
		{ "life", OPTION_NUMBER, &options.life, N_("SECONDS"),
			N_("for a wallet to answer, and for the answer to be asked for (300)"), false },
		{ "show", OPTION_NUMBER, &options.show, N_("SECONDS"), N_("for a result to be shown (120)"), false },
		{ "transactions", OPTION_NUMBER, &options.transactions, N_("NUMBER"),
			N_("at most so many transactions at one time (1000)"), false },
		{ "per-client", OPTION_NUMBER, &options.per_client, N_("NUMBER"),
			N_("and so many from one address (50)"), false },
		{ "connections", OPTION_NUMBER, &options.connections, N_("NUMBER"),
			N_("at most so many connections at one time (500)"), false },
		{ "timeout", OPTION_NUMBER, &options.timeout, N_("SECONDS"),
			N_("for one request to come and one answer to go (30)"), false },
		{ "max-response", OPTION_NUMBER, &options.body, N_("BYTES"), N_("largest answer of a wallet (1048576)"),
			false },
		{ "verbose", OPTION_FLAG, &options.verbose, NULL, N_("say what happens, without names and values"),
			false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	json_set_alloc_funcs(malloc, wipe_free);
	judge_args_init(&options.judge);
	status = options_parse(command, rows, &options.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		goto out;
	set_defaults(&options);
	status = check_usage(command, &options, no_store);
	if (status == EXIT_STATUS_OK && tool_context() == NULL)
		status = tool_no_memory();
	if (status == EXIT_STATUS_OK)
		status = serve_run(command, &options);
out:
	asking_args_clear(&options.asking);
	judge_args_clear(&options.judge);
	return (int)status;
}
