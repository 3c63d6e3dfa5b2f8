/*
 * tests/unit/test_consent_exact.c: everything in a built response is in the consent, and nothing else; over many
 * requests, records and agreements drawn at random, always the same ones.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <stdio.h>
#include <string.h>

extern CU_TestInfo consent_exact_tests[];

#define ROUNDS 600
#define RECORDS 4
#define DOCS 4
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const uint8_t transcript_bytes[] = { 0x83, 0xf6, 0xf6, 0xf6 };
static const char *const spaces[] = { "n", "m" };
static const char *const held_names[] = { "1", "2", "3", "age_over_18", "age_over_20", "age_over_65",
	MDOC_INDIVIDUAL_NUMBER };
static const char *const asked_names[] = { "1", "2", "3", "9", "age_over_18", "age_over_19", "age_over_21",
	"age_over_70", MDOC_INDIVIDUAL_NUMBER, "x" };
static const char *const doc_types[RECORDS] = { "a", "a", "b", "b" };

/* What is held. */
static struct {
	struct kit kit;
	struct mdoc_buf bytes[RECORDS];
	struct mdoc_issuer_signed *records[RECORDS];
	struct mdoc_held held[RECORDS];
	struct mdoc_claim device_claims[2];
	uint8_t values[RECORDS][COUNT(spaces) * COUNT(held_names)][3];
} w;

/* One request and what came of it. */
struct round {
	struct mdoc_asked asked[DOCS][6];
	struct mdoc_element_ref refs[DOCS][2][2];
	struct mdoc_element_set sets[DOCS][2];
	struct mdoc_alternative alternatives[DOCS];
	struct mdoc_request_info infos[DOCS];
	struct mdoc_ask docs[DOCS];
	size_t count;
	bool refused[DOCS];
	struct mdoc_agreed agreed[3];
	struct mdoc_buf request_bytes, out;
	struct mdoc_request *request;
	struct mdoc_selection *selection;
	struct mdoc_response *response;
};

static uint32_t state;

static unsigned
draw(size_t below)
{
	state = state * 1664525u + 1013904223u;
	return (state >> 8) % (unsigned)below;
}

static void
world_make(void)
{
	static const uint8_t yes[] = { 0xf5 };
	const struct mdoc_key_authorization device = { mdoc_text("d"), NULL, 0 };

	memset(&w, 0, sizeof(w));
	state = 1;
	kit_make(&w.kit, "P-256");
	w.kit.issue.authorizations = &device;
	w.kit.issue.authorization_count = 1;
	w.device_claims[0] = (struct mdoc_claim){ mdoc_text("d"), mdoc_text("x"), mdoc_bytes_of(yes, 1) };
	w.device_claims[1] = (struct mdoc_claim){ mdoc_text("d"), mdoc_text("1"), mdoc_bytes_of(yes, 1) };
	for (size_t r = 0; r < RECORDS; r++) {
		struct mdoc_claim claims[COUNT(w.values[0])];
		size_t count = 0;

		for (size_t i = 0; i < COUNT(claims); i++) {
			const char *name = held_names[i % COUNT(held_names)];
			uint8_t *value = w.values[r][i];
			const bool age = strncmp(name, "age", 3) == 0;

			if (draw(3) == 0 && i != 0)
				continue;
			value[0] = age ? (uint8_t)(0xf4 + draw(2)) : 0x19;
			value[1] = (uint8_t)(r + 1);
			value[2] = (uint8_t)i;
			claims[count++] = (struct mdoc_claim){ mdoc_text(spaces[i / COUNT(held_names)]),
				mdoc_text(name), mdoc_bytes_of(value, age ? 1 : 3) };
		}
		w.kit.issue.doc_type = mdoc_text(doc_types[r]);
		w.kit.issue.claims = claims;
		w.kit.issue.claim_count = count;
		CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_build(NULL, &w.kit.issue, &w.bytes[r], NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&w.bytes[r]), &w.records[r], NULL),
			MDOC_OK);
		w.held[r] = (struct mdoc_held){ w.records[r], w.device_claims, 2 };
	}
}

static void
world_free(void)
{
	for (size_t r = 0; r < RECORDS; r++) {
		mdoc_issuer_signed_free(w.records[r]);
		mdoc_buf_clear(&w.bytes[r]);
	}
	kit_clear(&w.kit);
}

static struct mdoc_element_ref
draw_name(void)
{
	const unsigned space = draw(5);

	return (struct mdoc_element_ref){ mdoc_text(space == 4 ? "d" : spaces[space % 2]),
		mdoc_text(asked_names[draw(COUNT(asked_names))]) };
}

