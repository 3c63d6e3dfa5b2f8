/*
 * How fast signatures are: beside raw OpenSSL, SoftHSM2 and one durable commit. All take turns in
 * short rounds, so that what disturbs the machine disturbs all alike; a figure is the median.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <math.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/copies.h"

#define THREADS 2
#define SINGLE_USE 8 /* copies of one round */
#define ROUNDS 15
#define QUICK_ROUNDS 3

static const CK_BYTE digest[32] = "what is signed in this benchmark";

/* One thread's part. */
struct worker {
	CK_FUNCTION_LIST *p11; /* NULL: OpenSSL alone */
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;
	bool authenticate;
	EVP_PKEY *pkey;
	double seconds;
	double rate;
};

/* The workers of one case. */
struct crew {
	struct worker workers[THREADS];
	size_t count;
};

static void
sign_raw(const struct worker *w)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, w->pkey, NULL);
	unsigned char sig[80];
	size_t len = sizeof(sig);

	bench_need(ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
			EVP_PKEY_sign(ctx, sig, &len, digest, sizeof(digest)) == 1,
		"EVP_PKEY_sign");
	EVP_PKEY_CTX_free(ctx);
}

static void
sign_token(const struct worker *w)
{
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_BYTE sig[80];
	CK_ULONG len = sizeof(sig);

	bench_ok(w->p11->C_SignInit(w->session, &mechanism, w->key), "C_SignInit");
	if (w->authenticate)
		bench_authorise(w->p11, w->session);
	bench_ok(w->p11->C_Sign(w->session, (CK_BYTE *)(uintptr_t)digest, sizeof(digest), sig, &len), "C_Sign");
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	const double begin = bench_now();
	double now = begin;
	size_t done = 0;

	while (now < begin + w->seconds) {
		for (int i = 0; i < 64; i++, done++) {
			if (w->p11 != NULL)
				sign_token(w);
			else
				sign_raw(w);
		}
		now = bench_now();
	}
	w->rate = (double)done / (now - begin);
	return NULL;
}

static double
run_crew(void *arg, double seconds)
{
	struct crew *crew = arg;
	pthread_t threads[THREADS];
	double rate = 0;

	for (size_t i = 0; i < crew->count; i++)
		crew->workers[i].seconds = seconds;
	for (size_t i = 1; i < crew->count; i++)
		bench_need(pthread_create(&threads[i], NULL, work, &crew->workers[i]) == 0, "pthread_create");
	(void)work(&crew->workers[0]);
	for (size_t i = 0; i < crew->count; i++) {
		if (i > 0)
			(void)pthread_join(threads[i], NULL);
		rate += crew->workers[i].rate;
	}
	return rate;
}

/* The user is logged in by now. */
static void
crew_of_token(struct crew *crew, size_t count, const struct bench_module *m, bool authenticate)
{
	const struct bench_pair pair = { .authenticate = authenticate };
	CK_OBJECT_HANDLE key = 0;

	crew->count = count;
	for (size_t i = 0; i < count; i++) {
		crew->workers[i].p11 = m->f;
		crew->workers[i].session = bench_session(m, false);
		crew->workers[i].authenticate = authenticate;
		if (i == 0)
			key = bench_pair(m->f, crew->workers[0].session, &pair, NULL);
		crew->workers[i].key = key;
	}
}

/* ---- A signature that spends its copy, against one durable commit ---- */

struct copies {
	struct bench_copies all;
	CK_OBJECT_HANDLE reusable;
};

static double
run_single_use(void *arg, double seconds)
{
	struct copies *copies = arg;
	CK_OBJECT_HANDLE keys[SINGLE_USE];
	double begin;

	(void)seconds; /* each copy signs once: their number is what can be given */
	for (size_t i = 0; i < SINGLE_USE; i++)
		keys[i] = bench_copy(&copies->all, NULL, false);
	begin = bench_now();
	for (size_t i = 0; i < SINGLE_USE; i++)
		bench_sign_device(&copies->all, keys[i]);
	return SINGLE_USE / (bench_now() - begin);
}

