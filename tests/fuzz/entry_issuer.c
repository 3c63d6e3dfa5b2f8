/*
 * tests/fuzz/entry_issuer.c: IssuerSigned, the MSO and items alone, claims that are issued.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"

#include <string.h>

static void
touch_mso(const struct mdoc_context *context, const struct mdoc_mso *mso)
{
	struct mdoc_status status;
	struct mdoc_error error = { 0 };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct mdoc_cbor *scan = NULL;
	int64_t when = 0;
	enum mdoc_result res;

	fuzz_touch(mdoc_mso_version(mso));
	fuzz_touch(mdoc_mso_doc_type(mso));
	FUZZ_CHECK(mdoc_mso_digest_alg(mso) <= MDOC_SHA512);
	fuzz_touch_node(mdoc_mso_value_digests(mso));
	fuzz_touch_key(context, mdoc_mso_device_key(mso));
	fuzz_touch_node(mdoc_mso_key_authorizations(mso));
	fuzz_touch_node(mdoc_mso_key_info(mso));
	FUZZ_CHECK(mdoc_mso_signed(mso) >= 0 && mdoc_mso_valid_from(mso) >= 0 && mdoc_mso_valid_until(mso) >= 0);
	(void)mdoc_mso_expected_update(mso, &when);
	fuzz_touch_node(mdoc_mso_root(mso));
	(void)mdoc_profile_check_validity(mdoc_profile_find(mdoc_mso_doc_type(mso)), mdoc_mso_signed(mso),
		mdoc_mso_valid_until(mso), &error);
	res = mdoc_status_read(mdoc_mso_status(mso), "status", &status, &error);
	if (res != MDOC_OK)
		return;
	fuzz_touch(status.list_uri);
	fuzz_touch(status.list_certificate);
	fuzz_touch(status.identifier_uri);
	fuzz_touch(status.identifier);
	fuzz_touch(status.identifier_certificate);
	if (status.list_uri.len == 0 && status.identifier_uri.len == 0)
		return;
	mdoc_put_status(&out, &status);
	res = out.err != MDOC_OK ? out.err : mdoc_cbor_scan(context, mdoc_buf_bytes(&out), 0, &scan, NULL);
	FUZZ_CHECK(fuzz_fine(res));
	if (res == MDOC_OK) {
		struct mdoc_status again;

		FUZZ_CHECK(mdoc_status_read(mdoc_cbor_root(scan), "", &again, NULL) == MDOC_OK);
		FUZZ_CHECK(again.list_idx == status.list_idx && mdoc_bytes_equal(again.list_uri, status.list_uri) &&
			mdoc_bytes_equal(again.identifier, status.identifier));
	}
	mdoc_cbor_free(scan);
	mdoc_buf_clear(&out);
}

static void
touch_item(const struct mdoc_context *context, const struct mdoc_issuer_signed *record, const struct mdoc_namespace *ns,
	const struct mdoc_item *item, struct mdoc_bytes input)
{
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res;

	fuzz_touch(mdoc_item_bytes(item));
	FUZZ_CHECK(mdoc_item_offset(item) < input.len && mdoc_item_bytes(item).len <= input.len);
	(void)mdoc_item_digest_id(item);
	fuzz_touch(mdoc_item_random(item));
	fuzz_touch(mdoc_item_element(item));
	FUZZ_CHECK(mdoc_find_item(ns, mdoc_item_element(item)) != NULL);
	res = mdoc_cbor_scan(context, mdoc_item_value(item), 0, &scan, NULL);
	FUZZ_CHECK(fuzz_fine(res));
	mdoc_cbor_free(scan);
	res = mdoc_item_check(context, record, ns, item);
	FUZZ_CHECK(fuzz_fine(res) || res == MDOC_ERR_DIGEST || res == MDOC_ERR_VALUE);
}

static void
touch_verdict(const struct mdoc_context *context, const struct mdoc_issuer_signed *record)
{
	const struct mdoc_verify_options options = {
		.trust = world.trust,
		.now = WORLD_NOW,
	};
	struct mdoc_verdict *verdict = NULL;
	const enum mdoc_result res = mdoc_verify_record(context, record, &options, &verdict);

	FUZZ_CHECK(verdict != NULL ? mdoc_verdict_result(verdict) == res : res != MDOC_OK);
	mdoc_verdict_free(verdict);
}

void
fuzz_touch_record(const struct mdoc_context *context, const struct mdoc_issuer_signed *record, struct mdoc_bytes input)
{
	const struct mdoc_profile *profile = mdoc_profile_find(mdoc_mso_doc_type(mdoc_issuer_signed_mso(record)));
	struct mdoc_error error = { 0 };
	enum mdoc_result res;
	size_t items = 0;

	fuzz_touch(mdoc_issuer_signed_bytes(record));
	touch_mso(context, mdoc_issuer_signed_mso(record));
	fuzz_touch_sign1(context, mdoc_issuer_signed_auth(record));
	for (size_t i = 0; i < mdoc_issuer_signed_count(record); i++) {
		const struct mdoc_namespace *ns = mdoc_issuer_signed_namespace(record, i);

		fuzz_touch(mdoc_namespace_name(ns));
		FUZZ_CHECK(mdoc_find_namespace(record, mdoc_namespace_name(ns)) == ns);
		for (size_t j = 0; j < mdoc_namespace_count(ns); j++, items++)
			touch_item(context, record, ns, mdoc_namespace_item(ns, j), input);
		FUZZ_CHECK(mdoc_namespace_item(ns, mdoc_namespace_count(ns)) == NULL);
	}
	FUZZ_CHECK(items <= mdoc_context_limit(context, MDOC_LIMIT_ITEMS));
	FUZZ_CHECK(mdoc_issuer_signed_namespace(record, mdoc_issuer_signed_count(record)) == NULL);
	res = mdoc_issuer_signed_check_digests(context, record, &error);
	fuzz_result(res, &error, input);
	res = mdoc_profile_check_record(context, profile, record, &error);
	FUZZ_CHECK(profile != NULL || res == MDOC_OK);
	fuzz_result(res, &error, input);
}

enum mdoc_result
entry_issuer_signed(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const size_t before = alloc_bytes();
	struct mdoc_issuer_signed *record = NULL;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_issuer_signed_parse(context, input, &record, &error);

	FUZZ_CHECK(alloc_bytes() - before <= MDOC_PARSE_MULTIPLE * input.len + MDOC_PARSE_FIXED);
	fuzz_parsed(res, &error, input, record);
	if (res == MDOC_OK) {
		fuzz_touch_inside(mdoc_issuer_signed_bytes(record), input);
		fuzz_touch_record(context, record, input);
		touch_verdict(context, record);
	}
	mdoc_issuer_signed_free(record);
	return res;
}

static enum mdoc_result
wrapped(const struct mdoc_context *context, struct mdoc_buf *made)
{
	const enum mdoc_result res =
		made->err == MDOC_OK ? entry_issuer_signed(context, mdoc_buf_bytes(made)) : made->err;

	mdoc_buf_clear(made);
	return res;
}

/* The input is an MSO; the signature around it is made. */
enum mdoc_result
entry_mso(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const struct mdoc_bytes chain = mdoc_buf_bytes(&world.ds);
	const struct mdoc_sign1_options options = { .x5chain = &chain, .x5chain_count = 1 };
	struct mdoc_buf made = MDOC_BUF_EMPTY, payload = MDOC_BUF_EMPTY;

	mdoc_put_map(&made, 1);
	mdoc_put_text(&made, "issuerAuth");
	mdoc_put_embedded(&payload, input);
	if (payload.err != MDOC_OK ||
		mdoc_sign1_put(&made, &world.ds_key.signer, mdoc_buf_bytes(&payload), &options) != MDOC_OK)
		made.err = MDOC_ERR_MEMORY;
	mdoc_buf_clear(&payload);
	return wrapped(context, &made);
}

