/*
 * tests/fuzz/fuzz.c: the ways in which an entry is run, its seeds, and the checks that all share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/world.h"
#include "tests/unit/alloc_count.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILING_MAX 400 /* allocations that FUZZ_FAILING_EACH lets fail */

static const struct fuzz_entry *running;
static unsigned way;

void
fuzz_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s does not hold in %s (way %u)\n", file, line, condition,
		running == NULL ? "no entry" : running->name, way);
	abort();
}

const struct fuzz_entry *
fuzz_find(const char *name)
{
	for (const struct fuzz_entry *entry = fuzz_entries; entry->name != NULL; entry++)
		if (strcmp(entry->name, name) == 0)
			return entry;
	return NULL;
}

void
fuzz_init(void)
{
	world_new();
}

void
fuzz_end(void)
{
	world_free();
}

/* FNV-1a. */
unsigned
fuzz_number(struct mdoc_bytes input)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < input.len; i++)
		hash = (hash ^ input.ptr[i]) * 16777619U;
	return hash ^ hash >> 15;
}

unsigned
fuzz_drawn(struct mdoc_bytes input)
{
	switch (fuzz_number(input) % 4) {
	case 0:
		return FUZZ_PLAIN | FUZZ_LIMITED;
	case 1:
		return FUZZ_PLAIN | FUZZ_FAILING;
	default:
		return FUZZ_PLAIN;
	}
}

static enum mdoc_result
run_way(const struct fuzz_entry *entry, struct mdoc_bytes input, unsigned which, size_t fail_at)
{
	enum mdoc_result res;

	way = which;
	world_reset();
	alloc_reset();
	alloc_fail_at(fail_at);
	res = entry->run(which == FUZZ_LIMITED ? world.narrow : world.context, input);
	alloc_fail_at(0);
	FUZZ_CHECK((unsigned)res < MDOC_RESULT_COUNT);
	return res;
}

static void
run_failing(const struct fuzz_entry *entry, struct mdoc_bytes input, enum mdoc_result plain, size_t fail_at)
{
	const enum mdoc_result res = run_way(entry, input, FUZZ_FAILING, fail_at);

	if (res != plain && res != MDOC_ERR_MEMORY)
		fprintf(stderr, "%s, and %s when allocation %zu fails\n", mdoc_result_name(plain),
			mdoc_result_name(res), fail_at);
	FUZZ_CHECK(res == plain || res == MDOC_ERR_MEMORY);
}

void
fuzz_run(const struct fuzz_entry *entry, struct mdoc_bytes input, unsigned ways)
{
	/* A block of exactly its size, so that AddressSanitizer sees a read beyond it. */
	uint8_t *block = calloc(1, input.len > 0 ? input.len : 1);
	const struct mdoc_bytes own = mdoc_bytes_of(block, input.len);
	enum mdoc_result plain;
	size_t calls;

	running = entry;
	FUZZ_CHECK(block != NULL);
	if (input.len > 0)
		memcpy(block, input.ptr, input.len);
	plain = run_way(entry, own, FUZZ_PLAIN, 0);
	calls = alloc_calls();
	if (ways & FUZZ_LIMITED)
		(void)run_way(entry, own, FUZZ_LIMITED, 0);
	if (ways & FUZZ_FAILING && calls > 0)
		run_failing(entry, own, plain, 1 + fuzz_number(own) / 4 % calls);
	for (size_t i = 1; ways & FUZZ_FAILING_EACH && i <= calls && i <= FAILING_MAX; i++)
		run_failing(entry, own, plain, i);
	FUZZ_CHECK(input.len == 0 || memcmp(block, input.ptr, input.len) == 0);
	free(block);
	running = NULL;
}

/* ---- Seeds ---- */

void
fuzz_seed(struct fuzz_seeds *seeds, struct mdoc_bytes bytes)
{
	struct mdoc_buf *grown = realloc(seeds->inputs, (seeds->count + 1) * sizeof(*grown));

	FUZZ_CHECK(grown != NULL);
	seeds->inputs = grown;
	grown[seeds->count] = MDOC_BUF_EMPTY;
	mdoc_buf_append(&grown[seeds->count++], bytes);
}

void
fuzz_seed_text(struct fuzz_seeds *seeds, const char *text)
{
	fuzz_seed(seeds, mdoc_text(text));
}

