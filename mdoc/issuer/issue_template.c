/*
 * mdoc/issuer/issue_template.c: a record before it has a key: claims checked and sorted into namespaces, and
 * everything encoded that is the same in each copy.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/base/context.h"
#include "mdoc/issuer/issue_template.h"
#include <mdoc/japan.h>
#include <openssl/evp.h>

#define ITEM_HEAD 80   /* bytes of an item before its label, at most */
#define COPY_FRAME 512 /* of a copy beside items, digests and certificates, about */

static enum mdoc_result
check_claim(const struct mdoc_context *context, const struct mdoc_profile *profile, const struct mdoc_claim *claim,
	struct mdoc_error *error)
{
	if (claim->ns.len == 0 || claim->element.len == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a namespace and an element name");
	if (!mdoci_utf8_valid(claim->ns) || !mdoci_utf8_valid(claim->element))
		return mdoci_fail(error, MDOC_ERR_UTF8, SIZE_MAX, "", "names in UTF-8");
	return mdoc_profile_check_claim(context, profile, claim, error);
}

static int
by_name(const void *a, const void *b)
{
	const struct mdoc_claim *x = ((const struct mdoci_entry *)a)->claim;
	const struct mdoc_claim *y = ((const struct mdoci_entry *)b)->claim;
	const int order = mdoci_bytes_order(x->ns, y->ns);

	return order != 0 ? order : mdoci_bytes_order(x->element, y->element);
}

static int
by_place(const void *a, const void *b)
{
	const struct mdoc_claim *x = ((const struct mdoci_entry *)a)->claim;
	const struct mdoc_claim *y = ((const struct mdoci_entry *)b)->claim;

	return (x > y) - (x < y);
}

/* Entries, which are sorted by name, into groups of one namespace each. */
static void
make_groups(struct mdoc_template *made)
{
	for (size_t i = 0; i < made->count; i++) {
		if (i == 0 || !mdoc_bytes_equal(made->entries[i - 1].claim->ns, made->entries[i].claim->ns)) {
			made->groups[made->group_count].ns = made->entries[i].claim->ns;
			made->groups[made->group_count++].first = i;
		}
		made->groups[made->group_count - 1].count++;
	}
	for (size_t g = 0; g < made->group_count; g++)
		qsort(&made->entries[made->groups[g].first], made->groups[g].count, sizeof(*made->entries), by_place);
}

static void
put_label(struct mdoc_template *made, struct mdoci_entry *entry)
{
	entry->label = made->labels.len;
	mdoc_put_text(&made->labels, "elementIdentifier");
	mdoc_put_tstr(&made->labels, entry->claim->element);
	mdoc_put_text(&made->labels, "elementValue");
	entry->label_len = made->labels.len - entry->label;
	made->size += ITEM_HEAD + entry->label_len + entry->claim->value.len + MDOC_DIGEST_MAX;
}

static enum mdoc_result
take_claims(struct mdoc_template *made, struct mdoc_error *error)
{
	const struct mdoc_issue *issue = &made->issue;
	const struct mdoc_profile *profile = mdoc_profile_find(issue->doc_type);
	const size_t limit = mdoc_context_limit(made->context, MDOC_LIMIT_ITEMS);
	enum mdoc_result res = MDOC_OK;

	if (issue->claim_count == 0 || issue->claim_count > limit)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "1 to %zu claims", limit);
	made->entries = calloc(issue->claim_count, sizeof(*made->entries));
	made->groups = calloc(issue->claim_count, sizeof(*made->groups));
	if (made->entries == NULL || made->groups == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	for (; res == MDOC_OK && made->count < issue->claim_count; made->count++) {
		made->entries[made->count].claim = &issue->claims[made->count];
		res = check_claim(made->context, profile, &issue->claims[made->count], error);
	}
	if (res != MDOC_OK)
		return res;
	qsort(made->entries, made->count, sizeof(*made->entries), by_name);
	for (size_t i = 1; i < made->count; i++) {
		const struct mdoc_bytes element = made->entries[i].claim->element;

		if (by_name(&made->entries[i - 1], &made->entries[i]) == 0)
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "each element once: %.*s",
				element.len > 60 ? 60 : (int)element.len, (const char *)element.ptr);
	}
	make_groups(made);
	for (size_t i = 0; i < made->count; i++)
		put_label(made, &made->entries[i]);
	return made->labels.err;
}

static enum mdoc_result
check_issue(const struct mdoc_context *context, const struct mdoc_issue *issue, struct mdoc_error *error)
{
	const struct mdoc_profile *profile = mdoc_profile_find(issue->doc_type);
	const size_t limit = mdoc_context_limit(context, MDOC_LIMIT_CERTIFICATES);

	if (issue->doc_type.len == 0)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a docType");
	if (!mdoci_utf8_valid(issue->doc_type))
		return mdoci_fail(error, MDOC_ERR_UTF8, SIZE_MAX, "", "a docType in UTF-8");
	if (issue->x5chain_count == 0 || issue->x5chain_count > limit)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "the document signer's certificate first of %zu",
			limit);
	if (issue->signer == NULL)
		return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "", "a signer");
	if (!mdoc_profile_takes_curve(profile, issue->signer->curve))
		return mdoci_fail(error, MDOC_ERR_KEY, SIZE_MAX, "", "an issuer key of 256 bits or more");
	if (issue->signed_ > issue->valid_from || issue->valid_from > issue->valid_until)
		return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "", "signed <= validFrom <= validUntil");
	if (issue->expected_update != 0 && issue->expected_update < issue->signed_)
		return mdoci_fail(error, MDOC_ERR_VALIDITY, SIZE_MAX, "", "signed <= expectedUpdate");
	return mdoc_profile_check_validity(profile, issue->signed_, issue->valid_until, error);
}

