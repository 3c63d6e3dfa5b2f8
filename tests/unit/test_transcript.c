/*
 * tests/unit/test_transcript.c: SessionTranscript of every handover.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <mdoc/base64url.h>
#include <mdoc/engagement.h>
#include <mdoc/transcript.h>
#include <stdio.h>
#include <string.h>

extern CU_TestInfo transcript_tests[];

#define NONCE "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA"

static const uint8_t thumbprint[MDOC_THUMBPRINT_SIZE] = { 0x42, 0x83, 0xec, 0x92, 0x7a, 0xe0, 0xf2, 0x08, 0xda, 0xaa,
	0x2d, 0x02, 0x6a, 0x81, 0x4f, 0x2b, 0x22, 0xdc, 0xa5, 0x2c, 0xf8, 0x5f, 0xfa, 0x8f, 0x3f, 0x86, 0x26, 0xc6,
	0xbd, 0x66, 0x90, 0x47 };

static struct mdoc_transcript_spec
spec_of(enum mdoc_handover handover)
{
	struct mdoc_transcript_spec spec = { .handover = handover, .nonce = mdoc_text(NONCE) };

	return spec;
}

static void
expect(const struct mdoc_transcript_spec *spec, const char *vector)
{
	struct mdoc_bytes wanted = vector_load(vector);
	struct mdoc_transcript_parts parts;
	struct mdoc_buf out = MDOC_BUF_EMPTY, tagged = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, spec, &out, NULL), MDOC_OK);
	if (!mdoc_bytes_equal(mdoc_buf_bytes(&out), wanted))
		(void)printf("%s is not reproduced\n", vector);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&out), wanted));
	CU_ASSERT_EQUAL(mdoc_transcript_tag(mdoc_buf_bytes(&out), &tagged), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_transcript_parse(NULL, mdoc_buf_bytes(&tagged), &parts, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(parts.transcript, wanted));
	CU_ASSERT_PTR_NULL(parts.engagement.ptr);
	CU_ASSERT_PTR_NULL(parts.reader_key.ptr);
	mdoc_buf_clear(&tagged);
	mdoc_buf_clear(&out);
	bytes_free(wanted);
}

/* No wallet of OpenID4VP would sign what our readers check. */
static void
openid_vectors(void)
{
	struct mdoc_transcript_spec spec = spec_of(MDOC_HANDOVER_OPENID4VP);
	struct mdoc_bytes handover = vector_load("openid4vp/handover.cbor");

	spec.thumbprint = mdoc_bytes_of(thumbprint, sizeof(thumbprint));
	spec.client_id = mdoc_text("x509_san_dns:example.com");
	spec.response_uri = mdoc_text("https://example.com/response");
	expect(&spec, "openid4vp/session_transcript.cbor");

	spec = spec_of(MDOC_HANDOVER_OPENID4VP_DCAPI);
	spec.thumbprint = mdoc_bytes_of(thumbprint, sizeof(thumbprint));
	spec.origin = mdoc_text("https://example.com");
	expect(&spec, "openid4vp/dcapi_session_transcript.cbor");

	spec = spec_of(MDOC_HANDOVER_OPENID4VCI_IAE);
	spec.thumbprint = mdoc_bytes_of(thumbprint, sizeof(thumbprint));
	spec.endpoint = mdoc_text("https://example.com/iae");
	expect(&spec, "openid4vp/iae_session_transcript.cbor");

	/* The handover as somebody else made it. */
	spec = (struct mdoc_transcript_spec){ .handover = MDOC_HANDOVER_OPAQUE, .opaque = handover };
	expect(&spec, "openid4vp/session_transcript.cbor");
	bytes_free(handover);
}

