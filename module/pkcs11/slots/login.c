/*
 * login.c: login state and PINs; C_InitToken and the areas of the vendor interface.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/slots/login.h"

#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/shell/rv.h"
#include "module/pkcs11/slots/authenticator.h"

#define LABEL_SIZE 32

/* A PIN into the arena. There is no other way in: no PIN at all is a mistake of the caller. */
static CK_RV
take_pin(const CK_UTF8CHAR *pin, CK_ULONG len, struct secret *out)
{
	if (pin == NULL)
		return CKR_ARGUMENTS_BAD;
	return secret_copy(pin, len, out) ? CKR_OK : CKR_HOST_MEMORY;
}

/* A try that cannot be counted is not made; an area that another process has erased has no PIN. */
static CK_RV
rv_from_check(enum token_result res)
{
	if (res == TOKEN_ERR_NOT_FOUND)
		return CKR_DEVICE_REMOVED;
	return res == TOKEN_ERR_READ_ONLY ? CKR_MDOC_PIN_STORE_READ_ONLY : rv_from_token(res);
}

/* name: of TOKEN_NAMED. */
static CK_RV
login_role(struct slot *slot, enum token_role role, const char *name, struct secret pin)
{
	enum token_role now = token_get_role(slot->token);
	enum token_result res;

	if (now != TOKEN_NOBODY)
		token_notice(slot->token);
	now = token_get_role(slot->token);
	if (now != TOKEN_NOBODY)
		return now == role ? CKR_USER_ALREADY_LOGGED_IN : CKR_USER_ANOTHER_ALREADY_LOGGED_IN;
	pthread_mutex_lock(&slot->lock);
	if (role == TOKEN_SO && slot->sessions > slot->rw_sessions) {
		pthread_mutex_unlock(&slot->lock);
		return CKR_SESSION_READ_ONLY_EXISTS;
	}
	slot->so_pending = role == TOKEN_SO;
	pthread_mutex_unlock(&slot->lock);
	object_forget_private(slot); /* of one who was logged in when another process initialised the token */

	res = role == TOKEN_NAMED ? token_login_named(slot->token, name, pin) : token_login(slot->token, role, pin);

	pthread_mutex_lock(&slot->lock);
	slot->so_pending = false;
	if (res == TOKEN_OK)
		slot->login_epoch++;
	pthread_mutex_unlock(&slot->lock);
	return rv_from_check(res);
}

/* One more PIN check, for the one operation that waits for it (R-TX-01). */
static CK_RV
login_operation(struct session *session, struct secret pin)
{
	struct op *op = op_awaiting_pin(session);
	CK_RV rv;

	if (op == NULL)
		return CKR_OPERATION_NOT_INITIALIZED;
	rv = rv_from_check(token_check_pin(session->slot->token, pin));
	op->authorised = rv == CKR_OK;
	return rv;
}

/* No PIN at all is right where something else opens the token. */
static CK_RV
take_user_pin(struct slot *slot, CK_USER_TYPE type, const CK_UTF8CHAR *pin, CK_ULONG len, struct secret *out)
{
	struct token_info info;

	if (pin != NULL || len != 0 || type == CKU_SO || token_get_info(slot->token, &info) != TOKEN_OK)
		return take_pin(pin, len, out);
	return info.authenticator && info.user_state == TOKEN_PIN_DISABLED ? CKR_OK : CKR_ARGUMENTS_BAD;
}

CK_RV
login_in(struct session *session, CK_USER_TYPE type, const CK_UTF8CHAR *pin, CK_ULONG len)
{
	struct slot *slot = session->slot;
	struct secret copy = SECRET_NONE;
	CK_RV rv;

	if (type != CKU_USER && type != CKU_SO && type != CKU_CONTEXT_SPECIFIC)
		return CKR_USER_TYPE_INVALID;
	rv = take_user_pin(slot, type, pin, len, &copy);
	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&slot->login);
	if (type == CKU_CONTEXT_SPECIFIC)
		rv = login_operation(session, copy);
	else
		rv = login_role(slot, type == CKU_SO ? TOKEN_SO : TOKEN_USER, NULL, copy);
	pthread_mutex_unlock(&slot->login);
	secret_wipe(&copy);
	return rv;
}

