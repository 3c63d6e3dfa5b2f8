/*
 * make.c: rights, origin and publication of new objects.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/make.h"

#include <stdio.h>

#include "module/pkcs11/shell/rv.h"
#include "pkcs11-3.h"

/* A key that nobody may see at rest: a public object lies in the store in clear. */
static bool
is_secret(const struct token_attrs *attrs)
{
	const CK_ULONG object_class = attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);

	return object_class == CKO_PRIVATE_KEY || object_class == CKO_SECRET_KEY;
}

CK_RV
make_allowed(struct session *session, const struct token_attrs *attrs)
{
	const enum token_role role = slot_role(session->slot);
	const bool private_ = attrs_bool(attrs, CKA_PRIVATE, false);

	if (attrs_bool(attrs, CKA_TOKEN, false) && !session->rw)
		return CKR_SESSION_READ_ONLY;
	if (private_ && role != TOKEN_USER)
		return CKR_USER_NOT_LOGGED_IN;
	if (attrs_bool(attrs, CKA_TRUSTED, false) && role != TOKEN_SO)
		return CKR_ATTRIBUTE_READ_ONLY;
	if (attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE, false) && !private_)
		return CKR_TEMPLATE_INCONSISTENT;
	if (attrs_bool(attrs, CKA_TOKEN, false) && is_secret(attrs) && !private_)
		return CKR_TEMPLATE_INCONSISTENT;
	return CKR_OK;
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

static CK_RV
check_secret_key(CK_KEY_TYPE type, size_t len)
{
	switch (type) {
	case CKK_AES:
		return len == 16 || len == 24 || len == 32 ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
	case CKK_GENERIC_SECRET:
	case CKK_SHA_1_HMAC:
	case CKK_SHA224_HMAC:
	case CKK_SHA256_HMAC:
	case CKK_SHA384_HMAC:
	case CKK_SHA512_HMAC:
		return len > 0 ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
	default:
		return CKR_ATTRIBUTE_VALUE_INVALID;
	}
}

CK_RV
make_secret_key(struct token_attrs *attrs, size_t len)
{
	const bool token = attrs_bool(attrs, CKA_TOKEN, false);
	CK_RV rv;

	rv = check_secret_key(attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION), len);
	if (rv != CKR_OK)
		return rv;
	if (!attrs_set_ulong(attrs, CKA_VALUE_LEN, len) ||
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
