/*
 * login.c: where a PIN comes from, and the login with it. A PIN lives here for one C_Login.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PIN_MAX 255 /* bytes */

struct pin {
	char text[PIN_MAX + 1];
	size_t len;
};

/* The first line of a file, byte by byte: no buffer keeps a copy. */
static bool
read_file(const struct provider *provider, const char *path, struct pin *pin)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int error = fd < 0 ? errno : 0;
	ssize_t n = 0;
	char c = 0;

	while (fd >= 0 && pin->len < PIN_MAX && (n = read(fd, &c, 1)) == 1 && c != '\n')
		pin->text[pin->len++] = c;
	if (n < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	if (error != 0)
		return fail(provider, REASON_PIN_SOURCE, "%s: %s", path, strerror(error));
	if (pin->len > 0 && pin->text[pin->len - 1] == '\r')
		pin->len--;
	if (pin->len == 0 || pin->len == PIN_MAX)
		return fail(provider, REASON_PIN_SOURCE, "%s: its first line is empty or too long", path);
	return true;
}

/* A PIN that needs nobody: of the URI, else of the configuration. A pin-source is a path, or a URI with
 * the scheme file (RFC 7512 2.4). */
static enum login
written_pin(const struct provider *provider, P11KitUri *uri, struct pin *pin)
{
	const char *source = p11_kit_uri_get_pin_source(uri);
	const char *file = source != NULL ? source : provider->pin_file;
	const char *text = p11_kit_uri_get_pin_value(uri);

	if (text == NULL && file == NULL)
		text = provider->pin;
	if (text == NULL && file == NULL)
		return LOGIN_NO_PIN;
	if (text != NULL) {
		pin->len = strnlen(text, PIN_MAX);
		memcpy(pin->text, text, pin->len);
		return LOGIN_OK;
	}
	if (source != NULL && strncmp(file, "file:", 5) == 0)
		file += strncmp(file + 5, "//", 2) == 0 ? 7 + strcspn(file + 7, "/") : 5;
	if (*file == '|' || *file == '\0') {
		fail(provider, REASON_PIN_SOURCE, "pin-source=%s: only a file is read", source);
		return LOGIN_FAILED;
	}
	return read_file(provider, file, pin) ? LOGIN_OK : LOGIN_FAILED;
}

/* Ask for the PIN of something. That a callback has nobody to ask is no error of ours. */
static enum login
asked_pin(const char *what, OSSL_PASSPHRASE_CALLBACK *ask, void *arg, struct pin *pin)
{
	const OSSL_PARAM info[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PASSPHRASE_PARAM_INFO, (char *)what, 0),
		OSSL_PARAM_construct_end(),
	};
	bool ok;

	ERR_set_mark();
	ok = ask != NULL && ask(pin->text, PIN_MAX, &pin->len, info, arg) && pin->len > 0;
	ERR_pop_to_mark();
	return ok ? LOGIN_OK : LOGIN_NO_PIN;
}

/* OpenSSL's own UI falls back to standard input, which is the application's; and it would stop a
 * program in the background. */
static bool
somebody_there(void)
{
	const int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	const bool there = fd >= 0 && tcgetpgrp(fd) == getpgrp();

	if (fd >= 0)
		close(fd);
	return there || UI_get_default_method() != UI_OpenSSL();
}

int
login_prompt(char *pin, size_t size, size_t *len, const OSSL_PARAM params[], UNUSED void *arg)
{
	const OSSL_PARAM *info = OSSL_PARAM_locate_const(params, OSSL_PASSPHRASE_PARAM_INFO);
	char prompt[3 * NAME_SIZE];
	UI *ui = somebody_there() ? UI_new() : NULL;
	bool ok;

	(void)snprintf(prompt, sizeof(prompt), "PIN of %s: ", info != NULL ? (const char *)info->data : "");
	ok = ui != NULL && UI_add_input_string(ui, prompt, 0, pin, 1, (int)size) > 0 && UI_process(ui) == 0;
	*len = ok ? strlen(pin) : 0;
	UI_free(ui);
	return ok;
}

