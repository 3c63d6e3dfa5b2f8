/*
 * tests/unit/test_mech_cipher.c: AES modes: published vectors, lengths, hostile parameters.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "module/pkcs11/mechanisms/cipher.h"
#include "pkcs11-3.h"
#include "tests/unit/cipher_kit.h"
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

static CK_ULONG
hex(const char *text, CK_BYTE *out)
{
	CK_ULONG n = 0;
	unsigned byte;

	for (; *text != '\0'; text += 2, n++) {
		(void)sscanf(text, "%2x", &byte);
		out[n] = (CK_BYTE)byte;
	}
	return n;
}

#define TEXT_38A \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51" \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define KEY_38A "2b7e151628aed2a6abf7158809cf4f3c"
#define TEXT_GCM \
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72" \
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
#define KEY_GCM "feffe9928665731c6d6a8f9467308308"
#define AAD_GCM "feedfacedeadbeeffeedfacedeadbeefabaddad2"

static const struct {
	CK_MECHANISM_TYPE type;
	const char *key, *iv, *aad, *plain, *sealed;
} vectors[] = {
	/* SP 800-38A F.1.1, F.2.1, F.5.1 */
	{ CKM_AES_ECB, KEY_38A, "", "", TEXT_38A,
		"3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf"
		"43b1cd7f598ece23881b00e3ed0306887b0c785e27e8ad3f8223207104725dd4" },
	{ CKM_AES_CBC, KEY_38A, "000102030405060708090a0b0c0d0e0f", "", TEXT_38A,
		"7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
		"73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7" },
	{ CKM_AES_CTR, KEY_38A, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", "", TEXT_38A,
		"874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
		"5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee" },
	/* RFC 3602 section 4, case 1 */
	{ CKM_AES_CBC, "06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41", "",
		"53696e676c6520626c6f636b206d7367", "e353779c1079aeb82708942dbe77181a" },
	/* The submission of GCM to NIST, cases 4, 5 and 6 (IV of 12, 8 and 60 bytes) */
	{ CKM_AES_GCM, KEY_GCM, "cafebabefacedbaddecaf888", AAD_GCM, TEXT_GCM,
		"42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		"21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47" },
	{ CKM_AES_GCM, KEY_GCM, "cafebabefacedbad", AAD_GCM, TEXT_GCM,
		"61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c7423"
		"73806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f45983612d2e79e3b0785561be14aaca2fccb" },
	{ CKM_AES_GCM, KEY_GCM,
		"9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728"
		"c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b",
		AAD_GCM, TEXT_GCM,
		"8ce24998625615b603a033aca13fb894be9112a5c3a211a8ba262a3cca7e2ca7"
		"01e4a9a4fba43c90ccdcb281d48c7c6fd62875d2aca417034c34aee5619cc5aefffe0bfa462af43c1699d050" },
	/* case 1: nothing but a tag */
	{ CKM_AES_GCM, "00000000000000000000000000000000", "000000000000000000000000", "", "",
		"58e2fccefa7e3061367f1d57a4e7455a" },
	/* RFC 3394 sections 4.1, 4.3 and 4.6 */
	{ CKM_AES_KEY_WRAP, "000102030405060708090a0b0c0d0e0f", "", "", "00112233445566778899aabbccddeeff",
		"1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5" },
	{ CKM_AES_KEY_WRAP, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "", "",
		"00112233445566778899aabbccddeeff", "64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7" },
	{ CKM_AES_KEY_WRAP, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "a6a6a6a6a6a6a6a6", "",
		"00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
		"28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21" },
	/* RFC 5649 section 6 */
	{ CKM_AES_KEY_WRAP_KWP, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "", "",
		"c37b7e6492584340bed12207808941155068f738",
		"138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
	{ CKM_AES_KEY_WRAP_KWP, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8", "a65959a6", "", "466f7250617369",
		"afbeb0f07dfbf5419200f2ccb50bb24f" },
};

/* One-shot through C_*, into `out` of 256 bytes. */
static CK_RV
crypt(bool encrypt, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *in, CK_ULONG len, CK_BYTE *out,
	CK_ULONG *out_len)
{
	CK_RV rv = encrypt ? kit.p11->C_EncryptInit(kit.session, mechanism, key)
			   : kit.p11->C_DecryptInit(kit.session, mechanism, key);

	*out_len = 256;
	if (rv != CKR_OK)
		return rv;
	return encrypt ? kit.p11->C_Encrypt(kit.session, in, len, out, out_len)
		       : kit.p11->C_Decrypt(kit.session, in, len, out, out_len);
}

/* A mode that differs from everybody else's opens nothing that they sealed. */
static void
test_vectors(void)
{
	CK_BYTE key[32], plain[256], sealed[256], out[256];
	CK_ULONG key_len, plain_len, sealed_len, len;
	struct cipher_setup setup;
	CK_OBJECT_HANDLE handle;
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		CK_ULONG iv_size = hex(vectors[i].iv, setup.iv);

		key_len = hex(vectors[i].key, key);
		plain_len = hex(vectors[i].plain, plain);
		sealed_len = hex(vectors[i].sealed, sealed);
		cipher_setup(&setup, vectors[i].type, iv_size, hex(vectors[i].aad, setup.aad));
		handle = cipher_key(&kit, key, key_len);
		CU_ASSERT_EQUAL(crypt(true, &setup.mechanism, handle, plain, plain_len, out, &len), CKR_OK);
		CU_ASSERT(len == sealed_len && memcmp(out, sealed, len) == 0);
		CU_ASSERT_EQUAL(crypt(false, &setup.mechanism, handle, sealed, sealed_len, out, &len), CKR_OK);
		CU_ASSERT(len == plain_len && memcmp(out, plain, len) == 0);
		memcpy(out, plain, plain_len); /* in place */
		CU_ASSERT_EQUAL(crypt(true, &setup.mechanism, handle, out, plain_len, out, &len), CKR_OK);
		CU_ASSERT(len == sealed_len && memcmp(out, sealed, len) == 0);
		CU_ASSERT_EQUAL(crypt(false, &setup.mechanism, handle, out, sealed_len, out, &len), CKR_OK);
		CU_ASSERT(len == plain_len && memcmp(out, plain, len) == 0);
	}
}

