/*
 * trace.c: the log's file, its lines and records.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"

#include "module/pkcs11/shell/trace.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "module/rv_name.h"

#define TRACE_LINE 512
#define TRACE_PREFIX 96

atomic_int trace_level = TRACE_OFF;

static char trace_path[4096];
static atomic_int trace_fd = -1;
static struct stat trace_file;
static atomic_uint_fast64_t trace_calls;
static pthread_once_t trace_once = PTHREAD_ONCE_INIT;

/* Several lines that leave in one write, so that threads and processes do not mix theirs. */
struct trace_text {
	char prefix[TRACE_PREFIX]; /* of every line */
	char *text;
	size_t len;
	size_t room;
};

/* Only a regular file of our own: a pipe could hold the application up. */
static int
open_file(struct stat *st)
{
	int fd = open(trace_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);

	if (fd >= 0 && (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) || st->st_uid != geteuid())) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* FILE or FILE:LEVEL; a file name may have colons of its own. */
static void
trace_start(void)
{
	const char *wish = secure_getenv("MDOC_PKCS11_LOG");
	const char *colon;
	size_t len;
	int level = TRACE_CALLS;
	int fd;

	if (wish == NULL || wish[0] == '\0')
		return;
	len = strlen(wish);
	colon = strrchr(wish, ':');
	if (colon != NULL && colon[1] >= '0' && colon[1] <= '9' && colon[2] == '\0') {
		level = colon[1] - '0';
		len = (size_t)(colon - wish);
	}
	if (len == 0 || len >= sizeof(trace_path) || level == TRACE_OFF)
		return;
	memcpy(trace_path, wish, len);
	trace_path[len] = '\0';
	fd = open_file(&trace_file);
	if (fd < 0)
		return;
	atomic_store(&trace_fd, fd);
	atomic_store(&trace_level, level);
}

void
trace_open(void)
{
	pthread_once(&trace_once, trace_start);
}

/* A daemon may have closed our descriptor and got its number for something else: then we stop. */
static void
write_all(const char *text, size_t len)
{
	const int fd = atomic_load(&trace_fd);
	struct stat now;

	if (fd < 0) /* another thread is just opening it */
		return;
	if (fstat(fd, &now) != 0 || now.st_dev != trace_file.st_dev || now.st_ino != trace_file.st_ino ||
		write(fd, text, len) < 0)
		atomic_store(&trace_level, TRACE_OFF);
}

/* "2026-11-21T06:21:37.123456Z 1234:1240 " */
static void
make_prefix(char prefix[TRACE_PREFIX])
{
	struct timespec now;
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	snprintf(prefix, TRACE_PREFIX, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ %ld:%ld ", utc.tm_year + 1900,
		utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, now.tv_nsec / 1000, (long)getpid(),
		(long)gettid());
}

static void
write_line(const char *text)
{
	char prefix[TRACE_PREFIX];
	char line[TRACE_LINE];
	int len;

	make_prefix(prefix);
	len = snprintf(line, sizeof(line), "%s%s\n", prefix, text);
	if (len > (int)sizeof(line) - 1) {
		len = (int)sizeof(line) - 1;
		line[len - 1] = '\n';
	}
	if (len > 0)
		write_all(line, (size_t)len);
}

/* The name of an answer, or its number. */
static const char *
answer(CK_RV rv, char hex[24])
{
	const char *name = rv_name(rv);

	if (name != NULL)
		return name;
	snprintf(hex, 24, "0x%lx", rv);
	return hex;
}

void
trace_line(const char *name, CK_ULONG handle, CK_RV rv)
{
	char text[160];
	char hex[24];

	if (!trace_at(rv == CKR_OK ? TRACE_CALLS : TRACE_FAULTS))
		return;
	snprintf(text, sizeof(text), "%s(%lu) = %s", name, handle, answer(rv, hex));
	write_line(text);
}

void
trace_fault(const char *format, ...)
{
	char text[TRACE_LINE - TRACE_PREFIX];
	va_list args;

	if (!trace_at(TRACE_FAULTS))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	write_line(text);
}

static int64_t
monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void
trace_begin(struct trace_call *call)
{
	call->number = atomic_fetch_add(&trace_calls, 1) + 1;
	call->began = monotonic();
}

void
trace_put(struct trace_text *text, const char *format, ...)
{
	char line[TRACE_LINE * 2];
	va_list args;
	char *more;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0)
		return;
	if ((size_t)len >= sizeof(line))
		len = (int)sizeof(line) - 1;
	if (text->room - text->len < strlen(text->prefix) + (size_t)len + 2) {
		more = realloc(text->text, text->room * 2 + sizeof(line) + TRACE_PREFIX);
		if (more == NULL)
			return;
		text->text = more;
		text->room = text->room * 2 + sizeof(line) + TRACE_PREFIX;
	}
	text->len += (size_t)sprintf(text->text + text->len, "%s%s\n", text->prefix, line);
}

static void
record_begin(struct trace_text *text, const struct trace_call *call)
{
	size_t len;

	*text = (struct trace_text){ .len = 0 };
	make_prefix(text->prefix);
	len = strlen(text->prefix);
	snprintf(text->prefix + len, sizeof(text->prefix) - len, "#%llu ", (unsigned long long)call->number);
}

static void
record_end(struct trace_text *text)
{
	if (text->len > 0)
		write_all(text->text, text->len);
	free(text->text);
}

void
trace_in(const struct trace_call *call, const char *name, const char *handle_name, CK_ULONG handle,
	const struct trace_arg *args, size_t n)
{
	struct trace_text text;
	size_t i;

	if (call->number == 0)
		return;
	record_begin(&text, call);
	trace_put(&text, "%s", name);
	if (strcmp(handle_name, "0") != 0)
		trace_put(&text, "  %s: %lu", handle_name, handle);
	for (i = 0; i < n; i++)
		trace_arg_in(&text, &args[i]);
	record_end(&text);
}

void
trace_out(const struct trace_call *call, const char *name, CK_RV rv, const struct trace_arg *args, size_t n)
{
	struct trace_text text;
	char hex[24];
	size_t i;

	if (call->number == 0)
		return;
	record_begin(&text, call);
	for (i = 0; i < n; i++)
		trace_arg_out(&text, &args[i], rv);
	trace_put(&text, "%s = %s, %lld us", name, answer(rv, hex), (long long)((monotonic() - call->began) / 1000));
	record_end(&text);
}
