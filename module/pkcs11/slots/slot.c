/*
 * slot.c: the slot table and what slots and tokens say of themselves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/slots/slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"

#define MANUFACTURER "mdoc-pkcs11"

void
slot_pad(CK_UTF8CHAR *field, size_t size, const char *text)
{
	size_t len = strlen(text);

	if (len > size) {
		len = size;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memset(field, ' ', size);
	memcpy(field, text, len);
}

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

static CK_RV
add_slot(struct library *library, CK_SLOT_ID id)
{
	const size_t at = slot_position(library, id);
	struct slot **grown;
	struct slot *slot;

	if (at < library->slot_count && library->slots[at]->id == id) {
		library->slots[at]->gone = false;
		return CKR_OK;
	}
	slot = slot_new(library, id);
	grown = realloc(library->slots, (library->slot_count + 1) * sizeof(*grown));
	if (grown != NULL)
		library->slots = grown;
	if (slot == NULL || grown == NULL) {
		free(slot);
		return CKR_HOST_MEMORY;
	}
	memmove(grown + at + 1, grown + at, (library->slot_count - at) * sizeof(*grown));
	grown[at] = slot;
	library->slot_count++;
	return CKR_OK;
}

CK_RV
slot_refresh(struct library *library)
{
	struct token_slot *found = NULL;
	size_t count = 0, i;
	CK_RV rv;

	rv = rv_from_token(token_slots(library->env, &found, &count));
	if (rv != CKR_OK)
		return rv;
	pthread_rwlock_wrlock(&library->table);
	for (i = 0; i < library->slot_count; i++)
		library->slots[i]->gone = true;
	for (i = 0; i < count && rv == CKR_OK; i++)
		rv = add_slot(library, (CK_SLOT_ID)found[i].id);
	pthread_rwlock_unlock(&library->table);
	free(found);
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
slot_token(struct slot *slot, struct token **token)
{
	CK_RV rv;

	pthread_mutex_lock(&slot->lock);
	rv = open_token(slot);
	*token = slot->token;
	pthread_mutex_unlock(&slot->lock);
	return rv;
}

CK_RV
slot_session_begin(struct slot *slot, bool rw)
{
	CK_RV rv;

	pthread_mutex_lock(&slot->lock);
	rv = open_token(slot);
	if (rv == CKR_OK && rw && token_is_read_only(slot->token))
		rv = CKR_TOKEN_WRITE_PROTECTED;
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

	pthread_mutex_lock(&slot->lock);
	slot->login_epoch++;
	pthread_mutex_unlock(&slot->lock);
	if (slot->token != NULL && token_get_role(slot->token) != TOKEN_NOBODY)
		res = token_logout(slot->token);
	object_forget_private(slot);
	return rv_from_token(res);
}

void
slot_session_end(struct slot *slot, bool rw)
{
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
slot_drop_token(struct slot *slot)
{
	struct token *token = NULL;
	CK_RV rv = CKR_OK;

	pthread_mutex_lock(&slot->lock);
	if (slot->sessions > 0) {
		rv = CKR_SESSION_EXISTS;
	} else {
		token = slot->token;
		slot->token = NULL;
	}
	pthread_mutex_unlock(&slot->lock);
	if (token != NULL)
		token_close(token);
	return rv;
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
	rv = slot_refresh(library);
	if (rv != CKR_OK)
		return rv;
	room = list == NULL ? 0 : *count;
	pthread_rwlock_rdlock(&library->table);
	for (i = 0; i < library->slot_count; i++) {
		if (library->slots[i]->gone)
			continue;
		if (n < room)
			list[n] = library->slots[i]->id;
		n++;
	}
	pthread_rwlock_unlock(&library->table);
	*count = n;
	return list != NULL && n > room ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV
slot_info(struct slot *slot, CK_SLOT_INFO *info)
{
	char description[65];

	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	memset(info, 0, sizeof(*info));
	snprintf(description, sizeof(description), "mdoc-pkcs11 slot %lu", slot->id);
	slot_pad(info->slotDescription, sizeof(info->slotDescription), description);
	slot_pad(info->manufacturerID, sizeof(info->manufacturerID), MANUFACTURER);
	info->flags = CKF_TOKEN_PRESENT;
	info->hardwareVersion = (CK_VERSION){ 0, 0 };
	info->firmwareVersion = (CK_VERSION){ 0, 0 };
	return CKR_OK;
}

/* The three flags of one role, always from what is on disk. */
static CK_FLAGS
pin_flags(unsigned left, unsigned tries, bool locked, CK_FLAGS low, CK_FLAGS final, CK_FLAGS lock)
{
	CK_FLAGS flags = 0;

	if (locked || left == 0)
		return lock;
	if (left < tries)
		flags |= low;
	if (left == 1)
		flags |= final;
	return flags;
}

