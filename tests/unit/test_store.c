/*
 * Slots, areas and their files; what an editor does to a database is found.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/backend.h"
#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"

static enum token_result
create(struct token_env *env, uint64_t slot, const struct token_area_spec *spec, const char *pin)
{
	struct secret so = pin_of(pin);
	const enum token_result res = token_area_create(env, slot, spec, so);

	secret_wipe(&so);
	return res;
}

static uint64_t
free_slot(struct token_env *env, size_t *count)
{
	struct token_slot *slots = NULL;
	uint64_t id;

	CU_ASSERT_EQUAL_FATAL(token_slots(env, &slots, count), TOKEN_OK);
	CU_ASSERT_FALSE(slots[*count - 1].initialised);
	id = slots[*count - 1].id;
	free(slots);
	return id;
}

/* Else a slot id could come to mean another token, or an area be made by looking. */
static void
test_slot_ids(void)
{
	const struct token_area_spec spec = { .label = "test" };
	struct fixture f;
	struct secret so = SECRET_NONE;
	size_t count = 0;

	fixture_new(&f);
	CU_ASSERT_EQUAL(free_slot(f.env, &count), 1);
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_NOT_EQUAL(access(f.store, F_OK), 0);
	CU_ASSERT_EQUAL(token_open(f.env, 1, &f.token), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(create(f.env, 2, &spec, SO_PIN), TOKEN_ERR_ARG);
	CU_ASSERT_EQUAL(create(f.env, 1, &spec, SO_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(create(f.env, 1, &spec, SO_PIN), TOKEN_ERR_EXISTS);
	CU_ASSERT_EQUAL(create(f.env, 2, &spec, SO_PIN), TOKEN_OK);
	so = pin_of(SO_PIN);
	CU_ASSERT_EQUAL(token_area_erase(f.env, 2, so), TOKEN_OK);
	CU_ASSERT_EQUAL(free_slot(f.env, &count), 3);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_EQUAL(token_open(f.env, 2, &f.token), TOKEN_ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(create(f.env, 2, &spec, SO_PIN), TOKEN_ERR_EXISTS);
	secret_wipe(&so);
	fixture_free(&f);
}

/* Else an area would be weaker than its maker was told. */
static void
test_bad_specs(void)
{
	struct fixture f;
	struct token_area_spec spec = { .label = "test" };
	struct token_area_spec stock;
	size_t count = 0;

	fixture_new(&f);
	CU_ASSERT_EQUAL(create(f.env, 1, &spec, "1234"), TOKEN_ERR_PIN_LENGTH);
	spec.label = "a label of more than thirty-two by";
	CU_ASSERT_EQUAL(create(f.env, 1, &spec, SO_PIN), TOKEN_ERR_ARG);
	spec.label = "test";
	spec.backend = "none";
	CU_ASSERT_EQUAL(create(f.env, 1, &spec, SO_PIN), TOKEN_ERR_ARG);
	spec.backend = NULL;
	spec.user.min_len = 4;
	if (test_can(TEST_RESTORE))
		CU_ASSERT_EQUAL(create(f.env, 1, &spec, SO_PIN), TOKEN_ERR_PIN_LENGTH);
	CU_ASSERT_EQUAL(free_slot(f.env, &count), 1);
	spec.allow_weak_pin = true;
	spec.allow_weak_so_pin = true;
	CU_ASSERT_EQUAL(create(f.env, 1, &spec, "1234"), TOKEN_OK);
	token_area_spec_stock(f.env, "stock", &stock);
	CU_ASSERT_EQUAL(create(f.env, 2, &stock, "1234"), TOKEN_ERR_PIN_LENGTH);
	CU_ASSERT_EQUAL(create(f.env, 2, &stock, SO_PIN), TOKEN_OK);
	fixture_free(&f);
}

struct creator {
	const struct fixture *f;
	int start;
};

static int
race_to_create(const struct creator *c)
{
	const struct token_area_spec spec = { .label = "race" };
	struct token_env *env = child_env(c->f);
	struct secret so = pin_of(SO_PIN);
	char byte;
	enum token_result res;

	(void)!read(c->start, &byte, 1);
	res = token_area_create(env, 1, &spec, so);
	return res == TOKEN_OK ? 1 : res == TOKEN_ERR_EXISTS ? 0 : 50 + (int)res;
}

/* Else two programs would each believe to have made the area, and one SO code not work. */
static void
test_racing_creation(void)
{
	struct fixture f;
	struct creator c = { .f = &f };
	pid_t children[4];
	int go[2];
	int status;
	int made = 0;
	size_t count = 0;
	char command[160];

	fixture_new(&f);
	CU_ASSERT_EQUAL_FATAL(pipe(go), 0);
	c.start = go[0];
	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		CU_ASSERT_FATAL(children[i] >= 0);
		if (children[i] == 0) {
			(void)close(go[1]);
			_exit(race_to_create(&c));
		}
	}
	(void)close(go[0]);
	(void)close(go[1]);
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(waitpid(children[i], &status, 0), children[i]);
		CU_ASSERT_TRUE(WIFEXITED(status));
		made += WEXITSTATUS(status);
	}
	CU_ASSERT_EQUAL(made, 1);
	CU_ASSERT_EQUAL(free_slot(f.env, &count), 2);
	/* The losers leave nothing. */
	(void)snprintf(command, sizeof(command), "test $(ls -A '%s/areas' | wc -l) = 1", f.store);
	CU_ASSERT_EQUAL(system(command), 0);
	fixture_free(&f);
}

static unsigned
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (unsigned)(st.st_mode & 07777) : 0;
}

/* Else other users of the machine could read the store under a careless umask. */
static void
test_modes(void)
{
	static const char *const files[] = { "area.db", "area.db-wal", "area.db-shm", "login.lock" };
	struct fixture f;
	char path[256];
	const mode_t old = umask(0);

	fixture_new(&f);
	fixture_user(&f);
	token_object_unref(make_data(f.token, "diary", "secret", true));
	(void)umask(old);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		fixture_path(&f, files[i], path, sizeof(path));
		CU_ASSERT_EQUAL(mode_of(path), 0600);
	}
	fixture_path(&f, "", path, sizeof(path));
	CU_ASSERT_EQUAL(mode_of(path), 0700);
	CU_ASSERT_EQUAL(mode_of(f.store), 0700);
	(void)snprintf(path, sizeof(path), "%s/slots.db", f.store);
	CU_ASSERT_EQUAL(mode_of(path), 0600);
	fixture_free(&f);
	(void)umask(077);
	fixture_new(&f);
	fixture_area(&f, 5);
	fixture_path(&f, "area.db", path, sizeof(path));
	CU_ASSERT_EQUAL(mode_of(path), 0600);
	(void)umask(old);
	fixture_free(&f);
}

