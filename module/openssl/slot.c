/*
 * slot.c: slots and sessions. SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/slot.h"

#include <openssl/crypto.h>
#include <p11-kit/p11-kit.h>
#include <stdio.h>
#include <string.h>

#define PROXY "p11-kit-proxy.so"
#define FIND_STEP 64

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER; /* before the locks of slots */
static struct slot *slots;

/* In a forked child: whoever held a lock is not here, and no handle means anything. */
static void
on_fork(void)
{
	static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;

	registry = unlocked;
	for (struct slot *slot = slots; slot != NULL; slot = slot->next) {
		slot->login = unlocked;
		slot->lock = unlocked;
		slot->generation++;
		slot->idle_count = 0;
	}
}

static void
watch_forks(void)
{
	(void)pthread_atfork(NULL, NULL, on_fork);
}

void
slot_forget(struct slot *slot)
{
	pthread_mutex_lock(&slot->lock);
	slot->generation++;
	slot->idle_count = 0;
	pthread_mutex_unlock(&slot->lock);
}

/* Where it was not initialised any more, no handle has lived on. */
static CK_RV
initialize(CK_FUNCTION_LIST *p11)
{
	CK_C_INITIALIZE_ARGS args = { .flags = CKF_OS_LOCKING_OK };
	CK_RV rv;

	pthread_once(&once, watch_forks);
	pthread_mutex_lock(&registry);
	rv = p11->C_Initialize(&args);
	for (struct slot *slot = slots; rv == CKR_OK && slot != NULL; slot = slot->next)
		if (slot->p11 == p11)
			slot_forget(slot);
	pthread_mutex_unlock(&registry);
	return rv == CKR_CRYPTOKI_ALREADY_INITIALIZED ? CKR_OK : rv;
}

/* libp11-kit is the proxy itself, and does not load it as a module. */
static CK_FUNCTION_LIST *
load(const struct provider *provider, const char *path)
{
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
	if (rv == CKR_OK)
		return p11;
	fail(provider, REASON_MODULE, "%s: C_Initialize: %s (0x%lX)", path, name_of(rv), rv);
	return NULL;
}

static struct slot *
slot_get(CK_FUNCTION_LIST *p11, CK_SLOT_ID id)
{
	struct slot *slot;

	pthread_mutex_lock(&registry);
	for (slot = slots; slot != NULL && (slot->p11 != p11 || slot->id != id); slot = slot->next)
		;
	if (slot == NULL && (slot = OPENSSL_zalloc(sizeof(*slot))) != NULL) {
		slot->p11 = p11;
		slot->id = id;
		pthread_mutex_init(&slot->login, NULL);
		pthread_mutex_init(&slot->lock, NULL);
		slot->next = slots;
		slots = slot;
	}
	pthread_mutex_unlock(&registry);
	return slot;
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

struct slot *
slot_of_uri(const struct provider *provider, P11KitUri *uri)
{
	const char *own = p11_kit_uri_get_module_path(uri);
	const char *path = own != NULL ? own : provider->module;
	CK_FUNCTION_LIST *p11 = load(provider, path);
	char names[4 * NAME_SIZE] = "";
	char name[NAME_SIZE];
	CK_SLOT_ID *ids = NULL;
	CK_ULONG count = 0;
	struct slot *slot = NULL;
	size_t found = 0;
	CK_RV rv = p11 != NULL ? CKR_BUFFER_TOO_SMALL : CKR_OK;

	while (rv == CKR_BUFFER_TOO_SMALL && (rv = p11->C_GetSlotList(CK_TRUE, NULL, &count)) == CKR_OK) {
		OPENSSL_free(ids);
		ids = OPENSSL_malloc((count + 1) * sizeof(*ids));
		rv = ids != NULL ? p11->C_GetSlotList(CK_TRUE, ids, &count) : CKR_HOST_MEMORY;
	}
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (!matches(p11, ids[i], uri))
			continue;
		slot = slot_get(p11, ids[i]);
		if (slot == NULL)
			rv = CKR_HOST_MEMORY;
		else if (slot_name(slot, name), found++ < 4)
			(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), " %s", name);
	}
	if (rv != CKR_OK)
		fail_rv(provider, "C_GetSlotList", rv, path);
	else if (p11 != NULL && found == 0)
		fail(provider, REASON_NOT_FOUND, "none of the tokens of %s is meant", path);
	else if (found > 1)
		fail(provider, REASON_AMBIGUOUS, "it means %zu tokens:%s; add token or serial", found, names);
	OPENSSL_free(ids);
	return rv == CKR_OK && found == 1 ? slot : NULL;
}

