/*
 * builtin.h: objects that every token has and no store holds. Each has a fixed handle and is made when it is read;
 * none can be changed, copied or destroyed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_BUILTIN_H
#define MODULE_BUILTIN_H

#include "module/pkcs11/slots/session.h"

/* Handles, out of the way of those that are given out in turn. */
#define BUILTIN_FIRST ((CK_OBJECT_HANDLE)0x40000000)
#define BUILTIN_LAST ((CK_OBJECT_HANDLE)0x40000fff)
#define BUILTIN_STATUS BUILTIN_FIRST

/*
 * The handles, from first to before last, of those that a template may mean. The status object
 * shows only to those who name it.
 */
void builtin_range(const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *first, CK_OBJECT_HANDLE *last);

/* Attributes and value, the caller's. CKR_OBJECT_HANDLE_INVALID: there is no such object. */
CK_RV builtin_make(struct session *session, CK_OBJECT_HANDLE handle, struct token_attrs **attrs, struct secret *value);

#endif