bool
fail_no_pin(const struct provider *provider, const struct slot *slot)
{
	char name[NAME_SIZE];

	slot_name(slot, name);
	return fail(provider, REASON_PIN_NEEDED, "%s: give pin-source in the URI or pin-file in the configuration",
		name);
}

static enum login
log_in(const struct provider *provider, const struct session *session, CK_USER_TYPE user, struct pin *pin)
{
	const CK_RV rv = session->slot->p11->C_Login(session->handle, user,
		pin != NULL ? (CK_UTF8CHAR *)pin->text : NULL, pin != NULL ? pin->len : 0);
	char name[NAME_SIZE];

	if (rv == CKR_OK || (user == CKU_USER && rv == CKR_USER_ALREADY_LOGGED_IN))
		return LOGIN_OK;
	slot_name(session->slot, name);
	fail_rv(provider, "C_Login", rv, name);
	return LOGIN_FAILED;
}

/* Is there something to do? CKR_OK: a PIN is to be given. CKR_USER_ALREADY_LOGGED_IN: nothing. */
static CK_RV
login_due(const struct session *session, CK_FLAGS *flags)
{
	CK_FUNCTION_LIST *p11 = session->slot->p11;
	CK_SESSION_INFO state;
	CK_TOKEN_INFO token;
	CK_RV rv = p11->C_GetSessionInfo(session->handle, &state);

	if (rv == CKR_OK && (state.state == CKS_RO_USER_FUNCTIONS || state.state == CKS_RW_USER_FUNCTIONS))
		return CKR_USER_ALREADY_LOGGED_IN;
	if (rv == CKR_OK)
		rv = p11->C_GetTokenInfo(session->slot->id, &token);
	if (rv != CKR_OK)
		return rv;
	*flags = token.flags;
	return (token.flags & CKF_LOGIN_REQUIRED) == 0          ? CKR_USER_ALREADY_LOGGED_IN
		: (token.flags & CKF_USER_PIN_INITIALIZED) == 0 ? CKR_USER_PIN_NOT_INITIALIZED
		: (token.flags & CKF_USER_PIN_LOCKED) != 0      ? CKR_PIN_LOCKED
								: CKR_OK;
}

enum login
session_login(const struct provider *provider, const struct session *session, P11KitUri *uri,
	OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	struct pin pin = { .len = 0 };
	char name[NAME_SIZE];
	enum login res = LOGIN_OK;
	CK_FLAGS flags = 0;
	CK_RV rv;

	pthread_mutex_lock(&session->slot->login);
	rv = login_due(session, &flags);
	slot_name(session->slot, name);
	if (rv == CKR_OK && (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
		res = log_in(provider, session, CKU_USER, NULL);
	} else if (rv == CKR_OK) {
		res = written_pin(provider, uri, &pin);
		if (res == LOGIN_NO_PIN)
			res = asked_pin(name, ask, ask_arg, &pin);
		if (res == LOGIN_OK)
			res = log_in(provider, session, CKU_USER, &pin);
	} else if (rv != CKR_USER_ALREADY_LOGGED_IN) {
		fail_rv(provider, "C_Login", rv, name);
		res = LOGIN_FAILED;
	}
	pthread_mutex_unlock(&session->slot->login);
	OPENSSL_cleanse(&pin, sizeof(pin));
	return res;
}

enum login
session_login_once(const struct provider *provider, const struct session *session, P11KitUri *uri)
{
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
	struct pin pin = { .len = 0 };
	char name[NAME_SIZE];
	char what[2 * NAME_SIZE];
	enum login res = written_pin(provider, uri, &pin);

	if (res == LOGIN_NO_PIN) {
		slot_name(session->slot, name);
		(void)snprintf(what, sizeof(what), "%s for one use of the key \"%.*s\"", name,
			label != NULL ? (int)label->ulValueLen : 0, label != NULL ? (const char *)label->pValue : "");
		res = asked_pin(what, login_prompt, NULL, &pin);
	}
	if (res == LOGIN_OK)
		res = log_in(provider, session, CKU_CONTEXT_SPECIFIC, &pin);
	OPENSSL_cleanse(&pin, sizeof(pin));
	return res;
}
