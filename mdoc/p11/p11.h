/*
 * mdoc/p11/p11.h: libmdoc-p11: libmdoc's signing callbacks over any CK_FUNCTION_LIST.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_P11_H
#define MDOC_P11_H

#include <mdoc/mdoc.h>
#include <p11-kit/pkcs11.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A private key in a session. Everything is borrowed; fields are the caller's to fill in. */
struct mdoc_p11_key {
	CK_FUNCTION_LIST *p11;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE private_key;
	bool vendor;             /* the slot lists CKM_MDOC_DEVICE_SIGN (mdoc_p11_has_vendor) */
	/* Called after C_SignInit when the key has CKA_ALWAYS_AUTHENTICATE: does the
	 * context-specific C_Login. NULL: none is done. */
	CK_RV (*login)(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session);
	void *login_arg;
	CK_RV rv;                /* of the call that failed last; CKR_OK */
};

bool mdoc_p11_has_vendor(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot);

/* The public key behind a private key: its CKA_EC_POINT, or that of the public key object
 * with the same CKA_ID. */
CK_RV mdoc_p11_public_key(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE private_key,
                          struct mdoc_public_key *key);

/* CKM_ECDSA over a digest computed here; *signer borrows key. */
void mdoc_p11_signer(struct mdoc_p11_key *key, enum mdoc_alg alg, struct mdoc_signer *signer);

/* DeviceSigned by CKM_MDOC_DEVICE_SIGN where key->vendor, by CKM_ECDSA elsewhere. `alg` is that
 * of the device key's curve. */
struct mdoc_p11_device_signer {
	struct mdoc_p11_key *key;
	enum mdoc_alg alg;
};
void mdoc_p11_device_signer(struct mdoc_p11_device_signer *state, struct mdoc_device_signer *signer);

#ifdef __cplusplus
}
#endif
#endif
