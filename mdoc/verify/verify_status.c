/*
 * mdoc/verify/verify_status.c: whether the document is revoked: by the lists that the caller hands in, valid,
 * revoked or undetermined (ISO/IEC 18013-5 second edition, 12.3.6).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_internal.h"

#include <string.h>

void
mdoci_row_undetermined(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	const char *expected)
{
	switch (v->options->undetermined) {
	case MDOC_UNDETERMINED_FAILS:
		mdoci_row_failed(v, check, place, MDOC_ERR_UNDETERMINED, expected);
		break;
	case MDOC_UNDETERMINED_IGNORED:
		mdoci_row_unknown(v, check, place, expected);
		break;
	case MDOC_UNDETERMINED_WARNS:
	default:
		mdoci_row_warning(v, check, place, MDOC_ERR_UNDETERMINED, expected);
		break;
	}
}

/* Ask the lists; MDOC_OK: valid, MDOC_ERR_REVOKED, MDOC_ERR_UNDETERMINED. */
static enum mdoc_result
ask(const struct mdoci_verifier *v, const struct mdoc_status *status, struct mdoc_error *why)
{
	struct mdoc_public_key key;
	const struct mdoc_revocation_query query = {
		.status = status,
		.iaca = v->verdict->documents[v->document].anchor,
		.ds = &key,
		.now = v->options->now,
		.clock_skew = v->options->clock_skew,
	};

	if (v->options->lists == NULL)
		return mdoci_fail(why, MDOC_ERR_UNDETERMINED, SIZE_MAX, "", "a list that says whether it is revoked");
	if (v->ds == NULL || query.iaca.len == 0 || mdoc_cert_public_key(v->ds, &key) != MDOC_OK)
		return mdoci_fail(why, MDOC_ERR_UNDETERMINED, SIZE_MAX, "", "an issuer whose lists are known");
	switch (mdoc_revocation_ask(v->options->lists, &query, why)) {
	case MDOC_REVOCATION_VALID:
		return MDOC_OK;
	case MDOC_REVOCATION_REVOKED:
	case MDOC_REVOCATION_SUSPENDED:
		return MDOC_ERR_REVOKED;
	case MDOC_REVOCATION_UNDETERMINED:
	default:
		return MDOC_ERR_UNDETERMINED;
	}
}

/* Where it says that a document may be found revoked. */
static const char *
member_of(const struct mdoc_status *status)
{
	if (status->list_uri.len > 0 && status->identifier_uri.len == 0)
		return "issuerAuth.payload.status.status_list";
	if (status->list_uri.len == 0 && status->identifier_uri.len > 0)
		return "issuerAuth.payload.status.identifier_list";
	return "issuerAuth.payload.status";
}

void
mdoci_verify_status(struct mdoci_verifier *v, const struct mdoc_mso *mso)
{
	struct mdoci_place place = { MDOCI_PART_ISSUER, "issuerAuth.payload.status",
		mdoc_node_present(mso->status) ? mdoc_node_span(mso->status) : MDOC_NO_BYTES };
	struct mdoc_status status;
	struct mdoc_error why = { 0 };
	enum mdoc_result res;

	if (!mdoc_node_present(mso->status)) {
		mdoci_row_not_applicable(v, MDOC_CHECK_REVOCATION, &place);
		return;
	}
	res = mdoc_status_read(mso->status, place.member, &status, &why);
	if (res == MDOC_OK)
		place.member = member_of(&status);
	if (res == MDOC_OK && status.list_uri.len == 0 && status.identifier_uri.len == 0)
		res = mdoci_fail(&why, MDOC_ERR_UNDETERMINED, SIZE_MAX, "", "a kind of list that is known");
	if (res == MDOC_OK)
		res = ask(v, &status, &why);
	if (res == MDOC_OK)
		mdoci_row_passed(v, MDOC_CHECK_REVOCATION, &place);
	else if (res == MDOC_ERR_REVOKED)
		mdoci_row_failed(v, MDOC_CHECK_REVOCATION, &place, MDOC_ERR_REVOKED,
			why.expected[0] != '\0' ? why.expected : "a document that is not revoked");
	else
		mdoci_row_undetermined(v, MDOC_CHECK_REVOCATION, &place,
			why.expected[0] != '\0' ? why.expected : "a list that says whether it is revoked");
}
