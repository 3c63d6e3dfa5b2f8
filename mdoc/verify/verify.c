/*
 * mdoc/verify/verify.c: a DeviceResponse as a list of checks, and the rows of that list.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/request/request_internal.h"
#include "mdoc/verify/verify_internal.h"

#include <stdio.h>
#include <string.h>

#define TIME_LIMIT ((int64_t)1 << 56) /* seconds; keeps sums of times inside int64_t */

static const char *const check_names[MDOC_CHECK_COUNT] = {
	[MDOC_CHECK_STRUCTURE] = "structure",
	[MDOC_CHECK_VERSION] = "version",
	[MDOC_CHECK_STATUS] = "status",
	[MDOC_CHECK_DOCUMENTS] = "documents",
	[MDOC_CHECK_DOCTYPE] = "doctype",
	[MDOC_CHECK_ISSUER_AUTH] = "issuer_auth",
	[MDOC_CHECK_DS_PROFILE] = "ds_profile",
	[MDOC_CHECK_CHAIN] = "chain",
	[MDOC_CHECK_ISSUER_SIGNATURE] = "issuer_signature",
	[MDOC_CHECK_MSO] = "mso",
	[MDOC_CHECK_VALIDITY_INFO] = "validity_info",
	[MDOC_CHECK_VALIDITY] = "validity",
	[MDOC_CHECK_DIGESTS] = "digests",
	[MDOC_CHECK_DEVICE_AUTH] = "device_auth",
	[MDOC_CHECK_KEY_AUTHORIZATIONS] = "key_authorizations",
};

const char *
mdoc_check_name(enum mdoc_check check)
{
	return (unsigned)check < MDOC_CHECK_COUNT ? check_names[check] : "unknown";
}

struct mdoci_place
mdoci_place_of(const char *base, const char *member, struct mdoc_bytes bytes)
{
	struct mdoci_place place = { "", bytes };

	mdoci_path(place.path, base, "%s", member);
	return place;
}

/* Where bytes of the input stand in it; they need not be part of it. */
static size_t
offset_of(const struct mdoci_verifier *v, struct mdoc_bytes bytes)
{
	const uintptr_t start = (uintptr_t)v->input.ptr;
	const uintptr_t at = (uintptr_t)bytes.ptr;

	if (bytes.ptr == v->input.ptr)
		return 0;
	if (bytes.ptr == NULL || at < start || at - start > v->input.len)
		return SIZE_MAX;
	return (size_t)(at - start);
}

static struct mdoc_check_row *
add_row(struct mdoci_verifier *v, enum mdoc_check check, enum mdoc_outcome outcome, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected)
{
	struct mdoc_check_row *row = NULL;

	if (v->verdict->count == v->room) {
		v->fatal = MDOC_ERR_ARG;
		return NULL;
	}
	row = &v->verdict->rows[v->verdict->count++];
	row->check = check;
	row->outcome = outcome;
	row->document = v->document;
	(void)mdoci_fail(&row->error, code, offset_of(v, place->bytes), place->path, "%s", expected);
	return row;
}

void
mdoci_row_passed(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place)
{
	(void)add_row(v, check, MDOC_PASSED, place, MDOC_OK, "");
}

void
mdoci_row_not_done(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place)
{
	(void)add_row(v, check, MDOC_NOT_DONE, place, MDOC_OK, "");
}

void
mdoci_row_failed(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected)
{
	(void)add_row(v, check, MDOC_FAILED, place, code, expected);
}

void
mdoci_row_result(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const struct mdoc_error *why)
{
	struct mdoc_check_row *row = NULL;

	if (code == MDOC_OK) {
		mdoci_row_passed(v, check, place);
		return;
	}
	if (code == MDOC_ERR_MEMORY || code == MDOC_ERR_CRYPTO || code == MDOC_ERR_ARG) {
		v->fatal = code;
		return;
	}
	row = add_row(v, check, MDOC_FAILED, place, code, why->expected);
	if (row != NULL && why->code != MDOC_OK && why->offset != SIZE_MAX && why->path[0] != '\0') {
		row->error.offset = why->offset;
		memcpy(row->error.path, why->path, sizeof(row->error.path));
	}
}

