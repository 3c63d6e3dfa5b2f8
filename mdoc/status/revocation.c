/*
 * mdoc/status/revocation.c: all the lists that a reader holds, asked for one document.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/lists.h"

const char *
mdoc_revocation_name(enum mdoc_revocation revocation)
{
	static const char *const names[] = {
		[MDOC_REVOCATION_UNDETERMINED] = "undetermined",
		[MDOC_REVOCATION_VALID] = "valid",
		[MDOC_REVOCATION_REVOKED] = "revoked",
		[MDOC_REVOCATION_SUSPENDED] = "suspended",
	};

	return (unsigned)revocation < sizeof(names) / sizeof(names[0]) ? names[revocation] : "unknown";
}

/* Which of two answers counts: the later one here. */
static int
weight(enum mdoc_revocation revocation)
{
	switch (revocation) {
	case MDOC_REVOCATION_REVOKED:
		return 3;
	case MDOC_REVOCATION_SUSPENDED:
		return 2;
	case MDOC_REVOCATION_VALID:
		return 1;
	default:
		return 0;
	}
}

struct answer {
	enum mdoc_revocation revocation;
	struct mdoc_error why;
};

static void
take(struct answer *best, enum mdoc_revocation revocation, const struct mdoc_error *why)
{
	if (weight(revocation) > weight(best->revocation) || best->why.code == MDOC_ERR_UNDETERMINED) {
		best->revocation = revocation;
		best->why = *why;
	}
}

enum mdoc_revocation
mdoc_revocation_ask(const struct mdoc_revocation_lists *lists, const struct mdoc_revocation_query *query,
	struct mdoc_error *why)
{
	struct answer best = { MDOC_REVOCATION_UNDETERMINED, { 0 } };
	const struct mdoc_status *status = query->status;

	(void)mdoci_fail(&best.why, MDOC_ERR_UNDETERMINED, SIZE_MAX, "", "a list that the Status names");
	for (size_t i = 0; i < lists->status_count; i++) {
		struct mdoc_error error = { 0 };

		if (status->list_uri.len > 0 && mdoc_bytes_equal(lists->status[i]->token.uri, status->list_uri))
			take(&best, mdoc_status_list_ask(lists->status[i], query, &error), &error);
	}
	for (size_t i = 0; i < lists->identifiers_count; i++) {
		struct mdoc_error error = { 0 };

		if (status->identifier_uri.len > 0 &&
			mdoc_bytes_equal(lists->identifiers[i]->token.uri, status->identifier_uri))
			take(&best, mdoc_identifier_list_ask(lists->identifiers[i], query, &error), &error);
	}
	if (why != NULL && best.revocation != MDOC_REVOCATION_VALID)
		*why = best.why;
	return best.revocation;
}