static void
put_auth(struct mdoc_buf *made)
{
	const struct mdoc_bytes whole = mdoc_issuer_signed_bytes(world.record);
	struct mdoc_cbor *scan = NULL;

	mdoc_put_text(made, "issuerAuth");
	if (mdoc_cbor_scan(world.context, whole, 0, &scan, NULL) != MDOC_OK)
		made->err = MDOC_ERR_MEMORY;
	else
		mdoc_put_raw(made, mdoc_node_span(mdoc_map_text(mdoc_cbor_root(scan), "issuerAuth")));
	mdoc_cbor_free(scan);
}

/* The input is an IssuerSignedItem. */
enum mdoc_result
entry_item(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	mdoc_put_map(&made, 2);
	mdoc_put_text(&made, "nameSpaces");
	mdoc_put_map(&made, 1);
	mdoc_put_text(&made, WORLD_NS);
	mdoc_put_array(&made, 1);
	mdoc_put_embedded(&made, input);
	put_auth(&made);
	return wrapped(context, &made);
}

/* The input is {namespace: [item]}. */
enum mdoc_result
entry_name_spaces(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	mdoc_put_map(&made, 2);
	mdoc_put_text(&made, "nameSpaces");
	mdoc_put_raw(&made, input);
	put_auth(&made);
	return wrapped(context, &made);
}

