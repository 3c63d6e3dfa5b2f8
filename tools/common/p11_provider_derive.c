/* p11_provider_derive.c: ECDH of the provider behind p11_pkey.h, bare or, as CMS wants it, with the KDF of X9.63.
 * SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/p11_provider.h"
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>
#include "tools/common/context.h"

#define UNUSED __attribute__((unused))
#define NAME_MAX_LEN 32
#define UKM_MAX 4096

struct exchange {
	struct p11_half *half, *peer;
	bool kdf;
	char digest[NAME_MAX_LEN];
	size_t out_len; /* of the KDF */
	uint8_t *ukm;
	size_t ukm_len;
};

static void *
exchange_new(UNUSED void *provctx)
{
	return OPENSSL_zalloc(sizeof(struct exchange));
}

static void
exchange_free(void *ctx)
{
	struct exchange *exchange = ctx;

	if (exchange == NULL)
		return;
	p11_half_free(exchange->half);
	p11_half_free(exchange->peer);
	OPENSSL_clear_free(exchange->ukm, exchange->ukm_len);
	OPENSSL_free(exchange);
}

static void *
exchange_dup(void *ctx)
{
	const struct exchange *from = ctx;
	struct exchange *copy = OPENSSL_memdup(from, sizeof(*from));

	if (copy == NULL)
		return NULL;
	copy->ukm = from->ukm != NULL ? OPENSSL_memdup(from->ukm, from->ukm_len) : NULL;
	if (copy->half != NULL)
		p11_half_up(copy->half);
	if (copy->peer != NULL)
		p11_half_up(copy->peer);
	if (from->ukm != NULL && copy->ukm == NULL) {
		exchange_free(copy);
		return NULL;
	}
	return copy;
}

static bool
set_text(const OSSL_PARAM *p, char text[NAME_MAX_LEN])
{
	return p == NULL || OSSL_PARAM_get_utf8_string(p, &text, NAME_MAX_LEN) == 1;
}

static bool
set_ukm(struct exchange *exchange, const OSSL_PARAM *p)
{
	void *ukm = NULL;
	size_t len = 0;

	if (p == NULL)
		return true;
	if (p->data_size > UKM_MAX || OSSL_PARAM_get_octet_string(p, &ukm, UKM_MAX, &len) != 1)
		return false;
	OPENSSL_clear_free(exchange->ukm, exchange->ukm_len);
	exchange->ukm = ukm;
	exchange->ukm_len = len;
	return true;
}

/* The curves have no cofactor: what is said of its mode makes no difference. */
static int
exchange_set_params(void *ctx, const OSSL_PARAM params[])
{
	const OSSL_PARAM *type = OSSL_PARAM_locate_const(params, OSSL_EXCHANGE_PARAM_KDF_TYPE);
	const OSSL_PARAM *len = OSSL_PARAM_locate_const(params, OSSL_EXCHANGE_PARAM_KDF_OUTLEN);
	struct exchange *exchange = ctx;
	char name[NAME_MAX_LEN] = "";

	if (!set_text(type, name) ||
		!set_text(OSSL_PARAM_locate_const(params, OSSL_EXCHANGE_PARAM_KDF_DIGEST), exchange->digest) ||
		!set_ukm(exchange, OSSL_PARAM_locate_const(params, OSSL_EXCHANGE_PARAM_KDF_UKM)) ||
		(len != NULL && OSSL_PARAM_get_size_t(len, &exchange->out_len) != 1))
		return 0;
	if (type != NULL)
		exchange->kdf = *name != '\0';
	return *name == '\0' || strcmp(name, OSSL_KDF_NAME_X963KDF) == 0;
}

static int
exchange_get_params(void *ctx, OSSL_PARAM params[])
{
	const struct exchange *exchange = ctx;
	OSSL_PARAM *type = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_TYPE);
	OSSL_PARAM *digest = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_DIGEST);
	OSSL_PARAM *len = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_OUTLEN);
	OSSL_PARAM *ukm = OSSL_PARAM_locate(params, OSSL_EXCHANGE_PARAM_KDF_UKM);

	return (type == NULL || OSSL_PARAM_set_utf8_string(type, exchange->kdf ? OSSL_KDF_NAME_X963KDF : "") == 1) &&
		(digest == NULL || OSSL_PARAM_set_utf8_string(digest, exchange->digest) == 1) &&
		(len == NULL || OSSL_PARAM_set_size_t(len, exchange->out_len) == 1) &&
		(ukm == NULL || OSSL_PARAM_set_octet_ptr(ukm, exchange->ukm, exchange->ukm_len) == 1);
}

