/*
 * tests/unit/test_module_curves.c: keys on every curve: made here and checked by OpenSSL, made there and used here,
 * and the published vectors of RFC 8032 and RFC 7748.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"

static CK_BBOOL yes = CK_TRUE;
static CK_SESSION_HANDLE session;

static const struct curve {
	const char *group; /* OpenSSL's */
	const char *params;
	CK_ULONG size;
} curves[] = {
	{ "P-256", "06082a8648ce3d030107", 32 },
	{ "P-384", "06052b81040022", 48 },
	{ "P-521", "06052b81040023", 66 },
	{ "brainpoolP256r1", "06092b2403030208010107", 32 },
	{ "brainpoolP320r1", "06092b2403030208010109", 40 },
	{ "brainpoolP384r1", "06092b240303020801010b", 48 },
	{ "brainpoolP512r1", "06092b240303020801010d", 64 },
};
#define CURVES (sizeof(curves) / sizeof(curves[0]))
#define NIST_CURVES 3

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
	CK_BYTE want[256];

	return unhex(text, want) == len && memcmp(bytes, want, len) == 0;
}

static CK_RV
generate(CK_MECHANISM_TYPE type, const char *params, bool token, CK_OBJECT_HANDLE *pub, CK_OBJECT_HANDLE *priv)
{
	CK_MECHANISM mechanism = { type, NULL, 0 };
	CK_BYTE der[32];
	CK_BBOOL on_token = token ? CK_TRUE : CK_FALSE;
	CK_ATTRIBUTE public_template[] = {
		{ CKA_EC_PARAMS, der, unhex(params, der) },
		{ CKA_TOKEN, &on_token, sizeof(on_token) },
	};
	CK_ATTRIBUTE private_template[] = {
		{ CKA_TOKEN, &on_token, sizeof(on_token) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
	};

	return p11->C_GenerateKeyPair(session, &mechanism, public_template, 2, private_template, 2, pub, priv);
}

static CK_ULONG
get(CK_OBJECT_HANDLE handle, CK_ATTRIBUTE_TYPE type, CK_BYTE *out, CK_ULONG room)
{
	CK_ATTRIBUTE attr = { type, out, room };

	return p11->C_GetAttributeValue(session, handle, &attr, 1) == CKR_OK ? attr.ulValueLen : 0;
}

/* OpenSSL's key of CKA_PUBLIC_KEY_INFO. */
static EVP_PKEY *
public_pkey(CK_OBJECT_HANDLE handle)
{
	CK_BYTE info[256];
	const unsigned char *at = info;
	CK_ULONG len = get(handle, CKA_PUBLIC_KEY_INFO, info, sizeof(info));
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)len);

	CU_ASSERT_PTR_NOT_NULL_FATAL(pkey);
	CU_ASSERT_PTR_EQUAL(at, info + len);
	return pkey;
}

static CK_RV
sign(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const char *data, CK_BYTE *sig, CK_ULONG *len)
{
	CK_RV rv = p11->C_SignInit(session, mechanism, key);

	return rv != CKR_OK ? rv : p11->C_Sign(session, (CK_BYTE *)data, strlen(data), sig, len);
}

static CK_RV
verify(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const char *data, CK_BYTE *sig, CK_ULONG len)
{
	CK_RV rv = p11->C_VerifyInit(session, mechanism, key);

	return rv != CKR_OK ? rv : p11->C_Verify(session, (CK_BYTE *)data, strlen(data), sig, len);
}

static bool
openssl_verifies(EVP_PKEY *pkey, const char *digest, const char *data, const CK_BYTE *sig, CK_ULONG len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	ECDSA_SIG *parsed = ECDSA_SIG_new();
	unsigned char *der = NULL;
	const int half = (int)(len / 2);
	int der_len;
	bool good;

	ECDSA_SIG_set0(parsed, BN_bin2bn(sig, half, NULL), BN_bin2bn(sig + half, half, NULL));
	der_len = i2d_ECDSA_SIG(parsed, &der);
	good = EVP_DigestVerifyInit_ex(ctx, NULL, digest, NULL, NULL, pkey, NULL) == 1 &&
		EVP_DigestVerify(ctx, der, (size_t)der_len, (const unsigned char *)data, strlen(data)) == 1;
	OPENSSL_free(der);
	ECDSA_SIG_free(parsed);
	EVP_MD_CTX_free(ctx);
	return good;
}

