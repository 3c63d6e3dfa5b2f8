/*
 * tests/unit/test_policy.c
 *
 * If these fail, a PIN that is too weak for its area can be set, or a wrong PIN passes as
 * the one that logged in (R-CARD-03, R-TX-01).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/leaf.h"
#include "tokens/pin/policy.h"

static enum token_result
complete(const struct pin_limits *limits, bool weak, struct token_pin_policy in, struct token_pin_policy *out)
{
	*out = in;
	return pin_policy_complete(limits, weak, out);
}

static void
test_policies(void)
{
	static const struct {
		bool so, weak;
		struct token_pin_policy in;
		enum token_result res;
		unsigned min_len, tries;
	} table[] = {
		{ false, false, { 7, 0, 0, TOKEN_PIN_ANY }, TOKEN_ERR_PIN_LENGTH, 7, 0 },
		{ false, true, { 3, 0, 0, TOKEN_PIN_ANY }, TOKEN_ERR_PIN_LENGTH, 3, 0 },
		{ false, false, { 0, 65, 0, TOKEN_PIN_ANY }, TOKEN_ERR_ARG, 0, 0 },
		{ false, false, { 0, 7, 0, TOKEN_PIN_ANY }, TOKEN_ERR_ARG, 0, 0 },
		{ false, false, { 20, 19, 0, TOKEN_PIN_ANY }, TOKEN_ERR_ARG, 20, 0 },
		{ false, false, { 0, 0, 101, TOKEN_PIN_ANY }, TOKEN_ERR_ARG, 0, 101 },
		{ false, false, { 0, 0, 0, (enum token_pin_alphabet)3 }, TOKEN_ERR_ARG, 0, 0 },
		{ true, false, { 15, 0, 0, TOKEN_PIN_ANY }, TOKEN_ERR_PIN_LENGTH, 15, 0 },
		{ true, true, { 3, 0, 0, TOKEN_PIN_ANY }, TOKEN_ERR_PIN_LENGTH, 3, 0 },
		{ false, false, { 0, 0, 0, TOKEN_PIN_ANY }, TOKEN_OK, 8, 5 },
		{ false, true, { 0, 0, 0, TOKEN_PIN_ANY }, TOKEN_OK, 4, 5 },
		{ false, true, { 4, 4, 3, TOKEN_PIN_DIGITS }, TOKEN_OK, 4, 3 },
		{ false, false, { 12, 0, 100, TOKEN_PIN_ANY }, TOKEN_OK, 12, 100 },
		{ true, false, { 0, 0, 0, TOKEN_PIN_ANY }, TOKEN_OK, 16, 10 },
		{ true, true, { 0, 0, 0, TOKEN_PIN_ANY }, TOKEN_OK, 4, 10 },
		{ true, true, { 8, 0, 0, TOKEN_PIN_ANY }, TOKEN_OK, 8, 10 },
	};
	struct token_pin_policy out;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		CU_ASSERT_EQUAL(complete(table[i].so ? &pin_limits_vault_so : &pin_limits_vault_user, table[i].weak,
					table[i].in, &out),
			table[i].res);
		CU_ASSERT_EQUAL(out.min_len, table[i].min_len);
		CU_ASSERT_EQUAL(out.tries, table[i].tries);
	}
}

static void
test_new_pins(void)
{
	static const struct {
		enum token_pin_alphabet alphabet;
		const char *pin;
		enum token_result res;
	} table[] = {
		{ TOKEN_PIN_ANY, "", TOKEN_ERR_PIN_LENGTH },
		{ TOKEN_PIN_ANY, "123", TOKEN_ERR_PIN_LENGTH },
		{ TOKEN_PIN_ANY, "123456789", TOKEN_ERR_PIN_LENGTH },
		{ TOKEN_PIN_ANY, "\xe6\x9a\x97\xe8\xa8\xbc", TOKEN_ERR_PIN_LENGTH }, /* 暗証: two, in six bytes */
		{ TOKEN_PIN_ANY, "12\n4", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ANY, "123\x7f", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ANY, "123\xc2\x85", TOKEN_ERR_PIN_ALPHABET },     /* a C1 control */
		{ TOKEN_PIN_ANY, "123\xef\xbf\xbf", TOKEN_ERR_PIN_ALPHABET }, /* U+FFFF */
		{ TOKEN_PIN_ANY, "1234\xff", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ANY, "1234\x80", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ANY, "1234\xc0\xb1", TOKEN_ERR_PIN_ALPHABET }, /* overlong */
		{ TOKEN_PIN_ANY, "1234\xe0\x80\xb1", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ANY, "1234\xed\xa0\x80", TOKEN_ERR_PIN_ALPHABET }, /* a surrogate */
		{ TOKEN_PIN_ANY, "1234\xf4\x90\x80\x80", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ANY, "1234\xe6\x9a", TOKEN_ERR_PIN_ALPHABET }, /* cut */
		{ TOKEN_PIN_DIGITS, "123a", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_DIGITS, "\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91",
			TOKEN_ERR_PIN_ALPHABET }, /* １ */
		{ TOKEN_PIN_ALNUM_UPPER, "1234", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ALNUM_UPPER, "ABCD", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ALNUM_UPPER, "ABc1", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ALNUM_UPPER, "AB 1", TOKEN_ERR_PIN_ALPHABET },
		{ TOKEN_PIN_ANY, "1234", TOKEN_OK },
		{ TOKEN_PIN_ANY, "a b~\xc3\xa9!", TOKEN_OK },
		{ TOKEN_PIN_ANY, "\xe6\x9a\x97\xe8\xa8\xbc\xe7\x95\xaa\xe5\x8f\xb7", TOKEN_OK }, /* 暗証番号 */
		{ TOKEN_PIN_ANY, "\xf0\x9f\x94\x91\xf0\x9f\x94\x91\xf0\x9f\x94\x91\xf0\x9f\x94\x91", TOKEN_OK },
		{ TOKEN_PIN_DIGITS, "12345678", TOKEN_OK },
		{ TOKEN_PIN_ALNUM_UPPER, "AB12", TOKEN_OK },
	};
	struct token_pin_policy policy = { .min_len = 4, .max_len = 8, .tries = 3 };
	struct secret pin;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		pin = leaf_pin(table[i].pin);
		policy.alphabet = table[i].alphabet;
		if (pin_check_new(&policy, pin) != table[i].res)
			CU_FAIL(table[i].pin);
		secret_wipe(&pin);
	}
	CU_ASSERT_TRUE_FATAL(secret_copy("12\0004", 4, &pin));
	policy.alphabet = TOKEN_PIN_ANY;
	CU_ASSERT_EQUAL(pin_check_new(&policy, pin), TOKEN_ERR_PIN_ALPHABET);
	secret_wipe(&pin);
	CU_ASSERT_TRUE_FATAL(secret_alloc(100000, &pin));
	memset(pin.ptr, '1', pin.len);
	CU_ASSERT_EQUAL(pin_check_new(&policy, pin), TOKEN_ERR_PIN_LENGTH);
	secret_wipe(&pin);
}

