/*
 * tests/unit/test_inbox_keys.c: the keys of renewal as the programs use them: over PKCS#11, with JWE and JWT.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <mdoc/p11/p11.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/inbox_kit.h"
#include "tools/common/jwe.h"
#include "tools/common/jwt.h"

static CK_UTF8CHAR credential[MDOC_CREDENTIAL_LEN];
static CK_BYTE digest[32] = "what a handshake wants signed";

static CK_FUNCTION_LIST *
functions(void)
{
	CK_FUNCTION_LIST *list = NULL;

	CU_ASSERT_EQUAL_FATAL(p11->C_GetFunctionList(&list), CKR_OK);
	return list;
}

static CK_RV
sign(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, CK_BYTE sig[64])
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_ULONG len = 64;
	CK_RV rv = p11->C_SignInit(session, &mechanism, key);

	return rv == CKR_OK ? p11->C_Sign(session, digest, sizeof(digest), sig, &len) : rv;
}

static CK_RV
derive(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const CK_BYTE *peer, CK_ULONG len)
{
	CK_ECDH1_DERIVE_PARAMS params = { CKD_NULL, 0, NULL, len, (CK_BYTE *)(uintptr_t)peer };
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE template[] = { { CKA_SENSITIVE, &no, sizeof(no) } };
	CK_OBJECT_HANDLE secret = 0;
	CK_RV rv = p11->C_DeriveKey(session, &mechanism, key, template, 1, &secret);

	if (rv == CKR_OK)
		(void)p11->C_DestroyObject(session, secret);
	return rv;
}

/* Does what is encrypted to the public half reach the private half of the token, and nobody else's? */
static bool
decrypts(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE private_key)
{
	struct mdoc_p11_key key = { .p11 = functions(), .session = session, .private_key = private_key };
	struct mdoc_buf jwe = MDOC_BUF_EMPTY, plain = MDOC_BUF_EMPTY;
	struct mdoc_agreement agreement = { 0 };
	struct mdoc_public_key pub;
	bool same = false;

	CU_ASSERT_EQUAL_FATAL(mdoc_p11_public_key(NULL, key.p11, session, private_key, &pub), CKR_OK);
	mdoc_p11_agreement(&key, &pub, &agreement);
	CU_ASSERT_EQUAL(jwe_encrypt(NULL, mdoc_text("records"), JWE_A256GCM, NULL, MDOC_NO_BYTES, MDOC_NO_BYTES, &pub,
				&jwe),
		MDOC_OK);
	if (jwe_decrypt(NULL, mdoc_buf_bytes(&jwe), &agreement, &plain) == MDOC_OK)
		same = plain.len == strlen("records") && memcmp(plain.ptr, "records", plain.len) == 0;
	mdoc_buf_clear(&plain);
	mdoc_buf_clear(&jwe);
	return same;
}

