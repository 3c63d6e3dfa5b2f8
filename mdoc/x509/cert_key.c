/*
 * mdoc/x509/cert_key.c: keys and signatures of certificates: which there are, and whether one holds.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/der.h"
#include "mdoc/x509/x509_internal.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

/* Curves by the object identifier of a named curve, or of the algorithm itself. All have at least 256
 * bits (R-CRY-01). Explicit parameters can describe any group with a known generator's name. */
static const struct {
	enum mdoc_curve curve;
	bool edwards;
	size_t oid_len;
	uint8_t oid[9];
	size_t bits_len; /* of the subjectPublicKey: 04 || x || y, or the key as it is */
} curves[] = {
	{ MDOC_CURVE_P256, false, 8, { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 }, 65 },
	{ MDOC_CURVE_P384, false, 5, { 0x2b, 0x81, 0x04, 0x00, 0x22 }, 97 },
	{ MDOC_CURVE_P521, false, 5, { 0x2b, 0x81, 0x04, 0x00, 0x23 }, 133 },
	{ MDOC_CURVE_BP256, false, 9, { 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x07 }, 65 },
	{ MDOC_CURVE_BP320, false, 9, { 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x09 }, 81 },
	{ MDOC_CURVE_BP384, false, 9, { 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0b }, 97 },
	{ MDOC_CURVE_BP512, false, 9, { 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, 0x0d }, 129 },
	{ MDOC_CURVE_ED25519, true, 3, { 0x2b, 0x65, 0x70 }, 32 },
	{ MDOC_CURVE_ED448, true, 3, { 0x2b, 0x65, 0x71 }, 57 },
};

#define CURVE_COUNT (sizeof(curves) / sizeof(curves[0]))

struct mdoci_sig_alg {
	int nid;
	enum mdoc_curve edwards; /* MDOC_CURVE_NONE: ECDSA with this digest */
	enum mdoc_digest_alg digest;
	uint8_t len;
	uint8_t identifier[12]; /* AlgorithmIdentifier without parameters, as RFC 5758 and 8410 have it */
};

#define ECDSA_OID(last) \
	{ \
		0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, (last) \
	}

static const struct mdoci_sig_alg sig_algs[] = {
	{ NID_ecdsa_with_SHA256, MDOC_CURVE_NONE, MDOC_SHA256, 12, ECDSA_OID(2) },
	{ NID_ecdsa_with_SHA384, MDOC_CURVE_NONE, MDOC_SHA384, 12, ECDSA_OID(3) },
	{ NID_ecdsa_with_SHA512, MDOC_CURVE_NONE, MDOC_SHA512, 12, ECDSA_OID(4) },
	{ NID_ED25519, MDOC_CURVE_ED25519, MDOC_SHA512, 7, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 } },
	{ NID_ED448, MDOC_CURVE_ED448, MDOC_SHA512, 7, { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x71 } },
};

#define SIG_ALG_COUNT (sizeof(sig_algs) / sizeof(sig_algs[0]))

const struct mdoci_sig_alg *
mdoci_sig_alg(struct mdoc_bytes identifier)
{
	for (size_t i = 0; i < SIG_ALG_COUNT; i++)
		if (mdoc_bytes_equal(identifier, mdoc_bytes_of(sig_algs[i].identifier, sig_algs[i].len)))
			return &sig_algs[i];
	return NULL;
}

struct mdoc_bytes
mdoci_sig_alg_of(int nid)
{
	for (size_t i = 0; i < SIG_ALG_COUNT; i++)
		if (sig_algs[i].nid == nid)
			return mdoc_bytes_of(sig_algs[i].identifier, sig_algs[i].len);
	return MDOC_NO_BYTES;
}

/* The row of a named curve, or of an Edwards curve's algorithm. */
static size_t
curve_row(struct mdoc_bytes oid, bool edwards)
{
	size_t i = 0;

	while (i < CURVE_COUNT &&
		(curves[i].edwards != edwards ||
			!mdoc_bytes_equal(oid, mdoc_bytes_of(curves[i].oid, curves[i].oid_len))))
		i++;
	return i;
}

/* A compressed point is rare enough for OpenSSL's own decoder. */
static void
decode_key(struct mdoc_cert *cert)
{
	const unsigned char *p = cert->spki.ptr;

	cert->pkey = d2i_PUBKEY_ex(NULL, &p, (long)cert->spki.len, mdoc_context_libctx(cert->context), NULL);
	if (cert->pkey != NULL && cert->key.curve == MDOC_CURVE_NONE &&
		mdoc_key_from_evp(cert->pkey, &cert->key) != MDOC_OK) {
		EVP_PKEY_free(cert->pkey);
		cert->pkey = NULL;
	}
}

