/*
 * mdoc/cose/cose_sign.c: bare signatures: made by a callback or by a software key, and checked.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#define DER_SIG_MAX (MDOC_SIG_MAX + 12) /* SEQUENCE and two INTEGERs with a leading zero each */

/* INTEGER from an unsigned number of less than 127 bytes; how long it is. */
static size_t
put_integer(struct mdoc_bytes number, unsigned char *out)
{
	size_t zeros = 0, pad;

	while (zeros + 1 < number.len && number.ptr[zeros] == 0)
		zeros++;
	pad = number.ptr[zeros] >= 0x80 ? 1 : 0;
	out[0] = 0x02;
	out[1] = (unsigned char)(number.len - zeros + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, number.ptr + zeros, number.len - zeros);
	return 2 + out[1];
}

/* r||s, of one size and not empty, to DER; how long it is. */
static size_t
der_signature(struct mdoc_bytes raw, unsigned char der[DER_SIG_MAX])
{
	const size_t half = raw.len / 2;
	unsigned char body[DER_SIG_MAX];
	size_t len = put_integer(mdoc_bytes_of(raw.ptr, half), body), head = 2;

	len += put_integer(mdoc_bytes_of(raw.ptr + half, half), body + len);
	der[0] = 0x30;
	der[1] = (unsigned char)len;
	if (len >= 0x80) {
		der[1] = 0x81;
		der[2] = (unsigned char)len;
		head = 3;
	}
	memcpy(der + head, body, len);
	return head + len;
}

static bool
raw_signature(const unsigned char *der, size_t der_len, size_t half, uint8_t *raw)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
	const bool good = sig != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, (int)half) == (int)half &&
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, (int)half) == (int)half;

	ECDSA_SIG_free(sig);
	return good;
}

/* As EVP_PKEY_verify_init() leaves it: looking up what that takes costs more than copying it. */
static EVP_PKEY_CTX *
verify_context(const struct mdoc_context *context, EVP_PKEY *pkey, const EVP_PKEY_CTX *ready)
{
	EVP_PKEY_CTX *ctx = NULL;

	if (ready != NULL)
		return EVP_PKEY_CTX_dup(ready);
	ctx = EVP_PKEY_CTX_new_from_pkey(mdoc_context_libctx(context), pkey, NULL);
	if (ctx == NULL || EVP_PKEY_verify_init(ctx) == 1)
		return ctx;
	EVP_PKEY_CTX_free(ctx);
	return NULL;
}

/* Of the digest: that is looked up once a context, where EVP_DigestVerify() would look it up each time. */
static enum mdoc_result
verify_digest(const struct mdoc_context *context, EVP_PKEY *pkey, const EVP_PKEY_CTX *ready, enum mdoc_digest_alg alg,
	struct mdoc_bytes tbs, struct mdoc_bytes raw)
{
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t digest[MDOC_DIGEST_MAX];
	unsigned char der[DER_SIG_MAX];
	size_t digest_len = 0;
	const size_t der_len = der_signature(raw, der);
	enum mdoc_result res = mdoc_digest(context, alg, tbs, digest, &digest_len);

	if (res != MDOC_OK)
		return res;
	res = MDOC_ERR_CRYPTO;
	ctx = verify_context(context, pkey, ready);
	if (ctx != NULL)
		res = EVP_PKEY_verify(ctx, der, der_len, digest, digest_len) == 1 ? MDOC_OK : MDOC_ERR_SIGNATURE;
	EVP_PKEY_CTX_free(ctx);
	return res;
}

static enum mdoc_result
verify_message(const struct mdoc_context *context, EVP_PKEY *pkey, struct mdoc_bytes tbs, struct mdoc_bytes signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	if (ctx != NULL &&
		EVP_DigestVerifyInit_ex(ctx, NULL, NULL, mdoc_context_libctx(context), NULL, pkey, NULL) == 1)
		res = EVP_DigestVerify(ctx, signature.ptr, signature.len, tbs.ptr, tbs.len) == 1 ? MDOC_OK
												 : MDOC_ERR_SIGNATURE;
	EVP_MD_CTX_free(ctx);
	return res;
}

enum mdoc_result
mdoci_signature_verify(const struct mdoc_context *context, enum mdoc_alg alg, enum mdoc_curve curve, EVP_PKEY *pkey,
	const EVP_PKEY_CTX *ready, struct mdoc_bytes tbs, struct mdoc_bytes signature)
{
	enum mdoc_digest_alg digest;
	enum mdoc_result res;

	if (!mdoc_alg_fits(alg, curve))
		return MDOC_ERR_ALGORITHM;
	if (signature.len != mdoc_curve_sig_size(curve))
		return MDOC_ERR_SIGNATURE;
	ERR_set_mark();
	res = mdoci_alg_digest(alg, &digest) ? verify_digest(context, pkey, ready, digest, tbs, signature)
					     : verify_message(context, pkey, tbs, signature);
	ERR_pop_to_mark();
	return res;
}

