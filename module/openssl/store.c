/*
 * store.c: OSSL_OP_STORE for the scheme "pkcs11": keys and certificates of a token by URI.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/provider.h"

#include <errno.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <string.h>

static const struct {
	CK_OBJECT_CLASS class;
	int info;
} classes[] = {
	{ CKO_PRIVATE_KEY, OSSL_STORE_INFO_PKEY },
	{ CKO_PUBLIC_KEY, OSSL_STORE_INFO_PUBKEY },
	{ CKO_CERTIFICATE, OSSL_STORE_INFO_CERT },
};

struct store {
	struct provider *provider;
	char *text; /* of the URI, without its query, where a PIN may be */
	P11KitUri *uri;
	int expect; /* OSSL_STORE_INFO_…; 0: everything */
	bool only;  /* several are an error, even without a name in the URI */
	bool searched;
	bool at_end;
	struct session session;
	CK_OBJECT_HANDLE *found[COUNT(classes)];
	size_t count[COUNT(classes)];
	size_t class; /* of the next one, and which */
	size_t next;
};

static int
store_close(void *loader)
{
	struct store *store = loader;

	session_close(&store->session);
	for (size_t i = 0; i < COUNT(classes); i++)
		OPENSSL_free(store->found[i]);
	uri_free(store->uri);
	OPENSSL_free(store->text);
	OPENSSL_free(store);
	return 1;
}

static void *
store_open(void *provctx, const char *uri)
{
	struct store *store = OPENSSL_zalloc(sizeof(*store));

	if (store == NULL)
		return NULL;
	store->provider = provctx;
	store->text = OPENSSL_strndup(uri, (size_t)uri_shown(uri));
	store->uri = uri_parse(provctx, uri);
	if (store->text != NULL && store->uri != NULL)
		return store;
	store_close(store);
	return NULL;
}

PARAM_LIST(settable, (UNUSED void *provctx), OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL))

static int
set_params(void *loader, const OSSL_PARAM params[])
{
	struct store *store = loader;
	const OSSL_PARAM *expect = OSSL_PARAM_locate_const(params, OSSL_STORE_PARAM_EXPECT);

	return expect == NULL || OSSL_PARAM_get_int(expect, &store->expect);
}

static bool
wanted(const struct store *store, size_t class)
{
	const CK_ATTRIBUTE *type = p11_kit_uri_get_attribute(store->uri, CKA_CLASS);

	return (store->expect == 0 || store->expect == classes[class].info) &&
		(type == NULL || memcmp(type->pValue, &classes[class].class, sizeof(classes[class].class)) == 0);
}

static bool
find_all(struct store *store, size_t *count)
{
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(store->uri, CKA_LABEL);
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(store->uri, CKA_ID);
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE template[3] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_ULONG n = 1;
	CK_RV rv = CKR_OK;

	if (label != NULL)
		template[n++] = *label;
	if (id != NULL)
		template[n++] = *id;
	*count = 0;
	for (size_t i = 0; rv == CKR_OK && i < COUNT(classes); i++) {
		if (!wanted(store, i))
			continue;
		class = classes[i].class;
		OPENSSL_free(store->found[i]);
		rv = session_find(&store->session, template, n, &store->found[i], &store->count[i]);
		*count += store->count[i];
	}
	return rv == CKR_OK || fail_rv(store->provider, "C_FindObjects", rv, store->text);
}

/* Private keys want a login first; so does what has a name and does not show without. */
static bool
search(struct store *store, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	const bool named = p11_kit_uri_get_attribute(store->uri, CKA_ID) != NULL ||
		p11_kit_uri_get_attribute(store->uri, CKA_LABEL) != NULL;
	const bool keys_only = wanted(store, 0) && !wanted(store, 1);
	size_t count = 0;
	CK_RV rv;

	if (!token_find(store->provider, store->uri, &store->session))
		return false;
	rv = session_open(&store->session, 0);
	if (rv != CKR_OK)
		return fail_rv(store->provider, "C_OpenSession", rv, store->text);
	if (!wanted(store, 0) && !find_all(store, &count))
		return false;
	if (count == 0 && (wanted(store, 0) || named) &&
		(!session_login(store->provider, &store->session, CKU_USER, store->uri, ask, ask_arg, !keys_only) ||
			!find_all(store, &count)))
		return false;
	if (count == 0 && named)
		return fail(store->provider, REASON_NOT_FOUND, "%s", store->text);
	if (count > 1 && (store->only || (named && store->expect != 0)))
		return fail(store->provider, REASON_AMBIGUOUS, "%s: %zu objects; add id or object", store->text, count);
	return true;
}

