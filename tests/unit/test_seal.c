/*
 * tests/unit/test_seal.c
 *
 * If these fail, what lies on the disk can be read or changed without the area key
 * (R-MED-01), or what was written cannot be opened again.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/leaf.h"
#include "tokens/seal.h"

static const uint8_t aad[] = "area object blob generation";

static struct secret
new_key(void)
{
	struct secret key;

	CU_ASSERT_EQUAL_FATAL(seal_random_secret(leaf_seal, SEAL_KEY_LEN, &key), TOKEN_OK);
	return key;
}

static enum token_result
opens(struct secret key, const void *ad, size_t ad_len, const uint8_t *sealed, size_t len)
{
	struct secret plain;
	enum token_result res = seal_open(leaf_seal, key, ad, ad_len, sealed, len, &plain);

	CU_ASSERT_EQUAL(plain.ptr != NULL, res == TOKEN_OK && len > SEAL_OVERHEAD);
	secret_wipe(&plain);
	return res;
}

/* Any changed bit, length, key or associated data: refused. */
static void
test_refused(void)
{
	struct secret key = new_key(), other = new_key(), none = SECRET_NONE;
	uint8_t *sealed = NULL, *plain = NULL;
	size_t len = 0, plain_len = 0, i;
	enum token_result res;

	CU_ASSERT_EQUAL_FATAL(seal_bytes(leaf_seal, key, aad, sizeof(aad), "portrait", 8, &sealed, &len), TOKEN_OK);
	CU_ASSERT_EQUAL(len, 8 + SEAL_OVERHEAD);
	for (i = 0; i < len * 8; i++) {
		sealed[i / 8] ^= (uint8_t)(1u << i % 8);
		res = opens(key, aad, sizeof(aad), sealed, len);
		CU_ASSERT_EQUAL(res, TOKEN_ERR_DAMAGED);
		sealed[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (i = 0; i < len; i++)
		CU_ASSERT_EQUAL(opens(key, aad, sizeof(aad), sealed, i), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(opens(key, NULL, 0, sealed, len), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(opens(key, aad, sizeof(aad) - 1, sealed, len), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(opens(other, aad, sizeof(aad), sealed, len), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(opens(none, aad, sizeof(aad), sealed, len), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(opens(key, aad, sizeof(aad), NULL, 0), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(seal_open_bytes(leaf_seal, other, aad, sizeof(aad), sealed, len, &plain, &plain_len),
		TOKEN_ERR_DAMAGED);
	CU_ASSERT_PTR_NULL(plain);
	CU_ASSERT_EQUAL(opens(key, aad, sizeof(aad), sealed, len), TOKEN_OK);
	free(sealed);
	secret_wipe(&key);
	secret_wipe(&other);
}

static void
test_round_trip(void)
{
	static const size_t lengths[] = { 0, 1, 15, 16, 17, 100000, 2000000 };
	struct secret key = new_key(), plain;
	struct token_value value;
	uint8_t *bytes, *sealed = NULL, *again = NULL, *out = NULL;
	size_t len, again_len, out_len, i;

	bytes = malloc(2000000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	CU_ASSERT_EQUAL(seal_random(leaf_seal, bytes, 2000000), TOKEN_OK);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(seal_bytes(leaf_seal, key, NULL, 0, bytes, lengths[i], &sealed, &len), TOKEN_OK);
		CU_ASSERT_EQUAL_FATAL(seal_bytes(leaf_seal, key, NULL, 0, bytes, lengths[i], &again, &again_len),
			TOKEN_OK);
		CU_ASSERT_NOT_EQUAL(memcmp(sealed, again, len), 0); /* another nonce */
		CU_ASSERT_EQUAL_FATAL(seal_open(leaf_seal, key, NULL, 0, sealed, len, &plain), TOKEN_OK);
		CU_ASSERT_TRUE(secret_equal(plain, (struct secret){ bytes, lengths[i] }));
		secret_wipe(&plain);
		CU_ASSERT_EQUAL_FATAL(seal_open_bytes(leaf_seal, key, NULL, 0, sealed, len, &out, &out_len), TOKEN_OK);
		CU_ASSERT_TRUE(out_len == lengths[i] && seal_equal(out, bytes, out_len));
		free(out);
		CU_ASSERT_EQUAL(seal_open_value(leaf_seal, key, NULL, 0, sealed, len, true, &value), TOKEN_OK);
		CU_ASSERT_TRUE(value.in_arena && value.len == lengths[i]);
		token_value_clear(&value);
		CU_ASSERT_EQUAL(seal_open_value(leaf_seal, key, NULL, 0, sealed, len, false, &value), TOKEN_OK);
		CU_ASSERT_TRUE(!value.in_arena && value.len == lengths[i] && seal_equal(value.ptr, bytes, value.len));
		token_value_clear(&value);
		token_value_clear(&value);
		CU_ASSERT_PTR_NULL(value.ptr);
		free(sealed);
		free(again);
	}
	free(bytes);
	secret_wipe(&key);
}

/* It is AES-256-GCM, HKDF and HMAC as published: another program can open what we wrote. */
static void
test_vectors(void)
{
	struct secret key, out;
	uint8_t sealed[64], ikm[32], salt[16], info[16], okm[48], mac[32];
	size_t len, salt_len, info_len;

	/* The GCM specification's test case 14. */
	CU_ASSERT_TRUE_FATAL(secret_alloc(SEAL_KEY_LEN, &key));
	len = leaf_hex("01000000000000000000000000cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
		sealed, sizeof(sealed));
	CU_ASSERT_EQUAL_FATAL(seal_open(leaf_seal, key, NULL, 0, sealed, len, &out), TOKEN_OK);
	CU_ASSERT_TRUE(secret_equal(out, (struct secret){ (uint8_t[16]){ 0 }, 16 }));
	secret_wipe(&out);
	secret_wipe(&key);
	/* RFC 5869, A.1. */
	len = leaf_hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", ikm, sizeof(ikm));
	salt_len = leaf_hex("000102030405060708090a0b0c", salt, sizeof(salt));
	info_len = leaf_hex("f0f1f2f3f4f5f6f7f8f9", info, sizeof(info));
	CU_ASSERT_EQUAL_FATAL(seal_hkdf(leaf_seal, (struct secret){ ikm, len }, salt, salt_len, info, info_len, 42,
				      &out),
		TOKEN_OK);
	len = leaf_hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865", okm,
		sizeof(okm));
	CU_ASSERT_TRUE(secret_equal(out, (struct secret){ okm, len }));
	secret_wipe(&out);
	/* RFC 4231, 4.2. */
	memset(ikm, 0x0b, 20);
	CU_ASSERT_EQUAL(seal_hmac(leaf_seal, (struct secret){ ikm, 20 }, "Hi There", 8, mac), TOKEN_OK);
	leaf_hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", okm, sizeof(okm));
	CU_ASSERT_TRUE(seal_equal(mac, okm, 32));
	/* FIPS 180-4, "abc". */
	CU_ASSERT_EQUAL(seal_sha256(leaf_seal, "abc", 3, mac), TOKEN_OK);
	leaf_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", okm, sizeof(okm));
	CU_ASSERT_TRUE(seal_equal(mac, okm, 32));
}

static void
test_subkeys(void)
{
	struct secret key = new_key(), a, b, c;
	char label[200];

	memset(label, 'x', sizeof(label));
	label[sizeof(label) - 1] = '\0';
	CU_ASSERT_EQUAL(seal_subkey(leaf_seal, key, label, &a), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(seal_subkey(leaf_seal, SECRET_NONE, "attrs", &a), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(seal_subkey(leaf_seal, key, "attrs", &a), TOKEN_OK);
	CU_ASSERT_EQUAL(seal_subkey(leaf_seal, key, "attrs", &b), TOKEN_OK);
	CU_ASSERT_EQUAL(seal_subkey(leaf_seal, key, "value", &c), TOKEN_OK);
	CU_ASSERT_TRUE(secret_equal(a, b));
	CU_ASSERT_FALSE(secret_equal(a, c));
	CU_ASSERT_FALSE(secret_equal(a, key));
	secret_wipe(&a);
	secret_wipe(&b);
	secret_wipe(&c);
	secret_wipe(&key);
}

/* One key for many: the same answers as one by one, after refusals too, and nothing readable left of those. */
static void
test_many(void)
{
	struct secret key = new_key(), other = new_key();
	struct seal_many *many = NULL, *wrong = NULL;
	uint8_t one[SEAL_MAC_LEN], mac[SEAL_MAC_LEN], text[300], sealed[300 + SEAL_OVERHEAD];
	const uint8_t *plain = NULL;
	size_t len = 0;

	memset(text, 'm', sizeof(text));
	CU_ASSERT_EQUAL(seal_many_new(leaf_seal, SECRET_NONE, &many), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL_FATAL(seal_many_new(leaf_seal, key, &many), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(seal_many_new(leaf_seal, other, &wrong), TOKEN_OK);
	for (size_t n = 0; n <= sizeof(text); n += 50) {
		CU_ASSERT_EQUAL_FATAL(seal_into(leaf_seal, key, aad, sizeof(aad), text, n, sealed), TOKEN_OK);
		CU_ASSERT_EQUAL(seal_many_open(wrong, aad, sizeof(aad), NULL, 0, sealed, n + SEAL_OVERHEAD, &plain,
					&len),
			TOKEN_ERR_DAMAGED);
		CU_ASSERT_EQUAL(seal_many_open(many, aad, sizeof(aad) - 1, NULL, 0, sealed, n + SEAL_OVERHEAD, &plain,
					&len),
			TOKEN_ERR_DAMAGED);
		CU_ASSERT_EQUAL(seal_many_open(many, aad, sizeof(aad), aad, 1, sealed, n + SEAL_OVERHEAD, &plain, &len),
			TOKEN_ERR_DAMAGED);
		CU_ASSERT_EQUAL(seal_many_open(many, aad, sizeof(aad), NULL, 0, sealed, SEAL_OVERHEAD - 1, &plain,
					&len),
			TOKEN_ERR_DAMAGED);
		CU_ASSERT_EQUAL(seal_many_open(many, NULL, 0, NULL, 0, NULL, 0, &plain, &len), TOKEN_ERR_DAMAGED);
		CU_ASSERT_EQUAL_FATAL(seal_many_open(many, aad, 4, aad + 4, sizeof(aad) - 4, sealed, n + SEAL_OVERHEAD,
					      &plain, &len),
			TOKEN_OK);
		CU_ASSERT_TRUE(len == n && memcmp(plain, text, n) == 0);
		CU_ASSERT_EQUAL(seal_hmac(leaf_seal, key, text, n, one), TOKEN_OK);
		CU_ASSERT_EQUAL(seal_many_hmac(many, text, n, mac), TOKEN_OK);
		CU_ASSERT_TRUE(seal_equal(one, mac, sizeof(mac)));
	}
	seal_many_free(many);
	seal_many_free(wrong);
	seal_many_free(NULL);
	secret_wipe(&key);
	secret_wipe(&other);
}

CU_TestInfo tests_seal[] = {
	{ "one key for many", test_many },
	{ "changed blobs", test_refused },
	{ "round trip", test_round_trip },
	{ "published vectors", test_vectors },
	{ "subkeys", test_subkeys },
	CU_TEST_INFO_NULL,
};
