/*
 * tests/fuzz/entry_response.c: DeviceSigned, DeviceResponse, and a reader's verdict.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"

#include <string.h>

void
fuzz_touch_device_signed(const struct mdoc_context *context, const struct mdoc_device_signed *ds)
{
	const struct mdoc_sign1 *signature = mdoc_device_signed_signature(ds);
	const struct mdoc_node mac_node = mdoc_device_signed_mac(ds);
	struct mdoc_mac0 mac;

	fuzz_touch(mdoc_device_signed_bytes(ds));
	fuzz_touch_node(mdoc_device_signed_namespaces(ds));
	FUZZ_CHECK((signature != NULL) != mdoc_node_present(mac_node));
	if (signature != NULL)
		fuzz_touch_sign1(context, signature);
	fuzz_touch_node(mac_node);
	if (mdoc_node_present(mac_node))
		(void)mdoc_mac0_parse(mac_node, "deviceMac", &mac, NULL);
}

enum mdoc_result
entry_device_signed(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_device_signed *ds = NULL;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_device_signed_parse(context, input, &ds, &error);

	fuzz_parsed(res, &error, input, ds);
	if (res == MDOC_OK)
		fuzz_touch_device_signed(context, ds);
	mdoc_device_signed_free(ds);
	return res;
}

/* The input is DeviceNameSpaces, which a holder's device is about to sign. */
enum mdoc_result
entry_device_namespaces(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_error error = { 0 };
	struct mdoc_cbor *scan = NULL;
	struct mdoc_buf wrapped = MDOC_BUF_EMPTY, authentication = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;
	struct mdoc_device_signed *ds = NULL;
	enum mdoc_result res = mdoc_cbor_scan(context, input, 0, &scan, &error);

	if (res == MDOC_OK) {
		const enum mdoc_result none = mdoc_device_namespaces_check(NULL, scan, &error);

		fuzz_result(none, &error, input);
		error = (struct mdoc_error){ 0 };
		res = mdoc_device_namespaces_check(world.record, scan, &error);
		fuzz_result(res, &error, input);
		FUZZ_CHECK(none != MDOC_OK || res == MDOC_OK || !fuzz_plain());
	}
	if (res == MDOC_OK) { /* what may be signed is signed, and read */
		mdoc_put_embedded(&wrapped, input);
		mdoc_put_device_authentication_bytes(&authentication, world.transcript, mdoc_text(WORLD_DOCTYPE),
			mdoc_buf_bytes(&wrapped));
		if (wrapped.err == MDOC_OK && authentication.err == MDOC_OK &&
			mdoc_device_signed_put(&made, mdoc_buf_bytes(&authentication), mdoc_buf_bytes(&wrapped),
				&world.device_key.signer) == MDOC_OK) {
			enum mdoc_result again;

			FUZZ_CHECK(!fuzz_plain() ||
				made.len ==
					mdoc_device_signed_size(mdoc_buf_bytes(&wrapped), world.device_key.pub.curve));
			again = mdoc_device_signed_parse(context, mdoc_buf_bytes(&made), &ds, NULL);
			FUZZ_CHECK(fuzz_fine(again));
		}
	}
	mdoc_device_signed_free(ds);
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&authentication);
	mdoc_buf_clear(&wrapped);
	mdoc_cbor_free(scan);
	return res;
}

enum mdoc_result
entry_device_authentication(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_device_authentication parts, again;
	struct mdoc_error error = { 0 };
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	const enum mdoc_result res = mdoc_device_authentication_parse(context, input, &parts, &error);

	fuzz_result(res, &error, input);
	if (res != MDOC_OK)
		return res;
	fuzz_touch(parts.transcript);
	fuzz_touch(parts.doc_type);
	fuzz_touch(parts.namespaces_bytes);
	(void)mdoc_doc_type_takes_mac(parts.doc_type);
	mdoc_put_device_authentication_bytes(&made, parts.transcript, parts.doc_type, parts.namespaces_bytes);
	if (made.err == MDOC_OK) {
		const enum mdoc_result read =
			mdoc_device_authentication_parse(context, mdoc_buf_bytes(&made), &again, &error);

		FUZZ_CHECK(fuzz_fine(read));
		FUZZ_CHECK(read != MDOC_OK ||
			(mdoc_bytes_equal(parts.transcript, again.transcript) &&
				mdoc_bytes_equal(parts.doc_type, again.doc_type) &&
				mdoc_bytes_equal(parts.namespaces_bytes, again.namespaces_bytes)));
	}
	mdoc_buf_clear(&made);
	return res;
}

