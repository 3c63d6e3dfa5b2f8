/* json.c: the verdict for programs. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdlib.h>
#include "tools/common/json.h"
#include "tools/common/value.h"
#include "tools/reader/reader.h"

/* One check; path and offset only where there is a place. */
static json_t *
row_json(const struct mdoc_check_row *row)
{
	json_t *json = json_pack("{s:s, s:s}", "check", mdoc_check_name(row->check), "outcome",
		mdoc_outcome_name(row->outcome));

	if (json == NULL)
		return NULL;
	if (row->document != SIZE_MAX)
		json_object_set_new(json, "document", json_integer((json_int_t)row->document));
	if (row->error.code != MDOC_OK)
		json_object_set_new(json, "result", json_string(mdoc_result_name(row->error.code)));
	if (row->error.path[0] != '\0')
		json_object_set_new(json, "path", json_string(row->error.path));
	if (row->error.offset != SIZE_MAX)
		json_object_set_new(json, "offset", json_integer((json_int_t)row->error.offset));
	if (row->error.expected[0] != '\0')
		json_object_set_new(json, "expected", json_string(row->error.expected));
	return json;
}

static void
set_text(json_t *object, const char *name, struct mdoc_bytes text)
{
	json_t *json = json_text(text);

	json_object_set_new(object, name, json != NULL ? json : json_null());
}

static void
set_time(json_t *object, const char *name, int64_t when)
{
	char text[MDOC_TDATE_LEN + 1];

	mdoc_tdate_print(when, text);
	json_object_set_new(object, name, json_string(text));
}

/* {namespace: {element: Japanese name}} of those that have one. */
static json_t *
labels_json(const struct mdoc_issuer_signed *record)
{
	json_t *all = json_object();
	const struct mdoc_namespace *ns;
	const struct mdoc_item *item;

	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(record, n)) != NULL; n++) {
		const struct mdoc_bytes name = mdoc_namespace_name(ns);
		json_t *labels = json_object();

		for (size_t i = 0; (item = mdoc_namespace_item(ns, i)) != NULL; i++) {
			const struct mdoc_bytes element = mdoc_item_element(item);
			char room[32];
			const char *label = element_label(name, element, room);

			if (label != NULL)
				json_object_setn_new(labels, (const char *)element.ptr, element.len,
					json_string(label));
		}
		if (json_object_size(labels) > 0)
			json_object_setn_new(all, (const char *)name.ptr, name.len, labels);
		else
			json_decref(labels);
	}
	return all;
}

static json_t *
document_json(const struct reader_result *result, const struct mdoc_document *document, size_t index)
{
	const struct mdoc_issuer_signed *issuer_signed = mdoc_document_issuer_signed(document);
	const struct mdoc_node namespaces = mdoc_device_signed_namespaces(mdoc_document_device_signed(document));
	const struct mdoc_mso *mso = mdoc_issuer_signed_mso(issuer_signed);
	json_t *json = json_object();
	char *issuer;

	set_text(json, "docType", mdoc_document_doc_type(document));
	issuer = result->summary == MDOC_OK ? result_issuer(result, index) : NULL;
	if (issuer != NULL)
		json_object_set_new(json, "issuer", json_string(issuer));
	free(issuer);
	set_time(json, "signed", mdoc_mso_signed(mso));
	set_time(json, "validFrom", mdoc_mso_valid_from(mso));
	set_time(json, "validUntil", mdoc_mso_valid_until(mso));
	json_object_set_new(json, "elements", record_elements_json(issuer_signed));
	json_object_set_new(json, "labels", labels_json(issuer_signed));
	if (mdoc_node_count(namespaces) > 0)
		json_object_set_new(json, "deviceSigned", value_json(mdoc_node_span(namespaces)));
	if (mdoc_node_present(mdoc_document_errors(document)))
		json_object_set_new(json, "errors", value_json(mdoc_node_span(mdoc_document_errors(document))));
	return json;
}

static json_t *
documents_json(const struct reader_result *result)
{
	const struct mdoc_response *response = mdoc_verdict_response(result->verdict);
	json_t *documents = json_array();

	for (size_t i = 0; i < mdoc_response_count(response); i++)
		json_array_append_new(documents, document_json(result, mdoc_response_document(response, i), i));
	return documents;
}

const char *
result_conclusion_name(const struct reader_result *result)
{
	static const char *const conclusions[] = {
		[RESULT_VERIFIED] = "verified",
		[RESULT_UNDETERMINED] = "undetermined",
		[RESULT_NOT_VERIFIED] = "not_verified",
	};

	return conclusions[result_conclusion(result)];
}

json_t *
result_json(const struct reader_result *result)
{
	const struct mdoc_verdict *verdict = result->verdict;
	json_t *json, *checks = json_array();
	struct mdoc_check_row row;

	for (size_t i = 0; mdoc_verdict_row(verdict, i, &row); i++)
		json_array_append_new(checks, row_json(&row));
	json = json_pack("{s:b, s:s, s:s, s:o}", "verified", result->summary == MDOC_OK, "conclusion",
		result_conclusion_name(result), "result", mdoc_result_name(result->summary), "checks", checks);
	if (json != NULL && result->now != 0)
		set_time(json, "checkedAt", result->now);
	if (json == NULL || mdoc_verdict_response(verdict) == NULL)
		return json;
	if (result->summary == MDOC_OK)
		json_object_set_new(json, "documents", documents_json(result));
	else if (result->show_unverified)
		json_object_set_new(json, "unverified", documents_json(result));
	return json;
}
