/* p11_provider_sign.c: ECDSA of the provider behind p11_pkey.h. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/p11_provider.h"
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include "tools/common/context.h"

#define UNUSED __attribute__((unused))

/* The digest is made here, the token signs it. */
struct signature {
	struct p11_half *half;
	EVP_MD *digest;    /* NULL: not said */
	EVP_MD_CTX *state; /* of digest_sign_*, or of the half's own digest_verify_* */
};

static void *
signature_new(UNUSED void *provctx, UNUSED const char *properties)
{
	return OPENSSL_zalloc(sizeof(struct signature));
}

static void
signature_free(void *ctx)
{
	struct signature *signature = ctx;

	if (signature == NULL)
		return;
	p11_half_free(signature->half);
	EVP_MD_free(signature->digest);
	EVP_MD_CTX_free(signature->state);
	OPENSSL_free(signature);
}

static void *
signature_dup(void *ctx)
{
	const struct signature *from = ctx;
	struct signature *copy = signature_new(NULL, NULL);

	if (copy == NULL)
		return NULL;
	if (from->half != NULL)
		copy->half = p11_half_up(from->half);
	if (from->digest != NULL && EVP_MD_up_ref(from->digest) == 1)
		copy->digest = from->digest;
	if (from->state == NULL ||
		((copy->state = EVP_MD_CTX_new()) != NULL && EVP_MD_CTX_copy_ex(copy->state, from->state) == 1))
		return copy;
	signature_free(copy);
	return NULL;
}

static bool
set_digest(struct signature *signature, const char *name)
{
	EVP_MD *digest = EVP_MD_fetch(mdoc_context_libctx(tool_context()), name, NULL);

	if (digest == NULL)
		return false;
	EVP_MD_free(signature->digest);
	signature->digest = digest;
	return true;
}

static int
signature_set_params(void *ctx, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
	const char *name = NULL;

	return p == NULL || (OSSL_PARAM_get_utf8_string_ptr(p, &name) == 1 && set_digest(ctx, name));
}

static const OSSL_PARAM *
signature_params(UNUSED void *ctx, UNUSED void *provctx)
{
	static const OSSL_PARAM list[] = { OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0), OSSL_PARAM_END };

	return list;
}

/* The DER AlgorithmIdentifier of the signature, for certificates. */
static bool
get_algorithm(const struct signature *signature, OSSL_PARAM *p)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	unsigned char *der = NULL;
	int nid = NID_undef, len = 0;
	bool ok;

	if (signature->digest != NULL)
		(void)OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(signature->digest), NID_X9_62_id_ecPublicKey);
	if (algorithm != NULL && nid != NID_undef &&
		X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_UNDEF, NULL) == 1)
		len = i2d_X509_ALGOR(algorithm, &der);
	ok = len > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)len) == 1;
	X509_ALGOR_free(algorithm);
	OPENSSL_free(der);
	return ok;
}

static int
signature_get_params(void *ctx, OSSL_PARAM params[])
{
	const struct signature *signature = ctx;
	OSSL_PARAM *algorithm = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	OSSL_PARAM *digest = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);

	return (algorithm == NULL || get_algorithm(signature, algorithm)) &&
		(digest == NULL ||
			(signature->digest != NULL &&
				OSSL_PARAM_set_utf8_string(digest, EVP_MD_get0_name(signature->digest)) == 1));
}

static int
verify_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	struct signature *signature = ctx;

	if (keydata != NULL) {
		p11_half_free(signature->half);
		signature->half = p11_half_up(keydata);
	}
	EVP_MD_CTX_free(signature->state);
	signature->state = NULL;
	return signature->half != NULL && signature->half->half != NULL && signature_set_params(ctx, params);
}

static int
sign_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	return verify_init(ctx, keydata, params) && ((const struct signature *)ctx)->half->key != NULL;
}

