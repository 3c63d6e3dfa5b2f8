/* test_tools_reader.c: transcripts, elements, keys and times of mdoc-reader. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tests/unit/unit_issuer.h"
#include "tools/common/clock.h"
#include "tools/common/context.h"
#include "tools/common/file.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include "tools/reader/reader.h"

/* Otherwise no wallet of OpenID4VP would sign what our reader checks: the transcript has this thumbprint. */
static void
test_thumbprint(void)
{
	uint8_t thumbprint[THUMBPRINT_LEN];
	struct mdoc_public_key key;
	json_t *jwk = NULL;

	CU_ASSERT_EQUAL_FATAL(json_read(VECTORS_DIR "/openid4vp/verifier_enc_key.jwk", &jwk), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(jwk_to_key(tool_context(), jwk, &key), MDOC_OK);
	CU_ASSERT_EQUAL(key_thumbprint(tool_context(), &key, thumbprint), MDOC_OK);
	CU_ASSERT_EQUAL(thumbprint[0], 0x42);
	CU_ASSERT_EQUAL(thumbprint[31], 0x47);
	json_decref(jwk);
}

/* Otherwise a reader would ask for another element than its operator named. */
static void
test_elements(void)
{
	struct mdoc_asked asked;

	CU_ASSERT_FALSE(request_parse_element("portrait", &asked));
	CU_ASSERT_FALSE(request_parse_element(":portrait", &asked));
	CU_ASSERT_FALSE(request_parse_element("ns:", &asked));
	CU_ASSERT_FALSE(request_parse_element("", &asked));
	CU_ASSERT_TRUE_FATAL(request_parse_element("ns.a:portrait", &asked));
	CU_ASSERT_TRUE(mdoc_bytes_is_text(asked.ns, "ns.a") && mdoc_bytes_is_text(asked.element, "portrait"));
	CU_ASSERT_FALSE(asked.intent_to_retain);
	CU_ASSERT_TRUE_FATAL(request_parse_element("urn:x:portrait", &asked));
	CU_ASSERT_TRUE(mdoc_bytes_is_text(asked.ns, "urn:x") && mdoc_bytes_is_text(asked.element, "portrait"));
}

/* Write text to a new file below /tmp and try to read a private key from it. */
static enum exit_status
read_key_text(const char *text, size_t len, struct reader_key *key)
{
	char path[] = "/tmp/mdoc-key-XXXXXX";
	const struct key_source source = { .name = path };
	int fd = mkstemp(path);
	enum exit_status status;

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		abort();
	close(fd);
	status = key_open(&source, key);
	unlink(path);
	return status;
}

/* Otherwise a reader could not sign with the key that it has, or would with one that does not fit. */
static void
test_keys(void)
{
	EVP_PKEY *made = EVP_PKEY_Q_keygen(mdoc_context_libctx(tool_context()), NULL, "EC", "P-256");
	struct reader_key key;
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long len;
	/* RFC 7517, A.2: the same x and y with their d, and with another. */
	static const char jwk[] =
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
		"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"d\":"
		"\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE\"}";
	static const char other[] =
		"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4\","
		"\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM\",\"d\":"
		"\"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAA\"}";

	/* RFC 8037, A.1. */
	char edwards[] = "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\","
			 "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}";

	CU_ASSERT_EQUAL(read_key_text(other, sizeof(other) - 1, &key), EXIT_STATUS_INPUT);
	CU_ASSERT_EQUAL(read_key_text("nothing", 7, &key), EXIT_STATUS_INPUT);
	CU_ASSERT_EQUAL_FATAL(read_key_text(jwk, sizeof(jwk) - 1, &key), EXIT_STATUS_OK);
	CU_ASSERT_PTR_NOT_NULL(key.signer.sign);
	CU_ASSERT_PTR_NOT_NULL(key.agreement.derive);
	key_close(&key);
	CU_ASSERT_EQUAL(read_key_text(edwards, sizeof(edwards) - 1, &key), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(key.signer.alg, MDOC_ALG_EDDSA);
	CU_ASSERT_PTR_NULL(key.agreement.derive);
	key_close(&key);
	edwards[sizeof(edwards) - 6] = 'A'; /* of d */
	CU_ASSERT_EQUAL(read_key_text(edwards, sizeof(edwards) - 1, &key), EXIT_STATUS_INPUT);
	CU_ASSERT_EQUAL_FATAL(PEM_write_bio_PrivateKey(bio, made, NULL, NULL, 0, NULL, NULL), 1);
	len = BIO_get_mem_data(bio, &pem);
	CU_ASSERT_EQUAL_FATAL(read_key_text(pem, (size_t)len, &key), EXIT_STATUS_OK);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(made, key.pkey), 1);
	key_close(&key);
	EVP_PKEY_free(made);
	BIO_free(bio);
}

/* Otherwise --at would check another moment than the one that was written, by up to half a day. */
static void
test_times(void)
{
	int64_t when = -1;

	CU_ASSERT_FALSE(clock_parse("2026-01-30 23:59:59Z", &when));
	CU_ASSERT_FALSE(clock_parse("2026-01-30T23:59:59", &when));
	CU_ASSERT_FALSE(clock_parse("2026-01-30T23:59:59+0900", &when));
	CU_ASSERT_FALSE(clock_parse("2026-01-30T23:59:59+24:00", &when));
	CU_ASSERT_FALSE(clock_parse("2026-02-30T23:59:59+09:00", &when));
	CU_ASSERT_TRUE(clock_parse("2026-01-30T14:59:59Z", &when));
	CU_ASSERT_EQUAL(when, 1769785199);
	CU_ASSERT_TRUE(clock_parse("2026-01-30T23:59:59+09:00", &when));
	CU_ASSERT_EQUAL(when, 1769785199);
	CU_ASSERT_TRUE(clock_parse("2026-01-30T09:29:59-05:30", &when));
	CU_ASSERT_EQUAL(when, 1769785199);
}

void
add_reader_tests(void)
{
	CU_pSuite suite = CU_add_suite("reader", NULL, NULL);

	CU_add_test(suite, "the thumbprint of OpenID4VP 1.0", test_thumbprint);
	CU_add_test(suite, "elements to ask for", test_elements);
	CU_add_test(suite, "private keys", test_keys);
	CU_add_test(suite, "times", test_times);
}
