/*
 * How fast libmdoc is: a reader's whole verification beside the raw signatures that it cannot do without, a
 * holder's response and an issuer's record beside one raw signature, and how the cost grows with the number
 * of elements and with their size. All take turns in short rounds, so that what disturbs the machine disturbs
 * all alike; a ratio is the median of those of the rounds.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <math.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/bench/mdoc-cases.h"

#define ROUNDS 31
#define QUICK_ROUNDS 5

/* ---- Raw OpenSSL, as its good user does it: keys and digest are ready, each signature has a new context ---- */

struct raw {
	EVP_PKEY *pkey;
	EVP_MD *sha256;
	uint8_t message[512]; /* about a Sig_structure */
	uint8_t signature[80];
	size_t signature_len;
	struct mdoc_bytes ds;
};

/* One signature made, or the kept one verified. */
static void
raw_once(const struct raw *raw, bool verify, uint8_t *signature, size_t *len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, raw->pkey, NULL);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned digest_len = 0;

	bench_need(ctx != NULL &&
			EVP_Digest(raw->message, sizeof(raw->message), digest, &digest_len, raw->sha256, NULL) == 1,
		"EVP_Digest");
	if (verify)
		bench_need(EVP_PKEY_verify_init(ctx) == 1 &&
				EVP_PKEY_verify(ctx, raw->signature, raw->signature_len, digest, digest_len) == 1,
			"EVP_PKEY_verify");
	else
		bench_need(EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, signature, len, digest, digest_len) == 1,
			"EVP_PKEY_sign");
	EVP_PKEY_CTX_free(ctx);
}

static void
raw_new(struct raw *raw, const struct mdoc_cases *cases)
{
	memset(raw, 0, sizeof(*raw));
	raw->pkey = EVP_EC_gen("P-256");
	raw->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	bench_need(raw->pkey != NULL && raw->sha256 != NULL, "EVP_EC_gen");
	raw->ds = mdoc_buf_bytes(&cases->kit.ds);
	raw->signature_len = sizeof(raw->signature);
	raw_once(raw, false, raw->signature, &raw->signature_len);
}

static void
raw_verify(const struct raw *raw)
{
	raw_once(raw, true, NULL, NULL);
}

/* Issuer, chain and device; and the DS certificate decoded, with its key. */
static void
raw_full(void *arg)
{
	const struct raw *raw = arg;
	const unsigned char *at = raw->ds.ptr;
	X509 *ds = d2i_X509(NULL, &at, (long)raw->ds.len);

	bench_need(ds != NULL && X509_get0_pubkey(ds) != NULL, "d2i_X509");
	X509_free(ds);
	for (int i = 0; i < 3; i++)
		raw_verify(raw);
}

/* Issuer and device. */
static void
raw_two(void *arg)
{
	raw_verify(arg);
	raw_verify(arg);
}

static void
raw_sign(void *arg)
{
	uint8_t signature[80];
	size_t len = sizeof(signature);

	raw_once(arg, false, signature, &len);
}

/* ---- Rounds ---- */

enum { RAW_FULL, FULL, RAW_TWO, CACHED, RAW_SIGN, PRESENT, ISSUE, CASES };

struct figure {
	void (*run)(void *arg);
	void *arg;
	double samples[ROUNDS]; /* runs in a second of processor time */
};

static double
rate(void (*run)(void *arg), void *arg, double seconds)
{
	const double begin = bench_cpu_now();
	double now = begin;
	size_t done = 0;

	while (now < begin + seconds) {
		for (int i = 0; i < 8; i++, done++)
			run(arg);
		now = bench_cpu_now();
	}
	return (double)done / (now - begin);
}

