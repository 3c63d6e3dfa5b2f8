/*
 * make.c: rights, origin and publication of new objects.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/make.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/shell/rv.h"
#include "pkcs11-3.h"

#define CHECK_VALUE_LEN 3

static bool
may_make(struct token *token, const struct token_attrs *attrs, bool private_)
{
	return token_may_make(token, attrs, attrs_bool(attrs, CKA_MDOC_HOLDER_KEY, false), private_);
}

CK_RV
make_writable(const struct session *session)
{
	if (token_is_read_only(session->slot->token))
		return CKR_TOKEN_WRITE_PROTECTED;
	return session->rw ? CKR_OK : CKR_SESSION_READ_ONLY;
}

CK_RV
make_changeable(const struct session *session, const struct object *object, unsigned operation)
{
	CK_RV rv = make_writable(session);

	if (rv == CKR_OK && object->stored != NULL &&
		!token_may_object(session->slot->token, object->stored, operation))
		rv = CKR_USER_NOT_LOGGED_IN;
	return rv;
}

bool
make_is_confined(const struct session *session, const struct token_attrs *attrs)
{
	return attrs_bool(attrs, CKA_TOKEN, false) && !token_exports_keys(session->slot->token) &&
		attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION) == CKO_PRIVATE_KEY;
}

CK_RV
make_complete(struct session *session, CK_OBJECT_CLASS object_class, enum template_origin origin,
	struct token_attrs *attrs)
{
	const bool key = object_class == CKO_PRIVATE_KEY || object_class == CKO_SECRET_KEY;

	if (key && attrs_find(attrs, CKA_PRIVATE) == NULL && !attrs_bool(attrs, CKA_TOKEN, false) &&
		!attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE, false) &&
		!token_may(session->slot->token, TOKEN_ACCESS_SESSION, TOKEN_CREATE) &&
		!attrs_set_bool(attrs, CKA_PRIVATE, false))
		return CKR_HOST_MEMORY;
	if (attrs_find(attrs, CKA_PRIVATE) == NULL && attrs_bool(attrs, CKA_TOKEN, false) &&
		token_wants_private(session->slot->token, attrs) && !attrs_set_bool(attrs, CKA_PRIVATE, true))
		return CKR_HOST_MEMORY;
	/* Who would copy a key into memory, as OpenSSL's provider does, is told that this one cannot be. */
	if (make_is_confined(session, attrs) && attrs_find(attrs, CKA_COPYABLE) == NULL &&
		!attrs_set_bool(attrs, CKA_COPYABLE, false))
		return CKR_HOST_MEMORY;
	return template_complete(object_class, origin, attrs);
}

CK_RV
make_allowed(struct session *session, const struct token_attrs *attrs)
{
	struct token *token = session->slot->token;
	const bool private_ = attrs_bool(attrs, CKA_PRIVATE, false);
	const bool stored = attrs_bool(attrs, CKA_TOKEN, false);
	CK_RV rv = CKR_OK;

	if (stored)
		rv = make_writable(session);
	if (rv != CKR_OK)
		return rv;
	if (private_ && !stored && !token_may(token, TOKEN_ACCESS_SESSION, TOKEN_CREATE))
		return CKR_USER_NOT_LOGGED_IN;
	if (private_ && stored && !may_make(token, attrs, true))
		return CKR_USER_NOT_LOGGED_IN;
	if (attrs_bool(attrs, CKA_TRUSTED, false) && !token_may(token, TOKEN_ACCESS_TRUSTED, TOKEN_CREATE))
		return CKR_ATTRIBUTE_READ_ONLY;
	if (attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE, false) && !private_)
		return CKR_TEMPLATE_INCONSISTENT;
	if (!private_ && stored && !may_make(token, attrs, false))
		return CKR_USER_NOT_LOGGED_IN;
	if (make_is_confined(session, attrs) && attrs_bool(attrs, CKA_EXTRACTABLE, false))
		return CKR_TEMPLATE_INCONSISTENT;
	return template_consistent(attrs);
}

