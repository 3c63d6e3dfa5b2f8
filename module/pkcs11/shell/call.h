/*
 * call.h: what every C_* function does before and after its one call, and who may make it.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#ifndef MODULE_CALL_H
#define MODULE_CALL_H

#include "module/pkcs11/slots/session.h"

/* A function as the shell knows it: a row of the table in call.c. */
struct call_rule {
	const char *name;
	unsigned states; /* in which session states it may be called: CALL_* bits; 0: no session */
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
};

/* What a session in `state` gets from the function `name`: CKR_OK or why not. */
CK_RV call_allowed(const char *name, CK_STATE state);

/* Begin: OpenSSL's error queue is marked, the library entered; with a handle the session is
 * claimed and its state checked. Whatever they answer, call_end() must follow. */
CK_RV call_begin(struct call *call, const char *name, CK_ULONG handle);
CK_RV call_begin_session(struct call *call, const char *name, CK_SESSION_HANDLE handle);
CK_RV call_begin_slot(struct call *call, const char *name, CK_SLOT_ID id, struct slot **slot);

/* Release all that was taken, trace, and give rv back. */
CK_RV call_end(struct call *call, CK_RV rv);

/* The whole body of a C_* function: EXPR may use `call`, `session` and `slot`. */
#define LIBRARY_CALL(HANDLE, EXPR) \
	do { \
		struct call call; \
		CK_RV rv = call_begin(&call, __func__, HANDLE); \
		if (rv == CKR_OK) \
			rv = (EXPR); \
		return call_end(&call, rv); \
	} while (0)

#define SESSION_CALL(HANDLE, EXPR) \
	do { \
		struct call call; \
		CK_RV rv = call_begin_session(&call, __func__, HANDLE); \
		struct session *session = call.session; \
		(void)session; \
		if (rv == CKR_OK) \
			rv = (EXPR); \
		return call_end(&call, rv); \
	} while (0)

#define SLOT_CALL(ID, EXPR) \
	do { \
		struct call call; \
		struct slot *slot; \
		CK_RV rv = call_begin_slot(&call, __func__, ID, &slot); \
		if (rv == CKR_OK) \
			rv = (EXPR); \
		return call_end(&call, rv); \
	} while (0)

#endif
