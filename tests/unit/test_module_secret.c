/*
 * tests/unit/test_module_secret.c: digests, MACs, making and deriving secret keys, against published vectors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "tests/unit/p11.h"

#define TEXT "what do ya want for nothing?"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_SLOT_ID slot;

static CK_ULONG
unhex(const char *text, CK_BYTE *out)
{
	static const char digits[] = "0123456789abcdef";
	CK_ULONG i, len = strlen(text) / 2;

	for (i = 0; i < len; i++)
		out[i] = (CK_BYTE)((strchr(digits, text[2 * i]) - digits) << 4 |
			(strchr(digits, text[2 * i + 1]) - digits));
	return len;
}

static bool
is_hex(const CK_BYTE *bytes, CK_ULONG len, const char *text)
{
	CK_BYTE want[512];

	return unhex(text, want) == len && memcmp(bytes, want, len) == 0;
}

/* A session key from bytes, good for everything, with one more attribute (type CK_UNAVAILABLE_INFORMATION: none). */
static CK_RV
import(CK_SESSION_HANDLE session, CK_KEY_TYPE type, const void *bytes, CK_ULONG len, CK_ATTRIBUTE extra,
	CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_PRIVATE, &no, sizeof(no) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
		{ CKA_VALUE, (void *)bytes, len },
		extra,
	};

	return p11->C_CreateObject(session, template, extra.type == CK_UNAVAILABLE_INFORMATION ? 5 : 6, handle);
}

static const CK_ATTRIBUTE nothing = { CK_UNAVAILABLE_INFORMATION, NULL, 0 };