static const OSSL_PARAM *
exchange_settable(UNUSED void *ctx, UNUSED void *provctx)
{
	static const OSSL_PARAM list[] = { OSSL_PARAM_int(OSSL_EXCHANGE_PARAM_EC_ECDH_COFACTOR_MODE, NULL),
		OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_TYPE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_DIGEST, NULL, 0),
		OSSL_PARAM_size_t(OSSL_EXCHANGE_PARAM_KDF_OUTLEN, NULL),
		OSSL_PARAM_octet_string(OSSL_EXCHANGE_PARAM_KDF_UKM, NULL, 0), OSSL_PARAM_END };

	return list;
}

static const OSSL_PARAM *
exchange_gettable(UNUSED void *ctx, UNUSED void *provctx)
{
	static const OSSL_PARAM list[] = { OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_TYPE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_EXCHANGE_PARAM_KDF_DIGEST, NULL, 0),
		OSSL_PARAM_size_t(OSSL_EXCHANGE_PARAM_KDF_OUTLEN, NULL),
		OSSL_PARAM_octet_ptr(OSSL_EXCHANGE_PARAM_KDF_UKM, NULL, 0), OSSL_PARAM_END };

	return list;
}

static int
exchange_init(void *ctx, void *keydata, const OSSL_PARAM params[])
{
	struct exchange *exchange = ctx;
	struct p11_half *half = keydata;

	if (half->key == NULL)
		return 0;
	p11_half_free(exchange->half);
	exchange->half = p11_half_up(half);
	return exchange_set_params(ctx, params);
}

static int
exchange_set_peer(void *ctx, void *peerdata)
{
	struct exchange *exchange = ctx;
	struct p11_half *peer = peerdata;

	if (exchange->half == NULL || peer->half == NULL ||
		EVP_PKEY_parameters_eq(exchange->half->half, peer->half) != 1)
		return 0;
	p11_half_free(exchange->peer);
	exchange->peer = p11_half_up(peer);
	return 1;
}

static bool
agree(const struct exchange *exchange, uint8_t shared[MDOC_SHARED_MAX], size_t *len)
{
	const struct p11_half *half = exchange->half;
	struct mdoc_agreement agreement;
	struct mdoc_public_key peer;
	enum mdoc_result res;

	if (mdoc_key_from_evp(exchange->peer->half, &peer) != MDOC_OK)
		return false;
	pthread_mutex_lock(half->lock);
	mdoc_p11_agreement(half->key, &half->public_key, &agreement);
	res = mdoc_agree(&agreement, &peer, shared, len);
	pthread_mutex_unlock(half->lock);
	return res == MDOC_OK;
}

static bool
derive_kdf(const struct exchange *exchange, uint8_t *shared, size_t shared_len, unsigned char *secret)
{
	EVP_KDF *kdf = EVP_KDF_fetch(mdoc_context_libctx(tool_context()), OSSL_KDF_NAME_X963KDF, NULL);
	EVP_KDF_CTX *ctx = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)exchange->digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, shared_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, exchange->ukm, exchange->ukm_len),
		OSSL_PARAM_construct_end(),
	};
	const bool ok = ctx != NULL && EVP_KDF_derive(ctx, secret, exchange->out_len, params) > 0;

	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return ok;
}

static int
derive(void *ctx, unsigned char *secret, size_t *len, size_t size)
{
	const struct exchange *exchange = ctx;
	uint8_t shared[MDOC_SHARED_MAX];
	size_t shared_len = 0;
	int ok;

	if (exchange->half == NULL || exchange->peer == NULL)
		return 0;
	*len = exchange->kdf ? exchange->out_len : mdoc_curve_size(exchange->half->public_key.curve);
	if (secret == NULL)
		return 1;
	if (size < *len || !agree(exchange, shared, &shared_len))
		return 0;
	ok = !exchange->kdf || derive_kdf(exchange, shared, shared_len, secret);
	if (!exchange->kdf)
		memcpy(secret, shared, *len);
	OPENSSL_cleanse(shared, sizeof(shared));
	return ok;
}

static const OSSL_DISPATCH exchange_functions[] = {
	P11_ENTRY(OSSL_FUNC_KEYEXCH_NEWCTX, exchange_new),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_FREECTX, exchange_free),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_DUPCTX, exchange_dup),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_INIT, exchange_init),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_SET_PEER, exchange_set_peer),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_DERIVE, derive),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_SET_CTX_PARAMS, exchange_set_params),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_SETTABLE_CTX_PARAMS, exchange_settable),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_GET_CTX_PARAMS, exchange_get_params),
	P11_ENTRY(OSSL_FUNC_KEYEXCH_GETTABLE_CTX_PARAMS, exchange_gettable),
	{ 0, NULL },
};

const OSSL_ALGORITHM p11_exchanges[] = {
	{ "ECDH", P11_PROPERTIES, exchange_functions, "ECDH by a token" },
	{ NULL, NULL, NULL, NULL },
};