static void
draw_doc(struct round *r, size_t d, bool second)
{
	static const char *const types[] = { "a", "b", "a", "b", "z" };
	struct mdoc_ask *doc = &r->docs[d];

	doc->doc_type = mdoc_text(types[draw(5)]);
	doc->asked = r->asked[d];
	for (size_t n = 1 + draw(COUNT(r->asked[d])); n > 0; n--) {
		const struct mdoc_element_ref name = draw_name();
		bool twice = false;

		for (size_t i = 0; i < doc->count; i++)
			twice = twice ||
				(mdoc_bytes_equal(r->asked[d][i].ns, name.ns) &&
					mdoc_bytes_equal(r->asked[d][i].element, name.element));
		if (!twice)
			r->asked[d][doc->count++] = (struct mdoc_asked){ name.ns, name.element, draw(2) == 0 };
	}
	r->refused[d] = draw(6) == 0;
	if (!second || draw(2) == 0)
		return;
	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; i < 2; i++)
			r->refs[d][s][i] = draw_name();
		r->sets[d][s] = (struct mdoc_element_set){ r->refs[d][s], 1 + draw(2) };
	}
	r->alternatives[d] = (struct mdoc_alternative){ { r->asked[d][0].ns, r->asked[d][0].element }, r->sets[d], 2 };
	r->infos[d] = (struct mdoc_request_info){ .alternatives = &r->alternatives[d],
		.alternative_count = 1,
		.maximum_size = draw(3) == 0 ? 1000 + draw(800) : 0 };
	doc->info = &r->infos[d];
}

/* The request; false: it selects nothing. */
static bool
round_make(struct round *r)
{
	const bool second = draw(2) == 0;
	const size_t pair[] = { 0, 1 }, last[] = { 0 };
	const struct mdoc_document_set sets[] = { { pair, 2 }, { last, 1 } };
	const struct mdoc_use_case use_case = { draw(2) == 0, sets, 2, NULL, 0 };
	struct mdoc_request_options how = { .edition = second ? MDOC_EDITION_2 : MDOC_EDITION_2021 };
	struct mdoc_select_options options = { .agreed = r->agreed,
		.agreed_count = draw(4),
		.agreed_given = draw(3) == 0,
		.refused = r->refused };
	enum mdoc_result res;

	for (size_t n = 1 + draw(DOCS); r->count < n; r->count++)
		draw_doc(r, r->count, second);
	if (second && r->count > 1 && draw(2) == 0) {
		how.use_cases = &use_case;
		how.use_case_count = 1;
	}
	for (size_t i = 0; i < COUNT(r->agreed); i++) {
		const struct mdoc_element_ref name = draw_name();

		r->agreed[i] = (struct mdoc_agreed){ name.ns, name.element };
	}
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, r->docs, r->count, &how, &r->request_bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&r->request_bytes), &r->request, NULL), MDOC_OK);
	res = mdoc_select(NULL, r->request, w.held, RECORDS, &options, &r->selection, NULL);
	CU_ASSERT_TRUE(res == MDOC_OK || res == MDOC_ERR_NOTHING || res == MDOC_ERR_DOCTYPE);
	return res == MDOC_OK;
}

static void
round_clear(struct round *r)
{
	mdoc_response_free(r->response);
	mdoc_selection_free(r->selection);
	mdoc_request_free(r->request);
	mdoc_buf_clear(&r->request_bytes);
	mdoc_buf_clear(&r->out);
}

/* The holder thinks again, and perhaps adds something, which is told. */
static bool
change_mind(struct round *r)
{
	static const uint8_t hash[] = { 0x42, 0x12, 0x34 };
	const struct mdoc_claim more = { mdoc_text("d"), mdoc_text("more"), mdoc_bytes_of(hash, sizeof(hash)) };
	const struct mdoc_choice *choice;
	bool added = false;

	for (size_t d = 0; d < mdoc_selection_count(r->selection); d++) {
		for (size_t i = 0; (choice = mdoc_selection_choice(r->selection, d, i)) != NULL; i++)
			if (choice->state != MDOC_NOT_HELD && draw(4) == 0)
				CU_ASSERT_EQUAL(mdoc_selection_agree(r->selection, d, i, draw(2) == 0), MDOC_OK);
		if (draw(8) == 0) {
			CU_ASSERT_EQUAL(mdoc_selection_add(r->selection, d, &more, NULL), MDOC_OK);
			added = true;
		}
	}
	return added;
}