void
fuzz_seed_hex(struct fuzz_seeds *seeds, const char *hex)
{
	uint8_t bytes[512];
	size_t len = 0;

	FUZZ_CHECK(OPENSSL_hexstr2buf_ex(bytes, sizeof(bytes), &len, hex, '\0') == 1);
	fuzz_seed(seeds, mdoc_bytes_of(bytes, len));
}

void
fuzz_seed_file(struct fuzz_seeds *seeds, const char *name)
{
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	uint8_t block[4096];
	char path[512];
	size_t got;
	FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", FUZZ_DATA, name);
	file = fopen(path, "rb");
	if (file == NULL) { /* a fuzzer runs anywhere, and brings its own */
		fprintf(stderr, "fuzz-mdoc: no %s\n", path);
		return;
	}
	while ((got = fread(block, 1, sizeof(block), file)) > 0)
		mdoc_buf_append(&content, mdoc_bytes_of(block, got));
	fclose(file);
	fuzz_seed(seeds, mdoc_buf_bytes(&content));
	mdoc_buf_clear(&content);
}

void
fuzz_seeds_of(const struct fuzz_entry *entry, struct fuzz_seeds *seeds)
{
	for (size_t i = 0; i < FUZZ_FILES && entry->files[i] != NULL; i++)
		fuzz_seed_file(seeds, entry->files[i]);
	if (entry->seeds != NULL)
		entry->seeds(seeds);
}

void
fuzz_seeds_clear(struct fuzz_seeds *seeds)
{
	for (size_t i = 0; i < seeds->count; i++)
		mdoc_buf_clear(&seeds->inputs[i]);
	free(seeds->inputs);
	*seeds = (struct fuzz_seeds){ NULL, 0 };
}

/* ---- Checks ---- */

static bool
printable(const char *text, size_t room)
{
	const size_t len = strnlen(text, room);

	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return len < room;
}

/* For these there need not be a place. */
static bool
beside_the_input(enum mdoc_result res)
{
	return res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO || res == MDOC_ERR_CALLBACK || res == MDOC_ERR_BUFFER;
}

void
fuzz_result(enum mdoc_result res, const struct mdoc_error *error, struct mdoc_bytes input)
{
	FUZZ_CHECK((unsigned)res < MDOC_RESULT_COUNT);
	fuzz_touch_text(mdoc_result_text(res));
	fuzz_touch_text(mdoc_result_name(res));
	if (res == MDOC_OK)
		return;
	FUZZ_CHECK(error->code == res || (beside_the_input(res) && error->code == MDOC_OK));
	FUZZ_CHECK(error->offset <= input.len || error->offset == SIZE_MAX);
	FUZZ_CHECK(printable(error->path, sizeof(error->path)));
	FUZZ_CHECK(printable(error->expected, sizeof(error->expected)));
}

void
fuzz_parsed(enum mdoc_result res, const struct mdoc_error *error, struct mdoc_bytes input, const void *out)
{
	fuzz_result(res, error, input);
	FUZZ_CHECK((res == MDOC_OK) == (out != NULL));
	FUZZ_CHECK(res != MDOC_ERR_MEMORY || !fuzz_plain());
	FUZZ_CHECK(res != MDOC_ERR_ARG);
}

bool
fuzz_plain(void)
{
	return way == FUZZ_PLAIN;
}

bool
fuzz_fine(enum mdoc_result res)
{
	return res == MDOC_OK || (way == FUZZ_FAILING && res == MDOC_ERR_MEMORY) ||
		(way == FUZZ_LIMITED && (res == MDOC_ERR_SIZE || res == MDOC_ERR_DEPTH));
}

void
fuzz_touch(struct mdoc_bytes bytes)
{
	static volatile uint8_t sum;

	FUZZ_CHECK(bytes.ptr != NULL || bytes.len == 0);
	for (size_t i = 0; i < bytes.len; i++)
		sum = (uint8_t)(sum + bytes.ptr[i]);
}

void
fuzz_touch_inside(struct mdoc_bytes bytes, struct mdoc_bytes input)
{
	if (bytes.len == 0)
		return;
	FUZZ_CHECK(bytes.ptr >= input.ptr && bytes.ptr <= input.ptr + input.len);
	FUZZ_CHECK(bytes.len <= input.len - (size_t)(bytes.ptr - input.ptr));
	fuzz_touch(bytes);
}

void
fuzz_touch_text(const char *text)
{
	if (text != NULL)
		fuzz_touch(mdoc_bytes_of(text, strlen(text)));
}
