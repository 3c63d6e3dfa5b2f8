/*
 * tokens/store/watch.h: has anybody committed since? Answered without a system call.
 *
 * In WAL mode a commit takes effect by a new header of the shared index ("WAL-index format" in
 * SQLite's documentation): every transaction looks there for what the database holds, and takes
 * its cached pages for current as long as all of the header's 48 bytes are what they were. So do
 * we, in a mapping of our own. The header counts commits; the count is written before a COMMIT
 * returns, so whoever finds the bytes that he knows may say that no commit had returned when he
 * began to look. A header that is just being written, or written anew by a checkpoint, differs: then the
 * database itself is asked.
 *
 * The anchors (anchor.h) keep the file from being cut, reset or replaced under the mapping, and
 * the database from leaving WAL mode.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_WATCH_H
#define TOKENS_STORE_WATCH_H

#include "tokens/store/db.h"

#define WATCH_WORDS 12

/* A header as it was once; an empty one equals none. */
struct watch_mark {
	bool known;
	uint32_t words[WATCH_WORDS];
};

/* Map the index of an anchored database. One that is not in WAL mode has none: marks stay empty. TOKEN_ERR_IO */
enum token_result watch_index(struct db *db);
void watch_end(struct db *db);

/* The header now. Taken before a transaction begins, it is never newer than what that one sees. */
void watch_mark(const struct db *db, struct watch_mark *mark);

/* True: nobody has committed since the mark was taken. */
bool watch_is_at(const struct db *db, const struct watch_mark *mark);

/* The count of commits, to see whether others get on; 0 without an index. */
uint32_t watch_commits(const struct db *db);

#endif
