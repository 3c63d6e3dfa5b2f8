/*
 * wrap.c: C_WrapKey and C_UnwrapKey: keys that leave and come encrypted (PKCS#11 3.0, 5.18.3 and 5.18.4).
 *
 * A secret key is wrapped as its value, a private key as its PrivateKeyInfo. A holder key is never wrapped, and
 * nothing that is unwrapped is one (R-KEY-01, R-KEY-02).
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/cipher.h"
#include "module/pkcs11/mechanisms/holder.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/mechanisms/pkcs8.h"
#include "module/pkcs11/objects/array.h"
#include "module/pkcs11/objects/create.h"
#include "module/pkcs11/objects/ec_key.h"
#include "module/pkcs11/objects/make.h"
#include "module/pkcs11/objects/template.h"
#include "pkcs11-3.h"

/* What is different between the two directions about the key that does it. */
struct direction {
	CK_FLAGS flag;
	CK_ATTRIBUTE_TYPE usage;
	CK_RV handle_invalid, type_inconsistent;
};

static const struct direction wrapping = { CKF_WRAP, CKA_WRAP, CKR_WRAPPING_KEY_HANDLE_INVALID,
	CKR_WRAPPING_KEY_TYPE_INCONSISTENT };
static const struct direction unwrapping = { CKF_UNWRAP, CKA_UNWRAP, CKR_UNWRAPPING_KEY_HANDLE_INVALID,
	CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT };

static bool
is_key(const struct object *object)
{
	const CK_OBJECT_CLASS class_now = object_class(object);

	return class_now == CKO_SECRET_KEY || class_now == CKO_PRIVATE_KEY || class_now == CKO_PUBLIC_KEY;
}