/* Were it otherwise, a program would compare a wrong digest with a right one (FIPS 180-4, FIPS 202). */
static void
digests(void)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		const char *abc;
	} cases[] = {
		{ CKM_SHA_1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ CKM_SHA512_224, "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa" },
		{ CKM_SHA512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23" },
		{ CKM_SHA3_224, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
		{ CKM_SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532" },
		{ CKM_SHA3_384,
			"ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf22837"
			"6d25" },
		{ CKM_SHA3_512,
			"b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3"
			"934057340b4cf408d5a56592f8274eec53f0" },
	};
	CK_SESSION_HANDLE session;
	CK_BYTE out[64];
	CK_ULONG len, need;
	size_t i;

	slot = p11_token("secret");
	session = p11_session(slot);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CK_MECHANISM mechanism = { cases[i].type, NULL, 0 }, wrong = { cases[i].type, out, 1 };

		CU_ASSERT_EQUAL(p11->C_DigestInit(session, &wrong), CKR_MECHANISM_PARAM_INVALID);
		CU_ASSERT_EQUAL(p11->C_DigestInit(session, &mechanism), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_Digest(session, (CK_BYTE *)"abc", 3, NULL, &need), CKR_OK);
		len = need - 1;
		CU_ASSERT_EQUAL(p11->C_Digest(session, (CK_BYTE *)"abc", 3, out, &len), CKR_BUFFER_TOO_SMALL);
		CU_ASSERT_EQUAL(len, need);
		CU_ASSERT_EQUAL(p11->C_Digest(session, (CK_BYTE *)"abc", 3, out, &len), CKR_OK);
		CU_ASSERT_TRUE(is_hex(out, len, cases[i].abc));
		CU_ASSERT_EQUAL(p11->C_DigestInit(session, &mechanism), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_DigestUpdate(session, (CK_BYTE *)"a", 1), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_DigestUpdate(session, (CK_BYTE *)"bc", 2), CKR_OK);
		len = sizeof(out);
		CU_ASSERT_EQUAL(p11->C_DigestFinal(session, out, &len), CKR_OK);
		CU_ASSERT_TRUE(is_hex(out, len, cases[i].abc));
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* RFC 2202 and 4231, test case 2, key "Jefe"; the others after the same text, by Python's own hashes. */
static const struct hmac {
	CK_MECHANISM_TYPE whole, general;
	CK_KEY_TYPE key;
	const char *mac;
} hmacs[] = {
	{ CKM_SHA_1_HMAC, CKM_SHA_1_HMAC_GENERAL, CKK_SHA_1_HMAC, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
	{ CKM_SHA224_HMAC, CKM_SHA224_HMAC_GENERAL, CKK_SHA224_HMAC,
		"a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44" },
	{ CKM_SHA256_HMAC, CKM_SHA256_HMAC_GENERAL, CKK_SHA256_HMAC,
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
	{ CKM_SHA384_HMAC, CKM_SHA384_HMAC_GENERAL, CKK_SHA384_HMAC,
		"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649" },
	{ CKM_SHA512_HMAC, CKM_SHA512_HMAC_GENERAL, CKK_SHA512_HMAC,
		"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
		"caeab1a34d4a6b4b636e070a38bce737" },
	{ CKM_SHA512_224_HMAC, CKM_SHA512_224_HMAC_GENERAL, CKK_SHA512_224_HMAC,
		"4a530b31a79ebcce36916546317c45f247d83241dfb818fd37254bde" },
	{ CKM_SHA512_256_HMAC, CKM_SHA512_256_HMAC_GENERAL, CKK_SHA512_256_HMAC,
		"6df7b24630d5ccb2ee335407081a87188c221489768fa2020513b2d593359456" },
	{ CKM_SHA3_224_HMAC, CKM_SHA3_224_HMAC_GENERAL, CKK_SHA3_224_HMAC,
		"7fdb8dd88bd2f60d1b798634ad386811c2cfc85bfaf5d52bbace5e66" },
	{ CKM_SHA3_256_HMAC, CKM_SHA3_256_HMAC_GENERAL, CKK_SHA3_256_HMAC,
		"c7d4072e788877ae3596bbb0da73b887c9171f93095b294ae857fbe2645e1ba5" },
	{ CKM_SHA3_384_HMAC, CKM_SHA3_384_HMAC_GENERAL, CKK_SHA3_384_HMAC,
		"f1101f8cbf9766fd6764d2ed61903f21ca9b18f57cf3e1a23ca13508a93243ce48c045dc007f26a21b3f5e0e9df4c20a" },
	{ CKM_SHA3_512_HMAC, CKM_SHA3_512_HMAC_GENERAL, CKK_SHA3_512_HMAC,
		"5a4bfeab6166427c7a3647b747292b8384537cdb89afb3bf5665e4c5e709350b287baec921fd7ca0ee7a0c31d022a95e"
		"1fc92ba9d77df883960275beb4e62024" },
};

/* One mechanism with one key: refused first, then whole, in parts, and checked. */
static void
check_mac(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const CK_BYTE *text, CK_ULONG size,
	const char *mac)
{
	CK_BYTE out[64], bad[64];
	CK_ULONG len = 0;
	char cut[129] = "";

	memcpy(cut, mac, 2 * size);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Sign(session, (CK_BYTE *)text, strlen(TEXT), NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, size);
	CU_ASSERT_EQUAL(p11->C_Sign(session, (CK_BYTE *)text, strlen(TEXT), out, &len), CKR_OK);
	CU_ASSERT_TRUE(is_hex(out, len, cut));
	memset(out, 0, sizeof(out));
	CU_ASSERT_EQUAL(p11->C_SignInit(session, mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignUpdate(session, (CK_BYTE *)text, 5), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignUpdate(session, (CK_BYTE *)text + 5, strlen(TEXT) - 5), CKR_OK);
	len = sizeof(out);
	CU_ASSERT_EQUAL(p11->C_SignFinal(session, out, &len), CKR_OK);
	CU_ASSERT_TRUE(is_hex(out, len, cut));

	memcpy(bad, out, sizeof(bad));
	bad[size - 1] ^= 1;
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Verify(session, (CK_BYTE *)text, strlen(TEXT), bad, size), CKR_SIGNATURE_INVALID);
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Verify(session, (CK_BYTE *)text, strlen(TEXT), out, size - 1), CKR_SIGNATURE_LEN_RANGE);
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Verify(session, (CK_BYTE *)text, strlen(TEXT), out, size), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, mechanism, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifyUpdate(session, (CK_BYTE *)text, strlen(TEXT)), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifyFinal(session, out, size), CKR_OK);
}

/* Were it otherwise, a forged message would pass, or nobody else could check ours. */
static void
macs(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_MECHANISM_TYPE only[] = { CKM_SHA256 };
	CK_OBJECT_HANDLE generic, fitting, other, unsigning, limited;
	CK_ULONG cut = 10, wrong[] = { 0, 65 };
	size_t i;

	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, "Jefe", 4, nothing, &generic), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_AES, "0123456789abcdef", 16, nothing, &other), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, "Jefe", 4, (CK_ATTRIBUTE){ CKA_SIGN, &no, 1 }, &unsigning),
		CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, "Jefe", 4,
				(CK_ATTRIBUTE){ CKA_ALLOWED_MECHANISMS, only, sizeof(only) }, &limited),
		CKR_OK);
	for (i = 0; i < sizeof(hmacs) / sizeof(*hmacs); i++) {
		CK_MECHANISM whole = { hmacs[i].whole, NULL, 0 }, general = { hmacs[i].general, &cut, sizeof(cut) };
		CK_MECHANISM too_much = { hmacs[i].whole, &cut, sizeof(cut) }, none = { hmacs[i].general, NULL, 0 };
		CK_MECHANISM zero = { hmacs[i].general, &wrong[0], sizeof(cut) };
		CK_MECHANISM longer = { hmacs[i].general, &wrong[1], sizeof(cut) };

		CU_ASSERT_EQUAL(p11->C_SignInit(session, &too_much, generic), CKR_MECHANISM_PARAM_INVALID);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &none, generic), CKR_MECHANISM_PARAM_INVALID);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &zero, generic), CKR_MECHANISM_PARAM_INVALID);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &longer, generic), CKR_MECHANISM_PARAM_INVALID);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &whole, other), CKR_KEY_TYPE_INCONSISTENT);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &whole, unsigning), CKR_KEY_FUNCTION_NOT_PERMITTED);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &whole, limited), CKR_MECHANISM_INVALID);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &whole, 4711), CKR_KEY_HANDLE_INVALID);
		CU_ASSERT_EQUAL(import(session, hmacs[i].key, "Jefe", 4, nothing, &fitting), CKR_OK);
		check_mac(session, &whole, generic, (const CK_BYTE *)TEXT, strlen(hmacs[i].mac) / 2, hmacs[i].mac);
		check_mac(session, &whole, fitting, (const CK_BYTE *)TEXT, strlen(hmacs[i].mac) / 2, hmacs[i].mac);
		check_mac(session, &general, fitting, (const CK_BYTE *)TEXT, cut, hmacs[i].mac);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* RFC 4493, examples 1 to 3. */
