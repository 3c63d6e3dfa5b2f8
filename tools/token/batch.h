/*
 * batch.h: records that arrived together, and what must hold of them before they are kept.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOOLS_TOKEN_BATCH_H
#define TOOLS_TOKEN_BATCH_H

#include <mdoc/mdoc.h>
#include "tools/common/copies.h"
#include "tools/common/options.h"

struct batch {
	struct mdoc_buf *values;             /* IssuerSigned, as received */
	struct mdoc_issuer_signed **records; /* parsed, borrowing from values */
	size_t count;
};

/* From a Credential Response (response not NULL) or from bare IssuerSigned files. Errors are said.
 * batch_clear() in any case. */
enum exit_status batch_read(const char *response, const struct option_list *files, struct batch *batch);
void batch_clear(struct batch *batch);

/*
 * Rules of the law for a My Number Card record, none for other docTypes: only the known elements
 * (R-MIN-01) with values of their form, and validUntil not behind the month that begins on the day of
 * issue (R-VAL-01).
 * MDOC_ERR_ELEMENT, MDOC_ERR_VALIDITY.
 */
enum mdoc_result batch_check_law(const struct mdoc_issuer_signed *record, struct mdoc_error *error);

/*
 * Copies must not be recognisable as copies of each other: no device key, item random or digest
 * occurs twice in the batch (R-REC-03).
 * MDOC_ERR_VALUE, MDOC_ERR_MEMORY.
 */
enum mdoc_result batch_check_unlinkable(struct mdoc_issuer_signed *const *records, size_t count,
	struct mdoc_error *error);

/* Every check on every record: signature, chain to an IACA that the token trusts, validity now,
 * digests, the law, a key of this token, unlinkable. The first failure is said. */
enum exit_status batch_check(const struct p11_token *token, const struct copies *copies, const struct batch *batch,
	int64_t now);

/* The IACA certificates that the security officer marked as trusted; NULL after saying why. */
struct mdoc_trust *batch_load_trust(const struct p11_token *token);

#endif
