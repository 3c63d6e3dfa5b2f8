/*
 * mdoc/base/context.h: the inside of a context. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_BASE_CONTEXT_H
#define MDOC_BASE_CONTEXT_H

#include "mdoc/base/internal.h"

#define MDOCI_DIGESTS 3 /* rows of enum mdoc_digest_alg */

struct mdoc_context {
	OSSL_LIB_CTX *libctx;
	bool (*random)(void *arg, uint8_t *out, size_t len);
	void *random_arg;
	size_t limits[MDOC_LIMIT_COUNT];
	EVP_MD *digests[MDOCI_DIGESTS]; /* looked up once: that costs as much as a short digest */
};

#endif
