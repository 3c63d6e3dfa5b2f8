/*
 * tests/unit/alloc_count.c: counts and fails allocations of libmdoc. The linker puts these
 * functions between libmdoc's objects and the C library (-Wl,--wrap).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/alloc_count.h"

#include <stdbool.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static size_t bytes;
static size_t calls;
static size_t fail_at;

static bool
fails(size_t size)
{
	bytes += size;
	calls++;
	return fail_at != 0 && --fail_at == 0;
}

void *
__wrap_malloc(size_t size)
{
	return fails(size) ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails(count * size) ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
	return fails(size) ? NULL : __real_realloc(old, size);
}

void
alloc_reset(void)
{
	bytes = 0;
	calls = 0;
	fail_at = 0;
}

size_t
alloc_bytes(void)
{
	return bytes;
}

size_t
alloc_calls(void)
{
	return calls;
}

void
alloc_fail_at(size_t call)
{
	fail_at = call;
}
