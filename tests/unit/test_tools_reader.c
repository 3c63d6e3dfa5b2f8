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
#include "tools/reader/explain.h"
#include "tools/reader/html.h"
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

/* Otherwise a wallet's maker would be told that something is wrong, but not which clause says so or what to do. */
static void
test_explanations(void)
{
	static const char *const mistakes[] = { "DeviceRequest", "DeviceEngagement", "SessionEstablishment",
		"SessionData", "SessionTranscript", "IssuerSigned" };

	for (int check = 0; check < MDOC_CHECK_COUNT; check++) {
		const struct explanation why = explain_check((enum mdoc_check)check);

		CU_ASSERT_PTR_NOT_NULL_FATAL(why.clause);
		CU_ASSERT_TRUE(strncmp(why.clause, "ISO/IEC ", 8) == 0 || strncmp(why.clause, "R-", 2) == 0);
		CU_ASSERT_TRUE(strlen(why.meaning) > 20);
		CU_ASSERT_TRUE(strlen(why.advice) >= strlen("This is the issuer's."));
		CU_ASSERT_TRUE(strlen(result_sentence((enum mdoc_check)check)) > 10);
	}
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(explain_structure(mistakes[i]));
	CU_ASSERT_PTR_NULL(explain_structure("DeviceResponse"));
	CU_ASSERT_PTR_NULL(explain_structure("item"));
}

/* Otherwise a page could run what a record says, turn its text around, or grow without end. */
static void
test_html_text(void)
{
	static const struct {
		const char *text, *html;
	} rows[] = {
		{ "a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;" },
		{ "\xE2\x80\xAEx", "\xEF\xBF\xBDx" }, /* right-to-left override */
		{ "\x1B[31m\n", "\xEF\xBF\xBD[31m\xEF\xBF\xBD" },
		{ "\xFF\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD" },
		{ "\xE7\x95\xAA\xF0\xA9\xB8\xBD", "\xE7\x95\xAA\xF0\xA9\xB8\xBD" },
		{ "\xEF\xBF\xBE", "\xEF\xBF\xBD" }, /* no character */
	};
	struct mdoc_buf out = MDOC_BUF_EMPTY;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		html_text(&out, mdoc_text(rows[i].text));
		CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&out), rows[i].html));
		mdoc_buf_clear(&out);
	}
	html_foreign(&out, mdoc_text("<<<<"), 2);
	CU_ASSERT_TRUE(
		mdoc_bytes_is_text(mdoc_buf_bytes(&out), "<bdi>&lt;&lt;</bdi> \xE2\x80\xA6 (2 more characters)"));
	mdoc_buf_clear(&out);
	html_style_source(&out);
	CU_ASSERT_EQUAL(out.len, strlen("'sha256-'") + 44);
	mdoc_buf_clear(&out);
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
	CU_add_test(suite, "an explanation for each check", test_explanations);
	CU_add_test(suite, "foreign text in a page", test_html_text);
	CU_add_test(suite, "private keys", test_keys);
	CU_add_test(suite, "times", test_times);
}
