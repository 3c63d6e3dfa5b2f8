/* terminal.c: tables, questions and progress. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/terminal.h"
#include "tools/common/message.h"
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* One code point of UTF-8, 0 bytes used when it is none. Own decoder: the locale may be C. */
static size_t
decode(const unsigned char *at, size_t len, uint32_t *point)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const size_t size = at[0] < 0x80 ? 1
		: at[0] < 0xC2           ? 0
		: at[0] < 0xE0           ? 2
		: at[0] < 0xF0           ? 3
		: at[0] < 0xF5           ? 4
					 : 0;

	if (size == 0 || size > len)
		return 0;
	if (size == 1) {
		*point = at[0];
		return 1;
	}
	*point = at[0] & (0x7Fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xC0) != 0x80)
			return 0;
		*point = *point << 6 | (at[i] & 0x3Fu);
	}
	if (*point < smallest[size] || *point > 0x10FFFF || (*point >= 0xD800 && *point <= 0xDFFF))
		return 0;
	return size;
}

struct range {
	uint32_t first, last;
};

static bool
in_ranges(uint32_t point, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	return false;
}

/* Controls, line and paragraph separators, direction marks and overrides, tags, what is no character. */
static bool
is_unprintable(uint32_t point)
{
	static const struct range ranges[] = {
		{ 0x00, 0x1F },
		{ 0x7F, 0x9F },
		{ 0x061C, 0x061C },
		{ 0x200B, 0x200F },
		{ 0x2028, 0x202E },
		{ 0x2060, 0x206F },
		{ 0xFDD0, 0xFDEF },
		{ 0xFEFF, 0xFEFF },
		{ 0xFFF9, 0xFFFB },
		{ 0xFFFE, 0xFFFF },
		{ 0xE0000, 0xE007F },
	};

	return in_ranges(point, ranges, sizeof(ranges) / sizeof(ranges[0]));
}

/* Combining marks and variation selectors (Kanji variants use the supplementary ones). */
static bool
is_zero_width(uint32_t point)
{
	static const struct range ranges[] = {
		{ 0x0300, 0x036F },
		{ 0x3099, 0x309A },
		{ 0xFE00, 0xFE0F },
		{ 0xE0100, 0xE01EF },
	};

	return in_ranges(point, ranges, sizeof(ranges) / sizeof(ranges[0]));
}

static bool
is_wide(uint32_t point)
{
	static const struct range ranges[] = {
		{ 0x1100, 0x115F },
		{ 0x25A0, 0x25FF },
		{ 0x2E80, 0x303E },
		{ 0x3041, 0xA4CF },
		{ 0xAC00, 0xD7A3 },
		{ 0xF900, 0xFAFF },
		{ 0xFE30, 0xFE6F },
		{ 0xFF01, 0xFF60 },
		{ 0xFFE0, 0xFFE6 },
		{ 0x1F300, 0x1FAFF },
		{ 0x20000, 0x3FFFD },
	};

	return in_ranges(point, ranges, sizeof(ranges) / sizeof(ranges[0]));
}

size_t
terminal_character(const char *text, size_t len, bool *shown)
{
	uint32_t point = 0;
	const size_t used = decode((const unsigned char *)text, len, &point);

	*shown = used > 0 && !is_unprintable(point);
	return used > 0 ? used : 1;
}

size_t
terminal_width(const char *text, size_t len)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t width = 0;

	for (size_t i = 0; i < len;) {
		uint32_t point = 0;
		const size_t used = decode(bytes + i, len - i, &point);

		if (used == 0 || is_unprintable(point))
			width += 1;
		else if (!is_zero_width(point))
			width += is_wide(point) ? 2 : 1;
		i += used > 0 ? used : 1;
	}
	return width;
}

void
terminal_text(FILE *to, const char *text, size_t len)
{
	bool shown;

	for (size_t i = 0, used; i < len; i += used) {
		used = terminal_character(text + i, len - i, &shown);
		if (shown)
			fwrite(text + i, 1, used, to);
		else
			fputc('?', to);
	}
}

void
terminal_padded(FILE *to, const char *text, size_t columns)
{
	const size_t width = terminal_width(text, strlen(text));

	terminal_text(to, text, strlen(text));
	for (size_t i = width; i < columns; i++)
		fputc(' ', to);
}

bool
terminal_ask(const char *question, bool *asked)
{
	static const char *const yes[] = { "y", "yes", "h", "hai", "はい" };
	char answer[64] = "";
	bool agreed = false;
	FILE *tty = fopen("/dev/tty", "r+");

	if (asked != NULL)
		*asked = tty != NULL;
	if (tty == NULL)
		return false;
	fflush(stdout);
	fprintf(tty, "%s [y/N] ", question);
	fflush(tty);
	if (fgets(answer, sizeof(answer), tty) != NULL) {
		answer[strcspn(answer, "\r\n")] = '\0';
		for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
			agreed = agreed || strcasecmp(answer, yes[i]) == 0;
	}
	fclose(tty);
	return agreed;
}

void
terminal_progress(const char *label, size_t done, size_t total)
{
	if (isatty(STDERR_FILENO) != 1)
		return;
	fprintf(stderr, "\r%s %zu/%zu%s", label, done, total, done == total ? "\n" : "");
	fflush(stderr);
}
