/*
 * module/pkcs11/mechanisms/cipher.c: AES in all its modes.
 *
 * Blocks are put together here and not by OpenSSL, so that every length is known before a byte is written.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "module/pkcs11/mechanisms/cipher_params.h"
#include "module/pkcs11/slots/library.h"
#include "pkcs11-3.h"

#define CHUNK ((CK_ULONG)1 << 30) /* EVP counts in int */

struct cipher {
	const struct cipher_mode *mode;
	bool encrypt;
	EVP_CIPHER_CTX *ctx;
	CK_BYTE held[CIPHER_BLOCK]; /* input that waits for the rest of its block */
	CK_ULONG held_len;
	uint64_t left;    /* COUNTER, AEAD: bytes that may still come */
	CK_ULONG tag_len; /* AEAD */
	CK_BYTE tag[CIPHER_BLOCK];
	bool detached; /* the tag is in tag, not at the end of the input */
	CK_BYTE *kept; /* input of what gives nothing before the end */
	CK_ULONG kept_len, kept_room;
};

/* out NULL: associated data. */
static CK_RV
run(EVP_CIPHER_CTX *ctx, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out)
{
	CK_ULONG at, n;
	int written;

	for (at = 0; at < len; at += n) {
		n = len - at < CHUNK ? len - at : CHUNK;
		if (EVP_CipherUpdate(ctx, out == NULL ? NULL : out + at, &written, in + at, (int)n) != 1 ||
			(CK_ULONG)written != n)
			return CKR_FUNCTION_FAILED;
	}
	return CKR_OK;
}

