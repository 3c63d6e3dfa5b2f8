/*
 * mdoc/x509/trust.c: trust anchors, and which of them issued a certificate. A path has two certificates:
 * ISO/IEC 18013-5 puts nothing between a root and what it signs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/x509_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define BUCKETS_FIRST 8

struct mdoc_trust *
mdoc_trust_new(void)
{
	struct mdoc_trust *trust = calloc(1, sizeof(*trust));

	if (trust == NULL)
		return NULL;
	trust->lock = CRYPTO_THREAD_lock_new();
	if (trust->lock == NULL) {
		free(trust);
		return NULL;
	}
	return trust;
}

static void
free_types(struct mdoc_bytes *doc_types, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)doc_types[i].ptr);
}

static void
anchor_free(struct mdoc_anchor *anchor)
{
	if (anchor == NULL)
		return;
	free_types(anchor->doc_types, anchor->doc_type_count);
	free(anchor->doc_types);
	for (size_t i = 0; i < anchor->crl_count; i++)
		mdoc_crl_free(anchor->crls[i]);
	free(anchor->crls);
	mdoc_cert_free(anchor->cert);
	free(anchor);
}

void
mdoc_trust_free(struct mdoc_trust *trust)
{
	if (trust == NULL)
		return;
	mdoci_cache_free(trust->cache);
	for (size_t i = 0; i < trust->count; i++)
		anchor_free(trust->anchors[i]);
	free(trust->anchors);
	free(trust->buckets);
	CRYPTO_THREAD_lock_free(trust->lock);
	free(trust);
}

size_t
mdoc_trust_count(const struct mdoc_trust *trust)
{
	return trust->count;
}

bool
mdoc_trust_profile(const struct mdoc_trust *trust, enum mdoc_cert_profile *profile)
{
	if (trust->count == 0)
		return false;
	*profile = trust->profile;
	return true;
}

const struct mdoc_cert *
mdoc_anchor_cert(const struct mdoc_anchor *anchor)
{
	return anchor->cert;
}

static int
compare_types(const void *a, const void *b)
{
	const struct mdoc_bytes *left = a;
	const struct mdoc_bytes *right = b;

	if (left->len != right->len || left->len == 0)
		return (left->len > right->len) - (left->len < right->len);
	return memcmp(left->ptr, right->ptr, left->len);
}

static bool
names_type(const struct mdoc_anchor *anchor, struct mdoc_bytes doc_type)
{
	return anchor->doc_type_count > 0 &&
		bsearch(&doc_type, anchor->doc_types, anchor->doc_type_count, sizeof(doc_type), compare_types) != NULL;
}

bool
mdoc_anchor_allows(const struct mdoc_anchor *anchor, struct mdoc_bytes doc_type)
{
	return anchor->doc_type_count == 0 || names_type(anchor, doc_type);
}

static struct mdoc_anchor **
bucket_of(const struct mdoc_trust *trust, struct mdoc_bytes key_id)
{
	return &trust->buckets[mdoci_hash(key_id) & (trust->bucket_count - 1)];
}

static void
link_anchor(struct mdoc_trust *trust, struct mdoc_anchor *anchor)
{
	struct mdoc_anchor **bucket = bucket_of(trust, anchor->cert->ski);

	anchor->next = *bucket;
	*bucket = anchor;
}

/* Room for one more anchor, with no more anchors than buckets. */
static bool
make_room(struct mdoc_trust *trust)
{
	const size_t wanted = trust->room == 0 ? BUCKETS_FIRST : trust->room * 2;
	struct mdoc_anchor **anchors, **buckets;

	if (trust->count < trust->room)
		return true;
	buckets = calloc(wanted, sizeof(struct mdoc_anchor *));
	if (buckets == NULL)
		return false;
	anchors = realloc(trust->anchors, wanted * sizeof(struct mdoc_anchor *));
	if (anchors == NULL) {
		free(buckets);
		return false;
	}
	free(trust->buckets);
	trust->anchors = anchors;
	trust->buckets = buckets;
	trust->room = trust->bucket_count = wanted;
	for (size_t i = 0; i < trust->count; i++)
		link_anchor(trust, trust->anchors[i]);
	return true;
}

/* The same certificate again. */
static struct mdoc_anchor *
find_same(const struct mdoc_trust *trust, const struct mdoc_cert *cert)
{
	struct mdoc_anchor *anchor = trust->count > 0 ? *bucket_of(trust, cert->ski) : NULL;

	while (anchor != NULL && !mdoc_bytes_equal(anchor->cert->der, cert->der))
		anchor = anchor->next;
	return anchor;
}

/* Sort, and keep one of each. */
static size_t
sort_types(struct mdoc_bytes *doc_types, size_t count)
{
	size_t kept = 0;

	qsort(doc_types, count, sizeof(*doc_types), compare_types);
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && compare_types(&doc_types[kept - 1], &doc_types[i]) == 0)
			free_types(&doc_types[i], 1);
		else
			doc_types[kept++] = doc_types[i];
	}
	return kept;
}

