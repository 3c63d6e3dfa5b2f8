/*
 * tests/unit/test_select.c: what leaves the record: asked, held and agreed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/request/request_internal.h"
#include "tests/unit/mdoc_test.h"
#include <string.h>

extern CU_TestInfo select_tests[];

struct trial {
	struct kit kit;
	struct mdoc_issuer_signed *record;
	struct mdoc_buf request_bytes;
	struct mdoc_request *request;
	struct mdoc_selection *selection;
};

static void
trial_make(struct trial *t, const struct mdoc_ask *docs, size_t count)
{
	memset(t, 0, sizeof(*t));
	kit_make(&t->kit, "P-256");
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&t->kit.record), &t->record, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, docs, count, NULL, &t->request_bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&t->request_bytes), &t->request, NULL), MDOC_OK);
}

static void
trial_clear(struct trial *t)
{
	mdoc_selection_free(t->selection);
	mdoc_request_free(t->request);
	mdoc_buf_clear(&t->request_bytes);
	mdoc_issuer_signed_free(t->record);
	kit_clear(&t->kit);
}

/* MDOC_ERR_NOTHING also when nothing that is held is agreed to. */
static enum mdoc_result
run(struct trial *t, const struct mdoc_agreed *agreed, size_t count, bool given)
{
	const struct mdoc_select_options options = { agreed, count, given, NULL };
	const struct mdoc_held held = { .record = t->record };
	enum mdoc_result res;

	mdoc_selection_free(t->selection);
	res = mdoc_select(NULL, t->request, &held, 1, &options, &t->selection, NULL);
	CU_ASSERT_EQUAL(res == MDOC_OK, t->selection != NULL);
	return res == MDOC_OK && !mdoc_selection_leaves(t->selection, 0) ? MDOC_ERR_NOTHING : res;
}

/* Lines in one of two states; element NULL: any. */
static size_t
count_lines(const struct trial *t, bool leaving, const char *element)
{
	const struct mdoc_choice *choice;
	size_t count = 0;

	for (size_t i = 0; t->selection != NULL && (choice = mdoc_selection_choice(t->selection, 0, i)) != NULL; i++)
		if ((choice->state == MDOC_LEAVES) == leaving &&
			(element == NULL || mdoc_bytes_is_text(choice->element, element)))
			count++;
	return count;
}

static bool
leaves(const struct trial *t, const char *element)
{
	return count_lines(t, true, element) == 1;
}

static bool
refused(const struct trial *t, const char *element)
{
	return count_lines(t, false, element) > 0;
}

#define ASK(ns, element, retain) \
	{ \
		{ (const uint8_t *)(ns), sizeof(ns) - 1 }, { (const uint8_t *)(element), sizeof(element) - 1 }, \
			(retain) \
	}
#define AGREE(ns, element) \
	{ \
		{ (const uint8_t *)(ns), sizeof(ns) - 1 }, \
		{ \
			(const uint8_t *)(element), sizeof(element) - 1 \
		} \
	}

static const struct mdoc_asked everything[] = {
	ASK(KIT_JP, "individual_number_unicode", false),
	ASK(KIT_JP, "full_name_unicode", true),
	ASK(KIT_ISO, "birth_date", false),
	ASK(KIT_ISO, "nationality", false),
	ASK("unknown.namespace", "birth_date", false),
};

/* The individual number would leave without the holder having named it (R-CARD-18, R-CARD-49). */
static void
individual_number_needs_its_name(void)
{
	static const struct mdoc_agreed without[] = { AGREE(KIT_JP, "full_name_unicode") };
	static const struct mdoc_agreed elsewhere[] = { AGREE(KIT_ISO, "individual_number_unicode") };
	static const struct mdoc_agreed with[] = { AGREE(KIT_JP, "individual_number_unicode") };
	const struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = everything, .count = 5 };
	const struct mdoc_ask only = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = everything, .count = 1 };
	struct trial t;

	trial_make(&t, &doc, 1);
	CU_ASSERT_EQUAL(run(&t, NULL, 0, false), MDOC_OK);
	CU_ASSERT_FALSE(leaves(&t, MDOC_INDIVIDUAL_NUMBER));
	CU_ASSERT_TRUE(refused(&t, MDOC_INDIVIDUAL_NUMBER));
	CU_ASSERT_TRUE(leaves(&t, "full_name_unicode") && leaves(&t, "birth_date"));
	CU_ASSERT_EQUAL(run(&t, without, 1, true), MDOC_OK);
	CU_ASSERT_FALSE(leaves(&t, MDOC_INDIVIDUAL_NUMBER));
	CU_ASSERT_EQUAL(run(&t, elsewhere, 1, true), MDOC_ERR_NOTHING);
	CU_ASSERT_EQUAL(run(&t, with, 1, true), MDOC_OK);
	CU_ASSERT_TRUE(leaves(&t, MDOC_INDIVIDUAL_NUMBER));
	CU_ASSERT_EQUAL(count_lines(&t, true, NULL), 1);
	trial_clear(&t);
	trial_make(&t, &only, 1);
	CU_ASSERT_EQUAL(run(&t, NULL, 0, false), MDOC_ERR_NOTHING);
	trial_clear(&t);
}

