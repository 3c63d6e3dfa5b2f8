/*
 * judge_internal.h: what the files of the judge share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_JUDGE_INTERNAL_H
#define READER_JUDGE_INTERNAL_H

#include <limits.h>
#include "tools/common/algorithms.h"
#include "tools/reader/fetch.h"
#include "tools/reader/judge.h"
#include "tools/reader/lists.h"

#define NAMED_MAX 256   /* lists below certificates that a Status names, at a time */
#define SOURCES_MAX 256 /* what documents name on the network, at a time */

/* A list that no IACA stands behind; a document may name who does. */
struct pending {
	const char *path;
	struct mdoc_buf bytes;
	struct mdoc_error why; /* nobody does */
};

/* Who was already found to stand behind which pending list. */
struct named {
	size_t pending;
	struct mdoc_buf certificate;
};

/* What a document or its signer's certificate names, on the network. */
struct source {
	char *url;
	struct mdoc_buf certificate; /* by which the list wants to be signed; empty: below an IACA */
	bool crl;
	size_t held;   /* id of the list; 0: none */
	int64_t until; /* no newer one is asked for before */
};

struct judge {
	const struct judge_args *args;
	struct mdoc_verify_options options; /* what is the same for all responses */
	int64_t opened;
	const char *store;     /* trust store; NULL: none */
	char folder[PATH_MAX]; /* the user's own */
	struct mdoc_trust *trust;
	struct algorithm_policy policy;
	struct reader_lists lists;
	struct pending *pending;
	size_t pending_count;
	struct named named[NAMED_MAX];
	size_t named_count;
	struct source sources[SOURCES_MAX];
	size_t source_count;
};

/* Is the MSO of a document signed by an issuer whom we trust? All others are anybody's. */
bool judge_genuine(const struct mdoc_verdict *verdict, size_t document);

/* The Status of such an MSO. */
bool judge_genuine_status(const struct mdoc_verdict *verdict, size_t document, struct mdoc_status *status);

/* What a URL of the command line has, appended to out; false (said): nothing. */
bool judge_fetch_file(struct judge *judge, const char *url, struct mdoc_buf *out);

/* Fetch what the genuine MSOs of a verdict and their signers' certificates name and is not at hand. True: something
 * came, so that the response has to be judged again. What does not come is said. */
bool judge_fetch(struct judge *judge, const struct mdoc_verdict *verdict, int64_t now);
void judge_fetch_clear(struct judge *judge);

#endif
