/* jwe.c: compact JWE with ECDH-ES and AES-GCM. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/context.h"
#include "tools/common/jwe.h"
#include "tools/common/json.h"
#include "tools/common/jwt.h"
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <mdoc/base64url.h>

#define ALG "ECDH-ES"
#define PARTS 5 /* header, encrypted key, IV, ciphertext, tag */
#define IV_LEN 12
#define TAG_LEN 16
#define PARTY_MAX 1024 /* bytes of apu and apv: names and nonces */

static const struct enc_row {
	const char *name;
	const char *cipher; /* OpenSSL's name */
	size_t key_len;
} encs[] = {
	[JWE_A128GCM] = { "A128GCM", "AES-128-GCM", 16 },
	[JWE_A256GCM] = { "A256GCM", "AES-256-GCM", 32 },
};
#define ENCS (sizeof(encs) / sizeof(encs[0]))

const char *
jwe_enc_name(enum jwe_enc enc)
{
	return encs[enc].name;
}

bool
jwe_enc_from_name(const char *name, enum jwe_enc *enc)
{
	for (size_t i = 0; name != NULL && i < ENCS; i++) {
		if (strcmp(encs[i].name, name) == 0) {
			*enc = (enum jwe_enc)i;
			return true;
		}
	}
	return false;
}

static void
put_length(struct mdoc_buf *out, size_t len)
{
	const uint8_t size[] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };

	mdoc_buf_append(out, mdoc_bytes_of(size, sizeof(size)));
}

static void
put_sized(struct mdoc_buf *out, struct mdoc_bytes bytes)
{
	put_length(out, bytes.len);
	mdoc_buf_append(out, bytes);
}

static void *
writable(const void *ptr)
{
	union {
		const void *in;
		void *out;
	} both = { .in = ptr };

	return both.out;
}

/* SP 800-56C one-step KDF is Concat KDF: H(counter || Z || OtherInfo). */
static enum mdoc_result
concat_kdf(const struct mdoc_context *context, struct mdoc_bytes secret, struct mdoc_bytes info, uint8_t *key,
	size_t len)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, writable("SHA256"), 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, writable(secret.ptr), secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, writable(info.ptr), info.len),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(mdoc_context_libctx(context), "SSKDF", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	const bool done = ctx != NULL && EVP_KDF_derive(ctx, key, len, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return done ? MDOC_OK : MDOC_ERR_CRYPTO;
}

enum mdoc_result
jwe_content_key(const struct mdoc_context *context, const struct mdoc_agreement *own,
	const struct mdoc_public_key *peer, enum jwe_enc enc, struct mdoc_bytes apu, struct mdoc_bytes apv,
	uint8_t key[JWE_KEY_MAX], size_t *len)
{
	struct mdoc_buf info = MDOC_BUF_EMPTY;
	uint8_t shared[MDOC_SHARED_MAX];
	size_t shared_len = 0;
	enum mdoc_result res;

	if (apu.len > PARTY_MAX || apv.len > PARTY_MAX)
		return MDOC_ERR_SIZE;
	res = mdoc_agree(own, peer, shared, &shared_len);
	if (res != MDOC_OK)
		goto out;
	put_sized(&info, mdoc_text(encs[enc].name));
	put_sized(&info, apu);
	put_sized(&info, apv);
	put_length(&info, encs[enc].key_len * 8); /* SuppPubInfo: bits of the key; SuppPrivInfo is empty */
	res = info.err;
	if (res != MDOC_OK)
		goto out;
	res = concat_kdf(context, mdoc_bytes_of(shared, shared_len), mdoc_buf_bytes(&info), key, encs[enc].key_len);
	*len = encs[enc].key_len;
out:
	OPENSSL_cleanse(shared, sizeof(shared));
	mdoc_buf_clear(&info);
	return res;
}

/* AES-GCM, either way; aad is the text of the header. */
static enum mdoc_result
gcm(const struct mdoc_context *context, enum jwe_enc enc, bool seal, const uint8_t *key, const uint8_t iv[IV_LEN],
	struct mdoc_bytes aad, struct mdoc_bytes in, uint8_t *out, uint8_t tag[TAG_LEN])
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(mdoc_context_libctx(context), encs[enc].cipher, NULL);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	enum mdoc_result res = MDOC_ERR_CRYPTO;
	uint8_t rest[EVP_MAX_BLOCK_LENGTH];
	int wrote = 0;

	if (in.len > INT_MAX || aad.len > INT_MAX) {
		res = MDOC_ERR_SIZE;
		goto out;
	}
	if (cipher == NULL || ctx == NULL || EVP_CipherInit_ex2(ctx, cipher, key, iv, seal ? 1 : 0, NULL) != 1 ||
		EVP_CipherUpdate(ctx, NULL, &wrote, aad.ptr, (int)aad.len) != 1 ||
		(in.len > 0 && EVP_CipherUpdate(ctx, out, &wrote, in.ptr, (int)in.len) != 1) ||
		(!seal && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1))
		goto out;
	if (EVP_CipherFinal_ex(ctx, rest, &wrote) != 1) {
		res = seal ? MDOC_ERR_CRYPTO : MDOC_ERR_SIGNATURE;
		goto out;
	}
	if (!seal || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) == 1)
		res = MDOC_OK;
