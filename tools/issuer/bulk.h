/*
 * bulk.h: many orders at once: signed by several threads, entered in the register in groups, resumable at any moment, and
 * none of them issued twice.
 *
 * An order is a JSON object {"person": reference, "request": Credential Request, ? "claims": {…}}: a file of its own in a
 * folder, or a line of a file. What is made of NAME.json is OUT/NAME.json, of line 7 it is OUT/00000007.json. A response is
 * first written as OUT/.NAME.ID.part, ID being its notification id; the register then says whether it counts. What a
 * killed run left is put right by the next one.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef ISSUER_BULK_H
#define ISSUER_BULK_H

#include "tools/issuer/issuance.h"

#define BULK_JOBS_MAX 64

struct bulk {
	const char *from, *out;
	struct option_number jobs; /* value 0: one for each processor */
	bool json;
	struct issuer *issuer;      /* open */
	struct issuer_token *token; /* logged in */
	const struct issuance_rules *rules;
	const struct issuance_order *order; /* what is the same for all */
};

/*
 * Run. EXIT_STATUS_OK: every order has its response now. EXIT_STATUS_NO: some were refused (each is said, and stands in
 * OUT/NAME.refused.json). Otherwise (said) the run stopped, and may be started again.
 */
enum exit_status bulk_issue(const struct bulk *bulk);

#endif
