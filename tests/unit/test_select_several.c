/*
 * tests/unit/test_select_several.c: which of several records answers which docRequest, and what the
 * second edition lets a reader ask.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <openssl/x509v3.h>
#include <string.h>

extern CU_TestInfo select_several_tests[];

#define NAME(text) \
	{ \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}
#define ASK(element) \
	{ \
		NAME("n"), NAME(element), false \
	}

static const uint8_t yes[] = { 0xf5 };

#define CLAIM(element) \
	{ \
		NAME("n"), NAME(element), \
		{ \
			yes, sizeof(yes) \
		} \
	}

/* Records 0 and 1 of docType "a" hold 1 and 1, 2; record 2 of docType "b" holds 1, 3. */
#define RECORDS 3

static const struct mdoc_claim claims_0[] = { CLAIM("1") };
static const struct mdoc_claim claims_1[] = { CLAIM("1"), CLAIM("2") };
static const struct mdoc_claim claims_2[] = { CLAIM("1"), CLAIM("3") };

struct wallet {
	struct kit kit;
	struct mdoc_buf bytes[RECORDS];
	struct mdoc_issuer_signed *records[RECORDS];
	struct mdoc_held held[RECORDS];
	struct mdoc_buf request_bytes;
	struct mdoc_request *request;
	struct mdoc_selection *selection;
};

static void
wallet_make(struct wallet *w)
{
	static const struct {
		const char *doc_type;
		const struct mdoc_claim *claims;
		size_t count;
	} rows[RECORDS] = { { "a", claims_0, 1 }, { "a", claims_1, 2 }, { "b", claims_2, 2 } };

	memset(w, 0, sizeof(*w));
	kit_make(&w->kit, "P-256");
	for (size_t i = 0; i < RECORDS; i++) {
		w->kit.issue.doc_type = mdoc_text(rows[i].doc_type);
		w->kit.issue.claims = rows[i].claims;
		w->kit.issue.claim_count = rows[i].count;
		CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_build(NULL, &w->kit.issue, &w->bytes[i], NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&w->bytes[i]), &w->records[i],
					      NULL),
			MDOC_OK);
		w->held[i].record = w->records[i];
	}
}

static void
wallet_clear(struct wallet *w)
{
	mdoc_selection_free(w->selection);
	mdoc_request_free(w->request);
	mdoc_buf_clear(&w->request_bytes);
	for (size_t i = 0; i < RECORDS; i++) {
		mdoc_issuer_signed_free(w->records[i]);
		mdoc_buf_clear(&w->bytes[i]);
	}
	kit_clear(&w->kit);
}

static enum mdoc_result
ask(struct wallet *w, const struct mdoc_ask *docs, size_t count, const struct mdoc_request_options *how,
	const bool *refused)
{
	const struct mdoc_select_options options = { .refused = refused };

	mdoc_selection_free(w->selection);
	w->selection = NULL;
	mdoc_request_free(w->request);
	w->request = NULL;
	mdoc_buf_clear(&w->request_bytes);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, docs, count, how, &w->request_bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&w->request_bytes), &w->request, NULL), MDOC_OK);
	return mdoc_select(NULL, w->request, w->held, RECORDS, &options, &w->selection, NULL);
}

static const struct mdoc_request_options second = { .edition = MDOC_EDITION_2 };

static const struct mdoc_asked ask_1[] = { ASK("1") };
static const struct mdoc_asked ask_12[] = { ASK("1"), ASK("2") };
static const struct mdoc_asked ask_13[] = { ASK("1"), ASK("3") };
static const struct mdoc_asked ask_9[] = { ASK("9") };
static const struct mdoc_asked ask_19[] = { ASK("1"), ASK("9") };

