/* lists.c: lists of revocation for mdoc-reader verify. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include <string.h>
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/reader/reader.h"

/* The certificates by which the documents of a response want their lists signed. */
struct named {
	struct mdoc_verdict *verdict; /* NULL: not looked at yet */
	struct mdoc_bytes *certificates;
	size_t count;
};

struct reading {
	struct reader_lists *lists;
	struct mdoc_bytes response;
	const struct mdoc_verify_options *options;
	struct named named;
};

/* Failures of ours, which say nothing about a list. */
static bool
is_ours(enum mdoc_result res)
{
	return res == MDOC_ERR_MEMORY || res == MDOC_ERR_CRYPTO;
}

static enum mdoc_result
keep_status(struct reader_lists *lists, struct mdoc_status_list *list)
{
	struct mdoc_status_list **grown =
		realloc(lists->status, (lists->set.status_count + 1) * sizeof(struct mdoc_status_list *));

	if (grown == NULL) {
		mdoc_status_list_free(list);
		return MDOC_ERR_MEMORY;
	}
	lists->status = grown;
	lists->status[lists->set.status_count++] = list;
	return MDOC_OK;
}

static enum mdoc_result
keep_identifiers(struct reader_lists *lists, struct mdoc_identifier_list *list)
{
	struct mdoc_identifier_list **grown =
		realloc(lists->identifiers, (lists->set.identifiers_count + 1) * sizeof(struct mdoc_identifier_list *));

	if (grown == NULL) {
		mdoc_identifier_list_free(list);
		return MDOC_ERR_MEMORY;
	}
	lists->identifiers = grown;
	lists->identifiers[lists->set.identifiers_count++] = list;
	return MDOC_OK;
}

/* Either kind of list, kept if it is one that this trust is in. */
static enum mdoc_result
take_list(struct reader_lists *lists, struct mdoc_bytes bytes, const struct mdoc_list_trust *trust,
	struct mdoc_error *error)
{
	struct mdoc_status_list *status_list = NULL;
	struct mdoc_identifier_list *identifier_list = NULL;
	struct mdoc_error other = { .code = MDOC_OK };
	enum mdoc_result res = mdoc_status_list_parse(tool_context(), bytes, &status_list, error);

	if (res == MDOC_OK) {
		res = mdoc_status_list_check(tool_context(), status_list, trust, error);
		if (res == MDOC_OK)
			return keep_status(lists, status_list);
		mdoc_status_list_free(status_list);
	} else if (mdoc_identifier_list_parse(tool_context(), bytes, &identifier_list, &other) == MDOC_OK) {
		res = mdoc_identifier_list_check(tool_context(), identifier_list, trust, error);
		if (res == MDOC_OK)
			return keep_identifiers(lists, identifier_list);
		mdoc_identifier_list_free(identifier_list);
	}
	return res;
}

static bool
has_passed(const struct mdoc_verdict *verdict, enum mdoc_check check, size_t document)
{
	struct mdoc_check_row row;

	return mdoc_verdict_find(verdict, check, document, &row) && row.outcome == MDOC_PASSED;
}

static void
add_named(struct named *named, struct mdoc_bytes certificate)
{
	if (certificate.len == 0)
		return;
	for (size_t i = 0; i < named->count; i++)
		if (mdoc_bytes_equal(named->certificates[i], certificate))
			return;
	named->certificates[named->count++] = certificate;
}

/* What the Status of each MSO names that an issuer has signed whom we trust; other MSOs are anybody's. */
static enum mdoc_result
find_named(const struct reading *reading, struct named *named)
{
	struct mdoc_verify_options options = *reading->options;
	const struct mdoc_response *response;
	enum mdoc_result res;

	options.lists = NULL;
	options.reader = NULL; /* only issuers matter here */
	res = mdoc_verify(tool_context(), reading->response, &options, &named->verdict);
	if (named->verdict == NULL)
		return res;
	response = mdoc_verdict_response(named->verdict);
	if (response == NULL)
		return MDOC_OK;
	named->certificates = calloc(2 * mdoc_response_count(response) + 1, sizeof(*named->certificates));
	if (named->certificates == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t i = 0; i < mdoc_response_count(response); i++) {
		const struct mdoc_issuer_signed *is = mdoc_document_issuer_signed(mdoc_response_document(response, i));
		struct mdoc_status status;

		if (!has_passed(named->verdict, MDOC_CHECK_CHAIN, i) ||
			!has_passed(named->verdict, MDOC_CHECK_ISSUER_SIGNATURE, i) ||
			mdoc_status_read(mdoc_mso_status(mdoc_issuer_signed_mso(is)), "", &status, NULL) != MDOC_OK)
			continue;
		add_named(named, status.list_certificate);
		add_named(named, status.identifier_certificate);
	}
	return MDOC_OK;
}

