/* trace.c: transcripts of sessions. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/trace.h"
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/dump.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TEXT_SHOWN 64 /* characters of a text in JSON */
#define BYTES_SHOWN 64
#define LINE 1024

struct trace {
	FILE *to;
	bool values;
	char *path; /* for messages */
};

static FILE *
open_file(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
	struct stat st;
	FILE *to = NULL;

	if (fd < 0)
		return NULL;
	/* A file of another time may be readable for others; a terminal or a pipe is left alone. */
	if (fstat(fd, &st) == 0 && (!S_ISREG(st.st_mode) || (fchmod(fd, 0600) == 0 && ftruncate(fd, 0) == 0)))
		to = fdopen(fd, "a");
	if (to == NULL)
		close(fd);
	return to;
}

enum exit_status
trace_open(const struct trace_args *args, struct trace **trace)
{
	struct trace *made;

	*trace = NULL;
	if (args->file == NULL && args->values) {
		tool_error(_("--trace-values is for --trace"));
		return EXIT_STATUS_USAGE;
	}
	if (args->file == NULL)
		return EXIT_STATUS_OK;
	made = calloc(1, sizeof(*made));
	if (made == NULL || (made->path = strdup(args->file)) == NULL) {
		free(made);
		return tool_no_memory();
	}
	made->values = args->values;
	made->to = strcmp(args->file, "-") == 0 ? stderr : open_file(args->file);
	if (made->to == NULL) {
		tool_error(_("cannot write %s: %s"), args->file, strerror(errno));
		free(made->path);
		free(made);
		return EXIT_STATUS_TROUBLE;
	}
	*trace = made;
	return EXIT_STATUS_OK;
}

/* "2026-01-30T14:59:59.123Z > " */
static void
put_head(struct trace *trace, const char *direction)
{
	const int64_t now = clock_now_milliseconds();
	const time_t seconds = (time_t)(now / 1000);
	char text[32] = "";
	struct tm utc;

	if (gmtime_r(&seconds, &utc) != NULL)
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	fprintf(trace->to, "%s.%03dZ %s ", text, (int)(now % 1000), direction);
}

void
trace_message(struct trace *trace, const char *direction, const char *what, struct mdoc_bytes message)
{
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_cbor *scan = NULL;

	if (trace == NULL)
		return;
	put_head(trace, direction);
	fprintf(trace->to, "%s, %zu bytes\n", what, message.len);
	if (mdoc_cbor_scan(tool_context(), message, 0, &scan, &error) != MDOC_OK) {
		fprintf(trace->to, "no CBOR item: %s, offset %zu\n", message_mdoc(error.code), error.offset);
		for (size_t i = 0; trace->values && i < message.len && i < BYTES_SHOWN; i++)
			fprintf(trace->to, "%02x%s", message.ptr[i],
				i + 1 == message.len           ? "\n"
					: i + 1 == BYTES_SHOWN ? "…\n"
							       : "");
	} else if (trace->values) {
		dump_text(trace->to, mdoc_cbor_root(scan));
	} else {
		dump_text_hiding(trace->to, mdoc_cbor_root(scan));
	}
	mdoc_cbor_free(scan);
	fflush(trace->to);
}

/* A copy without the long texts; NULL: memory. */
static json_t *
without_values(const json_t *json)
{
	json_t *copy = NULL, *value;
	const char *name;
	char hidden[48];
	size_t i;

	if (json_is_object(json)) {
		copy = json_object();
		json_object_foreach((json_t *)(uintptr_t)json, name, value)
			json_object_set_new(copy, name, without_values(value));
		return copy;
	}
	if (json_is_array(json)) {
		copy = json_array();
		json_array_foreach(json, i, value) json_array_append_new(copy, without_values(value));
		return copy;
	}
	if (!json_is_string(json) || json_string_length(json) <= TEXT_SHOWN)
		return json_copy((json_t *)(uintptr_t)json);
	(void)snprintf(hidden, sizeof(hidden), "… (%zu characters)", json_string_length(json));
	return json_string(hidden);
}

void
trace_json(struct trace *trace, const char *direction, const char *what, const json_t *json)
{
	json_t *shown;
	char *text;

	if (trace == NULL)
		return;
	put_head(trace, direction);
	shown = trace->values ? json_deep_copy(json) : without_values(json);
	/* Only ASCII: control characters and the like are escaped. */
	text = json_dumps(shown, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	fprintf(trace->to, "%s\n%s\n", what, text != NULL ? text : "");
	fflush(trace->to);
	free(text);
	json_decref(shown);
}

void
trace_text(struct trace *trace, const char *direction, const char *format, ...)
{
	char line[LINE];
	va_list ap;

	if (trace == NULL)
		return;
	put_head(trace, direction);
	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	terminal_text(trace->to, line, strlen(line));
	fputc('\n', trace->to);
	fflush(trace->to);
}

void
trace_close(struct trace *trace)
{
	bool failed;

	if (trace == NULL)
		return;
	failed = ferror(trace->to) != 0;
	if (trace->to != stderr)
		failed = fclose(trace->to) != 0 || failed;
	if (failed)
		tool_error(_("cannot write %s: %s"), trace->path, strerror(errno));
	free(trace->path);
	free(trace);
}
