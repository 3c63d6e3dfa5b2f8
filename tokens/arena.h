/*
 * tokens/arena.h: memory for secrets. Our own pages, locked, left out of core dumps and
 * wiped in a forked child; CRYPTO_secure_malloc belongs to the application.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_ARENA_H
#define TOKENS_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Secret bytes in the arena. Owned by whoever holds it; released with secret_wipe(). */
struct secret {
	uint8_t *ptr;
	size_t len;
};

#define SECRET_NONE ((struct secret){ NULL, 0 })

/*
 * A zeroed secret of len bytes. len 0 gives SECRET_NONE. False: no locked memory left.
 * Thread safe. Where the system allows no locking at all (RLIMIT_MEMLOCK 0) the pages are
 * still kept out of core dumps and wiped on fork, and arena_is_locked() says false.
 */
bool secret_alloc(size_t len, struct secret *out);

/* A copy of len bytes at ptr; the source stays the caller's to wipe. False as above. */
bool secret_copy(const void *ptr, size_t len, struct secret *out);

/* Give the content away: the source is SECRET_NONE afterwards. */
struct secret secret_move(struct secret *from);

/* Overwrite and release; NULL content is fine. The secret is SECRET_NONE afterwards. */
void secret_wipe(struct secret *s);

/* Equality in time that depends on the lengths only. */
bool secret_equal(struct secret a, struct secret b);

bool arena_is_locked(void);

/* In a forked child: forget the parent's arena (its pages read as zero) and start anew. */
void arena_after_fork(void);

#endif
