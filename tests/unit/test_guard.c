/*
 * A device that counts the user's tries (R-CARD-05, R-KEY-02): the store follows it, and never the other way round.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/guard_help.h"

#define PROCESSES 8
#define TRIES_EACH 13

/* Else a dead device would cost tries, or the store would say something that the device has not. */
static void
test_mirror(void)
{
	struct fixture f;
	struct token_info info;

	fixture_new(&f);
	fixture_area(&f, 3);
	fake->gone = true;
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "wrong"), TOKEN_ERR_DEVICE);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.user_tries_left == 3);
	fake->gone = false;
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.user_tries_left == 2);
	CU_ASSERT_TRUE(info.device_bound && info.hardware);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.user_tries_left == 3);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.user_state == TOKEN_PIN_LOCKED);
	CU_ASSERT_EQUAL(reset_pin(f.token, "0000"), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "0000"), TOKEN_OK);
	fixture_free(&f);
}

/* Else whoever writes the store's numbers gets more tries, or takes the device's away from the holder. */
static void
test_device_is_right(void)
{
	struct fixture f;
	struct token_info info;

	fixture_new(&f);
	fixture_area(&f, 3);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "wrong"), TOKEN_ERR_PIN);
	fixture_sql(&f, "UPDATE pin SET state=1, tries_left=3 WHERE role=1");
	CU_ASSERT_TRUE(token_ask_info(f.token, &info) == TOKEN_OK && info.user_state == TOKEN_PIN_LOCKED);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.user_state == TOKEN_PIN_LOCKED);
	fake_only()->wrong = 1;
	CU_ASSERT_TRUE(token_ask_info(f.token, &info) == TOKEN_OK && info.user_tries_left == 2);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_OK);
	fake->gone = true;
	CU_ASSERT_TRUE(token_ask_info(f.token, &info) == TOKEN_OK && info.user_tries_left == 3);
	fake->gone = false;
	fake->shared_lockout = true;
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.shared_lockout);
	CU_ASSERT_STRING_EQUAL(info.model, "fake (shared)");
	fixture_free(&f);
}

static int
guess(void *arg)
{
	struct fixture *f = arg;
	struct token_env *env = child_env(f);
	struct token *token = NULL;
	int bad = 0;

	if (token_open(env, f->slot, &token) != TOKEN_OK)
		return 1;
	for (int i = 0; i < TRIES_EACH; i++) {
		const enum token_result res = login(token, TOKEN_USER, "wrong");

		bad += res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED ? 0 : 1;
	}
	token_close(token);
	token_env_free(env);
	return bad;
}

/* Else many processes at once get more tries than one after another. */
static void
test_many_guessers(void)
{
	struct fixture f;
	int status = 0;

	fixture_new(&f);
	fixture_area(&f, 5);
	fake->verified = 0;
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			_exit(guess(&f));
	for (int i = 0; i < PROCESSES; i++) {
		CU_ASSERT_TRUE(wait(&status) > 0);
		CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	CU_ASSERT_EQUAL(fake->verified, 5);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_LOCKED);
	fixture_free(&f);
}

static int
change_elsewhere(struct token *token)
{
	return (int)change_pin(token, USER_PIN, "another pin");
}

/* Else a process that knows the old PIN only would lock the token while it just goes on signing. */
static void
test_changed_elsewhere(void)
{
	struct fixture f;
	const struct token_object *pub = NULL, *priv = NULL, *copy = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	make_holder(f.token, &pub, &priv);
	copy = make_copy(f.token);
	CU_ASSERT_EQUAL(sign_with(f.token, priv), TOKEN_OK);
	CU_ASSERT_EQUAL(visit(&f, change_elsewhere), TOKEN_OK);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, copy, 4000000000), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(sign_with(f.token, priv), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
	CU_ASSERT_EQUAL(fake_only()->wrong, 0);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "another pin"), TOKEN_OK);
	CU_ASSERT_EQUAL(sign_with(f.token, priv), TOKEN_OK);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, copy, 4000000000), TOKEN_OK);
	token_object_unref(copy);
	token_object_unref(pub);
	token_object_unref(priv);
	fixture_free(&f);
}

/* Else a new PIN typed at a signature would be taken for a wrong one. */
static void
test_new_pin_at_signature(void)
{
	struct fixture f;

	fixture_new(&f);
	fixture_user(&f);
	CU_ASSERT_EQUAL(visit(&f, change_elsewhere), TOKEN_OK);
	CU_ASSERT_EQUAL(check(f.token, "another pin"), TOKEN_OK);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(fake_only()->wrong, 0);
	fixture_free(&f);
}

static uint64_t seen_generation;

