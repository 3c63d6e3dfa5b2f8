/*
 * mdoc/cose.h: COSE_Key, COSE_Sign1 and COSE_Mac0 (RFC 9052, 9053, 9360, 9596, 9864), as far as
 * ISO/IEC 18013-5 uses them, and the callbacks behind which private keys stay where they are.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_COSE_H
#define MDOC_COSE_H

#include <mdoc/cbor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* COSE algorithm identifiers (ISO/IEC 18013-5, 9.1.2.4 and 9.1.3; RFC 9864 for the fully specified). */
enum mdoc_alg {
	MDOC_ALG_NONE = 0,
	MDOC_ALG_HMAC_256 = 5, /* HMAC 256/256 of a deviceMac */
	MDOC_ALG_ES256 = -7,
	MDOC_ALG_EDDSA = -8,
	MDOC_ALG_ESP256 = -9,
	MDOC_ALG_ED25519 = -19,
	MDOC_ALG_ES384 = -35,
	MDOC_ALG_ES512 = -36,
	MDOC_ALG_ESP384 = -51,
	MDOC_ALG_ESP512 = -52,
	MDOC_ALG_ED448 = -53,
	MDOC_ALG_ESB256 = -265,
	MDOC_ALG_ESB320 = -266,
	MDOC_ALG_ESB384 = -267,
	MDOC_ALG_ESB512 = -268
};

/* COSE elliptic curves. */
enum mdoc_curve {
	MDOC_CURVE_NONE = 0,
	MDOC_CURVE_P256 = 1,
	MDOC_CURVE_P384 = 2,
	MDOC_CURVE_P521 = 3,
	MDOC_CURVE_X25519 = 4,
	MDOC_CURVE_X448 = 5,
	MDOC_CURVE_ED25519 = 6,
	MDOC_CURVE_ED448 = 7,
	MDOC_CURVE_BP256 = 256, /* brainpoolP256r1 */
	MDOC_CURVE_BP320 = 257, /* brainpoolP320r1 */
	MDOC_CURVE_BP384 = 258, /* brainpoolP384r1 */
	MDOC_CURVE_BP512 = 259  /* brainpoolP512r1 */
};

#define MDOC_POINT_MAX 133 /* bytes of a public key, P-521 */
#define MDOC_SIG_MAX 132   /* bytes of a signature, P-521 */
#define MDOC_SHARED_MAX 66 /* bytes that key agreement gives, P-521 */

/* A public key by value; zeroed is none. */
struct mdoc_public_key {
	enum mdoc_curve curve;
	uint8_t point[MDOC_POINT_MAX]; /* 04 || x || y; X25519, X448, Ed25519, Ed448: the key as it is */
	size_t point_len;
};

/* Bytes of a coordinate, and of what key agreement gives; X25519, X448, Ed25519, Ed448: of the public key. */
size_t mdoc_curve_size(enum mdoc_curve curve);

/* Bytes of a signature by a key on this curve: r||s, or as RFC 8032 has it. 0: it does not sign. */
size_t mdoc_curve_sig_size(enum mdoc_curve curve);

/* Whether keys on this curve agree on secrets (ECDH): all but Ed25519 and Ed448. */
bool mdoc_curve_agrees(enum mdoc_curve curve);

/* "P-256", "Ed25519", "brainpoolP320r1"; NULL: no such curve. */
const char *mdoc_curve_name(enum mdoc_curve curve);

/* The algorithm that is written for a key on this curve: ES256, ES384, ES512, EdDSA; brainpoolP320r1: ES384.
 * MDOC_ALG_NONE: it does not sign. */
enum mdoc_alg mdoc_curve_alg(enum mdoc_curve curve);

/* Whether a signature with this algorithm may be by a key on this curve. brainpoolP320r1 goes with ES256
 * and with ES384, since implementations differ; ES384 is what is written. */
bool mdoc_alg_fits(enum mdoc_alg alg, enum mdoc_curve curve);

