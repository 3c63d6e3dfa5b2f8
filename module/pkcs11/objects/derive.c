/*
 * derive.c: C_GenerateKey and C_DeriveKey: secret keys (and derived data) that a mechanism makes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/mechanisms/holder.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/array.h"
#include "module/pkcs11/objects/create.h"
#include "module/pkcs11/objects/make.h"
#include "module/pkcs11/objects/template.h"

/* The template of what is to be made; want: CKA_VALUE_LEN, 0 when absent. otherwise: the type of a key whose
 * template names none. */
static CK_RV
read_template(struct session *session, enum template_origin origin, CK_OBJECT_CLASS object_class, CK_KEY_TYPE otherwise,
	const CK_ATTRIBUTE *template, CK_ULONG count, struct token_attrs **attrs, CK_ULONG *want)
{
	CK_RV rv;

	*attrs = attrs_new();
	if (*attrs == NULL)
		return CKR_HOST_MEMORY;
	rv = template_read(object_class, origin, template, count, *attrs);
	if (rv != CKR_OK)
		return rv;
	if (attrs_find(*attrs, CKA_VALUE_LEN) != NULL) {
		*want = attrs_ulong(*attrs, CKA_VALUE_LEN, 0);
		if (*want == 0)
			return CKR_ATTRIBUTE_VALUE_INVALID;
		attrs_remove(*attrs, CKA_VALUE_LEN);
	}
	if (!attrs_set_ulong(*attrs, CKA_CLASS, object_class))
		return CKR_HOST_MEMORY;
	if (object_class == CKO_SECRET_KEY &&
		!attrs_set_ulong(*attrs, CKA_KEY_TYPE, attrs_ulong(*attrs, CKA_KEY_TYPE, otherwise)))
		return CKR_HOST_MEMORY;
	rv = make_complete(session, object_class, origin, *attrs);
	return rv == CKR_OK ? make_allowed(session, *attrs) : rv;
}

CK_RV
object_generate_key(struct session *session, const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *template,
	CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
	const struct mech *mech;
	struct token_attrs *attrs = NULL;
	struct secret value = SECRET_NONE;
	CK_ULONG want = 0;
	CK_RV rv;

	if (mechanism == NULL || handle == NULL || (template == NULL && count != 0))
		return CKR_ARGUMENTS_BAD;
	mech = mech_find(mechanism->mechanism);
	if (mech == NULL || mech->generate == NULL)
		return CKR_MECHANISM_INVALID;
	rv = read_template(session, TEMPLATE_GENERATE, CKO_SECRET_KEY, mech->key_type, template, count, &attrs, &want);
	if (rv == CKR_OK && !mech_takes(mech, attrs_ulong(attrs, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION)))
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK)
		rv = mech->generate(session, mechanism, want, &value);
	if (rv == CKR_OK)
		rv = make_secret_key(attrs, &value);
	if (rv == CKR_OK)
		rv = make_origin(attrs, mechanism->mechanism);
	if (rv == CKR_OK)
		rv = make_unique(attrs);
	if (rv == CKR_OK)
		return make_publish(session, attrs, &value, NULL, handle);
	attrs_free(attrs);
	secret_wipe(&value);
	return rv;
}

/* May this key be a base: its type, its usage, and no PIN check that a derivation could not ask for. */
static CK_RV
check_base(const struct mech *mech, const struct object *base)
{
	const struct token_attrs *attrs = object_attrs(base);
	const CK_OBJECT_CLASS object_class_ = object_class(base);

	if (object_class_ != CKO_PRIVATE_KEY && object_class_ != CKO_SECRET_KEY)
		return CKR_KEY_HANDLE_INVALID;
	if (mech->key_type != MECH_NO_KEY && !mech_takes(mech, attrs_ulong(attrs, CKA_KEY_TYPE, MECH_NO_KEY)))
		return CKR_KEY_TYPE_INCONSISTENT;
	if (holder_is(base) || !attrs_bool(attrs, CKA_DERIVE, false))
		return CKR_KEY_FUNCTION_NOT_PERMITTED;
	if (!op_allows_mechanism(attrs, mech->type))
		return CKR_MECHANISM_INVALID;
	return attrs_bool(attrs, CKA_ALWAYS_AUTHENTICATE, false) ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

/* What is derived becomes a key that remembers what its base was, or data. attrs and value are taken over. */
static CK_RV
publish_derived(struct session *session, const struct mech *mech, const struct object *base, struct token_attrs *attrs,
	struct secret *value, CK_OBJECT_HANDLE *handle)
{
	CK_RV rv;

	rv = mech->derives_data ? object_check_plain_data(attrs) : make_secret_key(attrs, value);
	if (rv == CKR_OK && !mech->derives_data)
		rv = make_derived(attrs, object_attrs(base));
	if (rv == CKR_OK)
		rv = make_unique(attrs);
	if (rv == CKR_OK)
		return make_publish(session, attrs, value, NULL, handle);
	attrs_free(attrs);
	secret_wipe(value);
	return rv;
}

CK_RV
object_derive_key(struct session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base_handle,
	const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *handle)
{
	const struct mech *mech;
	struct array_merged merged = { 0 };
	struct token_attrs *attrs = NULL;
	struct object *base = NULL;
	struct secret value = SECRET_NONE;
	CK_ULONG want = 0;
	CK_RV rv;

	if (mechanism == NULL || handle == NULL || (template == NULL && count != 0))
		return CKR_ARGUMENTS_BAD;
	mech = mech_find(mechanism->mechanism);
	if (mech == NULL || mech->derive == NULL)
		return CKR_MECHANISM_INVALID;
	rv = object_from_handle(session, base_handle, &base);
	if (rv != CKR_OK)
		goto out;
	rv = check_base(mech, base);
	if (rv == CKR_OK)
		rv = array_merge(object_attrs(base), CKA_DERIVE_TEMPLATE, template, count, &merged);
	if (rv == CKR_OK)
		rv = read_template(session, TEMPLATE_DERIVE, mech->derives_data ? CKO_DATA : CKO_SECRET_KEY,
			CKK_GENERIC_SECRET, merged.list, merged.count, &attrs, &want);
	if (rv == CKR_OK)
		rv = mech->derive(session, mechanism, base, want, &value);
	if (rv == CKR_OK)
		rv = publish_derived(session, mech, base, attrs, &value, handle);
	else
		attrs_free(attrs);
out:
	array_merged_clear(&merged);
	object_unref(base);
	/* It may have been destroyed meanwhile. */
	return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
}
