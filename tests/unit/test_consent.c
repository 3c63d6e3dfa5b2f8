/*
 * tests/unit/test_consent.c: what the holder takes away or adds, and that what leaves is what was shown.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/response/response_internal.h"
#include "tests/unit/mdoc_test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern CU_TestInfo consent_tests[];

static const uint8_t transcript_bytes[] = { 0x83, 0xf6, 0xf6, 0xf6 };
static const uint8_t yes[] = { 0xf5 };

struct scene {
	struct kit kit;
	struct mdoc_issuer_signed *record;
	struct mdoc_held held;
	struct mdoc_buf request_bytes;
	struct mdoc_request *request;
	struct mdoc_selection *selection;
	struct mdoc_buf out;
	struct mdoc_response *response;
};

static void
scene_make(struct scene *s, const struct mdoc_ask *doc, const struct mdoc_request_options *how)
{
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&s->kit.record), &s->record, NULL),
		MDOC_OK);
	s->held.record = s->record;
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, doc, 1, how, &s->request_bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&s->request_bytes), &s->request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_select(NULL, s->request, &s->held, 1, NULL, &s->selection, NULL), MDOC_OK);
}

static void
scene_clear(struct scene *s)
{
	mdoc_response_free(s->response);
	mdoc_buf_clear(&s->out);
	mdoc_selection_free(s->selection);
	mdoc_request_free(s->request);
	mdoc_buf_clear(&s->request_bytes);
	mdoc_issuer_signed_free(s->record);
	kit_clear(&s->kit);
}

static enum mdoc_result
respond(struct scene *s)
{
	const struct mdoc_device_key key = { .signer = &s->kit.device.signer };
	const struct mdoc_response_options options = { .edition = MDOC_EDITION_2,
		.transcript = mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes)),
		.keys = &key };
	enum mdoc_result res;

	mdoc_response_free(s->response);
	s->response = NULL;
	mdoc_buf_clear(&s->out);
	res = mdoc_response_build(NULL, s->selection, &options, &s->out, NULL);
	if (res == MDOC_OK)
		CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, mdoc_buf_bytes(&s->out), &s->response, NULL), MDOC_OK);
	return res;
}

static bool
is_disclosed(const struct scene *s, const struct mdoc_choice *choice)
{
	const struct mdoc_document *doc = mdoc_response_document(s->response, 0);
	const struct mdoc_namespace *ns = mdoc_find_namespace(mdoc_document_issuer_signed(doc), choice->ns);
	const struct mdoc_item *item = ns != NULL ? mdoc_find_item(ns, choice->element) : NULL;

	return item != NULL && mdoc_bytes_equal(mdoc_item_value(item), choice->value);
}

static bool
has_error(const struct scene *s, const struct mdoc_choice *choice)
{
	const struct mdoc_node errors = mdoc_document_errors(mdoc_response_document(s->response, 0));
	char ns[64], element[64];

	snprintf(ns, sizeof(ns), "%.*s", (int)choice->asked_ns.len, (const char *)choice->asked_ns.ptr);
	snprintf(element, sizeof(element), "%.*s", (int)choice->asked.len, (const char *)choice->asked.ptr);
	return mdoc_node_present(mdoc_map_text(mdoc_map_text(errors, ns), element));
}

static void
check_that_consent_is_kept(const struct scene *s)
{
	const struct mdoc_choice *choice;

	for (size_t i = 0; (choice = mdoc_selection_choice(s->selection, 0, i)) != NULL; i++) {
		CU_ASSERT_EQUAL(is_disclosed(s, choice), choice->state == MDOC_LEAVES && !choice->device_signed);
		if (choice->asked.ptr != NULL)
			CU_ASSERT_EQUAL(has_error(s, choice), choice->state != MDOC_LEAVES);
	}
}

#define ASK(ns, element) \
	{ \
		{ (const uint8_t *)(ns), sizeof(ns) - 1 }, { (const uint8_t *)(element), sizeof(element) - 1 }, false \
	}

static const struct mdoc_asked asked[] = {
	ASK(KIT_JP, "portrait"),
	ASK(KIT_ISO, "age_over_19"),
	ASK(KIT_ISO, "nationality"),
	ASK(KIT_JP, "individual_number_unicode"),
	ASK(KIT_ISO, "birth_date"),
};

/* Something would leave that the holder took away, or be withheld without a word to the reader. */
static void
each_line_can_be_taken_away(void)
{
	const struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = asked, .count = 5 };
	struct scene s = { .selection = NULL };

	kit_make(&s.kit, "P-256");
	scene_make(&s, &doc, NULL);
	CU_ASSERT_EQUAL(mdoc_selection_agree(s.selection, 1, 0, true), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_selection_agree(s.selection, 0, 5, true), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_selection_agree(s.selection, 0, 4, true), MDOC_ERR_ARG); /* not held */
	for (unsigned set = 1; set < 16; set++) {
		for (size_t i = 0; i < 4; i++)
			CU_ASSERT_EQUAL(mdoc_selection_agree(s.selection, 0, i, (set >> i & 1) != 0), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(respond(&s), MDOC_OK);
		check_that_consent_is_kept(&s);
	}
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(mdoc_selection_agree(s.selection, 0, i, false), MDOC_OK);
	CU_ASSERT_FALSE(mdoc_selection_leaves(s.selection, 0));
	CU_ASSERT_EQUAL(respond(&s), MDOC_ERR_NOTHING);
	scene_clear(&s);
}