/* The mechanism, and the key that wraps or unwraps when it may. */
static CK_RV
find_tool(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE handle, const struct direction *way,
	const struct mech **mech, struct object **key)
{
	CK_RV rv;

	*mech = mech_find(mechanism->mechanism);
	if (*mech == NULL || ((*mech)->info.flags & way->flag) == 0 || (*mech)->wrap == NULL || (*mech)->unwrap == NULL)
		return CKR_MECHANISM_INVALID;
	if (mechanism->pParameter == NULL && mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	rv = object_from_handle(session, handle, key);
	if (rv == CKR_OBJECT_HANDLE_INVALID || (rv == CKR_OK && !is_key(*key)))
		return way->handle_invalid;
	if (rv != CKR_OK)
		return rv;
	if (object_class(*key) != CKO_SECRET_KEY ||
		!mech_takes(*mech, attrs_ulong(object_attrs(*key), CKA_KEY_TYPE, MECH_NO_KEY)))
		return way->type_inconsistent;
	if (!attrs_bool(object_attrs(*key), way->usage, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	return op_allows_mechanism(object_attrs(*key), mechanism->mechanism) ? CKR_OK : CKR_MECHANISM_INVALID;
}

/* May `key` leave under `tool`? */
static CK_RV
check_wrappable(const struct object *tool, const struct object *key)
{
	const struct token_attrs *attrs = object_attrs(key);

	if (!is_key(key))
		return CKR_KEY_HANDLE_INVALID;
	if (object_class(key) == CKO_PUBLIC_KEY)
		return CKR_KEY_NOT_WRAPPABLE;
	if (holder_is(key) || !attrs_bool(attrs, CKA_EXTRACTABLE, false))
		return CKR_KEY_UNEXTRACTABLE;
	if (attrs_bool(attrs, CKA_WRAP_WITH_TRUSTED, false) && !object_is_trusted(tool))
		return CKR_KEY_NOT_WRAPPABLE;
	/* The standard has this answer for a key that does not match (4.10.2). */
	if (!array_matches(object_attrs(tool), CKA_WRAP_TEMPLATE, key))
		return CKR_KEY_HANDLE_INVALID;
	/* Nobody can be asked for a PIN between this call and its answer. */
	return attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE, false) ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

/* What is encrypted. */
static CK_RV
plain_of(struct session *session, const struct object *key, struct secret *plain)
{
	struct secret scalar = SECRET_NONE;
	enum token_curve curve;
	const CK_BYTE *point;
	size_t len;
	CK_RV rv;

	if (object_class(key) == CKO_SECRET_KEY)
		return object_key_bytes(session, key, plain);
	rv = object_ec_point(key, &curve, &point, &len);
	if (rv != CKR_OK)
		return CKR_KEY_NOT_WRAPPABLE;
	rv = object_key_bytes(session, key, &scalar);
	if (rv == CKR_OK)
		rv = pkcs8_encode(curve, &scalar, point, len, plain);
	secret_wipe(&scalar);
	return rv;
}

CK_RV
object_wrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE tool_handle,
	CK_OBJECT_HANDLE handle, CK_BYTE *out, CK_ULONG *out_len)
{
	const struct mech *mech = NULL;
	struct object *tool = NULL, *key = NULL;
	struct secret tool_bytes = SECRET_NONE, plain = SECRET_NONE;
	CK_RV rv;

	if (mechanism == NULL || out_len == NULL)
		return CKR_ARGUMENTS_BAD;
	rv = find_tool(session, mechanism, tool_handle, &wrapping, &mech, &tool);
	if (rv != CKR_OK)
		goto out;
	rv = object_from_handle(session, handle, &key);
	if (rv == CKR_OK)
		rv = check_wrappable(tool, key);
	if (rv == CKR_OK)
		rv = plain_of(session, key, &plain);
	if (rv == CKR_OK)
		rv = object_key_bytes(session, tool, &tool_bytes);
	if (rv == CKR_OK)
		rv = mech->wrap(mechanism, &tool_bytes, &plain, out, out_len);
out:
	secret_wipe(&plain);
	secret_wipe(&tool_bytes);
	object_unref(key);
	object_unref(tool);
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
}

/* The template of the new key: what it is, and its defaults. want: CKA_VALUE_LEN, 0 when absent. */
static CK_RV
read_template(struct session *session, const CK_ATTRIBUTE *template, CK_ULONG count, struct token_attrs **attrs,
	CK_ULONG *want)
{
	CK_OBJECT_CLASS class_now;
	CK_RV rv;

	rv = template_class(template, count, &class_now);
	if (rv != CKR_OK)
		return rv;
	if (class_now != CKO_SECRET_KEY && class_now != CKO_PRIVATE_KEY)
		return CKR_TEMPLATE_INCONSISTENT;
	*attrs = attrs_new();
	if (*attrs == NULL)
		return CKR_HOST_MEMORY;
	rv = template_read(class_now, TEMPLATE_UNWRAP, template, count, *attrs);
	if (rv != CKR_OK)
		return rv;
	if (attrs_find(*attrs, CKA_KEY_TYPE) == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	*want = attrs_ulong(*attrs, CKA_VALUE_LEN, 0);
	attrs_remove(*attrs, CKA_VALUE_LEN);
	/* Who has the wrapped form has the key: that it may leave is the default here (5.18.4), where it can. */
	if (attrs_find(*attrs, CKA_EXTRACTABLE) == NULL &&
		!attrs_set_bool(*attrs, CKA_EXTRACTABLE, !make_is_confined(session, *attrs)))
		return CKR_HOST_MEMORY;
	rv = ec_key_default_usage(*attrs, class_now, attrs_ulong(*attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION));
	if (rv == CKR_OK)
		rv = make_complete(session, class_now, TEMPLATE_UNWRAP, *attrs);
	return rv == CKR_OK ? make_allowed(session, *attrs) : rv;
}

/* A private key's curve is known only now; the template must not say another. */
static CK_RV
read_private_key(const struct secret *plain, struct token_attrs *attrs, struct secret *value)
{
	const CK_ATTRIBUTE *params = attrs_find(attrs, CKA_EC_PARAMS);
	enum token_curve curve = TOKEN_CURVE_NONE;
	const uint8_t *der;
	size_t len;
	CK_RV rv;

	rv = pkcs8_decode(plain, &curve, value);
	if (rv != CKR_OK)
		return rv;
	if (attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION) != ec_key_type(curve) ||
		(params != NULL && token_curve_from_params(params->pValue, params->ulValueLen) != curve))
		return CKR_TEMPLATE_INCONSISTENT;
	token_curve_params(curve, &der, &len);
	return attrs_set(attrs, CKA_EC_PARAMS, der, len) ? CKR_OK : CKR_HOST_MEMORY;
}

/*
 * A secret key; modes without padding leave filling behind it, which CKA_VALUE_LEN cuts off. It cuts off nothing else:
 * of a key made shorter and shorter every byte could be guessed by itself.
 */
static CK_RV
read_secret_key(CK_MECHANISM_TYPE mechanism, CK_ULONG want, struct secret *plain, struct secret *value)
{
	const bool filled = mechanism == CKM_AES_ECB || mechanism == CKM_AES_CBC;

	if (want == 0 || want == plain->len) {
		*value = secret_move(plain);
		return CKR_OK;
	}
	if (!filled || want > plain->len || !cipher_is_filling(plain->ptr + want, plain->len - want))
		return CKR_TEMPLATE_INCONSISTENT;
	return secret_copy(plain->ptr, want, value) ? CKR_OK : CKR_HOST_MEMORY;
}

/* The new key's value; what the class checks of it is the fault of what was wrapped. */
static CK_RV
read_key(struct session *session, CK_MECHANISM_TYPE mechanism, CK_ULONG want, struct secret *plain,
	struct token_attrs *attrs, struct secret *value)
{
	const CK_OBJECT_CLASS class_now = attrs_ulong(attrs, CKA_CLASS, CKO_DATA);
	CK_RV rv;

	if (class_now == CKO_PRIVATE_KEY)
		rv = read_private_key(plain, attrs, value);
	else
		rv = read_secret_key(mechanism, want, plain, value);
	if (rv != CKR_OK)
		return rv;
	rv = object_finish_class(session, class_now, attrs, value, NULL);
	return rv == CKR_ATTRIBUTE_VALUE_INVALID && attrs_find(attrs, CKA_CHECK_VALUE) == NULL ? CKR_WRAPPED_KEY_INVALID
											       : rv;
}

/* attrs and value go to the new object. */
static CK_RV
unwrap(struct session *session, const struct mech *mech, const CK_MECHANISM *mechanism, const struct object *tool,
	const CK_BYTE *wrapped, CK_ULONG len, struct array_merged *merged, CK_OBJECT_HANDLE *handle)
{
	struct secret tool_bytes = SECRET_NONE, plain = SECRET_NONE, value = SECRET_NONE;
	struct token_attrs *attrs = NULL;
	CK_ULONG want = 0;
	CK_RV rv;

	rv = read_template(session, merged->list, merged->count, &attrs, &want);
	if (rv == CKR_OK)
		rv = object_key_bytes(session, tool, &tool_bytes);
	if (rv == CKR_OK)
		rv = mech->unwrap(mechanism, &tool_bytes, wrapped, len, &plain);
	if (rv == CKR_OK)
		rv = read_key(session, mechanism->mechanism, want, &plain, attrs, &value);
	if (rv == CKR_OK)
		rv = make_unique(attrs);
	secret_wipe(&tool_bytes);
	secret_wipe(&plain);
	if (rv == CKR_OK)
		return make_publish(session, attrs, &value, NULL, handle);
	attrs_free(attrs);
	secret_wipe(&value);
	return rv;
}

CK_RV
object_unwrap_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE tool_handle,
	const CK_BYTE *wrapped, CK_ULONG len, const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
	const struct mech *mech = NULL;
	struct array_merged merged = { 0 };
	struct object *tool = NULL;
	CK_RV rv;

	if (mechanism == NULL || handle == NULL || (wrapped == NULL && len != 0) || (template == NULL && count != 0))
		return CKR_ARGUMENTS_BAD;
	rv = find_tool(session, mechanism, tool_handle, &unwrapping, &mech, &tool);
	if (rv == CKR_OK)
		rv = array_merge(object_attrs(tool), CKA_UNWRAP_TEMPLATE, template, count, &merged);
	if (rv == CKR_OK)
		rv = unwrap(session, mech, mechanism, tool, wrapped, len, &merged, handle);
	array_merged_clear(&merged);
	object_unref(tool);
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_UNWRAPPING_KEY_HANDLE_INVALID : rv;
}
