/*
 * tests/unit/nonsense.c: a PKCS#11 module that is another one but for one answer, which is nonsense.
 *
 * SPDX-License-Identifier: BSD-2-Clause
 */
#include "tests/unit/nonsense.h"

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define HUGE_LENGTH 1000000 /* which can be read over, and is not ours */

extern int nonsense;
int nonsense;

static CK_FUNCTION_LIST *real;
static CK_FUNCTION_LIST ours;

static CK_RV
sign(CK_SESSION_HANDLE session, CK_BYTE *data, CK_ULONG data_len, CK_BYTE *signature, CK_ULONG *len)
{
	const CK_RV rv = real->C_Sign(session, data, data_len, signature, len);

	if (rv != CKR_OK)
		return rv;
	*len = nonsense == SIGNATURE_EMPTY          ? 0
		: nonsense == SIGNATURE_ODD         ? *len - 1
		: nonsense == SIGNATURE_SHORT       ? 2
		: nonsense == SIGNATURE_HUGE        ? HUGE_LENGTH
		: nonsense == SIGNATURE_UNAVAILABLE ? CK_UNAVAILABLE_INFORMATION
						    : *len;
	return CKR_OK;
}

static CK_RV
get_attributes(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *list, CK_ULONG count)
{
	static CK_BYTE explicit[] = { 0x30, 3, 2, 1, 1 };
	const bool reads = list->pValue != NULL;
	const CK_RV rv = real->C_GetAttributeValue(session, object, list, count);

	if (rv != CKR_OK)
		return rv;
	if (list->type == CKA_VALUE && (nonsense == SECRET_EMPTY || nonsense == SECRET_HUGE))
		list->ulValueLen = nonsense == SECRET_EMPTY ? 0 : HUGE_LENGTH;
	if (list->type == CKA_EC_PARAMS && nonsense == PARAMS_EMPTY)
		list->ulValueLen = 0;
	if (list->type == CKA_EC_PARAMS && nonsense == PARAMS_EXPLICIT) {
		list->ulValueLen = sizeof(explicit);
		if (reads)
			memcpy(list->pValue, explicit, sizeof(explicit));
	}
	if (list->type != CKA_EC_POINT)
		return rv;
	if (!reads && nonsense == ATTRIBUTE_HUGE)
		list->ulValueLen = CK_UNAVAILABLE_INFORMATION / 2;
	else if (reads && nonsense == ATTRIBUTE_GROWS)
		list->ulValueLen += HUGE_LENGTH;
	else if (reads && nonsense == ATTRIBUTE_UNAVAILABLE)
		list->ulValueLen = CK_UNAVAILABLE_INFORMATION;
	return reads && nonsense == ATTRIBUTE_FAILS ? CKR_BUFFER_TOO_SMALL : rv;
}

static CK_RV
find(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *found, CK_ULONG room, CK_ULONG *count)
{
	const CK_RV rv = real->C_FindObjects(session, found, room, count);

	if (nonsense == FOUND_TOO_MANY)
		*count = HUGE_LENGTH;
	return rv;
}

static CK_RV
list_slots(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
	const CK_RV rv = real->C_GetSlotList(present, list, count);

	if (nonsense == SLOTS_TOO_MANY && list != NULL)
		*count = HUGE_LENGTH;
	return nonsense == SLOTS_NEVER_FIT && list != NULL ? CKR_BUFFER_TOO_SMALL : rv;
}

CK_RV
C_GetFunctionList(CK_FUNCTION_LIST **list)
{
	const char *path = getenv(NONSENSE_OF);
	void *module = path != NULL ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
	void *symbol = module != NULL ? dlsym(module, "C_GetFunctionList") : NULL;
	CK_C_GetFunctionList get;

	if (symbol == NULL)
		return CKR_FUNCTION_FAILED;
	memcpy(&get, &symbol, sizeof(get));
	if (get(&real) != CKR_OK)
		return CKR_FUNCTION_FAILED;
	ours = *real;
	ours.C_Sign = sign;
	ours.C_GetAttributeValue = get_attributes;
	ours.C_FindObjects = find;
	ours.C_GetSlotList = list_slots;
	*list = &ours;
	return CKR_OK;
}
