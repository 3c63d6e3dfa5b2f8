/*
 * tokens/attrs_cbor.c: attributes at rest: a CBOR map {type: uint / bool / bstr / [uint]},
 * keys ascending, the same on every architecture. Which type has which form is one table.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tokens/attrs_priv.h"

#include <cbor.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "mdoc-pkcs11.h"
#include "pkcs11-3.h"

#define HEAD_MAX 9

enum form { FORM_BYTES, FORM_ULONG, FORM_BOOL, FORM_ULONGS, FORM_TEMPLATE };

/* What is not here is bytes (PKCS#11 3.0 base specification, section 4, and the profiles of objects there). */
static const uint8_t forms[CKA_PROFILE_ID + 1] = {
	[CKA_CLASS] = FORM_ULONG,
	[CKA_TOKEN] = FORM_BOOL,
	[CKA_PRIVATE] = FORM_BOOL,
	[CKA_CERTIFICATE_TYPE] = FORM_ULONG,
	[CKA_TRUSTED] = FORM_BOOL,
	[CKA_CERTIFICATE_CATEGORY] = FORM_ULONG,
	[CKA_JAVA_MIDP_SECURITY_DOMAIN] = FORM_ULONG,
	[CKA_NAME_HASH_ALGORITHM] = FORM_ULONG,
	[CKA_KEY_TYPE] = FORM_ULONG,
	[CKA_SENSITIVE] = FORM_BOOL,
	[CKA_ENCRYPT] = FORM_BOOL,
	[CKA_DECRYPT] = FORM_BOOL,
	[CKA_WRAP] = FORM_BOOL,
	[CKA_UNWRAP] = FORM_BOOL,
	[CKA_SIGN] = FORM_BOOL,
	[CKA_SIGN_RECOVER] = FORM_BOOL,
	[CKA_VERIFY] = FORM_BOOL,
	[CKA_VERIFY_RECOVER] = FORM_BOOL,
	[CKA_DERIVE] = FORM_BOOL,
	[CKA_MODULUS_BITS] = FORM_ULONG,
	[CKA_PRIME_BITS] = FORM_ULONG,
	[CKA_SUB_PRIME_BITS] = FORM_ULONG,
	[CKA_VALUE_BITS] = FORM_ULONG,
	[CKA_VALUE_LEN] = FORM_ULONG,
	[CKA_EXTRACTABLE] = FORM_BOOL,
	[CKA_LOCAL] = FORM_BOOL,
	[CKA_NEVER_EXTRACTABLE] = FORM_BOOL,
	[CKA_ALWAYS_SENSITIVE] = FORM_BOOL,
	[CKA_KEY_GEN_MECHANISM] = FORM_ULONG,
	[CKA_MODIFIABLE] = FORM_BOOL,
	[CKA_COPYABLE] = FORM_BOOL,
	[CKA_DESTROYABLE] = FORM_BOOL,
	[CKA_SECONDARY_AUTH] = FORM_BOOL,
	[CKA_AUTH_PIN_FLAGS] = FORM_ULONG,
	[CKA_ALWAYS_AUTHENTICATE] = FORM_BOOL,
	[CKA_WRAP_WITH_TRUSTED] = FORM_BOOL,
	[CKA_OTP_FORMAT] = FORM_ULONG,
	[CKA_OTP_LENGTH] = FORM_ULONG,
	[CKA_OTP_TIME_INTERVAL] = FORM_ULONG,
	[CKA_OTP_USER_FRIENDLY_MODE] = FORM_BOOL,
	[CKA_OTP_CHALLENGE_REQUIREMENT] = FORM_ULONG,
	[CKA_OTP_TIME_REQUIREMENT] = FORM_ULONG,
	[CKA_OTP_COUNTER_REQUIREMENT] = FORM_ULONG,
	[CKA_OTP_PIN_REQUIREMENT] = FORM_ULONG,
	[CKA_HW_FEATURE_TYPE] = FORM_ULONG,
	[CKA_RESET_ON_INIT] = FORM_BOOL,
	[CKA_HAS_RESET] = FORM_BOOL,
	[CKA_PIXEL_X] = FORM_ULONG,
	[CKA_PIXEL_Y] = FORM_ULONG,
	[CKA_RESOLUTION] = FORM_ULONG,
	[CKA_CHAR_ROWS] = FORM_ULONG,
	[CKA_CHAR_COLUMNS] = FORM_ULONG,
	[CKA_COLOR] = FORM_BOOL,
	[CKA_BITS_PER_PIXEL] = FORM_ULONG,
	[CKA_MECHANISM_TYPE] = FORM_ULONG,
	[CKA_PROFILE_ID] = FORM_ULONG,
};

