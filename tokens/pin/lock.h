/*
 * tokens/pin/lock.h: the login lock. One PIN check at a time for each area, over all
 * processes and threads: held over committing the try, the KDF and giving the try back.
 *
 * An open-file-description lock on login.lock in the area's folder. The kernel drops it with
 * its holder; the holder's try stays spent (R-CARD-05).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_PIN_LOCK_H
#define TOKENS_PIN_LOCK_H

#include "tokens/result.h"

#define PIN_LOCK_FILE "login.lock"
#define PIN_LOCK_WAIT_MS 20000 /* the usual bound */

struct pin_lock {
	int fd; /* -1: not held */
};

#define PIN_LOCK_NONE ((struct pin_lock){ -1 })

/*
 * Take the lock of the area in `folder`, waiting wait_ms milliseconds at most. The file is
 * made (0600) when it is not there. Not recursive: a second take by the same thread waits.
 *
 * TOKEN_ERR_BUSY       somebody else held it all the time
 * TOKEN_ERR_READ_ONLY  the folder or file cannot be written
 * TOKEN_ERR_NOT_FOUND  there is no such folder
 * TOKEN_ERR_IO         anything else
 */
enum token_result pin_lock_take(const char *folder, unsigned wait_ms, struct pin_lock *lock);

/* Release; PIN_LOCK_NONE afterwards, which is fine too. Frees the lock for all, also for a child forked meanwhile. */
void pin_lock_release(struct pin_lock *lock);

#endif
