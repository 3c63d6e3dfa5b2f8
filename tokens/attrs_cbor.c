/*
 * tokens/attrs_cbor.c: attributes at rest: a CBOR map {type: uint / bool / bstr / [uint]},
 * keys ascending, the same on every architecture. Which type has which form is one table.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/attrs.h"

#include <cbor.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"

#define HEAD_MAX 9

enum form { FORM_BYTES, FORM_ULONG, FORM_BOOL, FORM_ULONGS, FORM_TEMPLATE };

/* What is not here is bytes (PKCS#11 3.0 base specification, section 4, and the profiles of objects there). */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	enum form form;
} forms[] = {
	{ CKA_CLASS, FORM_ULONG },
	{ CKA_TOKEN, FORM_BOOL },
	{ CKA_PRIVATE, FORM_BOOL },
	{ CKA_CERTIFICATE_TYPE, FORM_ULONG },
	{ CKA_TRUSTED, FORM_BOOL },
	{ CKA_CERTIFICATE_CATEGORY, FORM_ULONG },
	{ CKA_JAVA_MIDP_SECURITY_DOMAIN, FORM_ULONG },
	{ CKA_NAME_HASH_ALGORITHM, FORM_ULONG },
	{ CKA_KEY_TYPE, FORM_ULONG },
	{ CKA_SENSITIVE, FORM_BOOL },
	{ CKA_ENCRYPT, FORM_BOOL },
	{ CKA_DECRYPT, FORM_BOOL },
	{ CKA_WRAP, FORM_BOOL },
	{ CKA_UNWRAP, FORM_BOOL },
	{ CKA_SIGN, FORM_BOOL },
	{ CKA_SIGN_RECOVER, FORM_BOOL },
	{ CKA_VERIFY, FORM_BOOL },
	{ CKA_VERIFY_RECOVER, FORM_BOOL },
	{ CKA_DERIVE, FORM_BOOL },
	{ CKA_MODULUS_BITS, FORM_ULONG },
	{ CKA_PRIME_BITS, FORM_ULONG },
	{ CKA_SUB_PRIME_BITS, FORM_ULONG },
	{ CKA_VALUE_BITS, FORM_ULONG },
	{ CKA_VALUE_LEN, FORM_ULONG },
	{ CKA_EXTRACTABLE, FORM_BOOL },
	{ CKA_LOCAL, FORM_BOOL },
	{ CKA_NEVER_EXTRACTABLE, FORM_BOOL },
	{ CKA_ALWAYS_SENSITIVE, FORM_BOOL },
	{ CKA_KEY_GEN_MECHANISM, FORM_ULONG },
	{ CKA_MODIFIABLE, FORM_BOOL },
	{ CKA_COPYABLE, FORM_BOOL },
	{ CKA_DESTROYABLE, FORM_BOOL },
	{ CKA_SECONDARY_AUTH, FORM_BOOL },
	{ CKA_AUTH_PIN_FLAGS, FORM_ULONG },
	{ CKA_ALWAYS_AUTHENTICATE, FORM_BOOL },
	{ CKA_WRAP_WITH_TRUSTED, FORM_BOOL },
	{ CKA_WRAP_TEMPLATE, FORM_TEMPLATE },
	{ CKA_UNWRAP_TEMPLATE, FORM_TEMPLATE },
	{ CKA_DERIVE_TEMPLATE, FORM_TEMPLATE },
	{ CKA_OTP_FORMAT, FORM_ULONG },
	{ CKA_OTP_LENGTH, FORM_ULONG },
	{ CKA_OTP_TIME_INTERVAL, FORM_ULONG },
	{ CKA_OTP_USER_FRIENDLY_MODE, FORM_BOOL },
	{ CKA_OTP_CHALLENGE_REQUIREMENT, FORM_ULONG },
	{ CKA_OTP_TIME_REQUIREMENT, FORM_ULONG },
	{ CKA_OTP_COUNTER_REQUIREMENT, FORM_ULONG },
	{ CKA_OTP_PIN_REQUIREMENT, FORM_ULONG },
	{ CKA_HW_FEATURE_TYPE, FORM_ULONG },
	{ CKA_RESET_ON_INIT, FORM_BOOL },
	{ CKA_HAS_RESET, FORM_BOOL },
	{ CKA_PIXEL_X, FORM_ULONG },
	{ CKA_PIXEL_Y, FORM_ULONG },
	{ CKA_RESOLUTION, FORM_ULONG },
	{ CKA_CHAR_ROWS, FORM_ULONG },
	{ CKA_CHAR_COLUMNS, FORM_ULONG },
	{ CKA_COLOR, FORM_BOOL },
	{ CKA_BITS_PER_PIXEL, FORM_ULONG },
	{ CKA_MECHANISM_TYPE, FORM_ULONG },
	{ CKA_ALLOWED_MECHANISMS, FORM_ULONGS },
	{ CKA_PROFILE_ID, FORM_ULONG },
	{ CKA_MDOC_HOLDER_KEY, FORM_BOOL },
	{ CKA_MDOC_COPY_STATE, FORM_ULONG },
	{ CKA_MDOC_REUSABLE, FORM_BOOL },
	{ CKA_MDOC_HARDWARE, FORM_BOOL },
};

