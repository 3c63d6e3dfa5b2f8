/*
 * tests/unit/test_box.c
 *
 * If these fail, the provisioner can read what it put into the inbox, or an area accepts a
 * box that was made for another.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/leaf.h"
#include "tokens/vault/box.h"

#define SERIAL "0123456789ABCDEF"

struct pair {
	struct secret area_key, private_key;
	uint8_t public_key[VAULT_BOX_KEY_LEN];
	uint8_t sealed[VAULT_BOX_PRIVATE_LEN];
};

static void
pair_new(struct pair *pair)
{
	CU_ASSERT_EQUAL_FATAL(seal_random_secret(leaf_seal, SEAL_KEY_LEN, &pair->area_key), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(vault_box_pair_new(leaf_seal, pair->area_key, SERIAL, pair->public_key, pair->sealed),
		TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(vault_box_pair_open(leaf_seal, pair->area_key, SERIAL, pair->public_key, pair->sealed,
				      sizeof(pair->sealed), &pair->private_key),
		TOKEN_OK);
}

static void
pair_free(struct pair *pair)
{
	secret_wipe(&pair->area_key);
	secret_wipe(&pair->private_key);
}

static enum token_result
opens(const struct pair *pair, const char *aad, const uint8_t *box, size_t len)
{
	struct secret out;
	enum token_result res =
		vault_box_open(leaf_seal, pair->private_key, pair->public_key, aad, strlen(aad), box, len, &out);

	CU_ASSERT_EQUAL(res == TOKEN_OK, out.len == 10 && memcmp(out.ptr, "a new card", 10) == 0);
	secret_wipe(&out);
	return res;
}

static void
test_pair(void)
{
	struct pair a, b;
	struct secret key;
	size_t i;

	pair_new(&a);
	pair_new(&b);
	CU_ASSERT_NOT_EQUAL(memcmp(a.public_key, b.public_key, sizeof(a.public_key)), 0);
	CU_ASSERT_EQUAL(vault_box_pair_open(leaf_seal, b.area_key, SERIAL, a.public_key, a.sealed, sizeof(a.sealed),
				&key),
		TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(vault_box_pair_open(leaf_seal, a.area_key, SERIAL, b.public_key, a.sealed, sizeof(a.sealed),
				&key),
		TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(vault_box_pair_open(leaf_seal, a.area_key, "0123456789ABCDEE", a.public_key, a.sealed,
				sizeof(a.sealed), &key),
		TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(vault_box_pair_open(leaf_seal, a.area_key, SERIAL, a.public_key, a.sealed, sizeof(a.sealed) - 1,
				&key),
		TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(vault_box_pair_new(leaf_seal, a.area_key, "short", b.public_key, b.sealed), TOKEN_ERR_ARG);
	for (i = 0; i < sizeof(a.sealed); i++) {
		a.sealed[i] ^= 0x80;
		CU_ASSERT_NOT_EQUAL(vault_box_pair_open(leaf_seal, a.area_key, SERIAL, a.public_key, a.sealed,
					    sizeof(a.sealed), &key),
			TOKEN_OK);
		CU_ASSERT_PTR_NULL(key.ptr);
		a.sealed[i] ^= 0x80;
	}
	pair_free(&a);
	pair_free(&b);
}

static void
test_box(void)
{
	struct pair a, b;
	uint8_t *box = NULL, *again = NULL;
	size_t len = 0, again_len = 0, i;

	pair_new(&a);
	pair_new(&b);
	CU_ASSERT_EQUAL_FATAL(vault_box_seal(leaf_seal, a.public_key, "inbox", 5, "a new card", 10, &box, &len),
		TOKEN_OK);
	CU_ASSERT_EQUAL(len, 10 + VAULT_BOX_OVERHEAD);
	for (i = 0; i < len; i++) {
		box[i] ^= 0x10;
		CU_ASSERT_EQUAL(opens(&a, "inbox", box, len), i == 0 ? TOKEN_ERR_NEWER : TOKEN_ERR_DAMAGED);
		box[i] ^= 0x10;
		CU_ASSERT_EQUAL(opens(&a, "inbox", box, i), TOKEN_ERR_DAMAGED);
	}
	CU_ASSERT_EQUAL(opens(&b, "inbox", box, len), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(opens(&a, "outbox", box, len), TOKEN_ERR_DAMAGED);
	memset(box + 1, 0, VAULT_BOX_KEY_LEN); /* an ephemeral key of small order */
	CU_ASSERT_EQUAL(opens(&a, "inbox", box, len), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL_FATAL(vault_box_seal(leaf_seal, a.public_key, "inbox", 5, "a new card", 10, &again, &again_len),
		TOKEN_OK);
	CU_ASSERT_EQUAL(opens(&a, "inbox", again, again_len), TOKEN_OK);
	free(box);
	free(again);
	pair_free(&a);
	pair_free(&b);
}

/* Nobody can be talked into a box whose key everybody knows. */
static void
test_small_order(void)
{
	static const char *const points[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	};
	uint8_t key[VAULT_BOX_KEY_LEN], *box;
	size_t i, len;

	for (i = 0; i < 3; i++) {
		leaf_hex(points[i], key, sizeof(key));
		CU_ASSERT_EQUAL(vault_box_seal(leaf_seal, key, NULL, 0, "x", 1, &box, &len), TOKEN_ERR_ARG);
		CU_ASSERT_PTR_NULL(box);
	}
}

CU_TestInfo tests_box[] = {
	{ "the pair", test_pair },
	{ "public keys of small order", test_small_order },
	{ "the box", test_box },
	CU_TEST_INFO_NULL,
};
