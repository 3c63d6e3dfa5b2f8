/*
 * tests/unit/test_module_wrap.c: keys that leave and come wrapped, against raw OpenSSL.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

#include "tests/unit/backend.h"
#include "tests/unit/p11.h"

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY, private_class = CKO_PRIVATE_KEY, public_class = CKO_PUBLIC_KEY;
static CK_KEY_TYPE aes_type = CKK_AES, generic_type = CKK_GENERIC_SECRET, ec_type = CKK_EC;
static CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 }, kw = { CKM_AES_KEY_WRAP, NULL, 0 };
static CK_SLOT_ID slot;

static const CK_BYTE kek_bytes[32] = "a key that wraps all other keys";
static const CK_BYTE iv[16] = "sixteen bytes iv";

/* A session secret key; extra attributes follow. */
static CK_RV
import(CK_SESSION_HANDLE session, CK_KEY_TYPE type, const void *bytes, CK_ULONG len, const CK_ATTRIBUTE *extra,
	CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
	CK_ATTRIBUTE template[12] = {
		{ CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE, (void *)bytes, len },
	};

	if (count > 0)
		memcpy(template + 3, extra, count * sizeof(*extra));
	return p11->C_CreateObject(session, template, 3 + count, handle);
}

static CK_ATTRIBUTE both_ways[] = { { CKA_WRAP, &yes, 1 }, { CKA_UNWRAP, &yes, 1 } };

static CK_OBJECT_HANDLE
kek(CK_SESSION_HANDLE session)
{
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;

	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, sizeof(kek_bytes), both_ways, 2, &handle), CKR_OK);
	return handle;
}

static CK_RV
wrap(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE tool, CK_OBJECT_HANDLE key)
{
	CK_BYTE out[512];
	CK_ULONG len = sizeof(out);

	return p11->C_WrapKey(session, mechanism, tool, key, out, &len);
}

