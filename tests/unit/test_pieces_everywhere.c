/*
 * tests/unit/test_pieces_everywhere.c: what others may write with strings of indefinite length, and its signatures.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/builders.h"
#include "tests/unit/mdoc_test.h"
#include "tests/unit/pieces.h"
#include <string.h>

extern CU_TestInfo pieces_tests[];

static bool
sign1(struct mdoc_bytes input)
{
	struct mdoc_sign1 *parsed = NULL;
	struct mdoc_bytes der = MDOC_NO_BYTES;
	const bool good = mdoc_sign1_parse(NULL, input, NULL, &parsed, NULL) == MDOC_OK &&
		mdoc_sign1_verify(NULL, parsed, &builders_world.ds_key.pub, MDOC_NO_BYTES) == MDOC_OK &&
		mdoc_sign1_certificate(parsed, 0, &der) && mdoc_bytes_equal(der, mdoc_buf_bytes(&builders_world.ds)) &&
		mdoc_bytes_is_text(mdoc_sign1_type(parsed), "text");

	mdoc_sign1_free(parsed);
	return good;
}

static bool
request(struct mdoc_bytes input)
{
	struct mdoc_request *parsed = NULL;
	const struct mdoc_doc_request *doc = NULL;
	bool good = mdoc_request_parse(NULL, input, &parsed, NULL) == MDOC_OK;

	if (good)
		doc = mdoc_request_doc(parsed, 0);
	good = doc != NULL && mdoc_bytes_is_text(mdoc_doc_request_type(doc), "org.example.doc") &&
		mdoc_doc_request_count(doc) == 2 && mdoc_bytes_is_text(mdoc_doc_request_asked(doc, 1)->element, "b") &&
		mdoc_doc_request_is_signed(doc);
	mdoc_request_free(parsed);
	return good;
}

static bool
status_list(struct mdoc_bytes input)
{
	const struct mdoc_list_trust trust = { .certificate = mdoc_buf_bytes(&builders_world.iaca),
		.now = soft_2026 + SOFT_DAY / 2 };
	struct mdoc_status_list *list = NULL;
	const bool good = mdoc_status_list_parse(NULL, input, &list, NULL) == MDOC_OK &&
		mdoc_status_list_check(NULL, list, &trust, NULL) == MDOC_OK;

	mdoc_status_list_free(list);
	return good;
}

static bool
identifier_list(struct mdoc_bytes input)
{
	const struct mdoc_list_trust trust = { .certificate = mdoc_buf_bytes(&builders_world.iaca),
		.now = soft_2026 + SOFT_DAY / 2 };
	struct mdoc_identifier_list *list = NULL;
	const bool good = mdoc_identifier_list_parse(NULL, input, &list, NULL) == MDOC_OK &&
		mdoc_identifier_list_check(NULL, list, &trust, NULL) == MDOC_OK;

	mdoc_identifier_list_free(list);
	return good;
}

static bool
vical(struct mdoc_bytes input)
{
	struct mdoc_trust_list_info info = { 0 };
	struct mdoc_trust_list *list = NULL;
	bool good = mdoc_trust_list_parse(NULL, MDOC_VICAL, input, &list, NULL) == MDOC_OK;

	if (good)
		mdoc_trust_list_info(list, &info);
	good = good && mdoc_bytes_is_text(info.provider, "provider");
	mdoc_trust_list_free(list);
	return good;
}

static bool
engagement(struct mdoc_bytes input)
{
	struct mdoc_engagement *parsed = NULL;
	const bool good = mdoc_engagement_parse(NULL, input, &parsed, NULL) == MDOC_OK &&
		mdoc_key_equal(mdoc_engagement_key(parsed), &builders_world.device_key.pub) &&
		mdoc_bytes_is_text(mdoc_engagement_version(parsed), "1.1") &&
		mdoc_bytes_is_text(mdoc_engagement_origin(parsed, 1)->domain, "b.example");

	mdoc_engagement_free(parsed);
	return good;
}

static bool
transcript(struct mdoc_bytes input)
{
	struct mdoc_transcript_parts parts;

	return mdoc_transcript_parse(NULL, input, &parts, NULL) == MDOC_OK && parts.handover.len > 0;
}

/* The reader's key is that of Annex D. */
static bool
session(struct mdoc_bytes input)
{
	struct mdoc_buf whole = MDOC_BUF_EMPTY;
	struct mdoc_public_key key, same;
	struct mdoc_bytes bytes = MDOC_NO_BYTES;
	const bool good = soft_vector("annexD/session_establishment.cbor", &whole) &&
		mdoc_session_reader_key(NULL, mdoc_buf_bytes(&whole), &bytes, &key, NULL) == MDOC_OK &&
		mdoc_session_reader_key(NULL, input, &bytes, &same, NULL) == MDOC_OK && mdoc_key_equal(&key, &same) &&
		bytes.ptr >= input.ptr && bytes.ptr + bytes.len <= input.ptr + input.len;

	mdoc_buf_clear(&whole);
	return good;
}

/* With a vector of Annex D instead of what we write ourselves. */
static const struct {
	const char *builder, *vector;
	bool (*reads)(struct mdoc_bytes input);
} rows[] = {
	{ "sign1", NULL, sign1 },
	{ "request", NULL, request },
	{ "status list", NULL, status_list },
	{ "identifier list", NULL, identifier_list },
	{ "vical", NULL, vical },
	{ "engagement", NULL, engagement },
	{ "transcript", NULL, transcript },
	{ NULL, "annexD/session_establishment.cbor", session },
};

/* What another encoder writes would be refused, or read from memory that is gone. */
static void
everything_may_be_in_pieces(void)
{
	static const size_t sizes[] = { 1, 3, 40, 100000 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_buf whole = MDOC_BUF_EMPTY;

		if (rows[i].vector != NULL)
			CU_ASSERT_TRUE_FATAL(soft_vector(rows[i].vector, &whole));
		if (rows[i].builder != NULL)
			whole = builders_make(rows[i].builder);
		CU_ASSERT_TRUE(rows[i].reads(mdoc_buf_bytes(&whole)));
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			struct mdoc_buf made = MDOC_BUF_EMPTY;
			struct mdoc_bytes copy;

			pieces_put(&made, mdoc_buf_bytes(&whole), sizes[s]);
			CU_ASSERT_EQUAL(made.err, MDOC_OK);
			copy = bytes_copy(mdoc_buf_bytes(&made));
			CU_ASSERT_TRUE(rows[i].reads(copy));
			bytes_free(copy);
			mdoc_buf_clear(&made);
		}
		mdoc_buf_clear(&whole);
	}
}

CU_TestInfo pieces_tests[] = {
	{ "everything may be in pieces", everything_may_be_in_pieces },
	CU_TEST_INFO_NULL,
};