/* The input is a claim's value and keyInfo; what is issued is read. */
enum mdoc_result
entry_claim(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const struct mdoc_bytes chain = mdoc_buf_bytes(&world.ds);
	const struct mdoc_claim claim = { mdoc_text("ns"), mdoc_text("element"), input };
	const struct mdoc_issue issue = {
		.doc_type = mdoc_text("docType"),
		.claims = &claim,
		.claim_count = 1,
		.device_key = world.device_key.pub,
		.signed_ = WORLD_NOW,
		.valid_from = WORLD_NOW,
		.valid_until = WORLD_NOW + 1,
		.key_info = input.len > 0 && (input.ptr[0] & 0xe0) == 0xa0 ? input : MDOC_NO_BYTES,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &world.ds_key.signer,
	};
	struct mdoc_issuer_signed *record = NULL;
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_issuer_signed_build(context, &issue, &made, &error);

	fuzz_result(res, &error, input);
	FUZZ_CHECK(res == MDOC_OK || made.len == 0);
	if (res == MDOC_OK) {
		const enum mdoc_result again =
			mdoc_issuer_signed_parse(context, mdoc_buf_bytes(&made), &record, &error);

		/* a value that is as deep as can be is deeper inside its item */
		FUZZ_CHECK(fuzz_fine(again) || again == MDOC_ERR_DEPTH);
	}
	if (record != NULL) {
		const struct mdoc_item *item = mdoc_namespace_item(mdoc_issuer_signed_namespace(record, 0), 0);
		const enum mdoc_result digests = mdoc_issuer_signed_check_digests(context, record, &error);

		FUZZ_CHECK(fuzz_fine(digests));
		FUZZ_CHECK(mdoc_bytes_equal(mdoc_item_value(item), input));
	}
	mdoc_issuer_signed_free(record);
	mdoc_buf_clear(&made);
	return res;
}

/* The input is MSO.status. */
enum mdoc_result
entry_mso_status(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_status status;
	struct mdoc_error error = { 0 };
	struct mdoc_cbor *scan = NULL;
	enum mdoc_result res = mdoc_cbor_scan(context, input, 0, &scan, &error);

	if (res == MDOC_OK) {
		res = mdoc_status_read(mdoc_cbor_root(scan), "status", &status, &error);
		fuzz_result(res, &error, input);
	}
	if (res == MDOC_OK) {
		fuzz_touch(status.list_uri);
		fuzz_touch(status.list_certificate);
		fuzz_touch(status.identifier_uri);
		fuzz_touch(status.identifier);
		fuzz_touch(status.identifier_certificate);
	}
	mdoc_cbor_free(scan);
	return res;
}

void
seeds_record(struct fuzz_seeds *seeds)
{
	fuzz_seed(seeds, mdoc_buf_bytes(&world.record_bytes));
	fuzz_seed(seeds, mdoc_buf_bytes(&world.card_bytes));
}

