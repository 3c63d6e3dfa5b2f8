/*
 * mdoc/base/error.c: results with their place, and what comes from the caller's mdoc_crypto.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names from the input stand in paths: nothing in them may reach a terminal or break a JSON text. */
static void
make_plain(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
	}
}

enum mdoc_result
mdoci_fail(struct mdoc_error *error, enum mdoc_result code, size_t offset, const char *path, const char *fmt, ...)
{
	va_list args;

	if (error == NULL)
		return code;
	error->code = code;
	error->offset = offset;
	(void)snprintf(error->path, sizeof(error->path), "%s", path);
	va_start(args, fmt);
	(void)vsnprintf(error->expected, sizeof(error->expected), fmt, args);
	va_end(args);
	make_plain(error->path);
	make_plain(error->expected);
	return code;
}

void
mdoci_path(char out[MDOCI_PATH_MAX], const char *base, const char *fmt, ...)
{
	const char *dot = base[0] == '\0' || fmt[0] == '[' ? "" : ".";
	va_list args;
	int used = snprintf(out, MDOCI_PATH_MAX, "%s%s", base, dot);

	if (used < 0 || (size_t)used >= MDOCI_PATH_MAX)
		return;
	va_start(args, fmt);
	(void)vsnprintf(out + used, MDOCI_PATH_MAX - (size_t)used, fmt, args);
	va_end(args);
	make_plain(out);
}

void
mdoci_error_prefix(struct mdoc_error *error, const char *prefix)
{
	char inner[MDOCI_PATH_MAX];

	if (error == NULL)
		return;
	memcpy(inner, error->path, sizeof(inner));
	if (inner[0] == '\0')
		mdoci_path(error->path, "", "%s", prefix);
	else if (inner[0] == '[')
		(void)snprintf(error->path, sizeof(error->path), "%.60s%.59s", prefix, inner);
	else
		mdoci_path(error->path, prefix, "%s", inner);
}
