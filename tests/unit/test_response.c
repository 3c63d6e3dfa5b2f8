/*
 * tests/unit/test_response.c: DeviceResponse read, sized and built.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/issuer/issuer_signed_internal.h"
#include "mdoc/request/request_internal.h"
#include "mdoc/response/response_internal.h"
#include "tests/unit/diag.h"
#include "tests/unit/mdoc_test.h"
#include <stdlib.h>
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
	struct mdoc_selection *selection;
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

	struct mdoc_held held = { .record = NULL };

	memset(a, 0, sizeof(*a));
	kit_make(&a->kit, group);
	a->transcript = hex_load("83 f6 f6 f6");
	CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&a->kit.record), &a->record, NULL),
		MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_build(NULL, docs, others ? 4 : 1, NULL, &a->request_bytes, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&a->request_bytes), &a->request, NULL), MDOC_OK);
	held.record = a->record;
	CU_ASSERT_EQUAL_FATAL(mdoc_select(NULL, a->request, &held, 1, NULL, &a->selection, NULL), MDOC_OK);
}

static void
answer_clear(struct answer *a)
{
	mdoc_selection_free(a->selection);
	mdoc_request_free(a->request);
	mdoc_buf_clear(&a->request_bytes);
	mdoc_issuer_signed_free(a->record);
	bytes_free(a->transcript);
	kit_clear(&a->kit);
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
		const struct mdoc_device_key key = { .device_signer = &signer };
		const struct mdoc_response_options options = { .transcript = a.transcript, .keys = &key };

		CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, &options, &out, NULL), MDOC_ERR_CALLBACK);
		CU_ASSERT_EQUAL(out.len, 0);
	}
	mdoc_buf_clear(&out);
	answer_clear(&a);
}

/* A caller who forgot a key would get a response that no reader takes. */
static void
bad_arguments_are_refused(void)
{
	const struct mdoc_device_key none = { .signer = NULL };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	struct answer a;
	struct mdoc_device_key both;
	struct mdoc_device_signer other;
	struct mdoc_response_options options = { .keys = &none };

	answer_make(&a, "P-256", 1, false);
	soft_device_signer(&a.kit.device, &other);
	both = (struct mdoc_device_key){ .signer = &a.kit.device.signer, .device_signer = &other };
	CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, NULL, &out, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, &options, &out, NULL), MDOC_ERR_ARG);
	options.transcript = a.transcript;
	CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, &options, &out, NULL), MDOC_ERR_ARG);
	options.keys = &both;
	CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, &options, &out, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(out.len, 0);
	for (size_t i = 0; mdoc_selection_choice(a.selection, 0, i) != NULL; i++)
		(void)mdoc_selection_agree(a.selection, 0, i, false);
	CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, &options, &out, NULL), MDOC_ERR_NOTHING);
	CU_ASSERT_EQUAL(out.len, 0);
	mdoc_buf_clear(&out);
	answer_clear(&a);
}

struct counted {
	struct mdoc_signer inner;
	unsigned calls;
};

static bool
sign_counted(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	struct counted *counted = arg;

	counted->calls++;
	return counted->inner.sign(counted->inner.arg, alg, tbs, sig);
}

