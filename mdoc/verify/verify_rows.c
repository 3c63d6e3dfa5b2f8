/*
 * mdoc/verify/verify_rows.c: the rows of a verdict, written by the checks and read by the caller.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_internal.h"

#include <string.h>

static const char *const check_names[MDOC_CHECK_COUNT] = {
	[MDOC_CHECK_STRUCTURE] = "structure",
	[MDOC_CHECK_VERSION] = "version",
	[MDOC_CHECK_STATUS] = "status",
	[MDOC_CHECK_DOCUMENTS] = "documents",
	[MDOC_CHECK_DOCTYPE] = "doctype",
	[MDOC_CHECK_DOCTYPE_REQUESTED] = "doctype_requested",
	[MDOC_CHECK_ISSUER_AUTH] = "issuer_auth",
	[MDOC_CHECK_X5CHAIN] = "x5chain",
	[MDOC_CHECK_DS_PROFILE] = "ds_profile",
	[MDOC_CHECK_CHAIN] = "chain",
	[MDOC_CHECK_CERTIFICATE_VALIDITY] = "certificate_validity",
	[MDOC_CHECK_CRL] = "crl",
	[MDOC_CHECK_ANCHOR_DOCTYPE] = "anchor_doctype",
	[MDOC_CHECK_ISSUER_ALGORITHM] = "issuer_algorithm",
	[MDOC_CHECK_ISSUER_SIGNATURE] = "issuer_signature",
	[MDOC_CHECK_MSO] = "mso",
	[MDOC_CHECK_VALIDITY_INFO] = "validity_info",
	[MDOC_CHECK_SIGNED_IN_DS] = "signed_in_ds",
	[MDOC_CHECK_VALIDITY] = "validity",
	[MDOC_CHECK_UNTIL_IN_DS] = "until_in_ds",
	[MDOC_CHECK_LAW_VALIDITY] = "law_validity",
	[MDOC_CHECK_DIGESTS] = "digests",
	[MDOC_CHECK_RANDOM_LENGTH] = "random_length",
	[MDOC_CHECK_DUPLICATES] = "duplicates",
	[MDOC_CHECK_DEVICE_AUTH_FORM] = "device_auth_form",
	[MDOC_CHECK_DEVICE_AUTH_ALGORITHM] = "device_auth_algorithm",
	[MDOC_CHECK_DEVICE_AUTH] = "device_auth",
	[MDOC_CHECK_KEY_AUTHORIZATIONS] = "key_authorizations",
	[MDOC_CHECK_DEVICE_ELEMENTS] = "device_elements",
	[MDOC_CHECK_ISSUING_COUNTRY] = "issuing_country",
	[MDOC_CHECK_ISSUING_JURISDICTION] = "issuing_jurisdiction",
	[MDOC_CHECK_REQUESTED_ELEMENTS] = "requested_elements",
	[MDOC_CHECK_RETENTION] = "retention",
	[MDOC_CHECK_AGE_OVER] = "age_over",
	[MDOC_CHECK_ELEMENT_PROFILE] = "element_profile",
	[MDOC_CHECK_KEY_PROFILE] = "key_profile",
	[MDOC_CHECK_REVOCATION] = "revocation",
	[MDOC_CHECK_ALGORITHM_POLICY] = "algorithm_policy",
};

static const char *const outcome_names[] = {
	[MDOC_PASSED] = "passed",
	[MDOC_FAILED] = "failed",
	[MDOC_NOT_DONE] = "not_done",
	[MDOC_NOT_APPLICABLE] = "not_applicable",
	[MDOC_WARNING] = "warning",
};

const char *
mdoc_check_name(enum mdoc_check check)
{
	return (unsigned)check < MDOC_CHECK_COUNT ? check_names[check] : "unknown";
}

const char *
mdoc_outcome_name(enum mdoc_outcome outcome)
{
	return (unsigned)outcome < sizeof(outcome_names) / sizeof(*outcome_names) ? outcome_names[outcome] : "unknown";
}

/* ---- Written ---- */

