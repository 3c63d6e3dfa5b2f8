/*
 * authenticator.h: the public document of an authenticator's helper.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_AUTHENTICATOR_H
#define MODULE_AUTHENTICATOR_H

#include "module/pkcs11/slots/slot.h"

/* {"sign": JWK of P-256, "seal": JWK of X25519}. CKR_ARGUMENTS_BAD: it is none. */
CK_RV authenticator_read(const CK_BYTE *json, CK_ULONG len, struct token_authenticator *helper);

#endif
