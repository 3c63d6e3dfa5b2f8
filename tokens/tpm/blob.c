/*
 * tokens/tpm/blob.c: EC keys under the storage root key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/tpm/blob.h"

#include <openssl/evp.h>
#include <string.h>
#include <tss2/tss2_mu.h>

#define VERSION 1
#define POINT_UNCOMPRESSED 0x04

size_t
tpm_blob_write(const struct tpm_blob *blob, uint8_t bytes[TPM_BLOB_MAX])
{
	size_t at = 1;

	bytes[0] = VERSION;
	if (Tss2_MU_TPM2B_PUBLIC_Marshal(&blob->public_area, bytes, TPM_BLOB_MAX, &at) != TSS2_RC_SUCCESS ||
		Tss2_MU_TPM2B_PRIVATE_Marshal(&blob->private_area, bytes, TPM_BLOB_MAX, &at) != TSS2_RC_SUCCESS)
		return 0;
	return at;
}

/* All of the bytes, and in no other way than they would be written. */
static bool
read_parts(const uint8_t *bytes, size_t len, struct tpm_blob *blob)
{
	uint8_t again[TPM_BLOB_MAX];
	size_t at = 1;

	if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(bytes, len, &at, &blob->public_area) != TSS2_RC_SUCCESS ||
		Tss2_MU_TPM2B_PRIVATE_Unmarshal(bytes, len, &at, &blob->private_area) != TSS2_RC_SUCCESS || at != len)
		return false;
	return tpm_blob_write(blob, again) == len && memcmp(again, bytes, len) == 0;
}

static bool
follows(const TPMT_PUBLIC *area, const TPMT_PUBLIC *template)
{
	uint8_t wanted[sizeof(*template)], given[sizeof(*area)];
	size_t wanted_len = 0, given_len = 0;
	TPMT_PUBLIC expected = *template;

	if (area->type != TPM2_ALG_ECC)
		return false;
	expected.unique.ecc = area->unique.ecc;
	return Tss2_MU_TPMT_PUBLIC_Marshal(&expected, wanted, sizeof(wanted), &wanted_len) == TSS2_RC_SUCCESS &&
		Tss2_MU_TPMT_PUBLIC_Marshal(area, given, sizeof(given), &given_len) == TSS2_RC_SUCCESS &&
		wanted_len == given_len && memcmp(wanted, given, wanted_len) == 0;
}

bool
tpm_point(const TPMS_ECC_POINT *from, size_t size, uint8_t *point)
{
	if (from->x.size > size || from->y.size > size)
		return false;
	memset(point, 0, 1 + 2 * size);
	point[0] = POINT_UNCOMPRESSED;
	memcpy(point + 1 + size - from->x.size, from->x.buffer, from->x.size);
	memcpy(point + 1 + 2 * size - from->y.size, from->y.buffer, from->y.size);
	return true;
}

enum token_result
tpm_blob_read(const struct seal_ctx *seal, enum token_curve curve, const TPMT_PUBLIC *template, const uint8_t *bytes,
	size_t len, struct tpm_blob *blob, uint8_t *point, size_t *point_len)
{
	const TPMT_PUBLIC *area = &blob->public_area.publicArea;
	uint8_t own_point[TOKEN_POINT_MAX];
	EVP_PKEY *pkey = NULL;
	enum token_result res;

	memset(blob, 0, sizeof(*blob));
	if (point == NULL)
		point = own_point;
	if (bytes == NULL || len < 1 || bytes[0] < VERSION)
		return TOKEN_ERR_DAMAGED;
	if (bytes[0] > VERSION)
		return TOKEN_ERR_NEWER;
	if (!read_parts(bytes, len, blob) || !follows(area, template) ||
		!tpm_point(&area->unique.ecc, token_curve_size(curve), point))
		return TOKEN_ERR_DAMAGED;
	res = token_public_key(seal_ctx_libctx(seal), curve, point, token_curve_point_size(curve), &pkey);
	EVP_PKEY_free(pkey);
	if (res != TOKEN_OK)
		return res == TOKEN_ERR_ARG ? TOKEN_ERR_DAMAGED : res;
	if (point_len != NULL)
		*point_len = token_curve_point_size(curve);
	return tpm_public_name(seal, area, &blob->name) == TSS2_RC_SUCCESS ? TOKEN_OK : TOKEN_ERR_CRYPTO;
}

/* The session has nothing to authorise but proves that it is the TPM that answers: who sits on the line cannot put a
 * key of his own in the place of the TPM's. */
TSS2_RC
tpm_blob_create(struct tpm *tpm, const TPMT_PUBLIC *template, struct tpm_blob *blob)
{
	const TPM2B_PUBLIC wanted = { .publicArea = *template };
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION no_pcr = { 0 };
	struct tpm_ref srk;
	const struct tpm_ref *const refs[] = { &srk };
	struct tpm_auth auth = { .value = SECRET_NONE };
	TSS2_RC rc;

	memset(blob, 0, sizeof(*blob));
	rc = tpm_srk(tpm, &srk);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_hmac_session(tpm, &auth.session);
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Create_Prepare(tpm_sys(tpm), srk.handle, &sensitive, &wanted, &outside, &no_pcr);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_srk_said(tpm_execute(tpm, refs, 1, &auth, 1));
	if (rc == TSS2_RC_SUCCESS)
		rc = Tss2_Sys_Create_Complete(tpm_sys(tpm), &blob->private_area, &blob->public_area, NULL, NULL, NULL);
	if (rc == TSS2_RC_SUCCESS)
		rc = tpm_public_name(tpm_seal(tpm), &blob->public_area.publicArea, &blob->name);
	return rc;
}
