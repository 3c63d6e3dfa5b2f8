/*
 * mdoc/x509/trust_judge.c: all that is to be said of one certificate, and what a store keeps of it. Only
 * what was found good is kept, so that nobody fills the store with certificates of their own; and only
 * what no time changes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/x509_internal.h"

#include <openssl/crypto.h>
#include <string.h>

#define WAYS 4 /* places for one hash; the longest unused is given up */

struct kept {
	struct mdoc_cert *cert; /* NULL: free */
	const struct mdoc_anchor *anchor;
	uint64_t hash;
	uint64_t used;
	enum mdoc_cert_profile profile;
	unsigned relax;
};

struct mdoci_cert_cache {
	struct kept *places;
	size_t sets; /* a power of two */
	size_t ways;
	uint64_t clock;
};

/* What one judgement is about. */
struct subject {
	const struct mdoc_trust *trust;
	struct mdoc_bytes der;
	enum mdoc_cert_profile profile;
	unsigned relax;
	int64_t when;
	uint64_t hash;
};

void
mdoci_cache_free(struct mdoci_cert_cache *cache)
{
	if (cache == NULL)
		return;
	for (size_t i = 0; i < cache->sets * cache->ways; i++)
		mdoc_cert_free(cache->places[i].cert);
	free(cache->places);
	free(cache);
}

enum mdoc_result
mdoc_trust_use_cache(const struct mdoc_context *context, struct mdoc_trust *trust)
{
	const size_t limit = mdoc_context_limit(context, MDOC_LIMIT_CACHE);
	struct mdoci_cert_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return MDOC_ERR_MEMORY;
	cache->ways = limit < WAYS ? limit : WAYS;
	cache->sets = 1;
	while (cache->sets <= limit / cache->ways / 2)
		cache->sets *= 2;
	cache->places = calloc(cache->sets * cache->ways, sizeof(*cache->places));
	if (cache->places == NULL) {
		free(cache);
		return MDOC_ERR_MEMORY;
	}
	mdoci_cache_free(trust->cache);
	trust->cache = cache;
	return MDOC_OK;
}

static struct kept *
set_of(const struct mdoci_cert_cache *cache, uint64_t hash)
{
	return &cache->places[((hash ^ hash >> 32) & (cache->sets - 1)) * cache->ways];
}

static bool
is_same(const struct kept *kept, const struct subject *s)
{
	return kept->cert != NULL && kept->hash == s->hash && kept->profile == s->profile && kept->relax == s->relax &&
		mdoc_bytes_equal(kept->cert->der, s->der);
}

static bool
take_kept(const struct subject *s, struct mdoc_judged *judged)
{
	struct mdoci_cert_cache *cache = s->trust->cache;
	struct kept *set = set_of(cache, s->hash);

	if (CRYPTO_THREAD_write_lock(s->trust->lock) != 1)
		return false;
	for (size_t i = 0; judged->cert == NULL && i < cache->ways; i++)
		if (is_same(&set[i], s)) {
			set[i].used = ++cache->clock;
			judged->cert = mdoci_cert_ref(set[i].cert);
			judged->anchor = set[i].anchor;
		}
	CRYPTO_THREAD_unlock(s->trust->lock);
	return judged->cert != NULL;
}

static void
keep(const struct subject *s, const struct mdoc_judged *judged)
{
	struct mdoci_cert_cache *cache = s->trust->cache;
	struct kept *set = set_of(cache, s->hash);
	struct kept *place = &set[0];

	if (CRYPTO_THREAD_write_lock(s->trust->lock) != 1)
		return;
	for (size_t i = 0; i < cache->ways; i++) {
		if (is_same(&set[i], s)) { /* another thread was first, or the anchor is a newer one */
			place = &set[i];
			break;
		}
		if (set[i].cert == NULL || set[i].used < place->used)
			place = &set[i];
	}
	mdoc_cert_free(place->cert);
	*place = (struct kept){ mdoci_cert_ref(judged->cert), judged->anchor, s->hash, ++cache->clock, s->profile,
		s->relax };
	CRYPTO_THREAD_unlock(s->trust->lock);
}

