/*
 * tests/unit/test_context.c: what a context keeps, what it limits, and output into the caller's own memory.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <openssl/err.h>
#include <pthread.h>
#include <string.h>

extern CU_TestInfo context_tests[];

static const char *const groups[] = { "P-256", "P-384", "P-521", "brainpoolP256r1", "brainpoolP320r1",
	"brainpoolP384r1", "brainpoolP512r1", "ED25519", "ED448", "X25519", "X448" };

#define GROUPS (sizeof(groups) / sizeof(groups[0]))
#define POINTS 7 /* the first groups have points that may be off their curve */
#define THREADS 4

struct maker {
	const struct mdoc_context *context;
	const struct soft_key *keys;
	size_t wrong;
};

/* No assertions of CUnit: it is used by several threads. */
static void *
make_keys(void *arg)
{
	struct maker *maker = arg;

	for (size_t round = 0; round < 3; round++) {
		for (size_t g = 0; g < GROUPS; g++) {
			struct mdoc_public_key off = maker->keys[g].pub;
			EVP_PKEY *pkey = NULL;

			maker->wrong += mdoc_key_to_evp(maker->context, &maker->keys[g].pub, &pkey) != MDOC_OK ||
				EVP_PKEY_eq(pkey, maker->keys[g].pkey) != 1;
			EVP_PKEY_free(pkey);
			off.point[off.point_len - 1] ^= 1;
			if (g >= POINTS)
				continue;
			maker->wrong += mdoc_key_to_evp(maker->context, &off, &pkey) != MDOC_ERR_KEY || pkey != NULL;
			maker->wrong += ERR_peek_error() != 0;
		}
	}
	return NULL;
}

/* Threads that share a context would get another's key, or a point off the curve would be taken. */
static void
keys_by_several_threads(void)
{
	struct soft_key keys[GROUPS];
	struct mdoc_context *context = NULL;
	struct maker makers[THREADS];
	pthread_t threads[THREADS];

	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	for (size_t g = 0; g < GROUPS; g++)
		CU_ASSERT_TRUE_FATAL(soft_key_make(&keys[g], groups[g]));
	for (size_t t = 0; t < THREADS; t++) {
		makers[t] = (struct maker){ context, keys, 0 };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[t], NULL, make_keys, &makers[t]), 0);
	}
	for (size_t t = 0; t < THREADS; t++) {
		CU_ASSERT_EQUAL(pthread_join(threads[t], NULL), 0);
		CU_ASSERT_EQUAL(makers[t].wrong, 0);
	}
	for (size_t g = 0; g < GROUPS; g++)
		soft_key_clear(&keys[g]);
	mdoc_context_free(context);
}

CU_TestInfo context_tests[] = {
	{ "keys by several threads", keys_by_several_threads },
	CU_TEST_INFO_NULL,
};