static CK_ULONG
openssl_signs(EVP_PKEY *pkey, const char *digest, const char *data, CK_BYTE *sig, CK_ULONG size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[160];
	const unsigned char *at = der;
	size_t len = sizeof(der);
	ECDSA_SIG *parsed;

	CU_ASSERT_EQUAL_FATAL(EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, pkey, NULL), 1);
	CU_ASSERT_EQUAL_FATAL(EVP_DigestSign(ctx, der, &len, (const unsigned char *)data, strlen(data)), 1);
	parsed = d2i_ECDSA_SIG(NULL, &at, (long)len);
	CU_ASSERT_EQUAL(BN_bn2binpad(ECDSA_SIG_get0_r(parsed), sig, (int)size), (int)size);
	CU_ASSERT_EQUAL(BN_bn2binpad(ECDSA_SIG_get0_s(parsed), sig + size, (int)size), (int)size);
	ECDSA_SIG_free(parsed);
	EVP_MD_CTX_free(ctx);
	return 2 * size;
}

/* The point of OpenSSL's key as a public key object here. */
static CK_RV
import_public(CK_KEY_TYPE type, const char *params, CK_BYTE *point, CK_ULONG len, CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_CLASS object_class = CKO_PUBLIC_KEY;
	CK_BYTE der[32];
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_EC_PARAMS, der, unhex(params, der) },
		{ CKA_EC_POINT, point, len },
	};

	return p11->C_CreateObject(session, template, 4, handle);
}

/* Were it otherwise, nobody else could check what was signed here, or we not what others signed. */
static void
ecdsa_with_others(void)
{
	static const struct {
		CK_MECHANISM_TYPE type;
		const char *digest;
	} hashes[] = { { CKM_ECDSA_SHA1, "SHA1" }, { CKM_ECDSA_SHA256, "SHA256" }, { CKM_ECDSA_SHA512, "SHA512" },
		{ CKM_ECDSA_SHA3_224, "SHA3-224" }, { CKM_ECDSA_SHA3_256, "SHA3-256" },
		{ CKM_ECDSA_SHA3_384, "SHA3-384" }, { CKM_ECDSA_SHA3_512, "SHA3-512" } };
	CK_OBJECT_HANDLE pub, priv, theirs;
	CK_BYTE sig[132], point[133];
	CK_ULONG len;
	size_t i, j, point_len;
	EVP_PKEY *pkey;

	session = p11_user(p11_token("curves"));
	for (i = 0; i < (test_can(TEST_BRAINPOOL) ? CURVES : NIST_CURVES); i++) {
		CU_ASSERT_EQUAL_FATAL(generate(CKM_EC_KEY_PAIR_GEN, curves[i].params, i % 2 == 0, &pub, &priv), CKR_OK);
		for (j = 0; j < sizeof(hashes) / sizeof(hashes[0]); j++) {
			CK_MECHANISM mechanism = { hashes[j].type, NULL, 0 };

			len = sizeof(sig);
			CU_ASSERT_EQUAL(sign(&mechanism, priv, "message", sig, &len), CKR_OK);
			CU_ASSERT_EQUAL(len, 2 * curves[i].size);
			pkey = public_pkey(priv);
			CU_ASSERT_TRUE(openssl_verifies(pkey, hashes[j].digest, "message", sig, len));
			CU_ASSERT_FALSE(openssl_verifies(pkey, hashes[j].digest, "another", sig, len));
			EVP_PKEY_free(pkey);
			CU_ASSERT_EQUAL(verify(&mechanism, pub, "message", sig, len), CKR_OK);

			pkey = EVP_EC_gen(curves[i].group);
			CU_ASSERT_EQUAL(EVP_PKEY_get_octet_string_param(pkey, "pub", point, sizeof(point), &point_len),
				1);
			CU_ASSERT_EQUAL_FATAL(import_public(CKK_EC, curves[i].params, point, point_len, &theirs),
				CKR_OK);
			len = openssl_signs(pkey, hashes[j].digest, "message", sig, curves[i].size);
			CU_ASSERT_EQUAL(verify(&mechanism, theirs, "message", sig, len), CKR_OK);
			CU_ASSERT_EQUAL(verify(&mechanism, theirs, "another", sig, len), CKR_SIGNATURE_INVALID);
			EVP_PKEY_free(pkey);
		}
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static CK_RV
import_private(CK_KEY_TYPE type, const char *params, const char *value, CK_ATTRIBUTE extra, CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_CLASS object_class = CKO_PRIVATE_KEY;
	CK_BYTE der[32], bytes[66];
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_EC_PARAMS, der, unhex(params, der) },
		{ CKA_VALUE, bytes, unhex(value, bytes) },
		{ CKA_DERIVE, &yes, sizeof(yes) },
		extra,
	};

	return p11->C_CreateObject(session, template, extra.type == CKA_CLASS ? 5 : 6, handle);
}

