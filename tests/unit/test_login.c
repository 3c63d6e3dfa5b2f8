/*
 * PIN tries, locking, and roles, over processes and threads (R-CARD-05, R-MED-05).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/backend.h"
#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"

/* Else an area without a PIN could be entered (R-MED-05). */
static void
test_pin_not_set(void)
{
	const struct token_area_spec spec = { .label = "new" };
	struct fixture f;
	struct secret so = SECRET_NONE;

	fixture_new(&f);
	so = pin_of(SO_PIN);
	CU_ASSERT_EQUAL_FATAL(token_area_create(f.env, 1, &spec, so), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_open(f.env, 1, &f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_NOT_SET);
	CU_ASSERT_EQUAL(token_init_pin(f.token, so), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_set_pin(f.token, so, so), TOKEN_ERR_PIN_NOT_SET);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_NOBODY, USER_PIN), TOKEN_ERR_ARG);
	secret_wipe(&so);
	fixture_free(&f);
}

/* Else the right PIN would open an area after too many wrong ones, or the SO's reset would not. */
static void
test_lock_and_reset(void)
{
	struct fixture f;
	struct token_info info;
	struct secret pin = SECRET_NONE;
	const struct token_object *data = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	data = make_data(f.token, "diary", "secret", true);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	for (unsigned left = 5; left-- > 1;) {
		CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "wrong"), TOKEN_ERR_PIN);
		CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
		CU_ASSERT_TRUE(info.user_tries_left == left && info.user_state == TOKEN_PIN_OPERATIONAL);
	}
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(info.user_tries_left, 5);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT count(*) FROM pin WHERE role=1 AND wrap IS NOT NULL"), 0);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_OK);
	pin = pin_of("another good one");
	CU_ASSERT_EQUAL(token_init_pin(f.token, pin), TOKEN_OK);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "another good one"), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 1);
	secret_wipe(&pin);
	token_object_unref(data);
	fixture_free(&f);
}

