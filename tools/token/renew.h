/*
 * renew.h: a renewal of one token's record by its provisioner: no PIN, no prompt, no terminal (R-REN-01, R-REN-03).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_RENEW_H
#define TOOLS_TOKEN_RENEW_H

#include "tools/token/enrolment.h"
#include "tools/token/line.h"
#include "tools/token/vci.h"

#define RENEW_COPIES 10 /* copies, unless enrol says otherwise */
#define RENEW_COPIES_MAX 1000
#define RENEW_DAYS 3      /* before the end of the validity */
#define RENEW_LOW_WATER 2 /* copies left, or fewer */

enum renew_result {
	RENEW_NOT_DUE,
	RENEW_DONE,    /* new copies wait for the PIN */
	RENEW_WAITING, /* they did already */
	RENEW_LATER,   /* an attempt failed not long ago */
	RENEW_BUSY,    /* another process renews it */
	RENEW_ENDED,   /* the issuer has ended the enrolment */
	RENEW_FAILED
};

struct renew_options {
	const char *module; /* NULL: as enrolled */
	bool force;         /* even if it is not due, or too early after a failure */
	int64_t now;
};

/*
 * Renew the record of the token with this serial number if it is due.
 *
 * EXIT_STATUS_NO: the issuer refuses (said); EXIT_STATUS_TROUBLE: it could not be asked, or the token (said). The state
 * says when it will be tried again: *next; 0: never
 */
enum exit_status renew_one(const char *serial, const struct renew_options *options, enum renew_result *result,
	int64_t *next);

/* What a client needs of an enrolment, over an open line. `pins` has room for what curl takes. */
#define RENEW_PINS 1024
enum exit_status renew_client(const struct enrolment *enrolment, const struct line *line, char pins[RENEW_PINS],
	struct vci *vci);

/* Tell the issuer what has been accepted since; what it has heard of is not told again. */
void renew_tell(struct enrolment *enrolment, struct vci *vci, const char *access);

#endif
