/*
 * info.c: what slots and tokens say of themselves.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "module/pkcs11/shell/rv.h"
#include "module/pkcs11/slots/slot.h"

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
	CK_FLAGS flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_TOKEN_INITIALIZED | CKF_DUAL_CRYPTO_OPERATIONS |
		CKF_RESTORE_KEY_NOT_NEEDED;

	if (state->read_only)
		flags |= CKF_WRITE_PROTECTED;

	if (state->life == TOKEN_LIFE_BLANK)
		flags &= ~(CK_FLAGS)CKF_TOKEN_INITIALIZED;
	if (state->user_must_change)
		flags |= CKF_USER_PIN_TO_BE_CHANGED;
	if (state->so_must_change)
		flags |= CKF_SO_PIN_TO_BE_CHANGED;
	if (state->authenticator && state->user_state == TOKEN_PIN_DISABLED)
		flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
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

/* What one program cannot open must not keep it from the other slots, so that damage has the standard's name here;
 * a session and C_MDOC_Diagnose say more. */
static CK_RV
rv_from_open(enum token_result res)
{
	switch (res) {
	case TOKEN_ERR_DAMAGED:
	case TOKEN_ERR_NEWER:
	case TOKEN_ERR_UNSUPPORTED:
		return CKR_TOKEN_NOT_RECOGNIZED;
	case TOKEN_ERR_NOT_FOUND:
		return CKR_DEVICE_REMOVED; /* another process has erased it */
	default:
		return rv_from_token(res);
	}
}

static void
fill(CK_TOKEN_INFO *info, const struct token_info *state)
{
	slot_pad(info->label, sizeof(info->label), state->label);
	slot_pad(info->model, sizeof(info->model), state->model);
	slot_pad(info->serialNumber, sizeof(info->serialNumber), state->serial);
	info->flags = token_flags(state);
	info->ulMinPinLen = state->user.min_len < state->so.min_len ? state->user.min_len : state->so.min_len;
	info->ulMaxPinLen = state->user.max_len > state->so.max_len ? state->user.max_len : state->so.max_len;
}

/* Not through the slot's own token: nobody who logs in there is waited for. */
static CK_RV
fill_from_token(struct slot *slot, CK_TOKEN_INFO *info)
{
	struct token_info state;
	struct token *token = NULL;
	enum token_result res;

	res = token_open(slot->library->env, slot->id, &token);
	if (res == TOKEN_ERR_NOT_FOUND && slot_is_free(slot))
		return CKR_OK; /* not initialised yet */
	if (res == TOKEN_OK)
		res = token_ask_info(token, &state);
	token_close(token);
	if (res == TOKEN_OK)
		fill(info, &state);
	return res == TOKEN_OK ? CKR_OK : rv_from_open(res);
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
	info->flags = CKF_RNG | CKF_LOGIN_REQUIRED | CKF_DUAL_CRYPTO_OPERATIONS | CKF_RESTORE_KEY_NOT_NEEDED;
	info->ulMinPinLen = 1;
	info->ulMaxPinLen = 255;
	rv = fill_from_token(slot, info);
	pthread_mutex_lock(&slot->lock);
	info->ulSessionCount = slot->sessions;
	info->ulRwSessionCount = slot->rw_sessions;
	pthread_mutex_unlock(&slot->lock);
	return rv;
}
