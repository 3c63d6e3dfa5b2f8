/*
 * Private keys that a token keeps ready while the user is logged in.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/backend.h"
#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"

static struct token_attrs *
key_attrs(CK_OBJECT_CLASS object_class, enum token_curve curve)
{
	struct token_attrs *attrs = attrs_new();
	const uint8_t *der = NULL;
	size_t len = 0;

	token_curve_params(curve, &der, &len);
	CU_ASSERT_FATAL(attrs_set_ulong(attrs, CKA_CLASS, object_class) && attrs_set(attrs, CKA_EC_PARAMS, der, len));
	return attrs;
}

static const struct token_object *
make_key(struct token *token, enum token_curve curve)
{
	struct token_attrs *pub = key_attrs(CKO_PUBLIC_KEY, curve), *priv = key_attrs(CKO_PRIVATE_KEY, curve);
	const struct token_object_spec public_spec = { .attrs = pub },
				       private_spec = { .attrs = priv, .private_ = true };
	const struct token_object *public_key = NULL, *private_key = NULL;

	CU_ASSERT_EQUAL_FATAL(token_generate_pair(token, curve, false, &public_spec, &private_spec, &public_key,
				      &private_key),
		TOKEN_OK);
	token_object_unref(public_key);
	attrs_free(pub);
	attrs_free(priv);
	return private_key;
}

static struct token_key *
load(struct token *token, const struct token_object *object)
{
	struct token_key *key = NULL;

	CU_ASSERT_EQUAL_FATAL(token_key_load(token, object, &key), TOKEN_OK);
	return key;
}

static bool
signs(struct token_key *key)
{
	static const uint8_t digest[32] = { 1 };
	uint8_t sig[TOKEN_SIG_MAX];
	size_t len = 0;

	return token_key_sign(key, digest, sizeof(digest), sig, &len) == TOKEN_OK && len == 64;
}

/* Is the second load the key of the first? Both are held, so that no address is used twice. */
static bool
is_kept(struct token *token, const struct token_object *object)
{
	struct token_key *a = load(token, object), *b = load(token, object);
	const bool same = a == b;

	CU_ASSERT_TRUE(signs(a) && signs(b));
	token_key_free(a);
	token_key_free(b);
	return same;
}

/* Else each signature reads the store, or a key outlives the login it was opened under. */
static void
test_kept_until_logout(void)
{
	struct fixture f;
	const struct token_object *object = NULL;
	struct token_key *before = NULL, *after = NULL;

	fixture_new(&f);
	fixture_user(&f);
	object = make_key(f.token, TOKEN_P256);
	CU_ASSERT_TRUE(is_kept(f.token, object));
	before = load(f.token, object);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_load(f.token, object, &after), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_PTR_NULL(after);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	after = load(f.token, object);
	CU_ASSERT_PTR_NOT_EQUAL(before, after);
	token_key_free(before);
	token_key_free(after);
	token_object_unref(object);
	fixture_free(&f);
}

