/*
 * mdoc/verify/verify_authorization.c: keyAuthorizations of the MSO against what the device signed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_internal.h"

#define AUTHORIZATIONS_PATH "issuerSigned.issuerAuth.payload.deviceKeyInfo.keyAuthorizations"
#define NAMESPACES_PATH "deviceSigned.nameSpaces"

struct authorizations {
	struct mdoc_node namespaces; /* [+ tstr] or absent */
	struct mdoc_node elements;   /* {+ tstr: [+ tstr]} or absent */
};

static bool
list_has(struct mdoc_node list, struct mdoc_bytes name)
{
	struct mdoc_bytes text;

	for (struct mdoc_node at = mdoc_node_first(list); mdoc_node_present(at); at = mdoc_node_next(at))
		if (mdoc_node_tstr(at, &text) && mdoc_bytes_equal(text, name))
			return true;
	return false;
}

static bool
is_text_list(struct mdoc_node list)
{
	struct mdoc_bytes text;

	if (!mdoc_node_present(list) || mdoc_node_type(list) != MDOC_CBOR_ARRAY || mdoc_node_count(list) == 0)
		return false;
	for (struct mdoc_node at = mdoc_node_first(list); mdoc_node_present(at); at = mdoc_node_next(at))
		if (!mdoc_node_tstr(at, &text))
			return false;
	return true;
}

/* Entries of a map and of the containers in it. Every one is compared with every other, by a
 * reader that has not yet decided whom it trusts: so there are only so many. */
static bool
too_many(struct mdoc_node map)
{
	const size_t limit = mdoci_limit(map, MDOC_LIMIT_DEVICE_NAMES);
	size_t total = mdoc_node_count(map);
	struct mdoc_node value;

	for (struct mdoc_node key = mdoc_node_first(map); mdoc_node_present(key) && total <= limit;
		key = mdoc_node_next(value)) {
		value = mdoc_node_next(key);
		total += mdoc_node_count(value);
	}
	return total > limit;
}

static enum mdoc_result
fail_size(struct mdoc_node node, const char *path, struct mdoc_error *why)
{
	return mdoci_fail(why, MDOC_ERR_SIZE, mdoc_node_offset(node), path, "at most %zu names",
		mdoci_limit(node, MDOC_LIMIT_DEVICE_NAMES));
}

/* Well formed: not empty, and no namespace both as a whole and by its elements. */
static enum mdoc_result
read_authorizations(struct mdoc_node node, struct authorizations *a, struct mdoc_error *why)
{
	const size_t offset = mdoc_node_offset(node);
	struct mdoc_node key;
	struct mdoc_node value;
	struct mdoc_bytes name;

	if (mdoc_node_type(node) != MDOC_CBOR_MAP)
		return mdoci_fail(why, MDOC_ERR_TYPE, offset, AUTHORIZATIONS_PATH, "a map");
	a->namespaces = mdoc_map_text(node, "nameSpaces");
	a->elements = mdoc_map_text(node, "dataElements");
	if (!mdoc_node_present(a->namespaces) && !mdoc_node_present(a->elements))
		return mdoci_fail(why, MDOC_ERR_VALUE, offset, AUTHORIZATIONS_PATH, "nameSpaces or dataElements");
	if (mdoc_node_present(a->namespaces) && !is_text_list(a->namespaces))
		return mdoci_fail(why, MDOC_ERR_TYPE, offset, AUTHORIZATIONS_PATH, "nameSpaces: names");
	if (mdoc_node_count(a->namespaces) > mdoci_limit(node, MDOC_LIMIT_DEVICE_NAMES))
		return fail_size(node, AUTHORIZATIONS_PATH, why);
	if (!mdoc_node_present(a->elements))
		return MDOC_OK;
	if (mdoc_node_type(a->elements) != MDOC_CBOR_MAP || mdoc_node_count(a->elements) == 0)
		return mdoci_fail(why, MDOC_ERR_TYPE, offset, AUTHORIZATIONS_PATH, "dataElements: a map");
	if (too_many(a->elements))
		return fail_size(node, AUTHORIZATIONS_PATH, why);
	for (key = mdoc_node_first(a->elements); mdoc_node_present(key); key = mdoc_node_next(value)) {
		value = mdoc_node_next(key);
		if (!mdoc_node_tstr(key, &name) || !is_text_list(value))
			return mdoci_fail(why, MDOC_ERR_TYPE, offset, AUTHORIZATIONS_PATH,
				"dataElements: names by namespace");
		if (list_has(a->namespaces, name))
			return mdoci_fail(why, MDOC_ERR_VALUE, offset, AUTHORIZATIONS_PATH,
				"a namespace in nameSpaces or dataElements, not in both");
	}
	return MDOC_OK;
}

