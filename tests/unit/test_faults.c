/*
 * Full disks, read-only stores, killed and forked processes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"

/* Close the token in this process; children open their own. */
static void
close_token(struct fixture *f)
{
	token_close(f->token);
	f->token = NULL;
}

static struct token *
child_open(const struct fixture *f, enum token_role role)
{
	struct token_env *env = child_env(f);
	struct token *token = NULL;

	if (token_open(env, 1, &token) != TOKEN_OK)
		_exit(90);
	if (role == TOKEN_USER && login(token, TOKEN_USER, USER_PIN) != TOKEN_OK)
		_exit(91);
	return token;
}

static int
use_read_only(void *arg)
{
	struct token *token = NULL;
	struct token_info info;
	enum token_result res;
	int wrong = 0;

	if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
		return 92;
	token = child_open(arg, TOKEN_NOBODY);
	wrong += token_get_info(token, &info) != TOKEN_OK || !info.read_only || info.user_tries_left != 5;
	wrong += count_objects(token, &res) != 1;
	wrong += login(token, TOKEN_USER, USER_PIN) != TOKEN_ERR_READ_ONLY;
	wrong += login(token, TOKEN_SO, SO_PIN) != TOKEN_ERR_READ_ONLY;
	token_close(token);
	return wrong;
}