enum mdoc_result
mdoci_verdict_new(size_t rows, size_t documents, struct mdoc_verdict **verdict)
{
	struct mdoc_verdict *made = calloc(1, sizeof(*made));

	if (made != NULL) {
		made->rows = calloc(rows, sizeof(*made->rows));
		made->room = rows;
		made->documents = calloc(documents > 0 ? documents : 1, sizeof(*made->documents));
		made->document_count = documents;
	}
	if (made == NULL || made->rows == NULL || made->documents == NULL) {
		mdoc_verdict_free(made);
		made = NULL;
	}
	*verdict = made;
	return made != NULL ? MDOC_OK : MDOC_ERR_MEMORY;
}

void
mdoc_verdict_free(struct mdoc_verdict *verdict)
{
	if (verdict == NULL)
		return;
	mdoc_response_free(verdict->response);
	for (size_t i = 0; i < verdict->count; i++)
		free(verdict->rows[i].why);
	free(verdict->rows);
	free(verdict->documents);
	free(verdict);
}

enum mdoc_result
mdoci_verdict_close(struct mdoc_verdict *verdict)
{
	enum mdoc_result whole = MDOC_OK; /* of the rows that are about no document */

	for (size_t i = 0; i < verdict->count; i++) {
		const struct mdoci_row *row = &verdict->rows[i];

		if (row->outcome != MDOC_FAILED)
			continue;
		if (verdict->result == MDOC_OK)
			verdict->result = row->why->code;
		if (row->document == SIZE_MAX && whole == MDOC_OK)
			whole = row->why->code;
		if (row->document < verdict->document_count && verdict->documents[row->document].result == MDOC_OK)
			verdict->documents[row->document].result = row->why->code;
	}
	for (size_t i = 0; i < verdict->document_count && whole != MDOC_OK; i++)
		verdict->documents[i].result = whole;
	return verdict->result;
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

static struct mdoci_row *
add_row(struct mdoci_verifier *v, enum mdoc_check check, enum mdoc_outcome outcome, const struct mdoci_place *place)
{
	struct mdoc_verdict *verdict = v->verdict;
	struct mdoci_row *row = NULL;

	if (verdict->count == verdict->room) {
		v->fatal = MDOC_ERR_ARG;
		return NULL;
	}
	row = &verdict->rows[verdict->count++];
	row->check = check;
	row->outcome = outcome;
	row->part = place->part;
	row->member = place->member;
	row->document = v->document;
	row->offset = offset_of(v, place->bytes);
	return row;
}

void
mdoci_row_passed(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place)
{
	(void)add_row(v, check, MDOC_PASSED, place);
}

void
mdoci_row_not_done(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place)
{
	(void)add_row(v, check, MDOC_NOT_DONE, place);
}

void
mdoci_row_not_applicable(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place)
{
	(void)add_row(v, check, MDOC_NOT_APPLICABLE, place);
}

/* documents[i].issuerSigned.member, or less of it. */
static void
path_of(const struct mdoc_verdict *verdict, const struct mdoci_row *row, const char *member, char path[MDOCI_PATH_MAX])
{
	const char *part = row->part == MDOCI_PART_ISSUER ? ".issuerSigned" : "";

	if (row->part == MDOCI_PART_TOP || row->document == SIZE_MAX || verdict->record)
		mdoci_path(path, "", "%s", member);
	else
		mdoci_path(path, "documents", "[%zu]%s%s%s", row->document, part, member[0] == '\0' ? "" : ".", member);
}

static struct mdoci_row *
add_why(struct mdoci_verifier *v, enum mdoc_check check, enum mdoc_outcome outcome, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected)
{
	struct mdoci_row *row = add_row(v, check, outcome, place);
	char path[MDOCI_PATH_MAX];

	if (row == NULL)
		return NULL;
	row->why = malloc(sizeof(*row->why));
	if (row->why == NULL) {
		v->fatal = MDOC_ERR_MEMORY;
		return NULL;
	}
	path_of(v->verdict, row, row->member, path);
	(void)mdoci_fail(row->why, code, row->offset, path, "%s", expected);
	return row;
}

void
mdoci_row_failed(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected)
{
	(void)add_why(v, check, MDOC_FAILED, place, code, expected);
}

void
mdoci_row_warning(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected)
{
	(void)add_why(v, check, MDOC_WARNING, place, code, expected);
}

void
mdoci_row_unknown(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	const char *expected)
{
	(void)add_why(v, check, MDOC_NOT_DONE, place, MDOC_ERR_UNDETERMINED, expected);
}

void
mdoci_row_if(struct mdoci_verifier *v, bool passed, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const char *expected)
{
	if (passed)
		mdoci_row_passed(v, check, place);
	else
		mdoci_row_failed(v, check, place, code, expected);
}

void
mdoci_row_result(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoci_place *place,
	enum mdoc_result code, const struct mdoc_error *why)
{
	struct mdoci_row *row = NULL;

	if (code == MDOC_OK) {
		mdoci_row_passed(v, check, place);
		return;
	}
	if (code == MDOC_ERR_MEMORY || code == MDOC_ERR_CRYPTO || code == MDOC_ERR_ARG) {
		v->fatal = code;
		return;
	}
	row = add_why(v, check, MDOC_FAILED, place, code, why->expected);
	if (row != NULL && why->offset != SIZE_MAX && why->path[0] != '\0') {
		row->why->offset = why->offset;
		path_of(v->verdict, row, why->path, row->why->path);
	}
}

void
mdoci_row_error(struct mdoci_verifier *v, enum mdoc_check check, const struct mdoc_error *why)
{
	const struct mdoci_place top = { MDOCI_PART_TOP, "", v->input };
	struct mdoci_row *row = add_why(v, check, MDOC_FAILED, &top, why->code, "");

	if (row != NULL)
		*row->why = *why;
}

/* ---- Read ---- */

enum mdoc_result
mdoc_verdict_result(const struct mdoc_verdict *verdict)
{
	return verdict->result;
}

bool
mdoc_verdict_row(const struct mdoc_verdict *verdict, size_t i, struct mdoc_check_row *row)
{
	const struct mdoci_row *from = NULL;

	if (i >= verdict->count)
		return false;
	from = &verdict->rows[i];
	memset(row, 0, sizeof(*row));
	row->check = from->check;
	row->outcome = from->outcome;
	row->document = from->document;
	if (from->why != NULL) {
		row->error = *from->why;
		return true;
	}
	row->error.offset = from->offset;
	path_of(verdict, from, from->member, row->error.path);
	return true;
}

bool
mdoc_verdict_find(const struct mdoc_verdict *verdict, enum mdoc_check check, size_t document,
	struct mdoc_check_row *row)
{
	for (size_t i = 0; i < verdict->count; i++)
		if (verdict->rows[i].check == check && verdict->rows[i].document == document)
			return mdoc_verdict_row(verdict, i, row);
	return false;
}

size_t
mdoc_verdict_documents(const struct mdoc_verdict *verdict)
{
	return verdict->document_count;
}

enum mdoc_result
mdoc_verdict_document_result(const struct mdoc_verdict *verdict, size_t document)
{
	return document < verdict->document_count ? verdict->documents[document].result : MDOC_ERR_ARG;
}

const struct mdoc_response *
mdoc_verdict_response(const struct mdoc_verdict *verdict)
{
	return verdict->response;
}

struct mdoc_bytes
mdoc_verdict_anchor(const struct mdoc_verdict *verdict, size_t document)
{
	return document < verdict->document_count ? verdict->documents[document].anchor : MDOC_NO_BYTES;
}
