/*
 * tests/unit/test_config.c
 *
 * If these fail, a token is looked for in the wrong folder, or a mistyped line weakens or
 * silently ignores the PIN rules that the administrator wrote.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/leaf.h"
#include "tokens/token.h"

static char folder[] = "/tmp/unit-config-XXXXXX";
static char conf[128];

static void
write_conf(const char *text, size_t len)
{
	FILE *file = fopen(conf, "we");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT_EQUAL(fwrite(text, 1, len, file), len);
	fclose(file);
}

static void
begin(void)
{
	if (strstr(folder, "XXXXXX") != NULL)
		CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(conf, sizeof(conf), "%s/test.conf", folder);
	setenv("MDOC_PKCS11_CONF", conf, 1);
	unsetenv("MDOC_PKCS11_STORE");
	unsetenv("MDOC_PKCS11_TCTI");
	setenv("XDG_DATA_HOME", "/data", 1);
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", "/home/someone", 1);
}

static void
end(void)
{
	unlink(conf);
	unsetenv("MDOC_PKCS11_CONF");
}

static void
refused(const char *text, size_t len, const char *reason)
{
	struct token_config config;
	char why[256];

	write_conf(text, len);
	CU_ASSERT_EQUAL(token_config_load(&config, why, sizeof(why)), TOKEN_ERR_ARG);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, conf));
	if (strstr(why, reason) == NULL)
		CU_FAIL(reason);
	CU_ASSERT_STRING_EQUAL(config.store, "/data/mdoc-pkcs11");
	CU_ASSERT_STRING_EQUAL(config.backend, "vault");
	CU_ASSERT_EQUAL(config.min_pin, 0);
	CU_ASSERT_FALSE(config.allow_weak_so_pin);
	token_config_clear(&config);
}

static void
test_refused(void)
{
	static const struct {
		const char *text, *reason;
	} wrong[] = {
		{ "min-pin = 4\nmin_pin = 4\n", ":2: unknown key \"min_pin\"" },
		{ "# nothing\n\nstore\n", ":3: expected key = value" },
		{ "store = relative/path\n", ":1: store must be" },
		{ "store = ~other/x\n", ":1: store must be" },
		{ "store =\n", ":1: store must be" },
		{ "backend =\n", ":1: backend is empty" },
		{ "min-pin = 0\n", ":1: min-pin" },
		{ "min-pin = 3\n", ":1: min-pin must be a number from 4" },
		{ "min-pin = -4\n", ":1: min-pin" },
		{ "min-pin = 65\n", ":1: min-pin" },
		{ "min-pin = 4x\n", ":1: min-pin" },
		{ "min-pin = 99999999999999999999\n", ":1: min-pin" },
		{ "allow-weak-so-pin = maybe\n", ":1: allow-weak-so-pin" },
		{ "min-pin = 4\nmin-pin = 5\n", ":2: min-pin is given twice" },
		{ "tcti =\n", ":1: tcti is empty" },
		{ "tpm-owner-auth-file = secret\n", ":1: tpm-owner-auth-file must be an absolute path" },
		{ "tpm-pin = both\n", ":1: tpm-pin must be auto, index or object" },
		{ "= x\n", ":1: unknown key" },
	};
	struct token_config config;
	char why[16];
	size_t i;

	begin();
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refused(wrong[i].text, strlen(wrong[i].text), wrong[i].reason);
	refused("min-pin = 4\0\n", 13, ":1: a NUL byte");
	write_conf("nonsense", 8);
	CU_ASSERT_EQUAL(token_config_load(&config, why, sizeof(why)), TOKEN_ERR_ARG);
	CU_ASSERT_TRUE(strlen(why) < sizeof(why));
	token_config_clear(&config);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_ERR_ARG);
	token_config_clear(&config);
	end();
}

/* A file that was named and is not there is not the same as none. */
static void
test_missing(void)
{
	struct token_config config;
	char why[256];

	begin();
	unlink(conf);
	CU_ASSERT_EQUAL(token_config_load(&config, why, sizeof(why)), TOKEN_ERR_ARG);
	token_config_clear(&config);
	setenv("MDOC_PKCS11_CONF", folder, 1);
	CU_ASSERT_EQUAL(token_config_load(&config, why, sizeof(why)), TOKEN_ERR_ARG);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, folder));
	token_config_clear(&config);
	end();
}

