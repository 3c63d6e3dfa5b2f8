/*
 * Running a helper program. A socket pair is its line: unlike a pipe's, its end can be written to after the other has
 * gone without a signal to the application.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "tokens/authenticator_run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
set_files(posix_spawn_file_actions_t *files, int fd)
{
	return posix_spawn_file_actions_adddup2(files, fd, 0) == 0 &&
		posix_spawn_file_actions_adddup2(files, fd, 1) == 0 &&
		posix_spawn_file_actions_addopen(files, 2, "/dev/null", 1 /* O_WRONLY */, 0) == 0 &&
		posix_spawn_file_actions_addclosefrom_np(files, 3) == 0;
}

static bool
set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	return posix_spawnattr_setflags(attributes,
		       POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK) == 0 &&
		posix_spawnattr_setpgroup(attributes, 0) == 0 && posix_spawnattr_setsigmask(attributes, &none) == 0 &&
		posix_spawnattr_setsigdefault(attributes, &all) == 0;
}

static bool
start(const char *path, int fd, pid_t *pid)
{
	static char search[] = "PATH=/usr/bin:/bin", language[] = "LC_ALL=C.UTF-8";
	char *const environment[] = { search, language, NULL };
	char *const arguments[] = { (char *)(uintptr_t)path, NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	bool good;

	if (posix_spawn_file_actions_init(&files) != 0)
		return false;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&files);
		return false;
	}
	good = set_files(&files, fd) && set_attributes(&attributes) &&
		posix_spawn(pid, path, &files, &attributes, arguments, environment) == 0;
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&files);
	return good;
}

static bool
say(int fd, const char *text, size_t len)
{
	while (len > 0) {
		const ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return false;
		text += sent;
		len -= (size_t)sent;
	}
	return shutdown(fd, SHUT_WR) == 0;
}

/* Its first line. */
static bool
hear(int fd, int64_t until, struct secret *line, size_t *len)
{
	struct pollfd waited = { .fd = fd, .events = POLLIN };

	*len = 0;
	while (*len < line->len) {
		const int64_t left = until - now_ms();
		const uint8_t *end = NULL;
		ssize_t got;

		if (left <= 0)
			return false;
		if (poll(&waited, 1, (int)left) < 0 && errno != EINTR)
			return false;
		got = recv(fd, line->ptr + *len, line->len - *len, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (got <= 0)
			return false;
		*len += (size_t)got;
		end = memchr(line->ptr, '\n', *len);
		if (end != NULL) {
			*len = (size_t)(end - line->ptr);
			return true;
		}
	}
	return false;
}

static void
end(pid_t pid)
{
	(void)kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

enum token_result
authenticator_run(const char *path, const char *question, size_t question_len, int wait_ms, struct secret *line,
	size_t *len)
{
	const int64_t until = now_ms() + wait_ms;
	int ends[2] = { -1, -1 };
	pid_t pid = -1;
	bool good = false;

	if (!secret_alloc(AUTHENTICATOR_LINE_MAX, line))
		return TOKEN_ERR_MEMORY;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		goto out;
	if (!start(path, ends[1], &pid))
		goto out;
	(void)close(ends[1]);
	ends[1] = -1;
	good = say(ends[0], question, question_len) && hear(ends[0], until, line, len);
out:
	if (pid > 0)
		end(pid);
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			(void)close(ends[i]);
	if (!good)
		secret_wipe(line);
	return good ? TOKEN_OK : TOKEN_ERR_AUTHENTICATOR;
}
