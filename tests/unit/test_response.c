/*
 * tests/unit/test_response.c: DeviceResponse read, sized and built.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/request/request_internal.h"
#include "mdoc/response/response_internal.h"
#include "tests/unit/mdoc_test.h"
#include <string.h>

extern CU_TestInfo response_tests[];

#define ASK(ns, element) \
	{ \
		{ (const uint8_t *)(ns), sizeof(ns) - 1 }, { (const uint8_t *)(element), sizeof(element) - 1 }, false \
	}

static const struct mdoc_asked asked[] = {
	ASK(KIT_JP, "local_gov_code_unicode"),
	ASK(KIT_ISO, "age_over_19"),
	ASK(KIT_ISO, "nationality"),
	ASK(KIT_JP, "individual_number_unicode"),
	ASK(KIT_ISO, "sex"),
	ASK(KIT_JP, "portrait"),
};

struct answer {
	struct kit kit;
	struct mdoc_issuer_signed *record;
	struct mdoc_buf request_bytes;
	struct mdoc_request *request;
	struct mdoc_selection selection;
	struct mdoc_bytes transcript;
};

static void
answer_make(struct answer *a, const char *group, size_t count, bool others)
{
	const struct mdoc_ask docs[] = {
		{ .doc_type = mdoc_text(KIT_DOCTYPE), .asked = asked, .count = count },
		{ .doc_type = mdoc_text("a.first.other"), .asked = asked, .count = 1 },
		{ .doc_type = mdoc_text("another"), .asked = asked, .count = 1 },
		{ .doc_type = mdoc_text("a.first.other"), .asked = asked, .count = 2 },
	};

	memset(a, 0, sizeof(*a));
	kit_make(&a->kit, group);
	a->transcript = hex_load("83 f6 f6 f6");
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&a->kit.record), &a->record, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, docs, others ? 4 : 1, NULL, &a->request_bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&a->request_bytes), &a->request, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_select(a->record, a->request, NULL, 0, false, &a->selection, NULL), MDOC_OK);
}

static void
answer_clear(struct answer *a)
{
	mdoc_selection_clear(&a->selection);
	mdoc_request_free(a->request);
	mdoc_buf_clear(&a->request_bytes);
	mdoc_issuer_signed_free(a->record);
	bytes_free(a->transcript);
	kit_clear(&a->kit);
}

static bool
sign_with_key(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed)
{
	const struct soft_key *key = arg;
	struct mdoc_device_authentication parts;

	return mdoc_device_authentication_parse(NULL, device_authentication_bytes, &parts, NULL) == MDOC_OK &&
		mdoc_device_signed_put(device_signed, device_authentication_bytes, parts.namespaces_bytes,
			&key->signer) == MDOC_OK;
}

static bool
sign_badly(void *arg, struct mdoc_bytes device_authentication_bytes, struct mdoc_buf *device_signed)
{
	(void)device_authentication_bytes;
	mdoc_buf_append(device_signed, mdoc_text(arg));
	return ((const char *)arg)[0] != '!';
}

/* A response would go out with a signature missing or with rubbish in its place. */
static void
failed_signers_give_no_response(void)
{
	static char no[] = "!", nothing[] = "", rubbish[] = "\x62y", two[] = "zz";
	char *const bad[] = { no, nothing, rubbish, two };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct answer a;

	answer_make(&a, "P-256", 6, false);
	for (size_t i = 0; i < 4; i++) {
		const struct mdoc_device_signer signer = { sign_badly, bad[i] };

		CU_ASSERT_EQUAL(mdoc_response_build(&a.selection, a.transcript, &signer, &out, NULL),
			MDOC_ERR_CALLBACK);
		CU_ASSERT_EQUAL(out.len, 0);
	}
	mdoc_buf_clear(&out);
	answer_clear(&a);
}

/* A caller's buffer would be too small after the copy was spent (design: size before spending). */
static void
size_is_what_build_writes(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521" };

	for (size_t g = 0; g < 3; g++) {
		for (size_t count = 1; count <= 6; count++) {
			for (unsigned others = 0; others < 2; others++) {
				struct mdoc_buf out = MDOC_BUF_EMPTY;
				struct mdoc_device_signer signer = { sign_with_key, NULL };
				struct answer a;
				size_t size = 0;

				answer_make(&a, groups[g], count, others != 0);
				signer.arg = &a.kit.device;
				CU_ASSERT_EQUAL(mdoc_response_size(&a.selection, &size), MDOC_OK);
				CU_ASSERT_EQUAL(mdoc_response_build(&a.selection, a.transcript, &signer, &out, NULL),
					MDOC_OK);
				CU_ASSERT_EQUAL(out.len, size);
				mdoc_buf_clear(&out);
				answer_clear(&a);
			}
		}
	}
}

