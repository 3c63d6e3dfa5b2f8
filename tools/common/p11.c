/* p11.c: load a module, find a token, log in. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/p11.h"
#include "tools/common/context.h"
#include "tools/common/message.h"
#include "pkcs11-3.h"
#include <openssl/crypto.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define INSTALLED_MODULE P11_MODULE_DIR "/mdoc-pkcs11.so"

/* dlsym gives an object pointer; POSIX says that it may be read as a function pointer. */
static void
symbol(void *handle, const char *name, void *function, size_t size)
{
	void *at = dlsym(handle, name);

	memcpy(function, &at, size);
}

static void
find_vendor_interface(struct p11 *p11)
{
	CK_UTF8CHAR name[] = MDOC_PKCS11_INTERFACE;
	CK_VERSION version = { 1, 0 };
	CK_INTERFACE *interface = NULL;
	CK_C_GetInterface get_interface = NULL;

	symbol(p11->handle, "C_GetInterface", &get_interface, sizeof(get_interface));
	if (get_interface != NULL && get_interface(name, &version, &interface, 0) == CKR_OK && interface != NULL)
		p11->vendor = interface->pFunctionList;
}

const char *
p11_module_path(const char *path)
{
	if (path == NULL)
		path = secure_getenv("MDOC_PKCS11_MODULE");
	return path == NULL || *path == '\0' ? INSTALLED_MODULE : path;
}

enum exit_status
p11_open(const char *path, struct p11 *p11)
{
	CK_C_INITIALIZE_ARGS threads = { .flags = CKF_OS_LOCKING_OK };
	CK_C_GetFunctionList get_list = NULL;
	CK_RV rv;

	memset(p11, 0, sizeof(*p11));
	path = p11_module_path(path);
	p11->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (p11->handle == NULL) {
		tool_error(_("cannot load the PKCS#11 module %s"), path);
		tool_why("%s", dlerror());
		tool_why(_("Name another one with --module, or install mdoc-pkcs11."));
		return EXIT_STATUS_TROUBLE;
	}
	symbol(p11->handle, "C_GetFunctionList", &get_list, sizeof(get_list));
	if (get_list == NULL || get_list(&p11->list) != CKR_OK || p11->list == NULL) {
		tool_error(_("%s is not a PKCS#11 module"), path);
		p11->list = NULL;
		return EXIT_STATUS_TROUBLE;
	}
	rv = p11->list->C_Initialize(&threads);
	if (rv == CKR_CANT_LOCK)
		rv = p11->list->C_Initialize(NULL);
	if (rv != CKR_OK) {
		p11->list = NULL;
		return tool_rv_error(_("cannot start the PKCS#11 module"), rv);
	}
	find_vendor_interface(p11);
	return EXIT_STATUS_OK;
}

void
p11_close(struct p11 *p11)
{
	if (p11->list != NULL)
		p11->list->C_Finalize(NULL);
	if (p11->handle != NULL)
		dlclose(p11->handle);
	memset(p11, 0, sizeof(*p11));
}

void
p11_label(const CK_UTF8CHAR padded[32], char label[33])
{
	size_t len = 32;

	while (len > 0 && (padded[len - 1] == ' ' || padded[len - 1] == '\0'))
		len--;
	memcpy(label, padded, len);
	label[len] = '\0';
}

/* A token that a module does not recognise may have more to say to who opens a session. */
static CK_RV
why_unrecognised(struct p11 *p11, CK_SLOT_ID slot)
{
	CK_SESSION_HANDLE session;
	const CK_RV rv = p11->list->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session);

	if (rv != CKR_OK)
		return rv;
	(void)p11->list->C_CloseSession(session);
	return CKR_TOKEN_NOT_RECOGNIZED;
}

/* *trouble: why a slot could not be read; it may be the one that is looked for. */
static bool
slot_has_label(struct p11 *p11, CK_SLOT_ID slot, const char *label, CK_RV *trouble)
{
	CK_TOKEN_INFO info;
	char found[33];
	const CK_RV rv = p11->list->C_GetTokenInfo(slot, &info);

	if (rv != CKR_OK && rv != CKR_TOKEN_NOT_PRESENT)
		*trouble = rv == CKR_TOKEN_NOT_RECOGNIZED ? why_unrecognised(p11, slot) : rv;
	if (rv != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) == 0)
		return false;
	p11_label(info.label, found);
	return label == NULL || strcmp(found, label) == 0;
}