static enum form
form_of(CK_ATTRIBUTE_TYPE type)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (forms[i].type == type)
			return forms[i].form;
	}
	/* An array attribute that we don't know holds pointers, as far as we know. */
	return (type & CKF_ARRAY_ATTRIBUTE) != 0 && (type & CKA_VENDOR_DEFINED) == 0 ? FORM_TEMPLATE : FORM_BYTES;
}

/* CK_UNAVAILABLE_INFORMATION is all ones in whatever width the machine has. */
static uint64_t
from_native(CK_ULONG value)
{
	return value == CK_UNAVAILABLE_INFORMATION ? UINT64_MAX : (uint64_t)value;
}

static bool
to_native(uint64_t stored, CK_ULONG *value)
{
	*value = stored == UINT64_MAX ? CK_UNAVAILABLE_INFORMATION : (CK_ULONG)stored;
	return stored == UINT64_MAX || *value == stored;
}

static enum token_result decode(const uint8_t *bytes, size_t len, bool inside, struct token_attrs **out);

/* An array attribute's value is the bytes of a list, whose attributes are no arrays. */
static bool
is_list(const void *bytes, size_t len)
{
	struct token_attrs *list = NULL;
	bool good = decode(bytes, len, true, &list) == TOKEN_OK;

	attrs_free(list);
	return good;
}

static bool
well_sized(const CK_ATTRIBUTE *attr)
{
	switch (form_of(attr->type)) {
	case FORM_BYTES:
		return true;
	case FORM_ULONG:
		return attr->ulValueLen == sizeof(CK_ULONG);
	case FORM_BOOL:
		return attr->ulValueLen == sizeof(CK_BBOOL);
	case FORM_ULONGS:
		return attr->ulValueLen % sizeof(CK_ULONG) == 0;
	case FORM_TEMPLATE:
		return is_list(attr->pValue, attr->ulValueLen);
	}
	return false;
}

/* The room is there: encode_size() is an upper bound of what encode_attr() writes. */
static size_t
encode_size(const CK_ATTRIBUTE *attr)
{
	size_t size = 2 * HEAD_MAX;

	if (form_of(attr->type) == FORM_ULONGS)
		size += attr->ulValueLen / sizeof(CK_ULONG) * HEAD_MAX;
	else
		size += attr->ulValueLen;
	return size;
}

static size_t
encode_ulongs(const CK_ATTRIBUTE *attr, uint8_t *at, size_t room)
{
	size_t count = attr->ulValueLen / sizeof(CK_ULONG), i, n;
	CK_ULONG value;

	n = cbor_encode_array_start(count, at, room);
	for (i = 0; i < count; i++) {
		memcpy(&value, (const uint8_t *)attr->pValue + i * sizeof(value), sizeof(value));
		n += cbor_encode_uint(from_native(value), at + n, room - n);
	}
	return n;
}

