/* blank.c: a blank token is personalised. SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tools/token/blank.h"
#include <stdlib.h>
#include <string.h>

static CK_RV
find_blank(struct p11 *p11, const char *label, CK_SLOT_ID *slot)
{
	CK_SLOT_ID *slots = NULL;
	CK_ULONG count = 0;
	CK_TOKEN_INFO info;
	size_t found = 0;
	char name[33];
	CK_RV rv = p11->list->C_GetSlotList(CK_TRUE, NULL, &count);

	if (rv == CKR_OK && count > 0) {
		slots = calloc(count, sizeof(*slots));
		rv = slots == NULL ? CKR_HOST_MEMORY : p11->list->C_GetSlotList(CK_TRUE, slots, &count);
	}
	for (CK_ULONG i = 0; rv == CKR_OK && i < count; i++) {
		if (p11->list->C_GetTokenInfo(slots[i], &info) != CKR_OK || (info.flags & CKF_TOKEN_INITIALIZED) != 0)
			continue;
		p11_label(info.label, name);
		if (strcmp(name, label) != 0)
			continue;
		*slot = slots[i];
		found++;
	}
	free(slots);
	return rv != CKR_OK ? rv : found == 1 ? CKR_OK : CKR_TOKEN_NOT_PRESENT;
}

/* Until this is done the officer may do nothing else. */
static CK_RV
replace_secret(struct p11 *p11, CK_SLOT_ID slot, struct pin *transport, struct pin *so)
{
	CK_SESSION_HANDLE session = CK_INVALID_HANDLE;
	CK_FUNCTION_LIST *list = p11->list;
	CK_RV rv = list->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session);

	if (rv != CKR_OK)
		return rv;
	rv = list->C_Login(session, CKU_SO, (CK_UTF8CHAR *)transport->text, transport->len);
	if (rv == CKR_OK)
		rv = list->C_SetPIN(session, (CK_UTF8CHAR *)transport->text, transport->len, (CK_UTF8CHAR *)so->text,
			so->len);
	(void)list->C_CloseSession(session);
	return rv;
}

CK_RV
personalise_slot(struct p11 *p11, CK_SLOT_ID slot, struct pin *transport, const char *label, struct pin *so)
{
	CK_UTF8CHAR padded[32];
	CK_TOKEN_INFO info;
	CK_RV rv = p11->list->C_GetTokenInfo(slot, &info);

	memset(padded, ' ', sizeof(padded));
	memcpy(padded, label, strlen(label));
	if (rv == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) == 0)
		rv = p11->list->C_InitToken(slot, (CK_UTF8CHAR *)transport->text, transport->len, padded);
	return rv == CKR_OK ? replace_secret(p11, slot, transport, so) : rv;
}

CK_RV
personalise(struct p11 *p11, const char *blank, struct pin *transport, const char *label, struct pin *so,
	CK_SLOT_ID *slot)
{
	const CK_RV rv = find_blank(p11, blank, slot);

	return rv == CKR_OK ? personalise_slot(p11, *slot, transport, label, so) : rv;
}
