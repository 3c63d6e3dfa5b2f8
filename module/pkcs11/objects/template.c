/*
 * template.c: the tables of attributes.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/objects/template.h"

#include <string.h>

#include "mdoc-pkcs11.h"
#include "module/pkcs11/objects/array.h"
#include "pkcs11-3.h"

#define D 0x01u /* CKO_DATA */
#define X 0x02u /* CKO_CERTIFICATE */
#define U 0x04u /* CKO_PUBLIC_KEY */
#define R 0x08u /* CKO_PRIVATE_KEY */
#define S 0x10u /* CKO_SECRET_KEY */
#define KEYS (U | R | S)
#define ALL (D | X | KEYS)

#define C_ (1u << TEMPLATE_CREATE)
#define G_ (1u << TEMPLATE_GENERATE)
#define V_ (1u << TEMPLATE_DERIVE)
#define W_ (1u << TEMPLATE_UNWRAP)
#define O_ (1u << TEMPLATE_COPY)
#define M_ (1u << TEMPLATE_SET)
#define MADE (C_ | G_ | V_ | W_)

const struct template_rule template_rules[] = {
	/* every object */
	{ CKA_CLASS, ALL, TEMPLATE_ULONG, MADE, true, DEFAULT_NONE, false },
	{ CKA_TOKEN, ALL, TEMPLATE_BOOL, MADE | O_, false, DEFAULT_FALSE, false },
	{ CKA_PRIVATE, D | X | U, TEMPLATE_BOOL, MADE | O_, false, DEFAULT_FALSE, false },
	{ CKA_PRIVATE, R | S, TEMPLATE_BOOL, MADE | O_, false, DEFAULT_TRUE, false },
	{ CKA_MODIFIABLE, ALL, TEMPLATE_BOOL, MADE | O_, false, DEFAULT_TRUE, false },
	{ CKA_COPYABLE, ALL, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_TRUE, false },
	{ CKA_DESTROYABLE, ALL, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_TRUE, false },
	{ CKA_LABEL, ALL, TEMPLATE_BYTES, MADE | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_UNIQUE_ID, ALL, TEMPLATE_BYTES, 0, false, DEFAULT_NONE, false },
	/* data; copies may have another value */
	{ CKA_APPLICATION, D, TEMPLATE_BYTES, C_ | V_ | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_OBJECT_ID, D, TEMPLATE_BYTES, C_ | V_ | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_VALUE, D, TEMPLATE_BYTES, C_ | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_ID, D, TEMPLATE_BYTES, C_, false, DEFAULT_NONE, false },
	{ CKA_MDOC_REUSABLE, D, TEMPLATE_BOOL, C_, false, DEFAULT_NONE, false },
	/* certificates */
	{ CKA_CERTIFICATE_TYPE, X, TEMPLATE_ULONG, C_, true, DEFAULT_NONE, false },
	{ CKA_TRUSTED, X, TEMPLATE_BOOL, C_ | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_CERTIFICATE_CATEGORY, X, TEMPLATE_ULONG, C_, false, DEFAULT_ZERO, false },
	{ CKA_CHECK_VALUE, X, TEMPLATE_BYTES, C_, false, DEFAULT_NONE, false },
	{ CKA_START_DATE, X | KEYS, TEMPLATE_DATE, MADE | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_END_DATE, X | KEYS, TEMPLATE_DATE, MADE | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_SUBJECT, X, TEMPLATE_BYTES, C_, false, DEFAULT_NONE, false },
	{ CKA_ID, X, TEMPLATE_BYTES, C_ | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_ISSUER, X, TEMPLATE_BYTES, C_ | O_ | M_, false, DEFAULT_NONE, false },
	{ CKA_SERIAL_NUMBER, X, TEMPLATE_BYTES, C_ | O_ | M_, false, DEFAULT_NONE, false },
	{ CKA_VALUE, X, TEMPLATE_BYTES, C_, true, DEFAULT_NONE, false },
	{ CKA_URL, X, TEMPLATE_BYTES, C_, false, DEFAULT_EMPTY, false },
	{ CKA_HASH_OF_SUBJECT_PUBLIC_KEY, X, TEMPLATE_BYTES, C_, false, DEFAULT_EMPTY, false },
	{ CKA_HASH_OF_ISSUER_PUBLIC_KEY, X, TEMPLATE_BYTES, C_, false, DEFAULT_EMPTY, false },
	{ CKA_NAME_HASH_ALGORITHM, X, TEMPLATE_ULONG, C_, false, DEFAULT_NONE, false },
	{ CKA_JAVA_MIDP_SECURITY_DOMAIN, X, TEMPLATE_ULONG, C_, false, DEFAULT_ZERO, false },
	{ CKA_PUBLIC_KEY_INFO, X | U | R, TEMPLATE_BYTES, C_ | G_, false, DEFAULT_NONE, false },
	/* keys */
	{ CKA_KEY_TYPE, KEYS, TEMPLATE_ULONG, MADE, true, DEFAULT_NONE, false },
	{ CKA_ID, KEYS, TEMPLATE_BYTES, MADE | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_DERIVE, KEYS, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_LOCAL, KEYS, TEMPLATE_BOOL, 0, false, DEFAULT_NONE, false },
	{ CKA_KEY_GEN_MECHANISM, KEYS, TEMPLATE_ULONG, 0, false, DEFAULT_NONE, false },
	{ CKA_ALLOWED_MECHANISMS, KEYS, TEMPLATE_ULONGS, MADE, false, DEFAULT_NONE, false },
	{ CKA_SUBJECT, U | R, TEMPLATE_BYTES, MADE | O_ | M_, false, DEFAULT_EMPTY, false },
	{ CKA_ENCRYPT, U, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_ENCRYPT, S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_UNLESS_WRAPPING, false },
	{ CKA_DECRYPT, R, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_DECRYPT, S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_UNLESS_WRAPPING, false },
	{ CKA_VERIFY, U | S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_TRUE, false },
	{ CKA_SIGN, R | S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_TRUE, false },
	{ CKA_VERIFY_RECOVER, U, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_SIGN_RECOVER, R, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_WRAP, U | S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_UNWRAP, R | S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_WRAP_TEMPLATE, U | S, TEMPLATE_ARRAY, MADE, false, DEFAULT_NONE, false },
	{ CKA_UNWRAP_TEMPLATE, R | S, TEMPLATE_ARRAY, MADE, false, DEFAULT_NONE, false },
	{ CKA_DERIVE_TEMPLATE, R | S, TEMPLATE_ARRAY, MADE, false, DEFAULT_NONE, false },
	{ CKA_TRUSTED, U | S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_EC_PARAMS, U | R, TEMPLATE_BYTES, C_ | G_ | W_, true, DEFAULT_NONE, false },
	{ CKA_EC_POINT, U, TEMPLATE_BYTES, C_, true, DEFAULT_NONE, false },
	{ CKA_EC_POINT, R, TEMPLATE_BYTES, C_, false, DEFAULT_NONE, false },
	{ CKA_SENSITIVE, R, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_TRUE, false },
	{ CKA_SENSITIVE, S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_NONE, false },
	{ CKA_EXTRACTABLE, R, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_EXTRACTABLE, S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_NONE, false },
	{ CKA_ALWAYS_SENSITIVE, R | S, TEMPLATE_BOOL, 0, false, DEFAULT_NONE, false },
	{ CKA_NEVER_EXTRACTABLE, R | S, TEMPLATE_BOOL, 0, false, DEFAULT_NONE, false },
	{ CKA_WRAP_WITH_TRUSTED, R | S, TEMPLATE_BOOL, MADE | O_ | M_, false, DEFAULT_FALSE, false },
	{ CKA_ALWAYS_AUTHENTICATE, R, TEMPLATE_BOOL, C_ | G_ | W_ | O_, false, DEFAULT_FALSE, false },
	{ CKA_VALUE, R | S, TEMPLATE_BYTES, C_, true, DEFAULT_NONE, true },
	{ CKA_VALUE_LEN, D, TEMPLATE_ULONG, V_, false, DEFAULT_NONE, false },
	{ CKA_VALUE_LEN, S, TEMPLATE_ULONG, G_ | V_ | W_, false, DEFAULT_NONE, false },
	{ CKA_CHECK_VALUE, S, TEMPLATE_BYTES, MADE, false, DEFAULT_NONE, false },
	{ CKA_MDOC_HOLDER_KEY, R, TEMPLATE_BOOL, G_, false, DEFAULT_FALSE, false },
	{ CKA_MDOC_COPY_STATE, R, TEMPLATE_ULONG, 0, false, DEFAULT_NONE, false },
	{ CKA_MDOC_HARDWARE, R, TEMPLATE_BOOL, 0, false, DEFAULT_NONE, false },
};

