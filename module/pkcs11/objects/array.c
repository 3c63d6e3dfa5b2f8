/*
 * array.c: templates as the value of an attribute.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/array.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/objects/template.h"
#include "module/pkcs11/shell/rv.h"

#define ARRAY_MAX 64            /* attributes */
#define ARRAY_VALUE_MAX 0x10000 /* bytes of one of them */

static CK_RV
add_one(struct token_attrs *list, const CK_ATTRIBUTE *attr)
{
	const struct template_rule *rule = template_rule_any(attr->type);

	if (rule == NULL || rule->kind == TEMPLATE_ARRAY || attr->type == CKA_MDOC_HOLDER_KEY ||
		attr->ulValueLen > ARRAY_VALUE_MAX || !template_value_fits(rule->kind, attr))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (attrs_find(list, attr->type) != NULL)
		return CKR_TEMPLATE_INCONSISTENT;
	return attrs_set(list, attr->type, attr->pValue, attr->ulValueLen) ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
array_set(struct token_attrs *attrs, const CK_ATTRIBUTE *attr)
{
	const CK_ATTRIBUTE *list = attr->pValue;
	const CK_ULONG count = attr->ulValueLen / sizeof(*list);
	struct token_attrs *inner = NULL;
	uint8_t *bytes = NULL;
	size_t len = 0;
	CK_ULONG i;
	CK_RV rv = CKR_OK;

	if (attr->ulValueLen % sizeof(*list) != 0 || count > ARRAY_MAX || (list == NULL && count != 0))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	inner = attrs_new();
	if (inner == NULL)
		return CKR_HOST_MEMORY;
	for (i = 0; i < count && rv == CKR_OK; i++)
		rv = add_one(inner, &list[i]);
	if (rv == CKR_OK)
		rv = rv_from_token(attrs_encode(inner, &bytes, &len));
	if (rv == CKR_OK && !attrs_set(attrs, attr->type, bytes, len))
		rv = CKR_HOST_MEMORY;
	if (bytes != NULL)
		OPENSSL_cleanse(bytes, len);
	free(bytes);
	attrs_free(inner);
	return rv;
}

bool
array_is(CK_ATTRIBUTE_TYPE type)
{
	return type == CKA_WRAP_TEMPLATE || type == CKA_UNWRAP_TEMPLATE || type == CKA_DERIVE_TEMPLATE;
}

bool
array_equals(const CK_ATTRIBUTE *stored, const CK_ATTRIBUTE *wanted)
{
	struct token_attrs *attrs = attrs_new();
	const CK_ATTRIBUTE *coded;
	bool same = false;

	if (attrs != NULL && array_set(attrs, wanted) == CKR_OK) {
		coded = attrs_find(attrs, wanted->type);
		same = coded->ulValueLen == stored->ulValueLen &&
			memcmp(coded->pValue, stored->pValue, stored->ulValueLen) == 0;
	}
	attrs_free(attrs);
	return same;
}

static CK_RV
hand_out_one(const CK_ATTRIBUTE *attr, CK_ATTRIBUTE *to)
{
	const bool fits = to->pValue == NULL || to->ulValueLen >= attr->ulValueLen;

	to->type = attr->type;
	if (to->pValue != NULL && fits && attr->ulValueLen > 0)
		memcpy(to->pValue, attr->pValue, attr->ulValueLen);
	to->ulValueLen = fits ? attr->ulValueLen : CK_UNAVAILABLE_INFORMATION;
	return fits ? CKR_OK : CKR_BUFFER_TOO_SMALL;
}

CK_RV
array_hand_out(const CK_ATTRIBUTE *stored, CK_ATTRIBUTE *to)
{
	struct token_attrs *list = NULL;
	CK_ATTRIBUTE *out = to->pValue;
	CK_ULONG size;
	size_t i;
	CK_RV rv;

	rv = rv_from_token(attrs_decode(stored->pValue, stored->ulValueLen, &list));
	if (rv != CKR_OK) {
		to->ulValueLen = CK_UNAVAILABLE_INFORMATION;
		return rv;
	}
	size = attrs_count(list) * sizeof(*out);
	if (out != NULL && to->ulValueLen < size) {
		size = CK_UNAVAILABLE_INFORMATION;
		rv = CKR_BUFFER_TOO_SMALL;
		out = NULL;
	}
	to->ulValueLen = size;
	for (i = 0; out != NULL && i < attrs_count(list); i++)
		if (hand_out_one(attrs_at(list, i), &out[i]) != CKR_OK)
			rv = CKR_BUFFER_TOO_SMALL;
	attrs_free(list);
	return rv;
}

static bool
same(const CK_ATTRIBUTE *one, const CK_ATTRIBUTE *other)
{
	return one->ulValueLen == other->ulValueLen &&
		(one->ulValueLen == 0 ||
			(one->pValue != NULL && memcmp(one->pValue, other->pValue, one->ulValueLen) == 0));
}

/* The key's array attribute as a list; NULL: it has none. */
static CK_RV
array_of(const struct token_attrs *key, CK_ATTRIBUTE_TYPE type, struct token_attrs **list)
{
	const CK_ATTRIBUTE *stored = attrs_find(key, type);

	*list = NULL;
	return stored == NULL ? CKR_OK : rv_from_token(attrs_decode(stored->pValue, stored->ulValueLen, list));
}

bool
array_matches(const struct token_attrs *key, CK_ATTRIBUTE_TYPE type, const struct object *object)
{
	struct token_attrs *list = NULL;
	struct object_room room;
	const CK_ATTRIBUTE *has;
	bool good;
	size_t i;

	good = array_of(key, type, &list) == CKR_OK;
	for (i = 0; good && list != NULL && i < attrs_count(list); i++) {
		has = object_attribute(object, attrs_at(list, i)->type, &room);
		good = has != NULL && same(has, attrs_at(list, i));
	}
	attrs_free(list);
	return good;
}

static const CK_ATTRIBUTE *
find(const CK_ATTRIBUTE *template, CK_ULONG count, CK_ATTRIBUTE_TYPE type)
{
	CK_ULONG i;

	for (i = 0; i < count; i++)
		if (template[i].type == type)
			return &template[i];
	return NULL;
}

CK_RV
array_merge(const struct token_attrs *key, CK_ATTRIBUTE_TYPE type, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct array_merged *merged)
{
	const CK_ATTRIBUTE *given;
	CK_ULONG room;
	size_t i;
	CK_RV rv;

	*merged = (struct array_merged){ 0 };
	rv = array_of(key, type, &merged->added);
	if (rv != CKR_OK)
		return rv;
	room = merged->added == NULL ? 0 : attrs_count(merged->added);
	if (count > TEMPLATE_MAX)
		return CKR_TEMPLATE_INCONSISTENT;
	merged->list = calloc(count + room + 1, sizeof(*merged->list));
	if (merged->list == NULL)
		return CKR_HOST_MEMORY;
	if (count > 0)
		memcpy(merged->list, template, count * sizeof(*template));
	merged->count = count;
	for (i = 0; i < room; i++) {
		given = find(template, count, attrs_at(merged->added, i)->type);
		if (given == NULL)
			merged->list[merged->count++] = *attrs_at(merged->added, i);
		else if (!same(given, attrs_at(merged->added, i)))
			return CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}

void
array_merged_clear(struct array_merged *merged)
{
	free(merged->list);
	attrs_free(merged->added);
	*merged = (struct array_merged){ 0 };
}
