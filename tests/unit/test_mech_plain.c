/*
 * tests/unit/test_mech_plain.c: digests, ECDSA, ECDH and random, as any program uses them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <string.h>

#include "tests/unit/holder_kit.h"
#include "tests/unit/issuer_kit.h"
#include "tests/unit/unit_mechanisms.h"

static struct holder_kit kit;

static int
set_up(void)
{
	holder_kit_new(&kit, 0);
	return 0;
}

static int
tear_down(void)
{
	holder_kit_free(&kit);
	return 0;
}

static CK_RV
digest_init(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };

	return kit.p11->C_DigestInit(session, &mechanism);
}

static const struct {
	CK_MECHANISM_TYPE type;
	CK_ULONG size;
	CK_BYTE first[4]; /* of the digest of "abc", FIPS 180 */
} digests[] = {
	{ CKM_SHA_1, 20, { 0xa9, 0x99, 0x3e, 0x36 } },
	{ CKM_SHA224, 28, { 0x23, 0x09, 0x7d, 0x22 } },
	{ CKM_SHA256, 32, { 0xba, 0x78, 0x16, 0xbf } },
	{ CKM_SHA384, 48, { 0xcb, 0x00, 0x75, 0x3f } },
	{ CKM_SHA512, 64, { 0xdd, 0xaf, 0x35, 0xa1 } },
};

