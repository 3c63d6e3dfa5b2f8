/*
 * tests/fuzz/entry_lists.c: status lists, identifier lists, VICAL and RICAL: as they come, and what is
 * inside them with a signature that holds.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"
#include "mdoc/status/compress.h"
#include "mdoc/status/token.h"

#include <stdlib.h>

static const struct mdoc_list_trust *
list_trust(void)
{
	static struct mdoc_list_trust trust;

	trust = (struct mdoc_list_trust){ .anchors = world.trust, .now = WORLD_NOW };
	return &trust;
}

static struct mdoc_revocation_query
query(const struct mdoc_status *status)
{
	return (struct mdoc_revocation_query){
		.status = status,
		.iaca = mdoc_buf_bytes(&world.iaca),
		.ds = &world.ds_key.pub,
		.now = WORLD_NOW,
	};
}

static void
touch_answer(enum mdoc_revocation answer, const struct mdoc_error *why, bool checked)
{
	FUZZ_CHECK((unsigned)answer <= MDOC_REVOCATION_SUSPENDED);
	fuzz_touch_text(mdoc_revocation_name(answer));
	FUZZ_CHECK(checked || answer == MDOC_REVOCATION_UNDETERMINED);
	FUZZ_CHECK((answer == MDOC_REVOCATION_VALID) == (why->code == MDOC_OK));
}

static void
ask_status_list(const struct mdoc_status_list *list, bool checked)
{
	struct mdoc_list_info info;
	struct mdoc_status status = { .list_uri = mdoc_text(WORLD_URI) };
	const struct mdoc_revocation_query asked = query(&status);
	const struct mdoc_revocation_lists lists = { &list, 1, NULL, 0 };
	struct mdoc_error why = { 0 };

	mdoc_status_list_info(list, &info);
	fuzz_touch(info.uri);
	const uint64_t places[] = { 0, 1, 7, 8, 1000, info.entries - 1, info.entries, UINT64_MAX, UINT64_MAX / 8 };

	FUZZ_CHECK(info.bits == 1 || info.bits == 2 || info.bits == 4 || info.bits == 8);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		enum mdoc_revocation answer;

		status.list_idx = places[i];
		why = (struct mdoc_error){ 0 };
		answer = mdoc_status_list_ask(list, &asked, &why);
		touch_answer(answer, &why, checked);
		FUZZ_CHECK(places[i] < info.entries || answer == MDOC_REVOCATION_UNDETERMINED);
		why = (struct mdoc_error){ 0 };
		touch_answer(mdoc_revocation_ask(&lists, &asked, &why), &why, checked);
	}
}

enum mdoc_result
entry_status_list(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_status_list *list = NULL;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_status_list_parse(context, input, &list, &error);

	fuzz_parsed(res, &error, input, list);
	if (res == MDOC_OK) {
		enum mdoc_result checked;

		ask_status_list(list, false);
		checked = mdoc_status_list_check(context, list, list_trust(), &error);
		fuzz_result(checked, &error, input);
		ask_status_list(list, checked == MDOC_OK);
	}
	mdoc_status_list_free(list);
	return res;
}

enum mdoc_result
entry_identifier_list(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const struct mdoc_status status = {
		.identifier_uri = mdoc_text(WORLD_URI),
		.identifier = mdoc_text("1234"),
	};
	const struct mdoc_revocation_query asked = query(&status);
	struct mdoc_identifier_list *list = NULL;
	struct mdoc_list_info info;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_identifier_list_parse(context, input, &list, &error);

	fuzz_parsed(res, &error, input, list);
	if (res == MDOC_OK) {
		enum mdoc_result checked;

		mdoc_identifier_list_info(list, &info);
		fuzz_touch(info.uri);
		FUZZ_CHECK(info.bits == 0);
		checked = mdoc_identifier_list_check(context, list, list_trust(), &error);
		fuzz_result(checked, &error, input);
		error = (struct mdoc_error){ 0 };
		touch_answer(mdoc_identifier_list_ask(list, &asked, &error), &error, checked == MDOC_OK);
	}
	mdoc_identifier_list_free(list);
	return res;
}

static enum mdoc_result
signed_claims(const struct mdoc_context *context, const char *type, struct mdoc_bytes claims,
	enum mdoc_result (*run)(const struct mdoc_context *context, struct mdoc_bytes input))
{
	struct mdoc_buf token = MDOC_BUF_EMPTY;
	enum mdoc_result res = world_sign_list(&token, type, true, &world.status, claims);

	if (res == MDOC_OK)
		res = run(context, mdoc_buf_bytes(&token));
	mdoc_buf_clear(&token);
	return res;
}

/* The input is the claims of a status list. */
enum mdoc_result
entry_status_claims(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return signed_claims(context, MDOCI_TYPE_STATUS_LIST, input, entry_status_list);
}