static size_t
encode_attr(const CK_ATTRIBUTE *attr, uint8_t *at, size_t room)
{
	size_t n = cbor_encode_uint(attr->type, at, room);
	CK_ULONG value;

	switch (form_of(attr->type)) {
	case FORM_ULONG:
		memcpy(&value, attr->pValue, sizeof(value));
		n += cbor_encode_uint(from_native(value), at + n, room - n);
		break;
	case FORM_BOOL:
		n += cbor_encode_bool(*(const CK_BBOOL *)attr->pValue != CK_FALSE, at + n, room - n);
		break;
	case FORM_ULONGS:
		n += encode_ulongs(attr, at + n, room - n);
		break;
	case FORM_BYTES:
	case FORM_TEMPLATE:
		n += cbor_encode_bytestring_start(attr->ulValueLen, at + n, room - n);
		memcpy(at + n, attr->pValue, attr->ulValueLen);
		n += attr->ulValueLen;
		break;
	}
	return n;
}

enum token_result
attrs_encode(const struct token_attrs *attrs, uint8_t **bytes, size_t *len)
{
	size_t count = attrs_count(attrs), room = HEAD_MAX, n, i;
	uint8_t *out;

	*bytes = NULL;
	*len = 0;
	for (i = 0; i < count; i++) {
		if (!well_sized(attrs_at(attrs, i)))
			return TOKEN_ERR_ARG;
		room += encode_size(attrs_at(attrs, i));
	}
	out = malloc(room);
	if (out == NULL)
		return TOKEN_ERR_MEMORY;
	n = cbor_encode_map_start(count, out, room);
	for (i = 0; i < count; i++)
		n += encode_attr(attrs_at(attrs, i), out + n, room - n);
	*bytes = out;
	*len = n;
	return TOKEN_OK;
}

/* ---- Reading ------------------------------------------------------------------------- */

enum item_kind { ITEM_OTHER, ITEM_UINT, ITEM_BOOL, ITEM_BYTES, ITEM_ARRAY, ITEM_MAP };

struct item {
	enum item_kind kind;
	uint64_t number; /* the value, or the count of an array or map */
	const uint8_t *bytes;
	size_t len;
};

struct input {
	const uint8_t *at;
	size_t left;
};

static void
got_uint64(void *item, uint64_t value)
{
	*(struct item *)item = (struct item){ .kind = ITEM_UINT, .number = value };
}

static void
got_uint32(void *item, uint32_t value)
{
	got_uint64(item, value);
}

static void
got_uint16(void *item, uint16_t value)
{
	got_uint64(item, value);
}

static void
got_uint8(void *item, uint8_t value)
{
	got_uint64(item, value);
}

static void
got_bool(void *item, bool value)
{
	*(struct item *)item = (struct item){ .kind = ITEM_BOOL, .number = value };
}

static void
got_bytes(void *item, cbor_data bytes, size_t len)
{
	*(struct item *)item = (struct item){ .kind = ITEM_BYTES, .bytes = bytes, .len = len };
}

static void
got_array(void *item, size_t count)
{
	*(struct item *)item = (struct item){ .kind = ITEM_ARRAY, .number = count };
}

static void
got_map(void *item, size_t count)
{
	*(struct item *)item = (struct item){ .kind = ITEM_MAP, .number = count };
}

/* Take the next item; false when it is not there in full or not of this kind. */
static bool
take(struct input *in, enum item_kind kind, struct item *item)
{
	struct cbor_callbacks callbacks = cbor_empty_callbacks;
	struct cbor_decoder_result decoded;

	callbacks.uint8 = got_uint8;
	callbacks.uint16 = got_uint16;
	callbacks.uint32 = got_uint32;
	callbacks.uint64 = got_uint64;
	callbacks.boolean = got_bool;
	callbacks.byte_string = got_bytes;
	callbacks.array_start = got_array;
	callbacks.map_start = got_map;
	*item = (struct item){ .kind = ITEM_OTHER };
	if (in->left == 0)
		return false;
	decoded = cbor_stream_decode(in->at, in->left, &callbacks, item);
	if (decoded.status != CBOR_DECODER_FINISHED || item->kind != kind)
		return false;
	in->at += decoded.read;
	in->left -= decoded.read;
	return true;
}

