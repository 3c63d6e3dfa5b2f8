/*
 * tests/bench/bench-session.c: a whole session of ISO/IEC 18013-5 between the engines of our two programs, in two
 * processes over a Unix socket, beside the public-key operations that it cannot do without.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <math.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tests/bench/bench.h"
#include "tests/bench/copies.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/present/session.h"
#include "tools/reader/exchange.h"

#define SESSIONS 200
#define QUICK_SESSIONS 20
#define SINGLE_USE 20
#define RAW 400
#define TOKEN_REUSABLE "benchmark 1"
#define TOKEN_SINGLE "benchmark 2"
#define PATH_LEN 128

/* What stands in files, as for the programs. */
struct files {
	char pin[PATH_LEN], key[PATH_LEN], reader[PATH_LEN], iaca[PATH_LEN], socket[PATH_LEN];
};

static void
name_files(struct files *files)
{
	char *const names[] = { files->pin, files->key, files->reader, files->iaca, files->socket };
	static const char *const ends[] = { "pin", "reader.key", "reader.der", "iaca.der", "socket" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		snprintf(names[i], PATH_LEN, "%s/%s", bench_folder(), ends[i]);
}

static void
write_file(const char *path, struct mdoc_bytes content)
{
	bench_need(file_write(path, 0600, content) == EXIT_STATUS_OK, path);
}

static void
write_files(const struct files *files, const struct issuer_kit *kit)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long len;

	bench_need(bio != NULL && PEM_write_bio_PKCS8PrivateKey(bio, kit->reader_key, NULL, NULL, 0, NULL, NULL) == 1,
		"the reader's key");
	len = BIO_get_mem_data(bio, &pem);
	write_file(files->key, mdoc_bytes_of(pem, (size_t)len));
	write_file(files->reader, mdoc_buf_bytes(&kit->reader));
	write_file(files->iaca, mdoc_buf_bytes(&kit->iaca));
	write_file(files->pin, mdoc_text(BENCH_USER_PIN));
	BIO_free(bio);
}

/* ---- The holder's process ---- */

static const struct command none = { "bench-session", "", "", NULL };

static void
put_engagement(int to, const struct engagement *engagement)
{
	const struct mdoc_bytes bytes = mdoc_buf_bytes(&engagement->bytes);
	const uint32_t len = (uint32_t)bytes.len;

	bench_need(write(to, &len, sizeof(len)) == sizeof(len) && write(to, bytes.ptr, len) == (ssize_t)len,
		"the engagement");
}

/* As session_present() does it, with an eye on the clock. */
struct presenting {
	struct presentation *presentation;
	double unlocking; /* microseconds of the last transmission: the PIN, and reading the records */
	bool begun;
};

static enum exit_status
present(void *arg, struct mdoc_bytes request, struct mdoc_bytes transcript, struct mdoc_buf *response)
{
	struct presenting *presenting = arg;
	struct presentation *presentation = presenting->presentation;
	struct question question = { .transcript = transcript };
	struct mdoc_request *parsed = NULL;
	struct asker *askers = NULL;
	enum exit_status status;
	double begin;

	if (presenting->begun)
		presentation_next(presentation);
	presenting->begun = true;
	bench_need(mdoc_request_parse(tool_context(), request, &parsed, NULL) == MDOC_OK, "a request");
	status = presentation_askers(presentation, parsed, transcript, &askers);
	question.request = parsed;
	question.askers = askers;
	if (status == EXIT_STATUS_OK)
		status = presentation_consent(presentation, &question, 1);
	begin = bench_now();
	if (status == EXIT_STATUS_OK)
		status = presentation_unlock(presentation);
	presenting->unlocking = 1e6 * (bench_now() - begin);
	if (status == EXIT_STATUS_OK)
		status = presentation_answer(presentation, &question, MDOC_EDITION_2021, response);
	presentation_askers_free(askers, mdoc_request_count(parsed));
	mdoc_request_free(parsed);
	return status;
}

static void
hold_one(struct presenting *presenting, const struct files *files, int to)
{
	const struct engagement_spec how = { .curve = MDOC_CURVE_P256 };
	struct engagement engagement;
	const struct session_spec spec = { .engagement = &engagement,
		.answer = present,
		.arg = presenting,
		.timeout = 60,
		.transmissions = 1 };
	struct session_result result;
	struct stream *stream = NULL;
	char name[PATH_LEN + 8], *where = NULL;

	snprintf(name, sizeof(name), "unix:%s", files->socket);
	bench_need(engagement_make(&how, &engagement) == EXIT_STATUS_OK, "engagement_make");
	bench_need(stream_listen(name, &stream, &where) == EXIT_STATUS_OK, "stream_listen");
	put_engagement(to, &engagement);
	bench_need(stream_accept(stream, stream_deadline(60)) == STREAM_OK, "stream_accept");
	bench_need(session_run(&spec, stream, &result) == EXIT_STATUS_OK && result.answered == 1, "session_run");
	bench_need(write(to, &presenting->unlocking, sizeof(double)) == sizeof(double), "a figure");
	stream_close(stream);
	engagement_clear(&engagement);
	free(where);
}