/* The input is the claims of an identifier list. */
enum mdoc_result
entry_identifier_claims(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return signed_claims(context, MDOCI_TYPE_IDENTIFIER_LIST, input, entry_identifier_list);
}

static void
put_claims(struct mdoc_buf *out, int64_t claim)
{
	mdoc_put_map(out, 4);
	mdoc_put_int(out, 2);
	mdoc_put_text(out, WORLD_URI);
	mdoc_put_int(out, 4);
	mdoc_put_int(out, WORLD_NOW + 1000);
	mdoc_put_int(out, 6);
	mdoc_put_int(out, WORLD_NOW - 1000);
	mdoc_put_int(out, claim);
}

/* The input is a zlib stream: alone, and as the entries of a status list. */
enum mdoc_result
entry_zlib(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf claims = MDOC_BUF_EMPTY, again = MDOC_BUF_EMPTY;
	uint8_t *out = NULL, *back = NULL;
	size_t len = 0, back_len = 0;
	enum mdoc_result res = mdoci_inflate(input, 4096, &out, &len);

	FUZZ_CHECK(res != MDOC_OK || (out != NULL && len <= 4096));
	if (res == MDOC_OK) {
		mdoci_deflate(&again, mdoc_bytes_of(out, len));
		FUZZ_CHECK(fuzz_fine(again.err));
		if (again.err == MDOC_OK) {
			const enum mdoc_result inflated = mdoci_inflate(mdoc_buf_bytes(&again), 4096, &back, &back_len);

			FUZZ_CHECK(fuzz_fine(inflated));
			FUZZ_CHECK(inflated != MDOC_OK ||
				mdoc_bytes_equal(mdoc_bytes_of(out, len), mdoc_bytes_of(back, back_len)));
		}
	}
	put_claims(&claims, MDOCI_CLAIM_STATUS_LIST);
	mdoc_put_map(&claims, 2);
	mdoc_put_text(&claims, "bits");
	mdoc_put_uint(&claims, (uint64_t)1 << fuzz_number(input) / 256 % 4);
	mdoc_put_text(&claims, "lst");
	mdoc_put_bstr(&claims, input);
	if (claims.err == MDOC_OK)
		(void)entry_status_claims(context, mdoc_buf_bytes(&claims));
	mdoc_buf_clear(&claims);
	mdoc_buf_clear(&again);
	free(out);
	free(back);
	return res;
}

static void
left_out(void *arg, size_t i, const struct mdoc_error *why)
{
	FUZZ_CHECK(why->code != MDOC_OK);
	fuzz_touch_text(why->expected);
	(void)i;
	(*(size_t *)arg)++;
}

static void
into_trust(const struct mdoc_context *context, const struct mdoc_trust_list *list, size_t entries)
{
	struct mdoc_trust *trust = mdoc_trust_new();
	struct mdoc_error error = { 0 };
	size_t added = 0, left = 0;
	enum mdoc_result res;

	if (trust == NULL)
		return;
	res = mdoc_trust_list_into_trust(context, list, trust, UINT32_MAX, &added, left_out, &left, &error);
	FUZZ_CHECK(res != MDOC_OK || added + left == entries);
	FUZZ_CHECK(res == MDOC_OK || res == MDOC_ERR_SIZE || res == MDOC_ERR_MEMORY);
	(void)mdoc_trust_list_add_entry(context, list, entries, trust, 0, &error);
	mdoc_trust_free(trust);
}

