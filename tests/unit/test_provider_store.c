/*
 * tests/unit/test_provider_store.c: what URIs find, and what they must not.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/ossl_kit.h"

#define KEYS (provider_has("ed25519") ? 5 : 3) /* of the token */

/* Were it otherwise, a listing would miss objects, or ask for a PIN to show what everybody may see. */
static void
listing(void)
{
	struct asker asker = { .pin = USER_PIN };
	struct loaded loaded;

	provider_logout();
	loaded = provider_load_all(provider_lib, TOKEN, OSSL_STORE_INFO_CERT, &asker);
	CU_ASSERT_EQUAL(loaded.certificates, 1);
	CU_ASSERT_EQUAL(loaded.private_keys + loaded.public_keys, 0);
	loaded_free(&loaded);
	loaded = provider_load_all(provider_lib, TOKEN, OSSL_STORE_INFO_PUBKEY, &asker);
	CU_ASSERT_EQUAL(loaded.public_keys, KEYS);
	CU_ASSERT_EQUAL(loaded.private_keys + loaded.certificates, 0);
	loaded_free(&loaded);
	loaded = provider_load_all(provider_lib, TOKEN ";type=cert", 0, &asker);
	CU_ASSERT_EQUAL(loaded.certificates, 1);
	loaded_free(&loaded);
	CU_ASSERT_EQUAL(asker.asked, 0);
	loaded = provider_load_all(provider_lib, TOKEN ";type=private", 0, &asker);
	CU_ASSERT_EQUAL(asker.asked, 1);
	CU_ASSERT_EQUAL(loaded.private_keys, KEYS);
	CU_ASSERT_EQUAL(loaded.public_keys + loaded.certificates, 0);
	CU_ASSERT(loaded.ended);
	loaded_free(&loaded);
	loaded = provider_load_all(provider_lib, TOKEN, 0, &asker);
	CU_ASSERT_EQUAL(loaded.private_keys, KEYS);
	CU_ASSERT_EQUAL(loaded.public_keys, KEYS);
	CU_ASSERT_EQUAL(loaded.certificates, 1);
	CU_ASSERT(loaded.ended);
	loaded_free(&loaded);
	CU_ASSERT_EQUAL(ERR_peek_error(), 0);
}

/* Were it otherwise, a server would be given a certificate that is not its key's. */
static void
certificate_and_key(void)
{
	struct loaded found = provider_load_all(provider_lib, TOKEN ";object=p256", OSSL_STORE_INFO_CERT, NULL);
	EVP_PKEY *key = provider_need(PRIVATE("p256")), *other = provider_need(PRIVATE("always"));
	EVP_PKEY *stated = provider_public("p256");
	struct loaded half = provider_load_all(provider_lib, PUBLIC("p256"), 0, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(found.certificate);
	CU_ASSERT_PTR_NOT_NULL_FATAL(half.key);
	CU_ASSERT_EQUAL(X509_check_private_key(found.certificate, key), 1);
	CU_ASSERT_EQUAL(X509_check_private_key(found.certificate, other), 0);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(X509_get0_pubkey(found.certificate), key), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(half.key, key), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(key, half.key), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(key, other), 0);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(key, stated), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(stated, key), 1);
	ERR_clear_error();
	loaded_free(&found);
	loaded_free(&half);
	EVP_PKEY_free(stated);
	EVP_PKEY_free(other);
	EVP_PKEY_free(key);
}

/* Were it otherwise, a URI would find another key than it names. */
static void
path_attributes(void)
{
	static const struct {
		const char *uri;
		int found;
	} cases[] = {
		{ "pkcs11:token=unit;id=%01;type=private", 1 },
		{ "pkcs11:token=unit;object=p256;id=%01;type=private", 1 },
		{ "pkcs11:token=unit;object=p256;id=%02;type=private", 0 },
		{ "pkcs11:token=unit;id=%01%00;type=private", 0 },
		{ "pkcs11:token=unit;object=P256;type=private", 0 },
		{ "pkcs11:token=unit;object=p25;type=private", 0 },
		{ "pkcs11:token=uni;object=p256;type=private", 0 },
		{ "pkcs11:token=unit;object=p%32%356;type=private", 1 },
		{ "pkcs11:token=unit;manufacturer=nobody;object=p256;type=private", 0 },
		{ "pkcs11:token=unit;serial=0000;object=p256;type=private", 0 },
		{ "pkcs11:token=unit;library-description=nothing;object=p256;type=private", 0 },
		{ "pkcs11:token=unit;slot-id=99999;object=p256;type=private", 0 },
	};
	EVP_PKEY *key = provider_need(PRIVATE("p256"));
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct loaded found = provider_load_all(provider_lib, cases[i].uri, 0, NULL);

		CU_ASSERT_EQUAL(found.private_keys, cases[i].found);
		if (found.private_keys != cases[i].found)
			fprintf(stderr, "%s finds %d\n", cases[i].uri, found.private_keys);
		CU_ASSERT(found.ended);
		CU_ASSERT(cases[i].found == 0 || EVP_PKEY_eq(found.key, key) == 1);
		CU_ASSERT(cases[i].found == 1 || provider_error(""));
		loaded_free(&found);
	}
	EVP_PKEY_free(key);
}

CU_TestInfo tests_provider_store[] = {
	{ "listing", listing },
	{ "certificate and key", certificate_and_key },
	{ "path attributes", path_attributes },
	CU_TEST_INFO_NULL,
};