/* A holder would sign elements that the issuer never let the key say. */
static void
device_claims_need_authorization(void)
{
	const struct mdoc_claim claim = { mdoc_text("d"), mdoc_text("e"), mdoc_bytes_of(yes, 1) };
	const struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = asked, .count = 1 };
	struct scene s = { .selection = NULL };
	struct mdoc_selection *other = NULL;

	kit_make(&s.kit, "P-256");
	scene_make(&s, &doc, NULL);
	CU_ASSERT_EQUAL(mdoc_selection_add(s.selection, 0, &claim, NULL), MDOC_ERR_AUTHORIZATION);
	CU_ASSERT_EQUAL(mdoc_selection_add(s.selection, 1, &claim, NULL), MDOC_ERR_ARG);
	s.held.device_claims = &claim;
	s.held.device_claim_count = 1;
	CU_ASSERT_EQUAL(mdoc_select(NULL, s.request, &s.held, 1, NULL, &other, NULL), MDOC_ERR_AUTHORIZATION);
	CU_ASSERT_PTR_NULL(other);
	scene_clear(&s);
}

/* A reader would get more than it says it can take. */
static void
maximum_size_is_kept(void)
{
	struct mdoc_request_info info = { .maximum_size = 100000 };
	const struct mdoc_asked two[] = { asked[0], asked[4] };
	const struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = two, .count = 2, .info = &info };
	const struct mdoc_request_options how = { .edition = MDOC_EDITION_2 };

	for (unsigned round = 0; round < 2; round++) {
		struct scene s = { .selection = NULL };
		size_t whole;

		kit_make(&s.kit, "P-256");
		scene_make(&s, &doc, &how);
		CU_ASSERT_EQUAL(mdoc_selection_too_large(s.selection, 0), round == 1);
		CU_ASSERT_EQUAL(mdoc_selection_leaves(s.selection, 0), round == 0);
		CU_ASSERT_EQUAL(respond(&s), round == 0 ? MDOC_OK : MDOC_ERR_NOTHING);
		whole = s.out.len;
		/* Less of it may fit. */
		CU_ASSERT_EQUAL(mdoc_selection_agree(s.selection, 0, 0, false), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_selection_too_large(s.selection, 0), round == 1 && info.maximum_size < 200);
		if (round == 0)
			info.maximum_size = whole - 100;
		scene_clear(&s);
	}
}

