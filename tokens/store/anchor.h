/*
 * tokens/store/anchor.h: locks that keep a WAL database whole in a forked child.
 *
 * SQLite keeps its POSIX locks by inode and process. A child that opens a database which its
 * parent had open finds the parent's book-keeping in its memory, believes that it has the
 * locks, and has none: after the parent's end the next process takes itself for the only one,
 * resets the shared index, and what the child commits is lost. So each handle holds shared
 * open-file-description locks of its own on the same bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_STORE_ANCHOR_H
#define TOKENS_STORE_ANCHOR_H

#include "tokens/result.h"

/*
 * Before the handle is opened: from now on nobody takes the log away. The content of anchors
 * is { -1, -1 } or what the other call has put there.
 *
 * TOKEN_ERR_BUSY  somebody closing or setting up held the file too long
 * TOKEN_ERR_IO, TOKEN_ERR_MEMORY
 */
enum token_result anchor_database(const char *path, int anchors[2]);

/* After the handle's first read, which maps the shared index: nobody resets it. Results as above. */
enum token_result anchor_index(const char *path, int anchors[2]);

/* Before the handle is closed, so that the last one to close can fold the log in. */
void anchor_unlock(const int anchors[2]);

/* After it: closing any descriptor of a file drops the POSIX locks that SQLite has on it. */
void anchor_close(int anchors[2]);

#endif