static size_t
count_pairs(struct mdoc_node errors, const char *ns)
{
	return mdoc_node_count(mdoc_map_text(errors, ns));
}

/* A reader would not accept what we send, or see other bytes than the issuer signed. */
static void
built_response_reads_back(void)
{
	struct mdoc_device_signer signer = { sign_with_key, NULL };
	struct mdoc_buf out = MDOC_BUF_EMPTY, to_check = MDOC_BUF_EMPTY;
	struct mdoc_response *response = NULL;
	const struct mdoc_document *doc;
	struct answer a;

	answer_make(&a, "P-256", 6, true);
	signer.arg = &a.kit.device;
	CU_ASSERT_EQUAL_FATAL(mdoc_response_build(&a.selection, a.transcript, &signer, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, mdoc_buf_bytes(&out), &response, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(response->version, "1.0"));
	CU_ASSERT_EQUAL(response->status, 0);
	CU_ASSERT_EQUAL_FATAL(response->count, 1);
	doc = &response->documents[0];
	CU_ASSERT_TRUE(mdoc_bytes_is_text(doc->doc_type, KIT_DOCTYPE));
	CU_ASSERT_EQUAL(doc->issuer_signed->count, 2);
	CU_ASSERT_EQUAL(mdoc_issuer_signed_check_digests(NULL, doc->issuer_signed, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_node_span(doc->issuer_signed->issuer_auth.node),
		mdoc_node_span(a.record->issuer_auth.node)));
	for (size_t i = 0; i < a.selection.count; i++) {
		const struct mdoc_namespace *ns = mdoc_find_namespace(doc->issuer_signed, a.selection.item_ns[i]->name);
		const struct mdoc_item *item;

		CU_ASSERT_PTR_NOT_NULL_FATAL(ns);
		item = mdoc_find_item(ns, a.selection.items[i]->element);
		CU_ASSERT_PTR_NOT_NULL_FATAL(item);
		CU_ASSERT_TRUE(mdoc_bytes_equal(item->tagged, a.selection.items[i]->tagged));
	}
	mdoc_put_device_authentication_bytes(&to_check, a.transcript, doc->doc_type,
		doc->device_signed.namespaces_bytes);
	CU_ASSERT_FALSE(doc->device_signed.is_mac);
	CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, &doc->device_signed.signature, &a.kit.device.pub,
				mdoc_buf_bytes(&to_check)),
		MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_node_count(doc->errors), 2);
	CU_ASSERT_EQUAL(count_pairs(doc->errors, KIT_ISO), 2);
	CU_ASSERT_EQUAL(count_pairs(doc->errors, KIT_JP), 1);
	CU_ASSERT_EQUAL(mdoc_node_count(response->document_errors), 2); /* each other docType once */
	mdoc_response_free(response);
	mdoc_buf_clear(&to_check);
	mdoc_buf_clear(&out);
	answer_clear(&a);
}

/* A response without documents, which says why, would be unreadable. */
static void
errors_only_parse(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result res;
	} rows[] = {
		{ "a2 6776657273696f6e 63312e30 66737461747573 00", MDOC_OK },
		{ "a2 6776657273696f6e 63312e30 66737461747573 0a", MDOC_OK },
		{ "a1 6776657273696f6e 63312e30", MDOC_ERR_MISSING },
		{ "a1 66737461747573 00", MDOC_ERR_MISSING },
		{ "a2 6776657273696f6e 01 66737461747573 00", MDOC_ERR_TYPE },
		{ "a2 6776657273696f6e 63312e30 66737461747573 20", MDOC_ERR_TYPE },
		{ "a3 6776657273696f6e 63312e30 66737461747573 00 69646f63756d656e7473 a0", MDOC_ERR_TYPE },
		{ "a3 6776657273696f6e 63312e30 66737461747573 00 69646f63756d656e7473 81 00", MDOC_ERR_TYPE },
		{ "a3 6776657273696f6e 63312e30 66737461747573 00 69646f63756d656e7473 81 a0", MDOC_ERR_MISSING },
		{ "80", MDOC_ERR_TYPE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes input = hex_load(rows[i].hex);
		struct mdoc_response *response = NULL;

		CU_ASSERT_EQUAL(mdoc_response_parse(NULL, input, &response, NULL), rows[i].res);
		CU_ASSERT_TRUE(response == NULL || response->count == 0);
		mdoc_response_free(response);
		bytes_free(input);
	}
}

CU_TestInfo response_tests[] = {
	{ "no response without a signature", failed_signers_give_no_response },
	{ "structure is checked, errors alone are fine", errors_only_parse },
	{ "the size is what build writes", size_is_what_build_writes },
	{ "a built response reads back", built_response_reads_back },
	CU_TEST_INFO_NULL,
};