/* A reader of the second edition would get half of what only makes sense whole; one of the first nothing. */
static void
strict_only_from_1_1(void)
{
	const struct mdoc_ask half = { .doc_type = mdoc_text("a"), .asked = ask_19, .count = 2 };
	const struct mdoc_ask none = { .doc_type = mdoc_text("a"), .asked = ask_9, .count = 1 };
	const struct mdoc_ask other = { .doc_type = mdoc_text("z"), .asked = ask_1, .count = 1 };
	struct wallet w;

	wallet_make(&w);
	CU_ASSERT_EQUAL(ask(&w, &half, 1, &second, NULL), MDOC_ERR_NOTHING);
	CU_ASSERT_EQUAL(ask(&w, &none, 1, NULL, NULL), MDOC_ERR_NOTHING);
	CU_ASSERT_EQUAL(ask(&w, &other, 1, NULL, NULL), MDOC_ERR_DOCTYPE);
	CU_ASSERT_EQUAL(ask(&w, &half, 1, NULL, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_selection_held(w.selection, 0), 0);
	CU_ASSERT_EQUAL(mdoc_selection_choice(w.selection, 0, 1)->state, MDOC_NOT_HELD);
	CU_ASSERT_PTR_NULL(mdoc_selection_choice(w.selection, 0, 2));
	wallet_clear(&w);
}

/* The wrong one of several records would answer. */
static void
the_record_that_has_everything(void)
{
	const struct mdoc_ask docs[] = {
		{ .doc_type = mdoc_text("b"), .asked = ask_13, .count = 2 },
		{ .doc_type = mdoc_text("a"), .asked = ask_12, .count = 2 },
		{ .doc_type = mdoc_text("z"), .asked = ask_12, .count = 2 },
		{ .doc_type = mdoc_text("a"), .asked = ask_1, .count = 1 },
		{ .doc_type = mdoc_text("z"), .asked = ask_1, .count = 1 },
	};
	static const bool refused[] = { true, false, false, true, true };
	struct wallet w;

	wallet_make(&w);
	CU_ASSERT_EQUAL_FATAL(ask(&w, docs, 5, NULL, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_selection_count(w.selection), 3);
	CU_ASSERT_EQUAL(mdoc_selection_held(w.selection, 0), 2);
	CU_ASSERT_EQUAL(mdoc_selection_held(w.selection, 1), 1);
	CU_ASSERT_EQUAL(mdoc_selection_held(w.selection, 2), 0);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_selection_unanswered(w.selection, 0), "z"));
	CU_ASSERT_PTR_NULL(mdoc_selection_unanswered(w.selection, 1).ptr);
	/* Whom the holder's policy refuses gets nothing. */
	CU_ASSERT_EQUAL_FATAL(ask(&w, docs, 5, NULL, refused), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_selection_count(w.selection), 1);
	CU_ASSERT_EQUAL(mdoc_selection_held(w.selection, 0), 1);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_selection_unanswered(w.selection, 0), "b"));
	wallet_clear(&w);
}

/* Does the document of the last request leave when only this is agreed to? */
static bool
leaves_if(struct wallet *w, const struct mdoc_agreed *agreed)
{
	const struct mdoc_select_options options = { agreed, 1, true, NULL };

	mdoc_selection_free(w->selection);
	CU_ASSERT_EQUAL_FATAL(mdoc_select(NULL, w->request, w->held, RECORDS, &options, &w->selection, NULL), MDOC_OK);
	return mdoc_selection_leaves(w->selection, 0);
}