static void
look_at_generation(void *arg)
{
	seen_generation = (uint64_t)fixture_number(arg, "SELECT generation FROM pin WHERE role=1");
}

/* Else other processes could use the old PIN between the device's having the new one and their seeing it. */
static void
test_generation_first(void)
{
	struct fixture f;
	uint64_t before;

	fixture_new(&f);
	fixture_area(&f, 5);
	fake->new_pin = look_at_generation;
	fake->arg = &f;
	before = (uint64_t)fixture_number(&f, "SELECT generation FROM pin WHERE role=1");
	CU_ASSERT_EQUAL(change_pin(f.token, USER_PIN, "another pin"), TOKEN_OK);
	CU_ASSERT_EQUAL(seen_generation, before + 1);
	CU_ASSERT_EQUAL(reset_pin(f.token, "third"), TOKEN_OK);
	CU_ASSERT_EQUAL(seen_generation, before + 2);
	fixture_free(&f);
}

static int
die_changing(struct token *token)
{
	(void)change_pin(token, USER_PIN, "another pin");
	return 0;
}

/* Else a process that dies while it changes the PIN leaves one that nobody knows. */
static void
test_killed_while_changing(void)
{
	struct fixture f;

	fixture_new(&f);
	fixture_user(&f);
	fault(FAKE_SET_PIN, 0, true, false);
	CU_ASSERT_EQUAL(visit(&f, die_changing), 99);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	fault(FAKE_SET_PIN, 0, true, true);
	CU_ASSERT_EQUAL(visit(&f, die_changing), 98);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "another pin"), TOKEN_OK);
	CU_ASSERT_EQUAL(fake_only()->wrong, 0);
	fixture_free(&f);
}

/* Else each signature would ask the device for its PIN once more, or a wrong PIN would not be counted by it. */
static void
test_context_login(void)
{
	struct fixture f;
	struct token_info info;

	fixture_new(&f);
	fixture_user(&f);
	fake->calls[FAKE_UNWRAP] = 0;
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(fake->calls[FAKE_UNWRAP], 0);
	CU_ASSERT_EQUAL(check(f.token, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(fake->calls[FAKE_UNWRAP], 1);
	CU_ASSERT_EQUAL(fake_only()->wrong, 1);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.user_tries_left == 4);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(fake_only()->wrong, 0);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.user_tries_left == 5);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(check(f.token, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_ERR_PIN_LOCKED);
	fixture_free(&f);
}

/* Else a key could be used after logout, or not after its holder changed the PIN. */
static void
test_auth_of_keys(void)
{
	static const uint8_t digest[32] = { 1 };
	struct fixture f;
	const struct token_object *pub = NULL, *priv = NULL;
	struct token_key *key = NULL;
	uint8_t sig[TOKEN_SIG_MAX];
	size_t len = 0;

	fixture_new(&f);
	fixture_user(&f);
	make_holder(f.token, &pub, &priv);
	CU_ASSERT_EQUAL(change_pin(f.token, USER_PIN, "another pin"), TOKEN_OK);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_USER);
	CU_ASSERT_EQUAL(sign_with(f.token, priv), TOKEN_OK);
	CU_ASSERT_EQUAL(check(f.token, "another pin"), TOKEN_OK);
	CU_ASSERT_EQUAL(fake_only()->wrong, 0);
	CU_ASSERT_EQUAL_FATAL(token_key_load(f.token, priv, &key), TOKEN_OK);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_sign(key, digest, sizeof(digest), sig, &len), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(fake_only()->wrong, 0);
	token_key_free(key);
	token_object_unref(pub);
	token_object_unref(priv);
	fixture_free(&f);
}

/* Else who is logged in could neither use a key nor log in once a device has refused what was kept of the PIN. */
static void
test_auth_refused(void)
{
	struct fixture f;
	const struct token_object *pub = NULL, *priv = NULL;

	fixture_new(&f);
	fixture_user(&f);
	make_holder(f.token, &pub, &priv);
	(void)snprintf(fake_only()->pin, sizeof(fake_only()->pin), "not this one");
	CU_ASSERT_NOT_EQUAL(sign_with(f.token, priv), TOKEN_OK);
	CU_ASSERT_EQUAL(fake_only()->wrong, 1);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
	CU_ASSERT_EQUAL(fake_only()->wrong, 1);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "not this one"), TOKEN_OK);
	CU_ASSERT_EQUAL(sign_with(f.token, priv), TOKEN_OK);
	token_object_unref(pub);
	token_object_unref(priv);
	fixture_free(&f);
}

