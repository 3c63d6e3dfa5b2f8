/*
 * mdoc/base/error.c: results with their place, and names from the input made fit to be shown.
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

/* Text behind what is there, of which no byte can reach a terminal or break a JSON text; cut at the end. */
static size_t
put_plain(char out[MDOCI_PATH_MAX], size_t at, const char *text, size_t len)
{
	for (size_t i = 0; i < len && at < MDOCI_PATH_MAX - 1; i++)
		out[at++] = text[i] < 0x20 || text[i] > 0x7e ? '?' : text[i];
	return at;
}

static size_t
put_number(char out[MDOCI_PATH_MAX], size_t at, size_t number)
{
	char digits[3 * sizeof(number)];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return put_plain(out, at, digits + first, sizeof(digits) - first);
}

/* A parser has a path ready for each thing that it reads, though hardly any is ever shown, so that each must cost little. */
void
mdoci_path(char out[MDOCI_PATH_MAX], const char *base, const char *fmt, ...)
{
	size_t at = put_plain(out, 0, base, strlen(base));
	const char *text;
	va_list args;
	int len;

	if (at > 0 && fmt[0] != '[')
		at = put_plain(out, at, ".", 1);
	va_start(args, fmt);
	while (fmt[0] != '\0') {
		if (fmt[0] != '%') {
			at = put_plain(out, at, fmt, 1);
			fmt += 1;
		} else if (fmt[1] == 's') {
			text = va_arg(args, const char *);
			at = put_plain(out, at, text, strlen(text));
			fmt += strlen("%s");
		} else if (fmt[1] == 'z') {
			at = put_number(out, at, va_arg(args, size_t));
			fmt += strlen("%zu");
		} else {
			len = va_arg(args, int);
			text = va_arg(args, const char *);
			at = put_plain(out, at, text, (size_t)len);
			fmt += strlen("%.*s");
		}
	}
	va_end(args);
	out[at] = '\0';
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
