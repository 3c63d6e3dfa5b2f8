/*
 * dump_json.c: any structure as JSON. Nothing is lost but the order of a map's members, and what JSON
 * cannot say is an object: {"bytes", "base64url"}, {"tag", "value"}, {"embedded"}, {"certificate", …}.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include <inttypes.h>
#include "tools/common/json.h"
#include "tools/common/dump.h"

static json_t *node_json(struct mdoc_node node, enum dump_kind kind, unsigned depth);

static json_t *
bytes_json(struct mdoc_bytes bytes, enum dump_kind kind)
{
	struct mdoc_buf line = MDOC_BUF_EMPTY;
	json_t *json = json_pack("{s:I, s:o}", "bytes", (json_int_t)bytes.len, "base64url", json_base64url(bytes));

	if (json != NULL && kind == DUMP_CERTIFICATES && dump_certificate(bytes, &line))
		json_object_set_new(json, "certificate", json_text(mdoc_buf_bytes(&line)));
	mdoc_buf_clear(&line);
	return json;
}

/* A member's name: text as it is, anything else as it stands in the notation of its bytes. */
static void
set_member(json_t *object, struct mdoc_node key, json_t *value)
{
	const struct mdoc_bytes span = mdoc_node_span(key);
	struct mdoc_bytes text;
	char name[64];
	int64_t number;
	int used = 0;

	if (mdoc_node_tstr(key, &text)) {
		json_object_setn_new(object, (const char *)text.ptr, text.len, value);
		return;
	}
	if (mdoc_node_int(key, &number))
		(void)snprintf(name, sizeof(name), "%" PRId64, number);
	else
		for (size_t i = 0; i < span.len && (size_t)used + 3 < sizeof(name); i++)
			used += snprintf(name + used, sizeof(name) - (size_t)used, "%02x", span.ptr[i]);
	json_object_set_new(object, name, value);
}

static json_t *
container_json(struct mdoc_node node, enum dump_kind kind, unsigned depth)
{
	const bool is_map = mdoc_node_type(node) == MDOC_CBOR_MAP;
	json_t *json = is_map ? json_object() : json_array();
	struct mdoc_node item = mdoc_node_first(node);
	size_t index = 0;

	while (mdoc_node_present(item)) {
		const struct mdoc_node value = is_map ? mdoc_node_next(item) : item;
		const struct mdoc_node key = is_map ? item : (struct mdoc_node){ NULL, 0 };
		json_t *child = node_json(value, dump_kind_of_child(kind, node, key, index), depth + 1);

		if (is_map)
			set_member(json, key, child);
		else
			json_array_append_new(json, child);
		item = mdoc_node_next(value);
		index++;
	}
	return json;
}

static json_t *
scalar_json(struct mdoc_node node, enum dump_kind kind)
{
	struct mdoc_bytes bytes;
	int64_t number;
	bool truth;

	if (mdoc_node_tstr(node, &bytes))
		return json_text(bytes);
	if (mdoc_node_bstr(node, &bytes))
		return bytes_json(bytes, kind);
	if (mdoc_node_int(node, &number))
		return json_integer(number);
	if (mdoc_node_bool(node, &truth))
		return json_boolean(truth);
	if (mdoc_node_is_null(node))
		return json_null();
	return json_pack("{s:o}", "encoded", json_base64url(mdoc_node_span(node)));
}

static json_t *
node_json(struct mdoc_node node, enum dump_kind kind, unsigned depth)
{
	struct mdoc_cbor *inside = depth < DUMP_DEPTH ? dump_inside(kind, node) : NULL;
	const enum mdoc_cbor_type type = mdoc_node_type(node);
	struct mdoc_node content;
	json_t *json = NULL;
	uint64_t tag;

	if (kind == DUMP_PLAIN)
		kind = dump_kind_of(node);
	if (inside != NULL)
		json = json_pack("{s:o}", "embedded",
			node_json(mdoc_cbor_root(inside), kind == DUMP_PROTECTED ? DUMP_COSE_HEADER : DUMP_PLAIN,
				depth + 1));
	else if (depth >= DUMP_DEPTH)
		json = json_pack("{s:o}", "encoded", json_base64url(mdoc_node_span(node)));
	else if (mdoc_node_tag(node, &tag, &content))
		json = json_pack("{s:I, s:o}", "tag", (json_int_t)tag, "value", node_json(content, kind, depth + 1));
	else if (type == MDOC_CBOR_MAP || type == MDOC_CBOR_ARRAY)
		json = container_json(node, kind, depth);
	else
		json = scalar_json(node, kind);
	mdoc_cbor_free(inside);
	return json != NULL ? json : json_null();
}

json_t *
dump_json(struct mdoc_node node)
{
	return json_pack("{s:s, s:o}", "structure", dump_structure(node), "value", node_json(node, DUMP_PLAIN, 0));
}
