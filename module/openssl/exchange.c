/*
 * exchange.c: OSSL_OP_KEYEXCH, ECDH on NIST, brainpool and Montgomery curves (CKM_ECDH1_DERIVE).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#define POINT_MAX 133 /* bytes, P-521 uncompressed */

struct exchange {
	struct provider *provider;
	struct key *key;
	struct key *peer;
};

static void *
exchange_new(void *provctx)
{
	struct exchange *exchange = OPENSSL_zalloc(sizeof(*exchange));

	if (exchange != NULL)
		exchange->provider = provctx;
	return exchange;
}

static void
exchange_free(void *ctx)
{
	struct exchange *exchange = ctx;

	key_free(exchange->key);
	key_free(exchange->peer);
	OPENSSL_free(exchange);
}

static void *
exchange_dup(void *ctx)
{
	const struct exchange *from = ctx;
	struct exchange *copy = exchange_new(from->provider);

	if (copy != NULL) {
		copy->key = key_up(from->key);
		copy->peer = key_up(from->peer);
	}
	return copy;
}

/* There is the plain secret, and no KDF; what asks for that passes. */
static int
set_params(void *ctx, const OSSL_PARAM params[])
{
	const struct exchange *exchange = ctx;
	const OSSL_PARAM *kdf = OSSL_PARAM_locate_const(params, OSSL_EXCHANGE_PARAM_KDF_TYPE);
	const char *name = NULL;

	if (kdf != NULL && OSSL_PARAM_get_utf8_string_ptr(kdf, &name) && *name != '\0')
		return fail(exchange->provider, REASON_UNSUPPORTED, "a key derivation (%s) after ECDH", name);
	return 1;
}

PARAM_LIST(settable, (UNUSED void *ctx, UNUSED void *provctx),
	OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_TYPE, NULL, 0))

static int
init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	struct exchange *exchange = ctx;
	struct key *key = keydata;

	if (key->uri == NULL)
		return fail(exchange->provider, REASON_KEY, "this is a public key");
	key_free(exchange->key);
	exchange->key = key_up(key);
	return set_params(ctx, params);
}

static int
set_peer(void *ctx, void *peerdata)
{
	struct exchange *exchange = ctx;
	struct key *peer = peerdata;

	if (peer->half == NULL || EVP_PKEY_parameters_eq(exchange->key->half, peer->half) != 1)
		return fail(exchange->provider, REASON_KEY, "the key of the other side is on another curve");
	key_free(exchange->peer);
	exchange->peer = key_up(peer);
	return 1;
}

static int
derive(void *ctx, unsigned char *secret, size_t *len, size_t size)
{
	const struct exchange *exchange = ctx;
	unsigned char point[POINT_MAX];
	size_t point_len = 0;
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL, .pPublicData = point };
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof(params) };

	*len = (size_t)(EVP_PKEY_get_bits(exchange->key->half) + 7) / 8; /* of one coordinate */
	if (secret == NULL)
		return 1;
	if (exchange->peer == NULL || size < *len ||
		EVP_PKEY_get_octet_string_param(exchange->peer->half, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point,
			sizeof(point), &point_len) <= 0)
		return fail(exchange->provider, REASON_KEY, "no usable key of the other side, or no room");
	params.ulPublicDataLen = point_len;
	return key_derive(exchange->key, &mechanism, secret, *len);
}

static const OSSL_DISPATCH functions[] = {
	ENTRY(OSSL_FUNC_KEYEXCH_NEWCTX, exchange_new),
	ENTRY(OSSL_FUNC_KEYEXCH_FREECTX, exchange_free),
	ENTRY(OSSL_FUNC_KEYEXCH_DUPCTX, exchange_dup),
	ENTRY(OSSL_FUNC_KEYEXCH_INIT, init),
	ENTRY(OSSL_FUNC_KEYEXCH_SET_PEER, set_peer),
	ENTRY(OSSL_FUNC_KEYEXCH_DERIVE, derive),
	ENTRY(OSSL_FUNC_KEYEXCH_SET_CTX_PARAMS, set_params),
	ENTRY(OSSL_FUNC_KEYEXCH_SETTABLE_CTX_PARAMS, settable),
	{ 0, NULL },
};

const OSSL_ALGORITHM provider_exchanges[] = {
	{ "ECDH", PROPERTIES, functions, "ECDH by a token" },
	{ "X25519", PROPERTIES, functions, "X25519 by a token" },
	{ "X448", PROPERTIES, functions, "X448 by a token" },
	{ NULL, NULL, NULL, NULL },
};