/* Who has no credential here is as unknown as who was never heard of. */
CK_RV
login_named(struct session *session, CK_USER_TYPE type, const CK_UTF8CHAR *pin, CK_ULONG len, const CK_UTF8CHAR *name,
	CK_ULONG name_len)
{
	struct slot *slot = session->slot;
	struct secret copy = SECRET_NONE;
	char text[TOKEN_NAME_MAX + 1];
	CK_RV rv;

	if (name_len == 0)
		return login_in(session, type, pin, len);
	if (name == NULL)
		return CKR_ARGUMENTS_BAD;
	if (type != CKU_USER)
		return CKR_USER_TYPE_INVALID; /* no other user has a name */
	rv = take_pin(pin, len, &copy);
	if (rv != CKR_OK)
		return rv;
	if (name_len >= sizeof(text) || memchr(name, '\0', name_len) != NULL) {
		rv = CKR_USER_PIN_NOT_INITIALIZED;
	} else {
		memcpy(text, name, name_len);
		text[name_len] = '\0';
		pthread_mutex_lock(&slot->login);
		rv = login_role(slot, strcmp(text, MDOC_PROVISIONER) == 0 ? TOKEN_PROVISIONER : TOKEN_NAMED, text,
			copy);
		pthread_mutex_unlock(&slot->login);
	}
	secret_wipe(&copy);
	return rv;
}

CK_RV
login_make_provisioner(struct session *session, CK_UTF8CHAR *credential, CK_ULONG *len)
{
	struct slot *slot = session->slot;
	struct secret made = SECRET_NONE;
	CK_ULONG room;
	CK_RV rv;

	if (len == NULL)
		return CKR_ARGUMENTS_BAD;
	room = *len;
	*len = MDOC_CREDENTIAL_LEN;
	if (credential == NULL || room < MDOC_CREDENTIAL_LEN)
		return credential == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
	pthread_mutex_lock(&slot->login);
	rv = rv_from_check(token_provisioner_make(slot->token, &made));
	pthread_mutex_unlock(&slot->login);
	if (rv == CKR_OK)
		memcpy(credential, made.ptr, made.len);
	secret_wipe(&made);
	return rv;
}

CK_RV
login_revoke_provisioner(struct session *session)
{
	struct slot *slot = session->slot;
	CK_RV rv;

	pthread_mutex_lock(&slot->login);
	rv = rv_from_check(token_provisioner_revoke(slot->token));
	pthread_mutex_unlock(&slot->login);
	return rv;
}

CK_RV
login_out(struct session *session)
{
	struct slot *slot = session->slot;
	CK_RV rv;

	if (session->batch != NULL)
		token_batch_rollback(session->batch);
	session->batch = NULL;
	pthread_mutex_lock(&slot->login);
	if (token_get_role(slot->token) == TOKEN_NOBODY)
		rv = CKR_USER_NOT_LOGGED_IN;
	else
		rv = slot_logout(slot);
	pthread_mutex_unlock(&slot->login);
	session_end_stale(session);
	return rv;
}

CK_RV
login_init_pin(struct session *session, const CK_UTF8CHAR *pin, CK_ULONG len)
{
	struct slot *slot = session->slot;
	struct secret copy = SECRET_NONE;
	CK_RV rv;

	if (!token_may(slot->token, TOKEN_ACCESS_PIN, TOKEN_SET))
		return CKR_USER_NOT_LOGGED_IN;
	rv = take_pin(pin, len, &copy);
	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&slot->login);
	rv = rv_from_check(token_init_pin(slot->token, copy));
	pthread_mutex_unlock(&slot->login);
	secret_wipe(&copy);
	return rv;
}

