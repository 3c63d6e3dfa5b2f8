/*
 * tokens/tpm/key_use.c: signatures and key agreement by a TPM.
 *
 * Each use is one PolicySecret with the PIN's value and one command with the key; the key stays loaded as long as there
 * is room.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "tokens/tpm/key_priv.h"

/*
 * The key, and a policy session that allows one use of it.
 *
 * The value is taken and, when it is refused, forgotten with the TPM held: of all threads that use the keys of an area
 * whose PIN was changed elsewhere only one costs a try.
 */
static enum token_result
allow(struct tpm *tpm, const struct tpm_key *key, struct tpm_ref *object, struct tpm_session **policy)
{
	const struct tpm_guard *guard = key->area->guard;
	struct secret auth = SECRET_NONE;
	enum token_result res;

	res = backend_area_auth(key->area, &auth);
	if (res == TOKEN_OK)
		res = tpm_result(tpm_object(tpm, &key->blob, object));
	if (res == TOKEN_OK)
		res = tpm_result(tpm_policy_session(tpm, policy));
	if (res != TOKEN_OK)
		goto out;
	res = tpm_guard_authorise(guard, tpm, auth, *policy);
	if (res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED)
		(void)backend_area_set_auth(key->area, SECRET_NONE);
	if (res == TOKEN_ERR_PIN)
		res = TOKEN_ERR_NOT_LOGGED_IN;
out:
	secret_wipe(&auth);
	return res;
}

/* What is prepared with the key is done, in the session that allow() has made. */
static enum token_result
execute(struct tpm *tpm, const struct tpm_ref *object, struct tpm_session *policy, TPMA_SESSION crypt)
{
	const struct tpm_ref *const refs[] = { object };
	const struct tpm_auth auth = { .session = policy, .value = SECRET_NONE, .crypt = crypt };

	const enum token_result res = tpm_result(tpm_execute(tpm, refs, 1, &auth, 1));

	/* The PIN was right: what is wrong is between us and the TPM. */
	return res == TOKEN_ERR_PIN || res == TOKEN_ERR_PIN_LOCKED ? TOKEN_ERR_DEVICE : res;
}

/* ---- Signatures ------------------------------------------------------------------------ */

/* A TPM takes a digest only in the size of a hash, whatever hash that is. In order of size. */
static const struct {
	size_t size;
	TPMI_ALG_HASH hash;
} hashes[] = {
	{ TPM2_SHA256_DIGEST_SIZE, TPM2_ALG_SHA256 },
	{ TPM2_SHA384_DIGEST_SIZE, TPM2_ALG_SHA384 },
	{ TPM2_SHA512_DIGEST_SIZE, TPM2_ALG_SHA512 },
};

/* The bits of the curves' orders. */
static unsigned
order_bits(enum token_curve curve)
{
	return curve == TOKEN_P521 ? 521 : 8 * (unsigned)token_curve_size(curve);
}

/*
 * The number that is signed (FIPS 186-4, 6.4: the leftmost bits of the digest, as many as the order has), big endian
 * and in the smallest size that a TPM takes. TOKEN_ERR_ARG: it fits in none, as one of more than 64 bytes for P-521.
 */
static enum token_result
fit_digest(enum token_curve curve, const uint8_t *digest, size_t len, TPM2B_DIGEST *out, TPMI_ALG_HASH *hash)
{
	const unsigned bits = order_bits(curve), shift = (8 - bits % 8) % 8;
	uint8_t number[TOKEN_POINT_MAX];

	if (digest == NULL || len == 0)
		return TOKEN_ERR_ARG;
	if (8 * len > bits && shift == 0) {
		len = bits / 8;
	} else if (8 * len > bits) {
		len = bits / 8 + 1;
		for (size_t i = len; i-- > 0;)
			number[i] = (uint8_t)(digest[i] >> shift | (i > 0 ? digest[i - 1] << (8 - shift) : 0));
		digest = number;
	}
	for (; len > 0 && *digest == 0; len--)
		digest++;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (len > hashes[i].size)
			continue;
		*out = (TPM2B_DIGEST){ .size = (UINT16)hashes[i].size };
		memcpy(out->buffer + hashes[i].size - len, digest, len);
		*hash = hashes[i].hash;
		return TOKEN_OK;
	}
	return TOKEN_ERR_ARG;
}

struct signing {
	const struct tpm_key *key;
	TPM2B_DIGEST digest;
	TPMT_SIG_SCHEME scheme;
	TPMS_SIGNATURE_ECC made;
};