/* More would leave than was agreed to, or than was asked. */
static void
only_asked_and_agreed_leave(void)
{
	static const struct mdoc_agreed agreed[] = {
		AGREE(KIT_ISO, "birth_date"),
		AGREE(KIT_JP, "portrait"),
		AGREE(KIT_ISO, "nationality"),
	};
	const struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = everything, .count = 5 };
	struct trial t;

	trial_make(&t, &doc, 1);
	CU_ASSERT_EQUAL(run(&t, agreed, 0, true), MDOC_ERR_NOTHING);
	CU_ASSERT_EQUAL(run(&t, agreed, 3, true), MDOC_OK);
	CU_ASSERT_EQUAL(count_lines(&t, true, NULL), 1);
	CU_ASSERT_TRUE(leaves(&t, "birth_date"));
	CU_ASSERT_FALSE(leaves(&t, "portrait")); /* agreed but not asked */
	CU_ASSERT_EQUAL(count_lines(&t, false, NULL), 4);
	CU_ASSERT_TRUE(refused(&t, "nationality") && refused(&t, "full_name_unicode"));
	trial_clear(&t);
}

/* A record would answer a request for another document. */
static void
other_doc_types_are_not_answered(void)
{
	const struct mdoc_ask doc = { .doc_type = mdoc_text("org.iso.18013.5.1.mDL"), .asked = everything, .count = 5 };
	struct trial t;

	trial_make(&t, &doc, 1);
	CU_ASSERT_EQUAL(run(&t, NULL, 0, false), MDOC_ERR_DOCTYPE);
	trial_clear(&t);
}

/* Of two docRequests for one document the second would be forgotten, or an element sent twice. */
static void
doc_requests_are_united(void)
{
	static const struct mdoc_asked first[] = { ASK(KIT_ISO, "birth_date", false),
		ASK(KIT_ISO, "nationality", false) };
	static const struct mdoc_asked second[] = { ASK(KIT_ISO, "nationality", true), ASK(KIT_JP, "portrait", false),
		ASK(KIT_ISO, "birth_date", true) };
	const struct mdoc_ask docs[] = {
		{ .doc_type = mdoc_text(KIT_DOCTYPE), .asked = first, .count = 2 },
		{ .doc_type = mdoc_text("other"), .asked = first, .count = 1 },
		{ .doc_type = mdoc_text(KIT_DOCTYPE), .asked = second, .count = 3 },
	};
	struct trial t;

	trial_make(&t, docs, 3);
	CU_ASSERT_EQUAL(run(&t, NULL, 0, false), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(count_lines(&t, true, NULL), 2);
	CU_ASSERT_TRUE(leaves(&t, "birth_date") && leaves(&t, "portrait"));
	CU_ASSERT_TRUE(mdoc_selection_choice(t.selection, 0, 0)->retain);
	CU_ASSERT_FALSE(mdoc_selection_choice(t.selection, 0, 1)->retain);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_selection_choice(t.selection, 0, 0)->ns, KIT_ISO));
	CU_ASSERT_EQUAL(count_lines(&t, false, NULL), 1);
	trial_clear(&t);
}

/* A holder's age would be told wrongly or in more detail than the standard's rule (7.2.5). */
static void
age_rule(void)
{
	static const struct {
		const char *asked, *answer; /* NULL: not answered; held: 18 true, 20 true, 65 false */
	} rows[] = {
		{ "age_over_18", "age_over_18" },
		{ "age_over_20", "age_over_20" },
		{ "age_over_65", "age_over_65" },
		{ "age_over_19", "age_over_20" },
		{ "age_over_16", "age_over_18" },
		{ "age_over_00", "age_over_18" },
		{ "age_over_70", "age_over_65" },
		{ "age_over_99", "age_over_65" },
		{ "age_over_21", NULL },
		{ "age_over_64", NULL },
		{ "age_over_5", NULL },
		{ "age_over_018", NULL },
		{ "age_over_1a", NULL },
		{ "age_over_", NULL },
		{ "Age_over_16", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mdoc_asked asked = { mdoc_text(KIT_ISO), mdoc_text(rows[i].asked), false };
		const struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = &asked, .count = 1 };
		const struct mdoc_agreed by_asked = { asked.ns, asked.element };
		const struct mdoc_agreed unrelated = { asked.ns, mdoc_text("birth_date") };
		struct trial t;

		trial_make(&t, &doc, 1);
		CU_ASSERT_EQUAL(run(&t, NULL, 0, false), rows[i].answer != NULL ? MDOC_OK : MDOC_ERR_NOTHING);
		if (rows[i].answer != NULL) {
			CU_ASSERT_TRUE(leaves(&t, rows[i].answer) && count_lines(&t, true, NULL) == 1);
			CU_ASSERT_EQUAL(count_lines(&t, false, NULL), 0);
			CU_ASSERT_EQUAL(run(&t, &by_asked, 1, true), MDOC_OK);
		}
		CU_ASSERT_EQUAL(run(&t, &unrelated, 1, true), MDOC_ERR_NOTHING);
		trial_clear(&t);
	}
}

CU_TestInfo select_tests[] = {
	{ "the individual number needs its name", individual_number_needs_its_name },
	{ "only what is asked and agreed leaves", only_asked_and_agreed_leave },
	{ "other docTypes are not answered", other_doc_types_are_not_answered },
	{ "docRequests of one docType are united", doc_requests_are_united },
	{ "age_over_NN", age_rule },
	CU_TEST_INFO_NULL,
};