/* Were it otherwise, a key could leave that its owner or the holder's law keeps in (R-KEY-02). */
static void
wrap_refusals(void)
{
	CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 }, bad_parameter = { CKM_AES_CBC_PAD, NULL, 16 };
	CK_MECHANISM_TYPE only[] = { CKM_AES_CBC_PAD };
	CK_ATTRIBUTE holder[] = { { CKA_MDOC_HOLDER_KEY, &yes, 1 } };
	CK_ATTRIBUTE always[] = { { CKA_EXTRACTABLE, &yes, 1 }, { CKA_ALWAYS_AUTHENTICATE, &yes, 1 } };
	CK_ATTRIBUTE kept[] = { { CKA_EXTRACTABLE, &no, 1 } }, trusting[] = { { CKA_WRAP_WITH_TRUSTED, &yes, 1 } };
	CK_ATTRIBUTE limited[] = { both_ways[0], { CKA_ALLOWED_MECHANISMS, only, sizeof(only) } };
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE tool, idle, bound, generic, key, pub, priv, data, holder_pub, holder_priv;
	CK_BYTE out[64];
	CK_ULONG len = sizeof(out);

	slot = p11_token("wrap");
	session = p11_user(slot);
	tool = kek(session);
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 16, NULL, 0, &idle), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 16, limited, 2, &bound), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, kek_bytes, 16, both_ways, 2, &generic), CKR_OK);
	CU_ASSERT_EQUAL(p11_data(session, false, true, "data", "data", &data), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, "12345678", 8, NULL, 0, &key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_WrapKey(session, NULL, tool, key, out, &len), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_WrapKey(session, &kwp, tool, key, out, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(wrap(session, &ecdsa, tool, key), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(wrap(session, &bad_parameter, tool, key), CKR_MECHANISM_PARAM_INVALID);
	CU_ASSERT_EQUAL(wrap(session, &kwp, 4711, key), CKR_WRAPPING_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(wrap(session, &kwp, data, key), CKR_WRAPPING_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(wrap(session, &kwp, generic, key), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(wrap(session, &kwp, idle, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(wrap(session, &kwp, bound, key), CKR_MECHANISM_INVALID);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, 4711), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, data), CKR_KEY_HANDLE_INVALID);

	CU_ASSERT_EQUAL(p11_pair(session, true, holder, 1, &holder_pub, &holder_priv), CKR_OK);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, holder_priv), CKR_KEY_UNEXTRACTABLE);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, holder_pub), CKR_KEY_NOT_WRAPPABLE);
	CU_ASSERT_EQUAL(wrap(session, &kwp, holder_priv, key), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11_pair(session, true, NULL, 0, &pub, &priv), CKR_OK);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, priv), CKR_KEY_UNEXTRACTABLE);
	if (test_can(TEST_EXPORT)) {
		CU_ASSERT_EQUAL(p11_pair(session, true, always, 2, &pub, &priv), CKR_OK);
		CU_ASSERT_EQUAL(wrap(session, &kwp, tool, priv), CKR_USER_NOT_LOGGED_IN);
	}
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 16, kept, 1, &key), CKR_OK);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, key), CKR_KEY_UNEXTRACTABLE);
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 16, trusting, 1, &key), CKR_OK);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, key), CKR_KEY_NOT_WRAPPABLE);
	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, "1234567", 7, NULL, 0, &key), CKR_OK);
	CU_ASSERT_EQUAL(wrap(session, &kw, tool, key), CKR_KEY_SIZE_RANGE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, only the SO's word would not be needed for the key that may carry the others. */
static void
trusted_only(void)
{
	CK_SESSION_HANDLE session = p11_session(slot);
	CK_ATTRIBUTE open[] = { both_ways[0], { CKA_PRIVATE, &no, 1 }, { CKA_TRUSTED, &yes, 1 } };
	CK_ATTRIBUTE trusting[] = { { CKA_WRAP_WITH_TRUSTED, &yes, 1 } };
	CK_OBJECT_HANDLE tool, key;

	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 32, open, 3, &tool), CKR_ATTRIBUTE_READ_ONLY);
	CU_ASSERT_EQUAL(p11_login(session, CKU_SO, SO_PIN), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 32, open, 3, &tool), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_Logout(session), CKR_OK);
	CU_ASSERT_EQUAL(p11_login(session, CKU_USER, USER_PIN), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 16, trusting, 1, &key), CKR_OK);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, key), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* One cipher of OpenSSL, whole; the length, or 0. GCM's tag of 16 bytes is at the end. */
static CK_ULONG
raw(const char *name, bool encrypt, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	const bool gcm = strstr(name, "GCM") != NULL;
	const CK_ULONG body = gcm && !encrypt ? len - 16 : len;
	int first = 0, last = 0, good;

	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	good = EVP_CipherInit_ex2(ctx, cipher, kek_bytes, strstr(name, "WRAP") != NULL ? NULL : iv, encrypt, NULL);
	if (good == 1 && gcm && !encrypt)
		good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16, (void *)(in + body));
	if (good == 1)
		good = EVP_CipherUpdate(ctx, out, &first, in, (int)body);
	if (good == 1)
		good = EVP_CipherFinal_ex(ctx, out + first, &last);
	if (good == 1 && gcm && encrypt)
		good = EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, out + first + last);
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(ctx);
	if (good != 1)
		return 0;
	return (CK_ULONG)(first + last) + (gcm && encrypt ? 16 : 0);
}

struct way {
	CK_MECHANISM mechanism;
	const char *name;
};

static CK_GCM_PARAMS gcm = { .pIv = (CK_BYTE *)iv, .ulIvLen = 12, .ulTagBits = 128 };

static const struct way ways[] = {
	{ { CKM_AES_KEY_WRAP, NULL, 0 }, "AES-256-WRAP" },
	{ { CKM_AES_KEY_WRAP_KWP, NULL, 0 }, "AES-256-WRAP-PAD" },
	{ { CKM_AES_CBC_PAD, (void *)iv, sizeof(iv) }, "AES-256-CBC" },
	{ { CKM_AES_GCM, &gcm, sizeof(gcm) }, "AES-256-GCM" },
};

