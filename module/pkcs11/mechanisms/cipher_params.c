/*
 * module/pkcs11/mechanisms/cipher_params.c: the parameters of CKM_AES_*.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/cipher_params.h"

#include <stdbool.h>
#include <string.h>

#include "pkcs11-3.h"

#define AAD_MAX UINT32_MAX                 /* bytes, PKCS#11 3.0 mechanisms section 2.12.3 */
#define GCM_MAX (((uint64_t)1 << 36) - 32) /* bytes under one IV, SP 800-38D section 5.2.1.1 */

#define NAMES(MODE) \
	{ \
		"AES-128-" MODE, "AES-192-" MODE, "AES-256-" MODE \
	}

static const struct cipher_mode modes[] = {
	{ CKM_AES_ECB, BLOCKS, 0, NAMES("ECB") },
	{ CKM_AES_CBC, BLOCKS, CIPHER_BLOCK, NAMES("CBC") },
	{ CKM_AES_CBC_PAD, PADDED, CIPHER_BLOCK, NAMES("CBC") },
	{ CKM_AES_CTR, COUNTER, 0, NAMES("CTR") },
	{ CKM_AES_GCM, AEAD, 0, NAMES("GCM") },
	{ CKM_AES_KEY_WRAP, WRAP, 8, NAMES("WRAP") },
	{ CKM_AES_KEY_WRAP_KWP, WRAP_PAD, 4, NAMES("WRAP-PAD") },
};

/* CK_GCM_PARAMS as it was before ulIvBits came into it, and as some programs still send it. */
struct gcm_params_old {
	CK_BYTE *pIv;
	CK_ULONG ulIvLen;
	CK_BYTE *pAAD;
	CK_ULONG ulAADLen;
	CK_ULONG ulTagBits;
};

static CK_RV
take_iv(const struct cipher_mode *mode, const CK_MECHANISM *mechanism, struct cipher_params *params)
{
	const bool optional = mode->style == WRAP || mode->style == WRAP_PAD || mode->iv_size == 0;

	if (mechanism->ulParameterLen == 0)
		return optional ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
	if (mechanism->ulParameterLen != mode->iv_size || mechanism->pParameter == NULL)
		return CKR_MECHANISM_PARAM_INVALID;
	params->iv = mechanism->pParameter;
	params->iv_size = mode->iv_size;
	return CKR_OK;
}

/* Bytes until a big-endian counter of so many bits would come round to its beginning. */
static uint64_t
counter_left(const CK_BYTE block[CIPHER_BLOCK], CK_ULONG bits)
{
	uint64_t blocks = 0;
	CK_ULONG i;
	CK_BYTE rest;

	for (i = 0; i < CIPHER_BLOCK; i++) {
		CK_ULONG above = (CIPHER_BLOCK - 1 - i) * 8; /* bits below this byte */

		if (bits <= above)
			continue;
		rest = (CK_BYTE)~block[i];
		if (bits - above < 8)
			rest &= (CK_BYTE)((1u << (bits - above)) - 1);
		if (blocks >> 56 != 0)
			return UINT64_MAX;
		blocks = blocks << 8 | rest;
	}
	return blocks >= (UINT64_MAX >> 4) ? UINT64_MAX : (blocks + 1) * CIPHER_BLOCK;
}

static CK_RV
take_counter(const CK_MECHANISM *mechanism, struct cipher_params *params)
{
	CK_AES_CTR_PARAMS given;

	if (mechanism->pParameter == NULL || mechanism->ulParameterLen != sizeof(given))
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(&given, mechanism->pParameter, sizeof(given));
	if (given.ulCounterBits < 1 || given.ulCounterBits > 128)
		return CKR_MECHANISM_PARAM_INVALID;
	memcpy(params->counter, given.cb, sizeof(params->counter));
	params->iv = params->counter;
	params->iv_size = sizeof(params->counter);
	params->left = counter_left(given.cb, given.ulCounterBits);
	return CKR_OK;
}

static CK_RV
take_gcm(const CK_MECHANISM *mechanism, struct cipher_params *params)
{
	struct gcm_params_old given;
	CK_GCM_PARAMS full;

	if (mechanism->pParameter == NULL)
		return CKR_MECHANISM_PARAM_INVALID;
	if (mechanism->ulParameterLen == sizeof(full)) {
		memcpy(&full, mechanism->pParameter, sizeof(full));
		given = (struct gcm_params_old){ full.pIv, full.ulIvLen, full.pAAD, full.ulAADLen, full.ulTagBits };
	} else if (mechanism->ulParameterLen == sizeof(given)) {
		memcpy(&given, mechanism->pParameter, sizeof(given));
	} else {
		return CKR_MECHANISM_PARAM_INVALID;
	}
	if (given.pIv == NULL || given.ulIvLen < 1 || given.ulIvLen > CIPHER_IV_MAX ||
		(given.pAAD == NULL && given.ulAADLen != 0) || given.ulAADLen > AAD_MAX || given.ulTagBits < 32 ||
		given.ulTagBits > 128 || given.ulTagBits % 8 != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	params->iv = given.pIv;
	params->iv_size = given.ulIvLen;
	params->aad = given.pAAD;
	params->aad_size = given.ulAADLen;
	params->tag_len = given.ulTagBits / 8;
	params->left = GCM_MAX;
	return CKR_OK;
}

CK_RV
cipher_params_take(const CK_MECHANISM *mechanism, const struct cipher_mode **mode, struct cipher_params *params)
{
	size_t i;

	*params = (struct cipher_params){ .left = UINT64_MAX };
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (modes[i].type != mechanism->mechanism)
			continue;
		*mode = &modes[i];
		if (modes[i].style == COUNTER)
			return take_counter(mechanism, params);
		if (modes[i].style == AEAD)
			return take_gcm(mechanism, params);
		return take_iv(&modes[i], mechanism, params);
	}
	return CKR_MECHANISM_INVALID;
}
