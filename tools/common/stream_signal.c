/*
 * stream_signal.c: signals end waiting, so that a session ends in order.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "tools/common/clock.h"
#include "tools/common/message.h"
#include "tools/common/stream_internal.h"

/* Never emptied: what waits from then on ends at once, too. */
static int pipe_fds[2] = { -1, -1 };
static volatile sig_atomic_t caught;
static int64_t caught_at; /* before `caught`, and once */

static void
on_signal(int number)
{
	const int saved = errno;

	if (caught == 0) {
		caught_at = clock_monotonic();
		caught = number;
		if (write(pipe_fds[1], "", 1) < 0) {
			/* Full, which is as good. */
		}
	}
	errno = saved;
}

int
stream_caught(void)
{
	return (int)caught;
}

int64_t
stream_caught_at(void)
{
	return caught == 0 ? 0 : caught_at;
}

int
stream_signal_fd(void)
{
	return pipe_fds[0];
}

enum exit_status
stream_catch_signals(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	/* A second one of a kind takes its usual course. */
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND }, old;

	if (pipe_fds[0] >= 0)
		return EXIT_STATUS_OK;
	if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0) {
		tool_error(_("cannot catch signals: %s"), strerror(errno));
		return EXIT_STATUS_TROUBLE;
	}
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &action, NULL);
	return EXIT_STATUS_OK;
}