/* Else the bytes of a key in a device, or what stands for them, are given out or read as a scalar. */
static void
test_import_and_export(void)
{
	static const uint8_t scalar[32] = { [31] = 5 };
	struct fixture f;
	struct token_attrs *attrs = attrs_new();
	struct token_object_spec spec = { .kind = TOKEN_OBJECT_ORDINARY,
		.private_ = true,
		.value = scalar,
		.value_len = 32 };
	const struct token_object *object = NULL;
	struct secret out = SECRET_NONE;
	const uint8_t *der = NULL;
	size_t len = 0;

	fixture_new(&f);
	fixture_user(&f);
	token_curve_params(TOKEN_P256, &der, &len);
	CU_ASSERT_FATAL(
		attrs_set_ulong(attrs, CKA_CLASS, CKO_PRIVATE_KEY) && attrs_set(attrs, CKA_EC_PARAMS, der, len));
	spec.attrs = attrs;
	CU_ASSERT_EQUAL_FATAL(token_object_create(f.token, NULL, &spec, &object), TOKEN_OK);
	CU_ASSERT_EQUAL(sign_with(f.token, object), TOKEN_OK);
	CU_ASSERT_EQUAL(token_key_export(f.token, object, &out), TOKEN_ERR_UNSUPPORTED);
	CU_ASSERT_FALSE(token_exports_keys(f.token));
	token_object_unref(object);
	token_curve_params(TOKEN_BP256, &der, &len);
	CU_ASSERT_FATAL(attrs_set(attrs, CKA_EC_PARAMS, der, len));
	CU_ASSERT_EQUAL(token_object_create(f.token, NULL, &spec, &object), TOKEN_ERR_CURVE);
	attrs_free(attrs);
	fixture_free(&f);
}

static int
sign_elsewhere(struct token *token)
{
	const struct token_object **objects = NULL;
	size_t count = 0;
	enum token_result res = login(token, TOKEN_USER, "mended");

	if (res == TOKEN_OK)
		res = token_objects(token, &objects, &count);
	if (res == TOKEN_OK)
		res = count == 2 ? sign_with(token, objects[0]) : TOKEN_ERR_NOT_FOUND;
	token_objects_free(objects, count);
	return (int)res;
}

static void
lose_and_mend(bool index, bool counter)
{
	struct fixture f;
	const struct token_object *pub = NULL, *priv = NULL;
	struct fake_area *held = NULL;

	fixture_new(&f);
	fixture_user(&f);
	make_holder(f.token, &pub, &priv);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	held = fake_only();
	held->index = held->index && !index;
	held->counter = held->counter && !counter;
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
	CU_ASSERT_EQUAL(reset_pin(f.token, "mended"), TOKEN_OK);
	CU_ASSERT_EQUAL(held->value, generation(&f));
	CU_ASSERT_EQUAL(visit(&f, sign_elsewhere), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "mended"), TOKEN_OK);
	CU_ASSERT_EQUAL(sign_with(f.token, priv), TOKEN_OK);
	CU_ASSERT_EQUAL(try_data(f.token, "after"), TOKEN_OK);
	CU_ASSERT_EQUAL(held->value, generation(&f));
	token_object_unref(pub);
	token_object_unref(priv);
	fixture_free(&f);
}

/* Else whoever may undefine what a token has in a device ends it for good, or gets it for himself. */
static void
test_lost_and_mended(void)
{
	lose_and_mend(true, false);
	lose_and_mend(false, true);
	lose_and_mend(true, true);
}

static int
mend_elsewhere(struct token *token)
{
	return (int)reset_pin(token, "mended");
}

/* Else a process that goes on would use what was there before, or tell nobody that it cannot. */
static void
test_mended_elsewhere(void)
{
	struct fixture f;

	fixture_new(&f);
	fixture_user(&f);
	fake_only()->index = fake_only()->counter = false;
	CU_ASSERT_EQUAL(try_data(f.token, "lost"), TOKEN_ERR_INDEX_LOST);
	CU_ASSERT_EQUAL(visit(&f, mend_elsewhere), TOKEN_OK);
	CU_ASSERT_EQUAL(try_data(f.token, "logged out"), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "mended"), TOKEN_OK);
	CU_ASSERT_EQUAL(try_data(f.token, "again"), TOKEN_OK);
	CU_ASSERT_EQUAL(fake_only()->wrong, 0);
	fixture_free(&f);
}

/* Else the guard would go by data that somebody has put into the store. */
static void
test_data_are_authentic(void)
{
	struct fixture f;

	fixture_new(&f);
	fixture_area(&f, 5);
	put_down(&f);
	take_up(&f);
	fixture_sql(&f, "UPDATE backend_data SET value=x'46414b450000000000000000' WHERE name='guard'");
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_DAMAGED);
	fixture_sql(&f, "UPDATE backend_data SET value=x'00' WHERE name='guard'");
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_DAMAGED);
	fixture_sql(&f, "UPDATE backend_data SET value=x'46414b450100000000000000' WHERE name='guard'");
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	fixture_free(&f);
}

