/*
 * tests/bench/bench.h: what the benchmarks share: a scratch folder, modules with a token in it, time, and the
 * table that they print.
 *
 * A benchmark measures all that it compares in one run on one machine; only the ratios mean
 * anything elsewhere. Whatever goes wrong ends the program with status 2 and a sentence.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"

#define BENCH_SO_PIN "so-code-of-the-benchmark-0123456789"
#define BENCH_USER_PIN "user-pin-2026"
#define BENCH_SOFTHSM "/usr/lib/softhsm/libsofthsm2.so"

struct bench_options {
	bool json;
	bool quick;         /* about a tenth of the work */
	const char *module; /* $MDOC_MODULE, else the module of this build */
	const char *other;  /* the name of who is measured beside it: SoftHSM2 unless it is changed */
};

/* --json, --quick, --help. What is left of the command line starts at argv[*rest]. */
void bench_options(int argc, char **argv, const char *about, struct bench_options *options, int *rest);

/* Ends the program unless it is CKR_OK (true). */
void bench_ok(CK_RV rv, const char *what);
void bench_need(bool good, const char *what);

/* Seconds, from no particular moment. */
double bench_now(void);

/* The same of this process alone: what others do on the machine counts for less. */
double bench_cpu_now(void);

/* The middle one of some figures, which are put in order. */
double bench_median(double *figures, size_t count);

/* Scratch for all that a run makes, taken away when the program ends; borrowed. */
const char *bench_folder(void);

/* A module with its own store below the scratch folder, and the configuration mdoc-pkcs11.conf there if there is one;
 * loaded and initialised. */
struct bench_module {
	void *library;
	CK_FUNCTION_LIST *f;
	CK_MDOC_FUNCTION_LIST *vendor; /* NULL: another's module */
	CK_SLOT_ID slot;               /* of the token */
};

/* False: there is no such file. */
bool bench_load(const char *path, struct bench_module *m);

/* A new token with a user PIN, in m->slot. The first is labelled "benchmark 1", and so on. */
void bench_token(struct bench_module *m);

/* In m->slot the token with this label: for a process that did not make it. */
void bench_find_token(struct bench_module *m, const char *label);

/* A R/W session, of the user where login is true. */
CK_SESSION_HANDLE bench_session(const struct bench_module *m, bool login);

/* One line of the table. What was not measured is NAN. */
enum bench_limit { BENCH_NO_LIMIT, BENCH_AT_LEAST, BENCH_AT_MOST };
struct bench_line {
	const char *name;
	const char *unit; /* "/s", "us", "ms", "MiB", "x" */
	double value;
	double other; /* the same by options->other */
	double raw;   /* the same without PKCS#11: raw OpenSSL, raw SQLite, raw ESYS */
	enum bench_limit kind;
	double limit; /* of value */
};
void bench_line(const struct bench_options *options, const struct bench_line *line);

/* The end of the table; the status to exit with: 0, or 1 when a limit was missed. */
int bench_end(const struct bench_options *options);

/* Run this program again with these arguments (NULL at the end) and read the numbers that it prints. */
size_t bench_again(double *numbers, size_t room, const char *const *arguments);

#endif
