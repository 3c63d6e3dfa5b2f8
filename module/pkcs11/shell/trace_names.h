/*
 * trace_names.h: names of PKCS#11's numbers, for people.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_TRACE_NAMES_H
#define MODULE_TRACE_NAMES_H

#include <p11-kit/pkcs11.h>
#include <stddef.h>

enum trace_table {
	TRACE_NAMES_MECHANISM,
	TRACE_NAMES_CLASS,
	TRACE_NAMES_KEY_TYPE,
	TRACE_NAMES_CERTIFICATE,
	TRACE_NAMES_PROFILE,
	TRACE_NAMES_USER,
	TRACE_NAMES_STATE,
	TRACE_NAMES_TABLES
};

/* NULL: a number that has no name here. */
const char *trace_name(enum trace_table table, CK_ULONG number);

/* How much of an attribute's value the log may show; what is not in the table is TRACE_SHOW_LENGTH. */
enum trace_show {
	TRACE_SHOW_LENGTH,
	TRACE_SHOW_BOOL,
	TRACE_SHOW_NUMBER,
	TRACE_SHOW_CLASS,
	TRACE_SHOW_KEY_TYPE,
	TRACE_SHOW_CERTIFICATE,
	TRACE_SHOW_PROFILE,
	TRACE_SHOW_MECHANISM,
	TRACE_SHOW_MECHANISMS,
	TRACE_SHOW_TEXT,
	TRACE_SHOW_HEX
};

struct trace_attribute {
	CK_ATTRIBUTE_TYPE type;
	const char *name;
	enum trace_show show;
};

/* NULL: an attribute that has no name here. */
const struct trace_attribute *trace_attribute(CK_ATTRIBUTE_TYPE type);

#endif