CK_RV
login_set_pin(struct session *session, const CK_UTF8CHAR *old_pin, CK_ULONG old_len, const CK_UTF8CHAR *new_pin,
	CK_ULONG new_len)
{
	struct slot *slot = session->slot;
	struct secret old_copy = SECRET_NONE;
	struct secret new_copy = SECRET_NONE;
	CK_RV rv;

	if (slot_role(slot) == TOKEN_PROVISIONER || slot_role(slot) == TOKEN_NAMED)
		return CKR_FUNCTION_FAILED; /* its credential is the security officer's to make, and the PIN not its own */
	rv = take_pin(old_pin, old_len, &old_copy);
	if (rv == CKR_OK)
		rv = take_pin(new_pin, new_len, &new_copy);
	if (rv == CKR_OK) {
		pthread_mutex_lock(&slot->login);
		rv = rv_from_check(token_set_pin(slot->token, old_copy, new_copy));
		pthread_mutex_unlock(&slot->login);
	}
	secret_wipe(&new_copy);
	secret_wipe(&old_copy);
	return rv;
}

/* A blank padded label as a string. PyKCS11 hands its string on as it is, so that a NUL ends a label too and
 * nothing behind it is looked at. */
static CK_RV
take_label(const CK_UTF8CHAR *field, char label[LABEL_SIZE + 1])
{
	size_t len;

	if (field == NULL)
		return CKR_ARGUMENTS_BAD;
	len = strnlen((const char *)field, LABEL_SIZE);
	while (len > 0 && field[len - 1] == ' ')
		len--;
	memcpy(label, field, len);
	label[len] = '\0';
	return CKR_OK;
}

/* In the free slot an area is made; who comes second finds it there, with the first one's SO code. */
static CK_RV
init_token(struct slot *slot, const char *label, struct secret pin)
{
	struct token_env *env = slot->library->env;
	struct token_area_spec spec;
	enum token_result res = TOKEN_ERR_EXISTS;

	if (slot_is_free(slot)) {
		token_area_spec_stock(env, label, &spec);
		res = token_area_create(env, slot->id, &spec, pin);
	}
	if (res == TOKEN_ERR_EXISTS)
		return rv_from_check(token_area_reinit(env, slot->id, label, pin));
	return rv_from_token(res);
}

CK_RV
login_init_token(struct slot *slot, const CK_UTF8CHAR *pin, CK_ULONG len, const CK_UTF8CHAR *label)
{
	struct secret copy = SECRET_NONE;
	char text[LABEL_SIZE + 1];
	CK_RV rv;

	rv = take_label(label, text);
	if (rv == CKR_OK)
		rv = take_pin(pin, len, &copy);
	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&slot->login);
	rv = slot_begin_init(slot);
	if (rv == CKR_OK) {
		rv = init_token(slot, text, copy);
		slot_end_init(slot);
	}
	pthread_mutex_unlock(&slot->login);
	secret_wipe(&copy);
	if (rv == CKR_OK)
		(void)slot_refresh_own(slot->library, slot->id);
	return rv;
}

static CK_RV
take_policy(const CK_MDOC_PIN_POLICY *from, struct token_pin_policy *to)
{
	static const enum token_pin_alphabet alphabets[] = {
		[CKV_MDOC_PIN_ANY] = TOKEN_PIN_ANY,
		[CKV_MDOC_PIN_DIGITS] = TOKEN_PIN_DIGITS,
		[CKV_MDOC_PIN_ALNUM_UPPER] = TOKEN_PIN_ALNUM_UPPER,
	};

	if (from->ulAlphabet >= sizeof(alphabets) / sizeof(alphabets[0]) || from->ulTries > 100 ||
		from->ulMinLen > 255 || from->ulMaxLen > 255)
		return CKR_ARGUMENTS_BAD;
	to->min_len = (unsigned)from->ulMinLen;
	to->max_len = (unsigned)from->ulMaxLen;
	to->tries = (unsigned)from->ulTries;
	to->alphabet = alphabets[from->ulAlphabet];
	return CKR_OK;
}