static void
put_when(struct mdoc_buf *buf, const char *name, int64_t when)
{
	mdoc_put_text(buf, name);
	mdoc_put_tdate(buf, when);
}

static enum mdoc_result
put_frame(struct mdoc_template *made, struct mdoc_error *error)
{
	const struct mdoc_issue *issue = &made->issue;
	struct mdoc_buf *head = &made->mso_head, *tail = &made->mso_tail;

	mdoc_put_text(head, "version");
	mdoc_put_text(head, "1.0");
	mdoc_put_text(head, "digestAlgorithm");
	mdoc_put_text(head, mdoci_digest_text(issue->digest_alg));
	mdoc_put_text(head, "valueDigests");
	mdoc_put_text(tail, "docType");
	mdoc_put_tstr(tail, issue->doc_type);
	mdoc_put_text(tail, "validityInfo");
	mdoc_put_map(tail, issue->expected_update != 0 ? 4 : 3);
	put_when(tail, "signed", issue->signed_);
	put_when(tail, "validFrom", issue->valid_from);
	put_when(tail, "validUntil", issue->valid_until);
	if (issue->expected_update != 0)
		put_when(tail, "expectedUpdate", issue->expected_update);
	if (head->err != MDOC_OK)
		return head->err;
	if (tail->err != MDOC_OK)
		return mdoci_fail(error, tail->err, SIZE_MAX, "validityInfo", "times from 1970 to 9999");
	return MDOC_OK;
}

static enum mdoc_result
check_device_key(const struct mdoc_template *made, struct mdoc_error *error)
{
	EVP_PKEY *pkey = NULL;
	enum mdoc_result res;

	if (made->issue.device_key.curve == MDOC_CURVE_NONE)
		return MDOC_OK;
	res = mdoc_key_to_evp(made->context, &made->issue.device_key, &pkey);
	EVP_PKEY_free(pkey);
	return res == MDOC_OK ? MDOC_OK : mdoci_fail(error, res, SIZE_MAX, "", "a device key on its curve");
}

static enum mdoc_result
take_digest(struct mdoc_template *made, struct mdoc_error *error)
{
	const char *name = mdoci_digest_text(made->issue.digest_alg);

	if (name == NULL)
		return mdoci_fail(error, MDOC_ERR_ALGORITHM, SIZE_MAX, "", "SHA-256, SHA-384 or SHA-512");
	if (made->context == NULL)
		made->md = EVP_MD_fetch(NULL, name, NULL);
	else if (EVP_MD_up_ref(made->context->digests[made->issue.digest_alg]) == 1)
		made->md = made->context->digests[made->issue.digest_alg];
	if (made->md == NULL)
		return mdoci_fail(error, MDOC_ERR_CRYPTO, SIZE_MAX, "", "a library context with SHA-2");
	made->digest_len = (size_t)EVP_MD_get_size(made->md);
	return MDOC_OK;
}

enum mdoc_result
mdoc_template_new(const struct mdoc_context *context, const struct mdoc_issue *issue, struct mdoc_template **out,
	struct mdoc_error *error)
{
	struct mdoc_template *made = NULL;
	enum mdoc_result res;

	*out = NULL;
	res = check_issue(context, issue, error);
	if (res != MDOC_OK)
		return res;
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	made->context = context;
	made->issue = *issue;
	made->labels = made->mso_head = made->key_tail = made->mso_tail = MDOC_BUF_EMPTY;
	made->size = COPY_FRAME;
	for (size_t i = 0; i < issue->x5chain_count; i++)
		made->size += issue->x5chain[i].len;
	res = check_device_key(made, error);
	if (res == MDOC_OK)
		res = take_digest(made, error);
	if (res == MDOC_OK)
		res = take_claims(made, error);
	if (res == MDOC_OK)
		res = mdoci_template_key_info(made, error);
	if (res == MDOC_OK)
		res = put_frame(made, error);
	if (res != MDOC_OK) {
		mdoc_template_free(made);
		return res;
	}
	*out = made;
	return MDOC_OK;
}

void
mdoc_template_free(struct mdoc_template *made)
{
	if (made == NULL)
		return;
	mdoc_buf_clear(&made->labels);
	mdoc_buf_clear(&made->mso_head);
	mdoc_buf_clear(&made->key_tail);
	mdoc_buf_clear(&made->mso_tail);
	free(made->entries);
	free(made->groups);
	EVP_MD_free(made->md);
	free(made);
}
