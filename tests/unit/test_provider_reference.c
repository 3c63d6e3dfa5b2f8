/*
 * tests/unit/test_provider_reference.c: key files that name a token key, damaged ones too.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/ossl_kit.h"

static int
type_pin(char *buf, int size, int writing, void *arg)
{
	(void)writing;
	return snprintf(buf, (size_t)size, "%s", (const char *)arg);
}

static int
type_nothing(char *buf, int size, int writing, void *arg)
{
	(void)buf, (void)size, (void)writing;
	++*(int *)arg;
	return -1;
}

static EVP_PKEY *
read_pem(const char *pem, size_t len, pem_password_cb *callback, void *arg)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *key = PEM_read_bio_PrivateKey_ex(bio, NULL, callback, arg, provider_lib, NULL);

	BIO_free(bio);
	return key;
}

/* The key as a PEM file; free with BIO_free(). */
static BIO *
write_pem(EVP_PKEY *key, const char **pem, size_t *len)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;

	CU_ASSERT_EQUAL_FATAL(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), 1);
	*len = (size_t)BIO_get_mem_data(bio, &data);
	*pem = data;
	return bio;
}

/* Were it otherwise, programs that know only key files could not use a token's key. */
static void
reference(void)
{
	struct asker asker = { .pin = NULL };
	EVP_PKEY *key = provider_key(provider_lib, provider_with_pin(PRIVATE("p256"), "pin", USER_PIN), &asker), *again;
	EVP_PKEY *stated = provider_public("p256");
	const char *pem;
	size_t len;
	BIO *bio;

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	bio = write_pem(key, &pem, &len);
	CU_ASSERT(len > 40 && strncmp(pem, "-----BEGIN PKCS#11 PROVIDER URI-----", 36) == 0);
	provider_logout();
	again = read_pem(pem, len, NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(key, again), 1);
	EVP_PKEY_free(key);
	CU_ASSERT(provider_signs(again, "SHA256", stated));
	EVP_PKEY_free(again);
	(void)provider_file("pin", WRONG_PIN);
	provider_logout();
	CU_ASSERT_PTR_NULL(read_pem(pem, len, NULL, NULL));
	CU_ASSERT(provider_error("CKR_PIN_INCORRECT"));
	EVP_PKEY_free(stated);
	BIO_free(bio);
}

/* Were it otherwise, a file would carry a PIN that somebody gave in a URI, or ask nobody for one. */
static void
no_pin_inside(void)
{
	EVP_PKEY *key = provider_key(provider_lib, PRIVATE("p256") "?pin-value=" USER_PIN, NULL);
	static char pin[] = USER_PIN;
	char *label = NULL, *header = NULL;
	unsigned char *der = NULL;
	const char *pem;
	int asked = 0;
	size_t len;
	BIO *bio;
	long size, i;

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	bio = write_pem(key, &pem, &len);
	EVP_PKEY_free(key);
	provider_logout();
	CU_ASSERT_PTR_NULL(read_pem(pem, len, type_nothing, &asked));
	CU_ASSERT_EQUAL(asked, 1);
	CU_ASSERT(provider_error(""));
	key = read_pem(pem, len, type_pin, pin);
	CU_ASSERT_PTR_NOT_NULL(key);
	EVP_PKEY_free(key);
	CU_ASSERT_EQUAL_FATAL(PEM_read_bio(bio, &label, &header, &der, &size), 1);
	for (i = 0; i + 8 <= size; i++)
		CU_ASSERT(memcmp(der + i, "user-pin", 8) != 0 && memcmp(der + i, "pin-valu", 8) != 0);
	OPENSSL_free(label);
	OPENSSL_free(header);
	OPENSSL_free(der);
	BIO_free(bio);
}

/* Were it otherwise, a damaged file would crash the server that reads it. */
static void
damaged(void)
{
	EVP_PKEY *key = provider_need(PRIVATE("p256"));
	char text[2048];
	const char *pem;
	int asked = 0;
	size_t len, i;
	BIO *bio = write_pem(key, &pem, &len);

	EVP_PKEY_free(key);
	CU_ASSERT_FATAL(len < sizeof(text));
	for (i = 0; i < len; i++) {
		memcpy(text, pem, len);
		text[i] = text[i] == 'A' ? 'B' : 'A';
		EVP_PKEY_free(read_pem(text, len, type_nothing, &asked));
		if (i % 7 == 0)
			CU_ASSERT(i > len - 30 || (key = read_pem(pem, i, type_nothing, &asked)) == NULL);
		ERR_clear_error();
	}
	CU_ASSERT(!provider_wrong_pin_was_given());
	BIO_free(bio);
}

CU_TestInfo tests_provider_reference[] = {
	{ "a reference instead of a key file", reference },
	{ "no PIN inside", no_pin_inside },
	{ "damaged references", damaged },
	CU_TEST_INFO_NULL,
};
