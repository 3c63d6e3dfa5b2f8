/*
 * trace_args.c: how each kind of argument is shown, and how much of it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/shell/trace_args.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "module/pkcs11/shell/trace_names.h"
#include "pkcs11-3.h"

#define SHOWN_BYTES 64       /* the longest label or id that is shown; of others the length is */
#define SHOWN_ATTRIBUTES 128 /* a template with more is a fault, and nobody knows where it ends */
#define SHOWN_LIST 64

static const char *
name_of(enum trace_table table, CK_ULONG number, char hex[24])
{
	const char *name = trace_name(table, number);

	if (name != NULL)
		return name;
	snprintf(hex, 24, "0x%lx", number);
	return hex;
}

/* Without the blanks at the end. A control character could make a line of its own. */
static void
show_text(char *out, const unsigned char *at, size_t len)
{
	size_t i;

	while (len > 0 && at[len - 1] == ' ')
		len--;
	for (i = 0; i < len; i++)
		out[i] = at[i] < 0x20 || at[i] == 0x7f ? '.' : (char)at[i];
	out[len] = '\0';
}

static void
show_hex(char *out, const unsigned char *at, size_t len)
{
	size_t i;

	out[0] = '\0';
	for (i = 0; i < len; i++)
		snprintf(out + 2 * i, 3, "%02x", at[i]);
}

static void
show_mechanisms(char *out, size_t room, const void *at, size_t count)
{
	CK_MECHANISM_TYPE type;
	char hex[24];
	size_t used = 0;
	size_t i;

	out[0] = '\0';
	for (i = 0; i < count && used + 40 < room; i++) {
		memcpy(&type, (const unsigned char *)at + i * sizeof(type), sizeof(type));
		used += (size_t)snprintf(out + used, room - used, "%s%.36s", i == 0 ? "" : " ",
			name_of(TRACE_NAMES_MECHANISM, type, hex));
	}
}

static const enum trace_table table_of[] = {
	[TRACE_SHOW_CLASS] = TRACE_NAMES_CLASS,
	[TRACE_SHOW_KEY_TYPE] = TRACE_NAMES_KEY_TYPE,
	[TRACE_SHOW_CERTIFICATE] = TRACE_NAMES_CERTIFICATE,
	[TRACE_SHOW_PROFILE] = TRACE_NAMES_PROFILE,
	[TRACE_SHOW_MECHANISM] = TRACE_NAMES_MECHANISM,
};

static bool
show_value(char *out, size_t room, enum trace_show show, const CK_ATTRIBUTE *attr)
{
	const unsigned char *bytes = attr->pValue;
	CK_ULONG number;
	char hex[24];

	switch (show) {
	case TRACE_SHOW_BOOL:
		if (attr->ulValueLen != 1)
			return false;
		snprintf(out, room, "%s", bytes[0] == CK_FALSE ? "CK_FALSE" : bytes[0] == CK_TRUE ? "CK_TRUE" : "?");
		return true;
	case TRACE_SHOW_NUMBER:
	case TRACE_SHOW_CLASS:
	case TRACE_SHOW_KEY_TYPE:
	case TRACE_SHOW_CERTIFICATE:
	case TRACE_SHOW_PROFILE:
	case TRACE_SHOW_MECHANISM:
		if (attr->ulValueLen != sizeof(number))
			return false;
		memcpy(&number, bytes, sizeof(number));
		if (show == TRACE_SHOW_NUMBER)
			snprintf(out, room, "%lu", number);
		else
			snprintf(out, room, "%s", name_of(table_of[show], number, hex));
		return true;
	case TRACE_SHOW_MECHANISMS:
		if (attr->ulValueLen > SHOWN_LIST * sizeof(CK_MECHANISM_TYPE))
			return false;
		show_mechanisms(out, room, bytes, attr->ulValueLen / sizeof(CK_MECHANISM_TYPE));
		return true;
	case TRACE_SHOW_TEXT:
	case TRACE_SHOW_HEX:
		if (attr->ulValueLen > SHOWN_BYTES)
			return false;
		(show == TRACE_SHOW_TEXT ? show_text : show_hex)(out, bytes, attr->ulValueLen);
		return true;
	case TRACE_SHOW_LENGTH:
	default:
		return false;
	}
}

