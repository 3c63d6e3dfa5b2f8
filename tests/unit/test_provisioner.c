/*
 * The provisioner's row and login, where the file is in other hands, too.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"
#include "tokens/pin/lock.h"

/* A credential, made by the security officer, who logs out again. */
static void
make_credential(struct token *token, struct secret *credential)
{
	*credential = SECRET_NONE;
	CU_ASSERT_EQUAL_FATAL(login(token, TOKEN_SO, SO_PIN), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_provisioner_make(token, credential), TOKEN_OK);
	CU_ASSERT_EQUAL(token_logout(token), TOKEN_OK);
}

/* Else whoever can write to the file could put a key of his own there, for a provisioner to seal new records to. */
static void
test_planted_seal_key(void)
{
	struct fixture f;
	struct secret credential, other = SECRET_NONE;

	fixture_new(&f);
	fixture_area(&f, 3);
	make_credential(f.token, &credential);
	CU_ASSERT_EQUAL(token_login(f.token, TOKEN_PROVISIONER, credential), TOKEN_OK);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(login(f.token, TOKEN_SO, SO_PIN), TOKEN_OK);
	fixture_sql(&f, "UPDATE area SET seal_public=randomblob(32)");
	CU_ASSERT_EQUAL(token_provisioner_make(f.token, &other), TOKEN_ERR_DAMAGED);
	CU_ASSERT_EQUAL(token_logout(f.token), TOKEN_OK);
	CU_ASSERT_EQUAL(token_login(f.token, TOKEN_PROVISIONER, credential), TOKEN_ERR_PIN);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_NOBODY);
	secret_wipe(&credential);
	fixture_free(&f);
}

/* Else a program that had the token open when it was initialised anew could not log its provisioner in. */
static void
test_area_made_anew(void)
{
	struct fixture f;
	struct token_env *env = NULL;
	struct token *token = NULL;
	struct secret so = pin_of(SO_PIN), credential;
	enum token_result res;

	fixture_new(&f);
	fixture_area(&f, 3);
	env = fixture_env(&f);
	CU_ASSERT_EQUAL(token_area_reinit(env, f.slot, "anew", so), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(token_open(env, f.slot, &token), TOKEN_OK);
	make_credential(token, &credential);
	CU_ASSERT_EQUAL(token_login(f.token, TOKEN_PROVISIONER, credential), TOKEN_OK);
	CU_ASSERT_EQUAL(count_objects(f.token, &res), 0);
	CU_ASSERT_EQUAL(token_get_role(f.token), TOKEN_PROVISIONER);
	token_close(token);
	token_env_free(env);
	secret_wipe(&so);
	secret_wipe(&credential);
	fixture_free(&f);
}

struct entrant {
	struct token *token;
	enum token_role role;
	struct secret pin;
	enum token_result res;
};

static void *
enter(void *arg)
{
	struct entrant *e = arg;

	e->res = token_login(e->token, e->role, e->pin);
	return NULL;
}

/* Else holder and provisioner, who exclude each other, could both be logged in. */
static void
test_one_of_two(void)
{
	struct fixture f;
	struct pin_lock lock = PIN_LOCK_NONE;
	struct entrant e[2] = { { .role = TOKEN_USER }, { .role = TOKEN_PROVISIONER } };
	pthread_t threads[2];
	char folder[256];

	fixture_new(&f);
	fixture_area(&f, 3);
	make_credential(f.token, &e[1].pin);
	e[0].pin = pin_of(USER_PIN);
	fixture_path(&f, "", folder, sizeof(folder));
	CU_ASSERT_EQUAL_FATAL(pin_lock_take(folder, PIN_LOCK_WAIT_MS, &lock), TOKEN_OK);
	for (int i = 0; i < 2; i++) {
		e[i].token = f.token;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, enter, &e[i]), 0);
	}
	(void)usleep(100000); /* both have found that nobody is logged in, and wait for the lock */
	pin_lock_release(&lock);
	for (int i = 0; i < 2; i++)
		(void)pthread_join(threads[i], NULL);
	CU_ASSERT_EQUAL((e[0].res == TOKEN_OK) + (e[1].res == TOKEN_OK), 1);
	CU_ASSERT_EQUAL(e[e[0].res == TOKEN_OK ? 1 : 0].res, TOKEN_ERR_OTHER_LOGGED_IN);
	CU_ASSERT_EQUAL(token_get_role(f.token), e[e[0].res == TOKEN_OK ? 0 : 1].role);
	secret_wipe(&e[0].pin);
	secret_wipe(&e[1].pin);
	fixture_free(&f);
}

int
add_provisioner_suite(void)
{
	CU_pSuite suite = CU_add_suite("provisioner", NULL, NULL);

	return suite == NULL || CU_ADD_TEST(suite, test_planted_seal_key) == NULL ||
		CU_ADD_TEST(suite, test_area_made_anew) == NULL || CU_ADD_TEST(suite, test_one_of_two) == NULL;
}
