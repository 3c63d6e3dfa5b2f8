/*
 * tests/unit/test_provider_nonsense.c: tokens whose answers cannot be, and what is left of errors when all went well.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/nonsense.h"
#include "tests/unit/ossl_kit.h"

static int *nonsense;

/* The URI of a key by way of the module that answers nonsense; good until the next call. */
static const char *
by_nonsense(const char *uri)
{
	static char with[1024];
	void *module;

	setenv(NONSENSE_OF, p11_path, 1);
	module = dlopen(NONSENSE_PATH, RTLD_NOW | RTLD_LOCAL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(module);
	nonsense = dlsym(module, NONSENSE_SYMBOL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(nonsense);
	*nonsense = NONSENSE_NONE;
	snprintf(with, sizeof(with), "%s&module-path=%s", provider_with_pin(uri, "pin", USER_PIN), NONSENSE_PATH);
	return with;
}

/* Were it otherwise, a broken token would crash the program, or its nonsense be taken for a signature. */
static void
signatures(void)
{
	EVP_PKEY *ecdsa = provider_key(provider_lib, by_nonsense(PRIVATE("p256")), NULL);
	EVP_PKEY *eddsa = NULL;

	if (provider_has("ed25519"))
		eddsa = provider_key(provider_lib, by_nonsense(PRIVATE("ed25519")), NULL);
	CU_ASSERT_FATAL(ecdsa != NULL && (eddsa != NULL || !provider_has("ed25519")));
	for (int i = SIGNATURE_EMPTY; i <= SIGNATURE_UNAVAILABLE; i++) {
		*nonsense = i;
		CU_ASSERT(!provider_signs(ecdsa, "SHA256", NULL));
		CU_ASSERT(provider_error("C_Sign"));
		if (eddsa == NULL)
			continue;
		CU_ASSERT(!provider_signs(eddsa, NULL, NULL));
		CU_ASSERT(provider_error("C_Sign"));
	}
	*nonsense = NONSENSE_NONE;
	CU_ASSERT(provider_signs(ecdsa, "SHA256", NULL));
	CU_ASSERT(eddsa == NULL || provider_signs(eddsa, NULL, NULL));
	EVP_PKEY_free(ecdsa);
	EVP_PKEY_free(eddsa);
}

/* Were it otherwise, what is encrypted would have a key of no bytes, or of somebody else's memory. */
static void
secrets(void)
{
	EVP_PKEY *key = provider_key(provider_lib, by_nonsense(PRIVATE("p256")), NULL);
	EVP_PKEY *peer = provider_public("always");
	EVP_PKEY_CTX *ctx;
	unsigned char secret[64];
	size_t len;

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	ctx = EVP_PKEY_CTX_new_from_pkey(provider_lib, key, NULL);
	CU_ASSERT_FATAL(EVP_PKEY_derive_init(ctx) == 1 && EVP_PKEY_derive_set_peer(ctx, peer) == 1);
	for (int i = SECRET_EMPTY; i <= SECRET_HUGE; i++) {
		*nonsense = i;
		len = sizeof(secret);
		CU_ASSERT(EVP_PKEY_derive(ctx, secret, &len) != 1);
		CU_ASSERT(provider_error("C_GetAttributeValue"));
	}
	*nonsense = NONSENSE_NONE;
	len = sizeof(secret);
	CU_ASSERT(EVP_PKEY_derive(ctx, secret, &len) == 1 && len == 32);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(key);
}

/* Were it otherwise, a broken token would crash or stop a program that looks for a key in it. */
static void
loads(void)
{
	const char *uri = by_nonsense(PRIVATE("p256"));
	EVP_PKEY *key;

	for (int i = ATTRIBUTE_HUGE; i <= SLOTS_NEVER_FIT; i++) {
		*nonsense = i;
		key = provider_key(provider_lib, uri, NULL);
		CU_ASSERT_PTR_NULL(key);
		CU_ASSERT(provider_error(""));
		EVP_PKEY_free(key);
	}
	*nonsense = NONSENSE_NONE;
	key = provider_key(provider_lib, uri, NULL);
	CU_ASSERT_PTR_NOT_NULL(key);
	EVP_PKEY_free(key);
}

/* Through PEM and back, in a context with the provider. */
static void
through_pem(const char *what, EVP_PKEY *key, const EVP_CIPHER *cipher)
{
	BIO *file = BIO_new(BIO_s_mem());
	EVP_PKEY *again, *half;

	CU_ASSERT(PEM_write_bio_PrivateKey(file, key, cipher, (const unsigned char *)"secret", cipher != NULL ? 6 : 0,
			  NULL, NULL) == 1 &&
		PEM_write_bio_PUBKEY(file, key) == 1);
	ERR_clear_error();
	again = PEM_read_bio_PrivateKey_ex(file, NULL, NULL, cipher != NULL ? (void *)"secret" : NULL, provider_lib,
		NULL);
	half = PEM_read_bio_PUBKEY_ex(file, NULL, NULL, NULL, provider_lib, NULL);
	CU_ASSERT(again != NULL && half != NULL && EVP_PKEY_eq(again, key) == 1 && EVP_PKEY_eq(half, key) == 1);
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
	if (ERR_peek_error() != 0) {
		fprintf(stderr, "%s\n", what);
		ERR_print_errors_fp(stderr);
	}
	EVP_PKEY_free(again);
	EVP_PKEY_free(half);
	BIO_free(file);
}

/* Were it otherwise, libssl would take an old error for one of its connection. */
static void
no_errors_left(void)
{
	static const char *const names[] = { "p256", "p384", "ed25519" };
	static const char *const types[] = { "ED25519", "ED448", "X25519", "X448" };
	char uri[64];
	EVP_PKEY *key, *soft, *stated;

	ERR_clear_error();
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (!provider_has(names[i]))
			continue;
		snprintf(uri, sizeof(uri), TOKEN ";object=%s;type=private", names[i]);
		provider_logout();
		key = provider_need(uri);
		stated = provider_public(names[i]);
		CU_ASSERT_EQUAL(ERR_peek_error(), 0);
		CU_ASSERT(provider_signs(key, i < 2 ? "SHA256" : NULL, NULL));
		CU_ASSERT_EQUAL(ERR_peek_error(), 0);
		CU_ASSERT_EQUAL(EVP_PKEY_eq(key, stated), 1);
		CU_ASSERT_EQUAL(ERR_peek_error(), 0);
		EVP_PKEY_free(stated);
		EVP_PKEY_free(key);
	}
	soft = EVP_PKEY_Q_keygen(soft_lib, NULL, "EC", "P-256");
	through_pem("EC", soft, NULL);
	through_pem("EC, encrypted", soft, EVP_aes_128_cbc());
	EVP_PKEY_free(soft);
	soft = EVP_PKEY_Q_keygen(soft_lib, NULL, "RSA", (size_t)1024);
	through_pem("RSA", soft, NULL);
	EVP_PKEY_free(soft);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		soft = EVP_PKEY_Q_keygen(soft_lib, NULL, types[i]);
		through_pem(types[i], soft, NULL);
		EVP_PKEY_free(soft);
	}
}

CU_TestInfo tests_provider_nonsense[] = {
	{ "signatures", signatures },
	{ "secrets", secrets },
	{ "loads", loads },
	{ "no errors are left", no_errors_left },
	CU_TEST_INFO_NULL,
};
