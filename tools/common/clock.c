/* clock.c: now, and times on a command line. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <mdoc/validity.h>
#include "tools/common/clock.h"
#include "tools/common/message.h"

#define OFFSET_LEN 6 /* "+09:00" */

int64_t
clock_now(void)
{
	return (int64_t)time(NULL);
}

static int64_t
milliseconds(clockid_t id)
{
	struct timespec now = { 0, 0 };

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
clock_now_milliseconds(void)
{
	return milliseconds(CLOCK_REALTIME);
}

int64_t
clock_monotonic(void)
{
	return milliseconds(CLOCK_MONOTONIC);
}

static bool
two_digits(const char *text, int max, int *value)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*value = (text[0] - '0') * 10 + (text[1] - '0');
	return *value <= max;
}

/* "+hh:mm" as seconds east of UTC. */
static bool
parse_offset(const char *text, int64_t *seconds)
{
	int hours, minutes;

	if (strlen(text) != OFFSET_LEN || (text[0] != '+' && text[0] != '-') || text[3] != ':')
		return false;
	if (!two_digits(text + 1, 23, &hours) || !two_digits(text + 4, 59, &minutes))
		return false;
	*seconds = (int64_t)hours * 3600 + (int64_t)minutes * 60;
	if (text[0] == '-')
		*seconds = -*seconds;
	return true;
}

bool
clock_parse(const char *text, int64_t *when)
{
	char utc[MDOC_TDATE_LEN + 1];
	int64_t local, east;

	if (mdoc_tdate_parse(mdoc_text(text), when))
		return true;
	if (strlen(text) != MDOC_TDATE_LEN - 1 + OFFSET_LEN || !parse_offset(text + MDOC_TDATE_LEN - 1, &east))
		return false;
	memcpy(utc, text, MDOC_TDATE_LEN - 1);
	utc[MDOC_TDATE_LEN - 1] = 'Z';
	utc[MDOC_TDATE_LEN] = '\0';
	if (!mdoc_tdate_parse(mdoc_text(utc), &local) || local < east)
		return false;
	*when = local - east;
	return true;
}

enum exit_status
clock_option(const struct command *command, const char *at, int64_t *when)
{
	if (at == NULL) {
		*when = clock_now();
		return EXIT_STATUS_OK;
	}
	if (!clock_parse(at, when))
		return options_wrong(command, _("--at wants a time like 2026-01-30T23:59:59+09:00, not \"%s\""), at);
	return EXIT_STATUS_OK;
}