static int
holder(const struct bench_options *options, const struct files *files, const char *token, size_t sessions, int to)
{
	struct presentation_args args;
	struct presenting presenting = { .presentation = NULL };
	FILE *people = fopen("/dev/null", "w");

	presentation_args_init(&args);
	args.token.common.module = options->module;
	args.token.label = token;
	args.token.pin.file = files->pin;
	args.reader.policy = "signed";
	args.yes = true;
	bench_need(people != NULL &&
			presentation_begin(&none, &args, people, &presenting.presentation) == EXIT_STATUS_OK,
		"presentation_begin");
	for (size_t i = 0; i < sessions; i++)
		hold_one(&presenting, files, to);
	presentation_end(presenting.presentation);
	presentation_args_clear(&args);
	fclose(people);
	return 0;
}

/* ---- The reader's process ---- */

struct reading {
	struct asking_args asking_args;
	struct judge_args judge_args;
	struct asking *asking;
	struct judge *judge;
	const char *element, *certificate, *iaca;
};

static void
reading_begin(struct reading *reading, const struct files *files)
{
	memset(reading, 0, sizeof(*reading));
	reading->element = KIT_NS ":full_name_unicode";
	reading->certificate = files->reader;
	reading->iaca = files->iaca;
	reading->asking_args.elements = (struct option_list){ &reading->element, 1 };
	reading->asking_args.certificates = (struct option_list){ &reading->certificate, 1 };
	reading->asking_args.key.name = files->key;
	judge_args_init(&reading->judge_args);
	reading->judge_args.iaca = (struct option_list){ &reading->iaca, 1 };
	bench_need(asking_open(&none, &reading->asking_args, &reading->asking) == EXIT_STATUS_OK, "asking_open");
	bench_need(judge_open(&none, &reading->judge_args, &reading->judge) == EXIT_STATUS_OK, "judge_open");
}

static void
reading_end(struct reading *reading)
{
	asking_close(reading->asking);
	judge_close(reading->judge);
}

static void
get_engagement(int from, struct mdoc_buf *engagement)
{
	uint8_t bytes[1024];
	uint32_t len;

	bench_need(read(from, &len, sizeof(len)) == sizeof(len) && len <= sizeof(bytes) &&
			read(from, bytes, len) == (ssize_t)len,
		"the engagement");
	mdoc_buf_append(engagement, mdoc_bytes_of(bytes, len));
}

static void
ask_one(const struct reading *reading, const struct files *files, int from)
{
	const struct exchange exchange = { .asking = reading->asking,
		.judge = reading->judge,
		.timeout = 60,
		.patience = 60 };
	struct mdoc_buf engagement = MDOC_BUF_EMPTY;
	struct exchange_handover handover = { .engagement = MDOC_NO_BYTES };
	struct exchanged out = { .judged.verdict = NULL };
	struct stream *stream = NULL;
	char name[PATH_LEN + 8];

	get_engagement(from, &engagement);
	handover.engagement = mdoc_buf_bytes(&engagement);
	snprintf(name, sizeof(name), "unix:%s", files->socket);
	bench_need(stream_connect(name, stream_deadline(60), &stream) == EXIT_STATUS_OK, "stream_connect");
	bench_need(exchange_run(&exchange, stream, &handover, &out) == EXIT_STATUS_OK && out.judged.summary == MDOC_OK,
		"a response that is verified");
	exchanged_clear(&out);
	stream_close(stream);
	mdoc_buf_clear(&engagement);
}

/* Microseconds, the middle ones of all sessions. */
struct figures {
	double session;
	double unlocking; /* of it: the PIN and reading the records */
};

static struct figures
run_sessions(const struct bench_options *options, const struct files *files, const char *token, size_t sessions)
{
	double *times = calloc(2 * sessions, sizeof(*times)), begin;
	struct figures figures;
	struct reading reading;
	int pipes[2], status = -1;
	pid_t child;

	bench_need(times != NULL && pipe(pipes) == 0, "no pipe");
	fflush(NULL);
	child = fork();
	bench_need(child >= 0, "no process");
	if (child == 0)
		_exit(holder(options, files, token, sessions, pipes[1]));
	reading_begin(&reading, files);
	for (size_t i = 0; i < sessions; i++) {
		begin = bench_now();
		ask_one(&reading, files, pipes[0]);
		times[i] = 1e6 * (bench_now() - begin);
		bench_need(read(pipes[0], &times[sessions + i], sizeof(double)) == sizeof(double), "a figure");
	}
	bench_need(waitpid(child, &status, 0) == child && status == 0, "the holder's process");
	reading_end(&reading);
	close(pipes[0]);
	close(pipes[1]);
	figures = (struct figures){ bench_median(times, sessions), bench_median(times + sessions, sessions) };
	free(times);
	return figures;
}

/* ---- Raw operations ---- */

struct raw {
	double generate, agree, sign, verify; /* microseconds */
};

