/*
 * tokens/tpm/key_blob.c: what a TPM's key is in the store.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/blob.h"
#include "tokens/tpm/key.h"

static const struct {
	enum token_curve curve;
	TPMI_ECC_CURVE id;
} curves[] = {
	{ TOKEN_P256, TPM2_ECC_NIST_P256 },
	{ TOKEN_P384, TPM2_ECC_NIST_P384 },
	{ TOKEN_P521, TPM2_ECC_NIST_P521 },
};

/* No dictionary-attack protection: the empty value needs none, and with it a power cut after a use of the value would
 * be one more failure in the counter that all share. */
static const TPMA_OBJECT attributes[] = {
	[TPM_KEY_MADE] = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
		TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_DECRYPT,
	[TPM_KEY_IMPORTED] = TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_DECRYPT,
};

enum token_result
tpm_key_template(enum token_curve curve, enum tpm_key_origin origin, const TPM2B_DIGEST *policy, TPMT_PUBLIC *area)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
		if (curves[i].curve != curve)
			continue;
		*area = (TPMT_PUBLIC){ .type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = attributes[origin],
			.authPolicy = *policy };
		area->parameters.eccDetail = (TPMS_ECC_PARMS){ .symmetric.algorithm = TPM2_ALG_NULL,
			.scheme.scheme = TPM2_ALG_NULL,
			.curveID = curves[i].id,
			.kdf.scheme = TPM2_ALG_NULL };
		return TOKEN_OK;
	}
	return TOKEN_ERR_CURVE;
}

enum token_result
tpm_key_pack(const struct tpm_blob *blob, struct secret *value)
{
	uint8_t bytes[TPM_BLOB_MAX];
	const size_t len = tpm_blob_write(blob, bytes);

	if (len == 0)
		return TOKEN_ERR_DEVICE;
	return secret_copy(bytes, len, value) ? TOKEN_OK : TOKEN_ERR_MEMORY;
}

enum token_result
tpm_key_unpack(const struct seal_ctx *seal, enum token_curve curve, const TPM2B_DIGEST *policy, const uint8_t *value,
	size_t len, struct tpm_blob *blob, uint8_t *point, size_t *point_len)
{
	static const enum tpm_key_origin origins[] = { TPM_KEY_MADE, TPM_KEY_IMPORTED };
	TPMT_PUBLIC template;
	enum token_result res = TOKEN_ERR_DAMAGED;

	for (size_t i = 0; i < sizeof(origins) / sizeof(origins[0]) && res == TOKEN_ERR_DAMAGED; i++) {
		res = tpm_key_template(curve, origins[i], policy, &template);
		if (res == TOKEN_OK)
			res = tpm_blob_read(seal, curve, &template, value, len, blob, point, point_len);
	}
	return res;
}