/* Path and validity, apart from each other. */
static void
find_anchor(const struct subject *s, struct mdoc_judged *judged)
{
	struct mdoc_error why = { 0 };
	enum mdoc_result res = MDOC_ERR_CHAIN;

	if (s->trust != NULL)
		res = mdoc_trust_find(s->trust, judged->cert, s->profile, s->relax, s->when, &judged->anchor, &why);
	else
		(void)mdoci_x509_fail(&why, res, "a trust store");
	if (res != MDOC_OK && judged->anchor == NULL)
		judged->path = why;
	if (res == MDOC_ERR_VALIDITY)
		judged->validity = why;
	else if (!mdoc_cert_valid_at(judged->cert, s->when))
		(void)mdoci_x509_fail(&judged->validity, MDOC_ERR_VALIDITY, "a certificate valid at this time");
}

static enum mdoc_result
judge_new(const struct mdoc_context *context, const struct subject *s, struct mdoc_judged *judged)
{
	enum mdoc_result res = mdoc_cert_parse(context, s->der, &judged->cert, &judged->profile);

	if (res != MDOC_OK) {
		judged->path = judged->profile;
		return res;
	}
	(void)mdoc_cert_check(judged->cert, s->profile, s->relax, &judged->profile);
	find_anchor(s, judged);
	return MDOC_OK;
}

/* The code of the first error in the order of the fields. */
static enum mdoc_result
summary(const struct mdoc_judged *judged)
{
	if (judged->profile.code != MDOC_OK)
		return judged->profile.code;
	if (judged->path.code != MDOC_OK)
		return judged->path.code;
	if (judged->validity.code != MDOC_OK)
		return judged->validity.code;
	return judged->revocation.code == MDOC_ERR_REVOKED ? MDOC_ERR_REVOKED : MDOC_OK;
}

enum mdoc_result
mdoc_trust_judge(const struct mdoc_context *context, const struct mdoc_trust *trust, struct mdoc_bytes der,
	enum mdoc_cert_profile profile, unsigned relax, int64_t when, struct mdoc_judged *judged)
{
	const bool cached =
		trust != NULL && trust->cache != NULL && trust->count > 0 && trust->context == context && der.len > 0;
	struct subject s = { trust, der, profile, relax, when, 0 };
	enum mdoc_result res = MDOC_OK;
	bool kept = false;

	memset(judged, 0, sizeof(*judged));
	if ((unsigned)profile >= MDOC_CERT_PROFILE_COUNT)
		return mdoci_x509_fail(&judged->profile, MDOC_ERR_ARG, "a certificate profile");
	if (cached) {
		s.hash = mdoci_hash(der);
		kept = take_kept(&s, judged);
	}
	if (!kept)
		res = judge_new(context, &s, judged);
	else if (!mdoc_cert_valid_at(judged->cert, when) || !mdoc_cert_valid_at(judged->anchor->cert, when))
		find_anchor(&s, judged); /* perhaps another certificate of the same key is valid */
	if (res != MDOC_OK)
		return res;
	if (judged->anchor != NULL)
		(void)mdoc_trust_revocation(trust, judged->cert, judged->anchor, when, &judged->revocation);
	else
		(void)mdoci_x509_fail(&judged->revocation, MDOC_ERR_UNDETERMINED, "an issuer that is trusted");
	res = summary(judged);
	if (cached && !kept && (res == MDOC_OK || res == MDOC_ERR_REVOKED))
		keep(&s, judged);
	return res;
}

void
mdoc_judged_clear(struct mdoc_judged *judged)
{
	mdoc_cert_free(judged->cert);
	memset(judged, 0, sizeof(*judged));
}

