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
	bool vendor; /* the slot lists CKM_MDOC_DEVICE_SIGN (mdoc_p11_has_vendor) */
	/* Called after C_SignInit when the key has CKA_ALWAYS_AUTHENTICATE: does the
	 * context-specific C_Login. NULL: none is done. */
	CK_RV (*login)(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session);
	void *login_arg;
	CK_RV rv;              /* of the call that failed last; CKR_OK */
	enum mdoc_curve curve; /* of the key; set by mdoc_p11_signer() */
	OSSL_LIB_CTX *libctx;  /* for the digests; NULL: OpenSSL's default */
};

/* Whether C_GetMechanismList of the slot has CKM_MDOC_DEVICE_SIGN. */
bool mdoc_p11_has_vendor(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot);

/*
 * The public key behind a private key: its CKA_EC_POINT, or that of the one public key object
 * with the same curve and the same, not empty CKA_ID. The point may be DER or bare, but must
 * be uncompressed.
 *
 * CKR_CURVE_NOT_SUPPORTED      not P-256, P-384 or P-521
 * CKR_ATTRIBUTE_TYPE_INVALID   neither object shows the point
 * CKR_ATTRIBUTE_VALUE_INVALID  what is shown is not a point of that curve's size
 * anything else                what the module answered
 */
CK_RV mdoc_p11_public_key(CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE private_key,
	struct mdoc_public_key *key);

/* CKM_ECDSA over a digest computed here; curve is the key's, and *signer borrows key. When it says false, key->rv is the
 * answer of the module (or of the login callback) and no operation is left active. */
void mdoc_p11_signer(struct mdoc_p11_key *key, enum mdoc_curve curve, struct mdoc_signer *signer);

/* DeviceSigned, by CKM_MDOC_DEVICE_SIGN where key->vendor, by CKM_ECDSA elsewhere; curve is the
 * device key's. */
struct mdoc_p11_device_signer {
	struct mdoc_p11_key *key;
	enum mdoc_curve curve;
};
void mdoc_p11_device_signer(struct mdoc_p11_device_signer *state, struct mdoc_device_signer *signer);

#ifdef __cplusplus
}
#endif
#endif