static int
child_checks(void *arg)
{
	struct pin_digest *digest = arg;
	struct secret pin;

	arena_after_fork();
	if (!secret_copy("12345678", 8, &pin))
		return 1;
	if (pin_digest_check(digest, leaf_seal, pin, 5) != TOKEN_ERR_NOT_FOUND)
		return 2;
	if (pin_digest_check(digest, leaf_seal, pin, 0) != TOKEN_ERR_NOT_FOUND)
		return 3;
	pin_digest_clear(digest);
	return digest->state.ptr == NULL ? 0 : 4;
}

static void
test_digest(void)
{
	struct secret pin = leaf_pin("12345678"), wrong = leaf_pin("12345679"), other = leaf_pin("1234567");
	struct pin_digest digest = PIN_DIGEST_NONE;

	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, pin, 0), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL_FATAL(pin_digest_set(&digest, leaf_seal, pin, 5), TOKEN_OK);
	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, wrong, 5), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, other, 5), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, SECRET_NONE, 5), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, pin, 6), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, pin, 5), TOKEN_OK);
	CU_ASSERT_EQUAL(leaf_fork(child_checks, &digest), 0);
	CU_ASSERT_EQUAL_FATAL(pin_digest_set(&digest, leaf_seal, wrong, 6), TOKEN_OK);
	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, pin, 6), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, wrong, 6), TOKEN_OK);
	pin_digest_clear(&digest);
	pin_digest_clear(&digest);
	CU_ASSERT_EQUAL(pin_digest_check(&digest, leaf_seal, wrong, 6), TOKEN_ERR_NOT_FOUND);
	secret_wipe(&pin);
	secret_wipe(&wrong);
	secret_wipe(&other);
}

CU_TestInfo tests_policy[] = {
	{ "policies and their floors", test_policies },
	{ "new PINs", test_new_pins },
	{ "the digest", test_digest },
	CU_TEST_INFO_NULL,
};
