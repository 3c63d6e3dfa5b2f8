/*
 * mech.h: the table of mechanisms: what C_GetMechanismList shows and what an operation runs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_MECH_H
#define MODULE_MECH_H

#include "module/pkcs11/operations/op.h"
#include "pkcs11-3.h"
#include "tokens/token.h"

#define MECH_NO_KEY CK_UNAVAILABLE_INFORMATION

/* What all EC mechanisms can: curves over prime fields, by OID and by name; those of Edwards and Montgomery form
 * have no choice of how a point is written. */
#define MECH_CURVE_FLAGS (CKF_EC_F_P | CKF_EC_OID | CKF_EC_CURVENAME)
#define MECH_EC_FLAGS (MECH_CURVE_FLAGS | CKF_EC_UNCOMPRESS)

struct mech {
	CK_MECHANISM_TYPE type;
	CK_MECHANISM_INFO info; /* flags say which kinds below may be asked for */
	CK_KEY_TYPE key_type;   /* CKK_*, MECH_NO_KEY for digests */
	CK_KEY_TYPE or_type;    /* another type that will do; 0 (CKK_RSA, which nobody here has): none */

	/*
	 * Begin an operation: check the parameter, set op->ops and op->state. op->kind,
	 * mechanism, session and key are set; class, type, usage flag and
	 * CKA_ALLOWED_MECHANISMS of the key have been checked. For OP_* of info.flags.
	 */
	CK_RV (*init)(struct op *op, const CK_MECHANISM *mechanism);

	/* C_DeriveKey: the secret, which the caller makes a key of; want: CKA_VALUE_LEN of the
	 * template, 0 when absent. */
	CK_RV(*derive)
	(struct session *session, const CK_MECHANISM *mechanism, struct object *base, CK_ULONG want,
		struct secret *secret);
	bool derives_data; /* what is derived is not a key but the value of a CKO_DATA object */

	/* C_GenerateKey: bytes of the key; want as above. CKR_TEMPLATE_INCOMPLETE: want is needed. */
	CK_RV (*generate)(struct session *session, const CK_MECHANISM *mechanism, CK_ULONG want, struct secret *secret);

	/* C_WrapKey: `plain` (a secret key's value, a private key's PKCS#8) under the wrapping key's value.
	 * out NULL: only *out_len; else at most *out_len bytes, CKR_BUFFER_TOO_SMALL. */
	CK_RV(*wrap)
	(const CK_MECHANISM *mechanism, const struct secret *key, const struct secret *plain, CK_BYTE *out,
		CK_ULONG *out_len);

	/* C_UnwrapKey: the reverse. CKR_WRAPPED_KEY_INVALID, CKR_WRAPPED_KEY_LEN_RANGE. */
	CK_RV(*unwrap)
	(const CK_MECHANISM *mechanism, const struct secret *key, const CK_BYTE *wrapped, CK_ULONG len,
		struct secret *plain);
};

/* Does a key of this type fit the mechanism? */
bool mech_takes(const struct mech *mech, CK_KEY_TYPE type);

/* info.flags, and those of the message functions that follow from them. */
CK_FLAGS mech_flags(const struct mech *mech);

/* Is it one of key pairs, not of secret keys? */
bool mech_has_pair(const struct mech *mech);

/* The table in mech.c is made of these families; each ends with type CK_UNAVAILABLE_INFORMATION. */
extern const struct mech mech_digests[]; /* mech_digest.c */
extern const struct mech mech_ecdsa[];   /* mech_ecdsa.c */
extern const struct mech mech_ecdh[];    /* mech_ecdh.c */
extern const struct mech mech_eddsa[];   /* mech_eddsa.c */
extern const struct mech mech_aes[];     /* mech_aes.c */
extern const struct mech mech_keygen[];  /* mech.c: key pairs */
extern const struct mech mech_hkdf[];    /* mech_hkdf.c */
extern const struct mech mech_macs[];    /* mech_mac.c: HMAC, CMAC */
extern const struct mech mech_mdoc[];    /* mech_mdoc.c */
extern const struct mech mech_secrets[]; /* mech_secret.c: generation of secret keys */

/* NULL: no such mechanism. */
const struct mech *mech_find(CK_MECHANISM_TYPE type);

CK_RV mech_list(CK_MECHANISM_TYPE *list, CK_ULONG *count);
CK_RV mech_info(CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info);

#endif
