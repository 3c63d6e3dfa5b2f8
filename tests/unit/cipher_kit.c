/*
 * tests/unit/cipher_kit.c: mechanisms of AES with their parameters, and keys for them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/cipher_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const CK_MECHANISM_TYPE cipher_modes[CIPHER_MODES] = { CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD, CKM_AES_CTR,
	CKM_AES_GCM, CKM_AES_KEY_WRAP, CKM_AES_KEY_WRAP_KWP };

CK_ULONG
cipher_iv_size(CK_MECHANISM_TYPE type)
{
	return type == CKM_AES_ECB || type == CKM_AES_KEY_WRAP || type == CKM_AES_KEY_WRAP_KWP ? 0 : 16;
}

bool
cipher_takes(CK_MECHANISM_TYPE type, CK_ULONG len)
{
	switch (type) {
	case CKM_AES_ECB:
	case CKM_AES_CBC:
		return len % 16 == 0;
	case CKM_AES_KEY_WRAP:
		return len >= 16 && len % 8 == 0;
	case CKM_AES_KEY_WRAP_KWP:
		return len > 0;
	default:
		return true;
	}
}

void
cipher_setup(struct cipher_setup *setup, CK_MECHANISM_TYPE type, CK_ULONG iv_size, CK_ULONG aad_size)
{
	setup->mechanism = (CK_MECHANISM){ type, iv_size == 0 ? NULL : setup->iv, iv_size };
	if (type == CKM_AES_GCM) {
		setup->gcm = (CK_GCM_PARAMS){ setup->iv, iv_size, iv_size * 8, setup->aad, aad_size, 128 };
		setup->mechanism = (CK_MECHANISM){ type, &setup->gcm, sizeof(setup->gcm) };
	} else if (type == CKM_AES_CTR) {
		setup->ctr.ulCounterBits = 128;
		memcpy(setup->ctr.cb, setup->iv, 16);
		setup->mechanism = (CK_MECHANISM){ type, &setup->ctr, sizeof(setup->ctr) };
	}
}

CK_OBJECT_HANDLE
cipher_key(struct holder_kit *kit, CK_BYTE *value, CK_ULONG len)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_BBOOL yes = CK_TRUE;
	CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
	CK_ATTRIBUTE template[] = {
		{ CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) },
		{ CKA_VALUE, value, len },
		{ CKA_ENCRYPT, &yes, sizeof(yes) },
		{ CKA_DECRYPT, &yes, sizeof(yes) },
	};

	if (kit->p11->C_CreateObject(kit->session, template, 5, &key) != CKR_OK) {
		fprintf(stderr, "cipher_kit: no key\n");
		exit(EXIT_FAILURE);
	}
	return key;
}