/* What somebody with an editor can do, and what must be found. */
static const struct {
	const char *sql;
	bool bytes_only; /* the row itself is the same: a process that has read it keeps what it read */
} tampering[] = {
	{ "DELETE FROM object WHERE id=1", false },
	{ "UPDATE object SET attrs=(SELECT attrs FROM object WHERE id=2) WHERE id=1", true },
	{ "UPDATE object SET value_len=value_len+1 WHERE id=1", false },
	{ "UPDATE object SET generation=generation+1 WHERE id=1", false },
	{ "UPDATE object SET state=2 WHERE id=3", false },
	{ "UPDATE object SET copy=1 WHERE id=3", false },
	{ "UPDATE object SET flags=7 WHERE id=3", false },
	{ "UPDATE object SET flags=0 WHERE id=5", false },
	{ "UPDATE object SET attrs=x'a0' WHERE id=5", true },
	{ "UPDATE object SET attrs_tag=NULL WHERE id=5", true },
	{ "UPDATE object SET id=77 WHERE id=2", false },
	{ "INSERT INTO object SELECT 99, generation, kind, flags, copy, state, value_len, attrs, attrs_tag, value, "
	  "value_tag"
	  " FROM object WHERE id=1",
		false },
	{ "INSERT INTO object VALUES (99, 1, 0, 0, 0, 0, 0, x'ff', NULL, NULL, NULL)", false },
	{ "UPDATE root SET generation=generation+1", false },
	{ "UPDATE root SET hash=zeroblob(32)", false },
	{ "DELETE FROM root", false },
	{ "UPDATE area SET flags=flags|1", false },
	{ "UPDATE area SET user_tries=100", false },
	{ "UPDATE area SET seal_public=zeroblob(32)", false },
};

/* Objects 1 and 2 private, 3 and 4 a holder key, 5 public. */
static void
fill(struct fixture *f)
{
	const struct token_object *pub = NULL;
	const struct token_object *priv = NULL;

	fixture_user(f);
	token_object_unref(make_data(f->token, "one", "first", true));
	token_object_unref(make_data(f->token, "two", "second", true));
	make_holder(f->token, &pub, &priv);
	token_object_unref(make_data(f->token, "five", "public", false));
	CU_ASSERT_TRUE(priv->id == 3 && pub->id == 4);
	token_object_unref(pub);
	token_object_unref(priv);
}

