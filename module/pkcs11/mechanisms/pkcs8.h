/*
 * pkcs8.h: private keys as PrivateKeyInfo (RFC 5208, RFC 5915, RFC 8410), the form in which they are wrapped.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_PKCS8_H
#define MODULE_PKCS8_H

#include <p11-kit/pkcs11.h>

#include "tokens/token.h"

/*
 * scalar  token_curve_size() bytes; point: the public key that belongs to it
 * der     the DER of PrivateKeyInfo, the caller's to wipe
 * CKR_HOST_MEMORY, CKR_FUNCTION_FAILED
 */
CK_RV pkcs8_encode(enum token_curve curve, const struct secret *scalar, const uint8_t *point, size_t point_len,
	struct secret *der);

/*
 * Zeros at the end, less than a block of a cipher, are what a mode without padding left there.
 * CKR_WRAPPED_KEY_INVALID: no PrivateKeyInfo, or of a key that is on none of our curves
 */
CK_RV pkcs8_decode(const struct secret *der, enum token_curve *curve, struct secret *scalar);

#endif
