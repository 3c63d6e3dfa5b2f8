/*
 * Objects, holder keys and copies of one token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <string.h>

#include "tests/unit/tokens_suites.h"
#include "tests/unit/tokens_help.h"

/* Else a private object could be made, or seen, by anybody. */
static void
test_private_needs_user(void)
{
	struct fixture f;
	struct token_attrs *attrs = attrs_new();
	const struct token_object_spec spec = { .private_ = true, .attrs = attrs };
	const struct token_object *object = NULL;
	const struct token_object *data = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	data = make_data(f.token, "diary", "secret", true);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 1);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(token_object_create(f.token, NULL, &spec, &object), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_object_destroy(f.token, data), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(token_object_create(f.token, NULL, &spec, &object), TOKEN_ERR_NOT_LOGGED_IN);
	token_object_unref(data);
	attrs_free(attrs);
	fixture_free(&f);
}

/* Else what was stored is not what comes back. */
static void
test_values(void)
{
	struct fixture f;
	const struct token_object *sealed = NULL;
	const struct token_object *clear = NULL;
	const struct token_object *changed = NULL;
	struct token_value value = { 0 };

	fixture_new(&f);
	fixture_user(&f);
	sealed = make_data(f.token, "diary", "secret", true);
	clear = make_data(f.token, "poster", "public", false);
	CU_ASSERT_TRUE(sealed->authenticated && clear->authenticated);
	CU_ASSERT_EQUAL_FATAL(token_object_value(f.token, sealed, &value), TOKEN_OK);
	CU_ASSERT_TRUE(value.len == 6 && memcmp(value.ptr, "secret", 6) == 0);
	token_value_clear(&value);
	CU_ASSERT_EQUAL_FATAL(token_object_value(f.token, clear, &value), TOKEN_OK);
	CU_ASSERT_TRUE(value.len == 6 && memcmp(value.ptr, "public", 6) == 0);
	token_value_clear(&value);
	CU_ASSERT_EQUAL_FATAL(token_object_replace(f.token, sealed, sealed->attrs, (const uint8_t *)"page 2", 6,
				      &changed),
		TOKEN_OK);
	CU_ASSERT_TRUE(changed->id == sealed->id && changed->generation > sealed->generation);
	CU_ASSERT_EQUAL_FATAL(token_object_value(f.token, changed, &value), TOKEN_OK);
	CU_ASSERT_TRUE(value.len == 6 && memcmp(value.ptr, "page 2", 6) == 0);
	token_value_clear(&value);
	CU_ASSERT_EQUAL(token_object_destroy(f.token, changed), TOKEN_OK);
	CU_ASSERT_EQUAL(token_object_value(f.token, sealed, &value), TOKEN_ERR_NOT_FOUND);
	token_object_unref(sealed);
	token_object_unref(clear);
	token_object_unref(changed);
	fixture_free(&f);
}

/* Else a secret key that was kept ready would outlive its change, its end or the login. */
static void
test_ready_values(void)
{
	struct fixture f;
	struct token_attrs *attrs = attrs_new();
	struct token_object_spec spec = { .private_ = true, .attrs = attrs };
	const struct token_object *key = NULL, *changed = NULL;
	struct token_value value = { 0 };
	int round;

	fixture_new(&f);
	fixture_user(&f);
	spec.value = (const uint8_t *)"0123456789abcdef";
	spec.value_len = 16;
	CU_ASSERT_TRUE(attrs_set_ulong(attrs, CKA_CLASS, CKO_SECRET_KEY));
	CU_ASSERT_EQUAL_FATAL(token_object_create(f.token, NULL, &spec, &key), TOKEN_OK);
	for (round = 0; round < 3; round++) {
		CU_ASSERT_EQUAL_FATAL(token_object_value(f.token, key, &value), TOKEN_OK);
		CU_ASSERT_TRUE(value.in_arena && value.len == 16 && memcmp(value.ptr, spec.value, 16) == 0);
		token_value_clear(&value);
	}
	CU_ASSERT_EQUAL_FATAL(token_object_replace(f.token, key, key->attrs, (const uint8_t *)"fedcba9876543210", 16,
				      &changed),
		TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_object_value(f.token, changed, &value), TOKEN_OK);
	CU_ASSERT_TRUE(value.len == 16 && memcmp(value.ptr, "fedcba9876543210", 16) == 0);
	token_value_clear(&value);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(token_object_value(f.token, changed, &value), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_object_value(f.token, changed, &value), TOKEN_OK);
	token_value_clear(&value);
	CU_ASSERT_EQUAL(token_object_destroy(f.token, changed), TOKEN_OK);
	CU_ASSERT_EQUAL(token_object_value(f.token, changed, &value), TOKEN_ERR_NOT_FOUND);
	token_object_unref(key);
	token_object_unref(changed);
	attrs_free(attrs);
	fixture_free(&f);
}

