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
/* The same from a Credential Response in memory; name: of what it is, translated. */
enum exit_status batch_from_json(const json_t *response, const char *name, struct batch *batch);
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

/*
 * Show the contents and the notices (R-NOT-01), and ask whether to keep the record.
 *
 * json    show them on stderr
 * yes     do not ask; they are shown all the same
 * *shown  when
 *
 * EXIT_STATUS_NO: not agreed (said)
 */
enum exit_status batch_show(const struct batch *batch, bool json, bool yes, int64_t *shown);

/* Store a batch that passed batch_check(): one transaction where the token is ours. */
enum exit_status batch_keep(const struct p11_token *token, const struct copies *copies, const struct batch *batch,
	int64_t shown);

/* The IACA certificates that the security officer marked as trusted; NULL after saying why. */
struct mdoc_trust *batch_load_trust(const struct p11_token *token);

/*
 * The same as a JSON array of base64url, for when nobody is logged in: without the PIN the token cannot tell that
 * nobody marked another one. NULL after saying why.
 */
json_t *batch_trusted(const struct p11_token *token);
/* And back; NULL: there is none that can be used, or memory. */
struct mdoc_trust *batch_trust(const json_t *trusted);

#endif
