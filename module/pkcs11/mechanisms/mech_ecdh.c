/*
 * module/pkcs11/mechanisms/mech_ecdh.c: key agreement: ECDH, X25519 and X448, as it comes (CKD_NULL) or through the
 * derivation function of ANSI X9.63.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "module/pkcs11/mechanisms/digest.h"
#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/mechanisms/holder.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"

#define DERIVED_MAX 4096 /* bytes of one key: more than any cipher takes, less than locked memory has */

static const struct {
	CK_ULONG kdf;
	CK_MECHANISM_TYPE digest;
} kdfs[] = {
	{ CKD_SHA1_KDF, CKM_SHA_1 },
	{ CKD_SHA224_KDF, CKM_SHA224 },
	{ CKD_SHA256_KDF, CKM_SHA256 },
	{ CKD_SHA384_KDF, CKM_SHA384 },
	{ CKD_SHA512_KDF, CKM_SHA512 },
	{ CKD_SHA3_224_KDF, CKM_SHA3_224 },
	{ CKD_SHA3_256_KDF, CKM_SHA3_256 },
	{ CKD_SHA3_384_KDF, CKM_SHA3_384 },
	{ CKD_SHA3_512_KDF, CKM_SHA3_512 },
};

/* OpenSSL's name of the digest, and its bytes; NULL: CKD_NULL, or nothing that is known here. */
static const char *
kdf_digest(CK_ULONG kdf, CK_ULONG *size)
{
	size_t i;

	for (i = 0; i < sizeof(kdfs) / sizeof(*kdfs); i++)
		if (kdfs[i].kdf == kdf)
			return digest_name(kdfs[i].digest, size);
	return NULL;
}

/* The last `want` bytes of the shared secret: the standard cuts at the leading end. */
static CK_RV
cut(struct secret *shared, CK_ULONG want, struct secret *secret)
{
	if (want == 0 || want == shared->len) {
		*secret = secret_move(shared);
		return CKR_OK;
	}
	if (want > shared->len)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return secret_copy(shared->ptr + (shared->len - want), want, secret) ? CKR_OK : CKR_HOST_MEMORY;
}

/* want 0: as much as one digest gives. */
static CK_RV
x963(const CK_ECDH1_DERIVE_PARAMS *how, struct secret *shared, CK_ULONG want, struct secret *secret)
{
	CK_ULONG size = 0;
	const char *digest = kdf_digest(how->kdf, &size);
	EVP_KDF *kdf = EVP_KDF_fetch(library_libctx(), OSSL_KDF_NAME_X963KDF, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[4], *p = params;
	CK_RV rv = CKR_HOST_MEMORY;

	if (ctx == NULL || !secret_alloc(want != 0 ? want : size, secret))
		goto out;
	*p++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)digest, 0);
	*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared->ptr, shared->len);
	if (how->ulSharedDataLen > 0)
		*p++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, how->pSharedData, how->ulSharedDataLen);
	*p = OSSL_PARAM_construct_end();
	rv = EVP_KDF_derive(ctx, secret->ptr, secret->len, params) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
	if (rv != CKR_OK)
		secret_wipe(secret);
out:
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return rv;
}

static CK_RV
check_params(const CK_MECHANISM *mechanism, CK_ULONG want)
{
	const CK_ECDH1_DERIVE_PARAMS *params = mechanism->pParameter;
	CK_ULONG size;

	if (params == NULL || mechanism->ulParameterLen != sizeof(*params))
		return CKR_MECHANISM_PARAM_INVALID;
	if (params->kdf == CKD_NULL ? params->ulSharedDataLen != 0 : kdf_digest(params->kdf, &size) == NULL)
		return CKR_MECHANISM_PARAM_INVALID;
	if (params->pSharedData == NULL && params->ulSharedDataLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	return want > DERIVED_MAX ? CKR_KEY_SIZE_RANGE : CKR_OK;
}

static CK_RV
agree(struct session *session, const CK_ECDH1_DERIVE_PARAMS *params, struct object *base, struct secret *shared)
{
	struct token_key *key = NULL;
	enum token_curve curve;
	const CK_BYTE *point;
	size_t len;
	enum token_result res;
	CK_RV rv;

	rv = object_ec_point(base, &curve, &point, &len);
	if (rv != CKR_OK)
		return rv;
	if (!ec_read_point(curve, params->pPublicData, params->ulPublicDataLen, &point, &len))
		return CKR_MECHANISM_PARAM_INVALID;
	rv = object_load_key(session, base, &key);
	if (rv != CKR_OK)
		return rv;
	res = token_key_derive(key, point, len, shared);
	token_key_free(key);
	return res == TOKEN_ERR_ARG ? CKR_MECHANISM_PARAM_INVALID : rv_from_token(res);
}

static CK_RV
ecdh_derive(struct session *session, const CK_MECHANISM *mechanism, struct object *base, CK_ULONG want,
	struct secret *secret)
{
	const CK_ECDH1_DERIVE_PARAMS *params = mechanism->pParameter;
	struct secret shared = SECRET_NONE;
	CK_RV rv;

	rv = check_params(mechanism, want);
	if (rv == CKR_OK && holder_is(base))
		rv = CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (rv == CKR_OK)
		rv = agree(session, params, base, &shared);
	if (rv == CKR_OK)
		rv = params->kdf == CKD_NULL ? cut(&shared, want, secret) : x963(params, &shared, want, secret);
	secret_wipe(&shared);
	return rv;
}

/* Of none of our curves does the cofactor change the result: it is 1, and X25519 and X448 have it in them. */
const struct mech mech_ecdh[] = {
	{ .type = CKM_ECDH1_DERIVE,
		.info = { 255, 521, CKF_DERIVE | MECH_EC_FLAGS },
		.key_type = CKK_EC,
		.or_type = CKK_EC_MONTGOMERY,
		.derive = ecdh_derive },
	{ .type = CKM_ECDH1_COFACTOR_DERIVE,
		.info = { 255, 521, CKF_DERIVE | MECH_EC_FLAGS },
		.key_type = CKK_EC,
		.or_type = CKK_EC_MONTGOMERY,
		.derive = ecdh_derive },
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
