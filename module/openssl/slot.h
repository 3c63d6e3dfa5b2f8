/*
 * slot.h: slots, sessions and logins, as the whole process shares them.
 *
 * Slots stay for the life of the process, and so does a login: nothing is called when the provider
 * goes, because the module may be gone by then. A fork, or somebody's C_Finalize, makes all handles
 * worthless: the slot's generation tells.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef OPENSSL_SLOT_H
#define OPENSSL_SLOT_H

#include <p11-kit/uri.h>
#include <pthread.h>

#include "module/openssl/provider.h"

#define IDLE_MAX 64   /* sessions kept for the next use */
#define NAME_SIZE 160 /* bytes of a token's or key's name in an error */

struct slot {
	struct slot *next;
	CK_FUNCTION_LIST *p11;
	CK_SLOT_ID id;
	pthread_mutex_t login; /* one at a time; before lock */
	pthread_mutex_t lock;  /* what follows, and the handles of keys; not held over a call of the module */
	unsigned generation;
	CK_SESSION_HANDLE idle[IDLE_MAX];
	size_t idle_count;
};

struct session {
	struct slot *slot;
	CK_SESSION_HANDLE handle;
	unsigned generation;
};

struct blob {
	unsigned char *data; /* OPENSSL_free() */
	size_t len;
};

/* RFC 7512. NULL: refused (error raised). uri_free() wipes a PIN that is in it. */
P11KitUri *uri_parse(const struct provider *provider, const char *text);
void uri_free(P11KitUri *uri);

/* The slot with the token that a URI means, in its own module or the configured one, which is loaded and
 * initialised here. NULL: there is none, or several (error raised). Slots are never freed. */
struct slot *slot_of_uri(const struct provider *provider, P11KitUri *uri);
void slot_name(const struct slot *slot, char name[NAME_SIZE]);
/* Its sessions and handles mean nothing any more. */
void slot_forget(struct slot *slot);

/* A read-only session for this thread alone. session_end() in any case, with no operation active in it. */
CK_RV session_begin(struct slot *slot, struct session *session);
void session_end(struct session *session);

/* The objects that match. *handles: OPENSSL_free(). */
CK_RV session_find(const struct session *session, const CK_ATTRIBUTE *template, CK_ULONG n, CK_OBJECT_HANDLE **handles,
	size_t *count);
/* One attribute; empty when the object does not show it. *value: OPENSSL_free(). */
CK_RV session_attribute(const struct session *session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
	struct blob *value);

enum login {
	LOGIN_OK,
	LOGIN_NO_PIN, /* nobody had one; nothing is raised */
	LOGIN_FAILED, /* raised */
};

/* Log the user in unless that was done. The PIN, tried once, is that of the URI (pin-value, pin-source),
 * the configuration (pin-file, pin), or the callback (NULL: none). */
enum login session_login(const struct provider *provider, const struct session *session, P11KitUri *uri,
	OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg);
/* Log in for the operation that was begun with the key of this URI. Here OpenSSL's default UI is the last resort. */
enum login session_login_once(const struct provider *provider, const struct session *session, P11KitUri *uri);
/* A callback that asks by that UI, if somebody is there. */
OSSL_PASSPHRASE_CALLBACK login_prompt;
/* Say that there is no PIN. */
bool fail_no_pin(const struct provider *provider, const struct slot *slot);

#endif