static void
measure(struct figure *figures, size_t count, size_t rounds, double seconds)
{
	for (size_t i = 0; i < count; i++)
		figures[i].run(figures[i].arg); /* what is looked up once */
	for (size_t round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			figures[i].samples[round] = rate(figures[i].run, figures[i].arg, seconds);
}

static double
ratio(const struct figure *ours, const struct figure *raw, size_t rounds)
{
	double samples[ROUNDS];

	for (size_t i = 0; i < rounds; i++)
		samples[i] = ours->samples[i] / raw->samples[i];
	return bench_median(samples, rounds);
}

static double
middle(const struct figure *figure, size_t rounds)
{
	double samples[ROUNDS];

	memcpy(samples, figure->samples, sizeof(samples));
	return bench_median(samples, rounds);
}

static void
print_speed(const struct bench_options *options, struct figure *figures, size_t rounds)
{
	static const struct {
		const char *rate, *ratio;
		size_t ours, raw;
		double limit;
	} rows[] = {
		{ "verify 2 elements", "  to 3 verifications and the DS", FULL, RAW_FULL, 0.80 },
		{ "verify 2 elements, DS kept", "  to 2 verifications", CACHED, RAW_TWO, 0.75 },
		{ "respond with 2 of 14 elements", "  to a signature", PRESENT, RAW_SIGN, 0.60 },
		{ "issue 14 elements", "  to a signature", ISSUE, RAW_SIGN, 0.50 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const double share = ratio(&figures[rows[i].ours], &figures[rows[i].raw], rounds);
		const struct bench_line speed = { rows[i].rate, "/s", middle(&figures[rows[i].ours], rounds), NAN,
			middle(&figures[rows[i].raw], rounds), BENCH_NO_LIMIT, 0 };
		const struct bench_line line = { rows[i].ratio, "x", share, NAN, 1, BENCH_AT_LEAST, rows[i].limit };

		bench_line(options, &speed);
		bench_line(options, &line);
	}
}

static void
speed(const struct bench_options *options, struct mdoc_cases *cases, struct raw *raw)
{
	const size_t rounds = options->quick ? QUICK_ROUNDS : ROUNDS;
	struct mdoc_case two;
	struct figure figures[CASES] = {
		[RAW_FULL] = { .run = raw_full, .arg = raw },
		[FULL] = { .run = mdoc_case_verify, .arg = &two },
		[RAW_TWO] = { .run = raw_two, .arg = raw },
		[CACHED] = { .run = mdoc_case_verify_kept, .arg = &two },
		[RAW_SIGN] = { .run = raw_sign, .arg = raw },
		[PRESENT] = { .run = mdoc_case_present, .arg = &two },
		[ISSUE] = { .run = mdoc_case_issue, .arg = &two },
	};

	mdoc_case_new(&two, cases, 14, 2, 200);
	measure(figures, CASES, rounds, options->quick ? 0.01 : 0.05);
	print_speed(options, figures, rounds);
	mdoc_case_free(&two);
}

/* ---- Growth ---- */

enum { SMALL, MIDDLE, LARGE, SIZES };
enum { DO_ISSUE, DO_PRESENT, DO_VERIFY, ACTS };

static void (*const acts[ACTS])(void *arg) = { mdoc_case_issue, mdoc_case_present, mdoc_case_verify_kept };
static const char *const act_names[ACTS] = { "issue", "respond with", "verify" };

/* What an element more costs must not depend on how many there are. */
static void
growth_of_items(const struct bench_options *options, struct mdoc_cases *cases)
{
	static const size_t sizes[SIZES] = { 10, 100, 1000 };
	const size_t rounds = options->quick ? QUICK_ROUNDS : 9;
	struct mdoc_case each[SIZES];
	struct figure figures[SIZES * ACTS] = { 0 };

	for (size_t s = 0; s < SIZES; s++) {
		mdoc_case_new(&each[s], cases, sizes[s], sizes[s], 200);
		for (size_t a = 0; a < ACTS; a++)
			figures[a * SIZES + s] = (struct figure){ .run = acts[a], .arg = &each[s] };
	}
	measure(figures, SIZES * ACTS, rounds, options->quick ? 0.01 : 0.03);
	for (size_t a = 0; a < ACTS; a++) {
		const struct figure *of = &figures[a * SIZES];
		double us[SIZES], steps[2];
		char name[64];

		for (size_t s = 0; s < SIZES; s++) {
			us[s] = 1e6 / middle(&of[s], rounds);
			(void)snprintf(name, sizeof(name), "%s %zu elements", act_names[a], sizes[s]);
			bench_line(options, &(struct bench_line){ name, "us", us[s], NAN, NAN, BENCH_NO_LIMIT, 0 });
		}
		steps[0] = (us[MIDDLE] - us[SMALL]) / (double)(sizes[MIDDLE] - sizes[SMALL]);
		steps[1] = (us[LARGE] - us[MIDDLE]) / (double)(sizes[LARGE] - sizes[MIDDLE]);
		bench_line(options,
			&(struct bench_line){ "  an element more, of 1,000 to of 100", "x", steps[1] / steps[0], NAN,
				NAN, BENCH_AT_MOST, 2 });
	}
	for (size_t s = 0; s < SIZES; s++)
		mdoc_case_free(&each[s]);
}

/* A portrait of 1 MB beside one of half of that. */
static void
growth_of_bytes(const struct bench_options *options, struct mdoc_cases *cases)
{
	static const size_t sizes[SIZES] = { 1000, 500000, 1000000 };
	const size_t rounds = options->quick ? QUICK_ROUNDS : 9;
	struct mdoc_case each[SIZES];
	struct figure figures[SIZES * ACTS] = { 0 };

	for (size_t s = 0; s < SIZES; s++) {
		mdoc_case_new(&each[s], cases, 2, 2, sizes[s]);
		for (size_t a = 0; a < ACTS; a++)
			figures[a * SIZES + s] = (struct figure){ .run = acts[a], .arg = &each[s] };
	}
	measure(figures, SIZES * ACTS, rounds, options->quick ? 0.01 : 0.03);
	for (size_t a = 0; a < ACTS; a++) {
		const struct figure *of = &figures[a * SIZES];
		double us[SIZES];
		char name[64];

		for (size_t s = 0; s < SIZES; s++) {
			us[s] = 1e6 / middle(&of[s], rounds);
			(void)snprintf(name, sizeof(name), "%s a portrait of %zu kB", act_names[a], sizes[s] / 1000);
			bench_line(options, &(struct bench_line){ name, "us", us[s], NAN, NAN, BENCH_NO_LIMIT, 0 });
		}
		bench_line(options,
			&(struct bench_line){ "  a byte more, of 1 MB to of 500 kB", "x",
				(us[LARGE] - us[MIDDLE]) / (us[MIDDLE] - us[SMALL]), NAN, NAN, BENCH_AT_MOST, 2 });
	}
	for (size_t s = 0; s < SIZES; s++)
		mdoc_case_free(&each[s]);
}

int
main(int argc, char **argv)
{
	static struct mdoc_cases cases;
	struct bench_options options;
	struct raw raw;
	int rest;

	bench_options(argc, argv, "Verifying, responding and issuing, beside raw OpenSSL; and how they grow.\n",
		&options, &rest);
	mdoc_cases_new(&cases);
	raw_new(&raw, &cases);
	speed(&options, &cases, &raw);
	growth_of_items(&options, &cases);
	growth_of_bytes(&options, &cases);
	EVP_PKEY_free(raw.pkey);
	EVP_MD_free(raw.sha256);
	mdoc_cases_free(&cases);
	return bench_end(&options);
}
