/*
 * mdoc/cose.h: COSE_Key and COSE_Sign1 (RFC 9052, 9053), as far as ISO/IEC 18013-5 uses them.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_COSE_H
#define MDOC_COSE_H

#include <mdoc/cbor.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mdoc_alg { /* COSE algorithm identifiers */
	MDOC_ALG_NONE = 0,
	MDOC_ALG_ES256 = -7,
	MDOC_ALG_EDDSA = -8,
	MDOC_ALG_ESP256 = -9,
	MDOC_ALG_ES384 = -35,
	MDOC_ALG_ES512 = -36
};

enum mdoc_curve { /* COSE elliptic curves */
	MDOC_CURVE_NONE = 0,
	MDOC_CURVE_P256 = 1,
	MDOC_CURVE_P384 = 2,
	MDOC_CURVE_P521 = 3
};

#define MDOC_POINT_MAX 133
#define MDOC_SIG_MAX 132

struct mdoc_public_key {
	enum mdoc_curve curve;
	uint8_t point[MDOC_POINT_MAX]; /* uncompressed: 04 || x || y */
	size_t point_len;
};

size_t mdoc_curve_size(enum mdoc_curve curve);       /* bytes of a coordinate */
enum mdoc_alg mdoc_curve_alg(enum mdoc_curve curve); /* its ECDSA algorithm, ES256 … */
size_t mdoc_alg_sig_size(enum mdoc_alg alg);         /* bytes of r||s */
const char *mdoc_alg_hash(enum mdoc_alg alg);        /* OpenSSL's digest name */
bool mdoc_key_equal(const struct mdoc_public_key *a, const struct mdoc_public_key *b);

/* COSE_Key from a scan; coordinates padded, y may be a bool (compressed point).
 * MDOC_ERR_KEY: unknown curve, wrong length, not on the curve. */
enum mdoc_result mdoc_key_parse(const struct mdoc_context *context, struct mdoc_node node, struct mdoc_public_key *key,
	struct mdoc_error *error);
void mdoc_put_key(struct mdoc_buf *buf, const struct mdoc_public_key *key);

/* From and to OpenSSL. *pkey is freed with EVP_PKEY_free(). */
enum mdoc_result mdoc_key_to_evp(const struct mdoc_context *context, const struct mdoc_public_key *key,
	EVP_PKEY **pkey);
enum mdoc_result mdoc_key_from_evp(const EVP_PKEY *pkey, struct mdoc_public_key *key);

/*
 * A private key somewhere else: sign `tbs` (hash and signature are the callee's) into sig as
 * r||s of exactly mdoc_alg_sig_size(alg) bytes. False: no signature; the callee remembers why.
 */
struct mdoc_signer {
	enum mdoc_alg alg;
	bool (*sign)(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX]);
	void *arg;
};

struct mdoc_sign1 {
	struct mdoc_node node;
	struct mdoc_bytes protected_; /* content of the protected bstr, as received */
	enum mdoc_alg alg;
	struct mdoc_bytes payload; /* content of the payload bstr; ptr NULL: nil (detached) */
	struct mdoc_bytes signature;
	struct mdoc_node x5chain; /* of the unprotected header; absent when there is none */
};

/* Untagged array(4). MDOC_ERR_TYPE, MISSING (alg not in protected), ALGORITHM (unknown). */
enum mdoc_result mdoc_sign1_parse(struct mdoc_node node, const char *path, struct mdoc_sign1 *sign1,
	struct mdoc_error *error);

/* Certificate i of x5chain, DER, leaf first; false after the last. */
bool mdoc_sign1_certificate(const struct mdoc_sign1 *sign1, size_t i, struct mdoc_bytes *der);

/* detached: the payload when the structure's is nil. MDOC_ERR_SIGNATURE, MDOC_ERR_ALGORITHM
 * (alg does not fit the key's curve). */
enum mdoc_result mdoc_sign1_verify(const struct mdoc_context *context, const struct mdoc_sign1 *sign1,
	const struct mdoc_public_key *key, struct mdoc_bytes detached);

/*
 * Write a COSE_Sign1.
 * x5chain   n DER certificates for the unprotected header, leaf first; n 0: none
 * detached  true: payload slot nil
 */
enum mdoc_result mdoc_sign1_put(struct mdoc_buf *buf, const struct mdoc_signer *signer, struct mdoc_bytes payload,
	bool detached, const struct mdoc_bytes *x5chain, size_t n);

/* The Sig_structure bytes ("Signature1", empty external_aad). */
void mdoc_sig_structure(struct mdoc_buf *buf, struct mdoc_bytes protected_, struct mdoc_bytes payload);

#ifdef __cplusplus
}
#endif
#endif
