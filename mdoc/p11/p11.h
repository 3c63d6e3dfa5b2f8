/*
 * mdoc/p11/p11.h: libmdoc-p11: libmdoc's callbacks over any CK_FUNCTION_LIST, so that the private keys
 * of holders, issuers and readers can live in any PKCS#11 token.
 *
 * Nothing but stock calls of PKCS#11 2.40 is needed: CKM_ECDSA, CKM_ECDH1_DERIVE with CKD_NULL, CKM_EDDSA
 * (3.0). Where a slot lists the mechanisms of mdoc-pkcs11.h, device keys are used by them. p11-kit's
 * remoting hides those and, up to 0.24, all but CKM_ECDSA.
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

/* What a slot lists that device keys are better used by. */
#define MDOC_P11_DEVICE_SIGN 0x1u /* CKM_MDOC_DEVICE_SIGN */
#define MDOC_P11_DEVICE_MAC 0x2u  /* CKM_MDOC_DEVICE_MAC */

/* MDOC_P11_* by C_GetMechanismList; 0 also when that fails. */
unsigned mdoc_p11_offers(CK_FUNCTION_LIST *p11, CK_SLOT_ID slot);

/*
 * A private key in a session, filled in by the caller, who keeps it where it is while a callback over it is in
 * use. Everything is borrowed. As a session is, it is for one thread at a time.
 *
 * After a callback has failed (MDOC_ERR_CALLBACK), rv says why: what the module answered, for example
 * CKR_USER_NOT_LOGGED_IN, CKR_PIN_INCORRECT, CKR_PIN_LOCKED, CKR_DEVICE_REMOVED, CKR_SESSION_HANDLE_INVALID,
 * CKR_KEY_HANDLE_INVALID, CKR_KEY_FUNCTION_NOT_PERMITTED, CKR_MECHANISM_INVALID, or what login answered, or
 *
 * CKR_MECHANISM_INVALID      also: the algorithm does not fit the curve
 * CKR_SIGNATURE_LEN_RANGE    the module gave a signature of another curve
 * CKR_MECHANISM_PARAM_INVALID  also: the reader's key is not on the device key's curve
 * CKR_ATTRIBUTE_SENSITIVE    the token does not let the agreed secret be read
 * CKR_KEY_SIZE_RANGE         the token gave an agreed secret of another length
 * CKR_DATA_INVALID           what is to be signed is no DeviceAuthenticationBytes
 * CKR_DATA_LEN_RANGE         the token's DeviceSigned would be empty, or larger than 1 MiB
 * CKR_KEY_FUNCTION_NOT_PERMITTED  also: a deviceMac for a docType that takes a signature only (R-TX-01)
 * CKR_HOST_MEMORY, CKR_FUNCTION_FAILED  OpenSSL or libmdoc failed
 */
struct mdoc_p11_key {
	const struct mdoc_context *context;
	CK_FUNCTION_LIST *p11;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE private_key;
	unsigned offers; /* mdoc_p11_offers() of the slot; 0 for keys that are no device keys */
	/* Called after C_SignInit when the key has CKA_ALWAYS_AUTHENTICATE: does the
	 * context-specific C_Login. NULL: none is done. */
	CK_RV (*login)(void *arg, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session);
	void *login_arg;
	CK_RV rv;              /* of the call that failed last; CKR_OK */
	enum mdoc_curve curve; /* of the key; set by the functions below */
};

/*
 * The public key behind a private key on any curve of enum mdoc_curve: from the private key's CKA_EC_POINT or
 * CKA_PUBLIC_KEY_INFO, else from the public key or, if there is none, from the X.509 certificate with the same,
 * not empty CKA_ID. Curves are read by OID and by name, points in DER and bare; they must be uncompressed.
 *
 * CKR_KEY_TYPE_INCONSISTENT    no EC, Edwards or Montgomery key
 * CKR_CURVE_NOT_SUPPORTED      explicit parameters, or none of our curves
 * CKR_ATTRIBUTE_TYPE_INVALID   nothing shows the point, or several objects with that CKA_ID show different ones
 * CKR_ATTRIBUTE_VALUE_INVALID  what is shown is not a point of that curve's size
 * anything else                what the module answered
 */
CK_RV mdoc_p11_public_key(const struct mdoc_context *context, CK_FUNCTION_LIST *p11, CK_SESSION_HANDLE session,
	CK_OBJECT_HANDLE private_key, struct mdoc_public_key *key);

/* The DER of a curve's OID for CKA_EC_PARAMS, static; MDOC_NO_BYTES: no such curve. */
struct mdoc_bytes mdoc_p11_curve_params(enum mdoc_curve curve);

/*
 * A signer over CKM_ECDSA, the digest being computed here, or over CKM_EDDSA; its algorithm is mdoc_curve_alg(), which
 * the caller may replace by another that fits. Good for DeviceSigned, issuerAuth, reader authentication,
 * certificates and lists alike.
 *
 * curve    the key's; CKM_EDDSA goes without CK_EDDSA_PARAMS for Ed25519 and with them for Ed448, as the standard
 *          has it, and the other way round where the token refuses that
 * *signer  borrows key. When it says false, no operation is left active.
 */
void mdoc_p11_signer(struct mdoc_p11_key *key, enum mdoc_curve curve, struct mdoc_signer *signer);

/*
 * Sign a digest of the caller's, whatever its hash, with CKM_ECDSA: for TLS and CMS, which choose the hash themselves.
 * It is cut to the curve's size here.
 *
 * curve  the key's: a NIST or brainpool curve
 * sig    r||s, mdoc_curve_sig_size(curve) bytes
 *
 * CKR_MECHANISM_INVALID: another kind of curve; what a signer says. It is in key->rv too.
 */
CK_RV mdoc_p11_sign_digest(struct mdoc_p11_key *key, enum mdoc_curve curve, struct mdoc_bytes digest,
	uint8_t sig[MDOC_SIG_MAX]);

/*
 * An agreement over CKM_ECDH1_DERIVE with CKD_NULL, for sessions and deviceMac, on either side. The agreed secret
 * is a session object that is not sensitive, read, destroyed and wiped; if a token does not destroy it, it ends with
 * the session.
 *
 * own         the key's public half, as mdoc_p11_public_key() gives it
 * *agreement  borrows key. The peer's key is given bare, and in DER where the token refuses that.
 */
void mdoc_p11_agreement(struct mdoc_p11_key *key, const struct mdoc_public_key *own, struct mdoc_agreement *agreement);

/*
 * DeviceSigned by a device key: with deviceSignature by CKM_MDOC_DEVICE_SIGN where key->offers it, else by
 * mdoc_p11_signer(); with deviceMac by CKM_MDOC_DEVICE_MAC where key->offers it, else by mdoc_p11_agreement().
 */
struct mdoc_p11_device_signer {
	struct mdoc_p11_key *key;
	enum mdoc_curve curve;                /* the device key's */
	const struct mdoc_public_key *reader; /* EReaderKey, for a deviceMac; NULL: a deviceSignature */
};

/* *signer borrows state. When it says false, key->rv says why. */
void mdoc_p11_device_signer(struct mdoc_p11_device_signer *state, struct mdoc_device_signer *signer);

#ifdef __cplusplus
}
#endif
#endif
