/*
 * slot.h: slots, one for each area and the free one at the end.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_SLOT_H
#define MODULE_SLOT_H

#include "module/pkcs11/slots/library.h"

struct object_table;

#define SLOT_STATE_KEY 32 /* bytes of the key that saved operation states are sealed under (state.h) */

struct slot {
	CK_SLOT_ID id; /* for life */
	struct library *library;
	bool gone;             /* guarded by library->table: erased, no longer listed */
	bool initialised;      /* so is this: the last listing has an area here */
	bool event;            /* and this: an area came or went, and C_WaitForSlotEvent has not told */
	pthread_mutex_t login; /* one login, logout or initialisation at a time */
	pthread_mutex_t lock;  /* guards all below; short */
	pthread_cond_t idle;   /* a session's claim was given back, or an initialisation has ended */
	struct token *token;   /* open while a session is; else NULL */
	size_t sessions, rw_sessions;
	bool so_pending;      /* an SO login is being checked: no R/O session may open */
	bool initialising;    /* C_InitToken is at it: no session may open */
	unsigned login_epoch; /* changes with every login and logout */
	struct object_table *objects;
	bool has_state_key; /* C_GetOperationState has been asked */
	unsigned char state_key[SLOT_STATE_KEY];
};

/* Bring the slot table up to date with the store; costs nothing when that has not changed. */
CK_RV slot_refresh(struct library *library);

/* The same after a change of our own to one slot, which is no event. */
CK_RV slot_refresh_own(struct library *library, CK_SLOT_ID id);

/* A slot whose area came or went by another process, once for each time. CKR_NO_EVENT. */
CK_RV slot_event(struct library *library, CK_SLOT_ID *id);

/* The slot, borrowed until C_Finalize; CKR_SLOT_ID_INVALID. */
CK_RV slot_from_id(struct library *library, CK_SLOT_ID id, struct slot **slot);

/* Is it the free slot, as the store has it now? */
bool slot_is_free(struct slot *slot);

/* Count a new session in or a closed one out; the last one out logs out. The token is open from
 * the first answer CKR_OK on. CKR_SESSION_READ_WRITE_SO_EXISTS, CKR_TOKEN_NOT_RECOGNIZED. */
CK_RV slot_session_begin(struct slot *slot, bool rw);
void slot_session_end(struct slot *slot, bool rw);

/* Log out; nobody being logged in is fine. The caller holds slot->login. */
CK_RV slot_logout(struct slot *slot);

unsigned slot_login_epoch(struct slot *slot);

/* The role that is logged in, for all sessions of the slot. */
enum token_role slot_role(struct slot *slot);

CK_RV slot_list(struct library *library, CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count);
CK_RV slot_info(struct slot *slot, CK_SLOT_INFO *info);
CK_RV slot_token_info(struct slot *slot, CK_TOKEN_INFO *info);

/* Keep sessions away while the token is initialised anew or erased. CKR_SESSION_EXISTS. The caller
 * holds slot->login. */
CK_RV slot_begin_init(struct slot *slot);
void slot_end_init(struct slot *slot);

/* At C_Finalize, with the library's life held for writing. abandon: OpenSSL has been cleaned
 * up already, so that nothing of it may be called. */
void slot_table_free(struct library *library, bool abandon);

/* Copy text into a blank padded field, cut at a whole UTF-8 character. */
void slot_pad(CK_UTF8CHAR *field, size_t size, const char *text);

#endif
