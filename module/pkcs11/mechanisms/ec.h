/*
 * ec.h: public keys: checking signatures, and reading points that callers give.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_EC_H
#define MODULE_EC_H

#include <p11-kit/pkcs11.h>

#include "tokens/token.h"

/*
 * ECDSA over a digest (truncated to the order's size as FIPS 186 says; r||s), EdDSA over a message.
 * sig      token_curve_sig_size() bytes
 * CKR_OK, CKR_SIGNATURE_INVALID, CKR_SIGNATURE_LEN_RANGE, CKR_PUBLIC_KEY_INVALID, CKR_HOST_MEMORY
 */
CK_RV ec_verify(enum token_curve curve, const CK_BYTE *point, size_t point_len, const CK_BYTE *data, size_t data_len,
	const CK_BYTE *sig, size_t sig_len);

/* The public key (of EC: the uncompressed point) in `bytes`, bare or in a DER OCTET STRING; *point is borrowed from it.
 * False: neither. Whether it is on the curve is for whoever uses it. */
bool ec_read_point(enum token_curve curve, const CK_BYTE *bytes, size_t len, const CK_BYTE **point, size_t *point_len);

#endif
