/* p11_pkey.c: a token's key as an EVP_PKEY: the provider and its keys. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/common/p11_provider.h"
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include "tools/common/context.h"

#define UNUSED __attribute__((unused))

static void *
half_new(UNUSED void *provctx)
{
	struct p11_half *half = OPENSSL_zalloc(sizeof(*half));

	if (half == NULL)
		return NULL;
	if (pthread_mutex_init(&half->own_lock, NULL) != 0) {
		OPENSSL_free(half);
		return NULL;
	}
	atomic_init(&half->references, 1);
	half->lock = &half->own_lock;
	return half;
}

struct p11_half *
p11_half_up(struct p11_half *half)
{
	atomic_fetch_add(&half->references, 1);
	return half;
}

void
p11_half_free(void *keydata)
{
	struct p11_half *half = keydata;

	if (half == NULL || atomic_fetch_sub(&half->references, 1) > 1)
		return;
	EVP_PKEY_free(half->half);
	pthread_mutex_destroy(&half->own_lock);
	OPENSSL_free(half);
}

static int
has(const void *keydata, int selection)
{
	const struct p11_half *half = keydata;
	const int pair = selection & (OSSL_KEYMGMT_SELECT_KEYPAIR | OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS);

	return half != NULL && (half->parts & pair) == pair;
}

static int
match(const void *a, const void *b, int selection)
{
	const struct p11_half *one = a, *other = b;

	if (one->half == NULL || other->half == NULL)
		return 0;
	return ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0 ? EVP_PKEY_eq(one->half, other->half)
							       : EVP_PKEY_parameters_eq(one->half, other->half)) == 1;
}

/* From p11_pkey_new(). */
static int
import_own(struct p11_half *half, const struct p11_import *import)
{
	if (mdoc_key_to_evp(import->key->context, import->public_key, &half->half) != MDOC_OK)
		return 0;
	half->key = import->key;
	half->public_key = *import->public_key;
	half->lock = import->lock != NULL ? import->lock : &half->own_lock;
	half->parts = OSSL_KEYMGMT_SELECT_KEYPAIR | OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS;
	return 1;
}

/* Public keys of others come here too, to be the other side of ECDH. Private ones go to another provider. */
static int
import(void *keydata, int selection, const OSSL_PARAM params[])
{
	const OSSL_PARAM *own = OSSL_PARAM_locate_const(params, P11_PARAM_KEY);
	struct p11_half *half = keydata;
	const void *address = NULL;
	EVP_PKEY_CTX *ctx;
	size_t size = 0;
	int ok;

	if (own != NULL)
		return OSSL_PARAM_get_octet_string_ptr(own, &address, &size) == 1 &&
			size == sizeof(struct p11_import) && import_own(half, address);
	if (OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY) != NULL)
		return 0;
	ctx = EVP_PKEY_CTX_new_from_name(mdoc_context_libctx(tool_context()), "EC", NULL);
	selection &= OSSL_KEYMGMT_SELECT_PUBLIC_KEY | OSSL_KEYMGMT_SELECT_ALL_PARAMETERS;
	ok = ctx != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
		EVP_PKEY_fromdata(ctx, &half->half, selection, (OSSL_PARAM *)params) > 0;
	EVP_PKEY_CTX_free(ctx);
	half->parts = ok ? selection : 0;
	return ok;
}

static int export(void *keydata, int selection, OSSL_CALLBACK *take, void *arg)
{
	const struct p11_half *half = keydata;

	if (half->half == NULL || (half->key != NULL && (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0))
		return 0;
	return EVP_PKEY_export(half->half, selection, take, arg);
}

static const OSSL_PARAM *
transfer_types(UNUSED int selection)
{
	static const OSSL_PARAM list[] = { OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0), OSSL_PARAM_END };

	return list;
}

static const OSSL_PARAM *
gettable(UNUSED void *provctx)
{
	static const OSSL_PARAM list[] = { OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL), OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0), OSSL_PARAM_END };

	return list;
}

static int
get_params(void *keydata, OSSL_PARAM params[])
{
	const struct p11_half *half = keydata;

	return half->half != NULL && EVP_PKEY_get_params(half->half, params) > 0;
}

static const OSSL_PARAM *
settable(UNUSED void *provctx)
{
	static const OSSL_PARAM list[] = { OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
		OSSL_PARAM_END };

	return list;
}

