/*
 * tests/bench/issue-orders.h: an issuer of a benchmark's own, and orders for it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_BENCH_ISSUE_ORDERS_H
#define TESTS_BENCH_ISSUE_ORDERS_H

#include "tests/bench/bench.h"
#include "tools/issuer/issuance.h"

#define ORDERS_PORTRAIT 20000 /* bytes */

/*
 * An issuer with its keys in a new token of our module, below bench_folder(). Both texts: the folder, a PIN file.
 * place  postgresql://… for its register, an empty one; NULL: in the folder
 */
void orders_issuer(const struct bench_options *options, const char *place, const char **folder, const char **pin);

/* A Credential Request with `copies` new keys, for a nonce that the register is told of by orders_offer(). */
json_t *orders_request(const struct issuer *issuer, const char *nonce, size_t copies);

/* {namespace: {element: value}} with a portrait inside. */
json_t *orders_claims(void);

/* `count` nonces from `first` on into the register, in one transaction. */
void orders_nonce(size_t i, char nonce[32]);
void orders_offer(const char *folder, size_t first, size_t count);

#endif
