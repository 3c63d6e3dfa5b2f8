/*
 * general.c: C_* of the library, slots and tokens.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "module/pkcs11/shell/call.h"
#include "module/pkcs11/slots/login.h"
#include "module/pkcs11/mechanisms/mech.h"
#include "pkcs11-3.h"
#include "tokens/gate.h"

CK_RV
C_Initialize(void *init_args)
{
	BARE_CALL(library_initialize(init_args));
}

CK_RV
C_Finalize(void *pReserved)
{
	BARE_CALL(library_finalize(pReserved));
}

static CK_RV
get_info(CK_INFO *info)
{
	int major = 0, minor = 0;

	if (info == NULL)
		return CKR_ARGUMENTS_BAD;
	(void)sscanf(PACKAGE_VERSION, "%d.%d", &major, &minor);
	memset(info, 0, sizeof(*info));
	info->cryptokiVersion = (CK_VERSION){ 3, 2 };
	slot_pad(info->manufacturerID, sizeof(info->manufacturerID), PACKAGE_NAME);
	slot_pad(info->libraryDescription, sizeof(info->libraryDescription), "mdoc holder keys and records");
	info->libraryVersion = (CK_VERSION){ (unsigned char)major, (unsigned char)minor };
	return CKR_OK;
}

CK_RV
C_GetInfo(CK_INFO *pInfo)
{
	LIBRARY_CALL(0, get_info(pInfo));
}

CK_RV
C_GetSlotList(unsigned char tokenPresent, CK_SLOT_ID *pSlotList, unsigned long *pulCount)
{
	LIBRARY_CALL(0, slot_list(call.library, tokenPresent, pSlotList, pulCount), T_NUMBER(tokenPresent),
		T_RESULTS(pSlotList, pulCount));
}

CK_RV
C_GetSlotInfo(CK_SLOT_ID slotID, CK_SLOT_INFO *pInfo)
{
	SLOT_CALL(slotID, slot_info(slot, pInfo));
}

CK_RV
C_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo)
{
	SLOT_CALL(slotID, slot_token_info(slot, pInfo), T_TOKEN_INFO(pInfo));
}

#define EVENT_POLL_MS 200

/* One look for an event; *again and *start: which life of the library has been looked at. */
static CK_RV
look_for_event(const struct call *call, CK_SLOT_ID *slot, const void *reserved, bool *again, unsigned *start)
{
	if (slot == NULL || reserved != NULL)
		return CKR_ARGUMENTS_BAD;
	if (*again && *start != call->library->starts)
		return CKR_CRYPTOKI_NOT_INITIALIZED; /* finalised, and begun anew meanwhile */
	*again = true;
	*start = call->library->starts;
	return slot_event(call->library, slot);
}

/* Nothing is held while it waits, so that C_Finalize can end it. */
static CK_RV
wait_for_event(struct call *call, CK_FLAGS flags, CK_SLOT_ID *slot, const void *reserved)
{
	struct library *library;
	unsigned start = 0;
	bool again = false;
	CK_RV rv;

	rv = look_for_event(call, slot, reserved, &again, &start);
	while (rv == CKR_NO_EVENT && (flags & CKF_DONT_BLOCK) == 0) {
		library = call->library;
		library_leave(library);
		gate_leave();
		library_rest(library, EVENT_POLL_MS);
		gate_enter();
		rv = library_enter(&call->library);
		if (rv == CKR_OK)
			rv = look_for_event(call, slot, reserved, &again, &start);
	}
	return rv;
}

CK_RV
C_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *pSlot, void *pReserved)
{
	LIBRARY_CALL(0, wait_for_event(&call, flags, pSlot, pReserved), T_FLAGS(flags), T_RESULT(pSlot));
}

CK_RV
C_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE *pMechanismList, unsigned long *pulCount)
{
	SLOT_CALL(slotID, mech_list(pMechanismList, pulCount), T_MECHANISMS(pMechanismList, pulCount));
}

CK_RV
C_GetMechanismInfo(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *pInfo)
{
	SLOT_CALL(slotID, mech_info(type, pInfo), T_MECHANISM_TYPE(type), T_MECHANISM_INFO(pInfo));
}