/* Nothing is changed unless MDOC_OK. */
static enum mdoc_result
add_doc_types(struct mdoc_anchor *anchor, const struct mdoc_bytes *doc_types, size_t n, size_t limit)
{
	const size_t old = anchor->doc_type_count;
	struct mdoc_bytes *list = n > 0 && n <= limit ? calloc(old + n, sizeof(*list)) : NULL;
	enum mdoc_result res = MDOC_ERR_MEMORY;
	size_t count = old;

	if (n == 0)
		return MDOC_OK;
	if (n > limit)
		return MDOC_ERR_SIZE;
	if (list == NULL)
		goto out;
	if (old > 0)
		memcpy(list, anchor->doc_types, old * sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		uint8_t *copy = NULL;

		if (names_type(anchor, doc_types[i]))
			continue;
		copy = malloc(doc_types[i].len + 1);
		if (copy == NULL)
			goto out;
		if (doc_types[i].len > 0)
			memcpy(copy, doc_types[i].ptr, doc_types[i].len);
		list[count++] = mdoc_bytes_of(copy, doc_types[i].len);
	}
	res = count > limit ? MDOC_ERR_SIZE : MDOC_OK;
out:
	if (res != MDOC_OK) {
		if (list != NULL)
			free_types(list + old, count - old);
		free(list);
		return res;
	}
	free(anchor->doc_types);
	anchor->doc_types = list;
	anchor->doc_type_count = sort_types(list, count);
	return MDOC_OK;
}

static void
allow_every_type(struct mdoc_anchor *anchor)
{
	free_types(anchor->doc_types, anchor->doc_type_count);
	free(anchor->doc_types);
	anchor->doc_types = NULL;
	anchor->doc_type_count = 0;
}

static enum mdoc_result
add_cert(struct mdoc_trust *trust, struct mdoc_cert *cert, const struct mdoc_bytes *doc_types, size_t n, size_t limit)
{
	struct mdoc_anchor *anchor = find_same(trust, cert);
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (anchor != NULL) {
		if (n > 0 && anchor->doc_type_count > 0)
			return add_doc_types(anchor, doc_types, n, limit);
		allow_every_type(anchor);
		return MDOC_OK;
	}
	if (trust->count >= limit)
		return MDOC_ERR_SIZE;
	anchor = calloc(1, sizeof(*anchor));
	if (anchor != NULL)
		res = add_doc_types(anchor, doc_types, n, limit);
	if (res == MDOC_OK && !make_room(trust))
		res = MDOC_ERR_MEMORY;
	if (res != MDOC_OK) {
		anchor_free(anchor);
		return res;
	}
	anchor->cert = mdoci_cert_ref(cert);
	trust->anchors[trust->count++] = anchor;
	link_anchor(trust, anchor);
	return MDOC_OK;
}

static bool
may_anchor(enum mdoc_cert_profile profile)
{
	return profile == MDOC_CERT_IACA || profile == MDOC_CERT_READER_CA || profile == MDOC_CERT_LIST_CA ||
		profile == MDOC_CERT_VICAL || profile == MDOC_CERT_RICAL;
}

enum mdoc_result
mdoci_trust_add_cert(const struct mdoc_context *context, struct mdoc_trust *trust, struct mdoc_cert *cert,
	enum mdoc_cert_profile profile, unsigned relax, const struct mdoc_bytes *doc_types, size_t n,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	if (trust == NULL || !may_anchor(profile))
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a trust store and the profile of a CA");
	if (trust->count > 0 && trust->profile != profile)
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "one profile for all anchors of a store");
	res = mdoc_cert_check(cert, profile, relax, error);
	if (res != MDOC_OK)
		return res;
	res = add_cert(trust, cert, doc_types, n, mdoc_context_limit(context, MDOC_LIMIT_TRUST_ENTRIES));
	if (res != MDOC_OK)
		return mdoci_x509_fail(error, res,
			res == MDOC_ERR_SIZE ? "no more trust anchors or document types than the limit"
					     : "memory for a trust anchor");
	trust->profile = profile;
	trust->context = context;
	return MDOC_OK;
}

enum mdoc_result
mdoc_trust_add_for(const struct mdoc_context *context, struct mdoc_trust *trust, struct mdoc_bytes der,
	enum mdoc_cert_profile profile, unsigned relax, const struct mdoc_bytes *doc_types, size_t n,
	struct mdoc_error *error)
{
	struct mdoc_cert *cert = NULL;
	enum mdoc_result res = mdoc_cert_parse(context, der, &cert, error);

	if (res == MDOC_OK)
		res = mdoci_trust_add_cert(context, trust, cert, profile, relax, doc_types, n, error);
	mdoc_cert_free(cert);
	return res;
}

enum mdoc_result
mdoc_trust_add(const struct mdoc_context *context, struct mdoc_trust *trust, struct mdoc_bytes der,
	enum mdoc_cert_profile profile, unsigned relax, struct mdoc_error *error)
{
	return mdoc_trust_add_for(context, trust, der, profile, relax, NULL, 0, error);
}