void
slot_name(const struct slot *slot, char name[NAME_SIZE])
{
	CK_TOKEN_INFO info;

	if (slot->p11->C_GetTokenInfo(slot->id, &info) != CKR_OK)
		(void)snprintf(name, NAME_SIZE, "slot-id=%lu", slot->id);
	else
		(void)snprintf(name, NAME_SIZE, "token=%.*s;serial=%.*s",
			(int)p11_kit_space_strlen(info.label, sizeof(info.label)), (const char *)info.label,
			(int)p11_kit_space_strlen(info.serialNumber, sizeof(info.serialNumber)),
			(const char *)info.serialNumber);
}

static CK_RV
take(struct slot *slot, struct session *session)
{
	bool idle;

	pthread_mutex_lock(&slot->lock);
	session->generation = slot->generation;
	idle = slot->idle_count > 0;
	if (idle)
		session->handle = slot->idle[--slot->idle_count];
	pthread_mutex_unlock(&slot->lock);
	return idle ? CKR_OK : slot->p11->C_OpenSession(slot->id, CKF_SERIAL_SESSION, NULL, NULL, &session->handle);
}

/* Somebody else in the process may have closed all sessions, or finalized the module. */
CK_RV
session_begin(struct slot *slot, struct session *session)
{
	CK_SESSION_INFO info;
	CK_RV rv = take(slot, session);

	if (rv == CKR_OK)
		rv = slot->p11->C_GetSessionInfo(session->handle, &info);
	if (rv == CKR_CRYPTOKI_NOT_INITIALIZED && (rv = initialize(slot->p11)) == CKR_OK)
		rv = take(slot, session);
	else if (rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED) {
		slot_forget(slot);
		rv = take(slot, session);
	}
	session->slot = rv == CKR_OK ? slot : NULL;
	return rv;
}

void
session_end(struct session *session)
{
	struct slot *slot = session->slot;
	bool valid;

	if (slot == NULL)
		return;
	pthread_mutex_lock(&slot->lock);
	valid = session->generation == slot->generation;
	if (valid && slot->idle_count < IDLE_MAX) {
		slot->idle[slot->idle_count++] = session->handle;
		valid = false;
	}
	pthread_mutex_unlock(&slot->lock);
	if (valid)
		slot->p11->C_CloseSession(session->handle);
	session->slot = NULL;
}

CK_RV
session_find(const struct session *session, const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE **handles,
	size_t *count)
{
	CK_FUNCTION_LIST *p11 = session->slot->p11;
	CK_ULONG got = FIND_STEP;
	CK_OBJECT_HANDLE *more;
	CK_RV rv = p11->C_FindObjectsInit(session->handle, (CK_ATTRIBUTE *)template, n);

	*handles = NULL;
	*count = 0;
	if (rv != CKR_OK)
		return rv;
	while (rv == CKR_OK && got == FIND_STEP) {
		more = OPENSSL_realloc(*handles, (*count + FIND_STEP) * sizeof(*more));
		if (more != NULL)
			*handles = more;
		rv = more != NULL ? p11->C_FindObjects(session->handle, more + *count, FIND_STEP, &got)
				  : CKR_HOST_MEMORY;
		*count += rv == CKR_OK ? got : 0;
	}
	p11->C_FindObjectsFinal(session->handle);
	return rv;
}

CK_RV
session_attribute(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, struct blob *value)
{
	CK_FUNCTION_LIST *p11 = session->slot->p11;
	CK_ATTRIBUTE attr = { type, NULL, 0 };
	CK_RV rv = p11->C_GetAttributeValue(session->handle, object, &attr, 1);

	value->data = NULL;
	value->len = 0;
	if (rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE)
		return CKR_OK;
	if (rv != CKR_OK || attr.ulValueLen == CK_UNAVAILABLE_INFORMATION || attr.ulValueLen == 0)
		return rv;
	attr.pValue = value->data = OPENSSL_malloc(attr.ulValueLen);
	rv = value->data != NULL ? p11->C_GetAttributeValue(session->handle, object, &attr, 1) : CKR_HOST_MEMORY;
	value->len = rv == CKR_OK ? attr.ulValueLen : 0;
	return rv;
}
