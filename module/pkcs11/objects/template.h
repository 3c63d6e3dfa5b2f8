/*
 * template.h: which attributes an object has, and who may set, change and read them: the tables of
 * PKCS#11 2.40 section 4 as data.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_TEMPLATE_H
#define MODULE_TEMPLATE_H

#include <p11-kit/pkcs11.h>
#include <stdbool.h>

#include "tokens/attrs.h"

/* How an object comes to be: the columns of the table. */
enum template_origin {
	TEMPLATE_CREATE,
	TEMPLATE_GENERATE,
	TEMPLATE_DERIVE,
	TEMPLATE_UNWRAP,
	TEMPLATE_COPY,
	TEMPLATE_SET
};

enum template_type { TEMPLATE_BOOL, TEMPLATE_ULONG, TEMPLATE_ULONGS, TEMPLATE_BYTES, TEMPLATE_DATE, TEMPLATE_ARRAY };

/* More attributes than there are: no template has as many, so that a count which is none is not followed. */
#define TEMPLATE_MAX 128

struct template_rule {
	CK_ATTRIBUTE_TYPE type;
	unsigned classes; /* bits of template_class_bit() */
	enum template_type kind;
	unsigned allowed; /* bits 1u << enum template_origin */
	bool required;    /* at TEMPLATE_CREATE */
	enum {
		DEFAULT_NONE,
		DEFAULT_FALSE,
		DEFAULT_TRUE,
		DEFAULT_ZERO,
		DEFAULT_EMPTY,
		DEFAULT_UNLESS_WRAPPING, /* true, but false for a key that wraps: what it wraps, it must not decrypt */
	} otherwise;
	bool sensitive; /* not shown when CKA_SENSITIVE or not CKA_EXTRACTABLE */
};

/* All of them; a type may have several, for different classes. */
extern const struct template_rule template_rules[];
extern const size_t template_rule_count;

/* 0: a class that we do not have. */
unsigned template_class_bit(CK_OBJECT_CLASS object_class);

/* NULL: the class has no such attribute. */
const struct template_rule *template_rule(CK_OBJECT_CLASS object_class, CK_ATTRIBUTE_TYPE type);

/* The rule of the first class that has such an attribute (its kind is the same in all); NULL: none has. */
const struct template_rule *template_rule_any(CK_ATTRIBUTE_TYPE type);

/* Is the value one of this kind? Not for TEMPLATE_ARRAY, whose inside array_set() checks. */
bool template_value_fits(enum template_type kind, const CK_ATTRIBUTE *attr);

/* CKA_CLASS of a template; CKR_TEMPLATE_INCOMPLETE, CKR_ATTRIBUTE_VALUE_INVALID. */
CK_RV template_class(const CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_CLASS *object_class);

/*
 * Check a template against the rules of a class and add it to attrs.
 *
 * CKR_ATTRIBUTE_TYPE_INVALID     no such attribute in the class
 * CKR_ATTRIBUTE_READ_ONLY        not the caller's to set in this way
 * CKR_ATTRIBUTE_VALUE_INVALID    a value of the wrong size, not a boolean, no day of the calendar
 * CKR_TEMPLATE_INCONSISTENT      an attribute twice, another class, or more than TEMPLATE_MAX
 */
CK_RV template_read(CK_OBJECT_CLASS object_class, enum template_origin origin, const CK_ATTRIBUTE *template,
	CK_ULONG count, struct token_attrs *attrs);

/* Every required attribute there (CKR_TEMPLATE_INCOMPLETE), and defaults for the absent ones. */
CK_RV template_complete(CK_OBJECT_CLASS object_class, enum template_origin origin, struct token_attrs *attrs);

/* Do the attributes contradict each other? CKR_TEMPLATE_INCONSISTENT: an end before its start. */
CK_RV template_consistent(const struct token_attrs *attrs);

#endif
