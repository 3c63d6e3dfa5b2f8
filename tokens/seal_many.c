/*
 * tokens/seal_many.c: one key for many blobs and MACs.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/seal_priv.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

struct seal_many {
	EVP_CIPHER_CTX *cipher; /* with the key, for opening */
	EVP_MAC_CTX *hmac;      /* with the key */
	uint8_t *plain;         /* the last plaintext */
	size_t room;
};

void
seal_many_free(struct seal_many *many)
{
	if (many == NULL)
		return;
	EVP_CIPHER_CTX_free(many->cipher);
	EVP_MAC_CTX_free(many->hmac);
	if (many->plain != NULL)
		OPENSSL_cleanse(many->plain, many->room);
	free(many->plain);
	free(many);
}

enum token_result
seal_many_new(const struct seal_ctx *ctx, struct secret key, struct seal_many **out)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end() };
	struct seal_many *many = NULL;
	enum token_result res = TOKEN_ERR_MEMORY;

	*out = NULL;
	if (key.len != SEAL_KEY_LEN)
		return TOKEN_ERR_ARG;
	many = calloc(1, sizeof(*many));
	if (many == NULL)
		return TOKEN_ERR_MEMORY;
	many->cipher = EVP_CIPHER_CTX_new();
	many->hmac = EVP_MAC_CTX_new(ctx->hmac);
	if (many->cipher == NULL || many->hmac == NULL)
		goto out;
	res = TOKEN_ERR_CRYPTO;
	if (EVP_DecryptInit_ex2(many->cipher, ctx->aes, key.ptr, NULL, NULL) != 1 ||
		EVP_MAC_init(many->hmac, key.ptr, key.len, params) != 1)
		goto out;
	*out = many;
	many = NULL;
	res = TOKEN_OK;
out:
	seal_many_free(many);
	return res;
}

/* Room for a plaintext; the last one goes. */
static bool
make_room(struct seal_many *many, size_t len)
{
	uint8_t *plain = NULL;

	if (len <= many->room)
		return true;
	plain = malloc(len);
	if (plain == NULL)
		return false;
	if (many->plain != NULL)
		OPENSSL_cleanse(many->plain, many->room);
	free(many->plain);
	many->plain = plain;
	many->room = len;
	return true;
}

static bool
add_aad(struct seal_many *many, const void *aad, size_t len)
{
	int n = 0;

	return len == 0 || EVP_DecryptUpdate(many->cipher, NULL, &n, aad, (int)len) == 1;
}

enum token_result
seal_many_open(struct seal_many *many, const void *aad, size_t aad_len, const void *more, size_t more_len,
	const uint8_t *sealed, size_t sealed_len, const uint8_t **plain, size_t *plain_len)
{
	const uint8_t *text = NULL;
	size_t len = 0;
	uint8_t tag[TAG_LEN];
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag, TAG_LEN),
		OSSL_PARAM_construct_end() };
	enum token_result res;
	int n = 0;

	res = seal_check_form(sealed, sealed_len);
	if (res != TOKEN_OK)
		return res;
	text = sealed + 1 + NONCE_LEN;
	len = sealed_len - SEAL_OVERHEAD;
	if (len > INT_MAX - SEAL_OVERHEAD || aad_len > INT_MAX || more_len > INT_MAX)
		return TOKEN_ERR_ARG;
	if (!make_room(many, len + 1))
		return TOKEN_ERR_MEMORY;
	memcpy(tag, text + len, TAG_LEN);
	if (EVP_DecryptInit_ex2(many->cipher, NULL, NULL, sealed + 1, params) != 1 || !add_aad(many, aad, aad_len) ||
		!add_aad(many, more, more_len))
		return TOKEN_ERR_CRYPTO;
	if (len > 0 && (EVP_DecryptUpdate(many->cipher, many->plain, &n, text, (int)len) != 1 || (size_t)n != len))
		return TOKEN_ERR_CRYPTO;
	if (EVP_DecryptFinal_ex(many->cipher, many->plain + len, &n) != 1) {
		OPENSSL_cleanse(many->plain, many->room);
		return TOKEN_ERR_DAMAGED;
	}
	*plain = many->plain;
	*plain_len = len;
	return TOKEN_OK;
}

enum token_result
seal_many_hmac(struct seal_many *many, const void *data, size_t len, uint8_t mac[SEAL_MAC_LEN])
{
	size_t mac_len = 0;

	if (EVP_MAC_init(many->hmac, NULL, 0, NULL) != 1 || (len > 0 && EVP_MAC_update(many->hmac, data, len) != 1) ||
		EVP_MAC_final(many->hmac, mac, &mac_len, SEAL_MAC_LEN) != 1 || mac_len != SEAL_MAC_LEN)
		return TOKEN_ERR_CRYPTO;
	return TOKEN_OK;
}
