/*
 * A fork while another thread is in the middle of a transaction.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/unit/tokens_help.h"
#include "tests/unit/tokens_suites.h"
#include "tokens/gate.h"
#include "tokens/store/store.h"

struct writer {
	struct store *store;
	int begun[2], ended[2], forked[2];
};

/* What another thread wrote; pipes, for the child has no such thread to join. */
static enum token_result
result_from(const int pipe_ends[2])
{
	enum token_result res = TOKEN_ERR_IO;

	CU_ASSERT_EQUAL(read(pipe_ends[0], &res, sizeof(res)), sizeof(res));
	return res;
}

static void *
write_slowly(void *arg)
{
	struct writer *w = arg;
	enum token_result res = store_begin(w->store, true);

	CU_ASSERT_EQUAL(write(w->begun[1], &res, sizeof(res)), sizeof(res));
	(void)usleep(300 * 1000);
	if (res == TOKEN_OK)
		res = store_end(w->store, TOKEN_OK);
	/* A thread that ends beside the fork takes locks of the address sanitizer with it, which knows no fork handlers. */
	CU_ASSERT_EQUAL(result_from(w->forked), TOKEN_OK);
	CU_ASSERT_EQUAL(write(w->ended[1], &res, sizeof(res)), sizeof(res));
	return NULL;
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
	const enum token_result forked = TOKEN_OK;
	char folder[600];
	pthread_t thread;
	int i;

	fixture_new(&f);
	fixture_area(&f, 5);
	fixture_path(&f, ".", folder, sizeof(folder));
	CU_ASSERT_EQUAL_FATAL(store_open(folder, &w.store), TOKEN_OK);
	CU_ASSERT_EQUAL_FATAL(pipe(w.begun), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(w.ended), 0);
	CU_ASSERT_EQUAL_FATAL(pipe(w.forked), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, write_slowly, &w), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_detach(thread), 0);
	CU_ASSERT_EQUAL(result_from(w.begun), TOKEN_OK);
	CU_ASSERT_EQUAL(in_child(write_in_child, folder), 0);
	CU_ASSERT_EQUAL(write(w.forked[1], &forked, sizeof(forked)), sizeof(forked));
	CU_ASSERT_EQUAL(result_from(w.ended), TOKEN_OK);
	for (i = 0; i < 2; i++) {
		(void)close(w.begun[i]);
		(void)close(w.ended[i]);
		(void)close(w.forked[i]);
	}
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
