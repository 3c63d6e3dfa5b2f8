/*
 * mdoc/verify/verify_asked.h: what a request asks of one docType, ready for many questions. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_VERIFY_ASKED_H
#define MDOC_VERIFY_ASKED_H

#include "mdoc/base/internal.h"
#include <mdoc/request.h>

#define MDOCI_AGES 100 /* two digits */

enum mdoci_age_answer { MDOCI_AGE_UNSAID = 0, MDOCI_AGE_FALSE, MDOCI_AGE_TRUE };

/* The age_over_NN of one namespace. */
struct mdoci_ages {
	enum mdoci_age_answer answer[MDOCI_AGES];
	struct mdoc_bytes place[MDOCI_AGES];
};

struct mdoci_asked;

/* Of all docRequests with this docType. MDOC_ERR_MEMORY */
enum mdoc_result mdoci_asked_new(const struct mdoc_request *request, struct mdoc_bytes doc_type,
	struct mdoci_asked **asked);
void mdoci_asked_free(struct mdoci_asked *asked);

/* Was the docType asked for at all? */
bool mdoci_asked_any(const struct mdoci_asked *asked);

/* Was it asked for? An age_over_NN may answer for another one, of which mdoci_asked_ages() says more.
 * *may_keep: with intentToRetain. */
bool mdoci_asked_covers(const struct mdoci_asked *asked, struct mdoc_bytes ns, struct mdoc_bytes element,
	bool *may_keep);

/* Each age_over_NN of a namespace answers something that was asked (7.2.5): the very one, or, where that one
 * is not there, a true one from above or a false one from below. NULL, or the rule that was broken. */
const char *mdoci_asked_ages(const struct mdoci_asked *asked, struct mdoc_bytes ns, const struct mdoci_ages *ages,
	struct mdoc_bytes *place);

#endif
