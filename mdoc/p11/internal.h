/*
 * mdoc/p11/internal.h: what the files of libmdoc-p11 share. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_P11_INTERNAL_H
#define MDOC_P11_INTERNAL_H

#include <mdoc/p11/p11.h>
#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"

#define MDOCI_P11_ANSWER_MAX ((CK_ULONG)1024 * 1024) /* bytes that C_Sign may give */

/*
 * Start a signature and do the context-specific login when the key wants one for each use.
 *
 * size   not NULL: asked by a length query before the login, so that the module can refuse
 *        its input while nothing has been spent; 1 to MDOCI_P11_ANSWER_MAX, else CKR_DATA_LEN_RANGE
 */
CK_RV mdoci_p11_sign_init(struct mdoc_p11_key *key, const CK_MECHANISM *mechanism, struct mdoc_bytes data,
	CK_ULONG *size);

/* The curve that CKA_EC_PARAMS names by OID or by name; MDOC_CURVE_NONE: another, or explicit parameters. */
enum mdoc_curve mdoci_p11_curve(struct mdoc_bytes params);

/* CKA_EC_POINT, in DER or bare. CKR_ATTRIBUTE_VALUE_INVALID: another length, or compressed. */
CK_RV mdoci_p11_point(struct mdoc_bytes value, enum mdoc_curve curve, struct mdoc_public_key *key);

#endif
