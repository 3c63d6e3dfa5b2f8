/*
 * tests/unit/test_key.c
 *
 * If these fail, keys are weak or signatures are rejected by every other implementation
 * (R-MED-02), or a hostile peer learns something from a key agreement.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/leaf.h"
#include "tokens/vault/key.h"

static const enum token_curve curves[] = { TOKEN_P256, TOKEN_P384, TOKEN_P521, TOKEN_BP256, TOKEN_BP320, TOKEN_BP384,
	TOKEN_BP512 };
#define CURVES (sizeof(curves) / sizeof(curves[0]))
#define ORDERS 3 /* of the first of them */

static const char *const names[] = { [TOKEN_P256] = "P-256",
	[TOKEN_P384] = "P-384",
	[TOKEN_P521] = "P-521",
	[TOKEN_BP256] = "brainpoolP256r1",
	[TOKEN_BP320] = "brainpoolP320r1",
	[TOKEN_BP384] = "brainpoolP384r1",
	[TOKEN_BP512] = "brainpoolP512r1" };

static const char *const orders[] = {
	[TOKEN_P256] = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
	[TOKEN_P384] =
		"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
	[TOKEN_P521] = "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		       "fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
};

/* By OpenSSL alone: is r||s a signature over the digest by the holder of the point? */
static bool
verifies(enum token_curve curve, const uint8_t *point, size_t point_len, const uint8_t *digest, size_t digest_len,
	const uint8_t *sig, size_t sig_len)
{
	OSSL_PARAM params[3] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)names[curve], 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point, point_len),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL), *verify = NULL;
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	unsigned char *der = NULL;
	EVP_PKEY *pkey = NULL;
	int der_len, half = (int)(sig_len / 2);
	bool good = false;

	if (EVP_PKEY_fromdata_init(make) == 1 && EVP_PKEY_fromdata(make, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1) {
		ECDSA_SIG_set0(parsed, BN_bin2bn(sig, half, NULL), BN_bin2bn(sig + half, half, NULL));
		der_len = i2d_ECDSA_SIG(parsed, &der);
		verify = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
		good = der_len > 0 && EVP_PKEY_verify_init(verify) == 1 &&
			EVP_PKEY_verify(verify, der, (size_t)der_len, digest, digest_len) == 1;
	}
	OPENSSL_free(der);
	ECDSA_SIG_free(parsed);
	EVP_PKEY_CTX_free(verify);
	EVP_PKEY_CTX_free(make);
	EVP_PKEY_free(pkey);
	return good;
}

static void
test_bad_scalars(void)
{
	struct token_key *key;
	uint8_t scalar[80];
	size_t i, len;

	for (i = 0; i < ORDERS; i++) {
		memset(scalar, 0, sizeof(scalar));
		len = token_curve_size(curves[i]);
		CU_ASSERT_EQUAL(vault_key_from_scalar(leaf_libctx, curves[i], scalar, len, &key), TOKEN_ERR_ARG);
		CU_ASSERT_PTR_NULL(key);
		scalar[len - 1] = 1;
		CU_ASSERT_EQUAL(vault_key_from_scalar(leaf_libctx, curves[i], scalar, len + 1, &key), TOKEN_ERR_ARG);
		CU_ASSERT_EQUAL(vault_key_from_scalar(leaf_libctx, curves[i], scalar + 1, len - 1, &key),
			TOKEN_ERR_ARG);
		CU_ASSERT_EQUAL(vault_key_from_scalar(leaf_libctx, curves[i], NULL, 0, &key), TOKEN_ERR_ARG);
		CU_ASSERT_EQUAL_FATAL(leaf_hex(orders[curves[i]], scalar, sizeof(scalar)), len);
		CU_ASSERT_EQUAL(vault_key_from_scalar(leaf_libctx, curves[i], scalar, len, &key), TOKEN_ERR_ARG);
		scalar[len - 1]--;
		CU_ASSERT_EQUAL(vault_key_from_scalar(leaf_libctx, curves[i], scalar, len, &key), TOKEN_OK);
		token_key_free(key);
		memset(scalar, 0xff, sizeof(scalar));
		CU_ASSERT_EQUAL(vault_key_from_scalar(leaf_libctx, curves[i], scalar, len, &key), TOKEN_ERR_ARG);
	}
	CU_ASSERT_EQUAL(vault_key_from_scalar(leaf_libctx, TOKEN_CURVE_NONE, scalar, 32, &key), TOKEN_ERR_CURVE);
	CU_ASSERT_EQUAL(vault_key_generate(leaf_libctx, TOKEN_CURVE_NONE, &key), TOKEN_ERR_CURVE);
	token_key_free(NULL);
}

