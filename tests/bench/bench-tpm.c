/*
 * How fast signatures of keys in a TPM are: beside the bare TPM by tpm2-tss's ESYS, and tpm2-pkcs11, all on one
 * emulated TPM in one run.
 *
 * Such a TPM has room for one user: each is a process of its own, which has the TPM to itself for its part of a round.
 * For what counts commands a relay stands between.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <glob.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/bench/bench.h"
#include "tests/bench/copies.h"
#include "tests/bench/relay.h"
#include "tests/bench/tpm-raw.h"
#include "tests/unit/swtpm.h"

#define OTHER "/usr/lib/*/pkcs11/libtpm2_pkcs11.so"
#define TOKEN "benchmark 1"
#define ROUNDS 11
#define QUICK_ROUNDS 3
#define COLD_ROUNDS 7
#define SINGLE_USE 8
#define COUNTED 50

static char relay_path[96], relay_tcti[128];
static char other[128]; /* path of tpm2-pkcs11; empty: it is not installed */

static const CK_BYTE digest[32] = "what is signed in this benchmark";

static CK_OBJECT_HANDLE
find_key(const struct bench_module *m, CK_SESSION_HANDLE session, const char *label)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
	};
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	CK_ULONG found = 0;

	bench_ok(m->f->C_FindObjectsInit(session, template, 2), "C_FindObjectsInit");
	bench_ok(m->f->C_FindObjects(session, &key, 1, &found), "C_FindObjects");
	bench_ok(m->f->C_FindObjectsFinal(session), "C_FindObjectsFinal");
	bench_need(found == 1, "no key");
	return key;
}

static void
sign(const struct bench_module *m, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, bool authenticate)
{
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	CK_BYTE sig[80];
	CK_ULONG len = sizeof(sig);

	bench_ok(m->f->C_SignInit(session, &mechanism, key), "C_SignInit");
	if (authenticate)
		bench_authorise(m->f, session);
	bench_ok(m->f->C_Sign(session, (CK_BYTE *)(uintptr_t)digest, sizeof(digest), sig, &len), "C_Sign");
}

/* ---- What the processes do that this program runs again ---- */

/* Whose keys a process has, and where it finds them. */
struct part {
	struct bench_module m;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE plain, always, reusable;
	struct bench_copies copies;
	bool ours;
};

static void
part_load(struct part *part, const char *who, const char *module)
{
	*part = (struct part){ .ours = strcmp(who, "ours") == 0 };
	bench_need(bench_load(part->ours ? module : other, &part->m), "no module");
}

static void
part_open(struct part *part)
{
	bench_find_token(&part->m, TOKEN);
	part->session = bench_session(&part->m, true);
	part->plain = find_key(&part->m, part->session, "plain");
	part->always = find_key(&part->m, part->session, "always");
	if (!part->ours)
		return;
	part->reusable = find_key(&part->m, part->session, "reusable");
	bench_copies_new(&part->copies, &part->m);
}

static void
part_end(struct part *part)
{
	if (part->copies.p11 != NULL)
		bench_copies_free(&part->copies);
	bench_ok(part->m.f->C_Finalize(NULL), "C_Finalize");
}

/* make WHO STEP: a token and its keys, each step by another process: tpm2-pkcs11 leaves objects in a TPM without a
 * resource manager. */
enum { MAKE_TOKEN, MAKE_PLAIN, MAKE_ALWAYS, MAKE_REUSABLE, MAKE_STEPS };

static void
make(struct part *part, int step)
{
	const struct bench_pair pair = { .label = step == MAKE_PLAIN ? "plain" : "always",
		.authenticate = step == MAKE_ALWAYS };

	if (step == MAKE_TOKEN) {
		bench_token(&part->m);
		return;
	}
	bench_find_token(&part->m, TOKEN);
	part->session = bench_session(&part->m, true);
	if (step != MAKE_REUSABLE) {
		(void)bench_pair(part->m.f, part->session, &pair, NULL);
	} else if (part->ours) {
		bench_copies_new(&part->copies, &part->m);
		(void)bench_copy(&part->copies, "reusable", true);
	}
}

static double
rate_of(struct part *part, CK_OBJECT_HANDLE key, double seconds)
{
	const double begin = bench_now();
	double now;
	size_t done = 0;

	do {
		if (key == part->reusable && part->ours)
			bench_sign_device(&part->copies, key);
		else
			sign(&part->m, part->session, key, key == part->always);
		now = bench_now();
		done++;
	} while (now < begin + seconds);
	return (double)done / (now - begin);
}