const size_t template_rule_count = sizeof(template_rules) / sizeof(template_rules[0]);

unsigned
template_class_bit(CK_OBJECT_CLASS object_class)
{
	switch (object_class) {
	case CKO_DATA:
		return D;
	case CKO_CERTIFICATE:
		return X;
	case CKO_PUBLIC_KEY:
		return U;
	case CKO_PRIVATE_KEY:
		return R;
	case CKO_SECRET_KEY:
		return S;
	default:
		return 0;
	}
}

const struct template_rule *
template_rule(CK_OBJECT_CLASS object_class, CK_ATTRIBUTE_TYPE type)
{
	const unsigned bit = template_class_bit(object_class);
	size_t i;

	for (i = 0; i < template_rule_count; i++)
		if (template_rules[i].type == type && (template_rules[i].classes & bit) != 0)
			return &template_rules[i];
	return NULL;
}

const struct template_rule *
template_rule_any(CK_ATTRIBUTE_TYPE type)
{
	size_t i;

	for (i = 0; i < template_rule_count; i++)
		if (template_rules[i].type == type)
			return &template_rules[i];
	return NULL;
}

CK_RV
template_class(const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_CLASS *object_class)
{
	CK_ULONG i;

	if (count > TEMPLATE_MAX)
		return CKR_TEMPLATE_INCONSISTENT;
	for (i = 0; i < count; i++) {
		if (template[i].type != CKA_CLASS)
			continue;
		if (template[i].pValue == NULL || template[i].ulValueLen != sizeof(*object_class))
			return CKR_ATTRIBUTE_VALUE_INVALID;
		memcpy(object_class, template[i].pValue, sizeof(*object_class));
		return template_class_bit(*object_class) != 0 ? CKR_OK : CKR_ATTRIBUTE_VALUE_INVALID;
	}
	return CKR_TEMPLATE_INCOMPLETE;
}