out:
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return res;
}

/* ---- Making ---- */

static enum mdoc_result
put_header(struct mdoc_buf *out, const struct mdoc_public_key *epk, enum jwe_enc enc, const char *kid,
	struct mdoc_bytes apu, struct mdoc_bytes apv)
{
	json_t *header = json_pack("{s:s, s:s, s:o}", "alg", ALG, "enc", encs[enc].name, "epk", jwk_from_key(epk));
	char *text = NULL;
	bool good = header != NULL;

	if (good && kid != NULL)
		good = json_object_set_new(header, "kid", json_string(kid)) == 0;
	if (good && apu.len > 0)
		good = json_object_set_new(header, "apu", json_base64url(apu)) == 0;
	if (good && apv.len > 0)
		good = json_object_set_new(header, "apv", json_base64url(apv)) == 0;
	if (good)
		text = json_dumps(header, JSON_COMPACT);
	if (text != NULL)
		mdoc_base64url_encode(out, mdoc_text(text));
	free(text);
	json_decref(header);
	return text != NULL ? out->err : MDOC_ERR_MEMORY;
}

static void
put_part(struct mdoc_buf *out, struct mdoc_bytes part)
{
	mdoc_buf_append(out, mdoc_text("."));
	mdoc_base64url_encode(out, part);
}

static enum mdoc_result
seal(const struct mdoc_context *context, const struct mdoc_agreement *ephemeral,
	const struct mdoc_public_key *recipient, struct mdoc_bytes plain, enum jwe_enc enc, const char *kid,
	struct mdoc_bytes apu, struct mdoc_bytes apv, struct mdoc_buf *out)
{
	uint8_t key[JWE_KEY_MAX], iv[IV_LEN], tag[TAG_LEN];
	uint8_t *cipher = malloc(plain.len + 1);
	size_t key_len = 0;
	enum mdoc_result res = cipher != NULL ? MDOC_OK : MDOC_ERR_MEMORY;

	if (res == MDOC_OK)
		res = jwe_content_key(context, ephemeral, recipient, enc, apu, apv, key, &key_len);
	if (res == MDOC_OK)
		res = put_header(out, &ephemeral->key, enc, kid, apu, apv);
	if (res == MDOC_OK && RAND_bytes_ex(mdoc_context_libctx(context), iv, sizeof(iv), 0) != 1)
		res = MDOC_ERR_CRYPTO;
	if (res == MDOC_OK)
		res = gcm(context, enc, true, key, iv, mdoc_buf_bytes(out), plain, cipher, tag);
	OPENSSL_cleanse(key, sizeof(key));
	if (res == MDOC_OK) {
		put_part(out, MDOC_NO_BYTES);
		put_part(out, mdoc_bytes_of(iv, sizeof(iv)));
		put_part(out, mdoc_bytes_of(cipher, plain.len));
		put_part(out, mdoc_bytes_of(tag, sizeof(tag)));
		res = out->err;
	}
	free(cipher);
	return res;
}

enum mdoc_result
jwe_encrypt(const struct mdoc_context *context, struct mdoc_bytes plain, enum jwe_enc enc, const char *kid,
	struct mdoc_bytes apu, struct mdoc_bytes apv, const struct mdoc_public_key *recipient, struct mdoc_buf *jwe)
{
	struct mdoc_agreement ephemeral = { .arg = NULL };
	struct mdoc_buf out = MDOC_BUF_EMPTY;
	json_t *jwk = jwk_from_key(recipient);
	enum mdoc_result res = MDOC_ERR_KEY;

	if (jwk == NULL)
		goto out;
	res = key_make_ephemeral(context, recipient->curve, &ephemeral);
	if (res == MDOC_OK)
		res = seal(context, &ephemeral, recipient, plain, enc, kid, apu, apv, &out);
	if (res == MDOC_OK) {
		mdoc_buf_append(jwe, mdoc_buf_bytes(&out));
		res = jwe->err;
	}
out:
	mdoc_agreement_clear(&ephemeral);
	json_decref(jwk);
	mdoc_buf_clear(&out);
	return res;
}

/* ---- Reading ---- */

/* The five texts between the dots. */
static bool
split(struct mdoc_bytes jwe, struct mdoc_bytes parts[PARTS])
{
	size_t n = 0, start = 0;

	for (size_t i = 0; i <= jwe.len; i++) {
		if (i < jwe.len && jwe.ptr[i] != '.')
			continue;
		if (n == PARTS)
			return false;
		parts[n++] = mdoc_bytes_of(jwe.ptr + start, i - start);
		start = i + 1;
	}
	return n == PARTS && parts[1].len == 0;
}

