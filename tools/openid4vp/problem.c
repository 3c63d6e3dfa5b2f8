/* problem.c: what is wrong with an authorization request. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/openid4vp/problem.h"
#include "tools/common/message.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

/* What came from outside moves no cursor, and error_description takes %x20-21 / %x23-5B / %x5D-7E only. */
static void
make_plain(char *text, bool ascii)
{
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == 0x7F || (ascii && (c > 0x7E || c == '\\')))
			*text = '?';
		else if (ascii && c == '"')
			*text = '\'';
	}
}

static enum exit_status
report(struct vp_problem *problem, enum exit_status status, const char *code, char *said, char *english)
{
	make_plain(said, false);
	tool_error("%s", said);
	if (problem != NULL && problem->code == NULL) {
		make_plain(english, true);
		problem->code = code;
		snprintf(problem->description, sizeof(problem->description), "%.199s", english);
	}
	return status;
}

enum exit_status
vp_problem(struct vp_problem *problem, enum exit_status status, const char *code, const char *format, ...)
{
	char said[400], english[400];
	va_list args;

	va_start(args, format);
	vsnprintf(said, sizeof(said), _(format), args);
	va_end(args);
	va_start(args, format);
	vsnprintf(english, sizeof(english), format, args);
	va_end(args);
	return report(problem, status, code, said, english);
}

enum exit_status
vp_problem_text(struct vp_problem *problem, enum exit_status status, const char *code, const char *subject,
	const char *text)
{
	char said[400], english[400];

	snprintf(said, sizeof(said), "%s%s%s", subject != NULL ? subject : "", subject != NULL ? ": " : "", _(text));
	snprintf(english, sizeof(english), "%s%s%s", subject != NULL ? subject : "", subject != NULL ? ": " : "", text);
	return report(problem, status, code, said, english);
}