static const CK_ATTRIBUTE nothing = { CKA_CLASS, NULL, 0 };

#define ED25519 "06032b6570"
#define ED448 "06032b6571"
#define X25519 "06032b656e"
#define X448 "06032b656f"

static const struct {
	const char *params, *secret, *point, *message, *sig;
} eddsa[] = {
	{ ED25519, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
		"f0"
		"595bbe24655141438e7a100b" },
	{ ED25519, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "\x72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
		"ae"
		"b4302aeeb00d291612bb0c00" },
	{ ED448,
		"6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e75"
		"49"
		"a20098f95b",
		"5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1a"
		"be"
		"afe8256180",
		"",
		"533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59b"
		"d0"
		"a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363"
		"26"
		"8c71d95808ff2e652600" },
	{ ED448,
		"c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda2c463afbea67c5e8d2877c5e3bc397a659949ef8021e"
		"95"
		"4e0a12274e",
		"43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c6798c0866aea01eb00742802b8438ea4cb82169c235160"
		"62"
		"7b4c3a9480",
		"\x03",
		"26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd0087810f4352541b143c4b981b7e18f62de8ccdf633fc1bf0"
		"37"
		"ab7cd779805e0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a6472905e799f1953d2a0ff3348ab21aa4ad"
		"af"
		"d1d234441cf807c03a00" },
};

