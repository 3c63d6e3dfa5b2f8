/*
 * tests/unit/test_kdf.c
 *
 * If these fail, a stolen vault can be made cheap to guess, or a changed one can make the
 * module take all memory (R-CARD-03).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <argon2.h>
#include <string.h>

#include "tests/unit/leaf.h"
#include "tokens/vault/kdf.h"

/* The release build's functions, see kdf_release.c. */
enum token_result release_kdf(const struct vault_kdf_params *params, struct secret pin, struct secret *key);
enum token_result release_kdf_params_new(const struct seal_ctx *ctx, struct vault_kdf_params *params);
enum token_result release_kdf_params_read(const uint8_t *bytes, size_t len, struct vault_kdf_params *params);
void release_kdf_params_write(const struct vault_kdf_params *params, uint8_t out[VAULT_KDF_PARAMS_LEN]);

#ifdef MDOC_CHEAP_KDF
#define CHEAP_HERE TOKEN_OK
#else
#define CHEAP_HERE TOKEN_ERR_UNSUPPORTED
#endif

#define MIB 1024u

static const struct {
	uint32_t t, m_kib, p;
	enum token_result release, here;
} bounds[] = {
	{ 3, 64 * MIB, 1, TOKEN_OK, TOKEN_OK },
	{ 16, 1024 * MIB, 4, TOKEN_OK, TOKEN_OK },
	{ 1, 64, 1, TOKEN_ERR_UNSUPPORTED, CHEAP_HERE },
	{ 2, 64, 1, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 1, 64 * MIB, 1, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 2, 64 * MIB, 1, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 17, 64 * MIB, 1, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 3, 64 * MIB - 1, 1, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 3, 1024 * MIB + 1, 1, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 3, UINT32_MAX, 1, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 3, 64 * MIB, 0, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 3, 64 * MIB, 5, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ UINT32_MAX, UINT32_MAX, UINT32_MAX, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
	{ 0, 0, 0, TOKEN_ERR_UNSUPPORTED, TOKEN_ERR_UNSUPPORTED },
};

static void
test_bounds(void)
{
	struct vault_kdf_params params = { 0 }, read;
	uint8_t bytes[VAULT_KDF_PARAMS_LEN];
	struct secret pin = leaf_pin("12345678"), key;
	size_t i;

	for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		params.t = bounds[i].t;
		params.m_kib = bounds[i].m_kib;
		params.p = bounds[i].p;
		vault_kdf_params_write(&params, bytes);
		CU_ASSERT_EQUAL(vault_kdf_params_read(bytes, sizeof(bytes), &read), bounds[i].here);
		CU_ASSERT_EQUAL(release_kdf_params_read(bytes, sizeof(bytes), &read), bounds[i].release);
		if (bounds[i].release != TOKEN_OK) {
			CU_ASSERT_EQUAL(release_kdf(&params, pin, &key), TOKEN_ERR_UNSUPPORTED);
			CU_ASSERT_PTR_NULL(key.ptr);
		}
	}
	secret_wipe(&pin);
}

static void
test_form(void)
{
	struct vault_kdf_params params = { .t = 3, .m_kib = 64 * MIB, .p = 1 }, read;
	uint8_t bytes[VAULT_KDF_PARAMS_LEN + 1], wanted[VAULT_KDF_PARAMS_LEN];

	memset(params.salt, 0xab, sizeof(params.salt));
	vault_kdf_params_write(&params, bytes);
	leaf_hex("01000000030001000000000001abababababababababababababababab", wanted, sizeof(wanted));
	CU_ASSERT_EQUAL(memcmp(bytes, wanted, sizeof(wanted)), 0);
	CU_ASSERT_EQUAL(vault_kdf_params_read(bytes, VAULT_KDF_PARAMS_LEN, &read), TOKEN_OK);
	CU_ASSERT_TRUE(read.t == 3 && read.m_kib == 64 * MIB && read.p == 1);
	CU_ASSERT_EQUAL(memcmp(read.salt, params.salt, sizeof(params.salt)), 0);
	CU_ASSERT_EQUAL(vault_kdf_params_read(bytes, VAULT_KDF_PARAMS_LEN - 1, &read), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(vault_kdf_params_read(bytes, VAULT_KDF_PARAMS_LEN + 1, &read), TOKEN_ERR_DAMAGED);
	bytes[0] = 0;
	CU_ASSERT_EQUAL(vault_kdf_params_read(bytes, VAULT_KDF_PARAMS_LEN, &read), TOKEN_ERR_DAMAGED);
	bytes[0] = 2;
	CU_ASSERT_EQUAL(vault_kdf_params_read(bytes, VAULT_KDF_PARAMS_LEN, &read), TOKEN_ERR_NEWER);
}

/* A release build never makes a cheap vault, and no two vaults share a salt. */
static void
test_new(void)
{
	struct vault_kdf_params a, b;

	CU_ASSERT_EQUAL(release_kdf_params_new(leaf_seal, &a), TOKEN_OK);
	CU_ASSERT_TRUE(a.t == 3 && a.m_kib == 64 * MIB && a.p == 1);
	CU_ASSERT_EQUAL(release_kdf_params_new(leaf_seal, &b), TOKEN_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a.salt, b.salt, sizeof(a.salt)), 0);
}

/* It is argon2id as libargon2's plain call computes it, at the real cost. */
static void
test_derive(void)
{
	struct vault_kdf_params params;
	struct secret pin = leaf_pin("correct horse"), other = leaf_pin("correct horsf"), key, again;
	uint8_t wanted[VAULT_KDF_KEY_LEN];

	CU_ASSERT_EQUAL_FATAL(release_kdf_params_new(leaf_seal, &params), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(vault_kdf(&params, pin, &key), TOKEN_OK);
	CU_ASSERT_EQUAL(argon2id_hash_raw(params.t, params.m_kib, params.p, pin.ptr, pin.len, params.salt,
				sizeof(params.salt), wanted, sizeof(wanted)),
		ARGON2_OK);
	CU_ASSERT_TRUE(secret_equal(key, (struct secret){ wanted, sizeof(wanted) }));
	CU_ASSERT_EQUAL_FATAL(vault_kdf(&params, other, &again), TOKEN_OK);
	CU_ASSERT_FALSE(secret_equal(key, again));
	secret_wipe(&again);
	CU_ASSERT_EQUAL(vault_kdf_params_new(leaf_seal, &params), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(vault_kdf(&params, SECRET_NONE, &again), TOKEN_OK);
	CU_ASSERT_EQUAL(again.len, VAULT_KDF_KEY_LEN);
	secret_wipe(&again);
	secret_wipe(&key);
	secret_wipe(&pin);
	secret_wipe(&other);
}

CU_TestInfo tests_kdf[] = {
	{ "bounds on read", test_bounds },
	{ "the stored form", test_form },
	{ "new parameters", test_new },
	{ "derivation", test_derive },
	CU_TEST_INFO_NULL,
};