/* CMS makes the other side's key from the curve of ours and then sets its point. */
static int
set_params(void *keydata, const OSSL_PARAM params[])
{
	const OSSL_PARAM *point = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY);
	struct p11_half *half = keydata;

	if (point == NULL)
		return 1;
	if (half->half == NULL || half->key != NULL || EVP_PKEY_set_params(half->half, (OSSL_PARAM *)params) <= 0)
		return 0;
	half->parts |= OSSL_KEYMGMT_SELECT_PUBLIC_KEY;
	return 1;
}

/* The whole key is the same one again: it does not change. */
static void *
dup(const void *from, int selection)
{
	struct p11_half *half = (struct p11_half *)from;
	struct p11_half *copy = NULL;

	if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0)
		return p11_half_up(half);
	copy = half_new(NULL);
	if (copy == NULL || half->half == NULL)
		return copy;
	copy->half = EVP_PKEY_new();
	if (copy->half == NULL || EVP_PKEY_copy_parameters(copy->half, half->half) <= 0) {
		p11_half_free(copy);
		return NULL;
	}
	copy->parts = half->parts & OSSL_KEYMGMT_SELECT_ALL_PARAMETERS;
	return copy;
}

static const char *
operation_name(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : operation == OSSL_OP_KEYEXCH ? "ECDH" : NULL;
}

static const OSSL_DISPATCH key_functions[] = {
	P11_ENTRY(OSSL_FUNC_KEYMGMT_NEW, half_new),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_FREE, p11_half_free),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_DUP, dup),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_HAS, has),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_MATCH, match),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_IMPORT, import),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, transfer_types),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_EXPORT, export),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, transfer_types),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_params),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_SET_PARAMS, set_params),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, settable),
	P11_ENTRY(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, operation_name),
	{ 0, NULL },
};

const OSSL_ALGORITHM p11_keymgmts[] = {
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", P11_PROPERTIES, key_functions, "EC keys" },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *
query(UNUSED void *provctx, int operation, int *no_cache)
{
	*no_cache = 0;
	return operation == OSSL_OP_KEYMGMT      ? p11_keymgmts
		: operation == OSSL_OP_SIGNATURE ? p11_signatures
		: operation == OSSL_OP_KEYEXCH   ? p11_exchanges
						 : NULL;
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, UNUSED const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provctx)
{
	static const OSSL_DISPATCH functions[] = {
		P11_ENTRY(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
		{ 0, NULL },
	};

	*provctx = (void *)(uintptr_t)handle; /* not used; OpenSSL wants one */
	*out = functions;
	return 1;
}

/* OpenSSL frees its default context at exit, but not our hold of a provider in it. */
static OSSL_PROVIDER *of_default;

static void
unload(void)
{
	(void)OSSL_PROVIDER_unload(of_default);
}

/* What other contexts hold is theirs as long as the process: tool_context() is never freed. */
static bool
provider_add(OSSL_LIB_CTX *libctx)
{
	OSSL_PROVIDER *provider;

	if (OSSL_PROVIDER_add_builtin(libctx, P11_PROVIDER, provider_init) != 1)
		return false;
	provider = OSSL_PROVIDER_try_load(libctx, P11_PROVIDER, 1);
	if (provider != NULL && libctx == NULL) {
		of_default = provider;
		(void)OPENSSL_atexit(unload);
	}
	return provider != NULL;
}

/* Once in each context; what it falls back to without configuration, the default provider, stays. */
static bool
provider_load(OSSL_LIB_CTX *libctx)
{
	static pthread_mutex_t loading = PTHREAD_MUTEX_INITIALIZER;
	bool ok;

	pthread_mutex_lock(&loading);
	ok = tool_context() != NULL &&
		(OSSL_PROVIDER_available(libctx, P11_PROVIDER) == 1 ||
			(OSSL_PROVIDER_available(libctx, "default") == 1 && provider_add(libctx)));
	pthread_mutex_unlock(&loading);
	return ok;
}

EVP_PKEY *
p11_pkey_new(OSSL_LIB_CTX *libctx, struct mdoc_p11_key *key, const struct mdoc_public_key *public_key,
	pthread_mutex_t *lock)
{
	struct p11_import own = { key, public_key, lock };
	OSSL_PARAM params[] = { OSSL_PARAM_construct_octet_string(P11_PARAM_KEY, &own, sizeof(own)),
		OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;

	if (mdoc_alg_hash(mdoc_curve_alg(public_key->curve)) == NULL || !provider_load(libctx))
		return NULL;
	ctx = EVP_PKEY_CTX_new_from_name(libctx, "EC", P11_PROPERTIES);
	if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) > 0)
		(void)EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}
