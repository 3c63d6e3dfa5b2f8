/*
 * module/pkcs11/mechanisms/mech_aes.c: CKM_AES_* as encrypt, decrypt and wrap mechanisms.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "module/pkcs11/mechanisms/cipher.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/mechanisms/mech_gcm_message.h"
#include "module/pkcs11/objects/object.h"
#include "pkcs11-3.h"

static CK_RV
aes_part_size(const struct op *op, CK_ULONG len, CK_ULONG *need)
{
	return cipher_update_size(op->state, len, need);
}

static CK_RV
aes_part(struct op *op, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	return cipher_update(op->state, in, len, out, out_len);
}

static CK_RV
aes_size(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_ULONG *need)
{
	return cipher_final_size(op->state, data, len, need);
}

static CK_RV
aes_finish(struct op *op, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	return cipher_final(op->state, data, len, out, out_len);
}

static void
aes_free(void *state)
{
	cipher_free(state);
}

static const struct op_ops aes_ops = {
	.part_size = aes_part_size,
	.part = aes_part,
	.size = aes_size,
	.finish = aes_finish,
	.free = aes_free,
};

static CK_RV
aes_init(struct op *op, const CK_MECHANISM *mechanism)
{
	struct token_value value = { 0 };
	struct cipher *cipher = NULL;
	CK_RV rv;

	if (op->kind == OP_MESSAGE_ENCRYPT || op->kind == OP_MESSAGE_DECRYPT)
		return gcm_message_init(op, mechanism);
	rv = object_value(op->session, op->key, &value);
	if (rv == CKR_OK)
		rv = cipher_new(mechanism, &(struct secret){ value.ptr, value.len }, op->kind == OP_ENCRYPT, &cipher);
	token_value_clear(&value);
	if (rv == CKR_OK) {
		op->ops = &aes_ops;
		op->state = cipher;
	}
	return rv;
}

/* The standard has the value of a key filled up with zeros where the mode takes whole blocks only. */
static bool
needs_filling(CK_MECHANISM_TYPE type)
{
	return type == CKM_AES_ECB || type == CKM_AES_CBC;
}

static CK_RV
aes_wrap(const CK_MECHANISM *mechanism, const struct secret *key, const struct secret *plain, CK_BYTE *out,
	CK_ULONG *out_len)
{
	struct secret filled = SECRET_NONE;
	size_t len = plain->len;
	CK_RV rv;

	if (needs_filling(mechanism->mechanism))
		len = (len + CIPHER_BLOCK - 1) / CIPHER_BLOCK * CIPHER_BLOCK;
	if (len == 0)
		return CKR_KEY_SIZE_RANGE;
	if (!secret_alloc(len, &filled))
		return CKR_HOST_MEMORY;
	memcpy(filled.ptr, plain->ptr, plain->len);
	rv = cipher_once(mechanism, key, true, filled.ptr, filled.len, out, out_len);
	secret_wipe(&filled);
	if (rv == CKR_KEY_SIZE_RANGE)
		return CKR_WRAPPING_KEY_SIZE_RANGE;
	return rv == CKR_DATA_LEN_RANGE ? CKR_KEY_SIZE_RANGE : rv;
}

static CK_RV
rv_of_unwrap(CK_RV rv)
{
	switch (rv) {
	case CKR_KEY_SIZE_RANGE:
		return CKR_UNWRAPPING_KEY_SIZE_RANGE;
	case CKR_ENCRYPTED_DATA_LEN_RANGE:
		return CKR_WRAPPED_KEY_LEN_RANGE;
	case CKR_ENCRYPTED_DATA_INVALID:
		return CKR_WRAPPED_KEY_INVALID;
	default:
		return rv;
	}
}

static CK_RV
aes_unwrap(const CK_MECHANISM *mechanism, const struct secret *key, const CK_BYTE *wrapped, CK_ULONG len,
	struct secret *plain)
{
	struct secret whole = SECRET_NONE;
	CK_ULONG plain_len = len;
	CK_RV rv;

	if (wrapped == NULL || len == 0 || len > CIPHER_KEPT_MAX)
		return CKR_WRAPPED_KEY_LEN_RANGE;
	if (!secret_alloc(len, &whole)) /* no mode's plaintext is longer */
		return CKR_HOST_MEMORY;
	rv = cipher_once(mechanism, key, false, wrapped, len, whole.ptr, &plain_len);
	if (rv == CKR_OK && plain_len == 0)
		rv = CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (rv == CKR_OK && !secret_copy(whole.ptr, plain_len, plain))
		rv = CKR_HOST_MEMORY;
	secret_wipe(&whole);
	return rv_of_unwrap(rv);
}

#define AES(TYPE, MORE) \
	{ \
		.type = TYPE, .info = { 16, 32, CKF_ENCRYPT | CKF_DECRYPT | (MORE) }, .key_type = CKK_AES, \
		.init = aes_init, .wrap = aes_wrap, .unwrap = aes_unwrap \
	}
#define BOTH_WAYS (CKF_WRAP | CKF_UNWRAP)

const struct mech mech_aes[] = {
	AES(CKM_AES_ECB, BOTH_WAYS),
	AES(CKM_AES_CBC, BOTH_WAYS),
	AES(CKM_AES_CBC_PAD, BOTH_WAYS),
	/* wraps nothing: from the first byte of what was wrapped a key of one byte would come, and so on */
	AES(CKM_AES_CTR, 0),
	AES(CKM_AES_GCM, BOTH_WAYS | CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT | CKF_MULTI_MESSAGE),
	AES(CKM_AES_KEY_WRAP, BOTH_WAYS),
	AES(CKM_AES_KEY_WRAP_KWP, BOTH_WAYS),
	{ .type = CK_UNAVAILABLE_INFORMATION },
};
