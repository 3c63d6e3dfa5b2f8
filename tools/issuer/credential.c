/* credential.c: TPM2_MakeCredential in software. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>
#include "tools/issuer/credential.h"

#define DIGEST_MAX 48
#define CIPHER_KEY_MAX 32
#define EXPONENT 65537 /* what 0 stands for in a public area */

/* What goes with an endorsement key of this hash: its seeds and HMACs are as long as a digest. */
struct scheme {
	TPMI_ALG_HASH hash;
	const char *digest, *cipher;
	size_t digest_len, key_len;
};

static const struct scheme schemes[] = {
	{ TPM2_ALG_SHA256, "SHA256", "AES-128-CFB", 32, 16 },
	{ TPM2_ALG_SHA384, "SHA384", "AES-256-CFB", DIGEST_MAX, CIPHER_KEY_MAX },
};

/* One challenge that is being made. */
struct wrapping {
	const struct mdoc_context *context;
	const struct scheme *scheme;
	EVP_PKEY *ek;
	uint8_t seed[DIGEST_MAX];
};

static enum mdoc_result
derive(const struct mdoc_context *context, const char *name, OSSL_PARAM *params, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(mdoc_context_libctx(context), name, NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	const bool done = ctx != NULL && EVP_KDF_derive(ctx, out, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done ? MDOC_OK : MDOC_ERR_CRYPTO;
}

static void *
writable(const void *ptr)
{
	return (void *)(uintptr_t)ptr; /* OSSL_PARAM has no const; nothing writes to it */
}

/* KDFa: SP 800-108 in counter mode with HMAC. */
static enum mdoc_result
kdfa(const struct wrapping *w, const char *label, struct mdoc_bytes info, uint8_t *out, size_t len)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, writable("counter"), 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, writable("HMAC"), 0),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, writable(w->scheme->digest), 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, writable(w->seed), w->scheme->digest_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, writable(label), strlen(label)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, writable(info.ptr), info.len),
		OSSL_PARAM_construct_end(),
	};

	if (info.len == 0)
		params[5] = OSSL_PARAM_construct_end();
	return derive(w->context, "KBKDF", params, out, len);
}

/* KDFe: SP 800-56C in one step. */
static enum mdoc_result
kdfe(struct wrapping *w, struct mdoc_bytes shared, const struct mdoc_public_key *ephemeral,
	const struct mdoc_public_key *ek)
{
	const size_t size = mdoc_curve_size(ek->curve);
	struct mdoc_buf info = MDOC_BUF_EMPTY;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	mdoc_buf_append(&info, mdoc_bytes_of("IDENTITY", sizeof("IDENTITY"))); /* with its NUL */
	mdoc_buf_append(&info, mdoc_bytes_of(ephemeral->point + 1, size));
	mdoc_buf_append(&info, mdoc_bytes_of(ek->point + 1, size));
	if (info.err == MDOC_OK) {
		OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, writable(w->scheme->digest), 0),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, writable(shared.ptr), shared.len),
			OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.ptr, info.len),
			OSSL_PARAM_construct_end(),
		};

		res = derive(w->context, "SSKDF", params, w->seed, w->scheme->digest_len);
	}
	mdoc_buf_clear(&info);
	return res;
}

/* A TPM2B. */
static void
put_sized(struct mdoc_buf *out, struct mdoc_bytes bytes)
{
	const uint8_t size[] = { (uint8_t)(bytes.len >> 8), (uint8_t)bytes.len };

	mdoc_buf_append(out, mdoc_bytes_of(size, sizeof(size)));
	mdoc_buf_append(out, bytes);
}

/* A seed agreed upon with the endorsement key: what is sent is the point of a key that is thrown away. */
static enum mdoc_result
seed_by_agreement(struct wrapping *w, struct mdoc_buf *out)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(w->context);
	struct mdoc_public_key theirs, ours;
	EVP_PKEY *ephemeral = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	uint8_t shared[MDOC_SHARED_MAX];
	size_t len = sizeof(shared), size;
	enum mdoc_result res;

	res = mdoc_key_from_evp(w->ek, &theirs);
	if (res != MDOC_OK)
		return res;
	ephemeral = EVP_PKEY_Q_keygen(libctx, NULL, "EC", mdoc_curve_name(theirs.curve));
	ctx = ephemeral != NULL ? EVP_PKEY_CTX_new_from_pkey(libctx, ephemeral, NULL) : NULL;
	res = MDOC_ERR_CRYPTO;
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, w->ek) != 1 ||
		EVP_PKEY_derive(ctx, shared, &len) != 1)
		goto out;
	res = mdoc_key_from_evp(ephemeral, &ours);
	if (res == MDOC_OK)
		res = kdfe(w, mdoc_bytes_of(shared, len), &ours, &theirs);
	if (res != MDOC_OK)
		goto out;
	size = mdoc_curve_size(ours.curve);
	put_sized(out, mdoc_bytes_of(ours.point + 1, size));
	put_sized(out, mdoc_bytes_of(ours.point + 1 + size, size));
	res = out->err;
out:
	OPENSSL_cleanse(shared, sizeof(shared));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(ephemeral);
	return res;
}

