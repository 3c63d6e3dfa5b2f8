/*
 * tests/unit/test_wrap.c
 *
 * If these fail, a wrong PIN opens an area, or a wrap of another role, area or older PIN can
 * be put in the place of the present one (R-CARD-03).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/leaf.h"
#include "tokens/vault/wrap.h"

static const struct vault_wrap_id user = { VAULT_WRAP_USER, "0123456789ABCDEF", 7 };

static enum token_result
opens(const struct vault_wrap_id *id, const uint8_t *wrap, size_t len, const char *text, struct secret expected)
{
	struct secret pin = leaf_pin(text), key;
	enum token_result res = vault_unwrap(leaf_seal, id, wrap, len, pin, &key);

	CU_ASSERT_EQUAL(secret_equal(key, expected), res == TOKEN_OK);
	CU_ASSERT_EQUAL(key.ptr != NULL, res == TOKEN_OK);
	secret_wipe(&key);
	secret_wipe(&pin);
	return res;
}

static void
make(struct secret *area_key, uint8_t wrap[VAULT_WRAP_LEN])
{
	struct secret pin = leaf_pin("the right PIN");

	CU_ASSERT_EQUAL_FATAL(seal_random_secret(leaf_seal, VAULT_AREA_KEY_LEN, area_key), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(vault_wrap(leaf_seal, &user, pin, *area_key, wrap), TOKEN_OK);
	secret_wipe(&pin);
}

static void
test_wrong_pin(void)
{
	struct secret area_key, none = SECRET_NONE, key;
	uint8_t wrap[VAULT_WRAP_LEN];

	make(&area_key, wrap);
	CU_ASSERT_EQUAL(opens(&user, wrap, sizeof(wrap), "the wrong PIN", area_key), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(opens(&user, wrap, sizeof(wrap), "the right PI", area_key), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(vault_unwrap(leaf_seal, &user, wrap, sizeof(wrap), none, &key), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(opens(&user, wrap, sizeof(wrap), "the right PIN", area_key), TOKEN_OK);
	CU_ASSERT_EQUAL(vault_wrap(leaf_seal, &user, area_key, none, wrap), TOKEN_ERR_ARG);
	secret_wipe(&area_key);
}

static void
test_moved(void)
{
	struct vault_wrap_id other;
	struct secret area_key;
	uint8_t wrap[VAULT_WRAP_LEN];

	make(&area_key, wrap);
	other = user;
	other.role = VAULT_WRAP_SO;
	CU_ASSERT_EQUAL(opens(&other, wrap, sizeof(wrap), "the right PIN", area_key), TOKEN_ERR_PIN);
	other = user;
	other.serial[15] = 'E';
	CU_ASSERT_EQUAL(opens(&other, wrap, sizeof(wrap), "the right PIN", area_key), TOKEN_ERR_PIN);
	other = user;
	other.generation++;
	CU_ASSERT_EQUAL(opens(&other, wrap, sizeof(wrap), "the right PIN", area_key), TOKEN_ERR_PIN);
	secret_wipe(&area_key);
}

/* Each byte, KDF parameters included, is authenticated. */
static void
test_changed(void)
{
	struct secret area_key;
	uint8_t wrap[VAULT_WRAP_LEN];
	enum token_result res;
	size_t i;

	make(&area_key, wrap);
	for (i = 0; i < sizeof(wrap); i++) {
		/* A release build would take a minute over every byte. */
		if (i > VAULT_KDF_PARAMS_LEN - 2 && i % 16 != 0)
			continue;
		wrap[i] ^= 0x04;
		res = opens(&user, wrap, sizeof(wrap), "the right PIN", area_key);
		if (i == 0)
			CU_ASSERT_EQUAL(res, TOKEN_ERR_NEWER);
		if (i >= 1 && i <= 12)
			CU_ASSERT_TRUE(res == TOKEN_ERR_UNSUPPORTED || res == TOKEN_ERR_PIN);
		if (i >= 13)
			CU_ASSERT_EQUAL(res, TOKEN_ERR_PIN);
		wrap[i] ^= 0x04;
	}
	CU_ASSERT_EQUAL(opens(&user, wrap, sizeof(wrap) - 1, "the right PIN", area_key), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(opens(&user, NULL, 0, "the right PIN", area_key), TOKEN_ERR_DAMAGED);
	secret_wipe(&area_key);
}

CU_TestInfo tests_wrap[] = {
	{ "a wrong PIN", test_wrong_pin },
	{ "another role, area or generation", test_moved },
	{ "changed bytes", test_changed },
	CU_TEST_INFO_NULL,
};
