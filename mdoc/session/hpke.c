/*
 * mdoc/session/hpke.c: HPKE of ISO/IEC TS 18013-7 (RFC 9180, 4 to 5.2).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/session/hpke.h"
#include "mdoc/session/derive.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define SECRET 32 /* bytes of a shared secret, and of SHA-256 */
#define KEY 16
#define NONCE 12
#define TAG 16
#define MODE_BASE 0

/* "KEM" and the KEM's number; "HPKE" and the three numbers of the suite. */
static const uint8_t kem_suite[] = { 'K', 'E', 'M', 0x00, 0x10 };
static const uint8_t hpke_suite[] = { 'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, 0x00, 0x01 };

#define SUITE(bytes) mdoc_bytes_of((bytes), sizeof(bytes))

/* LabeledExtract() */
static enum mdoc_result
labeled_extract(const struct mdoc_context *context, struct mdoc_bytes suite, struct mdoc_bytes salt, const char *label,
	struct mdoc_bytes ikm, uint8_t prk[SECRET])
{
	struct mdoc_buf labeled = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_buf_append(&labeled, mdoc_text("HPKE-v1"));
	mdoc_buf_append(&labeled, suite);
	mdoc_buf_append(&labeled, mdoc_text(label));
	mdoc_buf_append(&labeled, ikm);
	res = labeled.err;
	if (res == MDOC_OK)
		res = mdoci_hkdf(context, MDOCI_EXTRACT, mdoc_buf_bytes(&labeled), salt, MDOC_NO_BYTES, prk, SECRET);
	mdoc_buf_clear(&labeled);
	return res;
}

/* LabeledExpand() */
static enum mdoc_result
labeled_expand(const struct mdoc_context *context, struct mdoc_bytes suite, const uint8_t prk[SECRET],
	const char *label, struct mdoc_bytes info, uint8_t *out, size_t len)
{
	const uint8_t size[2] = { (uint8_t)(len >> 8), (uint8_t)len };
	struct mdoc_buf labeled = MDOC_BUF_EMPTY;
	enum mdoc_result res;

	mdoc_buf_append(&labeled, SUITE(size));
	mdoc_buf_append(&labeled, mdoc_text("HPKE-v1"));
	mdoc_buf_append(&labeled, suite);
	mdoc_buf_append(&labeled, mdoc_text(label));
	mdoc_buf_append(&labeled, info);
	res = labeled.err;
	if (res == MDOC_OK)
		res = mdoci_hkdf(context, MDOCI_EXPAND, mdoc_bytes_of(prk, SECRET), MDOC_NO_BYTES,
			mdoc_buf_bytes(&labeled), out, len);
	mdoc_buf_clear(&labeled);
	return res;
}

/* Encap() and Decap(): the secret of both sides' keys. */
static enum mdoc_result
kem_secret(const struct mdoc_context *context, const struct mdoc_agreement *own, const struct mdoc_public_key *peer,
	struct mdoc_bytes enc, struct mdoc_bytes recipient, uint8_t secret[SECRET])
{
	uint8_t dh[MDOC_SHARED_MAX] = { 0 }, prk[SECRET] = { 0 };
	struct mdoc_buf kem_context = MDOC_BUF_EMPTY;
	size_t len = 0;
	enum mdoc_result res;

	mdoc_buf_append(&kem_context, enc);
	mdoc_buf_append(&kem_context, recipient);
	res = kem_context.err;
	if (res == MDOC_OK)
		res = mdoc_agree(own, peer, dh, &len);
	if (res == MDOC_OK)
		res = labeled_extract(context, SUITE(kem_suite), MDOC_NO_BYTES, "eae_prk", mdoc_bytes_of(dh, len), prk);
	if (res == MDOC_OK)
		res = labeled_expand(context, SUITE(kem_suite), prk, "shared_secret", mdoc_buf_bytes(&kem_context),
			secret, SECRET);
	mdoc_buf_clear(&kem_context);
	OPENSSL_cleanse(dh, sizeof(dh));
	OPENSSL_cleanse(prk, sizeof(prk));
	return res;
}

/* KeySchedule() in base mode, without psk and psk_id. */
static enum mdoc_result
key_schedule(const struct mdoc_context *context, const uint8_t shared[SECRET], struct mdoc_bytes info, uint8_t key[KEY],
	uint8_t nonce[NONCE])
{
	uint8_t schedule[1 + SECRET + SECRET] = { MODE_BASE };
	uint8_t secret[SECRET] = { 0 };
	enum mdoc_result res;

	res = labeled_extract(context, SUITE(hpke_suite), MDOC_NO_BYTES, "psk_id_hash", MDOC_NO_BYTES, schedule + 1);
	if (res == MDOC_OK)
		res = labeled_extract(context, SUITE(hpke_suite), MDOC_NO_BYTES, "info_hash", info,
			schedule + 1 + SECRET);
	if (res == MDOC_OK)
		res = labeled_extract(context, SUITE(hpke_suite), mdoc_bytes_of(shared, SECRET), "secret",
			MDOC_NO_BYTES, secret);
	if (res == MDOC_OK)
		res = labeled_expand(context, SUITE(hpke_suite), secret, "key", SUITE(schedule), key, KEY);
	if (res == MDOC_OK)
		res = labeled_expand(context, SUITE(hpke_suite), secret, "base_nonce", SUITE(schedule), nonce, NONCE);
	OPENSSL_cleanse(secret, sizeof(secret));
	return res;
}

/* AES-128-GCM either way; tag is read or written. MDOC_ERR_SESSION: the tag does not hold. */
static enum mdoc_result
gcm(const struct mdoc_context *context, bool encrypt, const uint8_t key[KEY], const uint8_t nonce[NONCE],
	struct mdoc_bytes aad, struct mdoc_bytes in, uint8_t tag[TAG], uint8_t *out)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(mdoc_context_libctx(context), "AES-128-GCM", NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0, last = 0;
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	if (cipher == NULL || ctx == NULL || EVP_CipherInit_ex2(ctx, cipher, key, nonce, encrypt ? 1 : 0, NULL) != 1)
		goto out;
	if (aad.len > 0 && EVP_CipherUpdate(ctx, NULL, &len, aad.ptr, (int)aad.len) != 1)
		goto out;
	len = 0;
	if (in.len > 0 && EVP_CipherUpdate(ctx, out, &len, in.ptr, (int)in.len) != 1)
		goto out;
	if (!encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) != 1)
		goto out;
	res = encrypt ? MDOC_ERR_CRYPTO : MDOC_ERR_SESSION;
	if (EVP_CipherFinal_ex(ctx, out + len, &last) != 1 ||
		(encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, tag) != 1))
		goto out;
	res = MDOC_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return res;
}

