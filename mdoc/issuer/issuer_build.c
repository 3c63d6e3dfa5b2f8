/*
 * mdoc/issuer/issuer_build.c: one copy of a record: items with fresh randoms, MSO, issuerAuth
 * (R-REC-01, R-REC-03).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/internal.h"
#include "mdoc/issuer/mso.h"
#include <openssl/evp.h>
#include <string.h>

/* The claims of one namespace, in the caller's order. */
struct group {
	struct mdoc_bytes ns;
	const struct mdoc_claim **claims;
	uint32_t *digest_ids;                /* of each claim */
	uint8_t (*digests)[MDOC_DIGEST_MAX]; /* by digest id */
	size_t count;
};

struct plan {
	struct group *groups;
	size_t count;
	size_t digest_len;
};

static void
plan_clear(struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		free(plan->groups[i].claims);
		free(plan->groups[i].digest_ids);
		free(plan->groups[i].digests);
	}
	free(plan->groups);
}

static enum mdoc_result
check_claim(const struct mdoc_context *context, const struct mdoc_claim *claim, struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	if (claim->ns.len == 0 || claim->element.len == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a namespace and an element name");
	res = mdoc_cbor_scan(context, claim->value, 0, &scan, error);
	mdoc_cbor_free(scan);
	return res;
}

static struct group *
find_group(struct plan *plan, struct mdoc_bytes ns, size_t most)
{
	struct group *group;

	for (size_t i = 0; i < plan->count; i++) {
		if (mdoc_bytes_equal(plan->groups[i].ns, ns))
			return &plan->groups[i];
	}
	group = &plan->groups[plan->count++];
	group->ns = ns;
	group->claims = calloc(most, sizeof(*group->claims));
	group->digest_ids = calloc(most, sizeof(*group->digest_ids));
	group->digests = calloc(most, sizeof(*group->digests));
	if (group->claims == NULL || group->digest_ids == NULL || group->digests == NULL)
		return NULL;
	return group;
}

static enum mdoc_result
plan_make(const struct mdoc_context *context, const struct mdoc_issue *issue, struct plan *plan,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	if (issue->claim_count == 0 || issue->claim_count > MDOC_ITEMS_MAX)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "1 to %d claims", MDOC_ITEMS_MAX);
	plan->groups = calloc(issue->claim_count, sizeof(*plan->groups));
	if (plan->groups == NULL)
		return MDOC_ERR_MEMORY;
	for (size_t i = 0; i < issue->claim_count; i++) {
		const struct mdoc_claim *claim = &issue->claims[i];
		struct group *group;

		res = check_claim(context, claim, error);
		if (res != MDOC_OK)
			return res;
		group = find_group(plan, claim->ns, issue->claim_count);
		if (group == NULL)
			return MDOC_ERR_MEMORY;
		for (size_t j = 0; j < group->count; j++) {
			if (mdoc_bytes_equal(group->claims[j]->element, claim->element))
				return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "each element once: %.*s",
					claim->element.len > 60 ? 60 : (int)claim->element.len,
					(const char *)claim->element.ptr);
		}
		group->claims[group->count++] = claim;
	}
	return MDOC_OK;
}

/* A uniform number below `below`. */
static enum mdoc_result
random_below(const struct mdoc_context *context, uint32_t below, uint32_t *number)
{
	const uint32_t limit = UINT32_MAX - UINT32_MAX % below;
	enum mdoc_result res;
	uint8_t bytes[4];

	do {
		res = mdoci_random(context, bytes, sizeof(bytes));
		if (res != MDOC_OK)
			return res;
		*number = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	} while (*number >= limit);
	*number %= below;
	return MDOC_OK;
}

/* A random permutation, so that an id does not tell which element it belongs to. */
static enum mdoc_result
shuffle_ids(const struct mdoc_context *context, struct group *group)
{
	enum mdoc_result res = MDOC_OK;
	uint32_t j = 0, swap;

	for (size_t i = 0; i < group->count; i++)
		group->digest_ids[i] = (uint32_t)i;
	for (size_t i = group->count; res == MDOC_OK && i > 1; i--) {
		res = random_below(context, (uint32_t)i, &j);
		swap = group->digest_ids[i - 1];
		group->digest_ids[i - 1] = group->digest_ids[j];
		group->digest_ids[j] = swap;
	}
	return res;
}

static enum mdoc_result
put_item(const struct mdoc_context *context, enum mdoc_digest_alg alg, struct group *group, size_t i,
	size_t *digest_len, struct mdoc_buf *out)
{
	const struct mdoc_claim *claim = group->claims[i];
	const uint32_t id = group->digest_ids[i];
	struct mdoc_buf inner = MDOC_BUF_EMPTY, tagged = MDOC_BUF_EMPTY;
	uint8_t random[MDOC_RANDOM_LEN];
	enum mdoc_result res;

	res = mdoci_random(context, random, sizeof(random));
	if (res != MDOC_OK)
		goto out;
	mdoc_put_map(&inner, 4);
	mdoc_put_text(&inner, "digestID");
	mdoc_put_uint(&inner, id);
	mdoc_put_text(&inner, "random");
	mdoc_put_bstr(&inner, mdoc_bytes_of(random, sizeof(random)));
	mdoc_put_text(&inner, "elementIdentifier");
	mdoc_put_tstr(&inner, claim->element);
	mdoc_put_text(&inner, "elementValue");
	mdoc_put_raw(&inner, claim->value);
	mdoc_put_embedded(&tagged, mdoc_buf_bytes(&inner));
	res = inner.err != MDOC_OK ? inner.err : tagged.err;
	if (res == MDOC_OK)
		res = mdoc_digest(context, alg, mdoc_buf_bytes(&tagged), group->digests[id], digest_len);
	if (res == MDOC_OK)
		mdoc_put_raw(out, mdoc_buf_bytes(&tagged));
out:
	mdoc_buf_clear(&inner);
	mdoc_buf_clear(&tagged);
	return res;
}

