/*
 * tests/fuzz/entry_openid4vp.h: what a wallet reads of a verifier on the web, and the other way round.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_ENTRY_OPENID4VP_H
#define TESTS_FUZZ_ENTRY_OPENID4VP_H

#include <stdio.h>

#include "tests/fuzz/fuzz.h"

/* What is said to people from here on is not for the log of a fuzzer. stderr as it was, to be set again. */
FILE *fuzz_hush(void);

enum mdoc_result entry_vp_jwe(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_vp_query(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_vp_request(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_vp_claims(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_vp_response(const struct mdoc_context *context, struct mdoc_bytes input);
enum mdoc_result entry_vp_uri(const struct mdoc_context *context, struct mdoc_bytes input);

void seeds_vp_jwe(struct fuzz_seeds *seeds);
void seeds_vp_query(struct fuzz_seeds *seeds);
void seeds_vp_request(struct fuzz_seeds *seeds);
void seeds_vp_claims(struct fuzz_seeds *seeds);
void seeds_vp_response(struct fuzz_seeds *seeds);
void seeds_vp_uri(struct fuzz_seeds *seeds);

#endif
