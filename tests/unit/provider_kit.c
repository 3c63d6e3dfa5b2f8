/*
 * tests/unit/provider_kit.c: the calls that pkcs11-provider makes, one step of it a function.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/provider_kit.h"

#include <openssl/ec.h>
#include <openssl/x509.h>
#include <string.h>

#include "tests/unit/backend.h"

#define MISSING CK_UNAVAILABLE_INFORMATION

CK_SLOT_ID prov_slot;
int prov_notified;
CK_BYTE prov_message[100] = "of which a digest signs all, and a raw signature the first thirty-two bytes";
CK_MECHANISM prov_ecdsa = { CKM_ECDSA, NULL, 0 }, prov_ecdsa_sha256 = { CKM_ECDSA_SHA256, NULL, 0 },
	     prov_eddsa = { CKM_EDDSA, NULL, 0 };

static CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
static CK_OBJECT_CLASS profile = CKO_PROFILE;

/* --- From C_Initialize on, once and again in each forked child ------------------------------------------------- */

/* The profiles before any login, five at most; a slot that opens no session has none. */
static bool
shows_profiles(CK_SLOT_ID id, bool *opens)
{
	CK_ATTRIBUTE wanted[] = { { CKA_TOKEN, OF(yes) }, { CKA_CLASS, OF(profile) } };
	CK_OBJECT_HANDLE found[5];
	CK_SESSION_HANDLE session;
	CK_ULONG count = 99, i, value;
	bool good = true;

	*opens = p11->C_OpenSession(id, CKF_SERIAL_SESSION, NULL, NULL, &session) == CKR_OK;
	if (!*opens)
		return true;
	if (p11->C_FindObjectsInit(session, wanted, 2) != CKR_OK ||
		p11->C_FindObjects(session, found, 5, &count) != CKR_OK || p11->C_FindObjectsFinal(session) != CKR_OK ||
		count > 5)
		return false;
	for (i = 0; i < count; i++) {
		value = MISSING;
		good = good &&
			p11->C_GetAttributeValue(session, found[i], &(CK_ATTRIBUTE){ CKA_PROFILE_ID, OF(value) }, 1) ==
				CKR_OK &&
			value != MISSING;
	}
	return p11->C_CloseSession(session) == CKR_OK && good;
}

static bool
lists_mechanisms(CK_SLOT_ID id)
{
	static const CK_MECHANISM_TYPE used[] = { CKM_EC_KEY_PAIR_GEN, CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDH1_DERIVE,
		CKM_ECDH1_COFACTOR_DERIVE, CKM_EDDSA, CKM_EC_EDWARDS_KEY_PAIR_GEN, CKM_HKDF_DERIVE, CKM_SHA256 };
	CK_MECHANISM_TYPE list[256];
	CK_ULONG count = 0, i, j;

	if (p11->C_GetMechanismList(id, NULL, &count) != CKR_OK || count > COUNT(list) ||
		p11->C_GetMechanismList(id, list, &count) != CKR_OK)
		return false;
	for (i = 0; i < COUNT(used); i++) {
		for (j = 0; j < count && list[j] != used[i];)
			j++;
		if (j == count)
			return false;
	}
	return true;
}

/* All slots, tokens in them or not: *usable is the first that can be logged in to. */
static bool
lists_slots(CK_SLOT_ID *usable)
{
	const CK_FLAGS ready = CKF_LOGIN_REQUIRED | CKF_USER_PIN_INITIALIZED | CKF_TOKEN_INITIALIZED;
	CK_SLOT_ID ids[64];
	CK_SLOT_INFO info;
	CK_TOKEN_INFO token;
	CK_ULONG count = 0, i;
	bool opens;

	*usable = MISSING;
	if (p11->C_GetSlotList(CK_FALSE, NULL, &count) != CKR_OK || count > COUNT(ids) ||
		p11->C_GetSlotList(CK_FALSE, ids, &count) != CKR_OK)
		return false;
	for (i = 0; i < count; i++) {
		if (p11->C_GetSlotInfo(ids[i], &info) != CKR_OK || (info.flags & CKF_TOKEN_PRESENT) == 0)
			continue;
		if (p11->C_GetTokenInfo(ids[i], &token) != CKR_OK)
			continue;
		if (!shows_profiles(ids[i], &opens) || !lists_mechanisms(ids[i]) ||
			opens != ((token.flags & CKF_TOKEN_INITIALIZED) != 0))
			return false;
		if (*usable == MISSING && (token.flags & ready) == ready && (token.flags & CKF_USER_PIN_LOCKED) == 0)
			*usable = ids[i];
	}
	return *usable != MISSING;
}

