/*
 * A device that counts commits (R-CARD-05, R-EXH-01): an older store is refused, and a crash between commit and count
 * locks nobody out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/guard_help.h"

#define WRITERS 4
#define WRITES_EACH 15

/* Else an older store could look as new as the present one. */
static void
test_each_commit_counts(void)
{
	struct fixture f;
	const struct token_object *copy = NULL;
	const struct fake_area *held = NULL;
	uint64_t before;

	fixture_new(&f);
	fixture_user(&f);
	held = fake_only();
	CU_ASSERT_EQUAL(held->value, generation(&f));
	for (int i = 0; i < 5; i++) {
		before = held->value;
		CU_ASSERT_EQUAL(try_data(f.token, "data"), TOKEN_OK);
		CU_ASSERT_EQUAL(held->value, before + 1);
		CU_ASSERT_EQUAL(held->value, generation(&f));
	}
	copy = make_copy(f.token);
	before = held->value;
	CU_ASSERT_EQUAL(token_copy_spend(f.token, copy, 4000000000), TOKEN_OK);
	CU_ASSERT_EQUAL(held->value, before + 1);
	CU_ASSERT_EQUAL(held->value, generation(&f));
	token_object_unref(copy);
	fixture_free(&f);
}

/* Else looking at a token and using a key would wear the device out. */
static void
test_reading_does_not(void)
{
	struct fixture f;
	struct token_info info;
	const struct token_object *pub = NULL, *priv = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	make_holder(f.token, &pub, &priv);
	fake->calls[FAKE_REACH] = fake->calls[FAKE_USE] = fake->calls[FAKE_UNWRAP] = 0;
	CU_ASSERT_TRUE(count_objects(f.token, &res) == 2 && token_usable(f.token) == TOKEN_OK);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(fake->calls[FAKE_REACH] + fake->calls[FAKE_USE] + fake->calls[FAKE_UNWRAP], 0);
	CU_ASSERT_EQUAL(sign_with(f.token, priv), TOKEN_OK);
	CU_ASSERT_EQUAL(sign_with(f.token, priv), TOKEN_OK);
	CU_ASSERT_EQUAL(fake->calls[FAKE_USE], 2);
	CU_ASSERT_EQUAL(fake->calls[FAKE_REACH] + fake->calls[FAKE_UNWRAP], 0);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	/* What anybody may make is not under the root. */
	fake->gone = true;
	token_object_unref(make_data(f.token, "public", "anybody's", false));
	fake->gone = false;
	CU_ASSERT_EQUAL(fake->calls[FAKE_REACH], 0);
	token_object_unref(pub);
	token_object_unref(priv);
	fixture_free(&f);
}

static void
copy_store(const struct fixture *f, const char *from, const char *to)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "rm -rf '%s/%s' && cp -a '%s/%s' '%s/%s'", f->folder, to, f->folder,
		from, f->folder, to);
	CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

/* Else a spent copy comes back with an older store. */
static void
test_rollback(void)
{
	struct fixture f;
	const struct token_object *copy = NULL;
	struct secret so = SECRET_NONE;

	fixture_new(&f);
	fixture_user(&f);
	copy = make_copy(f.token);
	put_down(&f);
	copy_store(&f, "a", "old");
	take_up(&f);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, copy, 4000000000), TOKEN_OK);
	put_down(&f);
	copy_store(&f, "a", "new");
	copy_store(&f, "old", "a");
	take_up(&f);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_ROLLED_BACK);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_ERR_ROLLED_BACK);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(fake_only()->wrong, 0);
	put_down(&f);
	copy_store(&f, "new", "a");
	take_up(&f);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	put_down(&f);
	copy_store(&f, "old", "a");
	/* The security officer can begin anew. */
	f.env = fixture_env(&f);
	so = pin_of(SO_PIN);
	CU_ASSERT_EQUAL(token_area_reinit(f.env, f.slot, "anew", so), TOKEN_OK);
	secret_wipe(&so);
	CU_ASSERT_EQUAL_FATAL(token_open(f.env, f.slot, &f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(reset_pin(f.token, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	token_object_unref(copy);
	fixture_free(&f);
}

static int
store_and_die(struct token *token)
{
	if (login(token, TOKEN_USER, USER_PIN) != TOKEN_OK)
		return 1;
	fault(FAKE_REACH, 1, true, false); /* the second: the commit has been made */
	(void)try_data(token, "committed");
	return 2;
}

static int
store_once(struct token *token)
{
	if (login(token, TOKEN_USER, USER_PIN) != TOKEN_OK)
		return 1;
	return (int)try_data(token, "second");
}

/* Else a crash at the wrong moment makes the store look like an older or a newer one for ever. */
static void
test_crash_between(void)
{
	struct fixture f;
	const struct fake_area *held = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	held = fake_only();
	CU_ASSERT_EQUAL(visit(&f, store_and_die), 99);
	CU_ASSERT_EQUAL(held->value + 1, generation(&f));
	/* One who was logged in all the time catches up, */
	CU_ASSERT_EQUAL(try_data(f.token, "next"), TOKEN_OK);
	CU_ASSERT_EQUAL(held->value, generation(&f));
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 2);
	/* and so does one who logs in. */
	CU_ASSERT_EQUAL(visit(&f, store_and_die), 99);
	CU_ASSERT_EQUAL(held->value + 1, generation(&f));
	CU_ASSERT_EQUAL(visit(&f, store_once), TOKEN_OK);
	CU_ASSERT_EQUAL(held->value, generation(&f));
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 4);
	fixture_free(&f);
}

/* Else a commit that the device has not counted could be signed for, or one that it has would be said to have failed. */
static void
test_device_fails(void)
{
	struct fixture f;
	const struct token_object *copy = NULL, *other = NULL;
	const struct fake_area *held = NULL;
	struct token_info info;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	copy = make_copy(f.token);
	other = make_copy(f.token);
	held = fake_only();
	/* Before the commit: nothing has happened. */
	fault(FAKE_REACH, 0, false, false);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, copy, 4000000000), TOKEN_ERR_DEVICE);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.copies_unused == 2);
	/* After it: the copy is spent, and nobody may sign. */
	fault(FAKE_REACH, 1, false, false);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, copy, 4000000000), TOKEN_ERR_DEVICE);
	CU_ASSERT_TRUE(token_get_info(f.token, &info) == TOKEN_OK && info.copies_unused == 1 && info.copies_spent == 1);
	CU_ASSERT_EQUAL(held->value + 1, generation(&f));
	CU_ASSERT_EQUAL(token_copy_spend(f.token, copy, 4000000000), TOKEN_ERR_SPENT);
	CU_ASSERT_EQUAL(held->value, generation(&f));
	/* Anything else stands, and is caught up with. */
	fault(FAKE_REACH, 1, false, false);
	CU_ASSERT_EQUAL(try_data(f.token, "stands"), TOKEN_OK);
	CU_ASSERT_EQUAL(held->value + 1, generation(&f));
	CU_ASSERT_EQUAL(token_copy_spend(f.token, other, 4000000000), TOKEN_OK);
	CU_ASSERT_EQUAL(held->value, generation(&f));
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 1);
	token_object_unref(copy);
	token_object_unref(other);
	fixture_free(&f);
}

