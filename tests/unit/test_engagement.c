/*
 * tests/unit/test_engagement.c: DeviceEngagement and its QR text.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"
#include <mdoc/engagement.h>
#include <stdio.h>
#include <string.h>

extern CU_TestInfo engagement_tests[];

#define KEY_HEX \
	"d818584ba4010220012158205a88d182bce5f42efa59943f33359d2e8a968ff289d93e5fa444b624343167fe" \
	"225820b16e8cf858ddc7690407ba61d4c338237a8cfcf3de6aa672fc60a557aa32fc67"
#define SECURITY "01 8201 " KEY_HEX
#define VERSION "00 63312e30"
#define VERSION_1_1 "00 63312e31"
#define UUID "50 5045efef742b2c4837a9a3b0e1d05a69"

static enum mdoc_result
parse_hex(const char *hex, struct mdoc_engagement **engagement, struct mdoc_bytes *input, struct mdoc_error *error)
{
	*input = hex_load(hex);
	return mdoc_engagement_parse(NULL, *input, engagement, error);
}

/* A phone's engagement would be believed though it cannot be right, and a reader would connect to nothing. */
static void
refuses_what_is_wrong(void)
{
	static const struct {
		const char *hex;
		enum mdoc_result result;
		const char *path;
	} bad[] = {
		{ "a2 00 63322e30 " SECURITY, MDOC_ERR_VERSION, "version" },
		{ "a2 00 62312e " SECURITY, MDOC_ERR_VERSION, "version" },
		{ "a2 00 63312e78 " SECURITY, MDOC_ERR_VERSION, "version" },
		{ "a2 00 01 " SECURITY, MDOC_ERR_TYPE, "version" },
		{ "a1 " SECURITY, MDOC_ERR_MISSING, "version" },
		{ "a1 " VERSION, MDOC_ERR_MISSING, "security" },
		{ "a2 " VERSION " 01 8101", MDOC_ERR_TYPE, "security" },
		{ "a2 " VERSION " 01 8202 " KEY_HEX, MDOC_ERR_VALUE, "security" },
		{ "a2 " VERSION " 01 8201 43010203", MDOC_ERR_TYPE, "security.eDeviceKey" },
		{ "a2 " VERSION " 01 8201 d81841a0", MDOC_ERR_KEY, "security.eDeviceKey" },
		{ "a3 " VERSION " " SECURITY " 02 01", MDOC_ERR_TYPE, "deviceRetrievalMethods" },
		{ "a3 " VERSION " " SECURITY " 02 81 820201", MDOC_ERR_TYPE, "deviceRetrievalMethods[0]" },
		{ "a3 " VERSION " " SECURITY " 02 81 83020101", MDOC_ERR_TYPE, "deviceRetrievalMethods[0]" },
		{ "a3 " VERSION " " SECURITY " 02 81 830201a100f4", MDOC_ERR_MISSING, "deviceRetrievalMethods[0]" },
		{ "a3 " VERSION " " SECURITY " 02 81 830201a2000001f4", MDOC_ERR_TYPE, "deviceRetrievalMethods[0]" },
		{ "a3 " VERSION " " SECURITY " 02 81 830201a300f401f50b4105", MDOC_ERR_VALUE,
			"deviceRetrievalMethods[0]" },
		{ "a3 " VERSION " " SECURITY " 02 82 830201a200f401f5 830101a10018ff", MDOC_ERR_MISSING,
			"deviceRetrievalMethods[1]" },
		{ "a3 " VERSION " " SECURITY " 02 81 830301a1004101", MDOC_ERR_TYPE, "deviceRetrievalMethods[0]" },
		{ "a3 " VERSION_1_1 " " SECURITY " 05 01", MDOC_ERR_TYPE, "originInfos" },
		{ "a3 " VERSION_1_1 " " SECURITY " 06 01", MDOC_ERR_TYPE, "capabilities" },
		{ "a3 " VERSION " " VERSION " " SECURITY, MDOC_ERR_DUPLICATE_KEY, NULL },
		{ "a2 " VERSION " " SECURITY " 00", MDOC_ERR_TRAILING, NULL },
		{ "a3 " VERSION " " SECURITY, MDOC_ERR_TRUNCATED, NULL },
		{ "80", MDOC_ERR_TYPE, "" },
		{ "d818 01", MDOC_ERR_TYPE, "" },
		{ "d818 41 a0", MDOC_ERR_MISSING, "version" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mdoc_engagement *engagement = NULL;
		struct mdoc_error error = { .code = MDOC_OK };
		struct mdoc_bytes input;
		const enum mdoc_result res = parse_hex(bad[i].hex, &engagement, &input, &error);

		if (res != bad[i].result || (bad[i].path != NULL && strcmp(error.path, bad[i].path) != 0))
			(void)printf("row %zu: %s at \"%s\"\n", i, mdoc_result_name(res), error.path);
		CU_ASSERT_EQUAL(res, bad[i].result);
		CU_ASSERT_EQUAL(error.code, bad[i].result);
		CU_ASSERT_TRUE(bad[i].path == NULL || strcmp(error.path, bad[i].path) == 0);
		CU_ASSERT_PTR_NULL(engagement);
		bytes_free(input);
	}
}

/* An engagement cut off anywhere would be read beyond its end, or taken for whole. */
static void
refuses_every_prefix(void)
{
	struct mdoc_bytes whole = vector_load("annexD/device_engagement.cbor");

	for (size_t len = 0; len < whole.len; len++) {
		struct mdoc_engagement *engagement = NULL;
		struct mdoc_bytes part = bytes_copy(mdoc_bytes_of(whole.ptr, len));

		CU_ASSERT_NOT_EQUAL(mdoc_engagement_parse(NULL, part, &engagement, NULL), MDOC_OK);
		CU_ASSERT_PTR_NULL(engagement);
		bytes_free(part);
	}
	bytes_free(whole);
}

/* More methods than the stated cap would be taken in. */
static void
refuses_too_many(void)
{
	struct mdoc_buf input = MDOC_BUF_EMPTY;
	struct mdoc_engagement *engagement = NULL;
	struct mdoc_bytes head = hex_load("a3 " VERSION " " SECURITY " 02");

	mdoc_buf_append(&input, head);
	mdoc_put_array(&input, MDOC_RETRIEVALS_MAX + 1);
	for (size_t i = 0; i <= MDOC_RETRIEVALS_MAX; i++) {
		mdoc_put_array(&input, 3);
		mdoc_put_uint(&input, 9);
		mdoc_put_uint(&input, 1);
		mdoc_put_map(&input, 0);
	}
	CU_ASSERT_EQUAL(mdoc_engagement_parse(NULL, mdoc_buf_bytes(&input), &engagement, NULL), MDOC_ERR_SIZE);
	mdoc_buf_clear(&input);
	bytes_free(head);
}

/* A reader would not find a standard phone, or compute other keys than it. */
static void
reads_annex_d(void)
{
	struct mdoc_bytes input = vector_load("annexD/device_engagement.cbor");
	struct mdoc_bytes key_bytes = vector_load("annexD/e_device_key_bytes.cbor");
	struct mdoc_engagement *engagement = NULL;
	const struct mdoc_retrieval *ble;

	CU_ASSERT_EQUAL_FATAL(mdoc_engagement_parse(NULL, input, &engagement, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_engagement_version(engagement), "1.0"));
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_engagement_bytes(engagement), input));
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_engagement_key_bytes(engagement), key_bytes));
	CU_ASSERT_EQUAL(mdoc_engagement_key(engagement)->curve, MDOC_CURVE_P256);
	ble = mdoc_engagement_retrieval(engagement, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ble);
	CU_ASSERT_TRUE(ble->known && ble->type == MDOC_RETRIEVAL_BLE && ble->version == 1);
	CU_ASSERT_TRUE(!ble->ble.server && ble->ble.client);
	CU_ASSERT_EQUAL(ble->ble.client_uuid.len, MDOC_UUID_SIZE);
	CU_ASSERT_PTR_NULL(ble->ble.server_uuid.ptr);
	CU_ASSERT_PTR_NULL(mdoc_engagement_retrieval(engagement, 1));
	CU_ASSERT_FALSE(mdoc_node_present(mdoc_engagement_server_retrieval(engagement)));
	CU_ASSERT_FALSE(mdoc_engagement_capable(engagement, MDOC_CAPABILITY_READER_AUTH_ALL));
	mdoc_engagement_free(engagement);
	bytes_free(key_bytes);
	bytes_free(input);
}

