/*
 * mdoc/session/direction.c: AES-256-GCM of one direction of a session.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/session/session_internal.h"
#include <limits.h>
#include <openssl/crypto.h>
#include <string.h>

enum mdoc_result
mdoci_direction_start(const struct mdoc_context *context, struct mdoci_direction *direction, uint8_t identifier,
	bool encrypt, const uint8_t key[MDOCI_KEY_LEN])
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(mdoc_context_libctx(context), "AES-256-GCM", NULL);
	enum mdoc_result res = MDOC_ERR_CRYPTO;

	direction->identifier = identifier;
	direction->counter = 1;
	direction->ctx = EVP_CIPHER_CTX_new();
	if (cipher != NULL && direction->ctx != NULL &&
		EVP_CipherInit_ex2(direction->ctx, cipher, key, NULL, encrypt ? 1 : 0, NULL) == 1)
		res = MDOC_OK;
	EVP_CIPHER_free(cipher);
	return res;
}

void
mdoci_direction_end(struct mdoci_direction *direction)
{
	EVP_CIPHER_CTX_free(direction->ctx); /* wipes the key schedule */
	direction->ctx = NULL;
	direction->counter = 0;
}

/* The IV of the next message. The counter moves on whatever becomes of it, so that no value comes twice. */
static bool
take_iv(struct mdoci_direction *direction, uint8_t iv[MDOCI_GCM_IV])
{
	const uint32_t counter = direction->counter;

	if (direction->ctx == NULL || counter == 0)
		return false;
	memset(iv, 0, MDOCI_GCM_IV);
	iv[7] = direction->identifier;
	iv[8] = (uint8_t)(counter >> 24);
	iv[9] = (uint8_t)(counter >> 16);
	iv[10] = (uint8_t)(counter >> 8);
	iv[11] = (uint8_t)counter;
	direction->counter++; /* 0 after 2^32 - 1 */
	return EVP_CipherInit_ex2(direction->ctx, NULL, NULL, iv, -1, NULL) == 1;
}

enum mdoc_result
mdoci_direction_seal(struct mdoci_direction *direction, struct mdoc_bytes plain, struct mdoc_buf *out)
{
	uint8_t iv[MDOCI_GCM_IV], tag[MDOCI_GCM_TAG];
	uint8_t *sealed = NULL;
	int len = 0, last = 0;
	enum mdoc_result res = MDOC_ERR_MEMORY;

	if (plain.len > INT_MAX)
		return MDOC_ERR_SIZE;
	if (direction->counter == 0)
		return MDOC_ERR_SESSION;
	sealed = malloc(plain.len + 1);
	if (sealed == NULL)
		goto out;
	res = MDOC_ERR_CRYPTO;
	if (!take_iv(direction, iv) ||
		(plain.len > 0 && EVP_EncryptUpdate(direction->ctx, sealed, &len, plain.ptr, (int)plain.len) != 1) ||
		EVP_EncryptFinal_ex(direction->ctx, sealed + len, &last) != 1 ||
		EVP_CIPHER_CTX_ctrl(direction->ctx, EVP_CTRL_AEAD_GET_TAG, MDOCI_GCM_TAG, tag) != 1)
		goto out;
	mdoc_buf_append(out, mdoc_bytes_of(sealed, plain.len));
	mdoc_buf_append(out, mdoc_bytes_of(tag, sizeof(tag)));
	res = out->err;
out:
	free(sealed);
	return res;
}

enum mdoc_result
mdoci_direction_open(struct mdoci_direction *direction, struct mdoc_bytes sealed, struct mdoc_buf *plain)
{
	uint8_t iv[MDOCI_GCM_IV], tag[MDOCI_GCM_TAG];
	uint8_t *opened = NULL;
	size_t opened_len = 0;
	int len = 0, last = 0;
	enum mdoc_result res = MDOC_ERR_SESSION;

	if (sealed.len < MDOCI_GCM_TAG || sealed.len > INT_MAX || direction->counter == 0)
		return MDOC_ERR_SESSION;
	opened_len = sealed.len - MDOCI_GCM_TAG;
	if (!mdoci_buf_fits(plain, opened_len)) {
		mdoc_buf_append(plain, mdoc_bytes_of(NULL, opened_len)); /* counted only */
		return plain->err;
	}
	memcpy(tag, sealed.ptr + opened_len, sizeof(tag));
	opened = malloc(opened_len + 1);
	if (opened == NULL)
		return MDOC_ERR_MEMORY;
	if (!take_iv(direction, iv) ||
		EVP_CIPHER_CTX_ctrl(direction->ctx, EVP_CTRL_AEAD_SET_TAG, MDOCI_GCM_TAG, tag) != 1 ||
		(opened_len > 0 && EVP_DecryptUpdate(direction->ctx, opened, &len, sealed.ptr, (int)opened_len) != 1) ||
		EVP_DecryptFinal_ex(direction->ctx, opened + len, &last) != 1)
		goto out;
	mdoc_buf_append(plain, mdoc_bytes_of(opened, opened_len));
	res = plain->err;
out:
	OPENSSL_cleanse(opened, opened_len);
	free(opened);
	return res;
}
