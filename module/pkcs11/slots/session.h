/*
 * session.h: sessions and the call that each of them runs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_SESSION_H
#define MODULE_SESSION_H

#include "module/pkcs11/operations/op.h"
#include "module/pkcs11/slots/slot.h"

struct find;

/* Counted. All fields below `busy` belong to the one call that has claimed the session. */
struct session {
	atomic_uint refs;
	CK_SESSION_HANDLE handle; /* never used twice in a process */
	struct slot *slot;        /* slot->token is open while a session is */
	bool rw;
	bool busy, closed;         /* guarded by slot->lock */
	struct op *op[OP_KINDS];   /* NULL: none is active */
	struct find *find;         /* NULL: no search is active */
	struct token_batch *batch; /* C_MDOC_BeginBatch; NULL: none */
	unsigned batch_epoch;      /* login epoch of the batch; another one: it is dead */
};

CK_RV session_open(struct slot *slot, CK_FLAGS flags, CK_SESSION_HANDLE *handle);
CK_RV session_close(struct library *library, CK_SESSION_HANDLE handle);
CK_RV session_close_all(struct slot *slot);
CK_RV session_info(struct session *session, CK_SESSION_INFO *info);

/*
 * The session, claimed for one call: waits while another call runs in it.
 * CKR_SESSION_HANDLE_INVALID. Give it back with session_release().
 */
CK_RV session_from_handle(struct library *library, CK_SESSION_HANDLE handle, struct session **session);
void session_release(struct session *session);

/* After a logout, from a call in `mine`: wipe the operations on private keys that are still held in the slot's sessions,
 * but for one in which a call runs now; that one ends when it is next asked for. */
void session_end_stale(struct session *mine);

/* CKS_* as it is now. */
CK_STATE session_state(struct session *session);

/* The batch that new token objects go into, or NULL; a dead one is rolled back. */
struct token_batch *session_batch(struct session *session);

CK_RV session_cancel(struct session *session, CK_FLAGS flags);

/* At C_Finalize. abandon: as slot_table_free(). */
void session_table_free(struct library *library, bool abandon);

#endif
