/* test_jwe.c: encryption of an OpenID4VP response. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/unit_openid4vp.h"
#include "tools/common/jwt.h"
#include "tools/common/jwe.h"
#include <mdoc/base64url.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

/* RFC 7518, Appendix C: Alice's ephemeral key, Bob's key, and what they agree on. */
#define ALICE_X "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0"
#define ALICE_Y "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"
#define ALICE_D "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo"
#define BOB_X "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ"
#define BOB_Y "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"
#define BOB_D "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"
#define AGREED "VqqN6vgjbSBcIijNcacQGg"

/* OpenID4VP 1.0, 8.3: the recipient's key, an encrypted response, and what it says. */
#define VERIFIER_X "YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk"
#define VERIFIER_Y "Hekpm0zfK7C-YccH5iBjcIXgf6YdUvNUac_0At55Okk"
#define VERIFIER_D "Et-3ce0omz8_TuZ96Df9lp0GAaaDoUnDe6X-CRO7Aww"
#define HEADER \
	"eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImtpZCI6ImFjIiwiZXBrIjp7Imt0eSI6IkVDIiwieCI6Im5ubVZwbTNWM2pi" \
	"aGNhZlFhUkJrU1ZOSGx3Wkh3dC05ck9wSnVmeVlJdWsiLCJ5IjoicjRmakRxd0p5czlxVU9QLV9iM21SNVNaRy0tQ3dPMm1pYzVWU05U" \
	"WU45ZyIsImNydiI6IlAtMjU2In19"
#define RESPONSE \
	HEADER "..uAYcHRUSSn2X0WPX." \
	       "yVzlGSYG4qbg0bq18JcUiDRw56yVnbKR8E7S7YlEtzT00RqE3Pw5oTpUG3hdLN4taHZ9gC1kwak8JOnJgQ." \
	       "1wR024_3-qtAlx1oFIUpQQ"
#define SAID "{\n \"vp_token\": {\"example_credential_id\": [\"eyJhb...YMetA\"]}\n}"

static void
decode(const char *text, uint8_t *out, size_t len)
{
	struct mdoc_buf buf = MDOC_BUF_OVER(out, len);

	CU_ASSERT_EQUAL_FATAL(mdoc_base64url_decode(mdoc_text(text), &buf), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(buf.len, len);
}

/* A key of a vector, whose private half OpenSSL is given as a number. */
static void
vector_key(const char *x, const char *y, const char *d, struct soft_key *key)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	uint8_t point[65] = { 4 }, scalar[32];
	BIGNUM *number;

	memset(key, 0, sizeof(*key));
	decode(x, point + 1, 32);
	decode(y, point + 33, 32);
	decode(d, scalar, 32);
	number = BN_bin2bn(scalar, sizeof(scalar), NULL);
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number);
	params = OSSL_PARAM_BLD_to_param(builder);
	EVP_PKEY_fromdata_init(ctx);
	CU_ASSERT_EQUAL_FATAL(EVP_PKEY_fromdata(ctx, &key->pkey, EVP_PKEY_KEYPAIR, params), 1);
	CU_ASSERT_EQUAL_FATAL(mdoc_key_from_evp(key->pkey, &key->pub), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_agreement_from_evp(NULL, key->pkey, &key->agreement), MDOC_OK);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	BN_free(number);
	EVP_PKEY_CTX_free(ctx);
}

/* A header as JSON, in place of that of a good JWE. */
static enum mdoc_result
read_header(const char *json)
{
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	struct jwe_header header;
	enum mdoc_result res;

	mdoc_base64url_encode(&text, mdoc_text(json));
	mdoc_buf_append(&text, mdoc_text("..uAYcHRUSSn2X0WPX.yVzl.1wR024_3-qtAlx1oFIUpQQ"));
	res = jwe_header_read(NULL, mdoc_buf_bytes(&text), &header);
	jwe_header_clear(&header);
	mdoc_buf_clear(&text);
	return res;
}

#define EPK "\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ALICE_X "\",\"y\":\"" ALICE_Y "\"}"