static enum mdoc_result
trust_list(const struct mdoc_context *context, enum mdoc_trust_list_kind kind, struct mdoc_bytes input)
{
	const struct mdoc_trust_list_policy policy = {
		.anchors = world.providers,
		.now = WORLD_NOW,
		.relax = UINT32_MAX,
		.accept_overdue = true,
	};
	struct mdoc_trust_list *list = NULL;
	struct mdoc_trust_list_info info;
	struct mdoc_trust_entry entry;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_trust_list_parse(context, kind, input, &list, &error);

	fuzz_parsed(res, &error, input, list);
	if (res == MDOC_OK) {
		enum mdoc_result checked;

		mdoc_trust_list_info(list, &info);
		fuzz_touch(info.version);
		fuzz_touch(info.provider);
		fuzz_touch(info.type);
		fuzz_touch(info.url);
		for (size_t i = 0; i < info.entries; i++) {
			FUZZ_CHECK(mdoc_trust_list_entry(list, i, &entry));
			fuzz_touch(entry.certificate);
			fuzz_touch(entry.serial);
			fuzz_touch(entry.ski);
			for (size_t j = 0; j < entry.doc_type_count; j++)
				fuzz_touch(entry.doc_types[j]);
			fuzz_touch(entry.issuing_authority);
			fuzz_touch(entry.issuing_country);
			fuzz_touch(entry.state_or_province);
		}
		FUZZ_CHECK(!mdoc_trust_list_entry(list, info.entries, &entry));
		checked = mdoc_trust_list_check(context, list, &policy, &error);
		fuzz_result(checked, &error, input);
		if (checked == MDOC_OK)
			into_trust(context, list, info.entries);
	}
	mdoc_trust_list_free(list);
	return res;
}

enum mdoc_result
entry_vical(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return trust_list(context, MDOC_VICAL, input);
}

enum mdoc_result
entry_rical(const struct mdoc_context *context, struct mdoc_bytes input)
{
	return trust_list(context, MDOC_RICAL, input);
}