/* A caller's buffer would be too small after the copy was spent (design: size before spending). */
static void
size_is_what_build_writes(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521" };

	for (size_t i = 0; i < 3 * 6 * 2; i++) {
		struct mdoc_buf out = MDOC_BUF_EMPTY;
		struct answer a;
		struct counted counted = { .calls = 0 };
		struct mdoc_signer signer;
		const struct mdoc_device_key key = { .signer = &signer };
		struct mdoc_response_options options = { .keys = &key };
		uint8_t little[16];
		struct mdoc_buf fixed = MDOC_BUF_OVER(little, sizeof(little));
		size_t size = 0;

		answer_make(&a, groups[i / 12], 1 + i % 6, i / 6 % 2 != 0);
		counted.inner = a.kit.device.signer;
		signer = a.kit.device.signer;
		signer.sign = sign_counted;
		signer.arg = &counted;
		options.transcript = a.transcript;
		CU_ASSERT_EQUAL(mdoc_response_size(a.selection, NULL, &size), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, &options, &fixed, NULL), MDOC_ERR_BUFFER);
		CU_ASSERT_EQUAL(fixed.len, size);
		CU_ASSERT_EQUAL(counted.calls, 0);
		for (size_t less = 0; less < 2; less++) {
			uint8_t *room = malloc(size);

			fixed = MDOC_BUF_OVER(room, size - less);
			CU_ASSERT_PTR_NOT_NULL_FATAL(room);
			CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, &options, &fixed, NULL),
				less == 0 ? MDOC_OK : MDOC_ERR_BUFFER);
			CU_ASSERT_EQUAL(fixed.len, size);
			CU_ASSERT_EQUAL(counted.calls, 1);
			free(room);
		}
		CU_ASSERT_EQUAL(mdoc_response_build(NULL, a.selection, &options, &out, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(counted.calls, 2);
		CU_ASSERT_EQUAL(out.len, size);
		mdoc_buf_clear(&out);
		answer_clear(&a);
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
	struct mdoc_device_key key = { .signer = NULL };
	struct mdoc_response_options options = { .keys = &key };
	struct mdoc_buf out = MDOC_BUF_EMPTY, to_check = MDOC_BUF_EMPTY;
	struct mdoc_response *response = NULL;
	const struct mdoc_document *doc;
	const struct mdoc_choice *choice;
	struct answer a;

	answer_make(&a, "P-256", 6, true);
	key.signer = &a.kit.device.signer;
	options.transcript = a.transcript;
	CU_ASSERT_EQUAL_FATAL(mdoc_response_build(NULL, a.selection, &options, &out, NULL), MDOC_OK);
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
	for (size_t i = 0; (choice = mdoc_selection_choice(a.selection, 0, i)) != NULL; i++) {
		const struct mdoc_namespace *ns = mdoc_find_namespace(doc->issuer_signed, choice->ns);
		const struct mdoc_item *item = ns != NULL ? mdoc_find_item(ns, choice->element) : NULL;

		CU_ASSERT_EQUAL(item != NULL, choice->state == MDOC_LEAVES);
		if (item != NULL)
			CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_item_bytes(item),
				mdoc_item_bytes(
					mdoc_find_item(mdoc_find_namespace(a.record, choice->ns), choice->element))));
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

/* A wallet that cannot answer would stay silent, or a reader not understand it. */
static void
status_alone_is_written(void)
{
	static const enum mdoc_response_status statuses[] = { MDOC_STATUS_OK, MDOC_STATUS_GENERAL_ERROR,
		MDOC_STATUS_CBOR_DECODING, MDOC_STATUS_CBOR_VALIDATION };

	for (size_t i = 0; i < 8; i++) {
		const enum mdoc_edition edition = i < 4 ? MDOC_EDITION_2021 : MDOC_EDITION_2;
		struct mdoc_response *response = NULL;
		struct mdoc_buf out = MDOC_BUF_EMPTY;

		mdoc_put_response_status(&out, edition, statuses[i % 4]);
		CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, mdoc_buf_bytes(&out), &response, NULL), MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_response_status(response), (uint64_t)statuses[i % 4]);
		CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_response_version(response), i < 4 ? "1.0" : "1.1"));
		CU_ASSERT_PTR_NULL(mdoc_response_document(response, 0));
		mdoc_response_free(response);
		mdoc_buf_clear(&out);
	}
}

/* What the second edition puts beside the documents would make a response unreadable, or be lost. */
static void
second_edition_is_tolerated(void)
{
	struct mdoc_response *response = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	diag_put(&out,
		"{\"version\": \"1.1\", \"zkDocuments\": [1], \"encryptedDocuments\": [{}, {}], "
		"\"otherDocuments\": {}, \"unknown\": null, \"status\": 0}");
	CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, mdoc_buf_bytes(&out), &response, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_node_count(mdoc_response_zk_documents(response)), 1);
	CU_ASSERT_EQUAL(mdoc_node_count(mdoc_response_encrypted_documents(response)), 2);
	CU_ASSERT_TRUE(mdoc_node_present(mdoc_response_other_documents(response)));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_response_document_errors(response)));
	mdoc_response_free(response);
	mdoc_buf_clear(&out);
}