/* Whoever is logged in finds it at the next look, before anything is written. */
static void
check_noticed(struct fixture *f)
{
	struct token_attrs *attrs = attrs_new();
	const struct token_object_spec spec = { .private_ = true, .attrs = attrs };
	const struct token_object *object = NULL;
	enum token_result res;
	char *json = NULL;

	CU_ASSERT_EQUAL(count_objects(f->token, &res), -1);
	CU_ASSERT_EQUAL(res, TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(token_object_create(f->token, NULL, &spec, &object), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(token_diagnose(f->env, 1, &json), TOKEN_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"root\":\"wrong\""));
	free(json);
	attrs_free(attrs);
}

/* Else a changed, deleted or swapped row would pass for what was committed (R-REV-01). */
static void
test_tampering(void)
{
	for (size_t i = 0; i < sizeof(tampering) / sizeof(tampering[0]); i++) {
		struct fixture f;
		enum token_result res;

		fixture_new(&f);
		fill(&f);
		fixture_sql(&f, tampering[i].sql);
		if (!tampering[i].bytes_only)
			check_noticed(&f);
		CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
		res = login(f.token, TOKEN_USER, USER_PIN);
		CU_ASSERT_EQUAL(res, TOKEN_ERR_DAMAGED);
		if (res != TOKEN_ERR_DAMAGED)
			(void)fprintf(stderr, "not found: %s\n", tampering[i].sql);
		CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
		fixture_free(&f);
	}
}

/* Else one record's content could be shown as another's. */
static void
test_swapped_values(void)
{
	struct fixture f;
	const struct token_object *object = NULL;
	struct token_value value = { 0 };

	fixture_new(&f);
	fill(&f);
	fixture_sql(&f, "UPDATE object SET value=(SELECT value FROM object WHERE id=2) WHERE id=1");
	CU_ASSERT_EQUAL_FATAL(token_object_get(f.token, 1, &object), TOKEN_OK);
	CU_ASSERT_EQUAL(token_object_value(f.token, object, &value), TOKEN_ERR_DAMAGED);
	CU_ASSERT_PTR_NULL(value.ptr);
	token_object_unref(object);
	fixture_sql(&f, "UPDATE object SET value=x'7075626c6943' WHERE id=5");
	CU_ASSERT_EQUAL_FATAL(token_object_get(f.token, 5, &object), TOKEN_OK);
	CU_ASSERT_EQUAL(token_object_value(f.token, object, &value), TOKEN_ERR_DAMAGED);
	token_object_unref(object);
	fixture_free(&f);
}

/* Else a spent copy could be used again by putting its rows back. */
static void
test_row_put_back(void)
{
	struct fixture f;
	const struct token_object *key = NULL;
	enum token_result res;

	fixture_new(&f);
	fixture_user(&f);
	key = make_copy(f.token);
	fixture_sql(&f, "CREATE TABLE x AS SELECT * FROM object");
	fixture_sql(&f, "CREATE TABLE y AS SELECT * FROM root");
	CU_ASSERT_EQUAL(token_copy_spend(f.token, key, 4000000000), TOKEN_OK);
	token_object_unref(key);
	key = make_copy(f.token);
	fixture_sql(&f, "INSERT INTO object SELECT * FROM x; DROP TABLE x; DELETE FROM tombstone");
	CU_ASSERT_EQUAL(count_objects(f.token, &res), -1);
	CU_ASSERT_EQUAL(res, TOKEN_ERR_DAMAGED);
	/* With the old root too, but not all of the rest. */
	fixture_sql(&f, "DELETE FROM root; INSERT INTO root SELECT * FROM y; DROP TABLE y");
	CU_ASSERT_EQUAL(count_objects(f.token, &res), -1);
	CU_ASSERT_EQUAL(token_copy_spend(f.token, key, 4000000000), TOKEN_ERR_DAMAGED);
	token_object_unref(key);
	fixture_free(&f);
}

static enum token_result
make_key(struct token *token, const struct token_object **key)
{
	struct token_attrs *attrs = attrs_new();
	const struct token_object_spec spec = { .attrs = attrs, .value = (const uint8_t *)"in clear", .value_len = 8 };
	enum token_result res;

	CU_ASSERT_TRUE(attrs_set_ulong(attrs, CKA_CLASS, CKO_SECRET_KEY));
	res = token_object_create(token, NULL, &spec, key);
	attrs_free(attrs);
	return res;
}

/* Else a key that anybody may see could be read or changed by anybody, too. */
static void
test_public_key(void)
{
	struct fixture f;
	const struct token_object *key = NULL;
	struct token_value value = { 0 };

	fixture_new(&f);
	fixture_area(&f, 3);
	CU_ASSERT_EQUAL(make_key(f.token, &key), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(make_key(f.token, &key), TOKEN_OK);
	CU_ASSERT_EQUAL(fixture_number(&f, "SELECT count(*) FROM object WHERE instr(value, CAST('in clear' AS BLOB))"),
		0);
	CU_ASSERT_EQUAL(token_object_value(f.token, key, &value), TOKEN_OK);
	CU_ASSERT_TRUE(value.in_arena && value.len == 8 && memcmp(value.ptr, "in clear", 8) == 0);
	token_value_clear(&value);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(token_object_value(f.token, key, &value), TOKEN_ERR_NOT_LOGGED_IN);
	CU_ASSERT_PTR_NULL(value.ptr);
	fixture_sql(&f, "UPDATE object SET value=x'696e20636c656172'");
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(token_object_value(f.token, key, &value), TOKEN_ERR_DAMAGED);
	token_object_unref(key);
	fixture_free(&f);
}

/* Else whoever can write to the file could plant a key that he knows, for others to encrypt with, or something public
 * that takes a copy with it when its owner destroys it. */
static void
test_planted_rows(void)
{
	static const char *const planted[] = {
		"UPDATE object SET attrs=x'a10004'", /* a secret key, neither private nor sealed */
		"UPDATE object SET attrs=x'a10004', value_len=0, value=x''",
		"UPDATE object SET attrs=x'a10004', flags=8", /* sealed, but not under the root */
		"UPDATE object SET attrs=x'a10003'",          /* a private key */
		"UPDATE object SET copy=7",                   /* a part of that copy */
		"UPDATE object SET state=2",
		"UPDATE object SET id=0",
	};

	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		struct fixture f;
		enum token_result res;

		fixture_new(&f);
		fixture_area(&f, 3);
		token_object_unref(make_data(f.token, "one", "a known key", false));
		CU_ASSERT_EQUAL(count_objects(f.token, &res), 1);
		fixture_sql(&f, planted[i]);
		fixture_sql(&f, "UPDATE object SET generation=generation+1");
		CU_ASSERT_EQUAL(count_objects(f.token, &res), -1);
		CU_ASSERT_EQUAL(res, TOKEN_ERR_DAMAGED);
		fixture_free(&f);
	}
}

/* Else a program would write in a database that it doesn't understand, or trust tables that aren't ours. */
static void
test_other_schemas(void)
{
	static const struct {
		const char *sql;
		enum token_result res;
	} cases[] = {
		{ "PRAGMA user_version=3", TOKEN_ERR_NEWER },
		{ "PRAGMA user_version=1", TOKEN_ERR_DAMAGED },
		{ "PRAGMA user_version=0", TOKEN_ERR_DAMAGED },
		{ "PRAGMA application_id=1", TOKEN_ERR_DAMAGED },
		{ "CREATE TABLE extra (x)", TOKEN_ERR_DAMAGED },
		{ "DROP TABLE inbox", TOKEN_ERR_DAMAGED },
		{ "CREATE TRIGGER t AFTER UPDATE ON pin BEGIN UPDATE pin SET tries_left=5; END", TOKEN_ERR_DAMAGED },
		{ "UPDATE area SET backend='other'", TOKEN_ERR_UNSUPPORTED },
		{ "UPDATE area SET serial='0000000000000000'", TOKEN_ERR_DAMAGED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		struct token *token = NULL;
		char *json = NULL;

		fixture_new(&f);
		fixture_area(&f, 5);
		fixture_sql(&f, cases[i].sql);
		token_close(f.token);
		f.token = NULL;
		CU_ASSERT_EQUAL(token_open(f.env, 1, &token), cases[i].res);
		CU_ASSERT_EQUAL(token_diagnose(f.env, 1, &json), TOKEN_OK);
		CU_ASSERT_PTR_NULL(strstr(json, "\"problems\":[]"));
		free(json);
		fixture_free(&f);
	}
}

/* Else a file of something else would be taken for an area, or crash the program. */
static void
test_not_a_database(void)
{
	struct fixture f;
	char path[256];
	FILE *file = NULL;

	fixture_new(&f);
	fixture_area(&f, 5);
	fixture_path(&f, "area.db", path, sizeof(path));
	token_close(f.token);
	f.token = NULL;
	file = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	for (int i = 0; i < 1000; i++)
		(void)fputs("not a database ", file);
	(void)fclose(file);
	CU_ASSERT_EQUAL(token_open(f.env, 1, &f.token), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(token_open(f.env, 1, &f.token), TOKEN_ERR_DAMAGED);
	fixture_free(&f);
}

/* Else what the SO wiped would still be there, or the counter's code no longer work. */
static void
test_reinit_and_erase(void)
{
	struct fixture f;
	struct token_info info;
	struct secret so = SECRET_NONE;
	struct secret wrong = SECRET_NONE;
	enum token_result res;

	fixture_new(&f);
	fill(&f);
	so = pin_of(SO_PIN);
	wrong = pin_of("wrong");
	CU_ASSERT_EQUAL(token_area_reinit(f.env, 1, "anew", wrong), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 5);
	CU_ASSERT_EQUAL(token_area_reinit(f.env, 1, "anew", so), TOKEN_OK);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_OK);
	CU_ASSERT_STRING_EQUAL(info.label, "anew");
	CU_ASSERT_EQUAL(info.user_state, TOKEN_PIN_NONE);
	CU_ASSERT_EQUAL(info.so_tries_left, 10);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_USER, USER_PIN), TOKEN_ERR_PIN_NOT_SET);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(token_area_erase(f.env, 1, wrong), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(token_area_erase(f.env, 1, so), TOKEN_OK);
	CU_ASSERT_EQUAL(token_get_info(f.token, &info), TOKEN_ERR_GONE);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), -1);
	secret_wipe(&so);
	secret_wipe(&wrong);
	fixture_free(&f);
}

