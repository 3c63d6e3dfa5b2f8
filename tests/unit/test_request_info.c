/*
 * tests/unit/test_request_info.c: what the second edition adds to a DeviceRequest, read and written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/request/request_internal.h"
#include "tests/unit/diag.h"
#include "tests/unit/mdoc_test.h"
#include <stdio.h>
#include <string.h>

extern CU_TestInfo request_info_tests[];

#define PLAIN_DOC "{\"itemsRequest\": 24(<<{\"docType\": \"d\", \"nameSpaces\": {\"n\": {\"e\": false}}}>>)}"

/* A request of two docRequests, the first one with a requestInfo; NULL: without. */
static void
make(struct mdoc_buf *out, const char *version, const char *request_info, const char *more)
{
	char text[8192];

	snprintf(text, sizeof(text),
		"{\"version\": \"%s\", \"docRequests\": [{\"itemsRequest\": 24(<<{\"docType\": \"d\", "
		"\"nameSpaces\": {\"n\": {\"e\": false, \"f\": true}}%s%s}>>)}, " PLAIN_DOC "]%s%s}",
		version, request_info != NULL ? ", \"requestInfo\": " : "", request_info != NULL ? request_info : "",
		more != NULL ? ", " : "", more != NULL ? more : "");
	diag_put(out, text);
}

static enum mdoc_result
parse(const char *version, const char *request_info, const char *more, struct mdoc_buf *bytes,
	struct mdoc_request **request)
{
	struct mdoc_error error = { .code = MDOC_OK };
	enum mdoc_result res;

	make(bytes, version, request_info, more);
	res = mdoc_request_parse(NULL, mdoc_buf_bytes(bytes), request, &error);
	CU_ASSERT_EQUAL(error.code, res);
	CU_ASSERT_TRUE(res == MDOC_OK || (*request == NULL && error.offset <= bytes->len && error.path[0] != '\0'));
	return res;
}