CK_RV
make_allowed_for_user(struct session *session, const struct token_attrs *attrs)
{
	const CK_RV rv = make_writable(session);

	if (rv != CKR_OK)
		return rv;
	return attrs_bool(attrs, CKA_TRUSTED, false) ? CKR_ATTRIBUTE_READ_ONLY : template_consistent(attrs);
}

CK_RV
make_unique(struct token_attrs *attrs)
{
	CK_BYTE bytes[16];
	char text[2 * sizeof(bytes) + 1];
	size_t i;
	CK_RV rv;

	rv = library_random(bytes, sizeof(bytes));
	if (rv != CKR_OK)
		return rv;
	for (i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return attrs_set(attrs, CKA_UNIQUE_ID, text, 2 * sizeof(bytes)) ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
make_origin(struct token_attrs *attrs, CK_MECHANISM_TYPE mechanism)
{
	const bool local = mechanism != CK_UNAVAILABLE_INFORMATION;
	const CK_OBJECT_CLASS object_class = attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
	bool done;

	done = attrs_set_bool(attrs, CKA_LOCAL, local) && attrs_set_ulong(attrs, CKA_KEY_GEN_MECHANISM, mechanism);
	if (object_class == CKO_PRIVATE_KEY || object_class == CKO_SECRET_KEY)
		done = done &&
			attrs_set_bool(attrs, CKA_ALWAYS_SENSITIVE, local && attrs_bool(attrs, CKA_SENSITIVE, false)) &&
			attrs_set_bool(attrs, CKA_NEVER_EXTRACTABLE,
				local && !attrs_bool(attrs, CKA_EXTRACTABLE, true));
	return done ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
make_derived(struct token_attrs *attrs, const struct token_attrs *base)
{
	const bool sensitive = attrs_bool(base, CKA_ALWAYS_SENSITIVE, false) && attrs_bool(attrs, CKA_SENSITIVE, false);
	const bool kept = attrs_bool(base, CKA_NEVER_EXTRACTABLE, false) && !attrs_bool(attrs, CKA_EXTRACTABLE, true);

	return attrs_set_bool(attrs, CKA_LOCAL, false) &&
			attrs_set_ulong(attrs, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION) &&
			attrs_set_bool(attrs, CKA_ALWAYS_SENSITIVE, sensitive) &&
			attrs_set_bool(attrs, CKA_NEVER_EXTRACTABLE, kept)
		? CKR_OK
		: CKR_HOST_MEMORY;
}

/* Keys that are any bytes; of AES keys the length counts. */
static const CK_KEY_TYPE byte_keys[] = { CKK_GENERIC_SECRET, CKK_HKDF, CKK_SHA_1_HMAC, CKK_SHA224_HMAC, CKK_SHA256_HMAC,
	CKK_SHA384_HMAC, CKK_SHA512_HMAC, CKK_SHA512_224_HMAC, CKK_SHA512_256_HMAC, CKK_SHA3_224_HMAC,
	CKK_SHA3_256_HMAC, CKK_SHA3_384_HMAC, CKK_SHA3_512_HMAC };

static CK_RV
check_secret_key(CK_KEY_TYPE type, size_t len)
{
	size_t i;

	if (type == CKK_AES)
		return len == 16 || len == 24 || len == 32 ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
	for (i = 0; i < sizeof(byte_keys) / sizeof(*byte_keys); i++)
		if (byte_keys[i] == type)
			return len > 0 ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_ATTRIBUTE_VALUE_INVALID;
}

/* The first bytes of a zero block under an AES key, and of the SHA-1 of any other. */
static CK_RV
key_check_value(CK_KEY_TYPE type, const struct secret *value, CK_BYTE out[CHECK_VALUE_LEN])
{
	static const CK_BYTE zeros[16];
	CK_BYTE bytes[EVP_MAX_MD_SIZE + 16];
	EVP_CIPHER_CTX *context = NULL;
	EVP_CIPHER *cipher = NULL;
	const char *name = value->len == 16 ? "AES-128-ECB" : value->len == 24 ? "AES-192-ECB" : "AES-256-ECB";
	size_t len = 0;
	int written = 0;
	CK_RV rv = CKR_FUNCTION_FAILED;

	if (type != CKK_AES) {
		if (EVP_Q_digest(library_libctx(), "SHA1", NULL, value->ptr, value->len, bytes, &len) != 1)
			goto out;
	} else {
		cipher = EVP_CIPHER_fetch(library_libctx(), name, NULL);
		context = EVP_CIPHER_CTX_new();
		if (cipher == NULL || context == NULL ||
			EVP_EncryptInit_ex2(context, cipher, value->ptr, NULL, NULL) != 1 ||
			EVP_EncryptUpdate(context, bytes, &written, zeros, sizeof(zeros)) != 1)
			goto out;
	}
	memcpy(out, bytes, CHECK_VALUE_LEN);
	rv = CKR_OK;
out:
	OPENSSL_cleanse(bytes, sizeof(bytes));
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return rv;
}

/* CKA_CHECK_VALUE: worked out; one that the template gives must be it, or empty (PKCS#11 2.40, 4.10.2). */
static CK_RV
set_check_value(struct token_attrs *attrs, CK_KEY_TYPE type, const struct secret *value)
{
	const CK_ATTRIBUTE *given = attrs_find(attrs, CKA_CHECK_VALUE);
	CK_BYTE bytes[CHECK_VALUE_LEN];
	CK_RV rv;

	if (given != NULL && given->ulValueLen == 0)
		return CKR_OK;
	rv = key_check_value(type, value, bytes);
	if (rv != CKR_OK)
		return rv;
	if (given != NULL &&
		(given->ulValueLen != sizeof(bytes) || CRYPTO_memcmp(given->pValue, bytes, sizeof(bytes)) != 0))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return attrs_set(attrs, CKA_CHECK_VALUE, bytes, sizeof(bytes)) ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
make_secret_key(struct token_attrs *attrs, const struct secret *value)
{
	const CK_KEY_TYPE type = attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
	const bool token = attrs_bool(attrs, CKA_TOKEN, false);
	CK_RV rv;

	rv = check_secret_key(type, value->len);
	if (rv == CKR_OK)
		rv = set_check_value(attrs, type, value);
	if (rv != CKR_OK)
		return rv;
	if (!attrs_set_ulong(attrs, CKA_VALUE_LEN, value->len) ||
		!attrs_set_bool(attrs, CKA_SENSITIVE, attrs_bool(attrs, CKA_SENSITIVE, token)) ||
		!attrs_set_bool(attrs, CKA_EXTRACTABLE, attrs_bool(attrs, CKA_EXTRACTABLE, !token)))
		return CKR_HOST_MEMORY;
	return CKR_OK;
}

static CK_RV
publish_in_token(struct session *session, const struct token_attrs *attrs, const struct secret *value,
	const struct token_object_spec *spec, CK_OBJECT_HANDLE *handle)
{
	struct token_object_spec full = { .kind = TOKEN_OBJECT_ORDINARY };
	const struct token_object *stored = NULL;
	CK_RV rv;

	if (spec != NULL)
		full = *spec;
	full.private_ = attrs_bool(attrs, CKA_PRIVATE, false);
	full.attrs = attrs;
	full.value = value->ptr;
	full.value_len = value->len;
	rv = rv_from_token(token_object_create(session->slot->token, session_batch(session), &full, &stored));
	if (rv != CKR_OK)
		return rv;
	rv = object_stored_handle(session->slot, stored, handle);
	token_object_unref(stored);
	return rv;
}

CK_RV
make_publish(struct session *session, struct token_attrs *attrs, struct secret *value,
	const struct token_object_spec *spec, CK_OBJECT_HANDLE *handle)
{
	CK_RV rv;

	if (!attrs_bool(attrs, CKA_TOKEN, false))
		return object_publish(session, attrs, value, handle);
	rv = publish_in_token(session, attrs, value, spec, handle);
	attrs_free(attrs);
	secret_wipe(value);
	return rv;
}