/* r||s to the SEQUENCE of X9.62; its length, or 0. */
static size_t
to_der(const uint8_t *raw, size_t size, unsigned char *out)
{
	BIGNUM *r = BN_bin2bn(raw, (int)size, NULL);
	BIGNUM *s = BN_bin2bn(raw + size, (int)size, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int len = 0;

	if (r != NULL && s != NULL && pair != NULL && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL;
		len = i2d_ECDSA_SIG(pair, &out);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return len > 0 ? (size_t)len : 0;
}

static int
sign(void *ctx, unsigned char *out, size_t *len, size_t size, const unsigned char *digest, size_t digest_len)
{
	const struct signature *signature = ctx;
	const struct p11_half *half = signature->half;
	uint8_t raw[MDOC_SIG_MAX];
	CK_RV rv;

	*len = (size_t)EVP_PKEY_get_size(half->half);
	if (out == NULL)
		return 1;
	if (size < *len || (signature->digest != NULL && digest_len != (size_t)EVP_MD_get_size(signature->digest)))
		return 0;
	pthread_mutex_lock(half->lock);
	rv = mdoc_p11_sign_digest(half->key, half->public_key.curve, mdoc_bytes_of(digest, digest_len), raw);
	pthread_mutex_unlock(half->lock);
	*len = rv == CKR_OK ? to_der(raw, mdoc_curve_size(half->public_key.curve), out) : 0;
	return *len > 0;
}

static int
digest_sign_init(void *ctx, const char *name, void *keydata, const OSSL_PARAM params[])
{
	struct signature *signature = ctx;
	const bool named = name != NULL && *name != '\0';

	if (!sign_init(ctx, keydata, params) ||
		((named || signature->digest == NULL) && !set_digest(signature, named ? name : "SHA256")))
		return 0;
	signature->state = EVP_MD_CTX_new();
	return signature->state != NULL && EVP_DigestInit_ex2(signature->state, signature->digest, NULL) == 1;
}

static int
digest_update(void *ctx, const unsigned char *data, size_t len)
{
	const struct signature *signature = ctx;

	return signature->state != NULL && EVP_DigestUpdate(signature->state, data, len) == 1;
}

static int
digest_sign_final(void *ctx, unsigned char *out, size_t *len, size_t size)
{
	const struct signature *signature = ctx;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (out == NULL)
		return sign(ctx, NULL, len, 0, NULL, 0);
	return signature->state != NULL && EVP_DigestFinal_ex(signature->state, digest, &n) == 1 &&
		sign(ctx, out, len, size, digest, n);
}

/* The public half verifies, which OpenSSL's own provider has: what was just signed is sometimes checked by the key that
 * signed it. */
static int
verify(void *ctx, const unsigned char *sig, size_t len, const unsigned char *digest, size_t digest_len)
{
	const struct signature *signature = ctx;
	EVP_PKEY_CTX *half =
		EVP_PKEY_CTX_new_from_pkey(mdoc_context_libctx(tool_context()), signature->half->half, NULL);
	const bool ok = half != NULL && EVP_PKEY_verify_init(half) > 0 &&
		EVP_PKEY_verify(half, sig, len, digest, digest_len) > 0;

	EVP_PKEY_CTX_free(half);
	return ok;
}

static int
digest_verify_init(void *ctx, const char *name, void *keydata, const OSSL_PARAM params[])
{
	struct signature *signature = ctx;

	return verify_init(ctx, keydata, params) && (signature->state = EVP_MD_CTX_new()) != NULL &&
		EVP_DigestVerifyInit_ex(signature->state, NULL, name, mdoc_context_libctx(tool_context()), NULL,
			signature->half->half, NULL) > 0;
}

static int
digest_verify_final(void *ctx, const unsigned char *sig, size_t len)
{
	return EVP_DigestVerifyFinal(((const struct signature *)ctx)->state, sig, len) > 0;
}

static const OSSL_DISPATCH signature_functions[] = {
	P11_ENTRY(OSSL_FUNC_SIGNATURE_NEWCTX, signature_new),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_FREECTX, signature_free),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_DUPCTX, signature_dup),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_SIGN_INIT, sign_init),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_SIGN, sign),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, digest_sign_init),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, digest_update),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, digest_sign_final),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY_INIT, verify_init),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_VERIFY, verify),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, digest_verify_init),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, digest_update),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, digest_verify_final),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, signature_get_params),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, signature_params),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, signature_set_params),
	P11_ENTRY(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, signature_params),
	{ 0, NULL },
};

const OSSL_ALGORITHM p11_signatures[] = {
	{ "ECDSA", P11_PROPERTIES, signature_functions, "ECDSA by a token" },
	{ NULL, NULL, NULL, NULL },
};