/* Else a key that was changed or destroyed goes on as it was. */
static void
test_follows_its_object(void)
{
	struct fixture f;
	const struct token_object *object = NULL, *changed = NULL;
	struct token_attrs *attrs = NULL;
	struct token_key *old = NULL, *key = NULL;

	fixture_new(&f);
	fixture_user(&f);
	object = make_key(f.token, TOKEN_P256);
	old = load(f.token, object);
	attrs = attrs_dup(object->attrs);
	CU_ASSERT_TRUE(attrs_set_bool(attrs, CKA_SIGN, false));
	CU_ASSERT_EQUAL_FATAL(token_object_replace(f.token, object, attrs, NULL, 0, &changed), TOKEN_OK);
	key = load(f.token, changed);
	CU_ASSERT_PTR_NOT_EQUAL(key, old);
	token_key_free(key);
	CU_ASSERT_EQUAL(token_object_destroy(f.token, changed), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_load(f.token, changed, &key), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_TRUE(signs(old)); /* whoever was signing finishes */
	token_key_free(old);
	attrs_free(attrs);
	token_object_unref(object);
	token_object_unref(changed);
	fixture_free(&f);
}

static int
destroy_keys(void *arg)
{
	const struct fixture *f = arg;
	struct token_env *env = child_env(f);
	const struct token_object **objects = NULL;
	struct token *token = NULL;
	size_t count = 0;
	int wrong = 0;

	if (token_open(env, f->slot, &token) != TOKEN_OK || login(token, TOKEN_USER, USER_PIN) != TOKEN_OK ||
		token_objects(token, &objects, &count) != TOKEN_OK)
		return 100;
	for (size_t i = 0; i < count; i++) {
		const enum token_result res = token_object_destroy(token, objects[i]);

		wrong += res != TOKEN_OK && res != TOKEN_ERR_NOT_FOUND; /* one of a copy takes the others with it */
	}
	token_objects_free(objects, count);
	token_close(token);
	token_env_free(env);
	return wrong;
}

/* Else a key that another process destroyed still signs here. */
static void
test_destroyed_elsewhere(void)
{
	struct fixture f;
	const struct token_object *object = NULL;
	struct token_key *key = NULL;

	fixture_new(&f);
	fixture_user(&f);
	object = make_key(f.token, TOKEN_P256);
	CU_ASSERT_TRUE(is_kept(f.token, object));
	CU_ASSERT_EQUAL(in_child(destroy_keys, &f), 0);
	CU_ASSERT_EQUAL(token_key_load(f.token, object, &key), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_PTR_NULL(key);
	token_object_unref(object);
	fixture_free(&f);
}

/* Else the key of a spent copy lies about in memory, or a reusable one costs an unsealing each time. */
static void
test_holder_keys(void)
{
	struct fixture f;
	const struct token_object *single = NULL, *unbound = NULL, *pub = NULL, *record = NULL, *reusable = NULL;
	struct token_key *key = NULL;

	fixture_new(&f);
	fixture_user(&f);
	single = make_copy(f.token);
	CU_ASSERT_FALSE(is_kept(f.token, single));
	CU_ASSERT_EQUAL(token_copy_spend(f.token, single, 4000000000), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_load(f.token, single, &key), TOKEN_ERR_NOT_FOUND);
	make_holder(f.token, &pub, &unbound);
	CU_ASSERT_FALSE(is_kept(f.token, unbound));
	CU_ASSERT_EQUAL_FATAL(make_record(f.token, NULL, unbound->id, true, &record), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_object_get(f.token, unbound->id, &reusable), TOKEN_OK);
	CU_ASSERT_TRUE(is_kept(f.token, reusable));
	token_object_unref(single);
	token_object_unref(unbound);
	token_object_unref(pub);
	token_object_unref(record);
	token_object_unref(reusable);
	fixture_free(&f);
}

static bool
has_note(struct token *token, const struct token_object *record)
{
	struct token_value note = { 0 };
	const bool found = token_note_find(token, record, &note);

	CU_ASSERT_TRUE(!found || (note.in_arena && note.len == 4 && memcmp(note.ptr, "note", 4) == 0));
	token_value_clear(&note);
	return found;
}

/* A reusable copy's record, or another's, of which a note has been offered. */
static const struct token_object *
noted_record(struct token *token, bool reusable)
{
	const struct token_object *pub = NULL, *key = NULL, *record = NULL;

	make_holder(token, &pub, &key);
	CU_ASSERT_EQUAL_FATAL(make_record(token, NULL, key->id, reusable, &record), TOKEN_OK);
	CU_ASSERT_FALSE(has_note(token, record));
	token_note_keep(token, record, (const uint8_t *)"note", 4);
	token_object_unref(pub);
	token_object_unref(key);
	return record;
}

/* Else what was said of a record is believed of another, or outlives the login. */
static void
test_notes(void)
{
	static const uint8_t long_one[1024] = { 0 };
	struct fixture f;
	const struct token_object *record = NULL, *single = NULL, *again = NULL;

	fixture_new(&f);
	fixture_user(&f);
	record = noted_record(f.token, true);
	single = noted_record(f.token, false);
	CU_ASSERT_TRUE(has_note(f.token, record));
	CU_ASSERT_FALSE(has_note(f.token, single));
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_FALSE(has_note(f.token, record));
	token_note_keep(f.token, record, (const uint8_t *)"note", 4); /* whoever comes late */
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_object_get(f.token, record->id, &again), TOKEN_OK);
	CU_ASSERT_FALSE(has_note(f.token, record));
	CU_ASSERT_FALSE(has_note(f.token, again));
	token_note_keep(f.token, record, (const uint8_t *)"note", 4); /* of before the logout */
	CU_ASSERT_FALSE(has_note(f.token, again));
	token_note_keep(f.token, again, long_one, sizeof(long_one));
	CU_ASSERT_FALSE(has_note(f.token, again));
	token_object_unref(record);
	token_object_unref(single);
	token_object_unref(again);
	fixture_free(&f);
}

/* Else a copy that was replaced or destroyed, here or by another process, is still judged by its old record. */
static void
test_notes_follow(void)
{
	struct fixture f;
	const struct token_object *record = NULL, *changed = NULL, *gone = NULL;

	fixture_new(&f);
	fixture_user(&f);
	record = noted_record(f.token, true);
	/* Nobody writes over a record: its copy is destroyed and another made. */
	CU_ASSERT_EQUAL(token_object_replace(f.token, record, record->attrs, (const uint8_t *)"new", 3, &changed),
		TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_TRUE(has_note(f.token, record));
	CU_ASSERT_EQUAL(token_object_destroy(f.token, record), TOKEN_OK);
	CU_ASSERT_FALSE(has_note(f.token, record));
	token_note_keep(f.token, record, (const uint8_t *)"note", 4);
	CU_ASSERT_FALSE(has_note(f.token, record));
	gone = noted_record(f.token, true);
	CU_ASSERT_TRUE(has_note(f.token, gone));
	CU_ASSERT_EQUAL(in_child(destroy_keys, &f), 0);
	CU_ASSERT_FALSE(has_note(f.token, gone));
	token_object_unref(record);
	token_object_unref(gone);
	fixture_free(&f);
}

/* Else keys of many objects push each other out at once, or one is taken for another. */
static void
test_many(void)
{
	enum { MANY = 20 };
	struct fixture f;
	const struct token_object *objects[MANY];
	struct token_key *keys[MANY];
	uint8_t point[TOKEN_POINT_MAX];
	size_t i, len = 0;

	fixture_new(&f);
	fixture_user(&f);
	for (i = 0; i < MANY; i++) {
		objects[i] = make_key(f.token, i % 2 == 0 ? TOKEN_P256 : TOKEN_P384);
		keys[i] = load(f.token, objects[i]);
	}
	for (i = 0; i < MANY; i++) {
		struct token_key *again = load(f.token, objects[i]);
		const CK_ATTRIBUTE *attr = attrs_find(objects[i]->attrs, CKA_EC_POINT);

		CU_ASSERT_PTR_EQUAL(again, keys[i]);
		CU_ASSERT_EQUAL(token_key_point(again, point, &len), TOKEN_OK);
		CU_ASSERT_EQUAL(memcmp(point, (const uint8_t *)attr->pValue + 2, len), 0);
		token_key_free(again);
		token_key_free(keys[i]);
		token_object_unref(objects[i]);
	}
	fixture_free(&f);
}

struct signer {
	struct token *token;
	const struct token_object *object;
	atomic_bool *stop;
	unsigned signed_, refused, wrong;
};

static void *
sign_along(void *arg)
{
	struct signer *s = arg;

	while (!atomic_load(s->stop)) {
		struct token_key *key = NULL;
		const enum token_result res = token_key_load(s->token, s->object, &key);

		if (res == TOKEN_OK && signs(key))
			s->signed_++;
		else if (res == TOKEN_ERR_NOT_FOUND || (res == TOKEN_OK && !test_can(TEST_RESTORE)))
			s->refused++; /* a device refuses a key whose user has gone meanwhile, too */
		else
			s->wrong++;
		token_key_free(key);
	}
	return NULL;
}

/* Else threads tear a key out of each other's hands when the user goes and comes. */
static void
test_threads(void)
{
	struct fixture f;
	struct signer signers[4];
	pthread_t threads[4];
	atomic_bool stop = false;
	size_t i;

	fixture_new(&f);
	fixture_user(&f);
	signers[0].object = make_key(f.token, TOKEN_P256);
	for (i = 0; i < 4; i++) {
		signers[i] = (struct signer){ .token = f.token, .object = signers[0].object, .stop = &stop };
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, sign_along, &signers[i]), 0);
	}
	for (i = 0; i < 5; i++) {
		(void)usleep(20000);
		CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
		CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	}
	(void)usleep(20000);
	atomic_store(&stop, true);
	for (i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
		CU_ASSERT_EQUAL(signers[i].wrong, 0);
		CU_ASSERT_TRUE(signers[i].signed_ > 0);
	}
	token_object_unref(signers[0].object);
	fixture_free(&f);
}

int
add_ready_suite(void)
{
	CU_pSuite suite = CU_add_suite("ready keys", NULL, NULL);

	if (suite == NULL || CU_add_test(suite, "kept until logout", test_kept_until_logout) == NULL ||
		CU_add_test(suite, "a key follows its object", test_follows_its_object) == NULL ||
		CU_add_test(suite, "destroyed by another process", test_destroyed_elsewhere) == NULL ||
		CU_add_test(suite, "holder keys", test_holder_keys) == NULL ||
		CU_add_test(suite, "notes", test_notes) == NULL ||
		CU_add_test(suite, "notes follow their records", test_notes_follow) == NULL ||
		CU_add_test(suite, "many keys", test_many) == NULL ||
		CU_add_test(suite, "threads", test_threads) == NULL)
		return 1;
	return 0;
}
