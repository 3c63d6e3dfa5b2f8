/*
 * tests/unit/lists_world.h: what the tests of revocation lists and trust lists share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_TESTS_LISTS_WORLD_H
#define MDOC_TESTS_LISTS_WORLD_H

#include "tests/unit/soft.h"

/* Suites. */
void lists_status_tests(void);
void lists_compress_tests(void);

#endif
