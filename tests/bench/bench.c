/*
 * What the benchmarks share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "tests/bench/bench.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 16
#define FOLDER_VARIABLE "MDOC_BENCH_FOLDER" /* set for the program run again: it works in the same folder */

static char folder[64];
static bool folder_is_ours;
static unsigned lines, missed;

void
bench_need(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "benchmark: %s\n", what);
	exit(2);
}

void
bench_ok(CK_RV rv, const char *what)
{
	if (rv == CKR_OK)
		return;
	fprintf(stderr, "benchmark: %s: 0x%lx\n", what, rv);
	exit(2);
}

void
bench_options(int argc, char **argv, const char *about, struct bench_options *options, int *rest)
{
	int i;

	*options = (struct bench_options){ .module = getenv("MDOC_MODULE"), .other = "SoftHSM2" };
	if (options->module == NULL)
		options->module = MODULE_PATH;
	for (i = 1; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			options->json = true;
		} else if (strcmp(argv[i], "--quick") == 0) {
			options->quick = true;
		} else {
			printf("usage: %s [--quick] [--json]\n%s", argv[0], about);
			exit(strcmp(argv[i], "--help") == 0 ? 0 : 2);
		}
	}
	*rest = i;
}

static double
seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double
bench_now(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

double
bench_cpu_now(void)
{
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
bench_median(double *figures, size_t count)
{
	qsort(figures, count, sizeof(*figures), compare);
	return figures[count / 2];
}

static void
remove_folder(void)
{
	char command[96];

	if (!folder_is_ours)
		return;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0)
		fprintf(stderr, "benchmark: %s is left behind\n", folder);
}

/* TMPDIR is looked at because what counts is the disk that stores lie on. */
const char *
bench_folder(void)
{
	const char *given = getenv(FOLDER_VARIABLE);
	const char *base = getenv("TMPDIR");

	if (folder[0] != '\0')
		return folder;
	if (given != NULL) {
		snprintf(folder, sizeof(folder), "%s", given);
		return folder;
	}
	snprintf(folder, sizeof(folder), "%.40s/mdoc-bench-XXXXXX", base == NULL ? "/var/tmp" : base);
	bench_need(mkdtemp(folder) != NULL, "no scratch folder");
	folder_is_ours = true;
	atexit(remove_folder);
	setenv(FOLDER_VARIABLE, folder, 1);
	return folder;
}

/* Both kinds of module find their stores by environment variables. */
static void
set_stores(void)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/softhsm", bench_folder());
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/softhsm2.conf", bench_folder());
	file = fopen(path, "w");
	bench_need(file != NULL, "cannot write a configuration");
	fprintf(file, "directories.tokendir = %s/softhsm\nobjectstore.backend = file\nlog.level = ERROR\n",
		bench_folder());
	fclose(file);
	setenv("SOFTHSM2_CONF", path, 1);
	snprintf(path, sizeof(path), "%s/store", bench_folder());
	setenv("MDOC_PKCS11_STORE", path, 1);
	snprintf(path, sizeof(path), "%s/mdoc-pkcs11.conf", bench_folder());
	setenv("MDOC_PKCS11_CONF", access(path, R_OK) == 0 ? path : "/dev/null", 1);
}

static void *
symbol(const struct bench_module *m, const char *name)
{
	return dlsym(m->library, name);
}

bool
bench_load(const char *path, struct bench_module *m)
{
	CK_C_GetFunctionList get_list = NULL;
	CK_C_GetInterface get_interface = NULL;
	CK_C_INITIALIZE_ARGS threads = { .flags = CKF_OS_LOCKING_OK };
	CK_INTERFACE *found = NULL;
	void *address;

	*m = (struct bench_module){ 0 };
	if (access(path, R_OK) != 0)
		return false;
	set_stores();
	m->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	bench_need(m->library != NULL, "cannot load the module");
	address = symbol(m, "C_GetFunctionList");
	memcpy(&get_list, &address, sizeof(get_list));
	bench_need(get_list != NULL && get_list(&m->f) == CKR_OK, "not a PKCS#11 module");
	address = symbol(m, "C_GetInterface");
	memcpy(&get_interface, &address, sizeof(get_interface));
	if (get_interface != NULL && get_interface((CK_UTF8CHAR *)MDOC_PKCS11_INTERFACE, NULL, &found, 0) == CKR_OK)
		m->vendor = found->pFunctionList;
	bench_ok(m->f->C_Initialize(&threads), "C_Initialize");
	return true;
}