void
seeds_mso(struct fuzz_seeds *seeds)
{
	fuzz_seed(seeds, mdoc_node_span(mdoc_mso_root(mdoc_issuer_signed_mso(world.record))));
	fuzz_seed(seeds, mdoc_node_span(mdoc_mso_root(mdoc_issuer_signed_mso(world.card))));
}

void
seeds_item(struct fuzz_seeds *seeds)
{
	const struct mdoc_namespace *ns = mdoc_issuer_signed_namespace(world.record, 0);
	struct mdoc_bytes inner;

	for (size_t i = 0; i < mdoc_namespace_count(ns); i++)
		if (mdoc_cbor_unwrap(world.context, mdoc_item_bytes(mdoc_namespace_item(ns, i)), &inner, NULL) ==
			MDOC_OK)
			fuzz_seed(seeds, inner);
}

/* One item, inside a byte string in pieces. */
static void
seed_pieces(struct fuzz_seeds *seeds)
{
	const struct mdoc_namespace *ns = mdoc_issuer_signed_namespace(world.record, 0);
	struct mdoc_bytes inner;
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	if (mdoc_cbor_unwrap(world.context, mdoc_item_bytes(mdoc_namespace_item(ns, 0)), &inner, NULL) != MDOC_OK)
		return;
	mdoc_put_map(&made, 1);
	mdoc_put_text(&made, WORLD_NS);
	mdoc_put_array(&made, 1);
	mdoc_buf_append(&made, mdoc_bytes_of("\xd8\x18\x5f", 3));
	for (size_t at = 0; at < inner.len; at += 20)
		mdoc_put_bstr(&made, mdoc_bytes_of(inner.ptr + at, inner.len - at < 20 ? inner.len - at : 20));
	mdoc_buf_append(&made, mdoc_bytes_of("\xff", 1));
	fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
}

void
seeds_name_spaces(struct fuzz_seeds *seeds)
{
	struct mdoc_cbor *scan = NULL;

	if (mdoc_cbor_scan(world.context, mdoc_buf_bytes(&world.record_bytes), 0, &scan, NULL) == MDOC_OK)
		fuzz_seed(seeds, mdoc_node_span(mdoc_map_text(mdoc_cbor_root(scan), "nameSpaces")));
	mdoc_cbor_free(scan);
	seed_pieces(seeds);
}

void
seeds_values(struct fuzz_seeds *seeds)
{
	static const char *const hex[] = { "f5", "00", "18ff", "3903e7", "60", "656272656164", "40", "43010203", "80",
		"a0", "83010203", "a201020304", "d903ec6a313938312d30392d3031",
		"c074323032302d31302d30315431333a33303a30325a", "5f4131413203ff", "5f41314132ff", "7f61616162ff",
		"9f0102ff", "bf0102ff", "f97e00", "fb3ff0000000000000", "d81841a0",
		"a16a62697274685f64617465d903ec6a313938312d30392d3031", "6c313233343536373839303138", "a12003",
		"8181818181818181818180", "f0", "f8ff", "1b8000000000000000", "3bffffffffffffffff" };

	for (size_t i = 0; i < sizeof(hex) / sizeof(*hex); i++)
		fuzz_seed_hex(seeds, hex[i]);
}

void
seeds_dates(struct fuzz_seeds *seeds)
{
	fuzz_seed_text(seeds, "2026-01-30T14:59:59Z");
	fuzz_seed_text(seeds, "1970-01-01T00:00:00Z");
	fuzz_seed_text(seeds, "9999-12-31T23:59:59Z");
	fuzz_seed_text(seeds, "2000-02-29");
	fuzz_seed_hex(seeds, "c074323032302d31302d30315431333a33303a30325a");
}

void
seeds_mso_status(struct fuzz_seeds *seeds)
{
	const struct mdoc_node status = mdoc_mso_status(mdoc_issuer_signed_mso(world.record));

	fuzz_seed(seeds, mdoc_node_span(status));
}
