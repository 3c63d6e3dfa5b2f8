/*
 * getattr.h: reading attributes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_GETATTR_H
#define MODULE_GETATTR_H

#include "module/pkcs11/objects/object.h"

/* C_GetAttributeValue: all of the template is worked on; the answer is that of the last failure. */
CK_RV getattr_read(struct session *session, CK_OBJECT_HANDLE handle, CK_ATTRIBUTE *template, CK_ULONG count);

/* C_GetObjectSize: bytes of all attributes and the value. */
CK_RV getattr_size(struct session *session, CK_OBJECT_HANDLE handle, CK_ULONG *size);

#endif
