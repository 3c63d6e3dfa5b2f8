/*
 * tests/unit/unit_tokens_leaf.c: runs the tests of the parts of tokens/ that need no store.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/leaf.h"

OSSL_LIB_CTX *leaf_libctx;
struct seal_ctx *leaf_seal;

int
leaf_fork(int (*run)(void *arg), void *arg)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(30);
		_exit(run(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1000;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct secret
leaf_pin(const char *text)
{
	struct secret pin;

	if (!secret_copy(text, strlen(text), &pin))
		abort();
	return pin;
}

size_t
leaf_hex(const char *hex, uint8_t *out, size_t room)
{
	size_t len = 0;

	if (OPENSSL_hexstr2buf_ex(out, room, &len, hex, '\0') != 1)
		abort();
	return len;
}

int
main(void)
{
	CU_SuiteInfo suites[] = {
		{ .pName = "arena", .pTests = tests_arena },
		{ .pName = "attrs", .pTests = tests_attrs },
		{ .pName = "attr_index", .pTests = tests_attr_index },
		{ .pName = "config", .pTests = tests_config },
		{ .pName = "curve", .pTests = tests_curve },
		{ .pName = "seal", .pTests = tests_seal },
		{ .pName = "vault/kdf", .pTests = tests_kdf },
		{ .pName = "vault/wrap", .pTests = tests_wrap },
		{ .pName = "vault/box", .pTests = tests_box },
		{ .pName = "vault/key", .pTests = tests_key },
		{ .pName = "pin/policy", .pTests = tests_policy },
		{ .pName = "pin/lock", .pTests = tests_lock },
		CU_SUITE_INFO_NULL,
	};
	unsigned failed;

	leaf_libctx = OSSL_LIB_CTX_new();
	if (leaf_libctx == NULL || seal_ctx_new(leaf_libctx, &leaf_seal) != TOKEN_OK)
		return 1;
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS) {
		fprintf(stderr, "%s\n", CU_get_error_msg());
		return 1;
	}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	seal_ctx_free(leaf_seal);
	OSSL_LIB_CTX_free(leaf_libctx);
	return failed == 0 ? 0 : 1;
}
