/*
 * mdoc/cose/cose_internal.h: COSE as other parts of libmdoc need it inside larger structures. Not installed.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MDOC_COSE_INTERNAL_H
#define MDOC_COSE_INTERNAL_H

#include "mdoc/base/internal.h"
#include <mdoc/cose.h>

#define MDOCI_SIGN1_ITEMS 4
#define MDOCI_TAG_SIGN1 18

struct mdoc_sign1 {
	struct mdoc_node node;        /* the array, without a tag */
	struct mdoc_bytes protected_; /* content of the protected bstr, as received */
	enum mdoc_alg alg;
	struct mdoc_bytes type;    /* typ (16) of the protected header when it is text; ptr NULL: none */
	struct mdoc_bytes payload; /* content of the payload bstr; ptr NULL: nil (detached) */
	struct mdoc_node payload_node;
	struct mdoc_bytes signature;
	struct mdoc_node x5chain; /* absent when there is none */
	struct mdoc_cbor *header; /* scan of the protected header */
	struct mdoc_cbor *scan;   /* of mdoc_sign1_parse() */
};

/* A row of the curves; NULL: no such curve. */
struct mdoci_curve {
	enum mdoc_curve curve;
	size_t size;         /* of a coordinate, or of the public key */
	enum mdoc_alg alg;   /* what is written; MDOC_ALG_NONE: does not sign */
	bool okp;            /* one string of bytes instead of a point */
	bool agrees;         /* ECDH */
	const char *name;    /* COSE's */
	const char *openssl; /* OpenSSL's: group of an EC key, else key type */
	const char *alias;   /* OpenSSL's other name of the group */
	const char *type;    /* key type by object identifier: by a name OpenSSL would ask an ENGINE that the
	                      * application made its default */
};

const struct mdoci_curve *mdoci_curve(enum mdoc_curve curve);
size_t mdoci_curve_row(const struct mdoci_curve *curve); /* its number, below MDOCI_CURVES */
const struct mdoci_curve *mdoci_curve_of_evp(const EVP_PKEY *pkey);

/* Whether alg is an algorithm of signatures at all. */
bool mdoci_alg_signs(enum mdoc_alg alg);

/* The digest that it signs; false: none, it signs the message. */
bool mdoci_alg_digest(enum mdoc_alg alg, enum mdoc_digest_alg *digest);

/*
 * mdoc_sign1_parse() for a COSE_Sign1 inside a scan, which must outlive *sign1. path: of node.
 * mdoci_sign1_clear() is needed only when form lets certificates stand in the protected header.
 */
enum mdoc_result mdoci_sign1_read(struct mdoc_node node, const char *path, const struct mdoc_sign1_form *form,
	struct mdoc_sign1 *sign1, struct mdoc_error *error);
void mdoci_sign1_clear(struct mdoc_sign1 *sign1);

/*
 * mdoc_signature_verify() and mdoc_sign1_verify_evp() by a key that is used again and again.
 * ready  of an EC key, after EVP_PKEY_verify_init(); it is copied, so that several threads may use it. NULL: none
 */
enum mdoc_result mdoci_signature_verify(const struct mdoc_context *context, enum mdoc_alg alg, enum mdoc_curve curve,
	EVP_PKEY *pkey, const EVP_PKEY_CTX *ready, struct mdoc_bytes tbs, struct mdoc_bytes signature);
enum mdoc_result mdoci_sign1_verify(const struct mdoc_context *context, const struct mdoc_sign1 *sign1,
	enum mdoc_curve curve, EVP_PKEY *pkey, const EVP_PKEY_CTX *ready, struct mdoc_bytes detached);

/*
 * The protected header of any COSE structure: scanned, a map, with an alg and no critical header.
 *
 * *header  free with mdoc_cbor_free()
 * alg      its value, whatever it is; out of range: 0
 */
enum mdoc_result mdoci_cose_header(struct mdoc_node bstr, const char *path, struct mdoc_cbor **header, int64_t *alg,
	struct mdoc_error *error);

#define MDOCI_COSE_ALG 1
#define MDOCI_COSE_CRIT 2
#define MDOCI_COSE_TYP 16
#define MDOCI_COSE_X5CHAIN 33

#endif
