/*
 * tests/unit/builders.h: everything that libmdoc writes, written the same each time: signatures are Ed25519, and random
 * bytes come from a counter.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_BUILDERS_H
#define TESTS_UNIT_BUILDERS_H

#include "tests/unit/soft.h"

#define BUILDERS_ITEMS 6       /* elements of the record */
#define BUILDERS_NAMES 3       /* of dataElements in its keyAuthorizations: the entry, and two in it */
#define BUILDERS_DOCS 2        /* docRequests of the request */
#define BUILDERS_ASKED 3       /* elements of the request */
#define BUILDERS_CHAIN 3       /* certificates of the COSE_Sign1 */
#define BUILDERS_ENTRIES 2     /* of the VICAL */
#define BUILDERS_ORIGINS 2     /* of the engagement */
#define BUILDERS_IDENTIFIERS 2 /* of the identifier list */
#define BUILDERS_PACKED 100000 /* bytes of the status list, inflated */

extern struct builders_world {
	struct mdoc_context *context;
	struct soft_key iaca_key, ds_key, device_key;
	struct mdoc_buf iaca, ds, list_signer;
} builders_world;

struct builder {
	const char *name;
	enum mdoc_result (*build)(const struct mdoc_context *context, struct mdoc_buf *out);
};

extern const struct builder builders[]; /* the last one has no name */

int builders_init(void);
int builders_clear(void);

/* The random bytes begin anew. */
void builders_rewind(void);

/* What one of them writes; aborts when there is none. The caller clears it. */
struct mdoc_buf builders_make(const char *name);

#endif
