/*
 * heard.h: what an issuer's notices tell of, and those that wait in the inbox until the holder has seen them (R-REV-05).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_HEARD_H
#define TOOLS_TOKEN_HEARD_H

#include <jansson.h>
#include "tools/common/p11.h"

struct heard_event {
	const char *name;
	bool stops;       /* nothing can be presented after it */
	const char *said; /* a sentence without full stop; translate it */
};

/* NULL: there is no such event; name may be NULL. */
const struct heard_event *heard_event_of(const char *name);

/* The claims of a notice in the inbox; NULL: it cannot be read, or is none that is known here. json_decref(). */
json_t *heard_read(const struct p11_token *token, CK_ULONG id);

/*
 * Show one that waits, and take it out of the inbox: once it was shown, the holder knows.
 *
 * list  where its claims are added instead of being shown; NULL: show it
 *
 * EXIT_STATUS_INPUT: it is not understood, and stays (said)
 */
enum exit_status heard_show(const struct p11_token *token, CK_ULONG id, json_t *list);

#endif