static bool
is_p256(const struct mdoc_public_key *key)
{
	return key->curve == MDOC_CURVE_P256 && key->point_len == MDOCI_HPKE_ENC;
}

enum mdoc_result
mdoci_hpke_seal(const struct mdoc_context *context, const struct mdoc_agreement *ephemeral,
	const struct mdoc_public_key *recipient, struct mdoc_bytes info, struct mdoc_bytes aad, struct mdoc_bytes plain,
	uint8_t enc[MDOCI_HPKE_ENC], struct mdoc_buf *sealed)
{
	uint8_t secret[SECRET] = { 0 }, key[KEY] = { 0 }, nonce[NONCE] = { 0 }, tag[TAG];
	uint8_t *out = NULL;
	enum mdoc_result res;

	if (!is_p256(recipient) || !is_p256(&ephemeral->key) || plain.len > INT_MAX || aad.len > INT_MAX)
		return MDOC_ERR_KEY;
	out = malloc(plain.len + 1);
	if (out == NULL)
		return MDOC_ERR_MEMORY;
	memcpy(enc, ephemeral->key.point, MDOCI_HPKE_ENC);
	res = kem_secret(context, ephemeral, recipient, mdoc_bytes_of(enc, MDOCI_HPKE_ENC),
		mdoc_bytes_of(recipient->point, MDOCI_HPKE_ENC), secret);
	if (res == MDOC_OK)
		res = key_schedule(context, secret, info, key, nonce);
	if (res == MDOC_OK)
		res = gcm(context, true, key, nonce, aad, plain, tag, out);
	if (res == MDOC_OK) {
		mdoc_buf_append(sealed, mdoc_bytes_of(out, plain.len));
		mdoc_buf_append(sealed, mdoc_bytes_of(tag, TAG));
		res = sealed->err;
	}
	free(out);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(key, sizeof(key));
	return res;
}

enum mdoc_result
mdoci_hpke_open(const struct mdoc_context *context, const struct mdoc_agreement *recipient, struct mdoc_bytes enc,
	struct mdoc_bytes info, struct mdoc_bytes aad, struct mdoc_bytes sealed, struct mdoc_buf *plain)
{
	struct mdoc_public_key peer = { .curve = MDOC_CURVE_P256, .point_len = MDOCI_HPKE_ENC };
	uint8_t secret[SECRET] = { 0 }, key[KEY] = { 0 }, nonce[NONCE] = { 0 }, tag[TAG];
	EVP_PKEY *checked = NULL;
	uint8_t *out = NULL;
	size_t len;
	enum mdoc_result res;

	if (!is_p256(&recipient->key) || enc.len != MDOCI_HPKE_ENC)
		return MDOC_ERR_KEY;
	if (sealed.len < TAG || sealed.len > INT_MAX || aad.len > INT_MAX)
		return MDOC_ERR_SESSION;
	len = sealed.len - TAG;
	memcpy(tag, sealed.ptr + len, TAG);
	memcpy(peer.point, enc.ptr, enc.len);
	out = malloc(len + 1);
	if (out == NULL)
		return MDOC_ERR_MEMORY;
	res = mdoc_key_to_evp(context, &peer, &checked); /* a point off the curve would leak the private key */
	if (res == MDOC_OK)
		res = kem_secret(context, recipient, &peer, enc, mdoc_bytes_of(recipient->key.point, MDOCI_HPKE_ENC),
			secret);
	if (res == MDOC_OK)
		res = key_schedule(context, secret, info, key, nonce);
	if (res == MDOC_OK)
		res = gcm(context, false, key, nonce, aad, mdoc_bytes_of(sealed.ptr, len), tag, out);
	if (res == MDOC_OK) {
		mdoc_buf_append(plain, mdoc_bytes_of(out, len));
		res = plain->err;
	}
	OPENSSL_cleanse(out, len);
	free(out);
	EVP_PKEY_free(checked);
	OPENSSL_cleanse(secret, sizeof(secret));
	OPENSSL_cleanse(key, sizeof(key));
	return res;
}
