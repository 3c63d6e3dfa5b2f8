/*
 * trace_args.h: the arguments of a C_* function, as the log may show them.
 *
 * A function lists its arguments after its body: SESSION_CALL(hSession, …, T_MECHANISM(pMechanism),
 * T_HANDLE(hKey)). Each is shown by the rule of its kind, in trace_args.c. What is no more than a
 * length in the log cannot be asked for in another way.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_TRACE_ARGS_H
#define MODULE_TRACE_ARGS_H

#include <p11-kit/pkcs11.h>
#include <stddef.h>

enum trace_kind {
	TRACE_NOTHING,
	TRACE_NUMBER,
	TRACE_FLAGS,
	TRACE_USER,
	TRACE_MECHANISM_TYPE,
	TRACE_SECRET,
	TRACE_DATA,
	TRACE_BUFFER,
	TRACE_MECHANISM,
	TRACE_TEMPLATE,
	TRACE_WANTED,
	TRACE_LABEL,
	TRACE_NAME,
	TRACE_VERSION,
	TRACE_RESULT,
	TRACE_RESULTS,
	TRACE_FOUND, /* as results, of a list whose room another argument tells */
	TRACE_MECHANISMS,
	TRACE_TOKEN_INFO,
	TRACE_SESSION_INFO,
	TRACE_MECHANISM_INFO,
	TRACE_INTERFACE,
	TRACE_KINDS
};

struct trace_arg {
	enum trace_kind kind;
	const char *name;
	const void *at;
	const CK_ULONG *len_at; /* where a length comes out */
	CK_ULONG number;        /* a value, or a length that goes in */
};

#define T_(KIND, NAME, AT, LEN_AT, NUMBER) \
	{ \
		.kind = KIND, .name = NAME, .at = AT, .len_at = LEN_AT, .number = NUMBER \
	}

#define T_NUMBER(X) T_(TRACE_NUMBER, #X, NULL, NULL, X)
#define T_HANDLE(X) T_(TRACE_NUMBER, #X, NULL, NULL, X)
#define T_FLAGS(X) T_(TRACE_FLAGS, #X, NULL, NULL, X)
#define T_USER(X) T_(TRACE_USER, #X, NULL, NULL, X)
#define T_MECHANISM_TYPE(X) T_(TRACE_MECHANISM_TYPE, #X, NULL, NULL, X)
/* A PIN: whether there is one, and no more. */
#define T_SECRET(AT) T_(TRACE_SECRET, #AT, AT, NULL, 0)
/* Bytes that go in: how many. */
#define T_DATA(AT, LEN) T_(TRACE_DATA, #AT, AT, NULL, LEN)
/* Bytes that come out: room and how many. */
#define T_BUFFER(AT, LEN_AT) T_(TRACE_BUFFER, #AT, AT, LEN_AT, 0)
#define T_MECHANISM(AT) T_(TRACE_MECHANISM, #AT, AT, NULL, 0)
/* A template that goes in, and one that C_GetAttributeValue fills. */
#define T_TEMPLATE(AT, COUNT) T_(TRACE_TEMPLATE, #AT, AT, NULL, COUNT)
#define T_WANTED(AT, COUNT) T_(TRACE_WANTED, #AT, AT, NULL, COUNT)
/* 32 bytes, blank padded. */
#define T_LABEL(AT) T_(TRACE_LABEL, #AT, AT, NULL, 32)
/* A name that ends with NUL, and a CK_VERSION; both may be NULL. */
#define T_NAME(AT) T_(TRACE_NAME, #AT, AT, NULL, 0)
#define T_VERSION(AT) T_(TRACE_VERSION, #AT, AT, NULL, 0)
/* One CK_ULONG that comes out (a handle, a size), and a list of them. */
#define T_RESULT(AT) T_(TRACE_RESULT, #AT, AT, NULL, 0)
#define T_FOUND(AT, COUNT_AT) T_(TRACE_FOUND, #AT, AT, COUNT_AT, 0)
#define T_RESULTS(AT, COUNT_AT) T_(TRACE_RESULTS, #AT, AT, COUNT_AT, 0)
#define T_MECHANISMS(AT, COUNT_AT) T_(TRACE_MECHANISMS, #AT, AT, COUNT_AT, 0)
#define T_TOKEN_INFO(AT) T_(TRACE_TOKEN_INFO, #AT, AT, NULL, 0)
#define T_SESSION_INFO(AT) T_(TRACE_SESSION_INFO, #AT, AT, NULL, 0)
#define T_MECHANISM_INFO(AT) T_(TRACE_MECHANISM_INFO, #AT, AT, NULL, 0)
/* A pointer to the CK_INTERFACE * that C_GetInterface gives. */
#define T_INTERFACE(AT) T_(TRACE_INTERFACE, #AT, AT, NULL, 0)

struct trace_text;

/* Lines for one argument before the call, or after it when the answer was rv. */
void trace_arg_in(struct trace_text *text, const struct trace_arg *arg);
void trace_arg_out(struct trace_text *text, const struct trace_arg *arg, CK_RV rv);

/* trace.c: one more line of a record, after its prefix. */
void trace_put(struct trace_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
