/*
 * call.c: the frame around every C_* function.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "module/pkcs11/shell/call.h"

#include <openssl/err.h>
#include <string.h>

#include "tokens/gate.h"

/* PKCS#11 2.40 section 5.4 (which state a function needs); what an object's attributes ask for
 * (private, token) is the template's affair. */
const struct call_rule call_rules[] = {
	/* As a user of their own, systems of the access matrix set PINs too (login_init_pin()). */
	{ "C_InitPIN", CALL_RW_SO | CALL_RW_USER, CKR_USER_NOT_LOGGED_IN },
	{ "C_SetPIN", CALL_RW_PUBLIC | CALL_RW_USER | CALL_RW_SO, CKR_OK },
	{ "C_Logout", CALL_RO_USER | CALL_RW_USER | CALL_RW_SO, CKR_OK },
	{ "C_MDOC_BeginBatch", CALL_RW_USER, CKR_OK },
	{ "C_MDOC_AttestEnrol", CALL_RW_USER, CKR_OK },
	{ "C_MDOC_AttestActivate", CALL_RW_USER, CKR_OK },
	{ "C_MDOC_AttestCertificate", CALL_RW_USER, CKR_OK },
	{ "C_MDOC_InboxPut", CALL_RW_USER, CKR_OK },
	{ "C_MDOC_InboxList", CALL_RO_USER | CALL_RW_USER, CKR_OK },
	{ "C_MDOC_InboxGet", CALL_RO_USER | CALL_RW_USER, CKR_OK },
	{ "C_MDOC_InboxRemove", CALL_RW_USER, CKR_OK },
	{ "C_MDOC_InboxOpenKeys", CALL_RW_USER, CKR_OK },
	{ "C_MDOC_AttestKeys", CALL_RO_USER | CALL_RW_USER, CKR_OK },
	{ "C_MDOC_MakeProvisioner", CALL_RW_SO, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_RevokeProvisioner", CALL_RW_SO, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_RecordCheck", CALL_RW_SO | CALL_RW_USER, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_DisablePin", CALL_RW_SO, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_Suspend", CALL_RW_SO | CALL_RW_USER, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_Resume", CALL_RW_SO, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_Retire", CALL_RW_SO | CALL_RW_USER, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_Grant", CALL_RW_SO, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_Revoke", CALL_RW_SO, CKR_USER_NOT_LOGGED_IN },
	{ "C_MDOC_CommitBatch", CALL_RW_USER | CALL_RW_PUBLIC | CALL_RW_SO, CKR_OK },
	{ "C_MDOC_RollbackBatch", CALL_RW_USER | CALL_RW_PUBLIC | CALL_RW_SO, CKR_OK },
};

const size_t call_rule_count = sizeof(call_rules) / sizeof(call_rules[0]);

CK_RV
call_allowed(const char *name, CK_STATE state)
{
	unsigned states = CALL_ANY;
	CK_RV refusal = CKR_OK;
	bool rw = state == CKS_RW_PUBLIC_SESSION || state == CKS_RW_USER_FUNCTIONS || state == CKS_RW_SO_FUNCTIONS;
	size_t i;

	for (i = 0; i < call_rule_count; i++)
		if (strcmp(call_rules[i].name, name) == 0) {
			states = call_rules[i].states;
			refusal = call_rules[i].refusal;
		}
	if ((states & (1u << state)) != 0)
		return CKR_OK;
	if (refusal != CKR_OK)
		return refusal;
	if (!rw && (states & (CALL_RO_PUBLIC | CALL_RO_USER)) == 0)
		return CKR_SESSION_READ_ONLY;
	return CKR_USER_NOT_LOGGED_IN;
}

CK_RV
call_bare(struct call *call, const char *name)
{
	*call = (struct call){ .name = name };
	gate_enter();
	trace_open();
	if (trace_at(TRACE_ARGUMENTS))
		trace_begin(&call->trace);
	ERR_set_mark();
	return CKR_OK;
}

CK_RV
call_begin(struct call *call, const char *name, CK_ULONG handle)
{
	*call = (struct call){ .name = name, .handle = handle };
	gate_enter();
	if (trace_at(TRACE_ARGUMENTS))
		trace_begin(&call->trace);
	ERR_set_mark();
	return library_enter(&call->library);
}

CK_RV
call_begin_session(struct call *call, const char *name, CK_SESSION_HANDLE handle)
{
	CK_RV rv = call_begin(call, name, handle);

	if (rv == CKR_OK)
		rv = session_from_handle(call->library, handle, &call->session);
	if (rv == CKR_OK)
		rv = call_allowed(name, session_state(call->session));
	return rv;
}

CK_RV
call_begin_slot(struct call *call, const char *name, CK_SLOT_ID id, struct slot **slot)
{
	CK_RV rv = call_begin(call, name, id);

	*slot = NULL;
	if (rv == CKR_OK)
		rv = slot_from_id(call->library, id, slot);
	return rv;
}

CK_RV
call_end(struct call *call, CK_RV rv)
{
	if (call->session != NULL)
		session_release(call->session);
	library_leave(call->library);
	ERR_pop_to_mark();
	if (call->trace.number == 0 && trace_at(TRACE_FAULTS))
		trace_line(call->name, call->handle, rv);
	gate_leave();
	return rv;
}