static CK_RV
init_with(CK_MECHANISM_TYPE type, void *parameter, CK_ULONG len, CK_OBJECT_HANDLE key)
{
	CK_MECHANISM mechanism = { type, parameter, len };
	CK_RV rv = kit.p11->C_EncryptInit(kit.session, &mechanism, key);

	if (rv == CKR_OK)
		(void)kit.p11->C_EncryptInit(kit.session, NULL, key);
	return rv;
}

/* A parameter that is read where it is not is a crash; one that is ignored is a nonce used twice. */
static void
test_parameters(void)
{
	static const CK_MECHANISM_TYPE with_iv[] = { CKM_AES_CBC, CKM_AES_CBC_PAD };
	CK_BYTE bytes[256] = { 0 };
	const CK_OBJECT_HANDLE key = cipher_key(&kit, bytes, 16);
	CK_GCM_PARAMS gcm = { bytes, 12, 96, bytes, 4, 128 };
	CK_AES_CTR_PARAMS ctr = { 0, { 0 } };
	struct {
		void *iv;
		CK_ULONG iv_size;
		void *aad;
		CK_ULONG aad_size, tag;
	} old = { bytes, 12, NULL, 0, 96 };
	CK_ULONG i;

	CU_ASSERT_EQUAL(init_with(CKM_AES_ECB, bytes, 16, key), CKR_MECHANISM_PARAM_INVALID);
	for (i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(init_with(with_iv[i], NULL, 0, key), CKR_MECHANISM_PARAM_INVALID);
		CU_ASSERT_EQUAL(init_with(with_iv[i], NULL, 16, key), CKR_MECHANISM_PARAM_INVALID);
		CU_ASSERT_EQUAL(init_with(with_iv[i], bytes, 12, key), CKR_MECHANISM_PARAM_INVALID);
		CU_ASSERT_EQUAL(init_with(with_iv[i], bytes, 16, key), CKR_OK);
	}
	CU_ASSERT_EQUAL(init_with(CKM_AES_KEY_WRAP, bytes, 4, key), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(init_with(CKM_AES_KEY_WRAP_KWP, bytes, 8, key), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(init_with(CKM_AES_CTR, &ctr, sizeof(ctr), key), CKR_MECHANISM_PARAM_INVALID);
	ctr.ulCounterBits = 129;
	CU_ASSERT_EQUAL(init_with(CKM_AES_CTR, &ctr, sizeof(ctr), key), CKR_MECHANISM_PARAM_INVALID);
	ctr.ulCounterBits = 128;
	CU_ASSERT_EQUAL(init_with(CKM_AES_CTR, &ctr, sizeof(ctr) - 1, key), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(init_with(CKM_AES_CTR, NULL, 0, key), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(init_with(CKM_AES_CTR, &ctr, sizeof(ctr), key), CKR_OK);
	CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, &gcm, sizeof(gcm), key), CKR_OK);
	CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, &old, sizeof(old), key), CKR_OK);
	CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, &gcm, 12, key), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, NULL, 0, key), CKR_MECHANISM_PARAM_INVALID);
	for (i = 0; i <= 136; i++) {
		gcm.ulTagBits = i;
		CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, &gcm, sizeof(gcm), key),
			i >= 32 && i <= 128 && i % 8 == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID);
	}
	gcm.ulTagBits = 128;
	for (i = 0; i < 200; i++) {
		gcm.ulIvLen = i;
		CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, &gcm, sizeof(gcm), key),
			i >= 1 && i <= 128 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID);
	}
	gcm = (CK_GCM_PARAMS){ NULL, 12, 96, bytes, 4, 128 };
	CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, &gcm, sizeof(gcm), key), CKR_MECHANISM_PARAM_INVALID);
	gcm = (CK_GCM_PARAMS){ bytes, 12, 96, bytes, (CK_ULONG)1 << 32, 128 };
	CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, &gcm, sizeof(gcm), key), CKR_MECHANISM_PARAM_INVALID);
	gcm = (CK_GCM_PARAMS){ bytes, 12, 96, NULL, 4, 128 };
	CU_ASSERT_EQUAL(init_with(CKM_AES_GCM, &gcm, sizeof(gcm), key), CKR_MECHANISM_PARAM_INVALID);
}