static double
run_reusable(void *arg, double seconds)
{
	struct copies *copies = arg;
	const double begin = bench_now();
	size_t done = 0;

	while (bench_now() < begin + seconds) {
		for (int i = 0; i < 16; i++, done++)
			bench_sign_device(&copies->all, copies->reusable);
	}
	return (double)done / (bench_now() - begin);
}

static sqlite3 *
open_database(void)
{
	sqlite3 *db = NULL;
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/commits.db", bench_folder());
	bench_need(sqlite3_open(path, &db) == SQLITE_OK, "sqlite3_open");
	bench_need(sqlite3_exec(db,
			   "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
			   "CREATE TABLE t (id INTEGER PRIMARY KEY, value BLOB)",
			   NULL, NULL, NULL) == SQLITE_OK,
		"CREATE TABLE");
	return db;
}

static double
run_commit(void *arg, double seconds)
{
	const double begin = bench_now();

	(void)seconds;
	for (size_t i = 0; i < SINGLE_USE; i++)
		bench_need(sqlite3_exec(arg, "INSERT INTO t (value) VALUES (randomblob(1024))", NULL, NULL, NULL) ==
				SQLITE_OK,
			"INSERT");
	return SINGLE_USE / (bench_now() - begin);
}

/* ---- Rounds ---- */

enum { RAW_1, RAW_2, OURS_1, OURS_2, AUTH, REUSABLE, COMMIT, SINGLE, SOFTHSM_1, SOFTHSM_2, SOFTHSM_AUTH, CASES };

struct cases {
	struct {
		double (*run)(void *arg, double seconds); /* operations in a second; NULL: not measured */
		void *arg;
		double samples[ROUNDS];
	} each[CASES];
	double figures[CASES]; /* medians; NAN: not measured */
	struct crew crews[CASES];
	struct copies copies;
	struct bench_module ours, softhsm;
	EVP_PKEY *pkey;
	sqlite3 *db;
};

static void
measure(struct cases *cases, bool quick)
{
	const size_t rounds = quick ? QUICK_ROUNDS : ROUNDS;
	const double seconds = quick ? 0.02 : 0.2;

	for (size_t round = 0; round < rounds; round++) {
		for (size_t i = 0; i < CASES; i++) {
			if (cases->each[i].run != NULL)
				cases->each[i].samples[round] = cases->each[i].run(cases->each[i].arg, seconds);
		}
	}
	for (size_t i = 0; i < CASES; i++) {
		cases->figures[i] = NAN;
		if (cases->each[i].run != NULL)
			cases->figures[i] = bench_median(cases->each[i].samples, rounds);
	}
}

static void
add_crew(struct cases *cases, size_t which)
{
	cases->each[which].run = run_crew;
	cases->each[which].arg = &cases->crews[which];
}

static void
prepare_raw(struct cases *cases)
{
	cases->pkey = EVP_EC_gen("P-256");
	bench_need(cases->pkey != NULL, "no key of OpenSSL's");
	for (size_t i = 0; i < THREADS; i++) {
		struct crew *crew = &cases->crews[RAW_1 + i];

		crew->count = i + 1;
		crew->workers[0].pkey = crew->workers[1].pkey = cases->pkey;
		add_crew(cases, RAW_1 + i);
	}
	cases->db = open_database();
	cases->each[COMMIT].run = run_commit;
	cases->each[COMMIT].arg = cases->db;
}

static void
prepare_module(struct cases *cases, struct bench_module *m, size_t first, size_t authenticated)
{
	bench_token(m);
	(void)bench_session(m, true);
	for (size_t i = 0; i < THREADS; i++) {
		crew_of_token(&cases->crews[first + i], i + 1, m, false);
		add_crew(cases, first + i);
	}
	crew_of_token(&cases->crews[authenticated], 1, m, true);
	add_crew(cases, authenticated);
}

