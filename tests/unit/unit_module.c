/*
 * tests/unit/unit_module.c: runs the tests of the built module, as an application sees it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <CUnit/Basic.h>
#include <dlfcn.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"

static void
finalize_late(void)
{
	if (p11->C_Finalize(NULL) != CKR_OK)
		_Exit(3);
}

/* Leave ready keys behind, of a session object and of the token. */
static bool
use_keys(CK_SESSION_HANDLE session)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE digest[32] = { 1 }, sig[64];
	CK_OBJECT_HANDLE pub, priv;
	int i;

	for (i = 0; i < 2; i++) {
		CK_ULONG len = sizeof(sig);

		if (p11_pair(session, i == 1, NULL, 0, &pub, &priv) != CKR_OK ||
			p11->C_SignInit(session, &ecdsa, priv) != CKR_OK ||
			p11->C_Sign(session, digest, sizeof(digest), sig, &len) != CKR_OK)
			return false;
	}
	return true;
}

/* What an application may do at its end; the parent looks at the exit status. */
static int
child(const char *mode)
{
	CK_SESSION_HANDLE session;
	void *module;

	if (!p11_load() || p11_start() != 0)
		return 2;
	session = p11_user(p11_token("child"));
	if (!use_keys(session))
		return 6;
	if (strcmp(mode, "exit") == 0)
		return 0; /* no C_Finalize at all */
	if (strcmp(mode, "dlclose") == 0) {
		module = dlopen(p11_path, RTLD_NOW | RTLD_NOLOAD);
		dlclose(module);
		dlclose(module);
		return 0;
	}
	if (strcmp(mode, "late") == 0) {
		OPENSSL_cleanup();
		if (p11->C_CloseSession(session) != CKR_CRYPTOKI_NOT_INITIALIZED)
			return 4;
		finalize_late();
		return 0;
	}
	if (strcmp(mode, "atexit") == 0) {
		atexit(OPENSSL_cleanup);
		atexit(finalize_late);
		return 0;
	}
	return 5;
}

int
main(int argc, char **argv)
{
	CU_SuiteInfo suites[] = {
		{ "interfaces", NULL, NULL, NULL, NULL, tests_interface },
		{ "library", NULL, NULL, NULL, NULL, tests_library },
		{ "slots and tokens", p11_start, p11_stop, NULL, NULL, tests_slots },
		{ "slot events", p11_start, p11_stop, NULL, NULL, tests_events },
		{ "login", p11_start, p11_stop, NULL, NULL, tests_login },
		{ "provisioner", p11_start, p11_stop, NULL, NULL, tests_provisioner },
		{ "inbox", p11_start, p11_stop, NULL, NULL, tests_inbox },
		{ "states", p11_start, p11_stop, NULL, NULL, tests_states },
		{ "acts in the log", p11_start, p11_stop, NULL, NULL, tests_acts },
		{ "edited files", p11_start, p11_stop, NULL, NULL, tests_edited },
		{ "access", p11_start, p11_stop, NULL, NULL, tests_access },
		{ "areas", p11_start, p11_stop, NULL, NULL, tests_areas },
		{ "attestation", attest_start, attest_stop, NULL, NULL, tests_attest },
		{ "objects", p11_start, p11_stop, NULL, NULL, tests_objects },
		{ "rules", p11_start, p11_stop, NULL, NULL, tests_rules },
		{ "holder keys", p11_start, p11_stop, NULL, NULL, tests_holder },
		{ "operations", p11_start, p11_stop, NULL, NULL, tests_operations },
		{ "PKCS#11 3.2", p11_start, p11_stop, NULL, NULL, tests_later },
		{ "curves", p11_start, p11_stop, NULL, NULL, tests_curves },
		{ "secret keys", p11_start, p11_stop, NULL, NULL, tests_secret },
		{ "profiles and mechanisms", p11_start, p11_stop, NULL, NULL, tests_builtin },
		{ "search", p11_start, p11_stop, NULL, NULL, tests_search },
		{ "ways out for a key", p11_start, p11_stop, NULL, NULL, tests_guard },
		{ "wrapping", p11_start, p11_stop, NULL, NULL, tests_wrap },
		{ "attributes", p11_start, p11_stop, NULL, NULL, tests_attrs },
		{ "pkcs11-provider", p11_start, p11_stop, NULL, NULL, tests_provider },
		{ "fork", p11_start, p11_stop, NULL, NULL, tests_fork },
		{ "threads", p11_start, p11_stop, NULL, NULL, tests_threads },
		{ "operations at once", p11_start, p11_stop, NULL, NULL, tests_crypt },
		{ "log", NULL, NULL, NULL, NULL, tests_log },
		CU_SUITE_INFO_NULL,
	};
	unsigned failures;

	if (argc == 3 && strcmp(argv[1], "--child") == 0)
		exit(child(argv[2]));
	p11_log_begin();
	if (!p11_load() || CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	if (CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	test_backend_select();
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failures = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failures == 0 ? 0 : 1;
}