/* The digest of each handover is over the published structure, not over one of our own. */
static void
handover_infos(void)
{
	static const struct {
		const char *info, *handover;
	} pairs[] = {
		{ "openid4vp/handover_info.cbor", "openid4vp/handover.cbor" },
		{ "openid4vp/dcapi_handover_info.cbor", "openid4vp/dcapi_handover.cbor" },
		{ "openid4vp/iae_handover_info.cbor", "openid4vp/iae_handover.cbor" },
		{ "openid4vp/annexC_dcapi_info.cbor", "openid4vp/annexC_session_transcript.cbor" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct mdoc_bytes info = vector_load(pairs[i].info), handover = vector_load(pairs[i].handover);
		uint8_t digest[MDOC_DIGEST_MAX];
		size_t len = 0;

		CU_ASSERT_EQUAL(mdoc_digest(NULL, MDOC_SHA256, info, digest, &len), MDOC_OK);
		CU_ASSERT_EQUAL(memcmp(handover.ptr + handover.len - len, digest, len), 0);
		bytes_free(handover);
		bytes_free(info);
	}
}

/* Wallets of ISO/IEC TS 18013-7, and @auth0/mdl, could not be verified. */
static void
annexes_of_18013_7(void)
{
	struct mdoc_transcript_spec spec = spec_of(MDOC_HANDOVER_ANNEX_B);
	struct mdoc_bytes info = vector_load("openid4vp/annexC_encryption_info.cbor");
	struct mdoc_bytes wanted = hex_load("83 f6 f6 84 6164 6163 6172 616e");
	struct mdoc_buf text = MDOC_BUF_EMPTY, out = MDOC_BUF_EMPTY;

	spec.client_id = mdoc_text("x509_san_dns:example.com");
	spec.response_uri = mdoc_text("https://example.com/response");
	spec.mdoc_nonce = mdoc_text("mdoc-generated-nonce");
	expect(&spec, "openid4vp/annexB_draft18_session_transcript.cbor");

	spec = (struct mdoc_transcript_spec){ .handover = MDOC_HANDOVER_ANNEX_B_2023,
		.client_id = mdoc_text("c"),
		.response_uri = mdoc_text("r"),
		.nonce = mdoc_text("n"),
		.mdoc_nonce = mdoc_text("d") };
	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&out), wanted));

	mdoc_base64url_encode(&text, info);
	spec = (struct mdoc_transcript_spec){ .handover = MDOC_HANDOVER_ANNEX_C,
		.encryption_info = mdoc_buf_bytes(&text),
		.origin = mdoc_text("https://example.com") };
	expect(&spec, "openid4vp/annexC_session_transcript.cbor");
	mdoc_buf_clear(&out);
	mdoc_buf_clear(&text);
	bytes_free(wanted);
	bytes_free(info);
}

/* Content of #6.24(bstr …) that a file holds. */
static struct mdoc_bytes
untag(struct mdoc_bytes tagged)
{
	struct mdoc_bytes inner = MDOC_NO_BYTES;

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_unwrap(NULL, tagged, &inner, NULL), MDOC_OK);
	return inner;
}

