/*
 * mdoc/cose/cose_agree.c: key agreement (ECDH), by a callback or by a software key.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "mdoc/cose/cose_internal.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

struct software_agreement {
	const struct mdoc_context *context;
	EVP_PKEY *pkey;
	bool okp;
};

/* OpenSSL refuses an all-zero result of X25519 and X448 by itself: that is the peer's key at fault. */
static enum mdoc_result
derive(const struct software_agreement *own, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX],
	size_t *len)
{
	EVP_PKEY *other = NULL;
	EVP_PKEY_CTX *ctx = NULL;
	enum mdoc_result res = mdoc_key_to_evp(own->context, peer, &other);

	if (res != MDOC_OK)
		return res;
	res = MDOC_ERR_CRYPTO;
	*len = MDOC_SHARED_MAX;
	ctx = EVP_PKEY_CTX_new_from_pkey(mdoc_context_libctx(own->context), own->pkey, NULL);
	/* Not checked once more: it is on the curve, and all of these have cofactor 1. */
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer_ex(ctx, other, 0) != 1)
		goto out;
	if (EVP_PKEY_derive(ctx, shared, len) == 1)
		res = MDOC_OK;
	else if (own->okp)
		res = MDOC_ERR_KEY;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	return res;
}

static bool
derive_in_software(void *arg, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX], size_t *len)
{
	return derive(arg, peer, shared, len) == MDOC_OK;
}

enum mdoc_result
mdoc_agree(const struct mdoc_agreement *agreement, const struct mdoc_public_key *peer, uint8_t shared[MDOC_SHARED_MAX],
	size_t *len)
{
	static const uint8_t zero[MDOC_SHARED_MAX];
	const size_t size = mdoc_curve_size(peer->curve);
	enum mdoc_result res;

	*len = 0;
	if (!mdoc_curve_agrees(peer->curve) || agreement->key.curve != peer->curve)
		return MDOC_ERR_KEY;
	ERR_set_mark();
	if (agreement->derive == derive_in_software)
		res = derive(agreement->arg, peer, shared, len);
	else
		res = agreement->derive(agreement->arg, peer, shared, len) ? MDOC_OK : MDOC_ERR_CALLBACK;
	ERR_pop_to_mark();
	if (res == MDOC_OK && *len != size)
		res = MDOC_ERR_CALLBACK;
	if (res == MDOC_OK && CRYPTO_memcmp(shared, zero, size) == 0)
		res = MDOC_ERR_KEY;
	if (res != MDOC_OK) {
		OPENSSL_cleanse(shared, MDOC_SHARED_MAX);
		*len = 0;
	}
	return res;
}

enum mdoc_result
mdoc_agreement_from_evp(const struct mdoc_context *context, EVP_PKEY *pkey, struct mdoc_agreement *agreement)
{
	struct software_agreement *own = NULL;
	struct mdoc_public_key key;

	memset(agreement, 0, sizeof(*agreement));
	if (mdoc_key_from_evp(pkey, &key) != MDOC_OK || !mdoc_curve_agrees(key.curve))
		return MDOC_ERR_KEY;
	own = calloc(1, sizeof(*own));
	if (own == NULL || EVP_PKEY_up_ref(pkey) != 1) {
		free(own);
		return MDOC_ERR_MEMORY;
	}
	own->context = context;
	own->pkey = pkey;
	own->okp = mdoci_curve(key.curve)->okp;
	*agreement = (struct mdoc_agreement){ key, derive_in_software, own };
	return MDOC_OK;
}

void
mdoc_agreement_clear(struct mdoc_agreement *agreement)
{
	if (agreement->derive == derive_in_software) {
		EVP_PKEY_free(((struct software_agreement *)agreement->arg)->pkey);
		free(agreement->arg);
	}
	memset(agreement, 0, sizeof(*agreement));
}
