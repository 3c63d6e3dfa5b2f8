/*
 * tokens/attrs.c: the attribute list of one object.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/attrs_priv.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

/*
 * A list that is made at once lies in one block: this head, the elements, the values. What is
 * set later has memory of its own, and what it replaces stays in the block until the end.
 */
struct token_attrs {
	CK_ATTRIBUTE *list; /* ascending by type */
	size_t count;
	size_t room;
	uint8_t *free_values; /* where the next packed value goes */
	size_t block_len;     /* of the block with this head */
};

struct token_attrs *
attrs_new(void)
{
	return attrs_new_packed(0, 0);
}

/* A packed value of no bytes has one, so that it is inside and can be compared. */
static size_t
packed_len(size_t len)
{
	const size_t align = sizeof(CK_ULONG);

	return len == 0 ? align : (len + align - 1) / align * align;
}

struct token_attrs *
attrs_new_packed(size_t count, size_t bytes)
{
	const size_t elements = count * sizeof(CK_ATTRIBUTE);
	const size_t len = sizeof(struct token_attrs) + elements + bytes + count * sizeof(CK_ULONG);
	struct token_attrs *attrs = malloc(len);

	if (attrs == NULL)
		return NULL;
	*attrs = (struct token_attrs){ .room = count, .block_len = len };
	if (count > 0)
		attrs->list = (CK_ATTRIBUTE *)(void *)(attrs + 1);
	attrs->free_values = (uint8_t *)(attrs + 1) + elements;
	return attrs;
}

void *
attrs_append(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, size_t len)
{
	void *value = attrs->free_values;

	attrs->list[attrs->count++] = (CK_ATTRIBUTE){ type, value, len };
	attrs->free_values += packed_len(len);
	return value;
}

static bool
is_packed(const struct token_attrs *attrs, const void *ptr)
{
	const uintptr_t at = (uintptr_t)ptr;

	return at > (uintptr_t)attrs && at < (uintptr_t)attrs + attrs->block_len;
}

static void
value_free(const struct token_attrs *attrs, CK_ATTRIBUTE *attr)
{
	if (attr->pValue != NULL)
		OPENSSL_cleanse(attr->pValue, attr->ulValueLen);
	if (!is_packed(attrs, attr->pValue))
		free(attr->pValue);
}

void
attrs_free(struct token_attrs *attrs)
{
	size_t i;

	if (attrs == NULL)
		return;
	for (i = 0; i < attrs->count; i++)
		value_free(attrs, &attrs->list[i]);
	if (!is_packed(attrs, attrs->list))
		free(attrs->list);
	free(attrs);
}

struct token_attrs *
attrs_dup(const struct token_attrs *attrs)
{
	struct token_attrs *copy = NULL;
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < attrs->count; i++)
		bytes += attrs->list[i].ulValueLen;
	copy = attrs_new_packed(attrs->count, bytes);
	for (i = 0; copy != NULL && i < attrs->count; i++) {
		const CK_ATTRIBUTE *attr = &attrs->list[i];
		void *value = attrs_append(copy, attr->type, attr->ulValueLen);

		if (attr->ulValueLen > 0)
			memcpy(value, attr->pValue, attr->ulValueLen);
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
	list = reallocarray(is_packed(attrs, attrs->list) ? NULL : attrs->list, room, sizeof(*list));
	if (list == NULL)
		return false;
	if (is_packed(attrs, attrs->list))
		memcpy(list, attrs->list, attrs->count * sizeof(*list));
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
		value_free(attrs, &attrs->list[i]);
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
	value_free(attrs, &attrs->list[i]);
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

bool
attrs_fits(const struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const void *bytes, size_t len)
{
	const CK_ATTRIBUTE *attr = attrs_find(attrs, type);

	return attr == NULL || attr->ulValueLen == 0 ||
		(attr->ulValueLen == len && memcmp(attr->pValue, bytes, len) == 0);
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