static void
cmac(void)
{
	static const char *const macs_of[] = { "bb1d6929e95937287fa37d129b756746", "070a16b46b4d4144f79bdd9dd04a287c",
		"dfa66747de9ae63030ca32611497c827" };
	static const CK_ULONG lengths[] = { 0, 16, 40 };
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_MECHANISM mechanism = { CKM_AES_CMAC, NULL, 0 };
	CK_ULONG eight = 8, seventeen = 17, len;
	CK_MECHANISM general = { CKM_AES_CMAC_GENERAL, &eight, sizeof(eight) };
	CK_MECHANISM longer = { CKM_AES_CMAC_GENERAL, &seventeen, sizeof(seventeen) };
	CK_OBJECT_HANDLE key, generic;
	CK_BYTE bytes[16], text[40], out[16];
	size_t i;

	unhex("2b7e151628aed2a6abf7158809cf4f3c", bytes);
	unhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411", text);
	CU_ASSERT_EQUAL(import(session, CKK_AES, bytes, sizeof(bytes), nothing, &key), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, bytes, sizeof(bytes), nothing, &generic), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, generic), CKR_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &longer, key), CKR_MECHANISM_PARAM_INVALID);
	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		len = sizeof(out);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, key), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_Sign(session, text, lengths[i], out, &len), CKR_OK);
		CU_ASSERT_TRUE(is_hex(out, len, macs_of[i]));
	}
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, &general, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Verify(session, text, 40, out, 8), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static CK_RV
make(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_ULONG len, CK_ATTRIBUTE extra, CK_OBJECT_HANDLE *handle)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_ATTRIBUTE template[3] = { { CKA_PRIVATE, &no, sizeof(no) }, { CKA_VALUE_LEN, &len, sizeof(len) }, extra };

	/* an absent length and an absent extra are left out */
	if (len == 0)
		template[1] = extra;
	return p11->C_GenerateKey(session, &mechanism, template,
		1u + (len != 0 ? 1 : 0) + (extra.type != CK_UNAVAILABLE_INFORMATION ? 1 : 0), handle);
}