static double
seconds_for(size_t count)
{
	struct mdoc_claim *claims = calloc(count, sizeof(*claims));
	struct mdoc_asked *wanted = calloc(count, sizeof(*wanted));
	char(*names)[16] = calloc(count, sizeof(*names));
	const struct mdoc_ask doc = { .doc_type = mdoc_text("x"), .asked = wanted, .count = count };
	struct scene s = { .selection = NULL };
	struct timespec start, end;

	CU_ASSERT_TRUE_FATAL(claims != NULL && wanted != NULL && names != NULL);
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "e%zu", i * 7919 % 10007);
		claims[i] = (struct mdoc_claim){ mdoc_text("n"), mdoc_text(names[i]), mdoc_bytes_of(yes, 1) };
		wanted[count - 1 - i] = (struct mdoc_asked){ mdoc_text("n"), mdoc_text(names[i]), false };
	}
	kit_make(&s.kit, "P-256");
	mdoc_buf_clear(&s.kit.record);
	s.kit.issue.doc_type = mdoc_text("x");
	s.kit.issue.claims = claims;
	s.kit.issue.claim_count = count;
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_build(NULL, &s.kit.issue, &s.kit.record, NULL), MDOC_OK);
	scene_make(&s, &doc, NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	for (unsigned round = 0; round < 20; round++) {
		struct mdoc_selection *selection = NULL;
		size_t size = 0;

		CU_ASSERT_EQUAL(mdoc_select(NULL, s.request, &s.held, 1, NULL, &selection, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_response_size(selection, NULL, &size), MDOC_OK);
		mdoc_selection_free(selection);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	scene_clear(&s);
	free(names);
	free(wanted);
	free(claims);
	return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

/* A reader that asks for a thousand elements would hold the wallet up for a thousand times a thousand. */
static void
cost_is_linear(void)
{
	const double hundred = seconds_for(100), thousand = seconds_for(1000);

	printf(" (100: %.0f us, 1000: %.0f us)", hundred / 20 * 1e6, thousand / 20 * 1e6);
	CU_ASSERT_TRUE(thousand < hundred * 40);
}

/* A wallet short of memory would crash, leak, or send half a response. */
static void
every_allocation_may_fail(void)
{
	const struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = asked, .count = 5 };
	const struct mdoc_agreed agreed = { mdoc_text(KIT_ISO), mdoc_text("birth_date") };
	const struct mdoc_select_options options = { &agreed, 1, true, NULL };
	struct scene s = { .selection = NULL };
	size_t failed = 0;
	bool done = false;

	kit_make(&s.kit, "P-256");
	scene_make(&s, &doc, NULL);
	for (size_t call = 1; !done; call++) {
		const struct mdoc_device_key key = { .signer = &s.kit.device.signer };
		const struct mdoc_response_options how = { .transcript = mdoc_bytes_of(transcript_bytes,
								   sizeof(transcript_bytes)),
			.keys = &key };
		struct mdoc_selection *selection = NULL;
		struct mdoc_buf out = MDOC_BUF_EMPTY;
		enum mdoc_result res;

		alloc_reset();
		alloc_fail_at(call);
		res = mdoc_select(NULL, s.request, &s.held, 1, &options, &selection, NULL);
		CU_ASSERT_EQUAL(res == MDOC_OK, selection != NULL);
		if (res == MDOC_OK)
			res = mdoc_response_build(NULL, selection, &how, &out, NULL);
		CU_ASSERT_TRUE(res == MDOC_OK || res == MDOC_ERR_MEMORY);
		CU_ASSERT_EQUAL(res == MDOC_OK, out.len > 0);
		done = alloc_calls() < call;
		failed += res != MDOC_OK ? 1 : 0;
		mdoc_selection_free(selection);
		mdoc_buf_clear(&out);
	}
	alloc_reset();
	CU_ASSERT_TRUE(failed > 10);
	scene_clear(&s);
}

CU_TestInfo consent_tests[] = {
	{ "every allocation may fail", every_allocation_may_fail },
	{ "each line can be taken away", each_line_can_be_taken_away },
	{ "device claims need authorization", device_claims_need_authorization },
	{ "the maximum size is kept", maximum_size_is_kept },
	{ "the cost is linear", cost_is_linear },
	CU_TEST_INFO_NULL,
};
