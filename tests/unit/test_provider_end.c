/*
 * tests/unit/test_provider_end.c: a program may end while keys and contexts are alive, in any order.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <glob.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/ossl_kit.h"

static EVP_PKEY *alive;
static EVP_MD_CTX *half_done;

static void
sign_late(void)
{
	if (!provider_signs(alive, "SHA256", NULL))
		_Exit(3);
}

static void
free_late(void)
{
	EVP_MD_CTX_free(half_done);
	EVP_PKEY_free(alive);
}

/* SoftHSM, whose statics are gone before OpenSSL cleans up: a token and a key, the module named by the URI. */
static int
softhsm(const char *module)
{
	char uri[512], made[640], command[512];
	OSSL_PARAM params[3];
	EVP_PKEY_CTX *ctx;

	snprintf(command, sizeof(command), "directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n",
		provider_folder);
	atexit(free_late); /* which comes when SoftHSM's own objects are gone */
	setenv("SOFTHSM2_CONF", provider_file("softhsm2.conf", command), 1);
	if (system("softhsm2-util --init-token --free --label soft --pin " USER_PIN " --so-pin " SO_PIN
		   " >/dev/null 2>&1") != 0)
		return 77;
	snprintf(uri, sizeof(uri), "pkcs11:token=soft;object=key;id=%%01?module-path=%s&pin-value=" USER_PIN, module);
	params[0] = OSSL_PARAM_construct_utf8_string("group", (char *)"P-256", 0);
	params[1] = OSSL_PARAM_construct_utf8_string("pkcs11_uri", uri, 0);
	params[2] = OSSL_PARAM_construct_end();
	ctx = EVP_PKEY_CTX_new_from_name(provider_lib, "EC", "provider=mdoc-pkcs11-provider");
	if (EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_params(ctx, params) != 1 ||
		EVP_PKEY_generate(ctx, &alive) != 1)
		return 7;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(alive);
	alive = NULL;
	snprintf(made, sizeof(made), "pkcs11:token=soft;object=key;type=private?module-path=%s&pin-value=" USER_PIN,
		module);
	alive = provider_key(provider_lib, made, NULL);
	return alive != NULL && provider_signs(alive, "SHA256", NULL) ? 0 : 8;
}

int
provider_child(const char *mode)
{
	static char uri[512];

	if (!p11_load() || provider_start() != 0)
		return 2;
	if (mode[0] == '/')
		return softhsm(mode);
	snprintf(uri, sizeof(uri), "%s", provider_with_pin(PRIVATE("p256"), "pin", USER_PIN));
	if (strcmp(mode, "default") == 0 && !provider_configure(NULL, ""))
		return 4;
	alive = provider_key(strcmp(mode, "default") == 0 ? NULL : provider_lib, uri, NULL);
	half_done = EVP_MD_CTX_new();
	if (alive == NULL || !provider_signs(alive, "SHA256", NULL) ||
		EVP_DigestSignInit_ex(half_done, NULL, "SHA256", NULL, NULL, alive, NULL) != 1)
		return 6;
	if (strcmp(mode, "cleanup") == 0) {
		free_late();
		OPENSSL_cleanup();
	} else if (strcmp(mode, "atexit") == 0) {
		atexit(free_late);
		atexit(sign_late);
	} else if (strcmp(mode, "finalized") == 0) {
		return p11->C_Finalize(NULL) == CKR_OK ? 0 : 5;
	} else if (strcmp(mode, "context") == 0) {
		free_late();
		OSSL_LIB_CTX_free(provider_lib);
		provider_lib = NULL;
	}
	return 0;
}

/* Were it otherwise, programs would crash at their end. */
static void
ends(void)
{
	static const char *const modes[] = { "exit", "default", "cleanup", "atexit", "finalized", "context" };
	size_t i;
	int code;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		code = p11_child(modes[i]);
		CU_ASSERT_EQUAL(code, 0);
		if (code != 0)
			fprintf(stderr, "%s: %d\n", modes[i], code);
	}
}

/* Were it otherwise, every program with a SoftHSM key would crash at its end. */
static void
end_with_softhsm(void)
{
	glob_t found = { 0 };

	(void)glob("/usr/lib/softhsm/libsofthsm2.so", 0, NULL, &found);
	(void)glob("/usr/lib/*/softhsm/libsofthsm2.so", GLOB_APPEND, NULL, &found);
	if (found.gl_pathc == 0)
		printf("(SoftHSM is not installed) ");
	else
		CU_ASSERT_EQUAL(p11_child(found.gl_pathv[0]), 0);
	globfree(&found);
}

CU_TestInfo tests_provider_end[] = {
	{ "ways to end", ends },
	{ "with SoftHSM", end_with_softhsm },
	CU_TEST_INFO_NULL,
};
