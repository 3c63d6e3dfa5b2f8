/* test_tools_device.c: what a token of ours attests of itself. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/unit_issuer.h"
#include "tools/common/context.h"
#include "tools/issuer/device_attestation.h"

#define NOW 1767225600
#define ISSUER "https://issuer.example"

enum { ATTESTATION, RESPONSE, NOTICES, FIRST, SECOND, KEYS };
static const char *const types[KEYS] = { "P-256", "X25519", "P-256", "P-256", "P-256" };
static EVP_PKEY *keys[KEYS];

static int
make_keys(void)
{
	for (size_t i = 0; i < KEYS; i++) {
		OSSL_LIB_CTX *libctx = mdoc_context_libctx(tool_context());

		keys[i] = i == RESPONSE ? EVP_PKEY_Q_keygen(libctx, NULL, types[i])
					: EVP_PKEY_Q_keygen(libctx, NULL, "EC", types[i]);
		if (keys[i] == NULL)
			return 1;
	}
	return 0;
}

static int
free_keys(void)
{
	for (size_t i = 0; i < KEYS; i++)
		EVP_PKEY_free(keys[i]);
	return 0;
}

static json_t *
jwk_of(size_t i)
{
	struct mdoc_public_key key;

	CU_ASSERT_EQUAL_FATAL(mdoc_key_from_evp(keys[i], &key), MDOC_OK);
	return jwk_from_key(&key);
}

/* JSON null takes a member away. */
static void
put_over(json_t *object, const char *over)
{
	json_t *members = json_loads(over != NULL ? over : "{}", 0, NULL);
	const char *name;
	json_t *value;

	CU_ASSERT_PTR_NOT_NULL_FATAL(members);
	json_object_foreach(members, name, value)
	{
		if (json_is_null(value))
			json_object_del(object, name);
		else
			json_object_set(object, name, value);
	}
	json_decref(members);
}