static CK_RV
notify(CK_SESSION_HANDLE session, CK_NOTIFICATION event, void *application)
{
	(void)session;
	(void)event;
	(*(int *)application)++;
	return CKR_CANCEL;
}

/* A session with a callback. Its flags must be just those asked for: else it is closed and opened again, for ever. */
CK_SESSION_HANDLE
prov_open(CK_FLAGS flags, CK_STATE state)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
	CK_SESSION_INFO info;

	if (p11->C_OpenSession(prov_slot, flags, &prov_notified, notify, &session) != CKR_OK ||
		p11->C_GetSessionInfo(session, &info) != CKR_OK || info.flags != flags || info.state != state ||
		info.slotID != prov_slot)
		return CK_INVALID_HANDLE;
	return session;
}

/* As an application that was not logged in yet; in the parent and in a child. */
bool
prov_begin(CK_SESSION_HANDLE *session)
{
	const CK_FLAGS refused = CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED | CKF_USER_PIN_TO_BE_CHANGED;
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_BYTE random[8];
	CK_INFO info;
	CK_RV rv;

	(void)p11->C_Finalize(NULL); /* which a child calls too: any answer will do */
	rv = p11->C_Initialize(&args);
	if (rv != CKR_OK || p11->C_GetInfo(&info) != CKR_OK || info.cryptokiVersion.major < 3 ||
		!lists_slots(&prov_slot))
		return false;
	*session = prov_open(CKF_SERIAL_SESSION, CKS_RO_PUBLIC_SESSION);
	if (*session == CK_INVALID_HANDLE || p11->C_GenerateRandom(*session, random, sizeof(random)) != CKR_OK)
		return false;
	return (p11_token_flags(prov_slot) & refused) == 0 && p11_login(*session, CKU_USER, USER_PIN) == CKR_OK;
}

/* --- Objects --------------------------------------------------------------------------------------------------- */

/* First the lengths, all at once: what is missing must say so, and must not spoil the others. Then the values, each
 * with a byte to spare, also those that are empty. Older releases ask one by one when one is missing. */
void
prov_fetch(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, const CK_ATTRIBUTE_TYPE *types, CK_ULONG count,
	CK_ATTRIBUTE *got)
{
	static CK_BYTE values[10][1024];
	CK_ATTRIBUTE again[10], one;
	CK_ULONG i, there = 0;
	CK_RV rv;

	for (i = 0; i < count; i++)
		got[i] = (CK_ATTRIBUTE){ types[i], NULL, 0 };
	rv = p11->C_GetAttributeValue(session, object, got, count);
	CU_ASSERT(rv == CKR_OK || rv == CKR_ATTRIBUTE_TYPE_INVALID);
	for (i = 0; i < count; i++) {
		one = (CK_ATTRIBUTE){ types[i], NULL, 0 };
		rv = p11->C_GetAttributeValue(session, object, &one, 1);
		CU_ASSERT_EQUAL(one.ulValueLen, got[i].ulValueLen);
		if (one.ulValueLen == MISSING) {
			CU_ASSERT_EQUAL(rv, CKR_ATTRIBUTE_TYPE_INVALID);
			CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object, &one, 1), CKR_ATTRIBUTE_TYPE_INVALID);
			continue;
		}
		CU_ASSERT_FATAL(one.ulValueLen < sizeof(values[i]));
		got[i].pValue = values[i];
		again[there++] = got[i];
	}
	CU_ASSERT_FATAL(there > 0);
	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object, again, there), CKR_OK);
}

/* What any object is asked first. None of ours has a parameter set, and data no key type: the rest must be there. */
struct prov_seen
prov_look(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
	struct prov_seen seen = { MISSING, MISSING, 2, 2 };
	CK_ULONG set = 0;
	CK_ATTRIBUTE wanted[] = { { CKA_CLASS, OF(seen.class_) }, { CKA_KEY_TYPE, OF(seen.type) },
		{ CKA_COPYABLE, OF(seen.copyable) }, { CKA_TOKEN, OF(seen.token) }, { CKA_PARAMETER_SET, OF(set) } };

	CU_ASSERT_EQUAL(p11->C_GetAttributeValue(session, object, wanted, 5), CKR_ATTRIBUTE_TYPE_INVALID);
	CU_ASSERT_NOT_EQUAL(seen.class_, MISSING);
	CU_ASSERT_EQUAL(wanted[4].ulValueLen, MISSING);
	return seen;
}

