/*
 * mdoc/issuer/issue_key_info.c: keyAuthorizations and keyInfo, written strictly: nothing empty, no namespace
 * twice, and none both as a whole and by its elements.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issue_template.h"

static int
by_name(const void *a, const void *b)
{
	return mdoci_bytes_order(*(const struct mdoc_bytes *)a, *(const struct mdoc_bytes *)b);
}

/* Names that stand there once and are not empty. */
static enum mdoc_result
check_names(struct mdoc_bytes *names, size_t count, struct mdoc_error *error)
{
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 0; i < count; i++) {
		if (names[i].len == 0 || (i > 0 && mdoc_bytes_equal(names[i - 1], names[i])))
			return mdoci_fail(error, MDOC_ERR_ARG, SIZE_MAX, "keyAuthorizations", "each name once");
	}
	return MDOC_OK;
}

static enum mdoc_result
check_authorizations(const struct mdoc_issue *issue, struct mdoc_error *error)
{
	const size_t count = issue->authorization_count;
	struct mdoc_bytes *names = NULL;
	enum mdoc_result res;
	size_t most = count;

	for (size_t i = 0; i < count; i++)
		most = issue->authorizations[i].element_count > most ? issue->authorizations[i].element_count : most;
	names = calloc(most, sizeof(*names));
	if (names == NULL)
		return mdoci_fail(error, MDOC_ERR_MEMORY, SIZE_MAX, "keyAuthorizations", "memory");
	for (size_t i = 0; i < count; i++)
		names[i] = issue->authorizations[i].ns;
	res = check_names(names, count, error);
	for (size_t i = 0; res == MDOC_OK && i < count; i++) {
		const struct mdoc_key_authorization *one = &issue->authorizations[i];

		for (size_t k = 0; k < one->element_count; k++)
			names[k] = one->elements[k];
		res = check_names(names, one->element_count, error);
	}
	free(names);
	return res;
}

static void
put_elements(struct mdoc_buf *buf, const struct mdoc_key_authorization *one)
{
	mdoc_put_tstr(buf, one->ns);
	mdoc_put_array(buf, one->element_count);
	for (size_t k = 0; k < one->element_count; k++)
		mdoc_put_tstr(buf, one->elements[k]);
}

static void
put_authorizations(struct mdoc_buf *buf, const struct mdoc_issue *issue)
{
	size_t whole = 0;

	for (size_t i = 0; i < issue->authorization_count; i++)
		whole += issue->authorizations[i].element_count == 0 ? 1 : 0;
	mdoc_put_text(buf, "keyAuthorizations");
	mdoc_put_map(buf, (whole > 0 ? 1U : 0U) + (whole < issue->authorization_count ? 1U : 0U));
	if (whole > 0) {
		mdoc_put_text(buf, "nameSpaces");
		mdoc_put_array(buf, whole);
		for (size_t i = 0; i < issue->authorization_count; i++)
			if (issue->authorizations[i].element_count == 0)
				mdoc_put_tstr(buf, issue->authorizations[i].ns);
	}
	if (whole < issue->authorization_count) {
		mdoc_put_text(buf, "dataElements");
		mdoc_put_map(buf, issue->authorization_count - whole);
		for (size_t i = 0; i < issue->authorization_count; i++)
			if (issue->authorizations[i].element_count > 0)
				put_elements(buf, &issue->authorizations[i]);
	}
}

/* {* int => any} */
static enum mdoc_result
check_key_info(const struct mdoc_template *made, struct mdoc_error *error)
{
	struct mdoc_cbor *scan = NULL;
	struct mdoc_node root, key;
	enum mdoc_result res;
	int64_t label;

	res = mdoc_cbor_scan(made->context, made->issue.key_info, 0, &scan, error);
	if (res != MDOC_OK) {
		mdoci_error_prefix(error, "keyInfo");
		return res;
	}
	root = mdoc_cbor_root(scan);
	res = mdoci_want(root, MDOC_CBOR_MAP, "keyInfo", error);
	for (key = mdoc_node_first(root); res == MDOC_OK && mdoc_node_present(key);
		key = mdoc_node_next(mdoc_node_next(key))) {
		if (!mdoc_node_int(key, &label))
			res = mdoci_fail(error, MDOC_ERR_TYPE, mdoc_node_offset(key), "keyInfo", "an integer as key");
	}
	mdoc_cbor_free(scan);
	return res;
}

enum mdoc_result
mdoci_template_key_info(struct mdoc_template *made, struct mdoc_error *error)
{
	enum mdoc_result res = MDOC_OK;

	if (made->issue.authorization_count > 0) {
		res = check_authorizations(&made->issue, error);
		put_authorizations(&made->key_tail, &made->issue);
		made->key_pairs++;
	}
	if (res == MDOC_OK && made->issue.key_info.len > 0) {
		res = check_key_info(made, error);
		mdoc_put_text(&made->key_tail, "keyInfo");
		mdoc_put_raw(&made->key_tail, made->issue.key_info);
		made->key_pairs++;
	}
	if (res == MDOC_OK && made->key_tail.err != MDOC_OK)
		res = mdoci_fail(error, made->key_tail.err, SIZE_MAX, "keyAuthorizations", "names in UTF-8");
	return res;
}