/* ---- Paths ---- */

/* A DS stands in its IACA's country, and in its state when the IACA has one (Annex B). */
static const char *
broken_place(const struct mdoc_cert *leaf, const struct mdoc_cert *anchor, unsigned relax)
{
	if ((relax & MDOC_RELAX_COUNTRY) == 0 && !mdoc_bytes_equal(leaf->country, anchor->country))
		return "subject: the countryName of the IACA";
	if ((relax & MDOC_RELAX_STATE) == 0 && anchor->state.len > 0 && !mdoc_bytes_equal(leaf->state, anchor->state))
		return "subject: the stateOrProvinceName of the IACA";
	return NULL;
}

/* By name and key identifier: either alone is not enough, since issuers renew keys under one name and
 * identifiers are only what a certificate says of itself. */
static bool
names_issuer(const struct mdoc_cert *leaf, const struct mdoc_cert *anchor)
{
	return mdoc_bytes_equal(leaf->aki, anchor->ski) &&
		(leaf->aki_serial.ptr == NULL || mdoc_bytes_equal(leaf->aki_serial, anchor->serial)) &&
		mdoci_names_equal(leaf->issuer, anchor->subject);
}

/* MDOC_OK, or how far this anchor got: CHAIN, then VALIDITY. */
static enum mdoc_result
try_anchor(const struct mdoc_cert *leaf, const struct mdoc_cert *anchor, bool place, unsigned relax, int64_t when,
	struct mdoc_error *error)
{
	const char *broken = NULL;

	if (!names_issuer(leaf, anchor))
		return MDOC_ERR_CHAIN;
	if (!mdoci_cert_signed(anchor, leaf->sig_alg, leaf->tbs, leaf->signature))
		return mdoci_x509_fail(error, MDOC_ERR_CHAIN, "a certificate signed by the anchor that it names");
	broken = place ? broken_place(leaf, anchor, relax) : NULL;
	if (broken != NULL)
		return mdoci_x509_fail(error, MDOC_ERR_CHAIN, broken);
	if (!mdoc_cert_valid_at(anchor, when))
		return mdoci_x509_fail(error, MDOC_ERR_VALIDITY, "a trust anchor valid at this time");
	if (!mdoc_cert_valid_at(leaf, when))
		return mdoci_x509_fail(error, MDOC_ERR_VALIDITY, "a certificate valid at this time");
	return MDOC_OK;
}

/* A list signer may be an anchor itself. */
static enum mdoc_result
find_pinned(const struct mdoc_trust *trust, const struct mdoc_cert *leaf, int64_t when,
	const struct mdoc_anchor **anchor, struct mdoc_error *error)
{
	*anchor = find_same(trust, leaf);
	if (*anchor == NULL)
		return mdoci_x509_fail(error, MDOC_ERR_CHAIN, "a list signer that is trusted");
	if (!mdoc_cert_valid_at(leaf, when))
		return mdoci_x509_fail(error, MDOC_ERR_VALIDITY, "a certificate valid at this time");
	return MDOC_OK;
}

enum mdoc_result
mdoc_trust_find(const struct mdoc_trust *trust, const struct mdoc_cert *leaf, enum mdoc_cert_profile profile,
	unsigned relax, int64_t when, const struct mdoc_anchor **anchor, struct mdoc_error *error)
{
	const bool place = profile == MDOC_CERT_DS || profile == MDOC_CERT_MESSAGES;
	enum mdoc_result res = MDOC_ERR_CHAIN;
	struct mdoc_error why = { 0 };

	*anchor = NULL;
	if (trust == NULL || leaf == NULL)
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a trust store and a certificate");
	(void)mdoci_x509_fail(&why, MDOC_ERR_CHAIN, "a trust anchor with the issuer's name and key identifier");
	if (leaf->key_broken != NULL)
		return mdoci_x509_fail(error, MDOC_ERR_CHAIN, leaf->key_broken);
	if (trust->count > 0 && (trust->profile == MDOC_CERT_VICAL || trust->profile == MDOC_CERT_RICAL))
		return find_pinned(trust, leaf, when, anchor, error);
	for (const struct mdoc_anchor *at = trust->count > 0 && leaf->aki.len > 0 ? *bucket_of(trust, leaf->aki) : NULL;
		at != NULL && res != MDOC_OK; at = at->next) {
		struct mdoc_error tried = { 0 };
		const enum mdoc_result got = try_anchor(leaf, at->cert, place, relax, when, &tried);

		/* Keep what came nearest: a signature that holds says more than a name. */
		if (got == MDOC_OK || (tried.code != MDOC_OK && res != MDOC_ERR_VALIDITY)) {
			res = got;
			why = tried;
			if (got != MDOC_ERR_CHAIN)
				*anchor = at;
		}
	}
	if (res != MDOC_OK && error != NULL)
		*error = why;
	return res;
}
