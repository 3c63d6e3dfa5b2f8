/*
 * module/pkcs11/mechanisms/mech_mac.c: HMAC over every digest and CMAC over AES (PKCS#11 3.0 mechanisms,
 * sections 2.20 to 2.32 and 2.16), whole and cut to a length that the caller names.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/mechanisms/digest.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/object.h"
#include "pkcs11-3.h"

#define AES_BLOCK 16
#define KEY_MAX 4096 /* bytes; longer ones work, but nobody should count on them */

/* Which digest an HMAC takes; of every family the whole MAC and the one with a length. */
static const struct {
	CK_MECHANISM_TYPE whole, general, digest;
} hmacs[] = {
	{ CKM_SHA_1_HMAC, CKM_SHA_1_HMAC_GENERAL, CKM_SHA_1 },
	{ CKM_SHA224_HMAC, CKM_SHA224_HMAC_GENERAL, CKM_SHA224 },
	{ CKM_SHA256_HMAC, CKM_SHA256_HMAC_GENERAL, CKM_SHA256 },
	{ CKM_SHA384_HMAC, CKM_SHA384_HMAC_GENERAL, CKM_SHA384 },
	{ CKM_SHA512_HMAC, CKM_SHA512_HMAC_GENERAL, CKM_SHA512 },
	{ CKM_SHA512_224_HMAC, CKM_SHA512_224_HMAC_GENERAL, CKM_SHA512_224 },
	{ CKM_SHA512_256_HMAC, CKM_SHA512_256_HMAC_GENERAL, CKM_SHA512_256 },
	{ CKM_SHA3_224_HMAC, CKM_SHA3_224_HMAC_GENERAL, CKM_SHA3_224 },
	{ CKM_SHA3_256_HMAC, CKM_SHA3_256_HMAC_GENERAL, CKM_SHA3_256 },
	{ CKM_SHA3_384_HMAC, CKM_SHA3_384_HMAC_GENERAL, CKM_SHA3_384 },
	{ CKM_SHA3_512_HMAC, CKM_SHA3_512_HMAC_GENERAL, CKM_SHA3_512 },
};

struct mac {
	EVP_MAC_CTX *context;
	CK_ULONG size; /* bytes that are given or compared: the leading ones */
};

static void
mac_free(void *state)
{
	struct mac *mac = state;

	EVP_MAC_CTX_free(mac->context);
	free(mac);
}