static enum exit_status
say_not_one(const char *label, CK_ULONG found, CK_RV trouble)
{
	if (found > 1 && label != NULL)
		tool_error(_("%lu tokens are called \"%s\""), found, label);
	else if (found > 1)
		tool_error(_("there are %lu tokens; say which with --token"), found);
	else if (trouble != CKR_OK)
		return tool_rv_error(_("the token was not found, but there is one that cannot be read"), trouble);
	else if (label != NULL)
		tool_error(_("there is no token called \"%s\""), label);
	else
		tool_error(_("there is no token yet"));
	if (found == 0)
		tool_why(_("Make one with: mdoc-token init --label LABEL --so-pin-file FILE"));
	return EXIT_STATUS_INPUT;
}

enum exit_status
p11_find_slot(struct p11 *p11, const char *label, CK_SLOT_ID *slot)
{
	CK_SLOT_ID *slots = NULL;
	CK_ULONG count = 0, found = 0;
	CK_RV trouble = CKR_OK;
	CK_RV rv = p11->list->C_GetSlotList(CK_TRUE, NULL, &count);

	if (rv == CKR_OK && count > 0) {
		slots = calloc(count, sizeof(*slots));
		rv = slots == NULL ? CKR_HOST_MEMORY : p11->list->C_GetSlotList(CK_TRUE, slots, &count);
	}
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (slot_has_label(p11, slots[i], label, &trouble)) {
			*slot = slots[i];
			found++;
		}
	}
	free(slots);
	if (rv != CKR_OK)
		return tool_rv_error(_("cannot list the tokens"), rv);
	if (found == 1)
		return EXIT_STATUS_OK;
	return say_not_one(label, found, trouble);
}

enum exit_status
p11_token_open(struct p11 *p11, const char *label, bool read_write, struct p11_token *token)
{
	const CK_FLAGS flags = CKF_SERIAL_SESSION | (read_write ? CKF_RW_SESSION : 0);
	enum exit_status status;
	CK_RV rv;

	memset(token, 0, sizeof(*token));
	token->p11 = p11;
	token->session = CK_INVALID_HANDLE;
	status = p11_find_slot(p11, label, &token->slot);
	if (status != EXIT_STATUS_OK)
		return status;
	rv = p11->list->C_GetTokenInfo(token->slot, &token->info);
	if (rv != CKR_OK)
		return tool_rv_error(_("cannot read the token"), rv);
	p11_label(token->info.label, token->label);
	token->offers = mdoc_p11_offers(p11->list, token->slot);
	token->ours = (token->offers & MDOC_P11_DEVICE_SIGN) != 0;
	rv = p11->list->C_OpenSession(token->slot, flags, NULL, NULL, &token->session);
	if (rv != CKR_OK) {
		token->session = CK_INVALID_HANDLE;
		return tool_rv_error(_("cannot open a session with the token"), rv);
	}
	return EXIT_STATUS_OK;
}

void
p11_token_close(struct p11_token *token)
{
	if (token->p11 != NULL && token->session != CK_INVALID_HANDLE) {
		if (token->logged_in)
			token->p11->list->C_Logout(token->session);
		token->p11->list->C_CloseSession(token->session);
	}
	pin_clear(&token->pin);
	memset(token, 0, sizeof(*token));
}

bool
p11_shares_lockout(const struct p11_token *token)
{
	static const char mark[] = "(DA PIN)";

	for (size_t i = 0; i + sizeof(mark) - 1 <= sizeof(token->info.model); i++)
		if (token->ours && memcmp(token->info.model + i, mark, sizeof(mark) - 1) == 0)
			return true;
	return false;
}

void
p11_say_lockout(const struct p11_token *token)
{
	if (!p11_shares_lockout(token))
		return;
	tool_why(_("It is the lockout of the whole TPM, so that a new PIN alone does not help: wait until it ends, or "
		   "have the TPM's owner end it with: tpm2_dictionarylockout -c"));
}

