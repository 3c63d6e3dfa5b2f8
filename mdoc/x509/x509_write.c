/*
 * mdoc/x509/x509_write.c: a signature by a callback into what OpenSSL has laid out.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/x509/x509_write.h"
#include "mdoc/x509/der.h"

#include <openssl/ec.h>
#include <string.h>

int
mdoci_sig_nid(enum mdoc_alg alg, enum mdoc_curve curve)
{
	static const struct {
		const char *digest;
		int nid;
	} ecdsa[] = { { "SHA256", NID_ecdsa_with_SHA256 }, { "SHA384", NID_ecdsa_with_SHA384 },
		{ "SHA512", NID_ecdsa_with_SHA512 } };
	const char *digest = mdoc_alg_hash(alg);

	if (!mdoc_alg_fits(alg, curve))
		return NID_undef;
	if (digest == NULL)
		return curve == MDOC_CURVE_ED25519 ? NID_ED25519 : NID_ED448;
	for (size_t i = 0; i < sizeof(ecdsa) / sizeof(*ecdsa); i++)
		if (strcmp(digest, ecdsa[i].digest) == 0)
			return ecdsa[i].nid;
	return NID_undef;
}

struct mdoc_bytes
mdoci_sig_identifier(enum mdoc_alg alg, enum mdoc_curve curve)
{
	return mdoci_sig_alg_of(mdoci_sig_nid(alg, curve));
}

/* r||s to the SEQUENCE of two INTEGERs that X.509 has. */
static int
signature_der(const uint8_t *sig, size_t len, unsigned char **der)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(sig, (int)(len / 2), NULL);
	BIGNUM *s = BN_bin2bn(sig + len / 2, (int)(len / 2), NULL);
	int der_len = -1;

	if (pair != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = NULL;
		s = NULL;
		der_len = i2d_ECDSA_SIG(pair, der);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return der_len;
}

/* The BIT STRING's content: no unused bits, then the signature as X.509 has it. */
static enum mdoc_result
put_bits(struct mdoc_buf *bits, const uint8_t *sig, size_t len, bool edwards)
{
	unsigned char *der = NULL;
	int der_len = 0;

	mdoc_buf_append(bits, mdoc_bytes_of("", 1));
	if (edwards) {
		mdoc_buf_append(bits, mdoc_bytes_of(sig, len));
		return bits->err;
	}
	der_len = signature_der(sig, len, &der);
	if (der_len <= 0)
		return MDOC_ERR_CRYPTO;
	mdoc_buf_append(bits, mdoc_bytes_of(der, (size_t)der_len));
	OPENSSL_free(der);
	return bits->err;
}

enum mdoc_result
mdoci_put_signed(struct mdoc_buf *out, const struct mdoc_signer *signer, enum mdoc_curve curve, struct mdoc_bytes tbs,
	struct mdoc_error *error)
{
	const int nid = mdoci_sig_nid(signer->alg, curve);
	struct mdoc_buf bits = MDOC_BUF_EMPTY;
	struct mdoc_buf whole = MDOC_BUF_EMPTY;
	uint8_t sig[MDOC_SIG_MAX] = { 0 };
	enum mdoc_result res;
	size_t len = 0;

	if (nid == NID_undef || signer->curve != curve)
		return mdoci_x509_fail(error, MDOC_ERR_ALGORITHM, "a signer whose algorithm fits the issuer's key");
	res = mdoc_sign(signer, tbs, sig, &len);
	if (res != MDOC_OK)
		return mdoci_x509_fail(error, res, "a signature from the signer");
	res = put_bits(&bits, sig, len, curve == MDOC_CURVE_ED25519 || curve == MDOC_CURVE_ED448);
	mdoc_buf_append(&whole, tbs);
	mdoc_buf_append(&whole, mdoci_sig_alg_of(nid));
	mdoci_der_put(&whole, DER_BIT_STRING, mdoc_buf_bytes(&bits));
	if (res == MDOC_OK)
		res = whole.err;
	if (res == MDOC_OK) {
		mdoci_der_put(out, DER_SEQUENCE, mdoc_buf_bytes(&whole));
		res = out->err;
	}
	mdoc_buf_clear(&bits);
	mdoc_buf_clear(&whole);
	return res;
}
