/*
 * builtin.h: objects that every token has and no store holds: its profiles, its mechanisms and its status. Each
 * has a fixed handle and is made when it is read; none can be made, changed, copied or destroyed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_BUILTIN_H
#define MODULE_BUILTIN_H

#include "module/pkcs11/slots/session.h"

/* Handles, out of the way of those that are given out in turn. */
#define BUILTIN_FIRST ((CK_OBJECT_HANDLE)0x40000000)
#define BUILTIN_LAST ((CK_OBJECT_HANDLE)0x40000fff)

/* Handles from first to before last. */
struct builtin_range {
	CK_OBJECT_HANDLE first, last;
};
#define BUILTIN_RANGES 3

/*
 * The built-in objects that a template may mean; how many ranges there are. Whatever a program
 * finds without naming a class, it can know what to do with: profiles are found like any
 * object, mechanisms only by their class, the status only by its application.
 */
size_t builtin_ranges(const CK_ATTRIBUTE *template, CK_ULONG count, struct builtin_range ranges[BUILTIN_RANGES]);

/* Attributes and value, the caller's. CKR_OBJECT_HANDLE_INVALID: the token has no such object now. */
CK_RV builtin_make(struct session *session, CK_OBJECT_HANDLE handle, struct token_attrs **attrs, struct secret *value);

/* Does the token keep the rules of a profile now (profile.c)? */
bool profile_holds(struct session *session, CK_ULONG profile);

#endif