static bool
respond(struct round *r)
{
	struct mdoc_device_key keys[DOCS];
	const struct mdoc_response_options options = { .transcript = mdoc_bytes_of(transcript_bytes,
							       sizeof(transcript_bytes)),
		.keys = keys };
	enum mdoc_result res;
	bool any = false;

	for (size_t d = 0; d < DOCS; d++)
		keys[d] = (struct mdoc_device_key){ .signer = &w.kit.device.signer };
	for (size_t d = 0; d < mdoc_selection_count(r->selection); d++)
		any = any || mdoc_selection_leaves(r->selection, d);
	res = mdoc_response_build(NULL, r->selection, &options, &r->out, NULL);
	CU_ASSERT_EQUAL(res, any ? MDOC_OK : MDOC_ERR_NOTHING);
	if (res == MDOC_OK)
		CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, mdoc_buf_bytes(&r->out), &r->response, NULL), MDOC_OK);
	return res == MDOC_OK;
}

/* ---- Was it asked for? ---- */

static int
age_of(struct mdoc_bytes element)
{
	return element.len == 11 && memcmp(element.ptr, "age_over_", 9) == 0
		? (element.ptr[9] - '0') * 10 + element.ptr[10] - '0'
		: -1;
}

static bool
is_answer(const struct mdoc_choice *choice, struct mdoc_bytes ns, struct mdoc_bytes element)
{
	const int asked = age_of(element), given = age_of(choice->element);

	if (!mdoc_bytes_equal(choice->ns, ns))
		return false;
	if (mdoc_bytes_equal(choice->element, element))
		return true;
	return asked >= 0 && given >= 0 && !choice->device_signed &&
		(choice->value.ptr[0] == 0xf5 ? given >= asked : given <= asked);
}

static bool
doc_asks(const struct round *r, size_t d, const struct mdoc_choice *choice)
{
	for (size_t i = 0; i < r->docs[d].count; i++) {
		const struct mdoc_asked *asked = &r->asked[d][i];

		if (!mdoc_bytes_equal(asked->ns, choice->asked_ns) || !mdoc_bytes_equal(asked->element, choice->asked))
			continue;
		if (is_answer(choice, asked->ns, asked->element))
			return true;
		for (size_t s = 0; i == 0 && r->docs[d].info != NULL && s < 2; s++)
			for (size_t k = 0; k < r->sets[d][s].count; k++)
				if (is_answer(choice, r->refs[d][s][k].ns, r->refs[d][s][k].element))
					return true;
	}
	return false;
}

/* The only docRequest of its type told the truth about what is kept. */
static void
check_retention(const struct round *r, struct mdoc_bytes doc_type, const struct mdoc_choice *choice)
{
	size_t of_type = 0, only = 0;

	for (size_t d = 0; d < r->count; d++)
		if (mdoc_bytes_equal(r->docs[d].doc_type, doc_type)) {
			of_type++;
			only = d;
		}
	for (size_t i = 0; of_type == 1 && i < r->docs[only].count; i++)
		if (r->asked[only][i].intent_to_retain && mdoc_bytes_equal(r->asked[only][i].ns, choice->ns) &&
			mdoc_bytes_equal(r->asked[only][i].element, choice->element))
			CU_ASSERT_TRUE(choice->retain);
}

/* ---- Consent and response ---- */

/* The value of an element in a document; ptr NULL: it is not there. */
static struct mdoc_bytes
disclosed(const struct mdoc_document *doc, const struct mdoc_choice *choice)
{
	const struct mdoc_namespace *ns;
	const struct mdoc_item *item;

	if (choice->device_signed) {
		char name[64], element[64];
		struct mdoc_node node;

		snprintf(name, sizeof(name), "%.*s", (int)choice->ns.len, (const char *)choice->ns.ptr);
		snprintf(element, sizeof(element), "%.*s", (int)choice->element.len, (const char *)choice->element.ptr);
		node = mdoc_map_text(mdoc_device_signed_namespaces(mdoc_document_device_signed(doc)), name);
		node = mdoc_map_text(node, element);
		return mdoc_node_present(node) ? mdoc_node_span(node) : MDOC_NO_BYTES;
	}
	ns = mdoc_find_namespace(mdoc_document_issuer_signed(doc), choice->ns);
	item = ns != NULL ? mdoc_find_item(ns, choice->element) : NULL;
	return item != NULL ? mdoc_item_value(item) : MDOC_NO_BYTES;
}

static size_t
elements_in(const struct mdoc_document *doc)
{
	const struct mdoc_node device = mdoc_device_signed_namespaces(mdoc_document_device_signed(doc));
	const struct mdoc_namespace *ns;
	size_t count = 0;

	for (size_t i = 0; (ns = mdoc_issuer_signed_namespace(mdoc_document_issuer_signed(doc), i)) != NULL; i++)
		count += mdoc_namespace_count(ns);
	for (struct mdoc_node key = mdoc_node_first(device); mdoc_node_present(key);) {
		const struct mdoc_node elements = mdoc_node_next(key);

		count += mdoc_node_count(elements);
		key = mdoc_node_next(elements);
	}
	return count;
}