/* The first check that failed, in order of the rows. */
static enum mdoc_result
summary(const struct mdoc_verdict *verdict)
{
	for (size_t i = 0; i < verdict->count; i++)
		if (verdict->rows[i].outcome == MDOC_FAILED)
			return verdict->rows[i].error.code;
	return MDOC_OK;
}

static enum mdoc_result
start(struct mdoci_verifier *v, size_t rows)
{
	v->verdict->rows = calloc(rows, sizeof(*v->verdict->rows));
	v->room = v->verdict->rows != NULL ? rows : 0;
	return v->verdict->rows != NULL ? MDOC_OK : MDOC_ERR_MEMORY;
}

static bool
options_usable(const struct mdoc_verify_options *options)
{
	return options != NULL && options->clock_skew >= 0 && options->clock_skew < TIME_LIMIT &&
		options->now > -TIME_LIMIT && options->now < TIME_LIMIT;
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
		{ "deviceAuth", MDOC_CHECK_DEVICE_AUTH },
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
	const struct mdoci_place top = mdoci_place_of("", "", v->input);
	const enum mdoc_check failed = check_of_parse_error(why);
	size_t document = SIZE_MAX;
	struct mdoc_check_row *row = NULL;

	if (failed > MDOC_CHECK_DOCUMENTS && sscanf(why->path, "documents[%zu]", &document) != 1)
		document = SIZE_MAX;
	for (unsigned check = 0; check < MDOC_CHECK_COUNT; check++) {
		v->document = check > MDOC_CHECK_DOCUMENTS ? document : SIZE_MAX;
		if (check == failed) {
			row = add_row(v, failed, MDOC_FAILED, &top, why->code, why->expected);
			if (row != NULL)
				row->error = *why;
		} else if (check == MDOC_CHECK_STRUCTURE) {
			mdoci_row_passed(v, MDOC_CHECK_STRUCTURE, &top);
		} else {
			mdoci_row_not_done(v, (enum mdoc_check)check, &top);
		}
	}
}

static void
verify_head(struct mdoci_verifier *v, const struct mdoc_response *response)
{
	const struct mdoc_node root = mdoc_cbor_root(response->scan);
	const struct mdoci_place top = mdoci_place_of("", "", v->input);
	const struct mdoci_place version = mdoci_place_of("", "version", response->version);
	const struct mdoci_place status = mdoci_place_of("", "status", mdoc_node_span(mdoc_map_text(root, "status")));
	const struct mdoc_node documents_node = mdoc_map_text(root, "documents");
	const struct mdoci_place documents = mdoci_place_of("", "documents",
		mdoc_node_present(documents_node) ? mdoc_node_span(documents_node) : v->input);

	mdoci_row_passed(v, MDOC_CHECK_STRUCTURE, &top);
	if (response->version.len >= 3 && memcmp(response->version.ptr, "1.", 2) == 0)
		mdoci_row_passed(v, MDOC_CHECK_VERSION, &version);
	else
		mdoci_row_failed(v, MDOC_CHECK_VERSION, &version, MDOC_ERR_VERSION, "major version 1");
	if (response->status == 0)
		mdoci_row_passed(v, MDOC_CHECK_STATUS, &status);
	else
		mdoci_row_failed(v, MDOC_CHECK_STATUS, &status, MDOC_ERR_STATUS, "status 0");
	if (response->count > 0)
		mdoci_row_passed(v, MDOC_CHECK_DOCUMENTS, &documents);
	else
		mdoci_row_failed(v, MDOC_CHECK_DOCUMENTS, &documents, MDOC_ERR_MISSING, "at least one document");
}

static bool
was_requested(const struct mdoc_request *request, struct mdoc_bytes doc_type)
{
	if (request == NULL)
		return true;
	for (size_t i = 0; i < request->count; i++)
		if (mdoc_bytes_equal(request->docs[i].doc_type, doc_type))
			return true;
	return false;
}

