/* claims.c: claims as element values. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>
#include "tools/common/file.h"
#include "tools/common/message.h"
#include "tools/common/value.h"
#include "tools/issuer/claims.h"

#define TAG_FULL_DATE 1004 /* RFC 8943 */
#define AGE_MAX 150

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

/* What an element's value looks like. */
enum shape {
	SHAPE_ANY,
	SHAPE_TEXT,
	SHAPE_CODE,
	SHAPE_NUMBER,
	SHAPE_DATE,
	SHAPE_SEX,
	SHAPE_AGE,
	SHAPE_BOOL,
	SHAPE_BYTES
};

static const struct {
	const char *ns;
	const char *element; /* a final * stands for any ending */
	enum shape shape;
} shapes[] = {
	{ JP_NAMESPACE, "full_name_unicode", SHAPE_TEXT },
	{ JP_NAMESPACE, "resident_address_unicode", SHAPE_TEXT },
	{ JP_NAMESPACE, "local_gov_code_unicode", SHAPE_CODE },
	{ JP_NAMESPACE, "individual_number_unicode", SHAPE_NUMBER },
	{ JP_NAMESPACE, "portrait", SHAPE_BYTES },
	{ JP_NAMESPACE, "sex_unicode", SHAPE_TEXT },
	{ JP_NAMESPACE, "birth_date_unicode", SHAPE_TEXT },
	{ JP_NAMESPACE_GENERIC, "sex", SHAPE_SEX },
	{ JP_NAMESPACE_GENERIC, "birth_date", SHAPE_DATE },
	{ JP_NAMESPACE_GENERIC, "age_in_years", SHAPE_AGE },
	{ JP_NAMESPACE_GENERIC, "age_over_*", SHAPE_BOOL },
};

static bool
name_matches(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return strncmp(pattern, name, n - 1) == 0;
	return strcmp(pattern, name) == 0;
}

static enum shape
shape_of(const char *ns, const char *element)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		if (strcmp(shapes[i].ns, ns) == 0 && name_matches(shapes[i].element, element))
			return shapes[i].shape;
	}
	return SHAPE_ANY;
}

static bool
all_digits(const char *text, size_t n)
{
	return strlen(text) == n && strspn(text, "0123456789") == n;
}

/* A day of the Gregorian calendar, years 1000 to 9999. */
static bool
is_date(const char *text)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	static const char digits[] = "0123456789";
	int year, month, day, last;

	if (strspn(text, digits) != 4 || text[4] != '-' || strspn(text + 5, digits) != 2 || text[7] != '-' ||
		strspn(text + 8, digits) != 2 || text[10] != '\0' || text[0] == '0')
		return false;
	if (sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 || month < 1 || month > 12)
		return false;
	last = days[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		last = 29;
	return day >= 1 && day <= last;
}

static enum claims_result
put_text(struct mdoc_buf *buf, const json_t *json, enum shape shape)
{
	const char *text = json_string_value(json);

	if (shape == SHAPE_CODE || shape == SHAPE_NUMBER) {
		if (text == NULL || !all_digits(text, shape == SHAPE_CODE ? 5 : 12))
			return CLAIMS_DIGITS;
	} else if (shape == SHAPE_DATE) {
		if (text == NULL || !is_date(text))
			return CLAIMS_DATE;
		mdoc_put_tag(buf, TAG_FULL_DATE);
	} else if (text == NULL || text[0] == '\0') {
		return CLAIMS_TEXT;
	}
	mdoc_put_text(buf, text);
	return CLAIMS_OK;
}

static enum claims_result
put_number(struct mdoc_buf *buf, const json_t *json, enum shape shape)
{
	json_int_t number = json_integer_value(json);

	if (shape == SHAPE_SEX &&
		(!json_is_integer(json) || (number != 0 && number != 1 && number != 2 && number != 9)))
		return CLAIMS_SEX;
	if (shape == SHAPE_AGE && (!json_is_integer(json) || number < 0 || number > AGE_MAX))
		return CLAIMS_AGE;
	mdoc_put_int(buf, number);
	return CLAIMS_OK;
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

	if (!stays_below(name))
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

/* By the JSON type alone, for elements that no table knows. */
static enum shape
shape_of_json(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_STRING:
		return SHAPE_TEXT;
	case JSON_TRUE:
	case JSON_FALSE:
		return SHAPE_BOOL;
	case JSON_OBJECT:
		return SHAPE_BYTES;
	default:
		return SHAPE_ANY;
	}
}

static enum claims_result
put_value(struct mdoc_buf *buf, const json_t *json, enum shape shape, const char *folder)
{
	if (shape == SHAPE_ANY)
		shape = shape_of_json(json);
	switch (shape) {
	case SHAPE_TEXT:
	case SHAPE_CODE:
	case SHAPE_NUMBER:
	case SHAPE_DATE:
		return put_text(buf, json, shape);
	case SHAPE_BOOL:
		if (!json_is_boolean(json))
			return CLAIMS_BOOL;
		mdoc_put_bool(buf, json_is_true(json));
		return CLAIMS_OK;
	case SHAPE_BYTES:
		return put_bytes(buf, json, folder);
	case SHAPE_SEX:
	case SHAPE_AGE:
		return put_number(buf, json, shape);
	case SHAPE_ANY:
		break;
	}
	return json_is_integer(json) ? put_number(buf, json, SHAPE_ANY) : CLAIMS_TYPE;
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
add_namespace(struct claims *out, const char *ns, const json_t *elements, const char *folder, const char *doc_type,
	size_t *ends, struct claims_place *place)
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
		if (!element_allowed(mdoc_text(doc_type), mdoc_text(ns), mdoc_text(element)))
			return CLAIMS_NOT_ALLOWED;
		res = put_value(&out->values, value, shape_of(ns, element), folder);
		if (res != CLAIMS_OK)
			return res;
		out->claims[out->count].ns = mdoc_text(ns);
		out->claims[out->count].element = mdoc_text(element);
		ends[out->count++] = out->values.len;
	}
	place->element = NULL;
	return CLAIMS_OK;
}

enum claims_result
claims_build(const json_t *json, const char *folder, const char *doc_type, struct claims *out,
	struct claims_place *place)
{
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
		res = add_namespace(out, ns, elements, folder, doc_type, ends, place);
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