/* What a signature by an EC key takes, looked up once. */
static void
make_ready(struct mdoc_cert *cert)
{
	cert->ready = EVP_PKEY_CTX_new_from_pkey(mdoc_context_libctx(cert->context), cert->pkey, NULL);
	if (cert->ready != NULL && EVP_PKEY_verify_init(cert->ready) != 1) {
		EVP_PKEY_CTX_free(cert->ready);
		cert->ready = NULL;
	}
}

static void
make_key(struct mdoc_cert *cert, size_t row)
{
	const bool whole =
		cert->key_bits.len == curves[row].bits_len && (curves[row].edwards || cert->key_bits.ptr[0] == 0x04);

	ERR_set_mark();
	if (whole) {
		cert->key.curve = curves[row].curve;
		cert->key.point_len = cert->key_bits.len;
		memcpy(cert->key.point, cert->key_bits.ptr, cert->key_bits.len);
		if (mdoc_key_to_evp(cert->context, &cert->key, &cert->pkey) != MDOC_OK)
			cert->pkey = NULL;
	}
	if (cert->pkey == NULL)
		decode_key(cert);
	if (cert->pkey != NULL && !curves[row].edwards)
		make_ready(cert);
	ERR_pop_to_mark();
	if (cert->pkey != NULL)
		return;
	memset(&cert->key, 0, sizeof(cert->key));
	cert->key_broken = "key: a point on its curve";
}

enum mdoc_result
mdoci_cert_read_key(struct mdoc_cert *cert)
{
	static const uint8_t ec_key[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
	struct mdoc_bytes spki, identifier, algorithm, bits, named;
	size_t row = CURVE_COUNT;

	if (!mdoci_der_only(cert->spki, DER_SEQUENCE, &spki) ||
		!mdoci_der_take(&spki, DER_SEQUENCE, &identifier, NULL) ||
		!mdoci_der_take(&identifier, DER_OID, &algorithm, NULL) ||
		!mdoci_der_only(spki, DER_BIT_STRING, &bits) || bits.len < 2 || bits.ptr[0] != 0)
		return MDOC_ERR_CERTIFICATE;
	cert->key_bits = mdoc_bytes_of(bits.ptr + 1, bits.len - 1);
	if (!mdoc_bytes_equal(algorithm, mdoc_bytes_of(ec_key, sizeof(ec_key)))) {
		if (identifier.len == 0)
			row = curve_row(algorithm, true);
	} else if (mdoci_der_only(identifier, DER_OID, &named)) {
		row = curve_row(named, false);
	}
	if (row < CURVE_COUNT)
		make_key(cert, row);
	else
		cert->key_broken = "key: EC on a named curve, or EdDSA, of 256 bits or more (R-CRY-01)";
	return MDOC_OK;
}

enum mdoc_result
mdoc_cert_public_key(const struct mdoc_cert *cert, struct mdoc_public_key *key)
{
	*key = cert->key;
	return cert->pkey != NULL ? MDOC_OK : MDOC_ERR_KEY;
}

EVP_PKEY *
mdoc_cert_pkey(const struct mdoc_cert *cert)
{
	return cert->pkey;
}

static bool
verify_ecdsa(const struct mdoc_cert *by, enum mdoc_digest_alg alg, struct mdoc_bytes tbs, struct mdoc_bytes signature)
{
	uint8_t digest[MDOC_DIGEST_MAX];
	EVP_PKEY_CTX *ctx = NULL;
	size_t len = 0;
	bool holds = false;

	if (mdoc_digest(by->context, alg, tbs, digest, &len) != MDOC_OK)
		return false;
	ctx = by->ready != NULL ? EVP_PKEY_CTX_dup(by->ready) : NULL;
	holds = ctx != NULL && EVP_PKEY_verify(ctx, signature.ptr, signature.len, digest, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	return holds;
}

bool
mdoci_cert_signed(const struct mdoc_cert *by, const struct mdoci_sig_alg *alg, struct mdoc_bytes tbs,
	struct mdoc_bytes signature)
{
	const bool edwards = by->key.curve == MDOC_CURVE_ED25519 || by->key.curve == MDOC_CURVE_ED448;
	bool holds = false;

	if (alg == NULL || by->pkey == NULL ||
		(edwards ? alg->edwards != by->key.curve : alg->edwards != MDOC_CURVE_NONE))
		return false;
	ERR_set_mark();
	holds = edwards
		? mdoc_signature_verify(by->context, MDOC_ALG_EDDSA, by->key.curve, by->pkey, tbs, signature) == MDOC_OK
		: verify_ecdsa(by, alg->digest, tbs, signature);
	ERR_pop_to_mark();
	return holds;
}
