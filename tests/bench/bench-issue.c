/*
 * How fast an issuer signs: from verified requests to signed copies with a portrait of 20 kB, on all processors, beside
 * the raw cost of the same public-key operations (a signature, and its verification before it leaves) in the same run;
 * and the whole of bulk issue into the register, with its memory.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <fcntl.h>
#include <math.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/issue-orders.h"
#include "tools/common/context.h"

#define THREADS_MAX 16
#define AHEAD 24 /* orders that a thread has verified before it signs */
#define ROUNDS 9 /* of signing and of raw operations, in turns */
#define RAW_ONCE 200

static const char about[] = "  --holders N   orders of the whole run (200; the target is 10000)\n"
			    "  --copies N    of each (10)\n"
			    "  --threads N   that sign (one for each processor)\n"
			    "  --issuer FILE mdoc-issuer (of this build)\n"
			    "  --register URI  an empty one in PostgreSQL instead of a file\n"
			    "How fast an issuer signs copies.\n";

struct settings {
	size_t holders, copies, threads;
	const char *program, *place; /* place: of the register; NULL: a file */
};

struct thread {
	const struct settings *settings;
	const char *folder;
	struct issuer issuer;
	struct issuer_token token;
	struct issuance *issuance;
	json_t *claims;
	size_t number, rounds;
	double copies, sign_seconds, wall_begin, wall_end; /* of signing */
	double raw, raw_seconds;
	pthread_t id;
};

static double
thread_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- Raw: as OpenSSL's good user does it ---- */

static void
raw_once(EVP_PKEY *key)
{
	static const uint8_t digest[32] = { 1 };
	uint8_t signature[80];
	size_t len = sizeof(signature);
	EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	EVP_PKEY_CTX *verify = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	bench_need(sign != NULL && verify != NULL && EVP_PKEY_sign_init(sign) == 1 &&
			EVP_PKEY_sign(sign, signature, &len, digest, sizeof(digest)) == 1 &&
			EVP_PKEY_verify_init(verify) == 1 &&
			EVP_PKEY_verify(verify, signature, len, digest, sizeof(digest)) == 1,
		"a raw signature");
	EVP_PKEY_CTX_free(sign);
	EVP_PKEY_CTX_free(verify);
}

static void
raw_round(struct thread *thread, EVP_PKEY *key)
{
	const double begin = thread_now();

	for (int i = 0; i < RAW_ONCE; i++)
		raw_once(key);
	thread->raw += RAW_ONCE;
	thread->raw_seconds += thread_now() - begin;
}

/* ---- Ours ---- */

static struct issuance_work *
verified(struct thread *thread, size_t i, json_t **request)
{
	struct issuance_refusal refusal;
	struct issuance_work *work;
	struct register_place *places;
	struct issuance_order order = { .claims = thread->claims, .now = (int64_t)time(NULL) };
	char nonce[32];

	orders_nonce(i, nonce);
	*request = orders_request(&thread->issuer, nonce, thread->settings->copies);
	order.request = *request;
	if (!issuance_check(thread->issuance, &order, &work, &refusal)) {
		issuance_say(&refusal);
		bench_need(false, "a request was refused");
	}
	/* Bulk issue draws them for many orders at once. */
	places = calloc(thread->settings->copies, sizeof(*places));
	bench_need(places != NULL, "memory");
	for (size_t p = 0; p < thread->settings->copies; p++) {
		places[p].list = 1;
		places[p].idx = i * 1000 + p;
		snprintf(places[p].uri, sizeof(places[p].uri), "%s/status/1", thread->issuer.uri);
	}
	bench_need(issuance_give_places(work, places), "memory");
	free(places);
	return work;
}

static void
sign_round(struct thread *thread, size_t round)
{
	const size_t first = (thread->number * thread->rounds + round) * AHEAD;
	struct issuance_work *works[AHEAD];
	struct issuance_refusal refusal;
	json_t *requests[AHEAD];
	double begin;

	for (size_t i = 0; i < AHEAD; i++)
		works[i] = verified(thread, first + i, &requests[i]);
	begin = thread_now();
	for (size_t i = 0; i < AHEAD; i++)
		bench_need(issuance_sign(thread->issuance, works[i], &refusal), "a batch could not be signed");
	thread->sign_seconds += thread_now() - begin;
	thread->copies += (double)(AHEAD * thread->settings->copies);
	for (size_t i = 0; i < AHEAD; i++) {
		issuance_work_free(works[i]);
		json_decref(requests[i]);
	}
}

