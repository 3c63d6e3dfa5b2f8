/*
 * mdoc/base/fields.c: typed members of maps, with the place of what is wrong.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"

static const char *const type_names[] = {
	[MDOC_CBOR_UINT] = "an unsigned integer",
	[MDOC_CBOR_NINT] = "a negative integer",
	[MDOC_CBOR_BSTR] = "a byte string",
	[MDOC_CBOR_TSTR] = "a text string",
	[MDOC_CBOR_ARRAY] = "an array",
	[MDOC_CBOR_MAP] = "a map",
	[MDOC_CBOR_TAG] = "a tagged item",
	[MDOC_CBOR_FALSE] = "false",
	[MDOC_CBOR_TRUE] = "true",
	[MDOC_CBOR_NULL] = "null",
	[MDOC_CBOR_UNDEFINED] = "undefined",
	[MDOC_CBOR_SIMPLE] = "a simple value",
	[MDOC_CBOR_FLOAT] = "a floating-point number",
};

enum mdoc_result
mdoci_want(struct mdoc_node node, enum mdoc_cbor_type type, const char *path, struct mdoc_error *error)
{
	if (mdoc_node_present(node) && mdoc_node_type(node) == type)
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "%s", type_names[type]);
}

/* Any type. */
static enum mdoc_result
find(struct mdoc_node map, const char *key, const char *path, struct mdoc_node *value, struct mdoc_error *error)
{
	*value = mdoc_map_text(map, key);
	if (mdoc_node_present(*value))
		return MDOC_OK;
	return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(map), path, "a member \"%s\"", key);
}

static enum mdoc_result
wrong_type(struct mdoc_node value, const char *key, enum mdoc_cbor_type type, const char *path,
	struct mdoc_error *error)
{
	char place[MDOCI_PATH_MAX];

	mdoci_path(place, path, "%s", key);
	return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(value), place, "%s", type_names[type]);
}

enum mdoc_result
mdoci_member(struct mdoc_node map, const char *key, enum mdoc_cbor_type type, const char *path, struct mdoc_node *value,
	struct mdoc_error *error)
{
	const enum mdoc_result res = find(map, key, path, value, error);

	if (res == MDOC_OK && mdoc_node_type(*value) != type)
		return wrong_type(*value, key, type, path, error);
	return res;
}

enum mdoc_result
mdoci_member_text(struct mdoc_node map, const char *key, const char *path, struct mdoc_bytes *value,
	struct mdoc_error *error)
{
	struct mdoc_node node;
	const enum mdoc_result res = find(map, key, path, &node, error);

	if (res == MDOC_OK && !mdoc_node_tstr(node, value))
		return wrong_type(node, key, MDOC_CBOR_TSTR, path, error);
	return res;
}

enum mdoc_result
mdoci_member_bstr(struct mdoc_node map, const char *key, const char *path, struct mdoc_bytes *value,
	struct mdoc_error *error)
{
	struct mdoc_node node;
	const enum mdoc_result res = find(map, key, path, &node, error);

	if (res == MDOC_OK && !mdoc_node_bstr(node, value))
		return wrong_type(node, key, MDOC_CBOR_BSTR, path, error);
	return res;
}

enum mdoc_result
mdoci_member_uint(struct mdoc_node map, const char *key, const char *path, uint64_t *value, struct mdoc_error *error)
{
	struct mdoc_node node;
	const enum mdoc_result res = find(map, key, path, &node, error);

	if (res == MDOC_OK && !mdoc_node_uint(node, value))
		return wrong_type(node, key, MDOC_CBOR_UINT, path, error);
	return res;
}

enum mdoc_result
mdoci_scan_content(struct mdoc_node bstr, const char *path, struct mdoc_cbor **scan, struct mdoc_error *error)
{
	struct mdoc_bytes inner;
	enum mdoc_result res;

	*scan = NULL;
	if (!mdoc_node_bstr(bstr, &inner))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(bstr), path, "a byte string");
	res = mdoci_scan_at(mdoci_scan_context(bstr), inner, mdoci_string_origin(bstr), scan, error);
	if (res != MDOC_OK)
		mdoci_error_prefix(error, path);
	return res;
}

enum mdoc_result
mdoci_scan_embedded(struct mdoc_node node, const char *path, struct mdoc_cbor **scan, struct mdoc_error *error)
{
	struct mdoc_node content;
	struct mdoc_bytes inner;
	uint64_t tag;

	*scan = NULL;
	if (!mdoc_node_embedded(node, &inner) || !mdoc_node_tag(node, &tag, &content))
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path, "tag 24 around a byte string");
	return mdoci_scan_content(content, path, scan, error);
}
