/*
 * call.h: what every C_* function does before and after its one call, and who may make it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_CALL_H
#define MODULE_CALL_H

#include "module/pkcs11/shell/trace.h"
#include "module/pkcs11/slots/session.h"

/* A function as the shell knows it: a row of the table in call.c. */
struct call_rule {
	const char *name;
	unsigned states; /* in which session states it may be called: CALL_* bits; 0: no session */
	CK_RV refusal;   /* in all others; CKR_OK: CKR_SESSION_READ_ONLY or CKR_USER_NOT_LOGGED_IN as fits */
};

#define CALL_RO_PUBLIC (1u << CKS_RO_PUBLIC_SESSION)
#define CALL_RO_USER (1u << CKS_RO_USER_FUNCTIONS)
#define CALL_RW_PUBLIC (1u << CKS_RW_PUBLIC_SESSION)
#define CALL_RW_USER (1u << CKS_RW_USER_FUNCTIONS)
#define CALL_RW_SO (1u << CKS_RW_SO_FUNCTIONS)
#define CALL_ANY (CALL_RO_PUBLIC | CALL_RO_USER | CALL_RW_PUBLIC | CALL_RW_USER | CALL_RW_SO)

/* The functions with a rule of their own; all others are CALL_ANY. */
extern const struct call_rule call_rules[];
extern const size_t call_rule_count;

struct call {
	const char *name;
	CK_ULONG handle;
	struct library *library;
	struct session *session;
	bool begun; /* what the function itself does was reached */
	struct trace_call trace;
};

/* What a session in `state` gets from the function `name`: CKR_OK or why not. */
CK_RV call_allowed(const char *name, CK_STATE state);

/* Begin: forks are kept out (tokens/gate.h), OpenSSL's error queue is marked, the library entered; with a handle the session is
 * claimed and its state checked. Whatever they answer, call_end() must follow. */
CK_RV call_begin(struct call *call, const char *name, CK_ULONG handle);
CK_RV call_begin_session(struct call *call, const char *name, CK_SESSION_HANDLE handle);
CK_RV call_begin_slot(struct call *call, const char *name, CK_SLOT_ID id, struct slot **slot);

/* The same for a function that needs no library; always CKR_OK. */
CK_RV call_bare(struct call *call, const char *name);

/* Release all that was taken, write the line of the log, and give rv back. */
CK_RV call_end(struct call *call, CK_RV rv);

/* The arguments that the log may show (trace_args.h) are only laid out when it wants them. */
#define CALL_TRACE(WRITE, ...) \
	do { \
		if (__builtin_expect(call.trace.number != 0, 0)) { \
			const struct trace_arg call_args[] = { { .kind = TRACE_NOTHING }, __VA_ARGS__ }; \
			const size_t call_arg_count = sizeof(call_args) / sizeof(call_args[0]); \
			WRITE; \
		} \
	} while (0)

/* Nothing that the caller gave is read when the call could not even begin. */
#define CALL_TRACE_IN(HANDLE, ...) \
	CALL_TRACE(trace_in(&call.trace, __func__, #HANDLE, HANDLE, call_args, rv == CKR_OK ? call_arg_count : 0), \
		__VA_ARGS__)

#define CALL_TRACE_OUT(...) \
	CALL_TRACE(trace_out(&call.trace, __func__, rv, call_args, call.begun ? call_arg_count : 0), __VA_ARGS__)

/* The whole body of a C_* function: EXPR may use `call`, `session` and `slot`. After it come the
 * arguments as the log may show them, T_*(…) of trace_args.h, the handle excepted. */
#define CALL_BODY(HANDLE, EXPR, ...) \
	call.begun = rv == CKR_OK; \
	CALL_TRACE_IN(HANDLE, __VA_ARGS__); \
	if (rv == CKR_OK) \
		rv = (EXPR); \
	rv = call_end(&call, rv); \
	CALL_TRACE_OUT(__VA_ARGS__); \
	return rv

#define LIBRARY_CALL(HANDLE, EXPR, ...) \
	do { \
		struct call call; \
		CK_RV rv = call_begin(&call, __func__, HANDLE); \
		CALL_BODY(HANDLE, EXPR, __VA_ARGS__); \
	} while (0)

#define SESSION_CALL(HANDLE, EXPR, ...) \
	do { \
		struct call call; \
		CK_RV rv = call_begin_session(&call, __func__, HANDLE); \
		struct session *session = call.session; \
		(void)session; \
		CALL_BODY(HANDLE, EXPR, __VA_ARGS__); \
	} while (0)

#define SLOT_CALL(ID, EXPR, ...) \
	do { \
		struct call call; \
		struct slot *slot; \
		CK_RV rv = call_begin_slot(&call, __func__, ID, &slot); \
		CALL_BODY(ID, EXPR, __VA_ARGS__); \
	} while (0)

/* A function that does not enter the library. */
#define BARE_CALL(EXPR, ...) \
	do { \
		struct call call; \
		CK_RV rv = call_bare(&call, __func__); \
		CALL_BODY(0, EXPR, __VA_ARGS__); \
	} while (0)

#endif