CK_RV
C_InitToken(CK_SLOT_ID slotID, unsigned char *pPin, unsigned long ulPinLen, unsigned char *pLabel)
{
	SLOT_CALL(slotID, login_init_token(slot, pPin, ulPinLen, pLabel), T_SECRET(pPin), T_LABEL(pLabel));
}

CK_RV
C_InitPIN(CK_SESSION_HANDLE hSession, unsigned char *pPin, unsigned long ulPinLen)
{
	SESSION_CALL(hSession, login_init_pin(session, pPin, ulPinLen), T_SECRET(pPin));
}

CK_RV
C_SetPIN(CK_SESSION_HANDLE hSession, unsigned char *pOldPin, unsigned long ulOldLen, unsigned char *pNewPin,
	unsigned long ulNewLen)
{
	SESSION_CALL(hSession, login_set_pin(session, pOldPin, ulOldLen, pNewPin, ulNewLen), T_SECRET(pOldPin),
		T_SECRET(pNewPin));
}

CK_RV
C_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, void *pApplication, CK_NOTIFY Notify, CK_SESSION_HANDLE *phSession)
{
	(void)pApplication; /* nothing is ever notified */
	(void)Notify;
	SLOT_CALL(slotID, session_open(slot, flags, phSession), T_FLAGS(flags), T_RESULT(phSession));
}

CK_RV
C_CloseSession(CK_SESSION_HANDLE hSession)
{
	LIBRARY_CALL(hSession, session_close(call.library, hSession));
}

CK_RV
C_CloseAllSessions(CK_SLOT_ID slotID)
{
	SLOT_CALL(slotID, session_close_all(slot));
}

CK_RV
C_GetSessionInfo(CK_SESSION_HANDLE hSession, CK_SESSION_INFO *pInfo)
{
	SESSION_CALL(hSession, session_info(session, pInfo), T_SESSION_INFO(pInfo));
}

CK_RV
C_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, unsigned char *pPin, unsigned long ulPinLen)
{
	SESSION_CALL(hSession, login_in(session, userType, pPin, ulPinLen), T_USER(userType), T_SECRET(pPin));
}

CK_RV
C_LoginUser(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen,
	CK_UTF8CHAR *pUsername, CK_ULONG ulUsernameLen)
{
	SESSION_CALL(hSession, login_named(session, userType, pPin, ulPinLen, pUsername, ulUsernameLen),
		T_USER(userType), T_SECRET(pPin), T_DATA(pUsername, ulUsernameLen));
}

CK_RV
C_Logout(CK_SESSION_HANDLE hSession)
{
	SESSION_CALL(hSession, login_out(session));
}

CK_RV
C_SessionCancel(CK_SESSION_HANDLE hSession, CK_FLAGS flags)
{
	SESSION_CALL(hSession, session_cancel(session, flags), T_FLAGS(flags));
}

CK_RV
C_GetFunctionStatus(CK_SESSION_HANDLE hSession)
{
	LIBRARY_CALL(hSession, CKR_FUNCTION_NOT_PARALLEL);
}

CK_RV
C_CancelFunction(CK_SESSION_HANDLE hSession)
{
	LIBRARY_CALL(hSession, CKR_FUNCTION_NOT_PARALLEL);
}

CK_RV
C_SeedRandom(CK_SESSION_HANDLE hSession, unsigned char *pSeed, unsigned long ulSeedLen)
{
	(void)pSeed;
	(void)ulSeedLen;
	SESSION_CALL(hSession, CKR_RANDOM_SEED_NOT_SUPPORTED);
}

CK_RV
C_GenerateRandom(CK_SESSION_HANDLE hSession, unsigned char *pRandomData, unsigned long ulRandomLen)
{
	SESSION_CALL(hSession, library_random(pRandomData, ulRandomLen), T_DATA(pRandomData, ulRandomLen));
}

/* No validation has been made of this module, so that no operation meets one. */
static CK_RV
validation_flags(CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *flags)
{
	if (flags == NULL || type != CKS_LAST_VALIDATION_OK)
		return CKR_ARGUMENTS_BAD;
	*flags = 0;
	return CKR_OK;
}

CK_RV
C_GetSessionValidationFlags(CK_SESSION_HANDLE hSession, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *pFlags)
{
	SESSION_CALL(hSession, validation_flags(type, pFlags), T_RESULT(pFlags));
}
