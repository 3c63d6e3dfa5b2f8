/*
 * module/pkcs11/mechanisms/mech_secret.c: secret keys made of random bytes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/digest.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/object.h"
#include "pkcs11-3.h"

#define SECRET_MAX 4096 /* bytes of a generated key */

/* The digest of a key for its HMAC, whose length the key takes where the template names none. */
static const struct {
	CK_MECHANISM_TYPE type, digest;
} sized[] = {
	{ CKM_SHA_1_KEY_GEN, CKM_SHA_1 },
	{ CKM_SHA224_KEY_GEN, CKM_SHA224 },
	{ CKM_SHA256_KEY_GEN, CKM_SHA256 },
	{ CKM_SHA384_KEY_GEN, CKM_SHA384 },
	{ CKM_SHA512_KEY_GEN, CKM_SHA512 },
	{ CKM_SHA512_224_KEY_GEN, CKM_SHA512_224 },
	{ CKM_SHA512_256_KEY_GEN, CKM_SHA512_256 },
	{ CKM_SHA3_224_KEY_GEN, CKM_SHA3_224 },
	{ CKM_SHA3_256_KEY_GEN, CKM_SHA3_256 },
	{ CKM_SHA3_384_KEY_GEN, CKM_SHA3_384 },
	{ CKM_SHA3_512_KEY_GEN, CKM_SHA3_512 },
};

static CK_RV
generate(const CK_MECHANISM *mechanism, CK_ULONG len, struct secret *secret)
{
	CK_RV rv;

	if (mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	if (len == 0)
		return CKR_TEMPLATE_INCOMPLETE;
	if (len > SECRET_MAX)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (!secret_alloc(len, secret))
		return CKR_HOST_MEMORY;
	rv = library_random(secret->ptr, secret->len);
	if (rv != CKR_OK)
		secret_wipe(secret);
	return rv;
}

static CK_RV
generate_secret(struct session *session, const CK_MECHANISM *mechanism, CK_ULONG want, struct secret *secret)
{
	(void)session;
	return generate(mechanism, want, secret);
}

static CK_RV
generate_sized(struct session *session, const CK_MECHANISM *mechanism, CK_ULONG want, struct secret *secret)
{
	size_t i;

	(void)session;
	for (i = 0; i < sizeof(sized) / sizeof(*sized) && want == 0; i++)
		if (sized[i].type == mechanism->mechanism)
			(void)digest_name(sized[i].digest, &want);
	return generate(mechanism, want, secret);
}

#define SIZED(TYPE, KEY) \
	{ \
		.type = TYPE, .info = { 1, SECRET_MAX, CKF_GENERATE }, .key_type = KEY, .generate = generate_sized \
	}

/* Sizes of CKM_GENERIC_SECRET_KEY_GEN are in bits, of the others in bytes. */
const struct mech mech_secrets[] = {
	{ .type = CKM_GENERIC_SECRET_KEY_GEN,
		.info = { 8, SECRET_MAX * 8, CKF_GENERATE },
		.key_type = CKK_GENERIC_SECRET,
		.generate = generate_secret },
	{ .type = CKM_AES_KEY_GEN, .info = { 16, 32, CKF_GENERATE }, .key_type = CKK_AES, .generate = generate_secret },
	{ .type = CKM_HKDF_KEY_GEN,
		.info = { 1, SECRET_MAX, CKF_GENERATE },
		.key_type = CKK_HKDF,
		.generate = generate_secret },
	SIZED(CKM_SHA_1_KEY_GEN, CKK_SHA_1_HMAC),
	SIZED(CKM_SHA224_KEY_GEN, CKK_SHA224_HMAC),
	SIZED(CKM_SHA256_KEY_GEN, CKK_SHA256_HMAC),
	SIZED(CKM_SHA384_KEY_GEN, CKK_SHA384_HMAC),
	SIZED(CKM_SHA512_KEY_GEN, CKK_SHA512_HMAC),
	SIZED(CKM_SHA512_224_KEY_GEN, CKK_SHA512_224_HMAC),
	SIZED(CKM_SHA512_256_KEY_GEN, CKK_SHA512_256_HMAC),
	SIZED(CKM_SHA3_224_KEY_GEN, CKK_SHA3_224_HMAC),
	SIZED(CKM_SHA3_256_KEY_GEN, CKK_SHA3_256_HMAC),
	SIZED(CKM_SHA3_384_KEY_GEN, CKK_SHA3_384_HMAC),
	SIZED(CKM_SHA3_512_KEY_GEN, CKK_SHA3_512_HMAC),
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
