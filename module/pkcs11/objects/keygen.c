/*
 * keygen.c: C_GenerateKeyPair.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "module/pkcs11/objects/builtin.h"
#include "module/pkcs11/objects/create.h"
#include "module/pkcs11/objects/ec_key.h"
#include "module/pkcs11/objects/make.h"
#include "module/pkcs11/objects/provision.h"
#include "module/pkcs11/shell/rv.h"
#include "module/pkcs11/objects/template.h"

/* What becomes of the two templates. */
struct pair {
	struct token_attrs *public_attrs;
	struct token_attrs *private_attrs;
	CK_MECHANISM_TYPE mechanism;
	CK_KEY_TYPE type; /* that the mechanism makes */
	enum token_curve curve;
	bool token, holder;
	bool waits; /* for the user, whose provisioner makes it */
};

/* Set a boolean that the template may leave out but not deny. */
static CK_RV
insist(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value)
{
	if (attrs_bool(attrs, type, value) != value)
		return CKR_TEMPLATE_INCONSISTENT;
	return attrs_set_bool(attrs, type, value) ? CKR_OK : CKR_HOST_MEMORY;
}

/* A holder key is what it is, whatever else the templates say: made here for good, seen by the user only,
 * one PIN check for one signature (R-KEY-01, R-KEY-02, R-TX-01). */
static CK_RV
insist_on_holder(struct pair *pair)
{
	static const struct {
		CK_ATTRIBUTE_TYPE type;
		bool value, public_too;
	} rules[] = {
		{ CKA_TOKEN, true, true },
		{ CKA_PRIVATE, true, true },
		{ CKA_COPYABLE, false, true },
		{ CKA_SENSITIVE, true, false },
		{ CKA_EXTRACTABLE, false, false },
		{ CKA_ALWAYS_AUTHENTICATE, true, false },
		{ CKA_SIGN, true, false },
	};
	size_t i;
	CK_RV rv = CKR_OK;

	if (pair->curve > TOKEN_P521)
		return CKR_CURVE_NOT_SUPPORTED;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]) && rv == CKR_OK; i++) {
		rv = insist(pair->private_attrs, rules[i].type, rules[i].value);
		if (rv == CKR_OK && rules[i].public_too)
			rv = insist(pair->public_attrs, rules[i].type, rules[i].value);
	}
	return rv;
}

static CK_RV
read_half(CK_KEY_TYPE type, CK_OBJECT_CLASS object_class, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct token_attrs **attrs)
{
	CK_RV rv;

	*attrs = attrs_new();
	if (*attrs == NULL)
		return CKR_HOST_MEMORY;
	rv = template_read(object_class, TEMPLATE_GENERATE, template, count, *attrs);
	if (rv == CKR_OK && attrs_ulong(*attrs, CKA_KEY_TYPE, type) != type)
		rv = CKR_TEMPLATE_INCONSISTENT;
	if (rv == CKR_OK &&
		!(attrs_set_ulong(*attrs, CKA_CLASS, object_class) && attrs_set_ulong(*attrs, CKA_KEY_TYPE, type)))
		rv = CKR_HOST_MEMORY;
	if (rv == CKR_OK)
		rv = ec_key_default_usage(*attrs, object_class, type);
	return rv;
}

/* The public template names the curve; both halves get the OID form of it. */
static CK_RV
settle_curve(struct pair *pair)
{
	const CK_ATTRIBUTE *params = attrs_find(pair->public_attrs, CKA_EC_PARAMS);
	const CK_ATTRIBUTE *other = attrs_find(pair->private_attrs, CKA_EC_PARAMS);
	const uint8_t *der;
	size_t len;

	if (params == NULL)
		return CKR_TEMPLATE_INCOMPLETE;
	pair->curve = token_curve_from_params(params->pValue, params->ulValueLen);
	if (pair->curve == TOKEN_CURVE_NONE || ec_key_type(pair->curve) != pair->type)
		return CKR_CURVE_NOT_SUPPORTED;
	if (other != NULL && token_curve_from_params(other->pValue, other->ulValueLen) != pair->curve)
		return CKR_TEMPLATE_INCONSISTENT;
	token_curve_params(pair->curve, &der, &len);
	return attrs_set(pair->public_attrs, CKA_EC_PARAMS, der, len) &&
			attrs_set(pair->private_attrs, CKA_EC_PARAMS, der, len)
		? CKR_OK
		: CKR_HOST_MEMORY;
}