/* A counter that comes round encrypts two blocks with the same stream. */
static void
test_counter_wraps(void)
{
	static const struct {
		CK_ULONG bits;
		CK_BYTE last, before; /* bytes of the counter block */
		CK_ULONG blocks;      /* that it is good for */
	} cases[] = { { 1, 0, 0, 2 }, { 1, 1, 0, 1 }, { 2, 0xfd, 0xff, 3 }, { 8, 0xfe, 0, 2 }, { 9, 0xff, 1, 1 },
		{ 12, 0xfe, 0x8f, 2 }, { 16, 0xff, 0xff, 1 } };
	CK_BYTE key[16] = { 1 }, in[64] = { 0 }, out[64];
	const struct secret secret = { key, sizeof(key) };
	CK_AES_CTR_PARAMS ctr = { 0, { 0 } };
	CK_MECHANISM mechanism = { CKM_AES_CTR, &ctr, sizeof(ctr) };
	CK_ULONG len;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ctr.ulCounterBits = cases[i].bits;
		ctr.cb[15] = cases[i].last;
		ctr.cb[14] = cases[i].before;
		len = sizeof(out);
		CU_ASSERT_EQUAL(cipher_once(&mechanism, &secret, true, in, 16 * cases[i].blocks, out, &len), CKR_OK);
		CU_ASSERT_EQUAL(cipher_once(&mechanism, &secret, true, in, 16 * cases[i].blocks + 1, out, &len),
			CKR_DATA_LEN_RANGE);
		CU_ASSERT_EQUAL(cipher_once(&mechanism, &secret, false, in, 16 * cases[i].blocks + 1, out, &len),
			CKR_ENCRYPTED_DATA_LEN_RANGE);
	}
	memset(ctr.cb, 0xff, sizeof(ctr.cb));
	ctr.ulCounterBits = 128;
	CU_ASSERT_EQUAL(cipher_once(&mechanism, &secret, true, in, 17, out, &len), CKR_DATA_LEN_RANGE);
	ctr.cb[0] = 0;
	len = sizeof(out);
	CU_ASSERT_EQUAL(cipher_once(&mechanism, &secret, true, in, 64, out, &len), CKR_OK);
}

