/* request_file.c: a DeviceRequest described in JSON. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/reader/request_file.h"

struct reading {
	const char *path;
	struct request_file *out;
};

/* A member of an object, and what becomes of it in *into. */
struct member {
	const char *name;
	enum exit_status (*read)(const struct reading *r, const json_t *value, void *into);
	bool required;
};

enum exit_status
request_file_wrong(const char *path, const char *what, const char *expected)
{
	tool_error(_("%s does not describe a request: %s"), path, what);
	tool_why(_("expected: %s"), expected);
	return EXIT_STATUS_INPUT;
}

static enum exit_status
wrong(const struct reading *r, const char *what, const char *expected)
{
	return request_file_wrong(r->path, what, expected);
}

/* count zeroed elements that live as long as the file; NULL after saying so. */
static void *
room(const struct reading *r, size_t count, size_t size)
{
	struct request_file *out = r->out;
	void **blocks = realloc(out->blocks, (out->block_count + 1) * sizeof(*blocks));
	void *block = NULL;

	if (blocks != NULL) {
		out->blocks = blocks;
		block = calloc(count + 1, size);
	}
	if (block != NULL)
		blocks[out->block_count++] = block;
	else
		(void)tool_no_memory();
	return block;
}

static enum exit_status
read_object(const struct reading *r, const char *what, const json_t *object, const struct member *members, size_t count,
	void *into)
{
	enum exit_status status = EXIT_STATUS_OK;
	const char *name;
	json_t *value;
	size_t i;

	if (!json_is_object(object))
		return wrong(r, what, _("an object"));
	for (i = 0; i < count; i++)
		if (members[i].required && json_object_get(object, members[i].name) == NULL)
			return wrong(r, what, members[i].name);
	json_object_foreach((json_t *)object, name, value)
	{
		for (i = 0; i < count && strcmp(members[i].name, name) != 0; i++)
			;
		status = i < count ? members[i].read(r, value, into) : wrong(r, name, _("a member that is known"));
		if (status != EXIT_STATUS_OK)
			break;
	}
	return status;
}

/* An array's items into fresh elements of this size. */
static enum exit_status
read_array(const struct reading *r, const char *what, const json_t *array, size_t size, void **items, size_t *count,
	enum exit_status (*read)(const struct reading *r, const json_t *value, void *into))
{
	enum exit_status status = EXIT_STATUS_OK;
	char *at;

	if (!json_is_array(array) || json_array_size(array) == 0)
		return wrong(r, what, _("an array with something in it"));
	*items = at = room(r, json_array_size(array), size);
	if (at == NULL)
		return EXIT_STATUS_TROUBLE;
	for (size_t i = 0; i < json_array_size(array) && status == EXIT_STATUS_OK; i++, at += size)
		status = read(r, json_array_get(array, i), at);
	*count = json_array_size(array);
	return status;
}

static struct mdoc_bytes
text_of(const json_t *string)
{
	return mdoc_bytes_of(json_string_value(string), json_string_length(string));
}

/* ---- requestInfo ---- */

static enum exit_status
read_element(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_element_ref *ref = into;
	const json_t *ns = json_array_get(value, 0), *element = json_array_get(value, 1);

	if (json_array_size(value) != 2 || !json_is_string(ns) || !json_is_string(element))
		return wrong(r, "alternativeDataElements", "[namespace, element]");
	*ref = (struct mdoc_element_ref){ text_of(ns), text_of(element) };
	return EXIT_STATUS_OK;
}

static enum exit_status
read_element_set(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_element_set *set = into;
	void *items = NULL;
	const enum exit_status status = read_array(r, "alternativeElementSets", value, sizeof(*set->elements), &items,
		&set->count, read_element);

	set->elements = items;
	return status;
}

static enum exit_status
read_requested(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_alternative *alternative = into;

	return read_element(r, value, &alternative->requested);
}

static enum exit_status
read_element_sets(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_alternative *alternative = into;
	void *items = NULL;
	const enum exit_status status = read_array(r, "alternativeElementSets", value, sizeof(*alternative->sets),
		&items, &alternative->count, read_element_set);

	alternative->sets = items;
	return status;
}

