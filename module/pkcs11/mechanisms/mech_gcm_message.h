/*
 * mech_gcm_message.h: CKM_AES_GCM over messages.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_MECH_GCM_MESSAGE_H
#define MODULE_MECH_GCM_MESSAGE_H

#include "module/pkcs11/mechanisms/mech.h"

/* The init of OP_MESSAGE_ENCRYPT and OP_MESSAGE_DECRYPT; the mechanism has no parameter, each message has one. */
CK_RV gcm_message_init(struct op *op, const CK_MECHANISM *mechanism);

#endif