static double
rate_of_single_use(struct part *part, double *commands)
{
	CK_OBJECT_HANDLE keys[SINGLE_USE];
	double begin, before;

	for (size_t i = 0; i < SINGLE_USE; i++)
		keys[i] = bench_copy(&part->copies, "single", false);
	before = relay_count(relay_path).commands;
	begin = bench_now();
	for (size_t i = 0; i < SINGLE_USE; i++)
		bench_sign_device(&part->copies, keys[i]);
	*commands = (relay_count(relay_path).commands - before) / SINGLE_USE;
	return SINGLE_USE / (bench_now() - begin);
}

/* The kinds of signatures, in the order in which figures are printed. */
enum { PLAIN, ALWAYS, REUSABLE, SINGLE, KINDS };

static CK_OBJECT_HANDLE
key_of(const struct part *part, int kind)
{
	const CK_OBJECT_HANDLE keys[KINDS] = { part->plain, part->always, part->reusable };

	return keys[kind];
}

/* rates WHO SECONDS FIRST COUNT: signatures in a second. Loaded keys are meant, so each signs once before. Not all in
 * one process, since tpm2-pkcs11 has no room for two loaded keys. */
static void
rates(struct part *part, double seconds, int first, int count)
{
	double commands;

	for (int kind = first; kind < first + count; kind++) {
		if (kind == SINGLE) {
			printf("%.9g\n", rate_of_single_use(part, &commands));
			continue;
		}
		(void)rate_of(part, key_of(part, kind), 0.001);
		printf("%.9g\n", rate_of(part, key_of(part, kind), seconds));
	}
}

static double
commands_since(double before)
{
	return relay_count(relay_path).commands - before;
}

static void
read_attributes(struct part *part)
{
	CK_BYTE id[64], label[64];
	CK_BBOOL always = CK_FALSE;
	CK_ATTRIBUTE attributes[] = { { CKA_ID, id, sizeof(id) }, { CKA_LABEL, label, sizeof(label) },
		{ CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always) } };

	bench_ok(part->m.f->C_GetAttributeValue(part->session, part->plain, attributes, 3), "C_GetAttributeValue");
}

/* count WHO - FIRST COUNT: TPM commands: for finds and attribute reads, and for a signature of each of these kinds. */
static void
count(struct part *part, int first, int kinds)
{
	double before = relay_count(relay_path).commands;

	for (int i = 0; i < COUNTED; i++) {
		(void)find_key(&part->m, part->session, "plain");
		read_attributes(part);
	}
	printf("%.9g\n", commands_since(before));
	for (int kind = first; kind < first + kinds; kind++) {
		double commands;

		if (kind == SINGLE) {
			(void)rate_of_single_use(part, &commands);
			printf("%.9g\n", commands);
			continue;
		}
		(void)rate_of(part, key_of(part, kind), 0.001);
		before = relay_count(relay_path).commands;
		for (int n = 0; n < COUNTED; n++)
			(void)rate_of(part, key_of(part, kind), 0);
		printf("%.9g\n", commands_since(before) / COUNTED);
	}
}

/* cold WHO BEGIN: a process that only signs once: milliseconds since BEGIN, and those of the TPM. */
static void
cold(struct part *part, double begin)
{
	double all;
	struct relay_count tpm;

	bench_find_token(&part->m, TOKEN);
	part->session = bench_session(&part->m, true);
	sign(&part->m, part->session, find_key(&part->m, part->session, "plain"), false);
	all = bench_now() - begin;
	tpm = relay_count(relay_path);
	printf("%.9g\n%.9g\n%.9g\n", all * 1e3, tpm.seconds, tpm.commands);
	bench_ok(part->m.f->C_Finalize(NULL), "C_Finalize");
}

/* The arguments of a process: what, whose, and three numbers. */
static int
run_part(char **args, const char *module)
{
	const char *what = args[0];
	const double value = strtod(args[2], NULL);
	const int first = atoi(args[3]), kinds = atoi(args[4]);
	struct part part;

	if (strcmp(what, "raw") == 0) {
		printf("%.9g\n", raw_sign(getenv("MDOC_PKCS11_TCTI"), value));
		return 0;
	}
	part_load(&part, args[1], module);
	if (strcmp(what, "cold") == 0) {
		cold(&part, value);
		return 0;
	}
	if (strcmp(what, "make") == 0)
		make(&part, first);
	else
		part_open(&part);
	if (strcmp(what, "rates") == 0)
		rates(&part, value, first, kinds);
	if (strcmp(what, "count") == 0)
		count(&part, first, kinds);
	part_end(&part);
	return 0;
}