bool
prov_same(const void *one, CK_ULONG len, const CK_ATTRIBUTE *other)
{
	return other->ulValueLen == len && memcmp(one, other->pValue, len) == 0;
}

/* The curve from CKA_EC_PARAMS and the point from CKA_EC_POINT, which a private key may have and saves a search by. */
EVP_PKEY *
prov_load(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const char *name, const CK_BYTE *id, const char *label)
{
	static const CK_ATTRIBUTE_TYPE types[] = { CKA_EC_PARAMS, CKA_EC_POINT, CKA_ID, CKA_LABEL, CKA_PUBLIC_KEY_INFO,
		CKA_ALWAYS_AUTHENTICATE, CKA_ALLOWED_MECHANISMS };
	const struct prov_seen seen = prov_look(session, key);
	CK_ATTRIBUTE got[COUNT(types)];
	const unsigned char *at;
	EC_GROUP *group = NULL;
	ASN1_OCTET_STRING *point;
	unsigned char pub[200];
	EVP_PKEY *pkey;
	size_t len = 0;

	CU_ASSERT_EQUAL(seen.token, CK_TRUE);
	CU_ASSERT_EQUAL(seen.copyable, seen.class_ == CKO_PRIVATE_KEY && !test_can(TEST_EXPORT) ? CK_FALSE : CK_TRUE);
	prov_fetch(session, key, types, COUNT(types), got);
	CU_ASSERT_EQUAL(got[6].ulValueLen, MISSING);
	CU_ASSERT_EQUAL(got[5].ulValueLen, seen.class_ == CKO_PRIVATE_KEY ? sizeof(CK_BBOOL) : MISSING);
	CU_ASSERT_TRUE(prov_same(id, 16, &got[2]));
	CU_ASSERT_TRUE(prov_same(label, strlen(label), &got[3]));
	at = got[4].pValue;
	pkey = d2i_PUBKEY(NULL, &at, (long)got[4].ulValueLen);
	at = got[1].pValue;
	point = d2i_ASN1_OCTET_STRING(NULL, &at, (long)got[1].ulValueLen);
	CU_ASSERT_FATAL(pkey != NULL && point != NULL);
	CU_ASSERT_EQUAL(EVP_PKEY_get_octet_string_param(pkey, "pub", pub, sizeof(pub), &len), 1);
	CU_ASSERT(ASN1_STRING_length(point) == (int)len && memcmp(ASN1_STRING_get0_data(point), pub, len) == 0);
	at = got[0].pValue;
	if (seen.type == CKK_EC) {
		group = d2i_ECPKParameters(NULL, &at, (long)got[0].ulValueLen);
		CU_ASSERT_PTR_NOT_NULL_FATAL(group);
		CU_ASSERT_STRING_EQUAL(OSSL_EC_curve_nid2name(EC_GROUP_get_curve_name(group)), name);
	} else {
		CU_ASSERT_TRUE(EVP_PKEY_is_a(pkey, name));
	}
	EC_GROUP_free(group);
	ASN1_OCTET_STRING_free(point);
	return pkey;
}

const struct prov_pair prov_pairs[PROV_PAIRS] = {
	{ CKM_EC_KEY_PAIR_GEN, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", "prime256v1", true },
	{ CKM_EC_KEY_PAIR_GEN, "\x06\x05\x2b\x81\x04\x00\x22", "secp384r1", false },
	{ CKM_EC_KEY_PAIR_GEN, "\x06\x05\x2b\x81\x04\x00\x23", "secp521r1", false },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, "\023\014edwards25519", "ED25519", true },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, "\023\012edwards448", "ED448", true },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, "\x06\x03\x2b\x65\x70", "ED25519", false },
	{ CKM_EC_EDWARDS_KEY_PAIR_GEN, "\x06\x03\x2b\x65\x71", "ED448", false },
	{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "\x06\x03\x2b\x65\x6e", "X25519", false },
	{ CKM_EC_MONTGOMERY_KEY_PAIR_GEN, "\x06\x03\x2b\x65\x6f", "X448", false },
};