/* Two sides that stood next to each other would compute different keys. */
static void
annex_d_and_engagements(void)
{
	struct mdoc_bytes file = vector_load("annexD/session_transcript_bytes.cbor");
	struct mdoc_transcript_parts parts;
	struct mdoc_transcript_spec spec = { .handover = MDOC_HANDOVER_NFC };
	struct mdoc_engagement *parsed = NULL;
	struct mdoc_bytes engagement, key = vector_load("annexD/e_device_key_bytes.cbor");
	struct mdoc_cbor *scan = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY, again = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL_FATAL(mdoc_transcript_parse(NULL, file, &parts, NULL), MDOC_OK);
	engagement = untag(parts.engagement);
	/* Its engagement went over NFC: it has no retrieval methods, but the same key as the QR code's. */
	CU_ASSERT_EQUAL_FATAL(mdoc_engagement_parse(NULL, parts.engagement, &parsed, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_engagement_key_bytes(parsed), key));
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_engagement_bytes(parsed), parts.engagement));
	mdoc_engagement_free(parsed);
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_scan(NULL, parts.handover, 0, &scan, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_node_bstr(mdoc_node_at(mdoc_cbor_root(scan), 0), &spec.nfc_select));
	CU_ASSERT_TRUE(mdoc_node_bstr(mdoc_node_at(mdoc_cbor_root(scan), 1), &spec.nfc_request));
	spec.engagement = engagement;
	spec.reader_key = parts.reader_key;
	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&out), parts.transcript));
	CU_ASSERT_EQUAL(mdoc_transcript_tag(mdoc_buf_bytes(&out), &again), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&again), file));
	mdoc_buf_clear(&out);

	/* Bare or tagged parts are the same; static handover has no request; QR has nil. */
	spec.engagement = parts.engagement;
	spec.reader_key = untag(parts.reader_key);
	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&out), parts.transcript));
	mdoc_buf_clear(&out);
	spec.nfc_request = MDOC_NO_BYTES;
	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(out.ptr[out.len - 1], 0xf6);
	mdoc_buf_clear(&out);
	spec.handover = MDOC_HANDOVER_QR;
	spec.nfc_select = MDOC_NO_BYTES;
	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(out.len, 1 + parts.engagement.len + parts.reader_key.len + 1);
	mdoc_buf_clear(&out);
	spec.handover = MDOC_HANDOVER_ANNEX_A;
	spec.reader_engagement = engagement;
	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(out.len, 1 + 2 * parts.engagement.len + parts.reader_key.len);
	mdoc_buf_clear(&out);
	mdoc_buf_clear(&again);
	mdoc_cbor_free(scan);
	bytes_free(key);
	bytes_free(file);
}

/* Bytes as they were exchanged would be written anew, and the other side's signature would not hold. */
static void
unusual_encodings_are_kept(void)
{
	/* #6.24 with heads longer than they need be, around an indefinite map */
	struct mdoc_bytes engagement = hex_load("d9 0018 59 0002 bf ff");
	struct mdoc_bytes key = hex_load("d818 41 a0");
	const struct mdoc_transcript_spec spec = { .handover = MDOC_HANDOVER_QR,
		.engagement = engagement,
		.reader_key = key };
	struct mdoc_bytes wanted = hex_load("83 d9001859 0002bfff d81841a0 f6");
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL(mdoc_transcript_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&out), wanted));
	mdoc_buf_clear(&out);
	bytes_free(wanted);
	bytes_free(key);
	bytes_free(engagement);
}

