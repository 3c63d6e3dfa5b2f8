/*
 * tests/unit/test_device_signed.c: DeviceAuthentication and DeviceSigned.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/mdoc_test.h"

extern CU_TestInfo device_signed_tests[];

/* A token would sign something that is not a presentation. */
static void
authentication_refuses(void)
{
	static const struct {
		const char *hex; /* of what stands inside tag 24 */
		enum mdoc_result res;
	} rows[] = {
		{ "a0", MDOC_ERR_TYPE },
		{ "80", MDOC_ERR_TYPE },
		{ "83 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161", MDOC_ERR_TYPE },
		{ "84 74 52657669636541757468656e7469636174696f6e 83f6f6f6 6161 d81841a0", MDOC_ERR_VALUE },
		{ "84 54 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 d81841a0", MDOC_ERR_VALUE },
		{ "84 74 44657669636541757468656e7469636174696f6e 82f6f6 6161 d81841a0", MDOC_ERR_TYPE },
		{ "84 74 44657669636541757468656e7469636174696f6e d8184483f6f6f6 6161 d81841a0", MDOC_ERR_TYPE },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 4161 d81841a0", MDOC_ERR_TYPE },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 a0", MDOC_ERR_TYPE },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 d8184180", MDOC_ERR_TYPE },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 d81843a100a0", MDOC_ERR_TYPE },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 d81844a1616100", MDOC_ERR_TYPE },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 d81846a16161a10000", MDOC_ERR_TYPE },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 d81842a000", MDOC_ERR_TRAILING },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 d81841a0", MDOC_OK },
		{ "84 74 44657669636541757468656e7469636174696f6e 83f6f6f6 6161 d81847a16161a1616200", MDOC_OK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes inner = hex_load(rows[i].hex);
		struct mdoc_buf buf = MDOC_BUF_EMPTY;
		struct mdoc_device_authentication parts;

		mdoc_put_embedded(&buf, inner);
		CU_ASSERT_EQUAL(mdoc_device_authentication_parse(NULL, mdoc_buf_bytes(&buf), &parts, NULL),
			rows[i].res);
		CU_ASSERT_NOT_EQUAL(mdoc_device_authentication_parse(NULL, inner, &parts, NULL), MDOC_OK); /* bare */
		mdoc_buf_clear(&buf);
		bytes_free(inner);
	}
}

/* A reader would accept two authentications, or none. */
static void
device_auth_is_exactly_one(void)
{
	static const struct {
		const char *hex; /* of deviceAuth */
		enum mdoc_result res;
		bool is_mac;
	} rows[] = {
		{ "80", MDOC_ERR_TYPE, false },
		{ "a0", MDOC_ERR_VALUE, false },
		{ "a2 6f6465766963655369676e6174757265 84 43a10126 a0 f6 40 696465766963654d6163 84 43a10105 a0 f6 40",
			MDOC_ERR_VALUE, false },
		{ "a1 696465766963654d6163 83 43a10105 a0 f6", MDOC_ERR_TYPE, false },
		{ "a1 6f6465766963655369676e6174757265 f6", MDOC_ERR_TYPE, false },
		{ "a1 696465766963654d6163 84 43a10105 a0 f6 40", MDOC_OK, true },
		{ "a1 6f6465766963655369676e6174757265 84 43a10126 a0 f6 40", MDOC_OK, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mdoc_bytes auth = hex_load(rows[i].hex);
		struct mdoc_buf buf = MDOC_BUF_EMPTY;
		struct mdoc_device_signed *ds = NULL;

		mdoc_put_map(&buf, 2);
		mdoc_put_text(&buf, "nameSpaces");
		mdoc_put_embedded(&buf, mdoc_bytes_of("\xa0", 1));
		mdoc_put_text(&buf, "deviceAuth");
		mdoc_put_raw(&buf, auth);
		CU_ASSERT_EQUAL(mdoc_device_signed_parse(NULL, mdoc_buf_bytes(&buf), &ds, NULL), rows[i].res);
		CU_ASSERT_EQUAL(ds != NULL && mdoc_device_signed_signature(ds) == NULL, rows[i].is_mac);
		mdoc_device_signed_free(ds);
		mdoc_buf_clear(&buf);
		bytes_free(auth);
	}
}

/* A caller's buffer would be too small after the copy was spent; or the signature be no good. */
static void
written_size_is_foretold(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521" };
	struct mdoc_bytes transcript = hex_load("83 f6 f6 f6");
	struct mdoc_bytes empty = hex_load("d81841a0");
	struct mdoc_bytes some = hex_load("d81847a16161a1616200");

	for (size_t g = 0; g < 6; g++) {
		const struct mdoc_bytes namespaces = g % 2 == 0 ? empty : some;
		struct mdoc_buf to_sign = MDOC_BUF_EMPTY, buf = MDOC_BUF_EMPTY;
		struct mdoc_device_signed *ds = NULL;
		struct soft_key key;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&key, groups[g / 2]));
		mdoc_put_device_authentication_bytes(&to_sign, transcript, mdoc_text(KIT_DOCTYPE), namespaces);
		CU_ASSERT_EQUAL(mdoc_device_signed_put(&buf, mdoc_buf_bytes(&to_sign), namespaces, &key.signer),
			MDOC_OK);
		CU_ASSERT_EQUAL(buf.len, mdoc_device_signed_size(namespaces, key.pub.curve));
		CU_ASSERT_EQUAL_FATAL(mdoc_device_signed_parse(NULL, mdoc_buf_bytes(&buf), &ds, NULL), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_equal(mdoc_device_signed_bytes(ds), namespaces));
		CU_ASSERT_EQUAL(mdoc_sign1_verify(NULL, mdoc_device_signed_signature(ds), &key.pub,
					mdoc_buf_bytes(&to_sign)),
			MDOC_OK);
		mdoc_device_signed_free(ds);
		mdoc_buf_clear(&buf);
		mdoc_buf_clear(&to_sign);
		soft_key_clear(&key);
	}
	CU_ASSERT_EQUAL(mdoc_device_signed_size(empty, MDOC_CURVE_NONE), 0);
	bytes_free(some);
	bytes_free(empty);
	bytes_free(transcript);
}

CU_TestInfo device_signed_tests[] = {
	{ "what is no DeviceAuthentication is refused", authentication_refuses },
	{ "exactly one of signature and MAC", device_auth_is_exactly_one },
	{ "the size written is foretold", written_size_is_foretold },
	CU_TEST_INFO_NULL,
};
