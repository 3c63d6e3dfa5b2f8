/* serve.c: "mdoc-issuer serve": an issuer of OpenID4VCI 1.0 over HTTPS. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "tools/common/clock.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/issuer/serve/service.h"

#define GRACE 30000 /* milliseconds that what is under way has when the server is told to stop */
#define TICK 1000   /* milliseconds between two looks at what is overdue */
#define SWEEP 60000 /* … and between two at what has expired in the register */

void
service_say(const struct service *service, const char *format, ...)
{
	char text[256];
	va_list args;

	if (!service->options->verbose)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tool_note("%s", text);
}

/* ---- Start and end ---- */

/* --url, or what the issuer is called; a port that the system chose is for tests, and names itself. */
static enum exit_status
name_service(const struct command *command, struct service *service, const struct web_place *place)
{
	const char *url = service->options->url != NULL ? service->options->url : service->issuer.uri;
	char *own = service->options->url == NULL && place->chosen ? web_own_url(place, true) : NULL;
	bool https = false, good;

	good = web_origin(own != NULL ? own : url, &https, &service->origin) && https;
	free(own);
	if (!good)
		return options_wrong(command, _("--url takes \"https://HOST\" or \"https://HOST:PORT\", not \"%s\""),
			url);
	if (service->origin == NULL)
		return tool_no_memory();
	service->issuer.uri = service->origin;
	return EXIT_STATUS_OK;
}

static void
forget(void *arg, void *kept)
{
	service_job_drop(arg, kept);
}

static enum exit_status
start_web(struct service *service, int listener)
{
	static const struct web_header headers[] = {
		{ "Cache-Control", "no-store" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Strict-Transport-Security", "max-age=31536000" },
		{ NULL, NULL },
	};
	const struct service_options *options = service->options;
	struct mdoc_buf cert = MDOC_BUF_EMPTY, key = MDOC_BUF_EMPTY;
	enum exit_status status = file_read(options->tls_cert, FILE_SMALL_MAX, &cert);

	if (status == EXIT_STATUS_OK)
		status = file_read(options->tls_key, FILE_SMALL_MAX, &key);
	if (status == EXIT_STATUS_OK) {
		const struct web_options web = {
			.listener = listener,
			.cert = (const char *)cert.ptr,
			.key = (const char *)key.ptr,
			.ask_certificate = true,
			.connections = (unsigned)options->connections.value,
			.per_client = (unsigned)(options->connections.value + 7) / 8,
			.timeout = (unsigned)options->timeout.value,
			.headers = headers,
			.body_max = service_body_max,
			.handle = service_handle,
			.forget = forget,
			.arg = service,
		};

		service_set_request_max(options->body.value);
		/* Who is faster than this waits for it where he asks for his job. */
		pthread_mutex_lock(&service->lock);
		status = web_start(&web, &service->web);
		pthread_mutex_unlock(&service->lock);
	} else {
		close(listener);
	}
	mdoc_buf_clear(&cert);
	mdoc_buf_clear(&key);
	return status;
}

static enum exit_status
open_all(const struct command *command, struct service *service)
{
	const struct service_options *options = service->options;
	struct web_place place = { .listener = -1 };
	enum exit_status status = issuer_open(options->dir, &service->issuer);
	enum register_result res;

	if (status == EXIT_STATUS_OK)
		status = web_listen(command, options->listen, false, &place);
	if (status == EXIT_STATUS_OK)
		status = name_service(command, service, &place);
	if (status == EXIT_STATUS_OK)
		status = service_metadata(service);
	/* The operator's PIN, once (R-IKC-02). */
	if (status == EXIT_STATUS_OK)
		status = issuer_token_open(service->issuer.module, service->issuer.token, &options->pin,
			&service->token);
	if (status == EXIT_STATUS_OK) {
		register_set_operator(service->issuer.db, options->operator_);
		res = register_log(service->issuer.db, clock_now(), "serve", NULL);
		if (res != REGISTER_OK)
			status = issuer_register_error(_("The register cannot be written."), service->issuer.db, res);
	}
	service->authority = place.authority;
	if (status == EXIT_STATUS_OK)
		status = service_workers_start(service);
	if (status == EXIT_STATUS_OK)
		return start_web(service, place.listener);
	if (place.listener >= 0)
		close(place.listener);
	return status;
}

static void
close_all(struct service *service)
{
	service_workers_stop(service);
	web_stop(service->web);
	issuer_token_close(&service->token);
	issuer_close(&service->issuer);
	mdoc_buf_clear(&service->metadata);
	mdoc_buf_clear(&service->authorization_metadata);
	free(service->origin);
	free(service->authority);
	OPENSSL_cleanse(service->nonce_key, sizeof(service->nonce_key));
}

static enum exit_status
say_where(const struct service *service)
{
	enum exit_status status = EXIT_STATUS_OK;
	json_t *json;

	if (service->options->common.json) {
		json = json_pack("{s:s, s:s}", "credential_issuer", service->origin, "listen", service->authority);
		status = json != NULL ? json_print(json) : tool_no_memory();
		json_decref(json);
	} else {
		printf(_("The issuer is at %s (listening at %s).\n"), service->origin, service->authority);
	}
	fflush(stdout);
	return status;
}

/* ---- The main thread ---- */

static bool
is_told_to_stop(int signals, int timeout)
{
	struct pollfd polls = { signals, POLLIN, 0 };
	struct signalfd_siginfo info;

	return poll(&polls, 1, timeout) > 0 && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
}

/* Until a signal; then what is under way is ended, unless there is a second one. */
static void
run(struct service *service, struct register_db *sweeper, int signals)
{
	int64_t next = web_now(), until;

	while (!is_told_to_stop(signals, TICK)) {
		web_sweep(service->web);
		if (sweeper == NULL || web_now() < next)
			continue;
		(void)register_grant_sweep(sweeper, clock_now());
		next = web_now() + SWEEP;
	}
	pthread_mutex_lock(&service->lock);
	service->stopping = true;
	pthread_mutex_unlock(&service->lock);
	web_quiesce(service->web);
	until = web_now() + GRACE;
	while ((service_busy(service) || web_active(service->web) > 0) && web_now() < until) {
		if (is_told_to_stop(signals, 20))
			break;
		web_sweep(service->web);
	}
}

static enum exit_status
serve_run(const struct command *command, const struct service_options *options)
{
	struct service service = { .options = options,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.work = PTHREAD_COND_INITIALIZER };
	struct issuer sweeper = { .dir = NULL };
	struct rlimit files;
	enum exit_status status;
	sigset_t set;
	int signals;

	service.last = &service.jobs;
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
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0 || RAND_bytes_ex(mdoc_context_libctx(tool_context()), service.nonce_key, SECRET_KEY, 0) != 1) {
		tool_error(_("The server could not be started."));
		status = EXIT_STATUS_TROUBLE;
		goto out;
	}
	status = open_all(command, &service);
	if (status == EXIT_STATUS_OK)
		status = issuer_open(options->dir, &sweeper);
	if (status == EXIT_STATUS_OK)
		status = say_where(&service);
	if (status == EXIT_STATUS_OK)
		run(&service, sweeper.db, signals);
	issuer_close(&sweeper);
	close_all(&service);
out:
	if (signals >= 0)
		close(signals);
	return status;
}

