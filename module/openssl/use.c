/*
 * use.c: what a token does with a private key for us. SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/key.h"

#include <openssl/crypto.h>
#include <stdio.h>

struct use {
	CK_RV (*function)(struct key *key, const struct session *session, CK_OBJECT_HANDLE handle, struct use *use);
	const char *call; /* that went wrong */
	CK_MECHANISM *mechanism;
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	size_t *len;
};

#define RAISED ((CK_RV)-1) /* the error is on the stack already */

static CK_RV
logged_in(const struct key *key, enum login login)
{
	if (login == LOGIN_NO_PIN)
		fail_no_pin(key->provider, key->slot);
	return login == LOGIN_OK ? CKR_OK : RAISED;
}

static CK_RV
find_again(struct key *key, const struct session *session, CK_OBJECT_HANDLE *handle)
{
	CK_OBJECT_HANDLE *found = NULL;
	size_t count = 0;
	CK_ULONG n = 0;
	CK_ATTRIBUTE *template = p11_kit_uri_get_attributes(key->uri, &n);
	CK_RV rv = logged_in(key, session_login(key->provider, session, key->uri, NULL, NULL));

	if (rv == CKR_OK)
		rv = session_find(session, template, n, &found, &count);
	if (rv == CKR_OK && count != 1)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK) {
		pthread_mutex_lock(&key->slot->lock);
		*handle = key->handle = found[0];
		key->generation = session->generation;
		pthread_mutex_unlock(&key->slot->lock);
	}
	OPENSSL_free(found);
	return rv;
}

static CK_RV
use_once(struct key *key, struct use *use)
{
	struct session session = { .slot = NULL };
	CK_OBJECT_HANDLE handle = CK_INVALID_HANDLE;
	CK_RV rv;

	use->call = "C_OpenSession";
	rv = session_begin(key->slot, &session);
	if (rv != CKR_OK)
		return rv;
	pthread_mutex_lock(&key->slot->lock);
	if (key->generation == session.generation)
		handle = key->handle;
	pthread_mutex_unlock(&key->slot->lock);
	use->call = "C_FindObjects";
	if (handle == CK_INVALID_HANDLE)
		rv = find_again(key, &session, &handle);
	if (rv == CKR_OK)
		rv = use->function(key, &session, handle, use);
	session_end(&session);
	return rv;
}

/* Was it only a session or a handle that is no longer what it was? Then another try is worth it. */
static bool
lost(struct key *key, CK_RV rv)
{
	switch (rv) {
	case CKR_CRYPTOKI_NOT_INITIALIZED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_DEVICE_REMOVED:
		slot_forget(key->slot);
		return true;
	case CKR_KEY_HANDLE_INVALID:
	case CKR_OBJECT_HANDLE_INVALID:
	case CKR_USER_NOT_LOGGED_IN:
		pthread_mutex_lock(&key->slot->lock);
		key->handle = CK_INVALID_HANDLE;
		pthread_mutex_unlock(&key->slot->lock);
		return true;
	default:
		return false;
	}
}

static bool
use_key(struct key *key, struct use *use)
{
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(key->uri, CKA_LABEL);
	char about[NAME_SIZE];
	CK_RV rv = use_once(key, use);

	if (lost(key, rv))
		rv = use_once(key, use);
	if (rv == CKR_OK || rv == RAISED)
		return rv == CKR_OK;
	(void)snprintf(about, sizeof(about), "key \"%.*s\"", label != NULL ? (int)label->ulValueLen : 0,
		label != NULL ? (const char *)label->pValue : "");
	return fail_rv(key->provider, use->call, rv, about);
}

/* C_Sign ends the operation, and is called for that even when nobody gave a PIN for it. */
static CK_RV
sign(struct key *key, const struct session *session, CK_OBJECT_HANDLE handle, struct use *use)
{
	CK_FUNCTION_LIST *p11 = session->slot->p11;
	CK_ULONG len = *use->len;
	CK_RV login = CKR_OK;
	CK_RV rv;

	use->call = "C_SignInit";
	rv = p11->C_SignInit(session->handle, use->mechanism, handle);
	if (rv != CKR_OK)
		return rv;
	if (key->each_time)
		login = logged_in(key, session_login_once(key->provider, session, key->uri));
	use->call = "C_Sign";
	rv = p11->C_Sign(session->handle, (CK_BYTE *)use->in, use->in_len, use->out, &len);
	*use->len = len;
	return login != CKR_OK ? login : rv;
}

static CK_RV
derive(UNUSED struct key *key, const struct session *session, CK_OBJECT_HANDLE handle, struct use *use)
{
	CK_FUNCTION_LIST *p11 = session->slot->p11;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG len = *use->len;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) },
		{ CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) },
	};
	CK_ATTRIBUTE value = { CKA_VALUE, use->out, len };
	CK_OBJECT_HANDLE secret = CK_INVALID_HANDLE;
	CK_RV rv;

	use->call = "C_DeriveKey";
	rv = p11->C_DeriveKey(session->handle, use->mechanism, handle, template, sizeof(template) / sizeof(*template),
		&secret);
	if (rv != CKR_OK)
		return rv;
	use->call = "C_GetAttributeValue";
	rv = p11->C_GetAttributeValue(session->handle, secret, &value, 1);
	*use->len = value.ulValueLen;
	p11->C_DestroyObject(session->handle, secret);
	return rv;
}

bool
key_sign(struct key *key, CK_MECHANISM *mechanism, const unsigned char *in, size_t in_len, unsigned char *out,
	size_t *len)
{
	struct use use = { sign, NULL, mechanism, in, in_len, out, len };

	return use_key(key, &use);
}

bool
key_derive(struct key *key, CK_MECHANISM *mechanism, unsigned char *out, size_t *len)
{
	struct use use = { derive, NULL, mechanism, NULL, 0, out, len };

	return use_key(key, &use);
}
