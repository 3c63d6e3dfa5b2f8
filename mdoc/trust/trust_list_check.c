/*
 * mdoc/trust/trust_list_check.c: who signed a VICAL or RICAL, and whether it counts today.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/trust/trust_list_internal.h"

#define TIME_LIMIT (INT64_C(1) << 56) /* seconds; keeps sums of times inside int64_t */

static bool
policy_usable(const struct mdoc_trust_list_policy *policy)
{
	return policy->anchor_count > 0 && policy->clock_skew >= 0 && policy->clock_skew < TIME_LIMIT &&
		policy->now > -TIME_LIMIT && policy->now < TIME_LIMIT;
}

/* These certificates as CAs that may have issued another one. */
static enum mdoc_result
trust_in(const struct mdoc_context *context, const struct mdoc_bytes *certificates, size_t n, unsigned relax,
	struct mdoc_trust **trust, struct mdoc_error *error)
{
	struct mdoc_trust *made = mdoc_trust_new();
	enum mdoc_result res = made != NULL ? MDOC_OK : MDOC_ERR_MEMORY;
	struct mdoc_error first = { 0 };
	size_t added = 0;

	for (size_t i = 0; res == MDOC_OK && i < n; i++) {
		const enum mdoc_result got = mdoc_trust_add(context, made, certificates[i], MDOC_CERT_READER_CA, relax,
			added > 0 ? NULL : &first);

		/* A signer that is known itself need not be a CA. */
		if (got == MDOC_OK)
			added++;
		else if (got != MDOC_ERR_CERTIFICATE)
			res = got;
	}
	if (res == MDOC_OK && added == 0)
		res = mdoci_fail(error, MDOC_ERR_CERTIFICATE, SIZE_MAX, "x5chain", "%s", first.expected);
	if (res == MDOC_OK) {
		*trust = made;
		made = NULL;
	}
	mdoc_trust_free(made);
	return res;
}

/* One step up: issued by one of these, and both valid. */
static enum mdoc_result
issued_by(const struct mdoc_context *context, struct mdoc_bytes leaf, const struct mdoc_bytes *issuers, size_t n,
	const struct mdoc_trust_list_policy *policy, struct mdoc_error *error)
{
	const struct mdoc_anchor *anchor;
	struct mdoc_trust *trust = NULL;
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = trust_in(context, issuers, n, policy->relax, &trust, error);

	if (res == MDOC_OK)
		res = mdoc_cert_parse(context, leaf, &cert, error);
	if (res == MDOC_OK)
		res = mdoc_trust_find(trust, cert, MDOC_CERT_VICAL, policy->relax, policy->now, &anchor, error);
	mdoc_trust_free(trust);
	mdoc_cert_free(cert);
	return res;
}

static bool
known_itself(struct mdoc_bytes certificate, const struct mdoc_trust_list_policy *policy)
{
	for (size_t i = 0; i < policy->anchor_count; i++)
		if (mdoc_bytes_equal(certificate, policy->anchors[i]))
			return true;
	return false;
}

static enum mdoc_result
valid_now(const struct mdoc_context *context, struct mdoc_bytes certificate,
	const struct mdoc_trust_list_policy *policy, struct mdoc_error *error)
{
	struct mdoc_cert *cert = NULL;
	int64_t from, to;

	if (mdoc_cert_parse(context, certificate, &cert, NULL) != MDOC_OK)
		return mdoci_fail(error, MDOC_ERR_CERTIFICATE, SIZE_MAX, "x5chain", "a certificate");
	from = mdoc_cert_not_before(cert);
	to = mdoc_cert_not_after(cert);
	mdoc_cert_free(cert);
	if (policy->now + policy->clock_skew < from || policy->now - policy->clock_skew > to)
		return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "x5chain", "a certificate that is valid now");
	return MDOC_OK;
}

/* From the signer along x5chain until a certificate is known, or issued by one that is. */
static enum mdoc_result
check_chain(const struct mdoc_context *context, const struct mdoc_trust_list *list,
	const struct mdoc_trust_list_policy *policy, struct mdoc_error *error)
{
	struct mdoc_bytes certificate = list->envelope.signer, above;
	enum mdoc_result res = MDOC_OK;

	for (size_t i = 1; res == MDOC_OK; i++) {
		struct mdoc_error why = { 0 };

		if (known_itself(certificate, policy))
			return valid_now(context, certificate, policy, error);
		res = issued_by(context, certificate, policy->anchors, policy->anchor_count, policy, &why);
		if (res == MDOC_OK || (res != MDOC_ERR_CHAIN && res != MDOC_ERR_CERTIFICATE) ||
			!mdoc_sign1_certificate(&list->envelope.sign1, i, &above)) {
			if (res != MDOC_OK && error != NULL)
				*error = why;
			return res;
		}
		res = issued_by(context, certificate, &above, 1, policy, error);
		certificate = above;
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
	enum mdoc_result res;

	list->checked = false;
	if (!policy_usable(policy))
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "an anchor and a time");
	res = check_chain(context, list, policy, error);
	if (res == MDOC_OK)
		res = mdoci_envelope_verify(context, &list->envelope, error);
	if (res == MDOC_OK)
		res = check_dates(list, policy, error);
	list->checked = res == MDOC_OK;
	return res;
}