static CK_RV
start(struct cipher *cipher, const struct secret *key, const struct cipher_params *params)
{
	const int encrypt = cipher->encrypt ? 1 : 0;
	EVP_CIPHER *evp = NULL;
	CK_RV rv = CKR_FUNCTION_FAILED;

	evp = EVP_CIPHER_fetch(library_libctx(), cipher->mode->names[key->len / 8 - 2], NULL);
	if (evp == NULL || EVP_CipherInit_ex2(cipher->ctx, evp, NULL, NULL, encrypt, NULL) != 1)
		goto out;
	if (cipher->mode->style == WRAP || cipher->mode->style == WRAP_PAD)
		EVP_CIPHER_CTX_set_flags(cipher->ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (cipher->mode->style == AEAD &&
		EVP_CIPHER_CTX_ctrl(cipher->ctx, EVP_CTRL_AEAD_SET_IVLEN, (int)params->iv_size, NULL) != 1)
		goto out;
	if (EVP_CipherInit_ex2(cipher->ctx, NULL, key->ptr, params->iv, encrypt, NULL) != 1 ||
		EVP_CIPHER_CTX_set_padding(cipher->ctx, 0) != 1)
		goto out;
	rv = run(cipher->ctx, params->aad, params->aad_size, NULL);
out:
	EVP_CIPHER_free(evp);
	return rv;
}

CK_RV
cipher_new(const CK_MECHANISM *mechanism, const struct secret *key, bool encrypt, struct cipher **out)
{
	struct cipher_params params;
	const struct cipher_mode *mode = NULL;
	struct cipher *cipher = NULL;
	CK_RV rv;

	rv = cipher_params_take(mechanism, &mode, &params);
	if (rv == CKR_OK && key->len != 16 && key->len != 24 && key->len != 32)
		rv = CKR_KEY_SIZE_RANGE;
	if (rv != CKR_OK)
		return rv;
	rv = CKR_HOST_MEMORY;
	cipher = calloc(1, sizeof(*cipher));
	if (cipher == NULL || (cipher->ctx = EVP_CIPHER_CTX_new()) == NULL)
		goto out;
	cipher->mode = mode;
	cipher->encrypt = encrypt;
	cipher->left = params.left;
	cipher->tag_len = params.tag_len;
	rv = start(cipher, key, &params);
	if (rv != CKR_OK)
		goto out;
	*out = cipher;
	cipher = NULL;
out:
	cipher_free(cipher);
	return rv;
}

CK_RV
cipher_check(const CK_MECHANISM *mechanism)
{
	const struct cipher_mode *mode;
	struct cipher_params params;

	return cipher_params_take(mechanism, &mode, &params);
}

void
cipher_set_tag(struct cipher *cipher, const CK_BYTE *tag)
{
	memcpy(cipher->tag, tag, cipher->tag_len);
	cipher->detached = true;
}

/* Bytes of the input that are a tag. */
static CK_ULONG
tag_within(const struct cipher *cipher)
{
	return cipher->detached ? 0 : cipher->tag_len;
}

void
cipher_free(struct cipher *cipher)
{
	if (cipher == NULL)
		return;
	EVP_CIPHER_CTX_free(cipher->ctx);
	OPENSSL_clear_free(cipher->kept, cipher->kept_room);
	OPENSSL_cleanse(cipher->held, sizeof(cipher->held));
	free(cipher);
}

static CK_RV
bad_length(const struct cipher *cipher)
{
	return cipher->encrypt ? CKR_DATA_LEN_RANGE : CKR_ENCRYPTED_DATA_LEN_RANGE;
}

static CK_RV
bad_data(const struct cipher *cipher)
{
	return cipher->encrypt ? CKR_FUNCTION_FAILED : CKR_ENCRYPTED_DATA_INVALID;
}

/* Is all input kept until the end? */
static bool
keeps(const struct cipher *cipher)
{
	return cipher->mode->style == WRAP || cipher->mode->style == WRAP_PAD ||
		(cipher->mode->style == AEAD && !cipher->encrypt);
}

CK_RV
cipher_update_size(const struct cipher *cipher, CK_ULONG len, CK_ULONG *need)
{
	const bool behind = cipher->mode->style == PADDED && !cipher->encrypt;
	CK_ULONG total;

	*need = 0;
	if (keeps(cipher))
		return len > CIPHER_KEPT_MAX - cipher->kept_len ? bad_length(cipher) : CKR_OK;
	if (len > cipher->left || len > (CK_ULONG)-1 - 2 * CIPHER_BLOCK)
		return bad_length(cipher);
	total = cipher->held_len + len;
	if (cipher->mode->style == COUNTER || cipher->mode->style == AEAD)
		*need = len;
	else if (total > 0) /* the last block may be the padding, which is not for the caller */
		*need = (behind ? total - 1 : total) / CIPHER_BLOCK * CIPHER_BLOCK;
	return CKR_OK;
}

static CK_RV
keep(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len)
{
	CK_ULONG room = cipher->kept_room;
	CK_BYTE *grown;

	if (len > room - cipher->kept_len) {
		while (len > room - cipher->kept_len)
			room = room == 0 ? 1024 : 2 * room;
		grown = OPENSSL_clear_realloc(cipher->kept, cipher->kept_room, room);
		if (grown == NULL)
			return CKR_HOST_MEMORY;
		cipher->kept = grown;
		cipher->kept_room = room;
	}
	if (len > 0)
		memcpy(cipher->kept + cipher->kept_len, in, len);
	cipher->kept_len += len;
	return CKR_OK;
}

/* n: what is to be written, from cipher_update_size(). */
static CK_RV
run_blocks(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_ULONG n, CK_BYTE *out)
{
	CK_ULONG take;
	CK_RV rv;

	if (n > 0 && cipher->held_len > 0) {
		take = CIPHER_BLOCK - cipher->held_len;
		if (take > 0)
			memcpy(cipher->held + cipher->held_len, in, take);
		rv = run(cipher->ctx, cipher->held, CIPHER_BLOCK, out);
		if (rv != CKR_OK)
			return rv;
		cipher->held_len = 0;
		in += take;
		len -= take;
		out += CIPHER_BLOCK;
		n -= CIPHER_BLOCK;
	}
	rv = run(cipher->ctx, in, n, out);
	if (rv == CKR_OK && len > n) {
		memcpy(cipher->held + cipher->held_len, in + n, len - n);
		cipher->held_len += len - n;
	}
	return rv;
}

/* Input that the output would overwrite before it is read is copied first; else *copy stays NULL. */
static CK_RV
part_from(const struct cipher *cipher, const CK_BYTE **in, CK_ULONG len, const CK_BYTE *out, CK_ULONG n, CK_BYTE **copy)
{
	const uintptr_t from = (uintptr_t)*in;
	const uintptr_t to = (uintptr_t)out;

	if (len == 0 || n == 0 || from >= to + n || to >= from + len || (from == to && cipher->held_len == 0))
		return CKR_OK;
	*copy = OPENSSL_memdup(*in, len);
	if (*copy == NULL)
		return CKR_HOST_MEMORY;
	*in = *copy;
	return CKR_OK;
}

CK_RV
cipher_update(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_BYTE *copy = NULL;
	CK_ULONG n;
	CK_RV rv;

	rv = cipher_update_size(cipher, len, &n);
	if (rv != CKR_OK)
		return rv;
	*out_len = n;
	if (keeps(cipher))
		return keep(cipher, in, len);
	rv = part_from(cipher, &in, len, out, n, &copy);
	if (rv != CKR_OK)
		return rv;
	if (cipher->mode->style == COUNTER || cipher->mode->style == AEAD) {
		rv = run(cipher->ctx, in, len, out);
		if (cipher->left != UINT64_MAX)
			cipher->left -= len;
	} else {
		rv = run_blocks(cipher, in, len, n, out);
	}
	OPENSSL_clear_free(copy, len);
	return rv;
}

/* How many of the last block's bytes are the caller's: CIPHER_BLOCK for bad padding. Takes the same time for all. */
static CK_ULONG
unpadded(const CK_BYTE block[CIPHER_BLOCK])
{
	const unsigned pad = block[CIPHER_BLOCK - 1];
	unsigned bad = (pad - 1) & ~(unsigned)(CIPHER_BLOCK - 1); /* nonzero but for 1 to 16 */
	unsigned i;

	for (i = 0; i < CIPHER_BLOCK; i++) {
		unsigned mine = ((CIPHER_BLOCK - 1 - i) - pad) >> 8; /* nonzero: this byte is padding */

		bad |= (block[i] ^ pad) & (0u - (mine & 1));
	}
	return bad != 0 ? CIPHER_BLOCK : CIPHER_BLOCK - pad;
}

/* Decrypt the last block apart, without moving the cipher on. */
static CK_RV
peek_last(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_BYTE block[CIPHER_BLOCK])
{
	const CK_BYTE *last = len > 0 ? in + len - CIPHER_BLOCK : cipher->held;
	const CK_BYTE *chain = len > CIPHER_BLOCK ? last - CIPHER_BLOCK : NULL;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	CK_RV rv = CKR_HOST_MEMORY;

	if (ctx == NULL || EVP_CIPHER_CTX_copy(ctx, cipher->ctx) != 1)
		goto out;
	rv = CKR_FUNCTION_FAILED;
	if (chain != NULL && EVP_CipherInit_ex2(ctx, NULL, NULL, chain, -1, NULL) != 1)
		goto out;
	rv = run(ctx, last, CIPHER_BLOCK, block);
out:
	EVP_CIPHER_CTX_free(ctx);
	return rv;
}

static CK_RV
padded_size(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_ULONG *need)
{
	const CK_ULONG total = cipher->held_len + len;
	CK_BYTE block[CIPHER_BLOCK];
	CK_ULONG mine;
	CK_RV rv;

	if (cipher->encrypt) {
		*need = total / CIPHER_BLOCK * CIPHER_BLOCK + CIPHER_BLOCK;
		return CKR_OK;
	}
	if (total == 0 || total % CIPHER_BLOCK != 0)
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	rv = peek_last(cipher, in, len, block);
	mine = unpadded(block);
	OPENSSL_cleanse(block, sizeof(block));
	if (rv == CKR_OK && mine == CIPHER_BLOCK)
		rv = CKR_ENCRYPTED_DATA_INVALID;
	*need = total - CIPHER_BLOCK + mine;
	return rv;
}

/* Key wrap of everything at once; result in memory of its own. */
static CK_RV
run_wrap(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, struct secret *result)
{
	struct secret all = SECRET_NONE;
	int written = 0;
	CK_RV rv;

	if (!secret_alloc(len + CIPHER_BLOCK, &all))
		return CKR_HOST_MEMORY;
	rv = bad_data(cipher);
	if (EVP_CipherUpdate(cipher->ctx, all.ptr, &written, in, (int)len) == 1 && written > 0)
		rv = secret_copy(all.ptr, (size_t)written, result) ? CKR_OK : CKR_HOST_MEMORY;
	secret_wipe(&all);
	return rv;
}

static CK_RV
wrap_size(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_ULONG *need)
{
	const bool pads = cipher->mode->style == WRAP_PAD;
	struct secret result = SECRET_NONE;
	CK_RV rv;

	if (len > CIPHER_KEPT_MAX)
		return bad_length(cipher);
	if (cipher->encrypt) {
		*need = (len + 7) / 8 * 8 + 8;
		return pads ? (len == 0 ? CKR_DATA_LEN_RANGE : CKR_OK)
			    : (len < 16 || len % 8 != 0 ? CKR_DATA_LEN_RANGE : CKR_OK);
	}
	if (len % 8 != 0 || len < (pads ? 16 : 24))
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	*need = len - 8;
	if (!pads)
		return CKR_OK;
	rv = run_wrap(cipher, in, len, &result);
	*need = result.len;
	secret_wipe(&result);
	return rv;
}

static CK_RV
aead_size(const struct cipher *cipher, CK_ULONG len, CK_ULONG *need)
{
	if (len > (CK_ULONG)-1 - cipher->tag_len)
		return bad_length(cipher);
	if (!cipher->encrypt && (len < tag_within(cipher) || len - tag_within(cipher) > cipher->left))
		return CKR_ENCRYPTED_DATA_LEN_RANGE;
	if (cipher->encrypt && len > cipher->left)
		return CKR_DATA_LEN_RANGE;
	*need = cipher->encrypt ? len + cipher->tag_len : len - tag_within(cipher);
	return CKR_OK;
}

CK_RV
cipher_final_size(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_ULONG *need)
{
	*need = 0;
	if (keeps(cipher) && cipher->kept_len > 0) {
		in = cipher->kept;
		len = cipher->kept_len;
	}
	if (len > (CK_ULONG)-1 - 2 * CIPHER_BLOCK)
		return bad_length(cipher);
	switch (cipher->mode->style) {
	case PADDED:
		return padded_size(cipher, in, len, need);
	case AEAD:
		return aead_size(cipher, len, need);
	case WRAP:
	case WRAP_PAD:
		return wrap_size(cipher, in, len, need);
	case COUNTER:
		return cipher_update_size(cipher, len, need);
	default:
		*need = cipher->held_len + len;
		return *need % CIPHER_BLOCK != 0 ? bad_length(cipher) : CKR_OK;
	}
}

/* The block that is left when all whole ones have gone. */
static CK_RV
run_last(struct cipher *cipher, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_BYTE block[CIPHER_BLOCK];
	CK_ULONG n = CIPHER_BLOCK;
	CK_RV rv;

	if (cipher->encrypt)
		memset(cipher->held + cipher->held_len, (int)(CIPHER_BLOCK - cipher->held_len),
			CIPHER_BLOCK - cipher->held_len);
	rv = run(cipher->ctx, cipher->held, CIPHER_BLOCK, block);
	if (rv == CKR_OK && !cipher->encrypt) {
		n = unpadded(block);
		if (n == CIPHER_BLOCK)
			rv = CKR_ENCRYPTED_DATA_INVALID;
	}
	if (rv == CKR_OK) {
		memcpy(out, block, n);
		*out_len = n;
	}
	OPENSSL_cleanse(block, sizeof(block));
	return rv;
}

static CK_RV
open_aead(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out)
{
	const CK_ULONG text = len - tag_within(cipher);
	CK_BYTE none[CIPHER_BLOCK];
	CK_BYTE *copy = NULL;
	int written = 0;
	CK_RV rv;

	if (!cipher->detached)
		memcpy(cipher->tag, in + text, cipher->tag_len);
	rv = part_from(cipher, &in, text, out, text, &copy);
	if (rv != CKR_OK)
		return rv;
	rv = run(cipher->ctx, in, text, out);
	if (rv == CKR_OK &&
		(EVP_CIPHER_CTX_ctrl(cipher->ctx, EVP_CTRL_AEAD_SET_TAG, (int)cipher->tag_len, cipher->tag) != 1 ||
			EVP_CipherFinal_ex(cipher->ctx, none, &written) != 1))
		rv = CKR_ENCRYPTED_DATA_INVALID;
	if (rv != CKR_OK && text > 0)
		OPENSSL_cleanse(out, text);
	OPENSSL_clear_free(copy, text);
	return rv;
}

static CK_RV
get_tag(struct cipher *cipher, CK_BYTE *tag)
{
	CK_BYTE none[CIPHER_BLOCK];
	int written = 0;

	if (EVP_CipherFinal_ex(cipher->ctx, none, &written) != 1 ||
		EVP_CIPHER_CTX_ctrl(cipher->ctx, EVP_CTRL_AEAD_GET_TAG, (int)cipher->tag_len, tag) != 1)
		return CKR_FUNCTION_FAILED;
	return CKR_OK;
}

/* Of what was kept, or of the whole input. */
static CK_RV
final_kept(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	struct secret result = SECRET_NONE;
	CK_RV rv;

	if (cipher->kept_len > 0) {
		in = cipher->kept;
		len = cipher->kept_len;
	}
	if (cipher->mode->style == AEAD) {
		rv = open_aead(cipher, in, len, out);
		*out_len = len - tag_within(cipher);
		return rv;
	}
	rv = run_wrap(cipher, in, len, &result);
	if (rv == CKR_OK) {
		memcpy(out, result.ptr, result.len);
		*out_len = result.len;
	}
	secret_wipe(&result);
	return rv;
}

CK_RV
cipher_final(struct cipher *cipher, const CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len)
{
	CK_ULONG n = 0, rest = 0, need;
	CK_RV rv;

	rv = cipher_final_size(cipher, in, len, &need);
	if (rv != CKR_OK)
		return rv;
	if (keeps(cipher))
		return final_kept(cipher, in, len, out, out_len);
	rv = cipher_update(cipher, in, len, out, &n);
	if (rv == CKR_OK && cipher->mode->style == PADDED)
		rv = run_last(cipher, out + n, &rest);
	if (rv == CKR_OK && cipher->mode->style == AEAD) {
		rv = get_tag(cipher, out + n);
		rest = cipher->tag_len;
	}
	if (rv != CKR_OK && n > 0)
		OPENSSL_cleanse(out, n);
	*out_len = n + rest;
	return rv;
}

bool
cipher_is_filling(const CK_BYTE *bytes, size_t len)
{
	CK_BYTE any = 0;
	size_t i;

	if (len >= CIPHER_BLOCK)
		return false;
	for (i = 0; i < len; i++)
		any |= bytes[i];
	return any == 0;
}

CK_RV
cipher_once(const CK_MECHANISM *mechanism, const struct secret *key, bool encrypt, const CK_BYTE *in, CK_ULONG in_len,
	CK_BYTE *out, CK_ULONG *out_len)
{
	struct cipher *cipher = NULL;
	CK_ULONG need = 0;
	CK_RV rv;

	rv = cipher_new(mechanism, key, encrypt, &cipher);
	if (rv == CKR_OK)
		rv = cipher_final_size(cipher, in, in_len, &need);
	if (rv != CKR_OK)
		goto out;
	if (out == NULL || *out_len < need) {
		rv = out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
		*out_len = need;
		goto out;
	}
	rv = cipher_final(cipher, in, in_len, out, out_len);
out:
	cipher_free(cipher);
	return rv;
}
