/*
 * tests/unit/cipher_kit.h: mechanisms of AES with their parameters, and keys for them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_CIPHER_KIT_H
#define TESTS_CIPHER_KIT_H

#include "pkcs11-3.h"
#include "tests/unit/holder_kit.h"

/* A mechanism with its parameter, in whichever structure it has. */
struct cipher_setup {
	CK_MECHANISM mechanism;
	CK_GCM_PARAMS gcm;
	CK_AES_CTR_PARAMS ctr;
	CK_BYTE iv[64], aad[64];
};

/* Lay out the mechanism over the bytes in iv and aad. */
void cipher_setup(struct cipher_setup *setup, CK_MECHANISM_TYPE type, CK_ULONG iv_size, CK_ULONG aad_size);

/* All modes, the IV that each gets in tests, and whether it encrypts so many bytes. */
#define CIPHER_MODES 7
extern const CK_MECHANISM_TYPE cipher_modes[CIPHER_MODES];
CK_ULONG cipher_iv_size(CK_MECHANISM_TYPE type);
bool cipher_takes(CK_MECHANISM_TYPE type, CK_ULONG len);

/* A session key that encrypts and decrypts. */
CK_OBJECT_HANDLE cipher_key(struct holder_kit *kit, CK_BYTE *value, CK_ULONG len);

#endif