static int
write_many(struct token *token)
{
	if (login(token, TOKEN_USER, USER_PIN) != TOKEN_OK)
		return 1;
	for (int i = 0; i < WRITES_EACH; i++)
		if (try_data(token, "one of many") != TOKEN_OK)
			return 2;
	return 0;
}

static int
write_many_child(struct fixture *f)
{
	struct token_env *env = child_env(f);
	struct token *token = NULL;
	const int res = token_open(env, f->slot, &token) == TOKEN_OK ? write_many(token) : 3;

	token_close(token);
	token_env_free(env);
	return res;
}

/* Else two processes that commit at once would leave the device behind, or ahead. */
static void
test_committing_at_once(void)
{
	struct fixture f;
	enum token_result res;
	int status = 0;

	fixture_new(&f);
	fixture_user(&f);
	for (int i = 0; i < WRITERS; i++)
		if (fork() == 0)
			_exit(write_many_child(&f));
	for (int i = 0; i < WRITES_EACH; i++)
		CU_ASSERT_EQUAL(try_data(f.token, "here"), TOKEN_OK);
	for (int i = 0; i < WRITERS; i++) {
		CU_ASSERT_TRUE(wait(&status) > 0);
		CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	CU_ASSERT_EQUAL(count_objects(f.token, &res), (WRITERS + 1) * WRITES_EACH);
	CU_ASSERT_EQUAL(fake_only()->value, generation(&f));
	fixture_free(&f);
}

static void *
write_here(void *arg)
{
	struct token *token = arg;
	intptr_t bad = 0;

	for (int i = 0; i < WRITES_EACH; i++)
		bad += try_data(token, "a thread's") == TOKEN_OK ? 0 : 1;
	return (void *)bad;
}

/* The same for threads, while somebody reads. */
static void
test_threads_at_once(void)
{
	struct fixture f;
	pthread_t threads[WRITERS];
	void *bad = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	for (int i = 0; i < WRITERS; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, write_here, f.token), 0);
	for (int i = 0; i < 50; i++)
		CU_ASSERT_TRUE(count_objects(f.token, &res) >= 0);
	for (int i = 0; i < WRITERS; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], &bad), 0);
		CU_ASSERT_PTR_NULL(bad);
	}
	CU_ASSERT_EQUAL(count_objects(f.token, &res), WRITERS * WRITES_EACH);
	CU_ASSERT_EQUAL(fake_only()->value, generation(&f));
	fixture_free(&f);
}

int
add_counter_suite(void)
{
	static CU_TestInfo tests[] = {
		{ "each commit counts", test_each_commit_counts },
		{ "reading does not", test_reading_does_not },
		{ "an older store", test_rollback },
		{ "a crash between commit and count", test_crash_between },
		{ "a device that fails", test_device_fails },
		{ "processes that commit at once", test_committing_at_once },
		{ "threads that commit at once", test_threads_at_once },
		CU_TEST_INFO_NULL,
	};
	static CU_SuiteInfo suites[] = { { "counted commits", NULL, NULL, NULL, NULL, tests }, CU_SUITE_INFO_NULL };

	return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
