/*
 * mdoc/issuer/issuer_build.c: one copy of a record: items with fresh randoms, MSO, issuerAuth
 * (R-REC-01, R-REC-03).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issue_template.h"
#include <mdoc/japan.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define SHUFFLE_LEN 8      /* random bytes for each step of the shuffle */
#define ITEM_HEAD_ROOM 80  /* D8 18, a head, {"digestID": id, "random": … */
#define INNER_BEFORE_ID 10 /* A4 68 "digestID" */
#define RANDOM_MEMBER (7 + 2 + MDOC_RANDOM_LEN)

/* What is made anew for each copy. */
struct copy {
	const struct mdoc_template *of;
	uint8_t *randoms; /* MDOC_RANDOM_LEN for each entry, then SHUFFLE_LEN for each */
	uint32_t *ids;    /* of each entry */
	uint8_t *digests; /* by group and id, of->digest_len each */
	EVP_MD_CTX *hash;
	struct mdoc_buf made, mso, payload;
};

static enum mdoc_result
copy_new(const struct mdoc_template *of, struct copy *copy)
{
	const size_t randoms = of->count * (MDOC_RANDOM_LEN + SHUFFLE_LEN);

	memset(copy, 0, sizeof(*copy));
	copy->of = of;
	copy->made = copy->mso = copy->payload = MDOC_BUF_EMPTY;
	copy->randoms = malloc(randoms);
	copy->ids = calloc(of->count, sizeof(*copy->ids));
	copy->digests = malloc(of->count * of->digest_len);
	copy->hash = EVP_MD_CTX_new();
	if (copy->randoms == NULL || copy->ids == NULL || copy->digests == NULL || copy->hash == NULL)
		return MDOC_ERR_MEMORY;
	if (!mdoci_buf_reserve(&copy->made, of->size))
		return MDOC_ERR_MEMORY;
	return mdoci_random(of->context, copy->randoms, randoms);
}

static void
copy_clear(struct copy *copy)
{
	if (copy->randoms != NULL)
		OPENSSL_cleanse(copy->randoms, copy->of->count * (MDOC_RANDOM_LEN + SHUFFLE_LEN));
	free(copy->randoms);
	free(copy->ids);
	free(copy->digests);
	EVP_MD_CTX_free(copy->hash);
	mdoc_buf_clear(&copy->made);
	mdoc_buf_clear(&copy->mso);
	mdoc_buf_clear(&copy->payload);
}

/* A number below `below` for a step of the shuffle; of 64 random bits the remainder is as good as uniform. */
static uint32_t
number_below(const struct copy *copy, size_t step, uint32_t below)
{
	const uint8_t *bytes = copy->randoms + copy->of->count * MDOC_RANDOM_LEN + step * SHUFFLE_LEN;
	uint64_t number;

	memcpy(&number, bytes, sizeof(number));
	return (uint32_t)(number % below);
}

/* A random permutation in each namespace, so that an id does not tell which element it belongs to. */
static void
shuffle_ids(struct copy *copy)
{
	for (size_t g = 0; g < copy->of->group_count; g++) {
		const struct mdoci_group *group = &copy->of->groups[g];
		uint32_t *ids = copy->ids + group->first;

		for (size_t i = 0; i < group->count; i++) {
			const uint32_t j = number_below(copy, group->first + i, (uint32_t)i + 1);

			ids[i] = ids[j];
			ids[j] = (uint32_t)i;
		}
	}
}

static size_t
uint_size(uint64_t number)
{
	return number < 24 ? 1 : number <= UINT8_MAX ? 2 : number <= UINT16_MAX ? 3 : 5;
}