void
fuzz_touch_response(const struct mdoc_context *context, const struct mdoc_response *response, struct mdoc_bytes input)
{
	fuzz_touch(mdoc_response_version(response));
	(void)mdoc_response_status(response);
	FUZZ_CHECK(mdoc_response_count(response) <= mdoc_context_limit(context, MDOC_LIMIT_DOCUMENTS));
	for (size_t i = 0; i < mdoc_response_count(response); i++) {
		const struct mdoc_document *document = mdoc_response_document(response, i);

		fuzz_touch(mdoc_document_doc_type(document));
		fuzz_touch_record(context, mdoc_document_issuer_signed(document), input);
		fuzz_touch_device_signed(context, mdoc_document_device_signed(document));
		fuzz_touch_node(mdoc_document_errors(document));
	}
	FUZZ_CHECK(mdoc_response_document(response, mdoc_response_count(response)) == NULL);
	fuzz_touch_node(mdoc_response_document_errors(response));
	fuzz_touch_node(mdoc_response_zk_documents(response));
	fuzz_touch_node(mdoc_response_encrypted_documents(response));
	fuzz_touch_node(mdoc_response_other_documents(response));
}

enum mdoc_result
entry_response(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const size_t before = alloc_bytes();
	struct mdoc_response *response = NULL;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_response_parse(context, input, &response, &error);

	FUZZ_CHECK(alloc_bytes() - before <= MDOC_PARSE_MULTIPLE * input.len + MDOC_PARSE_FIXED);
	fuzz_parsed(res, &error, input, response);
	if (res == MDOC_OK)
		fuzz_touch_response(context, response, input);
	mdoc_response_free(response);
	return res;
}

static void
touch_rows(const struct mdoc_verdict *verdict, enum mdoc_result res, struct mdoc_bytes input)
{
	struct mdoc_check_row row, found;
	const size_t documents = mdoc_verdict_documents(verdict);
	enum mdoc_result first = MDOC_OK;
	size_t i;

	for (i = 0; mdoc_verdict_row(verdict, i, &row); i++) {
		FUZZ_CHECK(row.check < MDOC_CHECK_COUNT && (unsigned)row.outcome <= MDOC_WARNING);
		/* what cannot be read may be broken in any document */
		FUZZ_CHECK(
			row.document == SIZE_MAX || row.document < documents || mdoc_verdict_response(verdict) == NULL);
		FUZZ_CHECK((row.outcome == MDOC_FAILED) <= (row.error.code != MDOC_OK));
		FUZZ_CHECK(row.error.code == MDOC_OK || row.outcome == MDOC_FAILED || row.outcome == MDOC_WARNING ||
			(row.outcome == MDOC_NOT_DONE && row.error.code == MDOC_ERR_UNDETERMINED));
		if (row.error.code != MDOC_OK)
			fuzz_result(row.error.code, &row.error, input);
		fuzz_touch_text(mdoc_check_name(row.check));
		fuzz_touch_text(mdoc_outcome_name(row.outcome));
		FUZZ_CHECK(mdoc_verdict_find(verdict, row.check, row.document, &found) && found.outcome == row.outcome);
		if (row.outcome == MDOC_FAILED && first == MDOC_OK)
			first = row.error.code;
	}
	FUZZ_CHECK(i == MDOC_CHECK_DOCTYPE + (documents > 0 ? documents : 1) * (MDOC_CHECK_COUNT - MDOC_CHECK_DOCTYPE));
	FUZZ_CHECK(first == res && mdoc_verdict_result(verdict) == res);
}

