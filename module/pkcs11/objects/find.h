/*
 * find.h: C_FindObjects: a snapshot of handles.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_FIND_H
#define MODULE_FIND_H

#include "module/pkcs11/slots/session.h"

CK_RV find_init(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count);
CK_RV find_next(struct session *session, CK_OBJECT_HANDLE *handles, CK_ULONG max, CK_ULONG *count);
CK_RV find_final(struct session *session);

/* NULL is fine. */
void find_free(struct find *find);

#endif
