/*
 * mdoc/verify/verify_dates.c: the times of a record: in order, inside those of its signer, now, and not over
 * the law's month (R-VAL-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_internal.h"
#include <mdoc/japan.h>

static void
check_now(struct mdoci_verifier *v, const struct mdoc_mso *mso, const struct mdoci_place *place)
{
	const int64_t now = v->options->now;
	const int64_t skew = v->options->clock_skew;

	if (now + skew < mso->valid_from)
		mdoci_row_failed(v, MDOC_CHECK_VALIDITY, place, MDOC_ERR_VALIDITY, "a validFrom in the past");
	else
		mdoci_row_if(v, now - skew <= mso->valid_until, MDOC_CHECK_VALIDITY, place, MDOC_ERR_VALIDITY,
			"a validUntil in the future");
}

void
mdoci_verify_dates(struct mdoci_verifier *v, const struct mdoc_mso *mso, bool ds_known, int64_t ds_from, int64_t ds_to)
{
	const struct mdoc_node node = mdoc_map_text(mdoc_cbor_root(mso->scan), "validityInfo");
	const struct mdoc_profile *profile = mdoc_profile_find(mso->doc_type);
	struct mdoc_error why = { 0 };
	const struct mdoci_place place = { MDOCI_PART_ISSUER, "issuerAuth.payload.validityInfo", mdoc_node_span(node) };

	mdoci_row_if(v, mso->signed_ <= mso->valid_from && mso->valid_from <= mso->valid_until,
		MDOC_CHECK_VALIDITY_INFO, &place, MDOC_ERR_VALIDITY, "signed <= validFrom <= validUntil");
	if (!ds_known)
		mdoci_row_not_done(v, MDOC_CHECK_SIGNED_IN_DS, &place);
	else
		mdoci_row_if(v, ds_from <= mso->signed_ && mso->signed_ <= ds_to, MDOC_CHECK_SIGNED_IN_DS, &place,
			MDOC_ERR_VALIDITY, "signed while the DS certificate was valid");
	check_now(v, mso, &place);
	if (!ds_known)
		mdoci_row_not_done(v, MDOC_CHECK_UNTIL_IN_DS, &place);
	else if (mso->valid_until > ds_to)
		mdoci_row_warning(v, MDOC_CHECK_UNTIL_IN_DS, &place, MDOC_ERR_VALIDITY,
			"a validUntil not after the DS certificate's notAfter");
	else
		mdoci_row_passed(v, MDOC_CHECK_UNTIL_IN_DS, &place);
	why.code = mdoc_profile_check_validity(profile, mso->signed_, mso->valid_until, &why);
	why.offset = SIZE_MAX; /* the row's place is the better one */
	if (profile == NULL)
		mdoci_row_not_applicable(v, MDOC_CHECK_LAW_VALIDITY, &place);
	else
		mdoci_row_result(v, MDOC_CHECK_LAW_VALIDITY, &place, why.code, &why);
}