/* Else guessing the SO code would be free. */
static void
test_so_lock(void)
{
	struct fixture f;
	struct token_info info;
	struct secret so = SECRET_NONE;

	fixture_new(&f);
	fixture_area(&f, 5);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_ERR_PIN_LOCKED);
	so = pin_of(SO_PIN);
	CU_ASSERT_EQUAL(token_area_reinit(f.env, f.slot, "x", so), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(token_area_erase(f.env, f.slot, so), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(info.so_tries_left, 0);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	secret_wipe(&so);
	fixture_free(&f);
}

struct guesser {
	const struct fixture *f;
	int start; /* read end: closed when all may begin */
};

/* Counts what was answered "wrong": these are guesses that a thief had. */
static int
guess(void *arg)
{
	const struct guesser *g = arg;
	struct token_env *env = child_env(g->f);
	struct token *token = NULL;
	char byte;
	int wrong = 0;

	(void)!read(g->start, &byte, 1);
	if (token_open(env, 1, &token) != TOKEN_OK)
		return 100;
	for (int i = 0; i < 10; i++) {
		const enum token_result res = login(token, TOKEN_USER, "wrong");

		if (res == TOKEN_ERR_PIN)
			wrong++;
		else if (res != TOKEN_ERR_PIN_LOCKED)
			wrong = 101;
	}
	token_close(token);
	token_env_free(env);
	return wrong;
}

/* Else a thief with many processes would have more guesses than the limit. */
static void
test_processes(void)
{
	struct fixture f;
	struct guesser g = { .f = &f };
	pid_t children[8];
	int go[2];
	int status;
	int wrong = 0;

	fixture_new(&f);
	fixture_area(&f, 5);
	token_close(f.token);
	f.token = NULL;
	CU_ASSERT_EQUAL_FATAL(pipe(go), 0);
	g.start = go[0];
	for (int i = 0; i < 8; i++) {
		children[i] = fork();
		CU_ASSERT_FATAL(children[i] >= 0);
		if (children[i] == 0) {
			(void)close(go[1]);
			_exit(guess(&g));
		}
	}
	(void)close(go[0]);
	(void)close(go[1]);
	for (int i = 0; i < 8; i++) {
		CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
		CU_ASSERT_TRUE(WIFEXITED(status));
		wrong += WEXITSTATUS(status);
	}
	CU_ASSERT_EQUAL(wrong, 5);
	CU_ASSERT_EQUAL_FATAL(token_open(f.env, 1, &f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_LOCKED);
	fixture_free(&f);
}

/* Else killing the process while it checks would give the try back: unlimited guesses. */
static void
test_killed_while_checking(void)
{
	struct fixture f;
	struct token_info info;
	int64_t spent = 0;

	fixture_new(&f);
	fixture_area(&f, 100);
	token_close(f.token);
	f.token = NULL;
	for (int round = 0; round < 20; round++) {
		const pid_t child = fork();
		int status;

		CU_ASSERT_FATAL(child >= 0);
		if (child == 0) {
			struct token_env *env = child_env(&f);
			struct token *token = NULL;

			if (token_open(env, 1, &token) != TOKEN_OK)
				_exit(1);
			for (;;)
				(void)login(token, TOKEN_USER, "wrong");
		}
		(void)usleep((useconds_t)(1000 + 1500 * round));
		CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
		CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
		CU_ASSERT_EQUAL_FATAL(token_open(f.env, 1, &f.token), TOKEN_OK);
		CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
		CU_ASSERT_TRUE(100 - (int64_t)info.user_tries_left >= spent);
		spent = 100 - (int64_t)info.user_tries_left;
		token_close(f.token);
		f.token = NULL;
	}
	CU_ASSERT_TRUE(spent > 0);
	CU_ASSERT_EQUAL_FATAL(token_open(f.env, 1, &f.token), TOKEN_OK);
	/* What a killed process leaves after the last try: none left, and still "operational". */
	fixture_sql(&f, "UPDATE pin SET tries_left=0, state=1 WHERE role=1");
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(info.user_state, TOKEN_PIN_LOCKED);
	if (!test_can(TEST_RESTORE)) /* what the store says is not what counts */
		goto out;
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT count(*) FROM pin WHERE role=1 AND state=2 AND wrap IS NULL"), 1);
out:
	fixture_free(&f);
}

struct racer {
	struct token *token;
	enum token_result res;
};

static void *
race(void *arg)
{
	struct racer *racer = arg;

	racer->res = login(racer->token, TOKEN_USER, USER_PIN);
	return NULL;
}

/* Else two threads would both believe that they logged in, and one's logout surprise the other. */
static void
test_threads(void)
{
	struct fixture f;
	struct racer racers[8];
	pthread_t threads[8];
	struct token_info info;
	int won = 0;

	fixture_new(&f);
	fixture_area(&f, 5);
	for (int i = 0; i < 8; i++) {
		racers[i].token = f.token;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		CU_ASSERT_EQUAL(pthread_join(threads[i], NULL), 0);
		won += racers[i].res == TOKEN_OK;
		CU_ASSERT_TRUE(racers[i].res == TOKEN_OK || racers[i].res == TOKEN_ERR_LOGGED_IN);
	}
	CU_ASSERT_EQUAL(won, 1);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(info.user_tries_left, 5);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_ERR_OTHER_LOGGED_IN);
	fixture_free(&f);
}

/* Else a signature could be had without the PIN, or a wrong one at a signature would be free. */
static void
test_context_login(void)
{
	struct fixture f;
	struct token_info info;
	const struct token_object *key = NULL;

	fixture_new(&f);
	fixture_area(&f, 3);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(check(f.token, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(info.user_tries_left, 2);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_OK); /* consecutive failures only */
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(info.user_tries_left, 3);
	key = make_copy(f.token);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(check(f.token, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(token_usable(f.token), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, key, 4000000000), TOKEN_ERR_PIN_LOCKED);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT count(*) FROM pin WHERE role=1 AND wrap IS NOT NULL"), 0);
	token_object_unref(key);
	fixture_free(&f);
}

/* Else one program at its last try would make all others fail until its PIN is found to be right. */
static void
test_last_try_of_another(void)
{
	struct fixture f;
	struct token_value value = { 0 };
	const struct token_object *data = NULL;

	fixture_new(&f);
	fixture_user(&f);
	data = make_data(f.token, "at work", "y", true);
	fixture_sql(&f, "UPDATE pin SET tries_left=0, state=1 WHERE role=1");
	CU_ASSERT_EQUAL(token_object_value(f.token, data, &value), TOKEN_OK);
	token_value_clear(&value);
	token_object_unref(make_data(f.token, "more", "y", true));
	fixture_sql(&f, "UPDATE pin SET state=2 WHERE role=1");
	CU_ASSERT_EQUAL(token_object_value(f.token, data, &value), TOKEN_ERR_PIN_LOCKED);
	token_object_unref(data);
	fixture_free(&f);
}

static int
spend_all_tries(void *arg)
{
	const struct fixture *f = arg;
	struct token_env *env = child_env(f);
	struct token *token = NULL;

	if (token_open(env, 1, &token) != TOKEN_OK)
		return 1;
	for (int i = 0; i < 5; i++) {
		if (login(token, TOKEN_USER, "wrong") != TOKEN_ERR_PIN)
			return 2;
	}
	token_close(token);
	token_env_free(env);
	return 0;
}

static int
change_pin(void *arg)
{
	const struct fixture *f = arg;
	struct token_env *env = child_env(f);
	struct token *token = NULL;
	struct secret old_pin = pin_of(USER_PIN);
	struct secret new_pin = pin_of("changed elsewhere");
	int failed;

	if (token_open(env, 1, &token) != TOKEN_OK)
		return 1;
	failed = token_set_pin(token, old_pin, new_pin) != TOKEN_OK;
	token_close(token);
	token_env_free(env);
	secret_wipe(&old_pin);
	secret_wipe(&new_pin);
	return failed;
}

/* One process logs in, another does `other`, and the first must see it. */
static int
watch(const struct fixture *f, int (*other)(void *arg), bool changed)
{
	int ready[2];
	int done[2];
	int status = -1;
	char byte = 0;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(done), 0);
	child = fork();
	CU_ASSERT_FATAL(child >= 0);
	if (child == 0) {
		struct token_env *env = child_env(f);
		struct token *token = NULL;
		int wrong = 0;

		if (token_open(env, 1, &token) != TOKEN_OK || login(token, TOKEN_USER, USER_PIN) != TOKEN_OK)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		(void)!read(done[0], &byte, 1);
		if (changed) {
			wrong += check(token, USER_PIN) != TOKEN_ERR_PIN;
			wrong += check(token, "changed elsewhere") != TOKEN_OK;
			wrong += token_usable(token) != TOKEN_OK;
		} else {
			wrong += check(token, USER_PIN) != TOKEN_ERR_PIN_LOCKED;
			wrong += token_usable(token) != TOKEN_ERR_PIN_LOCKED;
		}
		_exit(wrong);
	}
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(in_child(other, (void *)(uintptr_t)f), 0);
	CU_ASSERT_EQUAL(write(done[1], "x", 1), 1);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	for (int i = 0; i < 2; i++) {
		(void)close(ready[i]);
		(void)close(done[i]);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Else a process that is logged in would go on under a PIN that another has locked or changed. */
static void
test_other_process(void)
{
	struct fixture f;

	fixture_new(&f);
	fixture_area(&f, 5);
	token_close(f.token);
	f.token = NULL;
	CU_ASSERT_EQUAL(watch(&f, change_pin, true), 0);
	fixture_free(&f);
	fixture_new(&f);
	fixture_area(&f, 5);
	token_close(f.token);
	f.token = NULL;
	CU_ASSERT_EQUAL(watch(&f, spend_all_tries, false), 0);
	fixture_free(&f);
}

/* Else a new PIN against the policy would be taken, or its refusal cost a try. */
static void
test_set_pin(void)
{
	struct fixture f;
	struct token_info info;
	struct secret user = SECRET_NONE;
	struct secret wrong = SECRET_NONE;
	struct secret brief = SECRET_NONE;
	struct secret fine = SECRET_NONE;

	fixture_new(&f);
	fixture_area(&f, 5);
	user = pin_of(USER_PIN);
	wrong = pin_of("wrong");
	brief = pin_of("123");
	fine = pin_of("fine and long");
	CU_ASSERT_EQUAL(token_set_pin(f.token, wrong, fine), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(token_set_pin(f.token, user, brief), TOKEN_ERR_PIN_LENGTH);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_EQUAL(info.user_tries_left, 4);
	CU_ASSERT_EQUAL(token_set_pin(f.token, user, fine), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "fine and long"), TOKEN_OK);
	CU_ASSERT_EQUAL(token_set_pin(f.token, fine, user), TOKEN_OK);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_ERR_NOT_LOGGED_IN);
	secret_wipe(&user);
	secret_wipe(&wrong);
	secret_wipe(&brief);
	secret_wipe(&fine);
	fixture_free(&f);
}

int
add_login_suite(void)
{
	CU_pSuite suite = CU_add_suite("login", NULL, NULL);

	if (suite == NULL || CU_ADD_TEST(suite, test_pin_not_set) == NULL ||
		CU_ADD_TEST(suite, test_lock_and_reset) == NULL || CU_ADD_TEST(suite, test_so_lock) == NULL ||
		CU_ADD_TEST(suite, test_processes) == NULL || CU_ADD_TEST(suite, test_killed_while_checking) == NULL ||
		CU_ADD_TEST(suite, test_threads) == NULL || CU_ADD_TEST(suite, test_context_login) == NULL ||
		CU_ADD_TEST(suite, test_last_try_of_another) == NULL ||
		CU_ADD_TEST(suite, test_other_process) == NULL || CU_ADD_TEST(suite, test_set_pin) == NULL)
		return 1;
	return 0;
}
