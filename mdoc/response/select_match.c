/*
 * mdoc/response/select_match.c: which of the held records answers which docRequest.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/response/select_internal.h"
#include <mdoc/x509.h>
#include <string.h>

enum fit { FITS_NOT, FITS_PARTLY, FITS_WHOLLY };

/* Is the certificate's authority key identifier one of those? */
static bool
issued_by(const struct mdoc_context *context, struct mdoc_bytes der, const struct mdoc_request_info *info)
{
	struct mdoc_cert *cert = NULL;
	bool is = false;

	if (mdoc_cert_parse(context, der, &cert, NULL) != MDOC_OK)
		return false;
	for (size_t i = 0; !is && i < info->issuer_count; i++)
		is = mdoc_bytes_equal(info->issuers[i], mdoc_cert_authority_key_id(cert));
	mdoc_cert_free(cert);
	return is;
}

static bool
issuer_fits(const struct mdoci_match *match, const struct mdoc_issuer_signed *record,
	const struct mdoc_request_info *info)
{
	struct mdoc_bytes der;

	if (info == NULL || info->issuer_count == 0)
		return true;
	for (size_t i = 0; mdoc_sign1_certificate(&record->issuer_auth, i, &der); i++)
		if (issued_by(match->context, der, info))
			return true;
	return false;
}

static enum fit
elements_fit(const struct mdoci_index *index, const struct mdoc_doc_request *doc,
	const struct mdoci_alternatives *alternatives)
{
	size_t answered = 0;

	for (size_t i = 0; i < doc->count; i++)
		if (mdoci_index_find(index, doc->asked[i].ns, doc->asked[i].element) != NULL ||
			mdoci_alternative_find(index, alternatives, &doc->asked[i]) != NULL)
			answered++;
	return answered == doc->count ? FITS_WHOLLY : answered > 0 ? FITS_PARTLY : FITS_NOT;
}

static enum mdoc_result
find_record(struct mdoci_match *match, size_t d, struct mdoc_error *error)
{
	const struct mdoc_doc_request *doc = mdoc_request_doc(match->request, d);
	const struct mdoc_request_info *info = mdoc_doc_request_info(doc);
	struct mdoci_alternatives alternatives;
	enum mdoc_result res = mdoci_alternatives_make(doc, &alternatives);
	bool whole = false;

	for (size_t h = 0; res == MDOC_OK && !whole && h < match->held_count; h++) {
		const struct mdoc_held *held = &match->held[h];
		enum fit fit;

		if (!mdoc_bytes_equal(held->record->mso.doc_type, doc->doc_type) ||
			!issuer_fits(match, held->record, info))
			continue;
		if (match->indexes[h].refs == NULL)
			res = mdoci_index_make(match->context, held, &match->indexes[h], error);
		if (res != MDOC_OK)
			break;
		fit = elements_fit(&match->indexes[h], doc, &alternatives);
		whole = fit == FITS_WHOLLY;
		if (whole || (fit == FITS_PARTLY && match->record[d] == MDOCI_NONE && !match->request->second_edition))
			match->record[d] = h;
	}
	free(alternatives.sorted);
	return res;
}

static bool
may_answer(const struct mdoci_match *match, size_t d)
{
	const struct mdoc_request_info *info = mdoc_doc_request_info(mdoc_request_doc(match->request, d));

	if (match->options->refused != NULL && match->options->refused[d])
		return false;
	return info == NULL || (info->encryption == NULL && (info->zk == NULL || !info->zk->required));
}

static bool
holds_documents(const struct mdoci_match *match, const struct mdoc_document_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (match->record[set->docs[i]] == MDOCI_NONE)
			return false;
	return set->count > 0;
}

