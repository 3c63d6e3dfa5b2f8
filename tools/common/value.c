/* value.c: element names and values as people read them. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/value.h"
#include "tools/common/json.h"
#include "tools/common/message.h"
#include "tools/common/terminal.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEPTH_SHOWN 8

bool
element_allowed(struct mdoc_bytes doc_type, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const struct mdoc_profile *profile = mdoc_profile_find(doc_type);

	return profile == NULL || mdoc_profile_element(profile, ns, element) != NULL;
}

const char *
element_label(struct mdoc_bytes ns, struct mdoc_bytes element, char room[32])
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(JP_DOCTYPE));
	const struct mdoc_element_rule *rule = mdoc_profile_element(profile, ns, element);

	if (rule == NULL || rule->form != MDOC_FORM_BOOL)
		return rule != NULL ? rule->label : NULL;
	snprintf(room, 32, "%.2s%s", (const char *)element.ptr + element.len - 2, rule->label);
	return room;
}

static const char *
sex_name(uint64_t code)
{
	switch (code) {
	case 0:
		return _("not known");
	case 1:
		return _("male");
	case 2:
		return _("female");
	case 9:
		return _("not applicable");
	default:
		return _("unknown code");
	}
}

static const char *
image_kind(struct mdoc_bytes bytes)
{
	static const uint8_t jpeg[] = { 0xFF, 0xD8, 0xFF };
	static const uint8_t jp2[] = { 0x00, 0x00, 0x00, 0x0C, 'j', 'P' };
	static const uint8_t png[] = { 0x89, 'P', 'N', 'G' };

	if (bytes.len >= sizeof(jpeg) && memcmp(bytes.ptr, jpeg, sizeof(jpeg)) == 0)
		return _(", JPEG image");
	if (bytes.len >= sizeof(jp2) && memcmp(bytes.ptr, jp2, sizeof(jp2)) == 0)
		return _(", JPEG 2000 image");
	if (bytes.len >= sizeof(png) && memcmp(bytes.ptr, png, sizeof(png)) == 0)
		return _(", PNG image");
	return "";
}

static void print_node(FILE *to, struct mdoc_node node, unsigned depth);

static void
print_container(FILE *to, struct mdoc_node node, bool is_map, unsigned depth)
{
	bool key = true;
	size_t i = 0;

	fputc(is_map ? '{' : '[', to);
	for (struct mdoc_node item = mdoc_node_first(node); mdoc_node_present(item); item = mdoc_node_next(item)) {
		if (i++ > 0)
			fputs(is_map && !key ? ": " : ", ", to);
		print_node(to, item, depth + 1);
		key = !key;
	}
	fputc(is_map ? '}' : ']', to);
}

static void
print_scalar(FILE *to, struct mdoc_node node)
{
	struct mdoc_bytes bytes;
	double fraction;
	int64_t number;
	uint64_t natural;
	bool truth;

	if (mdoc_node_tstr(node, &bytes))
		terminal_text(to, (const char *)bytes.ptr, bytes.len);
	else if (mdoc_node_bstr(node, &bytes))
		fprintf(to, _("(%zu bytes%s)"), bytes.len, image_kind(bytes));
	else if (mdoc_node_uint(node, &natural))
		fprintf(to, "%" PRIu64, natural);
	else if (mdoc_node_int(node, &number))
		fprintf(to, "%" PRId64, number);
	else if (mdoc_node_float(node, &fraction))
		fprintf(to, "%.15g", fraction);
	else if (mdoc_node_bool(node, &truth))
		fputs(truth ? _("yes") : _("no"), to);
	else if (mdoc_node_is_null(node))
		fputs(_("nothing"), to);
	else
		fputs(_("(a value that cannot be shown)"), to);
}

static void
print_node(FILE *to, struct mdoc_node node, unsigned depth)
{
	struct mdoc_node content;
	uint64_t tag;

	if (depth > DEPTH_SHOWN)
		fputs("…", to);
	else if (mdoc_node_tag(node, &tag, &content))
		print_node(to, content, depth + 1); /* tdate, full-date: the text says it */
	else if (mdoc_node_type(node) == MDOC_CBOR_MAP || mdoc_node_type(node) == MDOC_CBOR_ARRAY)
		print_container(to, node, mdoc_node_type(node) == MDOC_CBOR_MAP, depth);
	else
		print_scalar(to, node);
}

void
value_print(FILE *to, struct mdoc_bytes element, struct mdoc_bytes value)
{
	struct mdoc_cbor *scan = NULL;
	uint64_t number;

	if (mdoc_cbor_scan(NULL, value, 0, &scan, NULL) != MDOC_OK)
		fputs(_("(a value that cannot be shown)"), to);
	else if (mdoc_bytes_is_text(element, "sex") && mdoc_node_uint(mdoc_cbor_root(scan), &number))
		fprintf(to, "%" PRIu64 " (%s)", number, sex_name(number));
	else
		print_node(to, mdoc_cbor_root(scan), 0);
	mdoc_cbor_free(scan);
}

static json_t *node_json(struct mdoc_node node);

static json_t *
map_json(struct mdoc_node map)
{
	json_t *object = json_object();
	struct mdoc_node key = mdoc_node_first(map);

	while (mdoc_node_present(key)) {
		const struct mdoc_node value = mdoc_node_next(key);
		struct mdoc_bytes name;
		char number[32];
		int64_t integer;

		if (mdoc_node_tstr(key, &name))
			json_object_setn_new(object, (const char *)name.ptr, name.len, node_json(value));
		else if (mdoc_node_int(key, &integer)) {
			snprintf(number, sizeof(number), "%" PRId64, integer);
			json_object_set_new(object, number, node_json(value));
		}
		key = mdoc_node_next(value);
	}
	return object;
}