/* Else nobody could know before login what a token has, or a stranger's certificate would be trusted. */
static void
test_public_without_login(void)
{
	struct fixture f;
	struct token_attrs *attrs = attrs_new();
	const struct token_object_spec spec = { .attrs = attrs };
	const struct token_object *mine = NULL;
	const struct token_object *strange = NULL;
	const struct token_object *changed = NULL;

	fixture_new(&f);
	fixture_user(&f);
	mine = make_data(f.token, "poster", "public", false);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_TRUE_FATAL(attrs_set_bool(attrs, CKA_TRUSTED, true));
	CU_ASSERT_EQUAL_FATAL(token_object_create(f.token, NULL, &spec, &strange), TOKEN_OK);
	CU_ASSERT_FALSE(strange->authenticated);
	/* Whoever cannot keep the root true may not touch what is under it. */
	CU_ASSERT_EQUAL(token_object_destroy(f.token, mine), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_object_replace(f.token, mine, attrs, NULL, 0, &changed), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL_FATAL(token_object_replace(f.token, strange, attrs, NULL, 0, &changed), TOKEN_OK);
	CU_ASSERT_TRUE(changed->generation > strange->generation);
	token_object_unref(changed);
	CU_ASSERT_EQUAL_FATAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_object_get(f.token, strange->id, &changed), TOKEN_OK);
	CU_ASSERT_FALSE(changed->authenticated);
	token_object_unref(changed);
	CU_ASSERT_EQUAL(token_object_destroy(f.token, mine), TOKEN_OK);
	CU_ASSERT_EQUAL(token_object_destroy(f.token, strange), TOKEN_OK);
	token_object_unref(mine);
	token_object_unref(strange);
	attrs_free(attrs);
	fixture_free(&f);
}

/* Else a key could be bound twice, or a record to no key. */
static void
test_binding(void)
{
	struct fixture f;
	const struct token_object *pub = NULL;
	const struct token_object *priv = NULL;
	const struct token_object *bound = NULL;
	const struct token_object *record = NULL;
	const struct token_object *other = NULL;
	struct token_key *key = NULL;
	uint8_t sig[TOKEN_SIG_MAX];
	size_t len = 0;
	struct token_info info;

	fixture_new(&f);
	fixture_user(&f);
	make_holder(f.token, &pub, &priv);
	CU_ASSERT_TRUE(pub->private_ && priv->private_ && priv->copy == 0);
	CU_ASSERT_EQUAL(make_record(f.token, NULL, 9999, false, &record), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(make_record(f.token, NULL, pub->id, false, &record), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(token_copy_record(f.token, priv, &other), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL_FATAL(make_record(f.token, NULL, priv->id, false, &record), TOKEN_OK);
	CU_ASSERT_EQUAL(record->copy, priv->id);
	CU_ASSERT_EQUAL(make_record(f.token, NULL, priv->id, false, &other), TOKEN_ERR_BOUND);
	CU_ASSERT_EQUAL_FATAL(token_object_get(f.token, priv->id, &bound), TOKEN_OK);
	CU_ASSERT_TRUE(bound->copy == priv->id && bound->generation > priv->generation);
	CU_ASSERT_EQUAL_FATAL(token_key_load(f.token, bound, &key), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_sign(key, (const uint8_t *)"0123456789abcdef0123456789abcdef", 32, sig, &len),
		TOKEN_OK);
	CU_ASSERT_EQUAL(len, 64);
	token_key_free(key);
	CU_ASSERT_EQUAL_FATAL(token_copy_record(f.token, priv, &other), TOKEN_OK);
	CU_ASSERT_EQUAL(other->id, record->id);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_TRUE(info.copies_unused == 1 && info.keys_unbound == 0);
	token_object_unref(other);
	token_object_unref(bound);
	token_object_unref(record);
	token_object_unref(pub);
	token_object_unref(priv);
	fixture_free(&f);
}

/* Else half a copy would stay: a key that can sign without its record, or a record without its key. */
static void
test_destroying_a_copy(void)
{
	struct fixture f;
	const struct token_object *pub = NULL;
	const struct token_object *priv = NULL;
	const struct token_object *record = NULL;
	struct token_info info;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	for (int which = 0; which < 3; which++) {
		make_holder(f.token, &pub, &priv);
		CU_ASSERT_EQUAL_FATAL(make_record(f.token, NULL, priv->id, false, &record), TOKEN_OK);
		CU_ASSERT_EQUAL(count_objects(f.token, &res), 3);
		CU_ASSERT_EQUAL(token_object_destroy(f.token, which == 0 ? pub : which == 1 ? priv : record), TOKEN_OK);
		CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
		token_object_unref(record);
		token_object_unref(pub);
		token_object_unref(priv);
	}
	make_holder(f.token, &pub, &priv);
	CU_ASSERT_EQUAL(token_object_destroy(f.token, pub), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(info.copies_spent, 0);
	token_object_unref(pub);
	token_object_unref(priv);
	fixture_free(&f);
}

/* Else a single-use copy would be used twice, or used while the area is suspended (R-EXH-01, R-SUS-01). */
static void
test_spending(void)
{
	struct fixture f;
	const struct token_object *priv = NULL;
	const struct token_object *pub = NULL;
	const struct token_object *record = NULL;
	struct token_info info;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	make_holder(f.token, &pub, &priv);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, priv, 4000000000), TOKEN_ERR_ARG);
	token_object_unref(priv);
	token_object_unref(pub);
	priv = make_copy(f.token);
	fixture_sql(&f, "UPDATE area SET suspended=1");
	CU_ASSERT_EQUAL(token_copy_spend(f.token, priv, 4000000000), TOKEN_ERR_SUSPENDED);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_ERR_SUSPENDED);
	fixture_sql(&f, "UPDATE area SET suspended=0");
	CU_ASSERT_EQUAL(token_copy_spend(f.token, priv, 4000000000), TOKEN_OK);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, priv, 4000000000), TOKEN_ERR_SPENT);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT spent_at FROM tombstone"), 4000000000);
	token_object_unref(priv);
	make_holder(f.token, &pub, &priv);
	CU_ASSERT_EQUAL_FATAL(make_record(f.token, NULL, priv->id, true, &record), TOKEN_OK);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, priv, 4000000000), TOKEN_OK);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, priv, 4000000000), TOKEN_OK);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_TRUE(info.copies_unused == 1 && info.copies_spent == 1);
	token_object_unref(priv);
	token_object_unref(pub);
	token_object_unref(record);
	fixture_free(&f);
}

