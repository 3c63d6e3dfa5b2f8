/*
 * Objects in number: searching, starting, memory and creating, beside SoftHSM2 and raw SQLite.
 *
 * Each start is a process of its own: the program runs itself again with hidden arguments.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include <argon2.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/bench.h"

#define VALUE_LEN 4096
#define FEW 100
#define BATCH 50
#define READ 50
#define STRETCHES 10
#define SOFTHSM_SECONDS 20.0 /* it may have fewer objects than we have, it is slow */

static const char about[] =
	"Finds per second at 100 and 10,000 objects, a cold start with 10,000 private objects of 4 KiB (without the\n"
	"key derivation, which is measured beside it), memory after it, and creating objects against raw commits.\n"
	"Status 1 when a limit is missed. TMPDIR says on which disk; a build with --enable-cheap-kdf differs only in\n"
	"the key derivation.\n";

static CK_OBJECT_CLASS data_class = CKO_DATA, public_class = CKO_PUBLIC_KEY;
static CK_KEY_TYPE ec = CKK_EC;
static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;

static void
fill(CK_BYTE *value, unsigned seed)
{
	for (size_t i = 0; i < VALUE_LEN; i++)
		value[i] = (CK_BYTE)((seed = seed * 1103515245u + 12345u) >> 16);
}

/* A private data object, number n. */
static void
make_data(const struct bench_module *m, CK_SESSION_HANDLE session, unsigned n)
{
	CK_BYTE value[VALUE_LEN];
	char label[32];
	const int len = snprintf(label, sizeof(label), "object %u", n);
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &data_class, sizeof(data_class) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &yes, sizeof(yes) },
		{ CKA_LABEL, label, (CK_ULONG)len },
		{ CKA_APPLICATION, (void *)"benchmark", 9 },
		{ CKA_VALUE, value, sizeof(value) },
	};
	CK_OBJECT_HANDLE object;

	fill(value, n);
	bench_ok(m->f->C_CreateObject(session, template, 6, &object), "C_CreateObject");
}

/* A public key with a CKA_ID: the generator of P-256. */
static void
make_key(const struct bench_module *m, CK_SESSION_HANDLE session, unsigned n)
{
	static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	static CK_BYTE point[] = { 0x04, 0x41, 0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6,
		0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45,
		0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c,
		0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf,
		0x51, 0xf5 };
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &public_class, sizeof(public_class) },
		{ CKA_KEY_TYPE, &ec, sizeof(ec) },
		{ CKA_TOKEN, &yes, sizeof(yes) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_ID, &n, sizeof(n) },
		{ CKA_EC_PARAMS, p256, sizeof(p256) },
		{ CKA_EC_POINT, point, sizeof(point) },
	};
	CK_OBJECT_HANDLE object;

	bench_ok(m->f->C_CreateObject(session, template, 7, &object), "C_CreateObject");
}

/* From `have` to `want` objects, as many as the seconds allow; how many there are then. */
static unsigned
populate(const struct bench_module *m, CK_SESSION_HANDLE session,
	void (*make)(const struct bench_module *, CK_SESSION_HANDLE, unsigned), unsigned have, unsigned want,
	double seconds)
{
	const double start = bench_now();
	unsigned i;

	for (i = have; i < want && bench_now() - start < seconds; i++) {
		if (m->vendor != NULL && (i - have) % 500 == 0)
			bench_ok(m->vendor->C_MDOC_BeginBatch(session), "C_MDOC_BeginBatch");
		make(m, session, i);
		if (m->vendor != NULL && ((i - have) % 500 == 499 || i + 1 == want))
			bench_ok(m->vendor->C_MDOC_CommitBatch(session), "C_MDOC_CommitBatch");
	}
	return i;
}

/* Exactly one is to be found. */
static void
find_one(const struct bench_module *m, CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count)
{
	CK_OBJECT_HANDLE handles[2];
	CK_ULONG found = 0;

	bench_ok(m->f->C_FindObjectsInit(session, template, count), "C_FindObjectsInit");
	bench_ok(m->f->C_FindObjects(session, handles, 2, &found), "C_FindObjects");
	bench_ok(m->f->C_FindObjectsFinal(session), "C_FindObjectsFinal");
	bench_need(found == 1, "a search found something else");
}