/*
 * A list that no IACA stands behind may be below a certificate that a Status names. That makes nobody trusted for other
 * documents: libmdoc lets a list answer only for an MSO whose own Status names the very certificate that the list
 * was checked with, and for one that names none, only below its IACA; and an MSO that is not genuine fails whatever a
 * list says. Two documents may name different certificates of one CA, so the list is kept once for each that it
 * is below: none of them hides from another that it is revoked.
 */
static enum mdoc_result
take_named(struct reading *reading, struct mdoc_bytes bytes, const struct mdoc_list_trust *by_anchors,
	struct mdoc_error *error)
{
	struct mdoc_list_trust trust = *by_anchors;
	enum mdoc_result res = MDOC_OK, result = MDOC_ERR_CHAIN;

	if (reading->named.verdict == NULL)
		res = find_named(reading, &reading->named);
	trust.anchors = NULL;
	for (size_t i = 0; !is_ours(res) && i < reading->named.count; i++) {
		struct mdoc_error why = { .code = MDOC_OK };

		trust.certificate = reading->named.certificates[i];
		res = take_list(reading->lists, bytes, &trust, &why);
		if (res == MDOC_OK)
			result = MDOC_OK;
		else if (res != MDOC_ERR_CHAIN)
			*error = why;
	}
	if (!is_ours(res))
		return result;
	*error = (struct mdoc_error){ .code = res, .offset = SIZE_MAX };
	return res;
}

static enum exit_status
read_list(struct reading *reading, const char *path)
{
	const struct mdoc_list_trust trust = { .anchors = reading->options->trust,
		.now = reading->options->now,
		.relax = reading->options->relax,
		.crl_required = reading->options->crl_required };
	struct reader_lists *lists = reading->lists;
	struct mdoc_error error = { .code = MDOC_OK };
	struct mdoc_bytes bytes;
	enum exit_status status;
	enum mdoc_result res;

	status = file_read(path, FILE_CBOR_MAX, &lists->files[lists->count]);
	if (status != EXIT_STATUS_OK)
		return status;
	bytes = mdoc_buf_bytes(&lists->files[lists->count++]);
	res = take_list(lists, bytes, &trust, &error);
	if (res == MDOC_ERR_CHAIN)
		res = take_named(reading, bytes, &trust, &error);
	if (res == MDOC_OK)
		return EXIT_STATUS_OK;
	if (is_ours(res))
		error.code = res;
	status = tool_mdoc_error(path, &error);
	return status == EXIT_STATUS_NO ? EXIT_STATUS_INPUT : status;
}

enum exit_status
reader_lists_read(struct reader_lists *lists, const struct option_list *paths, struct mdoc_bytes response,
	const struct mdoc_verify_options *options)
{
	struct reading reading = { .lists = lists, .response = response, .options = options };
	enum exit_status status = EXIT_STATUS_OK;

	if (paths->count == 0)
		return EXIT_STATUS_OK;
	lists->files = calloc(paths->count, sizeof(*lists->files));
	if (lists->files == NULL)
		return tool_no_memory();
	for (size_t i = 0; i < paths->count && status == EXIT_STATUS_OK; i++)
		status = read_list(&reading, paths->items[i]);
	lists->set.status = (const struct mdoc_status_list *const *)lists->status;
	lists->set.identifiers = (const struct mdoc_identifier_list *const *)lists->identifiers;
	free(reading.named.certificates);
	mdoc_verdict_free(reading.named.verdict);
	return status;
}

void
reader_lists_clear(struct reader_lists *lists)
{
	for (size_t i = 0; i < lists->set.status_count; i++)
		mdoc_status_list_free(lists->status[i]);
	for (size_t i = 0; i < lists->set.identifiers_count; i++)
		mdoc_identifier_list_free(lists->identifiers[i]);
	for (size_t i = 0; i < lists->count; i++)
		mdoc_buf_clear(&lists->files[i]);
	free(lists->status);
	free(lists->identifiers);
	free(lists->files);
	memset(lists, 0, sizeof(*lists));
}

bool
reader_undetermined(const char *text, enum mdoc_undetermined *policy)
{
	static const char *const names[] = {
		[MDOC_UNDETERMINED_WARNS] = "warn",
		[MDOC_UNDETERMINED_IGNORED] = "ignore",
		[MDOC_UNDETERMINED_FAILS] = "fail",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*policy = (enum mdoc_undetermined)i;
			return true;
		}
	}
	return false;
}
