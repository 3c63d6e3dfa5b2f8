/*
 * tests/fuzz/entry_request.c: DeviceRequest and its parts, who asks, what would be answered.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/fuzz/entries.h"

#include <string.h>

static void
touch_ref(struct mdoc_element_ref ref)
{
	fuzz_touch(ref.ns);
	fuzz_touch(ref.element);
}

static void
touch_info(const struct mdoc_request_info *info)
{
	for (size_t i = 0; i < info->alternative_count; i++) {
		const struct mdoc_alternative *alternative = &info->alternatives[i];

		touch_ref(alternative->requested);
		for (size_t j = 0; j < alternative->count; j++)
			for (size_t k = 0; k < alternative->sets[j].count; k++)
				touch_ref(alternative->sets[j].elements[k]);
	}
	for (size_t i = 0; i < info->issuer_count; i++)
		fuzz_touch(info->issuers[i]);
	FUZZ_CHECK((unsigned)info->unique <= MDOC_UNIQUE_YES);
	for (size_t i = 0; info->zk != NULL && i < info->zk->count; i++) {
		fuzz_touch(info->zk->systems[i].id);
		fuzz_touch(info->zk->systems[i].system);
		fuzz_touch(info->zk->systems[i].params);
	}
	if (info->encryption != NULL) {
		fuzz_touch(info->encryption->parameters);
		fuzz_touch(info->encryption->nonce);
		FUZZ_CHECK(info->encryption->recipient.point_len <= MDOC_POINT_MAX);
		for (size_t i = 0; i < info->encryption->certificate_count; i++)
			fuzz_touch(info->encryption->certificates[i]);
	}
}

static void
touch_doc(const struct mdoc_doc_request *doc)
{
	struct mdoc_bytes der;

	fuzz_touch(mdoc_doc_request_type(doc));
	for (size_t i = 0; i < mdoc_doc_request_count(doc); i++) {
		const struct mdoc_asked *asked = mdoc_doc_request_asked(doc, i);

		fuzz_touch(asked->ns);
		fuzz_touch(asked->element);
	}
	FUZZ_CHECK(mdoc_doc_request_asked(doc, mdoc_doc_request_count(doc)) == NULL);
	fuzz_touch(mdoc_doc_request_legal_basis(doc));
	if (mdoc_doc_request_info(doc) != NULL)
		touch_info(mdoc_doc_request_info(doc));
	for (size_t i = 0; mdoc_doc_request_certificate(doc, i, &der); i++) {
		FUZZ_CHECK(mdoc_doc_request_is_signed(doc));
		fuzz_touch(der);
	}
}

void
fuzz_touch_request(const struct mdoc_request *request)
{
	const size_t count = mdoc_request_count(request);
	const struct mdoc_use_case *use_case;
	struct mdoc_bytes der;

	(void)mdoc_request_warnings(request);
	fuzz_touch(mdoc_request_version(request));
	for (size_t i = 0; i < count; i++)
		touch_doc(mdoc_request_doc(request, i));
	FUZZ_CHECK(count > 0 && mdoc_request_doc(request, count) == NULL);
	for (size_t i = 0; (use_case = mdoc_request_use_case(request, i)) != NULL; i++) {
		for (size_t j = 0; j < use_case->set_count; j++)
			for (size_t k = 0; k < use_case->sets[j].count; k++)
				FUZZ_CHECK(use_case->sets[j].docs[k] < count);
		for (size_t j = 0; j < use_case->hint_count; j++)
			fuzz_touch(use_case->hints[j].controller);
	}
	for (size_t i = 0; i < mdoc_request_auth_all_count(request); i++)
		for (size_t j = 0; mdoc_request_auth_all_certificate(request, i, j, &der); j++)
			fuzz_touch(der);
}

static void
touch_auth(const struct mdoc_context *context, const struct mdoc_request *request, struct mdoc_bytes input)
{
	const struct mdoc_reader_auth_options options = {
		.transcript = world.transcript,
		.trust = world.readers,
		.now = WORLD_NOW,
		.relax = fuzz_number(input) & 0x100 ? UINT32_MAX : 0,
	};
	struct mdoc_reader_auth *auth = NULL;
	const struct mdoc_reader_row *row;
	struct mdoc_buf subject = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	struct mdoc_bytes der;
	enum mdoc_result res = mdoc_reader_auth_check(context, request, &options, &auth, &error);

	fuzz_parsed(res, &error, input, auth);
	for (size_t i = 0; auth != NULL && (row = mdoc_reader_auth_row(auth, i)) != NULL; i++) {
		fuzz_touch_text(mdoc_reader_check_name(row->check));
		FUZZ_CHECK(row->doc == SIZE_MAX || row->doc < mdoc_request_count(request));
		FUZZ_CHECK(row->outcome != MDOC_FAILED || row->error.code != MDOC_OK);
		if (row->error.code != MDOC_OK)
			fuzz_result(row->error.code, &row->error, input);
	}
	for (size_t i = 0; auth != NULL && i <= mdoc_request_count(request); i++) {
		const enum mdoc_reader_standing standing = mdoc_reader_auth_standing(auth, i);
		const bool certificate = mdoc_reader_auth_certificate(auth, i, &der);

		fuzz_touch_text(mdoc_reader_standing_name(standing));
		FUZZ_CHECK(certificate == (standing >= MDOC_READER_SIGNED));
		FUZZ_CHECK(mdoc_reader_auth_allows(auth, i, MDOC_READER_POLICY_TRUSTED) ==
			(standing == MDOC_READER_TRUSTED));
		FUZZ_CHECK(standing != MDOC_READER_FAILED || !mdoc_reader_auth_allows(auth, i, MDOC_READER_POLICY_ANY));
		res = mdoc_reader_auth_subject(context, auth, i, &subject);
		FUZZ_CHECK(certificate || res == MDOC_ERR_MISSING);
		mdoc_buf_clear(&subject);
	}
	mdoc_reader_auth_free(auth);
	error = (struct mdoc_error){ 0 };
	res = mdoc_reader_auth_verify(context, request, world.transcript, &error);
	fuzz_result(res, &error, input);
}

/* What is selected was asked for, or stands for it. */
static void
touch_choices(const struct mdoc_selection *selection, size_t document)
{
	const struct mdoc_choice *choice;
	bool leaves = false;

	for (size_t i = 0; (choice = mdoc_selection_choice(selection, document, i)) != NULL; i++) {
		fuzz_touch(choice->ns);
		fuzz_touch(choice->element);
		fuzz_touch(choice->value);
		fuzz_touch(choice->asked_ns);
		fuzz_touch(choice->asked);
		FUZZ_CHECK(choice->asked.ptr != NULL);
		FUZZ_CHECK((choice->state == MDOC_NOT_HELD) == (choice->value.len == 0));
		leaves = leaves || choice->state == MDOC_LEAVES;
	}
	FUZZ_CHECK(!mdoc_selection_leaves(selection, document) || leaves);
}