static void
verify_document(struct mdoci_verifier *v, const struct mdoc_document *doc, size_t index)
{
	struct mdoci_place place = mdoci_place_of("", "", doc->doc_type);
	char base[MDOCI_PATH_MAX];
	char issuer_signed[MDOCI_PATH_MAX];

	v->document = index;
	mdoci_path(base, "documents", "[%zu]", index);
	mdoci_path(issuer_signed, base, "issuerSigned");
	mdoci_path(place.path, base, "docType");
	if (!mdoc_bytes_equal(doc->doc_type, doc->issuer_signed->mso.doc_type))
		mdoci_row_failed(v, MDOC_CHECK_DOCTYPE, &place, MDOC_ERR_DOCTYPE, "the docType of the MSO");
	else if (!was_requested(v->options->request, doc->doc_type))
		mdoci_row_failed(v, MDOC_CHECK_DOCTYPE, &place, MDOC_ERR_DOCTYPE, "a docType that was requested");
	else
		mdoci_row_passed(v, MDOC_CHECK_DOCTYPE, &place);
	mdoci_verify_issuer_signed(v, doc->issuer_signed, issuer_signed);
	mdoci_verify_device_signed(v, doc, base);
}

static void
verify_response(struct mdoci_verifier *v, const struct mdoc_response *response)
{
	const struct mdoci_place top = mdoci_place_of("", "", v->input);

	verify_head(v, response);
	for (size_t i = 0; i < response->count && v->fatal == MDOC_OK; i++)
		verify_document(v, &response->documents[i], i);
	for (unsigned check = MDOC_CHECK_DOCUMENTS + 1; response->count == 0 && check < MDOC_CHECK_COUNT; check++)
		mdoci_row_not_done(v, (enum mdoc_check)check, &top);
}

enum mdoc_result
mdoc_verify(const struct mdoc_context *context, struct mdoc_bytes input, const struct mdoc_verify_options *options,
	struct mdoc_verdict *verdict)
{
	struct mdoci_verifier v = { context, options, input, verdict, 0, SIZE_MAX, MDOC_OK };
	struct mdoc_error why = { 0 };
	enum mdoc_result res;
	size_t documents = 1;

	memset(verdict, 0, sizeof(*verdict));
	if (!options_usable(options) || options->transcript.len == 0)
		return MDOC_ERR_ARG;
	res = mdoc_response_parse(context, input, &verdict->response, &why);
	if (res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO || res == MDOC_ERR_ARG)
		return res;
	if (verdict->response != NULL && verdict->response->count > 1)
		documents = verdict->response->count;
	v.fatal = start(&v, MDOC_CHECK_DOCUMENTS + 1 + documents * (MDOC_CHECK_COUNT - MDOC_CHECK_DOCUMENTS - 1));
	if (v.fatal != MDOC_OK)
		goto out;
	if (verdict->response != NULL)
		verify_response(&v, verdict->response);
	else
		report_parse_error(&v, &why);
out:
	if (v.fatal == MDOC_OK)
		return summary(verdict);
	mdoc_verdict_clear(verdict);
	return v.fatal;
}

enum mdoc_result
mdoc_verify_record(const struct mdoc_context *context, const struct mdoc_issuer_signed *record,
	const struct mdoc_verify_options *options, struct mdoc_verdict *verdict)
{
	struct mdoci_verifier v = { context, options, record->input, verdict, 0, 0, MDOC_OK };

	memset(verdict, 0, sizeof(*verdict));
	if (!options_usable(options))
		return MDOC_ERR_ARG;
	v.fatal = start(&v, MDOC_CHECK_COUNT);
	if (v.fatal == MDOC_OK)
		mdoci_verify_issuer_signed(&v, record, "");
	if (v.fatal == MDOC_OK)
		return summary(verdict);
	mdoc_verdict_clear(verdict);
	return v.fatal;
}

void
mdoc_verdict_clear(struct mdoc_verdict *verdict)
{
	if (verdict == NULL)
		return;
	mdoc_response_free(verdict->response);
	free(verdict->rows);
	memset(verdict, 0, sizeof(*verdict));
}