/* ---- Rounds ---- */

/* Of a cold process, in milliseconds. */
struct cold {
	double all, tpm, commands;
};

/* Of one of the two modules; NAN: not measured. */
struct figures {
	double rates[KINDS];
	double reads;           /* commands of finds and attribute reads */
	double commands[KINDS]; /* commands for a signature */
	struct cold cold;
};

static void
use_tcti(const char *tcti)
{
	setenv("MDOC_PKCS11_TCTI", tcti, 1);
	setenv("TPM2_PKCS11_TCTI", tcti, 1);
	setenv("TPM2TOOLS_TCTI", tcti, 1);
}

/* Run one part, which has the TPM to itself; the numbers that it prints. */
static void
again(double *numbers, size_t count, const char *what, const char *who, double value, int first, int kinds)
{
	char texts[3][40];

	raw_flush(swtpm_tcti());
	snprintf(texts[0], sizeof(texts[0]), "%.9f", strcmp(what, "cold") == 0 ? bench_now() : value);
	snprintf(texts[1], sizeof(texts[1]), "%d", first);
	snprintf(texts[2], sizeof(texts[2]), "%d", kinds);
	bench_need(bench_again(numbers, count,
			   (const char *const[]){ what, who, texts[0], texts[1], texts[2], NULL }) == count,
		"a process gives no figures");
}

static double
measure_rates(struct figures *ours, struct figures *theirs, bool quick)
{
	const size_t rounds = quick ? QUICK_ROUNDS : ROUNDS;
	const double seconds = quick ? 0.05 : 0.3;
	double raw[ROUNDS], samples[2][KINDS][ROUNDS], got[KINDS];

	for (size_t round = 0; round < rounds; round++) {
		again(&raw[round], 1, "raw", "-", seconds, 0, 0);
		again(got, KINDS, "rates", "ours", seconds, PLAIN, KINDS);
		for (size_t kind = 0; kind < KINDS; kind++)
			samples[0][kind][round] = got[kind];
		for (int kind = PLAIN; kind <= ALWAYS && other[0] != '\0'; kind++)
			again(&samples[1][kind][round], 1, "rates", "other", seconds, kind, 1);
	}
	for (size_t kind = 0; kind < KINDS; kind++) {
		ours->rates[kind] = bench_median(samples[0][kind], rounds);
		theirs->rates[kind] = kind > ALWAYS || other[0] == '\0' ? NAN : bench_median(samples[1][kind], rounds);
	}
	return bench_median(raw, rounds);
}

static struct cold
measure_cold(const char *who)
{
	double all[COLD_ROUNDS], tpm[COLD_ROUNDS], commands[COLD_ROUNDS], got[3];

	for (size_t i = 0; i < COLD_ROUNDS; i++) {
		const struct relay_count before = relay_count(relay_path);

		again(got, 3, "cold", who, 0, 0, 0);
		all[i] = got[0];
		tpm[i] = (got[1] - before.seconds) * 1e3;
		commands[i] = got[2] - before.commands;
	}
	return (struct cold){ bench_median(all, COLD_ROUNDS), bench_median(tpm, COLD_ROUNDS),
		bench_median(commands, COLD_ROUNDS) };
}

static void
measure_by_relay(struct figures *ours, struct figures *theirs)
{
	double got[1 + KINDS];

	theirs->reads = theirs->cold.all = theirs->cold.tpm = theirs->cold.commands = NAN;
	for (size_t kind = 0; kind < KINDS; kind++)
		theirs->commands[kind] = NAN;
	use_tcti(relay_tcti);
	again(got, 1 + KINDS, "count", "ours", 0, PLAIN, KINDS);
	ours->reads = got[0];
	memcpy(ours->commands, got + 1, sizeof(ours->commands));
	ours->cold = measure_cold("ours");
	if (other[0] != '\0') {
		for (int kind = PLAIN; kind <= ALWAYS; kind++) {
			again(got, 2, "count", "other", 0, kind, 1);
			theirs->reads = got[0];
			theirs->commands[kind] = got[1];
		}
		theirs->cold = measure_cold("other");
	}
	use_tcti(swtpm_tcti());
}

/* ---- The table ---- */

static const struct {
	const char *signature, *commands;
	double ratio; /* of signatures to raw ones, at least; 0: no limit */
} kinds[KINDS] = {
	[PLAIN] = { "signature, key loaded", "TPM commands for a signature, key loaded", 0.40 },
	[ALWAYS] = { "signature, PIN for each", "  PIN for each", 0.40 },
	[REUSABLE] = { "DeviceSigned by a reusable copy, PIN for each", "  DeviceSigned by a reusable copy", 0.40 },
	[SINGLE] = { "DeviceSigned that spends its copy", "  DeviceSigned that spends its copy", 0 },
};

