/*
 * session.c: the table of sessions and their claims.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/slots/session.h"

#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/find.h"
#include "module/pkcs11/objects/object.h"
#include "pkcs11-3.h"

static void
end_operations(struct session *session)
{
	int kind;

	for (kind = 0; kind < OP_KINDS; kind++)
		op_end(session, (enum op_kind)kind);
	find_free(session->find);
	session->find = NULL;
	if (session->batch != NULL)
		token_batch_rollback(session->batch);
	session->batch = NULL;
}

static void
session_unref(struct session *session)
{
	if (atomic_fetch_sub(&session->refs, 1) == 1)
		free(session);
}

/* Where a handle is in the table or would be. The table lock is held. */
static size_t
session_position(const struct library *library, CK_SESSION_HANDLE handle)
{
	size_t low = 0, high = library->session_count, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (library->sessions[mid]->handle < handle)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Handles only grow: the new one goes to the end. */
static CK_RV
add_session(struct library *library, struct session *session)
{
	struct session **grown;
	CK_RV rv = CKR_OK;

	pthread_rwlock_wrlock(&library->table);
	grown = realloc(library->sessions, (library->session_count + 1) * sizeof(*grown));
	if (grown == NULL) {
		rv = CKR_HOST_MEMORY;
	} else {
		library->sessions = grown;
		session->handle = ++library->last_session;
		grown[library->session_count++] = session;
	}
	pthread_rwlock_unlock(&library->table);
	return rv;
}

CK_RV
session_open(struct slot *slot, CK_FLAGS flags, CK_SESSION_HANDLE *handle)
{
	const bool rw = (flags & CKF_RW_SESSION) != 0;
	struct session *session;
	CK_RV rv;

	if (handle == NULL || (flags & ~(CKF_RW_SESSION | CKF_SERIAL_SESSION)) != 0)
		return CKR_ARGUMENTS_BAD;
	if ((flags & CKF_SERIAL_SESSION) == 0)
		return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
	session = calloc(1, sizeof(*session));
	if (session == NULL)
		return CKR_HOST_MEMORY;
	session->refs = 1;
	session->slot = slot;
	session->rw = rw;
	rv = slot_session_begin(slot, rw);
	if (rv == CKR_OK) {
		rv = add_session(slot->library, session);
		if (rv != CKR_OK)
			slot_session_end(slot, rw);
	}
	if (rv != CKR_OK)
		free(session);
	else
		*handle = session->handle;
	return rv;
}

/* wait false: NULL in *out, and CKR_OK, when another call runs in the session. */
static CK_RV
claim(struct library *library, CK_SESSION_HANDLE handle, bool wait, struct session **out)
{
	struct session *session = NULL;
	struct slot *slot;
	bool closed, mine;
	size_t at;

	*out = NULL;
	pthread_rwlock_rdlock(&library->table);
	at = session_position(library, handle);
	if (at < library->session_count && library->sessions[at]->handle == handle) {
		session = library->sessions[at];
		atomic_fetch_add(&session->refs, 1);
	}
	pthread_rwlock_unlock(&library->table);
	if (session == NULL)
		return CKR_SESSION_HANDLE_INVALID;
	slot = session->slot;
	pthread_mutex_lock(&slot->lock);
	while (wait && session->busy && !session->closed)
		pthread_cond_wait(&slot->idle, &slot->lock);
	closed = session->closed;
	mine = !closed && !session->busy;
	if (mine)
		session->busy = true;
	pthread_mutex_unlock(&slot->lock);
	if (mine)
		*out = session;
	else
		session_unref(session);
	return closed ? CKR_SESSION_HANDLE_INVALID : CKR_OK;
}

CK_RV
session_from_handle(struct library *library, CK_SESSION_HANDLE handle, struct session **out)
{
	return claim(library, handle, true, out);
}

void
session_release(struct session *session)
{
	struct slot *slot = session->slot;

	pthread_mutex_lock(&slot->lock);
	session->busy = false;
	pthread_cond_broadcast(&slot->idle);
	pthread_mutex_unlock(&slot->lock);
	session_unref(session);
}

static void
remove_session(struct library *library, struct session *session)
{
	size_t at;

	pthread_rwlock_wrlock(&library->table);
	at = session_position(library, session->handle);
	library->session_count--;
	memmove(library->sessions + at, library->sessions + at + 1,
		(library->session_count - at) * sizeof(*library->sessions));
	pthread_rwlock_unlock(&library->table);
	session_unref(session);
}

CK_RV
session_close(struct library *library, CK_SESSION_HANDLE handle)
{
	struct session *session;
	struct slot *slot;
	CK_RV rv;

	rv = session_from_handle(library, handle, &session);
	if (rv != CKR_OK)
		return rv;
	slot = session->slot;
	end_operations(session);
	object_forget_session(slot, handle);
	pthread_mutex_lock(&slot->lock);
	session->closed = true;
	pthread_mutex_unlock(&slot->lock);
	remove_session(library, session);
	slot_session_end(slot, session->rw);
	session_release(session);
	return CKR_OK;
}

/* The first session of a slot with a handle above `after`; 0: none. */
static CK_SESSION_HANDLE
next_of_slot(const struct slot *slot, CK_SESSION_HANDLE after)
{
	struct library *library = slot->library;
	CK_SESSION_HANDLE handle = 0;
	size_t i;

	pthread_rwlock_rdlock(&library->table);
	for (i = session_position(library, after + 1); i < library->session_count && handle == 0; i++)
		if (library->sessions[i]->slot == slot)
			handle = library->sessions[i]->handle;
	pthread_rwlock_unlock(&library->table);
	return handle;
}

CK_RV
session_close_all(struct slot *slot)
{
	CK_SESSION_HANDLE handle = 0;

	while ((handle = next_of_slot(slot, handle)) != 0)
		(void)session_close(slot->library, handle);
	return CKR_OK;
}

/* op_active() ends what the login has left behind. */
static void
end_stale(struct session *session)
{
	int kind;

	for (kind = 0; kind < OP_KINDS; kind++)
		(void)op_active(session, (enum op_kind)kind);
}

void
session_end_stale(struct session *mine)
{
	struct library *library = mine->slot->library;
	struct session *other;
	CK_SESSION_HANDLE handle = 0;

	end_stale(mine);
	while ((handle = next_of_slot(mine->slot, handle)) != 0) {
		if (handle == mine->handle || claim(library, handle, false, &other) != CKR_OK || other == NULL)
			continue;
		end_stale(other);
		session_release(other);
	}
}

CK_STATE
session_state(struct session *session)
{
	switch (slot_role(session->slot)) {
	case TOKEN_USER:
	case TOKEN_PROVISIONER: /* users, too, for whom it is not the state that says what may be done */
	case TOKEN_NAMED:
		return session->rw ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
	case TOKEN_SO:
		return CKS_RW_SO_FUNCTIONS;
	default:
		return session->rw ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
	}
}

CK_RV
session_info(struct session *session, CK_SESSION_INFO *info)
{
	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	info->slotID = session->slot->id;
	info->state = session_state(session);
	info->flags = CKF_SERIAL_SESSION | (session->rw ? CKF_RW_SESSION : 0);
	info->ulDeviceError = 0;
	return CKR_OK;
}

struct token_batch *
session_batch(struct session *session)
{
	if (session->batch != NULL && session->batch_epoch != slot_login_epoch(session->slot)) {
		token_batch_rollback(session->batch);
		session->batch = NULL;
	}
	return session->batch;
}

CK_RV
session_cancel(struct session *session, CK_FLAGS flags)
{
	static const struct {
		CK_FLAGS flag;
		enum op_kind kind;
	} kinds[] = {
		{ CKF_DIGEST, OP_DIGEST },
		{ CKF_SIGN, OP_SIGN },
		{ CKF_VERIFY, OP_VERIFY },
		{ CKF_ENCRYPT, OP_ENCRYPT },
		{ CKF_DECRYPT, OP_DECRYPT },
		{ CKF_MESSAGE_SIGN, OP_MESSAGE_SIGN },
		{ CKF_MESSAGE_VERIFY, OP_MESSAGE_VERIFY },
		{ CKF_MESSAGE_ENCRYPT, OP_MESSAGE_ENCRYPT },
		{ CKF_MESSAGE_DECRYPT, OP_MESSAGE_DECRYPT },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if ((flags & kinds[i].flag) != 0)
			op_end(session, kinds[i].kind);
	if ((flags & CKF_FIND_OBJECTS) != 0) {
		find_free(session->find);
		session->find = NULL;
	}
	return CKR_OK;
}

void
session_table_free(struct library *library, bool abandon)
{
	size_t i;

	for (i = 0; i < library->session_count; i++) {
		if (!abandon)
			end_operations(library->sessions[i]);
		session_unref(library->sessions[i]);
	}
	free(library->sessions);
	library->sessions = NULL;
	library->session_count = 0;
}