/* ---- The command ---- */

int
cmd_serve(const struct command *command, int argc, char **argv)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct service_options options = {
		.workers = { processors > 0 && processors <= SERVICE_WORKERS_MAX ? (unsigned long)processors : 1, 1,
			SERVICE_WORKERS_MAX, false },
		.connections = { 500, 4, 60000, false },
		.timeout = { 30, 1, 300, false },
		.body = { (unsigned long)8 << 20, 4096, FILE_JSON_MAX, false },
		.refresh_life = { 3650, 1, 36500, false },
	};
	const struct option_row rows[] = {
		{ "dir", OPTION_TEXT, &options.dir, N_("FOLDER"), N_("the issuer's folder"), true },
		{ "listen", OPTION_TEXT, &options.listen, N_("ADDRESS:PORT"), N_("listen there (127.0.0.1:8443)"),
			false },
		{ "url", OPTION_TEXT, &options.url, "URL",
			N_("how holders reach the server: https://HOST or https://HOST:PORT; else the issuer's "
			   "identifier"),
			false },
		{ "tls-cert", OPTION_TEXT, &options.tls_cert, N_("FILE"), N_("the server's certificates (PEM)"), true },
		{ "tls-key", OPTION_TEXT, &options.tls_key, N_("FILE"), N_("and its private key (PEM)"), true },
		{ "operator", OPTION_TEXT, &options.operator_, N_("NAME"), N_("who started it, for the log"), false },
		{ "pin-file", OPTION_TEXT, &options.pin.file, N_("FILE"), N_("read the token's PIN from a file"),
			false },
		{ "pin-fd", OPTION_TEXT, &options.pin.fd, N_("NUMBER"), N_("read the token's PIN from a descriptor"),
			false },
		{ "require-bound", OPTION_FLAG, &options.require_bound, NULL,
			N_("issue only to tokens that say that their keys cannot be copied"), false },
		{ "plain-response", OPTION_FLAG, &options.take_plain, NULL,
			N_("answer also those who ask for no encryption beyond that of the line; the law wants it"),
			false },
		{ "workers", OPTION_NUMBER, &options.workers, N_("NUMBER"), N_("threads that sign (one a processor)"),
			false },
		{ "connections", OPTION_NUMBER, &options.connections, N_("NUMBER"),
			N_("at most so many connections at one time (500)"), false },
		{ "timeout", OPTION_NUMBER, &options.timeout, N_("SECONDS"),
			N_("for one request to come and one answer to go (30)"), false },
		{ "max-request", OPTION_NUMBER, &options.body, N_("BYTES"), N_("largest Credential Request (8388608)"),
			false },
		{ "refresh-days", OPTION_NUMBER, &options.refresh_life, N_("DAYS"),
			N_("how long an enrolment may be renewed (3650)"), false },
		{ "verbose", OPTION_FLAG, &options.verbose, NULL, N_("say what happens, without names and values"),
			false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	enum exit_status status;

	status = options_parse(command, rows, &options.common, NULL, argc, argv);
	if (status != EXIT_STATUS_GO_ON)
		return (int)status;
	if (options.listen == NULL)
		options.listen = "127.0.0.1:8443";
	status = tool_context() != NULL ? serve_run(command, &options) : tool_no_memory();
	return (int)status;
}
