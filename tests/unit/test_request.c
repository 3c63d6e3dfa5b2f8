/*
 * tests/unit/test_request.c: DeviceRequest read and written, reader authentication.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"
#include "tests/unit/mdoc_test.h"
#include <string.h>

extern CU_TestInfo request_tests[];

/* A request of another shape would be answered. */
static void
parsing_refuses(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
	} rows[] = {
		{ "80", MDOC_ERR_TYPE },
		{ "a0", MDOC_ERR_MISSING },
		{ "a1 6776657273696f6e 63312e30", MDOC_ERR_MISSING },
		{ "a2 6776657273696f6e 01 6b646f635265717565737473 80", MDOC_ERR_TYPE },
		{ "a2 6776657273696f6e 63322e30 6b646f635265717565737473 80", MDOC_ERR_VERSION },
		{ "a2 6776657273696f6e 623130 6b646f635265717565737473 80", MDOC_ERR_VERSION },
		{ "a2 6776657273696f6e 63312e30 6b646f635265717565737473 a0", MDOC_ERR_TYPE },
		{ "a2 6776657273696f6e 63312e30 6b646f635265717565737473 81 80", MDOC_ERR_TYPE },
		{ "a2 6776657273696f6e 63312e30 6b646f635265717565737473 81 a0", MDOC_ERR_MISSING },
		{ "a2 6776657273696f6e 63312e30 6b646f635265717565737473 81 a1 6c6974656d7352657175657374 a0",
			MDOC_ERR_TYPE },
		{ "a2 6776657273696f6e 63312e30 6b646f635265717565737473 81 a1 6c6974656d7352657175657374 d818 41 a0",
			MDOC_ERR_MISSING },
		{ "a2 6776657273696f6e 63312e30 6b646f635265717565737473 81 a1 6c6974656d7352657175657374 d818 41 80",
			MDOC_ERR_TYPE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_request *request;
		struct mdoc_error error = { 0 };

		CU_ASSERT_EQUAL(mdoc_request_parse(NULL, input, &request, &error), rows[i].res);
		CU_ASSERT_EQUAL(error.code, rows[i].res);
		mdoc_request_free(request);
		bytes_free(input);
	}
}

static const struct mdoc_asked *
asked_list(void)
{
	static struct mdoc_asked asked[3];

	asked[0] = (struct mdoc_asked){ mdoc_text(KIT_ISO), mdoc_text("birth_date"), false };
	asked[1] = (struct mdoc_asked){ mdoc_text(KIT_JP), mdoc_text("portrait"), true };
	asked[2] = (struct mdoc_asked){ mdoc_text(KIT_ISO), mdoc_text("age_over_20"), true };
	return asked;
}

/* A reader would ask for something else than it was told to. */
static void
built_request_reads_back(void)
{
	const struct mdoc_ask docs[] = {
		{ .doc_type = mdoc_text(KIT_DOCTYPE), .asked = asked_list(), .count = 3 },
		{ .doc_type = mdoc_text("other"), .asked = asked_list(), .count = 1 },
	};
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_request *request;

	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, docs, 2, NULL, &buf, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&buf), &request, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(request->version, "1.0"));
	CU_ASSERT_EQUAL_FATAL(request->count, 2);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(request->docs[0].doc_type, KIT_DOCTYPE));
	CU_ASSERT_FALSE(request->docs[0].has_reader_auth);
	CU_ASSERT_EQUAL_FATAL(request->docs[0].count, 3);
	for (size_t i = 0; i < 3; i++) {
		const struct mdoc_asked *want = asked_list();
		bool found = false;

		for (size_t k = 0; k < 3; k++)
			found |= mdoc_bytes_equal(request->docs[0].asked[i].ns, want[k].ns) &&
				mdoc_bytes_equal(request->docs[0].asked[i].element, want[k].element) &&
				request->docs[0].asked[i].intent_to_retain == want[k].intent_to_retain;
		CU_ASSERT_TRUE(found);
	}
	CU_ASSERT_EQUAL(mdoc_reader_auth_verify(NULL, request, MDOC_NO_BYTES, NULL), MDOC_OK);
	mdoc_request_free(request);
	mdoc_buf_clear(&buf);
}

