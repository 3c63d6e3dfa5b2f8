/*
 * tokens/arena.c: the allocator behind struct secret.
 *
 * Small secrets share chunks, first fit with coalescing; large ones have a mapping each.
 * Every mapping has a guard page on both sides. A marker page that the kernel wipes on fork
 * tells a child that all it inherited is zero, even when nobody called arena_after_fork().
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/arena.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(ptr, len) ASAN_POISON_MEMORY_REGION(ptr, len)
#define UNPOISON(ptr, len) ASAN_UNPOISON_MEMORY_REGION(ptr, len)
#else
#define POISON(ptr, len) ((void)(ptr), (void)(len))
#define UNPOISON(ptr, len) ((void)(ptr), (void)(len))
#endif

#define UNIT 16u                       /* granularity, and the size of a block head */
#define CHUNK_SIZE ((size_t)64 * 1024) /* fits into the smallest usual RLIMIT_MEMLOCK */
#define CHUNK_UNITS ((uint32_t)(CHUNK_SIZE / UNIT))
#define CHUNKS_MAX 64 /* 4 MiB of small secrets */
#define LARGE_FROM (CHUNK_SIZE / 4)
#define LARGE_TOTAL_MAX ((size_t)128 * 1024 * 1024)

/* Lies before each block of a chunk. */
struct block {
	uint32_t units;  /* with this head */
	uint32_t before; /* units of the block before; 0: the first */
	uint32_t used;
	uint32_t unused;
};
_Static_assert(sizeof(struct block) == UNIT, "a head is one unit");

struct chunk {
	uint8_t *base;
	uint32_t free_units;
};

/* Lies at the front of a large secret's mapping. */
struct large {
	struct large *next;
	size_t size; /* of the mapping without guards */
	uint64_t align[2];
};
_Static_assert(sizeof(struct large) % UNIT == 0, "a large secret is aligned like a small one");

enum { MARK_WIPED = 0, MARK_ALIVE = 1, MARK_RESETTING = 2 };

static struct {
	pthread_mutex_t mutex;
	_Atomic(atomic_uint *) marker; /* NULL until the first use */
	pid_t pid;
	struct chunk chunks[CHUNKS_MAX];
	size_t chunk_count;
	struct large *large;
	size_t large_total;
	bool unlocked;  /* some chunk could not be locked */
	bool not_wiped; /* the kernel knows no MADV_WIPEONFORK */
} arena = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* size is a multiple of the page size. NULL: no memory. */
static void *
map_pages(size_t size, bool *locked)
{
	size_t page = page_size();
	uint8_t *base;

	*locked = false;
	base = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	if (mprotect(base + page, size, PROT_READ | PROT_WRITE) != 0) {
		munmap(base, size + 2 * page);
		return NULL;
	}
	(void)madvise(base + page, size, MADV_DONTDUMP);
	if (madvise(base + page, size, MADV_WIPEONFORK) != 0)
		arena.not_wiped = true;
	*locked = mlock(base + page, size) == 0;
	return base + page;
}

static void
unmap_pages(void *ptr, size_t size)
{
	size_t page = page_size();

	UNPOISON(ptr, size);
	munmap((uint8_t *)ptr - page, size + 2 * page);
}

/* The parent's pages: not in our lists any more, and zero also where the kernel did not see to it. */
static void
forget(void)
{
	struct large *large, *next;
	size_t i;

	for (i = 0; arena.not_wiped && i < arena.chunk_count; i++) {
		UNPOISON(arena.chunks[i].base, CHUNK_SIZE);
		OPENSSL_cleanse(arena.chunks[i].base, CHUNK_SIZE);
	}
	for (large = arena.not_wiped ? arena.large : NULL; large != NULL; large = next) {
		next = large->next;
		OPENSSL_cleanse(large, large->size);
	}
	arena.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
	arena.chunk_count = 0;
	arena.large = NULL;
	arena.large_total = 0;
	arena.unlocked = false;
	arena.pid = getpid();
}

static void
notice_fork(void)
{
	atomic_uint *marker = atomic_load(&arena.marker);
	unsigned wiped = MARK_WIPED;

	if (marker == NULL || atomic_load(marker) == MARK_ALIVE)
		return;
	if (atomic_compare_exchange_strong(marker, &wiped, MARK_RESETTING)) {
		forget();
		atomic_store(marker, MARK_ALIVE);
	}
	while (atomic_load(marker) != MARK_ALIVE)
		sched_yield();
}

void
arena_after_fork(void)
{
	atomic_uint *marker = atomic_load(&arena.marker);

	if (marker != NULL && arena.pid != getpid())
		atomic_store(marker, MARK_WIPED);
	notice_fork();
}

/* Take the mutex; false (and not taken) when there is no memory to start with. */
static bool
enter(void)
{
	atomic_uint *marker;
	bool locked;

	notice_fork();
	pthread_mutex_lock(&arena.mutex);
	if (atomic_load(&arena.marker) != NULL)
		return true;
	marker = map_pages(page_size(), &locked);
	if (marker == NULL) {
		pthread_mutex_unlock(&arena.mutex);
		return false;
	}
	arena.pid = getpid();
	atomic_init(marker, MARK_ALIVE);
	atomic_store(&arena.marker, marker);
	return true;
}

static void
leave(void)
{
	pthread_mutex_unlock(&arena.mutex);
}

static struct block *
block_after(const struct chunk *chunk, struct block *block)
{
	uint8_t *after = (uint8_t *)block + (size_t)block->units * UNIT;

	return after < chunk->base + CHUNK_SIZE ? (struct block *)(void *)after : NULL;
}

static struct block *
block_before(struct block *block)
{
	return block->before == 0 ? NULL : block - block->before;
}