/* OpenSSL's name of the digest; NULL: it signs the message itself (EdDSA), or is no signature algorithm. */
const char *mdoc_alg_hash(enum mdoc_alg alg);

/* "ES256"; NULL: unknown. */
const char *mdoc_alg_name(enum mdoc_alg alg);

/* The same curve and the same point. */
bool mdoc_key_equal(const struct mdoc_public_key *a, const struct mdoc_public_key *b);

/*
 * COSE_Key from a scan: EC2 with coordinates of full length, or y a bool (compressed point), and OKP.
 * Other members (alg, key_ops, kid) are passed over.
 *
 * pkey  the same key for OpenSSL, which has been made to check it; freed with EVP_PKEY_free(). NULL: not wanted
 *
 * MDOC_ERR_TYPE; MDOC_ERR_KEY: unknown curve, wrong length, not on the curve; MDOC_ERR_CRYPTO: a curve that
 * OpenSSL has been built without
 */
enum mdoc_result mdoc_key_parse(const struct mdoc_context *context, struct mdoc_node node, struct mdoc_public_key *key,
	EVP_PKEY **pkey, struct mdoc_error *error);

/* Write a COSE_Key, y as a byte string. The buffer's error is MDOC_ERR_KEY when key is none. */
void mdoc_put_key(struct mdoc_buf *buf, const struct mdoc_public_key *key);

/* To OpenSSL. *pkey is freed with EVP_PKEY_free(). MDOC_ERR_KEY: not a point of the curve. */
enum mdoc_result mdoc_key_to_evp(const struct mdoc_context *context, const struct mdoc_public_key *key,
	EVP_PKEY **pkey);

/* From OpenSSL, public or private. MDOC_ERR_KEY: another kind of key or curve. */
enum mdoc_result mdoc_key_from_evp(const EVP_PKEY *pkey, struct mdoc_public_key *key);

/*
 * A private key somewhere else: sign `tbs` (hash and signature are the callee's) into sig, exactly
 * mdoc_curve_sig_size(curve) bytes, r||s or as RFC 8032 has it. False: no signature; the callee remembers why.
 * Libmdoc checks that alg fits the curve before it asks.
 */
struct mdoc_signer {
	enum mdoc_alg alg;
	enum mdoc_curve curve; /* of the key */
	bool (*sign)(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX]);
	void *arg;
};

/*
 * A signature by a signer.
 *
 * len  bytes written to sig
 *
 * MDOC_ERR_ALGORITHM: alg is not what is written for the curve; MDOC_ERR_CALLBACK
 */
enum mdoc_result mdoc_sign(const struct mdoc_signer *signer, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX],
	size_t *len);

/*
 * Check a bare signature, r||s or as RFC 8032 has it. A high s is as good as a low one.
 *
 * curve  of pkey
 *
 * MDOC_ERR_ALGORITHM: alg does not fit the curve; MDOC_ERR_SIGNATURE; MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoc_signature_verify(const struct mdoc_context *context, enum mdoc_alg alg, enum mdoc_curve curve,
	EVP_PKEY *pkey, struct mdoc_bytes tbs, struct mdoc_bytes signature);

/*
 * A signer over a private key in software, with the algorithm of mdoc_curve_alg(), which the caller may replace
 * by another that fits. It holds a reference to pkey, borrows context, and may be used by several threads.
 *
 * *signer  clear with mdoc_signer_clear(); empty unless MDOC_OK
 *
 * MDOC_ERR_KEY: another kind of key, or one that does not sign; MDOC_ERR_MEMORY, MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoc_signer_from_evp(const struct mdoc_context *context, EVP_PKEY *pkey, struct mdoc_signer *signer);

/* Free what mdoc_signer_from_evp() made; a signer of the caller's own, or a zeroed one, is only zeroed. */
void mdoc_signer_clear(struct mdoc_signer *signer);

