/*
 * signature.c: OSSL_OP_SIGNATURE, ECDSA and EdDSA. Digests are computed here, in the provider's own
 * library context; the token signs the digest (CKM_ECDSA) or the whole message (CKM_EDDSA). The public
 * half verifies, in OpenSSL's default provider.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

#define RAW_MAX 144 /* bytes of r and s on OpenSSL's largest curve, sect571k1 */

struct signature {
	struct provider *provider;
	struct key *key;
	EVP_MD *digest;    /* NULL: not said; what is signed is a digest already */
	EVP_MD_CTX *state; /* of digest_sign_*, or of the half's own digest_verify_* */
};

static void *
signature_new(void *provctx, UNUSED const char *properties)
{
	struct signature *signature = OPENSSL_zalloc(sizeof(*signature));

	if (signature != NULL)
		signature->provider = provctx;
	return signature;
}

static void
signature_free(void *ctx)
{
	struct signature *signature = ctx;

	if (signature == NULL)
		return;
	key_free(signature->key);
	EVP_MD_free(signature->digest);
	EVP_MD_CTX_free(signature->state);
	OPENSSL_free(signature);
}

static void *
signature_dup(void *ctx)
{
	const struct signature *from = ctx;
	struct signature *copy = signature_new(from->provider, NULL);

	if (copy == NULL)
		return NULL;
	copy->key = key_up(from->key);
	if (from->digest != NULL && EVP_MD_up_ref(from->digest))
		copy->digest = from->digest;
	if (from->state == NULL ||
		((copy->state = EVP_MD_CTX_new()) != NULL && EVP_MD_CTX_copy_ex(copy->state, from->state)))
		return copy;
	signature_free(copy);
	return NULL;
}

static bool
set_digest(struct signature *signature, const char *name)
{
	EVP_MD *digest = EVP_MD_fetch(signature->provider->libctx, name, NULL);

	if (digest == NULL)
		return fail(signature->provider, REASON_UNSUPPORTED, "there is no digest \"%s\"", name);
	EVP_MD_free(signature->digest);
	signature->digest = digest;
	return true;
}

static int
set_params(void *ctx, const OSSL_PARAM params[])
{
	const OSSL_PARAM *p = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_DIGEST);
	const char *name = NULL;

	return p == NULL || (OSSL_PARAM_get_utf8_string_ptr(p, &name) && set_digest(ctx, name));
}

PARAM_LIST(settable, (UNUSED void *ctx, UNUSED void *provctx),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0))

/* The DER AlgorithmIdentifier of the signature, for certificates and CMS. */
static bool
get_algorithm(const struct signature *signature, OSSL_PARAM *p)
{
	X509_ALGOR *algorithm = X509_ALGOR_new();
	unsigned char *der = NULL;
	int nid = OBJ_sn2nid(signature->key->type);
	int len = 0;
	bool ok;

	if (nid == NID_undef && signature->digest != NULL) /* "EC": with a digest */
		(void)OBJ_find_sigid_by_algs(&nid, EVP_MD_get_type(signature->digest), NID_X9_62_id_ecPublicKey);
	if (algorithm != NULL && nid != NID_undef && X509_ALGOR_set0(algorithm, OBJ_nid2obj(nid), V_ASN1_UNDEF, NULL))
		len = i2d_X509_ALGOR(algorithm, &der);
	ok = len > 0 && OSSL_PARAM_set_octet_string(p, der, (size_t)len);
	X509_ALGOR_free(algorithm);
	OPENSSL_free(der);
	return ok;
}

static int
get_params(void *ctx, OSSL_PARAM params[])
{
	const struct signature *signature = ctx;
	OSSL_PARAM *algorithm = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_ALGORITHM_ID);
	OSSL_PARAM *digest = OSSL_PARAM_locate(params, OSSL_SIGNATURE_PARAM_DIGEST);

	return (algorithm == NULL || (signature->key != NULL && get_algorithm(signature, algorithm))) &&
		(digest == NULL ||
			(signature->digest != NULL &&
				OSSL_PARAM_set_utf8_string(digest, EVP_MD_get0_name(signature->digest))));
}