static void
touch_verdict(const struct mdoc_context *context, const struct mdoc_verdict *verdict, enum mdoc_result res,
	struct mdoc_bytes input)
{
	const struct mdoc_response *response = mdoc_verdict_response(verdict);
	const size_t documents = mdoc_verdict_documents(verdict);

	touch_rows(verdict, res, input);
	FUZZ_CHECK(res != MDOC_OK || documents > 0);
	for (size_t i = 0; i < documents; i++) {
		FUZZ_CHECK(res != MDOC_OK || mdoc_verdict_document_result(verdict, i) == MDOC_OK);
		fuzz_touch(mdoc_verdict_anchor(verdict, i));
		/* Shown as fact: then the issuer is one whom we trust. */
		FUZZ_CHECK(
			mdoc_verdict_document_result(verdict, i) != MDOC_OK || mdoc_verdict_anchor(verdict, i).len > 0);
	}
	FUZZ_CHECK(mdoc_verdict_document_result(verdict, documents) == MDOC_ERR_ARG);
	if (response != NULL)
		fuzz_touch_response(context, response, input);
}

enum mdoc_result
entry_verify(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const unsigned choice = fuzz_number(input) >> 8;
	const struct mdoc_verify_options options = {
		.transcript = world.transcript,
		.trust = world.trust,
		.now = WORLD_NOW,
		.clock_skew = 60,
		.relax = choice & 1 ? UINT32_MAX : MDOC_RELAX_CRL_DP,
		.retain = choice & 2,
		.reader = choice & 4 ? NULL : &world.annex_reader,
		.mac_allowed = choice & 8 ? false : true,
		.request = choice & 16 ? world.asked : NULL,
		.lists = choice & 32 ? &world.lists : NULL,
		.undetermined = (enum mdoc_undetermined)(choice / 64 % 3),
		.crl_required = choice & 256,
	};
	struct mdoc_verdict *verdict = NULL;
	enum mdoc_result res;

	res = mdoc_verify(context, input, &options, &verdict);
	FUZZ_CHECK(res != MDOC_OK || verdict != NULL);
	if (verdict == NULL)
		FUZZ_CHECK(res == MDOC_ERR_CRYPTO || (res == MDOC_ERR_MEMORY && !fuzz_plain()));
	else
		touch_verdict(context, verdict, res, input);
	mdoc_verdict_free(verdict);
	return res;
}

void
seeds_device_signed(struct fuzz_seeds *seeds)
{
	struct mdoc_response *response = NULL;
	struct mdoc_buf empty = MDOC_BUF_EMPTY, made = MDOC_BUF_EMPTY;

	mdoc_put_embedded(&empty, mdoc_bytes_of("\xa0", 1));
	if (mdoc_device_signed_put(&made, mdoc_text("authentication"), mdoc_buf_bytes(&empty),
		    &world.device_key.signer) == MDOC_OK)
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	if (mdoc_device_mac_put(world.context, &made, mdoc_text("authentication"), mdoc_buf_bytes(&empty),
		    world.transcript, mdoc_text("0123456789abcdef0123456789abcdef")) == MDOC_OK)
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	mdoc_buf_clear(&empty);
	mdoc_response_free(response);
}

void
seeds_device_namespaces(struct fuzz_seeds *seeds)
{
	fuzz_seed_hex(seeds, "a0");
	fuzz_seed_hex(seeds, "a166646576696365a16161f5");
	fuzz_seed_hex(seeds, "a266646576696365a26161f561620a656f74686572a16b66616d696c795f6e616d656178");
	fuzz_seed_hex(seeds, "a1716f72672e69736f2e31383031332e352e31a16b66616d696c795f6e616d656178");
}

void
seeds_response(struct fuzz_seeds *seeds)
{
	fuzz_seed(seeds, mdoc_buf_bytes(&world.response));
	fuzz_seed(seeds, mdoc_buf_bytes(&world.card_response));
}
