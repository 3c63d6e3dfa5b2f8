/*
 * mdoc/verify/verify.c: a DeviceResponse as a list of checks: the response as a whole, and each of its
 * documents in turn.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"
#include "mdoc/verify/verify_internal.h"

#include <stdio.h>
#include <string.h>

#define WHOLE_ROWS (MDOC_CHECK_DOCUMENTS + 1)
#define DOCUMENT_ROWS (MDOC_CHECK_COUNT - WHOLE_ROWS)

static bool
options_usable(const struct mdoc_verify_options *options)
{
	return options != NULL && mdoci_times_usable(options->now, options->clock_skew);
}

/* These say nothing about the input. */
static bool
is_fatal(enum mdoc_result res)
{
	return res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO || res == MDOC_ERR_ARG;
}

/*
 * A response that does not parse fails in one place. Which check that place belongs to is
 * what its path says; anything else is the structure.
 */
static enum mdoc_check
check_of_parse_error(const struct mdoc_error *why)
{
	static const struct {
		const char *part;
		enum mdoc_check check;
	} parts[] = {
		{ "validityInfo", MDOC_CHECK_VALIDITY_INFO },
		{ "issuerAuth.payload", MDOC_CHECK_MSO },
		{ "issuerAuth", MDOC_CHECK_ISSUER_AUTH },
		{ "deviceAuth", MDOC_CHECK_DEVICE_AUTH_FORM },
	};
	const bool whole = why->code == MDOC_ERR_VERSION || why->code == MDOC_ERR_STATUS;

	if (why->code >= MDOC_ERR_TRUNCATED && why->code <= MDOC_ERR_UTF8)
		return MDOC_CHECK_STRUCTURE;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strstr(why->path, parts[i].part) != NULL)
			return parts[i].check;
	if (whole)
		return why->code == MDOC_ERR_VERSION ? MDOC_CHECK_VERSION : MDOC_CHECK_STATUS;
	return MDOC_CHECK_STRUCTURE;
}

static void
report_parse_error(struct mdoci_verifier *v, const struct mdoc_error *why)
{
	const struct mdoci_place top = { MDOCI_PART_TOP, "", v->input };
	const enum mdoc_check failed = check_of_parse_error(why);
	size_t document = SIZE_MAX;

	if (failed > MDOC_CHECK_DOCUMENTS && sscanf(why->path, "documents[%zu]", &document) != 1)
		document = SIZE_MAX;
	for (unsigned check = 0; check < MDOC_CHECK_COUNT; check++) {
		v->document = check > MDOC_CHECK_DOCUMENTS ? document : SIZE_MAX;
		if (check == failed)
			mdoci_row_error(v, failed, why);
		else if (check == MDOC_CHECK_STRUCTURE)
			mdoci_row_passed(v, MDOC_CHECK_STRUCTURE, &top);
		else
			mdoci_row_not_done(v, (enum mdoc_check)check, &top);
	}
}

static void
verify_head(struct mdoci_verifier *v, const struct mdoc_response *response)
{
	const struct mdoc_node root = mdoc_cbor_root(response->scan);
	const struct mdoc_node documents_node = mdoc_map_text(root, "documents");
	const struct mdoci_place top = { MDOCI_PART_TOP, "", v->input };
	const struct mdoci_place version = { MDOCI_PART_TOP, "version", response->version };
	const struct mdoci_place status = { MDOCI_PART_TOP, "status", mdoc_node_span(mdoc_map_text(root, "status")) };
	const struct mdoci_place documents = { MDOCI_PART_TOP, "documents",
		mdoc_node_present(documents_node) ? mdoc_node_span(documents_node) : v->input };

	mdoci_row_passed(v, MDOC_CHECK_STRUCTURE, &top);
	mdoci_row_if(v, response->version.len >= 3 && memcmp(response->version.ptr, "1.", 2) == 0, MDOC_CHECK_VERSION,
		&version, MDOC_ERR_VERSION, "major version 1");
	mdoci_row_if(v, response->status == 0, MDOC_CHECK_STATUS, &status, MDOC_ERR_STATUS, "status 0");
	mdoci_row_if(v, response->count > 0, MDOC_CHECK_DOCUMENTS, &documents, MDOC_ERR_MISSING,
		"at least one document");
}

static bool
was_requested(const struct mdoc_request *request, struct mdoc_bytes doc_type)
{
	for (size_t i = 0; i < request->count; i++)
		if (mdoc_bytes_equal(request->docs[i].doc_type, doc_type))
			return true;
	return false;
}