/* Else a race for a slot, or an area that could not be made, leaves something in the device for ever. */
static void
test_nothing_left(void)
{
	const struct token_area_spec spec = { .label = "second" };
	struct fixture f;
	struct secret so = SECRET_NONE;

	fixture_new(&f);
	so = pin_of(SO_PIN);
	fake->gone = true;
	CU_ASSERT_EQUAL(token_area_create(f.env, 1, &spec, so), TOKEN_ERR_DEVICE);
	fake->gone = false;
	CU_ASSERT_EQUAL(fake_count(), 0);
	fixture_area(&f, 5);
	CU_ASSERT_EQUAL(token_area_create(f.env, 1, &spec, so), TOKEN_ERR_EXISTS);
	CU_ASSERT_EQUAL(fake_count(), 1);
	token_close(f.token);
	f.token = NULL;
	CU_ASSERT_EQUAL(token_area_reinit(f.env, 1, "anew", so), TOKEN_OK);
	CU_ASSERT_EQUAL(token_open(f.env, 1, &f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_NOT_SET);
	CU_ASSERT_EQUAL(reset_pin(f.token, "anew"), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "anew"), TOKEN_OK);
	CU_ASSERT_EQUAL(try_data(f.token, "new"), TOKEN_OK);
	CU_ASSERT_EQUAL(fake_only()->value, generation(&f));
	token_close(f.token);
	f.token = NULL;
	CU_ASSERT_EQUAL(token_area_erase(f.env, 1, so), TOKEN_OK);
	CU_ASSERT_EQUAL(fake_count(), 0);
	secret_wipe(&so);
	fixture_free(&f);
}

/* Else a token whose TPM was cleared stays for ever; or a code that nothing has judged would cost tries or do more. */
static void
test_another_device(void)
{
	struct fixture f;
	struct token_info info;
	struct secret wrong = SECRET_NONE;

	fixture_new(&f);
	fixture_area(&f, 5);
	wrong = pin_of("cannot be judged");
	fake->other = true;
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_ERR_OTHER_DEVICE);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.so_tries_left == 10);
	token_close(f.token);
	f.token = NULL;
	CU_ASSERT_EQUAL(token_area_reinit(f.env, 1, "anew", wrong), TOKEN_ERR_OTHER_DEVICE);
	fake->other = false;
	CU_ASSERT_EQUAL(token_area_erase(f.env, 1, wrong), TOKEN_ERR_PIN);
	fake->other = true;
	CU_ASSERT_EQUAL(token_area_erase(f.env, 1, wrong), TOKEN_OK);
	CU_ASSERT_EQUAL(token_open(f.env, 1, &f.token), TOKEN_ERR_NOT_FOUND);
	secret_wipe(&wrong);
	fixture_free(&f);
}

static int
make_second(void *arg)
{
	const struct token_area_spec spec = { .label = "racing" };
	struct fixture *f = arg;
	struct token_env *env = child_env(f);
	struct secret so = pin_of(SO_PIN);
	const enum token_result res = token_area_create(env, 1, &spec, so);

	secret_wipe(&so);
	token_env_free(env);
	return res == TOKEN_OK ? 1 : res == TOKEN_ERR_EXISTS ? 0 : 2;
}

/* The same, for a race. */
static void
test_racing(void)
{
	struct fixture f;
	int status = 0, made = 0;

	fixture_new(&f);
	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			_exit(make_second(&f));
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(wait(&status) > 0);
		CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		made += WEXITSTATUS(status);
	}
	CU_ASSERT_EQUAL(made, 1);
	CU_ASSERT_EQUAL(fake_count(), 1);
	fixture_free(&f);
}

int
add_guard_suite(void)
{
	static CU_TestInfo tests[] = {
		{ "the store mirrors the device", test_mirror },
		{ "the device's word counts", test_device_is_right },
		{ "8 processes, 5 verifications", test_many_guessers },
		{ "a PIN changed elsewhere", test_changed_elsewhere },
		{ "a new PIN at a signature", test_new_pin_at_signature },
		{ "the generation first", test_generation_first },
		{ "killed while changing a PIN", test_killed_while_changing },
		{ "context-specific logins", test_context_login },
		{ "what keys are used with", test_auth_of_keys },
		{ "what was kept is refused", test_auth_refused },
		{ "import and export", test_import_and_export },
		{ "lost and mended", test_lost_and_mended },
		{ "mended elsewhere", test_mended_elsewhere },
		{ "data of the guard", test_data_are_authentic },
		{ "nothing is left behind", test_nothing_left },
		{ "another device", test_another_device },
		{ "racing for a slot", test_racing },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = { { "guard that counts", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
