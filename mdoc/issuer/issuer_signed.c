/*
 * mdoc/issuer/issuer_signed.c: IssuerSigned (ISO/IEC 18013-5, 8.3.2.1.2.2), read, and its digests checked.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"
#include "mdoc/issuer/mso.h"
#include <openssl/crypto.h>
#include <string.h>

static enum mdoc_result
read_item(struct mdoc_node node, const char *path, struct mdoc_item *item, struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node map, value;
	enum mdoc_result res;

	res = mdoci_scan_embedded(node, path, &scan, error);
	if (res != MDOC_OK)
		return res;
	map = mdoc_cbor_root(scan);
	item->tagged = mdoc_node_span(node);
	item->inner = mdoc_node_span(map);
	item->offset = mdoc_node_offset(node);
	res = mdoci_want(map, MDOC_CBOR_MAP, path, error);
	if (res == MDOC_OK)
		res = mdoci_member_uint(map, "digestID", path, &item->digest_id, error);
	if (res == MDOC_OK)
		res = mdoci_member_bstr(map, "random", path, &item->random, error);
	if (res == MDOC_OK)
		res = mdoci_member_text(map, "elementIdentifier", path, &item->element, error);
	if (res != MDOC_OK)
		goto out;
	value = mdoc_map_text(map, "elementValue");
	item->value = mdoc_node_span(value);
	item->value_origin = mdoci_node_origin(value);
	if (!mdoc_node_present(value))
		res = mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(map), path, "elementValue");
out:
	mdoci_scan_leave(scan, node); /* what was read are spans of the input, or joined strings */
	return res;
}

static enum mdoc_result
read_namespace(struct mdoc_node items, const char *path, size_t *total, struct mdoc_namespace *ns,
	struct mdoc_error *error)
{
	struct mdoc_node node = mdoc_node_first(items);
	const size_t count = mdoc_node_count(items);
	char inner[MDOCI_PATH_MAX];
	enum mdoc_result res = MDOC_OK;

	if (mdoc_node_type(items) != MDOC_CBOR_ARRAY || count == 0)
		return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(items), path, "an array of items");
	*total += count;
	if (*total > mdoci_limit(items, MDOC_LIMIT_ITEMS))
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(items), path, "at most %zu items",
			mdoci_limit(items, MDOC_LIMIT_ITEMS));
	for (; res == MDOC_OK && ns->count < count; node = mdoc_node_next(node)) {
		void *grown = ns->items;

		/* Grown as items turn out to be items: a list of something shorter costs nothing. */
		if (!mdoci_grow(&grown, ns->count, sizeof(*ns->items)))
			return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), path, "memory");
		ns->items = grown;
		mdoci_path(inner, path, "[%zu]", ns->count);
		res = read_item(node, inner, &ns->items[ns->count], error);
		ns->count++;
	}
	return res;
}

static enum mdoc_result
read_namespaces(struct mdoc_node map, const char *path, struct mdoc_issuer_signed *out, struct mdoc_error *error)
{
	struct mdoc_node node = mdoc_node_first(map);
	const size_t count = mdoc_node_count(map);
	char outer[MDOCI_PATH_MAX], inner[MDOCI_PATH_MAX];
	enum mdoc_result res;
	size_t total = 0;

	mdoci_path(outer, path, "nameSpaces");
	if (!mdoc_node_present(map))
		return MDOC_OK; /* nothing was disclosed */
	res = mdoci_want(map, MDOC_CBOR_MAP, outer, error);
	if (res != MDOC_OK || count == 0)
		return res;
	if (count > mdoci_limit(map, MDOC_LIMIT_ITEMS))
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(map), outer, "fewer namespaces");
	while (res == MDOC_OK && out->count < count) {
		void *grown = out->namespaces;
		struct mdoc_namespace *ns;

		if (!mdoci_grow(&grown, out->count, sizeof(*out->namespaces)))
			return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), outer, "memory");
		out->namespaces = grown;
		ns = &out->namespaces[out->count];
		memset(ns, 0, sizeof(*ns));
		if (!mdoc_node_tstr(node, &ns->name))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), outer, "a namespace as text");
		mdoci_path(inner, outer, "%.*s", ns->name.len > 60 ? 60 : (int)ns->name.len,
			(const char *)ns->name.ptr);
		node = mdoc_node_next(node);
		out->count++; /* so that it is cleared */
		res = read_namespace(node, inner, &total, ns, error);
		node = mdoc_node_next(node);
	}
	return res;
}