/* Else an import that fails half-way leaves half a batch. */
static void
test_batch(void)
{
	struct fixture f;
	const struct token_object *keys[2] = { NULL, NULL };
	const struct token_object *pub = NULL;
	const struct token_object *staged = NULL;
	struct token_batch *batch = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	for (int i = 0; i < 2; i++) {
		make_holder(f.token, &pub, &keys[i]);
		token_object_unref(pub);
	}
	CU_ASSERT_EQUAL_FATAL(token_batch_begin(f.token, &batch), TOKEN_OK);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(make_record(f.token, batch, keys[i]->id, false, &staged), TOKEN_OK);
		token_object_unref(staged);
	}
	CU_ASSERT_EQUAL(make_record(f.token, batch, keys[1]->id, false, &staged), TOKEN_ERR_BOUND);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 4);
	CU_ASSERT_EQUAL(token_object_destroy(f.token, keys[1]), TOKEN_OK);
	CU_ASSERT_EQUAL(token_batch_commit(batch), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 2);
	CU_ASSERT_EQUAL_FATAL(token_batch_begin(f.token, &batch), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(make_record(f.token, batch, keys[0]->id, false, &staged), TOKEN_OK);
	token_object_unref(staged);
	CU_ASSERT_EQUAL(token_batch_commit(batch), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 3);
	token_object_unref(keys[0]);
	token_object_unref(keys[1]);
	fixture_free(&f);
}

static void *
churn(void *arg)
{
	struct token *token = arg;

	for (int i = 0; i < 15; i++) {
		const struct token_object *data = make_data(token, "churn", "value", i % 2 == 0);
		struct token_value value = { 0 };
		enum token_result res = token_object_value(token, data, &value);

		token_value_clear(&value);
		if (res == TOKEN_OK)
			res = token_object_destroy(token, data);
		token_object_unref(data);
		if (res != TOKEN_OK || count_objects(token, &res) < 0)
			return arg;
	}
	return NULL;
}

/* Else two threads of a server would damage the token that they share. */
static void
test_two_threads(void)
{
	struct fixture f;
	pthread_t threads[2];
	void *failed = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, churn, f.token), 0);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], &failed), 0);
		CU_ASSERT_PTR_NULL(failed);
	}
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	fixture_free(&f);
}

int
add_token_suite(void)
{
	CU_pSuite suite = CU_add_suite("token", NULL, NULL);

	if (suite == NULL || CU_ADD_TEST(suite, test_private_needs_user) == NULL ||
		CU_ADD_TEST(suite, test_values) == NULL || CU_ADD_TEST(suite, test_ready_values) == NULL ||
		CU_ADD_TEST(suite, test_public_without_login) == NULL || CU_ADD_TEST(suite, test_binding) == NULL ||
		CU_ADD_TEST(suite, test_destroying_a_copy) == NULL || CU_ADD_TEST(suite, test_spending) == NULL ||
		CU_ADD_TEST(suite, test_batch) == NULL || CU_ADD_TEST(suite, test_two_threads) == NULL)
		return 1;
	return 0;
}