/* Were it otherwise, a name that somebody mistyped or made up would crash a program, hang it or ask for a PIN. */
static void
bad_uris(void)
{
	static const char *const uris[] = { "pkcs11:token=absent", "pkcs11:token=absent;object=p256;type=private",
		"pkcs11:token=unit;object=absent", "pkcs11:token=%zz", "pkcs11:token=%4", "pkcs11:token",
		"pkcs11:=unit", "pkcs11:token=unit;token=unit", "pkcs11:type=nonsense",
		"pkcs11:token=unit?module-name=other", "pkcs11:token=unit;vendor=1",
		"pkcs11:token=unit?module-path=/nonexistent/module.so", "pkcs11:token=unit?module-path=/dev/null",
		"pkcs11:slot-id=x", "pkcs11:library-version=x", "pkcs11:%00", "pkcs11:;;;", "pkcs11:?",
		"pkcs11:token=unit;id=%", "pkcs11:token=unit;object=p256;type=private?pin-source=|cat%20/etc/passwd" };
	struct asker asker = { .pin = NULL };
	struct loaded found;
	size_t i;

	provider_logout();
	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		ERR_clear_error();
		found = provider_load_all(provider_lib, uris[i], OSSL_STORE_INFO_PKEY, &asker);
		CU_ASSERT(found.ended);
		CU_ASSERT_EQUAL(found.private_keys, 0);
		CU_ASSERT(asker.asked <= 1);
		if (!provider_error("") || !found.ended || found.private_keys != 0 || asker.asked > 1) {
			CU_FAIL("see above");
			fprintf(stderr, "%s: %d keys, no error?\n", uris[i], found.private_keys);
		}
		asker.asked = 0;
		loaded_free(&found);
	}
	CU_ASSERT(!provider_wrong_pin_was_given());
}

static void
long_uris(void)
{
	static const struct {
		const char *start, *each;
	} forms[] = {
		{ "pkcs11:token=unit;object=", "%41" },
		{ "pkcs11:token=", "x" },
		{ "pkcs11:token=unit;id=", "%01" },
		{ "pkcs11:token=unit", ";x-a=b" },
		{ "pkcs11:token=unit;object=p256;type=private?pin-value=", "9" },
		{ "pkcs11:token=unit;object=p256;type=private?pin-source=file:/", "x/" },
		{ "pkcs11:token=unit;object=p256;type=private?module-path=/", "x/" },
	};
	const size_t size = 200000;
	char *uri = malloc(size);
	size_t i, at, each;

	CU_ASSERT_PTR_NOT_NULL_FATAL(uri);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct loaded found;

		at = (size_t)snprintf(uri, size, "%s", forms[i].start);
		each = strlen(forms[i].each);
		for (; at + each < size; at += each)
			memcpy(uri + at, forms[i].each, each + 1);
		provider_logout();
		ERR_clear_error();
		found = provider_load_all(provider_lib, uri, OSSL_STORE_INFO_PKEY, NULL);
		CU_ASSERT(found.ended);
		CU_ASSERT_EQUAL(found.private_keys, 0);
		CU_ASSERT(provider_error(""));
		loaded_free(&found);
	}
	free(uri);
	EVP_PKEY_free(provider_need(PRIVATE("p256"))); /* and with that no wrong PIN is remembered */
}

/* Were it otherwise, a signature could be made with a key or by a token that nobody meant. */
static void
ambiguous(void)
{
	static const char p256[] = "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
	struct asker asker = { .pin = USER_PIN };
	CK_SLOT_ID twins[2];
	CK_TOKEN_INFO info;
	struct loaded found;
	char serial[17] = "", uri[128];
	EVP_PKEY *key;
	int i;

	for (i = 0; i < 2; i++) {
		twins[i] = p11_token("twin");
		provider_make(twins[i], CKM_EC_KEY_PAIR_GEN, p256, "same", 1, false);
		provider_make(twins[i], CKM_EC_KEY_PAIR_GEN, p256, "same", 2, false);
	}
	CU_ASSERT_EQUAL(p11->C_GetTokenInfo(twins[1], &info), CKR_OK);
	memcpy(serial, info.serialNumber, 16);
	CU_ASSERT_PTR_NULL(provider_key(provider_lib, "pkcs11:token=twin;object=same;type=private", &asker));
	CU_ASSERT(provider_error(serial));
	CU_ASSERT_EQUAL(asker.asked, 0);
	/* the serial number decides between the tokens, but two keys of one name remain */
	snprintf(uri, sizeof(uri), "pkcs11:serial=%s;object=same;type=private", serial);
	CU_ASSERT_PTR_NULL(provider_key(provider_lib, uri, &asker));
	CU_ASSERT(provider_error(""));
	snprintf(uri, sizeof(uri), "pkcs11:serial=%s;object=same;id=%%02;type=private", serial);
	key = provider_key(provider_lib, uri, &asker);
	CU_ASSERT_PTR_NOT_NULL(key);
	EVP_PKEY_free(key);
	/* a listing of both: their serial numbers are said, and nobody is logged in */
	asker.asked = 0;
	found = provider_load_all(provider_lib, "pkcs11:token=twin", 0, &asker);
	CU_ASSERT(found.ended);
	CU_ASSERT(provider_error(serial));
	CU_ASSERT_EQUAL(asker.asked, 0);
	loaded_free(&found);
	ERR_clear_error();
}

CU_TestInfo tests_provider_hostile[] = {
	{ "bad URIs", bad_uris },
	{ "long URIs", long_uris },
	{ "two tokens, two keys of one name", ambiguous },
	CU_TEST_INFO_NULL,
};