/* Were it otherwise, a stolen key of one purpose would serve another, or somebody else than the provisioner. */
static void
one_thing_each(void)
{
	static const char *const labels[] = { "provisioner attestation", "provisioner tls", "provisioner notices" };
	CK_OBJECT_HANDLE tls, notices, tls_public, made;
	CK_BYTE point[140], sig[64], bytes[32];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof(bytes) };
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("one thing", &slot, credential);
	size_t i;

	for (i = 0; i < 3; i++)
		CU_ASSERT_NOT_EQUAL(inbox_kit_find(session, CKO_PUBLIC_KEY, labels[i]), 0);
	CU_ASSERT_EQUAL(inbox_kit_find(session, CKO_PRIVATE_KEY, labels[0]), 0);
	tls = inbox_kit_find(session, CKO_PRIVATE_KEY, labels[1]);
	tls_public = inbox_kit_find(session, CKO_PUBLIC_KEY, labels[1]);
	notices = inbox_kit_find(session, CKO_PRIVATE_KEY, labels[2]);
	CU_ASSERT_EQUAL(inbox_kit_point(session, tls, point), 65);
	CU_ASSERT_EQUAL(sign(session, CKM_ECDSA, notices, sig), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(derive(session, tls, point, 65), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(sign(session, CKM_MDOC_DEVICE_SIGN, tls, sig), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(sign(session, CKM_ECDSA_SHA1, tls, sig), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(sign(session, CKM_ECDSA, tls, sig), CKR_OK);
	CU_ASSERT_TRUE(inbox_kit_verifies(point, digest, sig));
	CU_ASSERT_TRUE(decrypts(session, notices));
	/* they stay where they are */
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, tls, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, tls, NULL, 0, &made), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, tls), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11_bool(session, tls, CKA_EXTRACTABLE), CK_FALSE);
	/* and nobody else sees them */
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(sign(session, CKM_ECDSA, tls, sig), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(inbox_kit_find(session, CKO_PUBLIC_KEY, labels[1]), 0);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(sign(session, CKM_ECDSA, tls, sig), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(inbox_kit_point(session, tls_public, point), 0);
	inbox_kit_be_user(session);
	CU_ASSERT_EQUAL(sign(session, CKM_ECDSA, tls, sig), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(derive(session, notices, point, 65), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, an operation that was begun would go on after the provisioner has gone. */
static void
ends_with_the_login(void)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	CK_BYTE sig[64];
	CK_ULONG len = sizeof(sig);
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("ends", &slot, credential);
	CK_OBJECT_HANDLE tls = inbox_kit_find(session, CKO_PRIVATE_KEY, "provisioner tls");

	CU_ASSERT_EQUAL(p11->C_SignInit(session, &ecdsa, tls), CKR_OK);
	inbox_kit_be_user(session);
	CU_ASSERT_EQUAL(p11->C_Sign(session, digest, sizeof(digest), sig, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, nobody could encrypt for the holder, or others could read what is for him. */
static void
key_of_the_inbox(void)
{
	CK_KEY_TYPE type = CKK_EC_MONTGOMERY;
	CK_ATTRIBUTE by_type = { CKA_KEY_TYPE, &type, sizeof(type) };
	CK_OBJECT_HANDLE pub, priv, made;
	CK_BYTE point[140], again[140], sig[64], bytes[32];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof(bytes) };
	CK_SLOT_ID slot = p11_token("key of the inbox");
	CK_SESSION_HANDLE session = p11_session(slot);

	pub = inbox_kit_find(session, CKO_PUBLIC_KEY, MDOC_INBOX_KEY_LABEL);
	CU_ASSERT_EQUAL(inbox_kit_point(session, pub, point), 32);
	CU_ASSERT_EQUAL(inbox_kit_find(session, CKO_PRIVATE_KEY, MDOC_INBOX_KEY_LABEL), 0);
	CU_ASSERT_EQUAL(p11_count(session, &by_type, 1), 0); /* a search that knows nothing of it finds none */
	CU_ASSERT_EQUAL(p11->C_DestroyObject(session, pub), CKR_ACTION_PROHIBITED);
	inbox_kit_be_user(session);
	priv = inbox_kit_find(session, CKO_PRIVATE_KEY, MDOC_INBOX_KEY_LABEL);
	CU_ASSERT_NOT_EQUAL_FATAL(priv, 0);
	CU_ASSERT_EQUAL(inbox_kit_point(session, priv, again), 32);
	CU_ASSERT_EQUAL(memcmp(point, again, 32), 0);
	CU_ASSERT_TRUE(decrypts(session, priv));
	CU_ASSERT_EQUAL(sign(session, CKM_ECDSA, priv, sig), CKR_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, priv, &value, 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, priv, NULL, 0, &made), CKR_ACTION_PROHIBITED);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(derive(session, priv, point, 32), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(derive(session, priv, point, 32), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	inbox_kit_make(slot, credential);
	session = p11_session(slot);
	inbox_kit_be_provisioner(session, credential);
	CU_ASSERT_EQUAL(inbox_kit_find(session, CKO_PRIVATE_KEY, MDOC_INBOX_KEY_LABEL), 0);
	CU_ASSERT_EQUAL(derive(session, priv, point, 32), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(inbox_kit_point(session, pub, again), 32);
	CU_ASSERT_EQUAL(memcmp(point, again, 32), 0);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static CK_RV
attest(CK_SESSION_HANDLE session, const CK_OBJECT_HANDLE *keys, CK_ULONG count, const char *audience, char *jwt,
	CK_ULONG *len)
{
	return p11_vendor->C_MDOC_AttestKeys(session, keys, count, (const CK_BYTE *)"nonce-1", 7,
		(const CK_UTF8CHAR *)audience, audience == NULL ? 0 : strlen(audience), (CK_UTF8CHAR *)jwt, len);
}

static bool
says(const json_t *object, const char *member, const char *text)
{
	const char *said = json_string_value(json_object_get(object, member));

	return said != NULL && strcmp(said, text) == 0;
}

/* Is it a key attestation about these points, by the key that its header names? */
static void
check_attestation(const char *text, CK_ULONG len, const CK_BYTE points[][140], size_t count, const char *audience)
{
	struct mdoc_public_key key;
	const json_t *device;
	struct jwt jwt;

	CU_ASSERT_EQUAL_FATAL(jwt_parse(mdoc_bytes_of(text, len), &jwt), MDOC_OK);
	CU_ASSERT_TRUE(says(jwt.header, "typ", "key-attestation+jwt"));
	CU_ASSERT_EQUAL_FATAL(jwk_to_key(NULL, json_object_get(jwt.header, "jwk"), &key), MDOC_OK);
	CU_ASSERT_EQUAL(jwt_verify(NULL, &jwt, &key), MDOC_OK);
	CU_ASSERT_TRUE(says(jwt.claims, "nonce", "nonce-1"));
	CU_ASSERT_EQUAL(json_object_get(jwt.claims, "aud") != NULL, audience != NULL);
	CU_ASSERT_TRUE(audience == NULL || says(jwt.claims, "aud", audience));
	CU_ASSERT(json_integer_value(json_object_get(jwt.claims, "exp")) >
		json_integer_value(json_object_get(jwt.claims, "iat")));
	CU_ASSERT_EQUAL(json_array_size(json_object_get(jwt.claims, "attested_keys")), count);
	for (size_t i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(jwk_to_key(NULL, json_array_get(json_object_get(jwt.claims, "attested_keys"), i), &key),
			MDOC_OK);
		CU_ASSERT_EQUAL(memcmp(key.point, points[i], key.point_len), 0);
	}
	device = json_object_get(jwt.claims, "mdoc_pkcs11");
	CU_ASSERT_TRUE(says(device, "backend", test_backend()));
	CU_ASSERT_EQUAL(json_is_true(json_object_get(device, "bound")), strcmp(test_backend(), "vault") != 0);
	CU_ASSERT_EQUAL(jwk_to_key(NULL, json_object_get(device, "response"), &key), MDOC_OK);
	CU_ASSERT_EQUAL(key.curve, MDOC_CURVE_X25519);
	CU_ASSERT_EQUAL(jwk_to_key(NULL, json_object_get(device, "notices"), &key), MDOC_OK);
	CU_ASSERT_EQUAL(json_string_length(json_object_get(device, "tls")), 43);
	jwt_clear(&jwt);
}

/* Were it otherwise, an issuer could not tell whose keys it is asked to sign records for, or somebody could let the
 * attestation key sign what he likes. */
static void
attestations(void)
{
	static char text[8192];
	CK_BYTE points[2][140];
	CK_OBJECT_HANDLE keys[2], pub[2], twice[2], ordinary, ordinary_public;
	CK_ULONG len = sizeof(text), need = 0, opened = 0;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session = inbox_kit_new("attestations", &slot, credential);
	size_t i;

	for (i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(inbox_kit_key(session, &pub[i], &keys[i]), CKR_OK);
		CU_ASSERT_EQUAL(inbox_kit_point(session, pub[i], points[i]), 65);
	}
	twice[0] = twice[1] = keys[0];
	CU_ASSERT_EQUAL(attest(session, NULL, 1, NULL, text, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(attest(session, keys, 0, NULL, text, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(attest(session, keys, MDOC_ATTEST_KEYS_MAX + 1, NULL, text, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(attest(session, keys, 2, NULL, text, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(attest(session, keys, 2, "\xff", text, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_AttestKeys(session, keys, 2, NULL, 1, NULL, 0, NULL, &len),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_AttestKeys(session, keys, 2, (const CK_BYTE *)"", 0, NULL, 0, NULL, &len),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(attest(session, pub, 2, NULL, text, &len), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(attest(session, twice, 2, NULL, text, &len), CKR_KEY_HANDLE_INVALID);
	twice[1] = inbox_kit_find(session, CKO_PRIVATE_KEY, "provisioner tls");
	CU_ASSERT_EQUAL(attest(session, twice, 2, NULL, text, &len), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(attest(session, keys, 2, NULL, NULL, &need), CKR_OK);
	len = need - 1;
	CU_ASSERT_EQUAL(attest(session, keys, 2, NULL, text, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(len, need);
	CU_ASSERT_EQUAL(attest(session, keys, 2, NULL, text, &len), CKR_OK);
	check_attestation(text, len, points, 2, NULL);
	len = sizeof(text);
	CU_ASSERT_EQUAL(attest(session, keys, 1, "https://issuer.example", text, &len), CKR_OK);
	check_attestation(text, len, points, 1, "https://issuer.example");
	/* the holder may have them attested too, with what is his; nobody else may */
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	len = sizeof(text);
	CU_ASSERT_EQUAL(attest(session, keys, 2, NULL, text, &len), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(attest(session, keys, 2, NULL, text, &len), CKR_USER_NOT_LOGGED_IN);
	inbox_kit_be_user(session);
	CU_ASSERT_EQUAL(attest(session, keys, 2, NULL, text, &len), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11_vendor->C_MDOC_InboxOpenKeys(session, &opened), CKR_OK);
	CU_ASSERT_EQUAL(opened, 2);
	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub[0], &keys[0]), CKR_OK);
	CU_ASSERT_EQUAL(inbox_kit_point(session, pub[0], points[0]), 65);
	CU_ASSERT_EQUAL(attest(session, keys, 1, NULL, text, &len), CKR_OK);
	check_attestation(text, len, points, 1, NULL);
	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &ordinary_public, &ordinary), CKR_OK);
	len = sizeof(text);
	CU_ASSERT_EQUAL(attest(session, &ordinary, 1, NULL, text, &len), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a token without a provisioner would attest with nobody's key, or a new credential with the old
 * one's. */
static void
whose_attestation(void)
{
	static char first[8192], second[8192];
	CK_SLOT_ID slot = p11_token("whose");
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_ULONG first_len = sizeof(first), second_len = sizeof(second);
	CK_OBJECT_HANDLE pub, key;

	CU_ASSERT_EQUAL(inbox_kit_key(session, &pub, &key), CKR_OK);
	CU_ASSERT_EQUAL(attest(session, &key, 1, NULL, first, &first_len), CKR_USER_PIN_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	inbox_kit_make(slot, credential);
	session = p11_user(slot);
	CU_ASSERT_EQUAL(p11->C_FindObjectsInit(session, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_FindObjectsFinal(session), CKR_OK);
	key = inbox_kit_find(session, CKO_PRIVATE_KEY, "");
	CU_ASSERT_EQUAL(attest(session, &key, 1, NULL, first, &first_len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
	inbox_kit_make(slot, credential);
	session = p11_user(slot);
	key = inbox_kit_find(session, CKO_PRIVATE_KEY, "");
	CU_ASSERT_EQUAL(attest(session, &key, 1, NULL, second, &second_len), CKR_OK);
	CU_ASSERT_NOT_EQUAL(strcspn(first, "."), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(first, second, strcspn(first, ".")), 0); /* the header has the key */
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_inbox_keys[] = {
	{ "R-MED-07: a key of the provisioner's is for one thing", one_thing_each },
	{ "R-MED-07: it ends with the login", ends_with_the_login },
	{ "R-MED-07: the key of the inbox", key_of_the_inbox },
	{ "R-REN-01 R-KEY-01 R-KEY-02: attestations", attestations },
	{ "R-REN-01: whose attestation", whose_attestation },
	CU_TEST_INFO_NULL,
};
