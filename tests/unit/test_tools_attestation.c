/* test_tools_attestation.c: proofs of type "attestation". SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/evidence_world.h"
#include "tests/unit/unit_issuer.h"
#include "tools/common/json.h"
#include "tools/issuer/key_attestation.h"

#define NOW EVIDENCE_WORLD_NOW

static struct evidence_world world;

static int
begin(void)
{
	evidence_world_new(&world);
	evidence_world_make(&world, NULL);
	return 0;
}

static int
end(void)
{
	evidence_world_free(&world);
	return 0;
}

static json_t *
jwk_of(size_t i)
{
	struct mdoc_public_key key;

	CU_ASSERT_EQUAL(mdoc_key_from_evp(world.keys_[i], &key), MDOC_OK);
	return jwk_from_key(&key);
}

static void
put_over(json_t *object, const char *over)
{
	json_t *members = json_loads(over != NULL ? over : "{}", 0, NULL);

	json_object_update(object, members);
	json_decref(members);
}

/* A key attestation that is right but for what is put over header and claims (JSON), for the keys of `order`, signed by
 * a key and naming another. */
static json_t *
attestation(size_t signer, size_t named, const char *order, const char *header_over, const char *claims_over)
{
	json_t *keys = json_array(), *text;
	json_t *header = json_pack("{s:s, s:o}", "typ", KEY_ATTESTATION_TYPE, "jwk", jwk_of(named));
	json_t *claims = json_pack("{s:I, s:I, s:s, s:o, s:o}", "iat", (json_int_t)NOW, "exp", (json_int_t)NOW + 60,
		"nonce", "n-1", "attested_keys", keys, KEY_ATTESTATION_CLAIM,
		json_base64url(mdoc_buf_bytes(&world.cbor)));
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	struct mdoc_signer sign;

	for (; *order != '\0'; order++)
		json_array_append_new(keys, jwk_of((size_t)(*order - '0')));
	put_over(header, header_over);
	put_over(claims, claims_over);
	CU_ASSERT_EQUAL_FATAL(mdoc_signer_from_evp(NULL, world.keys_[signer], &sign), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(jwt_sign(header, claims, &sign, &jws), MDOC_OK);
	text = json_stringn((const char *)jws.ptr, jws.len);
	mdoc_signer_clear(&sign);
	mdoc_buf_clear(&jws);
	json_decref(header);
	json_decref(claims);
	return text;
}

static struct key_attestation_fault fault;

/* Takes the references. */
static enum proof_result
check(json_t *first, json_t *second)
{
	const struct evidence_rules rules = evidence_world_rules(&world);
	json_t *jwts = json_array();
	struct proofs proofs;
	struct evidence evidence;
	enum proof_result res;

	json_array_append_new(jwts, first);
	if (second != NULL)
		json_array_append_new(jwts, second);
	res = key_attestation_check(world.context, jwts, &rules, &proofs, &evidence, &fault);
	if (res == PROOF_OK) {
		CU_ASSERT_EQUAL(proofs.count, EVIDENCE_WORLD_KEYS);
		CU_ASSERT_STRING_EQUAL(proofs.nonce, "n-1");
		for (size_t i = 0; i < proofs.count; i++)
			CU_ASSERT_EQUAL(strlen(proofs.keys[i].thumbprint), THUMBPRINT_TEXT);
	}
	proofs_clear(&proofs);
	evidence_clear(&evidence);
	json_decref(jwts);
	return res;
}

/* Otherwise a record could be bound to keys of which the TPM said nothing. */
static void
test_attested_keys(void)
{
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, NULL), NULL), PROOF_OK);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "01", NULL, NULL), NULL), PROOF_ATTESTED_KEYS);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "0122", NULL, NULL), NULL), PROOF_ATTESTED_KEYS);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "021", NULL, NULL), NULL), PROOF_ATTESTED_KEYS);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "011", NULL, NULL), NULL), PROOF_ATTESTED_KEYS);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"attested_keys\": null}"), NULL), PROOF_ATTESTED_KEYS);
	CU_ASSERT_EQUAL(check(attestation(1, 1, "012", NULL, NULL), NULL), PROOF_ATTESTED_KEYS);
	CU_ASSERT_EQUAL(check(attestation(1, 0, "012", NULL, NULL), NULL), PROOF_SIGNATURE);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", "{\"kid\": \"x\"}", NULL), NULL), PROOF_KEY);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", "{\"jwk\": null}", NULL), NULL), PROOF_KEY);
}

/* Otherwise one of another time, request or purpose would do; and nobody's own rating may change the result. */
static void
test_claims(void)
{
	json_t *good = attestation(0, 0, "012", NULL, NULL);

	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", "{\"typ\": \"openid4vci-proof+jwt\"}", NULL), NULL), PROOF_TYP);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"iat\": 1767224999}"), NULL), PROOF_TIME);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"iat\": 1767226201}"), NULL), PROOF_TIME);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"exp\": 1767225600}"), NULL), PROOF_EXPIRED);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"exp\": null}"), NULL), PROOF_EXPIRED);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"nonce\": null}"), NULL), PROOF_NONCE);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"nonce\": \"\"}"), NULL), PROOF_NONCE);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"nonce\": \"n-2\"}"), NULL), PROOF_EVIDENCE);
	CU_ASSERT_EQUAL(fault.evidence, EVIDENCE_NONCE);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"mdoc_tpm_evidence\": null}"), NULL),
		PROOF_NO_EVIDENCE);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"mdoc_tpm_evidence\": \"=\"}"), NULL),
		PROOF_NO_EVIDENCE);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, "{\"mdoc_tpm_evidence\": \"oA\"}"), NULL), PROOF_EVIDENCE);
	CU_ASSERT_EQUAL(fault.evidence, EVIDENCE_STRUCTURE);
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL,
				      "{\"mdoc_tpm_evidence\": null, \"key_storage\": [\"iso_18045_high\"]}"),
				NULL),
		PROOF_NO_EVIDENCE);
	CU_ASSERT_EQUAL(check(json_string("a.b"), NULL), PROOF_MALFORMED);
	CU_ASSERT_EQUAL(check(json_integer(1), NULL), PROOF_MALFORMED);
	CU_ASSERT_EQUAL(check(json_incref(good), good), PROOF_ONE_ATTESTATION);
}

/* Otherwise a person would look for the fault in the wrong key. */
static void
test_place(void)
{
	evidence_world_make(&world, NULL);
	world.cbor.ptr[world.cbor.len - 30] ^= 1;
	CU_ASSERT_EQUAL(check(attestation(0, 0, "012", NULL, NULL), NULL), PROOF_EVIDENCE);
	CU_ASSERT_EQUAL(fault.place.key, 2);
	CU_ASSERT_NOT_EQUAL(fault.evidence, EVIDENCE_OK);
	evidence_world_make(&world, NULL);
}

void
add_attestation_tests(void)
{
	CU_pSuite suite = CU_add_suite("issuer key attestation", begin, end);

	CU_add_test(suite, "attested keys", test_attested_keys);
	CU_add_test(suite, "claims", test_claims);
	CU_add_test(suite, "place", test_place);
}