/* Were it otherwise, Ed25519 and Ed448 were not those of RFC 8032. */
static void
eddsa_vectors(void)
{
	CK_MECHANISM mechanism = { CKM_EDDSA, NULL, 0 };
	CK_OBJECT_HANDLE priv, pub;
	CK_BYTE point[64], sig[114];
	CK_ULONG len;
	size_t i;

	session = p11_user(p11_token("eddsa"));
	for (i = 0; i < sizeof(eddsa) / sizeof(eddsa[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(import_private(CKK_EC_EDWARDS, eddsa[i].params, eddsa[i].secret, nothing, &priv),
			CKR_OK);
		len = get(priv, CKA_EC_POINT, point, sizeof(point));
		CU_ASSERT(len > 2 && point[0] == 0x04 && point[1] == len - 2);
		CU_ASSERT_TRUE(is_hex(point + 2, len - 2, eddsa[i].point));
		CU_ASSERT_EQUAL(import_public(CKK_EC_EDWARDS, eddsa[i].params, point + 2, len - 2, &pub), CKR_OK);
		len = 0;
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, priv), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_Sign(session, NULL, 0, NULL, &len), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_SignInit(session, NULL, 0), CKR_OK);
		CU_ASSERT_EQUAL(sign(&mechanism, priv, eddsa[i].message, sig, &len), CKR_OK);
		CU_ASSERT_TRUE(is_hex(sig, len, eddsa[i].sig));
		CU_ASSERT_EQUAL(verify(&mechanism, pub, eddsa[i].message, sig, len), CKR_OK);
		CU_ASSERT_EQUAL(verify(&mechanism, pub, "forged", sig, len), CKR_SIGNATURE_INVALID);
		CU_ASSERT_EQUAL(verify(&mechanism, pub, eddsa[i].message, sig, len - 1), CKR_SIGNATURE_LEN_RANGE);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a message in parts would be signed otherwise than the whole, or a pre-hash be asked for and not
 * made. */
static void
eddsa_parts(void)
{
	CK_EDDSA_PARAMS params = { CK_FALSE, 0, NULL };
	CK_MECHANISM mechanism = { CKM_EDDSA, &params, sizeof(params) };
	CK_OBJECT_HANDLE pub, priv;
	CK_BYTE whole[64], parts[64], text[3000];
	CK_ULONG len = sizeof(whole);
	size_t i;

	session = p11_user(p11_token("eddsa parts"));
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	CU_ASSERT_EQUAL_FATAL(generate(CKM_EC_EDWARDS_KEY_PAIR_GEN, ED25519, true, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(sign(&mechanism, priv, (char *)text, whole, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, priv), CKR_OK);
	for (i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(p11->C_SignUpdate(session, text, i == 2 ? sizeof(text) - 2001 : 1000), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_SignFinal(session, parts, &len), CKR_OK);
	CU_ASSERT_EQUAL(memcmp(whole, parts, 64), 0);
	CU_ASSERT_EQUAL(p11->C_VerifyInit(session, &mechanism, pub), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifyUpdate(session, text, sizeof(text) - 1), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_VerifyFinal(session, parts, 64), CKR_OK);
	params.phFlag = CK_TRUE;
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, priv), CKR_MECHANISM_PARAM_INVALID);
	params = (CK_EDDSA_PARAMS){ CK_FALSE, 4, text };
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, priv), CKR_MECHANISM_PARAM_INVALID);
	mechanism.ulParameterLen--;
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, priv), CKR_MECHANISM_PARAM_INVALID);
	mechanism = (CK_MECHANISM){ CKM_ECDSA, NULL, 0 };
	CU_ASSERT_EQUAL(p11->C_SignInit(session, &mechanism, priv), CKR_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

static CK_RV
derive(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key, CK_ECDH1_DERIVE_PARAMS params, CK_ULONG want, CK_BYTE *out,
	CK_ULONG *len)
{
	CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
	CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
	CK_MECHANISM mechanism = { type, &params, sizeof(params) };
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &object_class, sizeof(object_class) },
		{ CKA_KEY_TYPE, &generic, sizeof(generic) },
		{ CKA_VALUE_LEN, &want, sizeof(want) },
	};
	CK_OBJECT_HANDLE derived = 0;
	CK_RV rv = p11->C_DeriveKey(session, &mechanism, key, template, want == 0 ? 2 : 3, &derived);

	*len = rv == CKR_OK ? get(derived, CKA_VALUE, out, *len) : 0;
	return rv;
}

static const struct {
	const char *params, *secret, *own, *peer, *shared;
} agreements[] = {
	{ X25519, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
		"8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		"de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		"4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ X448,
		"9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf574a9419744897391006382a6f127ab1d9ac2d8"
		"c0"
		"a598726b",
		"9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bbc836647241d953d40c5b12da88120d53177f80"
		"e5"
		"32c41fa0",
		"3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1"
		"c6"
		"7bf33609",
		"07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56fd2464c335543936521c24403085d59a449a50"
		"37"
		"514a879d" },
};

