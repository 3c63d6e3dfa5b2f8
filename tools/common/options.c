/* options.c: command lines as tables. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/options.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMN 26u /* columns of a terminal for an option and its argument */

/* What getopt_long() returns: rows from FIRST_ROW up, the common ones below; 1 is an operand. */
enum { OPT_OPERAND = 1, OPT_HELP, OPT_VERSION, OPT_JSON, OPT_MODULE, FIRST_ROW = 1000 };

struct common_row {
	const char *name;
	const char *argument;
	const char *help;
	int value;
};

static const struct common_row common_rows[] = {
	{ "module", N_("PATH"), N_("use this PKCS#11 module instead of the installed one"), OPT_MODULE },
	{ "json", NULL, N_("write the result as JSON"), OPT_JSON },
	{ "help", NULL, N_("show this help"), OPT_HELP },
	{ "version", NULL, N_("show the version"), OPT_VERSION },
};
#define COMMON_COUNT (sizeof(common_rows) / sizeof(common_rows[0]))

static void
print_version(void)
{
	printf("%s (%s) %s\n", message_program(), PACKAGE_NAME, PACKAGE_VERSION);
}

static bool
is_program(const struct command *command)
{
	return strcmp(command->name, message_program()) == 0;
}

static void
print_usage_line(FILE *to, const struct command *command)
{
	fprintf(to, _("Usage: %s%s%s [OPTION…]"), message_program(), is_program(command) ? "" : " ",
		is_program(command) ? "" : command->name);
	if (command->operands[0] != '\0')
		fprintf(to, " %s", command->operands);
	fputc('\n', to);
}

static void
print_option(const char *name, const char *argument, const char *help, bool required)
{
	char left[80];
	size_t used;

	snprintf(left, sizeof(left), "--%s%s%s", name, argument != NULL ? " " : "",
		argument != NULL ? _(argument) : "");
	used = terminal_width(left, strlen(left));
	printf("  %s%*s %s%s\n", left, used < HELP_COLUMN ? (int)(HELP_COLUMN - used) : 0, "", _(help),
		required ? _(" (required)") : "");
}

static void
print_help(const struct command *command, const struct option_row *rows)
{
	print_usage_line(stdout, command);
	printf("%s\n\n", _(command->summary));
	for (; rows->kind != OPTION_END; rows++)
		print_option(rows->name, rows->argument, rows->help, rows->required);
	for (size_t i = 0; i < COMMON_COUNT; i++)
		print_option(common_rows[i].name, common_rows[i].argument, common_rows[i].help, false);
}

enum exit_status
options_wrong(const struct command *command, const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", message_program());
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	if (command == NULL || is_program(command))
		tool_why(_("Try: %s --help"), message_program());
	else
		tool_why(_("Try: %s %s --help"), message_program(), command->name);
	return EXIT_STATUS_USAGE;
}

static bool
list_add(struct option_list *list, const char *item)
{
	const char **items = realloc(list->items, (list->count + 1) * sizeof(*items));

	if (items == NULL)
		return false;
	items[list->count] = item;
	list->items = items;
	list->count++;
	return true;
}

void
option_list_clear(struct option_list *list)
{
	free(list->items);
	list->items = NULL;
	list->count = 0;
}

static enum exit_status
take_number(const struct command *command, const struct option_row *row, const char *text)
{
	struct option_number *number = row->value;
	char *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < number->min || value > number->max)
		return options_wrong(command, _("--%s wants a number from %lu to %lu, not \"%s\""), row->name,
			number->min, number->max, text);
	number->value = value;
	number->given = true;
	return EXIT_STATUS_GO_ON;
}

static enum exit_status
take_row(const struct command *command, const struct option_row *row, const char *text)
{
	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)row->value = true;
		return EXIT_STATUS_GO_ON;
	case OPTION_TEXT:
		if (*(const char **)row->value != NULL)
			return options_wrong(command, _("--%s is given twice"), row->name);
		*(const char **)row->value = text;
		return EXIT_STATUS_GO_ON;
	case OPTION_LIST:
		return list_add(row->value, text) ? EXIT_STATUS_GO_ON : tool_no_memory();
	case OPTION_NUMBER:
		return take_number(command, row, text);
	case OPTION_END:
		break;
	}
	return EXIT_STATUS_GO_ON;
}

static bool
row_given(const struct option_row *row)
{
	switch (row->kind) {
	case OPTION_TEXT:
		return *(const char *const *)row->value != NULL;
	case OPTION_LIST:
		return ((const struct option_list *)row->value)->count > 0;
	case OPTION_NUMBER:
		return ((const struct option_number *)row->value)->given;
	case OPTION_FLAG:
	case OPTION_END:
		break;
	}
	return true;
}

static enum exit_status
take_common(const struct command *command, const struct option_row *rows, struct common_options *common, int value)
{
	switch (value) {
	case OPT_HELP:
		print_help(command, rows);
		return EXIT_STATUS_OK;
	case OPT_VERSION:
		print_version();
		return EXIT_STATUS_OK;
	case OPT_JSON:
		common->json = true;
		return EXIT_STATUS_GO_ON;
	case OPT_MODULE:
		common->module = optarg;
		return EXIT_STATUS_GO_ON;
	default:
		return options_wrong(command, _("wrong usage"));
	}
}

