/* secret.c: codes, tokens and nonces. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include <mdoc/base64url.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include "tools/issuer/issuer.h"
#include "tools/issuer/serve/secret.h"

#define RANDOM 16
#define NONCE_BYTES (8 + 16 + 16) /* time, random bits, tag */
#define TX_SALT 16
#define TX_ROUNDS 60000 /* PBKDF2: 20 ms, and six digits take a thief of the register hours instead of a second */

static bool
encode(const uint8_t *bytes, size_t len, char *text, size_t room)
{
	struct mdoc_buf out = MDOC_BUF_OVER((uint8_t *)text, room);

	mdoc_base64url_encode(&out, mdoc_bytes_of(bytes, len));
	mdoc_buf_append(&out, mdoc_bytes_of("", 1));
	return out.err == MDOC_OK;
}

static bool
sha256(const struct mdoc_context *context, const void *bytes, size_t len, uint8_t digest[32])
{
	size_t size = 0;

	return EVP_Q_digest(mdoc_context_libctx(context), "SHA256", NULL, bytes, len, digest, &size) == 1 && size == 32;
}

bool
secret_make(const struct mdoc_context *context, char text[SECRET_TEXT + 1])
{
	uint8_t bits[RANDOM];
	const bool good = RAND_bytes_ex(mdoc_context_libctx(context), bits, sizeof(bits), 0) == 1 &&
		encode(bits, sizeof(bits), text, SECRET_TEXT + 1);

	OPENSSL_cleanse(bits, sizeof(bits));
	return good;
}

bool
secret_hash(const struct mdoc_context *context, const char *text, char hash[SECRET_HASH + 1])
{
	uint8_t digest[32];

	if (!sha256(context, text, strlen(text), digest))
		return false;
	issuer_hex(mdoc_bytes_of(digest, sizeof(digest)), hash);
	return true;
}

bool
secret_code_of(const struct mdoc_context *context, const char *id, char code[SECRET_TEXT + 1])
{
	static const char label[] = "mdoc-pkcs11 pre-authorized code\n";
	char text[sizeof(label) + SECRET_TEXT];
	uint8_t digest[32];
	bool good;

	if (strlen(id) != SECRET_TEXT)
		return false;
	snprintf(text, sizeof(text), "%s%s", label, id);
	good = sha256(context, text, strlen(text), digest) && encode(digest, RANDOM, code, SECRET_TEXT + 1);
	OPENSSL_cleanse(text, sizeof(text));
	OPENSSL_cleanse(digest, sizeof(digest));
	return good;
}

/* ---- Transaction codes ---- */

static bool
slow(const struct mdoc_context *context, const char *tx, const uint8_t salt[TX_SALT], uint8_t out[32])
{
	EVP_KDF *kdf = EVP_KDF_fetch(mdoc_context_libctx(context), "PBKDF2", NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	unsigned rounds = TX_ROUNDS;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, (void *)(uintptr_t)tx, strlen(tx)),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt, TX_SALT),
		OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &rounds),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t) "SHA256", 0),
		OSSL_PARAM_construct_end(),
	};
	const bool good = ctx != NULL && EVP_KDF_derive(ctx, out, 32, params) == 1;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return good;
}

/* "SALT:HASH" */
static bool
write_tx(const struct mdoc_context *context, const char *tx, const uint8_t salt[TX_SALT], char hash[SECRET_TX_HASH + 1])
{
	uint8_t digest[32];

	if (!slow(context, tx, salt, digest))
		return false;
	issuer_hex(mdoc_bytes_of(salt, TX_SALT), hash);
	hash[2 * TX_SALT] = ':';
	issuer_hex(mdoc_bytes_of(digest, sizeof(digest)), hash + 2 * TX_SALT + 1);
	return true;
}

bool
secret_tx_hash(const struct mdoc_context *context, const char *tx, char hash[SECRET_TX_HASH + 1])
{
	uint8_t salt[TX_SALT];

	return RAND_bytes_ex(mdoc_context_libctx(context), salt, sizeof(salt), 0) == 1 &&
		write_tx(context, tx, salt, hash);
}

bool
secret_tx_is(const struct mdoc_context *context, const char *tx, const char *hash)
{
	char salt_text[2 * TX_SALT + 1], made[SECRET_TX_HASH + 1];
	uint8_t salt[TX_SALT];

	if (strlen(tx) > SECRET_TX_MAX || strlen(hash) != SECRET_TX_HASH)
		return false;
	memcpy(salt_text, hash, sizeof(salt_text) - 1);
	salt_text[sizeof(salt_text) - 1] = '\0';
	return issuer_unhex(salt_text, salt, sizeof(salt)) && write_tx(context, tx, salt, made) &&
		CRYPTO_memcmp(made, hash, SECRET_TX_HASH) == 0;
}

bool
secret_tx_make(const struct mdoc_context *context, unsigned digits, char *text)
{
	for (unsigned i = 0; i < digits;) {
		uint8_t byte;

		if (RAND_bytes_ex(mdoc_context_libctx(context), &byte, 1, 0) != 1)
			return false;
		if (byte < 250) /* all ten digits are equally likely */
			text[i++] = (char)('0' + byte % 10);
	}
	text[digits] = '\0';
	return true;
}

/* ---- Nonces ---- */

static bool
tag_of(const struct mdoc_context *context, const uint8_t key[SECRET_KEY], const uint8_t *bytes, uint8_t tag[32])
{
	size_t len = 0;

	return EVP_Q_mac(mdoc_context_libctx(context), "HMAC", NULL, "SHA256", NULL, key, SECRET_KEY, bytes, 24, tag,
		       32, &len) != NULL &&
		len == 32;
}

bool
secret_nonce(const struct mdoc_context *context, const uint8_t key[SECRET_KEY], int64_t now,
	char nonce[SECRET_NONCE + 1])
{
	uint8_t bytes[NONCE_BYTES], tag[32];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)now >> (56 - 8 * i));
	if (RAND_bytes_ex(mdoc_context_libctx(context), bytes + 8, 16, 0) != 1 || !tag_of(context, key, bytes, tag))
		return false;
	memcpy(bytes + 24, tag, 16);
	return encode(bytes, sizeof(bytes), nonce, SECRET_NONCE + 1);
}

bool
secret_nonce_is(const struct mdoc_context *context, const uint8_t key[SECRET_KEY], const char *nonce, int64_t now,
	int64_t life)
{
	uint8_t room[NONCE_BYTES], tag[32];
	struct mdoc_buf bytes = MDOC_BUF_OVER(room, sizeof(room));
	uint64_t when = 0;

	if (strlen(nonce) != SECRET_NONCE || mdoc_base64url_decode(mdoc_text(nonce), &bytes) != MDOC_OK ||
		bytes.len != sizeof(room) || !tag_of(context, key, room, tag) || CRYPTO_memcmp(tag, room + 24, 16) != 0)
		return false;
	for (size_t i = 0; i < 8; i++)
		when = when << 8 | room[i];
	return (int64_t)when <= now && now - (int64_t)when <= life;
}