/* Older releases ask for every use of any key, and for wrapping too. A label only where the URI has one. */
void
prov_generate(const struct prov_pair *pair, CK_BYTE id[16], const char *label, CK_OBJECT_HANDLE *pub,
	CK_OBJECT_HANDLE *priv)
{
	CK_MECHANISM mechanism = { pair->mechanism, NULL, 0 };
	CK_BBOOL *derives = pair->older || pair->mechanism != CKM_EC_EDWARDS_KEY_PAIR_GEN ? &yes : &no;
	CK_BBOOL *signs = pair->mechanism != CKM_EC_MONTGOMERY_KEY_PAIR_GEN ? &yes : &no;
	const CK_ULONG extra = pair->older ? 1 : 0, named = *label != '\0' ? 1 : 0;
	CK_ATTRIBUTE pubs[7] = { { CKA_TOKEN, OF(yes) }, { CKA_DERIVE, derives, 1 }, { CKA_VERIFY, signs, 1 },
		{ CKA_EC_PARAMS, (void *)pair->params, 2 + (CK_ULONG)pair->params[1] }, { CKA_ID, id, 16 } };
	CK_ATTRIBUTE privs[8] = { { CKA_TOKEN, OF(yes) }, { CKA_DERIVE, derives, 1 }, { CKA_PRIVATE, OF(yes) },
		{ CKA_SENSITIVE, OF(yes) }, { CKA_SIGN, signs, 1 }, { CKA_ID, id, 16 } };
	CK_SESSION_HANDLE session = prov_open(CKF_SERIAL_SESSION | CKF_RW_SESSION, CKS_RW_USER_FUNCTIONS);

	pubs[5] = privs[6] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)label, strlen(label) };
	pubs[5 + named] = (CK_ATTRIBUTE){ CKA_WRAP, OF(yes) };
	privs[6 + named] = (CK_ATTRIBUTE){ CKA_UNWRAP, OF(yes) };
	CU_ASSERT_EQUAL_FATAL(p11->C_GenerateKeyPair(session, &mechanism, pubs, 5 + named + extra, privs,
				      6 + named + extra, pub, priv),
		CKR_OK);
	CU_ASSERT_EQUAL(p11->C_CloseSession(session), CKR_OK);
}

CK_ULONG
prov_find(CK_SESSION_HANDLE session, CK_OBJECT_CLASS *class_, const CK_BYTE *id, const char *label,
	CK_OBJECT_HANDLE *found, CK_ULONG room)
{
	CK_ATTRIBUTE wanted[3] = { { 0, NULL, 0 } };
	CK_ULONG used = 0, count = 0;

	if (class_ != NULL)
		wanted[used++] = (CK_ATTRIBUTE){ CKA_CLASS, class_, sizeof(*class_) };
	if (id != NULL)
		wanted[used++] = (CK_ATTRIBUTE){ CKA_ID, (void *)id, 16 };
	if (label != NULL)
		wanted[used++] = (CK_ATTRIBUTE){ CKA_LABEL, (void *)label, strlen(label) };
	if (p11->C_FindObjectsInit(session, wanted, used) != CKR_OK ||
		p11->C_FindObjects(session, found, room, &count) != CKR_OK ||
		p11->C_FindObjectsFinal(session) != CKR_OK)
		return MISSING;
	return count;
}

/* A digest in parts, anything else at once. The buffer is for the longest curve that OpenSSL has. */
CK_RV
prov_sign(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, const char *pin, CK_BYTE *sig,
	CK_ULONG *len)
{
	const bool whole = mechanism->mechanism != CKM_ECDSA_SHA256;
	CK_RV rv = p11->C_SignInit(session, mechanism, key);

	*len = 167;
	if (rv == CKR_OK && pin != NULL) {
		(void)p11_token_flags(prov_slot); /* how many tries are left */
		rv = p11_login(session, CKU_CONTEXT_SPECIFIC, pin);
	}
	if (rv == CKR_OK && whole)
		return p11->C_Sign(session, prov_message, mechanism->mechanism == CKM_ECDSA ? 32 : 100, sig, len);
	if (rv == CKR_OK)
		rv = p11->C_SignUpdate(session, prov_message, 60);
	if (rv == CKR_OK)
		rv = p11->C_SignUpdate(session, prov_message + 60, 40);
	return rv == CKR_OK ? p11->C_SignFinal(session, sig, len) : rv;
}

CK_RV
prov_verify(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_BYTE *sig, CK_ULONG len)
{
	CK_RV rv = p11->C_VerifyInit(session, &prov_ecdsa_sha256, key);

	if (rv == CKR_OK)
		rv = p11->C_VerifyUpdate(session, prov_message, 100);
	return rv == CKR_OK ? p11->C_VerifyFinal(session, sig, len) : rv;
}
