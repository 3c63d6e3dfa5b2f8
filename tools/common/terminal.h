/*
 * terminal.h: tables, questions and progress for people.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Columns that a UTF-8 text of len bytes takes; wide characters count two. Bytes that are
 * unprintable or no UTF-8 count as the "?" that terminal_text() prints for them. */
size_t terminal_width(const char *text, size_t len);

/* Print text that came from outside: control characters (escape sequences, line ends,
 * direction overrides) become "?". */
void terminal_text(FILE *to, const char *text, size_t len);

/* Bytes of the character that text begins with, of len bytes, which is at least 1. *shown: it may be printed as it is;
 * false: it controls something, or is no UTF-8 (then 1 byte). */
size_t terminal_character(const char *text, size_t len, bool *shown);

/* Print `text` padded with blanks to `columns`. */
void terminal_padded(FILE *to, const char *text, size_t columns);

/*
 * "question [y/N] " on the terminal. True only for y, yes, h, hai, はい (any case).
 * False when there is no terminal, too; *asked tells the two apart (may be NULL).
 */
bool terminal_ask(const char *question, bool *asked);

/* "label 2/10" on one line of stderr, only when that is a terminal; done == total ends it. */
void terminal_progress(const char *label, size_t done, size_t total);

#endif
