/*
 * tokens/tpm/attest_ak.c: the attestation key and its certificate.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "tokens/tpm/attest_priv.h"
#include "tokens/tpm/blob.h"

/* Its value is empty: whoever can use the TPM may let it sign, for what it signs is true. */
static const TPMT_PUBLIC template = {
	.type = TPM2_ALG_ECC,
	.nameAlg = TPM2_ALG_SHA256,
	.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT,
	.parameters.eccDetail = { .symmetric.algorithm = TPM2_ALG_NULL,
		.scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
		.curveID = TPM2_ECC_NIST_P256,
		.kdf.scheme = TPM2_ALG_NULL },
};

enum token_result
ak_create(struct tpm *tpm, struct tpm_blob *ak)
{
	return tpm_result(tpm_blob_create(tpm, &template, ak));
}

enum token_result
ak_pack(const struct tpm_blob *ak, struct backend_bytes *bytes)
{
	uint8_t packed[TPM_BLOB_MAX];
	const size_t len = tpm_blob_write(ak, packed);

	if (len == 0)
		return TOKEN_ERR_DEVICE;
	bytes->ptr = malloc(len);
	if (bytes->ptr == NULL)
		return TOKEN_ERR_MEMORY;
	memcpy(bytes->ptr, packed, len);
	bytes->len = len;
	return TOKEN_OK;
}

enum token_result
ak_unpack(const struct seal_ctx *seal, const struct backend_bytes *bytes, struct tpm_blob *ak)
{
	return tpm_blob_read(seal, TOKEN_P256, &template, bytes->ptr, bytes->len, ak, NULL, NULL);
}

/* The SubjectPublicKeyInfo of the certificate, to be freed with OPENSSL_free(); its length, 0: it has none. */
static size_t
certified_key(OSSL_LIB_CTX *libctx, const uint8_t *der, size_t len, unsigned char **info)
{
	X509 *certificate = X509_new_ex(libctx, NULL);
	const unsigned char *at = der;
	int info_len = 0;

	*info = NULL;
	if (certificate != NULL && d2i_X509(&certificate, &at, (long)len) != NULL && at == der + len)
		info_len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), info);
	X509_free(certificate);
	return info_len > 0 ? (size_t)info_len : 0;
}

bool
ak_is_certificate(const struct seal_ctx *seal, const struct tpm_blob *ak, const uint8_t *der, size_t len)
{
	const size_t point_len = token_curve_point_size(TOKEN_P256);
	uint8_t point[TOKEN_POINT_MAX], own[TOKEN_INFO_MAX];
	unsigned char *certified = NULL;
	size_t own_len, certified_len;
	bool same;

	if (!tpm_point(&ak->public_area.publicArea.unique.ecc, token_curve_size(TOKEN_P256), point))
		return false;
	own_len = token_public_info(TOKEN_P256, point, point_len, own);
	certified_len = certified_key(seal_ctx_libctx(seal), der, len, &certified);
	same = own_len != 0 && own_len == certified_len && memcmp(own, certified, own_len) == 0;
	OPENSSL_free(certified);
	return same;
}
