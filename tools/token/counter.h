/*
 * counter.h: what a counter does before an act on a holder's PIN: it checks who the holder is, and the token records that
 * (R-CARD-36, R-CARD-47).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_COUNTER_H
#define TOOLS_TOKEN_COUNTER_H

#include "tools/common/options.h"
#include "tools/common/p11.h"

struct check_args {
	const char *checked;   /* --checked: what was looked at, without the holder's name */
	const char *operator_; /* --operator: who looked */
	const char *request;   /* --requested: where the holder's wish is on file; NULL: the act needs none */
};

#define CHECK_ROWS(args) \
	{ "checked", OPTION_TEXT, &(args).checked, N_("TEXT"), \
		N_("how the holder's identity was checked, without a name"), false }, \
	{ \
		"operator", OPTION_TEXT, &(args).operator_, N_("NAME"), N_("who works at the counter"), false \
	}

/* EXIT_STATUS_GO_ON, or USAGE (said): one of the two without the other. */
enum exit_status check_usage(const struct command *command, const struct check_args *args);

/* Write it into the token's log, in the security officer's session; nothing when nothing was given: the token decides
 * whether it can do without. Said unless EXIT_STATUS_OK. */
enum exit_status check_record(const struct check_args *args, const struct p11_token *token);

#endif
