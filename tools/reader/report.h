/*
 * report.h: where a verdict goes: to people as text or as a page, to programs as JSON, and to a file what may be kept.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef READER_REPORT_H
#define READER_REPORT_H

#include "tools/reader/reader.h"

struct report_args {
	const char *html;     /* a page here, "-": standard output, which then has no text */
	const char *store;    /* what may be kept here; NULL: nothing is */
	bool no_store;        /* said by the user, though it is the default */
	bool show_unverified; /* with JSON */
};

#define REPORT_ROWS(args) \
	{ "html", OPTION_TEXT, &(args).html, N_("FILE"), N_("write the result as a page for people, too"), false }, \
		{ "store", OPTION_TEXT, &(args).store, N_("FILE"), \
			N_("keep what was asked for with the intent to keep it, and nothing else"), false }, \
		{ "no-store", OPTION_FLAG, &(args).no_store, NULL, N_("keep nothing (the default)"), false }, \
	{ \
		"show-unverified", OPTION_FLAG, &(args).show_unverified, NULL, \
			N_("with --json: also what could not be verified, marked so"), false \
	}

/* Before anything is read; removes the page of an earlier result. EXIT_STATUS_USAGE (said): options that contradict each other; EXIT_STATUS_TROUBLE (said): a
 * file that could not be written; json: --json was given; asked: it is known what was asked for */
enum exit_status report_check(const struct command *command, const struct report_args *args, bool json, bool asked);

/* request: needed to keep anything. EXIT_STATUS_OK, or EXIT_STATUS_NO: not verified. EXIT_STATUS_TROUBLE (said) */
enum exit_status report_result(const struct reader_result *result, const struct report_args *args, bool json,
	const struct mdoc_request *request);

#endif
