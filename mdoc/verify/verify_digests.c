/*
 * mdoc/verify/verify_digests.c: every returned item is one whose digest the issuer signed (ISO/IEC 18013-5,
 * 9.3.1; R-REC-01), and no element stands there twice. Items and digests are put in order and then walked
 * side by side, so that many of them cost no more than n log n.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/verify/verify_internal.h"

#include <openssl/crypto.h>
#include <string.h>

struct signed_digest {
	uint64_t id;
	struct mdoc_bytes bytes;
};

/* What one namespace takes. */
struct work {
	const struct mdoc_item **items;
	struct signed_digest *digests;
	size_t digest_count;
};

/* The first failure of each row. */
struct findings {
	struct mdoc_error digest, random, twice;
};

static int
by_element(const void *a, const void *b)
{
	const struct mdoc_item *x = *(const struct mdoc_item *const *)a, *y = *(const struct mdoc_item *const *)b;
	const size_t shorter = x->element.len < y->element.len ? x->element.len : y->element.len;
	const int order = shorter > 0 ? memcmp(x->element.ptr, y->element.ptr, shorter) : 0;

	if (order != 0)
		return order;
	return (x->element.len > y->element.len) - (x->element.len < y->element.len);
}

static int
by_digest_id(const void *a, const void *b)
{
	const struct mdoc_item *x = *(const struct mdoc_item *const *)a, *y = *(const struct mdoc_item *const *)b;

	return (x->digest_id > y->digest_id) - (x->digest_id < y->digest_id);
}

static int
by_id(const void *a, const void *b)
{
	const struct signed_digest *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

/* nameSpaces.NAME[i], as the parser writes it. */
static void
note(struct mdoc_error *found, enum mdoc_result code, const struct mdoc_namespace *ns, const struct mdoc_item *item,
	const char *expected)
{
	char path[MDOCI_PATH_MAX];

	if (found->code != MDOC_OK)
		return;
	mdoci_path(path, "nameSpaces", "%.*s[%zu]", ns->name.len > 60 ? 60 : (int)ns->name.len,
		(const char *)ns->name.ptr, (size_t)(item - ns->items));
	(void)mdoci_fail(found, code, item->offset, path, "%s", expected);
}

static void
look_for_twice(const struct mdoc_namespace *ns, struct work *work, int (*order)(const void *, const void *),
	const char *expected, struct findings *found)
{
	qsort(work->items, ns->count, sizeof(work->items[0]), order);
	for (size_t i = 1; i < ns->count; i++)
		if (order(&work->items[i - 1], &work->items[i]) == 0)
			note(&found->twice, MDOC_ERR_VALUE, ns, work->items[i], expected);
}

/* The signed digests of a namespace by their ids; none when the MSO has no such namespace. */
static enum mdoc_result
read_digests(struct mdoc_node map, struct work *work)
{
	const size_t count = mdoc_node_count(map);
	struct mdoc_node key = mdoc_node_first(map);
	bool sorted = true;

	work->digests = calloc(count + 1, sizeof(*work->digests));
	if (work->digests == NULL)
		return MDOC_ERR_MEMORY;
	for (; work->digest_count < count && mdoc_node_present(key); work->digest_count++) {
		struct signed_digest *digest = &work->digests[work->digest_count];
		const struct mdoc_node value = mdoc_node_next(key);

		if (!mdoc_node_uint(key, &digest->id) || !mdoc_node_bstr(value, &digest->bytes))
			break; /* the parser has looked at them */
		sorted = sorted && (work->digest_count == 0 || digest[-1].id <= digest->id);
		key = mdoc_node_next(value);
	}
	if (!sorted)
		qsort(work->digests, work->digest_count, sizeof(*work->digests), by_id);
	return MDOC_OK;
}

static enum mdoc_result
check_items(const struct mdoci_verifier *v, enum mdoc_digest_alg alg, const struct mdoc_namespace *ns,
	const struct work *work, struct findings *found)
{
	size_t at = 0;

	for (size_t i = 0; i < ns->count; i++) {
		const struct mdoc_item *item = work->items[i]; /* by digest id */
		uint8_t digest[MDOC_DIGEST_MAX];
		enum mdoc_result res;
		size_t len = 0;

		if (item->random.len < MDOC_RANDOM_MIN)
			note(&found->random, MDOC_ERR_VALUE, ns, item, "a random of at least 16 bytes");
		while (at < work->digest_count && work->digests[at].id < item->digest_id)
			at++;
		if (at == work->digest_count || work->digests[at].id != item->digest_id) {
			note(&found->digest, MDOC_ERR_DIGEST, ns, item, "a digestID that the MSO has");
			continue;
		}
		res = mdoc_digest(v->context, alg, item->tagged, digest, &len);
		if (res != MDOC_OK)
			return res;
		if (work->digests[at].bytes.len != len || CRYPTO_memcmp(work->digests[at].bytes.ptr, digest, len) != 0)
			note(&found->digest, MDOC_ERR_DIGEST, ns, item, "the digest in the MSO");
	}
	return MDOC_OK;
}

static enum mdoc_result
check_namespace(const struct mdoci_verifier *v, const struct mdoc_mso *mso, const struct mdoc_namespace *ns,
	struct findings *found)
{
	struct work work = { NULL, NULL, 0 };
	enum mdoc_result res = MDOC_ERR_MEMORY;

	work.items = calloc(ns->count + 1, sizeof(*work.items));
	if (work.items == NULL)
		goto out;
	for (size_t i = 0; i < ns->count; i++)
		work.items[i] = &ns->items[i];
	look_for_twice(ns, &work, by_element, "each elementIdentifier once", found);
	look_for_twice(ns, &work, by_digest_id, "each digestID once", found);
	res = read_digests(mdoci_map_bytes(mso->value_digests, ns->name), &work);
	if (res == MDOC_OK)
		res = check_items(v, mso->digest_alg, ns, &work, found);
out:
	free(work.digests);
	free(work.items);
	return res;
}

void
mdoci_verify_digests(struct mdoci_verifier *v, const struct mdoc_issuer_signed *is)
{
	const struct mdoci_place place = { MDOCI_PART_ISSUER, "nameSpaces",
		is->count > 0 ? is->namespaces[0].name : mdoc_node_span(is->issuer_auth.node) };
	struct findings found = { 0 };

	for (size_t n = 0; n < is->count && v->fatal == MDOC_OK; n++)
		v->fatal = check_namespace(v, &is->mso, &is->namespaces[n], &found);
	mdoci_row_result(v, MDOC_CHECK_DIGESTS, &place, found.digest.code, &found.digest);
	mdoci_row_result(v, MDOC_CHECK_RANDOM_LENGTH, &place, found.random.code, &found.random);
	mdoci_row_result(v, MDOC_CHECK_DUPLICATES, &place, found.twice.code, &found.twice);
}
