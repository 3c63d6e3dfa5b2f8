/*
 * store.c: OSSL_OP_STORE for the scheme "pkcs11": keys and certificates of a token by URI.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/openssl/key.h"

#include <errno.h>
#include <openssl/core_object.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/store.h>
#include <string.h>

#include "pkcs11-3.h"

static const struct {
	CK_OBJECT_CLASS class;
	int info;
} classes[] = {
	{ CKO_PRIVATE_KEY, OSSL_STORE_INFO_PKEY },
	{ CKO_PUBLIC_KEY, OSSL_STORE_INFO_PUBKEY },
	{ CKO_CERTIFICATE, OSSL_STORE_INFO_CERT },
};
#define CLASSES (sizeof(classes) / sizeof(*classes))

struct store {
	struct provider *provider;
	char *text; /* of the URI, without its query, where a PIN may be */
	P11KitUri *uri;
	int expect; /* OSSL_STORE_INFO_…; 0: everything */
	bool only;  /* several are an error, even without a name in the URI */
	bool searched;
	bool at_end;
	struct slot *slot;
	CK_OBJECT_HANDLE *found[CLASSES];
	size_t count[CLASSES];
	size_t class; /* of the next one, and which */
	size_t next;
};

static int
store_close(void *loader)
{
	struct store *store = loader;

	for (size_t i = 0; i < CLASSES; i++)
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
	store->text = OPENSSL_strndup(uri, strcspn(uri, "?"));
	store->uri = uri_parse(provctx, uri);
	if (store->text != NULL && store->uri != NULL)
		return store;
	store_close(store);
	return NULL;
}

PARAM_LIST(store_settable, (UNUSED void *provctx), OSSL_PARAM_int(OSSL_STORE_PARAM_EXPECT, NULL))

static int
store_set_params(void *loader, const OSSL_PARAM params[])
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

/* How many there are; an error is raised and none. */
static size_t
find_all(struct store *store, const struct session *session)
{
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(store->uri, CKA_LABEL);
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(store->uri, CKA_ID);
	CK_OBJECT_CLASS class;
	CK_ATTRIBUTE template[3] = { { CKA_CLASS, &class, sizeof(class) } };
	CK_ULONG n = 1;
	size_t count = 0;
	CK_RV rv = CKR_OK;

	if (label != NULL)
		template[n++] = *label;
	if (id != NULL)
		template[n++] = *id;
	for (size_t i = 0; rv == CKR_OK && i < CLASSES; i++) {
		if (!wanted(store, i))
			continue;
		class = classes[i].class;
		OPENSSL_free(store->found[i]);
		rv = session_find(session, template, n, &store->found[i], &store->count[i]);
		count += store->count[i];
	}
	if (rv != CKR_OK)
		fail_rv(store->provider, "C_FindObjects", rv, store->text);
	return rv == CKR_OK ? count : 0;
}

/* Private keys want a login first; so does what has a name and does not show without. */
static bool
search(struct store *store, const struct session *session, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	const bool all = store->expect == 0 && p11_kit_uri_get_attribute(store->uri, CKA_CLASS) == NULL;
	const bool named = p11_kit_uri_get_attribute(store->uri, CKA_ID) != NULL ||
		p11_kit_uri_get_attribute(store->uri, CKA_LABEL) != NULL;
	enum login login = LOGIN_OK;
	size_t count = wanted(store, 0) ? 0 : find_all(store, session);

	if (count == 0 && (wanted(store, 0) || named)) {
		login = session_login(store->provider, session, store->uri, ask, ask_arg);
		if (login == LOGIN_FAILED)
			return false;
		if (login == LOGIN_NO_PIN && !all && wanted(store, 0))
			return fail_no_pin(store->provider, store->slot);
		count = find_all(store, session);
	}
	if (count == 0 && named)
		return fail(store->provider, REASON_NOT_FOUND, "%s%s", store->text,
			login == LOGIN_NO_PIN ? " (looked for without a PIN)" : "");
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

static bool
give_certificate(const struct session *session, CK_OBJECT_HANDLE object, OSSL_CALLBACK *take, void *arg)
{
	struct blob der = { NULL, 0 };
	const bool ok = session_attribute(session, object, CKA_VALUE, &der) == CKR_OK && der.len > 0 &&
		give(OSSL_OBJECT_CERT, "", OSSL_OBJECT_PARAM_DATA, der.data, der.len, take, arg);

	OPENSSL_free(der.data);
	return ok;
}

/* Whoever takes the reference clears it. */
static bool
give_key(struct store *store, const struct session *session, CK_OBJECT_HANDLE object, CK_OBJECT_CLASS class,
	OSSL_CALLBACK *take, void *arg)
{
	struct key *key = key_from_object(store->provider, session, object, class, store->uri);
	const bool ok = key != NULL &&
		give(OSSL_OBJECT_PKEY, key->type, OSSL_OBJECT_PARAM_REFERENCE, &key, sizeof(key), take, arg);

	key_free(key);
	return ok;
}

static bool
give_next(struct store *store, const struct session *session, OSSL_CALLBACK *take, void *arg)
{
	const CK_OBJECT_CLASS class = classes[store->class].class;
	const CK_OBJECT_HANDLE object = store->found[store->class][store->next++];

	return class == CKO_CERTIFICATE ? give_certificate(session, object, take, arg)
					: give_key(store, session, object, class, take, arg);
}

static bool
skip_to_next(struct store *store)
{
	for (; store->class < CLASSES && store->next == store->count[store->class]; store->class ++)
		store->next = 0;
	return store->class < CLASSES;
}

/* After a search that failed the next call is at the end: who sees NULL without an end learns of the
 * error, and who goes on until the end finds it. Python takes any errno for what went wrong. */
static int
store_load(void *loader, OSSL_CALLBACK *take, void *arg, OSSL_PASSPHRASE_CALLBACK *ask, void *ask_arg)
{
	struct store *store = loader;
	struct session session = { .slot = NULL };
	const bool first = !store->searched;
	const int before = errno;
	bool ok = false;
	CK_RV rv;

	store->searched = true;
	if (first)
		store->slot = slot_of_uri(store->provider, store->uri);
	store->at_end = !first && (store->slot == NULL || !skip_to_next(store));
	if (store->slot == NULL || store->at_end)
		goto out;
	rv = session_begin(store->slot, &session);
	if (rv != CKR_OK)
		fail_rv(store->provider, "C_OpenSession", rv, store->text);
	else if (!first || search(store, &session, ask, ask_arg))
		ok = skip_to_next(store) && give_next(store, &session, take, arg);
	else
		store->slot = NULL;
	session_end(&session);
	if (ok)
		store->at_end = !skip_to_next(store);
out:
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
	ENTRY(OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, store_settable),
	ENTRY(OSSL_FUNC_STORE_SET_CTX_PARAMS, store_set_params),
	ENTRY(OSSL_FUNC_STORE_LOAD, store_load),
	ENTRY(OSSL_FUNC_STORE_EOF, store_eof),
	ENTRY(OSSL_FUNC_STORE_CLOSE, store_close),
	{ 0, NULL },
};

const OSSL_ALGORITHM provider_stores[] = {
	{ "pkcs11", PROPERTIES, functions, "objects of PKCS#11 tokens" },
	{ NULL, NULL, NULL, NULL },
};
