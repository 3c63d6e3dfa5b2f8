/*
 * tests/fuzz/entry_cbor.c: the scanner, texts and values.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"

#include <string.h>

static void
touch_scalar(struct mdoc_node node)
{
	struct mdoc_bytes bytes;
	struct mdoc_node content;
	uint64_t number = 0, tag = 0;
	int64_t integer = 0;
	bool flag;

	(void)mdoc_node_bool(node, &flag);
	(void)mdoc_node_is_null(node);
	if (mdoc_node_uint(node, &number))
		FUZZ_CHECK(mdoc_node_type(node) == MDOC_CBOR_UINT);
	if (mdoc_node_int(node, &integer))
		FUZZ_CHECK(integer < 0 ? mdoc_node_type(node) == MDOC_CBOR_NINT : (uint64_t)integer == number);
	if (mdoc_node_bstr(node, &bytes)) {
		FUZZ_CHECK(mdoc_node_type(node) == MDOC_CBOR_BSTR);
		fuzz_touch(bytes);
	}
	if (mdoc_node_tstr(node, &bytes)) {
		FUZZ_CHECK(mdoc_node_type(node) == MDOC_CBOR_TSTR);
		fuzz_touch(bytes);
	}
	if (mdoc_node_embedded(node, &bytes))
		fuzz_touch(bytes);
	if (mdoc_node_tag(node, &tag, &content))
		fuzz_touch_inside(mdoc_node_span(content), mdoc_node_span(node));
}

void
fuzz_touch_node(struct mdoc_node node)
{
	const struct mdoc_bytes span = mdoc_node_span(node);
	struct mdoc_node content;
	size_t children = 0, i = 0;
	uint64_t tag;

	if (!mdoc_node_present(node)) {
		FUZZ_CHECK(span.len == 0 && mdoc_node_count(node) == 0 && !mdoc_node_present(mdoc_node_first(node)));
		return;
	}
	FUZZ_CHECK(span.len > 0);
	touch_scalar(node);
	if (mdoc_node_tag(node, &tag, &content)) {
		fuzz_touch_node(content);
		return;
	}
	for (struct mdoc_node at = mdoc_node_first(node); mdoc_node_present(at); at = mdoc_node_next(at)) {
		fuzz_touch_inside(mdoc_node_span(at), span);
		FUZZ_CHECK(mdoc_node_offset(at) > mdoc_node_offset(node));
		fuzz_touch_node(at);
		children++;
	}
	i = mdoc_node_count(node);
	switch (mdoc_node_type(node)) {
	case MDOC_CBOR_ARRAY:
		FUZZ_CHECK(children == i && !mdoc_node_present(mdoc_node_at(node, i)));
		break;
	case MDOC_CBOR_MAP:
		FUZZ_CHECK(children == 2 * i);
		(void)mdoc_map_text(node, "docType");
		(void)mdoc_map_int(node, -1);
		break;
	default:
		FUZZ_CHECK(children == 0 && i == 0);
	}
}

/* Write a tree anew, as the writer writes it. */
static void
rewrite(struct mdoc_node node, struct mdoc_buf *out)
{
	struct mdoc_node content;
	struct mdoc_bytes bytes;
	uint64_t number = 0;
	int64_t integer = 0;
	bool flag = false;

	if (mdoc_node_uint(node, &number))
		mdoc_put_uint(out, number);
	else if (mdoc_node_int(node, &integer))
		mdoc_put_int(out, integer);
	else if (mdoc_node_bool(node, &flag))
		mdoc_put_bool(out, flag);
	else if (mdoc_node_is_null(node))
		mdoc_put_null(out);
	else if (mdoc_node_embedded(node, &bytes))
		mdoc_put_embedded(out, bytes);
	else if (mdoc_node_bstr(node, &bytes))
		mdoc_put_bstr(out, bytes);
	else if (mdoc_node_tstr(node, &bytes))
		mdoc_put_tstr(out, bytes);
	else if (mdoc_node_tag(node, &number, &content)) {
		mdoc_put_tag(out, number);
		rewrite(content, out);
	} else if (mdoc_node_type(node) == MDOC_CBOR_ARRAY || mdoc_node_type(node) == MDOC_CBOR_MAP) {
		if (mdoc_node_type(node) == MDOC_CBOR_ARRAY)
			mdoc_put_array(out, mdoc_node_count(node));
		else
			mdoc_put_map(out, mdoc_node_count(node));
		for (struct mdoc_node at = mdoc_node_first(node); mdoc_node_present(at); at = mdoc_node_next(at))
			rewrite(at, out);
	} else
		mdoc_put_raw(out, mdoc_node_span(node));
}