static json_t *
array_json(struct mdoc_node array)
{
	json_t *list = json_array();

	for (struct mdoc_node item = mdoc_node_first(array); mdoc_node_present(item); item = mdoc_node_next(item))
		json_array_append_new(list, node_json(item));
	return list;
}

static json_t *
node_json(struct mdoc_node node)
{
	struct mdoc_node content;
	struct mdoc_bytes bytes;
	double fraction;
	int64_t number;
	uint64_t tag;
	bool truth;

	if (mdoc_node_tstr(node, &bytes))
		return json_text(bytes);
	if (mdoc_node_bstr(node, &bytes))
		return json_pack("{s:I, s:o}", "bytes", (json_int_t)bytes.len, "base64url", json_base64url(bytes));
	if (mdoc_node_int(node, &number))
		return json_integer(number);
	if (mdoc_node_float(node, &fraction) && isfinite(fraction)) /* JSON has no infinity */
		return json_real(fraction);
	if (mdoc_node_bool(node, &truth))
		return json_boolean(truth);
	if (mdoc_node_tag(node, &tag, &content))
		return node_json(content);
	if (mdoc_node_type(node) == MDOC_CBOR_MAP)
		return map_json(node);
	if (mdoc_node_type(node) == MDOC_CBOR_ARRAY)
		return array_json(node);
	return json_null();
}

json_t *
value_json(struct mdoc_bytes value)
{
	struct mdoc_cbor *scan = NULL;
	json_t *json = NULL;

	if (mdoc_cbor_scan(NULL, value, 0, &scan, NULL) == MDOC_OK)
		json = node_json(mdoc_cbor_root(scan));
	mdoc_cbor_free(scan);
	return json != NULL ? json : json_null();
}

static json_t *
elements_json(const struct mdoc_namespace *ns)
{
	json_t *object = json_object();
	const struct mdoc_item *item;

	for (size_t i = 0; (item = mdoc_namespace_item(ns, i)) != NULL; i++) {
		const struct mdoc_bytes element = mdoc_item_element(item);

		json_object_setn_new(object, (const char *)element.ptr, element.len, value_json(mdoc_item_value(item)));
	}
	return object;
}

json_t *
record_elements_json(const struct mdoc_issuer_signed *record)
{
	json_t *all = json_object();
	const struct mdoc_namespace *ns;

	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(record, n)) != NULL; n++) {
		const struct mdoc_bytes name = mdoc_namespace_name(ns);

		json_object_setn_new(all, (const char *)name.ptr, name.len, elements_json(ns));
	}
	return all;
}

static void
print_item(FILE *to, const struct mdoc_namespace *ns, const struct mdoc_item *item)
{
	const struct mdoc_bytes element = mdoc_item_element(item);
	char name[160], room[32];
	const char *label = element_label(mdoc_namespace_name(ns), element, room);

	snprintf(name, sizeof(name), "%.*s", (int)(element.len < 150 ? element.len : 150), (const char *)element.ptr);
	fputs("  ", to);
	terminal_padded(to, label != NULL ? label : "", 14);
	terminal_padded(to, name, 28);
	value_print(to, element, mdoc_item_value(item));
	fputc('\n', to);
}

void
record_print(FILE *to, const struct mdoc_issuer_signed *record)
{
	const struct mdoc_namespace *ns;
	const struct mdoc_item *item;

	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(record, n)) != NULL; n++)
		for (size_t i = 0; (item = mdoc_namespace_item(ns, i)) != NULL; i++)
			print_item(to, ns, item);
}

void
time_print_jst(int64_t when, char text[32])
{
	const time_t jst = (time_t)(when + 9 * 3600);
	struct tm parts;

	if (gmtime_r(&jst, &parts) == NULL || strftime(text, 32, "%Y-%m-%d %H:%M:%S JST", &parts) == 0)
		snprintf(text, 32, "?");
}

static size_t
count_items(const struct mdoc_issuer_signed *record)
{
	const struct mdoc_namespace *ns;
	size_t count = 0;

	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(record, n)) != NULL; n++)
		count += mdoc_namespace_count(ns);
	return count;
}

/* Is all of this namespace in the other one, too? */
static bool
same_namespace(const struct mdoc_namespace *ns, const struct mdoc_namespace *other)
{
	const struct mdoc_item *item, *twin;

	for (size_t i = 0; other != NULL && (item = mdoc_namespace_item(ns, i)) != NULL; i++) {
		twin = mdoc_find_item(other, mdoc_item_element(item));
		if (twin == NULL || !mdoc_bytes_equal(mdoc_item_value(twin), mdoc_item_value(item)))
			return false;
	}
	return other != NULL;
}

bool
record_same_content(const struct mdoc_issuer_signed *a, const struct mdoc_issuer_signed *b)
{
	const struct mdoc_mso *x = mdoc_issuer_signed_mso(a), *y = mdoc_issuer_signed_mso(b);
	const struct mdoc_namespace *ns;

	if (!mdoc_bytes_equal(mdoc_mso_doc_type(x), mdoc_mso_doc_type(y)) ||
		mdoc_mso_valid_until(x) != mdoc_mso_valid_until(y) ||
		mdoc_mso_valid_from(x) != mdoc_mso_valid_from(y) || count_items(a) != count_items(b))
		return false;
	for (size_t n = 0; (ns = mdoc_issuer_signed_namespace(a, n)) != NULL; n++)
		if (!same_namespace(ns, mdoc_find_namespace(b, mdoc_namespace_name(ns))))
			return false;
	return true;
}