/* A reader that takes either of two things would get neither, or both; or what the holder did not mean. */
static void
alternatives_in_order(void)
{
	static const struct mdoc_element_ref set_29[] = { { NAME("n"), NAME("2") }, { NAME("n"), NAME("9") } };
	static const struct mdoc_element_ref set_2[] = { { NAME("n"), NAME("2") } };
	static const struct mdoc_element_ref set_1[] = { { NAME("n"), NAME("1") } };
	static const struct mdoc_element_set sets[] = { { set_29, 2 }, { set_2, 1 }, { set_1, 1 } };
	static const struct mdoc_element_set vain[] = { { set_29, 2 } };
	const struct mdoc_alternative good = { { NAME("n"), NAME("9") }, sets, 3 };
	const struct mdoc_alternative unneeded = { { NAME("n"), NAME("1") }, sets + 1, 1 };
	const struct mdoc_alternative bad = { { NAME("n"), NAME("9") }, vain, 1 };
	const struct mdoc_request_info infos[] = {
		{ .alternatives = &good, .alternative_count = 1 },
		{ .alternatives = &unneeded, .alternative_count = 1 },
		{ .alternatives = &bad, .alternative_count = 1 },
	};
	struct mdoc_ask doc = { .doc_type = mdoc_text("a"), .asked = ask_9, .count = 1, .info = &infos[0] };
	const struct mdoc_agreed by_asked = { NAME("n"), NAME("9") }, by_own = { NAME("n"), NAME("1") };
	struct wallet w;

	wallet_make(&w);
	doc.info = &infos[2];
	CU_ASSERT_EQUAL(ask(&w, &doc, 1, &second, NULL), MDOC_ERR_NOTHING);
	doc.info = &infos[0];
	CU_ASSERT_EQUAL_FATAL(ask(&w, &doc, 1, &second, NULL), MDOC_OK);
	/* The first record has the third alternative already. */
	CU_ASSERT_EQUAL(mdoc_selection_held(w.selection, 0), 0);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_selection_choice(w.selection, 0, 0)->element, "1"));
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_selection_choice(w.selection, 0, 0)->asked, "9"));
	CU_ASSERT_PTR_NULL(mdoc_selection_choice(w.selection, 0, 1));
	/* Who agreed to what it stands for has not agreed to it. */
	CU_ASSERT_FALSE(leaves_if(&w, &by_asked));
	CU_ASSERT_TRUE(leaves_if(&w, &by_own));
	/* What is held needs none. */
	doc.info = &infos[1];
	doc.asked = ask_12;
	doc.count = 2;
	CU_ASSERT_EQUAL_FATAL(ask(&w, &doc, 1, &second, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_selection_held(w.selection, 0), 1);
	CU_ASSERT_PTR_NULL(mdoc_selection_choice(w.selection, 0, 2));
	wallet_clear(&w);
}

/* A record of an issuer that the reader does not accept would be shown to it. */
static void
only_named_issuers(void)
{
	static const uint8_t unknown[20] = { 1 };
	struct mdoc_bytes ids[2] = { mdoc_bytes_of(unknown, sizeof(unknown)), MDOC_NO_BYTES };
	struct mdoc_request_info info = { .issuers = ids, .issuer_count = 1 };
	const struct mdoc_ask doc = { .doc_type = mdoc_text("a"), .asked = ask_1, .count = 1, .info = &info };
	const ASN1_OCTET_STRING *id;
	const unsigned char *at;
	struct wallet w;
	X509 *cert;

	wallet_make(&w);
	at = w.kit.certificate.ptr;
	cert = d2i_X509(NULL, &at, (long)w.kit.certificate.len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cert);
	CU_ASSERT_EQUAL(ask(&w, &doc, 1, &second, NULL), MDOC_ERR_NOTHING);
	id = X509_get0_authority_key_id(cert);
	CU_ASSERT_PTR_NOT_NULL_FATAL(id);
	ids[1] = mdoc_bytes_of(ASN1_STRING_get0_data(id), (size_t)ASN1_STRING_length(id));
	info.issuer_count = 2;
	CU_ASSERT_EQUAL(ask(&w, &doc, 1, &second, NULL), MDOC_OK);
	X509_free(cert);
	wallet_clear(&w);
}

/* A holder without a proof system would give the data itself to a reader that wants only a proof, or in clear what
 * is meant for somebody behind the reader. */