static void *
thread_main(void *arg)
{
	struct thread *thread = arg;
	EVP_PKEY *key = EVP_EC_gen("P-256");

	bench_need(key != NULL, "EVP_EC_gen");
	raw_round(thread, key); /* what is looked up once */
	thread->raw = thread->raw_seconds = 0;
	for (size_t i = 0; i < thread->rounds; i++) {
		raw_round(thread, key);
		sign_round(thread, i);
	}
	EVP_PKEY_free(key);
	return NULL;
}

static void
engine(const struct bench_options *options, const struct settings *settings, const char *folder, const char *pin)
{
	const struct pin_source source = { .file = pin };
	const size_t rounds = options->quick ? 2 : ROUNDS;
	struct thread threads[THREADS_MAX] = { { .number = 0 } };
	double copies = 0, signing = 0, raw = 0, raw_seconds = 0;

	orders_offer(folder, 0, settings->threads * rounds * AHEAD);
	for (size_t i = 0; i < settings->threads; i++) {
		struct thread *t = &threads[i];

		*t = (struct thread){ .settings = settings, .folder = folder, .number = i, .rounds = rounds };
		t->claims = orders_claims();
		bench_need(issuer_open(folder, &t->issuer) == EXIT_STATUS_OK, "the issuer");
		bench_need((i == 0 ? issuer_token_open(options->module, "benchmark 1", &source, &t->token)
				   : issuer_token_again(&threads[0].token, &t->token)) == EXIT_STATUS_OK,
			"the token");
		bench_need(issuance_open(&t->issuer, &t->token, NULL, &t->issuance) == EXIT_STATUS_OK, "the keys");
	}
	for (size_t i = 0; i < settings->threads; i++)
		bench_need(pthread_create(&threads[i].id, NULL, thread_main, &threads[i]) == 0, "a thread");
	for (size_t i = 0; i < settings->threads; i++) {
		bench_need(pthread_join(threads[i].id, NULL) == 0, "a thread");
		copies += threads[i].copies;
		signing += threads[i].sign_seconds;
		raw += threads[i].raw;
		raw_seconds += threads[i].raw_seconds;
	}
	for (size_t i = settings->threads; i > 0; i--) {
		issuance_close(threads[i - 1].issuance);
		issuer_token_close(&threads[i - 1].token);
		issuer_close(&threads[i - 1].issuer);
		json_decref(threads[i - 1].claims);
	}
	const struct bench_line lines[] = {
		{ "sign, copies a processor", "/s", copies / signing, NAN, raw / raw_seconds, BENCH_NO_LIMIT, 0 },
		{ "  to a signature and its check", "x", copies / signing / (raw / raw_seconds), NAN, 1, BENCH_AT_LEAST,
			0.5 },
	};

	for (size_t i = 0; i < 2; i++)
		bench_line(options, &lines[i]);
}

/* ---- The whole run ---- */

static void
write_orders(const struct settings *settings, const char *folder, const char *path, size_t first)
{
	json_t *claims = orders_claims();
	struct issuer issuer;
	char nonce[32], person[32];
	FILE *file = fopen(path, "w");

	bench_need(file != NULL && issuer_open(folder, &issuer) == EXIT_STATUS_OK, "the orders");
	orders_offer(folder, first, settings->holders);
	for (size_t i = 0; i < settings->holders; i++) {
		json_t *order;

		orders_nonce(first + i, nonce);
		snprintf(person, sizeof(person), "holder-%zu", i);
		order = json_pack("{s:s, s:O, s:o}", "person", person, "claims", claims, "request",
			orders_request(&issuer, nonce, settings->copies));
		bench_need(order != NULL && json_dumpf(order, file, JSON_COMPACT) == 0 && fputc('\n', file) == '\n',
			"an order");
		json_decref(order);
	}
	bench_need(fclose(file) == 0, "the orders");
	issuer_close(&issuer);
	json_decref(claims);
}