/* RFC 6979, A.2.5 to A.2.7: the point of a known scalar, also with leading zeros. */
static void
test_known_points(void)
{
	static const struct {
		enum token_curve curve;
		const char *scalar, *point;
	} known[] = {
		{ TOKEN_P256, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
			"0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628"
			"bc64f2f1b20"
			"c2d7e9f5177a3c294d4462299" },
		{ TOKEN_P256, "0000000000000000000000000000000000000000000000000000000000000001",
			"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f"
			"9e162bce335"
			"76b315ececbb6406837bf51f5" },
		{ TOKEN_P384,
			"6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2ed"
			"f5",
			"04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480"
			"bc138015d9b"
			"72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720" },
		{ TOKEN_P521,
			"00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d16f"
			"cc1466f6d8f"
			"bec67db89ec0c08b0e996b83538",
			"0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20f"
			"b633155d38f"
			"fa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a2"
			"8a0db25741b"
			"5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5" },
	};
	uint8_t scalar[66], point[TOKEN_POINT_MAX], wanted[TOKEN_POINT_MAX];
	struct token_key *key;
	struct secret back;
	size_t i, scalar_len, len, wanted_len;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		scalar_len = leaf_hex(known[i].scalar, scalar, sizeof(scalar));
		wanted_len = leaf_hex(known[i].point, wanted, sizeof(wanted));
		CU_ASSERT_EQUAL_FATAL(vault_key_from_scalar(leaf_libctx, known[i].curve, scalar, scalar_len, &key),
			TOKEN_OK);
		CU_ASSERT_EQUAL(token_key_point(key, point, &len), TOKEN_OK);
		CU_ASSERT_TRUE(len == wanted_len && memcmp(point, wanted, len) == 0);
		CU_ASSERT_EQUAL(token_key_scalar(key, &back), TOKEN_OK);
		CU_ASSERT_TRUE(secret_equal(back, (struct secret){ scalar, scalar_len }));
		secret_wipe(&back);
		vault_key_forbid_scalar(key);
		CU_ASSERT_EQUAL(token_key_scalar(key, &back), TOKEN_ERR_UNSUPPORTED);
		CU_ASSERT_PTR_NULL(back.ptr);
		token_key_free(key);
	}
}

static void
test_sign(void)
{
	static const size_t lengths[] = { 1, 20, 28, 32, 48, 64, 100 };
	uint8_t digest[100], sig[TOKEN_SIG_MAX], point[TOKEN_POINT_MAX];
	size_t i, j, sig_len, point_len;
	struct token_key *key, *loaded;
	struct secret scalar;

	CU_ASSERT_EQUAL(seal_random(leaf_seal, digest, sizeof(digest)), TOKEN_OK);
	for (i = 0; i < CURVES; i++) {
		CU_ASSERT_EQUAL_FATAL(vault_key_generate(leaf_libctx, curves[i], &key), TOKEN_OK);
		CU_ASSERT_EQUAL(token_key_point(key, point, &point_len), TOKEN_OK);
		CU_ASSERT_EQUAL(point_len, 1 + 2 * token_curve_size(curves[i]));
		CU_ASSERT_EQUAL(token_key_sign(key, digest, 0, sig, &sig_len), TOKEN_ERR_ARG);
		for (j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
			CU_ASSERT_EQUAL(token_key_sign(key, digest, lengths[j], sig, &sig_len), TOKEN_OK);
			CU_ASSERT_EQUAL(sig_len, 2 * token_curve_size(curves[i]));
			CU_ASSERT_TRUE(verifies(curves[i], point, point_len, digest, lengths[j], sig, sig_len));
			digest[0] ^= 1;
			CU_ASSERT_FALSE(verifies(curves[i], point, point_len, digest, lengths[j], sig, sig_len));
			digest[0] ^= 1;
		}
		/* What the store seals and loads again is the same key. */
		CU_ASSERT_EQUAL_FATAL(token_key_scalar(key, &scalar), TOKEN_OK);
		token_key_free(key);
		CU_ASSERT_EQUAL_FATAL(vault_key_from_scalar(leaf_libctx, curves[i], scalar.ptr, scalar.len, &loaded),
			TOKEN_OK);
		secret_wipe(&scalar);
		CU_ASSERT_EQUAL(token_key_sign(loaded, digest, 32, sig, &sig_len), TOKEN_OK);
		CU_ASSERT_TRUE(verifies(curves[i], point, point_len, digest, 32, sig, sig_len));
		token_key_free(loaded);
	}
}

