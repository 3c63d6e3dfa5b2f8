/*
 * inbox.h: C_MDOC_Inbox*, and the key attestation that C_MDOC_AttestKeys writes (mdoc-pkcs11.h says what they do).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_INBOX_H
#define MODULE_INBOX_H

#include "mdoc-pkcs11.h"
#include "module/pkcs11/slots/session.h"

CK_RV inbox_put(struct session *session, CK_ULONG kind, const CK_BYTE *bytes, CK_ULONG len, CK_ULONG *id);
CK_RV inbox_list(struct session *session, CK_MDOC_INBOX_ENTRY *entries, CK_ULONG *count);
CK_RV inbox_get(struct session *session, CK_ULONG id, CK_BYTE *bytes, CK_ULONG *len);
CK_RV inbox_remove(struct session *session, CK_ULONG id);
CK_RV inbox_open_keys(struct session *session, CK_ULONG *count);

/* key_attestation.c */
CK_RV key_attestation_make(struct session *session, const CK_OBJECT_HANDLE *keys, CK_ULONG count, const CK_BYTE *nonce,
	CK_ULONG nonce_len, const CK_UTF8CHAR *audience, CK_ULONG audience_len, CK_UTF8CHAR *jwt, CK_ULONG *len);

#endif
