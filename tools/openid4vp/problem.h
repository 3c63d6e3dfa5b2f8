/*
 * problem.h: what is wrong with an authorization request: a sentence for people here, and the error response that
 * tells the verifier (OpenID4VP 1.0, 8.5; RFC 6749, 4.1.2.1).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENID4VP_PROBLEM_H
#define OPENID4VP_PROBLEM_H

#include "tools/common/exit.h"

#define VP_INVALID_REQUEST "invalid_request"
#define VP_INVALID_SCOPE "invalid_scope"
#define VP_ACCESS_DENIED "access_denied"
#define VP_FORMATS_NOT_SUPPORTED "vp_formats_not_supported"
#define VP_INVALID_TRANSACTION_DATA "invalid_transaction_data"
#define VP_INVALID_URI_METHOD "invalid_request_uri_method"

struct vp_problem {
	const char *code;      /* one of those above; NULL: nothing is wrong */
	char description[200]; /* English, of the letters that error_description may have */
};

/*
 * Keep the first problem and say it on stderr, in the language of the user.
 *
 * problem  NULL: it is only said
 * format   N_() text; what it prints of the request comes out with unprintable letters as "?"
 *
 * Returns `status`, which is not EXIT_STATUS_OK.
 */
enum exit_status vp_problem(struct vp_problem *problem, enum exit_status status, const char *code, const char *format,
	...) __attribute__((format(printf, 4, 5)));

/* The same for a text that is no format; subject: what it is about, before a colon, as it is; NULL: nothing. */
enum exit_status vp_problem_text(struct vp_problem *problem, enum exit_status status, const char *code,
	const char *subject, const char *text);

#endif
