/*
 * algorithms.h: until when algorithms, curves and digests are good, as a file says it: an issuer makes nothing new with
 * one that is past its date, a reader warns or refuses (R-FUT-04 to R-FUT-06). No date is compiled in.
 *
 * {"version": 1, "algorithms": [{"name": "ES256", "issue_until": "2030-12-31", "warn_from": "2031-01-01",
 *  "reject_from": "2031-04-01"}]}
 *
 * Names are those of libmdoc: "ES256" and its like, "P-256" and its like, "SHA-256". Days are Japanese ones; each of
 * the three may be left out. A name that is not there is good for ever.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_ALGORITHMS_H
#define TOOLS_ALGORITHMS_H

#include <jansson.h>
#include <mdoc/verify.h>
#include "tools/common/exit.h"

struct algorithm_policy {
	struct mdoc_algorithm_rule *rules; /* for mdoc_verify_options */
	int64_t *issue_until;              /* beside them: the last second for what is new */
	size_t count;
	json_t *json; /* owns the names */
};

/* Read a policy. EXIT_STATUS_INPUT (said), EXIT_STATUS_TROUBLE. algorithm_policy_clear() in any case. */
enum exit_status algorithm_policy_read(const char *path, struct algorithm_policy *policy);
void algorithm_policy_clear(struct algorithm_policy *policy);

/* May something new be made with this at that time? NULL as a name: yes. */
bool algorithm_policy_issues(const struct algorithm_policy *policy, const char *name, int64_t now);

#endif
