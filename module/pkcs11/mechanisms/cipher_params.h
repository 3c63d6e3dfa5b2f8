/*
 * cipher_params.h: which AES mode a CK_MECHANISM asks for, and its parameter.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_CIPHER_PARAMS_H
#define MODULE_CIPHER_PARAMS_H

#include <p11-kit/pkcs11.h>
#include <stdint.h>

#include "module/pkcs11/mechanisms/cipher.h"

enum cipher_style { BLOCKS, PADDED, COUNTER, AEAD, WRAP, WRAP_PAD };

struct cipher_mode {
	CK_MECHANISM_TYPE type;
	enum cipher_style style;
	CK_ULONG iv_size;     /* of an IV that is the whole parameter */
	const char *names[3]; /* OpenSSL's, for keys of 16, 24 and 32 bytes */
};

/* A parameter as the engine wants it; the pointers are the caller's. */
struct cipher_params {
	const CK_BYTE *iv; /* NULL: the mode's own; may be counter below */
	CK_ULONG iv_size;
	const CK_BYTE *aad;
	CK_ULONG aad_size;
	CK_ULONG tag_len;
	CK_BYTE counter[CIPHER_BLOCK];
	uint64_t left; /* bytes that may be encrypted or decrypted with it; UINT64_MAX: any number */
};

/* CKR_MECHANISM_INVALID, CKR_MECHANISM_PARAM_INVALID */
CK_RV cipher_params_take(const CK_MECHANISM *mechanism, const struct cipher_mode **mode, struct cipher_params *params);

#endif