static enum token_result
set(struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
	return attrs_set(attrs, type, value, len) ? TOKEN_OK : TOKEN_ERR_MEMORY;
}

static enum token_result
decode_ulongs(struct input *in, struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	enum token_result res = TOKEN_ERR_DAMAGED;
	CK_ULONG *values = NULL;
	struct item item;
	size_t count, i;

	/* Each element has one byte at least. */
	if (!take(in, ITEM_ARRAY, &item) || item.number > in->left)
		return TOKEN_ERR_DAMAGED;
	count = (size_t)item.number;
	values = calloc(count + 1, sizeof(*values));
	if (values == NULL)
		return TOKEN_ERR_MEMORY;
	for (i = 0; i < count; i++) {
		if (!take(in, ITEM_UINT, &item) || !to_native(item.number, &values[i]))
			goto out;
	}
	res = set(attrs, type, values, count * sizeof(*values));
out:
	free(values);
	return res;
}

/* inside: of a list that is the value of an array attribute. */
static enum token_result
decode_value(struct input *in, bool inside, struct token_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
	struct item item;
	CK_ULONG value;
	CK_BBOOL flag;

	switch (form_of(type)) {
	case FORM_ULONG:
		if (!take(in, ITEM_UINT, &item) || !to_native(item.number, &value))
			return TOKEN_ERR_DAMAGED;
		return set(attrs, type, &value, sizeof(value));
	case FORM_BOOL:
		if (!take(in, ITEM_BOOL, &item))
			return TOKEN_ERR_DAMAGED;
		flag = item.number != 0 ? CK_TRUE : CK_FALSE;
		return set(attrs, type, &flag, sizeof(flag));
	case FORM_ULONGS:
		return decode_ulongs(in, attrs, type);
	case FORM_BYTES:
		if (!take(in, ITEM_BYTES, &item))
			return TOKEN_ERR_DAMAGED;
		return set(attrs, type, item.bytes, item.len);
	case FORM_TEMPLATE:
		if (inside || !take(in, ITEM_BYTES, &item) || !is_list(item.bytes, item.len))
			return TOKEN_ERR_DAMAGED;
		return set(attrs, type, item.bytes, item.len);
	}
	return TOKEN_ERR_DAMAGED;
}

static enum token_result
decode(const uint8_t *bytes, size_t len, bool inside, struct token_attrs **out)
{
	struct input in = { bytes, len };
	struct token_attrs *attrs = NULL;
	enum token_result res = TOKEN_ERR_DAMAGED;
	CK_ATTRIBUTE_TYPE type = 0;
	uint64_t count, i, last = 0;
	struct item item;

	*out = NULL;
	if (!take(&in, ITEM_MAP, &item))
		return TOKEN_ERR_DAMAGED;
	count = item.number;
	attrs = attrs_new();
	if (attrs == NULL)
		return TOKEN_ERR_MEMORY;
	for (i = 0; i < count; i++) {
		res = TOKEN_ERR_DAMAGED;
		if (!take(&in, ITEM_UINT, &item) || (i > 0 && item.number <= last))
			goto out;
		last = item.number;
		type = (CK_ATTRIBUTE_TYPE)item.number;
		if (type != item.number)
			goto out;
		res = decode_value(&in, inside, attrs, type);
		if (res != TOKEN_OK)
			goto out;
	}
	if (in.left != 0) {
		res = TOKEN_ERR_DAMAGED;
		goto out;
	}
	*out = attrs;
	attrs = NULL;
	res = TOKEN_OK;
out:
	attrs_free(attrs);
	return res;
}

enum token_result
attrs_decode(const uint8_t *bytes, size_t len, struct token_attrs **out)
{
	return decode(bytes, len, false, out);
}