/* Were it otherwise, a key would be of another length or kind than its maker thinks. */
static void
generation(void)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		CK_ULONG len;
		CK_RV rv;
		CK_KEY_TYPE key;
		CK_ULONG size;
	} cases[] = {
		{ CKM_AES_KEY_GEN, 0, CKR_TEMPLATE_INCOMPLETE, 0, 0 },
		{ CKM_AES_KEY_GEN, 17, CKR_ATTRIBUTE_VALUE_INVALID, 0, 0 },
		{ CKM_GENERIC_SECRET_KEY_GEN, 0, CKR_TEMPLATE_INCOMPLETE, 0, 0 },
		{ CKM_GENERIC_SECRET_KEY_GEN, 0x10000000, CKR_ATTRIBUTE_VALUE_INVALID, 0, 0 },
		{ CKM_AES_KEY_GEN, 16, CKR_OK, CKK_AES, 16 },
		{ CKM_AES_KEY_GEN, 24, CKR_OK, CKK_AES, 24 },
		{ CKM_AES_KEY_GEN, 32, CKR_OK, CKK_AES, 32 },
		{ CKM_GENERIC_SECRET_KEY_GEN, 1, CKR_OK, CKK_GENERIC_SECRET, 1 },
		{ CKM_HKDF_KEY_GEN, 64, CKR_OK, CKK_HKDF, 64 },
		{ CKM_SHA_1_KEY_GEN, 0, CKR_OK, CKK_SHA_1_HMAC, 20 },
		{ CKM_SHA3_384_KEY_GEN, 0, CKR_OK, CKK_SHA3_384_HMAC, 48 },
		{ CKM_SHA256_KEY_GEN, 64, CKR_OK, CKK_SHA256_HMAC, 64 },
	};
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_ULONG type = 0, size = 0, zero = 0;
	CK_KEY_TYPE wrong = CKK_HKDF;
	CK_BYTE value[64];
	CK_ATTRIBUTE read[] = { { CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_VALUE_LEN, &size, sizeof(size) },
		{ CKA_VALUE, value, sizeof(value) } };
	CK_MECHANISM parameter = { CKM_AES_KEY_GEN, value, 4 }, none = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ATTRIBUTE empty = { CKA_VALUE_LEN, &zero, sizeof(zero) };
	CK_OBJECT_HANDLE handle;
	size_t i;

	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &none, &empty, 1, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	size = 16;
	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &parameter, &read[1], 1, &handle), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(make(session, CKM_AES_KEY_GEN, 16, (CK_ATTRIBUTE){ CKA_KEY_TYPE, &wrong, sizeof(wrong) },
				&handle),
		CKR_TEMPLATE_INCONSISTENT);
	CU_ASSERT_EQUAL(make(session, CKM_AES_KEY_GEN, 16, (CK_ATTRIBUTE){ CKA_VALUE, value, 16 }, &handle),
		CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(make(session, CKM_SHA256, 16, nothing, &handle), CKR_MECHANISM_INVALID);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CU_ASSERT_EQUAL(make(session, cases[i].type, cases[i].len, nothing, &handle), cases[i].rv);
		if (cases[i].rv != CKR_OK)
			continue;
		read[2].ulValueLen = sizeof(value);
		CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, read, 3), CKR_OK);
		CU_ASSERT_EQUAL(type, cases[i].key);
		CU_ASSERT_EQUAL(size, cases[i].size);
		CU_ASSERT_EQUAL(read[2].ulValueLen, size);
		CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_LOCAL), CK_TRUE);
		CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	}
	CU_ASSERT_EQUAL(make(session, CKM_AES_KEY_GEN, 16, (CK_ATTRIBUTE){ CKA_SENSITIVE, &yes, 1 }, &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_ALWAYS_SENSITIVE), CK_TRUE);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, &read[2], 1), CKR_ATTRIBUTE_SENSITIVE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a program without a PIN could make no key for its session, or one that outlives it. */