static CK_RV
finish_half(struct session *session, const struct pair *pair, CK_OBJECT_CLASS object_class, struct token_attrs *attrs)
{
	CK_RV rv;

	rv = make_complete(session, object_class, TEMPLATE_GENERATE, attrs);
	if (rv == CKR_OK)
		rv = make_origin(attrs, pair->mechanism);
	if (rv == CKR_OK)
		rv = make_unique(attrs);
	return rv;
}

/* What the provisioner makes for its user is that user's; everything else is the maker's. */
static CK_RV
half_allowed(struct session *session, const struct pair *pair, const struct token_attrs *attrs)
{
	return pair->waits ? make_allowed_for_user(session, attrs) : make_allowed(session, attrs);
}

static CK_RV
prepare_pair(struct session *session, struct pair *pair)
{
	CK_RV rv;

	rv = settle_curve(pair);
	pair->holder = attrs_bool(pair->private_attrs, CKA_MDOC_HOLDER_KEY, false);
	pair->waits = pair->holder && slot_role(session->slot) == TOKEN_PROVISIONER;
	if (rv == CKR_OK && pair->holder)
		rv = insist_on_holder(pair);
	if (rv == CKR_OK)
		rv = finish_half(session, pair, CKO_PUBLIC_KEY, pair->public_attrs);
	if (rv == CKR_OK)
		rv = finish_half(session, pair, CKO_PRIVATE_KEY, pair->private_attrs);
	if (rv == CKR_OK)
		rv = half_allowed(session, pair, pair->public_attrs);
	if (rv == CKR_OK)
		rv = half_allowed(session, pair, pair->private_attrs);
	if (rv != CKR_OK)
		return rv;
	pair->token = attrs_bool(pair->private_attrs, CKA_TOKEN, false);
	return attrs_bool(pair->public_attrs, CKA_TOKEN, false) == pair->token ? CKR_OK : CKR_TEMPLATE_INCONSISTENT;
}

static CK_RV
generate_in_inbox(struct session *session, const struct pair *pair, CK_OBJECT_HANDLE *public_handle,
	CK_OBJECT_HANDLE *private_handle)
{
	CK_ULONG public_which = 0, private_which = 0;
	CK_RV rv;

	rv = provision_generate(session, pair->curve, pair->public_attrs, pair->private_attrs, &public_which,
		&private_which);
	if (rv == CKR_OK)
		rv = builtin_waiting_handle(public_which, public_handle);
	return rv == CKR_OK ? builtin_waiting_handle(private_which, private_handle) : rv;
}