enum mdoc_result
mdoc_signature_verify(const struct mdoc_context *context, enum mdoc_alg alg, enum mdoc_curve curve, EVP_PKEY *pkey,
	struct mdoc_bytes tbs, struct mdoc_bytes signature)
{
	return mdoci_signature_verify(context, alg, curve, pkey, NULL, tbs, signature);
}

enum mdoc_result
mdoc_sign(const struct mdoc_signer *signer, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX], size_t *len)
{
	*len = 0;
	if (!mdoc_alg_fits(signer->alg, signer->curve) ||
		(signer->curve == MDOC_CURVE_BP320 && signer->alg == MDOC_ALG_ES256)) /* read, never written */
		return MDOC_ERR_ALGORITHM;
	if (!signer->sign(signer->arg, signer->alg, tbs, sig))
		return MDOC_ERR_CALLBACK;
	*len = mdoc_curve_sig_size(signer->curve);
	return MDOC_OK;
}

/* ---- Software keys ---- */

struct software_signer {
	const struct mdoc_context *context;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *ready; /* of an EC key, set up once and copied for each signature */
	size_t size;         /* of a signature */
};

static bool
sign_digest(const struct software_signer *key, struct mdoc_bytes digest, uint8_t *sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_dup(key->ready);
	unsigned char der[DER_SIG_MAX];
	size_t len = sizeof(der);
	const bool good = ctx != NULL && EVP_PKEY_sign(ctx, der, &len, digest.ptr, digest.len) == 1 &&
		raw_signature(der, len, key->size / 2, sig);

	EVP_PKEY_CTX_free(ctx);
	return good;
}

static bool
sign_message(const struct software_signer *key, struct mdoc_bytes tbs, uint8_t *sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = key->size;
	const bool good = ctx != NULL &&
		EVP_DigestSignInit_ex(ctx, NULL, NULL, mdoc_context_libctx(key->context), NULL, key->pkey, NULL) == 1 &&
		EVP_DigestSign(ctx, sig, &len, tbs.ptr, tbs.len) == 1 && len == key->size;

	EVP_MD_CTX_free(ctx);
	return good;
}

static bool
sign_in_software(void *arg, enum mdoc_alg alg, struct mdoc_bytes tbs, uint8_t sig[MDOC_SIG_MAX])
{
	const struct software_signer *key = arg;
	uint8_t digest[MDOC_DIGEST_MAX];
	enum mdoc_digest_alg digest_alg;
	size_t len = 0;

	if (!mdoci_alg_digest(alg, &digest_alg))
		return sign_message(key, tbs, sig);
	return mdoc_digest(key->context, digest_alg, tbs, digest, &len) == MDOC_OK &&
		sign_digest(key, mdoc_bytes_of(digest, len), sig);
}

static void
software_free(struct software_signer *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_CTX_free(key->ready);
	EVP_PKEY_free(key->pkey);
	free(key);
}

enum mdoc_result
mdoc_signer_from_evp(const struct mdoc_context *context, EVP_PKEY *pkey, struct mdoc_signer *signer)
{
	const struct mdoci_curve *row = mdoci_curve_of_evp(pkey);
	struct software_signer *key = NULL;

	memset(signer, 0, sizeof(*signer));
	if (row == NULL || row->alg == MDOC_ALG_NONE)
		return MDOC_ERR_KEY;
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return MDOC_ERR_MEMORY;
	key->context = context;
	key->size = mdoc_curve_sig_size(row->curve);
	if (EVP_PKEY_up_ref(pkey) != 1)
		goto out;
	key->pkey = pkey;
	if (!row->okp) {
		key->ready = EVP_PKEY_CTX_new_from_pkey(mdoc_context_libctx(context), pkey, NULL);
		if (key->ready == NULL || EVP_PKEY_sign_init(key->ready) != 1)
			goto out;
	}
	*signer = (struct mdoc_signer){ row->alg, row->curve, sign_in_software, key };
	key = NULL;
out:
	software_free(key);
	return signer->sign != NULL ? MDOC_OK : MDOC_ERR_CRYPTO;
}

void
mdoc_signer_clear(struct mdoc_signer *signer)
{
	if (signer->sign == sign_in_software)
		software_free(signer->arg);
	memset(signer, 0, sizeof(*signer));
}
