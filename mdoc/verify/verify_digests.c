/*
 * mdoc/verify/verify_digests.c: every returned item is one whose digest the issuer signed (ISO/IEC 18013-5,
 * 9.3.1; R-REC-01), and no element stands there twice. Both are found in sorted lists, so that many of them cost no
 * more than n log n.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/mso.h"
#include "mdoc/verify/verify_internal.h"

#include <openssl/crypto.h>

/* The first failure of each row. */
struct findings {
	struct mdoc_error digest, random, twice;
};

static int
by_element(const void *a, const void *b)
{
	const struct mdoc_item *x = *(const struct mdoc_item *const *)a, *y = *(const struct mdoc_item *const *)b;

	return mdoci_bytes_order(x->element, y->element);
}

static int
by_digest_id(const void *a, const void *b)
{
	const struct mdoc_item *x = *(const struct mdoc_item *const *)a, *y = *(const struct mdoc_item *const *)b;

	return (x->digest_id > y->digest_id) - (x->digest_id < y->digest_id);
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
look_for_twice(const struct mdoc_namespace *ns, const struct mdoc_item **items,
	int (*order)(const void *, const void *), const char *expected, struct findings *found)
{
	qsort(items, ns->count, sizeof(items[0]), order);
	for (size_t i = 1; i < ns->count; i++)
		if (order(&items[i - 1], &items[i]) == 0)
			note(&found->twice, MDOC_ERR_VALUE, ns, items[i], expected);
}

static enum mdoc_result
check_items(const struct mdoci_verifier *v, const struct mdoc_mso *mso, const struct mdoc_namespace *ns,
	const struct mdoc_item *const *items, struct findings *found)
{
	for (size_t i = 0; i < ns->count; i++) {
		const struct mdoc_item *item = items[i];
		uint8_t digest[MDOC_DIGEST_MAX];
		struct mdoc_bytes wanted;
		enum mdoc_result res;
		size_t len = 0;

		if (item->random.len < MDOC_RANDOM_MIN)
			note(&found->random, MDOC_ERR_VALUE, ns, item, "a random of at least 16 bytes");
		if (!mdoci_mso_digest(mso, ns->name, item->digest_id, &wanted)) {
			note(&found->digest, MDOC_ERR_DIGEST, ns, item, "a digestID that the MSO has");
			continue;
		}
		res = mdoc_digest(v->context, mso->digest_alg, item->tagged, digest, &len);
		if (res != MDOC_OK)
			return res;
		if (wanted.len != len || CRYPTO_memcmp(wanted.ptr, digest, len) != 0)
			note(&found->digest, MDOC_ERR_DIGEST, ns, item, "the digest in the MSO");
	}
	return MDOC_OK;
}

static enum mdoc_result
check_namespace(const struct mdoci_verifier *v, const struct mdoc_mso *mso, const struct mdoc_namespace *ns,
	struct findings *found)
{
	const struct mdoc_item **items = calloc(ns->count + 1, sizeof(*items));
	enum mdoc_result res;

	if (items == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t i = 0; i < ns->count; i++)
		items[i] = &ns->items[i];
	look_for_twice(ns, items, by_element, "each elementIdentifier once", found);
	look_for_twice(ns, items, by_digest_id, "each digestID once", found);
	res = check_items(v, mso, ns, items, found);
	free(items);
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