static bool
give(int object, const char *type, const char *kind, void *data, size_t size, OSSL_CALLBACK *take, void *arg)
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &object),
		OSSL_PARAM_construct_octet_string(kind, data, size),
		OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, (char *)type, 0),
		OSSL_PARAM_construct_end(),
	};

	return take(params, arg) != 0;
}

/* Whoever takes the reference to a key clears it. */
static bool
give_next(struct store *store, OSSL_CALLBACK *take, void *arg)
{
	const CK_OBJECT_CLASS class = classes[store->class].class;
	const CK_OBJECT_HANDLE object = store->found[store->class][store->next++];
	struct blob der = { NULL, 0 };
	struct key *key = NULL;
	bool ok;

	if (class == CKO_CERTIFICATE) {
		ok = session_attribute(&store->session, object, CKA_VALUE, &der) == CKR_OK && der.len > 0 &&
			give(OSSL_OBJECT_CERT, "", OSSL_OBJECT_PARAM_DATA, der.data, der.len, take, arg);
		OPENSSL_free(der.data);
		return ok || fail(store->provider, REASON_TOKEN, "%s: this is no X.509 certificate", store->text);
	}
	key = key_from_object(store->provider, &store->session, object, class, store->uri);
	ok = key != NULL &&
		give(OSSL_OBJECT_PKEY, key->type, OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof(key), take, arg);
	key_free(key);
	return ok;
}

static bool
at_end(struct store *store)
{
	for (; store->class < COUNT(classes) && store->next == store->count[store->class]; store->class ++)
		store->next = 0;
	return store->class == COUNT(classes);
}

/* After a search that failed it is the next call that is at the end: who looks at errors before the end sees it, and
 * who goes on until the end finds it. Python takes any errno for what went wrong. */
static int
store_load(void *loader, OSSL_CALLBACK *take, void *arg, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	struct store *store = loader;
	const bool first = !store->searched;
	const int before = errno;
	bool ok;

	store->searched = true;
	if (first && !search(store, ask, ask_arg)) {
		store->class = COUNT(classes);
		ok = false;
	} else {
		ok = !at_end(store) && give_next(store, take, arg);
		store->at_end = at_end(store);
	}
	errno = before;
	return ok;
}

static int
store_eof(void *loader)
{
	return ((const struct store *)loader)->at_end;
}

bool
store_load_key(struct provider *provider, const char *uri, OSSL_CALLBACK *take, void *take_arg,
	OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	struct store *store = store_open(provider, uri);
	bool ok;

	if (store == NULL)
		return false;
	store->expect = OSSL_STORE_INFO_PKEY;
	store->only = true;
	ok = store_load(store, take, take_arg, ask, ask_arg);
	store_close(store);
	return ok;
}

static const OSSL_DISPATCH functions[] = {
	ENTRY(OSSL_FUNC_STORE_OPEN, store_open),
	ENTRY(OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, settable),
	ENTRY(OSSL_FUNC_STORE_SET_CTX_PARAMS, set_params),
	ENTRY(OSSL_FUNC_STORE_LOAD, store_load),
	ENTRY(OSSL_FUNC_STORE_EOF, store_eof),
	ENTRY(OSSL_FUNC_STORE_CLOSE, store_close),
	{ 0, NULL },
};

const OSSL_ALGORITHM provider_stores[] = {
	{ "pkcs11", PROPERTIES, functions, "objects of PKCS#11 tokens" },
	{ NULL, NULL, NULL, NULL },
};
