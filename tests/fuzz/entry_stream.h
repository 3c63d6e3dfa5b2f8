/*
 * tests/fuzz/entry_stream.h: what a peer sends in a session.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_FUZZ_ENTRY_STREAM_H
#define TESTS_FUZZ_ENTRY_STREAM_H

#include "tests/fuzz/fuzz.h"

/* All that a reader says to Annex D's device, until it closes. */
enum mdoc_result entry_stream(const struct mdoc_context *context, struct mdoc_bytes input);
void seeds_stream(struct fuzz_seeds *seeds);

#endif
