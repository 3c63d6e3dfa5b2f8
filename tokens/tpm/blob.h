/*
 * tokens/tpm/blob.h: an EC key under the storage root key as it lies in the store:
 * version (1 byte) || TPM2B_PUBLIC || TPM2B_PRIVATE, as the TPM writes them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TOKENS_TPM_BLOB_H
#define TOKENS_TPM_BLOB_H

#include "tokens/tpm/device.h"

#define TPM_BLOB_MAX (1 + sizeof(TPM2B_PUBLIC) + sizeof(TPM2B_PRIVATE)) /* in memory they are not shorter */

/* The length that it takes; 0: it cannot be written. */
size_t tpm_blob_write(const struct tpm_blob *blob, uint8_t bytes[TPM_BLOB_MAX]);

/*
 * The public part has to say what the template does, but for the point, which is on the template's curve; whether the
 * private part is whole only the TPM can tell. The Name is made.
 *
 * point  NULL, or room for TOKEN_POINT_MAX bytes: the public key
 *
 * TOKEN_ERR_NEWER    of another version
 * TOKEN_ERR_DAMAGED  anything else; nothing is to be used of what came out
 */
enum token_result tpm_blob_read(const struct seal_ctx *seal, enum token_curve curve, const TPMT_PUBLIC *template,
	const uint8_t *bytes, size_t len, struct tpm_blob *blob, uint8_t *point, size_t *point_len);

/* As an uncompressed point: a TPM may leave leading zeros away. False: a coordinate is longer than `size`. */
bool tpm_point(const TPMS_ECC_POINT *from, size_t size, uint8_t *point);

/* In a job: a new key of this template (whose policy guards it; its authValue is empty). */
TSS2_RC tpm_blob_create(struct tpm *tpm, const TPMT_PUBLIC *template, struct tpm_blob *blob);

#endif