/* r||s keeps its length when r or s is small: one signature in 128 has a leading zero byte. */
static void
test_short_numbers(void)
{
	uint8_t digest[32] = { 1 }, sig[TOKEN_SIG_MAX], point[TOKEN_POINT_MAX];
	struct token_key *key;
	size_t sig_len, point_len;
	unsigned i, zeros = 0;

	CU_ASSERT_EQUAL_FATAL(vault_key_generate(leaf_libctx, TOKEN_P256, &key), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_point(key, point, &point_len), TOKEN_OK);
	for (i = 0; i < 20000 && zeros == 0; i++) {
		CU_ASSERT_EQUAL_FATAL(token_key_sign(key, digest, sizeof(digest), sig, &sig_len), TOKEN_OK);
		if (sig[0] != 0 && sig[32] != 0)
			continue;
		zeros++;
		CU_ASSERT_EQUAL(sig_len, 64);
		CU_ASSERT_TRUE(verifies(TOKEN_P256, point, point_len, digest, sizeof(digest), sig, sig_len));
	}
	CU_ASSERT_EQUAL(zeros, 1);
	token_key_free(key);
}

static void
test_derive(void)
{
	uint8_t pa[TOKEN_POINT_MAX], pb[TOKEN_POINT_MAX];
	struct token_key *a, *b;
	struct secret ab, ba;
	size_t i, len, la, lb;

	for (i = 0; i < CURVES; i++) {
		CU_ASSERT_EQUAL_FATAL(vault_key_generate(leaf_libctx, curves[i], &a), TOKEN_OK);
		CU_ASSERT_EQUAL_FATAL(vault_key_generate(leaf_libctx, curves[i], &b), TOKEN_OK);
		len = token_curve_size(curves[i]);
		CU_ASSERT_EQUAL(token_key_point(a, pa, &la), TOKEN_OK);
		CU_ASSERT_EQUAL(token_key_point(b, pb, &lb), TOKEN_OK);
		pb[lb - 1] ^= 1; /* not on the curve */
		CU_ASSERT_EQUAL(token_key_derive(a, pb, lb, &ab), TOKEN_ERR_ARG);
		CU_ASSERT_PTR_NULL(ab.ptr);
		pb[lb - 1] ^= 1;
		CU_ASSERT_EQUAL(token_key_derive(a, pb, lb - 1, &ab), TOKEN_ERR_ARG);
		CU_ASSERT_EQUAL(token_key_derive(a, (const uint8_t *)"", 1, &ab), TOKEN_ERR_ARG); /* infinity */
		CU_ASSERT_EQUAL(token_key_derive(a, NULL, 0, &ab), TOKEN_ERR_ARG);
		pb[0] = 0x02;
		CU_ASSERT_EQUAL(token_key_derive(a, pb, 1 + len, &ab), TOKEN_ERR_ARG);
		CU_ASSERT_EQUAL(token_key_derive(a, pb, lb, &ab), TOKEN_ERR_ARG);
		pb[0] = 0x04;
		CU_ASSERT_EQUAL_FATAL(token_key_derive(a, pb, lb, &ab), TOKEN_OK);
		CU_ASSERT_EQUAL_FATAL(token_key_derive(b, pa, la, &ba), TOKEN_OK);
		CU_ASSERT_EQUAL(ab.len, len);
		CU_ASSERT_TRUE(secret_equal(ab, ba));
		secret_wipe(&ab);
		secret_wipe(&ba);
		token_key_free(a);
		token_key_free(b);
	}
}