/* A token's answer instead of a signature. */
static bool
answered(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed)
{
	fuzz_touch(device_authentication_bytes);
	mdoc_buf_append(device_signed, *(const struct mdoc_bytes *)arg);
	return device_signed->err == MDOC_OK;
}

static enum mdoc_result
build(const struct mdoc_context *context, const struct mdoc_selection *selection, const struct mdoc_device_key *key)
{
	const struct mdoc_device_key keys[] = { *key, *key };
	const struct mdoc_response_options options = { .transcript = world.transcript, .keys = keys };
	struct mdoc_response *response = NULL;
	struct mdoc_buf made = MDOC_BUF_EMPTY;
	struct mdoc_error error = { 0 };
	enum mdoc_result res = mdoc_response_build(context, selection, &options, &made, &error);
	size_t size = 0;

	fuzz_result(res, &error, MDOC_NO_BYTES);
	FUZZ_CHECK(res == MDOC_OK || made.len == 0);
	if (res == MDOC_OK) {
		const enum mdoc_result read = mdoc_response_parse(context, mdoc_buf_bytes(&made), &response, &error);

		FUZZ_CHECK(fuzz_fine(read));
		if (key->signer != NULL && mdoc_response_size(selection, &options, &size) == MDOC_OK)
			FUZZ_CHECK(size == made.len);
	}
	mdoc_response_free(response);
	mdoc_buf_clear(&made);
	return res;
}