/* Else damage could never be got rid of. */
static void
test_reinit_of_damaged(void)
{
	struct fixture f;
	struct secret so = SECRET_NONE;

	fixture_new(&f);
	fill(&f);
	fixture_sql(&f, "DELETE FROM object WHERE id=1");
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_ERR_DAMAGED);
	so = pin_of(SO_PIN);
	CU_ASSERT_EQUAL(token_area_reinit(f.env, 1, "again", so), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_OK);
	secret_wipe(&so);
	fixture_free(&f);
}

/* Else a process would go on with the keys of an area that another has made anew. */
static void
test_reinit_elsewhere(void)
{
	struct fixture f;
	struct token_env *other = NULL;
	struct secret so = SECRET_NONE;
	enum token_result res;

	fixture_new(&f);
	fill(&f);
	other = fixture_env(&f);
	so = pin_of(SO_PIN);
	CU_ASSERT_EQUAL(token_area_reinit(other, 1, "anew", so), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
	secret_wipe(&so);
	token_env_free(other);
	fixture_free(&f);
}

/* Else nobody could tell what is wrong with a store, or the report would be no JSON. */
static void
test_diagnose(void)
{
	struct fixture f;
	char *json = NULL;
	char path[256];

	fixture_new(&f);
	CU_ASSERT_EQUAL(token_diagnose(f.env, 1, &json), TOKEN_ERR_NOT_FOUND);
	fixture_user(&f);
	CU_ASSERT_EQUAL_FATAL(token_diagnose(f.env, 1, &json), TOKEN_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"root\":\"right\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"preset\":\"general\",\"card\":\"\",\"life\":\"active\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"problems\":[]"));
	free(json);
	fixture_path(&f, "area.db", path, sizeof(path));
	CU_ASSERT_EQUAL(chmod(path, 0644), 0);
	CU_ASSERT_EQUAL_FATAL(token_diagnose(f.env, 1, &json), TOKEN_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "used by others"));
	free(json);
	fixture_free(&f);
}

int
add_store_suite(void)
{
	CU_pSuite suite = CU_add_suite("store", NULL, NULL);

	if (suite == NULL || CU_ADD_TEST(suite, test_slot_ids) == NULL || CU_ADD_TEST(suite, test_bad_specs) == NULL ||
		CU_ADD_TEST(suite, test_racing_creation) == NULL || CU_ADD_TEST(suite, test_modes) == NULL ||
		CU_ADD_TEST(suite, test_tampering) == NULL || CU_ADD_TEST(suite, test_swapped_values) == NULL ||
		CU_ADD_TEST(suite, test_public_key) == NULL || CU_ADD_TEST(suite, test_planted_rows) == NULL ||
		CU_ADD_TEST(suite, test_row_put_back) == NULL || CU_ADD_TEST(suite, test_other_schemas) == NULL ||
		CU_ADD_TEST(suite, test_not_a_database) == NULL || CU_ADD_TEST(suite, test_reinit_and_erase) == NULL ||
		CU_ADD_TEST(suite, test_reinit_of_damaged) == NULL ||
		CU_ADD_TEST(suite, test_reinit_elsewhere) == NULL || CU_ADD_TEST(suite, test_diagnose) == NULL)
		return 1;
	return 0;
}
