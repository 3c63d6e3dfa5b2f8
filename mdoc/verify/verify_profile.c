/*
 * mdoc/verify/verify_profile.c: the rules that the docType has beside the standard's: its elements, and which
 * keys may have signed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_internal.h"
#include <mdoc/japan.h>

/* One item against its rule. */
static enum mdoc_result
check_item(const struct mdoci_verifier *v, const struct mdoc_profile *profile, const struct mdoc_namespace *ns,
	const struct mdoc_item *item, struct mdoc_error *why)
{
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res = mdoc_cbor_scan(v->context, item->value, 0, &scan, why);

	if (res == MDOC_OK)
		res = mdoc_profile_check_element(profile, ns->name, item->element, mdoc_cbor_root(scan), why);
	mdoc_cbor_free(scan);
	return res;
}

/* An element that the profile does not name is no reason to refuse what the issuer has signed: what is known of
 * the elements is not certain. */
static void
check_elements(struct mdoci_verifier *v, const struct mdoc_profile *profile, const struct mdoc_issuer_signed *is)
{
	struct mdoci_place place = { MDOCI_PART_ISSUER, "nameSpaces", MDOC_NO_BYTES };
	struct mdoci_place unknown = place;
	struct mdoc_error why = { 0 };
	enum mdoc_result res = MDOC_OK;

	for (size_t n = 0; n < is->count; n++) {
		const struct mdoc_namespace *ns = &is->namespaces[n];

		for (size_t i = 0; i < ns->count && res == MDOC_OK; i++) {
			place.bytes = ns->items[i].tagged;
			if (mdoc_profile_element(profile, ns->name, ns->items[i].element) == NULL)
				unknown.bytes = place.bytes;
			else
				res = check_item(v, profile, ns, &ns->items[i], &why);
		}
	}
	why.offset = SIZE_MAX; /* the row's place is the item */
	if (res == MDOC_OK && unknown.bytes.ptr != NULL)
		mdoci_row_warning(v, MDOC_CHECK_ELEMENT_PROFILE, &unknown, MDOC_ERR_ELEMENT,
			"an element that is known of this docType");
	else
		mdoci_row_result(v, MDOC_CHECK_ELEMENT_PROFILE, &place, res, &why);
}

static void
check_keys(struct mdoci_verifier *v, const struct mdoc_profile *profile, const struct mdoc_mso *mso)
{
	const struct mdoci_place place = { MDOCI_PART_ISSUER, "issuerAuth.payload.deviceKeyInfo",
		mdoc_node_span(mdoc_map_text(mdoc_cbor_root(mso->scan), "deviceKeyInfo")) };
	struct mdoc_public_key ds;
	const bool known = v->ds != NULL && mdoc_cert_public_key(v->ds, &ds) == MDOC_OK;
	const bool good = mdoc_profile_takes_curve(profile, mso->device_key.curve) &&
		(!known || mdoc_profile_takes_curve(profile, ds.curve));

	if (good && !known)
		mdoci_row_not_done(v, MDOC_CHECK_KEY_PROFILE, &place);
	else
		mdoci_row_if(v, good, MDOC_CHECK_KEY_PROFILE, &place, MDOC_ERR_KEY,
			"keys on curves that the docType allows (R-CRY-01)");
}

void
mdoci_verify_profile(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is)
{
	const struct mdoc_profile *profile = mdoc_profile_find(is->mso.doc_type);
	const struct mdoci_place none = { MDOCI_PART_ISSUER, "", MDOC_NO_BYTES };

	if (profile == NULL) {
		mdoci_row_not_applicable(v, MDOC_CHECK_ELEMENT_PROFILE, &none);
		mdoci_row_not_applicable(v, MDOC_CHECK_KEY_PROFILE, &none);
		return;
	}
	check_elements(v, profile, is);
	check_keys(v, profile, &is->mso);
}