/* Digits of a CK_DATE as a number; 0: not digits only. */
static unsigned
number(const CK_BYTE *digits, size_t len)
{
	unsigned value = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return 0;
		value = value * 10 + (unsigned)(digits[i] - '0');
	}
	return value;
}

/* Empty, or a day as "YYYYMMDD". */
static bool
is_date(const CK_BYTE *bytes, CK_ULONG len)
{
	static const unsigned days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	unsigned month;

	if (len == 0)
		return true;
	if (len != sizeof(CK_DATE) || number(bytes, 4) == 0)
		return false;
	month = number(bytes + 4, 2);
	return month >= 1 && month <= 12 && number(bytes + 6, 2) >= 1 && number(bytes + 6, 2) <= days[month - 1];
}

bool
template_value_fits(enum template_type kind, const CK_ATTRIBUTE *attr)
{
	const CK_BYTE *bytes = attr->pValue;

	if (bytes == NULL && attr->ulValueLen != 0)
		return false;
	switch (kind) {
	case TEMPLATE_BOOL:
		return attr->ulValueLen == sizeof(CK_BBOOL) && bytes[0] <= CK_TRUE;
	case TEMPLATE_ULONG:
		return attr->ulValueLen == sizeof(CK_ULONG);
	case TEMPLATE_ULONGS:
		return attr->ulValueLen % sizeof(CK_ULONG) == 0 && attr->ulValueLen <= (CK_ULONG)INT32_MAX;
	case TEMPLATE_DATE:
		return is_date(bytes, attr->ulValueLen);
	default:
		return attr->ulValueLen <= (CK_ULONG)INT32_MAX;
	}
}

