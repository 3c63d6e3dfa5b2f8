/*
 * A fork while another thread is in the middle of a transaction.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"
#include "tokens/store/gate.h"
#include "tokens/store/store.h"

struct writer {
	struct store *store;
	int begun[2];
};

static void *
write_slowly(void *arg)
{
	struct writer *w = arg;
	enum token_result *res = malloc(sizeof(*res));

	*res = store_begin(w->store, true);
	CU_ASSERT_EQUAL(write(w->begun[1], "", 1), 1);
	(void)usleep(300 * 1000);
	if (*res == TOKEN_OK)
		*res = store_end(w->store, TOKEN_OK);
	return res;
}

static int
write_in_child(void *arg)
{
	struct store *store = NULL;

	(void)alarm(20);
	if (store_open(arg, &store) != TOKEN_OK)
		return 1;
	if (store_begin(store, true) != TOKEN_OK)
		return 2;
	return store_end(store, TOKEN_OK) == TOKEN_OK ? 0 : 3;
}

/* Else a child of a busy program takes the parent's unfinished transaction for its own, and can
 * never write, or waits for a lock of SQLite whose thread it does not have. */
static void
test_fork_in_transaction(void)
{
	struct fixture f;
	struct writer w = { 0 };
	char folder[600];
	pthread_t thread;
	void *res = NULL;
	char byte;

	fixture_new(&f);
	fixture_area(&f, 5);
	fixture_path(&f, ".", folder, sizeof(folder));
	CU_ASSERT_EQUAL_FATAL(store_open(folder, &w.store), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(pipe(w.begun), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, write_slowly, &w), 0);
	CU_ASSERT_EQUAL_FATAL(read(w.begun[0], &byte, 1), 1);
	CU_ASSERT_EQUAL(in_child(write_in_child, folder), 0);
	(void)pthread_join(thread, &res);
	CU_ASSERT_EQUAL(*(enum token_result *)res, TOKEN_OK);
	free(res);
	(void)close(w.begun[0]);
	(void)close(w.begun[1]);
	store_close(w.store);
	fixture_free(&f);
}

static int
pass_in_child(void *arg)
{
	(void)arg;
	(void)alarm(20);
	gate_enter();
	gate_leave();
	return 0;
}

/* Else an application that forks where our caller's caller holds the gate would hang, or its child would. */
static void
test_fork_inside(void)
{
	gate_enter();
	gate_enter();
	CU_ASSERT_EQUAL(in_child(pass_in_child, NULL), 0);
	gate_leave();
	gate_leave();
	CU_ASSERT_EQUAL(in_child(pass_in_child, NULL), 0);
}

int
add_gate_suite(void)
{
	CU_TestInfo tests[] = {
		{ "a fork while another thread writes", test_fork_in_transaction },
		{ "a fork by the thread that is inside", test_fork_inside },
		CU_TEST_INFO_NULL,
	};
	CU_SuiteInfo suites[] = {
		{ "fork and transactions", NULL, NULL, NULL, NULL, tests },
		CU_SUITE_INFO_NULL,
	};

	return CU_register_suites(suites) == CUE_SUCCESS ? 0 : 1;
}
