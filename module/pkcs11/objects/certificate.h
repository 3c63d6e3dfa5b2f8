/*
 * certificate.h: what an X.509 certificate says of itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_CERTIFICATE_H
#define MODULE_CERTIFICATE_H

#include <p11-kit/pkcs11.h>

#include "tokens/attrs.h"

/* Check CKA_VALUE (DER) and add CKA_SUBJECT, CKA_ISSUER, CKA_SERIAL_NUMBER, CKA_PUBLIC_KEY_INFO,
 * CKA_START_DATE, CKA_END_DATE and CKA_CHECK_VALUE where they are absent or empty. CKR_ATTRIBUTE_VALUE_INVALID: not one
 * X.509 certificate. */
CK_RV certificate_complete(struct token_attrs *attrs);

#endif