/* An item straight into the copy, and its digest from there. */
static enum mdoc_result
put_item(struct copy *copy, const struct mdoci_group *group, size_t at)
{
	const struct mdoc_template *of = copy->of;
	const struct mdoci_entry *entry = &of->entries[at];
	const struct mdoc_bytes value = entry->claim->value;
	const uint32_t id = copy->ids[at];
	const size_t start = copy->made.len;
	uint8_t room[ITEM_HEAD_ROOM];
	struct mdoc_buf head = MDOC_BUF_OVER(room, sizeof(room));
	unsigned len = 0;

	mdoc_put_tag(&head, MDOCI_TAG_EMBEDDED);
	mdoci_put_bstr_head(&head, INNER_BEFORE_ID + uint_size(id) + RANDOM_MEMBER + entry->label_len + value.len);
	mdoc_put_map(&head, 4);
	mdoc_put_text(&head, "digestID");
	mdoc_put_uint(&head, id);
	mdoc_put_text(&head, "random");
	mdoc_put_bstr(&head, mdoc_bytes_of(copy->randoms + at * MDOC_RANDOM_LEN, MDOC_RANDOM_LEN));
	mdoc_buf_append(&copy->made, mdoc_buf_bytes(&head));
	mdoc_buf_append(&copy->made, mdoc_bytes_of(of->labels.ptr + entry->label, entry->label_len));
	mdoc_buf_append(&copy->made, value);
	if (head.err != MDOC_OK || copy->made.err != MDOC_OK)
		return head.err != MDOC_OK ? head.err : copy->made.err;
	if (EVP_DigestInit_ex2(copy->hash, of->md, NULL) != 1 ||
		EVP_DigestUpdate(copy->hash, copy->made.ptr + start, copy->made.len - start) != 1 ||
		EVP_DigestFinal_ex(copy->hash, copy->digests + (group->first + id) * of->digest_len, &len) != 1)
		return MDOC_ERR_CRYPTO;
	return len == of->digest_len ? MDOC_OK : MDOC_ERR_CRYPTO;
}

static enum mdoc_result
put_namespaces(struct copy *copy)
{
	enum mdoc_result res = MDOC_OK;

	mdoc_put_map(&copy->made, copy->of->group_count);
	for (size_t g = 0; res == MDOC_OK && g < copy->of->group_count; g++) {
		const struct mdoci_group *group = &copy->of->groups[g];

		mdoc_put_tstr(&copy->made, group->ns);
		mdoc_put_array(&copy->made, group->count);
		for (size_t i = 0; res == MDOC_OK && i < group->count; i++)
			res = put_item(copy, group, group->first + i);
	}
	return res;
}

static void
put_value_digests(struct copy *copy)
{
	const struct mdoc_template *of = copy->of;

	mdoc_put_map(&copy->mso, of->group_count);
	for (size_t g = 0; g < of->group_count; g++) {
		const struct mdoci_group *group = &of->groups[g];

		mdoc_put_tstr(&copy->mso, group->ns);
		mdoc_put_map(&copy->mso, group->count);
		for (size_t id = 0; id < group->count; id++) {
			mdoc_put_uint(&copy->mso, id);
			mdoc_put_bstr(&copy->mso,
				mdoc_bytes_of(copy->digests + (group->first + id) * of->digest_len, of->digest_len));
		}
	}
}

static enum mdoc_result
put_mso(struct copy *copy, const struct mdoc_public_key *device_key, const struct mdoc_status *status)
{
	const struct mdoc_template *of = copy->of;
	struct mdoc_buf *mso = &copy->mso;

	mdoc_put_map(mso, status != NULL ? 7 : 6);
	mdoc_buf_append(mso, mdoc_buf_bytes(&of->mso_head));
	put_value_digests(copy);
	mdoc_put_text(mso, "deviceKeyInfo");
	mdoc_put_map(mso, 1 + of->key_pairs);
	mdoc_put_text(mso, "deviceKey");
	mdoc_put_key(mso, device_key);
	mdoc_buf_append(mso, mdoc_buf_bytes(&of->key_tail));
	mdoc_buf_append(mso, mdoc_buf_bytes(&of->mso_tail));
	if (status != NULL) {
		mdoc_put_text(mso, "status");
		mdoc_put_status(mso, status);
	}
	mdoc_put_embedded(&copy->payload, mdoc_buf_bytes(mso));
	return mso->err != MDOC_OK ? mso->err : copy->payload.err;
}