/* A holder would answer a request that it reads otherwise than the reader meant it. */
static void
wrong_shapes_are_refused(void)
{
	static const struct {
		const char *request_info, *more;
		enum mdoc_result res;
	} rows[] = {
		{ "[]", NULL, MDOC_ERR_TYPE },
		{ "{\"mdoc-pkcs11.legalBasis\": 1}", NULL, MDOC_ERR_TYPE },
		{ "{\"alternativeDataElements\": {}}", NULL, MDOC_ERR_TYPE },
		{ "{\"alternativeDataElements\": [1]}", NULL, MDOC_ERR_TYPE },
		{ "{\"alternativeDataElements\": [{}]}", NULL, MDOC_ERR_MISSING },
		{ "{\"alternativeDataElements\": [{\"requestedElement\": [\"n\", \"e\"]}]}", NULL, MDOC_ERR_MISSING },
		{ "{\"alternativeDataElements\": [{\"requestedElement\": [\"n\"], \"alternativeElementSets\": []}]}",
			NULL, MDOC_ERR_TYPE },
		{ "{\"alternativeDataElements\": [{\"requestedElement\": [\"n\", 1], \"alternativeElementSets\": []}]}",
			NULL, MDOC_ERR_TYPE },
		{ "{\"alternativeDataElements\": [{\"requestedElement\": [\"n\", \"e\"], "
		  "\"alternativeElementSets\": [1]}]}",
			NULL, MDOC_ERR_TYPE },
		{ "{\"alternativeDataElements\": [{\"requestedElement\": [\"n\", \"e\"], "
		  "\"alternativeElementSets\": [[\"n\", \"g\"]]}]}",
			NULL, MDOC_ERR_TYPE },
		{ "{\"issuerIdentifiers\": h'00'}", NULL, MDOC_ERR_TYPE },
		{ "{\"issuerIdentifiers\": [\"00\"]}", NULL, MDOC_ERR_TYPE },
		{ "{\"uniqueDocSetRequired\": 1}", NULL, MDOC_ERR_TYPE },
		{ "{\"maximumResponseSize\": \"10\"}", NULL, MDOC_ERR_TYPE },
		{ "{\"maximumResponseSize\": -1}", NULL, MDOC_ERR_TYPE },
		{ "{\"maximumResponseSize\": 0}", NULL, MDOC_ERR_VALUE },
		{ "{\"zkRequest\": []}", NULL, MDOC_ERR_TYPE },
		{ "{\"zkRequest\": {}}", NULL, MDOC_ERR_MISSING },
		{ "{\"zkRequest\": {\"zkRequired\": 1, \"systemSpecs\": []}}", NULL, MDOC_ERR_TYPE },
		{ "{\"zkRequest\": {\"systemSpecs\": [{\"zkSystemId\": \"i\"}]}}", NULL, MDOC_ERR_MISSING },
		{ "{\"docResponseEncryption\": 1}", NULL, MDOC_ERR_TYPE },
		{ "{\"docResponseEncryption\": 24(<<[]>>)}", NULL, MDOC_ERR_TYPE },
		{ "{\"docResponseEncryption\": 24(<<{}>>)}", NULL, MDOC_ERR_MISSING },
		{ "{\"docResponseEncryption\": {\"recipientPublicKey\": {}, \"nonce\": 1}}", NULL, MDOC_ERR_TYPE },
		{ "{\"docResponseEncryption\": {\"recipientPublicKey\": {}, \"recipientCertificate\": 1}}", NULL,
			MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": []", MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": 24(<<[]>>)", MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": 24(1)", MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": 24(<<{\"useCases\": {}}>>)", MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": 24(<<{\"useCases\": [1]}>>)", MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": 24(<<{\"useCases\": [{\"documentSets\": []}]}>>)", MDOC_ERR_MISSING },
		{ NULL, "\"deviceRequestInfo\": 24(<<{\"useCases\": [{\"mandatory\": true}]}>>)", MDOC_ERR_MISSING },
		{ NULL, "\"deviceRequestInfo\": 24(<<{\"useCases\": [{\"mandatory\": 1, \"documentSets\": []}]}>>)",
			MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": {\"useCases\": [{\"mandatory\": true, \"documentSets\": [0]}]}",
			MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": {\"useCases\": [{\"mandatory\": true, \"documentSets\": [[\"0\"]]}]}",
			MDOC_ERR_TYPE },
		{ NULL, "\"deviceRequestInfo\": {\"useCases\": [{\"mandatory\": true, \"documentSets\": [[2]]}]}",
			MDOC_ERR_VALUE },
		{ NULL, "\"deviceRequestInfo\": {\"useCases\": [{\"mandatory\": true, \"documentSets\": [[1, 0, 1]]}]}",
			MDOC_ERR_VALUE },
		{ NULL,
			"\"deviceRequestInfo\": {\"useCases\": [{\"mandatory\": true, \"documentSets\": [[0]], "
			"\"purposeHints\": []}]}",
			MDOC_ERR_TYPE },
		{ NULL,
			"\"deviceRequestInfo\": {\"useCases\": [{\"mandatory\": true, \"documentSets\": [[0]], "
			"\"purposeHints\": {1: 1}}]}",
			MDOC_ERR_TYPE },
		{ NULL, "\"readerAuthAll\": {}", MDOC_ERR_TYPE },
		{ NULL, "\"readerAuthAll\": [1, 2, 3, 4, 5, 6, 7, 8, 9]", MDOC_ERR_SIZE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_buf bytes = MDOC_BUF_EMPTY;
		struct mdoc_request *request = NULL;
		const enum mdoc_result res = parse("1.1", rows[i].request_info, rows[i].more, &bytes, &request);

		if (res != rows[i].res)
			printf("\n  row %zu: %s\n", i, mdoc_result_name(res));
		CU_ASSERT_EQUAL(res, rows[i].res);
		mdoc_request_free(request);
		mdoc_buf_clear(&bytes);
	}
}

/* A few bytes would make the holder keep as much as somebody likes. */
static void
names_are_counted(void)
{
	static const char info[] = "{\"alternativeDataElements\": [{\"requestedElement\": [\"n\", \"e\"], "
				   "\"alternativeElementSets\": [[[\"n\", \"g\"]]]}], \"issuerIdentifiers\": [h'00']}";
	static const char more[] = "\"deviceRequestInfo\": 24(<<{\"useCases\": [{\"mandatory\": true, "
				   "\"documentSets\": [[0], [1, 0]], \"purposeHints\": {\"c\": 1}}]}>>)";
	/* Three elements, two in the alternative, an issuer, three indexes, a hint. */
	enum { NAMES = 3 + 2 + 1 + 3 + 1 };
	struct mdoc_context *context = NULL;
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;

	CU_ASSERT_EQUAL_FATAL(mdoc_context_new(NULL, &context), MDOC_OK);
	make(&bytes, "1.1", info, more);
	for (size_t limit = 1; limit <= NAMES; limit++) {
		struct mdoc_request *request = NULL;

		CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_ASKED, limit), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_request_parse(context, mdoc_buf_bytes(&bytes), &request, NULL),
			limit < NAMES ? MDOC_ERR_SIZE : MDOC_OK);
		mdoc_request_free(request);
	}
	CU_ASSERT_EQUAL(mdoc_context_set_limit(context, MDOC_LIMIT_DOCUMENTS, 1), MDOC_OK);
	{
		struct mdoc_request *request = NULL;

		CU_ASSERT_EQUAL(mdoc_request_parse(context, mdoc_buf_bytes(&bytes), &request, NULL), MDOC_ERR_SIZE);
	}
	mdoc_buf_clear(&bytes);
	mdoc_context_free(context);
}