/* A published agreement (RFC 5903, 8.1), so that both sides are not wrong alike. */
static void
test_derive_vector(void)
{
	uint8_t scalar[32], peer[65], wanted[32];
	struct token_key *key;
	struct secret shared;

	leaf_hex("c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433", scalar, sizeof(scalar));
	leaf_hex("04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac2"
		 "3f046a"
		 "da30f8353e74f33039872ab",
		peer, sizeof(peer));
	leaf_hex("d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de", wanted, sizeof(wanted));
	CU_ASSERT_EQUAL_FATAL(vault_key_from_scalar(leaf_libctx, TOKEN_P256, scalar, sizeof(scalar), &key), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_key_derive(key, peer, sizeof(peer), &shared), TOKEN_OK);
	CU_ASSERT_TRUE(secret_equal(shared, (struct secret){ wanted, sizeof(wanted) }));
	secret_wipe(&shared);
	token_key_free(key);
}

/* A key of one kind that is used as another's: a signature over what nobody meant, or an agreement that leaks. */
static void
test_kinds(void)
{
	static const struct {
		enum token_curve curve;
		enum token_result sign, sign_message, derive;
	} kinds[] = {
		{ TOKEN_P256, TOKEN_OK, TOKEN_ERR_UNSUPPORTED, TOKEN_OK },
		{ TOKEN_ED25519, TOKEN_ERR_UNSUPPORTED, TOKEN_OK, TOKEN_ERR_UNSUPPORTED },
		{ TOKEN_ED448, TOKEN_ERR_UNSUPPORTED, TOKEN_OK, TOKEN_ERR_UNSUPPORTED },
		{ TOKEN_X25519, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED, TOKEN_OK },
		{ TOKEN_X448, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED, TOKEN_OK },
	};
	uint8_t data[32] = { 1 }, sig[TOKEN_SIG_MAX], point[TOKEN_POINT_MAX], info[TOKEN_INFO_MAX];
	struct token_key *key;
	struct secret shared;
	size_t i, len = 0, sig_len = 0;
	bool good = true;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(vault_key_generate(leaf_libctx, kinds[i].curve, &key), TOKEN_OK);
		CU_ASSERT_EQUAL(token_key_curve(key), kinds[i].curve);
		CU_ASSERT_EQUAL(token_key_point(key, point, &len), TOKEN_OK);
		CU_ASSERT_EQUAL(len, token_curve_point_size(kinds[i].curve));
		CU_ASSERT_EQUAL(token_key_sign(key, data, sizeof(data), sig, &sig_len), kinds[i].sign);
		CU_ASSERT_EQUAL(token_key_sign_message(key, data, sizeof(data), sig, &sig_len), kinds[i].sign_message);
		CU_ASSERT_EQUAL(token_key_derive(key, point, len, &shared), kinds[i].derive);
		secret_wipe(&shared);
		if (kinds[i].derive == TOKEN_OK) {
			memset(point, 0, sizeof(point));
			CU_ASSERT_EQUAL(token_key_derive(key, point, len, &shared), TOKEN_ERR_ARG);
			CU_ASSERT_PTR_NULL(shared.ptr);
		}
		if (kinds[i].curve == TOKEN_X25519)
			CU_ASSERT_EQUAL(token_public_verify(leaf_libctx, TOKEN_X25519, point, len, data, sizeof(data),
						sig, sizeof(sig), &good),
				TOKEN_ERR_UNSUPPORTED);
		token_key_free(key);
	}
	CU_ASSERT_FALSE(good);
	CU_ASSERT_EQUAL(token_public_info(TOKEN_P256, point, 64, info), 0);
}

CU_TestInfo tests_key[] = {
	{ "scalars out of range", test_bad_scalars },
	{ "known points", test_known_points },
	{ "signatures that OpenSSL verifies", test_sign },
	{ "signatures with leading zeros", test_short_numbers },
	{ "key agreement", test_derive },
	{ "kinds of keys", test_kinds },
	{ "a published key agreement", test_derive_vector },
	CU_TEST_INFO_NULL,
};