static void
verify_doc_type(struct mdoci_verifier *v, const struct mdoc_document *doc)
{
	const struct mdoci_place place = { MDOCI_PART_DOCUMENT, "docType", doc->doc_type };
	const struct mdoc_request *request = v->options->request;

	mdoci_row_if(v, mdoc_bytes_equal(doc->doc_type, doc->issuer_signed->mso.doc_type), MDOC_CHECK_DOCTYPE, &place,
		MDOC_ERR_DOCTYPE, "the docType of the MSO");
	if (request == NULL)
		mdoci_row_not_applicable(v, MDOC_CHECK_DOCTYPE_REQUESTED, &place);
	else
		mdoci_row_if(v, was_requested(request, doc->doc_type), MDOC_CHECK_DOCTYPE_REQUESTED, &place,
			MDOC_ERR_DOCTYPE, "a docType that was requested");
}

static void
verify_response(struct mdoci_verifier *v, const struct mdoc_response *response)
{
	const struct mdoci_place top = { MDOCI_PART_TOP, "", v->input };

	verify_head(v, response);
	for (size_t i = 0; i < response->count && v->fatal == MDOC_OK; i++) {
		const struct mdoc_document *doc = &response->documents[i];

		v->document = i;
		verify_doc_type(v, doc);
		mdoci_verify_issuer_signed(v, doc->issuer_signed);
		mdoci_verify_device_signed(v, doc);
		mdoci_verify_elements(v, doc->issuer_signed, doc);
		mdoci_verify_profile(v, doc->issuer_signed);
		mdoci_verify_status(v, &doc->issuer_signed->mso);
		mdoci_verify_algorithms(v, doc->issuer_signed, doc);
		mdoc_cert_free(v->ds);
		v->ds = NULL;
	}
	for (unsigned check = WHOLE_ROWS; response->count == 0 && check < MDOC_CHECK_COUNT; check++)
		mdoci_row_not_done(v, (enum mdoc_check)check, &top);
}

/* The verdict, unless something ended its making. */
static enum mdoc_result
finish(struct mdoci_verifier *v, struct mdoc_verdict **verdict)
{
	if (v->fatal != MDOC_OK) {
		mdoc_verdict_free(v->verdict);
		return v->fatal;
	}
	*verdict = v->verdict;
	return mdoci_verdict_close(v->verdict);
}

enum mdoc_result
mdoc_verify(const struct mdoc_context *context, struct mdoc_bytes input, const struct mdoc_verify_options *options,
	struct mdoc_verdict **verdict)
{
	struct mdoci_verifier v = { context, options, input, NULL, SIZE_MAX, NULL, MDOC_OK };
	struct mdoc_response *response = NULL;
	struct mdoc_error why = { 0 };
	enum mdoc_result res;
	size_t documents;

	*verdict = NULL;
	if (!options_usable(options) || options->transcript.len == 0)
		return MDOC_ERR_ARG;
	res = mdoc_response_parse(context, input, &response, &why);
	if (is_fatal(res))
		return res;
	documents = response != NULL ? response->count : 0;
	v.fatal =
		mdoci_verdict_new(WHOLE_ROWS + (documents > 0 ? documents : 1) * DOCUMENT_ROWS, documents, &v.verdict);
	if (v.fatal != MDOC_OK) {
		mdoc_response_free(response);
		return v.fatal;
	}
	v.verdict->response = response; /* owned by the verdict now */
	if (response != NULL)
		verify_response(&v, response);
	else
		report_parse_error(&v, &why);
	return finish(&v, verdict);
}

enum mdoc_result
mdoc_verify_record(const struct mdoc_context *context, const struct mdoc_issuer_signed *record,
	const struct mdoc_verify_options *options, struct mdoc_verdict **verdict)
{
	struct mdoci_verifier v = { context, options, record->input, NULL, 0, NULL, MDOC_OK };

	*verdict = NULL;
	if (!options_usable(options))
		return MDOC_ERR_ARG;
	v.fatal = mdoci_verdict_new(DOCUMENT_ROWS, 1, &v.verdict);
	if (v.fatal != MDOC_OK)
		return v.fatal;
	v.verdict->record = true;
	mdoci_verify_issuer_signed(&v, record);
	mdoci_verify_elements(&v, record, NULL);
	mdoci_verify_profile(&v, record);
	mdoci_verify_status(&v, &record->mso);
	mdoci_verify_algorithms(&v, record, NULL);
	mdoc_cert_free(v.ds);
	return finish(&v, verdict);
}
