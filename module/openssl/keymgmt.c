/*
 * keymgmt.c: OSSL_OP_KEYMGMT. What OpenSSL asks of a key its own default provider answers, from the
 * public half; the private part never leaves the token.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

#include <openssl/params.h>

static int
has(const void *keydata, int selection)
{
	const struct key *key = keydata;
	const int pair = selection & OSSL_KEYMGMT_SELECT_KEYPAIR;

	return key != NULL && (key->parts & pair) == pair && (selection == 0 || key->half != NULL);
}

static int
match(const void *a, const void *b, int selection)
{
	const struct key *one = a, *other = b;

	if (one->half == NULL || other->half == NULL)
		return 0;
	return ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0 ? EVP_PKEY_eq(one->half, other->half)
							       : EVP_PKEY_parameters_eq(one->half, other->half)) == 1;
}

/* Public keys, for comparisons and as the other side of ECDH. A key with its private half is refused, and so goes on to
 * another provider. */
static int
import(void *keydata, int selection, const OSSL_PARAM params[])
{
	struct key *key = keydata;
	EVP_PKEY_CTX *ctx = NULL;
	bool ok;

	if (key->uri != NULL || OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY) != NULL)
		return fail(key->provider, REASON_UNSUPPORTED, "a private key cannot be brought into a token this way");
	ctx = EVP_PKEY_CTX_new_from_name(key->provider->libctx, key->type, NULL);
	ok = ctx != NULL && EVP_PKEY_fromdata_init(ctx) > 0 &&
		EVP_PKEY_fromdata(ctx, &key->half, selection, (OSSL_PARAM *)params) > 0;
	EVP_PKEY_CTX_free(ctx);
	key->parts = ok ? selection & ~OSSL_KEYMGMT_SELECT_PRIVATE_KEY : 0;
	return ok;
}

static int export(void *keydata, int selection, OSSL_CALLBACK *take, void *arg)
{
	const struct key *key = keydata;

	if (key->uri != NULL && (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
		return fail(key->provider, REASON_KEY, "the private key does not leave its token");
	return key->half != NULL && EVP_PKEY_export(key->half, selection, take, arg);
}

PARAM_LIST(transfer_types, (UNUSED int selection), OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
	OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0))

PARAM_LIST(gettable, (UNUSED void *provctx), OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
	OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL), OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_DEFAULT_DIGEST, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_MANDATORY_DIGEST, NULL, 0),
	OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
	OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
	OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0))

static int
get_params(void *keydata, OSSL_PARAM params[])
{
	const struct key *key = keydata;

	return key->half != NULL && EVP_PKEY_get_params(key->half, params) > 0;
}

static void *
load(const void *reference, size_t size)
{
	struct key *key = NULL;

	if (size == sizeof(key)) {
		key = *(struct key **)reference;
		*(struct key **)reference = NULL;
	}
	return key;
}

/* Keys do not change: a copy is the same, unless it is to have less. */
static void *
dup(const void *from, int selection)
{
	struct key *key = (struct key *)from;
	struct key *copy = NULL;

	if ((selection & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0)
		return key_up(key);
	copy = key_new(key->provider, key->type);
	if (copy != NULL && key->half != NULL &&
		((copy->half = EVP_PKEY_new()) == NULL || EVP_PKEY_copy_parameters(copy->half, key->half) <= 0)) {
		key_free(copy);
		return NULL;
	}
	if (copy != NULL)
		copy->parts = key->parts & OSSL_KEYMGMT_SELECT_ALL_PARAMETERS;
	return copy;
}

static const char *
ec_operation(int operation)
{
	return operation == OSSL_OP_SIGNATURE ? "ECDSA" : operation == OSSL_OP_KEYEXCH ? "ECDH" : NULL;
}

#define FUNCTIONS(name, type, ...) \
	static void *name##_new(void *provctx) \
	{ \
		return key_new(provctx, type); \
	} \
	static void *name##_gen_init(void *provctx, UNUSED int selection, const OSSL_PARAM params[]) \
	{ \
		return keygen_init(provctx, params, type); \
	} \
	static const OSSL_DISPATCH name##_functions[] = { ENTRY(OSSL_FUNC_KEYMGMT_NEW, name##_new), \
		ENTRY(OSSL_FUNC_KEYMGMT_FREE, key_free), ENTRY(OSSL_FUNC_KEYMGMT_DUP, dup), \
		ENTRY(OSSL_FUNC_KEYMGMT_LOAD, load), ENTRY(OSSL_FUNC_KEYMGMT_HAS, has), \
		ENTRY(OSSL_FUNC_KEYMGMT_MATCH, match), ENTRY(OSSL_FUNC_KEYMGMT_IMPORT, import), \
		ENTRY(OSSL_FUNC_KEYMGMT_IMPORT_TYPES, transfer_types), ENTRY(OSSL_FUNC_KEYMGMT_EXPORT, export), \
		ENTRY(OSSL_FUNC_KEYMGMT_EXPORT_TYPES, transfer_types), \
		ENTRY(OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, gettable), ENTRY(OSSL_FUNC_KEYMGMT_GET_PARAMS, get_params), \
		ENTRY(OSSL_FUNC_KEYMGMT_GEN_INIT, name##_gen_init), \
		ENTRY(OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, keygen_settable), \
		ENTRY(OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, keygen_set_params), ENTRY(OSSL_FUNC_KEYMGMT_GEN, keygen), \
		ENTRY(OSSL_FUNC_KEYMGMT_GEN_CLEANUP, keygen_cleanup), __VA_ARGS__ }

FUNCTIONS(ec, "EC", ENTRY(OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, ec_operation), { 0, NULL });
FUNCTIONS(ed25519, "ED25519", { 0, NULL });
FUNCTIONS(ed448, "ED448", { 0, NULL });
FUNCTIONS(x25519, "X25519", { 0, NULL });
FUNCTIONS(x448, "X448", { 0, NULL });

const OSSL_ALGORITHM provider_keymgmts[] = {
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", PROPERTIES, ec_functions, "EC keys" },
	{ "ED25519:1.3.101.112", PROPERTIES, ed25519_functions, "Ed25519 keys" },
	{ "ED448:1.3.101.113", PROPERTIES, ed448_functions, "Ed448 keys" },
	{ "X25519:1.3.101.110", PROPERTIES, x25519_functions, "X25519 keys" },
	{ "X448:1.3.101.111", PROPERTIES, x448_functions, "X448 keys" },
	{ NULL, NULL, NULL, NULL },
};