void
bench_token(struct bench_module *m)
{
	static unsigned tokens;
	CK_SLOT_ID slots[16];
	CK_ULONG count = 16;
	CK_UTF8CHAR label[32];
	CK_SESSION_HANDLE session;
	char name[32];

	snprintf(name, sizeof(name), "benchmark %u", ++tokens);
	memset(label, ' ', sizeof(label));
	memcpy(label, name, strlen(name));
	bench_ok(m->f->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
	bench_need(count > 0, "no slot to initialise");
	m->slot = slots[count - 1];
	bench_ok(m->f->C_InitToken(m->slot, (CK_UTF8CHAR *)BENCH_SO_PIN, strlen(BENCH_SO_PIN), label), "C_InitToken");
	bench_find_token(m, name); /* some give the token another slot */
	session = bench_session(m, false);
	bench_ok(m->f->C_Login(session, CKU_SO, (CK_UTF8CHAR *)BENCH_SO_PIN, strlen(BENCH_SO_PIN)), "SO login");
	bench_ok(m->f->C_InitPIN(session, (CK_UTF8CHAR *)BENCH_USER_PIN, strlen(BENCH_USER_PIN)), "C_InitPIN");
	bench_ok(m->f->C_CloseSession(session), "C_CloseSession");
}

void
bench_find_token(struct bench_module *m, const char *label)
{
	const size_t len = strlen(label);
	CK_SLOT_ID slots[16];
	CK_ULONG count = 16, i;
	CK_TOKEN_INFO info;

	bench_ok(m->f->C_GetSlotList(CK_TRUE, NULL, &count), "C_GetSlotList");
	bench_need(count <= 16, "too many slots");
	bench_ok(m->f->C_GetSlotList(CK_TRUE, slots, &count), "C_GetSlotList");
	for (i = 0; i < count; i++) {
		bench_ok(m->f->C_GetTokenInfo(slots[i], &info), "C_GetTokenInfo");
		if (memcmp(info.label, label, len) == 0 && info.label[len] == ' ') {
			m->slot = slots[i];
			return;
		}
	}
	bench_need(false, "no token");
}

CK_SESSION_HANDLE
bench_session(const struct bench_module *m, bool login)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;

	bench_ok(m->f->C_OpenSession(m->slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
		"C_OpenSession");
	if (login)
		bench_ok(m->f->C_Login(session, CKU_USER, (CK_UTF8CHAR *)BENCH_USER_PIN, strlen(BENCH_USER_PIN)),
			"C_Login");
	return session;
}

static bool
is_missed(const struct bench_line *line)
{
	return (line->kind == BENCH_AT_LEAST && !(line->value >= line->limit)) ||
		(line->kind == BENCH_AT_MOST && !(line->value <= line->limit));
}

/* As many digits as mean something. */
static void
print_figure(double value, const char *unit, char *text, size_t size)
{
	if (isnan(value))
		snprintf(text, size, "-");
	else
		snprintf(text, size, "%.*f %s", value < 10 ? 2 : (value < 1000 ? 1 : 0), value, unit);
}

static void
print_json(const char *name, double value)
{
	if (isnan(value))
		printf(", \"%s\": null", name);
	else
		printf(", \"%s\": %.6g", name, value);
}

void
bench_line(const struct bench_options *options, const struct bench_line *line)
{
	static const char *const verdicts[] = { "", "ok", "MISSED" };
	const bool bad = is_missed(line);
	char value[32], other[32], raw[32], limit[40] = "";

	missed += bad ? 1 : 0;
	if (options->json) {
		printf("%s\n  {\"name\": \"%s\", \"unit\": \"%s\"", lines++ == 0 ? "[" : ",", line->name, line->unit);
		print_json("value", line->value);
		print_json("other", line->other);
		print_json("raw", line->raw);
		print_json(line->kind == BENCH_AT_LEAST ? "at_least" : "at_most",
			line->kind == BENCH_NO_LIMIT ? NAN : line->limit);
		printf(", \"met\": %s}", bad ? "false" : "true");
		return;
	}
	if (lines++ == 0)
		printf("%-52s %14s %14s %14s  %s\n", "", "mdoc-pkcs11", options->other, "raw", "limit");
	print_figure(line->value, line->unit, value, sizeof(value));
	print_figure(line->other, line->unit, other, sizeof(other));
	print_figure(line->raw, line->unit, raw, sizeof(raw));
	if (line->kind != BENCH_NO_LIMIT)
		snprintf(limit, sizeof(limit), "%s %.6g", line->kind == BENCH_AT_LEAST ? ">=" : "<=", line->limit);
	printf("%-52s %14s %14s %14s  %-10s %s\n", line->name, value, other, raw, limit,
		verdicts[line->kind == BENCH_NO_LIMIT ? 0 : (bad ? 2 : 1)]);
	fflush(stdout);
}

int
bench_end(const struct bench_options *options)
{
	if (options->json)
		printf("\n]\n");
	else if (missed > 0)
		printf("%u of the limits missed\n", missed);
	return missed > 0 ? 1 : 0;
}

static void
run_again(int out, const char *const *arguments)
{
	char *argv[ARGUMENTS_MAX] = { "benchmark" };
	size_t i;

	for (i = 0; arguments[i] != NULL && i + 2 < ARGUMENTS_MAX; i++)
		argv[i + 1] = (char *)(size_t)arguments[i];
	dup2(out, STDOUT_FILENO);
	execv("/proc/self/exe", argv);
	_exit(127);
}

size_t
bench_again(double *numbers, size_t room, const char *const *arguments)
{
	int pipes[2], status = -1;
	size_t count = 0;
	FILE *in;
	pid_t child;

	(void)bench_folder();
	fflush(NULL);
	bench_need(pipe(pipes) == 0, "no pipe");
	child = fork();
	bench_need(child >= 0, "no process");
	if (child == 0)
		run_again(pipes[1], arguments);
	close(pipes[1]);
	in = fdopen(pipes[0], "r");
	bench_need(in != NULL, "no pipe");
	while (count < room && fscanf(in, "%lf", &numbers[count]) == 1)
		count++;
	fclose(in);
	bench_need(waitpid(child, &status, 0) == child && status == 0, "the program run again failed");
	return count;
}