/* An operation that outlives its error, or dies of a length query, breaks every caller's second call. */
static void
test_operation_life(void)
{
	CK_BYTE out[64];
	CK_ULONG len = 0;

	CU_ASSERT_EQUAL(kit.p11->C_Digest(kit.session, (CK_BYTE *)"abc", 3, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(digest_init(kit.session, CKM_SHA256), CKR_OK);
	CU_ASSERT_EQUAL(digest_init(kit.session, CKM_SHA256), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(kit.p11->C_Digest(kit.session, (CK_BYTE *)"abc", 3, NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 32);
	len = 31;
	CU_ASSERT_EQUAL(kit.p11->C_Digest(kit.session, (CK_BYTE *)"abc", 3, out, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(len, 32);
	CU_ASSERT_EQUAL(kit.p11->C_Digest(kit.session, (CK_BYTE *)"abc", 3, out, &len), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_Digest(kit.session, (CK_BYTE *)"abc", 3, out, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(digest_init(kit.session, CKM_SHA256), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_DigestUpdate(kit.session, (CK_BYTE *)"abc", 3), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_Digest(kit.session, (CK_BYTE *)"abc", 3, out, &len), CKR_OPERATION_ACTIVE);
	(void)kit.p11->C_DigestFinal(kit.session, out, &len);
	CU_ASSERT_EQUAL(digest_init(kit.session, CKM_ECDSA), CKR_MECHANISM_INVALID);
}

/* A wrong digest. */
static void
test_digests(void)
{
	CK_SESSION_HANDLE session = holder_kit_session(&kit, 0);
	CK_BYTE whole[64], parts[64];
	CK_ULONG len;
	size_t i;

	for (i = 0; i < sizeof(digests) / sizeof(*digests); i++) {
		CU_ASSERT_EQUAL(digest_init(session, digests[i].type), CKR_OK);
		len = sizeof(whole);
		CU_ASSERT_EQUAL(kit.p11->C_Digest(session, (CK_BYTE *)"abc", 3, whole, &len), CKR_OK);
		CU_ASSERT_EQUAL(len, digests[i].size);
		CU_ASSERT_EQUAL(memcmp(whole, digests[i].first, 4), 0);
		CU_ASSERT_EQUAL(digest_init(session, digests[i].type), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_DigestUpdate(session, (CK_BYTE *)"a", 1), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_DigestUpdate(session, (CK_BYTE *)"bc", 2), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_DigestFinal(session, parts, &len), CKR_OK);
		CU_ASSERT_EQUAL(memcmp(whole, parts, len), 0);
	}
	CU_ASSERT_EQUAL(kit.p11->C_CloseSession(session), CKR_OK);
}

static CK_RV
sign(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, const char *data, CK_ULONG len, CK_BYTE *sig, CK_ULONG *sig_len)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_RV rv;

	*sig_len = 64;
	rv = kit.p11->C_SignInit(kit.session, &mechanism, key);
	return rv != CKR_OK ? rv : kit.p11->C_Sign(kit.session, (CK_BYTE *)data, len, sig, sig_len);
}

static CK_RV
verify(CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, const char *data, CK_ULONG len, CK_BYTE *sig, CK_ULONG sig_len)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_RV rv;

	rv = kit.p11->C_VerifyInit(kit.session, &mechanism, key);
	return rv != CKR_OK ? rv : kit.p11->C_Verify(kit.session, (CK_BYTE *)data, len, sig, sig_len);
}

/* A signature over something else, cut short or altered, that passes. */
static void
test_ecdsa_refuses(void)
{
	CK_OBJECT_HANDLE public_key = 0;
	const CK_OBJECT_HANDLE key = holder_kit_pair(&kit, false, NULL, &public_key);
	static const char digest[65] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	static CK_BYTE zero[64];
	CK_BYTE sig[64];
	CK_ULONG len = 0;

	CU_ASSERT_EQUAL(sign(key, CKM_ECDSA, "", 0, sig, &len), CKR_DATA_LEN_RANGE);
	CU_ASSERT_EQUAL(sign(key, CKM_ECDSA, digest, 65, sig, &len), CKR_DATA_LEN_RANGE);
	CU_ASSERT_EQUAL(sign(public_key, CKM_ECDSA, digest, 32, sig, &len), CKR_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(sign(key, CKM_SHA256, digest, 32, sig, &len), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL_FATAL(sign(key, CKM_ECDSA, digest, 32, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(verify(public_key, CKM_ECDSA, digest, 31, sig, len), CKR_SIGNATURE_INVALID);
	CU_ASSERT_EQUAL(verify(public_key, CKM_ECDSA, digest, 32, sig, len - 1), CKR_SIGNATURE_LEN_RANGE);
	CU_ASSERT_EQUAL(verify(public_key, CKM_ECDSA_SHA256, digest, 32, sig, len), CKR_SIGNATURE_INVALID);
	CU_ASSERT_EQUAL(verify(public_key, CKM_ECDSA, digest, 32, zero, 64), CKR_SIGNATURE_INVALID);
	sig[40] ^= 1;
	CU_ASSERT_EQUAL(verify(public_key, CKM_ECDSA, digest, 32, sig, len), CKR_SIGNATURE_INVALID);
}

/* Hash and signature that do not go together; parts that sign differently from the whole. */
static void
test_ecdsa(void)
{
	static const CK_MECHANISM_TYPE types[] = { CKM_ECDSA_SHA1, CKM_ECDSA_SHA224, CKM_ECDSA_SHA256, CKM_ECDSA_SHA384,
		CKM_ECDSA_SHA512 };
	CK_OBJECT_HANDLE public_key = 0;
	const CK_OBJECT_HANDLE key = holder_kit_pair(&kit, false, NULL, &public_key);
	CK_MECHANISM mechanism = { 0, NULL, 0 };
	CK_BYTE digest[64], sig[64];
	CK_ULONG digest_len, len;
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(*types); i++) {
		CU_ASSERT_EQUAL(sign(key, types[i], "abc", 3, sig, &len), CKR_OK);
		CU_ASSERT_EQUAL(len, 64);
		CU_ASSERT_EQUAL(digest_init(kit.session, digests[i].type), CKR_OK);
		digest_len = sizeof(digest);
		CU_ASSERT_EQUAL(kit.p11->C_Digest(kit.session, (CK_BYTE *)"abc", 3, digest, &digest_len), CKR_OK);
		CU_ASSERT_EQUAL(verify(public_key, CKM_ECDSA, (char *)digest, digest_len, sig, len), CKR_OK);
		CU_ASSERT_EQUAL(verify(public_key, types[i], "abc", 3, sig, len), CKR_OK);
		mechanism.mechanism = types[i];
		CU_ASSERT_EQUAL(kit.p11->C_SignInit(kit.session, &mechanism, key), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_SignUpdate(kit.session, (CK_BYTE *)"ab", 2), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_SignUpdate(kit.session, (CK_BYTE *)"c", 1), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_SignFinal(kit.session, sig, &len), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_VerifyInit(kit.session, &mechanism, public_key), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_VerifyUpdate(kit.session, (CK_BYTE *)"a", 1), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_VerifyUpdate(kit.session, (CK_BYTE *)"bc", 2), CKR_OK);
		CU_ASSERT_EQUAL(kit.p11->C_VerifyFinal(kit.session, sig, len), CKR_OK);
	}
}

static CK_RV
derive(CK_OBJECT_HANDLE key, CK_BYTE *point, CK_ULONG point_len, CK_ULONG want, CK_BYTE *secret, CK_ULONG *len)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_ECDH1_DERIVE_PARAMS params = { CKD_NULL, 0, NULL, point_len, point };
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE_LEN, &want, sizeof(want) },
	};
	CK_ATTRIBUTE value = { CKA_VALUE, secret, 66 };
	CK_OBJECT_HANDLE derived = 0;
	CK_RV rv;

	rv = kit.p11->C_DeriveKey(kit.session, &mechanism, key, template, want == 0 ? 2 : 3, &derived);
	if (rv != CKR_OK)
		return rv;
	rv = kit.p11->C_GetAttributeValue(kit.session, derived, &value, 1);
	*len = value.ulValueLen;
	return rv;
}

/* Java reads the secret's value back and gives no length; OpenSSL's engine gives a bare point,
 * others wrap it (both ends must agree on one secret). */
static void
test_ecdh(void)
{
	struct mdoc_public_key a_public, b_public;
	const CK_OBJECT_HANDLE a = holder_kit_pair(&kit, false, &a_public, NULL);
	const CK_OBJECT_HANDLE b = holder_kit_pair(&kit, false, &b_public, NULL);
	const CK_OBJECT_HANDLE holder = holder_kit_pair(&kit, true, NULL, NULL);
	CK_BYTE der[67] = { 0x04, 65 };
	CK_BYTE ours[66], theirs[66];
	CK_ULONG ours_len = 0;
	CK_ULONG theirs_len = 0;

	memcpy(der + 2, a_public.point, 65);
	CU_ASSERT_EQUAL(derive(a, b_public.point, 65, 0, ours, &ours_len), CKR_OK);
	CU_ASSERT_EQUAL(derive(b, der, sizeof(der), 0, theirs, &theirs_len), CKR_OK);
	CU_ASSERT(ours_len == 32 && theirs_len == 32 && memcmp(ours, theirs, 32) == 0);
	CU_ASSERT_EQUAL(derive(b, der, sizeof(der), 16, theirs, &theirs_len), CKR_OK);
	CU_ASSERT(theirs_len == 16 && memcmp(ours + 16, theirs, 16) == 0);
	CU_ASSERT_NOT_EQUAL(derive(b, der, sizeof(der), 33, theirs, &theirs_len), CKR_OK);
	CU_ASSERT_EQUAL(derive(b, der, sizeof(der) - 1, 0, theirs, &theirs_len), CKR_MECHANISM_PARAM_INVALID);
	der[40] ^= 1;
	CU_ASSERT_EQUAL(derive(b, der, sizeof(der), 0, theirs, &theirs_len), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(derive(holder, a_public.point, 65, 0, theirs, &theirs_len), CKR_KEY_FUNCTION_NOT_PERMITTED);
}

static void
test_random(void)
{
	CK_BYTE a[32] = { 0 };
	CK_BYTE b[32] = { 0 };

	CU_ASSERT_EQUAL(kit.p11->C_GenerateRandom(kit.session, a, sizeof(a)), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_GenerateRandom(kit.session, b, sizeof(b)), CKR_OK);
	CU_ASSERT_NOT_EQUAL(memcmp(a, b, sizeof(a)), 0);
	CU_ASSERT_EQUAL(kit.p11->C_GenerateRandom(kit.session, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(kit.p11->C_GenerateRandom(kit.session, NULL, 1), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(kit.p11->C_SeedRandom(kit.session, a, sizeof(a)), CKR_RANDOM_SEED_NOT_SUPPORTED);
}

/* Programs ask for the list with a guessed room; a wrong count is a buffer overflow there. */
static void
test_mechanism_list(void)
{
	CK_MECHANISM_TYPE list[256];
	CK_MECHANISM_INFO info;
	CK_ULONG count = 0;
	CK_ULONG less;
	CK_ULONG i;
	bool ours = false;

	CU_ASSERT_EQUAL(kit.p11->C_GetMechanismList(kit.slot, NULL, &count), CKR_OK);
	less = count - 1;
	CU_ASSERT_EQUAL(kit.p11->C_GetMechanismList(kit.slot, list, &less), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(less, count);
	CU_ASSERT_EQUAL_FATAL(kit.p11->C_GetMechanismList(kit.slot, list, &less), CKR_OK);
	for (i = 0; i < count; i++) {
		ours = ours || list[i] == CKM_MDOC_DEVICE_SIGN;
		CU_ASSERT_EQUAL(kit.p11->C_GetMechanismInfo(kit.slot, list[i], &info), CKR_OK);
	}
	CU_ASSERT(ours);
	CU_ASSERT_EQUAL(kit.p11->C_GetMechanismInfo(kit.slot, CKM_RSA_PKCS, &info), CKR_MECHANISM_INVALID);
}

static CU_TestInfo tests[] = {
	{ "operation's life", test_operation_life },
	{ "digests", test_digests },
	{ "ECDSA refuses", test_ecdsa_refuses },
	{ "ECDSA", test_ecdsa },
	{ "ECDH", test_ecdh },
	{ "random", test_random },
	{ "mechanism list", test_mechanism_list },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_mech_plain = { "plain mechanisms", set_up, tear_down, NULL, NULL, tests };
