/*
 * dump_place.c: what of a structure is personal. Strict: in the places where values of elements stand, only what is known
 * to be none is shown.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "tools/common/dump.h"

static bool
has(struct mdoc_node node, const char *member)
{
	return mdoc_node_type(node) == MDOC_CBOR_MAP && mdoc_node_present(mdoc_map_text(node, member));
}

static bool
is_key(struct mdoc_node key, const char *name)
{
	struct mdoc_bytes text;

	return mdoc_node_tstr(key, &text) && mdoc_bytes_is_text(text, name);
}

enum dump_place
dump_place_of(enum dump_place place, struct mdoc_node node)
{
	if (place != DUMP_OPEN)
		return place;
	if (has(node, "issuerAuth"))
		return DUMP_ISSUER_SIGNED;
	if (has(node, "deviceAuth"))
		return DUMP_DEVICE_SIGNED;
	if (has(node, "elementValue") || has(node, "elementIdentifier") || has(node, "random"))
		return DUMP_ITEM;
	if (mdoc_node_type(node) == MDOC_CBOR_ARRAY && is_key(mdoc_node_first(node), "DeviceAuthentication"))
		return DUMP_DEVICE_AUTHENTICATION;
	return DUMP_OPEN;
}

/* In an item all but its number and its name are personal. */
static enum dump_place
place_of_member(struct mdoc_node key, struct mdoc_node value)
{
	int64_t number;

	if (is_key(key, "digestID") && mdoc_node_int(value, &number))
		return DUMP_OPEN;
	if (is_key(key, "elementIdentifier") && mdoc_node_type(value) == MDOC_CBOR_TSTR)
		return DUMP_OPEN;
	return DUMP_PERSONAL;
}

enum dump_place
dump_place_of_child(enum dump_place place, struct mdoc_node key, struct mdoc_node value, size_t index)
{
	switch (place) {
	case DUMP_OPEN:
		return is_key(key, "issuerSigned")    ? DUMP_ISSUER_SIGNED
			: is_key(key, "deviceSigned") ? DUMP_DEVICE_SIGNED
						      : DUMP_OPEN;
	case DUMP_ISSUER_SIGNED:
		return is_key(key, "nameSpaces") ? DUMP_ISSUER_NAMESPACES : DUMP_OPEN;
	case DUMP_ISSUER_NAMESPACES:
		return DUMP_ITEMS;
	case DUMP_ITEMS:
		return DUMP_ITEM;
	case DUMP_ITEM:
		return place_of_member(key, value);
	case DUMP_DEVICE_AUTHENTICATION:
		return index == 3 ? DUMP_DEVICE_NAMESPACES : DUMP_OPEN;
	case DUMP_DEVICE_SIGNED:
		return is_key(key, "nameSpaces") ? DUMP_DEVICE_NAMESPACES : DUMP_OPEN;
	case DUMP_DEVICE_NAMESPACES:
		return DUMP_DEVICE_ELEMENTS;
	default:
		return DUMP_PERSONAL;
	}
}

bool
dump_place_hides(enum dump_place place, struct mdoc_node node)
{
	const enum mdoc_cbor_type type = mdoc_node_type(node);

	switch (place) {
	case DUMP_OPEN:
	case DUMP_ISSUER_SIGNED:
	case DUMP_DEVICE_SIGNED:
	case DUMP_DEVICE_AUTHENTICATION:
		return false;
	case DUMP_ITEMS:
		return type != MDOC_CBOR_ARRAY;
	case DUMP_PERSONAL:
		return true;
	default:
		return type != MDOC_CBOR_MAP;
	}
}

static const char *
type_name(struct mdoc_node node)
{
	switch (mdoc_node_type(node)) {
	case MDOC_CBOR_UINT:
	case MDOC_CBOR_NINT:
		return "integer";
	case MDOC_CBOR_BSTR:
		return "byte string";
	case MDOC_CBOR_TSTR:
		return "text";
	case MDOC_CBOR_ARRAY:
		return "array";
	case MDOC_CBOR_MAP:
		return "map";
	case MDOC_CBOR_TAG:
		return "tagged item";
	case MDOC_CBOR_FALSE:
	case MDOC_CBOR_TRUE:
		return "boolean";
	default:
		return "simple value";
	}
}

void
dump_hidden(FILE *to, struct mdoc_node node)
{
	const enum mdoc_cbor_type type = mdoc_node_type(node);
	struct mdoc_bytes bytes = mdoc_node_span(node);

	fprintf(to, "/hidden: %s", type_name(node));
	/* The length of an integer tells something of its value. */
	if (mdoc_node_bstr(node, &bytes) || mdoc_node_tstr(node, &bytes) || type == MDOC_CBOR_ARRAY ||
		type == MDOC_CBOR_MAP || type == MDOC_CBOR_TAG)
		fprintf(to, ", %zu bytes", bytes.len);
	fputc('/', to);
}