/* A holder of the first edition's rules would heed what version 1.0 does not have, or nobody would learn of it. */
static void
version_1_0_ignores(void)
{
	static const struct {
		const char *version, *request_info, *more;
		unsigned warnings;
	} rows[] = {
		{ "1.0", NULL, NULL, 0 },
		{ "1.0", "{\"mine\": 1}", NULL, 0 },
		{ "1.0", "{\"uniqueDocSetRequired\": 1}", NULL, MDOC_REQUEST_IGNORED_REQUEST_INFO },
		{ "1.0", NULL, "\"deviceRequestInfo\": 1", MDOC_REQUEST_IGNORED_INFO },
		{ "1.0", NULL, "\"readerAuthAll\": 1", MDOC_REQUEST_IGNORED_AUTH_ALL },
		{ "1.0", "{\"maximumResponseSize\": 9}", "\"readerAuthAll\": [], \"deviceRequestInfo\": 24(<<{}>>)",
			MDOC_REQUEST_IGNORED_REQUEST_INFO | MDOC_REQUEST_IGNORED_AUTH_ALL | MDOC_REQUEST_IGNORED_INFO },
		{ "1.1", "{\"maximumResponseSize\": 9}", "\"readerAuthAll\": [], \"deviceRequestInfo\": 24(<<{}>>)",
			0 },
		{ "1.2", "{\"maximumResponseSize\": 9}", "\"deviceRequestInfo\": {\"useCases\": []}",
			MDOC_REQUEST_INFO_BARE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_buf bytes = MDOC_BUF_EMPTY;
		struct mdoc_request *request = NULL;

		CU_ASSERT_EQUAL_FATAL(parse(rows[i].version, rows[i].request_info, rows[i].more, &bytes, &request),
			MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_request_warnings(request), rows[i].warnings);
		CU_ASSERT_PTR_NULL(mdoc_request_use_case(request, 0));
		CU_ASSERT_EQUAL(mdoc_request_auth_all_count(request), 0);
		CU_ASSERT_EQUAL(mdoc_doc_request_info(mdoc_request_doc(request, 0)) != NULL,
			rows[i].version[2] != '0' && rows[i].request_info != NULL);
		mdoc_request_free(request);
		mdoc_buf_clear(&bytes);
	}
}

/* What other readers send would be refused for its form, or for what is new in it. */
static void
other_forms_are_read(void)
{
	static const char info[] =
		"{\"mine\": null, \"issuerIdentifiers\": [], \"alternativeDataElements\": [], "
		"\"uniqueDocSetRequired\": false, \"zkRequest\": {\"new\": 1, \"systemSpecs\": [{\"zkSystemId\": "
		"\"i\", "
		"\"system\": \"s\", \"new\": 1, \"params\": {\"a\": 1}}]}, "
		"\"docResponseEncryption\": {\"recipientPublicKey\": {1: 9}, \"recipientCertificate\": [h'30', h'31'], "
		"\"new\": 1}}";
	static const char more[] = "\"new\": 1, \"deviceRequestInfo\": 24(<<{\"new\": 1, \"useCases\": [{\"new\": 1, "
				   "\"mandatory\": false, \"documentSets\": [[0, 1], [1]], \"purposeHints\": "
				   "{\"a\": \"text\", \"b\": -3, \"c\": 1}}]}>>)";
	struct mdoc_buf bytes = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	const struct mdoc_request_info *read;
	const struct mdoc_use_case *use_case;

	CU_ASSERT_EQUAL_FATAL(parse("1.1", info, more, &bytes, &request), MDOC_OK);
	read = mdoc_doc_request_info(mdoc_request_doc(request, 0));
	CU_ASSERT_PTR_NOT_NULL_FATAL(read);
	CU_ASSERT_PTR_NULL(mdoc_doc_request_info(mdoc_request_doc(request, 1)));
	CU_ASSERT_EQUAL(read->unique, MDOC_UNIQUE_NO);
	CU_ASSERT_EQUAL(read->maximum_size, 0);
	CU_ASSERT_FALSE(read->zk->required);
	CU_ASSERT_EQUAL(read->zk->count, 1);
	CU_ASSERT_EQUAL(read->zk->systems[0].params.len, 4);
	CU_ASSERT_EQUAL(read->encryption->recipient.curve, MDOC_CURVE_NONE);
	CU_ASSERT_EQUAL(read->encryption->certificate_count, 2);
	use_case = mdoc_request_use_case(request, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(use_case);
	CU_ASSERT_FALSE(use_case->mandatory);
	CU_ASSERT_EQUAL_FATAL(use_case->set_count, 2);
	CU_ASSERT_EQUAL(use_case->sets[0].docs[1], 1);
	CU_ASSERT_EQUAL(use_case->hint_count, 2);
	CU_ASSERT_EQUAL(use_case->hints[0].code, -3);
	CU_ASSERT_PTR_NULL(mdoc_request_use_case(request, 1));
	mdoc_request_free(request);
	mdoc_buf_clear(&bytes);
}

/* One of everything. */
struct everything {
	struct soft_key key;
	struct mdoc_asked asked[2];
	struct mdoc_element_ref refs[3];
	struct mdoc_element_set sets[2];
	struct mdoc_alternative alternative;
	struct mdoc_bytes issuers[2];
	struct mdoc_zk_system system;
	struct mdoc_zk_request zk;
	struct mdoc_response_encryption encryption;
	struct mdoc_request_info info;
	struct mdoc_ask docs[2];
	size_t indexes[3];
	struct mdoc_document_set document_sets[2];
	struct mdoc_purpose_hint hint;
	struct mdoc_use_case use_case;
	struct mdoc_request_options options;
};

static void
everything_make(struct everything *e)
{
	memset(e, 0, sizeof(*e));
	CU_ASSERT_TRUE_FATAL(soft_key_make(&e->key, "P-256"));
	e->asked[0] = (struct mdoc_asked){ mdoc_text("n"), mdoc_text("age_over_18"), true };
	e->asked[1] = (struct mdoc_asked){ mdoc_text("n"), mdoc_text("portrait"), false };
	e->refs[0] = (struct mdoc_element_ref){ mdoc_text("n"), mdoc_text("age_in_years") };
	e->refs[1] = (struct mdoc_element_ref){ mdoc_text("n"), mdoc_text("birth_date") };
	e->refs[2] = (struct mdoc_element_ref){ mdoc_text("m"), mdoc_text("today") };
	e->sets[0] = (struct mdoc_element_set){ e->refs, 1 };
	e->sets[1] = (struct mdoc_element_set){ e->refs + 1, 2 };
	e->alternative = (struct mdoc_alternative){ { e->asked[0].ns, e->asked[0].element }, e->sets, 2 };
	e->issuers[0] = mdoc_text("aki one");
	e->issuers[1] = mdoc_text("aki two");
	e->system = (struct mdoc_zk_system){ mdoc_text("id"), mdoc_text("longfellow"), mdoc_bytes_of("\xa0", 1) };
	e->zk = (struct mdoc_zk_request){ &e->system, 1, true };
	e->encryption = (struct mdoc_response_encryption){ .recipient = e->key.pub,
		.nonce = mdoc_text("nonce"),
		.certificates = e->issuers,
		.certificate_count = 1 };
	e->info = (struct mdoc_request_info){ &e->alternative, 1, e->issuers, 2, MDOC_UNIQUE_YES, 65536, &e->zk,
		&e->encryption };
	for (size_t i = 0; i < 2; i++)
		e->docs[i] = (struct mdoc_ask){ .doc_type = mdoc_text("d"), .asked = e->asked, .count = 2 };
	e->docs[0].info = &e->info;
	e->indexes[1] = 1;
	e->document_sets[0] = (struct mdoc_document_set){ e->indexes, 2 };
	e->document_sets[1] = (struct mdoc_document_set){ e->indexes + 1, 1 };
	e->hint = (struct mdoc_purpose_hint){ mdoc_text("org.iso.jtc1.sc17"), 3 };
	e->use_case = (struct mdoc_use_case){ true, e->document_sets, 2, &e->hint, 1 };
	e->options = (struct mdoc_request_options){ .edition = MDOC_EDITION_2,
		.use_cases = &e->use_case,
		.use_case_count = 1 };
}

/* A reader would send what no holder reads as it was meant. */
static void
building_refuses(void)
{
	struct everything e;
	struct mdoc_purpose_hint hints[2];
	struct mdoc_buf buf = MDOC_BUF_EMPTY;

	everything_make(&e);
	for (unsigned fault = 0; fault < 11; fault++) {
		struct mdoc_error error = { .code = MDOC_OK };

		soft_key_clear(&e.key);
		everything_make(&e);
		hints[0] = hints[1] = e.hint;
		switch (fault) {
		case 0:
			e.options.edition = MDOC_EDITION_2021;
			break;
		case 1:
			e.options.edition = MDOC_EDITION_2021;
			e.options.use_case_count = 0;
			break;
		case 2:
			e.indexes[1] = 2;
			break;
		case 3:
			e.indexes[1] = 0;
			break;
		case 4:
			e.use_case.set_count = 0;
			break;
		case 5:
			e.document_sets[1].count = 0;
			break;
		case 6:
			e.alternative.requested.element = mdoc_text("age_over_20");
			break;
		case 7:
			e.sets[0].count = 0;
			break;
		case 8:
			e.zk.count = 0;
			break;
		case 9:
			e.use_case.hints = hints;
			e.use_case.hint_count = 2;
			break;
		default:
			e.docs[1].doc_type = mdoc_bytes_of("\xff", 1);
			break;
		}
		CU_ASSERT_EQUAL(mdoc_request_build(NULL, e.docs, 2, &e.options, &buf, &error), MDOC_ERR_ARG);
		CU_ASSERT_EQUAL(error.code, MDOC_ERR_ARG);
		CU_ASSERT_EQUAL(buf.len, 0);
	}
	soft_key_clear(&e.key);
	mdoc_buf_clear(&buf);
}

/* A holder would be told something else than the reader said; other implementations would not read it. */
static void
everything_reads_back(void)
{
	static const char info_text[] =
		"{\"alternativeDataElements\": [{\"requestedElement\": [\"n\", \"age_over_18\"], "
		"\"alternativeElementSets\": [[[\"n\", \"age_in_years\"]], [[\"n\", \"birth_date\"], "
		"[\"m\", \"today\"]]]}], \"issuerIdentifiers\": [h'616b69206f6e65', h'616b692074776f'], "
		"\"uniqueDocSetRequired\": true, \"maximumResponseSize\": 65536, \"zkRequest\": {\"systemSpecs\": "
		"[{\"zkSystemId\": \"id\", \"system\": \"longfellow\", \"params\": {}}], \"zkRequired\": true}}";
	static const char use_text[] = "24(<<{\"useCases\": [{\"mandatory\": true, \"documentSets\": [[0, 1], [1]], "
				       "\"purposeHints\": {\"org.iso.jtc1.sc17\": 3}}]}>>)";
	struct mdoc_buf buf = MDOC_BUF_EMPTY, expected = MDOC_BUF_EMPTY;
	struct mdoc_request *request = NULL;
	const struct mdoc_request_info *info;
	struct everything e;

	everything_make(&e);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, e.docs, 2, &e.options, &buf, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&buf), &request, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_request_version(request), "1.1"));
	CU_ASSERT_EQUAL(mdoc_request_warnings(request), 0);
	info = mdoc_doc_request_info(mdoc_request_doc(request, 0));
	CU_ASSERT_PTR_NOT_NULL_FATAL(info);
	CU_ASSERT_TRUE(mdoc_key_equal(&info->encryption->recipient, &e.key.pub));
	CU_ASSERT_TRUE(mdoc_bytes_is_text(info->encryption->nonce, "nonce"));
	CU_ASSERT_EQUAL(info->encryption->certificate_count, 1);
	CU_ASSERT_EQUAL(info->encryption->parameters.ptr[0], 0xd8);
	mdoc_request_free(request);
	/* Byte for byte, but for the key. */
	mdoc_buf_clear(&buf);
	e.info.encryption = NULL;
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, e.docs, 2, &e.options, &buf, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&buf), &request, NULL), MDOC_OK);
	diag_put(&expected, info_text);
	CU_ASSERT_TRUE(
		mdoc_bytes_equal(mdoc_node_span(mdoc_map_text(mdoc_cbor_root(request->docs[0].scan), "requestInfo")),
			mdoc_buf_bytes(&expected)));
	mdoc_buf_clear(&expected);
	diag_put(&expected, use_text);
	CU_ASSERT_TRUE(mdoc_bytes_equal(request->device_request_info_item, mdoc_buf_bytes(&expected)));
	mdoc_request_free(request);
	mdoc_buf_clear(&expected);
	mdoc_buf_clear(&buf);
	soft_key_clear(&e.key);
}

