/*
 * tests/unit/test_message.c: C_EncryptMessage, C_SignMessage and those around them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "module/pkcs11/mechanisms/cipher.h"
#include "tests/unit/cipher_kit.h"
#include "tests/unit/unit_mechanisms.h"

static struct holder_kit kit;
static CK_OBJECT_HANDLE key;
static CK_BYTE key_value[16] = { 4, 5, 6 };
static CK_BYTE plain[64], aad[20] = { 1 };
static CK_BYTE iv[16], tag[16];
static CK_GCM_MESSAGE_PARAMS params;
static CK_MECHANISM gcm = { CKM_AES_GCM, NULL, 0 };

static int
set_up(void)
{
	size_t i;

	holder_kit_new(&kit, 0);
	key = cipher_key(&kit, key_value, sizeof(key_value));
	for (i = 0; i < sizeof(plain); i++)
		plain[i] = (CK_BYTE)(i + 1);
	return 0;
}

static int
tear_down(void)
{
	holder_kit_free(&kit);
	return 0;
}

static void
prepare(CK_GENERATOR_FUNCTION generator, CK_ULONG iv_size, CK_ULONG fixed)
{
	memset(iv, 0xa5, sizeof(iv));
	memset(tag, 0, sizeof(tag));
	params = (CK_GCM_MESSAGE_PARAMS){ iv, iv_size, fixed, generator, tag, 128 };
}

static CK_RV
seal(CK_BYTE *out, CK_ULONG *len)
{
	return C_EncryptMessage(kit.session, &params, sizeof(params), aad, sizeof(aad), plain, sizeof(plain), out, len);
}

static CK_RV
open_it(CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out, CK_ULONG *len)
{
	return C_DecryptMessage(kit.session, &params, sizeof(params), aad, sizeof(aad), in, in_len, out, len);
}

/* Calls in the wrong order must neither crash nor leave something half done. */
static void
test_order(void)
{
	CK_MECHANISM cbc = { CKM_AES_CBC, iv, 16 }, with_param = { CKM_AES_GCM, iv, 12 };
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	prepare(CKG_NO_GENERATE, 12, 0);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_EncryptMessageBegin(kit.session, &params, sizeof(params), NULL, 0),
		CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_MessageEncryptFinal(kit.session), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &cbc, key), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &with_param, key), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, CK_INVALID_HANDLE), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(C_EncryptMessageNext(kit.session, &params, sizeof(params), plain, 4, out, &len, 0),
		CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_EncryptMessageBegin(kit.session, &params, sizeof(params), NULL, 1), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_EncryptMessageBegin(kit.session, &params, sizeof(params), NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(C_EncryptMessageBegin(kit.session, &params, sizeof(params), NULL, 0), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(C_EncryptMessageNext(kit.session, &params, sizeof(params), plain, 4, out, &len, 8),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_EncryptMessageNext(kit.session, &params, sizeof(params), plain, 4, out, &len, 0),
		CKR_OPERATION_NOT_INITIALIZED); /* the message has ended, the messages have not */
	CU_ASSERT_EQUAL(seal(out, &len), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
	CU_ASSERT_EQUAL(C_SessionCancel(kit.session, CKF_MESSAGE_DECRYPT), CKR_OK);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_OK);
	CU_ASSERT_EQUAL(C_SessionCancel(kit.session, CKF_MESSAGE_ENCRYPT), CKR_OK);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_OPERATION_NOT_INITIALIZED);
}

/* A parameter that is read where it is not is a crash; one that is ignored is an IV used twice. */
static void
test_parameters(void)
{
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
	prepare(CKG_NO_GENERATE, 12, 0);
	CU_ASSERT_EQUAL(C_EncryptMessage(kit.session, NULL, 0, aad, 1, plain, 1, out, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_EncryptMessage(kit.session, &params, sizeof(params) - 1, aad, 1, plain, 1, out, &len),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_EncryptMessage(kit.session, &params, sizeof(params), aad, 1, NULL, 1, out, &len),
		CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_EncryptMessage(kit.session, &params, sizeof(params), aad, 1, plain, 1, out, NULL),
		CKR_ARGUMENTS_BAD);
	params.pIv = NULL;
	CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
	prepare(CKG_NO_GENERATE, 0, 0);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
	prepare(CKG_NO_GENERATE, 129, 0);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
	prepare(CKG_NO_GENERATE, 12, 0);
	params.pTag = NULL;
	CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
	prepare(CKG_NO_GENERATE, 12, 0);
	params.ulTagBits = 24;
	CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
	prepare(CKG_GENERATE_COUNTER_XOR + 1, 12, 0);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
	prepare(CKG_GENERATE_COUNTER, 12, 96);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
	prepare(CKG_GENERATE_RANDOM, 12, 65);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_MessageEncryptFinal(kit.session), CKR_OK);
}

/* A message that nobody else can open, or one that opens after somebody changed it. */
static void
test_one_shot(void)
{
	const struct secret secret = { key_value, sizeof(key_value) };
	CK_GCM_PARAMS plain_gcm = { iv, 12, 96, aad, sizeof(aad), 128 };
	CK_MECHANISM mechanism = { CKM_AES_GCM, &plain_gcm, sizeof(plain_gcm) };
	CK_BYTE out[64], whole[80], opened[64];
	const CK_BYTE none[64] = { 0 };
	CK_ULONG len, whole_len = sizeof(whole);

	prepare(CKG_NO_GENERATE, 12, 0);
	CU_ASSERT_EQUAL(cipher_once(&mechanism, &secret, true, plain, sizeof(plain), whole, &whole_len), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageDecryptInit(kit.session, &gcm, key), CKR_OK);
	CU_ASSERT_EQUAL(seal(NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, sizeof(plain));
	len--;
	CU_ASSERT_EQUAL(seal(out, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_OK);
	CU_ASSERT(memcmp(out, whole, 64) == 0 && memcmp(tag, whole + 64, 16) == 0);
	CU_ASSERT_EQUAL(open_it(out, len, NULL, &len), CKR_OK);
	CU_ASSERT_EQUAL(open_it(out, len, opened, &len), CKR_OK);
	CU_ASSERT(len == sizeof(plain) && memcmp(opened, plain, len) == 0);
	tag[15] ^= 1;
	memset(opened, 0, sizeof(opened));
	CU_ASSERT_EQUAL(open_it(out, len, opened, &len), CKR_AEAD_DECRYPT_FAILED);
	CU_ASSERT_EQUAL(memcmp(opened, none, sizeof(opened)), 0);
	tag[15] ^= 1;
	len = sizeof(plain);
	CU_ASSERT_EQUAL(open_it(out, len, out, &len), CKR_OK); /* in place, and the error ended nothing */
	CU_ASSERT_EQUAL(memcmp(out, plain, len), 0);
	len = sizeof(out);
	params.ulTagBits = 96;
	CU_ASSERT_EQUAL(C_EncryptMessage(kit.session, &params, sizeof(params), aad, 1, NULL, 0, out, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_EQUAL(C_DecryptMessage(kit.session, &params, sizeof(params), aad, 1, NULL, 0, out, &len), CKR_OK);
	CU_ASSERT_EQUAL(C_DecryptMessage(kit.session, &params, sizeof(params), aad, 2, NULL, 0, out, &len),
		CKR_AEAD_DECRYPT_FAILED);
	CU_ASSERT_EQUAL(C_MessageEncryptFinal(kit.session), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageDecryptFinal(kit.session), CKR_OK);
}

/* Two messages under one IV give away both texts and the means to forge a third. */
static void
test_generators(void)
{
	static const CK_GENERATOR_FUNCTION all[] = { CKG_GENERATE, CKG_GENERATE_COUNTER, CKG_GENERATE_RANDOM,
		CKG_GENERATE_COUNTER_XOR };
	CK_BYTE seen[200][16], out[64];
	CK_ULONG len, fixed, i, j, n, bit;
	size_t g;

	for (g = 0; g < 4; g++)
		for (fixed = 0; fixed <= 64; fixed += 13) {
			CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
			prepare(all[g], 12, fixed);
			for (n = 0; n < 200; n++) {
				len = sizeof(out);
				if (seal(out, &len) != CKR_OK)
					break;
				memcpy(seen[n], iv, 12);
			}
			/* 83 and 96 random bits are good for more; 31 are below what is allowed. */
			CU_ASSERT(n == 200 || (all[g] == CKG_GENERATE_RANDOM && n > 0));
			for (i = 0; i < n; i++) {
				for (bit = 0; bit < fixed; bit++)
					CU_ASSERT_EQUAL(seen[i][bit / 8] >> (7 - bit % 8) & 1,
						0xa5 >> (7 - bit % 8) & 1);
				for (j = 0; j < i; j++)
					CU_ASSERT_NOT_EQUAL(memcmp(seen[i], seen[j], 12), 0);
			}
			/* The way of making them cannot be changed under way. */
			prepare(all[g], 12, fixed + 1);
			len = sizeof(out);
			CU_ASSERT_EQUAL(seal(out, &len), CKR_ARGUMENTS_BAD);
			CU_ASSERT_EQUAL(C_MessageEncryptFinal(kit.session), CKR_OK);
		}
}

/* A counter that comes round repeats its IVs. */
static void
test_exhausted(void)
{
	CK_BYTE out[64];
	CK_ULONG len, n;

	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
	prepare(CKG_GENERATE_COUNTER, 12, 93);
	for (n = 0; n < 8; n++) {
		len = sizeof(out);
		CU_ASSERT_EQUAL(seal(out, &len), CKR_OK);
		CU_ASSERT_EQUAL(iv[11], (0xa5 & ~7) + n);
	}
	CU_ASSERT_EQUAL(seal(out, &len), CKR_DATA_LEN_RANGE);
	CU_ASSERT_EQUAL(C_MessageEncryptFinal(kit.session), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
	prepare(CKG_GENERATE_RANDOM, 12, 64);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_OK);
	CU_ASSERT_EQUAL(seal(out, &len), CKR_DATA_LEN_RANGE);
	CU_ASSERT_EQUAL(C_MessageEncryptFinal(kit.session), CKR_OK);
	/* The XOR of TLS 1.3 and HPKE: the first message's IV stays the base. */
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
	prepare(CKG_GENERATE_COUNTER_XOR, 12, 32);
	for (n = 0; n < 8; n++) {
		len = sizeof(out);
		CU_ASSERT_EQUAL(seal(out, &len), CKR_OK);
		CU_ASSERT_EQUAL(iv[11], 0xa5 ^ n);
	}
	CU_ASSERT_EQUAL(C_MessageEncryptFinal(kit.session), CKR_OK);
}

/* Parts that make another message than the whole; plaintext that leaves before its tag was checked. */
static void
test_parts(void)
{
	CK_BYTE whole[64], out[64], opened[64], whole_tag[16];
	CK_ULONG len = sizeof(whole), made = 0, at, got;
	const CK_ULONG end = CKF_END_OF_MESSAGE;

	prepare(CKG_NO_GENERATE, 12, 0);
	CU_ASSERT_EQUAL(C_MessageEncryptInit(kit.session, &gcm, key), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageDecryptInit(kit.session, &gcm, key), CKR_OK);
	CU_ASSERT_EQUAL(seal(whole, &len), CKR_OK);
	memcpy(whole_tag, tag, 16);
	memset(tag, 0, 16);
	CU_ASSERT_EQUAL(C_EncryptMessageBegin(kit.session, &params, sizeof(params), aad, sizeof(aad)), CKR_OK);
	for (at = 0; at < 60; at += 20) {
		CU_ASSERT_EQUAL(C_EncryptMessageNext(kit.session, &params, sizeof(params), plain + at, 20, NULL, &got,
					0),
			CKR_OK);
		CU_ASSERT_EQUAL(got, 20);
		got = 19;
		CU_ASSERT_EQUAL(C_EncryptMessageNext(kit.session, &params, sizeof(params), plain + at, 20, out + made,
					&got, 0),
			CKR_BUFFER_TOO_SMALL);
		CU_ASSERT_EQUAL(C_EncryptMessageNext(kit.session, &params, sizeof(params), plain + at, 20, out + made,
					&got, 0),
			CKR_OK);
		made += got;
	}
	got = 4;
	CU_ASSERT_EQUAL(C_EncryptMessageNext(kit.session, &params, sizeof(params), plain + at, 4, out + made, &got,
				end),
		CKR_OK);
	CU_ASSERT(memcmp(out, whole, 64) == 0 && memcmp(tag, whole_tag, 16) == 0);

	CU_ASSERT_EQUAL(C_DecryptMessageBegin(kit.session, &params, sizeof(params), aad, sizeof(aad)), CKR_OK);
	got = sizeof(opened);
	CU_ASSERT_EQUAL(C_DecryptMessageNext(kit.session, &params, sizeof(params), whole, 33, opened, &got, 0), CKR_OK);
	CU_ASSERT_EQUAL(got, 0);
	got = 31;
	CU_ASSERT_EQUAL(C_DecryptMessageNext(kit.session, &params, sizeof(params), whole + 33, 31, opened, &got, end),
		CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(got, 64);
	CU_ASSERT_EQUAL(C_DecryptMessageNext(kit.session, &params, sizeof(params), whole + 33, 31, opened, &got, end),
		CKR_OK);
	CU_ASSERT(got == 64 && memcmp(opened, plain, 64) == 0);
	tag[0] ^= 1;
	CU_ASSERT_EQUAL(C_DecryptMessageBegin(kit.session, &params, sizeof(params), aad, sizeof(aad)), CKR_OK);
	CU_ASSERT_EQUAL(C_DecryptMessageNext(kit.session, &params, sizeof(params), whole, 64, opened, &got, end),
		CKR_AEAD_DECRYPT_FAILED);
	CU_ASSERT_EQUAL(C_DecryptMessageNext(kit.session, &params, sizeof(params), whole, 64, opened, &got, end),
		CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_MessageEncryptFinal(kit.session), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageDecryptFinal(kit.session), CKR_OK);
}

/* A signature over another text than the message, or messages that end with the first. */
static void
test_signatures(void)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA_SHA256, NULL, 0 }, raw = { CKM_ECDSA, NULL, 0 }, bad = { CKM_ECDSA, iv, 3 };
	CK_OBJECT_HANDLE public_key = 0;
	const CK_OBJECT_HANDLE private_key = holder_kit_pair(&kit, false, NULL, &public_key);
	CK_BYTE sig[64], digest[32] = { 1 };
	CK_ULONG len = sizeof(sig), i;

	CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, plain, 5, sig, &len), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_MessageSignInit(kit.session, &bad, private_key), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(C_MessageSignInit(kit.session, &ecdsa, public_key), CKR_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(C_MessageSignInit(kit.session, &ecdsa, private_key), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageVerifyInit(kit.session, &ecdsa, public_key), CKR_OK);
	for (i = 1; i < 4; i++) {
		CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, plain, i, NULL, &len), CKR_OK);
		CU_ASSERT_EQUAL(len, 64);
		len = 63;
		CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, plain, i, sig, &len), CKR_BUFFER_TOO_SMALL);
		CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, plain, i, sig, &len), CKR_OK);
		CU_ASSERT_EQUAL(C_VerifyMessage(kit.session, NULL, 0, plain, i, sig, len), CKR_OK);
		CU_ASSERT_EQUAL(C_VerifyMessage(kit.session, NULL, 0, plain, i + 1, sig, len), CKR_SIGNATURE_INVALID);
		CU_ASSERT_EQUAL(C_VerifyMessage(kit.session, NULL, 0, plain, i, sig, 63), CKR_SIGNATURE_LEN_RANGE);
	}
	CU_ASSERT_EQUAL(C_SignMessage(kit.session, iv, 3, plain, 3, sig, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(C_SignMessageNext(kit.session, NULL, 0, plain, 3, NULL, NULL), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_SignMessageBegin(kit.session, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, plain, 3, sig, &len), CKR_OPERATION_ACTIVE);
	CU_ASSERT_EQUAL(C_SignMessageNext(kit.session, NULL, 0, plain, 10, NULL, NULL), CKR_OK);
	CU_ASSERT_EQUAL(C_SignMessageNext(kit.session, NULL, 0, plain + 10, 10, NULL, &len), CKR_OK);
	len--;
	CU_ASSERT_EQUAL(C_SignMessageNext(kit.session, NULL, 0, plain + 10, 10, sig, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(C_SignMessageNext(kit.session, NULL, 0, plain + 10, 10, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(C_SignMessageNext(kit.session, NULL, 0, plain, 3, NULL, NULL), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_VerifyMessage(kit.session, NULL, 0, plain, 20, sig, len), CKR_OK);
	CU_ASSERT_EQUAL(C_VerifyMessageBegin(kit.session, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(C_VerifyMessageNext(kit.session, NULL, 0, plain, 7, NULL, 0), CKR_OK);
	CU_ASSERT_EQUAL(C_VerifyMessageNext(kit.session, NULL, 0, plain + 7, 13, sig, len), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageSignFinal(kit.session), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageVerifyFinal(kit.session), CKR_OK);
	CU_ASSERT_EQUAL(C_MessageSignFinal(kit.session), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_MessageSignInit(kit.session, &raw, private_key), CKR_OK);
	CU_ASSERT_EQUAL(C_SignMessageBegin(kit.session, NULL, 0), CKR_OPERATION_NOT_INITIALIZED);
	CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, digest, 32, sig, &len), CKR_OK);
	CU_ASSERT_EQUAL(C_SessionCancel(kit.session, CKF_MESSAGE_SIGN), CKR_OK);
	CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, digest, 32, sig, &len), CKR_OPERATION_NOT_INITIALIZED);
}

/* One PIN entry that signs a whole row of messages with a key that asks for one each time. */
static void
test_always_authenticate(void)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
	const CK_OBJECT_HANDLE holder = holder_kit_pair(&kit, true, NULL, NULL);
	CK_BYTE sig[64], digest[32] = { 1 };
	CK_ULONG len = sizeof(sig);
	int i;

	CU_ASSERT_EQUAL(C_MessageSignInit(kit.session, &ecdsa, holder), CKR_OK);
	CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, digest, 32, sig, &len), CKR_USER_NOT_LOGGED_IN);
	for (i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(holder_kit_authorise(&kit, kit.session), CKR_OK);
		CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, digest, 32, NULL, &len), CKR_OK);
		CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, digest, 32, sig, &len), CKR_OK);
		CU_ASSERT_EQUAL(C_SignMessage(kit.session, NULL, 0, digest, 32, sig, &len), CKR_USER_NOT_LOGGED_IN);
	}
	CU_ASSERT_EQUAL(C_MessageSignFinal(kit.session), CKR_OK);
}