static enum token_result
sign(struct tpm *tpm, void *arg)
{
	const TPMT_TK_HASHCHECK unchecked = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	struct signing *signing = arg;
	struct tpm_session *policy = NULL;
	struct tpm_ref object;
	TPMT_SIGNATURE signature = { 0 };
	enum token_result res;

	res = allow(tpm, signing->key, &object, &policy);
	if (res == TOKEN_OK)
		res = tpm_result(Tss2_Sys_Sign_Prepare(tpm_sys(tpm), object.handle, &signing->digest, &signing->scheme,
			&unchecked));
	if (res == TOKEN_OK)
		res = execute(tpm, &object, policy, TPMA_SESSION_DECRYPT);
	if (res == TOKEN_OK)
		res = tpm_result(Tss2_Sys_Sign_Complete(tpm_sys(tpm), &signature));
	if (res == TOKEN_OK && signature.sigAlg != TPM2_ALG_ECDSA)
		res = TOKEN_ERR_DEVICE;
	if (res == TOKEN_OK)
		signing->made = signature.signature.ecdsa;
	return res;
}

/* Right-aligned in `size` bytes. False: it is longer. */
static bool
put_number(const TPM2B_ECC_PARAMETER *number, size_t size, uint8_t *out)
{
	if (number->size > size)
		return false;
	memset(out, 0, size - number->size);
	memcpy(out + size - number->size, number->buffer, number->size);
	return true;
}

enum token_result
tpm_key_sign(struct token_key *head, const uint8_t *digest, size_t digest_len, uint8_t *sig, size_t *sig_len)
{
	const struct tpm_key *key = tpm_key_of(head);
	const size_t size = token_curve_size(head->curve);
	struct signing signing = { .key = key, .scheme.scheme = TPM2_ALG_ECDSA };
	enum token_result res;

	res = fit_digest(head->curve, digest, digest_len, &signing.digest, &signing.scheme.details.ecdsa.hashAlg);
	if (res == TOKEN_OK)
		res = tpm_guard_do(key->area->guard, key->area->env->tpm, sign, &signing);
	if (res != TOKEN_OK)
		return res;
	if (!put_number(&signing.made.signatureR, size, sig) || !put_number(&signing.made.signatureS, size, sig + size))
		return TOKEN_ERR_DEVICE;
	*sig_len = 2 * size;
	return TOKEN_OK;
}

/* ---- Key agreement --------------------------------------------------------------------- */

struct agreement {
	const struct tpm_key *key;
	TPM2B_ECC_POINT peer;
	struct secret *shared; /* of the curve's size */
};

static enum token_result
agree(struct tpm *tpm, void *arg)
{
	struct agreement *agreement = arg;
	struct tpm_session *policy = NULL;
	struct tpm_ref object;
	TPM2B_ECC_POINT out = { 0 };
	enum token_result res;

	res = allow(tpm, agreement->key, &object, &policy);
	if (res == TOKEN_OK)
		res = tpm_result(Tss2_Sys_ECDH_ZGen_Prepare(tpm_sys(tpm), object.handle, &agreement->peer));
	if (res == TOKEN_OK)
		res = execute(tpm, &object, policy, TPMA_SESSION_ENCRYPT);
	if (res == TOKEN_OK)
		res = tpm_result(Tss2_Sys_ECDH_ZGen_Complete(tpm_sys(tpm), &out));
	if (res == TOKEN_OK && !put_number(&out.point.x, agreement->shared->len, agreement->shared->ptr))
		res = TOKEN_ERR_DEVICE;
	OPENSSL_cleanse(&out, sizeof(out));
	return res;
}

static void
set_peer(const uint8_t *point, size_t size, TPM2B_ECC_POINT *peer)
{
	peer->point.x.size = peer->point.y.size = (UINT16)size;
	memcpy(peer->point.x.buffer, point + 1, size);
	memcpy(peer->point.y.buffer, point + 1 + size, size);
}

enum token_result
tpm_key_derive(struct token_key *head, const uint8_t *peer, size_t peer_len, struct secret *shared)
{
	const struct tpm_key *key = tpm_key_of(head);
	const size_t size = token_curve_size(head->curve);
	struct agreement agreement = { .key = key, .shared = shared };
	EVP_PKEY *checked = NULL;
	enum token_result res;

	res = token_public_key(seal_ctx_libctx(key->area->env->seal), head->curve, peer, peer_len, &checked);
	EVP_PKEY_free(checked);
	if (res == TOKEN_OK && !secret_alloc(size, shared))
		res = TOKEN_ERR_MEMORY;
	if (res != TOKEN_OK)
		return res;
	set_peer(peer, size, &agreement.peer);
	res = tpm_guard_do(key->area->guard, key->area->env->tpm, agree, &agreement);
	if (res != TOKEN_OK)
		secret_wipe(shared);
	return res;
}
