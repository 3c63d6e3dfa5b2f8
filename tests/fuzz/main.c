/*
 * tests/fuzz/main.c: runs the entries without a fuzzer: over files, or over mutations of their seeds
 * that are the same in every run.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char usage_text[] = "usage: fuzz-mdoc --list\n"
				 "       fuzz-mdoc --seeds DIR ENTRY   write its seeds there\n"
				 "       fuzz-mdoc ENTRY FILE...       run these inputs\n"
				 "       fuzz-mdoc [-n ROUNDS] [-t SECONDS] [-s NUMBER] ENTRY... | --all\n"
				 "                                     run the seeds, and mutations of them\n";

#define INPUT_MAX ((size_t)64 * 1024)

struct plan {
	size_t rounds;
	double seconds; /* of one entry; 0: no bound */
	uint32_t number;
};

/* The input at hand, for when it is the last one. */
static struct mdoc_bytes current;
static const char *current_entry;

/* Of the sanitizers, when they are there. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void
keep_input(void)
{
	char name[128];
	FILE *file = NULL;

	snprintf(name, sizeof(name), "crash-%s-%ld", current_entry, (long)getpid());
	file = current_entry != NULL ? fopen(name, "wb") : NULL;
	if (file != NULL) {
		fwrite(current.ptr, 1, current.len, file);
		fclose(file);
		fprintf(stderr, "the input is in %s\n", name);
	}
}

static void
died(int signal)
{
	fprintf(stderr, "signal %d\n", signal);
	keep_input();
	_exit(1);
}

static void
watch(void)
{
	signal(SIGABRT, died);
	if (__sanitizer_set_death_callback != NULL) {
		__sanitizer_set_death_callback(keep_input);
		return;
	}
	signal(SIGSEGV, died);
	signal(SIGBUS, died);
	signal(SIGFPE, died);
}

static uint32_t
draw(uint32_t *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state >> 8;
}

/* What CBOR and its users trip over. */
static const struct {
	uint8_t bytes[9];
	size_t len;
} tokens[] = {
	{ { 0x00 }, 1 },
	{ { 0x18, 0xff }, 2 },
	{ { 0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 9 },
	{ { 0x3b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 9 },
	{ { 0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, 9 },
	{ { 0x40 }, 1 },
	{ { 0x5a, 0xff, 0xff, 0xff, 0xff }, 5 },
	{ { 0x5f, 0x41, 0x00, 0xff }, 4 },
	{ { 0x60 }, 1 },
	{ { 0x7f, 0x61, 0x61, 0xff }, 4 },
	{ { 0x80 }, 1 },
	{ { 0x9f, 0xff }, 2 },
	{ { 0x9a, 0x80, 0x00, 0x00, 0x00 }, 5 },
	{ { 0xa0 }, 1 },
	{ { 0xbf, 0xff }, 2 },
	{ { 0xc0 }, 1 },
	{ { 0xd8, 0x18, 0x41, 0xa0 }, 4 },
	{ { 0xd8, 0x18, 0x40 }, 3 },
	{ { 0xf4 }, 1 },
	{ { 0xf5 }, 1 },
	{ { 0xf6 }, 1 },
	{ { 0xf9, 0x7e, 0x00 }, 3 },
	{ { 0xff }, 1 },
};

static void
put(struct mdoc_buf *out, const uint8_t *ptr, size_t len)
{
	if (out->len + len <= INPUT_MAX)
		mdoc_buf_append(out, mdoc_bytes_of(ptr, len));
}

/* One change of `from`: a byte, a bit, a token put in or over, a run cut out, doubled, or taken from another seed. */
static void
change(struct mdoc_bytes from, struct mdoc_bytes other, uint32_t *state, struct mdoc_buf *out)
{
	const size_t at = draw(state) % (from.len + 1);
	const size_t rest = from.len - at;
	const uint32_t kind = draw(state) % 8;
	const size_t token = draw(state) % (sizeof(tokens) / sizeof(*tokens));
	size_t run = draw(state) % (draw(state) % 8 == 0 ? 256 : 8);
	const size_t there = draw(state) % (other.len + 1);
	uint8_t byte;

	run = run < rest ? run : rest;
	put(out, from.ptr, at);
	switch (kind) {
	case 0: /* a byte */
	case 1: /* a bit */
		byte = (uint8_t)draw(state);
		if (rest > 0 && kind == 1)
			byte = (uint8_t)(from.ptr[at] ^ 1u << (byte & 7));
		put(out, &byte, 1);
		put(out, from.ptr + at, 0);
		if (rest > 0)
			put(out, from.ptr + at + 1, rest - 1);
		break;
	case 2: /* a small step, which is another length or key */
		if (rest > 0) {
			byte = (uint8_t)(from.ptr[at] + draw(state) % 5 - 2);
			put(out, &byte, 1);
			put(out, from.ptr + at + 1, rest - 1);
		}
		break;
	case 3:
		put(out, tokens[token].bytes, tokens[token].len);
		put(out, from.ptr + at, rest);
		break;
	case 4:
		put(out, tokens[token].bytes, tokens[token].len);
		if (rest > tokens[token].len)
			put(out, from.ptr + at + tokens[token].len, rest - tokens[token].len);
		break;
	case 5:
		put(out, from.ptr + at + run, rest - run);
		break;
	case 6:
		put(out, from.ptr + at, run);
		put(out, from.ptr + at, rest);
		break;
	default:
		run = run < other.len - there ? run : other.len - there;
		put(out, other.ptr + there, run);
		put(out, from.ptr + at, rest);
	}
}

static void
mutate(const struct fuzz_seeds *seeds, uint32_t *state, struct mdoc_buf *out)
{
	const struct mdoc_buf *seed = &seeds->inputs[draw(state) % seeds->count];
	struct mdoc_buf from = MDOC_BUF_EMPTY;
	size_t changes = 1 + draw(state) % 4;

	mdoc_buf_append(&from, mdoc_buf_bytes(seed));
	for (; changes > 0; changes--) {
		const struct mdoc_buf *other = &seeds->inputs[draw(state) % seeds->count];

		out->len = 0;
		change(mdoc_buf_bytes(&from), mdoc_buf_bytes(other), state, out);
		from.len = 0;
		mdoc_buf_append(&from, mdoc_buf_bytes(out));
	}
	mdoc_buf_clear(&from);
}

static void
run(const struct fuzz_entry *entry, struct mdoc_bytes input, unsigned ways)
{
	current = input;
	current_entry = entry->name;
	fuzz_run(entry, input, ways);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
run_seeds(const struct fuzz_entry *entry, const struct plan *plan)
{
	const double start = seconds_now();
	struct fuzz_seeds seeds = { NULL, 0 };
	struct mdoc_buf input = MDOC_BUF_EMPTY;
	uint32_t state = plan->number;
	size_t round = 0;
	double took;

	fuzz_seed(&seeds, MDOC_NO_BYTES);
	fuzz_seeds_of(entry, &seeds);
	for (size_t i = 0; i < seeds.count; i++)
		run(entry, mdoc_buf_bytes(&seeds.inputs[i]), FUZZ_PLAIN | FUZZ_LIMITED | FUZZ_FAILING_EACH);
	for (; round < plan->rounds && (plan->seconds <= 0 || seconds_now() - start < plan->seconds); round++) {
		mutate(&seeds, &state, &input);
		run(entry, mdoc_buf_bytes(&input), fuzz_drawn(mdoc_buf_bytes(&input)));
	}
	took = seconds_now() - start;
	printf("ok - %s: %zu seeds, %zu mutations in %.1f s\n", entry->name, seeds.count, round, took);
	fflush(stdout);
	mdoc_buf_clear(&input);
	fuzz_seeds_clear(&seeds);
}

static int
run_file(const struct fuzz_entry *entry, const char *path)
{
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	FILE *file = fopen(path, "rb");
	uint8_t block[4096];
	size_t got;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	while ((got = fread(block, 1, sizeof(block), file)) > 0)
		mdoc_buf_append(&content, mdoc_bytes_of(block, got));
	fclose(file);
	run(entry, mdoc_buf_bytes(&content), FUZZ_PLAIN | FUZZ_LIMITED | FUZZ_FAILING_EACH);
	mdoc_buf_clear(&content);
	return 0;
}

static int
write_seeds(const char *folder, const struct fuzz_entry *entry)
{
	struct fuzz_seeds seeds = { NULL, 0 };
	int status = 0;

	fuzz_seeds_of(entry, &seeds);
	for (size_t i = 0; i < seeds.count && status == 0; i++) {
		char path[512];
		FILE *file = NULL;

		snprintf(path, sizeof(path), "%s/seed-%02zu", folder, i);
		file = fopen(path, "wb");
		if (file == NULL || fwrite(seeds.inputs[i].ptr, 1, seeds.inputs[i].len, file) != seeds.inputs[i].len) {
			perror(path);
			status = 1;
		}
		if (file != NULL)
			fclose(file);
	}
	fuzz_seeds_clear(&seeds);
	return status;
}

static const struct fuzz_entry *
need(const char *name)
{
	const struct fuzz_entry *entry = name != NULL ? fuzz_find(name) : NULL;

	if (entry == NULL) {
		fprintf(stderr, "fuzz-mdoc: no entry %s\n%s", name != NULL ? name : "is named", usage_text);
		exit(2);
	}
	return entry;
}

static int
run_named(char **names, const struct plan *plan)
{
	if (names[0] != NULL && names[1] != NULL && fuzz_find(names[1]) == NULL) {
		const struct fuzz_entry *entry = need(names[0]);
		int status = 0;

		for (names++; *names != NULL; names++)
			status |= run_file(entry, *names);
		return status;
	}
	do
		run_seeds(need(*names), plan);
	while (*++names != NULL);
	return 0;
}

int
main(int argc, char **argv)
{
	struct plan plan = { 2000, 0, 1 };
	int status = 0;

	for (; argc > 2 && argv[1][0] == '-' && argv[1][1] != '-' && argv[1][1] != '\0'; argc -= 2, argv += 2) {
		if (argv[1][1] == 'n')
			plan.rounds = strtoul(argv[2], NULL, 10);
		else if (argv[1][1] == 't')
			plan.seconds = strtod(argv[2], NULL);
		else if (argv[1][1] == 's')
			plan.number = (uint32_t)strtoul(argv[2], NULL, 10);
		else
			break;
	}
	if (argc < 2 || (argv[1][0] == '-' && argv[1][1] != '-')) {
		fputs(usage_text, stderr);
		return 2;
	}
	if (strcmp(argv[1], "--list") == 0) {
		for (const struct fuzz_entry *entry = fuzz_entries; entry->name != NULL; entry++)
			puts(entry->name);
		return 0;
	}
	watch();
	fuzz_init();
	if (strcmp(argv[1], "--seeds") == 0)
		status = write_seeds(argc > 2 ? argv[2] : ".", need(argc > 3 ? argv[3] : NULL));
	else if (strcmp(argv[1], "--all") == 0)
		for (const struct fuzz_entry *entry = fuzz_entries; entry->name != NULL; entry++)
			run_seeds(entry, &plan);
	else
		status = run_named(argv + 1, &plan);
	fuzz_end();
	return status;
}