static void
put_attribute(struct trace_text *text, const CK_ATTRIBUTE *attr, bool values)
{
	const struct trace_attribute *known = trace_attribute(attr->type);
	char value[512];
	char name[40];

	if (known != NULL)
		snprintf(name, sizeof(name), "%s", known->name);
	else
		snprintf(name, sizeof(name), "0x%lx", attr->type);
	if (attr->ulValueLen == CK_UNAVAILABLE_INFORMATION)
		trace_put(text, "    %s: unavailable", name);
	else if (attr->pValue == NULL)
		trace_put(text, "    %s: NULL, %lu bytes", name, attr->ulValueLen);
	else if (values && known != NULL && show_value(value, sizeof(value), known->show, attr))
		trace_put(text, "    %s: %lu bytes: %s", name, attr->ulValueLen, value);
	else
		trace_put(text, "    %s: %lu bytes", name, attr->ulValueLen);
}

static void
put_template(struct trace_text *text, const struct trace_arg *arg, bool values)
{
	const CK_ATTRIBUTE *attrs = arg->at;
	CK_ULONG i;

	trace_put(text, "  %s: %s%lu attributes", arg->name, attrs == NULL ? "NULL, " : "", arg->number);
	if (attrs != NULL && arg->number <= SHOWN_ATTRIBUTES)
		for (i = 0; i < arg->number; i++)
			put_attribute(text, &attrs[i], values);
}

static void
put_mechanism(struct trace_text *text, const struct trace_arg *arg)
{
	const CK_MECHANISM *mechanism = arg->at;
	char hex[24];

	if (mechanism == NULL)
		trace_put(text, "  %s: NULL", arg->name);
	else
		trace_put(text, "  %s: %s, parameter %s%lu bytes", arg->name,
			name_of(TRACE_NAMES_MECHANISM, mechanism->mechanism, hex),
			mechanism->pParameter == NULL ? "NULL, " : "", mechanism->ulParameterLen);
}

typedef void put_function(struct trace_text *text, const struct trace_arg *arg);

static void
put_number(struct trace_text *text, const struct trace_arg *arg)
{
	trace_put(text, arg->kind == TRACE_FLAGS ? "  %s: 0x%lx" : "  %s: %lu", arg->name, arg->number);
}

static void
put_named(struct trace_text *text, const struct trace_arg *arg)
{
	char hex[24];

	trace_put(text, "  %s: %s", arg->name,
		name_of(arg->kind == TRACE_USER ? TRACE_NAMES_USER : TRACE_NAMES_MECHANISM, arg->number, hex));
}

static void
put_secret(struct trace_text *text, const struct trace_arg *arg)
{
	trace_put(text, "  %s: %s", arg->name, arg->at == NULL ? "NULL" : "not shown");
}

static void
put_data(struct trace_text *text, const struct trace_arg *arg)
{
	trace_put(text, "  %s: %s%lu bytes", arg->name, arg->at == NULL ? "NULL, " : "", arg->number);
}

static void
put_room(struct trace_text *text, const struct trace_arg *arg)
{
	if (arg->at == NULL || arg->len_at == NULL)
		trace_put(text, "  %s: NULL", arg->name);
	else
		trace_put(text, "  %s: room for %lu", arg->name, *arg->len_at);
}

static void
put_given(struct trace_text *text, const struct trace_arg *arg)
{
	put_template(text, arg, arg->kind == TRACE_TEMPLATE);
}

static void
put_words(struct trace_text *text, const struct trace_arg *arg)
{
	char value[SHOWN_BYTES + 1];

	if (arg->at != NULL)
		show_text(value, arg->at, strnlen(arg->at, arg->kind == TRACE_LABEL ? arg->number : SHOWN_BYTES));
	trace_put(text, "  %s: %s", arg->name, arg->at == NULL ? "NULL" : value);
}

static void
put_version(struct trace_text *text, const struct trace_arg *arg)
{
	const CK_VERSION *version = arg->at;

	if (version == NULL)
		trace_put(text, "  %s: NULL", arg->name);
	else
		trace_put(text, "  %s: %u.%u", arg->name, version->major, version->minor);
}

/* Kinds that are not here come out only. */
static put_function *const going_in[TRACE_KINDS] = {
	[TRACE_NUMBER] = put_number,
	[TRACE_FLAGS] = put_number,
	[TRACE_USER] = put_named,
	[TRACE_MECHANISM_TYPE] = put_named,
	[TRACE_SECRET] = put_secret,
	[TRACE_DATA] = put_data,
	[TRACE_BUFFER] = put_room,
	[TRACE_RESULTS] = put_room,
	[TRACE_MECHANISMS] = put_room,
	[TRACE_MECHANISM] = put_mechanism,
	[TRACE_TEMPLATE] = put_given,
	[TRACE_WANTED] = put_given,
	[TRACE_LABEL] = put_words,
	[TRACE_NAME] = put_words,
	[TRACE_VERSION] = put_version,
};