/* One that is right but for what the three arguments put over it; signed by keys[signer]. */
static char *
attestation(size_t signer, const char *header_over, const char *claims_over, const char *device_over)
{
	json_t *header = json_pack("{s:s, s:o}", "typ", KEY_ATTESTATION_TYPE, "jwk", jwk_of(ATTESTATION));
	json_t *device = json_pack("{s:s, s:s, s:b, s:o, s:o, s:s}", "serial", "0123456789abcdef", "backend", "vault",
		"bound", false, "response", jwk_of(RESPONSE), "notices", jwk_of(NOTICES), "tls",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	json_t *claims = json_pack("{s:I, s:I, s:s, s:s, s:[o, o]}", "iat", (json_int_t)NOW, "exp",
		(json_int_t)NOW + 600, "nonce", "n-1", "aud", ISSUER, "attested_keys", jwk_of(FIRST), jwk_of(SECOND));
	struct mdoc_buf jws = MDOC_BUF_EMPTY;
	struct mdoc_signer sign;
	char *text;

	put_over(device, device_over);
	json_object_set_new(claims, DEVICE_CLAIM, device);
	put_over(claims, claims_over);
	put_over(header, header_over);
	CU_ASSERT_EQUAL_FATAL(mdoc_signer_from_evp(tool_context(), keys[signer], &sign), MDOC_OK);
	CU_ASSERT_EQUAL_FATAL(jwt_sign(header, claims, &sign, &jws), MDOC_OK);
	text = strndup((const char *)jws.ptr, jws.len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	mdoc_signer_clear(&sign);
	mdoc_buf_clear(&jws);
	json_decref(header);
	json_decref(claims);
	return text;
}

/* Takes the text. */
static enum proof_result
check(char *text, size_t most)
{
	const struct proof_rules rules = { ISSUER, NOW, most };
	struct device_claim claim;
	struct proofs proofs;
	const enum proof_result res = device_attestation_check(tool_context(), text, &rules, &proofs, &claim);

	if (res == PROOF_OK) {
		CU_ASSERT_EQUAL(proofs.count, 2);
		CU_ASSERT_STRING_EQUAL(proofs.nonce, "n-1");
		CU_ASSERT_STRING_EQUAL(claim.serial, "0123456789abcdef");
		CU_ASSERT_EQUAL(strlen(claim.attestation_thumbprint), THUMBPRINT_TEXT);
		CU_ASSERT_EQUAL(strlen(claim.response_thumbprint), THUMBPRINT_TEXT);
		CU_ASSERT_TRUE(claim.attestation_jwk != NULL && claim.response_jwk != NULL && claim.notice_jwk != NULL);
		CU_ASSERT_EQUAL(claim.response.curve, MDOC_CURVE_X25519);
		CU_ASSERT_FALSE(claim.bound);
	}
	CU_ASSERT_TRUE(strlen(proof_sentence(res)) > 1);
	device_claim_clear(&claim);
	proofs_clear(&proofs);
	free(text);
	return res;
}

struct row {
	const char *over;
	enum proof_result wanted;
};

static bool
row_holds(const struct row *row, enum proof_result got)
{
	if (got != row->wanted)
		printf("    %s: %d, not %d\n", row->over, (int)got, (int)row->wanted);
	return got == row->wanted;
}

/* Responses and notices would be encrypted to a key of somebody else's, or of no use, and a device registered under a
 * name that breaks a list or a terminal. */
static void
test_device_members(void)
{
	static const struct row rows[] = {
		{ "{\"serial\": null}", PROOF_DEVICE },
		{ "{\"serial\": 5}", PROOF_DEVICE },
		{ "{\"serial\": \"a\\u001b[2J\"}", PROOF_DEVICE },
		{ "{\"serial\": \"令\"}", PROOF_DEVICE },
		{ "{\"serial\": \"00000000000000000000000000000000000000000000000000000000000000000\"}", PROOF_DEVICE },
		{ "{\"backend\": null}", PROOF_DEVICE },
		{ "{\"backend\": true}", PROOF_DEVICE },
		{ "{\"bound\": null}", PROOF_DEVICE },
		{ "{\"bound\": 0}", PROOF_DEVICE },
		{ "{\"bound\": \"false\"}", PROOF_DEVICE },
		{ "{\"response\": null}", PROOF_DEVICE },
		{ "{\"response\": {\"kty\": \"OKP\", \"crv\": \"X25519\", \"x\": \"AA\"}}", PROOF_DEVICE },
		{ "{\"response\": {\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": "
		  "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}}",
			PROOF_DEVICE },
		{ "{\"notices\": null}", PROOF_DEVICE },
		{ "{\"notices\": \"P-256\"}", PROOF_DEVICE },
		{ "{\"notices\": {\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AA\", \"y\": \"AA\"}}", PROOF_DEVICE },
		{ "{\"tls\": null}", PROOF_DEVICE },
		{ "{\"tls\": \"AAAA\"}", PROOF_DEVICE },
		{ "{\"tls\": \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", PROOF_DEVICE },
		{ "{\"other\": 1}", PROOF_OK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT(row_holds(&rows[i], check(attestation(ATTESTATION, NULL, NULL, rows[i].over), 9)));
}

/* An old one, another issuer's, or one without a nonce would register a device of somebody who has it no more. */
static void
test_claims(void)
{
	static const struct row rows[] = {
		{ "{\"iat\": null}", PROOF_TIME },
		{ "{\"iat\": \"1767225600\"}", PROOF_TIME },
		{ "{\"iat\": 1767224999}", PROOF_TIME },
		{ "{\"iat\": 1767226201}", PROOF_TIME },
		{ "{\"exp\": null}", PROOF_EXPIRED },
		{ "{\"exp\": 1767225600}", PROOF_EXPIRED },
		{ "{\"exp\": 1767225601}", PROOF_OK },
		{ "{\"nonce\": null}", PROOF_NONCE },
		{ "{\"nonce\": \"\"}", PROOF_NONCE },
		{ "{\"nonce\": 1}", PROOF_NONCE },
		{ "{\"aud\": \"https://other.example\"}", PROOF_AUDIENCE },
		{ "{\"aud\": [\"" ISSUER "\"]}", PROOF_AUDIENCE },
		{ "{\"aud\": null}", PROOF_OK }, /* the nonce says whose it is */
		{ "{\"" DEVICE_CLAIM "\": null}", PROOF_DEVICE },
		{ "{\"" DEVICE_CLAIM "\": []}", PROOF_DEVICE },
		{ "{\"attested_keys\": null}", PROOF_COUNT },
		{ "{\"attested_keys\": []}", PROOF_COUNT },
		{ "{\"attested_keys\": {}}", PROOF_COUNT },
		{ "{\"attested_keys\": [1]}", PROOF_KEY },
		{ "{\"attested_keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"AA\", \"y\": \"AA\"}]}",
			PROOF_KEY },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT(row_holds(&rows[i], check(attestation(ATTESTATION, NULL, rows[i].over, NULL), 9)));
	CU_ASSERT_EQUAL(check(attestation(ATTESTATION, NULL, NULL, NULL), 1), PROOF_COUNT);
	CU_ASSERT_EQUAL(check(attestation(ATTESTATION, NULL, NULL, NULL), 2), PROOF_OK);
}

/* The same key twice would get two copies that are linked by it. */
static void
test_same_key(void)
{
	json_t *jwk = jwk_of(FIRST), *over = json_pack("{s:[O, O]}", "attested_keys", jwk, jwk);
	char *text = json_dumps(over, 0);

	CU_ASSERT_EQUAL(check(attestation(ATTESTATION, NULL, text, NULL), 9), PROOF_DUPLICATE);
	free(text);
	json_decref(over);
	json_decref(jwk);
}

/* Anybody could speak for a device. */
static void
test_signature(void)
{
	char *good = attestation(ATTESTATION, NULL, NULL, NULL);

	CU_ASSERT_EQUAL(check(attestation(FIRST, NULL, NULL, NULL), 9), PROOF_SIGNATURE);
	CU_ASSERT_EQUAL(check(attestation(ATTESTATION, "{\"typ\": \"JWT\"}", NULL, NULL), 9), PROOF_TYP);
	CU_ASSERT_EQUAL(check(attestation(ATTESTATION, "{\"typ\": null}", NULL, NULL), 9), PROOF_TYP);
	CU_ASSERT_EQUAL(check(attestation(ATTESTATION, "{\"crit\": [\"x\"]}", NULL, NULL), 9), PROOF_TYP);
	CU_ASSERT_EQUAL(check(attestation(ATTESTATION, "{\"jwk\": null}", NULL, NULL), 9), PROOF_KEY);
	CU_ASSERT_EQUAL(check(attestation(ATTESTATION, "{\"kid\": \"x\"}", NULL, NULL), 9), PROOF_KEY);
	CU_ASSERT_EQUAL(check(NULL, 9), PROOF_MALFORMED);
	CU_ASSERT_EQUAL(check(strdup("a.b.c"), 9), PROOF_MALFORMED);
	CU_ASSERT_TRUE(device_attestation_is(good));
	CU_ASSERT_FALSE(device_attestation_is(NULL));
	CU_ASSERT_FALSE(device_attestation_is("a.b.c"));
	good[strlen(good) - 5] = good[strlen(good) - 5] == 'A' ? 'B' : 'A';
	CU_ASSERT_EQUAL(check(good, 9), PROOF_SIGNATURE);
	good = attestation(ATTESTATION, NULL, "{\"" DEVICE_CLAIM "\": null}", NULL);
	CU_ASSERT_FALSE(device_attestation_is(good)); /* a TPM's, perhaps: key_attestation.h */
	free(good);
}

void
add_device_tests(void)
{
	CU_pSuite suite = CU_add_suite("device attestation", make_keys, free_keys);

	CU_add_test(suite, "members about the device", test_device_members);
	CU_add_test(suite, "claims", test_claims);
	CU_add_test(suite, "the same key twice", test_same_key);
	CU_add_test(suite, "signature and header", test_signature);
}
