/*
 * trust_change.h: what mdoc-reader trust does to a store. Nothing enters it that was not checked as it will be checked
 * when it counts, and a store in which something is wrong stays as it was.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_TRUST_CHANGE_H
#define READER_TRUST_CHANGE_H

#include <mdoc/mdoc.h>
#include "tools/common/options.h"
#include "tools/reader/trust_store.h"

struct trust_change {
	const char *folder; /* NULL: the user's own */
	const char *tls_ca; /* NULL: the system's */
	unsigned relax;
	struct option_list names;                /* add: files and folders of IACAs; remove: ids */
	struct option_list vical, vical_ca, crl; /* add */
	struct trust_store store;                /* trust_store_close() by the caller, in any case */
};

/* EXIT_STATUS_INPUT: one of them is not what it should be, or not to be trusted; EXIT_STATUS_TROUBLE; all said. */
enum exit_status trust_add(struct trust_change *change);

/* EXIT_STATUS_INPUT (said): an id that is none, or the beginning of several. */
enum exit_status trust_remove(struct trust_change *change);

/*
 * Fetch again what came from a URL. A list that is wrong, or older than the one that is there, does not replace it.
 * EXIT_STATUS_TROUBLE: one could not be had; EXIT_STATUS_INPUT: one was wrong. All said, after all others were updated.
 */
enum exit_status trust_update(struct trust_change *change);

/* An entry for people. */
struct trust_about {
	struct trust_entry entry;
	char *name;    /* trust_about_clear() */
	int64_t until; /* when it stops to count, or the next one is due; 0: not known */
};

/* False: entry i cannot be read. */
bool trust_about(const struct trust_store *store, size_t i, struct trust_about *about);
void trust_about_clear(struct trust_about *about);

#endif