/* The input is what a VICAL, and a RICAL, says, and it is signed. */
enum mdoc_result
entry_vical_payload(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	enum mdoc_result res = world_sign_list(&made, NULL, false, &world.vical, input);

	if (res == MDOC_OK)
		res = entry_vical(context, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	return res;
}

enum mdoc_result
entry_rical_payload(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	enum mdoc_result res = world_sign_list(&made, NULL, true, &world.rical, input);

	if (res == MDOC_OK)
		res = entry_rical(context, mdoc_buf_bytes(&made));
	mdoc_buf_clear(&made);
	return res;
}

/* The payload of a COSE_Sign1, as another seed; whole: the structure itself. */
static void
seed_signed(struct fuzz_seeds *seeds, struct mdoc_buf *made, bool whole)
{
	const struct mdoc_sign1_form form = { MDOC_COSE_TAG_EITHER, MDOC_X5CHAIN_EITHER };
	struct mdoc_sign1 *sign1 = NULL;

	if (mdoc_sign1_parse(world.context, mdoc_buf_bytes(made), &form, &sign1, NULL) == MDOC_OK)
		fuzz_seed(seeds, whole ? mdoc_buf_bytes(made) : mdoc_sign1_payload(sign1));
	mdoc_sign1_free(sign1);
	mdoc_buf_clear(made);
}

static struct mdoc_list_spec
list_spec(struct mdoc_bytes *chain)
{
	*chain = mdoc_buf_bytes(&world.status);
	return (struct mdoc_list_spec){
		.uri = mdoc_text(WORLD_URI),
		.issued = WORLD_NOW - 1000,
		.expires = WORLD_NOW + 1000,
		.ttl = 600,
		.x5chain = chain,
		.x5chain_count = 1,
		.signer = &world.list_key.signer,
	};
}

static void
status_lists(struct fuzz_seeds *seeds, bool whole)
{
	static const uint8_t packed[] = { 0x28, 0x01, 0x00, 0x80 };
	struct mdoc_bytes chain;
	const struct mdoc_list_spec spec = list_spec(&chain);
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	for (unsigned bits = 1; bits <= 8; bits *= 2)
		if (mdoc_status_list_build(world.context, &spec, bits, mdoc_bytes_of(packed, sizeof(packed)), &made) ==
			MDOC_OK)
			seed_signed(seeds, &made, whole);
}

static void
identifier_lists(struct fuzz_seeds *seeds, bool whole)
{
	const struct mdoc_bytes ids[] = { mdoc_text("1234"), mdoc_text("5678") };
	struct mdoc_bytes chain;
	const struct mdoc_list_spec spec = list_spec(&chain);
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	for (size_t n = 0; n <= 2; n += 2)
		if (mdoc_identifier_list_build(world.context, &spec, ids, n, &made) == MDOC_OK)
			seed_signed(seeds, &made, whole);
}

static void
trust_lists(struct fuzz_seeds *seeds, enum mdoc_trust_list_kind kind, bool whole)
{
	const bool rical = kind == MDOC_RICAL;
	const struct mdoc_bytes chain = mdoc_buf_bytes(rical ? &world.rical : &world.vical);
	const struct mdoc_bytes type = mdoc_text(WORLD_DOCTYPE);
	const struct mdoc_trust_entry_spec entry = {
		.certificate = mdoc_buf_bytes(rical ? &world.reader_ca : &world.iaca),
		.doc_types = &type,
		.doc_type_count = rical ? 0 : 1,
		.issuing_authority = mdoc_text("Authority"),
	};
	const struct mdoc_trust_list_spec spec = {
		.kind = kind,
		.provider = mdoc_text("Provider"),
		.date = WORLD_NOW - 1000,
		.has_next_update = true,
		.next_update = WORLD_NOW + 1000,
		.has_not_after = rical,
		.not_after = WORLD_NOW + 2000,
		.has_id = true,
		.id = 7,
		.type = rical ? mdoc_text("type") : MDOC_NO_BYTES,
		.url = rical ? mdoc_text("https://issuer.example/rical") : MDOC_NO_BYTES,
		.entries = &entry,
		.entry_count = 1,
		.x5chain = &chain,
		.x5chain_count = 1,
		.signer = &world.list_key.signer,
	};
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	if (mdoc_trust_list_build(world.context, &spec, &made, NULL) == MDOC_OK)
		seed_signed(seeds, &made, whole);
}

void
seeds_status_list(struct fuzz_seeds *seeds)
{
	status_lists(seeds, true);
}

void
seeds_status_claims(struct fuzz_seeds *seeds)
{
	status_lists(seeds, false);
}

void
seeds_identifier_list(struct fuzz_seeds *seeds)
{
	identifier_lists(seeds, true);
}

void
seeds_identifier_claims(struct fuzz_seeds *seeds)
{
	identifier_lists(seeds, false);
}

void
seeds_vical(struct fuzz_seeds *seeds)
{
	trust_lists(seeds, MDOC_VICAL, true);
}

void
seeds_rical(struct fuzz_seeds *seeds)
{
	trust_lists(seeds, MDOC_RICAL, true);
}

void
seeds_vical_payload(struct fuzz_seeds *seeds)
{
	trust_lists(seeds, MDOC_VICAL, false);
}

void
seeds_rical_payload(struct fuzz_seeds *seeds)
{
	trust_lists(seeds, MDOC_RICAL, false);
}

void
seeds_zlib(struct fuzz_seeds *seeds)
{
	static const uint8_t zeros[5000];
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	for (size_t len = 0; len <= sizeof(zeros); len = len * 5 + 1) {
		mdoci_deflate(&made, mdoc_bytes_of(zeros, len));
		fuzz_seed(seeds, mdoc_buf_bytes(&made));
		mdoc_buf_clear(&made);
	}
	fuzz_seed_hex(seeds, "789c4b4c4a4e49ad000004a801e5");
}
