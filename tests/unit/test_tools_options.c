/* tests/unit/test_tools_options.c: command lines and what terminals are shown. SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/unit_tools.h"
#include "tools/common/options.h"
#include "tools/common/terminal.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool flag;
static const char *text;
static struct option_list list;
static struct option_number number;
static struct common_options common;
static struct option_list operands;

static enum exit_status
parse(const char *a, const char *b, const char *c, const char *d)
{
	const struct command command = { "unit-tools", "[FILE…]", "test", NULL };
	const struct option_row rows[] = {
		{ "flag", OPTION_FLAG, &flag, NULL, "help", false },
		{ "text", OPTION_TEXT, &text, "TEXT", "help", true },
		{ "list", OPTION_LIST, &list, "ITEM", "help", false },
		{ "number", OPTION_NUMBER, &number, "N", "help", false },
		{ NULL, OPTION_END, NULL, NULL, NULL, false },
	};
	char *argv[] = { (char *)(uintptr_t) "x", (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c,
		(char *)(uintptr_t)d, NULL };
	enum exit_status status;
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	flag = false;
	text = NULL;
	number = (struct option_number){ .value = 7, .min = 1, .max = 10 };
	memset(&common, 0, sizeof(common));
	option_list_clear(&list);
	option_list_clear(&operands);
	unit_tools_hush();
	status = options_parse(&command, rows, &common, &operands, argc, argv);
	unit_tools_speak();
	return status;
}

/* If this failed, a typing error would do something else than what was meant. */
static void
refuses_wrong_usage(void)
{
	CU_ASSERT_EQUAL(parse(NULL, NULL, NULL, NULL), EXIT_STATUS_USAGE); /* --text is missing */
	CU_ASSERT_EQUAL(parse("--text", "a", "--nosuch", NULL), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text", "a", "-x", NULL), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text", "a", "--text", "b"), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text", NULL, NULL, NULL), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text=a", "--flag=1", NULL, NULL), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text=a", "--number", "0", NULL), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text=a", "--number", "11", NULL), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text=a", "--number", "-1", NULL), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text=a", "--number", "5x", NULL), EXIT_STATUS_USAGE);
	CU_ASSERT_EQUAL(parse("--text=a", "--number", "99999999999999999999", NULL), EXIT_STATUS_USAGE);
}

/* If this failed, options would be lost, or taken for operands. */
static void
takes_what_is_given(void)
{
	CU_ASSERT_EQUAL(parse("--help", NULL, NULL, NULL), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(parse("--version", NULL, NULL, NULL), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(parse("one", "--text=a", "--list=b", "--list=c"), EXIT_STATUS_GO_ON);
	CU_ASSERT_STRING_EQUAL(text, "a");
	CU_ASSERT_EQUAL_FATAL(list.count, 2);
	CU_ASSERT_STRING_EQUAL(list.items[1], "c");
	CU_ASSERT_EQUAL_FATAL(operands.count, 1);
	CU_ASSERT_STRING_EQUAL(operands.items[0], "one");
	CU_ASSERT_EQUAL(number.value, 7);
	CU_ASSERT_FALSE(number.given);
	CU_ASSERT_EQUAL(parse("--text=a", "--json", "--", "--flag"), EXIT_STATUS_GO_ON);
	CU_ASSERT_TRUE(common.json);
	CU_ASSERT_FALSE(flag);
	CU_ASSERT_EQUAL_FATAL(operands.count, 1);
	CU_ASSERT_STRING_EQUAL(operands.items[0], "--flag");
	CU_ASSERT_EQUAL(parse("--text=a", "--module=m.so", "--number=10", "--flag"), EXIT_STATUS_GO_ON);
	CU_ASSERT_STRING_EQUAL(common.module, "m.so");
	CU_ASSERT_EQUAL(number.value, 10);
	CU_ASSERT_TRUE(flag);
	option_list_clear(&list);
	option_list_clear(&operands);
}

CU_TestInfo options_tests[] = {
	{ "refuses wrong usage", refuses_wrong_usage },
	{ "takes what is given", takes_what_is_given },
	CU_TEST_INFO_NULL,
};

static void
shows(const char *in, const char *out)
{
	char *shown = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&shown, &len);

	terminal_text(to, in, strlen(in));
	fclose(to);
	CU_ASSERT_STRING_EQUAL(shown, out);
	free(shown);
}

/* If this failed, a record or a reader's name could rewrite the screen on which the holder consents. */
static void
hides_what_moves_the_cursor(void)
{
	shows("a\x1b[2Jb\r\n\t\x7f", "a?[2Jb????");
	shows("\xc2\x9b"
	      "31m",
		"?31m");                             /* CSI as one character */
	shows("x\xe2\x80\xaey", "x?y");              /* right-to-left override */
	shows("\xff\xc0\x80\xed\xa0\x80", "??????"); /* no UTF-8: stray, overlong, surrogate */
	shows("山田　太郎", "山田　太郎");
}

/* If this failed, the table that the holder reads would be ragged. */
static void
counts_columns(void)
{
	CU_ASSERT_EQUAL(terminal_width("abc", 3), 3);
	CU_ASSERT_EQUAL(terminal_width("氏名", strlen("氏名")), 4);
	CU_ASSERT_EQUAL(terminal_width("\xe8\xbe\xba\xf3\xa0\x84\x80", 7), 2); /* a Kanji and its variation selector */
	CU_ASSERT_EQUAL(terminal_width("\xe6", 1), 1);
}

CU_TestInfo terminal_tests[] = {
	{ "hides what moves the cursor", hides_what_moves_the_cursor },
	{ "counts columns", counts_columns },
	CU_TEST_INFO_NULL,
};