/* Wrap, with the length asked for first; the length. */
static CK_ULONG
wrapped(CK_SESSION_HANDLE session, const struct way *way, CK_OBJECT_HANDLE tool, CK_OBJECT_HANDLE key, CK_BYTE *out)
{
	CK_MECHANISM mechanism = way->mechanism;
	CK_ULONG need = 0, len;

	CU_ASSERT_EQUAL(p11->C_WrapKey(session, &mechanism, tool, key, NULL, &need), CKR_OK);
	len = need - 1;
	CU_ASSERT_EQUAL(p11->C_WrapKey(session, &mechanism, tool, key, out, &len), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(len, need);
	CU_ASSERT_EQUAL(p11->C_WrapKey(session, &mechanism, tool, key, out, &len), CKR_OK);
	CU_ASSERT_EQUAL(len, need);
	return len;
}

/* Were it otherwise, a key wrapped here could be opened nowhere else, or another key would come out. */
static void
secret_keys(void)
{
	static const CK_ULONG lengths[] = { 16, 24, 32, 64, 5 };
	static const CK_BYTE bytes[64] = "sixty-four bytes, of which some are a key that goes and comes.";
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE tool = kek(session), key, back;
	CK_BYTE out[128], plain[128];
	CK_ATTRIBUTE value = { CKA_VALUE, plain, sizeof(plain) };
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, &generic_type, sizeof(generic_type) } };
	CK_ULONG len;
	size_t w, l;

	for (w = 0; w < sizeof(ways) / sizeof(*ways); w++) {
		for (l = w == 0 ? 1 : 0; l < sizeof(lengths) / sizeof(*lengths) - (w == 0 ? 1 : 0); l++) {
			CK_MECHANISM mechanism = ways[w].mechanism;

			CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, bytes, lengths[l], NULL, 0, &key), CKR_OK);
			len = wrapped(session, &ways[w], tool, key, out);
			CU_ASSERT_EQUAL(raw(ways[w].name, false, out, len, plain), lengths[l]);
			CU_ASSERT_EQUAL(memcmp(plain, bytes, lengths[l]), 0);
			len = raw(ways[w].name, true, bytes, lengths[l], out);
			CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &mechanism, tool, out, len, template, 2, &back),
				CKR_OK);
			value.ulValueLen = sizeof(plain);
			CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, back, &value, 1), CKR_OK);
			CU_ASSERT_EQUAL(value.ulValueLen, lengths[l]);
			CU_ASSERT_EQUAL(memcmp(plain, bytes, lengths[l]), 0);
			CU_ASSERT_EQUAL(p11_bool(session, back, CKA_LOCAL), CK_FALSE);
			CU_ASSERT_EQUAL(p11_bool(session, back, CKA_EXTRACTABLE), CK_TRUE);
			CU_ASSERT_EQUAL(p11_bool(session, back, CKA_ALWAYS_SENSITIVE), CK_FALSE);
			CU_ASSERT_EQUAL(p11_bool(session, back, CKA_NEVER_EXTRACTABLE), CK_FALSE);
			/* the last byte decides in every mode but the unauthenticated one */
			out[len - 1] ^= 1;
			if (ways[w].mechanism.mechanism != CKM_AES_CBC_PAD)
				CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &mechanism, tool, out, len, template, 2,
							&back),
					CKR_WRAPPED_KEY_INVALID);
		}
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, what comes in would be a key that its template does not describe. */
static void
unwrap_refusals(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE tool = kek(session), idle, generic, out;
	CK_BYTE bytes[64], value[16] = "sixteen bytes of";
	CK_OBJECT_CLASS data = CKO_DATA;
	CK_ULONG len = raw("AES-256-WRAP-PAD", true, value, sizeof(value), bytes), eight = 8;
	CK_ATTRIBUTE good[] = { { CKA_CLASS, &secret_class, sizeof(secret_class) },
		{ CKA_KEY_TYPE, &aes_type, sizeof(aes_type) }, { CKA_LABEL, (void *)"x", 1 } };
	const struct {
		CK_ATTRIBUTE extra;
		CK_RV rv;
	} extras[] = {
		{ { CKA_MDOC_HOLDER_KEY, &yes, 1 }, CKR_ATTRIBUTE_TYPE_INVALID },
		{ { CKA_VALUE, value, 16 }, CKR_ATTRIBUTE_READ_ONLY },
		{ { CKA_VALUE_LEN, &eight, sizeof(eight) }, CKR_TEMPLATE_INCONSISTENT },
		{ { CKA_LOCAL, &yes, 1 }, CKR_ATTRIBUTE_READ_ONLY },
		{ { CKA_ALWAYS_SENSITIVE, &yes, 1 }, CKR_ATTRIBUTE_READ_ONLY },
		{ { CKA_NEVER_EXTRACTABLE, &yes, 1 }, CKR_ATTRIBUTE_READ_ONLY },
		{ { CKA_TRUSTED, &yes, 1 }, CKR_ATTRIBUTE_READ_ONLY },
		{ { CKA_CHECK_VALUE, value, 3 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_KEY_TYPE, &aes_type, sizeof(aes_type) }, CKR_TEMPLATE_INCONSISTENT },
	};
	CK_ATTRIBUTE holder[] = { { CKA_CLASS, &private_class, sizeof(private_class) },
		{ CKA_KEY_TYPE, &ec_type, sizeof(ec_type) }, { CKA_MDOC_HOLDER_KEY, &yes, 1 } };
	size_t i;

	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 32, NULL, 0, &idle), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_GENERIC_SECRET, kek_bytes, 32, both_ways, 2, &generic), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, NULL, tool, bytes, len, good, 2, &out), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, NULL, len, good, 2, &out), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, NULL, 2, &out), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, good, 2, NULL), CKR_ARGUMENTS_BAD);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, 4711, bytes, len, good, 2, &out),
		CKR_UNWRAPPING_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, generic, bytes, len, good, 2, &out),
		CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, idle, bytes, len, good, 2, &out),
		CKR_KEY_FUNCTION_NOT_PERMITTED);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, good, 1, &out), CKR_TEMPLATE_INCOMPLETE);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, good + 1, 1, &out), CKR_TEMPLATE_INCOMPLETE);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len - 1, good, 2, &out),
		CKR_WRAPPED_KEY_LEN_RANGE);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, 0, good, 2, &out), CKR_WRAPPED_KEY_LEN_RANGE);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, good, 1UL << 40, &out),
		CKR_TEMPLATE_INCONSISTENT);
	for (i = 0; i < sizeof(extras) / sizeof(*extras); i++) {
		good[2] = extras[i].extra;
		CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, good, 3, &out), extras[i].rv);
	}
	good[0].pValue = &data;
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, good, 2, &out), CKR_TEMPLATE_INCONSISTENT);
	good[0].pValue = &public_class;
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, good, 2, &out), CKR_TEMPLATE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, holder, 3, &out), CKR_ATTRIBUTE_READ_ONLY);
	/* no PrivateKeyInfo, and a key of a length that AES does not have */
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, holder, 2, &out), CKR_WRAPPED_KEY_INVALID);
	len = raw("AES-256-WRAP-PAD", true, value, 15, bytes);
	good[0].pValue = &secret_class;
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, good, 2, &out), CKR_WRAPPED_KEY_INVALID);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* The signature of one key, checked with another. */
static CK_RV
sign_and_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE priv, CK_OBJECT_HANDLE pub)
{
	CK_MECHANISM mechanism = { CKM_ECDSA_SHA256, NULL, 0 };
	CK_BYTE sig[160];
	CK_ULONG len = sizeof(sig);
	CK_RV rv;

	rv = p11->C_SignInit(session, &mechanism, priv);
	if (rv == CKR_OK)
		rv = p11->C_Sign(session, (CK_BYTE *)"abc", 3, sig, &len);
	if (rv == CKR_OK)
		rv = p11->C_VerifyInit(session, &mechanism, pub);
	return rv == CKR_OK ? p11->C_Verify(session, (CK_BYTE *)"abc", 3, sig, len) : rv;
}

