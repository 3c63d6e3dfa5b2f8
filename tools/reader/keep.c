/* keep.c: what a reader may keep of a response. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/reader/keep.h"
#include <stdlib.h>
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/value.h"

/* Did a docRequest for this document type ask for the element, and say that it would be kept? */
static bool
may_keep(const struct mdoc_request *request, struct mdoc_bytes doc_type, struct mdoc_bytes ns,
	struct mdoc_bytes element)
{
	const struct mdoc_doc_request *doc;
	const struct mdoc_asked *asked;

	for (size_t d = 0; (doc = mdoc_request_doc(request, d)) != NULL; d++) {
		if (!mdoc_bytes_equal(mdoc_doc_request_type(doc), doc_type))
			continue;
		for (size_t i = 0; (asked = mdoc_doc_request_asked(doc, i)) != NULL; i++) {
			if (asked->intent_to_retain && mdoc_bytes_equal(asked->ns, ns) &&
				mdoc_bytes_equal(asked->element, element))
				return true;
		}
	}
	return false;
}

static json_t *
kept_of_namespace(const struct mdoc_request *request, struct mdoc_bytes doc_type, const struct mdoc_namespace *ns)
{
	json_t *kept = json_object();
	const struct mdoc_item *item;

	for (size_t i = 0; (item = mdoc_namespace_item(ns, i)) != NULL; i++) {
		const struct mdoc_bytes element = mdoc_item_element(item);

		if (may_keep(request, doc_type, mdoc_namespace_name(ns), element))
			json_object_setn_new(kept, (const char *)element.ptr, element.len,
				value_json(mdoc_item_value(item)));
	}
	return kept;
}

/* {namespace: {element: value}}; empty: nothing of this document may be kept. */
static json_t *
kept_elements(const struct mdoc_request *request, const struct mdoc_document *document)
{
	const struct mdoc_issuer_signed *record = mdoc_document_issuer_signed(document);
	json_t *all = json_object();
	const struct mdoc_namespace *ns;

	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(record, n)) != NULL; n++) {
		const struct mdoc_bytes name = mdoc_namespace_name(ns);
		json_t *kept = kept_of_namespace(request, mdoc_document_doc_type(document), ns);

		if (json_object_size(kept) > 0)
			json_object_setn_new(all, (const char *)name.ptr, name.len, kept);
		else
			json_decref(kept);
	}
	return all;
}

static void
set_time(json_t *object, const char *name, int64_t when)
{
	char text[MDOC_TDATE_LEN + 1];

	mdoc_tdate_print(when, text);
	json_object_set_new(object, name, json_string(text));
}

static json_t *
kept_document(const struct reader_result *result, const struct mdoc_document *document, size_t index, json_t *elements)
{
	const struct mdoc_mso *mso = mdoc_issuer_signed_mso(mdoc_document_issuer_signed(document));
	char *issuer = result_issuer(result, index);
	json_t *json = json_object();

	json_object_set_new(json, "docType", json_text(mdoc_document_doc_type(document)));
	if (issuer != NULL)
		json_object_set_new(json, "issuer", json_string(issuer));
	free(issuer);
	set_time(json, "validFrom", mdoc_mso_valid_from(mso));
	set_time(json, "validUntil", mdoc_mso_valid_until(mso));
	json_object_set_new(json, "elements", elements);
	return json;
}

static json_t *
kept_documents(const struct reader_result *result, const struct mdoc_request *request)
{
	const struct mdoc_response *response = mdoc_verdict_response(result->verdict);
	json_t *documents = json_array();

	for (size_t i = 0; i < mdoc_response_count(response); i++) {
		const struct mdoc_document *document = mdoc_response_document(response, i);
		json_t *elements = kept_elements(request, document);

		if (json_object_size(elements) > 0)
			json_array_append_new(documents, kept_document(result, document, i, elements));
		else
			json_decref(elements);
	}
	return documents;
}

enum exit_status
keep_result(const struct reader_result *result, const struct mdoc_request *request, const char *path)
{
	enum exit_status status = EXIT_STATUS_OK;
	json_t *documents, *json;

	if (result->summary != MDOC_OK) {
		tool_note("%s", _("Nothing is kept of a response that is not verified."));
		return EXIT_STATUS_OK;
	}
	documents = kept_documents(result, request);
	if (documents != NULL && json_array_size(documents) == 0) {
		tool_note("%s", _("Nothing is kept: nothing of this was asked for with the intent to keep it."));
		json_decref(documents);
		return EXIT_STATUS_OK;
	}
	json = json_pack("{s:s, s:o}", "conclusion", result_conclusion_name(result), "documents", documents);
	if (json == NULL)
		return tool_no_memory();
	if (result->now != 0)
		set_time(json, "checkedAt", result->now);
	status = json_write(path, 0600, json);
	json_decref(json);
	return status;
}
