/*
 * tests/fuzz/fuzz.h: one entry for each way by which bytes from outside get into libmdoc.
 *
 * An entry hands the input to a parser, touches everything that comes out of it, and checks what
 * the headers promise. It is run three ways (fuzz_run()): as it is, with low limits, and with one
 * allocation that fails. What a fuzzer would not get past, a signature or a length around the part that
 * matters, is put around the input by the entry.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <mdoc/mdoc.h>

/* Inputs to begin with, by the thousand at most. */
struct fuzz_seeds {
	struct mdoc_buf *inputs;
	size_t count;
};

void fuzz_seed(struct fuzz_seeds *seeds, struct mdoc_bytes bytes);
void fuzz_seed_text(struct fuzz_seeds *seeds, const char *text);
void fuzz_seed_hex(struct fuzz_seeds *seeds, const char *hex);
void fuzz_seed_file(struct fuzz_seeds *seeds, const char *name); /* of tests/ */
void fuzz_seeds_clear(struct fuzz_seeds *seeds);

#define FUZZ_FILES 6

struct fuzz_entry {
	const char *name;
	/* The result of the first parser. */
	enum mdoc_result (*run)(const struct mdoc_context *context, struct mdoc_bytes input);
	const char *files[FUZZ_FILES];           /* of tests/ */
	void (*seeds)(struct fuzz_seeds *seeds); /* more of them; NULL: none */
};

/* The table; a name of NULL ends it. */
extern const struct fuzz_entry fuzz_entries[];
const struct fuzz_entry *fuzz_find(const char *name);
void fuzz_seeds_of(const struct fuzz_entry *entry, struct fuzz_seeds *seeds);

/* What the entries have in common; the program ends when it cannot be made. */
void fuzz_init(void);
void fuzz_end(void);

/* Bits of which ways an input is run. */
#define FUZZ_PLAIN 1u
#define FUZZ_LIMITED 2u
#define FUZZ_FAILING 4u      /* one allocation fails, which is drawn from the input */
#define FUZZ_FAILING_EACH 8u /* every one by turns, up to a bound */

/* Aborts the program when something does not hold. */
void fuzz_run(const struct fuzz_entry *entry, struct mdoc_bytes input, unsigned ways);

/* The ways that an input itself draws: a fuzzer runs the same one always the same way. */
unsigned fuzz_drawn(struct mdoc_bytes input);

/* ---- For the entries ---- */

#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_failed(#condition, __FILE__, __LINE__))
_Noreturn void fuzz_failed(const char *condition, const char *file, int line);

/*
 * A result, and the error beside it: one of the enum, with a text; unless MDOC_OK the error has the same
 * code, printable texts, and a place in the input or none. out is what the parser made, NULL unless
 * MDOC_OK.
 */
void fuzz_result(enum mdoc_result res, const struct mdoc_error *error, struct mdoc_bytes input);
void fuzz_parsed(enum mdoc_result res, const struct mdoc_error *error, struct mdoc_bytes input, const void *out);

/* What has to be MDOC_OK, but for the allocation that fails and the low limits. */
bool fuzz_fine(enum mdoc_result res);
/* Neither of the two is at work. */
bool fuzz_plain(void);

/* Every byte is there to be read. Inside: they are the input's own, or there are none. */
void fuzz_touch(struct mdoc_bytes bytes);
void fuzz_touch_inside(struct mdoc_bytes bytes, struct mdoc_bytes input);
void fuzz_touch_node(struct mdoc_node node); /* and all below it */
void fuzz_touch_text(const char *text);      /* NULL is fine */

/* A number from the input, for choices beside it. */
unsigned fuzz_number(struct mdoc_bytes input);

/* Parts that several entries look at. */
void fuzz_touch_sign1(const struct mdoc_context *context, const struct mdoc_sign1 *sign1);
void fuzz_touch_key(const struct mdoc_context *context, const struct mdoc_public_key *key);
void fuzz_touch_record(const struct mdoc_context *context, const struct mdoc_issuer_signed *record,
	struct mdoc_bytes input);
void fuzz_touch_device_signed(const struct mdoc_context *context, const struct mdoc_device_signed *ds);
void fuzz_touch_response(const struct mdoc_context *context, const struct mdoc_response *response,
	struct mdoc_bytes input);
void fuzz_touch_request(const struct mdoc_request *request);
void fuzz_touch_cert(const struct mdoc_cert *cert);

#endif
