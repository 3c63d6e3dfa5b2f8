/*
 * make.h: the last steps in the making of any object, whatever it came from.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_MAKE_H
#define MODULE_MAKE_H

#include "module/pkcs11/objects/object.h"
#include "module/pkcs11/objects/template.h"

/* May this session write token objects? CKR_TOKEN_WRITE_PROTECTED before CKR_SESSION_READ_ONLY. */
CK_RV make_writable(const struct session *session);

/* The same, and may it do that with this token object? CKR_USER_NOT_LOGGED_IN. */
CK_RV make_changeable(const struct session *session, const struct object *object, unsigned operation);

/*
 * template_complete(), and before it the default of CKA_PRIVATE that depends on the session: a session key made while
 * the user is not logged in is a public one, because there is nobody else that it could belong to; and a token object
 * in an area whose list wants it so is a private one.
 */
CK_RV make_complete(struct session *session, CK_OBJECT_CLASS object_class, enum template_origin origin,
	struct token_attrs *attrs);

/*
 * May this session make (or change into) an object with these attributes?
 * CKR_TOKEN_WRITE_PROTECTED, CKR_SESSION_READ_ONLY  a token object, as make_writable()
 * CKR_USER_NOT_LOGGED_IN    a private object without the user; a private or secret key in the token without
 *                           user or SO, also one with CKA_PRIVATE false
 * CKR_ATTRIBUTE_READ_ONLY   CKA_TRUSTED without the SO
 * CKR_TEMPLATE_INCONSISTENT CKA_ALWAYS_AUTHENTICATE on an object that is not private; dates out of order;
 *                           CKA_EXTRACTABLE on a key that will be in a device
 */
CK_RV make_allowed(struct session *session, const struct token_attrs *attrs);

/* The same of a holder key that the provisioner makes, which will be the user's. */
CK_RV make_allowed_for_user(struct session *session, const struct token_attrs *attrs);

/* Will this be a key that never leaves its device, whatever the template says of CKA_EXTRACTABLE? */
bool make_is_confined(const struct session *session, const struct token_attrs *attrs);

/* CKA_UNIQUE_ID: 128 random bits in hexadecimal. */
CK_RV make_unique(struct token_attrs *attrs);

/* Where a key comes from: CKA_LOCAL, CKA_KEY_GEN_MECHANISM, CKA_ALWAYS_SENSITIVE and
 * CKA_NEVER_EXTRACTABLE. mechanism CK_UNAVAILABLE_INFORMATION: from outside. */
CK_RV make_origin(struct token_attrs *attrs, CK_MECHANISM_TYPE mechanism);

/* The same of a key derived from one with the attributes `base`: it has always been what both are. */
CK_RV make_derived(struct token_attrs *attrs, const struct token_attrs *base);

/* Secret keys: allowed type and length (CKR_ATTRIBUTE_VALUE_INVALID), CKA_VALUE_LEN, CKA_CHECK_VALUE, and the
 * defaults of CKA_SENSITIVE and CKA_EXTRACTABLE (session keys can be read unless the template says otherwise). */
CK_RV make_secret_key(struct token_attrs *attrs, const struct secret *value);

/* Publish as CKA_TOKEN says, in the session's batch if it has one. attrs and value are taken
 * over. spec: NULL, or what record_create() said. */
CK_RV make_publish(struct session *session, struct token_attrs *attrs, struct secret *value,
	const struct token_object_spec *spec, CK_OBJECT_HANDLE *handle);

#endif
