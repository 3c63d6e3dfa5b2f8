/*
 * tests/unit/alloc_count.h: allocations of what stands in the program itself, counted and made to fail.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_ALLOC_COUNT_H
#define TESTS_UNIT_ALLOC_COUNT_H

#include <stddef.h>

/* Since alloc_reset(). */
void alloc_reset(void);
size_t alloc_bytes(void); /* the sum of all sizes, freed or not */
size_t alloc_calls(void);
void alloc_fail_at(size_t call); /* the call-th allocation from now fails; 0: none */

#endif