static enum exit_status
read_alternative(const struct reading *r, const json_t *value, void *into)
{
	static const struct member members[] = {
		{ "requestedElement", read_requested, true },
		{ "alternativeElementSets", read_element_sets, true },
	};

	return read_object(r, "alternativeDataElements", value, members, 2, into);
}

static enum exit_status
read_alternatives(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_request_info *info = into;
	void *items = NULL;
	const enum exit_status status = read_array(r, "alternativeDataElements", value, sizeof(*info->alternatives),
		&items, &info->alternative_count, read_alternative);

	info->alternatives = items;
	return status;
}

static enum exit_status
read_issuer(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_bytes *issuer = into;
	const char *hex = json_string_value(value);
	const size_t len = hex != NULL ? strlen(hex) : 0;
	uint8_t *bytes = room(r, len / 2, 1);
	size_t made = 0;

	if (bytes == NULL)
		return EXIT_STATUS_TROUBLE;
	if (len == 0 || OPENSSL_hexstr2buf_ex(bytes, len / 2, &made, hex, '\0') != 1)
		return wrong(r, "issuerIdentifiers", _("hexadecimal digits"));
	*issuer = mdoc_bytes_of(bytes, made);
	return EXIT_STATUS_OK;
}

static enum exit_status
read_issuers(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_request_info *info = into;
	void *items = NULL;
	const enum exit_status status = read_array(r, "issuerIdentifiers", value, sizeof(*info->issuers), &items,
		&info->issuer_count, read_issuer);

	info->issuers = items;
	return status;
}

static enum exit_status
read_unique(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_request_info *info = into;

	if (!json_is_boolean(value))
		return wrong(r, "uniqueDocSetRequired", _("true or false"));
	info->unique = json_is_true(value) ? MDOC_UNIQUE_YES : MDOC_UNIQUE_NO;
	return EXIT_STATUS_OK;
}

static enum exit_status
read_maximum(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_request_info *info = into;

	if (!json_is_integer(value) || json_integer_value(value) <= 0)
		return wrong(r, "maximumResponseSize", _("a number above 0"));
	info->maximum_size = (uint64_t)json_integer_value(value);
	return EXIT_STATUS_OK;
}

/* ---- docRequests ---- */

static enum exit_status
read_info(const struct reading *r, const json_t *value, void *into)
{
	static const struct member members[] = {
		{ "alternativeDataElements", read_alternatives, false },
		{ "issuerIdentifiers", read_issuers, false },
		{ "uniqueDocSetRequired", read_unique, false },
		{ "maximumResponseSize", read_maximum, false },
	};
	struct mdoc_ask *ask = into;
	struct mdoc_request_info *info = room(r, 1, sizeof(*info));

	if (info == NULL)
		return EXIT_STATUS_TROUBLE;
	ask->info = info;
	r->out->second = true;
	return read_object(r, "requestInfo", value, members, 4, info);
}

static enum exit_status
read_doc_type(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_ask *ask = into;

	if (!json_is_string(value))
		return wrong(r, "docType", _("text"));
	ask->doc_type = text_of(value);
	return EXIT_STATUS_OK;
}

static enum exit_status
read_namespaces(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_ask *ask = into;
	struct mdoc_asked *asked;
	json_t *elements, *retain;
	const char *ns, *element;
	size_t count = 0;

	json_object_foreach((json_t *)value, ns, elements)
	{
		if (json_object_size(elements) == 0)
			return wrong(r, ns, _("an object of namespaces, each an object of elements"));
		count += json_object_size(elements);
	}
	if (count == 0)
		return wrong(r, "nameSpaces", _("an object of namespaces, each an object of elements"));
	asked = room(r, count, sizeof(*asked));
	if (asked == NULL)
		return EXIT_STATUS_TROUBLE;
	ask->asked = asked;
	json_object_foreach((json_t *)value, ns, elements)
	{
		json_object_foreach(elements, element, retain)
		{
			if (!json_is_boolean(retain))
				return wrong(r, element, _("true or false: whether it will be kept"));
			asked[ask->count++] =
				(struct mdoc_asked){ mdoc_text(ns), mdoc_text(element), json_is_true(retain) };
		}
	}
	return EXIT_STATUS_OK;
}