static void
check_choice(const struct round *r, size_t d, const struct mdoc_document *doc, const struct mdoc_choice *choice)
{
	const struct mdoc_bytes doc_type = mdoc_selection_doc_type(r->selection, d);
	const struct mdoc_issuer_signed *record = w.records[mdoc_selection_held(r->selection, d)];
	const struct mdoc_bytes value = disclosed(doc, choice);
	const struct mdoc_namespace *ns;
	bool asked = choice->asked.ptr == NULL;

	CU_ASSERT_EQUAL(value.ptr != NULL, choice->state == MDOC_LEAVES);
	if (choice->state != MDOC_LEAVES)
		return;
	CU_ASSERT_TRUE(mdoc_bytes_equal(value, choice->value));
	for (size_t i = 0; !asked && i < r->count; i++)
		asked = !r->refused[i] && mdoc_bytes_equal(r->docs[i].doc_type, doc_type) && doc_asks(r, i, choice);
	CU_ASSERT_TRUE(asked);
	check_retention(r, doc_type, choice);
	if (choice->device_signed)
		return;
	/* As the issuer signed it, random and all. */
	ns = mdoc_find_namespace(record, choice->ns);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ns);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_item_bytes(mdoc_find_item(ns, choice->element)),
		mdoc_item_bytes(mdoc_find_item(mdoc_find_namespace(mdoc_document_issuer_signed(doc), choice->ns),
			choice->element))));
}

static size_t
check_response(const struct round *r)
{
	const struct mdoc_choice *choice;
	size_t at = 0, total = 0;

	for (size_t d = 0; d < mdoc_selection_count(r->selection); d++) {
		const struct mdoc_document *doc;
		size_t leaving = 0;

		CU_ASSERT_EQUAL(mdoc_selection_size(r->selection, d) > 0, mdoc_selection_leaves(r->selection, d));
		if (!mdoc_selection_leaves(r->selection, d))
			continue;
		doc = mdoc_response_document(r->response, at++);
		CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
		CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_document_doc_type(doc), mdoc_selection_doc_type(r->selection, d)));
		for (size_t i = 0; (choice = mdoc_selection_choice(r->selection, d, i)) != NULL; i++) {
			check_choice(r, d, doc, choice);
			leaving += choice->state == MDOC_LEAVES ? 1 : 0;
		}
		CU_ASSERT_EQUAL(elements_in(doc), leaving);
		total += leaving;
	}
	CU_ASSERT_EQUAL(mdoc_response_count(r->response), at);
	return total;
}

/* The reader's side finds nothing in it that it did not ask for. */
static void
check_by_reader(const struct round *r)
{
	const struct mdoc_verify_options options = { .transcript =
							     mdoc_bytes_of(transcript_bytes, sizeof(transcript_bytes)),
		.request = r->request };
	struct mdoc_verdict *verdict = NULL;
	struct mdoc_check_row row;

	(void)mdoc_verify(NULL, mdoc_buf_bytes(&r->out), &options, &verdict);
	CU_ASSERT_PTR_NOT_NULL_FATAL(verdict);
	for (size_t d = 0; d < mdoc_response_count(r->response); d++) {
		CU_ASSERT_TRUE(mdoc_verdict_find(verdict, MDOC_CHECK_DOCTYPE_REQUESTED, d, &row));
		CU_ASSERT_EQUAL(row.outcome, MDOC_PASSED);
		CU_ASSERT_TRUE(mdoc_verdict_find(verdict, MDOC_CHECK_REQUESTED_ELEMENTS, d, &row));
		CU_ASSERT_EQUAL(row.outcome, MDOC_PASSED);
	}
	mdoc_verdict_free(verdict);
}

/* Something would leave that the holder was not shown, was not asked for, or was shown with another value. */
static void
consent_is_exact(void)
{
	size_t responses = 0, elements = 0;

	world_make();
	for (size_t i = 0; i < ROUNDS; i++) {
		struct round r;

		memset(&r, 0, sizeof(r));
		if (round_make(&r)) {
			const bool added = change_mind(&r);

			if (respond(&r)) {
				responses++;
				elements += check_response(&r);
				if (!added)
					check_by_reader(&r);
			}
		}
		round_clear(&r);
	}
	world_free();
	printf(" (%zu responses, %zu elements)", responses, elements);
	CU_ASSERT_TRUE(responses > ROUNDS / 4 && elements > 2 * responses);
}

CU_TestInfo consent_exact_tests[] = {
	{ "the consent is exact", consent_is_exact },
	CU_TEST_INFO_NULL,
};
