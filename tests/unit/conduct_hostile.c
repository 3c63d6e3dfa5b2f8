/*
 * tests/unit/conduct_hostile.c: templates and mechanisms that are wrong in every way that came to mind.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/conduct_hostile.h"

#include <string.h>

#include "mdoc-pkcs11.h"

#define MANY 20000

static CK_BBOOL yes = CK_TRUE;
static CK_BBOOL maybe = 7;
static CK_ULONG nothing_known = CK_UNAVAILABLE_INFORMATION, certificate = CKO_CERTIFICATE;
static CK_BYTE bytes[64] = { 1, 2, 3 };
static CK_ATTRIBUTE inner[] = { { CKA_LABEL, bytes, 3 } };

const struct conduct_hostile_template conduct_hostile_templates[] = {
	{ "20,000 attributes", MANY, { CKA_LABEL, bytes, 3 }, true },
	{ "a value without bytes", 0, { CKA_LABEL, NULL, 5 }, false },
	{ "no length known", 0, { CKA_LABEL, bytes, CK_UNAVAILABLE_INFORMATION }, false },
	{ "no length known, no bytes", 0, { CKA_LABEL, NULL, CK_UNAVAILABLE_INFORMATION }, false },
	{ "a boolean of two bytes", 0, { CKA_TOKEN, bytes, 2 }, true },
	{ "a boolean of none", 0, { CKA_PRIVATE, &yes, 0 }, true },
	{ "a boolean that is neither", 0, { CKA_MODIFIABLE, &maybe, sizeof(maybe) }, true },
	{ "a number of one byte", 0, { CKA_CLASS, bytes, 1 }, true },
	{ "no class that there is", 0, { CKA_CLASS, &nothing_known, sizeof(nothing_known) }, true },
	{ "another class", 0, { CKA_CLASS, &certificate, sizeof(certificate) }, true },
	{ "no key type that there is", 0, { CKA_KEY_TYPE, &nothing_known, sizeof(nothing_known) }, true },
	{ "no attribute that there is", 0, { 0x7ffffff0UL, bytes, 4 }, true },
	{ "a vendor's attribute that is not ours", 0, { 0xabcdef01UL, bytes, 4 }, true },
	{ "no attribute at all", 0, { CK_UNAVAILABLE_INFORMATION, bytes, 4 }, true },
	{ "an id of the token's own", 0, { CKA_UNIQUE_ID, bytes, 4 }, true },
	{ "a claim to have been made here", 0, { CKA_LOCAL, &yes, sizeof(yes) }, true },
	{ "a claim to have always been sensitive", 0, { CKA_ALWAYS_SENSITIVE, &yes, sizeof(yes) }, true },
	{ "a mark of trust", 0, { CKA_TRUSTED, &yes, sizeof(yes) }, true },
	{ "half a mechanism", 0, { CKA_ALLOWED_MECHANISMS, bytes, 7 }, true },
	{ "a template in a template", 0, { CKA_WRAP_TEMPLATE, inner, sizeof(inner) - 1 }, true },
	{ "half a date", 0, { CKA_START_DATE, bytes, 4 }, true },
	{ "a foreign attribute", 0, { CKA_MODULUS, bytes, 64 }, true },
};

const size_t conduct_hostile_template_count = sizeof(conduct_hostile_templates) / sizeof(conduct_hostile_templates[0]);

struct conduct_template
conduct_hostile(const struct conduct_template *good, const struct conduct_hostile_template *bad)
{
	static CK_ATTRIBUTE room[MANY];
	const CK_ULONG count = bad->count != 0 ? bad->count : good->count + 1;
	CK_ULONG i;

	if (good->count > 0)
		memcpy(room, good->attrs, good->count * sizeof(*room));
	for (i = good->count; i < count; i++)
		room[i] = bad->more;
	return (struct conduct_template){ room, count };
}

static CK_ECDH1_DERIVE_PARAMS no_point = { CKD_NULL, 0, NULL, 65, NULL };
static CK_ECDH1_DERIVE_PARAMS short_point = { CKD_NULL, 0, NULL, 5, bytes };
static CK_ECDH1_DERIVE_PARAMS odd_kdf = { 0x77, 0, NULL, 64, bytes };
static CK_ECDH1_DERIVE_PARAMS lost_data = { CKD_NULL, 16, NULL, 64, bytes };
static CK_GCM_PARAMS no_iv = { NULL, 12, 96, NULL, 0, 128 };
static CK_GCM_PARAMS odd_tag = { bytes, 12, 96, NULL, 0, 7 };
static CK_GCM_PARAMS lost_aad = { bytes, 12, 96, NULL, 16, 128 };
static CK_AES_CTR_PARAMS odd_counter = { 200, { 0 } };
static CK_AES_CTR_PARAMS no_counter = { 0, { 0 } };

CK_MECHANISM conduct_hostile_mechanisms[] = {
	{ CK_UNAVAILABLE_INFORMATION, NULL, 0 },
	{ 0x7fffffffUL, NULL, 0 },
	{ 0xcd4400ffUL, NULL, 0 },
	{ CKM_RSA_PKCS, NULL, 0 },
	{ CKM_MD5, NULL, 0 },
	{ CKM_SHA256, NULL, 0 },
	{ CKM_SHA256, NULL, 32 },
	{ CKM_SHA256, bytes, 5 },
	{ CKM_ECDSA, NULL, 8 },
	{ CKM_ECDSA, bytes, 8 },
	{ CKM_ECDSA_SHA256, bytes, 1 },
	{ CKM_EC_KEY_PAIR_GEN, NULL, 0 },
	{ CKM_EC_KEY_PAIR_GEN, NULL, 16 },
	{ CKM_EC_KEY_PAIR_GEN, bytes, 16 },
	{ CKM_AES_KEY_GEN, bytes, 16 },
	{ CKM_AES_ECB, bytes, 16 },
	{ CKM_AES_CBC, NULL, 16 },
	{ CKM_AES_CBC, NULL, 0 },
	{ CKM_AES_CBC, bytes, 15 },
	{ CKM_AES_CBC_PAD, bytes, 17 },
	{ CKM_AES_CTR, NULL, sizeof(odd_counter) },
	{ CKM_AES_CTR, &odd_counter, sizeof(odd_counter) },
	{ CKM_AES_CTR, &no_counter, sizeof(no_counter) },
	{ CKM_AES_CTR, &odd_counter, 3 },
	{ CKM_AES_GCM, NULL, sizeof(no_iv) },
	{ CKM_AES_GCM, NULL, 0 },
	{ CKM_AES_GCM, bytes, 12 },
	{ CKM_AES_GCM, &no_iv, sizeof(no_iv) },
	{ CKM_AES_GCM, &odd_tag, sizeof(odd_tag) },
	{ CKM_AES_GCM, &lost_aad, sizeof(lost_aad) },
	{ CKM_AES_KEY_WRAP, bytes, 3 },
	{ CKM_AES_KEY_WRAP_KWP, bytes, 9 },
	{ CKM_ECDH1_DERIVE, NULL, 0 },
	{ CKM_ECDH1_DERIVE, NULL, sizeof(no_point) },
	{ CKM_ECDH1_DERIVE, bytes, 16 },
	{ CKM_ECDH1_DERIVE, &no_point, sizeof(no_point) },
	{ CKM_ECDH1_DERIVE, &short_point, sizeof(short_point) },
	{ CKM_ECDH1_DERIVE, &odd_kdf, sizeof(odd_kdf) },
	{ CKM_ECDH1_DERIVE, &lost_data, sizeof(lost_data) },
	{ CKM_ECDH1_COFACTOR_DERIVE, &short_point, sizeof(short_point) },
	{ CKM_SHA256_HMAC, bytes, 8 },
	{ CKM_GENERIC_SECRET_KEY_GEN, bytes, 8 },
	{ CKM_HKDF_DERIVE, NULL, 0 },
	{ CKM_HKDF_DERIVE, NULL, 64 },
	{ CKM_HKDF_DERIVE, bytes, 9 },
	{ CKM_MDOC_DEVICE_SIGN, bytes, 9 },
	{ CKM_MDOC_DEVICE_MAC, NULL, 65 },
};

const size_t conduct_hostile_mechanism_count =
	sizeof(conduct_hostile_mechanisms) / sizeof(conduct_hostile_mechanisms[0]);