/* Were it otherwise, a private key wrapped here would be lost, or another would come back (RFC 5208). */
static void
private_keys(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE tool = kek(session), pub, priv, back;
	CK_ATTRIBUTE free_key[] = { { CKA_EXTRACTABLE, &yes, 1 } };
	CK_BYTE p384[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22 };
	CK_KEY_TYPE wrong = CKK_EC_EDWARDS;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &private_class, sizeof(private_class) },
		{ CKA_KEY_TYPE, &ec_type, sizeof(ec_type) }, { CKA_TOKEN, &yes, 1 },
		{ CKA_EC_PARAMS, p384, sizeof(p384) } };
	CK_BYTE out[512], plain[512];
	const unsigned char *at;
	EVP_PKEY *pkey;
	CK_ULONG len;
	size_t w;
	int on_token;

	for (on_token = 0; on_token < 2; on_token++) {
		CU_ASSERT_EQUAL(p11_pair(session, on_token == 1, free_key, 1, &pub, &priv), CKR_OK);
		for (w = 1; w < sizeof(ways) / sizeof(*ways); w++) {
			CK_MECHANISM mechanism = ways[w].mechanism;

			len = wrapped(session, &ways[w], tool, priv, out);
			at = plain;
			pkey = d2i_AutoPrivateKey(NULL, &at, (long)raw(ways[w].name, false, out, len, plain));
			CU_ASSERT_PTR_NOT_NULL(pkey);
			CU_ASSERT_TRUE(pkey != NULL && EVP_PKEY_is_a(pkey, "EC") == 1);
			EVP_PKEY_free(pkey);
			CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &mechanism, tool, out, len, template, 4, &back),
				CKR_TEMPLATE_INCONSISTENT);
			CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &mechanism, tool, out, len, template, 3, &back),
				CKR_OK);
			CU_ASSERT_EQUAL(sign_and_verify(session, back, pub), CKR_OK);
			CU_ASSERT_EQUAL(p11_bool(session, back, CKA_MDOC_HOLDER_KEY), CK_FALSE);
			CU_ASSERT_EQUAL(p11_bool(session, back, CKA_LOCAL), CK_FALSE);
			CU_ASSERT_EQUAL(p11_bool(session, back, CKA_ALWAYS_SENSITIVE), CK_FALSE);
			template[1].pValue = &wrong;
			CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &mechanism, tool, out, len, template, 3, &back),
				CKR_TEMPLATE_INCONSISTENT);
			template[1].pValue = &ec_type;
		}
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, only the keys of one curve could be carried from token to token. */
static void
other_curves(void)
{
	static CK_BYTE bp256[] = { 0x06, 0x09, 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07 };
	static CK_BYTE p521[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23 };
	static CK_BYTE ed25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 }, ed448[] = { 0x06, 0x03, 0x2b, 0x65, 0x71 };
	static CK_BYTE x25519[] = { 0x06, 0x03, 0x2b, 0x65, 0x6e }, x448[] = { 0x06, 0x03, 0x2b, 0x65, 0x6f };
	static const struct {
		CK_MECHANISM_TYPE generate;
		CK_KEY_TYPE type;
		CK_BYTE *params;
		CK_ULONG len;
	} curves[] = {
		{ CKM_EC_KEY_PAIR_GEN, CKK_EC, bp256, sizeof(bp256) },
		{ CKM_EC_KEY_PAIR_GEN, CKK_EC, p521, sizeof(p521) },
		{ CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, ed25519, sizeof(ed25519) },
		{ CKM_EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, ed448, sizeof(ed448) },
		{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKK_EC_MONTGOMERY, x25519, sizeof(x25519) },
		{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, CKK_EC_MONTGOMERY, x448, sizeof(x448) },
	};
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_OBJECT_HANDLE tool = kek(session), pub, priv, back;
	CK_BYTE out[512], plain[512], points[2][160];
	CK_ATTRIBUTE read[] = { { CKA_EC_POINT, points[0], 160 }, { CKA_EC_POINT, points[1], 160 } };
	const unsigned char *at;
	EVP_PKEY *pkey;
	CK_ULONG len;
	size_t i;

	for (i = 0; i < sizeof(curves) / sizeof(*curves); i++) {
		CK_KEY_TYPE type = curves[i].type;
		CK_MECHANISM generate = { curves[i].generate, NULL, 0 };
		CK_ATTRIBUTE public_template = { CKA_EC_PARAMS, curves[i].params, curves[i].len };
		CK_ATTRIBUTE private_template = { CKA_EXTRACTABLE, &yes, 1 };
		CK_ATTRIBUTE template[] = { { CKA_CLASS, &private_class, sizeof(private_class) },
			{ CKA_KEY_TYPE, &type, sizeof(type) } };

		CU_ASSERT_EQUAL(p11->C_GenerateKeyPair(session, &generate, &public_template, 1, &private_template, 1,
					&pub, &priv),
			CKR_OK);
		len = wrapped(session, &ways[1], tool, priv, out);
		at = plain;
		pkey = d2i_AutoPrivateKey(NULL, &at, (long)raw(ways[1].name, false, out, len, plain));
		CU_ASSERT_PTR_NOT_NULL(pkey);
		EVP_PKEY_free(pkey);
		CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, out, len, template, 2, &back), CKR_OK);
		read[0].ulValueLen = read[1].ulValueLen = 160;
		CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, pub, &read[0], 1), CKR_OK);
		CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, back, &read[1], 1), CKR_OK);
		CU_ASSERT_EQUAL(read[0].ulValueLen, read[1].ulValueLen);
		CU_ASSERT_EQUAL(memcmp(points[0], points[1], read[0].ulValueLen), 0);
	}
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

