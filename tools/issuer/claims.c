/* claims.c: claims as element values. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include <mdoc/japan.h>
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/issuer/claims.h"

#define TAG_FULL_DATE 1004 /* RFC 8943 */

static const char *const sentences[] = {
	[CLAIMS_OK] = N_("done"),
	[CLAIMS_EMPTY] = N_("there is no element"),
	[CLAIMS_STRUCTURE] = N_("it should be {namespace: {element: value}}"),
	[CLAIMS_NOT_ALLOWED] = N_("a record of this type has no such element"),
	[CLAIMS_TEXT] = N_("the value should be text and not empty"),
	[CLAIMS_DIGITS] = N_("the value should be text of 5 (市町村コード) or 12 (個人番号) digits"),
	[CLAIMS_DATE] = N_("the value should be a date like 1971-09-01"),
	[CLAIMS_SEX] = N_("the value should be 0, 1, 2 or 9 (ISO/IEC 5218)"),
	[CLAIMS_AGE] = N_("the value should be a whole number from 0 to 150"),
	[CLAIMS_BOOL] = N_("the value should be true or false"),
	[CLAIMS_BYTES] = N_("the value should be {\"file\": path} or {\"base64url\": text}, and not empty"),
	[CLAIMS_PATH] = N_("the file should be named relative to the claims file and be in or below its folder"),
	[CLAIMS_FILE] = N_("the file could not be read"),
	[CLAIMS_TYPE] = N_("the value should be text, a whole number, true, false or bytes"),
	[CLAIMS_MEMORY] = N_("out of memory"),
};

const char *
claims_sentence(enum claims_result result)
{
	return (size_t)result < sizeof(sentences) / sizeof(sentences[0]) ? sentences[result] : "?";
}

/* What is wrong with a value that is not of its form. */
static enum claims_result
form_result(enum mdoc_form form)
{
	static const enum claims_result results[] = {
		[MDOC_FORM_ANY] = CLAIMS_TYPE,
		[MDOC_FORM_TEXT] = CLAIMS_TEXT,
		[MDOC_FORM_DIGITS] = CLAIMS_DIGITS,
		[MDOC_FORM_BIRTH_DATE] = CLAIMS_DATE,
		[MDOC_FORM_SEX] = CLAIMS_SEX,
		[MDOC_FORM_AGE] = CLAIMS_AGE,
		[MDOC_FORM_BOOL] = CLAIMS_BOOL,
		[MDOC_FORM_BYTES] = CLAIMS_BYTES,
	};

	return results[form];
}

/* Relative and without a way up. */
static bool
stays_below(const char *path)
{
	if (path[0] == '\0' || path[0] == '/')
		return false;
	for (const char *part = path; part != NULL; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
			return false;
	}
	return true;
}

static enum claims_result
read_file(const char *folder, const char *name, struct mdoc_buf *content)
{
	enum claims_result res = CLAIMS_FILE;
	char *path = NULL;

	if (folder == NULL || !stays_below(name))
		return CLAIMS_PATH;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		return CLAIMS_MEMORY;
	if (file_read(path, CLAIM_BYTES_MAX, content) == EXIT_STATUS_OK)
		res = CLAIMS_OK;
	free(path);
	return res;
}

static enum claims_result
put_bytes(struct mdoc_buf *buf, const json_t *json, const char *folder)
{
	const char *file = json_string_value(json_object_get(json, "file"));
	const char *text = json_string_value(json_object_get(json, "base64url"));
	struct mdoc_buf content = MDOC_BUF_EMPTY;
	enum claims_result res = CLAIMS_OK;

	if (!json_is_object(json) || json_object_size(json) != 1 || (file == NULL && text == NULL))
		return CLAIMS_BYTES;
	if (file != NULL)
		res = read_file(folder, file, &content);
	else if (mdoc_base64url_decode(mdoc_text(text), &content) != MDOC_OK)
		res = CLAIMS_BYTES;
	if (res == CLAIMS_OK && content.len == 0)
		res = CLAIMS_BYTES;
	if (res == CLAIMS_OK)
		mdoc_put_bstr(buf, mdoc_buf_bytes(&content));
	mdoc_buf_clear(&content);
	return res;
}

/* By the JSON type alone, for elements that no profile knows. */
static enum mdoc_form
form_of_json(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_STRING:
		return MDOC_FORM_TEXT;
	case JSON_TRUE:
	case JSON_FALSE:
		return MDOC_FORM_BOOL;
	case JSON_OBJECT:
		return MDOC_FORM_BYTES;
	default:
		return MDOC_FORM_ANY;
	}
}

/* "1971-09-01", or {"birth_date": "1971-09-01"} for those who want the structure of ISO/IEC TS 23220-2. */
static enum claims_result
put_date(struct mdoc_buf *buf, const json_t *json)
{
	const json_t *inner = json_object_get(json, "birth_date");

	if (inner != NULL && json_object_size(json) == 1) {
		mdoc_put_map(buf, 1);
		mdoc_put_text(buf, "birth_date");
		json = inner;
	}
	if (!json_is_string(json))
		return CLAIMS_DATE;
	mdoc_put_tag(buf, TAG_FULL_DATE);
	mdoc_put_text(buf, json_string_value(json));
	return CLAIMS_OK;
}