/* A newer phone, or one with methods of its own, would be turned away. */
static void
tolerates_what_is_new(void)
{
	struct mdoc_engagement *engagement = NULL;
	struct mdoc_bytes input;
	const struct mdoc_origin *origin;
	const struct mdoc_retrieval *method;

	/* An unknown key, an unknown method, BLE of a version to come, one origin that is none and one that is. */
	CU_ASSERT_EQUAL_FATAL(parse_hex("a9 " VERSION_1_1 " " SECURITY " 02 82 830901f6 83020281"
					"05 03 a0 04 6161 05 82 01 a3 63636174 01 6474797065 01"
					" 6764657461696c73 a1 66646f6d61696e 6161 06 a3 03f5 04f4 1863f6 1863 f6 2a 80",
				      &engagement, &input, NULL),
		MDOC_OK);
	method = mdoc_engagement_retrieval(engagement, 0);
	CU_ASSERT_TRUE(method != NULL && !method->known && method->type == 9 && method->options.len == 1);
	method = mdoc_engagement_retrieval(engagement, 1);
	CU_ASSERT_TRUE(method != NULL && !method->known && method->version == 2);
	origin = mdoc_engagement_origin(engagement, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(origin);
	CU_ASSERT_TRUE(origin->cat == 1 && origin->type == 1 && mdoc_bytes_is_text(origin->domain, "a"));
	CU_ASSERT_PTR_NULL(mdoc_engagement_origin(engagement, 1));
	CU_ASSERT_TRUE(mdoc_engagement_capable(engagement, MDOC_CAPABILITY_READER_AUTH_ALL));
	CU_ASSERT_FALSE(mdoc_engagement_capable(engagement, MDOC_CAPABILITY_EXTENDED_REQUEST));
	CU_ASSERT_FALSE(mdoc_engagement_capable(engagement, MDOC_CAPABILITY_HANDOVER_SESSION));
	CU_ASSERT_TRUE(mdoc_node_present(mdoc_engagement_server_retrieval(engagement)));
	CU_ASSERT_TRUE(mdoc_node_present(mdoc_engagement_protocol_info(engagement)));
	mdoc_engagement_free(engagement);
	bytes_free(input);
}

/* ReaderAuthAll would be sent to a phone of the first edition, on the word of a key that means nothing to it. */
static void
takes_capabilities_from_1_1_only(void)
{
	struct mdoc_engagement *engagement = NULL;
	struct mdoc_bytes input;

	CU_ASSERT_EQUAL_FATAL(parse_hex("a4 " VERSION " " SECURITY " 05 01 06 a1 03f5", &engagement, &input, NULL),
		MDOC_OK);
	CU_ASSERT_FALSE(mdoc_engagement_capable(engagement, MDOC_CAPABILITY_READER_AUTH_ALL));
	CU_ASSERT_PTR_NULL(mdoc_engagement_origin(engagement, 0));
	mdoc_engagement_free(engagement);
	bytes_free(input);
}

static const uint8_t uuid[MDOC_UUID_SIZE] = { 0x50, 0x45, 0xef, 0xef, 0x74, 0x2b, 0x2c, 0x48, 0x37, 0xa9, 0xa3, 0xb0,
	0xe1, 0xd0, 0x5a, 0x69 };
static const uint8_t address[MDOC_BLE_ADDRESS_SIZE] = { 1, 2, 3, 4, 5, 6 };
static const uint8_t bands[] = { 0x28 };

static void
annex_d_key(struct mdoc_public_key *key)
{
	struct mdoc_bytes input = vector_load("annexD/device_engagement.cbor");
	struct mdoc_engagement *engagement = NULL;

	CU_ASSERT_EQUAL_FATAL(mdoc_engagement_parse(NULL, input, &engagement, NULL), MDOC_OK);
	*key = *mdoc_engagement_key(engagement);
	mdoc_engagement_free(engagement);
	bytes_free(input);
}

/* Our phone's engagement would not be the standard's. */
static void
writes_the_first_edition(void)
{
	const struct mdoc_retrieval methods[] = {
		{ .type = MDOC_RETRIEVAL_NFC, .nfc = { 255, 65536 } },
		{ .type = MDOC_RETRIEVAL_BLE,
			.ble = { .server = true,
				.client = true,
				.server_uuid = { uuid, sizeof(uuid) },
				.client_uuid = { uuid, sizeof(uuid) },
				.address = { address, sizeof(address) } } },
		{ .type = MDOC_RETRIEVAL_WIFI_AWARE,
			.wifi = { .pass_phrase = mdoc_text("abc"),
				.has_channel = true,
				.channel = 6,
				.has_operating_class = true,
				.operating_class = 81,
				.bands = { bands, sizeof(bands) } } },
	};
	struct mdoc_public_key key;
	const struct mdoc_engagement_spec spec = { .key = &key, .retrievals = methods, .retrieval_count = 3 };
	struct mdoc_bytes wanted = hex_load("a3 " VERSION " " SECURITY " 02 83 830101a2 0018ff 011a00010000"
					    "830201a5 00f5 01f5 0a" UUID " 0b" UUID " 14 46010203040506"
					    "830301a4 0063616263 011851 0206 034128");
	struct mdoc_engagement *engagement = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	annex_d_key(&key);
	CU_ASSERT_EQUAL(mdoc_engagement_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&out), wanted));
	CU_ASSERT_EQUAL_FATAL(mdoc_engagement_parse(NULL, mdoc_buf_bytes(&out), &engagement, NULL), MDOC_OK);
	CU_ASSERT_EQUAL(mdoc_engagement_retrieval(engagement, 0)->nfc.response_max, 65536);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_engagement_retrieval(engagement, 1)->ble.address,
		mdoc_bytes_of(address, sizeof(address))));
	CU_ASSERT_EQUAL(mdoc_engagement_retrieval(engagement, 2)->wifi.channel, 6);
	mdoc_engagement_free(engagement);
	mdoc_buf_clear(&out);
	bytes_free(wanted);
}