static double
per_operation(double begin)
{
	return 1e6 * (bench_now() - begin) / RAW;
}

static void
raw_agree(EVP_PKEY *own, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(own, NULL);
	unsigned char secret[64];
	size_t len = sizeof(secret);

	bench_need(ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
			EVP_PKEY_derive(ctx, secret, &len) == 1,
		"ECDH");
	EVP_PKEY_CTX_free(ctx);
}

static void
measure_raw(struct raw *raw)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *peer = EVP_EC_gen("P-256"), *made;
	EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new(key, NULL), *verify = EVP_PKEY_CTX_new(key, NULL);
	unsigned char digest[32] = { 1 }, signature[80];
	size_t len = sizeof(signature);
	double begin;

	bench_need(sign != NULL && verify != NULL && EVP_PKEY_sign_init(sign) == 1 && EVP_PKEY_verify_init(verify) == 1,
		"a raw key");
	begin = bench_now();
	for (int i = 0; i < RAW; i++) {
		made = EVP_EC_gen("P-256");
		bench_need(made != NULL, "a raw key");
		EVP_PKEY_free(made);
	}
	raw->generate = per_operation(begin);
	begin = bench_now();
	for (int i = 0; i < RAW; i++)
		raw_agree(key, peer);
	raw->agree = per_operation(begin);
	begin = bench_now();
	for (int i = 0; i < RAW; i++) {
		len = sizeof(signature);
		bench_need(EVP_PKEY_sign(sign, signature, &len, digest, sizeof(digest)) == 1, "a raw signature");
	}
	raw->sign = per_operation(begin);
	begin = bench_now();
	for (int i = 0; i < RAW; i++)
		bench_need(EVP_PKEY_verify(verify, signature, len, digest, sizeof(digest)) == 1, "a raw check");
	raw->verify = per_operation(begin);
	EVP_PKEY_CTX_free(sign);
	EVP_PKEY_CTX_free(verify);
	EVP_PKEY_free(key);
	EVP_PKEY_free(peer);
}

/* Two ephemeral keys, two secrets; readerAuth and the device's signature; both checked, and the issuer's. What each side
 * keeps of certificates that it has checked counts for nothing. */
static double
sum_of(const struct raw *raw)
{
	return 2 * raw->generate + 2 * raw->agree + 2 * raw->sign + 3 * raw->verify;
}

/* ---- The whole ---- */

/* A token with that many copies, certified by the kit's issuer. */
static void
fill_token(struct bench_module *m, struct bench_copies *copies, size_t count, bool reusable)
{
	CK_SESSION_HANDLE login;

	bench_token(m);
	login = bench_session(m, true);
	copies->session = bench_session(m, false);
	for (size_t i = 0; i < count; i++)
		(void)bench_copy(copies, NULL, reusable);
	bench_ok(m->f->C_Logout(login), "C_Logout");
	bench_ok(m->f->C_CloseAllSessions(m->slot), "C_CloseAllSessions");
}

static void
print_figures(const struct bench_options *options, const char *name, const struct figures *figures, double sum,
	double limit)
{
	const struct bench_line session = { name, "us", figures->session, NAN, sum, BENCH_NO_LIMIT, 0 };
	const struct bench_line unlocking = { "  of it the PIN and reading the records", "us", figures->unlocking, NAN,
		NAN, BENCH_NO_LIMIT, 0 };
	const struct bench_line ratio = { "  without that, to its public-key operations", "x",
		(figures->session - figures->unlocking) / sum, NAN, 1, isnan(limit) ? BENCH_NO_LIMIT : BENCH_AT_MOST,
		limit };

	bench_line(options, &session);
	bench_line(options, &unlocking);
	bench_line(options, &ratio);
}

int
main(int argc, char **argv)
{
	static struct bench_copies copies;
	static struct bench_module m;
	struct bench_options options;
	struct files files;
	struct raw before, after;
	struct figures reusable, single;
	double sum;
	size_t sessions;
	int rest;

	bench_options(argc, argv, "A session between both programs' engines, beside its raw public-key operations.\n",
		&options, &rest);
	name_files(&files);
	bench_need(bench_load(options.module, &m), "no module");
	copies.p11 = m.f;
	issuer_kit_new(&copies.issuer);
	write_files(&files, &copies.issuer);
	fill_token(&m, &copies, 1, true);
	sessions = options.quick ? QUICK_SESSIONS : SESSIONS;
	fill_token(&m, &copies, SINGLE_USE, false);
	bench_ok(m.f->C_Finalize(NULL), "C_Finalize");
	measure_raw(&before);
	reusable = run_sessions(&options, &files, TOKEN_REUSABLE, sessions);
	single = run_sessions(&options, &files, TOKEN_SINGLE, SINGLE_USE);
	measure_raw(&after);
	sum = (sum_of(&before) + sum_of(&after)) / 2;
	print_figures(&options, "session, reusable record", &reusable, sum, 1.5);
	print_figures(&options, "session, single-use record", &single, sum, NAN);
	issuer_kit_free(&copies.issuer);
	return bench_end(&options);
}
