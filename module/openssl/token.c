/*
 * token.c: modules, tokens and sessions, by libp11-kit. SPDX-License-Identifier: BSD-2-Clause
 */
#include "config.h"
#include "module/openssl/provider.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <p11-kit/p11-kit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROXY "p11-kit-proxy.so"
#define FIND_STEP 64
#define SLOTS_MAX (1 << 24)
#define SLOTS_MORE 64           /* that may come between two calls */
#define ATTRIBUTE_MAX (1 << 20) /* bytes */

/* Into the log of our module, if there is one (MDOC_PKCS11_LOG=FILE:LEVEL): nothing else may be printed. */
static void
warn(const char *text)
{
	const char *log = secure_getenv("MDOC_PKCS11_LOG");
	char path[PATH_MAX];
	int fd;
	size_t len = log != NULL ? strlen(log) : 0;

	if (len > 2 && log[len - 2] == ':' && log[len - 1] >= '0' && log[len - 1] <= '9')
		len -= 2;
	if (len == 0 || len >= sizeof(path) || strcmp(log + len, ":0") == 0)
		return;
	memcpy(path, log, len);
	path[len] = '\0';
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_CREAT, 0600);
	if (fd >= 0) {
		(void)dprintf(fd, PROVIDER_NAME ": %s\n", text);
		close(fd);
	}
}

static atomic_bool over;

static void
set_over(void)
{
	over = true;
}

/* Called when the first module is there, and so at exit before its own destructors, after which it can be called no more. */
static void
watch_the_end(void)
{
	(void)atexit(set_over);
}

/* libp11-kit takes a pin-value among the attributes of the path as well. */
int
uri_shown(const char *text)
{
	const char *pin = strstr(text, "pin-value");

	return (int)(pin != NULL ? (size_t)(pin - text) : strcspn(text, "?"));
}

P11KitUri *
uri_parse(const struct provider *provider, const char *text)
{
	P11KitUri *uri = p11_kit_uri_new();
	const int res = uri != NULL ? p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, uri) : P11_KIT_URI_UNEXPECTED;
	const char *why = NULL;

	if (res != P11_KIT_URI_OK)
		why = p11_kit_uri_message(res);
	else if (p11_kit_uri_any_unrecognized(uri))
		why = "it has an attribute or a type that is not known here";
	else if (p11_kit_uri_get_module_name(uri) != NULL)
		why = "there is no module-name here; give module-path, or pkcs11-module in the configuration";
	if (why == NULL && p11_kit_uri_get_pin_value(uri) != NULL)
		warn("a URI has a pin-value, which others may see or find; better is pin-source");
	if (why == NULL)
		return uri;
	fail(provider, REASON_URI, "%.*s: %s", uri_shown(text), text, why);
	uri_free(uri);
	return NULL;
}

void
uri_free(P11KitUri *uri)
{
	const char *pin = uri != NULL ? p11_kit_uri_get_pin_value(uri) : NULL;

	if (pin != NULL)
		OPENSSL_cleanse((char *)pin, strlen(pin));
	p11_kit_uri_free(uri);
}

/* A module that uses OpenSSL itself may leave errors on the stack of a program that asks for its own (SoftHSM). */
static CK_RV
initialize(CK_FUNCTION_LIST *p11)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_RV rv;

	ERR_set_mark();
	rv = p11->C_Initialize(&args);
	ERR_pop_to_mark();
	return rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv;
}

/* libp11-kit gives the same module for the same path. The proxy it is itself, and does not load. */
static CK_FUNCTION_LIST *
load(const struct provider *provider, const char *path)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *base = strrchr(path, '/');
	CK_FUNCTION_LIST *p11 = NULL;
	CK_RV rv;

	if (strcmp(base != NULL ? base + 1 : path, PROXY) == 0)
		C_GetFunctionList(&p11);
	else
		p11 = p11_kit_module_load(path, P11_KIT_MODULE_UNMANAGED);
	if (p11 == NULL) {
		fail(provider, REASON_MODULE, "%s", p11_kit_message() != NULL ? p11_kit_message() : path);
		return NULL;
	}
	rv = initialize(p11);
	pthread_once(&once, watch_the_end);
	if (rv == CKR_OK)
		return p11;
	fail(provider, REASON_MODULE, "%s: C_Initialize: %s (0x%lX)", path, name_of(rv), rv);
	return NULL;
}

static bool
matches(CK_FUNCTION_LIST *p11, CK_SLOT_ID id, P11KitUri *uri)
{
	const CK_SLOT_ID wanted = p11_kit_uri_get_slot_id(uri);
	CK_INFO info;
	CK_SLOT_INFO slot;
	CK_TOKEN_INFO token;

	return (wanted == (CK_SLOT_ID)-1 || wanted == id) && p11->C_GetTokenInfo(id, &token) == CKR_OK &&
		(token.flags & CKF_TOKEN_INITIALIZED) != 0 && p11_kit_uri_match_token_info(uri, &token) &&
		p11->C_GetSlotInfo(id, &slot) == CKR_OK && p11_kit_uri_match_slot_info(uri, &slot) &&
		p11->C_GetInfo(&info) == CKR_OK && p11_kit_uri_match_module_info(uri, &info);
}

