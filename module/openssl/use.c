/*
 * use.c: what a token does with a private key for us. SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdio.h>
#include <unistd.h>

struct use {
	CK_RV (*function)(struct key *key, const struct session *session, struct use *use);
	const char *call; /* that went wrong; NULL: the error is raised */
	CK_MECHANISM *mechanism;
	const unsigned char *in;
	size_t in_len;
	unsigned char *out;
	const size_t len;
};

/* A PIN that is written somewhere and was wrong is not tried again: a busy server would lock the token. */
static bool
log_in(struct key *key, const struct session *session, CK_USER_TYPE user, OSSL_PASSPHRASE_CALLBACK *ask)
{
	if (key->refused)
		return fail(key->provider, REASON_PIN_INCORRECT, "it was tried once; the key has to be loaded again");
	if (session_login(key->provider, session, user, key->uri, ask, NULL, false))
		return true;
	key->refused = pin_is_written(key->provider, key->uri) &&
		ERR_GET_REASON(ERR_peek_last_error()) == REASON_PIN_INCORRECT;
	return false;
}

/* Another session, login and handle for the key. Old sessions are not closed: their handles may be another's by now. */
static CK_RV
find_again(struct key *key, struct use *use)
{
	struct session session = key->token;
	CK_OBJECT_HANDLE *found = NULL;
	size_t count = 0;
	CK_ULONG n = 0;
	CK_ATTRIBUTE *template = p11_kit_uri_get_attributes(key->uri, &n);
	CK_RV rv;

	use->call = "C_OpenSession";
	rv = session_open(&session, 0);
	if (rv == CKR_OK && !log_in(key, &session, CKU_USER, NULL)) {
		use->call = NULL;
		rv = CKR_USER_NOT_LOGGED_IN;
	}
	if (rv == CKR_OK) {
		use->call = "C_FindObjects";
		rv = session_find(&session, template, n, &found, &count);
	}
	if (rv == CKR_OK && count != 1)
		rv = CKR_KEY_HANDLE_INVALID;
	if (rv == CKR_OK) {
		for (size_t i = 0; i < KEY_SESSIONS; i++)
			atomic_store(&key->sessions[i], i == 0 ? session.handle : CK_INVALID_HANDLE);
		atomic_store(&key->object, found[0]);
		atomic_store(&key->pid, getpid());
	} else {
		session_close(&session);
	}
	OPENSSL_free(found);
	return rv;
}

/* Is it only that a session or a handle is no longer what it was? */
static bool
lost(CK_RV rv)
{
	return rv == CKR_CRYPTOKI_NOT_INITIALIZED || rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED ||
		rv == CKR_DEVICE_REMOVED || rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID ||
		rv == CKR_USER_NOT_LOGGED_IN;
}

static CK_RV
begin(struct key *key, struct session *session, struct use *use)
{
	use->call = "C_OpenSession";
	for (size_t i = 0; i < KEY_SESSIONS; i++)
		if ((session->handle = atomic_exchange(&key->sessions[i], CK_INVALID_HANDLE)) != CK_INVALID_HANDLE)
			return CKR_OK;
	return session_open(session, 0);
}

static void
end(struct key *key, struct session *session)
{
	unsigned long none = CK_INVALID_HANDLE;

	for (size_t i = 0; i < KEY_SESSIONS && session->handle != CK_INVALID_HANDLE; i++, none = CK_INVALID_HANDLE)
		if (atomic_compare_exchange_strong(&key->sessions[i], &none, session->handle))
			session->handle = CK_INVALID_HANDLE;
	session_close(session);
}

static bool
use_key(struct key *key, struct use *use)
{
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(key->uri, CKA_LABEL);
	struct session session = key->token;
	char about[NAME_SIZE];
	CK_RV rv = CKR_OK;

	for (int again = key->pid != getpid(); again < 2; again++) {
		if (again > 0)
			rv = find_again(key, use);
		if (rv == CKR_OK)
			rv = begin(key, &session, use);
		if (rv == CKR_OK)
			rv = use->function(key, &session, use);
		if (!lost(rv) || use->call == NULL)
			break;
		session_close(&session);
	}
	end(key, &session);
	if (rv == CKR_OK || use->call == NULL)
		return rv == CKR_OK;
	(void)snprintf(about, sizeof(about), "key \"%.*s\"", label != NULL ? (int)label->ulValueLen : 0,
		label != NULL ? (const char *)label->pValue : "");
	return fail_rv(key->provider, use->call, rv, about);
}

/* C_Sign ends the operation, and is called for that even when nobody gave the PIN for it. */
static CK_RV
sign(struct key *key, const struct session *session, struct use *use)
{
	CK_FUNCTION_LIST *p11 = session->p11;
	CK_ULONG len = use->len;
	bool allowed = true;
	CK_RV rv;

	use->call = "C_SignInit";
	rv = p11->C_SignInit(session->handle, use->mechanism, key->object);
	if (rv != CKR_OK)
		return rv;
	if (key->each_time)
		allowed = log_in(key, session, CKU_CONTEXT_SPECIFIC, login_prompt);
	use->call = allowed ? "C_Sign" : NULL;
	rv = p11->C_Sign(session->handle, (CK_BYTE *)use->in, use->in_len, use->out, &len);
	return rv == CKR_OK && len != use->len ? CKR_SIGNATURE_LEN_RANGE : rv;
}

static CK_RV
derive(struct key *key, const struct session *session, struct use *use)
{
	CK_FUNCTION_LIST *p11 = session->p11;
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG len = use->len;
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
	rv = p11->C_DeriveKey(session->handle, use->mechanism, key->object, template, COUNT(template), &secret);
	if (rv != CKR_OK)
		return rv;
	use->call = "C_GetAttributeValue";
	rv = p11->C_GetAttributeValue(session->handle, secret, &value, 1);
	p11->C_DestroyObject(session->handle, secret);
	return rv == CKR_OK && value.ulValueLen != len ? CKR_ATTRIBUTE_VALUE_INVALID : rv;
}

bool
key_sign(struct key *key, CK_MECHANISM *mechanism, const unsigned char *in, size_t in_len, unsigned char *out,
	size_t len)
{
	struct use use = { sign, NULL, mechanism, in, in_len, out, len };

	return use_key(key, &use);
}

bool
key_derive(struct key *key, CK_MECHANISM *mechanism, unsigned char *out, size_t len)
{
	struct use use = { derive, NULL, mechanism, NULL, 0, out, len };

	return use_key(key, &use);
}