static void
whose_keys(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
	CK_ULONG len = 16;
	CK_ATTRIBUTE template[] = { { CKA_VALUE_LEN, &len, sizeof(len) }, { CKA_TOKEN, &yes, 1 } };
	CK_OBJECT_HANDLE open, own, pub, priv;

	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &mechanism, template, 2, &open), CKR_USER_NOT_LOGGED_IN);
	template[1].type = CKA_PRIVATE;
	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &mechanism, template, 2, &open), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &mechanism, template, 1, &open), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, open, CKA_PRIVATE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_pair(session, false, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_PRIVATE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &mechanism, template, 1, &own), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, own, CKA_PRIVATE), CK_TRUE);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, own, CKA_PRIVATE), CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(p11_bool(session, open, CKA_PRIVATE), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, two ends could not see that they hold the same key, or a wrong one would be taken in. */
static void
check_values(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_BYTE zeros[32] = { 0 }, kcv[8], aes_kcv[3], sha_kcv[3];
	CK_ATTRIBUTE read = { CKA_CHECK_VALUE, kcv, sizeof(kcv) }, given = { CKA_CHECK_VALUE, aes_kcv, 3 };
	CK_OBJECT_HANDLE handle;

	unhex("66e94b", aes_kcv); /* AES-128 of a zero block under a zero key */
	unhex("de8a84", sha_kcv); /* SHA-1 of 32 zero bytes */
	CU_ASSERT_EQUAL(import(session, CKK_AES, zeros, 16, (CK_ATTRIBUTE){ CKA_CHECK_VALUE, sha_kcv, 3 }, &handle),
		CKR_ATTRIBUTE_VALUE_INVALID);
	given.ulValueLen = 2;
	CU_ASSERT_EQUAL(import(session, CKK_AES, zeros, 16, given, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	given.ulValueLen = 3;
	CU_ASSERT_EQUAL(import(session, CKK_AES, zeros, 16, given, &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, &read, 1), CKR_OK);
	CU_ASSERT_TRUE(is_hex(kcv, read.ulValueLen, "66e94b"));
	given.ulValueLen = 0;
	CU_ASSERT_EQUAL(import(session, CKK_AES, zeros, 16, given, &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, &read, 1), CKR_OK);
	CU_ASSERT_EQUAL(read.ulValueLen, 0);
	read.ulValueLen = sizeof(kcv);
	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, zeros, 32, nothing, &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, handle, &read, 1), CKR_OK);
	CU_ASSERT_TRUE(is_hex(kcv, read.ulValueLen, "de8a84"));
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* RFC 5869, appendix A. salt NULL: not given. */
static const struct {
	CK_MECHANISM_TYPE hash;
	const char *ikm, *salt, *info, *prk, *okm;
} rfc5869[] = {
	{ CKM_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
		"f0f1f2f3f4f5f6f7f8f9", "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
	{ CKM_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", NULL, "",
		"19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
	{ CKM_SHA_1, "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", NULL, "",
		"2adccada18779e7c2077ad2eb19d3f3e731385dd",
		"2c91117204d745f3500d636a62f64f0ab3bae548aa53d423b0d1f27ebba6f5e5673a081d70cce7acfc48" },
};

static CK_RV
derive(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_HKDF_PARAMS *params, CK_OBJECT_HANDLE base, CK_ULONG len,
	CK_ATTRIBUTE extra, CK_OBJECT_HANDLE *handle)
{
	CK_MECHANISM mechanism = { type, params, sizeof(*params) };
	CK_ATTRIBUTE template[3] = { { CKA_PRIVATE, &no, sizeof(no) }, { CKA_VALUE_LEN, &len, sizeof(len) }, extra };

	if (len == 0)
		template[1] = extra;
	return p11->C_DeriveKey(session, &mechanism, base, template,
		1u + (len != 0 ? 1 : 0) + (extra.type != CK_UNAVAILABLE_INFORMATION ? 1 : 0), handle);
}

static bool
value_is(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle, const char *hex)
{
	CK_BYTE bytes[256];
	CK_ATTRIBUTE value = { CKA_VALUE, bytes, sizeof(bytes) };

	return p11->C_GetAttributeValue(session, handle, &value, 1) == CKR_OK && is_hex(bytes, value.ulValueLen, hex);
}

/* Were it otherwise, the two ends of a session would not find the same keys. */
static void
hkdf_vectors(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_OBJECT_HANDLE base, salt_key, out;
	CK_BYTE ikm[64], salt[64], info[64];
	size_t i;

	for (i = 0; i < sizeof(rfc5869) / sizeof(*rfc5869); i++) {
		CK_ULONG hash = strlen(rfc5869[i].prk) / 2, okm = strlen(rfc5869[i].okm) / 2;
		CK_HKDF_PARAMS params = { .bExtract = CK_TRUE,
			.prfHashMechanism = rfc5869[i].hash,
			.ulSaltType = rfc5869[i].salt == NULL ? CKF_HKDF_SALT_NULL : CKF_HKDF_SALT_DATA,
			.pSalt = salt,
			.pInfo = info };

		params.ulSaltLen = rfc5869[i].salt == NULL ? 0 : unhex(rfc5869[i].salt, salt);
		params.ulInfoLen = unhex(rfc5869[i].info, info);
		CU_ASSERT_EQUAL(import(session, i == 0 ? CKK_HKDF : CKK_GENERIC_SECRET, ikm, unhex(rfc5869[i].ikm, ikm),
					nothing, &base),
			CKR_OK);
		CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &params, base, hash + 1, nothing, &out),
			CKR_TEMPLATE_INCONSISTENT);
		CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &params, base, 0, nothing, &out), CKR_OK);
		CU_ASSERT_TRUE(value_is(session, out, rfc5869[i].prk));
		params.bExpand = CK_TRUE;
		CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &params, base, okm, nothing, &out), CKR_OK);
		CU_ASSERT_TRUE(value_is(session, out, rfc5869[i].okm));
		CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DATA, &params, base, okm, nothing, &out), CKR_OK);
		CU_ASSERT_TRUE(value_is(session, out, rfc5869[i].okm));
		params.bExtract = CK_FALSE;
		CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, ikm, unhex(rfc5869[i].prk, ikm), nothing, &base),
			CKR_OK);
		CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &params, base, okm, nothing, &out), CKR_OK);
		CU_ASSERT_TRUE(value_is(session, out, rfc5869[i].okm));
		if (params.ulSaltLen == 0)
			continue;
		params.bExtract = CK_TRUE;
		params.ulSaltType = CKF_HKDF_SALT_KEY;
		CU_ASSERT_EQUAL(import(session, CKK_HKDF, ikm, unhex(rfc5869[i].ikm, ikm), nothing, &base), CKR_OK);
		CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, salt, params.ulSaltLen, nothing, &salt_key),
			CKR_OK);
		params.hSaltKey = salt_key;
		CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &params, base, okm, nothing, &out), CKR_OK);
		CU_ASSERT_TRUE(value_is(session, out, rfc5869[i].okm));
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a program would derive something from what it did not mean to give. */
static void
hkdf_refusals(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_HKDF_PARAMS good = { .bExtract = CK_TRUE,
		.bExpand = CK_TRUE,
		.prfHashMechanism = CKM_SHA256,
		.ulSaltType = CKF_HKDF_SALT_NULL };
	const CK_HKDF_PARAMS bad[] = {
		{ .prfHashMechanism = CKM_SHA256, .ulSaltType = CKF_HKDF_SALT_NULL },
		{ .bExtract = 2, .prfHashMechanism = CKM_SHA256, .ulSaltType = CKF_HKDF_SALT_NULL },
		{ .bExtract = CK_TRUE, .prfHashMechanism = CKM_SHA256_HMAC, .ulSaltType = CKF_HKDF_SALT_NULL },
		{ .bExtract = CK_TRUE, .prfHashMechanism = CKM_SHA256, .ulSaltType = 3 },
		{ .bExtract = CK_TRUE,
			.prfHashMechanism = CKM_SHA256,
			.ulSaltType = CKF_HKDF_SALT_DATA,
			.ulSaltLen = 4 },
		{ .bExpand = CK_TRUE, .prfHashMechanism = CKM_SHA256, .ulInfoLen = 4 },
		{ .bExpand = CK_TRUE, .prfHashMechanism = CKM_SHA256, .pInfo = (CK_BYTE *)"x", .ulInfoLen = 1UL << 40 },
	};
	CK_MECHANISM short_one = { CKM_HKDF_DERIVE, &good, sizeof(good) - 1 }, none = { CKM_HKDF_DERIVE, NULL, 0 };
	CK_OBJECT_HANDLE base, idle, salt, out;
	CK_KEY_TYPE aes = CKK_AES;
	CK_ATTRIBUTE type = { CKA_KEY_TYPE, &aes, sizeof(aes) }, on_token = { CKA_TOKEN, &yes, 1 };
	CK_ATTRIBUTE record = { CKA_APPLICATION, (void *)"mdoc-status", 11 };
	size_t i;

	CU_ASSERT_EQUAL(import(session, CKK_HKDF, "base key", 8, nothing, &base), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_SHA256_HMAC, "base key", 8, nothing, &idle), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_HKDF, "salt", 4, nothing, &salt), CKR_OK);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CK_HKDF_PARAMS params = bad[i];

		CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &params, base, 0, nothing, &out),
			CKR_MECHANISM_PARAM_INVALID);
	}
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &short_one, base, NULL, 0, &out), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &short_one, base, &(CK_ATTRIBUTE){ CKA_PRIVATE, &no, 1 }, 1, &out),
		CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &none, base, &(CK_ATTRIBUTE){ CKA_PRIVATE, &no, 1 }, 1, &out),
		CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &good, idle, 0, nothing, &out), CKR_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &good, base, 255 * 32 + 1, nothing, &out),
		CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &good, base, 20, type, &out), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DATA, &good, base, 20, type, &out), CKR_ATTRIBUTE_TYPE_INVALID);
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DATA, &good, base, 20, record, &out), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &good, base, 0, on_token, &out), CKR_USER_NOT_LOGGED_IN);
	CU_ASSERT_EQUAL(p11->C_SetAttributeValue(session, salt, &(CK_ATTRIBUTE){ CKA_DERIVE, &no, 1 }, 1), CKR_OK);
	good.ulSaltType = CKF_HKDF_SALT_KEY;
	good.hSaltKey = salt;
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &good, base, 0, nothing, &out),
		CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &good, salt, 0, nothing, &out),
		CKR_KEY_FUNCTION_NOT_PERMITTED);
	good.hSaltKey = 4711;
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &good, base, 0, nothing, &out), CKR_KEY_HANDLE_INVALID);
	good.ulSaltType = CKF_HKDF_SALT_NULL;
	CU_ASSERT_EQUAL(derive(session, CKM_HKDF_DERIVE, &good, base, 32, type, &out), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a key would claim a past that its base did not have, or Java could not read its secret. */
static void
derived_marks(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_HKDF_PARAMS params = { .bExtract = CK_TRUE,
		.bExpand = CK_TRUE,
		.prfHashMechanism = CKM_SHA256,
		.ulSaltType = CKF_HKDF_SALT_NULL };
	CK_MECHANISM generate = { CKM_HKDF_KEY_GEN, NULL, 0 }, mechanism = { CKM_HKDF_DERIVE, &params, sizeof(params) };
	CK_ULONG len = 32;
	CK_ATTRIBUTE guarded[] = { { CKA_PRIVATE, &no, 1 }, { CKA_SENSITIVE, &yes, 1 }, { CKA_EXTRACTABLE, &no, 1 },
		{ CKA_DERIVE, &yes, 1 }, { CKA_VALUE_LEN, &len, sizeof(len) } };
	CK_OBJECT_HANDLE local, foreign, out;

	CU_ASSERT_EQUAL(p11->C_GenerateKey(session, &generate, guarded, 5, &local), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_HKDF, "0123", 4, nothing, &foreign), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &mechanism, local, guarded, 1, &out), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_SENSITIVE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_EXTRACTABLE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_NEVER_EXTRACTABLE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_LOCAL), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &mechanism, local, guarded, 3, &out), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_ALWAYS_SENSITIVE), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_NEVER_EXTRACTABLE), CK_TRUE);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &mechanism, foreign, guarded, 3, &out), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_ALWAYS_SENSITIVE), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_NEVER_EXTRACTABLE), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* If this failed, a program that says nothing of uses (Java) could not encrypt; or a key that unwraps others
 * would decrypt what it wrapped, and hand out keys that never leave. */
