/*
 * Locks that keep a WAL database whole in a forked child.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/store/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Lock bytes of SQLite's file format: SHARED range of the database, "dead man's switch" of
 * the shared index. */
#define SHARED_FIRST (0x40000000 + 2)
#define SHARED_SIZE 510
#define DEAD_MAN_BYTE 128

#define TRIES 200 /* each 10 ms: somebody holds the byte exclusively for a moment only */

static enum token_result
lock_range(const char *path, int64_t start, int64_t len, int *anchor)
{
	struct flock range = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = len };
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	int tries = TRIES;

	if (fd < 0)
		return TOKEN_ERR_IO;
	while (fcntl(fd, F_OFD_SETLK, &range) != 0) {
		if ((errno != EAGAIN && errno != EACCES && errno != EINTR) || tries-- == 0) {
			const enum token_result res = tries < 0 ? TOKEN_ERR_BUSY : TOKEN_ERR_IO;

			(void)close(fd);
			return res;
		}
		(void)usleep(10000);
	}
	*anchor = fd;
	return TOKEN_OK;
}

enum token_result
anchor_database(const char *path, int anchors[2])
{
	return lock_range(path, SHARED_FIRST, SHARED_SIZE, &anchors[0]);
}

enum token_result
anchor_index(const char *path, int anchors[2])
{
	char *index = NULL;
	enum token_result res;

	if (asprintf(&index, "%s-shm", path) < 0)
		return TOKEN_ERR_MEMORY;
	res = lock_range(index, DEAD_MAN_BYTE, 1, &anchors[1]);
	free(index);
	return res;
}

void
anchor_unlock(const int anchors[2])
{
	for (int i = 0; i < 2; i++) {
		struct flock range = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

		if (anchors[i] >= 0)
			(void)fcntl(anchors[i], F_OFD_SETLK, &range); /* also for a child forked meanwhile */
	}
}

void
anchor_close(int anchors[2])
{
	for (int i = 0; i < 2; i++) {
		if (anchors[i] >= 0)
			(void)close(anchors[i]);
		anchors[i] = -1;
	}
}