/* One search for object n. */
static void
find_number(const struct bench_module *m, CK_SESSION_HANDLE session, bool by_id, unsigned n)
{
	CK_ATTRIBUTE template[2] = { { CKA_CLASS, by_id ? &public_class : &data_class, sizeof(data_class) } };
	char label[32];
	int len;

	if (by_id) {
		template[1] = (CK_ATTRIBUTE){ CKA_ID, &n, sizeof(n) };
	} else {
		len = snprintf(label, sizeof(label), "object %u", n);
		template[1] = (CK_ATTRIBUTE){ CKA_LABEL, label, (CK_ULONG)len };
	}
	find_one(m, session, template, 2);
}

/* Searches per second among `count` objects: the best of some stretches, for the machine may have other work. */
static double
find_rate(const struct bench_module *m, CK_SESSION_HANDLE session, bool by_id, unsigned count, double seconds)
{
	double best = 0, start, now;
	unsigned done, n = 0;

	for (int i = 0; i < STRETCHES; i++) {
		done = 0;
		start = now = bench_now();
		while (now - start < seconds / STRETCHES) {
			n = (n + 7919) % count;
			find_number(m, session, by_id, n);
			done++;
			now = bench_now();
		}
		best = done / (now - start) > best ? done / (now - start) : best;
	}
	return best;
}

/* ---- Programs that are run again ------------------------------------------------------ */

static double
resident_mib(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	double kib = NAN;

	bench_need(file != NULL, "no /proc");
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = atof(line + 6);
	fclose(file);
	return kib / 1024;
}

static void
read_values(const struct bench_module *m, CK_SESSION_HANDLE session, const CK_OBJECT_HANDLE *handles, CK_ULONG count)
{
	CK_BYTE value[VALUE_LEN];
	CK_ATTRIBUTE attr;

	for (CK_ULONG i = 0; i < READ && i < count; i++) {
		attr = (CK_ATTRIBUTE){ CKA_VALUE, value, sizeof(value) };
		bench_ok(m->f->C_GetAttributeValue(session, handles[i * (count / READ)], &attr, 1),
			"C_GetAttributeValue");
		bench_need(attr.ulValueLen == VALUE_LEN, "a value of another length");
	}
}

static double
processor_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* What a login derives its key by, alone. */
static double
kdf_seconds(void)
{
#ifdef MDOC_CHEAP_KDF
	const uint32_t passes = 1, kib = 64;
#else
	const uint32_t passes = 3, kib = 65536;
#endif
	const double start = bench_now();
	CK_BYTE out[32];

	bench_need(argon2id_hash_raw(passes, kib, 1, "password", 8, "salt-of-16-bytes", 16, out, sizeof(out)) ==
			ARGON2_OK,
		"argon2");
	return bench_now() - start;
}

/* Seconds of it all, MiB resident after the login and at the end, objects found, seconds of one key
 * derivation, and the processor's seconds without it. */
static int
run_cold(const char *path)
{
	static CK_OBJECT_HANDLE handles[20000];
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &data_class, sizeof(data_class) } };
	struct bench_module m;
	CK_SESSION_HANDLE session;
	CK_ULONG found = 0;
	const double start = bench_now();
	double logged_in, total, resident, work, kdf, kdf_work;

	bench_need(bench_load(path, &m), "no module");
	bench_find_token(&m, "benchmark 1");
	session = bench_session(&m, true);
	logged_in = resident_mib();
	bench_ok(m.f->C_FindObjectsInit(session, template, 1), "C_FindObjectsInit");
	bench_ok(m.f->C_FindObjects(session, handles, 20000, &found), "C_FindObjects");
	bench_ok(m.f->C_FindObjectsFinal(session), "C_FindObjectsFinal");
	read_values(&m, session, handles, found);
	total = bench_now() - start;
	work = processor_seconds();
	resident = resident_mib();
	kdf = kdf_seconds();
	kdf_work = processor_seconds() - work;
	printf("%.9f %.3f %.3f %lu %.9f %.9f\n", total, logged_in, resident, found, kdf, work - kdf_work);
	return 0;
}

/* SoftHSM2: rates at 100 and at how many objects, that number, milliseconds to create one. */
static int
run_softhsm(const char *quick)
{
	const double seconds = strcmp(quick, "quick") == 0 ? 0.2 : 1.0;
	const unsigned want = strcmp(quick, "quick") == 0 ? 1000 : 10000;
	struct bench_module m;
	CK_SESSION_HANDLE session;
	double few, many, created;
	unsigned count;

	bench_need(bench_load(BENCH_SOFTHSM, &m), "no SoftHSM2");
	bench_token(&m);
	session = bench_session(&m, true);
	created = bench_now();
	count = populate(&m, session, make_data, 0, FEW, SOFTHSM_SECONDS);
	created = (bench_now() - created) / count;
	few = find_rate(&m, session, false, count, seconds);
	count = populate(&m, session, make_data, count, want, SOFTHSM_SECONDS);
	many = find_rate(&m, session, false, count, seconds);
	printf("%.3f %.3f %u %.6f\n", few, many, count, created * 1e3);
	return 0;
}

