/*
 * mdoc/base/context.h: the inside of a context. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_BASE_CONTEXT_H
#define MDOC_BASE_CONTEXT_H

#include "mdoc/base/internal.h"
#include <stdatomic.h>

#define MDOCI_DIGESTS 3 /* rows of enum mdoc_digest_alg */
#define MDOCI_CURVES 11 /* rows of the table of curves */

/* A key without a point for each curve, made when it is first needed: a copy that is given a point costs a
 * quarter of a key that is made from the name of its curve. */
struct mdoci_groups {
	_Atomic(EVP_PKEY *) of[MDOCI_CURVES];
};

struct mdoc_context {
	OSSL_LIB_CTX *libctx;
	bool (*random)(void *arg, uint8_t *out, size_t len);
	void *random_arg;
	size_t limits[MDOC_LIMIT_COUNT];
	EVP_MD *digests[MDOCI_DIGESTS]; /* looked up once: that costs as much as a short digest */
	struct mdoci_groups *groups;    /* the only part that changes after set-up */
};

#endif