/* A holder would give 個人番号 without being told by which law it is asked for, or by a law that nobody stated. */
static void
legal_basis_is_stated(void)
{
	struct mdoc_asked asked = { mdoc_text("n"), mdoc_text("e"), false };
	struct mdoc_ask docs[] = { { .doc_type = mdoc_text("d"), .asked = &asked, .count = 1 },
		{ .doc_type = mdoc_text("d"), .asked = &asked, .count = 1, .legal_basis = mdoc_text("番号法第14条") } };
	const struct mdoc_request_info info = { .maximum_size = 9 };

	for (int second = 0; second < 2; second++) {
		const struct mdoc_request_options options = { .edition = second ? MDOC_EDITION_2 : MDOC_EDITION_2021 };
		struct mdoc_buf buf = MDOC_BUF_EMPTY;
		struct mdoc_request *request = NULL;

		docs[1].info = second ? &info : NULL;
		CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, docs, 2, &options, &buf, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&buf), &request, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_request_warnings(request), 0);
		CU_ASSERT_PTR_NULL(mdoc_doc_request_legal_basis(mdoc_request_doc(request, 0)).ptr);
		CU_ASSERT_TRUE(
			mdoc_bytes_is_text(mdoc_doc_request_legal_basis(mdoc_request_doc(request, 1)), "番号法第14条"));
		CU_ASSERT_EQUAL(mdoc_doc_request_info(mdoc_request_doc(request, 1)) != NULL, second == 1);
		mdoc_request_free(request);
		mdoc_buf_clear(&buf);
	}
}

