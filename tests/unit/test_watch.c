/*
 * What one process commits, the others see: at once, and without asking the database in vain.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"
#include "tokens/store/store.h"

#define ROUNDS 60

struct pipes {
	struct fixture *f;
	int ask[2], done[2];
};

/* Another process: makes and destroys by turns, and says so when it has. */
static int
change_when_asked(const struct pipes *p)
{
	struct token_env *env = child_env(p->f);
	const struct token_object *object = NULL;
	struct token *token = NULL;
	char byte = 0;

	if (token_open(env, p->f->slot, &token) != TOKEN_OK || login(token, TOKEN_USER, USER_PIN) != TOKEN_OK)
		return 1;
	while (read(p->ask[0], &byte, 1) == 1) {
		if (object == NULL) {
			object = make_data(token, "turn", "value", true);
		} else {
			if (token_object_destroy(token, object) != TOKEN_OK)
				return 2;
			token_object_unref(object);
			object = NULL;
		}
		if (write(p->done[1], &byte, 1) != 1)
			return 3;
	}
	token_close(token);
	token_env_free(env);
	return 0;
}

/* Else a call that begins after another process's commit answers from before it: a spent copy signs again. */
static void
test_next_call_sees(void)
{
	struct fixture f;
	struct pipes p = { .f = &f };
	enum token_result res;
	int status = -1;
	char byte = 0;
	pid_t child;

	fixture_new(&f);
	fixture_user(&f);
	CU_ASSERT_EQUAL_FATAL(pipe(p.ask), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(p.done), 0);
	child = fork();
	CU_ASSERT_FATAL(child >= 0);
	if (child == 0) {
		(void)close(p.ask[1]);
		_exit(change_when_asked(&p));
	}
	for (int i = 0; i < ROUNDS; i++) {
		CU_ASSERT_EQUAL(count_objects(f.token, &res), i % 2);
		CU_ASSERT_EQUAL_FATAL(write(p.ask[1], &byte, 1), 1);
		CU_ASSERT_EQUAL_FATAL(read(p.done[0], &byte, 1), 1);
		CU_ASSERT_EQUAL(count_objects(f.token, &res), (i + 1) % 2);
	}
	(void)close(p.ask[1]);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(status, 0);
	(void)close(p.ask[0]);
	(void)close(p.done[0]);
	(void)close(p.done[1]);
	fixture_free(&f);
}

static void
read_once(struct store *store, struct watch_mark *mark)
{
	struct store_area area;

	CU_ASSERT_EQUAL_FATAL(store_begin(store, false), TOKEN_OK);
	*mark = *store_mark(store);
	CU_ASSERT_EQUAL_FATAL(store_end(store, store_area_read(store, &area)), TOKEN_OK);
}

/* Else a store at rest is asked again and again, or a commit or a log folded in goes unnoticed. */
static void
test_mark(void)
{
	struct fixture f;
	struct store *store = NULL;
	struct watch_mark mark = { 0 };
	struct watch_mark none = { 0 };
	char folder[256];

	fixture_new(&f);
	fixture_area(&f, 5);
	fixture_path(&f, "", folder, sizeof(folder));
	CU_ASSERT_EQUAL_FATAL(store_open(folder, &store), TOKEN_OK);
	CU_ASSERT_FALSE(store_is_at(store, &none));
	read_once(store, &mark);
	CU_ASSERT_TRUE(store_is_at(store, &mark));
	fixture_sql(&f, "BEGIN IMMEDIATE; UPDATE area SET suspended = 1; ROLLBACK");
	CU_ASSERT_TRUE(store_is_at(store, &mark));
	fixture_sql(&f, "UPDATE area SET suspended = 1");
	CU_ASSERT_FALSE(store_is_at(store, &mark));
	read_once(store, &mark);
	CU_ASSERT_TRUE(store_is_at(store, &mark));
	store_checkpoint(store);
	fixture_sql(&f, "UPDATE area SET suspended = 0");
	CU_ASSERT_FALSE(store_is_at(store, &mark));
	store_close(store);
	fixture_free(&f);
}

