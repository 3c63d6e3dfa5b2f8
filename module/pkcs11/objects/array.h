/*
 * array.h: array attributes (CKA_WRAP_TEMPLATE, CKA_UNWRAP_TEMPLATE, CKA_DERIVE_TEMPLATE): templates that are the
 * value of an attribute. Callers have them as CK_ATTRIBUTE[]; an object keeps the bytes of attrs_encode().
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_ARRAY_H
#define MODULE_ARRAY_H

#include "module/pkcs11/objects/object.h"

bool array_is(CK_ATTRIBUTE_TYPE type);

/* Is the caller's array the stored one, in whatever order? */
bool array_equals(const CK_ATTRIBUTE *stored, const CK_ATTRIBUTE *wanted);

/*
 * Check the caller's array and add it to attrs. Its attributes may be those of any class, but no arrays, and no
 * holder key can be asked for (R-KEY-01).
 * CKR_ATTRIBUTE_VALUE_INVALID, CKR_TEMPLATE_INCONSISTENT (an attribute twice)
 */
CK_RV array_set(struct token_attrs *attrs, const CK_ATTRIBUTE *attr);

/*
 * Hand an array attribute out as C_GetAttributeValue of PKCS#11 2.40, section 5.7.5 says: without room the size of
 * the array of CK_ATTRIBUTE; with room the types, and each value or its length.
 * CKR_BUFFER_TOO_SMALL: something did not fit; its length is CK_UNAVAILABLE_INFORMATION
 */
CK_RV array_hand_out(const CK_ATTRIBUTE *stored, CK_ATTRIBUTE *to);

/* Has the object every attribute of the key's array attribute `type`? True without one; false also on no memory. */
bool array_matches(const struct token_attrs *key, CK_ATTRIBUTE_TYPE type, const struct object *object);

/* A template and what a key's array attribute adds to it. */
struct array_merged {
	CK_ATTRIBUTE *list; /* values are borrowed from the template and from `added` */
	CK_ULONG count;
	struct token_attrs *added;
};

/* CKR_TEMPLATE_INCONSISTENT: the template has one of the array's attributes with another value. */
CK_RV array_merge(const struct token_attrs *key, CK_ATTRIBUTE_TYPE type, const CK_ATTRIBUTE *template, CK_ULONG count,
	struct array_merged *merged);
void array_merged_clear(struct array_merged *merged);

#endif
