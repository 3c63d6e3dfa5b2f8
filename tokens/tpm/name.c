/*
 * tokens/tpm/name.c: Names, and what result codes mean.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tokens/tpm/device.h"

#define NUMBERED 0xbfu /* what is left of a code of format one without handle, session or parameter */

/* nameAlg || its digest of what was marshalled; SHA-256 only. */
static TSS2_RC
name_of(const struct seal_ctx *seal, TPMI_ALG_HASH alg, const uint8_t *bytes, size_t len, TPM2B_NAME *name)
{
	memset(name, 0, sizeof(*name));
	if (alg != TPM2_ALG_SHA256)
		return TSS2_MU_RC_BAD_VALUE;
	name->name[0] = (uint8_t)(alg >> 8);
	name->name[1] = (uint8_t)alg;
	if (seal_sha256(seal, bytes, len, name->name + 2) != TOKEN_OK)
		return TSS2_MU_RC_GENERAL_FAILURE;
	name->size = 2 + TPM2_SHA256_DIGEST_SIZE;
	return TSS2_RC_SUCCESS;
}

TSS2_RC
tpm_public_name(const struct seal_ctx *seal, const TPMT_PUBLIC *area, TPM2B_NAME *name)
{
	uint8_t bytes[sizeof(*area)];
	size_t len = 0;
	TSS2_RC rc;

	rc = Tss2_MU_TPMT_PUBLIC_Marshal(area, bytes, sizeof(bytes), &len);
	return rc == TSS2_RC_SUCCESS ? name_of(seal, area->nameAlg, bytes, len, name) : rc;
}

TSS2_RC
tpm_nv_name(const struct seal_ctx *seal, const TPMS_NV_PUBLIC *nv, TPM2B_NAME *name)
{
	uint8_t bytes[sizeof(*nv)];
	size_t len = 0;
	TSS2_RC rc;

	rc = Tss2_MU_TPMS_NV_PUBLIC_Marshal(nv, bytes, sizeof(bytes), &len);
	return rc == TSS2_RC_SUCCESS ? name_of(seal, nv->nameAlg, bytes, len, name) : rc;
}

struct tpm_ref
tpm_permanent(TPM2_HANDLE handle)
{
	struct tpm_ref ref = { .handle = handle, .name.size = 4 };
	unsigned i;

	for (i = 0; i < 4; i++)
		ref.name.name[i] = (uint8_t)(handle >> (24 - 8 * i));
	return ref;
}

bool
tpm_rc_is(TSS2_RC rc, TSS2_RC code)
{
	if ((code & TPM2_RC_FMT1) == 0 || (rc & (TSS2_RC_LAYER_MASK | TPM2_RC_FMT1)) != TPM2_RC_FMT1)
		return rc == code;
	return (rc & NUMBERED) == (code & NUMBERED);
}

enum token_result
tpm_result(TSS2_RC rc)
{
	static const struct {
		TSS2_RC rc;
		enum token_result res;
	} table[] = {
		{ TPM2_RC_BAD_AUTH, TOKEN_ERR_PIN },
		{ TPM2_RC_AUTH_FAIL, TOKEN_ERR_PIN },
		{ TPM2_RC_AUTH_UNAVAILABLE, TOKEN_ERR_PIN_LOCKED },
		{ TPM2_RC_LOCKOUT, TOKEN_ERR_PIN_LOCKED },
		{ TPM2_RC_INTEGRITY, TOKEN_ERR_OTHER_DEVICE },
		{ TPM_RC_OWNER_AUTH, TOKEN_ERR_OWNER_AUTH },
		{ TPM2_RC_NV_SPACE, TOKEN_ERR_FULL },
		{ TPM2_RC_CURVE, TOKEN_ERR_CURVE },
	};
	size_t i;

	if (rc == TSS2_RC_SUCCESS)
		return TOKEN_OK;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (tpm_rc_is(rc, table[i].rc))
			return table[i].res;
	}
	return TOKEN_ERR_DEVICE;
}
