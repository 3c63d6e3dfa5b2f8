/*
 * tests/unit/test_provider_pin.c: where the provider gets the PIN, and that a wrong one is tried once.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/ossl_kit.h"

/* Load with one way to the PIN that must not work: no key, an error of this text. */
static void
expect_refusal(OSSL_LIB_CTX *lib, const char *uri, struct asker *asker, const char *text)
{
	provider_logout();
	ERR_clear_error();
	CU_ASSERT_PTR_NULL(provider_key(lib, uri, asker));
	CU_ASSERT(provider_error(text));
}

static void
expect_key(OSSL_LIB_CTX *lib, const char *uri, struct asker *asker)
{
	EVP_PKEY *key;

	provider_logout();
	key = provider_key(lib, uri, asker);
	CU_ASSERT_PTR_NOT_NULL(key);
	if (key == NULL)
		ERR_print_errors_fp(stderr);
	EVP_PKEY_free(key);
}

/* Were it otherwise, a typing error would be tried until the PIN is locked, or a program would wait for ever. */
static void
wrong_pin(void)
{
	struct asker asker = { .pin = WRONG_PIN };

	expect_refusal(provider_lib, PRIVATE("p256"), &asker, "CKR_PIN_INCORRECT");
	CU_ASSERT_EQUAL(asker.asked, 1);
	CU_ASSERT(provider_wrong_pin_was_given());
	asker = (struct asker){ .pin = USER_PIN };
	expect_key(provider_lib, PRIVATE("p256"), &asker);
	CU_ASSERT(!provider_wrong_pin_was_given());
}

/* Were it otherwise, somebody with two tokens would type the PIN of one for the other. */
static void
right_pin(void)
{
	struct asker asker = { .pin = USER_PIN };
	EVP_PKEY *key;

	expect_key(provider_lib, PRIVATE("p256"), &asker);
	CU_ASSERT_EQUAL(asker.asked, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(asker.prompt, "unit"));
	/* one login lasts as long as a key of it */
	key = provider_need(PRIVATE("p384"));
	asker.asked = 0;
	EVP_PKEY_free(provider_key(provider_lib, PRIVATE("p256"), &asker));
	CU_ASSERT_EQUAL(asker.asked, 0);
	EVP_PKEY_free(key);
}

/* Were it otherwise, a server without a terminal would hang, or lose tries at each start. */
static void
nobody_to_ask(void)
{
	struct asker asker = { .pin = NULL };

	expect_refusal(provider_lib, PRIVATE("p256"), NULL, "PIN");
	expect_refusal(provider_lib, PRIVATE("p256"), &asker, "PIN");
	CU_ASSERT_EQUAL(asker.asked, 1);
	asker = (struct asker){ .pin = "" };
	expect_refusal(provider_lib, PRIVATE("p256"), &asker, "PIN");
	CU_ASSERT(!provider_wrong_pin_was_given());
}

/* Were it otherwise, a server could not read its PIN from a file, or would ask when that is wrong. */
static void
pin_source(void)
{
	struct asker asker = { .pin = USER_PIN };
	char uri[512];

	expect_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
	expect_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN "\n"), NULL);
	expect_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN "\r\nsecond line\n"), NULL);
	snprintf(uri, sizeof(uri), "%s?pin-source=%s", PRIVATE("p256"), provider_file("pin", USER_PIN));
	expect_key(provider_lib, uri, NULL);
	expect_refusal(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", WRONG_PIN), &asker, "CKR_PIN_INCORRECT");
	expect_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
	expect_refusal(provider_lib, PRIVATE("p256") "?pin-source=file:/nonexistent/pin", &asker, "/nonexistent/pin");
	expect_refusal(provider_lib, PRIVATE("p256") "?pin-source=file:/dev/null", &asker, "PIN");
	expect_refusal(provider_lib, PRIVATE("p256") "?pin-source=/", &asker, "PIN");
	CU_ASSERT_EQUAL(asker.asked, 0);
	CU_ASSERT(!provider_wrong_pin_was_given());
	expect_key(provider_lib, PRIVATE("p256") "?pin-value=" USER_PIN, NULL);
	expect_refusal(provider_lib, PRIVATE("p256") "?pin-value=" WRONG_PIN, &asker, "CKR_PIN_INCORRECT");
	expect_key(provider_lib, PRIVATE("p256") "?pin-value=user%2dpin%2D2026", NULL);
	CU_ASSERT_EQUAL(asker.asked, 0);
}

