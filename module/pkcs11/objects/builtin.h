/*
 * builtin.h: objects that every token has and that are no rows of objects: its profiles, its mechanisms, its status and
 * those of renewal (provision.h). Each has a fixed handle and is made when it is read; none can be changed or copied,
 * and only the provisioner makes and destroys some.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_BUILTIN_H
#define MODULE_BUILTIN_H

#include "module/pkcs11/slots/session.h"

/* Handles, out of the way of those that are given out in turn. */
#define BUILTIN_FIRST ((CK_OBJECT_HANDLE)0x40000000)
#define BUILTIN_LAST ((CK_OBJECT_HANDLE)0x5fffffff)

/* Handles from first to before last. */
struct builtin_range {
	CK_OBJECT_HANDLE first, last;
};
#define BUILTIN_RANGES 6

/*
 * The built-in objects that a template may mean; how many ranges there are. Whatever a program
 * finds without naming a class, it can know what to do with: profiles are found like any
 * object, mechanisms only by their class, the status only by its application, the key of the inbox only by its label.
 * The provisioner finds its keys like any.
 */
size_t builtin_ranges(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct builtin_range ranges[BUILTIN_RANGES]);

/* Attributes and value, the caller's. CKR_OBJECT_HANDLE_INVALID: the token has no such object now. */
CK_RV builtin_make(struct session *session, CK_OBJECT_HANDLE handle, struct token_attrs **attrs, struct secret *value);

/* Is it a holder key that waits in the inbox? For provision.h. */
bool builtin_is_waiting(CK_OBJECT_HANDLE handle, CK_ULONG *which);

/* The handle of such a half; CKR_HOST_MEMORY: there are no handles left for it. */
CK_RV builtin_waiting_handle(CK_ULONG which, CK_OBJECT_HANDLE *handle);

/* Does the token keep the rules of a profile now (profile.c)? */
bool profile_holds(struct session *session, CK_ULONG profile);

#endif
