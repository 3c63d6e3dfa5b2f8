/*
 * mdoc/status/token.h: the CWT around a revocation list, the same for both kinds. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_STATUS_TOKEN_H
#define MDOC_STATUS_TOKEN_H

#include "mdoc/status/envelope.h"
#include <mdoc/status.h>

#define MDOCI_CLAIM_STATUS_LIST 65533
#define MDOCI_CLAIM_IDENTIFIER_LIST 65530
#define MDOCI_TYPE_STATUS_LIST "application/statuslist+cwt"
#define MDOCI_TYPE_IDENTIFIER_LIST "application/identifierlist+cwt"

struct mdoci_token {
	struct mdoci_envelope envelope;
	struct mdoc_bytes uri;
	int64_t issued, expires;
	int64_t not_before; /* nbf; INT64_MIN: not said */
	uint64_t ttl;
	/* of a check that passed */
	bool checked;
	struct mdoc_cert *signer, *issuer;
};

/* Parse the CWT and its common claims. type_in_claims: typ may also stand there. */
enum mdoc_result mdoci_token_parse(const struct mdoc_context *context, struct mdoc_bytes input, const char *type,
	bool type_in_claims, struct mdoci_token *token, struct mdoc_error *error);
void mdoci_token_clear(struct mdoci_token *token);

/* Certificate and signature. */
enum mdoc_result mdoci_token_check(const struct mdoc_context *context, struct mdoci_token *token,
	const struct mdoc_list_trust *trust, struct mdoc_error *error);

/* Whether this checked token answers for the document: uri, issuer, times. uri and certificate are those of
 * the kind of list at hand in the document's Status. */
enum mdoc_result mdoci_token_answers(const struct mdoci_token *token, struct mdoc_bytes uri,
	struct mdoc_bytes certificate, const struct mdoc_revocation_query *query, struct mdoc_error *why);

/* The claims that both kinds have, in a map of `more` members more, which the caller writes. */
void mdoci_put_claims(struct mdoc_buf *buf, const struct mdoc_list_spec *spec, size_t more);

/* MDOC_OK, or what the specification lacks. */
enum mdoc_result mdoci_list_spec_check(const struct mdoc_list_spec *spec);

/* Sign the claims and append the CWT. */
enum mdoc_result mdoci_put_token(struct mdoc_buf *out, const struct mdoc_list_spec *spec, const char *type,
	const struct mdoc_buf *claims);

#endif
