/*
 * login.h: who is logged in, PINs, and the making of tokens.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_LOGIN_H
#define MODULE_LOGIN_H

#include "mdoc-pkcs11.h"
#include "module/pkcs11/slots/session.h"

CK_RV login_in(struct session *session, CK_USER_TYPE type, const CK_UTF8CHAR *pin, CK_ULONG len);

/* C_LoginUser; without a name it is login_in(). */
CK_RV login_named(struct session *session, CK_USER_TYPE type, const CK_UTF8CHAR *pin, CK_ULONG len,
	const CK_UTF8CHAR *name, CK_ULONG name_len);
CK_RV login_out(struct session *session);
CK_RV login_init_pin(struct session *session, const CK_UTF8CHAR *pin, CK_ULONG len);
CK_RV login_set_pin(struct session *session, const CK_UTF8CHAR *old_pin, CK_ULONG old_len, const CK_UTF8CHAR *new_pin,
	CK_ULONG new_len);

CK_RV login_make_provisioner(struct session *session, CK_UTF8CHAR *credential, CK_ULONG *len);
CK_RV login_revoke_provisioner(struct session *session);

/* C_InitToken, C_MDOC_MakeArea, C_MDOC_EraseArea. label: 32 bytes, blank padded. */
CK_RV login_init_token(struct slot *slot, const CK_UTF8CHAR *pin, CK_ULONG len, const CK_UTF8CHAR *label);
CK_RV login_make_area(struct library *library, const CK_MDOC_AREA *area, CK_SLOT_ID *slot);
CK_RV login_erase_area(struct slot *slot, const CK_UTF8CHAR *pin, CK_ULONG len);

#endif