/* A seed of our own, by OAEP. */
static enum mdoc_result
seed_by_encryption(struct wrapping *w, struct mdoc_buf *out)
{
	OSSL_LIB_CTX *libctx = mdoc_context_libctx(w->context);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(libctx, w->ek, NULL);
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_PAD_MODE, writable(OSSL_PKEY_RSA_PAD_MODE_OAEP), 0),
		OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, writable(w->scheme->digest), 0),
		OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, writable(w->scheme->digest), 0),
		OSSL_PARAM_construct_octet_string(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL, writable("IDENTITY"),
			sizeof("IDENTITY")),
		OSSL_PARAM_construct_end(),
	};
	uint8_t text[512];
	size_t len = sizeof(text);
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	if (ctx != NULL && RAND_priv_bytes_ex(libctx, w->seed, w->scheme->digest_len, 0) == 1 &&
		EVP_PKEY_encrypt_init_ex(ctx, params) == 1 &&
		EVP_PKEY_encrypt(ctx, text, &len, w->seed, w->scheme->digest_len) == 1) {
		mdoc_buf_append(out, mdoc_bytes_of(text, len));
		res = out->err;
	}
	EVP_PKEY_CTX_free(ctx);
	return res;
}

static enum mdoc_result
encrypt(const struct wrapping *w, const uint8_t *key, const uint8_t *in, size_t len, uint8_t *out)
{
	static const uint8_t iv[16];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(mdoc_context_libctx(w->context), w->scheme->cipher, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int wrote = 0, last = 0;
	bool done;

	done = cipher != NULL && ctx != NULL && EVP_EncryptInit_ex2(ctx, cipher, key, iv, NULL) == 1 &&
		EVP_EncryptUpdate(ctx, out, &wrote, in, (int)len) == 1 &&
		EVP_EncryptFinal_ex(ctx, out + wrote, &last) == 1 && (size_t)(wrote + last) == len;
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return done ? MDOC_OK : MDOC_ERR_CRYPTO;
}

/* The secret as a TPM2B, encrypted, and an HMAC over that and the Name before it. */
static enum mdoc_result
wrap(const struct wrapping *w, const uint8_t name[PART_NAME_LEN], const uint8_t secret[CREDENTIAL_LEN],
	struct mdoc_buf *blob)
{
	const size_t digest_len = w->scheme->digest_len;
	uint8_t key[CIPHER_KEY_MAX], mac_key[DIGEST_MAX], mac[DIGEST_MAX];
	uint8_t plain[2 + CREDENTIAL_LEN] = { 0, CREDENTIAL_LEN };
	uint8_t covered[2 + CREDENTIAL_LEN + PART_NAME_LEN];
	enum mdoc_result res;
	size_t len = 0;

	memcpy(plain + 2, secret, CREDENTIAL_LEN);
	memcpy(covered + sizeof(plain), name, PART_NAME_LEN);
	res = kdfa(w, "STORAGE", mdoc_bytes_of(name, PART_NAME_LEN), key, w->scheme->key_len);
	if (res == MDOC_OK)
		res = kdfa(w, "INTEGRITY", MDOC_NO_BYTES, mac_key, digest_len);
	if (res == MDOC_OK)
		res = encrypt(w, key, plain, sizeof(plain), covered);
	if (res == MDOC_OK &&
		EVP_Q_mac(mdoc_context_libctx(w->context), "HMAC", NULL, w->scheme->digest, NULL, mac_key, digest_len,
			covered, sizeof(covered), mac, sizeof(mac), &len) == NULL)
		res = MDOC_ERR_CRYPTO;
	if (res == MDOC_OK) {
		put_sized(blob, mdoc_bytes_of(mac, len));
		mdoc_buf_append(blob, mdoc_bytes_of(covered, sizeof(plain)));
		res = blob->err;
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(mac_key, sizeof(mac_key));
	OPENSSL_cleanse(plain, sizeof(plain));
	return res;
}

static enum mdoc_result
rsa_key(const struct mdoc_context *context, const TPMT_PUBLIC *area, EVP_PKEY **pkey)
{
	const TPM2B_PUBLIC_KEY_RSA *modulus = &area->unique.rsa;
	BIGNUM *n = BN_bin2bn(modulus->buffer, modulus->size, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(mdoc_context_libctx(context), "RSA", NULL);
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (n != NULL && build != NULL && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
		OSSL_PARAM_BLD_push_uint(build, OSSL_PKEY_PARAM_RSA_E, EXPONENT) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (ctx != NULL && params != NULL)
		res = EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, pkey, EVP_PKEY_PUBLIC_KEY, params) == 1
			? MDOC_OK
			: MDOC_ERR_KEY;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	return res;
}

enum mdoc_result
credential_key(const struct mdoc_context *context, const TPMT_PUBLIC *area, EVP_PKEY **pkey)
{
	const UINT32 exponent = area->parameters.rsaDetail.exponent;
	struct mdoc_public_key key;
	enum mdoc_result res;

	*pkey = NULL;
	if (area->type == TPM2_ALG_RSA)
		return exponent == 0 || exponent == EXPONENT ? rsa_key(context, area, pkey) : MDOC_ERR_KEY;
	res = part_public_key(context, area, &key);
	return res == MDOC_OK ? mdoc_key_to_evp(context, &key, pkey) : res;
}

enum mdoc_result
credential_make(const struct mdoc_context *context, const TPMT_PUBLIC *ek, const uint8_t name[PART_NAME_LEN],
	const uint8_t secret[CREDENTIAL_LEN], struct mdoc_buf *blob, struct mdoc_buf *seed)
{
	struct wrapping w = { .context = context };
	enum mdoc_result res;

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (schemes[i].hash == ek->nameAlg)
			w.scheme = &schemes[i];
	if (w.scheme == NULL)
		return MDOC_ERR_KEY;
	res = credential_key(context, ek, &w.ek);
	if (res == MDOC_OK)
		res = ek->type == TPM2_ALG_ECC ? seed_by_agreement(&w, seed) : seed_by_encryption(&w, seed);
	if (res == MDOC_OK)
		res = wrap(&w, name, secret, blob);
	OPENSSL_cleanse(w.seed, sizeof(w.seed));
	EVP_PKEY_free(w.ek);
	return res;
}
