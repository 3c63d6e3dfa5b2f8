/*
 * tests/unit/p11_fake.h: a PKCS#11 module that answers what the test tells it to.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef TESTS_P11_FAKE_H
#define TESTS_P11_FAKE_H

#include <stdbool.h>

#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"

#define SECRET ((CK_OBJECT_HANDLE)99) /* what C_DeriveKey makes; 1 is the private key, 2 and 3 are public ones */

struct p11_fake {
	bool always;    /* CKA_ALWAYS_AUTHENTICATE */
	bool logged_in; /* by the callback */
	bool active;
	CK_RV sign_rv;
	CK_ULONG sig_len;
	CK_MECHANISM_TYPE mechanism;
	CK_MECHANISM_TYPE listed;
	CK_KEY_TYPE type; /* of the private key */
	CK_BYTE params[20];
	size_t params_len;
	CK_BYTE point[90];
	size_t point_len;
	bool point_on_private;
	bool params_hidden; /* by the private key */
	unsigned char info[200];
	size_t info_len;
	bool differ; /* the second public key has another point */
	CK_ULONG public_keys;
	unsigned signatures; /* made */
	CK_RV params_rv[2];  /* what C_SignInit says to CKM_EDDSA without and with parameters */
	bool needs_der;      /* C_DeriveKey takes DER only */
	bool sensitive;      /* the agreed secret cannot be read */
	CK_ULONG secret_len;
	unsigned secrets; /* that are there */
};

extern struct p11_fake fake;
extern CK_FUNCTION_LIST fake_module;

/* A P-256 key of its slot 0 that shows nothing but its curve. */
void fake_reset(void);

#endif
