/*
 * tests/unit/leaf.h: what the tests of the leaf parts of tokens/ share.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_LEAF_H
#define TESTS_UNIT_LEAF_H

#include <CUnit/CUnit.h>
#include <openssl/types.h>

#include "tokens/seal.h"

/* One list of tests a file, ended by CU_TEST_INFO_NULL. */
extern CU_TestInfo tests_arena[], tests_attrs[], tests_box[], tests_config[], tests_curve[], tests_kdf[], tests_key[],
	tests_lock[], tests_policy[], tests_seal[], tests_wrap[], tests_attr_index[];

/* Made before the first test; one library context for all. */
extern OSSL_LIB_CTX *leaf_libctx;
extern struct seal_ctx *leaf_seal;

/* Run in a forked child that ends with what run() returned; what the parent saw: the exit
 * status, or minus the signal. The child has 30 seconds. */
int leaf_fork(int (*run)(void *arg), void *arg);

/* A secret with the bytes of a string. */
struct secret leaf_pin(const char *text);

/* Bytes of a hexadecimal string; the count. */
size_t leaf_hex(const char *hex, uint8_t *out, size_t room);

#endif
