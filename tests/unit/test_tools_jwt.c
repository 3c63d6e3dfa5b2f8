/* tests/unit/test_tools_jwt.c. SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/soft.h"
#include "tests/unit/unit_tools.h"
#include "tools/common/jwt.h"
#include <string.h>

static enum mdoc_result
make(struct soft_key *key, struct mdoc_buf *jws)
{
	json_t *header = json_pack("{s:s}", "typ", "openid4vci-proof+jwt");
	json_t *claims = json_pack("{s:s, s:i}", "nonce", "n", "iat", 1);
	const enum mdoc_result res = jwt_sign(header, claims, &key->signer, jws);

	json_decref(header);
	json_decref(claims);
	return res;
}

/* If this failed, anybody could claim a key that is not theirs. */
static void
refuses_what_was_changed(void)
{
	struct soft_key key, other;
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	struct jwt jwt;

	CU_ASSERT_TRUE_FATAL(soft_key_make(&key, "P-256") && soft_key_make(&other, "P-256"));
	CU_ASSERT_EQUAL_FATAL(make(&key, &jws), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(jwt_parse(mdoc_buf_bytes(&jws), &jwt), MDOC_OK);
	CU_ASSERT_EQUAL(jwt_verify(NULL, &jwt, &other.pub), MDOC_ERR_SIGNATURE);
	jwt.signature[10] ^= 1;
	CU_ASSERT_EQUAL(jwt_verify(NULL, &jwt, &key.pub), MDOC_ERR_SIGNATURE);
	memset(jwt.signature, 0, sizeof(jwt.signature));
	CU_ASSERT_EQUAL(jwt_verify(NULL, &jwt, &key.pub), MDOC_ERR_SIGNATURE);
	jwt_clear(&jwt);
	mdoc_buf_clear(&jws);
	soft_key_clear(&key);
	soft_key_clear(&other);
}

/* If this failed, what its signer meant to be understood or refused would be passed over. */
static void
refuses_critical_headers(void)
{
	json_t *header = json_pack("{s:s, s:[s], s:b}", "typ", "openid4vci-proof+jwt", "crit", "b64", "b64", 0);
	json_t *claims = json_pack("{s:s}", "nonce", "n");
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	struct soft_key key;
	struct jwt jwt;

	CU_ASSERT_TRUE_FATAL(soft_key_make(&key, "P-256"));
	CU_ASSERT_EQUAL_FATAL(jwt_sign(header, claims, &key.signer, &jws), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(jwt_parse(mdoc_buf_bytes(&jws), &jwt), MDOC_OK);
	CU_ASSERT_EQUAL(jwt_verify(NULL, &jwt, &key.pub), MDOC_ERR_ALGORITHM);
	jwt_clear(&jwt);
	mdoc_buf_clear(&jws);
	soft_key_clear(&key);
	json_decref(header);
	json_decref(claims);
}

/* If this failed, alg none or a missing part would pass for a proof. */
static void
refuses_what_is_no_es_jws(void)
{
	static const struct {
		const char *text;
		enum mdoc_result want;
	} rows[] = {
		{ "", MDOC_ERR_MALFORMED }, { "eyJhbGciOiJFUzI1NiJ9", MDOC_ERR_MALFORMED },
		{ "eyJhbGciOiJFUzI1NiJ9.e30", MDOC_ERR_MALFORMED }, { "eyJhbGciOiJFUzI1NiJ9.e30.", MDOC_ERR_MALFORMED },
		{ "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", MDOC_ERR_MALFORMED },
		{ "eyJhbGciOiJFUzI1NiJ9.W10.AAAA", MDOC_ERR_MALFORMED },                   /* claims are an array */
		{ "eyJhbGciOiJub25lIn0.e30.", MDOC_ERR_ALGORITHM },                        /* alg none */
		{ "eyJhbGciOiJIUzI1NiJ9.e30.AAAA", MDOC_ERR_ALGORITHM },                   /* HS256 */
		{ "e30.e30.AAAA", MDOC_ERR_ALGORITHM },                                    /* no alg */
		{ "eyJhbGciOiJFUzI1NiIsImFsZyI6Im5vbmUifQ.e30.AAAA", MDOC_ERR_MALFORMED }, /* alg twice */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jwt jwt;

		CU_ASSERT_EQUAL(jwt_parse(mdoc_text(rows[i].text), &jwt), rows[i].want);
		jwt_clear(&jwt);
	}
}

/* If this failed, no issuer would accept a request. */
static void
verifies_what_it_signed(void)
{
	static const char *const groups[] = { "P-256", "P-384", "P-521", "ED25519", "ED448" };

	for (size_t i = 0; i < 5; i++) {
		struct mdoc_buf jws = MDOC_BUF_EMPTY;
		struct soft_key key;
		struct jwt jwt;

		CU_ASSERT_TRUE_FATAL(soft_key_make(&key, groups[i]));
		CU_ASSERT_EQUAL_FATAL(make(&key, &jws), MDOC_OK);
		CU_ASSERT_EQUAL_FATAL(jwt_parse(mdoc_buf_bytes(&jws), &jwt), MDOC_OK);
		CU_ASSERT_EQUAL(jwt_verify(NULL, &jwt, &key.pub), MDOC_OK);
		CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(jwt.claims, "nonce")), "n");
		jwt_clear(&jwt);
		mdoc_buf_clear(&jws);
		soft_key_clear(&key);
	}
}

/* If this failed, a key off the curve, a cut one or a private one would be taken for a public key. */
static void
refuses_bad_keys(void)
{
	struct mdoc_public_key back;
	struct soft_key key;
	json_t *jwk;

	CU_ASSERT_TRUE_FATAL(soft_key_make(&key, "P-256"));
	jwk = jwk_from_key(&key.pub);
	CU_ASSERT_PTR_NOT_NULL_FATAL(jwk);
	CU_ASSERT_EQUAL(jwk_to_key(NULL, jwk, &back), MDOC_OK);
	CU_ASSERT_TRUE(mdoc_key_equal(&back, &key.pub));
	json_object_set_new(jwk, "d", json_string("AAAA"));
	CU_ASSERT_EQUAL(jwk_to_key(NULL, jwk, &back), MDOC_ERR_KEY);
	json_object_del(jwk, "d");
	json_object_set_new(jwk, "crv", json_string("P-384"));
	CU_ASSERT_EQUAL(jwk_to_key(NULL, jwk, &back), MDOC_ERR_KEY);
	json_object_set_new(jwk, "crv", json_string("P-256"));
	json_object_set(jwk, "x", json_object_get(jwk, "y"));
	CU_ASSERT_NOT_EQUAL(jwk_to_key(NULL, jwk, &back), MDOC_OK);
	json_object_set_new(jwk, "kty", json_string("RSA"));
	CU_ASSERT_EQUAL(jwk_to_key(NULL, jwk, &back), MDOC_ERR_KEY);
	json_decref(jwk);
	soft_key_clear(&key);
}

CU_TestInfo jwt_tests[] = {
	{ "refuses what was changed", refuses_what_was_changed },
	{ "refuses what is no ES JWS", refuses_what_is_no_es_jws },
	{ "refuses critical headers", refuses_critical_headers },
	{ "refuses bad keys", refuses_bad_keys },
	{ "verifies what it signed", verifies_what_it_signed },
	CU_TEST_INFO_NULL,
};
