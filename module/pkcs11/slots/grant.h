/*
 * grant.h: C_MDOC_Grant and C_MDOC_Revoke (mdoc-pkcs11.h).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_GRANT_H
#define MODULE_GRANT_H

#include "mdoc-pkcs11.h"
#include "module/pkcs11/slots/session.h"

CK_RV grant_make(struct session *session, const CK_MDOC_GRANT *grant, CK_UTF8CHAR *credential, CK_ULONG *len);
CK_RV grant_revoke(struct session *session, const CK_UTF8CHAR *name);

#endif
