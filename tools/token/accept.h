/*
 * accept.h: from what waits in the inbox to records in the token, after the PIN (R-REN-01, R-NOT-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_ACCEPT_H
#define TOOLS_TOKEN_ACCEPT_H

#include <jansson.h>
#include "tools/common/copies.h"
#include "tools/common/p11.h"
#include "tools/token/batch.h"

struct accept_options {
	bool json; /* contents and notices on stderr */
	bool yes;  /* do not ask; they are shown all the same */
	int64_t now;
};

/* What became of it; sums over several entries. */
struct accept_result {
	size_t copies;                        /* stored */
	size_t destroyed;                     /* of the batch before, which nobody had used */
	int64_t valid_until, expected_update; /* of the last entry; 0: not said */
	char *notification;                   /* its id for the issuer; free() */
};

/* Entries of a kind; *ids: free(). */
CK_RV accept_list(const struct p11_token *token, CK_MDOC_INBOX_ENTRY **entries, size_t *count);

/*
 * One sealed response of the inbox: open its keys, check all that import checks, show it, bind it in one transaction,
 * and only then destroy what is left of the batch before. The user is logged in.
 *
 * The entry stays where it is, so that what is ended here can be done again: accept_done() is the last step, after
 * whatever else has to be kept of it.
 */
enum exit_status accept_entry(struct p11_token *token, CK_ULONG id, const struct accept_options *options,
	struct accept_result *result);
enum exit_status accept_done(const struct p11_token *token, CK_ULONG id);

/* The same of a Credential Response that was opened; its keys are in the token. */
enum exit_status accept_response(struct p11_token *token, const json_t *response, const struct accept_options *options,
	struct accept_result *result);

/*
 * Enter in the state of the token's enrolment, if it has one, what was accepted and that the issuer has yet to hear of
 * it; the result's notification is taken over. Not EXIT_STATUS_OK: it could not be written (said)
 */
enum exit_status accept_note(const struct p11_token *token, int64_t now, struct accept_result *result);

/*
 * The same of what "import" has stored from a file, if it is what the token is enrolled for: what is left of the batch
 * before is destroyed, and the issuer will hear of it.
 *
 * copies        what was in the token before
 * notification  NULL: the issuer wants to hear nothing
 */
enum exit_status accept_imported(const struct p11_token *token, const struct copies *copies, const struct batch *batch,
	const char *notification, int64_t now);

#endif