static int
by_element(const void *a, const void *b)
{
	const struct mdoc_item *x = *(const struct mdoc_item *const *)a, *y = *(const struct mdoc_item *const *)b;
	const int order = mdoci_bytes_order(x->element, y->element);

	return order != 0 ? order : (x > y) - (x < y);
}

static int
by_name(const void *a, const void *b)
{
	const struct mdoc_namespace *x = *(const struct mdoc_namespace *const *)a;
	const struct mdoc_namespace *y = *(const struct mdoc_namespace *const *)b;

	return mdoci_bytes_order(x->name, y->name);
}

/* What is searched for by name, once all of it stands where it stays. */
static enum mdoc_result
index_names(struct mdoc_issuer_signed *is)
{
	is->by_name = calloc(is->count + 1, sizeof(*is->by_name));
	if (is->by_name == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t n = 0; n < is->count; n++) {
		struct mdoc_namespace *ns = &is->namespaces[n];

		is->by_name[n] = ns;
		ns->by_element = calloc(ns->count, sizeof(*ns->by_element));
		if (ns->by_element == NULL)
			return MDOC_ERR_MEMORY;
		for (size_t i = 0; i < ns->count; i++)
			ns->by_element[i] = &ns->items[i];
		qsort(ns->by_element, ns->count, sizeof(*ns->by_element), by_element);
	}
	qsort(is->by_name, is->count, sizeof(*is->by_name), by_name);
	return MDOC_OK;
}

enum mdoc_result
mdoci_issuer_signed_from_node(const struct mdoc_context *context, struct mdoc_node node, const char *path,
	struct mdoc_issuer_signed **out, struct mdoc_error *error)
{
	struct mdoc_issuer_signed *is = NULL;
	char inner[MDOCI_PATH_MAX];
	struct mdoc_node auth;
	enum mdoc_result res;

	*out = NULL;
	res = mdoci_want(node, MDOC_CBOR_MAP, path, error);
	if (res != MDOC_OK)
		return res;
	is = calloc(1, sizeof(*is));
	if (is == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, mdoc_node_offset(node), path, "memory");
	is->input = mdoc_node_span(node);
	mdoci_path(inner, path, "issuerAuth");
	res = read_namespaces(mdoc_map_text(node, "nameSpaces"), path, is, error);
	if (res == MDOC_OK && (res = index_names(is)) != MDOC_OK)
		res = mdoci_fail(error, res, mdoc_node_offset(node), path, "memory");
	if (res == MDOC_OK)
		res = mdoci_member(node, "issuerAuth", MDOC_CBOR_ARRAY, path, &auth, error);
	if (res == MDOC_OK)
		res = mdoci_sign1_read(auth, inner, NULL, &is->issuer_auth, error);
	if (res == MDOC_OK)
		res = mdoci_mso_parse(context, &is->issuer_auth, path, &is->mso, error);
	if (res == MDOC_OK)
		*out = is;
	else
		mdoc_issuer_signed_free(is);
	return res;
}

enum mdoc_result
mdoc_issuer_signed_parse(const struct mdoc_context *context, struct mdoc_bytes input, struct mdoc_issuer_signed **out,
	struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	*out = NULL;
	res = mdoc_cbor_scan(context, input, 0, &scan, error);
	if (res != MDOC_OK)
		return res;
	res = mdoci_issuer_signed_from_node(context, mdoc_cbor_root(scan), "", out, error);
	if (res == MDOC_OK)
		(*out)->scan = scan;
	else
		mdoc_cbor_free(scan);
	return res;
}

void
mdoc_issuer_signed_free(struct mdoc_issuer_signed *is)
{
	if (is == NULL)
		return;
	for (size_t i = 0; i < is->count; i++) {
		free(is->namespaces[i].items);
		free(is->namespaces[i].by_element);
	}
	free(is->namespaces);
	free(is->by_name);
	mdoci_mso_clear(&is->mso);
	mdoc_cbor_free(is->scan);
	free(is);
}

