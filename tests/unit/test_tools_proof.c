/* test_tools_proof.c: proofs of possession. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/unit_issuer.h"
#include "tools/common/context.h"
#include "tools/common/jwt.h"
#include "tools/issuer/proof.h"
#include "tools/reader/reader.h"

#define NOW 1767225600
#define ISSUER "https://issuer.example"

static EVP_PKEY *keys[3]; /* two on P-256, one on P-384 */

static int
make_keys(void)
{
	static const char *const groups[] = { "P-256", "P-256", "P-384" };

	for (size_t i = 0; i < 3; i++) {
		keys[i] = EVP_PKEY_Q_keygen(mdoc_context_libctx(tool_context()), NULL, "EC", groups[i]);
		if (keys[i] == NULL)
			return 1;
	}
	return 0;
}

static int
free_keys(void)
{
	for (size_t i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

/* A proof whose header and claims are right but for what the arguments put over them (JSON, may
 * be NULL): signed by keys[signer], naming keys[named]. */
static json_t *
proof(size_t signer, size_t named, const char *header_over, const char *claims_over)
{
	struct mdoc_public_key key;
	struct mdoc_signer sign;
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	json_t *header, *claims, *over, *text;

	CU_ASSERT_EQUAL_FATAL(mdoc_key_from_evp(keys[named], &key), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(mdoc_signer_from_evp(NULL, keys[signer], &sign), MDOC_OK);
	header = json_pack("{s:s, s:o}", "typ", PROOF_TYPE, "jwk", jwk_from_key(&key));
	claims = json_pack("{s:s, s:I, s:s}", "aud", ISSUER, "iat", (json_int_t)NOW, "nonce", "n-1");
	over = json_loads(header_over != NULL ? header_over : "{}", 0, NULL);
	json_object_update(header, over);
	json_decref(over);
	over = json_loads(claims_over != NULL ? claims_over : "{}", 0, NULL);
	json_object_update(claims, over);
	json_decref(over);
	CU_ASSERT_EQUAL_FATAL(jwt_sign(header, claims, &sign, &jws), MDOC_OK);
	text = json_stringn((const char *)jws.ptr, jws.len);
	mdoc_signer_clear(&sign);
	mdoc_buf_clear(&jws);
	json_decref(header);
	json_decref(claims);
	return text;
}

/* Takes the reference of first and second (may be NULL). */
static enum proof_result
check(json_t *first, json_t *second, size_t count_max)
{
	const struct proof_rules rules = { ISSUER, NOW, count_max };
	json_t *jwts = json_array();
	struct proofs proofs;
	enum proof_result res;
	size_t bad = 0;

	json_array_append_new(jwts, first);
	if (second != NULL)
		json_array_append_new(jwts, second);
	res = proofs_check(tool_context(), jwts, &rules, &proofs, &bad);
	if (res == PROOF_OK) {
		CU_ASSERT_EQUAL(proofs.count, json_array_size(jwts));
		CU_ASSERT_STRING_EQUAL(proofs.nonce, "n-1");
		CU_ASSERT_EQUAL(strlen(proofs.keys[0].thumbprint), THUMBPRINT_TEXT);
	} else if (second != NULL && res != PROOF_COUNT) {
		CU_ASSERT_EQUAL(bad, 1);
	}
	proofs_clear(&proofs);
	json_decref(jwts);
	return res;
}

/* Otherwise a record could be bound to a key that the requester does not have (R-ENR-01). */
static void
test_keys(void)
{
	CU_ASSERT_EQUAL(check(proof(0, 1, NULL, NULL), NULL, 9), PROOF_SIGNATURE);
	CU_ASSERT_EQUAL(check(proof(0, 2, NULL, NULL), NULL, 9), PROOF_ALGORITHM);
	CU_ASSERT_EQUAL(check(proof(0, 0, "{\"jwk\": null}", NULL), NULL, 9), PROOF_KEY);
	CU_ASSERT_EQUAL(check(proof(0, 0, "{\"kid\": \"x\"}", NULL), NULL, 9), PROOF_KEY);
	CU_ASSERT_EQUAL(check(proof(0, 0,
				      "{\"jwk\": {\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AA\", \"y\": \"AA\"}}",
				      NULL),
				NULL, 9),
		PROOF_KEY);
	CU_ASSERT_EQUAL(check(proof(0, 0, NULL, NULL), proof(0, 0, NULL, NULL), 9), PROOF_DUPLICATE);
}

/* Otherwise a proof made for another purpose, issuer, time or offer would do. */
static void
test_claims(void)
{
	CU_ASSERT_EQUAL(check(proof(0, 0, "{\"typ\": \"JWT\"}", NULL), NULL, 9), PROOF_TYP);
	CU_ASSERT_EQUAL(check(proof(0, 0, "{\"crit\": [\"x\"]}", NULL), NULL, 9), PROOF_TYP);
	CU_ASSERT_EQUAL(check(proof(0, 0, NULL, "{\"aud\": \"https://issuer.example/\"}"), NULL, 9), PROOF_AUDIENCE);
	CU_ASSERT_EQUAL(check(proof(0, 0, NULL, "{\"iat\": 1767224999}"), NULL, 9), PROOF_TIME);
	CU_ASSERT_EQUAL(check(proof(0, 0, NULL, "{\"iat\": 1767226201}"), NULL, 9), PROOF_TIME);
	CU_ASSERT_EQUAL(check(proof(0, 0, NULL, "{\"iat\": \"1767225600\"}"), NULL, 9), PROOF_TIME);
	CU_ASSERT_EQUAL(check(proof(0, 0, NULL, "{\"iat\": 1767225000}"), NULL, 9), PROOF_OK);
	CU_ASSERT_EQUAL(check(proof(0, 0, NULL, "{\"nonce\": null}"), NULL, 9), PROOF_NONCE);
	CU_ASSERT_EQUAL(check(proof(0, 0, NULL, NULL), proof(1, 1, NULL, "{\"nonce\": \"n-2\"}"), 9), PROOF_NONCE);
}

/* Otherwise input that is no proof at all would be taken, or good ones refused. */
static void
test_forms(void)
{
	json_t *good = proof(0, 0, NULL, NULL), *cut;

	cut = json_stringn(json_string_value(good), json_string_length(good) - 3);
	CU_ASSERT_NOT_EQUAL(check(cut, NULL, 9), PROOF_OK);
	CU_ASSERT_EQUAL(check(json_string("a.b.c"), NULL, 9), PROOF_MALFORMED);
	CU_ASSERT_EQUAL(check(json_integer(1), NULL, 9), PROOF_MALFORMED);
	CU_ASSERT_EQUAL(check(json_incref(good), proof(1, 1, NULL, NULL), 1), PROOF_COUNT);
	CU_ASSERT_EQUAL(check(good, proof(1, 1, NULL, NULL), 2), PROOF_OK);
	CU_ASSERT_EQUAL(check(proof(2, 2, NULL, NULL), NULL, 1), PROOF_OK);
}

void
add_proof_tests(void)
{
	CU_pSuite suite = CU_add_suite("issuer proofs", make_keys, free_keys);

	CU_add_test(suite, "keys", test_keys);
	CU_add_test(suite, "claims", test_claims);
	CU_add_test(suite, "forms", test_forms);
}