static void
test_values(void)
{
	static const char text[] = "# a comment\n\n  store = ~/tokens/x y \r\n\tbackend=vault\nmin-pin = 4\n"
				   "allow-weak-so-pin = yes";
	struct token_config config;

	begin();
	write_conf(text, sizeof(text) - 1);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_STRING_EQUAL(config.store, "/home/someone/tokens/x y");
	CU_ASSERT_EQUAL(config.min_pin, 4);
	CU_ASSERT_TRUE(config.allow_weak_so_pin);
	token_config_clear(&config);
	CU_ASSERT_PTR_NULL(config.store);
	setenv("MDOC_PKCS11_STORE", "/elsewhere", 1);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_STRING_EQUAL(config.store, "/elsewhere");
	CU_ASSERT_TRUE(config.store_from_environment);
	CU_ASSERT_EQUAL(config.source, TOKEN_CONFIG_ENVIRONMENT);
	CU_ASSERT_STRING_EQUAL(config.file, conf);
	token_config_clear(&config);
	setenv("MDOC_PKCS11_STORE", "here", 1);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_EQUAL(config.store[0], '/');
	CU_ASSERT_PTR_NOT_NULL(strstr(config.store, "/here"));
	token_config_clear(&config);
	end();
}

static void
test_tpm(void)
{
	static const char text[] = "backend = tpm\ntcti = device:/dev/tpm0\ntpm-owner-auth-file = ~/owner\n"
				   "tpm-pin = object\n";
	struct token_config config;

	begin();
	write_conf(text, sizeof(text) - 1);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_STRING_EQUAL(config.backend, "tpm");
	CU_ASSERT_STRING_EQUAL(config.tcti, "device:/dev/tpm0");
	CU_ASSERT_STRING_EQUAL(config.tpm_owner_auth, "/home/someone/owner");
	CU_ASSERT_EQUAL(config.tpm_pin, TOKEN_TPM_PIN_OBJECT);
	token_config_clear(&config);
	setenv("MDOC_PKCS11_TCTI", "tabrmd", 1);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_STRING_EQUAL(config.tcti, "tabrmd");
	token_config_clear(&config);
	unsetenv("MDOC_PKCS11_TCTI");
	write_conf("", 0);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_PTR_NULL(config.tcti);
	CU_ASSERT_PTR_NULL(config.tpm_owner_auth);
	CU_ASSERT_EQUAL(config.tpm_pin, TOKEN_TPM_PIN_AUTO);
	token_config_clear(&config);
	end();
}

static void
test_search(void)
{
	struct token_config config;
	char path[160];

	begin();
	unsetenv("MDOC_PKCS11_CONF");
	setenv("XDG_CONFIG_HOME", folder, 1);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_EQUAL(config.source, TOKEN_CONFIG_NONE);
	CU_ASSERT_PTR_NULL(config.file);
	token_config_clear(&config);
	snprintf(path, sizeof(path), "%s/mdoc-pkcs11", folder);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	snprintf(conf, sizeof(conf), "%s/mdoc-pkcs11/mdoc-pkcs11.conf", folder);
	write_conf("min-pin = 6\n", 12);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_EQUAL(config.min_pin, 6);
	CU_ASSERT_EQUAL(config.source, TOKEN_CONFIG_USER);
	CU_ASSERT_STRING_EQUAL(config.file, conf);
	token_config_clear(&config);
	unsetenv("XDG_DATA_HOME");
	setenv("XDG_CONFIG_HOME", "relative", 1);
	CU_ASSERT_EQUAL(token_config_load(&config, NULL, 0), TOKEN_OK);
	CU_ASSERT_EQUAL(config.min_pin, 0);
	CU_ASSERT_STRING_EQUAL(config.store, "/home/someone/.local/share/mdoc-pkcs11");
	token_config_clear(&config);
	unsetenv("XDG_CONFIG_HOME");
	unlink(conf);
	rmdir(path);
	rmdir(folder);
}

CU_TestInfo tests_config[] = {
	{ "wrong lines", test_refused },
	{ "a named file that is missing", test_missing },
	{ "the values", test_values },
	{ "how the TPM is reached", test_tpm },
	{ "where the file is looked for", test_search },
	CU_TEST_INFO_NULL,
};