/* A commit while a transaction reads: the mark is of what that one saw. */
static void
test_mark_is_not_newer(void)
{
	struct fixture f;
	struct store *store = NULL;
	struct store_area area;
	struct watch_mark mark = { 0 };
	char folder[256];

	fixture_new(&f);
	fixture_area(&f, 5);
	fixture_path(&f, "", folder, sizeof(folder));
	CU_ASSERT_EQUAL_FATAL(store_open(folder, &store), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(store_begin(store, false), TOKEN_OK);
	CU_ASSERT_EQUAL(store_area_read(store, &area), TOKEN_OK);
	fixture_sql(&f, "UPDATE area SET suspended = 1");
	mark = *store_mark(store);
	CU_ASSERT_EQUAL(store_area_read(store, &area), TOKEN_OK);
	CU_ASSERT_FALSE(area.suspended);
	CU_ASSERT_EQUAL(store_end(store, TOKEN_OK), TOKEN_OK);
	CU_ASSERT_FALSE(store_is_at(store, &mark));
	store_close(store);
	fixture_free(&f);
}

/* Holds the database for writing until it is killed. */
static void
hold(const struct fixture *f, int ready)
{
	struct store *store = NULL;
	struct token_env *env = child_env(f);
	struct token *token = NULL;
	char folder[256];

	if (token_open(env, f->slot, &token) != TOKEN_OK)
		_exit(1);
	(void)snprintf(folder, sizeof(folder), "%s/areas/%s", f->store, token_serial(token));
	if (store_open(folder, &store) != TOKEN_OK || store_begin(store, true) != TOKEN_OK || write(ready, "", 1) != 1)
		_exit(2);
	for (;;)
		(void)pause();
}

/* Else a program that hangs makes all the others hang, or keeps them from reading. */
static void
test_stuck_writer(void)
{
	struct fixture f;
	struct token_attrs *attrs = attrs_new();
	const struct token_object_spec spec = { .private_ = true, .attrs = attrs };
	const struct token_object *object = NULL;
	enum token_result res;
	int ready[2], status = 0;
	char byte = 0;
	pid_t child;

	fixture_new(&f);
	fixture_user(&f);
	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	child = fork();
	CU_ASSERT_FATAL(child >= 0);
	if (child == 0)
		hold(&f, ready[1]);
	CU_ASSERT_EQUAL_FATAL(read(ready[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(token_object_create(f.token, NULL, &spec, &object), TOKEN_ERR_BUSY);
	CU_ASSERT_EQUAL(kill(child, SIGKILL), 0);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_EQUAL(token_object_create(f.token, NULL, &spec, &object), TOKEN_OK);
	token_object_unref(object);
	attrs_free(attrs);
	(void)close(ready[0]);
	(void)close(ready[1]);
	fixture_free(&f);
}

#define WRITERS 6
#define COMMITS 25

static int
write_many(const struct fixture *f)
{
	struct token_env *env = child_env(f);
	struct token *token = NULL;
	int bad = 0;

	if (token_open(env, f->slot, &token) != TOKEN_OK)
		return 1;
	for (int i = 0; i < COMMITS && bad == 0; i++) {
		struct token_attrs *attrs = attrs_new();
		const struct token_object_spec spec = { .attrs = attrs };
		const struct token_object *object = NULL;

		bad = token_object_create(token, NULL, &spec, &object) != TOKEN_OK;
		token_object_unref(object);
		attrs_free(attrs);
	}
	token_close(token);
	token_env_free(env);
	return bad;
}

/* Else one of many programs that write at once is told that the token is busy. */
static void
test_many_writers(void)
{
	struct fixture f;
	enum token_result res;
	int status = 0;

	fixture_new(&f);
	fixture_area(&f, 5);
	for (int i = 0; i < WRITERS; i++) {
		const pid_t child = fork();

		CU_ASSERT_FATAL(child >= 0);
		if (child == 0)
			_exit(write_many(&f));
	}
	for (int i = 0; i < WRITERS; i++) {
		CU_ASSERT_TRUE(wait(&status) > 0);
		CU_ASSERT_EQUAL(status, 0);
	}
	CU_ASSERT_EQUAL(count_objects(f.token, &res), WRITERS * COMMITS);
	fixture_free(&f);
}

static void *
make_one(void *arg)
{
	token_object_unref(make_data(arg, "slow", "value", true));
	return NULL;
}

/* Else every call of a program, each of which asks who is logged in, waits while one of its threads waits for the disk. */
static void
test_role_without_waiting(void)
{
	struct fixture f;
	struct timespec before, after;
	sqlite3 *db = NULL;
	pthread_t thread;
	char path[256];

	fixture_new(&f);
	fixture_user(&f);
	fixture_path(&f, "area.db", path, sizeof(path));
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL_FATAL(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, make_one, f.token), 0);
	(void)usleep(200000);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_USER);
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	CU_ASSERT(after.tv_sec - before.tv_sec < 2);
	CU_ASSERT_EQUAL(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	(void)pthread_join(thread, NULL);
	(void)sqlite3_close(db);
	fixture_free(&f);
}

static CU_TestInfo tests[] = {
	{ "the next call sees another process's commit", test_next_call_sees },
	{ "marks", test_mark },
	{ "a mark is not newer than its transaction", test_mark_is_not_newer },
	{ "a writer that hangs", test_stuck_writer },
	{ "many writers", test_many_writers },
	{ "who is logged in, while the disk is waited for", test_role_without_waiting },
	CU_TEST_INFO_NULL,
};

int
add_watch_suite(void)
{
	static CU_SuiteInfo suites[] = {
		{ "watch", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return CU_register_suites(suites) == CUE_SUCCESS ? 0 : 1;
}