PARAM_LIST(gettable, (UNUSED void *ctx, UNUSED void *provctx),
	OSSL_PARAM_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0))

static int
verify_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	struct signature *signature = ctx;

	if (keydata != NULL) {
		key_free(signature->key);
		signature->key = key_up(keydata);
	}
	EVP_MD_CTX_free(signature->state);
	signature->state = NULL;
	return signature->key != NULL && signature->key->half != NULL && set_params(ctx, params);
}

static int
sign_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	const struct signature *signature = ctx;

	return verify_init(ctx, keydata, params) &&
		(signature->key->uri != NULL || fail(signature->provider, REASON_KEY, "this is a public key"));
}

/* r and s of `len` bytes each, as a token gives them, to DER; its length or 0. */
static size_t
to_der(const unsigned char *raw, size_t len, unsigned char *out)
{
	BIGNUM *r = BN_bin2bn(raw, (int)len, NULL);
	BIGNUM *s = BN_bin2bn(raw + len, (int)len, NULL);
	ECDSA_SIG *pair = ECDSA_SIG_new();
	int n = 0;

	if (r != NULL && s != NULL && pair != NULL && ECDSA_SIG_set0(pair, r, s)) {
		r = s = NULL;
		n = i2d_ECDSA_SIG(pair, &out);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return n > 0 ? (size_t)n : 0;
}

static bool
is_ecdsa(const struct signature *signature)
{
	return strcmp(signature->key->type, "EC") == 0;
}

static bool
no_room(const struct signature *signature, const unsigned char *out, size_t *len)
{
	*len = (size_t)EVP_PKEY_get_size(signature->key->half);
	return out == NULL;
}

/* What is longer than the order is cut here; some tokens would refuse it (X9.62 7.3 e). */
static int
sign(void *ctx, unsigned char *out, size_t *len, size_t size, const unsigned char *digest, size_t digest_len)
{
	const struct signature *signature = ctx;
	const size_t order = (size_t)(EVP_PKEY_get_bits(signature->key->half) + 7) / 8;
	CK_MECHANISM mechanism = { CKM_ECDSA, NULL, 0 };
	unsigned char raw[RAW_MAX];

	if (no_room(signature, out, len))
		return 1;
	if (size < *len)
		return fail(signature->provider, REASON_UNSUPPORTED, "room for %zu bytes, not %zu", size, *len);
	if (!is_ecdsa(signature))
		return fail(signature->provider, REASON_UNSUPPORTED, "EdDSA signs messages, not digests");
	if (signature->digest != NULL && digest_len != (size_t)EVP_MD_get_size(signature->digest))
		return fail(signature->provider, REASON_UNSUPPORTED, "%zu bytes are no %s digest", digest_len,
			EVP_MD_get0_name(signature->digest));
	if (!key_sign(signature->key, &mechanism, digest, digest_len < order ? digest_len : order, raw, 2 * order))
		return 0;
	*len = to_der(raw, order, out);
	return *len > 0;
}

static int
verify(void *ctx, const unsigned char *sig, size_t len, const unsigned char *digest, size_t digest_len)
{
	const struct signature *signature = ctx;
	EVP_PKEY_CTX *half = EVP_PKEY_CTX_new_from_pkey(signature->provider->libctx, signature->key->half, NULL);
	const bool ok = half != NULL && EVP_PKEY_verify_init(half) > 0 &&
		EVP_PKEY_verify(half, sig, len, digest, digest_len) > 0;

	EVP_PKEY_CTX_free(half);
	return ok;
}

/* EdDSA takes the message in one piece, and no digest. */
static int
digest_sign_init(void *ctx, const char *name, void *keydata, const OSSL_PARAM params[])
{
	struct signature *signature = ctx;
	const bool named = name != NULL && *name != '\0';

	if (!sign_init(ctx, keydata, params))
		return 0;
	if (!is_ecdsa(signature))
		return !named ||
			fail(signature->provider, REASON_UNSUPPORTED, "EdDSA takes no digest, not even %s", name);
	if ((named || signature->digest == NULL) && !set_digest(signature, named ? name : "SHA256"))
		return 0;
	signature->state = EVP_MD_CTX_new();
	return signature->state != NULL && EVP_DigestInit_ex2(signature->state, signature->digest, NULL);
}

static int
digest_sign_final(void *ctx, unsigned char *out, size_t *len, size_t size)
{
	const struct signature *signature = ctx;
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (no_room(signature, out, len))
		return 1;
	return signature->state != NULL && EVP_DigestFinal_ex(signature->state, digest, &n) &&
		sign(ctx, out, len, size, digest, n);
}

static int
digest_sign(void *ctx, unsigned char *out, size_t *len, size_t size, const unsigned char *data, size_t data_len)
{
	const struct signature *signature = ctx;
	CK_MECHANISM mechanism = { CKM_EDDSA, NULL, 0 };

	if (no_room(signature, out, len))
		return 1;
	if (is_ecdsa(signature))
		return EVP_DigestUpdate(signature->state, data, data_len) && digest_sign_final(ctx, out, len, size);
	if (size < *len)
		return fail(signature->provider, REASON_KEY, "no room for the signature");
	return key_sign(signature->key, &mechanism, data, data_len, out, *len);
}

static int
digest_verify_init(void *ctx, const char *name, void *keydata, const OSSL_PARAM params[])
{
	struct signature *signature = ctx;

	return verify_init(ctx, keydata, params) && (signature->state = EVP_MD_CTX_new()) != NULL &&
		EVP_DigestVerifyInit_ex(signature->state, NULL, name, signature->provider->libctx, NULL,
			signature->key->half, NULL) > 0;
}

/* To a signature or to a verification: EVP_DigestUpdate() knows. There is no state for EdDSA. */
static int
digest_update(void *ctx, const unsigned char *data, size_t len)
{
	const struct signature *signature = ctx;

	return signature->state != NULL && EVP_DigestUpdate(signature->state, data, len);
}

static int
digest_verify_final(void *ctx, const unsigned char *sig, size_t len)
{
	return EVP_DigestVerifyFinal(((const struct signature *)ctx)->state, sig, len) > 0;
}

static int
digest_verify(void *ctx, const unsigned char *sig, size_t len, const unsigned char *data, size_t data_len)
{
	return EVP_DigestVerify(((const struct signature *)ctx)->state, sig, len, data, data_len) > 0;
}

static const OSSL_DISPATCH functions[] = {
	ENTRY(OSSL_FUNC_SIGNATURE_NEWCTX, signature_new),
	ENTRY(OSSL_FUNC_SIGNATURE_FREECTX, signature_free),
	ENTRY(OSSL_FUNC_SIGNATURE_DUPCTX, signature_dup),
	ENTRY(OSSL_FUNC_SIGNATURE_SIGN_INIT, sign_init),
	ENTRY(OSSL_FUNC_SIGNATURE_SIGN, sign),
	ENTRY(OSSL_FUNC_SIGNATURE_VERIFY_INIT, verify_init),
	ENTRY(OSSL_FUNC_SIGNATURE_VERIFY, verify),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, digest_sign_init),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_UPDATE, digest_update),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN_FINAL, digest_sign_final),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_SIGN, digest_sign),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_INIT, digest_verify_init),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_UPDATE, digest_update),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY_FINAL, digest_verify_final),
	ENTRY(OSSL_FUNC_SIGNATURE_DIGEST_VERIFY, digest_verify),
	ENTRY(OSSL_FUNC_SIGNATURE_GET_CTX_PARAMS, get_params),
	ENTRY(OSSL_FUNC_SIGNATURE_GETTABLE_CTX_PARAMS, gettable),
	ENTRY(OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, set_params),
	ENTRY(OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS, settable),
	{ 0, NULL },
};

const OSSL_ALGORITHM provider_signatures[] = {
	{ "ECDSA", PROPERTIES, functions, "ECDSA by a token" },
	{ "ED25519", PROPERTIES, functions, "Ed25519 by a token" },
	{ "ED448", PROPERTIES, functions, "Ed448 by a token" },
	{ NULL, NULL, NULL, NULL },
};