/*
 * Key agreement (ECDH) by a private key somewhere else, for sessions and deviceMac, on either side: the x
 * coordinate at its full length, or the output of X25519 and X448, into shared. peer is on the same curve.
 * False: none; the callee remembers why.
 */
struct mdoc_agreement {
	struct mdoc_public_key key; /* our own public key */
	bool (*derive)(void *arg, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX], size_t *len);
	void *arg;
};

/*
 * Agree on a secret, which the caller wipes.
 *
 * peer  a point of its curve, as mdoc_key_parse() and mdoc_key_to_evp() check it; derive gets it as it is
 * len   bytes written to shared: mdoc_curve_size() of the curve
 *
 * MDOC_ERR_KEY       the keys are not on the same curve, it is none for ECDH, or the result is all zero
 *                    (RFC 7748, 6.1)
 * MDOC_ERR_CALLBACK  derive refused, or wrote another length
 */
enum mdoc_result mdoc_agree(const struct mdoc_agreement *agreement, const struct mdoc_public_key *peer,
	uint8_t shared[MDOC_SHARED_MAX], size_t *len);

/* An agreement over a private key in software; as mdoc_signer_from_evp(). Clear with mdoc_agreement_clear(). */
enum mdoc_result mdoc_agreement_from_evp(const struct mdoc_context *context, EVP_PKEY *pkey,
	struct mdoc_agreement *agreement);
void mdoc_agreement_clear(struct mdoc_agreement *agreement);

/* ---- COSE_Sign1 ---- */

enum mdoc_cose_tag { MDOC_COSE_UNTAGGED, MDOC_COSE_TAGGED, MDOC_COSE_TAG_EITHER };
enum mdoc_x5chain_place { MDOC_X5CHAIN_UNPROTECTED, MDOC_X5CHAIN_PROTECTED, MDOC_X5CHAIN_EITHER };

/* What a COSE_Sign1 that is read may look like. Zeroed: as issuerAuth, deviceSignature and readerAuth. */
struct mdoc_sign1_form {
	enum mdoc_cose_tag tag;          /* #6.18; without tag; with or without */
	enum mdoc_x5chain_place x5chain; /* the header that is looked at; either: the protected one first */
};

struct mdoc_sign1;

/*
 * Parse a COSE_Sign1: structure only. `input` must outlive *sign1; free with mdoc_sign1_free().
 *
 * form  NULL: zeroed
 *
 * MDOC_ERR_TYPE           not the form's tag, not an array of four, x5chain (33) not certificates, typ (16)
 *                         neither text nor a number
 * MDOC_ERR_MISSING        alg (1) is not in the protected header
 * MDOC_ERR_ALGORITHM      an alg that is unknown here
 * MDOC_ERR_VALUE          a critical header (2)
 * MDOC_ERR_DUPLICATE_KEY  alg, typ or x5chain in both headers (RFC 9052, 3)
 * MDOC_ERR_SIZE           beyond MDOC_LIMIT_CERTIFICATES or MDOC_LIMIT_CERTIFICATE
 * the CBOR results
 */
enum mdoc_result mdoc_sign1_parse(const struct mdoc_context *context, struct mdoc_bytes input,
	const struct mdoc_sign1_form *form, struct mdoc_sign1 **sign1, struct mdoc_error *error);
void mdoc_sign1_free(struct mdoc_sign1 *sign1);

/* Its parts, borrowed from the input or from the COSE_Sign1. */
enum mdoc_alg mdoc_sign1_alg(const struct mdoc_sign1 *sign1);
struct mdoc_bytes mdoc_sign1_payload(const struct mdoc_sign1 *sign1); /* ptr NULL: nil */
struct mdoc_bytes mdoc_sign1_type(const struct mdoc_sign1 *sign1);    /* typ (16) as text; ptr NULL: none */

/* Certificate i of x5chain, DER, leaf first; false after the last. */
bool mdoc_sign1_certificate(const struct mdoc_sign1 *sign1, size_t i, struct mdoc_bytes *der);

