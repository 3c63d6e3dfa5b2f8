/*
 * login.c: where a PIN comes from, and the login with it. A PIN lives here for one C_Login.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

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
	ssize_t n = fd >= 0 ? 0 : -1;
	int error = errno;
	char c = 0;

	while (fd >= 0 && pin->len < PIN_MAX && (n = read(fd, &c, 1)) == 1 && c != '\n')
		pin->text[pin->len++] = c;
	if (fd >= 0) {
		error = errno;
		close(fd);
	}
	if (n < 0)
		return fail(provider, REASON_PIN_SOURCE, "%s: %s", path, strerror(error));
	if (pin->len > 0 && pin->text[pin->len - 1] == '\r')
		pin->len--;
	return (pin->len > 0 && pin->len < PIN_MAX) ||
		fail(provider, REASON_PIN_SOURCE, "%s: its first line is empty or too long", path);
}

bool
pin_is_written(const struct provider *provider, P11KitUri *uri)
{
	return p11_kit_uri_get_pin_value(uri) != NULL || p11_kit_uri_get_pin_source(uri) != NULL ||
		provider->pin_file != NULL || provider->pin != NULL;
}

/* A PIN that needs nobody: of the URI, else of the configuration; none: its length is 0. A pin-source is
 * a path, or a URI with the scheme file (RFC 7512 2.4). */
static bool
written_pin(const struct provider *provider, P11KitUri *uri, struct pin *pin)
{
	const char *source = p11_kit_uri_get_pin_source(uri);
	const char *file = source != NULL ? source : provider->pin_file;
	const char *text = p11_kit_uri_get_pin_value(uri);

	if (text == NULL && file == NULL)
		text = provider->pin;
	if (text != NULL && strlen(text) > PIN_MAX)
		return fail(provider, REASON_PIN_SOURCE, "it is longer than %d bytes", PIN_MAX);
	if (text != NULL)
		memcpy(pin->text, text, pin->len = strlen(text));
	if (text != NULL || file == NULL)
		return true;
	if (source != NULL && strncmp(file, "file:", 5) == 0)
		file += strncmp(file + 5, "//", 2) == 0 ? 7 + strcspn(file + 7, "/") : 5;
	if (*file == '|' || *file == '\0')
		return fail(provider, REASON_PIN_SOURCE, "pin-source=%s: only a file is read", source);
	return read_file(provider, file, pin);
}

/* OpenSSL's own UI falls back to standard input, which is the application's; and it would stop a program
 * in the background. */
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

/* Ask for the PIN, for one use of the key of the URI if there is one. That nobody is there to ask is no error of ours. */
static void
ask_pin(const struct session *session, P11KitUri *uri, OSSL_PASSPHRASE_CALLBACK *ask, void *arg, struct pin *pin)
{
	const CK_ATTRIBUTE *label = uri != NULL ? p11_kit_uri_get_attribute(uri, CKA_LABEL) : NULL;
	char name[NAME_SIZE], what[2 * NAME_SIZE];
	OSSL_PARAM info[] = { OSSL_PARAM_construct_end(), OSSL_PARAM_construct_end() };

	token_name(session, name);
	(void)snprintf(what, sizeof(what), label != NULL ? "%s for one use of the key \"%.*s\"" : "%s", name,
		label != NULL ? (int)label->ulValueLen : 0, label != NULL ? (const char *)label->pValue : "");
	info[0] = OSSL_PARAM_construct_utf8_string(OSSL_PASSPHRASE_PARAM_INFO, what, 0);
	ERR_set_mark();
	if (ask == NULL || !ask(pin->text, PIN_MAX, &pin->len, info, arg))
		pin->len = 0;
	ERR_pop_to_mark();
}

/* CKR_OK: the PIN is to be given, or by the token's own pad. CKR_USER_ALREADY_LOGGED_IN: there is nothing to do. */
static CK_RV
login_due(const struct session *session, CK_FLAGS flags)
{
	CK_SESSION_INFO state;
	const CK_RV rv = session->p11->C_GetSessionInfo(session->handle, &state);

	if (rv != CKR_OK)
		return rv;
	if (state.state == CKS_RO_USER_FUNCTIONS || state.state == CKS_RW_USER_FUNCTIONS ||
		(flags & CKF_LOGIN_REQUIRED) == 0)
		return CKR_USER_ALREADY_LOGGED_IN;
	return (flags & CKF_USER_PIN_INITIALIZED) == 0 ? CKR_USER_PIN_NOT_INITIALIZED
		: (flags & CKF_USER_PIN_LOCKED) != 0   ? CKR_PIN_LOCKED
						       : CKR_OK;
}

bool
session_login(const struct provider *provider, const struct session *session, CK_USER_TYPE user, P11KitUri *uri,
	OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg, bool optional)
{
	const bool once = user == CKU_CONTEXT_SPECIFIC;
	struct pin pin = { .len = 0 };
	char name[NAME_SIZE];
	const CK_FLAGS flags = once ? 0 : token_name(session, name); /* which takes longer than a signature */
	CK_RV rv = once ? CKR_OK : login_due(session, flags);

	if (rv == CKR_USER_ALREADY_LOGGED_IN)
		return true;
	if (rv == CKR_OK && (flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0) {
		rv = session->p11->C_Login(session->handle, user, NULL, 0);
	} else if (rv == CKR_OK) {
		const bool ok = written_pin(provider, uri, &pin);

		if (ok && pin.len == 0)
			ask_pin(session, once ? uri : NULL, ask, ask_arg, &pin);
		rv = CKR_USER_NOT_LOGGED_IN;
		if (ok && pin.len > 0)
			rv = session->p11->C_Login(session->handle, user, (CK_UTF8CHAR *)pin.text, pin.len);
		OPENSSL_cleanse(&pin, sizeof(pin));
		if (!ok)
			return false;
	}
	if (rv == CKR_OK || (rv == CKR_USER_ALREADY_LOGGED_IN && !once) || (rv == CKR_USER_NOT_LOGGED_IN && optional))
		return true;
	token_name(session, name);
	if (rv == CKR_USER_NOT_LOGGED_IN)
		return fail(provider, REASON_PIN_NEEDED,
			"%s: give pin-source in the URI or pin-file in the configuration", name);
	return fail_rv(provider, "C_Login", rv, name);
}
