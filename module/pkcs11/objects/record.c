/*
 * module/pkcs11/objects/record.c: C_CreateObject of a record: IssuerSigned is parsed, its digests are checked, and
 * it is bound to the holder key whose point the issuer signed.
 *
 * Trust is not looked at: the module has no anchors.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/record.h"

#include <mdoc/mdoc.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/mechanisms/ec.h"
#include "module/pkcs11/shell/rv.h"

static CK_RV
parse(const struct mdoc_context *context, struct mdoc_bytes value, struct mdoc_issuer_signed **record)
{
	enum mdoc_result res;
	CK_RV rv;

	res = mdoc_issuer_signed_parse(context, value, record, NULL);
	if (res == MDOC_OK)
		res = mdoc_issuer_signed_check_digests(context, *record, NULL);
	rv = rv_from_mdoc(res);
	return rv == CKR_MDOC_INPUT_MALFORMED ? CKR_MDOC_RECORD_MALFORMED : rv;
}

static enum token_curve
curve_of(enum mdoc_curve curve)
{
	static const enum token_curve curves[] = {
		[MDOC_CURVE_P256] = TOKEN_P256,
		[MDOC_CURVE_P384] = TOKEN_P384,
		[MDOC_CURVE_P521] = TOKEN_P521,
	};

	return (size_t)curve < sizeof(curves) / sizeof(curves[0]) ? curves[curve] : TOKEN_CURVE_NONE;
}

/* Does this object's CKA_EC_POINT, of its CKA_EC_PARAMS' curve, equal the device key? */
static bool
has_point(const struct token_object *object, const struct mdoc_public_key *key)
{
	const CK_ATTRIBUTE *params = attrs_find(object->attrs, CKA_EC_PARAMS);
	const CK_ATTRIBUTE *point = attrs_find(object->attrs, CKA_EC_POINT);
	enum token_curve curve;
	const CK_BYTE *bytes;
	size_t len;

	if (params == NULL || point == NULL)
		return false;
	curve = token_curve_from_params(params->pValue, params->ulValueLen);
	return curve != TOKEN_CURVE_NONE && curve == curve_of(key->curve) &&
		ec_read_point(curve, point->pValue, point->ulValueLen, &bytes, &len) &&
		mdoc_bytes_equal(mdoc_bytes_of(bytes, len), mdoc_bytes_of(key->point, key->point_len));
}

/* The one unbound holder key of that point, with a reference. */
static CK_RV
find_holder_key(struct token *token, const struct mdoc_public_key *key, const struct token_object **found)
{
	const struct token_object **objects = NULL;
	size_t count = 0;
	size_t matches = 0;
	size_t i;
	CK_RV rv;

	rv = rv_from_token(token_objects(token, &objects, &count));
	if (rv != CKR_OK)
		return rv;
	for (i = 0; i < count; i++) {
		if (objects[i]->kind != TOKEN_OBJECT_HOLDER_PRIVATE || objects[i]->copy != 0 ||
			!has_point(objects[i], key))
			continue;
		if (matches++ == 0)
			*found = token_object_ref(objects[i]);
	}
	token_objects_free(objects, count);
	return matches == 1 ? CKR_OK : CKR_MDOC_NO_HOLDER_KEY;
}

/* What the caller said about the record must not contradict the record. */
static CK_RV
check_template(const struct token_attrs *attrs, struct mdoc_bytes doc_type, const CK_ATTRIBUTE *id)
{
	if (!attrs_bool(attrs, CKA_TOKEN, true) || !attrs_bool(attrs, CKA_PRIVATE, true))
		return CKR_TEMPLATE_INCONSISTENT;
	if (!attrs_fits(attrs, CKA_LABEL, doc_type.ptr, doc_type.len) || !attrs_fits(attrs, CKA_OBJECT_ID, "", 0) ||
		!attrs_fits(attrs, CKA_ID, id == NULL ? "" : id->pValue, id == NULL ? 0 : id->ulValueLen))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	return CKR_OK;
}

static CK_RV
complete(struct token_attrs *attrs, struct mdoc_bytes doc_type, const CK_ATTRIBUTE *id, bool reusable)
{
	if (attrs_set_bool(attrs, CKA_PRIVATE, true) && attrs_set_bool(attrs, CKA_MODIFIABLE, false) &&
		attrs_set_bool(attrs, CKA_COPYABLE, false) && attrs_set(attrs, CKA_LABEL, doc_type.ptr, doc_type.len) &&
		attrs_set(attrs, CKA_OBJECT_ID, "", 0) &&
		attrs_set(attrs, CKA_ID, id == NULL ? "" : id->pValue, id == NULL ? 0 : id->ulValueLen) &&
		attrs_set_bool(attrs, CKA_MDOC_REUSABLE, reusable))
		return CKR_OK;
	return CKR_HOST_MEMORY;
}

CK_RV
record_create(struct session *session, struct token_attrs *attrs, struct mdoc_bytes value,
	struct token_object_spec *spec)
{
	const bool reusable = attrs_bool(attrs, CKA_MDOC_REUSABLE, false);
	struct mdoc_issuer_signed *record = NULL;
	const struct token_object *key = NULL;
	const CK_ATTRIBUTE *id;
	struct mdoc_bytes doc_type;
	CK_RV rv;

	if (!token_may(session->slot->token, TOKEN_ACCESS_RECORD, TOKEN_CREATE))
		return CKR_USER_NOT_LOGGED_IN;
	rv = parse(library_mdoc(), value, &record);
	if (rv == CKR_OK)
		rv = find_holder_key(session->slot->token, mdoc_mso_device_key(mdoc_issuer_signed_mso(record)), &key);
	if (rv != CKR_OK)
		goto out;
	id = attrs_find(key->attrs, CKA_ID);
	doc_type = mdoc_mso_doc_type(mdoc_issuer_signed_mso(record));
	rv = check_template(attrs, doc_type, id);
	if (rv == CKR_OK)
		rv = complete(attrs, doc_type, id, reusable);
	if (rv != CKR_OK)
		goto out;
	spec->kind = TOKEN_OBJECT_RECORD;
	spec->private_ = true;
	spec->reusable = reusable;
	spec->bind_key = key->id;
out:
	token_object_unref(key);
	mdoc_issuer_signed_free(record);
	return rv;
}
