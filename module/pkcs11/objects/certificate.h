/*
 * certificate.h: what an X.509 certificate says of itself.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_CERTIFICATE_H
#define MODULE_CERTIFICATE_H

#include <p11-kit/pkcs11.h>

#include "tokens/attrs.h"

/*
 * Check CKA_VALUE (DER) and set what it says: CKA_SUBJECT, CKA_ISSUER, CKA_SERIAL_NUMBER and CKA_PUBLIC_KEY_INFO;
 * CKA_START_DATE and CKA_END_DATE where they are absent or empty; CKA_CHECK_VALUE unless it is empty.
 *
 * CKR_ATTRIBUTE_VALUE_INVALID  not one X.509 certificate, no category of the standard, another check value or key
 * CKR_TEMPLATE_INCONSISTENT    another subject, issuer or serial number (which may come without its DER header)
 */
CK_RV certificate_complete(struct token_attrs *attrs);

#endif