/* A reader of the second edition would not learn what our phone can do. */
static void
writes_the_second_edition(void)
{
	static const enum mdoc_capability capabilities[] = { MDOC_CAPABILITY_READER_AUTH_ALL };
	const struct mdoc_origin origin = { .cat = 1, .type = 1, .domain = mdoc_text("reader.example") };
	struct mdoc_public_key key;
	struct mdoc_engagement_spec spec = { .edition = MDOC_EDITION_2, .key = &key };
	struct mdoc_bytes bare = hex_load("a3 " VERSION_1_1 " " SECURITY " 05 80");
	struct mdoc_engagement *engagement = NULL;
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	annex_d_key(&key);
	CU_ASSERT_EQUAL(mdoc_engagement_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&out), bare));
	mdoc_buf_clear(&out);
	spec.origins = &origin;
	spec.origin_count = 1;
	spec.capabilities = capabilities;
	spec.capability_count = 1;
	CU_ASSERT_EQUAL(mdoc_engagement_build(NULL, &spec, &out, NULL), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_engagement_parse(NULL, mdoc_buf_bytes(&out), &engagement, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_engagement_version(engagement), "1.1"));
	CU_ASSERT_TRUE(mdoc_engagement_capable(engagement, MDOC_CAPABILITY_READER_AUTH_ALL));
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_engagement_origin(engagement, 0)->domain, "reader.example"));
	mdoc_engagement_free(engagement);
	mdoc_buf_clear(&out);
	bytes_free(bare);
}

