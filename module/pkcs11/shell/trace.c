/*
 * trace.c: one line for each call, where the user asked for it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "module/pkcs11/shell/trace.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "module/pkcs11/shell/rv.h"

#define TRACE_LINE 512

static atomic_int trace_fd = -1;
static atomic_int trace_level;
static pthread_once_t trace_once = PTHREAD_ONCE_INIT;

/* FILE or FILE:LEVEL; a file name may have colons of its own. */
static void
trace_start(void)
{
	const char *wish = secure_getenv("MDOC_PKCS11_LOG");
	const char *colon;
	char path[4096];
	size_t len;
	int level = 2;

	if (wish == NULL || wish[0] == '\0')
		return;
	len = strlen(wish);
	colon = strrchr(wish, ':');
	if (colon != NULL && colon[1] >= '0' && colon[1] <= '9' && colon[2] == '\0') {
		level = colon[1] - '0';
		len = (size_t)(colon - wish);
	}
	if (len == 0 || len >= sizeof(path))
		return;
	memcpy(path, wish, len);
	path[len] = '\0';
	atomic_store(&trace_fd, open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
	atomic_store(&trace_level, level);
}

void
trace_open(void)
{
	pthread_once(&trace_once, trace_start);
}

/* One write for one line, so that threads and processes do not mix theirs. */
static void
trace_write(const char *text)
{
	struct timespec now;
	struct tm utc;
	char line[TRACE_LINE];
	int len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	len = snprintf(line, sizeof(line), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %ld %s\n", utc.tm_year + 1900,
		utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000000, (long)getpid(),
		text);
	if (len > (int)sizeof(line) - 1) {
		len = (int)sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	if (len > 0 && write(atomic_load(&trace_fd), line, (size_t)len) < 0)
		atomic_store(&trace_fd, -1);
}

void
trace_call(const char *name, CK_ULONG handle, CK_RV rv)
{
	char text[160];
	const char *known;

	if (atomic_load(&trace_fd) < 0 || atomic_load(&trace_level) < (rv == CKR_OK ? 2 : 1))
		return;
	known = rv_name(rv);
	if (known != NULL)
		snprintf(text, sizeof(text), "%s(%lu) = %s", name, handle, known);
	else
		snprintf(text, sizeof(text), "%s(%lu) = 0x%lx", name, handle, rv);
	trace_write(text);
}

void
trace_fault(const char *format, ...)
{
	char text[TRACE_LINE - 64];
	va_list args;

	if (atomic_load(&trace_fd) < 0 || atomic_load(&trace_level) < 1)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	trace_write(text);
}
