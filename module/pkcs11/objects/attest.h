/*
 * attest.h: C_MDOC_Attest and its sisters.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_ATTEST_H
#define MODULE_ATTEST_H

#include "module/pkcs11/slots/session.h"

CK_RV attest_keys(struct session *session, const CK_OBJECT_HANDLE *keys, CK_ULONG count, const CK_BYTE *nonce,
	CK_ULONG nonce_len, CK_BYTE *out, CK_ULONG *len);
CK_RV attest_enrol(struct session *session, CK_BYTE *out, CK_ULONG *len);
CK_RV attest_activate(struct session *session, const CK_BYTE *challenge, CK_ULONG challenge_len, CK_BYTE *out,
	CK_ULONG *len);
CK_RV attest_certificate(struct session *session, const CK_BYTE *der, CK_ULONG len);

#endif