static void
select_from(const struct mdoc_context *context, const struct mdoc_request *request, unsigned choice)
{
	static const uint8_t yes[] = { 0xf5 };
	const struct mdoc_claim mine = { mdoc_text("device"), mdoc_text("hash"), mdoc_bytes_of(yes, sizeof(yes)) };
	const struct mdoc_held held[] = { { world.record, &mine, 1 }, { world.record, NULL, 0 } };
	const struct mdoc_device_key key = { .signer = &world.device_key.signer };
	const struct mdoc_claim added = { mdoc_text("device"), mdoc_text("consent"), mdoc_bytes_of(yes, sizeof(yes)) };
	const struct mdoc_agreed agreed[] = { { mdoc_text(WORLD_NS), mdoc_text("family_name") },
		{ mdoc_text(WORLD_NS), mdoc_text("age_over_18") } };
	const struct mdoc_select_options options = {
		.agreed = agreed,
		.agreed_count = 2,
		.agreed_given = choice & 1,
	};
	struct mdoc_selection *selection = NULL;
	struct mdoc_error error = { 0 };
	enum mdoc_result res = mdoc_select(context, request, held, 2, choice & 2 ? &options : NULL, &selection, &error);
	bool leaves = false;

	FUZZ_CHECK((res == MDOC_OK) == (selection != NULL));
	fuzz_result(res, &error, MDOC_NO_BYTES);
	if (res != MDOC_OK)
		return;
	for (size_t i = 0; i < mdoc_selection_count(selection); i++) {
		FUZZ_CHECK(mdoc_selection_held(selection, i) < 2);
		FUZZ_CHECK(mdoc_bytes_is_text(mdoc_selection_doc_type(selection, i), WORLD_DOCTYPE));
		(void)mdoc_selection_too_large(selection, i);
		(void)mdoc_selection_size(selection, i);
		leaves = leaves || mdoc_selection_leaves(selection, i);
		touch_choices(selection, i);
	}
	FUZZ_CHECK(mdoc_selection_count(selection) <= 2);
	for (size_t i = 0; mdoc_selection_unanswered(selection, i).ptr != NULL; i++)
		fuzz_touch(mdoc_selection_unanswered(selection, i));
	for (size_t i = 0; mdoc_request_use_case(request, i) != NULL; i++)
		(void)mdoc_selection_set(selection, i);
	if (choice & 4 && mdoc_selection_count(selection) > 0) {
		/* what is agreed to leaves, and what is added */
		for (size_t i = 0; mdoc_selection_choice(selection, 0, i) != NULL; i++)
			(void)mdoc_selection_agree(selection, 0, i, choice >> i & 8);
		(void)mdoc_selection_add(selection, 0, &added, &error);
		leaves = false;
		for (size_t i = 0; i < mdoc_selection_count(selection); i++)
			leaves = leaves || mdoc_selection_leaves(selection, i);
	}
	res = build(context, selection, &key);
	FUZZ_CHECK(!fuzz_plain() || res == (leaves ? MDOC_OK : MDOC_ERR_NOTHING));
	mdoc_selection_free(selection);
}

enum mdoc_result
entry_request(const struct mdoc_context *context, struct mdoc_bytes input)
{
	const size_t before = alloc_bytes();
	struct mdoc_request *request = NULL;
	struct mdoc_error error = { 0 };
	const enum mdoc_result res = mdoc_request_parse(context, input, &request, &error);

	FUZZ_CHECK(alloc_bytes() - before <= MDOC_PARSE_MULTIPLE * input.len + MDOC_PARSE_FIXED);
	fuzz_parsed(res, &error, input, request);
	if (res == MDOC_OK)
		fuzz_touch_request(request);
	mdoc_request_free(request);
	return res;
}

enum mdoc_result
entry_reader_auth(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_request *request = NULL;
	const enum mdoc_result res = mdoc_request_parse(context, input, &request, NULL);

	if (res == MDOC_OK)
		touch_auth(context, request, input);
	mdoc_request_free(request);
	return res;
}

enum mdoc_result
entry_select(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_request *request = NULL;
	const enum mdoc_result res = mdoc_request_parse(context, input, &request, NULL);

	if (res == MDOC_OK)
		select_from(context, request, fuzz_number(input) >> 8);
	mdoc_request_free(request);
	return res;
}

/* All three, for a part of a request with the rest put around it. */
static enum mdoc_result
wrapped(const struct mdoc_context *context, struct mdoc_buf *made)
{
	const struct mdoc_bytes input = mdoc_buf_bytes(made);
	enum mdoc_result res = made->err;

	if (res == MDOC_OK)
		res = entry_request(context, input);
	if (res == MDOC_OK)
		(void)entry_select(context, input);
	mdoc_buf_clear(made);
	return res;
}

static void
put_head(struct mdoc_buf *out, size_t members)
{
	mdoc_put_map(out, members);
	mdoc_put_text(out, "version");
	mdoc_put_text(out, "1.1");
	mdoc_put_text(out, "docRequests");
	mdoc_put_array(out, 1);
	mdoc_put_map(out, 1);
	mdoc_put_text(out, "itemsRequest");
}