/* Were it otherwise, an owner's rules about what may go under a key and what comes out of it would be words. */
static void
templates_of_keys(void)
{
	CK_SESSION_HANDLE session = p11_user(slot);
	CK_BYTE label[8];
	CK_ULONG number = 0;
	CK_ATTRIBUTE inner[] = { { CKA_KEY_TYPE, &aes_type, sizeof(aes_type) }, { CKA_LABEL, (void *)"inside", 6 } };
	CK_ATTRIBUTE forced[] = { { CKA_EXTRACTABLE, &no, 1 }, { CKA_CLASS, &secret_class, sizeof(secret_class) } };
	CK_ATTRIBUTE extra[] = { both_ways[0], both_ways[1], { CKA_WRAP_TEMPLATE, inner, sizeof(inner) },
		{ CKA_UNWRAP_TEMPLATE, forced, sizeof(forced) }, { CKA_DERIVE_TEMPLATE, forced, sizeof(forced) },
		{ CKA_DERIVE, &yes, 1 } };
	CK_ATTRIBUTE labelled[] = { { CKA_LABEL, (void *)"inside", 6 } };
	CK_ATTRIBUTE fits[] = { { CKA_LABEL, (void *)"new", 3 }, { CKA_KEY_TYPE, &aes_type, sizeof(aes_type) },
		{ CKA_EXTRACTABLE, &yes, 1 } };
	CK_ATTRIBUTE read_inner[2] = { { 0, &number, sizeof(number) }, { 0, label, sizeof(label) } };
	CK_ATTRIBUTE read = { CKA_WRAP_TEMPLATE, NULL, 0 }, holder = { CKA_MDOC_HOLDER_KEY, &yes, 1 };
	CK_HKDF_PARAMS hkdf = { .bExtract = 1,
		.bExpand = 1,
		.prfHashMechanism = CKM_SHA256,
		.ulSaltType = CKF_HKDF_SALT_NULL };
	CK_MECHANISM derive = { CKM_HKDF_DERIVE, &hkdf, sizeof(hkdf) };
	const struct {
		CK_ATTRIBUTE attr;
		CK_RV rv;
	} bad[] = {
		{ { CKA_WRAP_TEMPLATE, inner, sizeof(inner) - 1 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_WRAP_TEMPLATE, NULL, sizeof(inner) }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_WRAP_TEMPLATE, inner, sizeof(inner) * 4096 }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_UNWRAP_TEMPLATE, &holder, sizeof(holder) }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_DERIVE_TEMPLATE, &holder, sizeof(holder) }, CKR_ATTRIBUTE_VALUE_INVALID },
		{ { CKA_UNWRAP_TEMPLATE, &extra[2], sizeof(extra[2]) }, CKR_ATTRIBUTE_VALUE_INVALID },
	};
	CK_OBJECT_HANDLE tool, other, fitting, out;
	CK_BYTE bytes[64];
	CK_ULONG len = sizeof(bytes);
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 32, &bad[i].attr, 1, &tool), bad[i].rv);
	inner[0].type = CKA_LABEL;
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 32, extra, 3, &tool), CKR_TEMPLATE_INCONSISTENT);
	inner[0].type = CKA_KEY_TYPE;
	inner[0].ulValueLen = 1;
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 32, extra, 3, &tool), CKR_ATTRIBUTE_VALUE_INVALID);
	inner[0].ulValueLen = sizeof(aes_type);
	extra[5] = (CK_ATTRIBUTE){ CKA_TOKEN, &yes, 1 }; /* kept over the store too */
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 32, extra, 6, &tool), CKR_OK);

	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, tool, &read, 1), CKR_OK);
	CU_ASSERT_EQUAL(read.ulValueLen, sizeof(read_inner));
	read.pValue = read_inner;
	read.ulValueLen = sizeof(read_inner) - 1;
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, tool, &read, 1), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(read.ulValueLen, CK_UNAVAILABLE_INFORMATION);
	read.ulValueLen = sizeof(read_inner);
	read_inner[0].ulValueLen = 5;
	read_inner[1].pValue = NULL;
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, tool, &read, 1), CKR_BUFFER_TOO_SMALL);
	CU_ASSERT_EQUAL(read_inner[0].type, CKA_LABEL);
	CU_ASSERT_EQUAL(read_inner[0].ulValueLen, CK_UNAVAILABLE_INFORMATION);
	CU_ASSERT_EQUAL(read_inner[1].ulValueLen, sizeof(number));
	CU_ASSERT_EQUAL(read_inner[1].type, CKA_KEY_TYPE);
	read_inner[0] = (CK_ATTRIBUTE){ 0, label, sizeof(label) };
	read_inner[1] = (CK_ATTRIBUTE){ 0, &number, sizeof(number) };
	read.ulValueLen = sizeof(read_inner);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, tool, &read, 1), CKR_OK);
	CU_ASSERT_EQUAL(number, CKK_AES);
	CU_ASSERT_NSTRING_EQUAL(label, "inside", 6);

	CU_ASSERT_EQUAL(p11_count(session, &extra[2], 1), 1);
	CU_ASSERT_EQUAL(p11_count(session, &(CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, forced, sizeof(forced) }, 1), 0);
	CU_ASSERT_EQUAL(p11_count(session, &(CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, forced, 5 }, 1), 0);

	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 16, NULL, 0, &other), CKR_OK);
	CU_ASSERT_EQUAL(import(session, CKK_AES, kek_bytes, 16, labelled, 1, &fitting), CKR_OK);
	CU_ASSERT_EQUAL(wrap(session, &kwp, tool, other), CKR_KEY_HANDLE_INVALID);
	CU_ASSERT_EQUAL(p11->C_WrapKey(session, &kwp, tool, fitting, bytes, &len), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, fits, 3, &out), CKR_TEMPLATE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_UnwrapKey(session, &kwp, tool, bytes, len, fits, 2, &out), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_EXTRACTABLE), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_CopyObject(session, tool, &(CK_ATTRIBUTE){ CKA_DERIVE, &yes, 1 }, 1, &other), CKR_OK);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &derive, other, &fits[2], 1, &out), CKR_TEMPLATE_INCONSISTENT);
	CU_ASSERT_EQUAL(p11->C_DeriveKey(session, &derive, other, NULL, 0, &out), CKR_OK);
	CU_ASSERT_EQUAL(p11_bool(session, out, CKA_EXTRACTABLE), CK_FALSE);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CU_TestInfo tests_wrap[] = {
	{ "R-MED-01, R-KEY-02: what may not be wrapped", wrap_refusals },
	{ "only under a trusted key", trusted_only },
	{ "what may not be unwrapped", unwrap_refusals },
	{ "secret keys", secret_keys },
	{ "private keys", private_keys },
	{ "keys of other curves", other_curves },
	{ "templates of keys", templates_of_keys },
	CU_TEST_INFO_NULL,
};