static enum mdoc_result
read_party(const json_t *header, const char *name, struct mdoc_buf *out)
{
	const json_t *text = json_object_get(header, name);
	enum mdoc_result res;

	if (text == NULL)
		return MDOC_OK;
	if (!json_is_string(text))
		return MDOC_ERR_MALFORMED;
	res = mdoc_base64url_decode(mdoc_bytes_of(json_string_value(text), json_string_length(text)), out);
	return res == MDOC_OK && out->len > PARTY_MAX ? MDOC_ERR_SIZE : res;
}

static enum mdoc_result
read_members(const struct mdoc_context *context, const json_t *json, struct jwe_header *header)
{
	const char *alg = json_string_value(json_object_get(json, "alg"));
	const json_t *kid = json_object_get(json, "kid");
	enum mdoc_result res;

	if (alg == NULL || strcmp(alg, ALG) != 0 || json_object_get(json, "zip") != NULL ||
		json_object_get(json, "crit") != NULL ||
		!jwe_enc_from_name(json_string_value(json_object_get(json, "enc")), &header->enc))
		return MDOC_ERR_ALGORITHM;
	if (kid != NULL && !json_is_string(kid))
		return MDOC_ERR_MALFORMED;
	if (kid != NULL) {
		header->kid = strdup(json_string_value(kid));
		if (header->kid == NULL)
			return MDOC_ERR_MEMORY;
	}
	res = read_party(json, "apu", &header->apu);
	if (res == MDOC_OK)
		res = read_party(json, "apv", &header->apv);
	return res == MDOC_OK ? jwk_to_key(context, json_object_get(json, "epk"), &header->epk) : res;
}

enum mdoc_result
jwe_header_read(const struct mdoc_context *context, struct mdoc_bytes jwe, struct jwe_header *header)
{
	struct mdoc_bytes parts[PARTS];
	struct mdoc_buf text = MDOC_BUF_EMPTY;
	json_t *json = NULL;
	enum mdoc_result res = MDOC_ERR_MALFORMED;

	memset(header, 0, sizeof(*header));
	if (!split(jwe, parts))
		return res;
	res = mdoc_base64url_decode(parts[0], &text);
	if (res != MDOC_OK)
		goto out;
	json = json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
	res = json_is_object(json) ? read_members(context, json, header) : MDOC_ERR_MALFORMED;
out:
	json_decref(json);
	mdoc_buf_clear(&text);
	return res;
}

void
jwe_header_clear(struct jwe_header *header)
{
	free(header->kid);
	mdoc_buf_clear(&header->apu);
	mdoc_buf_clear(&header->apv);
	memset(header, 0, sizeof(*header));
}

static enum mdoc_result
decode_fixed(struct mdoc_bytes part, uint8_t *out, size_t len)
{
	struct mdoc_buf bytes = MDOC_BUF_OVER(out, len);
	const enum mdoc_result res = mdoc_base64url_decode(part, &bytes);

	return res == MDOC_OK && bytes.len == len ? MDOC_OK : MDOC_ERR_MALFORMED;
}

enum mdoc_result
jwe_decrypt(const struct mdoc_context *context, struct mdoc_bytes jwe, const struct mdoc_agreement *key,
	struct mdoc_buf *plain)
{
	struct mdoc_bytes parts[PARTS];
	struct mdoc_buf cipher = MDOC_BUF_EMPTY;
	struct jwe_header header;
	uint8_t content[JWE_KEY_MAX], iv[IV_LEN], tag[TAG_LEN];
	uint8_t *out = NULL;
	size_t len = 0;
	enum mdoc_result res = jwe_header_read(context, jwe, &header);

	if (res != MDOC_OK || !split(jwe, parts))
		goto out;
	res = decode_fixed(parts[2], iv, sizeof(iv));
	if (res == MDOC_OK)
		res = decode_fixed(parts[4], tag, sizeof(tag));
	if (res == MDOC_OK)
		res = mdoc_base64url_decode(parts[3], &cipher);
	if (res == MDOC_OK)
		res = jwe_content_key(context, key, &header.epk, header.enc, mdoc_buf_bytes(&header.apu),
			mdoc_buf_bytes(&header.apv), content, &len);
	if (res != MDOC_OK)
		goto out;
	out = malloc(cipher.len + 1);
	res = out == NULL ? MDOC_ERR_MEMORY
			  : gcm(context, header.enc, false, content, iv, parts[0], mdoc_buf_bytes(&cipher), out, tag);
	if (res == MDOC_OK) {
		mdoc_buf_append(plain, mdoc_bytes_of(out, cipher.len));
		res = plain->err;
	}
out:
	if (out != NULL)
		OPENSSL_cleanse(out, cipher.len + 1);
	free(out);
	OPENSSL_cleanse(content, sizeof(content));
	mdoc_buf_clear(&cipher);
	jwe_header_clear(&header);
	return res;
}