/* What of ItemsRequest stands before requestInfo. */
static void
put_items(struct mdoc_buf *out, size_t members)
{
	mdoc_put_map(out, members);
	mdoc_put_text(out, "docType");
	mdoc_put_text(out, WORLD_DOCTYPE);
	mdoc_put_text(out, "nameSpaces");
	mdoc_put_map(out, 1);
	mdoc_put_text(out, WORLD_NS);
	mdoc_put_map(out, 2);
	mdoc_put_text(out, "family_name");
	mdoc_put_bool(out, true);
	mdoc_put_text(out, "age_over_19");
	mdoc_put_bool(out, false);
}

/* The input is an ItemsRequest. */
enum mdoc_result
entry_items_request(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY;

	put_head(&made, 2);
	mdoc_put_embedded(&made, input);
	return wrapped(context, &made);
}

/* The input is requestInfo. */
enum mdoc_result
entry_request_info(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY, items = MDOC_BUF_EMPTY;

	put_items(&items, 3);
	mdoc_put_text(&items, "requestInfo");
	mdoc_put_raw(&items, input);
	put_head(&made, 2);
	mdoc_put_embedded(&made, mdoc_buf_bytes(&items));
	if (items.err != MDOC_OK)
		made.err = items.err;
	mdoc_buf_clear(&items);
	return wrapped(context, &made);
}

/* The input is DeviceRequestInfo. */
enum mdoc_result
entry_device_request_info(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_buf made = MDOC_BUF_EMPTY, items = MDOC_BUF_EMPTY;

	put_items(&items, 2);
	put_head(&made, 3);
	mdoc_put_embedded(&made, mdoc_buf_bytes(&items));
	mdoc_put_text(&made, "deviceRequestInfo");
	mdoc_put_embedded(&made, input);
	if (items.err != MDOC_OK)
		made.err = items.err;
	mdoc_buf_clear(&items);
	return wrapped(context, &made);
}

/* The input is what a token hands over as DeviceSigned. */
enum mdoc_result
entry_device_answer(const struct mdoc_context *context, struct mdoc_bytes input)
{
	struct mdoc_bytes answer = input;
	const struct mdoc_device_signer token = { answered, &answer };
	const struct mdoc_device_key key = { .device_signer = &token };
	const struct mdoc_held held = { world.record, NULL, 0 };
	struct mdoc_request *request = NULL;
	struct mdoc_selection *selection = NULL;
	enum mdoc_result res = mdoc_request_parse(world.context, mdoc_buf_bytes(&world.request), &request, NULL);

	if (res == MDOC_OK)
		res = mdoc_select(world.context, request, &held, 1, NULL, &selection, NULL);
	if (res == MDOC_OK)
		res = build(context, selection, &key);
	mdoc_selection_free(selection);
	mdoc_request_free(request);
	return res;
}

/* Parts of our own request; which: 0 items, 1 requestInfo, 2 deviceRequestInfo. */
static void
seed_part(struct fuzz_seeds *seeds, unsigned which)
{
	struct mdoc_cbor *scan = NULL, *inside = NULL;
	struct mdoc_bytes inner;
	struct mdoc_node doc;

	if (mdoc_cbor_scan(world.context, mdoc_buf_bytes(&world.request), 0, &scan, NULL) != MDOC_OK)
		return;
	doc = mdoc_node_first(mdoc_map_text(mdoc_cbor_root(scan), "docRequests"));
	for (; which < 2 && mdoc_node_present(doc); doc = mdoc_node_next(doc)) {
		if (!mdoc_node_embedded(mdoc_map_text(doc, "itemsRequest"), &inner))
			continue;
		if (which == 0)
			fuzz_seed(seeds, inner);
		else if (mdoc_cbor_scan(world.context, inner, 0, &inside, NULL) == MDOC_OK) {
			fuzz_seed(seeds, mdoc_node_span(mdoc_map_text(mdoc_cbor_root(inside), "requestInfo")));
			mdoc_cbor_free(inside);
		}
	}
	if (which == 2 && mdoc_node_embedded(mdoc_map_text(mdoc_cbor_root(scan), "deviceRequestInfo"), &inner))
		fuzz_seed(seeds, inner);
	mdoc_cbor_free(scan);
}

void
seeds_request(struct fuzz_seeds *seeds)
{
	fuzz_seed(seeds, mdoc_buf_bytes(&world.request));
	fuzz_seed(seeds, mdoc_buf_bytes(&world.card_request));
}

void
seeds_items_request(struct fuzz_seeds *seeds)
{
	seed_part(seeds, 0);
}

void
seeds_request_info(struct fuzz_seeds *seeds)
{
	seed_part(seeds, 1);
}

void
seeds_device_request_info(struct fuzz_seeds *seeds)
{
	seed_part(seeds, 2);
}
