/*
 * mdoc/status/identifier_list.c: identifier lists (ISO/IEC 18013-5 second edition, 12.3.6.4): who is on it
 * is revoked.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/status/lists.h"
#include <string.h>

static int
compare(const void *left, const void *right)
{
	const struct mdoc_bytes *a = left, *b = right;
	const int order = (a->len > b->len) - (a->len < b->len);

	return order != 0 || a->len == 0 ? order : memcmp(a->ptr, b->ptr, a->len);
}

/* {bytes: anything}: the keys, sorted. The scan has refused keys that are there twice. */
static enum mdoc_result
read_identifiers(struct mdoc_node map, struct mdoc_identifier_list *list, struct mdoc_error *error)
{
	static const char path[] = "payload.identifier_list.identifiers";
	const size_t count = mdoc_node_count(map);
	const size_t limit = mdoci_limit(map, MDOC_LIMIT_IDENTIFIERS);
	struct mdoc_node node = mdoc_node_first(map);

	if (count > limit)
		return mdoci_fail(error, MDOC_ERR_SIZE, mdoc_node_offset(map), path, "at most %zu identifiers", limit);
	list->ids = calloc(count > 0 ? count : 1, sizeof(*list->ids));
	if (list->ids == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, path, "memory");
	for (; mdoc_node_present(node); node = mdoc_node_next(mdoc_node_next(node))) {
		if (!mdoc_node_bstr(node, &list->ids[list->count++]))
			return mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(node), path,
				"identifiers as byte strings");
	}
	qsort(list->ids, list->count, sizeof(*list->ids), compare);
	for (size_t i = 1; i < list->count; i++) {
		if (compare(&list->ids[i - 1], &list->ids[i]) == 0)
			return mdoci_fail(error, MDOC_ERR_DUPLICATE_KEY, mdoc_node_offset(map), path,
				"identifiers that are there once");
	}
	return MDOC_OK;
}

static enum mdoc_result
read_list(struct mdoc_identifier_list *list, struct mdoc_error *error)
{
	const struct mdoc_node claims = list->token.envelope.payload;
	const struct mdoc_node claim = mdoc_map_int(claims, MDOCI_CLAIM_IDENTIFIER_LIST);
	struct mdoc_node identifiers;
	enum mdoc_result res;

	if (!mdoc_node_present(claim))
		return mdoci_fail(error, MDOC_ERR_MISSING, mdoc_node_offset(claims), "payload",
			"an identifier list (65530)");
	if (mdoc_node_present(mdoc_map_int(claims, MDOCI_CLAIM_STATUS_LIST)))
		return mdoci_fail(error, MDOC_ERR_VALUE, mdoc_node_offset(claims), "payload",
			"no status list (65533) beside it");
	res = mdoci_want(claim, MDOC_CBOR_MAP, "payload.identifier_list", error);
	if (res == MDOC_OK)
		res = mdoci_member(claim, "identifiers", MDOC_CBOR_MAP, "payload.identifier_list", &identifiers, error);
	if (res == MDOC_OK)
		res = read_identifiers(identifiers, list, error);
	return res;
}

enum mdoc_result
mdoc_identifier_list_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	struct mdoc_identifier_list **list, struct mdoc_error *error)
{
	struct mdoc_identifier_list *made = calloc(1, sizeof(*made));
	enum mdoc_result res;

	*list = NULL;
	if (made == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "", "memory");
	res = mdoci_token_parse(context, input, MDOCI_TYPE_IDENTIFIER_LIST, true, &made->token, error);
	if (res == MDOC_OK)
		res = read_list(made, error);
	if (res == MDOC_OK) {
		*list = made;
		made = NULL;
	}
	mdoc_identifier_list_free(made);
	return res;
}

void
mdoc_identifier_list_free(struct mdoc_identifier_list *list)
{
	if (list == NULL)
		return;
	mdoci_token_clear(&list->token);
	free(list->ids);
	free(list);
}

void
mdoc_identifier_list_info(const struct mdoc_identifier_list *list, struct mdoc_list_info *info)
{
	*info = (struct mdoc_list_info){
		.uri = list->token.uri,
		.issued = list->token.issued,
		.expires = list->token.expires,
		.ttl = list->token.ttl,
		.entries = list->count,
	};
}

enum mdoc_result
mdoc_identifier_list_check(const struct mdoc_context *context, struct mdoc_identifier_list *list,
	const struct mdoc_list_trust *trust, struct mdoc_error *error)
{
	return mdoci_token_check(context, &list->token, trust, error);
}

enum mdoc_revocation
mdoc_identifier_list_ask(const struct mdoc_identifier_list *list, const struct mdoc_revocation_query *query,
	struct mdoc_error *why)
{
	const struct mdoc_status *status = query->status;

	if (mdoci_token_answers(&list->token, status->identifier_uri, status->identifier_certificate, query, why) !=
		MDOC_OK)
		return MDOC_REVOCATION_UNDETERMINED;
	if (bsearch(&status->identifier, list->ids, list->count, sizeof(*list->ids), compare) == NULL)
		return MDOC_REVOCATION_VALID;
	(void)mdoci_fail(why, MDOC_ERR_REVOKED, SIZE_MAX, "", "an identifier that is not on the list");
	return MDOC_REVOCATION_REVOKED;
}

static enum mdoc_result
put_identifiers(struct mdoc_buf *claims, const struct mdoc_bytes *ids, size_t n)
{
	struct mdoc_bytes *sorted = calloc(n > 0 ? n : 1, sizeof(*sorted));
	enum mdoc_result res = MDOC_OK;

	if (sorted == NULL)
		return MDOC_ERR_MEMORY;
	if (n > 0)
		memcpy(sorted, ids, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare);
	mdoc_put_map(claims, n);
	for (size_t i = 0; i < n; i++) {
		if (sorted[i].len == 0 || (i > 0 && compare(&sorted[i - 1], &sorted[i]) == 0))
			res = MDOC_ERR_ARG;
		mdoc_put_bstr(claims, sorted[i]);
		mdoc_put_map(claims, 0);
	}
	free(sorted);
	return res;
}

enum mdoc_result
mdoc_identifier_list_build(const struct mdoc_context *context, const struct mdoc_list_spec *spec,
	const struct mdoc_bytes *ids, size_t n, struct mdoc_buf *out)
{
	struct mdoc_buf claims = MDOC_BUF_EMPTY;
	enum mdoc_result res = mdoci_list_spec_check(spec);

	if (res == MDOC_OK && n > mdoc_context_limit(context, MDOC_LIMIT_IDENTIFIERS))
		res = MDOC_ERR_SIZE;
	if (res != MDOC_OK)
		return res;
	mdoci_put_claims(&claims, spec, 1);
	mdoc_put_int(&claims, MDOCI_CLAIM_IDENTIFIER_LIST);
	mdoc_put_map(&claims, 1);
	mdoc_put_text(&claims, "identifiers");
	res = put_identifiers(&claims, ids, n);
	if (res == MDOC_OK && claims.len > mdoc_context_limit(context, MDOC_LIMIT_INPUT))
		res = MDOC_ERR_SIZE;
	if (res == MDOC_OK)
		res = mdoci_put_token(out, spec, MDOCI_TYPE_IDENTIFIER_LIST, &claims);
	mdoc_buf_clear(&claims);
	return res;
}