/* If this failed, a response in the clear, compressed or under another algorithm would be taken for an encrypted one. */
static void
refuses_other_headers(void)
{
	static const struct {
		const char *json;
		enum mdoc_result want;
	} rows[] = {
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK "}", MDOC_OK },
		{ "{\"enc\":\"A128GCM\"," EPK "}", MDOC_ERR_ALGORITHM },
		{ "{\"alg\":\"dir\",\"enc\":\"A128GCM\"," EPK "}", MDOC_ERR_ALGORITHM },
		{ "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\"," EPK "}", MDOC_ERR_ALGORITHM },
		{ "{\"alg\":\"ECDH-ES\"," EPK "}", MDOC_ERR_ALGORITHM },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128CBC-HS256\"," EPK "}", MDOC_ERR_ALGORITHM },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A192GCM\"," EPK "}", MDOC_ERR_ALGORITHM },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"zip\":\"DEF\"," EPK "}", MDOC_ERR_ALGORITHM },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"crit\":[\"exp\"]," EPK "}", MDOC_ERR_ALGORITHM },
		{ "{\"alg\":\"ECDH-ES\",\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"," EPK "}", MDOC_ERR_MALFORMED },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":1," EPK "}", MDOC_ERR_MALFORMED },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"apu\":\"=\"," EPK "}", MDOC_ERR_MALFORMED },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"apv\":[]," EPK "}", MDOC_ERR_MALFORMED },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"}", MDOC_ERR_KEY },
		{ "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"epk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" ALICE_X
		  "\",\"y\":\"" BOB_Y "\"}}",
			MDOC_ERR_KEY },
		{ "[]", MDOC_ERR_MALFORMED },
		{ "{", MDOC_ERR_MALFORMED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(read_header(rows[i].json), rows[i].want);
}

/* If this failed, two libraries would not understand each other: the key is derived in another way. */
static void
derives_the_key_of_rfc_7518(void)
{
	uint8_t want[16], key[JWE_KEY_MAX];
	struct soft_key alice, bob;
	size_t len = 0;

	vector_key(ALICE_X, ALICE_Y, ALICE_D, &alice);
	vector_key(BOB_X, BOB_Y, BOB_D, &bob);
	decode(AGREED, want, sizeof(want));
	CU_ASSERT_EQUAL(jwe_content_key(NULL, &alice.agreement, &bob.pub, JWE_A128GCM, mdoc_text("Alice"),
				mdoc_text("Bob"), key, &len),
		MDOC_OK);
	CU_ASSERT_EQUAL(len, 16);
	CU_ASSERT_EQUAL(memcmp(key, want, 16), 0);
	CU_ASSERT_EQUAL(jwe_content_key(NULL, &bob.agreement, &alice.pub, JWE_A128GCM, mdoc_text("Alice"),
				mdoc_text("Bob"), key, &len),
		MDOC_OK);
	CU_ASSERT_EQUAL(memcmp(key, want, 16), 0);
	CU_ASSERT_EQUAL(jwe_content_key(NULL, &bob.agreement, &alice.pub, JWE_A128GCM, mdoc_text("Bob"),
				mdoc_text("Alice"), key, &len),
		MDOC_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(key, want, 16), 0); /* apu and apv are bound */
	soft_key_clear(&alice);
	soft_key_clear(&bob);
}

/* If this failed, the specification's own example could not be read. */
static void
reads_the_example_of_openid4vp(void)
{
	struct mdoc_buf plain = MDOC_BUF_EMPTY;
	struct jwe_header header;
	struct soft_key key;

	vector_key(VERIFIER_X, VERIFIER_Y, VERIFIER_D, &key);
	CU_ASSERT_EQUAL(jwe_header_read(NULL, mdoc_text(RESPONSE), &header), MDOC_OK);
	CU_ASSERT_STRING_EQUAL(header.kid, "ac");
	CU_ASSERT_EQUAL(header.enc, JWE_A128GCM);
	jwe_header_clear(&header);
	CU_ASSERT_EQUAL(jwe_decrypt(NULL, mdoc_text(RESPONSE), &key.agreement, &plain), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&plain), SAID));
	mdoc_buf_clear(&plain);
	soft_key_clear(&key);
}