const struct mdoc_namespace *
mdoc_find_namespace(const struct mdoc_issuer_signed *is, struct mdoc_bytes name)
{
	size_t low = 0, high = is->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (mdoci_bytes_order(is->by_name[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < is->count && mdoc_bytes_equal(is->by_name[low]->name, name) ? is->by_name[low] : NULL;
}

/* The first one, should there be several. */
const struct mdoc_item *
mdoc_find_item(const struct mdoc_namespace *ns, struct mdoc_bytes element)
{
	size_t low = 0, high = ns->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (mdoci_bytes_order(ns->by_element[middle]->element, element) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ns->count && mdoc_bytes_equal(ns->by_element[low]->element, element) ? ns->by_element[low] : NULL;
}

enum mdoc_result
mdoc_item_check(const struct mdoc_context *context, const struct mdoc_issuer_signed *is,
	const struct mdoc_namespace *ns, const struct mdoc_item *item)
{
	uint8_t digest[MDOC_DIGEST_MAX];
	struct mdoc_bytes want;
	enum mdoc_result res;
	size_t len = 0;

	if (item->random.len < MDOC_RANDOM_MIN)
		return MDOC_ERR_VALUE;
	if (!mdoci_mso_digest(&is->mso, ns->name, item->digest_id, &want))
		return MDOC_ERR_DIGEST;
	res = mdoc_digest(context, is->mso.digest_alg, item->tagged, digest, &len);
	if (res != MDOC_OK)
		return res;
	return want.len == len && CRYPTO_memcmp(want.ptr, digest, len) == 0 ? MDOC_OK : MDOC_ERR_DIGEST;
}

static int
by_element_only(const void *a, const void *b)
{
	return mdoci_bytes_order((*(const struct mdoc_item *const *)a)->element,
		(*(const struct mdoc_item *const *)b)->element);
}

static int
by_digest_id(const void *a, const void *b)
{
	const struct mdoc_item *x = *(const struct mdoc_item *const *)a, *y = *(const struct mdoc_item *const *)b;

	return (x->digest_id > y->digest_id) - (x->digest_id < y->digest_id);
}

/* Sorted by a key, does it stand twice side by side? */
static const struct mdoc_item *
find_twice(const struct mdoc_item **items, size_t count, int (*order)(const void *, const void *))
{
	qsort(items, count, sizeof(items[0]), order);
	for (size_t i = 1; i < count; i++) {
		if (order(&items[i - 1], &items[i]) == 0)
			return items[i];
	}
	return NULL;
}

static enum mdoc_result
check_unique(const struct mdoc_namespace *ns, const char *path, struct mdoc_error *error)
{
	const struct mdoc_item **sorted = calloc(ns->count + 1, sizeof(*sorted));
	const struct mdoc_item *twice;
	enum mdoc_result res = MDOC_OK;

	if (sorted == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, path, "memory");
	for (size_t i = 0; i < ns->count; i++)
		sorted[i] = &ns->items[i];
	twice = find_twice(sorted, ns->count, by_element_only);
	if (twice != NULL)
		res = mdoci_fail(error, MDOC_ERR_VALUE, twice->offset, path, "each elementIdentifier once");
	if (res == MDOC_OK && (twice = find_twice(sorted, ns->count, by_digest_id)) != NULL)
		res = mdoci_fail(error, MDOC_ERR_VALUE, twice->offset, path, "each digestID once");
	free(sorted);
	return res;
}

enum mdoc_result
mdoc_issuer_signed_check_digests(const struct mdoc_context *context, const struct mdoc_issuer_signed *is,
	struct mdoc_error *error)
{
	char path[MDOCI_PATH_MAX];
	enum mdoc_result res = MDOC_OK;

	for (size_t n = 0; res == MDOC_OK && n < is->count; n++) {
		const struct mdoc_namespace *ns = &is->namespaces[n];

		mdoci_path(path, "nameSpaces", "%.*s", ns->name.len > 60 ? 60 : (int)ns->name.len,
			(const char *)ns->name.ptr);
		res = check_unique(ns, path, error);
		for (size_t i = 0; res == MDOC_OK && i < ns->count; i++) {
			res = mdoc_item_check(context, is, ns, &ns->items[i]);
			if (res != MDOC_OK) {
				mdoci_path(path, "nameSpaces", "%.*s[%zu]", ns->name.len > 60 ? 60 : (int)ns->name.len,
					(const char *)ns->name.ptr, i);
				mdoci_fail(error, res, ns->items[i].offset, path,
					res == MDOC_ERR_VALUE ? "a random of at least 16 bytes"
							      : "the digest in the MSO");
			}
		}
	}
	return res;
}