/* Were it otherwise, what an administrator configured would not count, or count before what a URI says. */
static void
configured_pin(void)
{
	struct asker asker = { .pin = USER_PIN };
	char setting[256];
	OSSL_LIB_CTX *lib;

	snprintf(setting, sizeof(setting), "pin-file = %s", provider_file("configured", USER_PIN "\n"));
	lib = provider_context(setting);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lib);
	expect_key(lib, PRIVATE("p256"), NULL);
	(void)provider_file("configured", WRONG_PIN "\n");
	expect_refusal(lib, PRIVATE("p256"), &asker, "CKR_PIN_INCORRECT");
	CU_ASSERT_EQUAL(asker.asked, 0);
	expect_key(lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), NULL);
	OSSL_LIB_CTX_free(lib);

	lib = provider_context("pin = " USER_PIN);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lib);
	expect_key(lib, PRIVATE("p256"), NULL);
	expect_refusal(lib, PRIVATE("p256") "?pin-value=" WRONG_PIN, &asker, "CKR_PIN_INCORRECT");
	expect_key(lib, PRIVATE("p256"), NULL);
	OSSL_LIB_CTX_free(lib);
}

/* Were it otherwise, a locked token would ask for PINs that cannot help, and a new one for one that was never set. */
static void
no_pin_can_help(void)
{
	struct asker asker = { .pin = USER_PIN };
	CK_UTF8CHAR label[32];
	CK_SESSION_HANDLE session = p11_session(p11_token("locked"));
	CK_RV rv = CKR_OK;
	CK_SLOT_ID slot;
	int i;

	for (i = 0; i < 20 && rv != CKR_PIN_LOCKED; i++)
		rv = p11_login(session, CKU_USER, WRONG_PIN);
	CU_ASSERT_EQUAL(rv, CKR_PIN_LOCKED);
	expect_refusal(provider_lib, "pkcs11:token=locked;type=private", &asker, "locked");
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);

	slot = p11_free_slot();
	memset(label, ' ', sizeof(label));
	memcpy(label, "unset", 5);
	CU_ASSERT_EQUAL(p11->C_InitToken(slot, (CK_UTF8CHAR *)SO_PIN, strlen(SO_PIN), label), CKR_OK);
	expect_refusal(provider_lib, "pkcs11:token=unset;type=private", &asker, "PIN");
	CU_ASSERT_EQUAL(asker.asked, 0);
}

/* Were it otherwise, a server whose PIN file has changed would lock the token by its visitors' signatures. */
static void
one_try_for_each_key(void)
{
	EVP_PKEY *key = provider_key(provider_lib, provider_with_pin(PRIVATE("always"), "pin", USER_PIN), NULL);
	EVP_PKEY *again;
	int i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	CU_ASSERT(provider_signs(key, "SHA256", NULL));
	(void)provider_file("pin", WRONG_PIN);
	for (i = 0; i < 20; i++) {
		CU_ASSERT(!provider_signs(key, "SHA256", NULL));
		CU_ASSERT(provider_error("the PIN is wrong"));
	}
	again = provider_key(provider_lib, provider_with_pin(PRIVATE("always"), "pin", USER_PIN), NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	CU_ASSERT(provider_signs(again, "SHA256", NULL)); /* twenty tries would have locked it */
	EVP_PKEY_free(again);
	EVP_PKEY_free(key);
}

CU_TestInfo tests_provider_pin[] = {
	{ "wrong PIN", wrong_pin },
	{ "right PIN", right_pin },
	{ "nobody to ask", nobody_to_ask },
	{ "pin-source and pin-value", pin_source },
	{ "pin-file and pin", configured_pin },
	{ "one try of a written PIN for each key", one_try_for_each_key },
	{ "locked, never set", no_pin_can_help },
	CU_TEST_INFO_NULL,
};
