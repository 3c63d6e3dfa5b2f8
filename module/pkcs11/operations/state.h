/*
 * state.h: C_GetOperationState and C_SetOperationState, for digests.
 *
 * OpenSSL does not give the inside of a running hash away, so a state is what the digest has taken in, sealed under a
 * key that lives as long as the slot does between C_Initialize and C_Finalize. That is kept for digests of up to
 * STATE_MAX bytes; of a longer one, of one that took in a key, and of every other operation there is no state.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_STATE_H
#define MODULE_STATE_H

#include "module/pkcs11/operations/op.h"

#define STATE_MAX 1024 /* bytes; keeping so few cannot be measured beside hashing them */

/* A digest took in a part, or a key. */
void state_keep(struct op *op, const CK_BYTE *part, CK_ULONG len);
void state_give_up(struct op *op);

/*
 * CKR_OPERATION_NOT_INITIALIZED, CKR_STATE_UNSAVEABLE, CKR_BUFFER_TOO_SMALL. The operation goes on.
 */
CK_RV state_get(struct session *session, CK_BYTE *out, CK_ULONG *out_len);

/*
 * The session's operations end and the saved digest takes their place, in any session of the same slot.
 * CKR_SAVED_STATE_INVALID: altered, of another slot, or from before C_Finalize; CKR_KEY_NOT_NEEDED. Nothing was changed.
 */
CK_RV state_set(struct session *session, const CK_BYTE *state, CK_ULONG len, CK_OBJECT_HANDLE encryption_key,
	CK_OBJECT_HANDLE authentication_key);

#endif