void
trace_arg_in(struct trace_text *text, const struct trace_arg *arg)
{
	if (going_in[arg->kind] != NULL)
		going_in[arg->kind](text, arg);
}

static void
put_length(struct trace_text *text, const struct trace_arg *arg)
{
	if (arg->len_at != NULL)
		trace_put(text, "  %s: %lu bytes%s", arg->name, *arg->len_at, arg->at == NULL ? " needed" : "");
}

static void
put_filled(struct trace_text *text, const struct trace_arg *arg)
{
	put_template(text, arg, true);
}

static void
put_result(struct trace_text *text, const struct trace_arg *arg)
{
	if (arg->at != NULL)
		trace_put(text, "  %s: %lu", arg->name, *(const CK_ULONG *)arg->at);
}

static void
put_results(struct trace_text *text, const struct trace_arg *arg)
{
	const CK_ULONG *list = arg->at;
	char hex[24];
	CK_ULONG i;

	if (arg->len_at == NULL)
		return;
	trace_put(text, "  %s: %lu%s", arg->name, *arg->len_at, list == NULL ? " (no list asked for)" : "");
	for (i = 0; list != NULL && i < *arg->len_at && i < SHOWN_LIST; i++) {
		if (arg->kind == TRACE_MECHANISMS)
			trace_put(text, "    %s", name_of(TRACE_NAMES_MECHANISM, list[i], hex));
		else
			trace_put(text, "    %lu", list[i]);
	}
}

static void
put_token(struct trace_text *text, const struct trace_arg *arg)
{
	const CK_TOKEN_INFO *token = arg->at;
	char words[33];

	show_text(words, token->label, sizeof(token->label));
	trace_put(text, "  label: %s", words);
	show_text(words, token->serialNumber, sizeof(token->serialNumber));
	trace_put(text, "  serialNumber: %s", words);
	trace_put(text, "  flags: 0x%lx", token->flags);
}

static void
put_session(struct trace_text *text, const struct trace_arg *arg)
{
	const CK_SESSION_INFO *session = arg->at;
	char hex[24];

	trace_put(text, "  slotID: %lu", session->slotID);
	trace_put(text, "  state: %s", name_of(TRACE_NAMES_STATE, session->state, hex));
	trace_put(text, "  flags: 0x%lx", session->flags);
}

static void
put_mechanism_info(struct trace_text *text, const struct trace_arg *arg)
{
	const CK_MECHANISM_INFO *mechanism = arg->at;

	trace_put(text, "  keys of %lu to %lu, flags: 0x%lx", mechanism->ulMinKeySize, mechanism->ulMaxKeySize,
		mechanism->flags);
}

static void
put_interface(struct trace_text *text, const struct trace_arg *arg)
{
	CK_INTERFACE *const *interface = arg->at;
	const CK_VERSION *version = (*interface)->pFunctionList;

	trace_put(text, "  %s %u.%u, flags: 0x%lx", (const char *)(*interface)->pInterfaceName, version->major,
		version->minor, (*interface)->flags);
}

/* always: also after answers that tell lengths alone. */
static const struct {
	put_function *put;
	bool always;
} coming_out[TRACE_KINDS] = {
	[TRACE_BUFFER] = { put_length, true },
	[TRACE_WANTED] = { put_filled, true },
	[TRACE_RESULT] = { put_result, false },
	[TRACE_RESULTS] = { put_results, false },
	[TRACE_FOUND] = { put_results, false },
	[TRACE_MECHANISMS] = { put_results, false },
	[TRACE_TOKEN_INFO] = { put_token, false },
	[TRACE_SESSION_INFO] = { put_session, false },
	[TRACE_MECHANISM_INFO] = { put_mechanism_info, false },
	[TRACE_INTERFACE] = { put_interface, false },
};

void
trace_arg_out(struct trace_text *text, const struct trace_arg *arg, CK_RV rv)
{
	const bool some =
		rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL;

	if (coming_out[arg->kind].put == NULL || (arg->at == NULL && arg->len_at == NULL))
		return;
	if (rv == CKR_OK || (some && coming_out[arg->kind].always))
		coming_out[arg->kind].put(text, arg);
}