/* Types with high bits. */
static const struct {
	CK_ATTRIBUTE_TYPE type;
	enum form form;
} high_forms[] = {
	{ CKA_WRAP_TEMPLATE, FORM_TEMPLATE },
	{ CKA_UNWRAP_TEMPLATE, FORM_TEMPLATE },
	{ CKA_DERIVE_TEMPLATE, FORM_TEMPLATE },
	{ CKA_ALLOWED_MECHANISMS, FORM_ULONGS },
	{ CKA_MDOC_HOLDER_KEY, FORM_BOOL },
	{ CKA_MDOC_COPY_STATE, FORM_ULONG },
	{ CKA_MDOC_REUSABLE, FORM_BOOL },
	{ CKA_MDOC_HARDWARE, FORM_BOOL },
};

static enum form
form_of(CK_ATTRIBUTE_TYPE type)
{
	size_t i;

	if (type < sizeof(forms))
		return (enum form)forms[type];
	for (i = 0; i < sizeof(high_forms) / sizeof(high_forms[0]); i++) {
		if (high_forms[i].type == type)
			return high_forms[i].form;
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

/* An array attribute's value is the bytes of a list, whose attributes are no arrays. */
static bool is_list(const void *bytes, size_t len);

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

/* Thousands of lists are read at a login, so the few kinds of items that there are get read here. */
enum major { MAJOR_UINT = 0, MAJOR_BYTES = 2, MAJOR_ARRAY = 4, MAJOR_MAP = 5, MAJOR_SIMPLE = 7 };

#define SIMPLE_FALSE 20
#define SIMPLE_TRUE 21

struct input {
	const uint8_t *at;
	size_t left;
};

/* Take the next head; false when it is not there in full or not of this kind. */
static bool
take_head(struct input *in, enum major major, uint64_t *number)
{
	size_t more = 0;
	uint8_t first;

	if (in->left == 0 || in->at[0] >> 5 != (uint8_t)major)
		return false;
	first = in->at[0] & 0x1f;
	if (first > 27 || (major == MAJOR_SIMPLE && first > 23))
		return false;
	if (first >= 24)
		more = (size_t)1 << (first - 24);
	if (in->left - 1 < more)
		return false;
	*number = more == 0 ? first : 0;
	for (size_t i = 1; i <= more; i++)
		*number = *number << 8 | in->at[i];
	in->at += 1 + more;
	in->left -= 1 + more;
	return true;
}

/* An attribute's type: each above the last. */
static bool
take_type(struct input *in, bool first, CK_ATTRIBUTE_TYPE *type)
{
	const CK_ATTRIBUTE_TYPE last = *type;
	uint64_t number;

	if (!take_head(in, MAJOR_UINT, &number))
		return false;
	*type = (CK_ATTRIBUTE_TYPE)number;
	return *type == number && (first || *type > last);
}

/* Go past a value of a type, if it is one; how long it is in memory. inside: of a list that is the value of an
 * array attribute. */
static bool
measure_value(struct input *in, bool inside, CK_ATTRIBUTE_TYPE type, size_t *len)
{
	const uint8_t *bytes;
	CK_ULONG value;
	uint64_t number;

	switch (form_of(type)) {
	case FORM_ULONG:
		*len = sizeof(CK_ULONG);
		return take_head(in, MAJOR_UINT, &number) && to_native(number, &value);
	case FORM_BOOL:
		*len = sizeof(CK_BBOOL);
		return take_head(in, MAJOR_SIMPLE, &number) && (number == SIMPLE_FALSE || number == SIMPLE_TRUE);
	case FORM_ULONGS:
		if (!take_head(in, MAJOR_ARRAY, &number) || number > in->left) /* each has one byte at least */
			return false;
		*len = (size_t)number * sizeof(CK_ULONG);
		for (size_t i = (size_t)number; i > 0; i--) {
			if (!take_head(in, MAJOR_UINT, &number) || !to_native(number, &value))
				return false;
		}
		return true;
	case FORM_BYTES:
	case FORM_TEMPLATE:
		if (!take_head(in, MAJOR_BYTES, &number) || number > in->left)
			return false;
		bytes = in->at;
		*len = (size_t)number;
		in->at += *len;
		in->left -= *len;
		return form_of(type) == FORM_BYTES || (!inside && is_list(bytes, *len));
	}
	return false;
}

/* The value that has been measured. */
static void
read_value(struct input *in, enum form form, uint8_t *out, size_t len)
{
	CK_ULONG value;
	uint64_t number = 0;

	switch (form) {
	case FORM_ULONGS:
		(void)take_head(in, MAJOR_ARRAY, &number);
		for (; len > 0; len -= sizeof(value), out += sizeof(value))
			read_value(in, FORM_ULONG, out, sizeof(value));
		break;
	case FORM_ULONG:
		(void)take_head(in, MAJOR_UINT, &number);
		(void)to_native(number, &value);
		memcpy(out, &value, sizeof(value));
		break;
	case FORM_BOOL:
		(void)take_head(in, MAJOR_SIMPLE, &number);
		*out = number == SIMPLE_TRUE ? CK_TRUE : CK_FALSE;
		break;
	case FORM_BYTES:
	case FORM_TEMPLATE:
		(void)take_head(in, MAJOR_BYTES, &number);
		if (len > 0)
			memcpy(out, in->at, len);
		in->at += len;
		in->left -= len;
		break;
	}
}

/* Is it such a map, and how many bytes have its values? */
static bool
measure(struct input in, bool inside, uint64_t count, size_t *bytes)
{
	CK_ATTRIBUTE_TYPE type = 0;
	size_t len = 0;

	for (uint64_t i = 0; i < count; i++) {
		if (!take_type(&in, i == 0, &type) || !measure_value(&in, inside, type, &len))
			return false;
		*bytes += len;
	}
	return in.left == 0;
}

static bool
is_list(const void *bytes, size_t len)
{
	struct input in = { bytes, len };
	uint64_t count = 0;
	size_t value_bytes = 0;

	return take_head(&in, MAJOR_MAP, &count) && count <= in.left && measure(in, true, count, &value_bytes);
}

enum token_result
attrs_decode(const uint8_t *bytes, size_t len, struct token_attrs **out)
{
	struct input in = { bytes, len };
	struct input ahead;
	struct token_attrs *attrs = NULL;
	CK_ATTRIBUTE_TYPE type = 0;
	uint64_t count = 0;
	size_t value_bytes = 0;
	size_t value_len = 0;

	*out = NULL;
	if (!take_head(&in, MAJOR_MAP, &count) || count > in.left || !measure(in, false, count, &value_bytes))
		return TOKEN_ERR_DAMAGED;
	attrs = attrs_new_packed((size_t)count, value_bytes);
	if (attrs == NULL)
		return TOKEN_ERR_MEMORY;
	for (uint64_t i = 0; i < count; i++) {
		(void)take_type(&in, i == 0, &type);
		ahead = in;
		(void)measure_value(&ahead, false, type, &value_len);
		read_value(&in, form_of(type), attrs_append(attrs, type, value_len), value_len);
	}
	*out = attrs;
	return TOKEN_OK;
}