/* Flags promise what the functions do. */
static void
test_flags(void)
{
	const CK_FLAGS crypt = CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT, sign = CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY;
	CK_MECHANISM_INFO info;

	CU_ASSERT_EQUAL(kit.p11->C_GetMechanismInfo(kit.slot, CKM_AES_GCM, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.flags & (crypt | sign | CKF_MULTI_MESSAGE), crypt | CKF_MULTI_MESSAGE);
	CU_ASSERT(info.ulMinKeySize == 16 && info.ulMaxKeySize == 32);
	CU_ASSERT_EQUAL(kit.p11->C_GetMechanismInfo(kit.slot, CKM_ECDSA, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.flags & (crypt | sign | CKF_MULTI_MESSAGE), sign);
	CU_ASSERT_EQUAL(kit.p11->C_GetMechanismInfo(kit.slot, CKM_MDOC_DEVICE_SIGN, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.flags & (crypt | sign | CKF_MULTI_MESSAGE), 0);
	CU_ASSERT_EQUAL(kit.p11->C_GetMechanismInfo(kit.slot, CKM_AES_CBC, &info), CKR_OK);
	CU_ASSERT_EQUAL(info.flags & (crypt | sign | CKF_MULTI_MESSAGE), 0);
}

static CU_TestInfo tests[] = {
	{ "order of calls", test_order },
	{ "parameters", test_parameters },
	{ "a message at once", test_one_shot },
	{ "generated IVs", test_generators },
	{ "counters that end", test_exhausted },
	{ "a message in parts", test_parts },
	{ "signatures", test_signatures },
	{ "one PIN, one message", test_always_authenticate },
	{ "flags", test_flags },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_message = { "messages", set_up, tear_down, NULL, NULL, tests };
