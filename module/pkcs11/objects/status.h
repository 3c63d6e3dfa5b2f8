/*
 * status.h: the JSON of the status object (its schema is in status.c).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_STATUS_H
#define MODULE_STATUS_H

#include "tokens/provision.h"
#include "tokens/token.h"

#define STATUS_LABEL "status"

/* Seconds since the epoch. */
struct status_period {
	int64_t from, until;
};

/* What only the user may know, beside the counts: the records that expire first and last. */
struct status_details {
	size_t records;
	struct status_period earliest, latest;
};

/* What waits in the inbox, by kind - 1, as token_inbox_counts() gives it. */
struct status_inbox {
	uint64_t counts[TOKEN_INBOX_NOTICE];
};

void status_add_record(struct status_details *details, int64_t from, int64_t until);

/* The JSON, NUL terminated and malloc'ed; details NULL: what anybody may know. NULL: no memory. */
char *status_json(const struct token_info *info, const struct status_inbox *waiting,
	const struct status_details *details);

#endif