/* A caller that gives exactly the room that he was told must get his data; one byte less must cost nothing. */
static void
test_lengths(void)
{
	CK_BYTE key[32] = { 7 }, plain[80], sealed[128], opened[128];
	const struct secret secret = { key, sizeof(key) };
	CK_ULONG len, want, sealed_len;
	struct cipher_setup setup = { .iv = { 3 } };
	size_t i, n;

	for (n = 0; n < sizeof(plain); n++)
		plain[n] = (CK_BYTE)n;
	for (i = 0; i < CIPHER_MODES; i++)
		for (n = 0; n < sizeof(plain); n++) {
			cipher_setup(&setup, cipher_modes[i], cipher_iv_size(cipher_modes[i]), 5);
			if (!cipher_takes(cipher_modes[i], n)) {
				CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, true, plain, n, NULL, &len),
					CKR_DATA_LEN_RANGE);
				continue;
			}
			CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, true, plain, n, NULL, &want), CKR_OK);
			len = want - 1;
			if (want > 0)
				CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, true, plain, n, sealed, &len),
					CKR_BUFFER_TOO_SMALL);
			len = want;
			CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, true, plain, n, sealed, &len), CKR_OK);
			CU_ASSERT_EQUAL(len, want);
			sealed_len = len;
			CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, false, sealed, sealed_len, NULL, &len),
				CKR_OK);
			CU_ASSERT_EQUAL(len, n);
			memset(opened, 0xaa, sizeof(opened));
			CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, false, sealed, sealed_len, opened, &len),
				CKR_OK);
			CU_ASSERT(len == n && memcmp(opened, plain, n) == 0 && opened[n] == 0xaa);
		}
}

/* Whoever changes a sealed text on its way must not have it taken for the sender's. */
static void
test_altered(void)
{
	static const CK_MECHANISM_TYPE sealing[] = { CKM_AES_GCM, CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_KWP };
	CK_BYTE key[16] = { 9 }, plain[24] = { 1 }, sealed[64], out[64];
	const CK_BYTE zeros[64] = { 0 };
	const struct secret secret = { key, sizeof(key) };
	struct cipher_setup setup = { .iv = { 3 } };
	CK_ULONG len, sealed_len, bit;
	size_t i;

	for (i = 0; i < 3; i++) {
		cipher_setup(&setup, sealing[i], i == 0 ? 12 : 0, 5);
		sealed_len = sizeof(sealed);
		CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, true, plain, 24, sealed, &sealed_len), CKR_OK);
		for (bit = 0; bit < sealed_len * 8; bit++) {
			sealed[bit / 8] ^= (CK_BYTE)(1u << bit % 8);
			memset(out, 0, sizeof(out));
			len = sizeof(out);
			CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, false, sealed, sealed_len, out, &len),
				CKR_ENCRYPTED_DATA_INVALID);
			CU_ASSERT_EQUAL(memcmp(out, zeros, sizeof(out)), 0);
			sealed[bit / 8] ^= (CK_BYTE)(1u << bit % 8);
		}
		len = sizeof(out);
		CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &secret, false, sealed, 7, out, &len),
			CKR_ENCRYPTED_DATA_LEN_RANGE);
	}
}