/* An engagement that no reader takes would be shown as a QR code. */
static void
refuses_to_write_what_is_wrong(void)
{
	static const enum mdoc_capability twice[] = { MDOC_CAPABILITY_READER_AUTH_ALL,
		MDOC_CAPABILITY_READER_AUTH_ALL };
	const struct mdoc_retrieval bad[] = {
		{ .type = MDOC_RETRIEVAL_NFC, .nfc = { 254, 65536 } },
		{ .type = MDOC_RETRIEVAL_NFC, .nfc = { 255, 65537 } },
		{ .type = MDOC_RETRIEVAL_BLE },
		{ .type = MDOC_RETRIEVAL_BLE, .ble = { .server = true } },
		{ .type = MDOC_RETRIEVAL_BLE, .ble = { .client = true, .client_uuid = { uuid, 15 } } },
		{ .type = 9 },
	};
	struct mdoc_public_key key;
	struct mdoc_engagement_spec spec = { .key = &key, .retrieval_count = 1 };
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	annex_d_key(&key);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		spec.retrievals = &bad[i];
		CU_ASSERT_EQUAL(mdoc_engagement_build(NULL, &spec, &out, NULL), MDOC_ERR_ARG);
	}
	spec.retrieval_count = 0;
	spec.capabilities = twice;
	spec.capability_count = 1;
	CU_ASSERT_EQUAL(mdoc_engagement_build(NULL, &spec, &out, NULL), MDOC_ERR_ARG);
	spec.edition = MDOC_EDITION_2;
	spec.capability_count = 2;
	CU_ASSERT_EQUAL(mdoc_engagement_build(NULL, &spec, &out, NULL), MDOC_ERR_DUPLICATE_KEY);
	spec.capability_count = 0;
	key.curve = MDOC_CURVE_NONE;
	CU_ASSERT_EQUAL(mdoc_engagement_build(NULL, &spec, &out, NULL), MDOC_ERR_KEY);
	spec.key = NULL;
	CU_ASSERT_EQUAL(mdoc_engagement_build(NULL, &spec, &out, NULL), MDOC_ERR_ARG);
	CU_ASSERT_EQUAL(out.len, 0);
	mdoc_buf_clear(&out);
}

