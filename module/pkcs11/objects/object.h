/*
 * object.h: objects as sessions see them, and their handles.
 *
 * A token object is a handle over what tokens/ publishes; a session object lives here. Both
 * are counted and immutable once published: a change publishes a new version under the same
 * handle. A handle stays the same for the process's life, over logout and login too.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_OBJECT_H
#define MODULE_OBJECT_H

#include "module/pkcs11/slots/session.h"

struct object {
	atomic_uint refs;
	CK_OBJECT_HANDLE handle;
	const struct token_object *stored; /* a token object, referenced; NULL: a session object */
	CK_SESSION_HANDLE owner;           /* session object: goes with this session */
	struct token_attrs *attrs;         /* session and status object: owned; else NULL */
	struct secret value;               /* session object: key or data bytes; private bytes of a key pair */
	_Atomic(struct token_key *) key;   /* session object: its private key once it has been used */
};

/* Every attribute but the separate value; borrowed while the object is referenced. */
const struct token_attrs *object_attrs(const struct object *object);

bool object_is_token(const struct object *object);
bool object_is_private(const struct object *object);
/* Can it be used by nobody but who is logged in? Private objects, and private and secret keys in the token. */
bool object_needs_login(const struct object *object);
CK_OBJECT_CLASS object_class(const struct object *object);

/* Room for an attribute that is worked out when it is read. */
struct object_room {
	CK_ATTRIBUTE attr;
	CK_ULONG number;
	CK_BBOOL flag;
};

/* One attribute as it is shown, but for the separate value; borrowed. NULL: absent. */
const CK_ATTRIBUTE *object_attribute(const struct object *object, CK_ATTRIBUTE_TYPE type, struct object_room *room);

/* CKA_TRUSTED as it is shown. */
bool object_is_trusted(const struct object *object);

/* CKO_DATA and secret keys: the value, in the arena when private; token_value_clear(). */
CK_RV object_value(struct session *session, const struct object *object, struct token_value *value);

/* The bytes of a secret or ordinary private key, the caller's to wipe: for wrapping and copying. CKR_KEY_UNEXTRACTABLE:
 * a holder key, or a backend that lets no key out; what the attributes allow is not looked at. */
CK_RV object_key_bytes(struct session *session, const struct object *object, struct secret *bytes);

/* An EC private key ready for use, the caller's to free with token_key_free(). */
CK_RV object_load_key(struct session *session, struct object *object, struct token_key **key);

/* CKA_EC_PARAMS and CKA_EC_POINT of a key object: curve and uncompressed point (borrowed). */
CK_RV object_ec_point(const struct object *object, enum token_curve *curve, const CK_BYTE **point, size_t *len);

/* What a handle names now, with a reference. CKR_OBJECT_HANDLE_INVALID also for what the
 * session's login may not see. */
CK_RV object_from_handle(struct session *session, CK_OBJECT_HANDLE handle, struct object **object);
struct object *object_ref(struct object *object);
void object_unref(struct object *object);

/* The handle of a token object: the same for the process's life, that of a private one until the login ends. */
CK_RV object_stored_handle(struct slot *slot, const struct token_object *stored, CK_OBJECT_HANDLE *handle);

/* Publish a session object; attrs and value are taken over, also on an error. */
CK_RV object_publish(struct session *session, struct token_attrs *attrs, struct secret *value,
	CK_OBJECT_HANDLE *handle);

/* All handles that the session may see and that match, malloc'ed. */
CK_RV object_search(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE **handles,
	CK_ULONG *found);

/* The session objects that can match, each with a reference; malloc'ed, NULL when there are none. */
CK_RV object_session_candidates(struct slot *slot, const CK_ATTRIBUTE *wanted, CK_ULONG wanted_count,
	struct object ***list, size_t *count);

/* A built-in object (builtin.h), made anew, with a reference. */
CK_RV object_builtin(struct session *session, CK_OBJECT_HANDLE handle, struct object **object);

/* Put a new version of a session object under its handle; attrs and value as above. *again: there is another version
 * than the old one already, and nothing was done. */
CK_RV object_republish(struct session *session, const struct object *old, struct token_attrs *attrs,
	struct secret *value, bool *again);

/* Take a session object away; forget the handle of a token object that has been destroyed. */
void object_withdraw(struct session *session, const struct object *object);

/* A session went, or the user logged out: its (his private) session objects go. */
void object_forget_session(struct slot *slot, CK_SESSION_HANDLE owner);
void object_forget_private(struct slot *slot);

/* The table of one slot. */
struct object_table *object_table_new(void);
void object_table_free(struct object_table *table);
void object_table_abandon(struct object_table *table); /* the same after OPENSSL_cleanup */

#endif