static enum exit_status
read_doc(const struct reading *r, const json_t *value, void *into)
{
	static const struct member members[] = {
		{ "docType", read_doc_type, true },
		{ "nameSpaces", read_namespaces, true },
		{ "requestInfo", read_info, false },
	};

	return read_object(r, "docRequests", value, members, 3, into);
}

static enum exit_status
read_docs(const struct reading *r, const json_t *value, void *into)
{
	struct request_file *out = into;
	void *items = NULL;
	const enum exit_status status =
		read_array(r, "docRequests", value, sizeof(*out->docs), &items, &out->count, read_doc);

	out->docs = items;
	return status;
}

/* ---- deviceRequestInfo ---- */

static enum exit_status
read_index(const struct reading *r, const json_t *value, void *into)
{
	size_t *index = into;

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return wrong(r, "documentSets", _("numbers of docRequests, from 0"));
	*index = (size_t)json_integer_value(value);
	return EXIT_STATUS_OK;
}

static enum exit_status
read_set(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_document_set *set = into;
	void *items = NULL;
	const enum exit_status status =
		read_array(r, "documentSets", value, sizeof(*set->docs), &items, &set->count, read_index);

	set->docs = items;
	return status;
}

static enum exit_status
read_sets(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_use_case *use_case = into;
	void *items = NULL;
	const enum exit_status status =
		read_array(r, "documentSets", value, sizeof(*use_case->sets), &items, &use_case->set_count, read_set);

	use_case->sets = items;
	return status;
}

static enum exit_status
read_mandatory(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_use_case *use_case = into;

	use_case->mandatory = json_is_true(value);
	return json_is_boolean(value) ? EXIT_STATUS_OK : wrong(r, "mandatory", _("true or false"));
}

static enum exit_status
read_hints(const struct reading *r, const json_t *value, void *into)
{
	struct mdoc_use_case *use_case = into;
	struct mdoc_purpose_hint *hints = room(r, json_object_size(value), sizeof(*hints));
	const char *controller;
	json_t *code;

	if (hints == NULL)
		return EXIT_STATUS_TROUBLE;
	use_case->hints = hints;
	json_object_foreach((json_t *)value, controller, code)
	{
		if (!json_is_integer(code))
			return wrong(r, controller, _("a number"));
		hints[use_case->hint_count++] =
			(struct mdoc_purpose_hint){ mdoc_text(controller), json_integer_value(code) };
	}
	return json_is_object(value) ? EXIT_STATUS_OK : wrong(r, "purposeHints", _("an object"));
}

static enum exit_status
read_use_case(const struct reading *r, const json_t *value, void *into)
{
	static const struct member members[] = {
		{ "mandatory", read_mandatory, true },
		{ "documentSets", read_sets, true },
		{ "purposeHints", read_hints, false },
	};

	return read_object(r, "useCases", value, members, 3, into);
}

static enum exit_status
read_use_cases(const struct reading *r, const json_t *value, void *into)
{
	struct request_file *out = into;
	void *items = NULL;
	const enum exit_status status =
		read_array(r, "useCases", value, sizeof(*out->use_cases), &items, &out->use_case_count, read_use_case);

	out->use_cases = items;
	out->second = true;
	return status;
}

static enum exit_status
read_device_request_info(const struct reading *r, const json_t *value, void *into)
{
	static const struct member members[] = { { "useCases", read_use_cases, true } };

	return read_object(r, "deviceRequestInfo", value, members, 1, into);
}

enum exit_status
request_file_read(const char *path, struct request_file *file)
{
	static const struct member members[] = {
		{ "docRequests", read_docs, true },
		{ "deviceRequestInfo", read_device_request_info, false },
	};
	const struct reading reading = { path, file };
	const enum exit_status status = json_read(path, &file->json);

	return status == EXIT_STATUS_OK ? read_object(&reading, "{}", file->json, members, 2, file) : status;
}

void
request_file_clear(struct request_file *file)
{
	for (size_t i = 0; i < file->block_count; i++)
		free(file->blocks[i]);
	free(file->blocks);
	json_decref(file->json);
	memset(file, 0, sizeof(*file));
}