/* On its curve? A template has checked its own key, which most callers never use. */
static enum mdoc_result
check_device_key(const struct mdoc_template *of, const struct mdoc_public_key *key)
{
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	if (of->issue.device_key.curve != MDOC_CURVE_NONE && mdoc_key_equal(key, &of->issue.device_key))
		return MDOC_OK;
	res = mdoc_key_to_evp(of->context, key, &pkey);
	EVP_PKEY_free(pkey);
	return res;
}

/* To the caller; without copying what may be a large portrait when there is nothing to append it to. */
static enum mdoc_result
give(struct mdoc_buf *made, struct mdoc_buf *out)
{
	if (out->ptr == NULL && !out->fixed && out->err == MDOC_OK) {
		*out = *made;
		*made = MDOC_BUF_EMPTY;
	} else {
		mdoc_buf_append(out, mdoc_buf_bytes(made));
	}
	return out->err;
}

static enum mdoc_result
check_copy(const struct mdoc_template *of, const struct mdoc_public_key *device_key, const struct mdoc_status *status,
	struct mdoc_error *error)
{
	enum mdoc_result res;

	if (status != NULL && of->issue.edition == MDOC_EDITION_2021)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "status", "the second edition");
	if (!mdoc_profile_takes_curve(mdoc_profile_find(of->issue.doc_type), device_key->curve) &&
		device_key->curve != MDOC_CURVE_NONE)
		return mdoci_fail(error, MDOC_ERR_KEY, SIZE_MAX, "", "a device key of 256 bits or more");
	res = check_device_key(of, device_key);
	return res == MDOC_OK ? MDOC_OK : mdoci_fail(error, res, SIZE_MAX, "", "a device key on its curve");
}

enum mdoc_result
mdoc_template_issue(const struct mdoc_template *of, const struct mdoc_public_key *device_key,
	const struct mdoc_status *status, struct mdoc_buf *out, struct mdoc_error *error)
{
	const struct mdoc_issue *issue = &of->issue;
	enum mdoc_result res;
	struct copy copy;

	res = check_copy(of, device_key, status, error);
	if (res != MDOC_OK)
		return res;
	res = copy_new(of, &copy);
	if (res != MDOC_OK)
		goto out;
	shuffle_ids(&copy);
	mdoc_put_map(&copy.made, 2);
	mdoc_put_text(&copy.made, "nameSpaces");
	res = put_namespaces(&copy);
	if (res == MDOC_OK)
		res = put_mso(&copy, device_key, status);
	if (res != MDOC_OK)
		goto out;
	mdoc_put_text(&copy.made, "issuerAuth");
	res = mdoc_sign1_put(&copy.made, issue->signer, mdoc_buf_bytes(&copy.payload),
		&(struct mdoc_sign1_options){ .x5chain = issue->x5chain, .x5chain_count = issue->x5chain_count });
	if (res == MDOC_OK)
		res = give(&copy.made, out);
out:
	copy_clear(&copy);
	return res == MDOC_OK ? MDOC_OK : mdoci_fail(error, res, SIZE_MAX, "", "a copy that can be signed");
}

enum mdoc_result
mdoc_issuer_signed_build(const struct mdoc_context *context, const struct mdoc_issue *issue, struct mdoc_buf *out,
	struct mdoc_error *error)
{
	struct mdoc_template *made = NULL;
	enum mdoc_result res;

	res = mdoc_template_new(context, issue, &made, error);
	if (res == MDOC_OK)
		res = mdoc_template_issue(made, &issue->device_key, issue->status, out, error);
	mdoc_template_free(made);
	return res;
}