static void
uses_by_default(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_ATTRIBUTE wrap = { CKA_WRAP, &yes, sizeof(yes) }, unwrap = { CKA_UNWRAP, &yes, sizeof(yes) };
	CK_OBJECT_HANDLE plain, wraps, unwraps;
	CK_BYTE value[16] = { 1 };

	CU_ASSERT_EQUAL(import(session, CKK_AES, value, sizeof(value), nothing, &plain), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, plain, CKA_ENCRYPT), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, plain, CKA_DECRYPT), CK_TRUE);
	CU_ASSERT_EQUAL(p11_bool(session, plain, CKA_WRAP), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, plain, CKA_UNWRAP), CK_FALSE);
	CU_ASSERT_EQUAL(import(session, CKK_AES, value, sizeof(value), wrap, &wraps), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, wraps, CKA_DECRYPT), CK_FALSE);
	CU_ASSERT_EQUAL(import(session, CKK_AES, value, sizeof(value), unwrap, &unwraps), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, unwraps, CKA_ENCRYPT), CK_FALSE);
	CU_ASSERT_EQUAL(p11_bool(session, unwraps, CKA_DECRYPT), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_secret[] = {
	{ "digests", digests },
	{ "HMACs", macs },
	{ "CMAC", cmac },
	{ "generation", generation },
	{ "whose session keys are", whose_keys },
	{ "check values", check_values },
	{ "HKDF vectors", hkdf_vectors },
	{ "HKDF refusals", hkdf_refusals },
	{ "marks of derived keys", derived_marks },
	{ "uses by default", uses_by_default },
	CU_TEST_INFO_NULL,
};