/* The law's record would be answered for with what is no signature (R-TX-01), or a MAC be no MAC. */
static void
mac_where_it_may_be(void)
{
	static const uint8_t transcript[] = { 0x83, 0xf6, 0xf6, 0xf6 };
	static const char *const doc_types[] = { KIT_DOCTYPE, "x" };

	for (unsigned i = 0; i < 8; i++) {
		const bool law = i % 2 == 0, only_mac = i / 2 % 2 != 0, with_reader = i / 4 != 0;
		const struct mdoc_ask doc = { .doc_type = mdoc_text(doc_types[i % 2]), .asked = asked, .count = 1 };
		struct mdoc_held held = { .record = NULL };
		struct mdoc_agreement agreement = { .arg = NULL };
		struct mdoc_device_key key = { .agreement = &agreement };
		struct mdoc_buf out = MDOC_BUF_EMPTY;
		struct mdoc_response *response = NULL;
		enum mdoc_result expected = MDOC_OK, res;
		struct soft_key reader;
		struct answer a;
		struct mdoc_response_options options = { .transcript = mdoc_bytes_of(transcript, sizeof(transcript)),
			.keys = &key,
			.mac = true };
		size_t size = 0;

		memset(&a, 0, sizeof(a));
		kit_make(&a.kit, "P-256");
		CU_ASSERT_TRUE_FATAL(soft_key_make(&reader, "P-256"));
		mdoc_buf_clear(&a.kit.record);
		a.kit.issue.doc_type = doc.doc_type;
		CU_ASSERT_EQUAL(mdoc_issuer_signed_build(NULL, &a.kit.issue, &a.kit.record, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_issuer_signed_parse(NULL, mdoc_buf_bytes(&a.kit.record), &a.record, NULL),
			MDOC_OK);
		CU_ASSERT_EQUAL(mdoc_request_build(NULL, &doc, 1, NULL, &a.request_bytes, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_request_parse(NULL, mdoc_buf_bytes(&a.request_bytes), &a.request, NULL),
			MDOC_OK);
		held.record = a.record;
		CU_ASSERT_EQUAL_FATAL(mdoc_select(NULL, a.request, &held, 1, NULL, &a.selection, NULL), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(mdoc_agreement_from_evp(NULL, a.kit.device.pkey, &agreement), MDOC_OK);
		key.signer = only_mac ? NULL : &a.kit.device.signer;
		options.reader_key = with_reader ? &reader.pub : NULL;
		if (only_mac)
			expected = law ? MDOC_ERR_ALGORITHM : with_reader ? MDOC_OK : MDOC_ERR_KEY;
		res = mdoc_response_build(NULL, a.selection, &options, &out, NULL);
		CU_ASSERT_EQUAL(res, expected);
		CU_ASSERT_EQUAL(res == MDOC_OK, out.len > 0);
		if (res == MDOC_OK) {
			CU_ASSERT_EQUAL(mdoc_response_size(a.selection, &options, &size), MDOC_OK);
			CU_ASSERT_EQUAL(size, out.len);
			CU_ASSERT_EQUAL_FATAL(mdoc_response_parse(NULL, mdoc_buf_bytes(&out), &response, NULL),
				MDOC_OK);
			CU_ASSERT_EQUAL(response->documents[0].device_signed.is_mac, !law && with_reader);
		}
		mdoc_response_free(response);
		mdoc_buf_clear(&out);
		mdoc_agreement_clear(&agreement);
		soft_key_clear(&reader);
		answer_clear(&a);
	}
}

CU_TestInfo response_tests[] = {
	{ "a MAC where it may be", mac_where_it_may_be },
	{ "bad arguments are refused", bad_arguments_are_refused },
	{ "a status alone", status_alone_is_written },
	{ "the second edition is tolerated", second_edition_is_tolerated },
	{ "no response without a signature", failed_signers_give_no_response },
	{ "structure is checked, errors alone are fine", errors_only_parse },
	{ "the size is what build writes", size_is_what_build_writes },
	{ "a built response reads back", built_response_reads_back },
	CU_TEST_INFO_NULL,
};
