/*
 * tests/unit/test_annexd.c: the published examples of ISO/IEC 18013-5:2021, Annex D. If one of
 * these fails, our mdocs are not the standard's mdocs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/request/request_internal.h"
#include "mdoc/response/response_internal.h"
#include "tests/unit/mdoc_test.h"

extern CU_TestInfo annexd_tests[];

/* A reader would not understand a standard response, or find its digests wrong. */
static void
response_parses(void)
{
	struct mdoc_bytes input = vector_load("annexD/device_response.cbor");
	struct mdoc_error error = { 0 };
	struct mdoc_response *response = NULL;
	const struct mdoc_document *doc;
	const struct mdoc_namespace *ns;

	CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, input, &response, &error), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(response->version, "1.0"));
	CU_ASSERT_EQUAL(response->status, 0);
	CU_ASSERT_EQUAL_FATAL(response->count, 1);
	doc = &response->documents[0];
	CU_ASSERT_TRUE(mdoc_bytes_is_text(doc->doc_type, "org.iso.18013.5.1.mDL"));
	CU_ASSERT_TRUE(mdoc_bytes_equal(doc->doc_type, doc->issuer_signed->mso.doc_type));
	CU_ASSERT_TRUE(doc->device_signed.is_mac);
	ns = mdoc_find_namespace(doc->issuer_signed, mdoc_text("org.iso.18013.5.1"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ns);
	CU_ASSERT_EQUAL(ns->count, 6);
	CU_ASSERT_PTR_NOT_NULL(mdoc_find_item(ns, mdoc_text("portrait")));
	CU_ASSERT_PTR_NULL(mdoc_find_item(ns, mdoc_text("given_name")));
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, doc->issuer_signed, &error), MDOC_OK);
	for (size_t i = 0; i < ns->count; i++) {
		CU_ASSERT_EQUAL(mdoc_item_check(NULL, doc->issuer_signed, ns, &ns->items[i]), MDOC_OK);
		CU_ASSERT_PTR_EQUAL(input.ptr + ns->items[i].offset, ns->items[i].tagged.ptr);
	}
	mdoc_response_free(response);
	bytes_free(input);
}

/* The issuer's signature of a standard record would not verify. */
static void
issuer_signature_verifies(void)
{
	struct mdoc_bytes input = vector_load("annexD/device_response.cbor");
	struct mdoc_bytes certificate = vector_load("annexD/ds_cert.der");
	struct mdoc_response *response = NULL;
	struct mdoc_cert *cert = NULL;
	struct mdoc_public_key key;
	struct mdoc_sign1 *auth;
	struct mdoc_bytes der = MDOC_NO_BYTES;

	CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, input, &response, NULL), MDOC_OK);
	auth = &response->documents[0].issuer_signed->issuer_auth;
	CU_ASSERT_TRUE(mdoc_sign1_certificate(auth, 0, &der));
	CU_ASSERT_TRUE(mdoc_bytes_equal(der, certificate));
	CU_ASSERT_EQUAL_FATAL(mdoc_cert_parse(NULL, der, &cert, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_cert_public_key(cert, &key), MDOC_OK);
	mdoc_cert_free(cert);
	CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, auth, &key, MDOC_NO_BYTES), MDOC_OK);
	auth->payload.len--;
	CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, auth, &key, MDOC_NO_BYTES), MDOC_ERR_SIGNATURE);
	mdoc_response_free(response);
	bytes_free(certificate);
	bytes_free(input);
}

/* Our signature would be over other bytes than the ones that a standard reader checks. */
static void
device_authentication_is_reproduced(void)
{
	struct mdoc_bytes wrapped = vector_load("annexD/session_transcript_bytes.cbor");
	struct mdoc_bytes expected = vector_load("annexD/derived_device_authentication_bytes.cbor");
	struct mdoc_bytes input = vector_load("annexD/device_response.cbor");
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct mdoc_device_authentication parts;
	struct mdoc_response *response = NULL;
	struct mdoc_bytes transcript;

	CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, input, &response, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_unwrap(NULL, wrapped, &transcript, NULL), MDOC_OK);
	mdoc_put_device_authentication_bytes(&buf, transcript, response->documents[0].doc_type,
		response->documents[0].device_signed.namespaces_bytes);
	CU_ASSERT_EQUAL(buf.err, MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&buf), expected));
	CU_ASSERT_EQUAL(mdoc_device_authentication_parse(NULL, expected, &parts, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(parts.transcript, transcript));
	CU_ASSERT_TRUE(mdoc_bytes_is_text(parts.doc_type, "org.iso.18013.5.1.mDL"));
	CU_ASSERT_TRUE(mdoc_bytes_equal(parts.namespaces_bytes, response->documents[0].device_signed.namespaces_bytes));
	mdoc_buf_clear(&buf);
	mdoc_response_free(response);
	bytes_free(input);
	bytes_free(expected);
	bytes_free(wrapped);
}

/* A genuine reader would be refused, or an impostor believed. */
static void
reader_signature_verifies(void)
{
	struct mdoc_bytes wrapped = vector_load("annexD/session_transcript_bytes.cbor");
	struct mdoc_bytes input = vector_load("annexD/device_request.cbor");
	struct mdoc_bytes transcript, other;
	struct mdoc_request *request;
	struct mdoc_error error = { 0 };

	CU_ASSERT_EQUAL_FATAL(mdoc_cbor_unwrap(NULL, wrapped, &transcript, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, input, &request, &error), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(request->count, 1);
	CU_ASSERT_TRUE(request->docs[0].has_reader_auth);
	CU_ASSERT_EQUAL(request->docs[0].count, 6);
	other = hex_load("83 f6 f6 f6");
	CU_ASSERT_EQUAL(mdoc_reader_auth_verify(NULL, request, other, &error), MDOC_ERR_READER_AUTH);
	CU_ASSERT_EQUAL(mdoc_reader_auth_verify(NULL, request, transcript, &error), MDOC_OK);
	bytes_free(other);
	mdoc_request_free(request);
	bytes_free(input);
	bytes_free(wrapped);
}

CU_TestInfo annexd_tests[] = {
	{ "the response parses and its digests match", response_parses },
	{ "the issuer's signature verifies", issuer_signature_verifies },
	{ "DeviceAuthenticationBytes are reproduced", device_authentication_is_reproduced },
	{ "the reader's signature verifies", reader_signature_verifies },
	CU_TEST_INFO_NULL,
};