/*
 * Check the signature.
 *
 * detached  the payload when the structure's is nil
 *
 * MDOC_ERR_ALGORITHM: alg does not fit the key's curve; MDOC_ERR_SIGNATURE; MDOC_ERR_KEY, MDOC_ERR_CRYPTO
 */
enum mdoc_result mdoc_sign1_verify(const struct mdoc_context *context, const struct mdoc_sign1 *sign1,
	const struct mdoc_public_key *key, struct mdoc_bytes detached);

/* The same with a key that OpenSSL has already (of a certificate, or kept from mdoc_key_parse()), which saves
 * making it; curve is the key's. */
enum mdoc_result mdoc_sign1_verify_evp(const struct mdoc_context *context, const struct mdoc_sign1 *sign1,
	enum mdoc_curve curve, EVP_PKEY *pkey, struct mdoc_bytes detached);

/* What a COSE_Sign1 that is written looks like. Zeroed: untagged, payload inside, no certificates. */
struct mdoc_sign1_options {
	bool tagged;                      /* #6.18 */
	bool detached;                    /* payload slot nil */
	bool x5chain_protected;           /* certificates in the protected header */
	const struct mdoc_bytes *x5chain; /* DER, leaf first */
	size_t x5chain_count;
	const char *type; /* typ (16), protected; NULL: none */
};

/*
 * Write a COSE_Sign1; nothing is appended unless MDOC_OK.
 *
 * options  NULL: zeroed
 *
 * MDOC_ERR_ALGORITHM, MDOC_ERR_CALLBACK: as mdoc_sign(); the buffer's own error
 */
enum mdoc_result mdoc_sign1_put(struct mdoc_buf *buf, const struct mdoc_signer *signer, struct mdoc_bytes payload,
	const struct mdoc_sign1_options *options);

/* The Sig_structure bytes ("Signature1", empty external_aad). */
void mdoc_sig_structure(struct mdoc_buf *buf, struct mdoc_bytes protected_, struct mdoc_bytes payload);

/* ---- COSE_Mac0 with HMAC 256/256 ---- */

#define MDOC_MAC_LEN 32 /* bytes of the key, and of the tag */

struct mdoc_mac0 {
	struct mdoc_node node;
	struct mdoc_bytes protected_; /* content of the protected bstr, as received */
	struct mdoc_bytes payload;    /* ptr NULL: nil (detached) */
	struct mdoc_bytes tag;
};

/*
 * Read an untagged COSE_Mac0 inside a scan; *mac0 borrows from it.
 *
 * MDOC_ERR_TYPE; MDOC_ERR_MISSING: no alg in the protected header; MDOC_ERR_ALGORITHM: another one than HMAC
 * 256/256, or a tag of another length; MDOC_ERR_VALUE: a critical header; MDOC_ERR_DUPLICATE_KEY: alg in both
 * headers; the CBOR results for the protected one
 */
enum mdoc_result mdoc_mac0_parse(struct mdoc_node node, const char *path, struct mdoc_mac0 *mac0,
	struct mdoc_error *error);

/* Check the tag, in constant time. detached: the payload when the structure's is nil. MDOC_ERR_SIGNATURE,
 * MDOC_ERR_CRYPTO. */
enum mdoc_result mdoc_mac0_verify(const struct mdoc_context *context, const struct mdoc_mac0 *mac0,
	const uint8_t key[MDOC_MAC_LEN], struct mdoc_bytes detached);

/* Write an untagged COSE_Mac0 with payload nil. MDOC_ERR_CRYPTO, the buffer's own error. */
enum mdoc_result mdoc_mac0_put(const struct mdoc_context *context, struct mdoc_buf *buf,
	const uint8_t key[MDOC_MAC_LEN], struct mdoc_bytes detached);

#ifdef __cplusplus
}
#endif
#endif