/* A request that no holder can read would be sent. */
static void
building_refuses(void)
{
	struct mdoc_asked twice[2];
	struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE), .asked = twice, .count = 2 };
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct soft_key key;

	CU_ASSERT_TRUE_FATAL(soft_key_make(&key, "P-256"));
	twice[0] = twice[1] = asked_list()[0];
	CU_ASSERT_EQUAL(mdoc_request_build(NULL, &doc, 0, NULL, &buf, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_request_build(NULL, &doc, 1, NULL, &buf, NULL), MDOC_ERR_ARG);
	doc.count = 0;
	CU_ASSERT_EQUAL(mdoc_request_build(NULL, &doc, 1, NULL, &buf, NULL), MDOC_ERR_ARG);
	doc.count = 1;
	doc.signer = &key.signer;
	CU_ASSERT_EQUAL(mdoc_request_build(NULL, &doc, 1, NULL, &buf, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(buf.len, 0);
	mdoc_buf_clear(&buf);
	soft_key_clear(&key);
}

/* Anybody could claim to be a reader, or replay another session's request. */
static void
reader_auth_is_checked(void)
{
	struct mdoc_bytes transcript = hex_load("83 f6 f6 f6"), other = hex_load("83 f6 f6 00");
	struct mdoc_buf certificate = MDOC_BUF_EMPTY, buf = MDOC_BUF_EMPTY;
	struct soft_key key, thief;
	struct mdoc_request *request;
	struct mdoc_bytes chain;
	struct mdoc_ask doc = { .doc_type = mdoc_text(KIT_DOCTYPE),
		.asked = asked_list(),
		.count = 3,
		.x5chain = &chain,
		.x5chain_count = 1 };
	const struct mdoc_request_options options = { .transcript = transcript };

	CU_ASSERT_TRUE_FATAL(soft_key_make(&key, "P-384") && soft_key_make(&thief, "P-384"));
	CU_ASSERT_EQUAL_FATAL(soft_certificate(MDOC_CERT_READER_CA, "R", &key, NULL, NULL, &certificate, NULL),
		MDOC_OK);
	for (unsigned stolen = 0; stolen < 2; stolen++) {
		doc.signer = stolen != 0 ? &thief.signer : &key.signer;
		chain = mdoc_buf_bytes(&certificate);
		CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, &doc, 1, &options, &buf, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&buf), &request, NULL), MDOC_OK);
		CU_ASSERT_TRUE(request->docs[0].has_reader_auth);
		CU_ASSERT_EQUAL(mdoc_reader_auth_verify(NULL, request, other, NULL), MDOC_ERR_READER_AUTH);
		CU_ASSERT_EQUAL(mdoc_reader_auth_verify(NULL, request, transcript, NULL),
			stolen != 0 ? MDOC_ERR_READER_AUTH : MDOC_OK);
		request->docs[0].items_request_bytes.len--;
		CU_ASSERT_EQUAL(mdoc_reader_auth_verify(NULL, request, transcript, NULL), MDOC_ERR_READER_AUTH);
		mdoc_request_free(request);
		mdoc_buf_clear(&buf);
	}
	chain = mdoc_text("no certificate");
	doc.signer = &key.signer;
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, &doc, 1, &options, &buf, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&buf), &request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_reader_auth_verify(NULL, request, transcript, NULL), MDOC_ERR_READER_AUTH);
	mdoc_request_free(request);
	mdoc_buf_clear(&buf);
	mdoc_buf_clear(&certificate);
	soft_key_clear(&thief);
	soft_key_clear(&key);
	bytes_free(other);
	bytes_free(transcript);
}

/* A later edition's request would be refused for what it adds. */
static void
unknown_members_are_tolerated(void)
{
	struct mdoc_bytes input = hex_load("a3 6776657273696f6e 63312e31 6b646f635265717565737473 81 a2"
					   "6c6974656d7352657175657374 d818 582a a3 67646f6354797065 6161 "
					   "6a6e616d65537061636573 a1 6162 a1 6163 f4"
					   "6b72657175657374496e666f a0 6162 00 6161 00");
	struct mdoc_request *request;

	CU_ASSERT_EQUAL(mdoc_request_parse(NULL, input, &request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(request->count, 1);
	mdoc_request_free(request);
	bytes_free(input);
}

CU_TestInfo request_tests[] = {
	{ "another shape is refused", parsing_refuses },
	{ "building refuses what can't be read", building_refuses },
	{ "a built request reads back", built_request_reads_back },
	{ "reader authentication is checked", reader_auth_is_checked },
	{ "unknown members are tolerated", unknown_members_are_tolerated },
	CU_TEST_INFO_NULL,
};
