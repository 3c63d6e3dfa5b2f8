/*
 * mdoc/p11/internal.h: what the files of libmdoc-p11 share. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_P11_INTERNAL_H
#define MDOC_P11_INTERNAL_H

#include <mdoc/p11/p11.h>

/* CKM_MDOC_DEVICE_SIGN of mdoc-pkcs11.h, which this library does not need otherwise. */
#define MDOCI_P11_DEVICE_SIGN 0xCD440001UL

/*
 * Start a signature and do the context-specific login when the key wants one for each use.
 *
 * size   not NULL: asked by a length query before the login, so that the module can refuse
 *        its input while nothing has been spent
 */
CK_RV mdoci_p11_sign_init(struct mdoc_p11_key *key, CK_MECHANISM_TYPE mechanism, struct mdoc_bytes data,
	CK_ULONG *size);

#endif