static bool
allowed(const struct authorizations *a, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	struct mdoc_node key;
	struct mdoc_node value;
	struct mdoc_bytes name;

	if (list_has(a->namespaces, ns))
		return true;
	for (key = mdoc_node_first(a->elements); mdoc_node_present(key); key = mdoc_node_next(value)) {
		value = mdoc_node_next(key);
		if (mdoc_node_tstr(key, &name) && mdoc_bytes_equal(name, ns))
			return list_has(value, element);
	}
	return false;
}

/* Is this element, of namespace `ns`, one that the device may sign? */
typedef enum mdoc_result (*element_rule)(const void *arg, struct mdoc_bytes ns, struct mdoc_node key,
	struct mdoc_bytes element, struct mdoc_error *why);

static enum mdoc_result
allowed_rule(const void *arg, struct mdoc_bytes ns, struct mdoc_node key, struct mdoc_bytes element,
	struct mdoc_error *why)
{
	if (allowed(arg, ns, element))
		return MDOC_OK;
	return mdoci_fail(why, MDOC_ERR_AUTHORIZATION, mdoc_node_offset(key), NAMESPACES_PATH,
		"an element that keyAuthorizations lets the device sign");
}

static enum mdoc_result
new_rule(const void *arg, struct mdoc_bytes ns, struct mdoc_node key, struct mdoc_bytes element, struct mdoc_error *why)
{
	const struct mdoc_namespace *issued = arg != NULL ? mdoc_find_namespace(arg, ns) : NULL;

	if (issued == NULL || mdoc_find_item(issued, element) == NULL)
		return MDOC_OK;
	return mdoci_fail(why, MDOC_ERR_AUTHORIZATION, mdoc_node_offset(key), NAMESPACES_PATH,
		"an element that the issuer has not signed already");
}

/* Every element against a rule; there are only so many of them. */
static enum mdoc_result
check_each(const struct mdoc_cbor *device_namespaces, element_rule rule, const void *arg, struct mdoc_error *why)
{
	const struct mdoc_node namespaces = mdoc_cbor_root(device_namespaces);
	enum mdoc_result res = MDOC_OK;
	struct mdoc_node value;
	struct mdoc_bytes ns, element;

	if (mdoc_node_type(namespaces) != MDOC_CBOR_MAP)
		return mdoci_fail(why, MDOC_ERR_TYPE, mdoc_node_offset(namespaces), NAMESPACES_PATH, "a map");
	if (too_many(namespaces))
		return fail_size(namespaces, NAMESPACES_PATH, why);
	for (struct mdoc_node key = mdoc_node_first(namespaces); mdoc_node_present(key); key = mdoc_node_next(value)) {
		value = mdoc_node_next(key);
		if (!mdoc_node_tstr(key, &ns) || mdoc_node_type(value) != MDOC_CBOR_MAP)
			return mdoci_fail(why, MDOC_ERR_TYPE, mdoc_node_offset(key), NAMESPACES_PATH,
				"a name as text, and a map of elements");
		for (struct mdoc_node at = mdoc_node_first(value); res == MDOC_OK && mdoc_node_present(at);
			at = mdoc_node_next(mdoc_node_next(at))) {
			if (!mdoc_node_tstr(at, &element))
				return mdoci_fail(why, MDOC_ERR_TYPE, mdoc_node_offset(at), NAMESPACES_PATH,
					"a name as text");
			res = rule(arg, ns, at, element, why);
		}
		if (res != MDOC_OK)
			return res;
	}
	return MDOC_OK;
}

enum mdoc_result
mdoci_authorizations_check(const struct mdoc_issuer_signed *is, const struct mdoc_cbor *device_namespaces,
	struct mdoc_error *why)
{
	struct authorizations a = { { NULL, 0 }, { NULL, 0 } };
	enum mdoc_result res = MDOC_OK;

	if (is != NULL && mdoc_node_present(is->mso.key_authorizations))
		res = read_authorizations(is->mso.key_authorizations, &a, why);
	return res != MDOC_OK ? res : check_each(device_namespaces, allowed_rule, &a, why);
}

enum mdoc_result
mdoci_replacement_check(const struct mdoc_issuer_signed *is, const struct mdoc_cbor *device_namespaces,
	struct mdoc_error *why)
{
	return check_each(device_namespaces, new_rule, is, why);
}

enum mdoc_result
mdoc_device_namespaces_check(const struct mdoc_issuer_signed *is, const struct mdoc_cbor *device_namespaces,
	struct mdoc_error *why)
{
	const enum mdoc_result res = mdoci_authorizations_check(is, device_namespaces, why);

	return res != MDOC_OK ? res : mdoci_replacement_check(is, device_namespaces, why);
}