/* Files and folders that the user of a read-only medium can read and not write. */
static void
set_modes(const struct fixture *f, bool writable)
{
	char command[256];

	(void)snprintf(command, sizeof(command), "chmod -R %s '%s'", writable ? "u+w,go-rwx" : "a+rX,a-w", f->folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

/* Else nobody could see the public objects of a store on a read-only medium, or a PIN could be guessed there uncounted. */
static void
test_read_only(void)
{
	struct fixture f;

	fixture_new(&f);
	fixture_user(&f);
	token_object_unref(make_data(f.token, "poster", "public", false));
	token_object_unref(make_data(f.token, "diary", "secret", true));
	close_token(&f);
	set_modes(&f, false);
	CU_ASSERT_EQUAL(in_child(use_read_only, &f), 0);
	set_modes(&f, true);
	fixture_free(&f);
}

static int
fill_disk(void *arg)
{
	static const char filler[256 * 1024] = { 0 };
	const struct rlimit limit = { 400 * 1024, 400 * 1024 };
	struct token *token = child_open(arg, TOKEN_USER);
	struct token_attrs *attrs = attrs_new();
	const struct token_object_spec spec = { .private_ = true,
		.attrs = attrs,
		.value = (const uint8_t *)filler,
		.value_len = sizeof(filler) };
	const struct token_object *object = NULL;
	enum token_result res = TOKEN_OK;
	int made = 0;
	int wrong = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 93;
	while (made < 20 && (res = token_object_create(token, NULL, &spec, &object)) == TOKEN_OK) {
		token_object_unref(object);
		made++;
	}
	wrong += res != TOKEN_ERR_IO && res != TOKEN_ERR_FULL;
	/* What was there before is there still, and nothing half made. */
	wrong += count_objects(token, &res) != made + 1;
	attrs_free(attrs);
	return wrong;
}

/* Else a full disk would damage what is there, or an object seem to be stored and not be. */
static void
test_full_disk(void)
{
	struct fixture f;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	token_object_unref(make_data(f.token, "diary", "secret", true));
	close_token(&f);
	CU_ASSERT_EQUAL(in_child(fill_disk, &f), 0);
	CU_ASSERT_EQUAL_FATAL(token_open(f.env, 1, &f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_TRUE(count_objects(f.token, &res) >= 1);
	token_object_unref(make_data(f.token, "diary", "page 2", true));
	fixture_free(&f);
}

#define BATCH 12

static int
import_batch(const struct fixture *f, const uint64_t *keys, int ready)
{
	struct token *token = child_open(f, TOKEN_USER);
	struct token_batch *batch = NULL;
	const struct token_object *record = NULL;

	if (token_batch_begin(token, &batch) != TOKEN_OK)
		return 1;
	for (int i = 0; i < BATCH; i++) {
		if (make_record(token, batch, keys[i], false, &record) != TOKEN_OK)
			return 2;
		token_object_unref(record);
	}
	(void)!write(ready, "x", 1);
	return token_batch_commit(batch) != TOKEN_OK;
}

/* Make keys, import records for them in a child, kill it after `delay`; how many keys are bound. */
static uint64_t
kill_import(struct fixture *f, useconds_t delay)
{
	uint64_t keys[BATCH];
	struct token_info before;
	struct token_info after;
	int ready[2];
	int status;
	char byte;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(token_open(f->env, 1, &f->token), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(login(f->token, TOKEN_USER, USER_PIN), TOKEN_OK);
	for (int i = 0; i < BATCH; i++) {
		const struct token_object *pub = NULL;
		const struct token_object *priv = NULL;

		make_holder(f->token, &pub, &priv);
		keys[i] = priv->id;
		token_object_unref(pub);
		token_object_unref(priv);
	}
	CU_ASSERT_EQUAL(token_get_info(f->token, &before), TOKEN_OK);
	close_token(f);
	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	child = fork();
	CU_ASSERT_FATAL(child >= 0);
	if (child == 0)
		_exit(import_batch(f, keys, ready[1]));
	CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
	(void)usleep(delay);
	(void)kill(child, SIGKILL);
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	(void)close(ready[0]);
	(void)close(ready[1]);
	CU_ASSERT_EQUAL_FATAL(token_open(f->env, 1, &f->token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f->token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(token_get_info(f->token, &after), TOKEN_OK);
	close_token(f);
	return after.copies_unused - before.copies_unused;
}

/* Else a kill during an import leaves some records of a batch and not the others. */
static void
test_killed_import(void)
{
	struct fixture f;

	fixture_new(&f);
	fixture_area(&f, 5);
	close_token(&f);
	for (useconds_t delay = 0; delay < 6000; delay += 300) {
		const uint64_t bound = kill_import(&f, delay);

		CU_ASSERT_TRUE(bound == 0 || bound == BATCH);
	}
	fixture_free(&f);
}

struct spender {
	const struct fixture *f;
	uint64_t key;
	int start;
};

static int
race_to_spend(const struct spender *s)
{
	struct token *token = child_open(s->f, TOKEN_USER);
	const struct token_object *key = NULL;
	enum token_result res;
	char byte;

	if (token_object_get(token, s->key, &key) != TOKEN_OK)
		return 60;
	(void)!write(s->start, "x", 1);
	(void)!read(s->start + 1, &byte, 1);
	res = token_copy_spend(token, key, 4000000000);
	return res == TOKEN_OK ? 1 : res == TOKEN_ERR_SPENT ? 0 : 70;
}

/* Else two programs could each send a presentation with the same single-use copy (R-EXH-01). */
static void
test_spend_race(void)
{
	struct fixture f;
	const struct token_object *key = NULL;
	struct spender s = { .f = &f };

	fixture_new(&f);
	fixture_area(&f, 5);
	for (int round = 0; round < 5; round++) {
		struct token_info info;
		pid_t children[2];
		int ready[2];
		int go[2];
		int won = 0;
		int status;
		char byte;

		CU_ASSERT_EQUAL_FATAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
		key = make_copy(f.token);
		s.key = key->id;
		token_object_unref(key);
		close_token(&f);
		CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
		CU_ASSERT_EQUAL_FATAL(pipe(go), 0);
		for (int i = 0; i < 2; i++) {
			children[i] = fork();
			CU_ASSERT_FATAL(children[i] >= 0);
			if (children[i] == 0) {
				(void)close(go[1]);
				s.start = dup2(ready[1], 200);
				(void)dup2(go[0], 201);
				_exit(race_to_spend(&s));
			}
		}
		for (int i = 0; i < 2; i++)
			CU_ASSERT_EQUAL(read(ready[0], &byte, 1), 1);
		(void)close(go[1]);
		for (int i = 0; i < 2; i++) {
			CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
			CU_ASSERT_TRUE(WIFEXITED(status));
			won += WEXITSTATUS(status);
		}
		(void)close(go[0]);
		(void)close(ready[0]);
		(void)close(ready[1]);
		CU_ASSERT_EQUAL(won, 1);
		CU_ASSERT_EQUAL_FATAL(token_open(f.env, 1, &f.token), TOKEN_OK);
		CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
		CU_ASSERT_EQUAL(info.copies_spent, (uint64_t)round + 1);
	}
	fixture_free(&f);
}

static int
change_something(void *arg)
{
	struct token *token = child_open(arg, TOKEN_USER);
	const struct token_object *object = NULL;

	token_object_unref(make_data(token, "third", "from the child", true));
	if (token_object_get(token, 1, &object) != TOKEN_OK || token_object_destroy(token, object) != TOKEN_OK)
		return 1;
	token_close(token);
	return 0;
}

/*
 * The parent keeps the token open while forked children use it. Else a child would take itself
 * for the holder of the parent's locks, and what it commits be lost or not be seen.
 */
static void
test_forked_child(void)
{
	struct fixture f;
	const struct token_object *object = NULL;
	struct token_value value = { 0 };
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	token_object_unref(make_data(f.token, "first", "1", true));
	token_object_unref(make_data(f.token, "second", "2", true));
	CU_ASSERT_EQUAL(in_child(change_something, &f), 0);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 2);
	CU_ASSERT_EQUAL(token_object_get(f.token, 1, &object), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL_FATAL(token_object_get(f.token, 3, &object), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_object_value(f.token, object, &value), TOKEN_OK);
	CU_ASSERT_TRUE(value.len == 14 && memcmp(value.ptr, "from the child", 14) == 0);
	token_value_clear(&value);
	token_object_unref(object);
	CU_ASSERT_EQUAL(check(f.token, USER_PIN), TOKEN_OK);
	fixture_free(&f);
}

static int
outlive_parent(void *arg)
{
	const struct fixture *f = arg;
	struct token *token = NULL;
	pid_t child;
	int status;

	/* This process is the parent: it opens, forks, and closes before the child is done. */
	token = child_open(f, TOKEN_USER);
	child = fork();
	if (child == 0) {
		struct token *mine = child_open(f, TOKEN_USER);

		(void)usleep(150000);
		token_object_unref(make_data(mine, "late", "after the parent's end", true));
		_exit(0); /* without closing: what it committed is in the log only */
	}
	(void)usleep(70000);
	token_close(token);
	token = child_open(f, TOKEN_USER); /* as a third process that believes itself alone */
	token_object_unref(make_data(token, "third", "third", true));
	token_close(token);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 80;
}

/* Else what a daemon commits after its parent's end would vanish. */
static void
test_child_outlives_parent(void)
{
	struct fixture f;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	close_token(&f);
	CU_ASSERT_EQUAL(in_child(outlive_parent, &f), 0);
	CU_ASSERT_EQUAL_FATAL(token_open(f.env, 1, &f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 2);
	fixture_free(&f);
}

int
add_faults_suite(void)
{
	CU_pSuite suite = CU_add_suite("faults", NULL, NULL);

	if (suite == NULL || CU_ADD_TEST(suite, test_read_only) == NULL || CU_ADD_TEST(suite, test_full_disk) == NULL ||
		CU_ADD_TEST(suite, test_killed_import) == NULL || CU_ADD_TEST(suite, test_spend_race) == NULL ||
		CU_ADD_TEST(suite, test_forked_child) == NULL || CU_ADD_TEST(suite, test_child_outlives_parent) == NULL)
		return 1;
	return 0;
}
