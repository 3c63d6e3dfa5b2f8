/*
 * How many presentations "mdoc-reader serve" takes a second, for how long, and whether its memory stays as it is. Server
 * and wallets share the machine; wallets send a presentation at its time whether those before are done or not done.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <math.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/serve-client.h"
#include "tests/unit/issuer_kit.h"
#include "tools/common/context.h"

#define CLIENTS_MAX 64
#define DAY ((int64_t)86400)
#define PORTRAIT 20000 /* bytes */

static const char about[] = "  --rate N      presentations a second (200)\n"
			    "  --seconds N   for so long (20; the target is 600)\n"
			    "  --clients N   by so many processes (4)\n"
			    "  --server FILE mdoc-reader (of this build)\n"
			    "How many presentations a second \"mdoc-reader serve\" takes.\n";

struct settings {
	double rate, seconds;
	size_t clients;
	const char *server;
};

/* What the processes tell each other. */
struct shared {
	size_t failures[CLIENTS_MAX], done[CLIENTS_MAX];
	size_t room;        /* figures of one client */
	double latencies[]; /* milliseconds since it was due, `room` for each client */
};

struct world {
	struct issuer_kit kit;
	EVP_PKEY *device_key;
	struct mdoc_signer device;
	struct mdoc_buf record_bytes;
	struct mdoc_issuer_signed *record;
	pid_t server;
	char authority[64];
};

/* ---- Before ---- */

static void
write_file(const char *name, struct mdoc_bytes content, char path[256])
{
	FILE *file;

	(void)snprintf(path, 256, "%s/%s", bench_folder(), name);
	file = fopen(path, "wb");
	bench_need(file != NULL && fwrite(content.ptr, 1, content.len, file) == content.len && fclose(file) == 0, path);
}

static void
write_key(const char *name, EVP_PKEY *key, char path[256])
{
	FILE *file;

	(void)snprintf(path, 256, "%s/%s", bench_folder(), name);
	file = fopen(path, "wb");
	bench_need(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1 && fclose(file) == 0,
		path);
}

static void
prepare(struct world *world)
{
	struct mdoc_public_key key;

	issuer_kit_new(&world->kit);
	world->device_key = kit_key(&key);
	bench_need(mdoc_signer_from_evp(world->kit.context, world->device_key, &world->device) == MDOC_OK,
		"mdoc_signer_from_evp");
	kit_record(&world->kit, KIT_DOCTYPE, &key, world->kit.now - DAY, world->kit.now + 20 * DAY, PORTRAIT,
		&world->record_bytes);
	bench_need(mdoc_issuer_signed_parse(world->kit.context, mdoc_buf_bytes(&world->record_bytes), &world->record,
			   NULL) == MDOC_OK,
		"mdoc_issuer_signed_parse");
}