/* Running out of memory at any point would crash, leak, or drop what the reader asked for. */
static void
every_allocation_may_fail(void)
{
	struct mdoc_buf buf = MDOC_BUF_EMPTY;
	struct everything e;
	size_t calls;

	everything_make(&e);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, e.docs, 2, &e.options, &buf, NULL), MDOC_OK);
	for (unsigned build = 0; build < 2; build++) {
		struct mdoc_buf out = MDOC_BUF_EMPTY;

		calls = SIZE_MAX;
		for (size_t call = 0; call <= calls; call++) {
			struct mdoc_request *request = NULL;
			enum mdoc_result res;

			alloc_reset();
			alloc_fail_at(call);
			if (build != 0)
				res = mdoc_request_build(NULL, e.docs, 2, &e.options, &out, NULL);
			else
				res = mdoc_request_parse(NULL, mdoc_buf_bytes(&buf), &request, NULL);
			if (call == 0)
				calls = alloc_calls();
			CU_ASSERT_EQUAL(res, call == 0 ? MDOC_OK : MDOC_ERR_MEMORY);
			CU_ASSERT_TRUE((request != NULL) == (build == 0 && res == MDOC_OK));
			mdoc_request_free(request);
			alloc_reset();
			mdoc_buf_clear(&out);
		}
		CU_ASSERT_TRUE(calls > 10 && calls < 500);
	}
	mdoc_buf_clear(&buf);
	soft_key_clear(&e.key);
}

CU_TestInfo request_info_tests[] = {
	{ "another shape is refused", wrong_shapes_are_refused },
	{ "names are counted", names_are_counted },
	{ "version 1.0 ignores what it does not have", version_1_0_ignores },
	{ "building refuses what can't be read", building_refuses },
	{ "every allocation may fail", every_allocation_may_fail },
	{ "other forms are read", other_forms_are_read },
	{ "everything reads back", everything_reads_back },
	{ "a legal basis is stated in either edition", legal_basis_is_stated },
	CU_TEST_INFO_NULL,
};
