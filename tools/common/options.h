/*
 * options.h: a command line as a table. Every command has --help, --version, --json and
 * --module beside its own options; anything unknown is wrong usage.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include "tools/common/exit.h"

enum option_kind {
	OPTION_END = 0,
	OPTION_FLAG,  /* value: bool, set to true */
	OPTION_TEXT,  /* value: const char *, borrowed from argv; given twice is wrong usage */
	OPTION_LIST,  /* value: struct option_list; may be repeated */
	OPTION_NUMBER /* value: struct option_number, decimal, checked against its bounds */
};

struct option_list {
	const char **items; /* borrowed from argv; the array is freed by option_list_clear() */
	size_t count;
};

struct option_number {
	unsigned long value; /* preset: the default */
	unsigned long min, max;
	bool given;
};

struct option_row {
	const char *name; /* "so-pin-file" */
	enum option_kind kind;
	void *value;
	const char *argument; /* N_("FILE"); NULL for a flag */
	const char *help;     /* N_("one sentence") */
	bool required;
};

struct command {
	const char *name;     /* "init"; for a program without commands its own name */
	const char *operands; /* "[FILE…]", "" */
	const char *summary;  /* N_("one sentence") */
	int (*run)(const struct command *command, int argc, char **argv); /* argv[0] is the command's name */
};

/* Given to every command. */
struct common_options {
	const char *module; /* --module; NULL: see p11_open() */
	bool json;          /* --json */
};

/*
 * Parse argv (argv[0] is skipped; options and operands may be mixed, "--" ends the options).
 *
 * rows      ends with kind OPTION_END
 * operands  receives the operands (borrowed strings; array freed by option_list_clear());
 *           NULL: none are allowed
 *
 * EXIT_STATUS_GO_ON, or the status to end with: OK after --help and --version, USAGE otherwise.
 */
enum exit_status options_parse(const struct command *command, const struct option_row *rows,
	struct common_options *common, struct option_list *operands, int argc, char **argv);
void option_list_clear(struct option_list *list);

/* Run the command that argv[1] names, or print the program's help or version. `commands` ends
 * with name NULL; `summary` is one sentence about the program, untranslated N_() text. */
int options_dispatch(const struct command *commands, const char *summary, int argc, char **argv);

/*
 * The same one level down: run the command that argv[1] names. Those of "pin" are called "pin set", "pin change", …;
 * argv[0] is the word before. Usage and help name the whole.
 */
int options_subcommand(const struct command *parent, const struct command *commands, int argc, char **argv);

/* "wrong usage", and where help is; what: translated. Returns EXIT_STATUS_USAGE. */
enum exit_status options_wrong(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