static CK_RV
generate_in_token(struct session *session, const struct pair *pair, CK_OBJECT_HANDLE *public_handle,
	CK_OBJECT_HANDLE *private_handle)
{
	const struct token_object_spec public_spec = {
		.private_ = attrs_bool(pair->public_attrs, CKA_PRIVATE, false),
		.attrs = pair->public_attrs,
	};
	const struct token_object_spec private_spec = {
		.private_ = attrs_bool(pair->private_attrs, CKA_PRIVATE, true),
		.attrs = pair->private_attrs,
	};
	const struct token_object *public_object = NULL, *private_object = NULL;
	struct token_info info;
	CK_RV rv;

	/* A pair is stored at once, which a batch promises not to do. */
	if (session_batch(session) != NULL)
		return CKR_MDOC_BATCH_ACTIVE;
	rv = rv_from_token(token_get_info(session->slot->token, &info));
	if (rv == CKR_OK && pair->holder && !attrs_set_bool(pair->private_attrs, CKA_MDOC_HARDWARE, info.hardware))
		rv = CKR_HOST_MEMORY;
	if (rv == CKR_OK && pair->waits)
		return generate_in_inbox(session, pair, public_handle, private_handle);
	if (rv == CKR_OK)
		rv = rv_from_token(token_generate_pair(session->slot->token, pair->curve, pair->holder, &public_spec,
			&private_spec, &public_object, &private_object));
	if (rv != CKR_OK)
		return rv;
	rv = object_stored_handle(session->slot, public_object, public_handle);
	if (rv == CKR_OK)
		rv = object_stored_handle(session->slot, private_object, private_handle);
	token_object_unref(public_object);
	token_object_unref(private_object);
	return rv;
}

/* Both halves as session objects; the lists of the pair are given away. */
static CK_RV
generate_in_session(struct session *session, struct pair *pair, CK_OBJECT_HANDLE *public_handle,
	CK_OBJECT_HANDLE *private_handle)
{
	CK_BYTE point[TOKEN_POINT_MAX];
	struct secret scalar = SECRET_NONE, none = SECRET_NONE;
	struct token_key *key = NULL;
	size_t len = sizeof(point);
	CK_RV rv;

	rv = rv_from_token(token_key_generate(session->slot->library->env, pair->curve, &key));
	if (rv == CKR_OK)
		rv = rv_from_token(token_key_point(key, point, &len));
	if (rv == CKR_OK)
		rv = rv_from_token(token_key_scalar(key, &scalar));
	token_key_free(key);
	if (rv == CKR_OK)
		rv = ec_key_set_public(pair->public_attrs, pair->curve, point, len);
	if (rv == CKR_OK)
		rv = ec_key_set_public(pair->private_attrs, pair->curve, point, len);
	if (rv != CKR_OK) {
		secret_wipe(&scalar);
		return rv;
	}
	rv = object_publish(session, pair->private_attrs, &scalar, private_handle);
	pair->private_attrs = NULL;
	if (rv == CKR_OK) {
		rv = object_publish(session, pair->public_attrs, &none, public_handle);
		pair->public_attrs = NULL;
	}
	return rv;
}

CK_RV
object_generate_pair(struct session *session, const CK_MECHANISM *mechanism, const CK_ATTRIBUTE *public_template,
	CK_ULONG public_count, const CK_ATTRIBUTE *private_template, CK_ULONG private_count,
	CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle)
{
	const struct mech *mech;
	struct pair pair = { 0 };
	CK_RV rv;

	if (mechanism == NULL || public_handle == NULL || private_handle == NULL ||
		(public_template == NULL && public_count != 0) || (private_template == NULL && private_count != 0))
		return CKR_ARGUMENTS_BAD;
	mech = mech_find(mechanism->mechanism);
	if (mech == NULL || (mech->info.flags & CKF_GENERATE_KEY_PAIR) == 0)
		return CKR_MECHANISM_INVALID;
	if (mechanism->ulParameterLen != 0)
		return CKR_MECHANISM_PARAM_INVALID;
	pair.mechanism = mech->type;
	pair.type = mech->key_type;
	rv = read_half(pair.type, CKO_PUBLIC_KEY, public_template, public_count, &pair.public_attrs);
	if (rv == CKR_OK)
		rv = read_half(pair.type, CKO_PRIVATE_KEY, private_template, private_count, &pair.private_attrs);
	if (rv == CKR_OK)
		rv = prepare_pair(session, &pair);
	if (rv == CKR_OK)
		rv = pair.token ? generate_in_token(session, &pair, public_handle, private_handle)
				: generate_in_session(session, &pair, public_handle, private_handle);
	attrs_free(pair.public_attrs);
	attrs_free(pair.private_attrs);
	return rv;
}