/* The first set that can be answered is wanted, and nothing of the others is missed. */
static void
take_set(struct mdoci_match *match, const struct mdoc_use_case *use_case, size_t *taken)
{
	*taken = MDOCI_NONE;
	for (size_t s = 0; *taken == MDOCI_NONE && s < use_case->set_count; s++)
		if (holds_documents(match, &use_case->sets[s]))
			*taken = s;
	for (size_t s = 0; s < use_case->set_count; s++)
		for (size_t i = 0; i < use_case->sets[s].count; i++) {
			match->wanted[use_case->sets[s].docs[i]] |= s == *taken;
			match->spared[use_case->sets[s].docs[i]] |= *taken != MDOCI_NONE;
		}
}

static enum mdoc_result
settle_use_cases(struct mdoci_match *match, struct mdoc_error *error)
{
	const struct mdoc_use_case *use_case;

	while (mdoc_request_use_case(match->request, match->use_cases) != NULL)
		match->use_cases++;
	match->sets = calloc(match->use_cases + 1, sizeof(*match->sets));
	if (match->sets == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	for (size_t d = 0; d < match->request->count; d++)
		match->wanted[d] = true;
	for (size_t u = 0; u < match->use_cases; u++) {
		use_case = mdoc_request_use_case(match->request, u);
		for (size_t s = 0; s < use_case->set_count; s++)
			for (size_t i = 0; i < use_case->sets[s].count; i++)
				match->wanted[use_case->sets[s].docs[i]] = false;
	}
	for (size_t u = 0; u < match->use_cases; u++) {
		use_case = mdoc_request_use_case(match->request, u);
		take_set(match, use_case, &match->sets[u]);
		if (match->sets[u] == MDOCI_NONE && use_case->mandatory)
			return mdoci_fail(error, MDOC_ERR_NOTHING, SIZE_MAX, "deviceRequestInfo.useCases",
				"records for use case %zu, which is mandatory", u);
	}
	return MDOC_OK;
}

/* Something to answer, or why not. */
static enum mdoc_result
check_any(const struct mdoci_match *match, struct mdoc_error *error)
{
	bool doc_type = false;

	for (size_t d = 0; d < match->request->count; d++) {
		if (match->wanted[d] && match->record[d] != MDOCI_NONE)
			return MDOC_OK;
		for (size_t h = 0; !doc_type && h < match->held_count; h++)
			doc_type =
				mdoc_bytes_equal(match->held[h].record->mso.doc_type, match->request->docs[d].doc_type);
	}
	if (!doc_type)
		return mdoci_fail(error, MDOC_ERR_DOCTYPE, SIZE_MAX, "docRequests",
			"a docRequest for a docType that is held");
	return mdoci_fail(error, MDOC_ERR_NOTHING, SIZE_MAX, "docRequests", "an element that is held");
}

enum mdoc_result
mdoci_match_make(struct mdoci_match *match, struct mdoc_error *error)
{
	const size_t docs = match->request->count;
	enum mdoc_result res = MDOC_OK;

	match->indexes = calloc(match->held_count + 1, sizeof(*match->indexes));
	match->record = calloc(docs + 1, sizeof(*match->record));
	match->wanted = calloc(docs + 1, sizeof(*match->wanted));
	match->spared = calloc(docs + 1, sizeof(*match->spared));
	if (match->indexes == NULL || match->record == NULL || match->wanted == NULL || match->spared == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	for (size_t d = 0; res == MDOC_OK && d < docs; d++) {
		match->record[d] = MDOCI_NONE;
		if (may_answer(match, d))
			res = find_record(match, d, error);
	}
	if (res == MDOC_OK)
		res = settle_use_cases(match, error);
	return res == MDOC_OK ? check_any(match, error) : res;
}

void
mdoci_match_clear(struct mdoci_match *match)
{
	for (size_t h = 0; match->indexes != NULL && h < match->held_count; h++)
		mdoci_index_clear(&match->indexes[h]);
	free(match->indexes);
	free(match->record);
	free(match->wanted);
	free(match->spared);
	free(match->sets);
}