/* ---- What is compared with ------------------------------------------------------------ */

static sqlite3 *
raw_open(void)
{
	sqlite3 *db = NULL;
	char path[128];

	snprintf(path, sizeof(path), "%s/raw.db", bench_folder());
	bench_need(sqlite3_open(path, &db) == SQLITE_OK &&
			sqlite3_exec(db,
				"PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				"CREATE TABLE t (id INTEGER PRIMARY KEY, label TEXT, value BLOB)",
				NULL, NULL, NULL) == SQLITE_OK,
		"raw SQLite");
	return db;
}

/* `rows` rows in one transaction. */
static void
raw_commit(sqlite3 *db, sqlite3_stmt *insert, unsigned rows)
{
	CK_BYTE value[VALUE_LEN];

	bench_need(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK, "raw SQLite");
	for (unsigned i = 0; i < rows; i++) {
		fill(value, i);
		sqlite3_bind_text(insert, 1, "object", -1, SQLITE_STATIC);
		sqlite3_bind_blob(insert, 2, value, sizeof(value), SQLITE_STATIC);
		bench_need(sqlite3_step(insert) == SQLITE_DONE, "raw SQLite");
		sqlite3_reset(insert);
	}
	bench_need(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK, "raw SQLite");
}

/* ---- The table ------------------------------------------------------------------------ */

static void
create_lines(const struct bench_options *options, const struct bench_module *m, CK_SESSION_HANDLE session,
	unsigned first, double softhsm)
{
	const size_t rounds = options->quick ? 41 : 301, batches = options->quick ? 5 : 21;
	double ours[301], raw[301], start;
	sqlite3 *db = raw_open();
	sqlite3_stmt *insert = NULL;
	size_t i, j;

	bench_need(sqlite3_prepare_v2(db, "INSERT INTO t (label, value) VALUES (?,?)", -1, &insert, NULL) == SQLITE_OK,
		"raw SQLite");
	for (i = 0; i < rounds; i++) {
		start = bench_now();
		make_data(m, session, first++);
		ours[i] = bench_now() - start;
		start = bench_now();
		raw_commit(db, insert, 1);
		raw[i] = bench_now() - start;
	}
	bench_line(options,
		&(struct bench_line){ "create a private object of 4 KiB", "ms", bench_median(ours, rounds) * 1e3,
			softhsm, bench_median(raw, rounds) * 1e3, BENCH_NO_LIMIT, 0 });
	bench_line(options,
		&(struct bench_line){ "  times a raw durable commit", "x",
			bench_median(ours, rounds) / bench_median(raw, rounds), NAN, NAN, BENCH_AT_MOST, 2 });
	for (i = 0; i < batches; i++) {
		start = bench_now();
		bench_ok(m->vendor->C_MDOC_BeginBatch(session), "C_MDOC_BeginBatch");
		for (j = 0; j < BATCH; j++)
			make_data(m, session, first++);
		bench_ok(m->vendor->C_MDOC_CommitBatch(session), "C_MDOC_CommitBatch");
		ours[i] = bench_now() - start;
		start = bench_now();
		raw_commit(db, insert, BATCH);
		raw[i] = bench_now() - start;
	}
	bench_line(options,
		&(struct bench_line){ "create 50 of them in one transaction", "ms", bench_median(ours, batches) * 1e3,
			NAN, bench_median(raw, batches) * 1e3, BENCH_NO_LIMIT, 0 });
	sqlite3_finalize(insert);
	sqlite3_close(db);
}