/* How many tries are left, as far as the token tells. */
static void
say_tries_left(struct p11_token *token, CK_USER_TYPE user)
{
	const bool so = user == CKU_SO;
	const CK_FLAGS locked = so ? CKF_SO_PIN_LOCKED : CKF_USER_PIN_LOCKED;
	const CK_FLAGS final = so ? CKF_SO_PIN_FINAL_TRY : CKF_USER_PIN_FINAL_TRY;
	const CK_FLAGS low = so ? CKF_SO_PIN_COUNT_LOW : CKF_USER_PIN_COUNT_LOW;

	if (token->p11->list->C_GetTokenInfo(token->slot, &token->info) != CKR_OK)
		return;
	if ((token->info.flags & locked) != 0)
		tool_why(_("It is locked now."));
	else if ((token->info.flags & final) != 0)
		tool_why(_("One more wrong try will lock it."));
	else if ((token->info.flags & low) != 0)
		tool_why(_("Only few tries are left before it is locked."));
}

enum exit_status
p11_sign_error(const struct p11_token *token, const char *what, CK_RV rv)
{
	if (token->ours && !token->pin.set && rv == CKR_PIN_INCORRECT) {
		tool_error(_("%s: the authenticator refused"), what);
		return EXIT_STATUS_NO;
	}
	if (token->ours && !token->pin.set && rv == CKR_PIN_LOCKED) {
		tool_error(_("%s: the authenticator is locked after too many refusals"), what);
		tool_why(_(
			"The security officer lets it open the token again with: mdoc-token pin disable, or sets a PIN "
			"with: mdoc-token pin enable"));
		return EXIT_STATUS_NO;
	}
	return tool_rv_error(what, rv);
}

static enum exit_status
say_not_let_in(struct p11_token *token, CK_USER_TYPE user, const struct pin *pin, CK_RV rv)
{
	enum exit_status status;

	if (user == CKU_USER && pin == NULL && token->ours)
		return p11_sign_error(token, _("the token was not opened"), rv);
	if (user == CKU_SO)
		status = tool_rv_error(_("the token does not accept the SO code"), rv);
	else
		status = tool_rv_error(_("the token does not accept the PIN"), rv);
	if (rv == CKR_PIN_INCORRECT)
		say_tries_left(token, user);
	if (rv == CKR_PIN_LOCKED && user == CKU_USER)
		p11_say_lockout(token);
	return status;
}

enum exit_status
p11_login(struct p11_token *token, CK_USER_TYPE user, const struct pin *pin)
{
	CK_FUNCTION_LIST *list = token->p11->list;
	CK_UTF8CHAR text[PIN_MAX];
	CK_RV rv;

	if (pin != NULL)
		memcpy(text, pin->text, pin->len);
	rv = list->C_Login(token->session, user, pin != NULL ? text : NULL, pin != NULL ? pin->len : 0);
	OPENSSL_cleanse(text, sizeof(text));
	if (rv == CKR_OK) {
		token->logged_in = true;
		if (user == CKU_USER && pin != NULL)
			token->pin = *pin;
		return EXIT_STATUS_OK;
	}
	return say_not_let_in(token, user, pin, rv);
}

CK_RV
p11_context_login(void *arg, CK_FUNCTION_LIST *list, CK_SESSION_HANDLE session)
{
	const struct p11_token *token = arg;
	CK_UTF8CHAR text[PIN_MAX];
	CK_RV rv;

	memcpy(text, token->pin.text, token->pin.len);
	rv = list->C_Login(session, CKU_CONTEXT_SPECIFIC, token->pin.set ? text : NULL, token->pin.len);
	OPENSSL_cleanse(text, sizeof(text));
	return rv;
}

void
p11_key(struct p11_token *token, CK_OBJECT_HANDLE private_key, struct mdoc_p11_key *key)
{
	memset(key, 0, sizeof(*key));
	key->context = tool_context();
	key->p11 = token->p11->list;
	key->session = token->session;
	key->private_key = private_key;
	key->offers = token->offers;
	key->login = p11_context_login;
	key->login_arg = token;
}

CK_RV
p11_public_key(const struct p11_token *token, CK_OBJECT_HANDLE private_key, struct mdoc_public_key *key)
{
	return mdoc_p11_public_key(tool_context(), token->p11->list, token->session, private_key, key);
}
