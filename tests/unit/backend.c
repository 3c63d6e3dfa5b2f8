/*
 * tests/unit/backend.c: the backend as a parameter of tests.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/backend.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestDB.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/swtpm.h"

/* Tests whose whole subject is one ability. */
static const struct {
	const char *suite, *test;
	enum test_ability ability;
} subjects[] = {
	{ "curves", "EdDSA vectors", TEST_EDWARDS },
	{ "curves", "EdDSA in parts", TEST_EDWARDS },
	{ "curves", "X25519 and X448 vectors", TEST_EDWARDS },
	{ "wrapping", "private keys", TEST_EXPORT },
	{ "attributes", "copies of private keys", TEST_EXPORT },
};

static bool started;

const char *
test_backend(void)
{
	const char *name = getenv("MDOC_TEST_BACKEND");

	return name == NULL ? "vault" : name;
}

bool
test_can(enum test_ability ability)
{
	const bool keys_in_tpm = strcmp(test_backend(), "tpm") == 0;
	const bool pin_in_tpm = strcmp(test_backend(), "vault") != 0;

	return ability == TEST_RESTORE ? !pin_in_tpm : !keys_in_tpm;
}

const char *
test_backend_model(void)
{
	if (test_can(TEST_RESTORE))
		return "vault (software)";
	return test_can(TEST_SOFTWARE) ? "vault (TPM PIN) " : "TPM 2.0         ";
}

bool
test_backend_start(void)
{
	if (started || strcmp(test_backend(), "vault") == 0 || getenv("UNIT_MODULE_STORE") != NULL)
		return true;
	started = swtpm_start();
	if (!started)
		fprintf(stderr, "swtpm does not start\n");
	return started;
}

void
test_backend_stop(void)
{
	if (started)
		swtpm_stop();
	started = false;
}

bool
test_backend_configure(const char *path)
{
	FILE *file = fopen(path, "w");

	return file != NULL && fprintf(file, "backend = %s\n", test_backend()) > 0 && fclose(file) == 0;
}

void
test_backend_select(void)
{
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		CU_pSuite suite = CU_get_suite(subjects[i].suite);
		CU_pTest test = suite == NULL ? NULL : CU_get_test(suite, subjects[i].test);

		if (test != NULL && !test_can(subjects[i].ability))
			(void)CU_set_test_active(test, CU_FALSE);
	}
}
