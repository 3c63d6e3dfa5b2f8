/*
 * fetch.h: lists of revocation and of trust from the network, through a cache in the file system.
 *
 * The cache has one file for each URL, named by its SHA-256 and replaced as a whole. What comes from it is checked like
 * what comes from the network.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_FETCH_H
#define READER_FETCH_H

#include <mdoc/bytes.h>
#include "tools/common/exit.h"

#define FETCH_RETRY 60 /* seconds for which what could not be had is not asked for again */

struct fetch_options {
	const char *cache;  /* folder, made when it is needed; NULL: the user's own */
	const char *tls_ca; /* NULL: the system's */
};

/* What is wanted, and who takes it. */
struct fetch_want {
	const char *url; /* https */
	const char *accept;
	/*
	 * Take content that was fetched at that time: false (said) when it is not what was wanted, and then something
	 * else may be offered. *fresh: by what it says of itself, no newer one is needed before.
	 */
	bool (*take)(void *arg, struct mdoc_bytes content, int64_t fetched, int64_t *fresh);
	void *arg;
};

/*
 * Give out what a URL has: from the cache while HTTP and the content itself call it fresh, else from the network; and
 * if that gives nothing, what the cache has, which says itself how long it counts.
 *
 * *until  when to ask again
 *
 * EXIT_STATUS_OK: it was taken; EXIT_STATUS_TROUBLE: nothing was, said
 */
enum exit_status fetch_content(const struct fetch_options *options, const struct fetch_want *want, int64_t *until);

/* "https://…", in any case of its letters. */
bool fetch_is_url(const char *text);

#endif