/* What the anchor's CRLs say together: revoked when one of them says so, else good when one does. */
static enum mdoc_result
ask_crls(const struct mdoc_anchor *anchor, const struct mdoc_cert *leaf, int64_t when, struct mdoc_error *error)
{
	enum mdoc_result res = MDOC_ERR_UNDETERMINED;
	struct mdoc_error why = { 0 };

	(void)mdoci_x509_fail(&why, res, "a CRL of the issuer");
	for (size_t i = 0; i < anchor->crl_count && res != MDOC_ERR_REVOKED; i++) {
		struct mdoc_error said = { 0 };
		const enum mdoc_result one = mdoci_crl_says(anchor->crls[i], leaf, when, &said);

		if (one == MDOC_ERR_UNDETERMINED && res == MDOC_OK)
			continue;
		res = one;
		why = said;
	}
	if (res != MDOC_OK && error != NULL)
		*error = why;
	return res;
}

enum mdoc_result
mdoc_trust_revocation(const struct mdoc_trust *trust, const struct mdoc_cert *leaf, const struct mdoc_anchor *anchor,
	int64_t when, struct mdoc_error *error)
{
	enum mdoc_result res;

	if (trust == NULL || leaf == NULL || anchor == NULL)
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a certificate and its anchor");
	if (CRYPTO_THREAD_read_lock(trust->lock) != 1)
		return mdoci_x509_fail(error, MDOC_ERR_CRYPTO, "a lock");
	res = ask_crls(anchor, leaf, when, error);
	CRYPTO_THREAD_unlock(trust->lock);
	return res;
}

bool
mdoci_anchor_has_crl(const struct mdoc_trust *trust, const struct mdoc_anchor *anchor)
{
	bool has;

	if (CRYPTO_THREAD_read_lock(trust->lock) != 1)
		return false;
	has = anchor->crl_count > 0;
	CRYPTO_THREAD_unlock(trust->lock);
	return has;
}

/* In place of the one for the same distribution points, or beside the others. *old: what it replaces. */
static enum mdoc_result
put_crl(struct mdoc_anchor *anchor, struct mdoc_crl *crl, struct mdoc_crl **old)
{
	void *grown = anchor->crls;
	size_t i = 0;

	while (i < anchor->crl_count && !mdoc_bytes_equal(anchor->crls[i]->points, crl->points))
		i++;
	if (i < anchor->crl_count && anchor->crls[i]->this_update > crl->this_update)
		return MDOC_ERR_VALIDITY;
	if (i == anchor->crl_count) {
		if (!mdoci_grow(&grown, i, sizeof(struct mdoc_crl *)))
			return MDOC_ERR_MEMORY;
		anchor->crls = grown;
		anchor->crls[anchor->crl_count++] = NULL;
	}
	*old = anchor->crls[i];
	anchor->crls[i] = mdoci_crl_ref(crl);
	return MDOC_OK;
}

static const char *
crl_expected(enum mdoc_result res)
{
	switch (res) {
	case MDOC_ERR_VALIDITY:
		return "a CRL that is not older";
	case MDOC_ERR_MEMORY:
		return "memory for a CRL";
	default:
		return "a CRL signed by a trust anchor";
	}
}

enum mdoc_result
mdoc_trust_add_crl(struct mdoc_trust *trust, struct mdoc_crl *crl, struct mdoc_error *error)
{
	enum mdoc_result res = MDOC_ERR_CHAIN;

	if (trust == NULL || crl == NULL)
		return mdoci_x509_fail(error, MDOC_ERR_ARG, "a trust store and a CRL");
	for (size_t i = 0; i < trust->count && res != MDOC_ERR_MEMORY; i++) {
		struct mdoc_anchor *anchor = trust->anchors[i];
		struct mdoc_crl *old = NULL;
		enum mdoc_result put;

		if (!mdoci_crl_is_of(crl, anchor->cert))
			continue;
		if (CRYPTO_THREAD_write_lock(trust->lock) != 1)
			return mdoci_x509_fail(error, MDOC_ERR_CRYPTO, "a lock");
		put = put_crl(anchor, crl, &old);
		CRYPTO_THREAD_unlock(trust->lock);
		mdoc_crl_free(old);
		if (put != MDOC_ERR_VALIDITY || res != MDOC_OK)
			res = put;
	}
	if (res == MDOC_OK)
		mdoc_crl_free(crl); /* the caller's reference */
	else
		(void)mdoci_x509_fail(error, res, crl_expected(res));
	return res;
}