static void
data_replaces_nothing(void)
{
	const struct mdoc_zk_system system = { mdoc_text("i"), mdoc_text("s"), MDOC_NO_BYTES };
	struct mdoc_zk_request zk = { &system, 1, true };
	struct mdoc_response_encryption encryption = { .certificate_count = 0 };
	struct mdoc_request_info info = { .zk = &zk };
	const struct mdoc_ask doc = { .doc_type = mdoc_text("a"), .asked = ask_1, .count = 1, .info = &info };
	struct wallet w;

	wallet_make(&w);
	encryption.recipient = w.kit.device.pub;
	CU_ASSERT_EQUAL(ask(&w, &doc, 1, &second, NULL), MDOC_ERR_NOTHING);
	info = (struct mdoc_request_info){ .encryption = &encryption };
	CU_ASSERT_EQUAL(ask(&w, &doc, 1, &second, NULL), MDOC_ERR_NOTHING);
	info = (struct mdoc_request_info){ .zk = &zk };
	zk.required = false;
	CU_ASSERT_EQUAL(ask(&w, &doc, 1, &second, NULL), MDOC_OK);
	wallet_clear(&w);
}

/* More documents than one way of many would leave, or a reader get half of what it cannot do without. */
static void
use_cases_take_one_set(void)
{
	static const size_t docs_02[] = { 0, 2 }, docs_1[] = { 1 }, docs_0[] = { 0 };
	static const struct mdoc_document_set first[] = { { docs_02, 2 }, { docs_1, 1 }, { docs_0, 1 } };
	static const struct mdoc_document_set vain[] = { { docs_02, 2 } };
	const struct mdoc_ask docs[] = {
		{ .doc_type = mdoc_text("a"), .asked = ask_12, .count = 2 },
		{ .doc_type = mdoc_text("b"), .asked = ask_13, .count = 2 },
		{ .doc_type = mdoc_text("z"), .asked = ask_1, .count = 1 },
		{ .doc_type = mdoc_text("a"), .asked = ask_1, .count = 1 },
	};
	struct mdoc_use_case cases[] = {
		{ .mandatory = true, .sets = first, .set_count = 3 },
		{ .mandatory = false, .sets = vain, .set_count = 1 },
	};
	struct mdoc_request_options how = { .edition = MDOC_EDITION_2, .use_cases = cases, .use_case_count = 2 };
	struct wallet w;

	wallet_make(&w);
	CU_ASSERT_EQUAL_FATAL(ask(&w, docs, 3, &how, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_selection_set(w.selection, 0), 1);
	CU_ASSERT_EQUAL(mdoc_selection_set(w.selection, 1), SIZE_MAX);
	CU_ASSERT_EQUAL(mdoc_selection_set(w.selection, 2), SIZE_MAX);
	CU_ASSERT_EQUAL(mdoc_selection_count(w.selection), 1);
	CU_ASSERT_EQUAL(mdoc_selection_held(w.selection, 0), 2);
	CU_ASSERT_PTR_NULL(mdoc_selection_unanswered(w.selection, 0).ptr); /* nothing is missed */
	/* What no use case names is asked for all the same. */
	CU_ASSERT_EQUAL_FATAL(ask(&w, docs, 4, &how, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_selection_count(w.selection), 2);
	cases[1].mandatory = true;
	CU_ASSERT_EQUAL(ask(&w, docs, 3, &how, NULL), MDOC_ERR_NOTHING);
	wallet_clear(&w);
}

CU_TestInfo select_several_tests[] = {
	{ "strict only from version 1.1", strict_only_from_1_1 },
	{ "the record that has everything", the_record_that_has_everything },
	{ "only issuers that are named", only_named_issuers },
	{ "proofs and encryption are not replaced by data", data_replaces_nothing },
	{ "alternatives in order", alternatives_in_order },
	{ "use cases take one set", use_cases_take_one_set },
	CU_TEST_INFO_NULL,
};