/* Every last byte and length of padding: the good ones are opened, all others get one and the same answer. */
static void
test_padding(void)
{
	CK_BYTE key[16] = { 9 }, block[16], sealed[16], out[16];
	const struct secret secret = { key, sizeof(key) };
	CK_BYTE iv[16] = { 0 };
	CK_MECHANISM pad = { CKM_AES_CBC_PAD, iv, sizeof(iv) }, plain = { CKM_AES_CBC, iv, sizeof(iv) };
	CK_ULONG len, value, wrong;

	for (value = 0; value < 256; value++)
		for (wrong = 0; wrong <= 16; wrong++) {
			const bool good = value >= 1 && value <= 16 && (wrong == 16 || wrong < 16 - value);

			memset(block, (int)value, sizeof(block));
			if (wrong < 15)
				block[wrong] ^= 0x80;
			else if (wrong == 15)
				continue;
			len = sizeof(sealed);
			CU_ASSERT_EQUAL(cipher_once(&plain, &secret, true, block, 16, sealed, &len), CKR_OK);
			len = sizeof(out);
			CU_ASSERT_EQUAL(cipher_once(&pad, &secret, false, sealed, 16, out, &len),
				good ? CKR_OK : CKR_ENCRYPTED_DATA_INVALID);
			if (good)
				CU_ASSERT_EQUAL(len, 16 - value);
		}
	len = sizeof(out);
	CU_ASSERT_EQUAL(cipher_once(&pad, &secret, false, sealed, 0, out, &len), CKR_ENCRYPTED_DATA_LEN_RANGE);
	CU_ASSERT_EQUAL(cipher_once(&pad, &secret, false, sealed, 15, out, &len), CKR_ENCRYPTED_DATA_LEN_RANGE);
}

/* OpenSSL by itself, padding and all; a tag follows the text. */
static CK_ULONG
by_openssl(const char *name, const CK_BYTE *key, const CK_BYTE *iv, const CK_BYTE *in, CK_ULONG len, bool pad, bool tag,
	CK_BYTE *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	int n = 0, rest = 0;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	CU_ASSERT_EQUAL(EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL), 1);
	EVP_CIPHER_CTX_set_padding(ctx, pad ? 1 : 0);
	CU_ASSERT_EQUAL(EVP_EncryptUpdate(ctx, out, &n, in, (int)len), 1);
	CU_ASSERT_EQUAL(EVP_EncryptFinal_ex(ctx, out + n, &rest), 1);
	if (tag)
		CU_ASSERT_EQUAL(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + n + rest), 1);
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(ctx);
	return (CK_ULONG)(n + rest) + (tag ? 16 : 0);
}

/* Every mode, key size and length as the library does it that everybody else uses. */
static void
test_openssl(void)
{
	static const char *const names[CIPHER_MODES] = { "ECB", "CBC", "CBC", "CTR", "GCM", "WRAP", "WRAP-PAD" };
	CK_BYTE key[32], in[200], out[256], wanted[256];
	struct cipher_setup setup;
	CK_ULONG key_len, n, len, wanted_len;
	char name[32];
	size_t i;

	for (i = 0; i < CIPHER_MODES; i++)
		for (key_len = 16; key_len <= 32; key_len += 8)
			for (n = 1; n < sizeof(in); n += 1 + n / 8) {
				const bool is_gcm = cipher_modes[i] == CKM_AES_GCM;
				const CK_ULONG iv_size = is_gcm ? 12 : cipher_iv_size(cipher_modes[i]);

				if (!cipher_takes(cipher_modes[i], n))
					continue;
				CU_ASSERT(RAND_bytes(key, 32) == 1 && RAND_bytes(in, sizeof(in)) == 1 &&
					RAND_bytes(setup.iv, 16) == 1);
				cipher_setup(&setup, cipher_modes[i], iv_size, 0);
				(void)snprintf(name, sizeof(name), "AES-%lu-%s", key_len * 8, names[i]);
				wanted_len = by_openssl(name, key, iv_size == 0 ? NULL : setup.iv, in, n,
					cipher_modes[i] == CKM_AES_CBC_PAD, is_gcm, wanted);
				len = sizeof(out);
				CU_ASSERT_EQUAL(cipher_once(&setup.mechanism, &(struct secret){ key, key_len }, true,
							in, n, out, &len),
					CKR_OK);
				CU_ASSERT(len == wanted_len && memcmp(out, wanted, len) == 0);
			}
}

static CU_TestInfo tests[] = {
	{ "published vectors", test_vectors },
	{ "parameters", test_parameters },
	{ "a counter's width", test_counter_wraps },
	{ "lengths", test_lengths },
	{ "altered texts", test_altered },
	{ "padding", test_padding },
	{ "as OpenSSL does it", test_openssl },
	CU_TEST_INFO_NULL,
};

CU_SuiteInfo suite_mech_cipher = { "AES", set_up, tear_down, NULL, NULL, tests };