static CK_RV
take_area(const CK_MDOC_AREA *area, char label[LABEL_SIZE + 1], struct token_area_spec *spec)
{
	const CK_FLAGS known = CKF_MDOC_AREA_ALLOW_WEAK_PIN | CKF_MDOC_AREA_ALLOW_WEAK_SO_PIN | CKF_MDOC_AREA_RAW_SIGN |
		CKF_MDOC_AREA_MUST_CHANGE | CKF_MDOC_AREA_IDENTITY_CHECK | CKF_MDOC_AREA_TRANSPORT |
		CKF_MDOC_AREA_SINGLE_USE;
	CK_RV rv;

	*spec = (struct token_area_spec){ .label = label,
		.backend = (const char *)area->pBackend,
		.preset = (const char *)area->pPreset,
		.card = (const char *)area->pCard };
	if ((area->flags & ~known) != 0)
		return CKR_ARGUMENTS_BAD;
	spec->allow_weak_pin = (area->flags & CKF_MDOC_AREA_ALLOW_WEAK_PIN) != 0;
	spec->allow_weak_so_pin = (area->flags & CKF_MDOC_AREA_ALLOW_WEAK_SO_PIN) != 0;
	spec->raw_sign = (area->flags & CKF_MDOC_AREA_RAW_SIGN) != 0;
	spec->must_change = (area->flags & CKF_MDOC_AREA_MUST_CHANGE) != 0;
	spec->identity_check = (area->flags & CKF_MDOC_AREA_IDENTITY_CHECK) != 0;
	spec->transport = (area->flags & CKF_MDOC_AREA_TRANSPORT) != 0;
	spec->single_use = (area->flags & CKF_MDOC_AREA_SINGLE_USE) != 0;
	rv = take_label(area->label, label);
	if (rv == CKR_OK)
		rv = take_policy(&area->user, &spec->user);
	if (rv == CKR_OK)
		rv = take_policy(&area->so, &spec->so);
	return rv;
}

/* Others may take the free slot first: then the next one is tried. */
static enum token_result
create_in_free_slot(struct library *library, const struct token_area_spec *spec, struct secret pin, CK_SLOT_ID *slot)
{
	enum token_result res = TOKEN_ERR_EXISTS;
	struct token_slot *slots;
	size_t count;
	int attempt;

	for (attempt = 0; attempt < 16 && res == TOKEN_ERR_EXISTS; attempt++) {
		slots = NULL;
		res = token_slots(library->env, &slots, &count);
		if (res == TOKEN_OK && count > 0) {
			*slot = (CK_SLOT_ID)slots[count - 1].id;
			res = token_area_create(library->env, slots[count - 1].id, spec, pin);
		}
		free(slots);
	}
	return res;
}

CK_RV
login_make_area(struct library *library, const CK_MDOC_AREA *area, CK_SLOT_ID *slot)
{
	struct token_area_spec spec;
	struct token_authenticator helper;
	struct secret copy = SECRET_NONE;
	char label[LABEL_SIZE + 1];
	CK_RV rv;

	if (area == NULL || slot == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = take_area(area, label, &spec);
	if (rv == CKR_OK && area->pAuthenticator != NULL) {
		rv = authenticator_read(area->pAuthenticator, area->ulAuthenticatorLen, &helper);
		spec.authenticator = &helper;
	}
	if (rv == CKR_OK)
		rv = take_pin(area->pSoPin, area->ulSoPinLen, &copy);
	if (rv == CKR_OK)
		rv = rv_from_token(create_in_free_slot(library, &spec, copy, slot));
	if (rv == CKR_OK)
		rv = slot_refresh_own(library, *slot);
	secret_wipe(&copy);
	return rv;
}

CK_RV
login_erase_area(struct slot *slot, const CK_UTF8CHAR *pin, CK_ULONG len)
{
	struct secret copy = SECRET_NONE;
	CK_RV rv;

	rv = take_pin(pin, len, &copy);
	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&slot->login);
	rv = slot_is_free(slot) ? CKR_TOKEN_NOT_RECOGNIZED : slot_begin_init(slot);
	if (rv == CKR_OK) {
		rv = rv_from_check(token_area_erase(slot->library->env, slot->id, copy));
		slot_end_init(slot);
	}
	pthread_mutex_unlock(&slot->login);
	secret_wipe(&copy);
	if (rv == CKR_OK)
		rv = slot_refresh_own(slot->library, slot->id);
	return rv;
}