/* The nameSpaces map; fills in the plan's digests. */
static enum mdoc_result
put_namespaces(const struct mdoc_context *context, const struct mdoc_issue *issue, struct plan *plan,
	struct mdoc_buf *out)
{
	enum mdoc_result res = MDOC_OK;

	mdoc_put_map(out, plan->count);
	for (size_t g = 0; res == MDOC_OK && g < plan->count; g++) {
		struct group *group = &plan->groups[g];

		mdoc_put_tstr(out, group->ns);
		mdoc_put_array(out, group->count);
		res = shuffle_ids(context, group);
		for (size_t i = 0; res == MDOC_OK && i < group->count; i++)
			res = put_item(context, issue->digest_alg, group, i, &plan->digest_len, out);
	}
	return res;
}

static void
put_value_digests(const struct plan *plan, struct mdoc_buf *out)
{
	mdoc_put_map(out, plan->count);
	for (size_t g = 0; g < plan->count; g++) {
		const struct group *group = &plan->groups[g];

		mdoc_put_tstr(out, group->ns);
		mdoc_put_map(out, group->count);
		for (size_t id = 0; id < group->count; id++) {
			mdoc_put_uint(out, id);
			mdoc_put_bstr(out, mdoc_bytes_of(group->digests[id], plan->digest_len));
		}
	}
}

static void
put_mso(const struct mdoc_issue *issue, const struct plan *plan, struct mdoc_buf *out)
{
	mdoc_put_map(out, 6);
	mdoc_put_text(out, "version");
	mdoc_put_text(out, "1.0");
	mdoc_put_text(out, "digestAlgorithm");
	mdoc_put_text(out, mdoci_digest_text(issue->digest_alg));
	mdoc_put_text(out, "valueDigests");
	put_value_digests(plan, out);
	mdoc_put_text(out, "deviceKeyInfo");
	mdoc_put_map(out, 1);
	mdoc_put_text(out, "deviceKey");
	mdoc_put_key(out, &issue->device_key);
	mdoc_put_text(out, "docType");
	mdoc_put_tstr(out, issue->doc_type);
	mdoc_put_text(out, "validityInfo");
	mdoc_put_map(out, 3);
	mdoc_put_text(out, "signed");
	mdoc_put_tdate(out, issue->signed_);
	mdoc_put_text(out, "validFrom");
	mdoc_put_tdate(out, issue->valid_from);
	mdoc_put_text(out, "validUntil");
	mdoc_put_tdate(out, issue->valid_until);
}

static enum mdoc_result
check_issue(const struct mdoc_context *context, const struct mdoc_issue *issue, struct mdoc_error *error)
{
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	if (issue->doc_type.len == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a docType");
	if (issue->x5chain_count == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "the document signer's certificate");
	if (issue->signed_ > issue->valid_from || issue->valid_from > issue->valid_until)
		return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "", "signed <= validFrom <= validUntil");
	res = mdoc_key_to_evp(context, &issue->device_key, &pkey);
	EVP_PKEY_free(pkey);
	return res == MDOC_OK ? MDOC_OK : mdoci_fail(error, res, SIZE_MAX, "", "a device key on its curve");
}

enum mdoc_result
mdoc_issuer_signed_build(const struct mdoc_context *context, const struct mdoc_issue *issue, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	struct mdoc_buf items = MDOC_BUF_EMPTY, mso = MDOC_BUF_EMPTY, payload = MDOC_BUF_EMPTY;
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct plan plan = { NULL, 0, 0 };
	enum mdoc_result res;

	res = check_issue(context, issue, error);
	if (res == MDOC_OK)
		res = plan_make(context, issue, &plan, error);
	if (res == MDOC_OK)
		res = put_namespaces(context, issue, &plan, &items);
	if (res != MDOC_OK)
		goto out;
	put_mso(issue, &plan, &mso);
	mdoc_put_embedded(&payload, mdoc_buf_bytes(&mso));
	res = items.err != MDOC_OK ? items.err : mso.err != MDOC_OK ? mso.err : payload.err;
	if (res != MDOC_OK)
		goto out;
	mdoc_put_map(&made, 2);
	mdoc_put_text(&made, "nameSpaces");
	mdoc_put_raw(&made, mdoc_buf_bytes(&items));
	mdoc_put_text(&made, "issuerAuth");
	res = mdoc_sign1_put(&made, issue->signer, mdoc_buf_bytes(&payload), false, issue->x5chain,
		issue->x5chain_count);
	if (res == MDOC_OK) {
		mdoc_buf_append(out, mdoc_buf_bytes(&made));
		res = out->err;
	}
out:
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&items);
	mdoc_buf_clear(&mso);
	mdoc_buf_clear(&payload);
	plan_clear(&plan);
	return res;
}
