/*
 * state.c: the state of a digest, saved and restored.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/operations/state.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/mechanisms/cipher.h"
#include "module/pkcs11/slots/session.h"

#define NONCE 12
#define TAG 16
#define HEAD sizeof(CK_MECHANISM_TYPE) /* of the plaintext; what was taken in follows */
#define AROUND (NONCE + HEAD + TAG)

void
state_give_up(struct op *op)
{
	OPENSSL_clear_free(op->taken, op->taken_len);
	op->taken = NULL;
	op->taken_len = 0;
	op->unsaveable = true;
}

void
state_keep(struct op *op, const CK_BYTE *part, CK_ULONG len)
{
	if (op->unsaveable || len == 0)
		return;
	if (op->taken == NULL && len <= STATE_MAX)
		op->taken = OPENSSL_malloc(STATE_MAX);
	if (op->taken == NULL || len > STATE_MAX - op->taken_len) {
		state_give_up(op);
		return;
	}
	memcpy(op->taken + op->taken_len, part, len);
	op->taken_len += len;
}

/* The slot's key, made when it is first needed. CKR_SAVED_STATE_INVALID: not made, and not to be. */
static CK_RV
state_key(struct slot *slot, bool make, CK_BYTE key[SLOT_STATE_KEY])
{
	CK_BYTE fresh[SLOT_STATE_KEY];
	CK_RV rv = CKR_OK;

	if (make)
		rv = library_random(fresh, sizeof(fresh));
	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&slot->lock);
	if (make && !slot->has_state_key)
		memcpy(slot->state_key, fresh, sizeof(fresh));
	slot->has_state_key = slot->has_state_key || make;
	memcpy(key, slot->state_key, SLOT_STATE_KEY);
	rv = slot->has_state_key ? CKR_OK : CKR_SAVED_STATE_INVALID;
	pthread_mutex_unlock(&slot->lock);
	OPENSSL_cleanse(fresh, sizeof(fresh));
	return rv;
}

static CK_RV
crypt_state(struct slot *slot, bool encrypt, CK_BYTE nonce[NONCE], const CK_BYTE *in, CK_ULONG len, CK_BYTE *out,
	CK_ULONG *out_len)
{
	CK_GCM_PARAMS gcm = { .pIv = nonce, .ulIvLen = NONCE, .ulTagBits = 8 * TAG };
	const CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof(gcm) };
	CK_BYTE key[SLOT_STATE_KEY];
	CK_RV rv;

	rv = state_key(slot, encrypt, key);
	if (rv == CKR_OK)
		rv = cipher_once(&mechanism, &(struct secret){ key, sizeof(key) }, encrypt, in, len, out, out_len);
	OPENSSL_cleanse(key, sizeof(key));
	return rv;
}

/* The one active operation, when it can be saved. */
static CK_RV
saveable(struct session *session, struct op **digest)
{
	struct op *op;
	bool others = false;
	int kind;

	*digest = op_active(session, OP_DIGEST);
	for (kind = 0; kind < OP_KINDS; kind++) {
		op = op_active(session, (enum op_kind)kind);
		others = others || (op != NULL && op != *digest);
	}
	if (*digest == NULL && !others)
		return CKR_OPERATION_NOT_INITIALIZED;
	return others || (*digest)->unsaveable ? CKR_STATE_UNSAVEABLE : CKR_OK;
}

CK_RV
state_get(struct session *session, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_BYTE plain[HEAD + STATE_MAX];
	CK_ULONG room, sealed;
	struct op *op;
	CK_RV rv;

	if (out_len == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = saveable(session, &op);
	if (rv != CKR_OK)
		return rv;
	room = *out_len;
	*out_len = AROUND + op->taken_len;
	if (out == NULL)
		return CKR_OK;
	if (room < *out_len)
		return CKR_BUFFER_TOO_SMALL;
	memcpy(plain, &op->mechanism, HEAD);
	if (op->taken_len > 0)
		memcpy(plain + HEAD, op->taken, op->taken_len);
	sealed = room - NONCE;
	rv = library_random(out, NONCE);
	if (rv == CKR_OK)
		rv = crypt_state(session->slot, true, out, plain, HEAD + op->taken_len, out + NONCE, &sealed);
	OPENSSL_cleanse(plain, sizeof(plain));
	return rv;
}

/* The operation that was saved, taken up anew. */
static CK_RV
resume(struct session *session, const CK_BYTE *plain, CK_ULONG len, struct op **resumed)
{
	CK_MECHANISM mechanism = { 0, NULL, 0 };
	struct op *op = NULL;
	CK_RV rv;

	memcpy(&mechanism.mechanism, plain, HEAD);
	rv = op_make(session, OP_DIGEST, &mechanism, NULL, &op);
	if (rv != CKR_OK)
		return rv;
	rv = op->ops->update(op, plain + HEAD, len - HEAD);
	if (rv != CKR_OK) {
		op_free(op);
		return rv;
	}
	state_keep(op, plain + HEAD, len - HEAD);
	op->multi_part = len > HEAD;
	*resumed = op;
	return CKR_OK;
}

CK_RV
state_set(struct session *session, const CK_BYTE *state, CK_ULONG len, CK_OBJECT_HANDLE encryption_key,
	CK_OBJECT_HANDLE authentication_key)
{
	CK_BYTE plain[HEAD + STATE_MAX], nonce[NONCE];
	CK_ULONG plain_len = sizeof(plain);
	struct op *op = NULL;
	int kind;
	CK_RV rv;

	if (state == NULL)
		return CKR_ARGUMENTS_BAD;
	if (encryption_key != CK_INVALID_HANDLE || authentication_key != CK_INVALID_HANDLE)
		return CKR_KEY_NOT_NEEDED;
	if (len < AROUND || len > AROUND + STATE_MAX)
		return CKR_SAVED_STATE_INVALID;
	memcpy(nonce, state, NONCE);
	rv = crypt_state(session->slot, false, nonce, state + NONCE, len - NONCE, plain, &plain_len);
	if (rv == CKR_ENCRYPTED_DATA_INVALID)
		rv = CKR_SAVED_STATE_INVALID;
	if (rv == CKR_OK)
		rv = resume(session, plain, plain_len, &op);
	OPENSSL_cleanse(plain, sizeof(plain));
	if (rv != CKR_OK)
		return rv;
	for (kind = 0; kind < OP_KINDS; kind++)
		op_end(session, (enum op_kind)kind);
	session->op[OP_DIGEST] = op;
	return CKR_OK;
}
