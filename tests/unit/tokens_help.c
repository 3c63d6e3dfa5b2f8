/*
 * Stores, areas and objects for the tests of tokens/.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/tokens_help.h"

#include <CUnit/CUnit.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/backend.h"

struct secret
pin_of(const char *text)
{
	struct secret pin = SECRET_NONE;

	CU_ASSERT_FATAL(secret_copy(text, strlen(text), &pin));
	return pin;
}

void
fixture_new(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/mdoc-unit-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(f->folder));
	CU_ASSERT_FATAL(test_backend_start());
	(void)snprintf(f->store, sizeof(f->store), "%s/a/store", f->folder);
	f->env = fixture_env(f);
}

struct token_env *
fixture_env(const struct fixture *f)
{
	const struct token_config config = { .store = (char *)(uintptr_t)f->store,
		.backend = (char *)(uintptr_t)test_backend(),
		.tcti = getenv("MDOC_PKCS11_TCTI") };
	struct token_env *env = NULL;

	CU_ASSERT_EQUAL_FATAL(token_env_new(&config, NULL, &env), TOKEN_OK);
	return env;
}

struct token_env *
child_env(const struct fixture *f)
{
	token_env_abandon(f->env);
	return fixture_env(f);
}

void
fixture_free(struct fixture *f)
{
	char command[128];

	token_close(f->token);
	token_env_free(f->env);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", f->folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

void
fixture_area(struct fixture *f, unsigned tries)
{
	const struct token_area_spec spec = { .label = "test", .user = { .tries = tries } };
	struct secret so = pin_of(SO_PIN);
	struct secret user = pin_of(USER_PIN);

	f->slot = 1;
	CU_ASSERT_EQUAL_FATAL(token_area_create(f->env, f->slot, &spec, so), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_open(f->env, f->slot, &f->token), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_login(f->token, TOKEN_SO, so), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_init_pin(f->token, user), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_logout(f->token), TOKEN_OK);
	secret_wipe(&so);
	secret_wipe(&user);
}

void
fixture_user(struct fixture *f)
{
	fixture_area(f, 5);
	CU_ASSERT_EQUAL_FATAL(login(f->token, TOKEN_USER, USER_PIN), TOKEN_OK);
}

void
fixture_path(const struct fixture *f, const char *name, char *path, size_t len)
{
	struct token_info info;

	CU_ASSERT_EQUAL_FATAL(token_get_info(f->token, &info), TOKEN_OK);
	(void)snprintf(path, len, "%s/areas/%s/%s", f->store, info.serial, name);
}

int64_t
fixture_number(const struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *query = NULL;
	char path[256];
	int64_t number = -1;

	fixture_path(f, "area.db", path, sizeof(path));
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(db, sql, -1, &query, NULL), SQLITE_OK);
	if (sqlite3_step(query) == SQLITE_ROW)
		number = sqlite3_column_int64(query, 0);
	(void)sqlite3_finalize(query);
	(void)sqlite3_close(db);
	return number;
}

void
fixture_sql(const struct fixture *f, const char *sql)
{
	sqlite3 *db = NULL;
	char path[256];

	fixture_path(f, "area.db", path, sizeof(path));
	CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
	CU_ASSERT_EQUAL(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

enum token_result
login(struct token *token, enum token_role role, const char *text)
{
	struct secret pin = pin_of(text);
	const enum token_result res = token_login(token, role, pin);

	secret_wipe(&pin);
	return res;
}

enum token_result
check(struct token *token, const char *text)
{
	struct secret pin = pin_of(text);
	const enum token_result res = token_check_pin(token, pin);

	secret_wipe(&pin);
	return res;
}

static struct token_attrs *
attrs_of(CK_OBJECT_CLASS class, const char *label)
{
	struct token_attrs *attrs = attrs_new();

	CU_ASSERT_FATAL(attrs_set_ulong(attrs, CKA_CLASS, class));
	CU_ASSERT_FATAL(attrs_set(attrs, CKA_LABEL, label, strlen(label)));
	return attrs;
}

const struct token_object *
make_data(struct token *token, const char *label, const char *value, bool private_)
{
	struct token_attrs *attrs = attrs_of(CKO_DATA, label);
	const struct token_object_spec spec = { .kind = TOKEN_OBJECT_ORDINARY,
		.private_ = private_,
		.attrs = attrs,
		.value = (const uint8_t *)value,
		.value_len = strlen(value) };
	const struct token_object *object = NULL;

	CU_ASSERT_EQUAL_FATAL(token_object_create(token, NULL, &spec, &object), TOKEN_OK);
	attrs_free(attrs);
	return object;
}

void
make_holder(struct token *token, const struct token_object **public_key, const struct token_object **private_key)
{
	struct token_attrs *pub = attrs_of(CKO_PUBLIC_KEY, "holder");
	struct token_attrs *priv = attrs_of(CKO_PRIVATE_KEY, "holder");
	const struct token_object_spec public_spec = { .attrs = pub, .private_ = true };
	const struct token_object_spec private_spec = { .attrs = priv, .private_ = true };
	const uint8_t *der = NULL;
	size_t len = 0;

	token_curve_params(TOKEN_P256, &der, &len);
	CU_ASSERT_FATAL(attrs_set(pub, CKA_EC_PARAMS, der, len) && attrs_set(priv, CKA_EC_PARAMS, der, len));
	CU_ASSERT_EQUAL_FATAL(token_generate_pair(token, TOKEN_P256, true, &public_spec, &private_spec, public_key,
				      private_key),
		TOKEN_OK);
	attrs_free(pub);
	attrs_free(priv);
}

enum token_result
make_record(struct token *token, struct token_batch *batch, uint64_t key, bool reusable,
	const struct token_object **record)
{
	struct token_attrs *attrs = attrs_of(CKO_DATA, "org.example.doctype");
	const struct token_object_spec spec = { .kind = TOKEN_OBJECT_RECORD,
		.private_ = true,
		.reusable = reusable,
		.bind_key = key,
		.attrs = attrs,
		.value = (const uint8_t *)"issuer signed",
		.value_len = 13 };
	enum token_result res;

	res = token_object_create(token, batch, &spec, record);
	attrs_free(attrs);
	return res;
}

const struct token_object *
make_copy(struct token *token)
{
	const struct token_object *pub = NULL;
	const struct token_object *priv = NULL;
	const struct token_object *record = NULL;

	make_holder(token, &pub, &priv);
	CU_ASSERT_EQUAL_FATAL(make_record(token, NULL, priv->id, false, &record), TOKEN_OK);
	token_object_unref(pub);
	token_object_unref(record);
	return priv;
}

int
count_objects(struct token *token, enum token_result *res)
{
	const struct token_object **objects = NULL;
	size_t count = 0;

	*res = token_objects(token, &objects, &count);
	if (*res != TOKEN_OK)
		return -1;
	token_objects_free(objects, count);
	return (int)count;
}

int
in_child(int (*run)(void *arg), void *arg)
{
	int status = 0;
	const pid_t child = fork();

	CU_ASSERT_FATAL(child >= 0);
	if (child == 0)
		_exit(run(arg));
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