/* Cut the block so that it has units; the rest becomes a free block. */
static void
block_cut(const struct chunk *chunk, struct block *block, uint32_t units)
{
	struct block *rest = block + units, *after;

	if (block->units - units < 2)
		return;
	UNPOISON(rest, UNIT);
	*rest = (struct block){ .units = block->units - units, .before = units };
	block->units = units;
	after = block_after(chunk, rest);
	if (after != NULL)
		after->before = rest->units;
}

static void *
chunk_take(struct chunk *chunk, uint32_t units)
{
	struct block *block = (struct block *)(void *)chunk->base;

	while (block != NULL && (block->used != 0 || block->units < units))
		block = block_after(chunk, block);
	if (block == NULL)
		return NULL;
	block_cut(chunk, block, units);
	block->used = 1;
	chunk->free_units -= block->units;
	return block + 1;
}

static void
block_join(const struct chunk *chunk, struct block *block)
{
	struct block *second = block_after(chunk, block), *after;

	if (second == NULL || second->used != 0 || block->used != 0)
		return;
	block->units += second->units;
	after = block_after(chunk, block);
	if (after != NULL)
		after->before = block->units;
}

static void
chunk_give(struct chunk *chunk, void *ptr)
{
	struct block *block = (struct block *)ptr - 1, *before = block_before(block);

	block->used = 0;
	chunk->free_units += block->units;
	POISON(ptr, (size_t)(block->units - 1) * UNIT);
	block_join(chunk, block);
	if (before != NULL)
		block_join(chunk, before);
}

static struct chunk *
chunk_new(void)
{
	struct chunk *chunk;
	bool locked;
	uint8_t *base;

	if (arena.chunk_count == CHUNKS_MAX)
		return NULL;
	base = map_pages(CHUNK_SIZE, &locked);
	if (base == NULL)
		return NULL;
	if (!locked)
		arena.unlocked = true;
	chunk = &arena.chunks[arena.chunk_count];
	*chunk = (struct chunk){ .base = base, .free_units = CHUNK_UNITS };
	*(struct block *)(void *)base = (struct block){ .units = CHUNK_UNITS };
	POISON(base + UNIT, CHUNK_SIZE - UNIT);
	arena.chunk_count++;
	return chunk;
}

static void *
small_take(size_t len)
{
	uint32_t units = (uint32_t)((len + UNIT - 1) / UNIT) + 1;
	struct chunk *chunk;
	void *ptr = NULL;
	size_t i;

	for (i = 0; ptr == NULL && i < arena.chunk_count; i++) {
		if (arena.chunks[i].free_units >= units)
			ptr = chunk_take(&arena.chunks[i], units);
	}
	if (ptr == NULL) {
		chunk = chunk_new();
		ptr = chunk != NULL ? chunk_take(chunk, units) : NULL;
	}
	return ptr;
}

static void *
large_take(size_t len)
{
	size_t page = page_size(), size;
	struct large *large;
	bool locked;

	if (len > LARGE_TOTAL_MAX - arena.large_total)
		return NULL;
	size = (len + sizeof(*large) + page - 1) / page * page;
	large = map_pages(size, &locked);
	if (large == NULL)
		return NULL;
	large->next = arena.large;
	large->size = size;
	arena.large = large;
	arena.large_total += len;
	return large + 1;
}

static bool
large_give(void *ptr, size_t len)
{
	struct large **link = &arena.large, *large;

	while (*link != NULL && (void *)(*link + 1) != ptr)
		link = &(*link)->next;
	large = *link;
	if (large == NULL)
		return false;
	*link = large->next;
	arena.large_total -= len;
	unmap_pages(large, large->size);
	return true;
}

static struct chunk *
chunk_of(const uint8_t *ptr)
{
	size_t i;

	for (i = 0; i < arena.chunk_count; i++) {
		if (ptr >= arena.chunks[i].base && ptr < arena.chunks[i].base + CHUNK_SIZE)
			return &arena.chunks[i];
	}
	return NULL;
}

bool
secret_alloc(size_t len, struct secret *out)
{
	void *ptr;

	*out = SECRET_NONE;
	if (len == 0)
		return true;
	if (!enter())
		return false;
	ptr = len < LARGE_FROM ? small_take(len) : large_take(len);
	if (ptr != NULL) {
		UNPOISON(ptr, len);
		memset(ptr, 0, len);
		*out = (struct secret){ ptr, len };
	}
	leave();
	return ptr != NULL;
}

bool
secret_copy(const void *ptr, size_t len, struct secret *out)
{
	if (!secret_alloc(len, out))
		return false;
	if (len > 0)
		memcpy(out->ptr, ptr, len);
	return true;
}

struct secret
secret_move(struct secret *from)
{
	struct secret moved = *from;

	*from = SECRET_NONE;
	return moved;
}

void
secret_wipe(struct secret *s)
{
	struct chunk *chunk;

	if (s->ptr == NULL)
		return;
	OPENSSL_cleanse(s->ptr, s->len);
	/* What is in no list is the parent's, seen by a forked child: wiped, and not ours to release. */
	if (enter()) {
		chunk = chunk_of(s->ptr);
		if (chunk != NULL)
			chunk_give(chunk, s->ptr);
		else
			(void)large_give(s->ptr, s->len);
		leave();
	}
	*s = SECRET_NONE;
}

bool
secret_equal(struct secret a, struct secret b)
{
	if (a.len != b.len)
		return false;
	return a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

bool
arena_is_locked(void)
{
	bool locked;

	if (!enter())
		return false;
	locked = (arena.chunk_count > 0 || chunk_new() != NULL) && !arena.unlocked;
	leave();
	return locked;
}