/* Were it otherwise, both ends would not agree (RFC 7748), or a peer of small order would choose the secret. */
static void
montgomery_vectors(void)
{
	CK_BYTE peer[58] = { 0x04, 56 }, shared[64], point[64];
	CK_ECDH1_DERIVE_PARAMS params = { CKD_NULL, 0, NULL, 0, peer + 2 };
	CK_OBJECT_HANDLE key, pub, priv;
	CK_MECHANISM eddsa_mechanism = { CKM_EDDSA, NULL, 0 };
	CK_ULONG len;
	size_t i;

	session = p11_user(p11_token("montgomery"));
	for (i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(import_private(CKK_EC_MONTGOMERY, agreements[i].params, agreements[i].secret,
					      nothing, &key),
			CKR_OK);
		len = get(key, CKA_EC_POINT, point, sizeof(point));
		CU_ASSERT_TRUE(len > 2 && is_hex(point + 2, len - 2, agreements[i].own));
		params.pPublicData = peer + 2;
		params.ulPublicDataLen = unhex(agreements[i].peer, peer + 2);
		len = sizeof(shared);
		CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, key, params, 0, shared, &len), CKR_OK);
		CU_ASSERT_TRUE(is_hex(shared, len, agreements[i].shared));
		CU_ASSERT_EQUAL(p11->C_SignInit(session, &eddsa_mechanism, key), CKR_KEY_TYPE_INCONSISTENT);
		memset(peer + 2, 0, 56);
		CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, key, params, 0, shared, &len), CKR_MECHANISM_PARAM_INVALID);
		params.ulPublicDataLen--;
		CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, key, params, 0, shared, &len), CKR_MECHANISM_PARAM_INVALID);
	}
	/* The public data in DER, as the other's CKA_EC_POINT has it. */
	CU_ASSERT_EQUAL_FATAL(generate(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, X448, true, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, priv, CKA_SIGN), CK_FALSE);
	params.pPublicData = point;
	params.ulPublicDataLen = get(pub, CKA_EC_POINT, point, sizeof(point));
	len = sizeof(shared);
	CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, key, params, 0, shared, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, 56);
	EVP_PKEY_free(public_pkey(pub));
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a key derived here would not be the one that the other end derives (ANSI X9.63, 5.6.3). */
static void
x963(void)
{
	static const char info[] = "shared info";
	const char *params_of_both = curves[test_can(TEST_BRAINPOOL) ? 3 : 0].params;
	CK_BYTE point[133], z[66], key[80], want[80], input[128];
	CK_ECDH1_DERIVE_PARAMS params = { CKD_NULL, 0, NULL, 0, point };
	CK_OBJECT_HANDLE a, b, pub_a, pub_b;
	CK_ULONG z_len = sizeof(z), len = sizeof(key);
	unsigned block;

	session = p11_user(p11_token("x963"));
	CU_ASSERT_EQUAL_FATAL(generate(CKM_EC_KEY_PAIR_GEN, params_of_both, false, &pub_a, &a), CKR_OK);
	CU_ASSERT_EQUAL_FATAL(generate(CKM_EC_KEY_PAIR_GEN, params_of_both, true, &pub_b, &b), CKR_OK);
	params.ulPublicDataLen = get(pub_b, CKA_EC_POINT, point, sizeof(point));
	CU_ASSERT_EQUAL(derive(CKM_ECDH1_COFACTOR_DERIVE, a, params, 0, z, &z_len), CKR_OK);
	CU_ASSERT_EQUAL(z_len, 32);
	for (block = 1; block <= 2; block++) {
		memcpy(input, z, z_len);
		memcpy(input + z_len, (CK_BYTE[]){ 0, 0, 0, (CK_BYTE)block }, 4);
		memcpy(input + z_len + 4, info, strlen(info));
		CU_ASSERT_EQUAL(EVP_Digest(input, z_len + 4 + strlen(info), want + (block - 1) * 32, NULL, EVP_sha256(),
					NULL),
			1);
	}
	params.kdf = CKD_SHA256_KDF;
	params.pSharedData = (CK_BYTE *)(size_t)info;
	params.ulSharedDataLen = strlen(info);
	CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, a, params, 48, key, &len), CKR_OK);
	CU_ASSERT_TRUE(len == 48 && memcmp(key, want, 48) == 0);
	len = sizeof(key);
	CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, a, params, 0, key, &len), CKR_OK);
	CU_ASSERT_TRUE(len == 32 && memcmp(key, want, 32) == 0);
	CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, a, params, 100000, key, &len), CKR_KEY_SIZE_RANGE);
	params.kdf = CKD_NULL; /* which takes no shared data */
	CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, a, params, 0, key, &len), CKR_MECHANISM_PARAM_INVALID);
	params.kdf = CKD_CPDIVERSIFY_KDF;
	CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, a, params, 0, key, &len), CKR_MECHANISM_PARAM_INVALID);
	params = (CK_ECDH1_DERIVE_PARAMS){ CKD_SHA1_KDF, 5, NULL, params.ulPublicDataLen, point };
	CU_ASSERT_EQUAL(derive(CKM_ECDH1_DERIVE, a, params, 0, key, &len), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a key would be taken for another curve's, or pass with a public half that is not its own. */
static void
bad_keys(void)
{
	static const char one[] = "0000000000000000000000000000000000000000000000000000000000000001";
	CK_BYTE wrong[32] = { 1 }, info[128];
	CK_OBJECT_HANDLE handle, pub, priv;
	CK_ATTRIBUTE other = { CKA_EC_POINT, wrong, sizeof(wrong) };

	session = p11_user(p11_token("bad"));
	CU_ASSERT_EQUAL(generate(CKM_EC_KEY_PAIR_GEN, ED25519, false, &pub, &priv), CKR_CURVE_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(generate(CKM_EC_KEY_PAIR_GEN, "06052b8104000a", false, &pub, &priv), CKR_CURVE_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(generate(CKM_EC_EDWARDS_KEY_PAIR_GEN, X25519, false, &pub, &priv), CKR_CURVE_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(generate(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, curves[0].params, false, &pub, &priv),
		CKR_CURVE_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(import_private(CKK_EC, ED25519, one, nothing, &handle), CKR_CURVE_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(import_private(CKK_EC_EDWARDS, curves[0].params, one, nothing, &handle),
		CKR_CURVE_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(import_private(CKK_EC_EDWARDS, ED25519, "01", nothing, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(import_private(CKK_EC_EDWARDS, ED25519, one, other, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(import_private(CKK_EC, curves[0].params, one, other, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	other = (CK_ATTRIBUTE){ CKA_PUBLIC_KEY_INFO, wrong, sizeof(wrong) };
	CU_ASSERT_EQUAL(import_private(CKK_EC, curves[0].params, one, other, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(import_private(CKK_EC, curves[0].params, "01", nothing, &handle), CKR_OK);
	other.ulValueLen = get(handle, CKA_PUBLIC_KEY_INFO, info, sizeof(info));
	other.pValue = info;
	CU_ASSERT_EQUAL(import_private(CKK_EC, curves[0].params, one, other, &handle), CKR_OK);
	CU_ASSERT_EQUAL(import_public(CKK_EC_MONTGOMERY, X25519, wrong, 31, &handle), CKR_ATTRIBUTE_VALUE_INVALID);
	CU_ASSERT_EQUAL(import_public(CKK_EC_MONTGOMERY, X25519, wrong, 32, &handle), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, handle, CKA_VERIFY), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, a program would not ask for what there is, or would ask for what there is not. */
static void
mechanism_infos(void)
{
	const CK_FLAGS curve = CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME, ec = curve | CKF_EC_UNCOMPRESS;
	const struct {
		CK_MECHANISM_TYPE type;
		CK_MECHANISM_INFO info;
	} wanted[] = {
		{ CKM_EC_KEY_PAIR_GEN, { 256, 521, CKF_GENERATE_KEY_PAIR | ec } },
		{ CKM_EC_EDWARDS_KEY_PAIR_GEN, { 255, 448, CKF_GENERATE_KEY_PAIR | curve } },
		{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, { 255, 448, CKF_GENERATE_KEY_PAIR | curve } },
		{ CKM_ECDSA_SHA3_384, { 256, 521, CKF_SIGN | CKF_VERIFY | ec } },
		{ CKM_EDDSA, { 255, 448, CKF_SIGN | CKF_VERIFY | curve } },
		{ CKM_ECDH1_DERIVE, { 255, 521, CKF_DERIVE | ec } },
		{ CKM_ECDH1_COFACTOR_DERIVE, { 255, 521, CKF_DERIVE | ec } },
	};
	const CK_FLAGS message = CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY | CKF_MULTI_MESSAGE; /* another test's affair */
	CK_MECHANISM_INFO info;
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		CU_ASSERT_EQUAL(p11->C_GetMechanismInfo(p11_free_slot(), wanted[i].type, &info), CKR_OK);
		info.flags &= ~message;
		CU_ASSERT_EQUAL(memcmp(&info, &wanted[i].info, sizeof(info)), 0);
	}
}

CU_TestInfo tests_curves[] = {
	{ "ECDSA with OpenSSL at the other end", ecdsa_with_others },
	{ "EdDSA vectors", eddsa_vectors },
	{ "EdDSA in parts", eddsa_parts },
	{ "X25519 and X448 vectors", montgomery_vectors },
	{ "X9.63", x963 },
	{ "keys that are none", bad_keys },
	{ "what mechanisms say", mechanism_infos },
	CU_TEST_INFO_NULL,
};