/* Start it, and read where it listens. */
static void
start_server(struct world *world, const struct settings *settings)
{
	char iaca[256], cert[256], key[256], line[512] = "", *at;
	int out[2];
	FILE *from;

	write_file("iaca.der", mdoc_buf_bytes(&world->kit.iaca), iaca);
	write_file("reader.der", mdoc_buf_bytes(&world->kit.reader), cert);
	write_key("reader.pem", world->kit.reader_key, key);
	bench_need(pipe(out) == 0, "pipe");
	world->server = fork();
	if (world->server == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)setenv("LC_ALL", "C.UTF-8", 1);
		execl(settings->server, "mdoc-reader", "serve", "--plain-http", "--listen", "127.0.0.1:0", "--iaca",
			iaca, "--reader-key", key, "--cert", cert, "--element", KIT_NS ":full_name_unicode",
			"--element", KIT_NS ":portrait", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	from = fdopen(out[0], "r");
	bench_need(from != NULL && fgets(line, sizeof(line), from) != NULL, "the server did not start");
	at = strstr(line, "listening at ");
	bench_need(at != NULL, line);
	(void)snprintf(world->authority, sizeof(world->authority), "%.*s", (int)strcspn(at + 13, ")"), at + 13);
}

/* MiB that a process has in memory. */
static double
memory_of(pid_t pid)
{
	char path[64];
	unsigned long pages = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "r");
	if (file == NULL || fscanf(file, "%*s %lu", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

/* Seconds of CPU that a process has used. */
static double
cpu_of(pid_t pid)
{
	char path[64], text[1024] = "", *at;
	unsigned long user = 0, system = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	at = file != NULL && fgets(text, sizeof(text), file) != NULL ? strrchr(text, ')') : NULL;
	if (at != NULL)
		(void)sscanf(at + 1, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &system);
	if (file != NULL)
		fclose(file);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* ---- A client ---- */

static void
sleep_until(double when)
{
	const double left = when - bench_now();
	struct timespec pause = { .tv_sec = (time_t)left };

	if (left <= 0)
		return;
	pause.tv_nsec = (long)((left - floor(left)) * 1e9);
	(void)nanosleep(&pause, NULL);
}

static void
run_client(const struct world *world, const struct settings *settings, struct shared *shared, size_t index,
	double start)
{
	static struct serve_client client;
	const double step = (double)settings->clients / settings->rate;
	double due = start + step * (double)index / (double)settings->clients;
	double *figures = shared->latencies + index * shared->room;

	client.context = tool_context();
	client.record = world->record;
	client.device = &world->device;
	client.authority = world->authority;
	client.fd = -1;
	for (; due < start + settings->seconds; due += step) {
		sleep_until(due);
		if (!serve_client_present(&client))
			shared->failures[index]++;
		else if (shared->done[index] < shared->room)
			figures[shared->done[index]++] = (bench_now() - due) * 1000;
	}
	serve_client_close(&client);
}

/* ---- All of it ---- */

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct shared *
make_shared(const struct settings *settings)
{
	const size_t room = (size_t)(settings->rate * settings->seconds / (double)settings->clients) + 16;
	const size_t size = sizeof(struct shared) + settings->clients * room * sizeof(double);
	struct shared *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	bench_need(shared != MAP_FAILED, "mmap");
	shared->room = room;
	return shared;
}

/* All latencies in order, at the beginning of shared->latencies; how many. */
static size_t
gather(struct shared *shared, size_t clients, size_t *failures)
{
	size_t count = 0;

	for (size_t i = 0; i < clients; i++) {
		memmove(shared->latencies + count, shared->latencies + i * shared->room,
			shared->done[i] * sizeof(double));
		count += shared->done[i];
		*failures += shared->failures[i];
	}
	qsort(shared->latencies, count, sizeof(double), compare);
	return count;
}

static void
report(const struct bench_options *options, const struct settings *settings, struct shared *shared, double seconds,
	double first, double last, const double cpu[2])
{
	size_t failures = 0;
	const size_t count = gather(shared, settings->clients, &failures);
	const struct bench_line lines[] = {
		{ "presentations", "/s", (double)count / seconds, NAN, NAN, BENCH_AT_LEAST, settings->rate * 0.99 },
		{ "failures", "", (double)failures, NAN, NAN, BENCH_AT_MOST, 0 },
		{ "latency, median", "ms", count > 0 ? shared->latencies[count / 2] : NAN, NAN, NAN, BENCH_NO_LIMIT,
			0 },
		{ "latency, 99 of 100", "ms", count > 0 ? shared->latencies[count * 99 / 100] : NAN, NAN, NAN,
			BENCH_NO_LIMIT, 0 },
		{ "the server's CPU for one", "ms", 1000 * cpu[0] / (double)count, NAN, NAN, BENCH_NO_LIMIT, 0 },
		{ "a client's CPU for one", "ms", 1000 * cpu[1] / (double)count, NAN, NAN, BENCH_NO_LIMIT, 0 },
		{ "server's memory, after a tenth", "MiB", first, NAN, NAN, BENCH_NO_LIMIT, 0 },
		{ "server's memory, at the end", "MiB", last, NAN, NAN, BENCH_AT_MOST, first + 4 },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		bench_line(options, &lines[i]);
}

static void
run(const struct bench_options *options, const struct settings *settings)
{
	struct shared *shared = make_shared(settings);
	struct world world = { .server = 0 };
	pid_t clients[CLIENTS_MAX];
	double start, seconds, first, last, cpu[2];
	struct rusage used;

	prepare(&world);
	start_server(&world, settings);
	bench_need(tool_context() != NULL, "memory");
	start = bench_now() + 0.2;
	for (size_t i = 0; i < settings->clients; i++) {
		clients[i] = fork();
		if (clients[i] == 0) {
			run_client(&world, settings, shared, i, start);
			_exit(0);
		}
	}
	sleep_until(start + settings->seconds / 10);
	first = memory_of(world.server);
	for (size_t i = 0; i < settings->clients; i++)
		(void)waitpid(clients[i], NULL, 0);
	seconds = bench_now() - start;
	last = memory_of(world.server);
	cpu[0] = cpu_of(world.server);
	(void)getrusage(RUSAGE_CHILDREN, &used); /* of the clients: the server has not ended */
	cpu[1] = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
		(double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	(void)kill(world.server, SIGTERM);
	(void)waitpid(world.server, NULL, 0);
	report(options, settings, shared, seconds, first, last, cpu);
}

/* Our own options are taken out of argv. */
static void
read_settings(int *argc, char **argv, struct settings *settings)
{
	int left = 1;

	for (int i = 1; i < *argc; i++) {
		const bool more = i + 1 < *argc;

		if (more && strcmp(argv[i], "--rate") == 0)
			settings->rate = atof(argv[++i]);
		else if (more && strcmp(argv[i], "--seconds") == 0)
			settings->seconds = atof(argv[++i]);
		else if (more && strcmp(argv[i], "--clients") == 0)
			settings->clients = (size_t)atoi(argv[++i]);
		else if (more && strcmp(argv[i], "--server") == 0)
			settings->server = argv[++i];
		else
			argv[left++] = argv[i];
	}
	*argc = left;
	bench_need(settings->rate > 0 && settings->seconds > 0 && settings->clients > 0 &&
			settings->clients <= CLIENTS_MAX,
		"--rate, --seconds or --clients");
}

int
main(int argc, char **argv)
{
	struct settings settings = { 200, 20, 4, SERVER };
	struct bench_options options;
	int rest;

	read_settings(&argc, argv, &settings);
	bench_options(argc, argv, about, &options, &rest);
	if (options.quick)
		settings.seconds /= 10;
	run(&options, &settings);
	return bench_end(&options);
}
