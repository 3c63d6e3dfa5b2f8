/*
 * mdoc/trust/trust_list_check.c: who signed a VICAL or RICAL, and whether it counts today.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"
#include "mdoc/x509/x509_internal.h"

static bool
policy_usable(const struct mdoc_trust_list_policy *policy, enum mdoc_cert_profile signer)
{
	enum mdoc_cert_profile profile = MDOC_CERT_LIST_CA;

	if (policy->anchors == NULL || !mdoci_times_usable(policy->now, policy->clock_skew))
		return false;
	return !mdoc_trust_profile(policy->anchors, &profile) || profile == MDOC_CERT_LIST_CA || profile == signer;
}

/* Where check_chain() stands: a certificate, and how many lie between it and the signer. */
struct climb {
	const struct mdoc_context *context;
	const struct mdoc_trust_list_policy *policy;
	struct mdoc_bytes certificate;
	enum mdoc_cert_profile profile;
	size_t below;
};

/* One step up: a CA of the list's own, for as long as somebody above it is trusted. */
static enum mdoc_result
step_up(struct climb *climb, const struct mdoc_cert *cert, struct mdoc_bytes issuer, struct mdoc_error *error)
{
	const struct mdoc_trust_list_policy *policy = climb->policy;
	const struct mdoc_anchor *anchor;
	struct mdoc_trust *trust = mdoc_trust_new();
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (trust == NULL)
		return mdoci_fail(error, res, SIZE_MAX, "", "memory");
	res = mdoc_trust_add(climb->context, trust, issuer, MDOC_CERT_LIST_CA, policy->relax, error);
	if (res == MDOC_OK)
		res = mdoc_trust_find(trust, cert, MDOC_CERT_LIST_CA, policy->relax, policy->now, &anchor, error);
	if (res == MDOC_OK && !mdoci_cert_path_allows(anchor->cert, climb->below))
		res = mdoci_fail(error, MDOC_ERR_CHAIN, SIZE_MAX, "x5chain", "a path that pathLenConstraint allows");
	mdoc_trust_free(trust);
	climb->certificate = issuer;
	climb->profile = MDOC_CERT_LIST_CA;
	climb->below++;
	return res;
}

/* One that was found below an anchor. Nobody publishes CRLs of what stands between the two ends of a path. */
static enum mdoc_result
arrived(const struct climb *climb, const struct mdoc_judged *judged, struct mdoc_error *error)
{
	enum mdoc_cert_profile profile = MDOC_CERT_LIST_CA;
	enum mdoc_result res = mdoci_judged_result(judged, MDOC_OK, climb->policy->crl_required, error);

	(void)mdoc_trust_profile(climb->policy->anchors, &profile);
	if (res == MDOC_OK && profile == MDOC_CERT_LIST_CA &&
		!mdoci_cert_path_allows(judged->anchor->cert, climb->below))
		res = mdoci_fail(error, MDOC_ERR_CHAIN, SIZE_MAX, "x5chain", "a path that pathLenConstraint allows");
	if (res == MDOC_OK && climb->below > 0 && climb->policy->crl_required)
		res = mdoci_fail(error, MDOC_ERR_UNDETERMINED, SIZE_MAX, "x5chain", "a CRL of the signer's issuer");
	return res;
}

/* From the signer along x5chain to one that an anchor issued. */
static enum mdoc_result
check_chain(const struct mdoc_context *context, const struct mdoc_trust_list *list,
	const struct mdoc_trust_list_policy *policy, struct mdoc_cert **signer, struct mdoc_error *error)
{
	struct climb climb = { context, policy, list->envelope.signer, mdoci_trust_list_form(list->info.kind)->signer,
		0 };
	enum mdoc_result res = MDOC_OK;
	bool trusted = false;

	while (res == MDOC_OK && !trusted) {
		struct mdoc_judged judged;
		struct mdoc_bytes above;

		res = mdoc_trust_judge(context, policy->anchors, climb.certificate, climb.profile, policy->relax,
			policy->now, &judged);
		if (res == MDOC_OK) {
			res = arrived(&climb, &judged, error);
			trusted = true;
		} else if (res == MDOC_ERR_CHAIN &&
			mdoc_sign1_certificate(&list->envelope.sign1, climb.below + 1, &above)) {
			res = step_up(&climb, judged.cert, above, error);
		} else {
			res = mdoci_judged_result(&judged, res, false, error);
		}
		if (res == MDOC_OK && *signer == NULL)
			*signer = mdoci_cert_ref(judged.cert);
		mdoc_judged_clear(&judged);
	}
	return res;
}

static enum mdoc_result
check_dates(const struct mdoc_trust_list *list, const struct mdoc_trust_list_policy *policy, struct mdoc_error *error)
{
	const struct mdoc_trust_list_info *info = &list->info;
	const int64_t late = policy->now + policy->clock_skew;
	const int64_t early = policy->now - policy->clock_skew;

	if (late < info->date)
		return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "payload.date", "a date in the past");
	if (info->has_not_after && early > info->not_after)
		return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "payload.notAfter", "a list that is still valid");
	if (info->has_next_update && !policy->accept_overdue && early > info->next_update)
		return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "payload.nextUpdate",
			"a list that no newer one should have replaced");
	return MDOC_OK;
}

enum mdoc_result
mdoc_trust_list_check(const struct mdoc_context *context, struct mdoc_trust_list *list,
	const struct mdoc_trust_list_policy *policy, struct mdoc_error *error)
{
	struct mdoc_cert *signer = NULL;
	enum mdoc_result res;

	list->checked = false;
	if (!policy_usable(policy, mdoci_trust_list_form(list->info.kind)->signer))
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "anchors that are CAs or signers, and a time");
	res = check_chain(context, list, policy, &signer, error);
	if (res == MDOC_OK)
		res = mdoci_envelope_verify(context, &list->envelope, signer, error);
	if (res == MDOC_OK)
		res = check_dates(list, policy, error);
	list->checked = res == MDOC_OK;
	mdoc_cert_free(signer);
	return res;
}