static CK_FLAGS
token_flags(const struct token_info *state)
{
	CK_FLAGS flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED | CKF_DUAL_CRYPTO_OPERATIONS;

	if (state->user_state != TOKEN_PIN_NONE) {
		flags |= CKF_USER_PIN_INITIALIZED;
		flags |= pin_flags(state->user_tries_left, state->user.tries,
			state->user_state == TOKEN_PIN_LOCKED || state->user_state == TOKEN_PIN_DISABLED,
			CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_LOCKED);
	}
	flags |= pin_flags(state->so_tries_left, state->so.tries, false, CKF_SO_PIN_COUNT_LOW, CKF_SO_PIN_FINAL_TRY,
		CKF_SO_PIN_LOCKED);
	return flags;
}

static CK_RV
fill_from_token(struct slot *slot, CK_TOKEN_INFO *info)
{
	struct token_info state;
	struct token *token;
	enum token_result res = TOKEN_OK;
	char model[17];
	CK_RV rv;

	/* The login lock keeps the token open while its state is read without the short lock. */
	pthread_mutex_lock(&slot->login);
	rv = slot_token(slot, &token);
	if (rv == CKR_OK)
		res = token_get_info(token, &state);
	pthread_mutex_unlock(&slot->login);
	if (rv == CKR_OK)
		rv = rv_from_token(res);
	if (rv != CKR_OK)
		return rv;
	snprintf(model, sizeof(model), state.hardware ? "%.16s" : "software %.7s", state.backend);
	slot_pad(info->label, sizeof(info->label), state.label);
	slot_pad(info->model, sizeof(info->model), model);
	slot_pad(info->serialNumber, sizeof(info->serialNumber), state.serial);
	info->flags = token_flags(&state);
	info->ulMinPinLen = state.user.min_len < state.so.min_len ? state.user.min_len : state.so.min_len;
	info->ulMaxPinLen = state.user.max_len > state.so.max_len ? state.user.max_len : state.so.max_len;
	return CKR_OK;
}

CK_RV
slot_token_info(struct slot *slot, CK_TOKEN_INFO *info)
{
	CK_RV rv;

	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	memset(info, 0, sizeof(*info));
	slot_pad(info->label, sizeof(info->label), "");
	slot_pad(info->manufacturerID, sizeof(info->manufacturerID), MANUFACTURER);
	slot_pad(info->model, sizeof(info->model), "");
	slot_pad(info->serialNumber, sizeof(info->serialNumber), "");
	memset(info->utcTime, ' ', sizeof(info->utcTime));
	info->ulMaxSessionCount = CK_EFFECTIVELY_INFINITE;
	info->ulMaxRwSessionCount = CK_EFFECTIVELY_INFINITE;
	info->ulTotalPublicMemory = info->ulFreePublicMemory = CK_UNAVAILABLE_INFORMATION;
	info->ulTotalPrivateMemory = info->ulFreePrivateMemory = CK_UNAVAILABLE_INFORMATION;
	info->flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_DUAL_CRYPTO_OPERATIONS;
	info->ulMinPinLen = 1;
	info->ulMaxPinLen = 255;
	rv = fill_from_token(slot, info);
	if (rv == CKR_TOKEN_NOT_RECOGNIZED)
		rv = CKR_OK; /* the free slot: not initialised */
	pthread_mutex_lock(&slot->lock);
	info->ulSessionCount = slot->sessions;
	info->ulRwSessionCount = slot->rw_sessions;
	pthread_mutex_unlock(&slot->lock);
	return rv;
}

void
slot_table_free(struct library *library, bool abandon)
{
	struct slot *slot;
	size_t i;

	for (i = 0; i < library->slot_count; i++) {
		slot = library->slots[i];
		object_table_free(slot->objects);
		if (!abandon && slot->token != NULL) {
			if (token_get_role(slot->token) != TOKEN_NOBODY)
				(void)token_logout(slot->token);
			token_close(slot->token);
		}
		pthread_cond_destroy(&slot->idle);
		pthread_mutex_destroy(&slot->lock);
		pthread_mutex_destroy(&slot->login);
		free(slot);
	}
	free(library->slots);
	library->slots = NULL;
	library->slot_count = 0;
}
