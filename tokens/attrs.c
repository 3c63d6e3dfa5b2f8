/*
 * tokens/attrs.c: the attribute list of one object.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/attrs.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct token_attrs {
	CK_ATTRIBUTE *list; /* ascending by type */
	size_t count;
	size_t room;
};

struct token_attrs *
attrs_new(void)
{
	return calloc(1, sizeof(struct token_attrs));
}

static void
value_free(CK_ATTRIBUTE *attr)
{
	if (attr->pValue != NULL)
		OPENSSL_cleanse(attr->pValue, attr->ulValueLen);
	free(attr->pValue);
}

void
attrs_free(struct token_attrs *attrs)
{
	size_t i;

	if (attrs == NULL)
		return;
	for (i = 0; i < attrs->count; i++)
		value_free(&attrs->list[i]);
	free(attrs->list);
	free(attrs);
}

struct token_attrs *
attrs_dup(const struct token_attrs *attrs)
{
	struct token_attrs *copy = attrs_new();
	size_t i;

	for (i = 0; copy != NULL && i < attrs->count; i++) {
		const CK_ATTRIBUTE *attr = &attrs->list[i];

		if (!attrs_set(copy, attr->type, attr->pValue, attr->ulValueLen)) {
			attrs_free(copy);
			copy = NULL;
		}
	}
	return copy;
}

/* Where the type is, or where it belongs. */
static size_t
place(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	size_t low = 0, high = attrs->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (attrs->list[mid].type < type)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool
make_room(struct token_attrs *attrs)
{
	size_t room = attrs->room > 0 ? attrs->room * 2 : 8;
	CK_ATTRIBUTE *list;

	if (attrs->count < attrs->room)
		return true;
	list = reallocarray(attrs->list, room, sizeof(*list));
	if (list == NULL)
		return false;
	attrs->list = list;
	attrs->room = room;
	return true;
}

bool
attrs_set(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	size_t i = place(attrs, type);
	bool present = i < attrs->count && attrs->list[i].type == type;
	void *copy;

	if (!present && !make_room(attrs))
		return false;
	copy = malloc(len > 0 ? len : 1); /* never NULL, so that an empty value can be compared */
	if (copy == NULL)
		return false;
	if (len > 0)
		memcpy(copy, value, len);
	if (present) {
		value_free(&attrs->list[i]);
	} else {
		memmove(&attrs->list[i + 1], &attrs->list[i], (attrs->count - i) * sizeof(*attrs->list));
		attrs->count++;
	}
	attrs->list[i] = (CK_ATTRIBUTE){ type, copy, len };
	return true;
}

bool
attrs_set_ulong(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG value)
{
	return attrs_set(attrs, type, &value, sizeof(value));
}

bool
attrs_set_bool(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value)
{
	CK_BBOOL native = value ? CK_TRUE : CK_FALSE;

	return attrs_set(attrs, type, &native, sizeof(native));
}

void
attrs_remove(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	size_t i = place(attrs, type);

	if (i == attrs->count || attrs->list[i].type != type)
		return;
	value_free(&attrs->list[i]);
	attrs->count--;
	memmove(&attrs->list[i], &attrs->list[i + 1], (attrs->count - i) * sizeof(*attrs->list));
}

const CK_ATTRIBUTE *
attrs_find(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	size_t i = place(attrs, type);

	return i < attrs->count && attrs->list[i].type == type ? &attrs->list[i] : NULL;
}

CK_ULONG
attrs_ulong(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, CK_ULONG otherwise)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, type);
	CK_ULONG value;

	if (attr == NULL || attr->ulValueLen != sizeof(value))
		return otherwise;
	memcpy(&value, attr->pValue, sizeof(value));
	return value;
}

bool
attrs_bool(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool otherwise)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, type);

	if (attr == NULL || attr->ulValueLen != sizeof(CK_BBOOL))
		return otherwise;
	return *(const CK_BBOOL *)attr->pValue != CK_FALSE;
}

size_t
attrs_count(const struct token_attrs *attrs)
{
	return attrs->count;
}

const CK_ATTRIBUTE *
attrs_at(const struct token_attrs *attrs, size_t i)
{
	return i < attrs->count ? &attrs->list[i] : NULL;
}