/* What was written is read again, and written the same. Two keys may become one by it: 1 is written 18 01, too. */
static void
check_rewritten(const struct mdoc_context *context, struct mdoc_node root)
{
	struct mdoc_buf once = MDOC_BUF_EMPTY, twice = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	rewrite(root, &once);
	res = once.err != MDOC_OK ? once.err : mdoc_cbor_scan(context, mdoc_buf_bytes(&once), 0, &scan, NULL);
	FUZZ_CHECK(fuzz_fine(res) || res == MDOC_ERR_DUPLICATE_KEY);
	if (res == MDOC_OK) {
		rewrite(mdoc_cbor_root(scan), &twice);
		FUZZ_CHECK(twice.err != MDOC_OK ? fuzz_fine(twice.err)
						: mdoc_bytes_equal(mdoc_buf_bytes(&once), mdoc_buf_bytes(&twice)));
	}
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&once);
	mdoc_buf_clear(&twice);
}

enum mdoc_result
entry_cbor(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_error error = { 0 };
	struct mdoc_cbor *scan = NULL;
	struct mdoc_bytes inner;
	const enum mdoc_result res = mdoc_cbor_scan(context, input, 0, &scan, &error);

	fuzz_parsed(res, &error, input, scan);
	if (res == MDOC_OK) {
		const struct mdoc_node root = mdoc_cbor_root(scan);

		FUZZ_CHECK(mdoc_bytes_equal(mdoc_node_span(root), input));
		FUZZ_CHECK(mdoc_node_span(root).ptr == input.ptr && mdoc_node_offset(root) == 0);
		fuzz_touch_node(root);
		check_rewritten(context, root);
	}
	mdoc_cbor_free(scan);
	error = (struct mdoc_error){ 0 };
	if (mdoc_cbor_unwrap(context, input, &inner, &error) == MDOC_OK)
		fuzz_touch(inner);
	return res;
}

enum mdoc_result
entry_base64url(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf bytes = MDOC_BUF_EMPTY, text = MDOC_BUF_EMPTY;
	const enum mdoc_result res = mdoc_base64url_decode(input, &bytes);

	(void)context;
	FUZZ_CHECK(res == MDOC_OK || bytes.len == 0);
	if (res == MDOC_OK) { /* one text for the same bytes */
		mdoc_base64url_encode(&text, mdoc_buf_bytes(&bytes));
		FUZZ_CHECK(text.err != MDOC_OK ? fuzz_fine(text.err) : mdoc_bytes_equal(mdoc_buf_bytes(&text), input));
	}
	mdoc_buf_clear(&bytes);
	mdoc_buf_clear(&text);
	mdoc_base64url_encode(&text, input);
	if (text.err == MDOC_OK) {
		const enum mdoc_result again = mdoc_base64url_decode(mdoc_buf_bytes(&text), &bytes);

		FUZZ_CHECK(fuzz_fine(again));
		FUZZ_CHECK(again != MDOC_OK || mdoc_bytes_equal(mdoc_buf_bytes(&bytes), input));
	}
	mdoc_buf_clear(&bytes);
	mdoc_buf_clear(&text);
	return res;
}

/* Times and days, as text and as an item. */
enum mdoc_result
entry_dates(const struct mdoc_context *context, struct mdoc_bytes input)
{
	char text[MDOC_TDATE_LEN + 1] = "";
	struct mdoc_cbor *scan = NULL;
	struct mdoc_error error = { 0 };
	int64_t when = -1;
	enum mdoc_result res;

	if (mdoc_tdate_parse(input, &when)) {
		mdoc_tdate_print(when, text);
		FUZZ_CHECK(mdoc_bytes_is_text(input, text));
		FUZZ_CHECK(mdoc_law_valid_until(when) > when);
	}
	(void)mdoc_full_date_valid(input);
	res = mdoc_cbor_scan(context, input, 0, &scan, &error);
	if (res == MDOC_OK) {
		res = mdoc_tdate_read(mdoc_cbor_root(scan), "date", &when, &error);
		fuzz_result(res, &error, input);
	}
	mdoc_cbor_free(scan);
	return res;
}

/* An element's value against each rule of the profile, read and issued. */
enum mdoc_result
entry_element(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_text(MDOC_JP_DOCTYPE));
	const struct mdoc_element_rule *rule;
	struct mdoc_cbor *scan = NULL;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_cbor_scan(context, input, 0, &scan, &error);

	for (size_t i = 0; (rule = mdoc_profile_rule(profile, i)) != NULL; i++) {
		const struct mdoc_claim claim = { mdoc_text(rule->ns), mdoc_text(rule->element), input };
		enum mdoc_result read = MDOC_OK, issued;

		if (res == MDOC_OK) {
			read = mdoc_profile_check_element(profile, claim.ns, claim.element, mdoc_cbor_root(scan),
				&error);
			fuzz_result(read, &error, input);
		}
		issued = mdoc_profile_check_claim(context, profile, &claim, &error);
		fuzz_result(issued, &error, input);
		FUZZ_CHECK(issued != MDOC_OK || (read == MDOC_OK && (res == MDOC_OK || !fuzz_plain())));
	}
	FUZZ_CHECK(mdoc_profile_element(profile, input, input) == NULL);
	mdoc_cbor_free(scan);
	return res;
}