static CK_RV
check_one(CK_OBJECT_CLASS object_class, enum template_origin origin, const CK_ATTRIBUTE *attr)
{
	const struct template_rule *rule = template_rule(object_class, attr->type);
	CK_OBJECT_CLASS named;

	if (rule == NULL)
		return CKR_ATTRIBUTE_TYPE_INVALID;
	if ((rule->allowed & (1u << origin)) == 0)
		return CKR_ATTRIBUTE_READ_ONLY;
	if (!template_value_fits(rule->kind, attr))
		return CKR_ATTRIBUTE_VALUE_INVALID;
	if (attr->type == CKA_CLASS) {
		memcpy(&named, attr->pValue, sizeof(named));
		if (named != object_class)
			return CKR_TEMPLATE_INCONSISTENT;
	}
	return CKR_OK;
}

static CK_RV
take_one(CK_OBJECT_CLASS object_class, const CK_ATTRIBUTE *attr, struct token_attrs *attrs)
{
	if (template_rule(object_class, attr->type)->kind == TEMPLATE_ARRAY)
		return array_set(attrs, attr);
	return attrs_set(attrs, attr->type, attr->pValue, attr->ulValueLen) ? CKR_OK : CKR_HOST_MEMORY;
}

CK_RV
template_read(CK_OBJECT_CLASS object_class, enum template_origin origin, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct token_attrs *attrs)
{
	CK_ULONG i, j;
	CK_RV rv;

	if (count > TEMPLATE_MAX)
		return CKR_TEMPLATE_INCONSISTENT;
	for (i = 0; i < count; i++) {
		rv = check_one(object_class, origin, &template[i]);
		if (rv != CKR_OK)
			return rv;
		for (j = 0; j < i; j++)
			if (template[j].type == template[i].type)
				return CKR_TEMPLATE_INCONSISTENT;
		rv = take_one(object_class, &template[i], attrs);
		if (rv != CKR_OK)
			return rv;
	}
	return CKR_OK;
}

static bool
set_default(const struct template_rule *rule, struct token_attrs *attrs)
{
	switch (rule->otherwise) {
	case DEFAULT_FALSE:
	case DEFAULT_TRUE:
		return attrs_set_bool(attrs, rule->type, rule->otherwise == DEFAULT_TRUE);
	case DEFAULT_UNLESS_WRAPPING:
		return attrs_set_bool(attrs, rule->type,
			!attrs_bool(attrs, CKA_WRAP, false) && !attrs_bool(attrs, CKA_UNWRAP, false));
	case DEFAULT_ZERO:
		return attrs_set_ulong(attrs, rule->type, 0);
	case DEFAULT_EMPTY:
		return attrs_set(attrs, rule->type, "", 0);
	default:
		return true;
	}
}

CK_RV
template_complete(CK_OBJECT_CLASS object_class, enum template_origin origin, struct token_attrs *attrs)
{
	const unsigned bit = template_class_bit(object_class);
	size_t i;

	for (i = 0; i < template_rule_count; i++) {
		if ((template_rules[i].classes & bit) == 0 || attrs_find(attrs, template_rules[i].type) != NULL)
			continue;
		if (template_rules[i].required && origin == TEMPLATE_CREATE)
			return CKR_TEMPLATE_INCOMPLETE;
		if (!set_default(&template_rules[i], attrs))
			return CKR_HOST_MEMORY;
	}
	return CKR_OK;
}

CK_RV
template_consistent(const struct token_attrs *attrs)
{
	const CK_ATTRIBUTE *start = attrs_find(attrs, CKA_START_DATE), *end = attrs_find(attrs, CKA_END_DATE);

	if (start == NULL || end == NULL || start->ulValueLen != sizeof(CK_DATE) || end->ulValueLen != sizeof(CK_DATE))
		return CKR_OK;
	return memcmp(start->pValue, end->pValue, sizeof(CK_DATE)) <= 0 ? CKR_OK : CKR_TEMPLATE_INCONSISTENT;
}