static CK_RV
mac_update(struct op *op, const CK_BYTE *part, CK_ULONG len)
{
	const struct mac *mac = op->state;

	if (len == 0)
		return CKR_OK;
	return EVP_MAC_update(mac->context, part, len) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

static CK_RV
mac_size(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_ULONG *need)
{
	const struct mac *mac = op->state;

	(void)data;
	(void)len;
	*need = mac->size;
	return CKR_OK;
}

/* The whole MAC, of which the first mac->size bytes count. */
static CK_RV
mac_end(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE full[EVP_MAX_MD_SIZE])
{
	const struct mac *mac = op->state;
	size_t written = 0;
	CK_RV rv;

	rv = mac_update(op, data, len);
	if (rv != CKR_OK)
		return rv;
	if (EVP_MAC_final(mac->context, full, &written, EVP_MAX_MD_SIZE) != 1 || written < mac->size)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

static CK_RV
mac_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	const struct mac *mac = op->state;
	CK_BYTE full[EVP_MAX_MD_SIZE];
	CK_RV rv;

	rv = mac_end(op, data, len, full);
	if (rv == CKR_OK) {
		memcpy(out, full, mac->size);
		*out_len = mac->size;
	}
	OPENSSL_cleanse(full, sizeof(full));
	return rv;
}

static CK_RV
mac_verify(struct op *op, const CK_BYTE *data, CK_ULONG len, const CK_BYTE *sig, CK_ULONG sig_len)
{
	const struct mac *mac = op->state;
	CK_BYTE full[EVP_MAX_MD_SIZE];
	CK_RV rv;

	if (sig_len != mac->size)
		return CKR_SIGNATURE_LEN_RANGE;
	rv = mac_end(op, data, len, full);
	if (rv == CKR_OK && CRYPTO_memcmp(full, sig, sig_len) != 0)
		rv = CKR_SIGNATURE_INVALID;
	OPENSSL_cleanse(full, sizeof(full));
	return rv;
}

static const struct op_ops sign_ops = { .update = mac_update,
	.size = mac_size,
	.finish = mac_finish,
	.free = mac_free };
static const struct op_ops verify_ops = { .update = mac_update, .verify = mac_verify, .free = mac_free };

/* The length that a _GENERAL mechanism names, 1 to `full` bytes; the others take no parameter. */
static CK_RV
read_size(const CK_MECHANISM *mechanism, bool general, CK_ULONG full, CK_ULONG *size)
{
	*size = full;
	if (!general)
		return mechanism->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
	if (mechanism->pParameter == NULL || mechanism->ulParameterLen != sizeof(*size))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(size, mechanism->pParameter, sizeof(*size));
	return *size >= 1 && *size <= full ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

/* Begin with the key's value. param: the digest of an HMAC, the cipher of a CMAC. */
static CK_RV
mac_start(struct op *op, const char *name, const char *param, const char *value, CK_ULONG size)
{
	OSSL_PARAM params[] = { OSSL_PARAM_END, OSSL_PARAM_END };
	struct token_value key = { 0 };
	struct mac *mac = NULL;
	EVP_MAC *fetched = NULL;
	CK_RV rv;

	params[0] = OSSL_PARAM_construct_utf8_string(param, (char *)value, 0);
	rv = object_value(op->session, op->key, &key);
	if (rv != CKR_OK)
		return rv;
	rv = CKR_HOST_MEMORY;
	mac = calloc(1, sizeof(*mac));
	fetched = EVP_MAC_fetch(library_libctx(), name, NULL);
	if (mac == NULL || fetched == NULL)
		goto out;
	mac->size = size;
	mac->context = EVP_MAC_CTX_new(fetched);
	if (mac->context == NULL)
		goto out;
	rv = CKR_FUNCTION_FAILED;
	if (EVP_MAC_init(mac->context, key.ptr, key.len, params) != 1)
		goto out;
	op->ops = op->kind == OP_SIGN ? &sign_ops : &verify_ops;
	op->state = mac;
	mac = NULL;
	rv = CKR_OK;
out:
	if (mac != NULL)
		mac_free(mac);
	EVP_MAC_free(fetched);
	token_value_clear(&key);
	return rv;
}

static CK_RV
hmac_init(struct op *op, const CK_MECHANISM *mechanism)
{
	const char *name = NULL;
	bool general = false;
	CK_ULONG full = 0, size;
	size_t i;
	CK_RV rv;

	for (i = 0; i < sizeof(hmacs) / sizeof(*hmacs) && name == NULL; i++) {
		general = hmacs[i].general == mechanism->mechanism;
		if (general || hmacs[i].whole == mechanism->mechanism)
			name = digest_name(hmacs[i].digest, &full);
	}
	if (name == NULL)
		return CKR_MECHANISM_INVALID;
	rv = read_size(mechanism, general, full, &size);
	return rv == CKR_OK ? mac_start(op, "HMAC", OSSL_MAC_PARAM_DIGEST, name, size) : rv;
}

static CK_RV
cmac_init(struct op *op, const CK_MECHANISM *mechanism)
{
	const char *cipher;
	CK_ULONG size;
	CK_RV rv;

	rv = read_size(mechanism, mechanism->mechanism == CKM_AES_CMAC_GENERAL, AES_BLOCK, &size);
	if (rv != CKR_OK)
		return rv;
	switch (attrs_ulong(object_attrs(op->key), CKA_VALUE_LEN, 0)) {
	case 16:
		cipher = "AES-128-CBC";
		break;
	case 24:
		cipher = "AES-192-CBC";
		break;
	case 32:
		cipher = "AES-256-CBC";
		break;
	default:
		return CKR_KEY_SIZE_RANGE;
	}
	return mac_start(op, "CMAC", OSSL_MAC_PARAM_CIPHER, cipher, size);
}

#define ONE(TYPE, KEY) \
	{ \
		.type = TYPE, .info = { 1, KEY_MAX, CKF_SIGN | CKF_VERIFY }, .key_type = KEY, \
		.or_type = CKK_GENERIC_SECRET, .init = hmac_init \
	}
#define HMAC(WHOLE, GENERAL, KEY) ONE(WHOLE, KEY), ONE(GENERAL, KEY)
#define CMAC(TYPE) \
	{ \
		.type = TYPE, .info = { 16, 32, CKF_SIGN | CKF_VERIFY }, .key_type = CKK_AES, .init = cmac_init \
	}

const struct mech mech_macs[] = {
	HMAC(CKM_SHA_1_HMAC, CKM_SHA_1_HMAC_GENERAL, CKK_SHA_1_HMAC),
	HMAC(CKM_SHA224_HMAC, CKM_SHA224_HMAC_GENERAL, CKK_SHA224_HMAC),
	HMAC(CKM_SHA256_HMAC, CKM_SHA256_HMAC_GENERAL, CKK_SHA256_HMAC),
	HMAC(CKM_SHA384_HMAC, CKM_SHA384_HMAC_GENERAL, CKK_SHA384_HMAC),
	HMAC(CKM_SHA512_HMAC, CKM_SHA512_HMAC_GENERAL, CKK_SHA512_HMAC),
	HMAC(CKM_SHA512_224_HMAC, CKM_SHA512_224_HMAC_GENERAL, CKK_SHA512_224_HMAC),
	HMAC(CKM_SHA512_256_HMAC, CKM_SHA512_256_HMAC_GENERAL, CKK_SHA512_256_HMAC),
	HMAC(CKM_SHA3_224_HMAC, CKM_SHA3_224_HMAC_GENERAL, CKK_SHA3_224_HMAC),
	HMAC(CKM_SHA3_256_HMAC, CKM_SHA3_256_HMAC_GENERAL, CKK_SHA3_256_HMAC),
	HMAC(CKM_SHA3_384_HMAC, CKM_SHA3_384_HMAC_GENERAL, CKK_SHA3_384_HMAC),
	HMAC(CKM_SHA3_512_HMAC, CKM_SHA3_512_HMAC_GENERAL, CKK_SHA3_512_HMAC),
	CMAC(CKM_AES_CMAC),
	CMAC(CKM_AES_CMAC_GENERAL),
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