static void
print_rates(const struct bench_options *options, const struct figures *ours, const struct figures *theirs, double raw)
{
	for (size_t i = 0; i < KINDS; i++) {
		const struct bench_line rate = { kinds[i].signature, "/s", ours->rates[i], theirs->rates[i],
			i == 0 ? raw : NAN, BENCH_NO_LIMIT, 0 };
		const struct bench_line ratio = { "  to the raw signature", "x", ours->rates[i] / raw,
			theirs->rates[i] / raw, NAN, kinds[i].ratio > 0 ? BENCH_AT_LEAST : BENCH_NO_LIMIT,
			kinds[i].ratio };

		bench_line(options, &rate);
		bench_line(options, &ratio);
	}
}

static void
print_cold(const struct bench_options *options, const struct cold *ours, const struct cold *theirs)
{
	const struct bench_line lines[] = {
		{ "cold process to first signature", "ms", ours->all, theirs->all, NAN, BENCH_NO_LIMIT, 0 },
		{ "  the TPM's part of it", "ms", ours->tpm, theirs->tpm, NAN, BENCH_NO_LIMIT, 0 },
		{ "  beyond the TPM's part", "ms", ours->all - ours->tpm, theirs->all - theirs->tpm, NAN, BENCH_AT_MOST,
			15 },
		{ "  TPM commands", "", ours->commands, theirs->commands, NAN, BENCH_NO_LIMIT, 0 },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		bench_line(options, &lines[i]);
}

static void
print_commands(const struct bench_options *options, const struct figures *ours, const struct figures *theirs)
{
	const struct bench_line reads = { "TPM commands for 50 finds and attribute reads", "", ours->reads,
		theirs->reads, NAN, BENCH_AT_MOST, 0 };

	bench_line(options, &reads);
	for (size_t i = 0; i < KINDS; i++) {
		const struct bench_line line = { kinds[i].commands, "", ours->commands[i], theirs->commands[i], NAN,
			i == SINGLE ? BENCH_NO_LIMIT : BENCH_AT_MOST, 2 };

		bench_line(options, &line);
	}
}

static void
find_other(void)
{
	glob_t found = { 0 };

	if (glob(OTHER, 0, NULL, &found) == 0)
		snprintf(other, sizeof(other), "%s", found.gl_pathv[0]);
	globfree(&found);
}

static void
configure(void)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/mdoc-pkcs11.conf", bench_folder());
	file = fopen(path, "w");
	bench_need(file != NULL && fputs("backend = tpm\n", file) >= 0 && fclose(file) == 0, "no configuration");
	snprintf(path, sizeof(path), "%s/tpm2-pkcs11", bench_folder());
	(void)mkdir(path, 0700);
	setenv("TPM2_PKCS11_STORE", path, 1);
	setenv("TPM2_PKCS11_LOG_LEVEL", "0", 1);
	setenv("TSS2_LOG", "all+NONE", 1);
	snprintf(relay_path, sizeof(relay_path), "%s/relay", bench_folder());
	snprintf(relay_tcti, sizeof(relay_tcti), "swtpm:path=%s", relay_path);
}

int
main(int argc, char **argv)
{
	static struct figures ours, theirs;
	struct bench_options options;
	double raw;
	int rest;

	bench_options(argc, argv, "Signatures by keys in a TPM, beside ESYS and tpm2-pkcs11 on the same swtpm.\n",
		&options, &rest);
	options.other = "tpm2-pkcs11";
	find_other();
	configure();
	if (argc - rest == 5)
		return run_part(argv + rest, options.module);
	bench_need(swtpm_start(), "swtpm does not start");
	relay_start(relay_path, strchr(swtpm_tcti(), '=') + 1);
	use_tcti(swtpm_tcti());
	raw_provision(swtpm_tcti());
	for (int step = 0; step < MAKE_STEPS; step++) {
		again(NULL, 0, "make", "ours", 0, step, 0);
		if (other[0] != '\0')
			again(NULL, 0, "make", "other", 0, step, 0);
	}
	raw = measure_rates(&ours, &theirs, options.quick);
	measure_by_relay(&ours, &theirs);
	print_rates(&options, &ours, &theirs, raw);
	print_cold(&options, &ours.cold, &theirs.cold);
	print_commands(&options, &ours, &theirs);
	swtpm_stop();
	return bench_end(&options);
}