/* A QR code of anything would be taken for an engagement, or a phone's would not be. */
static void
qr_text_both_ways(void)
{
	static const struct {
		const char *text;
		enum mdoc_result result;
	} bad[] = {
		{ "", MDOC_ERR_VALUE },
		{ "mdoc", MDOC_ERR_VALUE },
		{ "https://example.com", MDOC_ERR_VALUE },
		{ "openid4vp:oA", MDOC_ERR_VALUE },
		{ " mdoc:oA", MDOC_ERR_VALUE },
		{ "mdoc:", MDOC_ERR_MALFORMED },
		{ "mdoc:o", MDOC_ERR_MALFORMED },
		{ "mdoc:oA==", MDOC_ERR_MALFORMED },
		{ "mdoc:oA\n", MDOC_ERR_MALFORMED },
		{ "mdoc://oA", MDOC_ERR_MALFORMED },
		{ "mdoc:oB", MDOC_ERR_MALFORMED },
	};
	struct mdoc_bytes engagement = vector_load("annexD/device_engagement.cbor");
	struct mdoc_buf text = MDOC_BUF_EMPTY, back = MDOC_BUF_EMPTY;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(mdoc_engagement_from_qr(NULL, mdoc_text(bad[i].text), &back, NULL), bad[i].result);
		CU_ASSERT_EQUAL(back.len, 0);
	}
	CU_ASSERT_EQUAL(mdoc_engagement_to_qr(engagement, &text), MDOC_OK);
	CU_ASSERT_EQUAL(memcmp(text.ptr, "mdoc:owBjMS4wAYIB2BhYS6QBAiABIVgg", 33), 0);
	memcpy(text.ptr, "MDOC", 4);
	CU_ASSERT_EQUAL(mdoc_engagement_from_qr(NULL, mdoc_buf_bytes(&text), &back, NULL), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_buf_bytes(&back), engagement));
	mdoc_buf_clear(&text);
	mdoc_buf_clear(&back);
	bytes_free(engagement);
}

CU_TestInfo engagement_tests[] = {
	{ "what is wrong is refused", refuses_what_is_wrong },
	{ "every prefix is refused", refuses_every_prefix },
	{ "too many methods are refused", refuses_too_many },
	{ "Annex D", reads_annex_d },
	{ "what is new is tolerated", tolerates_what_is_new },
	{ "capabilities count from version 1.1 on", takes_capabilities_from_1_1_only },
	{ "the first edition is written", writes_the_first_edition },
	{ "the second edition is written", writes_the_second_edition },
	{ "what is wrong is not written", refuses_to_write_what_is_wrong },
	{ "QR text", qr_text_both_ways },
	CU_TEST_INFO_NULL,
};
