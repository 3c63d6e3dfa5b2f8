/*
 * rv_name.h: the names of CK_RVs, for logs and errors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_RV_NAME_H
#define MODULE_RV_NAME_H

#include <p11-kit/pkcs11.h>

/* "CKR_PIN_INCORRECT", or NULL for a number without a name here. */
const char *rv_name(CK_RV rv);

#endif
