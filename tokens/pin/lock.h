/*
 * tokens/pin/lock.h: locks of an area over all processes and threads, each an open-file-description lock on a file in
 * the area's folder. The kernel drops it with its holder.
 *
 * The login lock: one PIN check at a time, held over committing the try, the check and giving the try back; the try of
 * a holder who dies stays spent (R-CARD-05). The counter lock: one commit at a time where a device counts the commits
 * too, held until it has counted.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_PIN_LOCK_H
#define TOKENS_PIN_LOCK_H

#include "tokens/result.h"

#define PIN_LOCK_FILE "login.lock"
#define PIN_LOCK_COUNTER_FILE "counter.lock"
#define PIN_LOCK_WAIT_MS 20000 /* the usual bound */

struct pin_lock {
	int fd; /* -1: not held */
};

#define PIN_LOCK_NONE ((struct pin_lock){ -1 })

/*
 * Take the login lock, or the counter lock, of the area in `folder`, waiting wait_ms milliseconds at most. The file is
 * made (0600) when it is not there. Not recursive: a second take by the same thread waits.
 *
 * TOKEN_ERR_BUSY       somebody else held it all the time
 * TOKEN_ERR_READ_ONLY  the folder or file cannot be written
 * TOKEN_ERR_NOT_FOUND  there is no such folder
 * TOKEN_ERR_IO         anything else
 */
enum token_result pin_lock_take(const char *folder, unsigned wait_ms, struct pin_lock *lock);
enum token_result pin_lock_take_counter(const char *folder, unsigned wait_ms, struct pin_lock *lock);

/* Release; PIN_LOCK_NONE afterwards, which is fine too. Frees the lock for all, also for a child forked meanwhile. */
void pin_lock_release(struct pin_lock *lock);

#endif