/* A transcript would bind less than its handover says, or something that the other side knows nothing of. */
static void
refuses_to_build(void)
{
	static const uint8_t map[] = { 0xa0 }, number[] = { 0x01 }, cut[] = { 0x82, 0x01 }, bad_text[] = { 0xff };
	const struct mdoc_bytes empty = { map, sizeof(map) }, text = mdoc_text("x");
	const struct {
		struct mdoc_transcript_spec spec;
		enum mdoc_result result;
		const char *path;
	} bad[] = {
		{ { .handover = MDOC_HANDOVER_COUNT }, MDOC_ERR_ARG, "handover" },
		{ { .handover = MDOC_HANDOVER_QR, .engagement = empty }, MDOC_ERR_ARG, "reader_key" },
		{ { .handover = MDOC_HANDOVER_QR, .reader_key = empty }, MDOC_ERR_ARG, "engagement" },
		{ { .handover = MDOC_HANDOVER_NFC, .engagement = empty, .reader_key = empty }, MDOC_ERR_ARG,
			"nfc_select" },
		{ { .handover = MDOC_HANDOVER_QR, .engagement = empty, .reader_key = empty, .nonce = text },
			MDOC_ERR_ARG, "nonce" },
		{ { .handover = MDOC_HANDOVER_QR, .engagement = { number, 1 }, .reader_key = empty }, MDOC_ERR_TYPE,
			"engagement" },
		{ { .handover = MDOC_HANDOVER_QR, .engagement = empty, .reader_key = { cut, 2 } }, MDOC_ERR_TRUNCATED,
			"reader_key" },
		{ { .handover = MDOC_HANDOVER_OPAQUE }, MDOC_ERR_ARG, "opaque" },
		{ { .handover = MDOC_HANDOVER_OPAQUE, .opaque = { cut, 2 } }, MDOC_ERR_TRUNCATED, "opaque" },
		{ { .handover = MDOC_HANDOVER_OPENID4VP, .client_id = text, .response_uri = text }, MDOC_ERR_ARG,
			"nonce" },
		{ { .handover = MDOC_HANDOVER_OPENID4VP,
			  .client_id = text,
			  .response_uri = text,
			  .nonce = text,
			  .thumbprint = text },
			MDOC_ERR_ARG, "thumbprint" },
		{ { .handover = MDOC_HANDOVER_OPENID4VP_DCAPI, .origin = { bad_text, 1 }, .nonce = text },
			MDOC_ERR_UTF8, "" },
		{ { .handover = MDOC_HANDOVER_OPENID4VCI_IAE, .nonce = text }, MDOC_ERR_ARG, "endpoint" },
		{ { .handover = MDOC_HANDOVER_ANNEX_B, .client_id = text, .response_uri = text, .nonce = text },
			MDOC_ERR_ARG, "mdoc_nonce" },
		{ { .handover = MDOC_HANDOVER_ANNEX_C, .origin = text }, MDOC_ERR_ARG, "encryption_info" },
		{ { .handover = MDOC_HANDOVER_ANNEX_A, .engagement = empty, .reader_key = empty }, MDOC_ERR_ARG,
			"reader_engagement" },
	};
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mdoc_error error = { .code = MDOC_OK };
		const enum mdoc_result res = mdoc_transcript_build(NULL, &bad[i].spec, &out, &error);

		if (res != bad[i].result || strcmp(error.path, bad[i].path) != 0)
			(void)printf("row %zu: %s at \"%s\"\n", i, mdoc_result_name(res), error.path);
		CU_ASSERT_EQUAL(res, bad[i].result);
		CU_ASSERT_STRING_EQUAL(error.path, bad[i].path);
		CU_ASSERT_EQUAL(out.len, 0);
	}
	mdoc_buf_clear(&out);
}

/* Something else would be taken for a transcript, and signed. */
static void
refuses_to_read(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result result;
	} bad[] = {
		{ "82f6f6", MDOC_ERR_TYPE },
		{ "84f6f6f6f6", MDOC_ERR_TYPE },
		{ "8301f6f6", MDOC_ERR_TYPE },
		{ "83f641a0f6", MDOC_ERR_TYPE },
		{ "a0", MDOC_ERR_TYPE },
		{ "83f6f6", MDOC_ERR_TRUNCATED },
		{ "83f6f6f6f6", MDOC_ERR_TRAILING },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mdoc_bytes input = hex_load(bad[i].hex);
		struct mdoc_transcript_parts parts;

		CU_ASSERT_EQUAL(mdoc_transcript_parse(NULL, input, &parts, NULL), bad[i].result);
		bytes_free(input);
	}
}

CU_TestInfo transcript_tests[] = {
	{ "what is wrong is not built", refuses_to_build },
	{ "what is none is not read", refuses_to_read },
	{ "OpenID4VP, OpenID4VCI and opaque", openid_vectors },
	{ "what the digests are over", handover_infos },
	{ "ISO/IEC TS 18013-7", annexes_of_18013_7 },
	{ "Annex D, NFC, QR and reader engagement", annex_d_and_engagements },
	{ "bytes are kept as they were exchanged", unusual_encodings_are_kept },
	CU_TEST_INFO_NULL,
};
