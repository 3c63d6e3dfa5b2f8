/*
 * clock.h: the one place where a program looks at the clock, and times on a command line.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_CLOCK_H
#define TOOLS_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include "tools/common/options.h"

/* Now, seconds since the epoch, UTC. */
int64_t clock_now(void);

/* The same in milliseconds, and milliseconds since some moment, which nobody sets. */
int64_t clock_now_milliseconds(void);
int64_t clock_monotonic(void);

/* RFC 3339 without a fraction, "2026-01-30T23:59:59+09:00" or "…Z", years 1970 to 9999. */
bool clock_parse(const char *text, int64_t *when);

/*
 * The time of --at, or now.
 * at  NULL: not given
 * EXIT_STATUS_USAGE (said)
 */
enum exit_status clock_option(const struct command *command, const char *at, int64_t *when);

#endif