bool
token_find(const struct provider *provider, P11KitUri *uri, struct session *session)
{
	const char *own = p11_kit_uri_get_module_path(uri);
	const char *path = own != NULL ? own : provider->module;
	CK_FUNCTION_LIST *p11 = load(provider, path);
	struct session one = { .p11 = p11 };
	char names[4 * NAME_SIZE] = "";
	char name[NAME_SIZE];
	CK_SLOT_ID *ids = NULL;
	CK_ULONG count = 0, room;
	size_t found = 0;
	CK_RV rv;

	if (p11 == NULL)
		return false;
	rv = p11->C_GetSlotList(CK_TRUE, NULL, &count);
	room = count + SLOTS_MORE;
	if (rv == CKR_OK && (room > SLOTS_MAX || (ids = OPENSSL_malloc(room * sizeof(*ids))) == NULL))
		rv = CKR_HOST_MEMORY;
	count = room;
	if (rv == CKR_OK)
		rv = p11->C_GetSlotList(CK_TRUE, ids, &count);
	if (rv == CKR_OK && count > room)
		rv = CKR_DEVICE_ERROR;
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (!matches(p11, ids[i], uri))
			continue;
		one.slot = ids[i];
		token_name(&one, name);
		if (found++ < 4)
			(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s", name);
	}
	if (rv != CKR_OK)
		fail_rv(provider, "C_GetSlotList", rv, path);
	else if (found == 0)
		fail(provider, REASON_NOT_FOUND, "none of the tokens of %s is meant", path);
	else if (found > 1)
		fail(provider, REASON_AMBIGUOUS, "it means %zu tokens:%s; add token or serial", found, names);
	OPENSSL_free(ids);
	*session = one;
	return rv == CKR_OK && found == 1;
}

CK_FLAGS
token_name(const struct session *session, char name[NAME_SIZE])
{
	CK_TOKEN_INFO info;

	if (session->p11->C_GetTokenInfo(session->slot, &info) != CKR_OK) {
		(void)snprintf(name, NAME_SIZE, "slot-id=%lu", session->slot);
		return CKF_LOGIN_REQUIRED;
	}
	(void)snprintf(name, NAME_SIZE, "token=%.*s;serial=%.*s",
		(int)p11_kit_space_strlen(info.label, sizeof(info.label)), (const char *)info.label,
		(int)p11_kit_space_strlen(info.serialNumber, sizeof(info.serialNumber)),
		(const char *)info.serialNumber);
	return info.flags;
}

CK_RV
session_open(struct session *session, CK_FLAGS flags)
{
	CK_FUNCTION_LIST *p11 = session->p11;
	CK_RV rv;

	flags |= CKF_SERIAL_SESSION;
	session->handle = CK_INVALID_HANDLE;
	rv = p11->C_OpenSession(session->slot, flags, NULL, NULL, &session->handle);
	if (rv == CKR_CRYPTOKI_NOT_INITIALIZED && (rv = initialize(p11)) == CKR_OK)
		rv = p11->C_OpenSession(session->slot, flags, NULL, NULL, &session->handle);
	return rv;
}

void
session_close(struct session *session)
{
	if (session->handle != CK_INVALID_HANDLE && !over)
		session->p11->C_CloseSession(session->handle);
	session->handle = CK_INVALID_HANDLE;
}

CK_RV
session_find(const struct session *session, const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE **found,
	size_t *count)
{
	CK_FUNCTION_LIST *p11 = session->p11;
	CK_ULONG got = FIND_STEP;
	CK_OBJECT_HANDLE *more;
	CK_RV rv = p11->C_FindObjectsInit(session->handle, (CK_ATTRIBUTE *)template, n);

	*found = NULL;
	*count = 0;
	if (rv != CKR_OK)
		return rv;
	while (rv == CKR_OK && got == FIND_STEP) {
		more = OPENSSL_realloc(*found, (*count + FIND_STEP) * sizeof(*more));
		if (more != NULL)
			*found = more;
		rv = more != NULL ? p11->C_FindObjects(session->handle, more + *count, FIND_STEP, &got)
				  : CKR_HOST_MEMORY;
		if (rv == CKR_OK && got > FIND_STEP)
			rv = CKR_DEVICE_ERROR;
		*count += rv == CKR_OK ? got : 0;
	}
	p11->C_FindObjectsFinal(session->handle);
	return rv;
}

CK_RV
session_attribute(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, struct blob *value)
{
	CK_ATTRIBUTE attr = { type, NULL, 0 };
	CK_RV rv = session->p11->C_GetAttributeValue(session->handle, object, &attr, 1);
	const CK_ULONG room = attr.ulValueLen;

	*value = (struct blob){ NULL, 0 };
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return CKR_OK;
	if (rv != CKR_OK || room == CK_UNAVAILABLE_INFORMATION || room == 0)
		return rv;
	if (room > ATTRIBUTE_MAX)
		return CKR_ATTRIBUTE_VALUE_INVALID;
	attr.pValue = value->data = OPENSSL_malloc(room);
	rv = value->data != NULL ? session->p11->C_GetAttributeValue(session->handle, object, &attr, 1)
				 : CKR_HOST_MEMORY;
	if (rv == CKR_OK && attr.ulValueLen > room)
		rv = CKR_ATTRIBUTE_VALUE_INVALID;
	value->len = rv == CKR_OK ? attr.ulValueLen : 0;
	return rv;
}