/* If this failed, who changes an encrypted response on its way would not be noticed: any one letter counts. */
static void
notices_any_change(void)
{
	static const char other[] = "AB_";
	struct mdoc_buf plain = MDOC_BUF_EMPTY;
	char text[] = RESPONSE;
	struct soft_key key, wrong;

	vector_key(VERIFIER_X, VERIFIER_Y, VERIFIER_D, &key);
	CU_ASSERT_TRUE_FATAL(soft_key_make(&wrong, "P-256"));
	for (size_t i = 0; text[i] != '\0'; i++) {
		const char was = text[i];

		for (size_t k = 0; other[k] != '\0'; k++) {
			text[i] = other[k];
			if (text[i] != was)
				CU_ASSERT_NOT_EQUAL(jwe_decrypt(NULL, mdoc_text(text), &key.agreement, &plain),
					MDOC_OK);
		}
		text[i] = was;
	}
	for (size_t len = 0; len < strlen(text); len++)
		CU_ASSERT_NOT_EQUAL(jwe_decrypt(NULL, mdoc_bytes_of(text, len), &key.agreement, &plain), MDOC_OK);
	CU_ASSERT_EQUAL(jwe_decrypt(NULL, mdoc_text(text), &wrong.agreement, &plain), MDOC_ERR_SIGNATURE);
	CU_ASSERT_EQUAL(jwe_decrypt(NULL, mdoc_text(RESPONSE "."), &key.agreement, &plain), MDOC_ERR_MALFORMED);
	CU_ASSERT_EQUAL(jwe_decrypt(NULL, mdoc_text(HEADER ".AA.uAYcHRUSSn2X0WPX.yVzl.1wR024_3-qtAlx1oFIUpQQ"),
				&key.agreement, &plain),
		MDOC_ERR_MALFORMED); /* an encrypted key, which ECDH-ES has not */
	CU_ASSERT_EQUAL(plain.len, 0);
	soft_key_clear(&key);
	soft_key_clear(&wrong);
}

/* If this failed, what a wallet encrypts could not be read by the verifier for which it is. */
static void
reads_what_it_made(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521", "X25519", "X448" };
	static const char *const texts[] = { "", "a", "{\"vp_token\":{}}" };

	for (size_t i = 0; i < 30; i++) {
		const enum jwe_enc enc = i % 2 == 0 ? JWE_A128GCM : JWE_A256GCM;
		const char *text = texts[i / 10];
		struct mdoc_buf jwe = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
		struct jwe_header header;
		struct soft_key key;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&key, groups[i / 2 % 5]));
		CU_ASSERT_EQUAL(jwe_encrypt(NULL, mdoc_text(text), enc, i % 3 == 0 ? NULL : "k-1",
					mdoc_text(i % 3 == 1 ? "u" : ""), mdoc_text("v"), &key.pub, &jwe),
			MDOC_OK);
		CU_ASSERT_EQUAL(jwe_header_read(NULL, mdoc_buf_bytes(&jwe), &header), MDOC_OK);
		CU_ASSERT_EQUAL(header.enc, enc);
		CU_ASSERT_EQUAL(header.kid == NULL, i % 3 == 0);
		CU_ASSERT_EQUAL(header.apu.len, i % 3 == 1 ? 1 : 0);
		jwe_header_clear(&header);
		CU_ASSERT_EQUAL(jwe_decrypt(NULL, mdoc_buf_bytes(&jwe), &key.agreement, &plain), MDOC_OK);
		CU_ASSERT_TRUE(mdoc_bytes_is_text(mdoc_buf_bytes(&plain), text));
		mdoc_buf_clear(&jwe);
		mdoc_buf_clear(&plain);
		soft_key_clear(&key);
	}
}

/* If this failed, a response might be encrypted to what can never decrypt it. */
static void
refuses_keys_that_do_not_agree(void)
{
	static const char *const groups[] = { "ED25519", "brainpoolP256r1" };

	for (size_t i = 0; i < 2; i++) {
		struct mdoc_buf jwe = MDOC_BUF_EMPTY;
		struct soft_key key;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&key, groups[i]));
		CU_ASSERT_EQUAL(jwe_encrypt(NULL, mdoc_text("a"), JWE_A128GCM, NULL, MDOC_NO_BYTES, MDOC_NO_BYTES,
					&key.pub, &jwe),
			MDOC_ERR_KEY);
		CU_ASSERT_EQUAL(jwe.len, 0);
		soft_key_clear(&key);
	}
}

CU_TestInfo jwe_tests[] = {
	{ "refuses other headers", refuses_other_headers },
	{ "notices any change", notices_any_change },
	{ "refuses keys that do not agree", refuses_keys_that_do_not_agree },
	{ "derives the key of RFC 7518", derives_the_key_of_rfc_7518 },
	{ "reads the example of OpenID4VP", reads_the_example_of_openid4vp },
	{ "reads what it made", reads_what_it_made },
	CU_TEST_INFO_NULL,
};
