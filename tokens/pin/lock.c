/*
 * tokens/pin/lock.c: an open-file-description lock with a bounded wait.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/pin/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_FIRST_US 500u
#define PAUSE_MOST_US 50000u

static enum token_result
open_file(const char *folder, const char *name, int *fd)
{
	char *path = NULL;

	*fd = -1;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return TOKEN_ERR_MEMORY;
	do
		*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
	while (*fd < 0 && errno == EINTR);
	free(path);
	if (*fd >= 0)
		return TOKEN_OK;
	if (errno == EROFS || errno == EACCES || errno == EPERM)
		return TOKEN_ERR_READ_ONLY;
	return errno == ENOENT || errno == ENOTDIR ? TOKEN_ERR_NOT_FOUND : TOKEN_ERR_IO;
}

static uint64_t
now_us(void)
{
	struct timespec ts = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

static void
pause_us(uint64_t us)
{
	struct timespec ts = { .tv_sec = (time_t)(us / 1000000u), .tv_nsec = (long)(us % 1000000u) * 1000 };

	(void)nanosleep(&ts, NULL);
}

/* TOKEN_ERR_BUSY: not now. */
static enum token_result
try_lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return TOKEN_OK;
	return errno == EAGAIN || errno == EACCES || errno == EINTR ? TOKEN_ERR_BUSY : TOKEN_ERR_IO;
}

static enum token_result
take(const char *folder, const char *name, unsigned wait_ms, struct pin_lock *lock)
{
	uint64_t end = now_us() + (uint64_t)wait_ms * 1000u, now, pause = PAUSE_FIRST_US;
	enum token_result res;
	int fd;

	*lock = PIN_LOCK_NONE;
	res = open_file(folder, name, &fd);
	if (res != TOKEN_OK)
		return res;
	while ((res = try_lock(fd)) == TOKEN_ERR_BUSY && (now = now_us()) < end) {
		pause_us(pause < end - now ? pause : end - now);
		pause = pause * 2 < PAUSE_MOST_US ? pause * 2 : PAUSE_MOST_US;
	}
	if (res != TOKEN_OK) {
		close(fd);
		return res;
	}
	lock->fd = fd;
	return TOKEN_OK;
}

enum token_result
pin_lock_take(const char *folder, unsigned wait_ms, struct pin_lock *lock)
{
	return take(folder, PIN_LOCK_FILE, wait_ms, lock);
}

enum token_result
pin_lock_take_counter(const char *folder, unsigned wait_ms, struct pin_lock *lock)
{
	return take(folder, PIN_LOCK_COUNTER_FILE, wait_ms, lock);
}

void
pin_lock_release(struct pin_lock *lock)
{
	struct flock whole = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	if (lock->fd < 0)
		return;
	/* A child forked meanwhile shares the description: closing ours alone would not unlock. */
	(void)fcntl(lock->fd, F_OFD_SETLK, &whole);
	close(lock->fd);
	*lock = PIN_LOCK_NONE;
}
