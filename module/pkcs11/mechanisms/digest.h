/*
 * digest.h: hashing in the module's own OpenSSL context, for digests and for signatures over a message.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_DIGEST_H
#define MODULE_DIGEST_H

#include <openssl/types.h>
#include <p11-kit/pkcs11.h>

#define DIGEST_MAX 64 /* bytes of the longest digest */

/* OpenSSL's name of a digest mechanism and the bytes that it gives; NULL: no such digest. */
const char *digest_name(CK_MECHANISM_TYPE type, CK_ULONG *size);

/* type: CKM_SHA_1, CKM_SHA224 … CKM_SHA3_512; CKR_MECHANISM_INVALID. *context is freed with EVP_MD_CTX_free(). */
CK_RV digest_begin(CK_MECHANISM_TYPE type, EVP_MD_CTX **context);
CK_RV digest_update(EVP_MD_CTX *context, const CK_BYTE *data, CK_ULONG len);

/* Take in a last part (len 0: none) and give the digest. */
CK_RV digest_end(EVP_MD_CTX *context, const CK_BYTE *data, CK_ULONG len, CK_BYTE out[DIGEST_MAX], CK_ULONG *out_len);

#endif
