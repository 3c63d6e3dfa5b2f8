/*
 * tests/unit/backend.h: what tokens of a test are made of: MDOC_TEST_BACKEND in the environment, "vault" (the default),
 * "tpm" or "vault-tpm". The same tests run for each; what a backend cannot is asked here and nowhere else.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_UNIT_BACKEND_H
#define TESTS_UNIT_BACKEND_H

#include <stdbool.h>

/*
 * TEST_BRAINPOOL  keys on those curves
 * TEST_EDWARDS    keys on Curve25519 and Curve448
 * TEST_EXPORT     a private key of the token is copied, wrapped or read, where its attributes allow that
 * TEST_SOFTWARE   keys are no hardware's, and one that is in use does not care for a logout
 * TEST_RESTORE    the store counts tries itself, asks for long PINs, and an older one goes unseen
 */
enum test_ability { TEST_BRAINPOOL, TEST_EDWARDS, TEST_EXPORT, TEST_SOFTWARE, TEST_RESTORE };

const char *test_backend(void);

/* CK_TOKEN_INFO's model, 16 bytes. */
const char *test_backend_model(void);
bool test_can(enum test_ability ability);

/* A TPM for this suite, where tokens need one; a child of such a test program uses its parent's. */
bool test_backend_start(void);
void test_backend_stop(void);

/* Write a configuration with the backend as the default of new areas. */
bool test_backend_configure(const char *path);

/* Of the registered tests leave out those that are about what this backend's tokens cannot; CUnit counts them as
 * inactive. */
void test_backend_select(void);

#endif
