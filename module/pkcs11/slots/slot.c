/*
 * slot.c: the slot table, and who has a slot open.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/slots/slot.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"

static struct slot *
slot_new(struct library *library, CK_SLOT_ID id)
{
	struct slot *slot = calloc(1, sizeof(*slot));

	if (slot == NULL)
		return NULL;
	slot->id = id;
	slot->library = library;
	slot->objects = object_table_new();
	if (slot->objects == NULL)
		goto no_table;
	if (pthread_mutex_init(&slot->login, NULL) != 0)
		goto no_login;
	if (pthread_mutex_init(&slot->lock, NULL) != 0)
		goto no_lock;
	if (pthread_cond_init(&slot->idle, NULL) != 0)
		goto no_idle;
	return slot;
no_idle:
	pthread_mutex_destroy(&slot->lock);
no_lock:
	pthread_mutex_destroy(&slot->login);
no_login:
	object_table_free(slot->objects);
no_table:
	free(slot);
	return NULL;
}

/* Where a slot is in the table or would be. The table lock is held. */
static size_t
slot_position(const struct library *library, CK_SLOT_ID id)
{
	size_t low = 0, high = library->slot_count, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (library->slots[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The slot of an id, made if need be; NULL: no memory. The table lock is held. */
static struct slot *
take_slot(struct library *library, CK_SLOT_ID id)
{
	const size_t at = slot_position(library, id);
	struct slot **grown;
	struct slot *slot;

	if (at < library->slot_count && library->slots[at]->id == id)
		return library->slots[at];
	grown = realloc(library->slots, (library->slot_count + 1) * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	library->slots = grown;
	slot = slot_new(library, id);
	if (slot == NULL)
		return NULL;
	memmove(grown + at + 1, grown + at, (library->slot_count - at) * sizeof(struct slot *));
	grown[at] = slot;
	library->slot_count++;
	return slot;
}

/* The table after a listing. Before the first one nobody can have seen a slot, so that none is new. */
static CK_RV
apply(struct library *library, const struct token_slot *found, size_t count, bool first)
{
	struct slot *slot;
	size_t i, n = 0;

	for (i = 0; i < count; i++) {
		slot = take_slot(library, (CK_SLOT_ID)found[i].id);
		if (slot == NULL)
			return CKR_HOST_MEMORY;
		if (!first && slot->initialised != found[i].initialised)
			slot->event = true;
		slot->initialised = found[i].initialised;
		slot->gone = false;
	}
	/* Both are in order of id, and all that was found is in the table. */
	for (i = 0; i < library->slot_count; i++) {
		slot = library->slots[i];
		if (n < count && slot->id == found[n].id) {
			n++;
			continue;
		}
		slot->event = slot->event || slot->initialised;
		slot->initialised = false;
		slot->gone = true;
	}
	return CKR_OK;
}

/* library->refresh is held, so that no older listing comes after a newer one. */
static CK_RV
list_anew(struct library *library, struct token_stamp stamp)
{
	struct token_slot *found = NULL;
	size_t count = 0;
	CK_RV rv;

	rv = rv_from_token(token_slots(library->env, &found, &count));
	if (rv != CKR_OK)
		return rv;
	pthread_rwlock_wrlock(&library->table);
	rv = apply(library, found, count, !library->listed);
	pthread_rwlock_unlock(&library->table);
	free(found);
	if (rv == CKR_OK) {
		library->stamp = stamp;
		library->listed = true;
	}
	return rv;
}

CK_RV
slot_refresh(struct library *library)
{
	struct token_stamp stamp;
	CK_RV rv;

	pthread_mutex_lock(&library->refresh);
	/* The stamp is older than the listing: what comes between is seen the next time. */
	rv = rv_from_token(token_slots_stamp(library->env, &stamp));
	if (rv == CKR_OK &&
		(!library->listed || stamp.file != library->stamp.file || stamp.counter != library->stamp.counter))
		rv = list_anew(library, stamp);
	pthread_mutex_unlock(&library->refresh);
	return rv;
}

CK_RV
slot_refresh_own(struct library *library, CK_SLOT_ID id)
{
	CK_RV rv = slot_refresh(library);
	size_t at;

	pthread_rwlock_wrlock(&library->table);
	at = slot_position(library, id);
	if (at < library->slot_count && library->slots[at]->id == id)
		library->slots[at]->event = false;
	pthread_rwlock_unlock(&library->table);
	return rv;
}

bool
slot_is_free(struct slot *slot)
{
	struct library *library = slot->library;
	bool is_free;

	if (slot_refresh(library) != CKR_OK)
		return false;
	pthread_rwlock_rdlock(&library->table);
	is_free = !slot->gone && !slot->initialised;
	pthread_rwlock_unlock(&library->table);
	return is_free;
}

CK_RV
slot_event(struct library *library, CK_SLOT_ID *id)
{
	CK_RV rv;
	size_t i;

	rv = slot_refresh(library);
	if (rv != CKR_OK)
		return rv;
	rv = CKR_NO_EVENT;
	pthread_rwlock_wrlock(&library->table);
	for (i = 0; i < library->slot_count && rv == CKR_NO_EVENT; i++) {
		if (!library->slots[i]->event)
			continue;
		library->slots[i]->event = false;
		*id = library->slots[i]->id;
		rv = CKR_OK;
	}
	pthread_rwlock_unlock(&library->table);
	return rv;
}

static struct slot *
find_slot(struct library *library, CK_SLOT_ID id)
{
	struct slot *slot = NULL;
	size_t at;

	pthread_rwlock_rdlock(&library->table);
	at = slot_position(library, id);
	if (at < library->slot_count && library->slots[at]->id == id && !library->slots[at]->gone)
		slot = library->slots[at];
	pthread_rwlock_unlock(&library->table);
	return slot;
}

CK_RV
slot_from_id(struct library *library, CK_SLOT_ID id, struct slot **slot)
{
	CK_RV rv = CKR_OK;

	*slot = find_slot(library, id);
	if (*slot == NULL) {
		rv = slot_refresh(library);
		if (rv == CKR_OK)
			*slot = find_slot(library, id);
	}
	if (rv == CKR_OK && *slot == NULL)
		rv = CKR_SLOT_ID_INVALID;
	return rv;
}

/* slot->lock is held. */
static CK_RV
open_token(struct slot *slot)
{
	enum token_result res = TOKEN_OK;

	if (slot->token == NULL)
		res = token_open(slot->library->env, slot->id, &slot->token);
	return res == TOKEN_ERR_NOT_FOUND ? CKR_TOKEN_NOT_RECOGNIZED : rv_from_token(res);
}

CK_RV
slot_session_begin(struct slot *slot, bool rw)
{
	CK_RV rv;

	pthread_mutex_lock(&slot->lock);
	while (slot->initialising)
		pthread_cond_wait(&slot->idle, &slot->lock);
	rv = open_token(slot);
	if (rv == CKR_OK && !rw && (slot->so_pending || token_get_role(slot->token) == TOKEN_SO))
		rv = CKR_SESSION_READ_WRITE_SO_EXISTS;
	if (rv == CKR_OK) {
		slot->sessions++;
		slot->rw_sessions += rw ? 1 : 0;
	}
	pthread_mutex_unlock(&slot->lock);
	return rv;
}

CK_RV
slot_logout(struct slot *slot)
{
	enum token_result res = TOKEN_OK;

	if (slot->token != NULL && token_get_role(slot->token) != TOKEN_NOBODY)
		res = token_logout(slot->token);
	/* Not before: an operation that was begun with a key just before it went must not be of the new epoch. */
	pthread_mutex_lock(&slot->lock);
	slot->login_epoch++;
	pthread_mutex_unlock(&slot->lock);
	object_forget_private(slot);
	return rv_from_token(res);
}

void
slot_session_end(struct slot *slot, bool rw)
{
	struct token *token = NULL;
	bool last;

	/* A login that is being checked belongs to an open session: only the last one out has
	 * to wait for the login lock, and then nobody else has it for long. */
	pthread_mutex_lock(&slot->lock);
	last = slot->sessions == 1;
	if (!last) {
		slot->sessions--;
		slot->rw_sessions -= rw ? 1 : 0;
	}
	pthread_mutex_unlock(&slot->lock);
	if (!last)
		return;
	pthread_mutex_lock(&slot->login);
	pthread_mutex_lock(&slot->lock);
	slot->sessions--;
	slot->rw_sessions -= rw ? 1 : 0;
	last = slot->sessions == 0;
	pthread_mutex_unlock(&slot->lock);
	if (last)
		(void)slot_logout(slot);
	pthread_mutex_lock(&slot->lock);
	if (slot->sessions == 0) {
		token = slot->token;
		slot->token = NULL;
	}
	pthread_mutex_unlock(&slot->lock);
	token_close(token);
	pthread_mutex_unlock(&slot->login);
}

unsigned
slot_login_epoch(struct slot *slot)
{
	unsigned epoch;

	pthread_mutex_lock(&slot->lock);
	epoch = slot->login_epoch;
	pthread_mutex_unlock(&slot->lock);
	return epoch;
}

enum token_role
slot_role(struct slot *slot)
{
	enum token_role role = TOKEN_NOBODY;

	pthread_mutex_lock(&slot->lock);
	if (slot->token != NULL)
		role = token_get_role(slot->token);
	pthread_mutex_unlock(&slot->lock);
	return role;
}

CK_RV
slot_begin_init(struct slot *slot)
{
	CK_RV rv = CKR_OK;

	pthread_mutex_lock(&slot->lock);
	if (slot->sessions > 0)
		rv = CKR_SESSION_EXISTS;
	else
		slot->initialising = true;
	pthread_mutex_unlock(&slot->lock);
	return rv;
}

void
slot_end_init(struct slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	slot->initialising = false;
	pthread_cond_broadcast(&slot->idle);
	pthread_mutex_unlock(&slot->lock);
}

static bool
is_listed(struct library *library)
{
	bool listed;

	pthread_mutex_lock(&library->refresh);
	listed = library->listed;
	pthread_mutex_unlock(&library->refresh);
	return listed;
}

CK_RV
slot_list(struct library *library, CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
	CK_ULONG room, n = 0;
	size_t i;
	CK_RV rv;

	(void)present; /* a token, maybe one that is not initialised yet, is in every slot */
	if (count == NULL)
		return CKR_ARGUMENTS_BAD;
	/* Who asks for the number and then for the list must find both alike (PKCS#11 3.0, 5.5.1). */
	rv = list == NULL || !is_listed(library) ? slot_refresh(library) : CKR_OK;
	if (rv != CKR_OK)
		return rv;
	room = list == NULL ? 0 : *count;
	pthread_rwlock_rdlock(&library->table);
	for (i = 0; i < library->slot_count; i++)
		n += library->slots[i]->gone ? 0 : 1;
	*count = n;
	rv = list != NULL && n > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
	for (i = 0, n = 0; i < library->slot_count && list != NULL && rv == CKR_OK; i++)
		if (!library->slots[i]->gone)
			list[n++] = library->slots[i]->id;
	pthread_rwlock_unlock(&library->table);
	return rv;
}

void
slot_table_free(struct library *library, bool abandon)
{
	struct slot *slot;
	size_t i;

	for (i = 0; i < library->slot_count; i++) {
		slot = library->slots[i];
		if (abandon) {
			object_table_abandon(slot->objects);
		} else {
			object_table_free(slot->objects);
			token_close(slot->token);
		}
		OPENSSL_cleanse(slot->state_key, sizeof(slot->state_key));
		pthread_cond_destroy(&slot->idle);
		pthread_mutex_destroy(&slot->lock);
		pthread_mutex_destroy(&slot->login);
		free(slot);
	}
	free(library->slots);
	library->slots = NULL;
	library->slot_count = 0;
}
