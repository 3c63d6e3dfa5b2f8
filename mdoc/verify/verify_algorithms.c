/*
 * mdoc/verify/verify_algorithms.c: the caller's dates for algorithms, curves and digests (R-FUT-05).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/mso.h"
#include "mdoc/verify/verify_internal.h"

#include <string.h>

#define NAMES_MAX 8

/* What a document stands on. */
struct names {
	const char *items[NAMES_MAX];
	size_t count;
};

static void
add_name(struct names *names, const char *name)
{
	if (name != NULL && names->count < NAMES_MAX)
		names->items[names->count++] = name;
}

static void
add_certificate(struct names *names, const struct mdoc_cert *cert)
{
	struct mdoc_public_key key;

	if (cert != NULL && mdoc_cert_public_key(cert, &key) == MDOC_OK)
		add_name(names, mdoc_curve_name(key.curve));
}

/* The curve of the IACA, below which all of it hangs. */
static void
add_anchor(struct mdoci_verifier *v, struct names *names)
{
	const struct mdoc_bytes der = v->verdict->documents[v->document].anchor;
	struct mdoc_cert *cert = NULL;

	if (der.len > 0 && mdoc_cert_parse(v->context, der, &cert, NULL) == MDOC_OK)
		add_certificate(names, cert);
	mdoc_cert_free(cert);
}

static void
collect(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is, const struct mdoc_document *doc,
	struct names *names)
{
	add_name(names, mdoc_alg_name(is->issuer_auth.alg));
	add_certificate(names, v->ds);
	add_anchor(v, names);
	add_name(names, mdoci_digest_text(is->mso.digest_alg));
	add_name(names, mdoc_curve_name(is->mso.device_key.curve));
	if (doc != NULL && !doc->device_signed.is_mac)
		add_name(names, mdoc_alg_name(doc->device_signed.signature.alg));
}

static bool
is_among(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return true;
	return false;
}

void
mdoci_verify_algorithms(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is, const struct mdoc_document *doc)
{
	const struct mdoc_verify_options *options = v->options;
	const struct mdoci_place place = { MDOCI_PART_ISSUER, "issuerAuth", mdoc_node_span(is->issuer_auth.node) };
	const char *warned = NULL, *rejected = NULL;
	struct mdoc_error why = { 0 };
	struct names names = { .count = 0 };

	if (options->algorithm_count == 0) {
		mdoci_row_not_applicable(v, MDOC_CHECK_ALGORITHM_POLICY, &place);
		return;
	}
	collect(v, is, doc, &names);
	for (size_t i = 0; i < options->algorithm_count; i++) {
		const struct mdoc_algorithm_rule *rule = &options->algorithms[i];

		if (!is_among(&names, rule->name))
			continue;
		if (options->now >= rule->reject_from)
			rejected = rule->name;
		else if (options->now >= rule->warn_from)
			warned = rule->name;
	}
	if (rejected != NULL || warned != NULL)
		(void)mdoci_fail(&why, MDOC_ERR_ALGORITHM, SIZE_MAX, "", "another than %s at this date (R-FUT-05)",
			rejected != NULL ? rejected : warned);
	if (rejected != NULL)
		mdoci_row_failed(v, MDOC_CHECK_ALGORITHM_POLICY, &place, MDOC_ERR_ALGORITHM, why.expected);
	else if (warned != NULL)
		mdoci_row_warning(v, MDOC_CHECK_ALGORITHM_POLICY, &place, MDOC_ERR_ALGORITHM, why.expected);
	else
		mdoci_row_passed(v, MDOC_CHECK_ALGORITHM_POLICY, &place);
}