/* ---- The table ---- */

struct row {
	const char *rate, *ratio;
	size_t ours, softhsm, raw; /* CASES: none */
	double limit;              /* of ours to raw */
};

static double
figure(const struct cases *cases, size_t which)
{
	return which < CASES ? cases->figures[which] : NAN;
}

static void
print_row(const struct bench_options *options, const struct cases *cases, const struct row *row)
{
	const double ours = figure(cases, row->ours), softhsm = figure(cases, row->softhsm);
	const double raw = figure(cases, row->raw);
	const struct bench_line rate = { row->rate, "/s", ours, softhsm, raw, BENCH_NO_LIMIT, 0 };
	const struct bench_line ratio = { row->ratio, "x", ours / raw, softhsm / raw, 1, BENCH_AT_LEAST, row->limit };

	bench_line(options, &rate);
	bench_line(options, &ratio);
}

static void
print_all(const struct bench_options *options, const struct cases *cases)
{
	static const struct row rows[] = {
		{ "ECDSA P-256, one thread", "  to raw OpenSSL", OURS_1, SOFTHSM_1, RAW_1, 0.80 },
		{ "ECDSA P-256, two threads with one key", "  to raw OpenSSL", OURS_2, SOFTHSM_2, RAW_2, 0.75 },
		{ "single-use signature; one durable commit", "  to the commit", SINGLE, CASES, COMMIT, 0.5 },
	};
	const double auth = figure(cases, AUTH), softhsm = figure(cases, SOFTHSM_AUTH);
	const struct bench_line rate = { "ECDSA P-256, PIN for each", "/s", auth, softhsm, NAN, BENCH_NO_LIMIT, 0 };
	const struct bench_line ratio = { "  to one without", "x", auth / figure(cases, OURS_1),
		softhsm / figure(cases, SOFTHSM_1), NAN, BENCH_AT_LEAST, 0.5 };

	const double again = figure(cases, REUSABLE);
	const struct bench_line reusable = { "DeviceSigned by a reusable copy, PIN for each", "/s", again, NAN, NAN,
		BENCH_NO_LIMIT, 0 };
	const struct bench_line reusable_ratio = { "  to one ECDSA without", "x", again / figure(cases, OURS_1), NAN,
		NAN, BENCH_AT_LEAST, 0.5 };

	for (size_t i = 0; i < 2; i++)
		print_row(options, cases, &rows[i]);
	bench_line(options, &rate);
	bench_line(options, &ratio);
	bench_line(options, &reusable);
	bench_line(options, &reusable_ratio);
	print_row(options, cases, &rows[2]);
}

int
main(int argc, char **argv)
{
	static struct cases cases;
	struct bench_options options;
	int rest;

	bench_options(argc, argv, "Signatures in a second, beside raw OpenSSL, SoftHSM2 and one SQLite commit.\n",
		&options, &rest);
	prepare_raw(&cases);
	bench_need(bench_load(options.module, &cases.ours), "no module");
	prepare_module(&cases, &cases.ours, OURS_1, AUTH);
	bench_copies_new(&cases.copies.all, &cases.ours);
	cases.copies.reusable = bench_copy(&cases.copies.all, NULL, true);
	cases.each[SINGLE].run = run_single_use;
	cases.each[SINGLE].arg = &cases.copies;
	cases.each[REUSABLE].run = run_reusable;
	cases.each[REUSABLE].arg = &cases.copies;
	if (bench_load(BENCH_SOFTHSM, &cases.softhsm))
		prepare_module(&cases, &cases.softhsm, SOFTHSM_1, SOFTHSM_AUTH);
	measure(&cases, options.quick);
	print_all(&options, &cases);
	bench_ok(cases.ours.f->C_Finalize(NULL), "C_Finalize");
	(void)sqlite3_close(cases.db);
	bench_copies_free(&cases.copies.all);
	EVP_PKEY_free(cases.pkey);
	return bench_end(&options);
}