static struct option *
long_options(const struct option_row *rows, size_t count)
{
	struct option *table = calloc(count + COMMON_COUNT + 1, sizeof(*table));

	if (table == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		table[i].name = rows[i].name;
		table[i].has_arg = rows[i].kind == OPTION_FLAG ? no_argument : required_argument;
		table[i].val = FIRST_ROW + (int)i;
	}
	for (size_t i = 0; i < COMMON_COUNT; i++) {
		table[count + i].name = common_rows[i].name;
		table[count + i].has_arg = common_rows[i].argument == NULL ? no_argument : required_argument;
		table[count + i].val = common_rows[i].value;
	}
	return table;
}

static enum exit_status
parse_loop(const struct command *command, const struct option_row *rows, const struct option *table,
	struct common_options *common, struct option_list *operands, int argc, char **argv)
{
	enum exit_status status = EXIT_STATUS_GO_ON;

	optind = 0; /* a full restart of glibc's scanner */
	opterr = 0;
	while (status == EXIT_STATUS_GO_ON) {
		const int at = optind > 0 ? optind : 1;
		const int value = getopt_long(argc, argv, "-:", table, NULL);

		if (value == -1)
			break;
		if (value == OPT_OPERAND && operands == NULL)
			status = options_wrong(command, _("unexpected argument \"%s\""), optarg);
		else if (value == OPT_OPERAND)
			status = list_add(operands, optarg) ? EXIT_STATUS_GO_ON : tool_no_memory();
		else if (value == ':')
			status = options_wrong(command, _("%s needs a value"), argv[optind - 1]);
		else if (value == '?')
			status = options_wrong(command, _("unknown option %s"), argv[at < argc ? at : argc - 1]);
		else if (value >= FIRST_ROW)
			status = take_row(command, &rows[value - FIRST_ROW], optarg);
		else
			status = take_common(command, rows, common, value);
	}
	for (; status == EXIT_STATUS_GO_ON && optind < argc; optind++) {
		if (operands == NULL)
			status = options_wrong(command, _("unexpected argument \"%s\""), argv[optind]);
		else if (!list_add(operands, argv[optind]))
			status = tool_no_memory();
	}
	return status;
}

enum exit_status
options_parse(const struct command *command, const struct option_row *rows, struct common_options *common,
	struct option_list *operands, int argc, char **argv)
{
	enum exit_status status;
	struct option *table;
	size_t count = 0;

	while (rows[count].kind != OPTION_END)
		count++;
	table = long_options(rows, count);
	if (table == NULL)
		return tool_no_memory();
	status = parse_loop(command, rows, table, common, operands, argc, argv);
	for (size_t i = 0; status == EXIT_STATUS_GO_ON && i < count; i++)
		if (rows[i].required && !row_given(&rows[i]))
			status = options_wrong(command, _("--%s is missing"), rows[i].name);
	free(table);
	return status;
}

static void
print_commands(const struct command *commands)
{
	size_t widest = 0;

	for (const struct command *each = commands; each->name != NULL; each++)
		widest = strlen(each->name) > widest ? strlen(each->name) : widest;
	for (; commands->name != NULL; commands++)
		printf("  %-*s  %s\n", (int)widest, commands->name, _(commands->summary));
}

static void
print_program_help(const struct command *commands, const char *summary)
{
	printf(_("Usage: %s COMMAND [OPTION…]"), message_program());
	printf("\n%s\n\n", _(summary));
	print_commands(commands);
	printf("\n");
	printf(_("Try: %s COMMAND --help"), message_program());
	printf("\n\n%s\n",
		_("Exit status: 0 done, 1 the answer is no, 2 wrong usage, 3 unreadable input, 4 token or store "
		  "trouble, 5 to 9 why a token can present nothing: mdoc-token(1)."));
}

/* The word of "pin set" behind "pin ". */
static const char *
last_word(const struct command *parent, const struct command *command)
{
	return command->name + strlen(parent->name) + 1;
}

static void
print_parent_help(const struct command *parent, const struct command *commands)
{
	printf(_("Usage: %s %s COMMAND [OPTION…]"), message_program(), parent->name);
	printf("\n%s\n\n", _(parent->summary));
	print_commands(commands);
}

int
options_subcommand(const struct command *parent, const struct command *commands, int argc, char **argv)
{
	if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		print_parent_help(parent, commands);
		return EXIT_STATUS_OK;
	}
	for (const struct command *command = commands; argc >= 2 && command->name != NULL; command++)
		if (strcmp(last_word(parent, command), argv[1]) == 0)
			return command->run(command, argc - 1, argv + 1);
	if (argc >= 2 && argv[1][0] != '-')
		return options_wrong(parent, _("unknown command \"%s %s\""), parent->name, argv[1]);
	return options_wrong(parent, _("say what to do after \"%s\""), parent->name);
}

int
options_dispatch(const struct command *commands, const char *summary, int argc, char **argv)
{
	if (argc < 2)
		return options_wrong(NULL, _("a command is missing"));
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_program_help(commands, summary);
		return EXIT_STATUS_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		print_version();
		return EXIT_STATUS_OK;
	}
	for (; commands->name != NULL; commands++)
		if (strcmp(commands->name, argv[1]) == 0)
			return commands->run(commands, argc - 1, argv + 1);
	return options_wrong(NULL, _("unknown command \"%s\""), argv[1]);
}
