/*
 * Areas of the first version of the tables.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"
#include "tokens/store/schema.h"

static int64_t
version_of(const char *path)
{
	struct db db = DB_NONE;
	int64_t version = -1;

	CU_ASSERT_EQUAL(sqlite3_open(path, &db.sq), SQLITE_OK);
	CU_ASSERT_EQUAL(db_number(&db, "PRAGMA user_version", &version), TOKEN_OK);
	db_close(&db);
	return version;
}

/* A file as the first version made it, with the rows of the one that is there. */
static void
make_version_1(const char *path)
{
	char old[300], attach[340];
	sqlite3 *db = NULL;

	(void)snprintf(old, sizeof(old), "%s.old", path);
	CU_ASSERT_EQUAL_FATAL(db_create(old, &schema_area_1), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(old, &db), SQLITE_OK);
	(void)snprintf(attach, sizeof(attach), "ATTACH '%s' AS now", path);
	CU_ASSERT_EQUAL(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(db,
				"INSERT INTO main.area SELECT id, serial, label, backend, created, epoch, flags, "
				"low_water,"
				" user_min, user_max, user_tries, user_alphabet, so_min, so_max, so_tries, so_alphabet,"
				" seal_public, seal_private, suspended FROM now.area;"
				"INSERT INTO main.pin SELECT role, state, tries_left, generation, wrap FROM now.pin;"
				"INSERT INTO main.root SELECT * FROM now.root;"
				"INSERT INTO main.object SELECT * FROM now.object;"
				"INSERT INTO main.tombstone SELECT * FROM now.tombstone;"
				"INSERT INTO main.backend_data SELECT * FROM now.backend_data;"
				"INSERT INTO main.provisioner SELECT id, name, state, tries_left, tries_max, "
				"generation, wrap"
				" FROM now.named;"
				"UPDATE main.sqlite_sequence SET seq=(SELECT seq FROM now.sqlite_sequence n"
				" WHERE n.name=main.sqlite_sequence.name OR (n.name='named' AND"
				" main.sqlite_sequence.name='provisioner'))",
				NULL, NULL, NULL),
		SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_close(db), SQLITE_OK);
	CU_ASSERT_EQUAL(rename(old, path), 0);
}

/* An area with a record, a spent copy and a provisioner, whose id is the second, as version 1 has it; closed. */
static void
old_area(struct fixture *f, char path[256], struct secret *credential)
{
	struct secret first = SECRET_NONE;

	fixture_user(f);
	token_object_unref(make_data(f->token, "one", "secret", true));
	token_object_unref(make_copy(f->token));
	CU_ASSERT_EQUAL(token_logout(f->token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f->token, TOKEN_SO, SO_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(token_provisioner_make(f->token, &first), TOKEN_OK);
	CU_ASSERT_EQUAL(token_provisioner_make(f->token, credential), TOKEN_OK);
	secret_wipe(&first);
	fixture_path(f, "area.db", path, 256);
	token_close(f->token);
	f->token = NULL;
	token_env_free(f->env);
	make_version_1(path);
	f->env = fixture_env(f);
}

/* Else whoever updates the program would lose his records, or have them called damaged. */
static void
test_upgrade(void)
{
	struct fixture f;
	struct secret credential = SECRET_NONE;
	char path[256];
	enum token_result res;

	fixture_new(&f);
	old_area(&f, path, &credential);
	CU_ASSERT_EQUAL(version_of(path), 1);
	CU_ASSERT_EQUAL_FATAL(token_open(f.env, f.slot, &f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(version_of(path), 2);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT life FROM area"), TOKEN_LIFE_ACTIVE);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, "wrong"), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 4);
	token_object_unref(make_data(f.token, "two", "new", true));
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 5);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(token_login(f.token, TOKEN_PROVISIONER, credential), TOKEN_OK);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_OK);
	secret_wipe(&credential);
	CU_ASSERT_EQUAL(token_provisioner_make(f.token, &credential), TOKEN_OK);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT id FROM named"), 3); /* never given out again */
	secret_wipe(&credential);
	fixture_free(&f);
}

static void
plant(const char *path, const char *sql)
{
	sqlite3 *db = NULL;

	CU_ASSERT_EQUAL(sqlite3_open(path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_close(db), SQLITE_OK);
}

/* Else an older file in which somebody has planted something would be taken over as ours. */
static void
test_planted(void)
{
	static const char *const planted[] = {
		"CREATE TRIGGER t AFTER UPDATE ON pin BEGIN UPDATE pin SET tries_left=5; END",
		"CREATE TABLE event (id INTEGER)",
		"DROP TABLE provisioner_key",
	};

	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		struct fixture f;
		struct secret credential = SECRET_NONE;
		char path[256];

		fixture_new(&f);
		old_area(&f, path, &credential);
		plant(path, planted[i]);
		CU_ASSERT_EQUAL(token_open(f.env, f.slot, &f.token), TOKEN_ERR_DAMAGED);
		CU_ASSERT_EQUAL(version_of(path), 1);
		secret_wipe(&credential);
		fixture_free(&f);
	}
}

static int
open_only(void *arg)
{
	struct fixture *f = arg;
	struct token_env *env = child_env(f);
	struct token *token = NULL;
	const enum token_result res = token_open(env, f->slot, &token);

	token_close(token);
	token_env_free(env);
	return (int)res;
}

static int
status_of(pid_t child)
{
	int status = 0;

	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Else two programs that are started after an update would upgrade the same file twice. */
static void
test_two_at_once(void)
{
	struct fixture f;
	struct secret credential = SECRET_NONE;
	char path[256];
	pid_t children[4];

	fixture_new(&f);
	old_area(&f, path, &credential);
	for (size_t i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(open_only(&f));
	}
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(status_of(children[i]), TOKEN_OK);
	CU_ASSERT_EQUAL(version_of(path), 2);
	CU_ASSERT_EQUAL(token_open(f.env, f.slot, &f.token), TOKEN_OK);
	secret_wipe(&credential);
	fixture_free(&f);
}

static int
open_as_nobody(void *arg)
{
	return geteuid() != 0 || seteuid(65534) == 0 ? open_only(arg) : 255;
}

/* Else a store that cannot be written would look empty or damaged, and not old. */
static void
test_read_only(void)
{
	struct fixture f;
	struct secret credential = SECRET_NONE;
	char path[256], command[128];

	fixture_new(&f);
	old_area(&f, path, &credential);
	(void)snprintf(command, sizeof(command), "chmod -R a+rX,a-w %s", f.folder);
	CU_ASSERT_EQUAL(system(command), 0);
	CU_ASSERT_EQUAL(in_child(open_as_nobody, &f), TOKEN_ERR_READ_ONLY);
	(void)snprintf(command, sizeof(command), "chmod -R u+w %s", f.folder);
	CU_ASSERT_EQUAL(system(command), 0);
	CU_ASSERT_EQUAL(version_of(path), 1);
	secret_wipe(&credential);
	fixture_free(&f);
}

int
add_migrate_suite(void)
{
	CU_TestInfo tests[] = {
		{ "an area of the first version opens with all that it holds", test_upgrade },
		{ "what is planted in one is found", test_planted },
		{ "several programs open one at once", test_two_at_once },
		{ "one that cannot be written says so", test_read_only },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ .pName = "migrate", .pTests = tests },
		CU_SUITE_INFO_NULL,
	};

	return CU_register_suites(suites) == CUE_SUCCESS ? 0 : -1;
}
