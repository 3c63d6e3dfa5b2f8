/*
 * module/pkcs11/mechanisms/mech_digest.c: SHA-1, SHA-2 and SHA-3.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/evp.h>

#include "module/pkcs11/mechanisms/digest.h"
#include "module/pkcs11/slots/library.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "pkcs11-3.h"

static const struct {
	CK_MECHANISM_TYPE type;
	const char *name;
	CK_ULONG size;
} digests[] = {
	{ CKM_SHA_1, "SHA1", 20 },
	{ CKM_SHA224, "SHA224", 28 },
	{ CKM_SHA256, "SHA256", 32 },
	{ CKM_SHA384, "SHA384", 48 },
	{ CKM_SHA512, "SHA512", 64 },
	{ CKM_SHA512_224, "SHA512-224", 28 },
	{ CKM_SHA512_256, "SHA512-256", 32 },
	{ CKM_SHA3_224, "SHA3-224", 28 },
	{ CKM_SHA3_256, "SHA3-256", 32 },
	{ CKM_SHA3_384, "SHA3-384", 48 },
	{ CKM_SHA3_512, "SHA3-512", 64 },
};

const char *
digest_name(CK_MECHANISM_TYPE type, CK_ULONG *size)
{
	size_t i;

	for (i = 0; i < sizeof(digests) / sizeof(*digests); i++) {
		if (digests[i].type == type) {
			*size = digests[i].size;
			return digests[i].name;
		}
	}
	return NULL;
}

CK_RV
digest_begin(CK_MECHANISM_TYPE type, EVP_MD_CTX **context)
{
	EVP_MD_CTX *ctx = NULL;
	EVP_MD *md = NULL;
	CK_RV rv = CKR_MECHANISM_INVALID;
	const char *name;
	CK_ULONG size;

	name = digest_name(type, &size);
	if (name == NULL)
		goto out;
	rv = CKR_FUNCTION_FAILED;
	md = EVP_MD_fetch(library_libctx(), name, NULL);
	if (md == NULL)
		goto out;
	rv = CKR_HOST_MEMORY;
	ctx = EVP_MD_CTX_new();
	if (ctx == NULL || EVP_DigestInit_ex2(ctx, md, NULL) != 1)
		goto out;
	*context = ctx;
	ctx = NULL;
	rv = CKR_OK;
out:
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return rv;
}

CK_RV
digest_update(EVP_MD_CTX *context, const CK_BYTE *data, CK_ULONG len)
{
	if (len == 0)
		return CKR_OK;
	return EVP_DigestUpdate(context, data, len) == 1 ? CKR_OK : CKR_FUNCTION_FAILED;
}

CK_RV
digest_end(EVP_MD_CTX *context, const CK_BYTE *data, CK_ULONG len, CK_BYTE out[DIGEST_MAX], CK_ULONG *out_len)
{
	unsigned written = 0;
	CK_RV rv;

	rv = digest_update(context, data, len);
	if (rv != CKR_OK)
		return rv;
	if (EVP_DigestFinal_ex(context, out, &written) != 1)
		return CKR_FUNCTION_FAILED;
	*out_len = written;
	return CKR_OK;
}

static CK_RV
op_digest_update(struct op *op, const CK_BYTE *part, CK_ULONG len)
{
	return digest_update(op->state, part, len);
}

static CK_RV
op_digest_size(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_ULONG *need)
{
	(void)data;
	(void)len;
	*need = (CK_ULONG)EVP_MD_CTX_get_size(op->state);
	return CKR_OK;
}

static CK_RV
op_digest_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	return digest_end(op->state, data, len, out, out_len);
}

static void
op_digest_free(void *state)
{
	EVP_MD_CTX_free(state);
}

static const struct op_ops digest_ops = {
	.update = op_digest_update,
	.size = op_digest_size,
	.finish = op_digest_finish,
	.free = op_digest_free,
};

static CK_RV
op_digest_init(struct op *op, const CK_MECHANISM *mechanism)
{
	EVP_MD_CTX *context = NULL;
	CK_RV rv;

	if (mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = digest_begin(mechanism->mechanism, &context);
	if (rv != CKR_OK)
		return rv;
	op->ops = &digest_ops;
	op->state = context;
	return CKR_OK;
}

#define DIGEST(TYPE) \
	{ \
		.type = TYPE, .info = { 0, 0, CKF_DIGEST }, .key_type = MECH_NO_KEY, .init = op_digest_init \
	}

const struct mech mech_digests[] = {
	DIGEST(CKM_SHA_1),
	DIGEST(CKM_SHA224),
	DIGEST(CKM_SHA256),
	DIGEST(CKM_SHA384),
	DIGEST(CKM_SHA512),
	DIGEST(CKM_SHA512_224),
	DIGEST(CKM_SHA512_256),
	DIGEST(CKM_SHA3_224),
	DIGEST(CKM_SHA3_256),
	DIGEST(CKM_SHA3_384),
	DIGEST(CKM_SHA3_512),
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