static void
cold_lines(const struct bench_options *options, bool softhsm)
{
	const char *const again[] = { "cold", options->module, NULL };
	const char *const other[] = { "cold", BENCH_SOFTHSM, NULL };
	const size_t rounds = options->quick ? 5 : 9;
	double total[9], kdf[9], rest[9], work[9], n[6] = { 0 }, o[6] = { NAN, NAN, NAN, NAN, NAN, NAN };

	for (size_t i = 0; i < rounds; i++) {
		bench_need(bench_again(n, 6, again) == 6 && n[3] >= 10000, "a cold start found too little");
		total[i] = n[0];
		kdf[i] = n[4];
		rest[i] = n[0] - n[4];
		work[i] = n[5];
	}
	if (softhsm)
		bench_need(bench_again(o, 6, other) == 6, "SoftHSM2 did not start");
	bench_line(options,
		&(struct bench_line){ "cold start: log in, find all, read 50 values", "ms",
			bench_median(total, rounds) * 1e3, o[0] * 1e3, NAN, BENCH_NO_LIMIT, 0 });
	bench_line(options,
		&(struct bench_line){ "  key derivation, argon2id alone", "ms", bench_median(kdf, rounds) * 1e3, NAN,
			NAN, BENCH_NO_LIMIT, 0 });
	bench_line(options,
		&(struct bench_line){ "  cold start without it", "ms", bench_median(rest, rounds) * 1e3, NAN, NAN,
			BENCH_AT_MOST, 50 });
	bench_line(options,
		&(struct bench_line){ "  the processor's part of that", "ms", bench_median(work, rounds) * 1e3, NAN,
			NAN, BENCH_NO_LIMIT, 0 });
	bench_line(options,
		&(struct bench_line){ "  resident after the login", "MiB", n[1], o[1], NAN, BENCH_AT_MOST, 25 });
	bench_line(options, &(struct bench_line){ "  resident at the end", "MiB", n[2], o[2], NAN, BENCH_NO_LIMIT, 0 });
}

/* Three lines: at 100, at 10,000, and how they compare. */
static void
find_lines(const struct bench_options *options, const char *what, double few, double many, const double *softhsm)
{
	char names[3][64];

	snprintf(names[0], sizeof(names[0]), "find by %s, 100 objects", what);
	snprintf(names[1], sizeof(names[1]), "find by %s, 10,000 objects", what);
	snprintf(names[2], sizeof(names[2]), "  of the rate at 100");
	bench_line(options, &(struct bench_line){ names[0], "/s", few, softhsm[0], NAN, BENCH_NO_LIMIT, 0 });
	bench_line(options, &(struct bench_line){ names[1], "/s", many, softhsm[1], NAN, BENCH_AT_LEAST, 100000 });
	bench_line(options,
		&(struct bench_line){ names[2], "x", many / few, softhsm[1] / softhsm[0], NAN, BENCH_AT_LEAST, 0.5 });
}

int
main(int argc, char **argv)
{
	const double none[4] = { NAN, NAN, NAN, NAN };
	double softhsm[4] = { NAN, NAN, NAN, NAN }, few, many, seconds;
	struct bench_options options;
	struct bench_module m;
	CK_SESSION_HANDLE session;
	bool has_softhsm;
	int rest;

	bench_options(argc, argv, about, &options, &rest);
	if (argc - rest == 2 && strcmp(argv[rest], "cold") == 0)
		return run_cold(argv[rest + 1]);
	if (argc - rest == 2 && strcmp(argv[rest], "softhsm") == 0)
		return run_softhsm(argv[rest + 1]);
	seconds = options.quick ? 0.2 : 1.0;
	has_softhsm = bench_again(softhsm, 4,
			      (const char *const[]){ "softhsm", options.quick ? "quick" : "full", NULL }) == 4;
	bench_need(bench_load(options.module, &m) && m.vendor != NULL, "not our module");
	bench_token(&m);
	session = bench_session(&m, true);
	(void)populate(&m, session, make_data, 0, FEW, 60);
	few = find_rate(&m, session, false, FEW, seconds);
	(void)populate(&m, session, make_data, FEW, 10000, 600);
	many = find_rate(&m, session, false, 10000, seconds);
	find_lines(&options, "label", few, many, softhsm);
	cold_lines(&options, has_softhsm);
	create_lines(&options, &m, session, 10000, softhsm[3]);
	bench_token(&m);
	session = bench_session(&m, true);
	(void)populate(&m, session, make_key, 0, FEW, 60);
	few = find_rate(&m, session, true, FEW, seconds);
	(void)populate(&m, session, make_key, FEW, 10000, 600);
	many = find_rate(&m, session, true, 10000, seconds);
	find_lines(&options, "id", few, many, none);
	if (has_softhsm && !options.json)
		printf("SoftHSM2 had %.0f objects instead of 10,000\n", softhsm[2]);
	return bench_end(&options);
}