static pid_t
start(const struct bench_options *options, const struct settings *settings, const char *folder, const char *pin,
	const char *orders)
{
	char out[256], jobs[16];
	pid_t child;

	snprintf(out, sizeof(out), "%s/out", bench_folder());
	snprintf(jobs, sizeof(jobs), "%zu", settings->threads);
	fflush(NULL);
	child = fork();
	bench_need(child >= 0, "no process");
	if (child == 0) {
		const int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

		(void)dup2(quiet, STDOUT_FILENO);
		execl(settings->program, settings->program, "issue", "--dir", folder, "--module", options->module,
			"--pin-file", pin, "--batch", orders, "--out", out, "--jobs", jobs, "--json", (char *)NULL);
		_exit(127);
	}
	return child;
}

/* MiB; 0: it is gone. */
static double
resident(pid_t child)
{
	char path[64];
	long total = 0, pages = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)child);
	file = fopen(path, "r");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%ld %ld", &total, &pages) != 2)
		pages = 0;
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

static void
whole(const struct bench_options *options, const struct settings *settings, const char *folder, const char *pin,
	size_t first)
{
	char orders[256];
	double begin, seconds, now, most[2] = { 0, 0 };
	int status = 0;
	pid_t child;
	size_t n = 0;

	snprintf(orders, sizeof(orders), "%s/orders.jsonl", bench_folder());
	write_orders(settings, folder, orders, first);
	begin = bench_now();
	child = start(options, settings, folder, pin, orders);
	/* Memory over time, in so many pieces as there will be; what it has in the first second is not yet all. */
	double samples[4096];

	while (waitpid(child, &status, WNOHANG) == 0) {
		now = resident(child);
		if (n == sizeof(samples) / sizeof(*samples)) { /* every second one of those so far */
			for (size_t i = 0; i < n / 2; i++)
				samples[i] = samples[2 * i];
			n /= 2;
		}
		samples[n++] = now;
		usleep(20000);
	}
	seconds = bench_now() - begin;
	bench_need(WIFEXITED(status) && WEXITSTATUS(status) == 0, "bulk issue failed");
	for (size_t i = n / 4; i < n; i++) {
		const size_t half = i < n / 2 ? 0 : 1;

		if (samples[i] > most[half])
			most[half] = samples[i];
	}
	const struct bench_line lines[] = {
		{ "bulk issue, copies on the disk", "/s", (double)(settings->holders * settings->copies) / seconds, NAN,
			NAN, BENCH_NO_LIMIT, 0 },
		{ "  its memory", "MiB", most[1], NAN, NAN, BENCH_NO_LIMIT, 0 },
		{ "  second half to second quarter", "x", most[0] > 0 ? most[1] / most[0] : NAN, NAN, NAN,
			BENCH_AT_MOST, 1.2 },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		bench_line(options, &lines[i]);
}

static void
read_settings(int *argc, char **argv, struct settings *settings)
{
	int left = 1;

	for (int i = 1; i < *argc; i++) {
		const bool more = i + 1 < *argc;

		if (more && strcmp(argv[i], "--holders") == 0)
			settings->holders = (size_t)atoi(argv[++i]);
		else if (more && strcmp(argv[i], "--copies") == 0)
			settings->copies = (size_t)atoi(argv[++i]);
		else if (more && strcmp(argv[i], "--threads") == 0)
			settings->threads = (size_t)atoi(argv[++i]);
		else if (more && strcmp(argv[i], "--issuer") == 0)
			settings->program = argv[++i];
		else if (more && strcmp(argv[i], "--register") == 0)
			settings->place = argv[++i];
		else
			argv[left++] = argv[i];
	}
	*argc = left;
	bench_need(settings->holders > 0 && settings->copies > 0 && settings->copies <= ISSUER_BATCH_SIZE &&
			settings->threads > 0 && settings->threads <= THREADS_MAX,
		"--holders, --copies or --threads");
}

int
main(int argc, char **argv)
{
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct settings settings = { 200, 10, processors > 0 && processors < THREADS_MAX ? (size_t)processors : 2,
		ISSUER, NULL };
	const char *folder, *pin;
	struct bench_options options;
	int rest;

	read_settings(&argc, argv, &settings);
	bench_options(argc, argv, about, &options, &rest);
	if (options.quick)
		settings.holders = settings.holders < 50 ? settings.holders : 50;
	bench_need(tool_context() != NULL, "memory");
	orders_issuer(&options, settings.place, &folder, &pin);
	engine(&options, &settings, folder, pin);
	whole(&options, &settings, folder, pin, settings.threads * ROUNDS * AHEAD);
	return bench_end(&options);
}