/* The JSON as an item of the form's CBOR type; whether its content is right the profile says. */
static enum claims_result
put_value(struct mdoc_buf *buf, const json_t *json, enum mdoc_form form, const char *folder)
{
	if (form == MDOC_FORM_BIRTH_DATE)
		return put_date(buf, json);
	if (form == MDOC_FORM_BYTES)
		return put_bytes(buf, json, folder);
	if (json_is_string(json) && json_string_length(json) > 0)
		mdoc_put_tstr(buf, mdoc_bytes_of(json_string_value(json), json_string_length(json)));
	else if (json_is_boolean(json))
		mdoc_put_bool(buf, json_is_true(json));
	else if (json_is_integer(json))
		mdoc_put_int(buf, json_integer_value(json));
	else
		return form_result(form);
	return CLAIMS_OK;
}

/* One element, encoded and held against the profile. */
static enum claims_result
put_element(struct claims *out, const struct mdoc_profile *profile, const struct mdoc_claim *claim, const json_t *json,
	const char *folder)
{
	const struct mdoc_element_rule *rule = mdoc_profile_element(profile, claim->ns, claim->element);
	const enum mdoc_form form = rule != NULL ? rule->form : form_of_json(json);
	const size_t start = out->values.len;
	struct mdoc_claim whole = *claim;
	enum claims_result res;

	if (profile != NULL && rule == NULL)
		return CLAIMS_NOT_ALLOWED;
	res = put_value(&out->values, json, form, folder);
	if (res != CLAIMS_OK)
		return res;
	if (out->values.err != MDOC_OK)
		return CLAIMS_MEMORY;
	whole.value = mdoc_bytes_of(out->values.ptr + start, out->values.len - start);
	return mdoc_profile_check_claim(NULL, profile, &whole, NULL) == MDOC_OK ? CLAIMS_OK : form_result(form);
}

static size_t
count_elements(const json_t *json)
{
	const json_t *elements;
	const char *ns;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)json, ns, elements) n += json_object_size(elements);
	return n;
}

/* The elements of one namespace; values are spans of the buffer, as offsets until it is full. */
static enum claims_result
add_namespace(struct claims *out, const char *ns, const json_t *elements, const char *folder,
	const struct mdoc_profile *profile, size_t *ends, struct claims_place *place)
{
	const json_t *value;
	const char *element;
	enum claims_result res;

	place->ns = ns;
	if (!json_is_object(elements) || json_object_size(elements) == 0)
		return CLAIMS_STRUCTURE;
	json_object_foreach((json_t *)(uintptr_t)elements, element, value)
	{
		place->element = element;
		out->claims[out->count].ns = mdoc_text(ns);
		out->claims[out->count].element = mdoc_text(element);
		res = put_element(out, profile, &out->claims[out->count], value, folder);
		if (res != CLAIMS_OK)
			return res;
		ends[out->count++] = out->values.len;
	}
	place->element = NULL;
	return CLAIMS_OK;
}

enum claims_result
claims_build(const json_t *json, const char *folder, const char *doc_type, struct claims *out,
	struct claims_place *place)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(doc_type));
	enum claims_result res = CLAIMS_MEMORY;
	const json_t *elements;
	const char *ns;
	size_t *ends = NULL;
	size_t total, start = 0;

	*out = (struct claims){ .values = MDOC_BUF_EMPTY };
	*place = (struct claims_place){ NULL, NULL };
	if (!json_is_object(json))
		return CLAIMS_STRUCTURE;
	total = count_elements(json);
	if (total == 0)
		return json_object_size(json) == 0 ? CLAIMS_EMPTY : CLAIMS_STRUCTURE;
	out->claims = calloc(total, sizeof(*out->claims));
	ends = calloc(total, sizeof(*ends));
	if (out->claims == NULL || ends == NULL)
		goto out;
	json_object_foreach((json_t *)(uintptr_t)json, ns, elements)
	{
		res = add_namespace(out, ns, elements, folder, profile, ends, place);
		if (res != CLAIMS_OK)
			goto out;
	}
	if (out->values.err != MDOC_OK) {
		res = CLAIMS_MEMORY;
		goto out;
	}
	for (size_t i = 0; i < out->count; i++) {
		out->claims[i].value = mdoc_bytes_of(out->values.ptr + start, ends[i] - start);
		start = ends[i];
	}
	place->ns = NULL;
out:
	free(ends);
	return res;
}

void
claims_clear(struct claims *claims)
{
	free(claims->claims);
	mdoc_buf_clear(&claims->values);
	*claims = (struct claims){ .values = MDOC_BUF_EMPTY };
}
